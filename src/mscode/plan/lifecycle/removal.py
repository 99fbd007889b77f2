"""What happens to objects that no manifest wants any more, by what they have done (docs/safety.md#removal), and
to replaced ones.

Reached nobody yet: deleted. Reaching people now: halted, then forgotten. Has reached people: forgotten, its results stay.
What was adopted is forgotten, not deleted. `onRemoval: delete` and `destroy` delete what they may after saving results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mscode.model.kind import Kind, registry
from mscode.model.world import Entry, Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Delete, FieldChange, Forget, HaltAndForget, Note, Replace, Update
from mscode.plan.diff import was_secret
from mscode.plan.guards import limits as guard
from mscode.plan.inputs import Match, PlanInput
from mscode.plan.people.exposure import active_senders
from mscode.plan.people.match_receivers import accounts_of, resolve_receivers


def is_deleted(inputs: PlanInput, entry: Entry) -> bool:
    """Will the live object of an unwanted entry be deleted (and not just forgotten)?"""
    live = inputs.objects(entry.address.section).get(entry.id)
    if live is None:
        return False
    kind = entry.address.kind
    if kind.goes_out_once and not live.status.unfinished:
        return False  # the service keeps what it has sent
    if entry.on_removal == "delete":
        return True
    if entry.origin == "adopted":
        return False
    if not live.status.is_reported or inputs.options.destroy:
        return True
    if kind.create_reaches_people and live.status.running:
        return True  # nothing else stops it
    return live.status.dials == 0 and not live.status.finished


def plan_removals(builder: PlanBuilder, entries: Sequence[Entry]) -> None:
    """A delete, a halt or a forget for each entry that is not wanted; a refusal for what is protected."""
    reached = _reached_accounts(builder) if not builder.inputs.options.destroy else set()
    for entry in entries:
        change = _removal(builder.inputs, entry)
        if entry.address in builder.listed:
            change = _forget(entry, change.live, f"it is a row of {builder.listed[entry.address]} now")
        if isinstance(change, Delete) and _is_shared(builder, entry):
            change = _forget(entry, change.live, "another address shares it")
        if isinstance(change, Delete) and entry.address.kind.is_person and entry.id in reached:
            change = replace(change, narrows=True)
        if entry.prevent_destroy and not isinstance(change, Forget):
            builder.checks.append(guard.protected(entry.address))
        builder.changes.append(change)
    if not builder.inputs.options.destroy:
        _put_called_groups_first(builder)


def _put_called_groups_first(builder: PlanBuilder) -> None:
    """A group that goes, goes first if something reaches people through it that this plan neither stops nor replaces. What
    loses the group as a receiver is left out: its own change takes these people out, and goes on with the group until then.
    """
    leaving = {
        (change.live.section, change.live.id)
        for change in builder.changes
        if isinstance(change, Replace)
        or (isinstance(change, Update) and any(field.name == "receivers" for field in change.fields))
    }
    calling = [one for one in active_senders(builder) if (one.live.section, one.live.id) not in leaving]
    called = frozenset[str]().union(*(one.groups for one in calling))
    for at, change in enumerate(builder.changes):
        if isinstance(change, Delete) and change.address.kind.has_members and change.live.id in called:
            builder.changes[at] = replace(change, narrows=True)


def _reached_accounts(builder: PlanBuilder) -> set[str]:
    """Accounts that anything reaches which reaches people, or is to. One of them that goes, goes first: a launch that counts
    the people once more would find one whom nobody approved, and what rings would go on calling somebody who was taken out.
    """
    rows = [row for live in builder.inputs.unfinished() for row in live.fields.get("receivers", ())]
    groups = {str(row["groupId"]) for row in rows if "groupId" in row}
    accounts = accounts_of(rows, builder.inputs.accounts)
    for match in builder.matches.values():
        if match.desired.kind.reaches_people:
            receivers = resolve_receivers(match.desired.fields["receivers"], builder.ids)
            groups |= {
                value for receiver_kind, value in receivers if receiver_kind == "group" and isinstance(value, str)
            }
    return accounts.union(*(builder.people.before.get(group, ()) for group in groups))


def _removal(inputs: PlanInput, entry: Entry) -> Delete | HaltAndForget | Forget:
    live, secret = inputs.objects(entry.address.section).get(entry.id), _secret(entry)
    if not entry.address.kind.has_live_objects:
        return _forget(entry, None, "its accounts stay in the live account")
    if live is None:
        return _forget(entry, None, "it is gone from the live account already")
    if is_deleted(inputs, entry):
        return Delete(
            address=entry.address,
            live=live,
            fields=shown_fields(live, secret),
            generation=entry.generation,
            narrows=live.status.running,
            secret=secret,
        )
    if live.status.running and live.kind.can_be_halted:
        return HaltAndForget(
            address=entry.address,
            live=live,
            fields=(FieldChange("state", live.status.state, "halt"),),
            reason="its manifest is gone; it is halted, then forgotten, and its results stay",
            generation=entry.generation,
            secret=secret,
        )
    if entry.origin == "adopted":
        still = ", and goes on reaching people" if live.status.running else ""
        return _forget(entry, live, f"it was adopted, so it stays in the live account{still}")
    return _forget(entry, live, "it has reached people, so its results stay in the live account")


def _secret(entry: Entry) -> frozenset[str]:
    rules = entry.address.kind.fields
    return frozenset(rule.name for rule in rules if was_secret(rule, entry))


def shown_fields(live: Live, secret: frozenset[str] = frozenset()) -> tuple[FieldChange, ...]:
    """What is lost with an object: its fields that are set. A `meta` with nothing but our marker is not."""
    kind = live.kind
    shown = [(rule, live.fields.get(rule.name)) for rule in kind.fields if not rule.write_only]
    return tuple(
        FieldChange(rule.name, value, None, personal=rule.personal, secret=rule.name in secret)
        for rule, value in shown
        if value not in (None, "", [], {}) and rule.normalize(value) != rule.normalize(None)
    )


def _forget(entry: Entry, live: Live | None, reason: str) -> Forget:
    return Forget(
        address=entry.address,
        live=live,
        reason=reason,
        generation=entry.generation,
        secret=_secret(entry),
    )


def _is_shared(builder: PlanBuilder, entry: Entry) -> bool:
    """Addresses with equal conditions share one filter: it stays while another one stands for it."""
    if not entry.address.kind.shared:
        return False
    return any(
        m.live is not None and m.live.id == entry.id
        for a, m in builder.matches.items()
        if a.section == entry.address.section
    )


# ---- replaced objects ------------------------------------------------------------------------------------------------


def remaining_users(builder: PlanBuilder, section: str, live_id: str) -> Iterator[str]:
    """Unfinished live campaigns that still use an object when the plan is done: those nobody manages, and those that keep it
    (or name it by its id).
    """
    if registry()[section].role != "voice":
        return
    for live in builder.inputs.unfinished():
        plays = live.kind.plays
        if plays is None or live_id not in plays.ids(live.fields):
            continue
        match = builder.match_of(live)
        if match is None:
            if not _is_going(builder, live):
                yield live.id
        elif plays.field in match.desired.lifecycle.ignore_changes or live_id in plays.ids(match.desired.fields):
            yield live.id


def _is_going(builder: PlanBuilder, live: Live) -> bool:
    """Does this plan delete it, as an object that no manifest declares any more?"""
    return any(
        entry.id == live.id
        and entry.address.section == live.section
        and entry.address not in builder.matches
        and is_deleted(builder.inputs, entry)
        for entry in builder.inputs.known.entries.values()
    )


def old_one_stays(builder: PlanBuilder, kind: Kind, live: Live, match: Match) -> bool:
    """After a replacement: does the old object stay, because it was not ours to make or is still in use?"""
    if match.entry is None or match.entry.origin == "adopted":
        return True
    address, entries = match.desired.address, builder.inputs.known.entries.values()
    sharing = (e for e in entries if e.id == live.id and e.address.section == address.section and e.address != address)
    if kind.shared and any(sharing):
        return True
    return any(remaining_users(builder, kind.section, live.id))


def plan_superseded(builder: PlanBuilder) -> None:
    """Replaced objects that were kept for their users go when no unfinished campaign uses them any more."""
    for address, entry in sorted(builder.inputs.known.entries.items()):
        match = builder.matches.get(address)
        current_id = match.live.id if match and match.live else entry.id
        for old_id in () if address in builder.inputs.excluded else entry.superseded:
            live = builder.inputs.objects(address.section).get(old_id)
            if live is None or old_id == current_id:
                continue
            if live.status.running or live.status.dials > 0:
                text = f"was replaced, but its old one (id {old_id}) was started again; it is left alone"
                builder.notes.append(Note(str(address), text, "superseded"))
            elif any(remaining_users(builder, address.section, old_id)):
                text = f"keeps its superseded object (id {old_id}) while campaigns use it"
                builder.notes.append(Note(str(address), text, "superseded"))
            else:
                reason = f"it was replaced, and no unfinished campaign uses id {old_id} any more"
                fields = shown_fields(live)
                change = Delete(address=address, live=live, fields=fields, reason=reason, leftover="superseded")
                builder.changes.append(change)
