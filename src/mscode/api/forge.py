"""The forge on which a pull request (GitHub) or merge request (GitLab) lives: its comments, read and written.

One forge differs from another in paths, headers and the names of a few members, and nothing else, so a forge is a value.
The token goes to the forge's own API and nowhere else: `https://` only (or this machine), no redirect is followed, and a
next page is asked for by its number, never by an address that an answer names.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from mscode import __version__
from mscode.api.answer import Answer, BadBodyError, read_body
from mscode.api.deadline import DEADLINE, Cutoff
from mscode.api.token import check_token
from mscode.api.transport import network
from mscode.api.url import check_url
from mscode.api.words import Words
from mscode.errors import ApiError
from mscode.privacy import Masker

#: Seconds for one request, and before each repeat of one that only reads or may be sent twice.
TIMEOUT = 30.0
WAITS = (1.0, 3.0)
PER_PAGE = 100
MOST_PAGES = 1000
BODY_LIMIT = 64 * 1024 * 1024
#: `actions/checkout`'s token is that of an app, which may not ask who it is.
ACTIONS_BOT = "github-actions[bot]"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of forge is spoken to. Paths are relative to the API's URL; `{repo}`, `{number}`, `{id}`, `{sha}` are filled in.

    `limit` is how many characters a comment may have, `edit` the method that changes one, `author` the member of a
    comment's author that tells people apart, `number` that of a pull request.
    """

    name: str
    headers: Callable[[str], Mapping[str, str]]
    comments: str
    comment: str
    pulls_of_commit: str
    edit: str
    author: tuple[str, str]
    number: str
    limit: int


