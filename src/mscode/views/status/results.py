"""The replies of receivers as text, JSON and CSV, and who gets messages. People are masked unless a person asked for them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, TypeVar

from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.world import state_in_words
from mscode.views.drift.drift_text import counts
from mscode.views.history.reference import reference_text
from mscode.views.plan.columns import Cell, columns, total_width, widths_of
from mscode.views.plan.segments import EMPTY, Line, Segment, line
from mscode.views.status.status_shapes import (
    AllResultsJson,
    DayJson,
    MessageReceiverJson,
    MessageResultsJson,
    NamesJson,
    PersonJson,
    ReceiverJson,
    ResultsJson,
    ResultTotalsJson,
)
from mscode.views.status.table import StatusRow, head_json, launch_texts, row_json
from mscode.views.text.masking import Privacy
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import instant, zone_of
from mscode.views.text.width import cut
from mscode.views.text.wrap import wrapped

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """One receiver: a person, or a whole group where the service names none of its people.

    `reply` is accept, decline, noAnswer or "". `dialled` is None where the service gives no count. `seconds` is the time talked,
    `latest` the latest call in the API's form of an instant, or "". The names are "" unless people are shown.
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
    first_name: str
    last_name: str

    @property
    def was_called(self) -> bool:
        """Does anything of it show a call?"""
        return bool(self.dialled or self.answered or self.seconds or self.latest)

    @property
    def is_group(self) -> bool:
        """Does the row stand for a whole group?"""
        return bool(self.group_id) and not self.account_id


@dataclass(frozen=True, slots=True)
class ObjectResults:
    """A campaign or a message with its receivers. Of a message: `send_at` is its instant in the API's form, `cents` the service's
    estimate of its price (None where it gives none)."""

    row: StatusRow
    people: Sequence[ReceiverReply]
    send_at: str = ""
    cents: float | None = None

    @property
    def is_message(self) -> bool:
        """Does it go out once, so that the service tells no replies?"""
        return self.row.goes_out_once

    @property
    def is_sent(self) -> bool:
        """Of a message: has it gone out?"""
        return self.row.standing.finished


@dataclass(frozen=True, slots=True)
class Page:
    """How results are shown: the project's zone, the columns of the terminal, and what is masked."""

    zone_name: str
    privacy: Privacy
    width: int = 80

    @property
    def zone(self) -> tzinfo:
        """The zone itself."""
        return zone_of(self.zone_name)


# ---- one of them -----------------------------------------------------------------------------------------------------


def result_lines(result: ObjectResults, page: Page) -> Iterator[Line]:
    """Where it stands, a row for each receiver, and what happened day by day."""
    yield from _with_receivers(result, page)
    if not result.is_message:
        yield from _day_lines(per_day([result], page.zone), page)


def _with_receivers(result: ObjectResults, page: Page) -> Iterator[Line]:
    yield from _headline(result, page)
    if result.people:
        yield EMPTY
        yield from _receiver_table(result, page)


def _headline(result: ObjectResults, page: Page) -> Iterator[Line]:
    row = result.row
    state = escape_unprintable(state_in_words(row.standing.state))
    head = f"{escape_unprintable(row.name)} (id {escape_unprintable(row.id)}) is {state}"
    if result.is_message:
        at = instant(result.send_at, page.zone) or "at no known time"
        price = "" if result.cents is None else f", price {_cents(result.cents)} (the service's estimate)"
        yield line(Segment(head, "bold"), f": {at}, to {_recipients(result.people)}{price}")
    else:
        numbers = counts(row.standing)
        yield line(Segment(head, "bold"), f": {numbers}" if numbers else "")
        yield line(summary(result.people))
    if row.launch is not None:
        yield line(Segment(f"By {reference_text(row.launch)}.", "dim"))


def summary(people: Sequence[ReceiverReply]) -> str:
    """`12 receivers: 4 accept, 1 decline, 7 without a reply.`"""
    replies = _replies(people)
    parts = [f"{replies[word]:,} {word}" for word in ("accept", "decline")] + [f"{replies['']:,} without a reply"]
    return f"{count(len(people), 'receiver')}: {', '.join(parts)}."


def _replies(people: Iterable[ReceiverReply]) -> Counter[str]:
    return Counter(receiver.reply if receiver.reply in ("accept", "decline") else "" for receiver in people)


def _recipients(people: Sequence[ReceiverReply]) -> str:
    """`12 people`; with groups of which nobody is known `12 people and 1 group`."""
    groups = sum(receiver.is_group for receiver in people)
    persons = len(people) - groups
    parts = [count(persons, "person")] if persons or not groups else []
    return " and ".join(parts + ([count(groups, "group")] if groups else []))


