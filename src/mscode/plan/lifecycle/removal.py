"""What happens to objects that no manifest wants any more, by what they have done (docs/safety.md#removal), and
to replaced ones.

Reached nobody yet: deleted. Reaching people now: halted, then forgotten. Has reached people: forgotten, its results stay.
What was adopted is forgotten, not deleted. `onRemoval: delete` and `destroy` delete what they may after saving results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mscode.model.address import Address
from mscode.model.kind import Kind, registry
from mscode.model.world import Entry, Live
from mscode.plan.builder import Draft
from mscode.plan.change import Delete, FieldChange, Forget, HaltAndForget, Note
from mscode.plan.diff import was_secret
from mscode.plan.guards import limits as guard
from mscode.plan.inputs import Match, Scene
from mscode.plan.people.match_receivers import accounts_of, resolve_receivers


def is_deleted(scene: Scene, entry: Entry) -> bool:
    """Will the live object of an unwanted entry be deleted (and not just forgotten)?"""
    live = scene.objects(entry.address.section).get(entry.id)
    if live is None:
        return False
    kind = entry.address.kind
    if kind.goes_out_once and not live.life.unfinished:
        return False  # the service keeps what it has sent
    if entry.on_removal == "delete":
        return True
    if entry.origin == "adopted":
        return False
    if not live.life.is_reported or scene.options.destroy:
        return True
    if kind.create_reaches_people and live.life.running:
        return True  # nothing else stops it
    return live.life.dials == 0 and not live.life.finished


def plan_removals(draft: Draft, gone: Sequence[Entry]) -> None:
    """A delete, a halt or a forget for each entry that is not wanted; a refusal for what is protected."""
    reached = _reached_accounts(draft) if not draft.scene.options.destroy else set()
    for entry in gone:
        change = _removal(draft.scene, entry)
        if entry.address in draft.listed:
            change = _forget(draft.scene, entry, change.live, f"it is a row of {draft.listed[entry.address]} now")
        if isinstance(change, Delete) and _is_shared(draft, entry):
            change = _forget(draft.scene, entry, change.live, "another address shares it")
        if isinstance(change, Delete) and entry.address.kind.is_person and entry.id in reached:
            change = replace(change, narrows=True)
        if entry.prevent_destroy and not isinstance(change, Forget):
            draft.checks.append(guard.protected(entry.address))
        draft.changes.append(change)


def _reached_accounts(draft: Draft) -> set[str]:
    """Accounts that anything reaches which reaches people, or is to. One of them that goes, goes first: a launch that counts
    the people once more would find one whom nobody approved, and what rings would go on calling somebody who was taken out.
    """
    rows = [row for live in draft.scene.unfinished() for row in live.fields.get("receivers", ())]
    groups = {str(row["groupId"]) for row in rows if "groupId" in row}
    accounts = accounts_of(rows, draft.scene.accounts)
    for match in draft.matches.values():
        if match.desired.kind.reaches_people:
            wanted = resolve_receivers(match.desired.fields["receivers"], draft.ids)
            groups |= {value for what, value in wanted if what == "group" and isinstance(value, str)}
    return accounts.union(*(draft.people.before.get(group, ()) for group in groups))


def _removal(scene: Scene, entry: Entry) -> Delete | HaltAndForget | Forget:
    live, secret = scene.objects(entry.address.section).get(entry.id), _secret(scene, entry)
    if not entry.address.kind.has_live_objects:
        return _forget(scene, entry, None, "its accounts stay in the live account")
    if live is None:
        return _forget(scene, entry, None, "it is gone from the live account already")
    if is_deleted(scene, entry):
        return Delete(
            address=entry.address,
            live=live,
            fields=shown_fields(scene, live, secret),
            generation=entry.generation,
            narrows=live.life.running,
            secret=secret,
        )
    if live.life.running and live.kind.can_be_halted:
        return HaltAndForget(
            address=entry.address,
            live=live,
            fields=(FieldChange("state", live.life.state, "halt"),),
            reason="its manifest is gone; it is halted, then forgotten, and its results stay",
            generation=entry.generation,
            secret=secret,
        )
    if entry.origin == "adopted":
        still = ", and goes on reaching people" if live.life.running else ""
        return _forget(scene, entry, live, f"it was adopted, so it stays in the live account{still}")
    return _forget(scene, entry, live, "it has reached people, so its results stay in the live account")


def _secret(scene: Scene, entry: Entry) -> frozenset[str]:
    rules = entry.address.kind.fields
    return frozenset(rule.name for rule in rules if was_secret(rule, entry))


def shown_fields(scene: Scene, live: Live, secret: frozenset[str] = frozenset()) -> tuple[FieldChange, ...]:
    """What is lost with an object: its fields that are set."""
    kind = live.kind
    shown = [(rule, live.fields.get(rule.name)) for rule in kind.fields if not rule.unseen]
    return tuple(
        FieldChange(rule.name, value, None, personal=rule.personal, secret=rule.name in secret)
        for rule, value in shown
        if value not in (None, "", [], {})
    )


def _forget(scene: Scene, entry: Entry, live: Live | None, why: str) -> Forget:
    return Forget(
        address=entry.address,
        live=live,
        reason=why,
        generation=entry.generation,
        secret=_secret(scene, entry),
    )


def _is_shared(draft: Draft, entry: Entry) -> bool:
    """Addresses with equal conditions share one filter: it stays while another one stands for it."""
    if not entry.address.kind.shared:
        return False
    return any(
        m.live is not None and m.live.id == entry.id
        for a, m in draft.matches.items()
        if a.section == entry.address.section
    )


# ---- replaced objects ------------------------------------------------------------------------------------------------


def users_after(draft: Draft, section: str, live_id: str) -> Iterator[str]:
    """Unfinished live campaigns that still use an object when the plan is done: those nobody manages, and those that keep it
    (or name it by its id).
    """
    if registry()[section].role != "voice":
        return
    for live in draft.scene.unfinished():
        plays = live.kind.plays
        if plays is None or live_id not in plays.ids(live.fields):
            continue
        match = _manager(draft, live)
        if match is None:
            if not _is_going(draft, live):
                yield live.id
        elif plays.field in match.desired.lifecycle.ignore_changes or live_id in plays.ids(match.desired.fields):
            yield live.id


def _manager(draft: Draft, live: Live) -> Match | None:
    return next(
        (
            m
            for m in draft.matches.values()
            if m.live is not None and (m.live.section, m.live.id) == (live.section, live.id)
        ),
        None,
    )


def _is_going(draft: Draft, live: Live) -> bool:
    return any(
        entry.id == live.id
        and entry.address.section == live.section
        and entry.address not in draft.matches
        and is_deleted(draft.scene, entry)
        for entry in draft.scene.known.entries.values()
    )


def old_one_stays(draft: Draft, kind: Kind, live: Live, match: Match) -> bool:
    """After a replacement: does the old object stay, because it was not ours to make or is still in use?"""
    if match.entry is None or match.entry.origin == "adopted":
        return True
    if kind.shared and _others_share(draft, match.desired.address, live):
        return True
    return any(users_after(draft, kind.section, live.id))


def _others_share(draft: Draft, address: Address, live: Live) -> bool:
    return any(
        entry.id == live.id and entry.address.section == address.section and entry.address != address
        for entry in draft.scene.known.entries.values()
    )


def plan_superseded(draft: Draft) -> None:
    """Replaced objects that were kept for their users go when no unfinished campaign uses them any more."""
    for address, entry in sorted(draft.scene.known.entries.items()):
        match = draft.matches.get(address)
        current_id = match.live.id if match and match.live else entry.id
        for old_id in () if address in draft.scene.left_out else entry.superseded:
            live = draft.scene.objects(address.section).get(old_id)
            if live is None or old_id == current_id:
                continue
            if live.life.running or live.life.dials > 0:
                text = f"was replaced, but its old one (id {old_id}) was started again; it is left alone"
                draft.notes.append(Note(str(address), text, "superseded"))
            elif any(users_after(draft, address.section, old_id)):
                text = f"keeps its superseded object (id {old_id}) while campaigns use it"
                draft.notes.append(Note(str(address), text, "superseded"))
            else:
                reason = f"it was replaced, and no unfinished campaign uses id {old_id} any more"
                fields = shown_fields(draft.scene, live)
                change = Delete(address=address, live=live, fields=fields, reason=reason, leftover="superseded")
                draft.changes.append(change)
