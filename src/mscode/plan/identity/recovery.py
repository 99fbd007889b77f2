"""What a plan shows of creates without an answer, and of duplicate objects of one address.

See docs/protocol.md#state-table.

It shows what apply would do about them, and writes nothing. An object that is found is adopted (an import, planned like any
other); its duplicates are deleted; what a person has to decide is a note that ends the plan with exit 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.world import Intent, Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Change, Delete, Forget, Note, Wanted
from mscode.plan.identity.candidates import Candidates
from mscode.plan.identity.lost_create import LostCreateResult, is_inert
from mscode.plan.identity.matching import is_unsettled
from mscode.plan.inputs import Match
from mscode.plan.lifecycle.removal import shown_fields
from mscode.plan.order import dependencies

#: The kind of the note that ends a plan and an apply with exit 7.
UNKNOWN: Final = "unknown-outcome"
FOUND = "it was being created when the answer was lost, and this is it"
AGAIN = "it was being created when the answer was lost, and nothing of it is found"
TWIN = "it was made twice by one request whose answer was lost; nobody was dialled by it"
ORPHAN = "it was being created when the answer was lost, and no manifest wants it any more"
NOTHING = "it was being created when the answer was lost; nothing of it is found, and no manifest wants it any more"
DONE = "it was being created when the answer was lost; it has reached people, so it stays"


def explained(builder: PlanBuilder, change: Wanted, match: Match) -> Wanted:
    """The change of a wanted address, with what a lost answer has to do with it."""
    if change.reason or match.desired.address not in builder.diagnostics.lost:
        return change
    if match.matched_by == "intent":
        return replace(change, reason=FOUND)
    return replace(change, reason=AGAIN) if change.action.creates else change


def waits(builder: PlanBuilder, match: Match) -> bool:
    """Does it need something whose outcome is unknown, or that waits for such a thing? Then nothing is planned for it."""
    item = match.desired
    for address in sorted(dependencies(item)):
        verdict = builder.diagnostics.lost.get(address)
        if address in builder.waiting or (verdict is not None and is_unsettled(builder.inputs, verdict)):
            builder.waiting.add(item.address)
            builder.notes.append(
                Note(str(item.address), f"waits for {address}, whose outcome is unknown", "waits", item.place)
            )
            return True
    return False


def plan_lost(builder: PlanBuilder, unwanted: Sequence[LostCreateResult]) -> None:
    """Deletes, forgets and notes of lost creates; after every other change is planned."""
    for address, verdict in sorted(builder.diagnostics.lost.items()):
        builder.changes.extend(_deleted(builder, address, twin, "twin", TWIN) for twin in verdict.duplicates)
        builder.notes.extend(_lost_notes(builder, address, verdict))
    for verdict in unwanted:
        if not is_unsettled(builder.inputs, verdict):
            _plan_unwanted(builder, verdict.intent, verdict.adopted)


def _lost_notes(builder: PlanBuilder, address: Address, result: LostCreateResult) -> Iterator[Note]:
    item = builder.inputs.desired.objects.get(address)
    place = item.place if item else None
    if is_unsettled(builder.inputs, result):
        yield Note(str(address), "outcome unknown", UNKNOWN, place, _resolution(address, result))
    for live in result.similar if result.adopted else ():
        text = f"was being created when the answer was lost; beside id {result.adopted.id} id {live.id} is like it"  # type: ignore[union-attr]
        yield Note(
            str(address),
            text,
            "duplicate",
            place,
            "It is left alone; delete it in the web interface if it is one too many.",
        )


def _resolution(address: Address, result: LostCreateResult) -> str:
    if result.ambiguous:
        ids = " and ".join(live.id for live in result.ambiguous)
        return (
            f"Its create had no answer, and ids {ids} could be it, neither of them at rest. Look at them, stop one too many "
            f"with `mscode halt --id ID`, then say which it is: `mscode resolve {address} --adopt ID`."
        )
    return (
        "Its create had no answer, and nothing of it is found; made again, it could reach people twice. Look in the web "
        f"interface: `mscode resolve {address} --adopt ID` where it is there, `--not-created` where it is not."
    )


def _plan_unwanted(builder: PlanBuilder, intent: Intent, live: Live | None) -> None:
    kind = intent.address.kind
    if live is None:
        builder.changes.append(Forget(address=intent.address, reason=NOTHING, intent_only=True))
    elif is_inert(kind, live) or (kind.create_reaches_people and live.status.running):
        builder.changes.append(_deleted(builder, intent.address, live, "orphan", ORPHAN))
    elif live.status.running:
        text = f"was being created when the answer was lost, is wanted no more, and calls people (id {live.id})"
        detail = f"The next apply halts it; `mscode halt --id {live.id}` does so at once."
        builder.notes.append(Note(str(intent.address), text, "lost-create", None, detail))
    else:
        builder.changes.append(Forget(address=intent.address, reason=DONE, intent_only=True))


def _deleted(
    builder: PlanBuilder, address: Address, live: Live, leftover: Literal["twin", "orphan"], reason: str
) -> Delete:
    fields = shown_fields(live)
    return Delete(address=address, live=live, fields=fields, reason=reason, narrows=True, leftover=leftover)


# ---- second objects of one address -----------------------------------------------------------------------------------


def find_duplicates(builder: PlanBuilder) -> None:
    """Reports another unfinished object with the marker of an address: a note, or an error where the address is launched."""
    candidates = {
        section: Candidates(kind, builder.inputs.objects(section), builder.inputs.owns, builder.people)
        for section, kind in registry().items()
        if kind.carries_marker
    }
    explained_ids = _known_ids(builder)
    for change in builder.changes:
        section_candidates = candidates.get(change.address.section)
        if section_candidates is None or change.desired is None or change.live is None:
            continue
        names = {str(change.address), str(change.previous_address or change.address)}
        for duplicate in section_candidates.of(names, {}):
            if (
                duplicate.id != change.live.id
                and (change.address.section, duplicate.id) not in explained_ids
                and not duplicate.status.finished
            ):
                _report_duplicate(builder, change, change.live, duplicate)


def _known_ids(builder: PlanBuilder) -> set[tuple[str, str]]:
    """Objects that need no report: managed, superseded, forgotten, or reported already as found of a lost create."""
    known = builder.inputs.known
    ids = {(e.address.section, live_id) for e in known.entries.values() for live_id in (e.id, *e.superseded)}
    ids |= {(stone.address.section, stone.id) for stone in known.tombstones}
    for address, verdict in builder.diagnostics.lost.items():
        ids |= {(address.section, live.id) for live in (*verdict.duplicates, *verdict.ambiguous, *verdict.similar)}
    return ids


def _report_duplicate(builder: PlanBuilder, change: Change, live: Live, duplicate: Live) -> None:
    text = f"is id {live.id}, and id {duplicate.id} carries its mark as well"
    remedy = "Was it copied in the web interface? Delete the one too many there, or take the mark out of its meta."
    if change.launch is not None and change.desired is not None:
        builder.diagnostics.error(
            change.desired,
            f"{change.address} {text}",
            "It is not launched while there are two.",
            remedy,
            code="duplicate",
        )
    else:
        place = change.desired.place if change.desired else None
        builder.notes.append(Note(str(change.address), text, "duplicate", place, f"{remedy} It is left alone."))