def _cents(cents: float) -> str:
    """`7.5 cents`; the service names no currency."""
    return count(int(cents), "cent") if float(cents).is_integer() else f"{cents:,.10g} cents"


#: What a name may take of a line.
_LONGEST_NAME = 30


def _receiver_table(result: ObjectResults, page: Page) -> Iterator[Line]:
    """Who it reaches; with people shown their names in place of the account's id, which need the room of ANSWERED."""
    shows_names = page.privacy.show_people
    titles = ["NAME" if shows_names else "ACCOUNT", "E-MAIL" if _has_emails(result.people) else "PHONE"]
    cells = [_receiver_cells(receiver, result, page) for receiver in result.people]
    if not result.is_message:
        titles += ["REPLY", "ANSWERED", "CALLS", "SECONDS", "LATEST CALL"]
    if shows_names and not result.is_message and total_width(widths_of(titles, cells)) > page.width:
        titles, cells = _without(titles, 3), [_without(row, 3) for row in cells]
    if shows_names and total_width(widths_of(titles, cells)) > page.width:
        room = max(8, page.width - total_width([0, *widths_of(titles, cells)[1:]]))
        cells = [[cut(str(name), room), *others] for name, *others in cells]
    yield from columns(titles, cells, [at for at, title in enumerate(titles) if title in ("CALLS", "SECONDS")])


def _without(row: Sequence[Item], at: int) -> list[Item]:
    return [*row[:at], *row[at + 1 :]]


def _has_emails(people: Sequence[ReceiverReply]) -> bool:
    return any(receiver.email for receiver in people) and not any(receiver.phone for receiver in people)


def _receiver_cells(receiver: ReceiverReply, result: ObjectResults, page: Page) -> list[Cell]:
    privacy = page.privacy
    account = receiver.account_id or (f"group {receiver.group_id}" if receiver.group_id else "-")
    name = f"{receiver.first_name} {receiver.last_name}".strip() or account
    address = str(privacy.value("phone", receiver.phone) or privacy.value("email", receiver.email) or "")
    head: list[Cell] = [
        escape_unprintable(name if privacy.show_people else account, _LONGEST_NAME),
        escape_unprintable(address, 60) or "-",
    ]
    if result.is_message:
        return head
    return [
        *head,
        escape_unprintable(receiver.reply, 40) or "-",
        "yes" if receiver.answered else "no",
        "-" if receiver.dialled is None else f"{receiver.dialled:,}",
        f"{receiver.seconds:,}",
        instant(receiver.latest, page.zone) or "-",
    ]


# ---- several of them -------------------------------------------------------------------------------------------------


def all_result_lines(results: Sequence[ObjectResults], page: Page) -> Iterator[Line]:
    """A table of campaigns and one of messages, the totals, and what happened day by day; with people shown also the receivers of
    each."""
    campaigns = [result for result in results if not result.is_message]
    messages = [result for result in results if result.is_message]
    if page.privacy.show_people:
        for result in results:
            yield from _with_receivers(result, page)
            yield EMPTY
    if campaigns:
        titles = ["CAMPAIGN", "STATE", "RECEIVERS", "CALLED", "ACCEPT", "DECLINE", "NO REPLY"]
        yield from columns(titles, list(map(_campaign_cells, campaigns)), range(2, 7), width=page.width)
    if messages:
        if campaigns:
            yield EMPTY
        titles = ["MESSAGE", "STATE", "SENT OR DUE", "TO", "PRICE"]
        yield from columns(titles, [_message_cells(result, page) for result in messages], width=page.width)
    yield EMPTY
    totals = result_totals(results, page.zone)
    launches = launch_texts(result.row for result in results)
    yield from wrapped(map(line, (*_total_texts(totals), *launches)), page.width)
    yield from _day_lines(totals["perDay"], page)


def _campaign_cells(result: ObjectResults) -> list[Cell]:
    replies = _replies(result.people)
    numbers = (
        len(result.people),
        sum(receiver.was_called for receiver in result.people),
        replies["accept"],
        replies["decline"],
        replies[""],
    )
    name, state = escape_unprintable(result.row.name, 200), escape_unprintable(result.row.standing.state, 15)
    return [name, state, *(f"{number:,}" for number in numbers)]


