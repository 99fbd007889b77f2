"""The guard `calledAlready`: a new address does not call the people of an old one, unless the manifests say they are the same.

Terms. *New*: launched for the first time, as far as the state knows. *Old*: an RSVP call or click-to-call of this project that
was started and that this plan does not go on with, since it leaves the manifests in this same plan, or because it is live
with the project's mark and neither state nor manifests know it (a state that was lost after a rename, an environment of
another name for the same account).

Rule. A launch of something new that reaches anybody whom an old one was to reach is refused, by number. The people it was to
reach are those of its live receivers: its rows, and the members of its groups as they are now.

Why not simply take the old one for the new one? A person may well mean to call the same people for another reason. So it
takes a word: `renamedFrom` where the two are one, `--override calledAlready` where they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mscode.model.calling_window import format_instant
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.world import Desired, Entry, Live, Marker
from mscode.plan.change import Change, Check, Launch, Launching, Note
from mscode.plan.guards.people import all_marks
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.identity.candidates import marker_of
from mscode.plan.people.match_receivers import resolve
from mscode.plan.people.reach import end_of

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder


@dataclass(frozen=True, slots=True)
class _Predecessor:
    """`section`, `name` (an address) and `id` of what called people, why it is old, and `people` it was to reach: None where its
    object is gone, and the state keeps but hashes: `called` of the numbers, and in `entry` one of its receivers.
    """

    section: str
    name: str
    id: str
    why: str
    people: frozenset[str] | None
    entry: Entry | None = None
    environment: str = ""
    called: tuple[str, ...] = ()


def called_already(builder: PlanBuilder) -> Iterator[Check]:
    """The guard's verdict: no first launch reaches people of a predecessor."""
    rule, refusals = GuardSetting(builder, "calledAlready"), dict[str, list[str]]()
    names: list[str] = []
    first_launches = [
        (change, launch)
        for change in builder.changes
        if isinstance(change, Launching)
        and change.address.kind.rings
        and (launch := change.launch) is not None
        and launch.reason == "first"
    ]
    predecessors = (
        [*_undeclared(builder), *_unknown_to_state(builder), *_deleted_outside(builder)] if first_launches else []
    )
    for change, launch in first_launches:
        for predecessor in predecessors:
            if (
                predecessor.name == str(change.address)
                and not predecessor.environment
                and _is_replaced(builder, change, predecessor)
            ):
                continue
            count = _shared_people(builder, launch, change.desired, predecessor)
            if count:
                refusals.setdefault(str(change.address), []).append(_refusal(change, predecessor, count))
                names += [str(change.address), predecessor.name]
    reasons = [" ".join(several) for several in refusals.values()]
    yield rule.verdict(not reasons, " ".join(reasons), *dict.fromkeys(names), reasons=reasons)


def _is_replaced(builder: PlanBuilder, change: Change, old: _Predecessor) -> bool:
    """Was it asked for that the new one comes in its place, now or before? Then the old one was left alone on purpose."""
    known = builder.inputs.known
    was_left = any(stone.address == change.address and stone.id == old.id for stone in known.tombstones)
    return change.address in builder.inputs.options.replace or (was_left and change.address in known.entries)


def _shared_people(builder: PlanBuilder, launch: Launch, item: Desired, old: _Predecessor) -> int:
    """How many people both reach. Of a predecessor whose object was deleted the state knows the numbers as hashes; where it was
    launched by an earlier version, only whether it had the same receivers.
    """
    if old.people is not None:
        return len(launch.reach.phones & old.people)
    if old.called:
        return len(all_marks(launch.reach.phones, builder.inputs.keyed_hash) & set(old.called))
    ids = {address: entry.id for address, entry in builder.inputs.known.entries.items()}
    receivers = builder.inputs.keyed_hash(resolve(item.fields.get("receivers", []), ids))
    has_same_receivers = old.entry is not None and old.entry.applied.get("receivers") == receivers
    return launch.reach.people if has_same_receivers else 0


#: So many of the numbers that a launch reaches are remembered, those with the smallest hashes: 67 kB of the state.
_REMEMBERED = 10_000


def called_by(change: Change, before: tuple[str, ...], seal: Callable[[str], str]) -> tuple[str, ...]:
    """The hashes of the numbers that a step was to reach, as the state keeps them, added to `before`."""
    return _remembered(before, change.launch.reach.phones, seal) if change.launch is not None else before


def called_before_us(builder: PlanBuilder, live: Live, seal: Callable[[str], str]) -> tuple[str, ...]:
    """The same of what somebody else has started, by its receivers as they are now: it may be deleted later."""
    return _remembered((), _people(builder, live), seal) if live.status.has_begun else ()


