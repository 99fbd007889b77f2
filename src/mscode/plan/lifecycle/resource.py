"""Resources, which reach nobody by themselves: accounts, groups, filters, voice files. Created, updated in place or replaced.

What people are reached through (an account, a group) may get a launch later, when everything is planned: see
plan.people.exposure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mscode.model.plurals import count
from mscode.model.values import ReceiverKey, Unknown
from mscode.model.world import Live, match_key
from mscode.plan.change import Create, FieldChange, MemberChange, NoOp, Note, Replace, Update
from mscode.plan.diff import changed_fields, created_fields, stored
from mscode.plan.identity.matching import refuse_replacing_beside
from mscode.plan.lifecycle.removal import old_one_stays
from mscode.plan.object_context import LiveObjectContext, ObjectContext, Outcome
from mscode.plan.people.left_out import leave_out
from mscode.plan.people.list_rows import unreadable_rows
from mscode.plan.people.projection import member_change, replies_are_lost, wanted_members


def plan_resource(context: ObjectContext) -> Outcome:
    """The change of one wanted resource, and what else to know about it."""
    match = context.match
    if match.live is None:
        members, notes = _members(context, None)
        fields = tuple(created_fields(match.desired))
        return Create(**context.of_desired(), fields=fields, members=members), notes
    context = LiveObjectContext(context.builder, match, match.live)
    fields, unchanged = _differences(context)
    if isinstance(context.ids[context.address], Unknown):
        refuse_replacing_beside(context.inputs, match, context.diagnostics)
        return _replacement(context, fields, unchanged)
    spellings = _spellings(context, fields)
    fields = tuple(field for field in fields if field.name not in spellings)
    members, notes = _members(context, match.live)
    if fields or members:
        change = Update(**context.of_live(), fields=fields, unchanged=unchanged, members=members, origin=context.origin)
        return change, notes
    unchanged += len(spellings)
    return NoOp(**context.of_live(), unchanged=unchanged, origin=context.origin, taken=spellings), notes


def _spellings(context: LiveObjectContext, fields: Sequence[FieldChange]) -> dict[str, tuple[Any, Any]]:
    """What an account was found by and what is spelled in another way live, as a value of the server's own. It is the same
    person, who is adopted as is; another spelling that the manifest is given later is a change like any other.
    """
    if context.match.matched_by != "name":
        return {}
    names = (
        {name for name, _ in context.kind.identities(context.match.desired.fields)} if context.kind.is_person else set()
    )
    return {
        field.name: (_kept(context, field.name, field.after), _kept(context, field.name, field.before))
        for field in fields
        if field.name in names and match_key(field.name, field.before) == match_key(field.name, field.after)
    }


def _kept(context: LiveObjectContext, name: str, value: Any) -> Any:
    rule = context.kind.fields_by_name[name]
    return stored(rule, rule.normalize(value), context.inputs.keyed_hash)


def will_be_replaced(context: LiveObjectContext) -> bool:
    """Is its live object replaced, so that whatever refers to it gets another id?"""
    kind = context.kind
    if context.is_replacement_asked_for:
        return True
    has_failed = kind.readiness is not None and context.live.raw.get(kind.readiness.field) == kind.readiness.failed
    if has_failed and context.match.entry is not None:
        return True
    fields, _ = _differences(context)
    return any(field.forces_replacement for field in fields)


def _differences(context: LiveObjectContext) -> tuple[tuple[FieldChange, ...], int]:
    match = context.match
    fields, unchanged = changed_fields(
        context.kind, match.desired, context.live, match.entry, context.ids, context.inputs.keyed_hash
    )
    return tuple(fields), unchanged


def _replacement(context: LiveObjectContext, fields: tuple[FieldChange, ...], unchanged: int) -> Outcome:
    reason = ""
    if not any(field.forces_replacement for field in fields):
        is_asked_for = context.is_replacement_asked_for
        reason = "replacement was asked for" if is_asked_for else "the service failed to make it"
    of_live = context.of_live()
    of_live["generation"] += 1
    of_live["import_id"] = ""
    members, notes = _members(context, None)
    change = Replace(
        **of_live,
        create_first=context.kind.create_first,
        fields=fields,
        unchanged=unchanged,
        reason=reason,
        old_was_adopted=context.is_adopted,
        keeps_old=old_one_stays(context.builder, context.kind, context.live, context.match),
        members=members,
    )
    return change, notes


def _members(context: ObjectContext, live: Live | None) -> tuple[MemberChange | None, list[Note]]:
    """What happens to the membership, None where it is not managed or stays; the projection learns the outcome.

    `live` is the group that stays, None where a new one is made.
    """
    match, people, deleted_accounts = context.match, context.people, context.builder.going
    wanted = match.desired.members
    if wanted is None or "members" in match.desired.lifecycle.ignore_changes:
        return None, []
    current = people.before.get(live.id, frozenset()) if live else frozenset()
    accounts = wanted_members(context.inputs, match.desired, wanted, people, context.ids, context.diagnostics)
    left_out = leave_out(context.inputs, wanted, people, context.ids, accounts, current)
    excluded = wanted.exclude.replied if wanted.exclude else None
    if excluded is not None and replies_are_lost(context.inputs, excluded, context.ids):
        campaign = excluded.campaign.address
        context.diagnostics.error(
            match.desired,
            f"{context.address} leaves out people by their replies to {campaign}, which cannot be read any more",
            f"{campaign} has called people and is gone from the live account; those who are to be left out would become members.",
            "Name them under `members.exclude.phones` or `members.exclude.file`, or take `replied` out to let them in.",
            code="replies-gone",
            at="members",
        )
    source = wanted.replied
    if source is not None and source.is_unreached and replies_are_lost(context.inputs, source, context.ids):
        campaign = source.campaign.address
        context.diagnostics.error(
            match.desired,
            f"{context.address} holds those whom {campaign} did not reach, and that cannot be read any more",
            f"{campaign} has called people and is gone from the live account.",
            "Take `replied` out; name the people under `members.phones`, where you know them.",
            code="replies-gone",
            at="members",
        )
    # Sets of a million people are copied only where they change.
    accounts = accounts - left_out.accounts if left_out.accounts else accounts
    change = member_change(accounts, current, left_out.removed, exclusive=wanted.exclusive, deleted=deleted_accounts)
    staying = current - set(change.remove) if change.remove else current
    joined = accounts if accounts >= staying else accounts | staying
    people.members[live.id if live else context.address] = joined - deleted_accounts if deleted_accounts else joined
    context.builder.left_out[context.address] = left_out
    notes = []
    service_made = sum(isinstance(account, ReceiverKey) for account in change.add)
    if service_made:
        text = f"takes in {count(service_made, 'account')} that the service makes of a receiver's number (or e-mail address)"
        notes.append(context.note(text, "receiver-accounts"))
    if wanted.account_list is not None and (listed := context.inputs.desired.objects.get(wanted.account_list.address)):
        leaving = set(change.remove) - left_out.removed
        text, detail = unreadable_rows(listed.rows, leaving, people.accounts) if listed.rows else ("", "")
        if text:
            notes.append(context.note(text, "unreadable-rows", detail))
    return change if change.add or change.remove else None, notes
