"""Matching addresses with live objects: the rules that decide, before any diff, which objects a plan may touch.

Terms. *Managed*: the state knows the address and its id. *Match*: a live object that stands for a desired address.
*Candidate*: a live object that an address which the state does not know could mean: by its marker, its name, its phone,
its conditions. *Stray*: a live object with our marker that neither state nor manifests know.

The rule. The state alone gives the right to change, halt, replace or delete. A candidate is adopted only when it already
equals the manifest, so that a lost state heals itself and nobody's work is overwritten; a candidate that differs is an
error that shows the difference, because only a person can say whether it is the same thing. An unfinished create that the
state remembers (an intent) explains a candidate, and then it may differ: the create's second half did not happen. What it
explains, and what is found twice or not at all, is judged by the rules of `lost_create`.

Why not simply by name? Names are not unique in this API and some kinds have none. Why not by marker alone? A marker can be
copied with its campaign in the web interface, and a copy must never be halted or deleted by us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mscode.model.address import Address
from mscode.model.kind import Kind, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import id_order
from mscode.model.world import Desired, Entry, Intent, Live, called_before
from mscode.plan.identity.candidates import Candidates
from mscode.plan.identity.lost_create import (
    LostCreateResult,
    classify_lost_create,
    is_create,
    is_recorded,
    needs_manual_resolution,
    possible_results,
    service_drops_markers,
)
from mscode.plan.inputs import Diagnostics, Match, PlanInput
from mscode.plan.people.projection import PeopleNow


def match_all(inputs: PlanInput, diagnostics: Diagnostics) -> dict[Address, Match]:
    """A match for every desired address, in the order of kinds, so that the ids of receivers are known before the campaigns
    that call them.
    """
    owners = {(entry.address.section, entry.id): entry.address for entry in inputs.known.entries.values()}
    search = _Search(inputs, diagnostics, owners, CandidateIndex(inputs))
    matches = {}
    wanted = inputs.desired.objects
    for address in sorted(wanted, key=lambda address: (address.kind.order, address)):
        match = _match(search, wanted[address])
        if match is not None:
            matches[address] = match
            search.index.ids |= {address: match.live.id} if match.live else {}
    _refuse_shared_objects(matches, diagnostics)
    return matches


def removed_entries(inputs: PlanInput, matches: Mapping[Address, Match]) -> list[Entry]:
    """Entries of the state that no manifest wants any more."""
    moved = {match.moved_from for match in matches.values()}
    wanted = {} if inputs.options.destroy else inputs.desired.objects
    return [
        entry
        for address, entry in sorted(inputs.known.entries.items())
        if address not in wanted and address not in moved and address not in inputs.excluded
    ]


class CandidateIndex:
    """The candidates of each section, indexed once; `ids` are those of the addresses matched so far, for receivers."""

    def __init__(self, inputs: PlanInput) -> None:
        self._inputs = inputs
        self.ids: dict[Address, str] = {}
        self._candidates: dict[str, Candidates] = {}
        self._people = PeopleNow(inputs)

    def at(self, kind: Kind) -> Candidates:
        if kind.section not in self._candidates:
            objects = self._inputs.objects(kind.section)
            self._candidates[kind.section] = Candidates(kind, objects, self._inputs.owns, self._people, self.ids)
        return self._candidates[kind.section]


@dataclass(frozen=True, slots=True)
class _Search:
    """Where the object of an address is looked for. `owners`: the address that manages a live object, by (section, id)."""

    inputs: PlanInput
    diagnostics: Diagnostics
    owners: Mapping[tuple[str, str], Address]
    index: CandidateIndex


def _match(search: _Search, item: Desired) -> Match | None:
    """The match of one address; None where a person has to decide, which is then among the diagnostics."""
    inputs, diagnostics = search.inputs, search.diagnostics
    entry, moved_from = _entry_of(inputs, item, diagnostics)
    if not item.kind.has_live_objects:
        return Match(item, None, entry, "state" if entry else "", moved_from=moved_from)
    if item.import_id:
        return _imported(search, item, entry, moved_from)
    intent = _open_intent(inputs, item.address, entry) or _open_intent(inputs, old_address(item), entry)
    if intent is not None:
        verdict = verdict_on(inputs, intent, item, search.owners, search.index)
        diagnostics.lost[item.address] = verdict
        if verdict.adopted is not None:
            return Match(item, verdict.adopted, None, "intent")
        if verdict.ambiguous or _is_held(inputs, intent):
            return None
    if entry is not None:
        match = _managed(inputs, item, entry, moved_from, diagnostics)
        return _made_anew(search, match, entry) if match and match.removed else match
    if _is_forgotten(inputs, item, diagnostics):
        return None
    return _candidate(search, item)


def _made_anew(search: _Search, match: Match, entry: Entry) -> Match | None:
    """The object that the state knows was deleted outside. Where somebody (or another clone) made one like it, that is a
    candidate like any other: a create beside it would be refused by the check before the create, this time and every time.
    """
    if match.desired.address in search.inputs.options.replace:
        return match
    candidate = _candidate(search, match.desired, entry)
    if candidate is None:
        return None
    return replace(candidate, moved_from=match.moved_from, before=entry) if candidate.live is not None else match


def _entry_of(inputs: PlanInput, item: Desired, diagnostics: Diagnostics) -> tuple[Entry | None, Address | None]:
    """The state's entry, and the address it stands under where `renamedFrom` names one that the state still has."""
    entry = inputs.known.entries.get(item.address)
    old = old_address(item)
    before = inputs.known.entries.get(old) if old else None
    if old is None or before is None:
        return entry, None
    if entry is not None:
        diagnostics.error(
            item,
            f"{item.address} and {old} are two objects",
            f"The state knows both (ids {entry.id} and {before.id}), so one cannot be the other's new name.",
            "Remove `renamedFrom`, or forget one of the two.",
            code="renamed-both-exist",
        )
        return entry, None
    return before, old


