"""What became of a create whose answer was lost: the rules, without a request.

See docs/protocol.md#state-table.

Terms. *Trace*: a live object that the create could have made. *Fresh*: a trace that did not match before the create was sent;
ids tell, never a clock. *Inert*: it has dialled nobody and will dial nobody. *Duplicate* (`twin`): a second fresh object that
the same request made (a proxy may send a request twice), like the first in all its fields, and inert. *Held*: never sent again
without a person's decision, because the create alone reaches people.

Plan and apply use the same rules; what they show and do differs. The protocol is described in engine/create.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from mscode.model.kind import Kind, Post
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import id_order
from mscode.model.world import Entry, Fields, Intent, Live
from mscode.plan.identity.candidates import Candidates, marker_of

#: An intent whose operation begins so is no create: receivers are being added to an object that is there.
RECEIVERS = "receivers-"


@dataclass(frozen=True, slots=True)
class LostCreateResult:
    """What was found of a lost create.

    `intent` is the state's record of it. `adopted` is the object that it made, None where none was found or only a person can
    choose. `ambiguous` are the objects among which a person has to choose. `duplicates` are deleted. `similar` are like it and not
    the same: reported, and left alone.
    """

    intent: Intent
    adopted: Live | None = None
    duplicates: tuple[Live, ...] = ()
    ambiguous: tuple[Live, ...] = ()
    similar: tuple[Live, ...] = ()


def needs_manual_resolution(kind: Kind) -> bool:
    """Does its create alone reach people? Then it is never sent again before a person has said what became of it."""
    return kind.create_reaches_people


def service_drops_markers(kind: Kind, objects: Mapping[str, Live], entries: Iterable[Entry]) -> bool:
    """The service shows campaigns that we made, and none of them with its marker: a lost one could not be found again."""
    created = (
        [objects[e.id] for e in entries if e.origin == "created" and e.id in objects] if kind.carries_marker else []
    )
    return bool(created) and all(marker_of(live) is None for live in created)


def is_create(intent: Intent) -> bool:
    """Is it the intent of a create (and not of added receivers)?"""
    return not intent.op.startswith(RECEIVERS)


def is_recorded(intent: Intent, entry: Entry | None) -> bool:
    """The state knows what the create made: only the end of the intent was not written down."""
    return entry is not None and entry.id not in intent.matches and entry.generation >= intent.generation


def is_inert(kind: Kind, live: Live) -> bool:
    """Does it call nobody, and has it called nobody?"""
    if needs_manual_resolution(kind):
        return False
    return not live.status.is_reported or (live.status.state == "halt" and not live.status.dials)


def possible_results(
    candidates: Candidates,
    intent: Intent,
    names: Collection[str],
    fields: Fields | None,
    seal: Callable[[Any], str],
) -> list[Live]:
    """What an intent could have made. `fields` are the wanted ones, None where its manifest is gone: then the body's
    digest decides, which is the same for an object that came back as it was sent. The digest also finds a message whose
    manifest was edited since: it must not be sent again because its text differs now.
    """
    traces = [*candidates.uploaded(intent.op)]
    if candidates.kind.carries_marker or fields is not None:
        traces += candidates.of(names, fields or {})
    if fields is None or needs_manual_resolution(candidates.kind) or not is_identified(candidates.kind, fields):
        traces += same_bodies(candidates, intent.body_digest, seal)
    return list({live.id: live for live in traces}.values())


def is_identified(kind: Kind, fields: Fields) -> bool:
    """Is there anything to find it by? (An account with neither phone nor e-mail has nothing but all its fields.)"""
    return kind.carries_marker or bool(kind.identities(fields))


def same_bodies(candidates: Candidates, digest: str, seal: Callable[[Any], str]) -> list[Live]:
    """The objects that a body with this digest would have made."""
    return [live for live in candidates.objects.values() if _digest(candidates.kind, live, seal) == digest]


def _digest(kind: Kind, live: Live, seal: Callable[[Any], str]) -> str:
    """The digest of the body that would make this object; "" where the fields that the service shows do not determine it."""
    if kind.carries_marker:
        return ""
    try:
        request = kind.create(live.fields)
    except (KeyError, TypeError, ValueError):
        return ""
    return seal(dict(request.body)) if isinstance(request, Post) else ""


def classify_lost_create(kind: Kind, intent: Intent, traces: Iterable[Live]) -> LostCreateResult:
    """The rules (docs/protocol.md#state-table): one is it; of several the one that is not inert; all inert, the highest
    generation, then the lowest id; its duplicates are deleted.
    """
    fresh = [live for live in traces if live.id not in intent.matches]
    created = [live for live in fresh if _generation(live, intent) >= intent.generation]
    active = [live for live in created if not is_inert(kind, live)]
    if len(active) > 1:
        return LostCreateResult(intent, ambiguous=tuple(sorted(active, key=lambda live: id_order(live.id))))
    if not created:
        return LostCreateResult(intent, similar=tuple(fresh))
    chosen = active[0] if active else min(created, key=lambda live: (-_generation(live, intent), id_order(live.id)))
    remaining = sorted((live for live in fresh if live is not chosen), key=lambda live: id_order(live.id))
    duplicates = tuple(live for live in remaining if is_twin(kind, chosen, live))
    similar = () if kind.shared else tuple(live for live in remaining if live not in duplicates)
    return LostCreateResult(intent, chosen, duplicates, similar=similar)


def _generation(live: Live, intent: Intent) -> int:
    marker = marker_of(live)
    return marker.generation if marker else intent.generation


def is_twin(kind: Kind, first: Live, second: Live) -> bool:
    """Same owner, address, generation and body; phase `new`, halted, nobody dialled. Only a marker can say the first three."""
    first_marker, second_marker = marker_of(first), marker_of(second)
    if first_marker is None or second_marker is None or second_marker.phase != "new" or not is_inert(kind, second):
        return False
    if (
        not second_marker.belongs_to(first_marker.project, first_marker.environment, first_marker.address)
        or second_marker.generation != first_marker.generation
    ):
        return False
    return all(
        rule.normalize(first.fields.get(rule.name)) == rule.normalize(second.fields.get(rule.name))
        for rule in kind.fields
        if not rule.write_only and rule.name != "state"
    )
