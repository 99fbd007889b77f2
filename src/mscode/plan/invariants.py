"""What a plan promises of the calls that follow it, checked against calls that were made (by the emulator of a rehearsal).

Pure: callers are taken from the plan, calls come in as arguments, and what is said of a breach has counts and times and no number.
What calls people although this plan does not launch it is checked too; but hours and the do-not-call list are not this plan's
doing there, so they are named and are no breach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mscode.model.calling_window import Window, parse_instant
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.world import Live
from mscode.plan.change import Halt, Launch, Making, Plan
from mscode.plan.guards import do_not_call
from mscode.plan.guards.do_not_call import Suppressed
from mscode.plan.guards.hours import CallingHours, CountryHours, Holidays, allows, by_country
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.people.exposure import active_senders, launched
from mscode.plan.people.number_zones import law_of, zones_of
from mscode.plan.people.reach import (
    calling_span,
    end_of,
    fields_after,
    live_numbers,
    redials_of,
    window_in,
)

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder
    from mscode.plan.inputs import PlanInput

_SECOND = timedelta(seconds=1)
_EVER = datetime(1, 1, 1, tzinfo=UTC)
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Call:
    """One call, or one message: when, the number or address it went to, and what came of it."""

    at: datetime
    to: str = field(repr=False)
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """What calls or writes to people once a plan is applied.

    `live_id` is that of an object that is there already, "" of one that is made. `people` are the numbers or addresses that it may
    reach, `fields` those that it has then, `wanted` the accepts after which it stops (None: it does not). `launch` is what
    the plan launches: its own, or that of a group or an account by which it reaches more; None where it only goes on.
    """

    address: str
    kind: Kind
    live_id: str
    people: frozenset[str] = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)
    redials: int = 0
    wanted: int | None = None
    launch: Launch | None = None
    is_fed: bool = False
    #: through how many receivers it reaches somebody, of those whom it reaches through several
    ways: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def is_new(self) -> bool:
        """Does it begin with this plan, so that its first call is the plan's?"""
        return self.launch is not None and not self.is_fed and self.launch.reason == "first"


def callers_of(plan: Plan) -> list[Caller]:
    """Everything that calls or writes to people once a plan is applied: what it launches, in its order, then what goes on by
    itself and has an address. `plan` is one that was made here, with its builder.
    """
    builder = plan.builder
    assert builder is not None
    changes = {(c.live.section, c.live.id): c for c in builder.changes if c.live is not None and c.desired is not None}
    callers: dict[tuple[str, str, str], Caller] = {}
    for caller in (*_launched(builder, changes), *_going_on(builder, changes)):
        key = (caller.address, caller.kind.section, caller.live_id)
        # One that is launched itself, and fed by the launch of a group too, is what its own launch says.
        if key not in callers or (callers[key].is_fed and caller.launch is not None and not caller.is_fed):
            callers[key] = caller
    return list(callers.values())


def _launched(builder: PlanBuilder, changes: Mapping[tuple[str, str], Any]) -> Iterator[Caller]:
    senders = {sender.name: sender for sender in active_senders(builder)}
    for exposure in launched(builder):
        routes = Counter(number for _, reached in exposure.receivers for number in reached)
        numbers = frozenset(routes)
        change, launch = exposure.change, exposure.launch
        if change.address.kind.reaches_people:
            people = numbers | launch.reach.phones if launch.reach.is_more else launch.reach.phones
            live = None if isinstance(change, Making) else change.live
            fields = fields_after(change)
            caller = _caller(builder, str(change.address), change.address.kind, live, people, fields, launch)
            yield replace(caller, ways=_several(routes))
            continue
        sender = senders.get(exposure.name)
        if sender is not None:
            people = numbers | launch.reach.phones
            caller = _caller(
                builder, sender.name, sender.kind, sender.live, people, _fields_of(sender.live, changes), launch
            )
            yield replace(caller, is_fed=True, ways=_several(routes))


def _fields_of(live: Live, changes: Mapping[tuple[str, str], Any]) -> Mapping[str, Any]:
    """The fields of what is there as the plan leaves them; one that is replaced or halted goes on as it is until then."""
    change = changes.get((live.section, live.id))
    return live.fields if change is None or isinstance(change, Making | Halt) else fields_after(change)


def _several(routes: Counter[str]) -> dict[str, int]:
    return {number: ways for number, ways in routes.items() if ways > 1}


