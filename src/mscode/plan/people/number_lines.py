"""Where people stand in the project's files: their lines in a file of numbers, and their rows in account lists.

That is how a plan says who it is about: by lines, which only whoever has the files can look up, and never by number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby, islice

from mscode.errors import Place
from mscode.model.plurals import first_of
from mscode.plan.people.projection import People

#: So many lines of a file are named in a text.
_MOST_LINES = 10
#: So many places are given to programs.
MOST_PLACES = 100


def rows_of_numbers(people: People, numbers: Collection[str]) -> Mapping[str, list[Place]]:
    """The rows of account lists whose accounts have these numbers, now or as they will be, by number."""
    places: dict[str, list[Place]] = {}
    for listed in people.rows.values() if numbers else ():
        for account, line in zip(listed.by_row, listed.rows.lines, strict=True):
            for number in people.numbers(account).intersection(numbers):
                places.setdefault(number, []).append(Place(listed.rows.file, line))
    return places


def places_of(
    numbers: Iterable[str], file: str, lines: Mapping[str, int], rows: Mapping[str, list[Place]]
) -> list[Place]:
    """The places of people: first their lines in the file of numbers, then their rows in lists. Each once."""
    numbers = set(numbers)
    in_file = {Place(file, lines[number]) for number in numbers & lines.keys()}
    in_lists = {place for number in numbers for place in rows.get(number, ())}
    return [*sorted(in_file), *sorted(in_lists - in_file)]


def places_text(places: Iterable[Place]) -> str:
    """`never.csv lines 2, 5; donors.csv line 17`"""
    return lines_text((file, [place.line for place in same]) for file, same in groupby(places, lambda p: p.file))


def lines_text(lines: Iterable[tuple[str, Sequence[int]]]) -> str:
    """The same of files and their lines."""
    return "; ".join(_lines(file, of_file) for file, of_file in lines)


def first_places(places: Iterable[Place]) -> tuple[Place, ...]:
    """As many of the places as programs get."""
    return tuple(islice(places, MOST_PLACES))


def _lines(file: str, lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"{file} line {lines[0]}"
    return f"{file} lines {first_of(lines, _MOST_LINES)}"
