"""The replies of receivers as text, JSON and CSV. Phones and e-mail addresses are masked unless a person asked on a terminal."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mscode.model.plurals import count
from mscode.views.drift.drift_text import counts
from mscode.views.plan.columns import columns
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.status.status_shapes import ReceiverJson, ResultsJson
from mscode.views.status.table import StatusRow, row_json
from mscode.views.text.masking import Privacy
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import instant, zone_of


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """One receiver's reply: a person, or a whole group where the service names none of its people.

    `reply` is accept, decline, noAnswer or "". `dialled` is None where the service gives no count. `seconds` is the time talked,
    `latest` the latest call in the API's form of an instant, or "".
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


def result_lines(row: StatusRow, people: Sequence[ReceiverReply], zone_name: str, privacy: Privacy) -> Iterator[Line]:
    """Counts of the replies, then a row for each receiver."""
    numbers = counts(row.standing)
    yield line(
        Segment(
            f"{escape_unprintable(row.name)} (id {escape_unprintable(row.id)}) is {escape_unprintable(row.standing.state)}",
            "bold",
        ),
        f": {numbers}" if numbers else "",
    )
    yield line(summary(people))
    if people:
        yield ()
        yield from columns(_TITLES, [_cells(receiver, zone_name, privacy) for receiver in people], (4, 5))


_TITLES = ("ACCOUNT", "PHONE", "REPLY", "ANSWERED", "CALLS", "SECONDS", "LATEST CALL")


def _cells(receiver: ReceiverReply, zone_name: str, privacy: Privacy) -> list[str]:
    return [
        escape_unprintable(receiver.account_id or (f"group {receiver.group_id}" if receiver.group_id else "-")),
        escape_unprintable(str(privacy.value("phone", receiver.phone) or privacy.value("email", receiver.email) or ""))
        or "-",
        escape_unprintable(receiver.reply, 40) or "-",
        "yes" if receiver.answered else "no",
        "-" if receiver.dialled is None else f"{receiver.dialled:,}",
        f"{receiver.seconds:,}",
        (instant(receiver.latest, zone_of(zone_name)) if receiver.latest else None) or "-",
    ]


def summary(people: Sequence[ReceiverReply]) -> str:
    """`12 receivers: 4 accept, 1 decline, 7 without a reply.`"""
    replies = Counter(receiver.reply if receiver.reply in ("accept", "decline") else "" for receiver in people)
    parts = [f"{replies[word]:,} {word}" for word in ("accept", "decline")] + [f"{replies['']:,} without a reply"]
    return f"{count(len(people), 'receiver')}: {', '.join(parts)}."


def person_json(receiver: ReceiverReply, privacy: Privacy) -> ReceiverJson:
    """One receiver for programs."""
    return {
        "accountId": receiver.account_id or None,
        "groupId": receiver.group_id or None,
        "phone": privacy.value("phone", receiver.phone) or None,
        "email": privacy.value("email", receiver.email) or None,
        "reply": receiver.reply or None,
        "answered": receiver.answered,
        "dialled": receiver.dialled,
        "duration": receiver.seconds,
        "latestCallAt": receiver.latest or None,
    }


def results_json(row: StatusRow, people: Iterable[ReceiverReply], privacy: Privacy) -> ResultsJson:
    """The campaign as `status --json` has it, and its receivers."""
    return {**row_json(row), "receivers": [person_json(receiver, privacy) for receiver in people]}


def results_csv(people: Iterable[ReceiverReply], privacy: Privacy) -> str:
    """A row for each receiver, in columns named like the JSON's members. A value like a formula gets a `'` in front."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(ReceiverJson.__annotations__)
    for receiver in people:
        table.writerow([_cell(value) for value in person_json(receiver, privacy).values()])
    return file.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    text = "" if value is None else escape_unprintable(str(value))
    is_phone = text.startswith("+") and text[1:4].isdigit()
    return f"'{text}" if text[:1] in tuple("=+-@") and not is_phone else text
