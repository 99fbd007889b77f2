"""Who replied how, as text, JSON and CSV. Phones and e-mail addresses are masked unless a person asked on a terminal."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mscode.views.drift.drift_text import counts
from mscode.views.plan.columns import columns
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.status.status_shapes import ReceiverJson, ResultsJson
from mscode.views.status.table import Row, row_json
from mscode.views.text.masking import Privacy
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import instant, zone_of
from mscode.views.text.words import count


@dataclass(frozen=True, slots=True)
class Person:
    """One receiver's reply: a person, or a whole group of whose people the service tells nothing.

    `reply` is accept, decline, noAnswer or "". `dialled` is None where it is not told. `seconds` is the time talked,
    `latest` the latest call in spec form or "".
    """

    account_id: str
    group_id: str
    phone: str
    email: str
    reply: str
    answered: bool
    dialled: int | None
    seconds: int
    latest: str


def result_lines(row: Row, people: Sequence[Person], zone_name: str, privacy: Privacy) -> Iterator[Line]:
    """How many replied how, then a row for each receiver."""
    told = counts(row.standing)
    yield line(
        Segment(
            f"{escape_unprintable(row.name)} (id {escape_unprintable(row.id)}) is {escape_unprintable(row.standing.state)}",
            "bold",
        ),
        f": {told}" if told else "",
    )
    yield line(summary(people))
    if people:
        yield ()
        yield from columns(_TITLES, [_cells(one, zone_name, privacy) for one in people], (4, 5))


_TITLES = ("ACCOUNT", "PHONE", "REPLY", "ANSWERED", "CALLS", "SECONDS", "LATEST CALL")


def _cells(one: Person, zone_name: str, privacy: Privacy) -> list[str]:
    return [
        escape_unprintable(one.account_id or (f"group {one.group_id}" if one.group_id else "-")),
        escape_unprintable(_reached(one, privacy)) or "-",
        escape_unprintable(one.reply, 40) or "-",
        "yes" if one.answered else "no",
        "-" if one.dialled is None else f"{one.dialled:,}",
        f"{one.seconds:,}",
        (instant(one.latest, zone_of(zone_name)) if one.latest else None) or "-",
    ]


def summary(people: Sequence[Person]) -> str:
    """`12 receivers: 4 accept, 1 decline, 7 without a reply.`"""
    replies = Counter(one.reply if one.reply in ("accept", "decline") else "" for one in people)
    parts = [f"{replies[word]:,} {word}" for word in ("accept", "decline")] + [f"{replies['']:,} without a reply"]
    return f"{count(len(people), 'receiver')}: {', '.join(parts)}."


def _reached(one: Person, privacy: Privacy) -> str:
    return str(privacy.value("phone", one.phone) or privacy.value("email", one.email) or "")


def person_json(one: Person, privacy: Privacy) -> ReceiverJson:
    """One receiver for programs."""
    return {
        "accountId": one.account_id or None,
        "groupId": one.group_id or None,
        "phone": privacy.value("phone", one.phone) or None,
        "email": privacy.value("email", one.email) or None,
        "reply": one.reply or None,
        "answered": one.answered,
        "dialled": one.dialled,
        "duration": one.seconds,
        "latestCallAt": one.latest or None,
    }


def results_json(row: Row, people: Iterable[Person], privacy: Privacy) -> ResultsJson:
    """The campaign as `status --json` has it, and its receivers."""
    return {**row_json(row), "receivers": [person_json(one, privacy) for one in people]}


def results_csv(people: Iterable[Person], privacy: Privacy) -> str:
    """A row for each receiver, named by the JSON's members; what a table would take for a formula is quoted by `'`."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(ReceiverJson.__annotations__)
    for one in people:
        table.writerow([_cell(value) for value in person_json(one, privacy).values()])
    return file.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    text = "" if value is None else escape_unprintable(str(value))
    is_phone = text.startswith("+") and text[1:4].isdigit()
    return f"'{text}" if text[:1] in tuple("=+-@") and not is_phone else text
