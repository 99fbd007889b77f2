"""What has come of a campaign's calls, counted over its people: replies, calls by the hour, accepts over time, calls that are left.

The service tells of each person the latest call alone, and of a person in a group not how often it called
(docs/service-notes.md#receivers-and-results-of-an-rsvp-call). So an earlier call has no known hour, and what is left is counted
as the most that it can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Protocol

from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import instant


class PersonReply(Protocol):
    """What came of one person, as `engine.account.results` reads it; `latest` is in spec form or ""."""

    @property
    def reply(self) -> str: ...
    @property
    def answered(self) -> bool: ...
    @property
    def dialled(self) -> int | None: ...
    @property
    def latest(self) -> str: ...
    @property
    def was_called(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of persons: `accepted`, `declined` and `no_reply` (answered, pressed nothing) make up `answered`; `unanswered` were
    called and did not answer, `not_called` were not called yet.

    `hours` maps the beginning of an hour (UTC) to calls in it, `calls_elsewhen` counts calls of which the hour is not known.
    `accepts` are the instants of the calls that were accepted, in order. `first_calls_left` and `redials_left` are how many calls
    there can be from now on at most, redials being all but a person's first.
    """

    accepted: int = 0
    declined: int = 0
    no_reply: int = 0
    unanswered: int = 0
    not_called: int = 0
    hours: Mapping[datetime, int] = field(default_factory=dict)
    calls_elsewhen: int = 0
    accepts: tuple[datetime, ...] = ()
    first_calls_left: int = 0
    redials_left: int = 0

    @property
    def answered(self) -> int:
        """Persons who answered a call."""
        return self.accepted + self.declined + self.no_reply

    @property
    def called(self) -> int:
        """Persons who were called."""
        return self.answered + self.unanswered


def progress_of(people: Iterable[PersonReply], *, dialled: int, redials: int, is_over: bool) -> Progress:
    """The progress of a campaign. `dialled` is all of its calls, as the service counts them, `redials` how often somebody may be
    called again, `is_over`: it calls nobody any more."""
    outcomes = [(person, _outcome(person)) for person in people]
    replies = Counter(outcome for _, outcome in outcomes)
    calls = [
        (parse_instant(latest), outcome)
        for person, outcome in outcomes
        if outcome != "notCalled" and (latest := instant(person.latest))
    ]
    hours = Counter(moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) for moment, _ in calls)
    return Progress(
        accepted=replies["accept"],
        declined=replies["decline"],
        no_reply=replies["noReply"],
        unanswered=replies["unanswered"],
        not_called=replies["notCalled"],
        hours=dict(sorted(hours.items())),
        calls_elsewhen=max(0, dialled - len(calls)),
        accepts=tuple(sorted(moment for moment, outcome in calls if outcome == "accept")),
        first_calls_left=0 if is_over else replies["notCalled"],
        redials_left=0 if is_over else _redials_left(outcomes, dialled, redials) + replies["notCalled"] * redials,
    )


def _redials_left(outcomes: Sequence[tuple[PersonReply, str]], dialled: int, redials: int) -> int:
    """The most redials that those can get who were called and did not answer.

    Where the service counts a person's calls it is what is left of them. Of the others it is what their number allows, less
    the redials that nobody else can have had.
    """
    called = [(person, outcome == "unanswered") for person, outcome in outcomes if outcome != "notCalled"]
    counted = [(person.dialled, is_open) for person, is_open in called if person.dialled is not None]
    uncounted = [is_open for person, is_open in called if person.dialled is None]
    elsewhere = sum(max(0, calls - 1) for calls, _ in counted) + uncounted.count(False) * redials
    had = max(0, dialled - len(called) - elsewhere)
    left = sum(max(0, redials + 1 - calls) for calls, is_open in counted if is_open)
    return left + max(0, uncounted.count(True) * redials - had)


def _outcome(person: PersonReply) -> str:
    if person.reply in ("accept", "decline"):
        return person.reply
    if person.answered:
        return "noReply"
    return "unanswered" if person.was_called else "notCalled"
