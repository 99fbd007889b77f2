"""Numbers of things as people read them: the one place that says `1 person` and `1,204 people`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_IRREGULAR = {
    "person": "people",
    "more person": "more people",
    "launch": "launches",
    "more launch": "more launches",
    "breach": "breaches",
    "address": "addresses",
    "e-mail address": "e-mail addresses",
}


def count(number: int, noun: str) -> str:
    """`1 campaign`, `1,204 people`."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of an English noun: with an s, unless it is a known irregular one."""
    return _IRREGULAR.get(noun) or f"{noun}s"


def first_of(items: Iterable[object], most: int) -> str:
    """`3, 7`; of more than `most` items the first ones: `3, 7 and 10 more`."""
    texts = list(map(str, items))
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return f"{', '.join(texts[:most])}{more}"


def one_of(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
