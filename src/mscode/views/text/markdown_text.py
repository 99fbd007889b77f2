"""Text from outside in Markdown: it cannot leave its place, mention a person, link, load an image, or act as HTML.

Names stand in code spans and rows in fences, where forges interpret nothing. Sentences are escaped, and whatever a forge would
turn into a link (`@name`, `#12`, `GH-12`, a commit, a URL) is broken by a zero-width space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from mscode.views.text.printable import escape_unprintable

_ZERO_WIDTH = "\u200b"
_PUNCTUATION = re.compile(r"[\\`*_{}\[\]<>()#!|~$&%^=\"']")
_LINKS = re.compile(
    r"""(?<=@)(?=\S)                          # a person or a team
    | (?<=[#!~%$&^])(?=\S)                    # issues, merge requests, labels, milestones, snippets, epics
    | (?<=[A-Za-z]-)(?=\d)                    # GH-12 and the like
    | (?<=:)(?=[^\s\d]) | (?<=\D:)(?=\d)      # URLs and :emoji:
    | (?<=[wW]{3})(?=\.)                      # www.example.com
    | (?<=\b[0-9a-f]{4})(?=[0-9a-f]{3,36}\b)  # a commit
    """,
    re.VERBOSE,
)
_SPAN_LIMIT = 400
_TEXT_LIMIT = 2000


def md_text(text: str, limit: int = _TEXT_LIMIT) -> str:
    """A sentence that may hold outside text, inside a line of Markdown (never at its start)."""
    unlinked = _LINKS.sub(_ZERO_WIDTH, escape_unprintable(text, limit).strip() or "(empty)")
    return _PUNCTUATION.sub(r"\\\g<0>", unlinked)


def md_code(text: str, limit: int = _SPAN_LIMIT) -> str:
    """A name as a code span, whatever backticks it holds."""
    name = escape_unprintable(text, limit).strip(" ") or "(empty)"
    fence = "`" * (_longest_run(name) + 1)
    pad = " " if name.startswith("`") or name.endswith("`") else ""
    return f"{fence}{pad}{name}{pad}{fence}"


def html_code(text: str) -> str:
    """A name inside a block of HTML in Markdown, where code spans are not read."""
    return f"<code>{escape(escape_unprintable(text, _SPAN_LIMIT)).replace('@', '&#64;')}</code>"


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Lines as a block of code. Its fence is longer than any run of backticks inside."""
    body = [escape_unprintable(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(body)) + 1)
    return "\n".join([f"{fence}{language}", *body, fence])


def first_items(items: Sequence[str], most: int) -> list[str]:
    """At most `most` items of a list (0: all), and one that counts the rest."""
    if not most or len(items) <= most:
        return list(items)
    return [*items[:most], f"- … {len(items) - most:,} more"]


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