def _remembered(before: tuple[str, ...], phones: frozenset[str], seal: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(sorted({*before, *all_marks(phones, seal)})[:_REMEMBERED])


def _refusal(change: Change, old: _Predecessor, number: int) -> str:
    remedy = (
        f"write `renamedFrom: {old.name.split('.', 1)[-1]}` where it is the same one under a new name"
        if old.section == change.address.section and not old.environment
        else "keep the old one in the manifests where it is the same"
    )
    if old.environment:
        remedy = f"apply with --env {old.environment} where it is the same one"
    return (
        f"{change.address} would call {count(number, 'person')} whom {old.name} was to call already: "
        f"it {old.why}. To go on, {remedy}; "
        "--override calledAlready calls them all the same."
    )


def _undeclared(builder: PlanBuilder) -> Iterator[_Predecessor]:
    """What the state knows, and no manifest wants any more: also where --only or --exclude leave it alone for now."""
    inputs = builder.inputs
    marked = [section for section, kind in registry().items() if kind.carries_marker]
    old = [address for address in inputs.known.entries if address.section in marked and address not in inputs.declared]
    for address in sorted(old):
        entry = inputs.known.entries[address]
        live = inputs.objects(entry.address.section).get(entry.id)
        if not entry.may_have_rung and not (live and live.status.has_begun):
            continue
        people = _people(builder, live) if live is not None else None
        ending = "" if live is not None else ", and is gone from the live account"
        reason = f"(id {entry.id}) has left the manifests{ending}"
        yield _Predecessor(
            entry.address.section, str(entry.address), entry.id, reason, people, entry, called=entry.called
        )


def _deleted_outside(builder: PlanBuilder) -> Iterator[_Predecessor]:
    """What has called people, was then forgotten, and is gone from the live account before its end: somebody has deleted it. One
    that is still there is judged by its mark; one that has ended is last season's.
    """
    inputs = builder.inputs
    for stone in inputs.known.tombstones:
        is_there = stone.id in inputs.objects(stone.address.section)
        is_over = bool(stone.until) and stone.until <= format_instant(inputs.now)
        if stone.called and not is_there and not is_over and stone.address not in inputs.known.entries:
            reason = f"(id {stone.id}) is gone from the live account, and was forgotten after it had called people"
            yield _Predecessor(stone.address.section, str(stone.address), stone.id, reason, None, called=stone.called)


def _unknown_to_state(builder: PlanBuilder) -> Iterator[_Predecessor]:
    """What is live with this project's mark, and neither state nor manifests know."""
    for live, marker in marked_elsewhere(builder):
        if not live.status.has_begun:
            continue
        environment = "" if builder.inputs.owns(marker) else marker.environment
        suffix = f" of environment {environment}" if environment else ""
        reason = f"(id {live.id}) carries this project's mark{suffix}, and neither the state nor the manifests know it"
        yield _Predecessor(
            live.section, marker.address, live.id, reason, _people(builder, live), environment=environment
        )


def marked_elsewhere(builder: PlanBuilder) -> Iterator[tuple[Live, Marker]]:
    """Live objects with this project's mark, of any environment, that nothing here stands for.

    What was forgotten on purpose is known, once it is over: next season's campaign may call the same people. While it could
    still be started again it is not.
    """
    inputs, known = builder.inputs, builder.inputs.known
    # Each launch asks it again, so nothing is kept of kinds that carry no mark.
    marked = [section for section, kind in registry().items() if kind.carries_marker]
    entries = [entry for address, entry in known.entries.items() if address.section in marked]
    managed = {(e.address.section, live_id) for e in entries for live_id in (e.id, *e.superseded)}
    managed |= {
        (a.section, m.live.id) for a, m in builder.matches.items() if m.live is not None and a.section in marked
    }
    forgotten = {(stone.address.section, stone.id) for stone in known.tombstones}
    declared = {str(address) for address in inputs.excluded & inputs.declared}
    # Its create has begun and its answer was lost, or has not come yet: it is this plan's own.
    declared |= {str(address) for address in known.intents}
    for section in marked:
        for live in inputs.objects(section).values():
            marker = marker_of(live)
            if marker is None or not marker.belongs_to(inputs.desired.project.name) or (section, live.id) in managed:
                continue
            if (section, live.id) in forgotten and _is_over(builder, live):
                continue
            if inputs.owns(marker) and marker.address in declared:
                continue  # it was left out of this plan, or is being made
            yield live, marker


def _is_over(builder: PlanBuilder, live: Live) -> bool:
    return not live.status.unfinished or end_of(live.fields, builder.inputs.now) <= builder.inputs.now


def _people(builder: PlanBuilder, live: Live) -> frozenset[str]:
    """Whom it was to reach: its groups' members as they are now, and the numbers of its rows and of their accounts."""
    inputs, numbers = builder.inputs, set[str]()
    accounts = inputs.accounts
    for row in live.fields.get("receivers", ()):
        if row.get("groupId"):
            numbers |= {member.phone for member in inputs.live.members.get(str(row["groupId"]), ())}
        if row.get("phone"):
            numbers.add(str(row["phone"]))
        account = accounts.get(str(row.get("accountId") or ""))
        if account is not None:
            numbers.add(str(account.fields.get("phone") or ""))
    return frozenset(numbers - {""})


# ---- what a plan tells besides ---------------------------------------------------------------------------------------


def other_environments(builder: PlanBuilder) -> Iterator[Note]:
    """Campaigns of this project's other environments, where these are the same live account."""
    for live, marker in marked_elsewhere(builder):
        if builder.inputs.owns(marker):
            continue
        state = live.status.state
        calls = f", {count(live.status.dials, 'call')}" if live.status.dials else ""
        yield Note(
            marker.address,
            f"of environment {marker.environment} is in this account too (id {live.id}, {state}{calls})",
            "other-environment",
            detail=f"It carries this project's mark. Environment {builder.inputs.environment} leaves it alone.",
        )
