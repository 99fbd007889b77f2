"""A list in pages: ``{items, next}``, where ``next`` is the URL of the following page (switch ``pages``)."""

import json

from mscode.sandbox.errors import invalid
from mscode.sandbox.operation import Call, Operation, Reply, ok


def paged(call: Call, operation: Operation, reply: Reply, url: str) -> Reply:
    """One page of a list, by ``?page=``; any other answer as it is. ``url`` is the list's, without a query."""
    if call.profile.pages is None or operation.method != "GET" or not reply.content.startswith("["):
        return reply
    rows, size, page = json.loads(reply.content), call.profile.pages, call.query.get("page", "1")
    if not (page.isascii() and page.isdecimal() and 0 < len(page) < 10 and int(page) > 0):
        raise invalid("page is a whole number from 1", "page")
    end = int(page) * size
    following = f"{url}?page={int(page) + 1}" if end < len(rows) else None
    return ok({"items": rows[end - size : end], "next": following})