def old_address(item: Desired) -> Address | None:
    """The address that `renamedFrom` names."""
    return Address(item.address.section, *item.renamed_from.split(".", 1)) if item.renamed_from else None


def manifest_of(inputs: PlanInput, address: Address) -> Desired | None:
    """The manifest that wants an address, under this name or the one it has now."""
    if inputs.options.destroy:
        return None
    item = inputs.desired.objects.get(address)
    return item or next(
        (desired for desired in inputs.desired.objects.values() if old_address(desired) == address), None
    )


def _imported(search: _Search, item: Desired, entry: Entry | None, moved_from: Address | None) -> Match | None:
    """The match with the object whose id `import` names; None, with an error, where that id cannot be imported."""
    inputs, diagnostics = search.inputs, search.diagnostics
    section, import_id = item.address.section, item.import_id
    if entry is not None and entry.id == import_id:
        return _managed(inputs, item, entry, moved_from, diagnostics)
    if entry is not None and entry.id in inputs.objects(section):
        _bad_import(diagnostics, item, f"`import` names id {import_id}, but {item.address} is id {entry.id} already")
        return None
    owner = search.owners.get((section, import_id))
    if owner is not None:
        _bad_import(diagnostics, item, f"id {import_id} is managed already, as {owner}")
        return None
    live = inputs.objects(section).get(import_id)
    if live is None:
        problem = f"there is no {registry()[section].singular} with id {import_id} in the live account"
        # Ids are counted per kind, and are easily mixed up.
        kinds = [kind.singular for name, kind in registry().items() if import_id in inputs.objects(name)]
        detail = f"That id is one of another kind: {', '.join(kinds)}." if kinds else ""
        _bad_import(diagnostics, item, problem, detail)
        return None
    tombstone = called_before(item.address, import_id, inputs.known.tombstones) if entry is None else None
    before = Entry(tombstone.address, tombstone.id, launched=True) if tombstone else entry
    return Match(item, live, None, "import", moved_from=moved_from, before=before)


def _bad_import(diagnostics: Diagnostics, item: Desired, problem: str, detail: str = "") -> None:
    hint = "Correct the id, or remove `import`."
    diagnostics.error(item, f"Cannot import: {problem}", detail, hint, code="bad-import")