def _message_cells(result: ObjectResults, page: Page) -> list[Cell]:
    at = instant(result.send_at, page.zone) or "-"
    price = "-" if result.cents is None else _cents(result.cents)
    return [
        escape_unprintable(result.row.name, 200),
        escape_unprintable(result.row.standing.state, 15),
        at,
        _recipients(result.people),
        price,
    ]


def result_totals(results: Sequence[ObjectResults], zone: tzinfo) -> ResultTotalsJson:
    """All of them together."""
    messages = [result for result in results if result.is_message]
    receivers = [receiver for result in results if not result.is_message for receiver in result.people]
    replies = _replies(receivers)
    estimates = [result.cents for result in messages if result.cents is not None]
    return {
        "campaigns": len(results) - len(messages),
        "receivers": len(receivers),
        "called": sum(receiver.was_called for receiver in receivers),
        "answered": sum(receiver.answered for receiver in receivers),
        "accepts": replies["accept"],
        "declines": replies["decline"],
        "noReply": replies[""],
        "messages": len(messages),
        "messagesSent": sum(result.is_sent for result in messages),
        "messagesWaiting": sum(not result.is_sent for result in messages),
        "messagesTo": sum(_persons(result.people) for result in messages),
        "priceEstimateInCents": sum(estimates) if estimates else None,
        "perDay": per_day(results, zone),
    }


def _persons(people: Iterable[ReceiverReply]) -> int:
    return sum(not receiver.is_group for receiver in people)


def _total_texts(totals: ResultTotalsJson) -> Iterator[str]:
    if totals["campaigns"]:
        yield (
            f"Total of {count(totals['campaigns'], 'campaign')}: {count(totals['receivers'], 'receiver')}, "
            f"{totals['called']:,} called, {totals['accepts']:,} accept, {totals['declines']:,} decline, "
            f"{totals['noReply']:,} without a reply."
        )
    if totals["messages"]:
        cents = totals["priceEstimateInCents"]
        price = "" if cents is None else f", price {_cents(cents)} (estimated)"
        yield (
            f"Total of {count(totals['messages'], 'message')}: {totals['messagesSent']:,} sent, "
            f"{totals['messagesWaiting']:,} waiting, to {count(totals['messagesTo'], 'person')}{price}."
        )


# ---- day by day ------------------------------------------------------------------------------------------------------


def per_day(results: Iterable[ObjectResults], zone: tzinfo) -> list[DayJson]:
    """What happened on each day of the zone, oldest first: of each person the latest call, which is all that the service tells, and
    messages on the day on which they were sent."""
    days: dict[str, DayJson] = {}

    def day_of(text: str) -> DayJson | None:
        try:
            date = parse_instant(text).astimezone(zone).date().isoformat()
        except ValueError:
            return None
        empty: DayJson = {
            "date": date, "called": 0, "answered": 0, "accepts": 0, "declines": 0, "noReply": 0, "messages": 0,
        }  # fmt: skip
        return days.setdefault(date, empty)

    for result in results:
        if result.is_message:
            sent = day_of(result.send_at) if result.is_sent else None
            if sent is not None:
                sent["messages"] += _persons(result.people)
            continue
        for receiver in result.people:
            day = day_of(receiver.latest) if receiver.latest else None
            if day is not None:
                day["called"] += 1
                day["answered"] += receiver.answered
                day["accepts"] += receiver.reply == "accept"
                day["declines"] += receiver.reply == "decline"
                day["noReply"] += receiver.reply not in ("accept", "decline")
    return sorted(days.values(), key=lambda day: day["date"])


def _day_lines(days: Sequence[DayJson], page: Page) -> Iterator[Line]:
    """The table of days, with the columns in which anything happened."""
    if not days:
        return
    called, messages = any(day["called"] for day in days), any(day["messages"] for day in days)
    titles = ["DAY", *(["CALLED", "ANSWERED", "ACCEPT", "DECLINE", "NO REPLY"] if called else [])]
    titles += ["MESSAGES TO"] if messages else []
    cells = []
    for day in days:
        calls = [day["called"], day["answered"], day["accepts"], day["declines"], day["noReply"]] if called else []
        numbers = [*calls, *([day["messages"]] if messages else [])]
        cells.append([day["date"], *(f"{number:,}" for number in numbers)])
    yield EMPTY
    yield from columns(titles, cells, range(1, len(titles)))
    note = " A person's calls count on the day of the latest one." if called else ""
    yield from wrapped([line(Segment(f"Days in {page.zone_name}.{note}", "dim"))], page.width)


# ---- for programs ----------------------------------------------------------------------------------------------------


