"""Guards that look beyond one plan: how often a person is called in a while, and that a do-not-call file only grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from mscode.model import service_json as wire
from mscode.model.calling_window import parse_instant
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.plan.change import Change, Check, Delete, Halt, HaltAndForget, Replace
from mscode.plan.guards.do_not_call import list_of
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.lifecycle.send_status import receiver_rows
from mscode.plan.people.reach import live_numbers, redials_of

if TYPE_CHECKING:
    from mscode.model.kind import Kind
    from mscode.model.world import Live
    from mscode.plan.builder import PlanBuilder


# ---- a do-not-call file only grows -----------------------------------------------------------------------------------

#: So many numbers are remembered, those with the smallest hashes: of a longer list, a sample that nobody can choose.
REMEMBERED = 100_000
#: Bytes of each hash: in 40 bits one removed number hides among 100,000 others with a chance of one in ten million.
_BYTES = 5


def marks(numbers: Iterable[str], seal: Callable[[str], str]) -> tuple[str, ...]:
    """What stands for a do-not-call list in the state: sorted parts of keyed hashes, none of the numbers."""
    return tuple(sorted(all_marks(numbers, seal))[:REMEMBERED])


def all_marks(numbers: Iterable[str], seal: Callable[[str], str]) -> set[str]:
    """A hash of each under one key that only the state can make: a hundred thousand seals would take seconds."""
    key = bytes.fromhex(seal("the numbers of the do-not-call list").removeprefix("hmac:"))
    return {blake2b(number.encode(), key=key, digest_size=_BYTES).hexdigest() for number in numbers}


def list_grows(builder: PlanBuilder) -> Iterator[Check]:
    """Who has once asked not to be called stays on the list; taking anybody off needs --allow-unsuppress."""
    before, inputs = builder.inputs.known.suppressed, builder.inputs
    if not before or inputs.options.destroy:
        return
    rule = GuardSetting(builder, "doNotCallGrows")
    rule.overridden = rule.overridden or inputs.options.allow_unsuppress
    suppressed = list_of(inputs.desired.project.guards)
    taken_off = len(set(before) - all_marks(suppressed or (), inputs.keyed_hash))
    extent = (
        "the whole list, for mscode.yaml names none any more"
        if suppressed is None
        else f"{taken_off:,} of {len(before):,}"
    )
    yield rule.verdict(
        not taken_off,
        f"Numbers that must not be called were taken off the do-not-call list since the last apply: {extent} "
        "(--allow-unsuppress allows it).",
        flag="--allow-unsuppress",
    )


# ---- attempts per person ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attempts:
    """At most so many calls to one person in so many days, through all campaigns together."""

    attempts: int
    days: int


def attempts_per_person(builder: PlanBuilder) -> Iterator[Check]:
    """Counts, for each person whom this plan lets ring, what was dialled lately and what may still be dialled."""
    rule = GuardSetting(builder, "maxAttemptsPerPerson")
    if not isinstance(rule.value, Attempts):
        return
    counted = _AttemptCount(builder, rule.value)
    excessive = {phone: total for phone, total in counted.totals().items() if total > rule.value.attempts}
    most = max(excessive.values(), default=0)
    group_note = (
        " Where the list tells a group's calls as one, "
        "each member counts as called as often as anybody of it may have been."
    )
    message = (
        f"{count(len(excessive), 'person')} may be called more than {count(rule.value.attempts, 'time')} "
        f"in {count(rule.value.days, 'day')} "
        f"(up to {count(most, 'time')}), counting the calls of every campaign in the account."
    )
    allowed = f"{count(rule.value.attempts, 'call')} to each person in {count(rule.value.days, 'day')}"
    yield rule.verdict(not excessive, message + (group_note if counted.by_group else ""), allowed=allowed)


class _AttemptCount:
    """Calls per number: those that this plan allows, those under way, and those of the last days."""

    def __init__(self, builder: PlanBuilder, limit: Attempts) -> None:
        self._builder = builder
        self._launches = [(c, c.launch) for c in builder.changes if c.launch is not None and self._dials(c)]
        firsts = [launch.reach.first_call for _, launch in self._launches if launch.reach.first_call]
        self._since = min(firsts, default=builder.inputs.now) - timedelta(days=limit.days)
        self.by_group = False

    def _dials(self, change: Change) -> bool:
        kind = change.address.kind
        return kind.rings if kind.reaches_people else change.launch is not None and change.launch.reach.unit == "call"

    def totals(self) -> Counter[str]:
        """Attempts of each person whom the plan lets ring."""
        phones = frozenset[str]().union(*(launch.reach.phones for _, launch in self._launches))
        counts: Counter[str] = Counter()
        for change, launch in self._launches:
            if change.address.kind.reaches_people:
                counts.update(dict.fromkeys(launch.reach.phones, 1 + launch.reach.redials))
        for section, kind in registry().items():
            if kind.rings:
                for live in self._builder.inputs.objects(section).values():
                    counts.update({phone: n for phone, n in self._of_live(live, kind).items() if phone in phones})
        return counts

    def _of_live(self, live: Live, kind: Kind) -> dict[str, int]:
        """Attempts of one live object: what it dialled since, and what it may still dial."""
        change = next(
            (c for c in self._builder.changes if c.live and (c.live.section, c.live.id) == (live.section, live.id)),
            None,
        )
        launch = change.launch if change else None
        starts_anew = launch is not None and not launch.reach.is_more and not isinstance(change, Replace)
        if starts_anew:
            return {}  # the launch counts every call that it may make to these people in all
        stopped = change is not None and isinstance(change, Halt | HaltAndForget | Delete)
        goes_on = live.status.running and not stopped
        most = 1 + redials_of(live.fields, kind)
        attempts: dict[str, int] = {}
        raw = receiver_rows(live)
        for position, (receiver_kind, _, numbers) in enumerate(live_numbers(live, self._builder.people)):
            done = self._dialled(raw[position] if position < len(raw) else {}, live, kind)
            calls = most if goes_on else min(most, done)
            self.by_group = self.by_group or (receiver_kind == "group" and calls > 0)
            for number in numbers if calls else ():
                attempts[number] = max(attempts.get(number, 0), calls)
        return attempts

    def _dialled(self, row: wire.Row, live: Live, kind: Kind) -> int:
        """Calls of a receiver's row, if the latest was within the days; what goes out once has called at its time."""
        if kind.goes_out_once:
            position = live.fields.get("actionTime")
            return int(bool(position) and self._since <= parse_instant(str(position)) <= self._builder.inputs.now)
        latest = wire.instant(wire.pick(row, "latestCallAt"))
        return wire.dial_count(row) if not latest or parse_instant(latest) >= self._since else 0
