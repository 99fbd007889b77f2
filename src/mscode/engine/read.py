"""Reading live: one list call per kind that is used, one per group whose members matter, all in parallel (reconcile §1).

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from mscode.api.client import Reader
from mscode.engine.target import Target
from mscode.errors import MscodeError, PlanError
from mscode.kind import Kind
from mscode.values import Ref
from mscode.wire import id_text, instant, pick
from mscode.world import Desired, DesiredWorld, Known, Live, LiveWorld, Member


def read_world(
    reader: Reader, kinds: Mapping[str, Kind], target: Target, desired: DesiredWorld, known: Known
) -> LiveWorld:
    """Everything a plan looks at. PlanError where the lists cannot be trusted."""
    sections = sections_used(kinds, desired, known)
    lists = reader.map(lambda section: read_list(reader, kinds[section], target), sections)
    objects = dict(zip(sections, lists, strict=True))
    gone = _confirm_missing(reader, kinds, target, objects, known)
    groups = _groups_that_matter(kinds, desired, known, objects)
    members = reader.map(lambda group: read_members(reader, target, group), groups)
    return LiveWorld(objects, dict(zip(groups, members, strict=True)), gone)


def sections_used(kinds: Mapping[str, Kind], desired: DesiredWorld, known: Known) -> list[str]:
    """The sections that manifests or state name, and those they look at."""
    named = {address.section for address in (*desired.objects, *known.entries, *known.intents)}
    looked_at = {other for section in named if section in kinds for other in kinds[section].looks_at}
    return [section for section in kinds if section in named | looked_at and kinds[section].rows is None]


def read_list(reader: Reader, kind: Kind, target: Target) -> dict[str, Live]:
    """All live objects of a kind by id, in the service's order."""
    return {live.id: live for live in each_live(reader, kind, target)}


def each_live(reader: Reader, kind: Kind, target: Target) -> Iterator[Live]:
    """All live objects of a kind, in the service's order. What they came as is let go on the way: there may be very many."""
    rows = reader.list(target.paths[kind.collection], what=kind.section)
    rows.reverse()
    while rows:
        yield live_of(kind, rows.pop())


def live_of(kind: Kind, raw: Mapping[str, Any]) -> Live:
    """One raw object in spec form."""
    live_id = id_text(pick(raw, kind.id_field))
    if not live_id:
        raise MscodeError(f"The service listed a {kind.singular} without {kind.id_field}", code="no-id")
    return Live(
        section=kind.section,
        id=live_id,
        fields=kind.unwire(raw),
        raw=raw if kind.readiness or kind.is_campaign else _NO_RAW,
        created_at=_moment(pick(raw, "createdAt")),
        updated_at=_moment(pick(raw, "updatedAt")),
        life=kind.life(raw) if kind.life else None,
    )


#: One for all: a hundred thousand accounts would each have their own.
_NO_RAW: Mapping[str, Any] = {}


def _moment(value: object) -> str:
    return _instant(value) if isinstance(value, str) else ""


@lru_cache(maxsize=4096)
def _instant(text: str) -> str:
    """Objects that were made together have their times in common."""
    return instant(text)


def read_members(reader: Reader, target: Target, group_id: str) -> list[Member]:
    """The accounts of a group (op 11); numbers in E.164 where they are numbers."""
    from mscode.kinds.accounts import live_phone

    rows = reader.list(f"{target.item('groups', group_id)}/accounts", what=f"members of group {group_id}")
    rows.reverse()
    found = []
    while rows:  # each row is let go at once: of a large group most memory is what it came as
        row = rows.pop()
        found.append(Member(id_text(pick(row, "accountId")), live_phone(str(pick(row, "phone") or ""))))
    return found


def _confirm_missing(
    reader: Reader, kinds: Mapping[str, Kind], target: Target, objects: Mapping[str, Mapping[str, Live]], known: Known
) -> frozenset[tuple[str, str]]:
    """Absent from a list is not gone until a GET says 404; an id that a GET finds makes the list unreliable."""
    missing = [
        e for e in known.entries.values() if e.address.section in objects and e.id not in objects[e.address.section]
    ]
    answers = reader.map(
        lambda e: reader.find(target.item(kinds[e.address.section].collection, e.id), what=str(e.address)), missing
    )
    for entry, answer in zip(missing, answers, strict=True):
        if answer is not None:
            raise PlanError(
                f"The list of {entry.address.section} is not reliable",
                detail=f"It lacks id {entry.id} ({entry.address}), and reading that id finds it.",
                hint="Try again later; nothing is planned on a list that leaves objects out.",
                code="unreliable-list",
            )
    return frozenset((entry.address.section, entry.id) for entry in missing)


def _groups_that_matter(
    kinds: Mapping[str, Kind], desired: DesiredWorld, known: Known, objects: Mapping[str, Mapping[str, Live]]
) -> list[str]:
    """Live groups whose members are managed, or which an unfinished wanted campaign calls."""
    by_name = {live.fields.get("name"): live.id for live in reversed(list(objects.get("groups", {}).values()))}
    wanted: dict[str, None] = {}
    for address, item in desired.objects.items():
        if kinds[address.section].has_members and item.members is not None:
            entry = known.entries.get(address)
            wanted[entry.id if entry else item.import_id or by_name.get(item.fields.get("name"), "")] = None
    for group in (*_called_groups(kinds, desired, known, objects, by_name), *_rung_groups(kinds, desired, objects)):
        wanted[group] = None
    return [group for group in wanted if group in objects.get("groups", {})]


def _rung_groups(
    kinds: Mapping[str, Kind], desired: DesiredWorld, objects: Mapping[str, Mapping[str, Live]]
) -> Iterable[str]:
    """Groups that a running campaign calls, managed or not: a changed phone of a wanted account may ring through them."""
    if not any(_may_change_a_phone(item) for item in desired.objects.values()):
        return
    for section, listed in objects.items():
        for live in listed.values() if kinds[section].is_campaign else ():
            if live.life is not None and live.life.running:
                yield from (str(row["groupId"]) for row in live.fields.get("receivers", ()) if "groupId" in row)


def _may_change_a_phone(item: Desired) -> bool:
    """An account; or a list whose rows find their accounts by something else than their phone."""
    return item.address.section == "accounts" or (item.rows is not None and item.rows.key != "phone")


def _called_groups(
    kinds: Mapping[str, Kind],
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
    by_name: Mapping[Any, str],
) -> Iterable[str]:
    for address, item in desired.objects.items():
        if not kinds[address.section].is_campaign:
            continue
        entry = known.entries.get(address)
        live = objects.get(address.section, {}).get(entry.id) if entry else None
        if live is not None and live.life is not None and live.life.finished:
            continue
        for receiver in item.fields["receivers"]:
            yield from _group_ids(receiver, desired, known, by_name)


def _group_ids(
    receiver: Mapping[str, Any], desired: DesiredWorld, known: Known, by_name: Mapping[Any, str]
) -> Iterable[str]:
    if "groupId" in receiver:
        yield str(receiver["groupId"])
    ref = receiver.get("group")
    if isinstance(ref, Ref):
        entry, item = known.entries.get(ref.address), desired.objects.get(ref.address)
        if entry:
            yield entry.id
        elif item is not None:
            yield item.import_id or by_name.get(item.fields.get("name"), "")
