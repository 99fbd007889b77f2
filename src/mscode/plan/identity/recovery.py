"""What a plan shows of creates whose answers were lost, and of second objects of one address.

See docs/protocol.md#state-table.

It shows what apply would do about them, and writes nothing. What is found is taken in (an import, planned like any other);
its twins go; what takes a person to settle is a note that ends the plan with exit 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from mscode.errors import Place
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.world import Intent, Live
from mscode.plan.builder import Draft
from mscode.plan.change import Change, Delete, Forget, Note, Wanted
from mscode.plan.identity.candidates import Lookalikes
from mscode.plan.identity.lost_create import Verdict, is_inert
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


def explained(draft: Draft, change: Wanted, match: Match) -> Wanted:
    """The change of a wanted address, with what a lost answer has to do with it."""
    if change.reason or match.desired.address not in draft.found.lost:
        return change
    if match.how == "intent":
        return replace(change, reason=FOUND)
    return replace(change, reason=AGAIN) if change.action.creates else change


def waits(draft: Draft, match: Match) -> bool:
    """Does it need something whose outcome is unknown, or that waits for such a thing? Then nothing is planned for it."""
    item = match.desired
    for address in sorted(dependencies(item)):
        verdict = draft.found.lost.get(address)
        if address in draft.waiting or (verdict is not None and is_unsettled(draft.scene, verdict)):
            draft.waiting.add(item.address)
            draft.notes.append(
                Note(str(item.address), f"waits for {address}, whose outcome is unknown", "waits", item.place)
            )
            return True
    return False


def plan_lost(draft: Draft, unwanted: Sequence[Verdict]) -> None:
    """Deletes, forgets and notes of lost creates; after every other change is planned."""
    for address, verdict in sorted(draft.found.lost.items()):
        draft.changes.extend(_deleted(draft, address, twin, "twin", TWIN) for twin in verdict.twins)
        draft.notes.extend(_told(draft, address, verdict))
    for verdict in unwanted:
        if not is_unsettled(draft.scene, verdict):
            _plan_unwanted(draft, verdict.intent, verdict.kept)


def _told(draft: Draft, address: Address, verdict: Verdict) -> Iterator[Note]:
    place = _place(draft, address)
    if is_unsettled(draft.scene, verdict):
        yield Note(str(address), "outcome unknown", UNKNOWN, place, _what_to_do(address, verdict))
    for live in verdict.others if verdict.kept else ():
        text = f"was being created when the answer was lost; beside id {verdict.kept.id} id {live.id} is like it"  # type: ignore[union-attr]
        yield Note(
            str(address),
            text,
            "duplicate",
            place,
            "It is left alone; delete it in the web interface if it is one too many.",
        )


def _what_to_do(address: Address, verdict: Verdict) -> str:
    if verdict.rivals:
        ids = " and ".join(live.id for live in verdict.rivals)
        return (
            f"Its create had no answer, and ids {ids} could be it, neither of them at rest. Look at them, stop one too many "
            f"with `mscode halt --id ID`, then say which it is: `mscode resolve {address} --adopt ID`."
        )
    return (
        "Its create had no answer, and nothing of it is found; made again, it could reach people twice. Look in the web "
        f"interface: `mscode resolve {address} --adopt ID` where it is there, `--not-created` where it is not."
    )


def _place(draft: Draft, address: Address) -> Place | None:
    item = draft.scene.desired.objects.get(address)
    return item.place if item else None


def _plan_unwanted(draft: Draft, intent: Intent, kept: Live | None) -> None:
    kind = intent.address.kind
    if kept is None:
        draft.changes.append(Forget(address=intent.address, reason=NOTHING, intent_only=True))
    elif is_inert(kind, kept) or (kind.create_reaches_people and kept.life.running):
        draft.changes.append(_deleted(draft, intent.address, kept, "orphan", ORPHAN))
    elif kept.life.running:
        text = f"was being created when the answer was lost, is wanted no more, and calls people (id {kept.id})"
        detail = f"The next apply halts it; `mscode halt --id {kept.id}` does so at once."
        draft.notes.append(Note(str(intent.address), text, "lost-create", None, detail))
    else:
        draft.changes.append(Forget(address=intent.address, reason=DONE, intent_only=True))


def _deleted(draft: Draft, address: Address, live: Live, leftover: Literal["twin", "orphan"], why: str) -> Delete:
    fields = shown_fields(draft.scene, live)
    return Delete(address=address, live=live, fields=fields, reason=why, narrows=True, leftover=leftover)


# ---- second objects of one address -----------------------------------------------------------------------------------


def find_duplicates(draft: Draft) -> None:
    """Another unfinished object with the marker of an address: told in every plan, and an error where it would be launched."""
    looks = {
        section: Lookalikes(kind, draft.scene.objects(section), draft.scene.owns, draft.people)
        for section, kind in registry().items()
        if kind.marked
    }
    known = _known_ids(draft)
    for change in draft.changes:
        look = looks.get(change.address.section)
        if look is None or change.desired is None or change.live is None:
            continue
        names = {str(change.address), str(change.previous_address or change.address)}
        for other in look.of(names, {}):
            if other.id != change.live.id and (change.address.section, other.id) not in known and not _is_over(other):
                _tell_duplicate(draft, change, change.live, other)


def _known_ids(draft: Draft) -> set[tuple[str, str]]:
    """What is explained: managed, superseded, forgotten, or told already as found of a lost create."""
    known = draft.scene.known
    ids = {(e.address.section, one) for e in known.entries.values() for one in (e.id, *e.superseded)}
    ids |= {(stone.address.section, stone.id) for stone in known.tombstones}
    for address, verdict in draft.found.lost.items():
        ids |= {(address.section, live.id) for live in (*verdict.twins, *verdict.rivals, *verdict.others)}
    return ids


def _is_over(live: Live) -> bool:
    return live.life.finished


def _tell_duplicate(draft: Draft, change: Change, ours: Live, other: Live) -> None:
    text = f"is id {ours.id}, and id {other.id} carries its mark as well"
    what_to_do = "Was it copied in the web interface? Delete the one too many there, or take the mark out of its meta."
    if change.launch is not None and change.desired is not None:
        draft.found.error(
            change.desired,
            f"{change.address} {text}",
            "It is not launched while there are two.",
            what_to_do,
            code="duplicate",
        )
    else:
        place = change.desired.place if change.desired else None
        draft.notes.append(Note(str(change.address), text, "duplicate", place, f"{what_to_do} It is left alone."))
