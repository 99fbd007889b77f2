"""Who is who, and what may be touched: the rules that turn (desired, live, known) into matches BEFORE any diff.

Terms. *Managed*: the state knows the address and its id. *Match*: a live object that stands for a desired address.
*Candidate*: a live object that an address which the state does not know could mean: by its marker, its name, its phone,
its conditions. *Stray*: a live object with our marker that neither state nor manifests know.

The rule. The state alone gives the right to change, halt, replace or delete. A candidate is taken in only when it already
equals the manifest, so that a lost state heals itself and nobody's work is overwritten; a candidate that differs is an
error that shows the difference, because only a person can say whether it is the same thing. An unfinished create that the
state remembers (an intent) explains a candidate, and then it may differ: the create's second half did not happen.

Why not simply by name? Names are not unique in this API and some kinds have none. Why not by marker alone? A marker can be
copied with its campaign in the web interface, and a copy must never be halted or deleted by us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mscode.address import Address
from mscode.kind import Kind
from mscode.plan.receivers import same_receivers
from mscode.plan.scene import Findings, Match, Scene, id_order
from mscode.values import FileContent
from mscode.world import Desired, Entry, Intent, Live


def match_all(scene: Scene, found: Findings) -> dict[Address, Match]:
    """A match for every desired address, in the order of kinds, so that receivers are known by id before who calls them."""
    held = {(entry.address.section, entry.id): entry.address for entry in scene.known.entries.values()}
    index = _Index(scene)
    matches = {}
    wanted = scene.desired.objects
    for address in sorted(wanted, key=lambda one: (scene.kinds[one.section].order, one)):
        match = _match(scene, wanted[address], held, index, found)
        if match is not None:
            matches[address] = match
            index.ids |= {address: match.live.id} if match.live else {}
    _refuse_two_for_one(scene, matches, found)
    return matches


def removed_entries(scene: Scene, matches: Mapping[Address, Match]) -> list[Entry]:
    """Entries of the state that no manifest wants any more."""
    moved = {match.moved_from for match in matches.values()}
    wanted = {} if scene.options.destroy else scene.desired.objects
    return [
        entry
        for address, entry in sorted(scene.known.entries.items())
        if address not in wanted and address not in moved and address not in scene.left_out
    ]


class _Index:
    """Live objects of a section by identity, made once per section; `ids` are those of the addresses matched so far."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.ids: dict[Address, str] = {}
        self._by: dict[str, dict[object, list[Live]]] = {}

    def find(self, kind: Kind, key: object) -> list[Live]:
        if kind.section not in self._by:
            by: dict[object, list[Live]] = {}
            for live in self._scene.objects(kind.section).values():
                for one in kind.identities(live.fields):
                    by.setdefault(one, []).append(live)
            self._by[kind.section] = by
        return self._by[kind.section].get(key, [])


def _match(
    scene: Scene, item: Desired, held: Mapping[tuple[str, str], Address], index: _Index, found: Findings
) -> Match | None:
    entry, moved_from = _entry_of(scene, item, found)
    if scene.kinds[item.address.section].rows is not None:
        return Match(item, None, entry, "state" if entry else "", moved_from=moved_from)
    if item.import_id:
        return _imported(scene, item, entry, moved_from, held, found)
    if entry is not None:
        new = _made_by_lost_replacement(scene, item, entry, held)
        return Match(item, new, None, "intent") if new else _managed(scene, item, entry, moved_from, found)
    if _is_buried(scene, item, found):
        return None
    return _candidate(scene, item, held, index, found)


def _entry_of(scene: Scene, item: Desired, found: Findings) -> tuple[Entry | None, Address | None]:
    entry = scene.known.entries.get(item.address)
    if not item.renamed_from:
        return entry, None
    old = Address(item.address.section, *item.renamed_from.split(".", 1))
    before = scene.known.entries.get(old)
    if before is None:
        return entry, None
    if entry is not None:
        found.error(
            item,
            f"{item.address} and {old} are two objects",
            f"The state knows both (ids {entry.id} and {before.id}), so one cannot be the other's new name.",
            "Remove `renamedFrom`, or forget one of the two.",
            code="renamed-both-exist",
        )
        return entry, None
    return before, old


def _imported(
    scene: Scene,
    item: Desired,
    entry: Entry | None,
    moved_from: Address | None,
    held: Mapping[tuple[str, str], Address],
    found: Findings,
) -> Match | None:
    section, wanted = item.address.section, item.import_id
    if entry is not None and entry.id == wanted:
        return _managed(scene, item, entry, moved_from, found)
    if entry is not None:
        _bad_import(found, item, f"`import` names id {wanted}, but {item.address} is id {entry.id} already")
        return None
    owner = held.get((section, wanted))
    if owner is not None:
        _bad_import(found, item, f"id {wanted} is managed already, as {owner}")
        return None
    live = scene.objects(section).get(wanted)
    if live is None:
        what = f"there is no {scene.kinds[section].singular} with id {wanted} in the live account"
        _bad_import(found, item, what, _ids_elsewhere(scene, wanted))
        return None
    return Match(item, live, None, "import")


def _bad_import(found: Findings, item: Desired, what: str, detail: str = "") -> None:
    hint = "Correct the id, or remove `import`."
    found.error(item, f"Cannot import: {what}", detail, hint, code="bad-import")