def _going_on(builder: PlanBuilder, changes: Mapping[tuple[str, str], Any]) -> Iterator[Caller]:
    """What is under way and has an address, also where this plan halts or replaces it: it calls until then."""
    known = {(entry.address.section, entry.id): str(a) for a, entry in builder.inputs.known.entries.items()}
    for live in builder.inputs.unfinished():
        key = (live.section, live.id)
        change = changes.get(key)
        address = known.get(key) or (str(change.address) if change is not None else "")
        if not address or not live.status.running:
            continue
        routes = Counter(
            n for _, _, reached in live_numbers(live, builder.people, live.kind.reached_by) for n in reached
        )
        caller = _caller(builder, address, live.kind, live, frozenset(routes), _fields_of(live, changes), None)
        yield replace(caller, ways=_several(routes))


def _caller(
    builder: PlanBuilder,
    address: str,
    kind: Kind,
    live: Live | None,
    people: frozenset[str],
    fields: Mapping[str, Any],
    launch: Launch | None,
) -> Caller:
    """What is under way may still call the numbers of before, until the plan has changed them."""
    before = _numbers_now(live, builder.inputs) if live is not None and live.status.running else frozenset()
    return Caller(
        address=address,
        kind=kind,
        live_id=live.id if live is not None else "",
        people=people | before,
        fields=fields,
        redials=redials_of(fields, kind) if kind.unit == "call" and not kind.goes_out_once else 0,
        wanted=_wanted(kind, fields),
        launch=launch,
    )


def _wanted(kind: Kind, fields: Mapping[str, Any]) -> int | None:
    """After how many accepts it stops: a campaign that names no number calls until one person accepts."""
    if not kind.calls_for_a_while:
        return None
    return int(fields.get("acceptsWanted") or 0) if kind.counts_accepts else 1


def _numbers_now(live: Live, inputs: PlanInput) -> frozenset[str]:
    by, numbers = live.kind.reached_by, set[str]()
    for row in live.fields.get("receivers", ()):
        if "groupId" in row:
            numbers |= {m.phone if by == "phone" else m.email for m in inputs.live.members.get(row["groupId"], ())}
            continue
        account = inputs.accounts.get(str(row.get("accountId")))
        numbers |= {str(row.get(by) or ""), str(account.fields.get(by) or "") if account is not None else ""}
    return frozenset(numbers - {""})


# ---- the invariants --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """One invariant of one caller. `message`: what breaks it; or what is named and is no breach; or nothing."""

    name: str
    address: str
    holds: bool
    message: str = ""


@dataclass(frozen=True)
class Course:
    """The calls of one caller, oldest first.

    `began` is from when on it could call: the end of the apply. `accepts` are those from before the calls, `pace` the service's
    calls a minute.
    """

    caller: Caller
    calls: Sequence[Call]
    began: datetime
    pace: int
    accepts: int = 0

    @cached_property
    def first(self) -> datetime | None:
        """When the first call was."""
        return self.calls[0].at if self.calls else None

    @cached_property
    def last(self) -> datetime | None:
        """When the last call was."""
        return self.calls[-1].at if self.calls else None