def _managed(
    inputs: PlanInput, item: Desired, entry: Entry, moved_from: Address | None, diagnostics: Diagnostics
) -> Match | None:
    live = inputs.objects(item.address.section).get(entry.id)
    if live is None:
        return Match(item, None, entry, removed=True, moved_from=moved_from)
    if not live.is_made_at(entry.created_at):
        diagnostics.error(
            item,
            "This state belongs to another account",
            f"{item.address} is id {entry.id} in the state, created at {entry.created_at}; "
            f"the live object with that id was created at {live.creation}.",
            "Check the environment's url and token; nothing is changed.",
            code="foreign-state",
        )
        return None
    return Match(item, live, entry, "state", moved_from=moved_from)


def _open_intent(inputs: PlanInput, address: Address | None, entry: Entry | None) -> Intent | None:
    """The create that was begun for an address and of which the state knows no end."""
    intent = inputs.known.intents.get(address) if address else None
    return intent if intent is not None and is_create(intent) and not is_recorded(intent, entry) else None


def _is_held(inputs: PlanInput, intent: Intent) -> bool:
    """Nothing of it is found, and it must not be sent again before a person has said what became of it."""
    kind = intent.address.kind
    return needs_manual_resolution(kind) or service_drops_markers(
        kind, inputs.objects(kind.section), _entries_of(inputs, kind.section)
    )


def _entries_of(inputs: PlanInput, section: str) -> Sequence[Entry]:
    return [entry for entry in inputs.known.entries.values() if entry.address.section == section]


def verdict_on(
    inputs: PlanInput,
    intent: Intent,
    item: Desired | None,
    owners: Mapping[tuple[str, str], Address],
    index: CandidateIndex,
) -> LostCreateResult:
    """What is found of a lost create among the live objects that nothing else manages. `item`: its manifest, if it has one;
    `owners`: the address that manages a live object, by (section, id).
    """
    kind = intent.address.kind
    names = _names(item) if item else {str(intent.address)}
    fields = item.fields if item else None
    traces = possible_results(index.at(kind), intent, names, fields, inputs.keyed_hash)
    return classify_lost_create(kind, intent, _unmanaged(inputs, kind, traces, owners))


def unwanted_intents(
    inputs: PlanInput, matches: Mapping[Address, Match], diagnostics: Diagnostics
) -> list[LostCreateResult]:
    """What is found of each lost create that no manifest wants any more, among what no manifest stands for."""
    owners = {(entry.address.section, entry.id): entry.address for entry in inputs.known.entries.values()}
    owners |= {
        (address.section, match.live.id): address for address, match in matches.items() if match.live is not None
    }
    index, results = CandidateIndex(inputs), []
    for address in sorted(inputs.known.intents):
        intent = _open_intent(inputs, address, inputs.known.entries.get(address))
        if address in inputs.excluded:
            continue  # its manifest may be there, and is not looked at
        if intent is not None and address.section in registry() and manifest_of(inputs, address) is None:
            diagnostics.lost[address] = verdict_on(inputs, intent, None, owners, index)
            results.append(diagnostics.lost[address])
    return results


def is_unsettled(inputs: PlanInput, result: LostCreateResult) -> bool:
    """Does it take a person to say what became of a lost create?"""
    if result.adopted is not None:
        return False
    return bool(result.ambiguous) or _is_held(inputs, result.intent)


def _is_forgotten(inputs: PlanInput, item: Desired, diagnostics: Diagnostics) -> bool:
    """An address that was forgotten comes back only by a person's decision, under this name or the one it had: where its
    object is still there, and where it has reached people, even if it is gone.
    """
    if item.address in inputs.options.replace:
        return False
    names = {item.address, old_address(item)}
    for tombstone in inputs.known.tombstones:
        if tombstone.address not in names:
            continue
        if tombstone.id in inputs.objects(item.address.section):
            diagnostics.error(
                item,
                f"{item.address} was forgotten, and its live object is still there",
                f"It was id {tombstone.id}.",
                f'Write `import: "{tombstone.id}"` to manage that object again, '
                f"or plan with --replace {item.address} to make a new one.",
                code="forgotten",
            )
            return True
        if tombstone.reached:
            diagnostics.error(
                item,
                f"{item.address} was forgotten after it had been launched, and its live object is gone",
                f"It was id {tombstone.id}. Made anew, it would reach the same people once more.",
                f"Remove the manifest, or plan with --replace {item.address} to reach them all the same.",
                code="forgotten",
            )
            return True
    return False


