"""Long texts compared word by word: `Hello [-all-]{+everybody+} here`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mscode.views.plan.scalars import LONGEST_TEXT, escaped, quote
from mscode.views.plan.segments import Segment

_TOKEN = re.compile(r"\S+\s*|\s+")
#: Comparing takes time that grows with the square of the words; texts beyond this are shown whole, before and after.
MOST_WORDS = 1500
#: Unchanged words shown at each side of a change; the others are counted.
CONTEXT = 8


def word_diff(before: str, after: str) -> list[Segment]:
    """The difference as segments, in double quotes, without words far from any change."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return [Segment(f"{quote(before, LONGEST_TEXT)} -> {quote(after, LONGEST_TEXT)}")]
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    parts = [Segment('"')]
    for at, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            parts += _context(old[i1:i2], is_first=at == 0, is_last=at == len(blocks) - 1)
        else:
            parts += _changed(old[i1:i2], new[j1:j2])
    return [*parts, Segment('"')]


def _changed(old: list[str], new: list[str]) -> Iterator[Segment]:
    """Removed and added words; white space at the end of both stands after them."""
    old_text, new_text = "".join(old), "".join(new)
    space = old_text[len(old_text.rstrip()) :]
    if new_text[len(new_text.rstrip()) :] != space:
        space = ""
    if old_text:
        yield Segment(escaped(old_text.removesuffix(space)), "removed")
    if new_text:
        yield Segment(escaped(new_text.removesuffix(space)), "added")
    yield Segment(escaped(space))


def _context(words: list[str], *, is_first: bool, is_last: bool) -> Iterator[Segment]:
    """Unchanged words: all of a few, else those next to a change and the number of the others."""
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