class Judge:
    """Judges courses by a plan: its guards' settings, and what became of them there."""

    def __init__(self, plan: Plan) -> None:
        assert plan.builder is not None
        self._plan, self._builder = plan, plan.builder
        self._window_zone = plan.builder.inputs.window_zone
        self._zone = plan.builder.inputs.desired.project.zone
        self._holidays: dict[tuple[str, date], str] = {}
        self._places: dict[str, tuple[str, tuple[str, ...]]] = {}

    def verdicts(self, course: Course) -> Iterator[Verdict]:
        """Every invariant of one caller."""
        for name, judge in (
            ("people", self._people),
            ("attempts", self._attempts),
            ("window", self._window),
            ("callingHours", self._hours),
            ("doNotCallList", self._do_not_call),
            ("acceptsWanted", self._accepts),
            ("firstAndLastCall", self._first_and_last),
        ):
            holds, message = judge(course)
            yield Verdict(name, course.caller.address, holds, message)

    # Each gives whether it holds, and what is to be said.

    def _people(self, course: Course) -> _Judged:
        others = [call for call in course.calls if call.to not in course.caller.people]
        if not others:
            return _HOLDS
        people = len({call.to for call in others})
        return False, f"{count(people, 'person')} more than the plan names, first {self._at(others[0].at)}"

    def _attempts(self, course: Course) -> _Judged:
        planned, ways = 1 + course.caller.redials, course.caller.ways
        attempts = Counter(call.to for call in course.calls)
        more = {number: tries for number, tries in attempts.items() if tries > planned}
        if not more:
            return _HOLDS
        message = (
            f"{count(len(more), 'person')} up to {count(max(more.values()), 'time')}, and planned are at most {planned}"
        )
        if any(tries > planned * ways.get(number, 1) for number, tries in more.items()):
            return False, message
        message += ", through several receivers"
        return self._unless_allowed(["duplicatePerson"], course, message, is_of_launches=True)

    def _window(self, course: Course) -> _Judged:
        sends_at = self._sending_time(course)
        if sends_at is not None:
            outside = [call for call in course.calls if not sends_at[0] <= call.at <= sends_at[1]]
        else:
            outside = self._outside_of_window(course)
        if not outside:
            return _HOLDS
        return False, f"{count(len(outside), 'call')} outside of it, first {self._at(outside[0].at)}"

    def _sending_time(self, course: Course) -> tuple[datetime, datetime] | None:
        """When something that goes out once may do so: at its instant, or once it was written where that was later."""
        at = course.caller.fields.get("actionTime")
        if not at or not course.caller.kind.goes_out_once:
            return None
        return parse_instant(at), max(parse_instant(at), course.began)

    def _outside_of_window(self, course: Course) -> list[Call]:
        fields = course.caller.fields
        start, end = fields.get("startTime"), end_of(fields, self._plan.now)
        earliest = parse_instant(start) if start else _EVER
        window, outside = window_in(fields, self._window_zone), list[Call]()
        opens = shuts = _EVER
        # What is there goes on as it was until the plan has changed it.
        calls = [call for call in course.calls if not course.caller.live_id or call.at > course.began]
        for call in calls:
            if not opens <= call.at < shuts:  # another opening than that of the call before
                opens, shuts = call.at, window.shuts_at(call.at, end) or call.at
            if not (opens <= call.at < shuts and earliest <= call.at < end):
                outside.append(call)
        return outside

    def _hours(self, course: Course) -> _Judged:
        """The guards of hours, each number by the law that holds for it; of several breaches the first one that is told."""
        if not course.caller.kind.rings:
            return _HOLDS
        noted: _Judged = _HOLDS
        for name, is_allowed in self._hours_guards():
            outside = [call for call in course.calls if not is_allowed(call)]
            if outside:
                message = f"{count(len(outside), 'call')} against {name}, first {self._at(outside[0].at)}"
                judged = self._unless_allowed([name], course, message, is_of_launches=True)
                if not judged[0]:
                    return judged
                noted = judged
        return noted

    def _hours_guards(self) -> Iterator[tuple[str, Callable[[Call], bool]]]:
        hours = GuardSetting(self._builder, "callingHours").value
        if isinstance(hours, CallingHours):
            yield "callingHours", lambda call: allows(hours.spans, call.at, hours.zone)
        packs = GuardSetting(self._builder, "countryHours").value
        if isinstance(packs, dict):
            yield "countryHours", lambda call: self._in_country_hours(call, packs)
        holidays = GuardSetting(self._builder, "publicHolidays").value
        if isinstance(holidays, Holidays):
            yield "publicHolidays", lambda call: not self._on_holiday(call, holidays)

    def _in_country_hours(self, call: Call, packs: Mapping[str, CountryHours]) -> bool:
        country, zones = self._place(call.to, {name: pack.zones for name, pack in packs.items()})
        pack = packs.get(country) or packs.get(law_of(country))
        return pack is None or all(allows(pack.spans, call.at, ZoneInfo(zone)) for zone in zones)

    def _on_holiday(self, call: Call, holidays: Holidays) -> bool:
        own_zone = self._builder.inputs.desired.project.zone_name
        if holidays.countries:
            places = [(country, (*zones_of(country), own_zone)) for country in holidays.countries]
        else:
            places = [self._place(call.to, {})]
        return any(
            self._holiday(holidays, country, call.at.astimezone(ZoneInfo(zone)).date())
            for country, zones in places
            for zone in zones
        )

    def _holiday(self, holidays: Holidays, country: str, day: date) -> str:
        if (country, day) not in self._holidays:
            self._holidays[country, day] = holidays.named(country, day)
        return self._holidays[country, day]

    def _place(self, number: str, zones: Mapping[str, Sequence[str]]) -> tuple[str, tuple[str, ...]]:
        """The country of a number and every zone in which it may be."""
        if number not in self._places:
            [(country, counts)] = by_country([number], zones, self._builder.inputs.desired.project.zone_name).items()
            self._places[number] = country, next(iter(counts))
        return self._places[number]

    def _do_not_call(self, course: Course) -> _Judged:
        listed = GuardSetting(self._builder, do_not_call.NAME).value
        if not isinstance(listed, Suppressed) or course.caller.kind.reached_by != "phone":
            return _HOLDS
        hits = [call for call in course.calls if call.to in listed.lines]
        if not hits:
            return _HOLDS
        people = len({call.to for call in hits})
        message = f"{count(people, 'person')} of the list, first {self._at(hits[0].at)}"
        return self._unless_allowed([do_not_call.NAME], course, message, is_of_launches=True)

    def _accepts(self, course: Course) -> _Judged:
        wanted, accepts = course.caller.wanted, course.accepts
        if wanted is None:
            return _HOLDS
        for at, call in enumerate(course.calls):
            if accepts >= wanted:
                later = count(len(course.calls) - at, "call")
                return False, f"{later} after {count(wanted, 'accept')}, first {self._at(call.at)}"
            accepts += call.accepted
        return _HOLDS

    # ---- the first and the last call ----

    def _first_and_last(self, course: Course) -> _Judged:
        """No call comes before the first or after the last that the plan names. What the plan starts begins with that first call
        (at the first moment of the service's pace in it), unless nobody is left to be called; and where people were never called
        though accepts were wanted, calling went on to the last moment.
        """
        caller = course.caller
        first, last = self._span(caller)
        for at, is_outside, words in (
            (course.first, first is not None and course.first is not None and course.first < first, "before the first"),
            (course.last, last is not None and course.last is not None and course.last > last, "after the last"),
        ):
            if is_outside and not (caller.kind.goes_out_once and words == "after the last"):
                return False, f"a call {self._at(at)}, {words} that the plan names"
        if first is None and course.calls and caller.launch is not None:
            return False, f"a call {self._at(course.first)}, and the plan names none"
        if caller.kind.goes_out_once or not caller.is_new or first is None or not caller.people:
            return _HOLDS
        return self._as_named(course, first)

    def _span(self, caller: Caller) -> tuple[datetime | None, datetime | None]:
        launch = caller.launch
        if launch is not None and not caller.is_fed:
            return launch.reach.first_call, launch.reach.last_call
        return calling_span(caller.fields, self._plan.now, self._window_zone)

    def _as_named(self, course: Course, first: datetime) -> _Judged:
        """The calls of a campaign that this plan starts, against the moments at which the service's pace lets it call."""
        caller, end = course.caller, end_of(course.caller.fields, self._plan.now)
        window = window_in(caller.fields, self._window_zone)
        earliest = next_call(window, first, end, course.pace)
        latest = next_call(window, max(first, course.began + _SECOND), end, course.pace)
        if course.first is None:
            return (True, "") if latest is None else (False, f"no call, and the plan names {self._at(first)}")
        if earliest is None or latest is None or not earliest <= course.first <= latest:
            return False, f"the first call is {self._at(course.first)}, and the plan names {self._at(first)}"
        accepts = course.accepts + sum(call.accepted for call in course.calls)
        is_done = caller.wanted is not None and accepts >= caller.wanted
        uncalled = len(caller.people - {call.to for call in course.calls})
        assert course.last is not None
        if uncalled and not is_done and next_call(window, course.last + _SECOND, end, course.pace) is not None:
            return (
                False,
                f"the last call is {self._at(course.last)}, and {count(uncalled, 'person')} could still be called",
            )
        return _HOLDS

    # ---- what is no breach ----

    def _unless_allowed(
        self, guards: Sequence[str], course: Course, message: str, *, is_of_launches: bool = False
    ) -> _Judged:
        """No breach where a guard only warns of it or was overridden. `is_of_launches`: the guard judges launches alone, so what
        went on by itself is no doing of this plan.
        """
        if is_of_launches and course.caller.launch is None:
            return True, f"{message}; it was under way before this plan"
        for check in self._plan.checks:
            if check.name in guards and check.status in _NO_BREACH:
                return True, f"{message}; the guard {check.name} {_NO_BREACH[check.status]}"
        return False, message

    def _at(self, moment: datetime | None) -> str:
        return f"{moment.astimezone(self._zone):%a %Y-%m-%d %H:%M:%S}" if moment is not None else ""


_Judged = tuple[bool, str]
_HOLDS: _Judged = (True, "")
_NO_BREACH: Mapping[str, str] = {"warn": "only warns", "overridden": "was overridden", "allowed": "was allowed"}


def next_call(window: Window, earliest: datetime, end: datetime, pace: int) -> datetime | None:
    """The first moment from `earliest` on at which a service with a pace of so many calls a minute may call; None for none before
    `end`. Calls lie on a grid: call k of a minute on its second k * 60 // pace (docs/sandbox.md#how-a-campaign-dials).
    """
    at = window.first_call(earliest, end)
    while at is not None:
        call = _on_grid(at, pace)
        if call == at or window.shuts_at(call, end) is not None:
            return call if call < end else None
        at = window.first_call(call, end)
    return None


def _on_grid(moment: datetime, pace: int) -> datetime:
    minute = moment.replace(second=0, microsecond=0)
    second = -(-(moment - minute) // _SECOND)
    calls = (call * _MINUTE // pace for call in range(-(-second * pace // _MINUTE), pace))
    return minute + timedelta(seconds=next(calls, _MINUTE))
