"""What reaches nobody by itself: accounts, groups, filters, voice files. Made, changed in place, or replaced.

What people are reached through (an account, a group) may get a launch later, when everything is planned: see
plan.people.exposure.
"""

from __future__ import annotations

from mscode.model.values import ReceiverKey, Unknown
from mscode.model.world import Live
from mscode.plan.change import Create, FieldChange, MemberChange, NoOp, Note, Replace, Update
from mscode.plan.diff import changed_fields, created_fields
from mscode.plan.identity.matching import refuse_replacing_beside
from mscode.plan.lifecycle.removal import old_one_stays
from mscode.plan.object_context import Case, LiveCase, Outcome
from mscode.plan.people.projection import member_change, wanted_members


def plan_resource(case: Case) -> Outcome:
    """The change of one wanted resource, and what else to know about it."""
    match = case.match
    if match.live is None:
        members, notes = _members(case, None)
        fields = tuple(created_fields(case.kind, match.desired.fields))
        return Create(**case.of_desired(), fields=fields, members=members), notes
    case = LiveCase(case.draft, match, match.live)
    fields, same = _differences(case)
    if isinstance(case.ids[case.address], Unknown):
        refuse_replacing_beside(case.scene, match, case.found)
        return _replacement(case, fields, same)
    members, notes = _members(case, match.live)
    if fields or members:
        change = Update(**case.of_live(), fields=fields, unchanged=same, members=members, origin=case.origin)
        return change, notes
    return NoOp(**case.of_live(), unchanged=same, origin=case.origin), notes


def will_be_replaced(case: LiveCase) -> bool:
    """Is its live object replaced, so that whatever refers to it gets another id?"""
    kind = case.kind
    if case.is_replacement_asked_for:
        return True
    has_failed = kind.readiness is not None and case.live.raw.get(kind.readiness.field) == kind.readiness.failed
    if has_failed and case.match.entry is not None:
        return True
    fields, _ = _differences(case)
    return any(field.forces_replacement for field in fields)


def _differences(case: LiveCase) -> tuple[tuple[FieldChange, ...], int]:
    match = case.match
    fields, same = changed_fields(case.kind, match.desired, case.live, match.entry, case.ids, case.scene.seal)
    return tuple(fields), same


def _replacement(case: LiveCase, fields: tuple[FieldChange, ...], same: int) -> Outcome:
    reason = ""
    if not any(field.forces_replacement for field in fields):
        is_asked_for = case.is_replacement_asked_for
        reason = "replacement was asked for" if is_asked_for else "the service failed to make it"
    of_live = case.of_live()
    of_live["generation"] += 1
    of_live["import_id"] = ""
    members, notes = _members(case, None)
    change = Replace(
        **of_live,
        create_first=case.kind.create_first,
        fields=fields,
        unchanged=same,
        reason=reason,
        old_was_adopted=case.is_adopted,
        keeps_old=old_one_stays(case.draft, case.kind, case.live, case.match),
        members=members,
    )
    return change, notes


def _members(case: Case, live: Live | None) -> tuple[MemberChange | None, list[Note]]:
    """What happens to the membership, None where it is not managed or stays; the projection learns the outcome.

    `live` is the group that stays, None where a new one is made.
    """
    match, people, going = case.match, case.people, case.draft.going
    wanted = match.desired.members
    if wanted is None or "members" in match.desired.lifecycle.ignore_changes:
        return None, []
    accounts = wanted_members(case.scene, match.desired, wanted, people, case.ids, case.found)
    change = member_change(accounts, live.id if live else None, people, exclusive=wanted.exclusive, going=going)
    kept = people.before.get(live.id, frozenset()) - set(change.remove) if live else frozenset()
    people.members[live.id if live else case.address] = (accounts | kept) - going
    notes = []
    made = sum(isinstance(account, ReceiverKey) for account in change.add)
    if made:
        subject = "1 account that" if made == 1 else f"{made:,} accounts that"
        text = f"takes in {subject} the service makes of a receiver's number (or e-mail address)"
        notes.append(case.note(text, "receiver-accounts"))
    return change if change.add or change.remove else None, notes
