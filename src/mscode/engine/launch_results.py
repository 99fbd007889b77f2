"""What came of launches, person by person, from what the service tells of the objects that they launched.

The service keeps one row a person and object: the latest call, how often it was called (not of somebody in a group), the reply
(docs/service-notes.md#receivers-and-results-of-an-rsvp-call). An object may have been launched more than once. So the row counts
for the latest launch before that call which was to reach this person; a later launch did not call, and of an earlier one is known
what was recorded before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mscode.engine.account.results import ReceiverReply
from mscode.engine.account.status import LiveCampaign
from mscode.model.calling_window import parse_instant
from mscode.model.email_address import folded_email
from mscode.model.light_dataclass import dataclass
from mscode.state.records.people import PersonResult, Reply
from mscode.state.records.shape import Totals

#: How long after the last call of what is finished its row may still change: somebody may be talking.
SETTLES = timedelta(minutes=15)
NOT_CALLED = PersonResult(dials=0, seconds=0, reply="none")


@dataclass(frozen=True, slots=True)
class ObjectCalls:
    """One live object, and by person (E.164 or e-mail address) what it has done; nobody of whom the service does not tell."""

    campaign: LiveCampaign
    people: Mapping[str, PersonResult]

    def is_final(self, now: datetime) -> bool:
        """Can nothing change any more?"""
        latest = max((person.last_call for person in self.people.values() if person.last_call), default=0)
        return self.campaign.standing.finished and now.timestamp() - latest >= SETTLES.total_seconds()


@dataclass(frozen=True, slots=True)
class LaunchToRead:
    """A launch, when it was, and by person whom it was to reach what was recorded of that person before (None: nothing)."""

    n: int
    at: datetime
    people: Mapping[str, PersonResult | None]


def calls_of(campaign: LiveCampaign, replies: Iterable[ReceiverReply]) -> ObjectCalls:
    """The calls of an object; the rows of several accounts with one number are one person."""
    by, tells_calls = campaign.live.kind.reached_by, not campaign.live.kind.goes_out_once
    people: dict[str, PersonResult] = {}
    for reply in replies:
        person = folded_email(reply.email) if by == "email" else reply.phone
        if person and not reply.is_group and (tells_calls or reply.was_called):
            result = _result(reply)
            people[person] = together(people[person], result) if person in people else result
    return ObjectCalls(campaign, people)


def _result(reply: ReceiverReply) -> PersonResult:
    if not reply.was_called:
        return NOT_CALLED
    replies: dict[str, Reply] = {"accept": "accept", "decline": "decline", "noAnswer": "none", "": "none"}
    return PersonResult(
        dials=reply.dialled,
        last_call=int(parse_instant(reply.latest).timestamp()) if reply.latest else None,
        seconds=reply.seconds,
        reply=replies.get(reply.reply, "other"),
    )


def together(first: PersonResult, second: PersonResult) -> PersonResult:
    """What two rows tell of one person: all calls, and the reply of the later one."""
    dials = None if first.dials is None or second.dials is None else first.dials + second.dials
    later = max(first, second, key=lambda result: (result.reply in ("accept", "decline"), result.last_call or 0))
    return replace(later, dials=dials)


def by_launch(calls: ObjectCalls, launches: Sequence[LaunchToRead]) -> dict[int, dict[str, PersonResult]]:
    """The results of an object's launches, which come in their order, by their numbers."""
    results: dict[int, dict[str, PersonResult]] = {launch.n: {} for launch in launches}
    for person, result in calls.people.items():
        own = [launch for launch in launches if person in launch.people]
        if result.last_call is None and result != NOT_CALLED:
            own = own[-1:]  # called nobody knows when
        before = [launch for launch in own if (result.last_call or 0) >= int(launch.at.timestamp())]
        for launch in own:
            if result == NOT_CALLED or (before and launch.n > before[-1].n) or (not before and result.last_call):
                results[launch.n][person] = NOT_CALLED
            elif not before or launch is before[-1]:
                # How many of the calls came before this launch is not told.
                dials = result.dials if launch is own[0] or result.dials == 1 else None
                results[launch.n][person] = replace(result, dials=dials)
            elif (recorded := launch.people[person]) is not None:
                results[launch.n][person] = recorded
    return results


def other_rings(calls: ObjectCalls, launches: Sequence[LaunchToRead]) -> int:
    """How often an object has called people whom no launch of it was to reach, or before the first that was; at least."""
    rings = 0
    for person, result in calls.people.items():
        own = [launch for launch in launches if person in launch.people]
        is_early = bool(own) and result.last_call is not None and result.last_call < int(own[0].at.timestamp())
        if result != NOT_CALLED and (not own or is_early):
            rings += result.dials or 1
    return rings


def totals_of(people: int, results: Mapping[str, PersonResult], dials: int | None = None) -> Totals:
    """The counts of a launch that was to reach so many people. `dials` are all calls, where they are counted for the object alone;
    else each person counts with those that are known.
    """
    known = [result for result in results.values() if result.reply != "unknown"]
    called = [result for result in known if result.dials != 0]
    counted = sum(result.dials or 1 for result in called)
    return Totals(
        people=people,
        dialled=len(called),
        dials=counted if dials is None else max(counted, dials),
        are_minimum=dials is None and any(result.dials is None for result in called),
        answered=sum(bool(result.seconds) or result.reply in ("accept", "decline", "other") for result in called),
        accepts=sum(result.reply == "accept" for result in known),
        declines=sum(result.reply == "decline" for result in known),
        unknown=max(0, people - len(known)),
    )
