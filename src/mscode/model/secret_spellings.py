r"""A text as it reads once its escapes are undone, and where each character of that stands in the text itself.

Services repeat what they were sent in whatever spelling their layers use: `\/`, `\u002d`, `%2D`, `&#45;`, several of them on
top of each other, full-width letters, invisible characters in between. A search for anything that must not be shown goes
through every reading of a text; so this is the one place that knows the spellings.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass

#: Escapes upon escapes that are undone: JSON inside JSON inside a URL inside HTML.
DEEPEST = 4
#: Invisible characters: soft hyphen, zero-width characters and joiners, direction marks, variation selectors, a BOM.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_ESCAPE = late_pattern(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\U[0-9a-fA-F]{8}|\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2}|\\[^0-9A-Zac-eg-mo-qs-z]"
    r"|%(?:[0-7][0-9a-fA-F]|[c-dC-D][0-9a-fA-F]%[0-9a-fA-F]{2}|[eE][0-9a-fA-F](?:%[0-9a-fA-F]{2}){2}|[fF][0-7](?:%[0-9a-fA-F]{2}){3})"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?"
    rf"|[{_UNSEEN}]+",
    re.DOTALL,
)
#: With what an escape begins.
_BEGIN = late_pattern(rf"[\\%&{_UNSEEN}]")
#: Escapes of which it is kept what they stand for: a document has the same few over and over.
_MOST_KEPT = 1024
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
#: Full-width forms → what a keyboard types.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFE63: 0x2D, 0xFE50: 0x2C, 0xFE52: 0x2E}
_ANY_WIDE = late_pattern("[\uff01-\uff5e\ufe63\ufe50\ufe52]")


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is what is read. At each index of `plain` in it, the source goes on at the index of `origin` beside it; between two
    such places both run in step. `end` is the length of the source.
    """

    text: str
    plain: tuple[int, ...] = (0,)
    origin: tuple[int, ...] = (0,)
    end: int = 0

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Where in the source the characters of a part of the reading stand; an escape is there whole or not at all."""
        if len(self.plain) == 1 and self.end == len(self.text):
            return start, stop  # the source itself
        return self._source(start)[0], self._source(stop - 1)[1]

    def _source(self, index: int) -> tuple[int, int]:
        at = bisect_right(self.plain, index) - 1
        begin, following = self.origin[at], self.origin[at + 1] if at + 1 < len(self.origin) else self.end
        length = (self.plain[at + 1] if at + 1 < len(self.plain) else len(self.text)) - self.plain[at]
        if following - begin != length:
            return begin, following
        return begin + index - self.plain[at], begin + index - self.plain[at] + 1


def readings(text: str) -> Iterator[Reading]:
    """The text as it stands, then with one layer of escapes undone after the other, while that changes it."""
    text = _narrow(text)
    last = Reading(text, (0,), (0,), len(text))
    yield last
    for _ in range(DEEPEST):
        if has_one_reading(last.text):
            return
        deeper = _undone(last)
        if deeper is None:
            return
        yield deeper
        last = deeper


def reading_texts(text: str) -> Iterator[str]:
    """The texts of `readings`, without the places: several times as fast."""
    text = _narrow(text)
    yield text
    depth = 0
    while depth < DEEPEST and not has_one_reading(text):
        deeper = undone(text)
        if deeper == text:
            return
        yield deeper
        text, depth = deeper, depth + 1


def undone(text: str) -> str:
    """The text with one layer of its escapes undone."""
    parts: list[str] = []
    at = 0
    for match in _escapes(text):
        start, stop = match.span()
        parts += (text[at:start], _character(match[0]))
        at = stop
    return "".join([*parts, text[at:]])


def _narrow(text: str) -> str:
    """The text with its full-width forms as a keyboard types them."""
    return text if text.isascii() or not _ANY_WIDE.search(text) else text.translate(_WIDE)


def has_one_reading(text: str) -> bool:
    """Is the text all that is read in it, as nothing in it may be an escape?"""
    return text.isascii() and "\\" not in text and "%" not in text and "&" not in text


def _escapes(text: str) -> Iterator[re.Match[str]]:
    """The escapes in a text, in order. Where one may begin is found by a set of characters alone, several times as fast."""
    end = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() >= end and (match := _ESCAPE.match(text, begin.start())):
            yield match
            end = match.end()


def _undone(before: Reading) -> Reading | None:
    parts: list[str] = []
    plain, origin = [0], [0]
    at = length = 0
    for match in _escapes(before.text):
        char = _character(match[0])
        if char == match[0]:
            continue
        start, stop = match.span()
        parts += (before.text[at:start], char)
        # Between two escapes there may be places where an earlier layer went apart from the source: they are kept.
        _keep(before, at, start, length, plain, origin)
        length += start - at
        first, last = before.span(start, stop)
        plain.append(length)
        origin.append(first)
        length += len(char)
        plain.append(length)
        origin.append(last)
        at = stop
    if not at:
        return None
    _keep(before, at, len(before.text), length, plain, origin)
    return Reading("".join(parts) + before.text[at:], tuple(plain), tuple(origin), before.end)


def _keep(before: Reading, start: int, stop: int, length: int, plain: list[int], origin: list[int]) -> None:
    """Add the places of start…stop of an earlier reading, which stands at `length` in the new one."""
    first = bisect_right(before.plain, start)
    last = bisect_right(before.plain, stop - 1)
    if start < stop and start:
        plain.append(length)
        origin.append(before.span(start, start + 1)[0])
    for at in range(first, last):
        plain.append(length + before.plain[at] - start)
        origin.append(before.origin[at])


def _character(escape: str) -> str:
    """What an escape stands for; itself where it stands for nothing."""
    return _stands_for(escape) if escape[0] in "\\%&" else ""  # what is invisible may be of any length, and is not kept


@lru_cache(maxsize=_MOST_KEPT)
def _stands_for(escape: str) -> str:
    try:
        if escape[0] == "&":
            import html

            return html.unescape(escape)
        if escape[0] == "%":
            return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
        kind = escape[1]
        if kind == "u" and escape.count("\\") == 2:
            high, low = int(escape[2:6], 16), int(escape[8:12], 16)
            return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        if kind in "uUx":
            return chr(int(escape[2:].strip("{}"), 16))
        if kind in "0123" and len(escape) == 4:
            return chr(int(escape[1:], 8))
    except (ValueError, OverflowError):
        return escape
    return _SHORT.get(kind, kind)