def results_json(result: ObjectResults, page: Page) -> ResultsJson | MessageResultsJson:
    """A campaign as `status --json` has it, and its receivers; a message without what only calls have."""
    days = per_day([result], page.zone)
    if not result.is_message:
        return {
            **row_json(result.row),
            "perDay": days,
            "receivers": [person_json(receiver, page.privacy) for receiver in result.people],
        }
    groups = any(receiver.is_group for receiver in result.people)
    return {
        **head_json(result.row),
        "state": result.row.standing.state,
        "finished": result.is_sent,
        "sendAt": result.send_at or None,
        "people": None if groups else len(result.people),
        "priceEstimateInCents": result.cents,
        "perDay": days,
        "receivers": [_message_person_json(receiver, result, page.privacy) for receiver in result.people],
    }


def all_results_json(results: Sequence[ObjectResults], page: Page) -> AllResultsJson:
    """Several of them, and their totals."""
    return {
        "campaigns": [results_json(result, page) for result in results],
        "totals": result_totals(results, page.zone),
    }


def person_json(receiver: ReceiverReply, privacy: Privacy) -> ReceiverJson:
    """One receiver of a campaign for programs."""
    return {
        **_person_json(receiver, privacy),
        "reply": receiver.reply or None,
        "answered": receiver.answered,
        "dialled": receiver.dialled,
        "duration": receiver.seconds,
        "latestCallAt": receiver.latest or None,
        **_names_json(receiver, privacy),
    }


def _message_person_json(receiver: ReceiverReply, result: ObjectResults, privacy: Privacy) -> MessageReceiverJson:
    return {
        **_person_json(receiver, privacy),
        "sentAt": (result.send_at or None) if result.is_sent else None,
        **_names_json(receiver, privacy),
    }


def _person_json(receiver: ReceiverReply, privacy: Privacy) -> PersonJson:
    return {
        "accountId": receiver.account_id or None,
        "groupId": receiver.group_id or None,
        "phone": privacy.value("phone", receiver.phone) or None,
        "email": privacy.value("email", receiver.email) or None,
    }


def _names_json(receiver: ReceiverReply, privacy: Privacy) -> NamesJson:
    if not privacy.show_people:
        return {}
    return {"firstName": receiver.first_name or None, "lastName": receiver.last_name or None}


# ---- CSV -------------------------------------------------------------------------------------------------------------

_NAMES = ("firstName", "lastName")
_DATES = ("latestCallAt", "sentAt")


def results_csv(results: Sequence[ObjectResults], page: Page, *, with_address: bool) -> str:
    """A row for each receiver, in columns named like the JSON's members, with the `address` before them where it is asked for.

    Dates and times are in the project's zone and in the form that spreadsheets read. A value like a formula gets a `'` in front.
    """
    fields = _fields(results, page.privacy.show_people)
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*(["address"] if with_address else []), *fields])
    for result in results:
        for receiver in result.people:
            person: Mapping[str, Any] = (
                _message_person_json(receiver, result, page.privacy)
                if result.is_message
                else person_json(receiver, page.privacy)
            )
            cells = [
                csv_cell(_local(person[name], page.zone) if name in _DATES else person[name]) if name in person else ""
                for name in fields
            ]
            table.writerow([*([csv_cell(result.row.name)] if with_address else []), *cells])
    return file.getvalue()


def _fields(results: Sequence[ObjectResults], show_people: bool) -> list[str]:
    """The columns that these results need: calls have others than messages."""
    shapes = [
        shape
        for shape, is_message in ((ReceiverJson, False), (MessageReceiverJson, True))
        if any(result.is_message is is_message for result in results)
    ] or [ReceiverJson]
    names = dict.fromkeys(name for shape in shapes for name in shape.__annotations__)
    return [name for name in names if show_people or name not in _NAMES]


def _local(value: Any, zone: tzinfo) -> str:
    """An instant as `2026-12-01 10:05:00` in the zone."""
    try:
        return parse_instant(str(value)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if value else ""
    except ValueError:
        return str(value)


#: A number, whole or masked: it begins with a plus and is no formula.
_PHONE = re.compile(r"\+\d{1,15}(?:•{3}\d{0,15})?")
#: What a spreadsheet takes for the beginning of a formula, in either width.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_cell(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula; "" for null, 1 and 0 for true and false."""
    if isinstance(value, bool):
        return "1" if value else "0"
    text = "" if value is None else escape_unprintable(str(value))
    is_formula = text.lstrip().startswith(_FORMULA) and not _PHONE.fullmatch(text)
    return f"'{text}" if is_formula else text
