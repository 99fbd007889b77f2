"""Reading live: one list call per kind that is used, one per group whose members matter, all in parallel (reconcile §1).

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mscode.api.client import Reader
from mscode.engine.target import Target
from mscode.errors import MscodeError, PlanError
from mscode.kind import Kind
from mscode.values import Ref
from mscode.wire import id_text, instant, pick
from mscode.world import DesiredWorld, Fields, Known, Life, Live, LiveWorld, Member


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
    return [section for section in kinds if section in named | looked_at]


def read_list(reader: Reader, kind: Kind, target: Target) -> dict[str, Live]:
    """All live objects of a kind by id, in the service's order."""
    rows = reader.list(target.paths[kind.collection], what=kind.section)
    return {live.id: live for live in (live_of(kind, row) for row in rows)}


def live_of(kind: Kind, raw: Mapping[str, Any]) -> Live:
    """One raw object in spec form."""
    live_id = id_text(pick(raw, kind.id_field))
    if not live_id:
        raise MscodeError(f"The service listed a {kind.singular} without {kind.id_field}", code="no-id")
    fields, life = _read(kind, raw, live_id)
    return Live(
        section=kind.section,
        id=live_id,
        fields=fields,
        raw=raw if kind.readiness or kind.is_campaign else {},
        created_at=instant(pick(raw, "createdAt")),
        updated_at=instant(pick(raw, "updatedAt")),
        life=life,
    )


def _read(kind: Kind, raw: Mapping[str, Any], live_id: str) -> tuple[Fields, Life | None]:
    """Spec form and life. What has members of quite other types than the API's page says is no such object."""
    try:
        if all(isinstance(pick(raw, name), str | None) for name in ("name", "state")):
            return kind.unwire(raw), kind.life(raw) if kind.life else None
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise MscodeError(
        f"The service's {kind.singular} with id {live_id} cannot be read",
        detail="Its members are not of the types that the API's page says.",
        hint="Try again later; nothing is decided on an answer out of form.",
        code="bad-form",
    )


def read_members(reader: Reader, target: Target, group_id: str) -> list[Member]:
    """The accounts of a group (op 11); numbers in E.164 where they are numbers."""
    from mscode.kinds.accounts import live_phone

    rows = reader.list(f"{target.item('groups', group_id)}/accounts", what=f"members of group {group_id}")
    return [Member(id_text(pick(row, "accountId")), live_phone(str(pick(row, "phone") or ""))) for row in rows]


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
    if not any(address.section == "accounts" for address in desired.objects):
        return
    for section, listed in objects.items():
        for live in listed.values() if kinds[section].is_campaign else ():
            if live.life is not None and live.life.running:
                yield from (str(row["groupId"]) for row in live.fields.get("receivers", ()) if "groupId" in row)


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