def _ids_elsewhere(scene: Scene, live_id: str) -> str:
    """What has that id in another section: ids are counted per kind, and are easily mixed up."""
    others = [kind.singular for section, kind in scene.kinds.items() if live_id in scene.objects(section)]
    return f"That id is one of another kind: {', '.join(others)}." if others else ""


def _managed(scene: Scene, item: Desired, entry: Entry, moved_from: Address | None, found: Findings) -> Match | None:
    live = scene.objects(item.address.section).get(entry.id)
    if live is None:
        return Match(item, None, entry, gone=True, moved_from=moved_from)
    if entry.created_at and live.created_at and entry.created_at != live.created_at:
        found.error(
            item,
            "This state belongs to another account",
            f"{item.address} is id {entry.id} in the state, created at {entry.created_at}; "
            f"the live object with that id was created at {live.created_at}.",
            "Check the environment's url and token; nothing is changed.",
            code="foreign-state",
        )
        return None
    return Match(item, live, entry, "state", moved_from=moved_from)


def _made_by_lost_replacement(
    scene: Scene, item: Desired, entry: Entry, held: Mapping[tuple[str, str], Address]
) -> Live | None:
    """The new object of a replacement whose answer was lost: the state still has the old id, and the intent to replace it."""
    intent, kind = scene.known.intents.get(item.address), scene.kinds[item.address.section]
    if intent is None or entry.id not in intent.matches or entry.id not in entry.superseded:
        return None
    free = [
        live
        for live in _lookalikes(scene, kind, item, _Index(scene))
        if live.id not in intent.matches and (kind.section, live.id) not in held and _is_of(intent, live)
    ] or _uploaded(scene, kind, item, intent)
    return free[0] if len(free) == 1 else None


def _is_of(intent: Intent, live: Live) -> bool:
    marker = live.life.marker if live.life else None
    return marker is None or marker.generation == intent.generation


def _is_buried(scene: Scene, item: Desired, found: Findings) -> bool:
    """An address that was forgotten comes back only by a person's decision."""
    if item.address in scene.options.replace:
        return False
    for stone in scene.known.tombstones:
        if stone.address == item.address and stone.id in scene.objects(item.address.section):
            found.error(
                item,
                f"{item.address} was forgotten, and its live object is still there",
                f"It was id {stone.id}.",
                f'Write `import: "{stone.id}"` to manage that object again, '
                f"or plan with --replace {item.address} to make a new one.",
                code="forgotten",
            )
            return True
    return False


def _candidate(
    scene: Scene, item: Desired, held: Mapping[tuple[str, str], Address], index: _Index, found: Findings
) -> Match | None:
    kind = scene.kinds[item.address.section]
    buried = {stone.id for stone in scene.known.tombstones if stone.address.section == kind.section}
    free = [
        live
        for live in _lookalikes(scene, kind, item, index)
        if live.id not in buried and (kind.shared or (kind.section, live.id) not in held)
    ]
    intent = scene.known.intents.get(item.address)
    if intent is not None:
        explained = [live for live in free if live.id not in intent.matches] or _uploaded(scene, kind, item, intent)
        if len(explained) == 1:
            return Match(item, explained[0], None, "intent")
    if not free:
        return Match(item)
    if len(free) > 1 and not kind.shared:
        ids = " and ".join(live.id for live in sorted(free, key=lambda one: id_order(one.id)))
        found.error(
            item,
            f"Several live objects could be {item.address}: ids {ids}",
            "",
            f'Write `import: "{free[0].id}"` with the right id, or give the manifest another name.',
            code="ambiguous",
        )
        return None
    chosen = min(free, key=lambda one: id_order(one.id))
    return Match(item, chosen, None, "marker" if kind.marked else "name")


def _lookalikes(scene: Scene, kind: Kind, item: Desired, index: _Index) -> Sequence[Live]:
    if kind.marked:
        names = {str(item.address)}
        if item.renamed_from:
            names.add(f"{item.address.section}.{item.renamed_from}")
        return [
            live
            for live in scene.objects(kind.section).values()
            if live.life and live.life.marker and scene.owns(live.life.marker) and live.life.marker.address in names
        ]
    for key in kind.identities(item.fields):
        same = _found_by(kind, key, index.find(kind, key))
        if kind.sends:
            same = [live for live in same if same_receivers(live, item.fields["receivers"], index.ids)]
        if same:
            return same
    return []


def _found_by(kind: Kind, key: object, same: Sequence[Live]) -> Sequence[Live]:
    """An object that has a better key than this one is found by that alone (an account with a phone, not by e-mail)."""
    return same if all(kind.identities(live.fields)[0] == key for live in same) else []


def _uploaded(scene: Scene, kind: Kind, item: Desired, intent: Intent) -> list[Live]:
    """An upload goes up under its operation's file name and is found by it until it is named (reconcile §3)."""
    if not isinstance(item.fields.get("file"), FileContent):
        return []
    return [
        live
        for live in scene.objects(kind.section).values()
        if str(live.fields.get("name")).startswith(f"mscode-{intent.op}.")
    ]


def _refuse_two_for_one(scene: Scene, matches: Mapping[Address, Match], found: Findings) -> None:
    owners: dict[tuple[str, str], Address] = {}
    for address, match in matches.items():
        if match.live is None or scene.kinds[address.section].shared:
            continue
        first = owners.setdefault((address.section, match.live.id), address)
        if first != address:
            found.error(
                match.desired,
                f"{address} and {first} are the same live object (id {match.live.id})",
                hint="Keep one of the two, or give them what tells them apart (name, phone).",
                code="two-for-one",
            )