def _candidate(search: _Search, item: Desired, before: Entry | None = None) -> Match | None:
    """The match with the one live object that the address could mean, or with none; None, with an error, where there are
    several. `before`: the entry of a deleted object of this address. What it replaced, and what is finished, is no candidate.
    """
    kind = item.kind
    candidates = search.index.at(kind).of(_names(item), item.fields)
    free = _unmanaged(search.inputs, kind, candidates, search.owners)
    if before is not None:
        free = [live for live in free if live.id not in before.superseded and not live.status.finished]
    if not free:
        return Match(item)
    if len(free) > 1 and not kind.shared:
        ids = " and ".join(live.id for live in sorted(free, key=lambda live: id_order(live.id)))
        search.diagnostics.error(
            item,
            f"Several live objects could be {item.address}: ids {ids}",
            "",
            f'Write `import: "{free[0].id}"` with the right id, or give the manifest another name.',
            code="ambiguous",
        )
        return None
    chosen = min(free, key=lambda live: id_order(live.id))
    return Match(item, chosen, None, "marker" if kind.carries_marker else "name")


def refuse_replacing_beside(inputs: PlanInput, match: Match, diagnostics: Diagnostics) -> None:
    """An error where the new object of a replacement could not be distinguished from a live one that nothing here manages,
    since the check before the create would refuse it every time.
    """
    kind, item = match.desired.kind, match.desired
    if kind.shared or match.live is None:
        return
    known_ids = {live_id for e in _entries_of(inputs, kind.section) for live_id in (e.id, *e.superseded)}
    known_ids |= _forgotten_ids(inputs, kind) | {match.live.id}
    candidates = Candidates(kind, inputs.objects(kind.section), inputs.owns, PeopleNow(inputs))
    matches = candidates.of(_names(item), item.fields)
    for other_id in (live_id.id for live_id in matches if live_id.id not in known_ids):
        diagnostics.error(
            item,
            f"{item.address} cannot be replaced: the live account holds another one like it (id {other_id})",
            "The new one could not be told from it.",
            f"Delete id {other_id} in the web interface, or give one of the two another name.",
            code="replace-ambiguous",
        )


def _unmanaged(
    inputs: PlanInput, kind: Kind, candidates: Iterable[Live], owners: Mapping[tuple[str, str], Address]
) -> list[Live]:
    """The candidates that no address manages and that were not forgotten; addresses of a shared kind may share one."""
    forgotten = _forgotten_ids(inputs, kind)
    return [
        live
        for live in candidates
        if live.id not in forgotten and (kind.shared or (kind.section, live.id) not in owners)
    ]


def _forgotten_ids(inputs: PlanInput, kind: Kind) -> set[str]:
    return {stone.id for stone in inputs.known.tombstones if stone.address.section == kind.section}


def _names(item: Desired) -> set[str]:
    """The address, and the one it had before, as a marker may name it."""
    old = {f"{item.address.section}.{item.renamed_from}"} if item.renamed_from else set()
    return {str(item.address), *old}


def _refuse_shared_objects(matches: Mapping[Address, Match], diagnostics: Diagnostics) -> None:
    """An error for each address whose live object another address stands for already, except in kinds that share objects."""
    owners: dict[tuple[str, str], Address] = {}
    for address, match in matches.items():
        if match.live is None or address.kind.shared:
            continue
        first = owners.setdefault((address.section, match.live.id), address)
        if first != address:
            diagnostics.error(
                match.desired,
                f"{address} and {first} are the same live object (id {match.live.id})",
                hint="Keep one of the two, or give them what tells them apart (name, phone).",
                code="two-for-one",
            )
