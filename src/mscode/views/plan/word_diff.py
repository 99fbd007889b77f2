"""Long texts compared word by word: `Hello [-all-]{+everybody+} here`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from mscode.views.plan.scalars import LONGEST_TEXT, escaped, quote
from mscode.views.plan.segments import Segment

_TOKEN = re.compile(r"\S+\s*|\s+")
#: Comparing takes time that grows with the square of the words; texts beyond this are shown whole, before and after.
MOST_WORDS = 1500
#: Unchanged words that stay at each side of a change; what lies between is counted.
CONTEXT = 8


def word_diff(before: str, after: str) -> list[Segment]:
    """The difference as segments, in double quotes, without what is far from any change."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return [Segment(f"{quote(before, LONGEST_TEXT)} -> {quote(after, LONGEST_TEXT)}")]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    parts = [Segment('"')]
    for at, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            parts += _context(old[i1:i2], is_first=at == 0, is_last=at == len(blocks) - 1)
        else:
            parts += _changed(old[i1:i2], new[j1:j2])
    return [*parts, Segment('"')]


def _changed(old: list[str], new: list[str]) -> Iterator[Segment]:
    """What goes and what comes; white space that both end in stands behind them."""
    gone, come = "".join(old), "".join(new)
    space = _common_space(gone, come) if gone and come else ""
    if gone:
        yield Segment(escaped(gone.removesuffix(space)), "removed")
    if come:
        yield Segment(escaped(come.removesuffix(space)), "added")
    yield Segment(escaped(space))


def _common_space(one: str, other: str) -> str:
    space = one[len(one.rstrip()) :]
    return space if other[len(other.rstrip()) :] == space else ""


def _context(words: list[str], *, is_first: bool, is_last: bool) -> Iterator[Segment]:
    """Unchanged words: all of a few, else those next to a change and the number of those left out."""
    head, tail = (0 if is_first else CONTEXT), (0 if is_last else CONTEXT)
    hidden = len(words) - head - tail
    if hidden <= CONTEXT:
        yield Segment(escaped("".join(words)))
        return
    yield Segment(escaped("".join(words[:head])))
    yield Segment(f"(... {hidden:,} words ...)", "dim")
    if not is_last:
        yield Segment(" ")
    yield Segment(escaped("".join(words[len(words) - tail :])))