GITHUB = Dialect(
    name="GitHub",
    headers=lambda token: {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    },
    comments="/repos/{repo}/issues/{number}/comments",
    comment="/repos/{repo}/issues/comments/{id}",
    pulls_of_commit="/repos/{repo}/commits/{sha}/pulls",
    edit="PATCH",
    author=("user", "login"),
    number="number",
    limit=65_536,
)
GITLAB = Dialect(
    name="GitLab",
    headers=lambda token: {"PRIVATE-TOKEN": token, "Accept": "application/json"},
    comments="/projects/{repo}/merge_requests/{number}/notes",
    comment="/projects/{repo}/merge_requests/{number}/notes/{id}",
    pulls_of_commit="/projects/{repo}/repository/commits/{sha}/merge_requests",
    edit="PUT",
    author=("author", "username"),
    number="iid",
    limit=1_000_000,
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the forge lists it; `url` leads people to it ("" where the forge does not say)."""

    id: str
    author: str
    body: str
    url: str = ""


class Forge:
    """One repository (`owner/name`, or GitLab's project id) of a forge. ApiError where a request fails."""

    def __init__(
        self,
        dialect: Dialect,
        url: str,
        repo: str,
        token: str,
        *,
        allowed_hosts: str | None = None,
        author: str = "",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        check_url(url, allowed_hosts=allowed_hosts)
        self.dialect = dialect
        self._url = url.rstrip("/")
        self._repo = _path_part(repo) if dialect is GITHUB else quote(repo, safe="")
        self._headers = {
            **dialect.headers(check_token(token, "the forge's token")),
            "User-Agent": f"mscode/{__version__}",
        }
        self._words = Words(token, Masker())
        self._author = author
        self._sleep = sleep
        self._transport = transport or network(self._url, 1, Cutoff())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._transport.close()

    # ---- what it is for

    def author(self) -> str:
        """Who the token is: only comments of this author are ours to edit."""
        if not self._author:
            answer = self._send("GET", "/user")
            if answer.status in (403, 404) and self.dialect is GITHUB:
                self._author = ACTIONS_BOT
            else:
                self._author = str(self._object("GET", "/user", answer).get(self.dialect.author[1], ""))
        return self._author

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments of a pull request, page by page, oldest first."""
        path = self._path(self.dialect.comments, number=number)
        for page in range(1, MOST_PAGES + 1):
            answer = self._send("GET", path, query={"per_page": PER_PAGE, "page": page, **self._order()})
            rows = self._rows("GET", path, answer)
            yield from map(self._comment, rows)
            if not _has_more(answer, rows):
                return
        raise ApiError(f"GET {path}: there are more than {MOST_PAGES} pages of comments")

    def create(self, number: int, body: str) -> Comment:
        """A new comment. Sent once: a second one would be a second comment."""
        path = self._path(self.dialect.comments, number=number)
        return self._comment(self._object("POST", path, self._send("POST", path, {"body": body})))

    def update(self, number: int, id: str, body: str) -> Comment:
        """Another text for a comment."""
        path = self._path(self.dialect.comment, number=number, id=id)
        return self._comment(self._object(self.dialect.edit, path, self._send(self.dialect.edit, path, {"body": body})))

    def pull_of(self, sha: str) -> int:
        """The number of the pull request that brought a commit; 0 where there is none."""
        path = self._path(self.dialect.pulls_of_commit, sha=sha)
        rows = self._rows("GET", path, self._send("GET", path))
        merged = [row for row in rows if row.get("merged_at")] or rows
        return next((int(row[self.dialect.number]) for row in merged if self.dialect.number in row), 0)

    # ---- requests

    def _path(self, form: str, **parts: Any) -> str:
        return form.format(repo=self._repo, **{name: quote(str(value), safe="") for name, value in parts.items()})

    def _order(self) -> dict[str, str]:
        return {"sort": "asc", "order_by": "created_at"} if self.dialect is GITLAB else {}

    def _send(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Answer:
        """One answer, whatever it is; what may be sent twice is repeated while the forge is merely busy."""
        for wait in (*WAITS, None):
            try:
                answer = self._once(method, path, body, query)
            except (httpx.HTTPError, BadBodyError) as error:
                if wait is None or method == "POST":
                    raise self._failed(method, path, f"no answer ({error or type(error).__name__})") from None
            else:
                if wait is None or method == "POST" or answer.status not in (429, 502, 503, 504):
                    return answer
            self._sleep(wait)
        raise AssertionError

    def _once(self, method: str, path: str, body: Any, query: Mapping[str, Any] | None) -> Answer:
        content = json.dumps(body).encode() if body is not None else None
        request = httpx.Request(
            method,
            self._url + path,
            params=query,
            headers={**self._headers, **({"Content-Type": "application/json"} if content else {})},
            content=content,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)},
        )
        ends = DEADLINE.set(time.monotonic() + TIMEOUT)
        try:
            response = self._transport.handle_request(request)
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                assert isinstance(response.stream, httpx.SyncByteStream)
                encoding = headers.get("content-encoding", "")
                return Answer(response.status_code, headers, read_body(response.stream, encoding, BODY_LIMIT, _go_on))
            finally:
                response.close()
        finally:
            DEADLINE.reset(ends)

    # ---- answers

    def _rows(self, method: str, path: str, answer: Answer) -> list[dict[str, Any]]:
        data = self._data(method, path, answer)
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise self._failed(method, path, "the answer is no list", answer)
        return data

    def _object(self, method: str, path: str, answer: Answer) -> dict[str, Any]:
        data = self._data(method, path, answer)
        if not isinstance(data, dict):
            raise self._failed(method, path, "the answer is no object", answer)
        return data

    def _data(self, method: str, path: str, answer: Answer) -> Any:
        if not answer.ok or not answer.readable:
            raise self._failed(method, path, f"status {answer.status}", answer)
        return answer.data

    def _failed(self, method: str, path: str, why: str, answer: Answer | None = None) -> ApiError:
        hints = {
            401: "The token is not valid (any more).",
            403: "The token may not do this: on GitHub a job needs `permissions: pull-requests: write`.",
            404: "The token may not see this, or there is no such pull request.",
        }
        status = answer.status if answer else 0
        said = self._words.of(answer) if answer else ""
        return ApiError(
            f"{self.dialect.name}: {method} {path}: {why}", status=status, detail=said, hint=hints.get(status, "")
        )

    def _comment(self, row: Mapping[str, Any]) -> Comment:
        who, name = self.dialect.author
        author = row.get(who)
        return Comment(
            id=str(row.get("id", "")),
            author=str(author.get(name, "")) if isinstance(author, dict) else "",
            body=str(row.get("body") or ""),
            url=str(row.get("html_url") or ""),
        )


def _path_part(repo: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", repo) or ".." in repo:
        raise ApiError(f"{repo[:100]!r} is no repository of GitHub", hint="It looks like owner/name.")
    return repo


def _has_more(answer: Answer, rows: list[dict[str, Any]]) -> bool:
    """Is there a next page? By the header where the forge sends it, else a full page may be followed by another."""
    if "x-next-page" in answer.headers:
        return bool(answer.headers["x-next-page"].strip())
    if "link" in answer.headers:
        return 'rel="next"' in answer.headers["link"]
    return len(rows) >= PER_PAGE


def _go_on() -> None:
    """The deadline is the transport's."""
