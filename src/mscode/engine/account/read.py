"""Reading live: one list call per kind that is used, one per group whose members matter, all in parallel.

Read only: it takes a client that has no method but read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from mscode.engine.account.details import read_details
from mscode.engine.account.outcomes import groups_of_continued, read_outcomes
from mscode.engine.account.replies import read_replies
from mscode.engine.account.target import Account
from mscode.errors import ApiError, PlanError
from mscode.kinds.fields.e164 import live_e164
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind, kind_of, registry
from mscode.model.plurals import count
from mscode.model.service_json import id_text, number, pick
from mscode.model.values import Ref
from mscode.model.world import Desired, DesiredWorld, Entry, Fields, Known, Live, LiveWorld, Member, match_key
from mscode.plan.guards import do_not_call
from mscode.plan.identity.candidates import marker_of

Item = TypeVar("Item")
#: How often a group and its list are read before an error says that they do not agree.
_LOOKS = 3
#: So many members are believed to be listed before they are: what a group counts comes from outside, too.
MOST_COUNTED = 2_000_000


def read_world(
    account: Account,
    desired: DesiredWorld,
    known: Known,
    at: datetime | None = None,
    *,
    everything: bool = False,
) -> LiveWorld:
    """Everything a plan depends on. `at`: as if it were then; `everything`: every section, used or not.

    PlanError where the lists cannot be trusted.
    """
    sections = sections_used(desired, known, everything=everything)
    account.reader.expect(sum(len(item.rows.values) for item in desired.objects.values() if item.rows is not None))
    objects = _read_lists(account, desired, sections, at)
    missing = _confirm_missing(account, objects, known)
    read_details(account, objects, desired, known)
    continued = groups_of_continued(account, desired, known, objects)
    groups = list(dict.fromkeys([*_groups_that_matter(desired, known, objects), *continued]))
    listed, people = objects.get(kind_of("group").section, {}), objects.get(kind_of("person").section, {})
    members = account.reader.map(
        lambda group: read_members(account, group, listed[group].raw if group in listed else None, people), groups
    )
    replies = read_replies(account, desired, known, objects)
    members_by_group = dict(zip(groups, members, strict=True))
    outcomes = read_outcomes(account, desired, known, objects, members_by_group)
    return LiveWorld(objects, members_by_group, missing, replies, outcomes)


def sections_used(desired: DesiredWorld, known: Known, *, everything: bool = False) -> list[str]:
    """The sections that manifests or state name, and those they look at; all there are with `everything`."""
    if everything:
        return [section for section, kind in registry().items() if kind.has_live_objects]
    used = {address.section for address in (*desired.objects, *known.entries, *known.intents)}
    row_sections = {kind.rows.section for section, kind in registry().items() if section in used and kind.rows}
    readers = [kind for section, kind in registry().items() if section in used | row_sections]
    return [
        section
        for section, kind in registry().items()
        if kind.has_live_objects
        and (section in used | row_sections or any(reader.looks_at(kind) for reader in readers))
    ]


def _read_lists(
    account: Account, desired: DesiredWorld, sections: list[str], at: datetime | None
) -> dict[str, dict[str, Live]]:
    """The live objects of sections, by section and id."""
    person, share = kind_of("person").section, _with_texts_of(desired)
    lists = account.reader.map(
        lambda section: read_list(account, registry()[section], at, share if section == person else None), sections
    )
    return dict(zip(sections, lists, strict=True))


def _with_texts_of(desired: DesiredWorld) -> Callable[[Live], Live] | None:
    """Makes the texts that an account and its row of a list have in common one object: the people of most lists are there already,
    and of a million the texts are a fifth of the memory. None where there is no list.
    """
    lists = [item.rows for item in desired.objects.values() if item.rows is not None]
    known = [(rows.key, rows.columns, dict(zip(rows.keys(), rows.values, strict=True))) for rows in lists]

    def share(live: Live) -> Live:
        fields = live.fields
        for key, columns, values_by_key in known:
            values = values_by_key.get(match_key(key, fields.get(key)))
            if values is not None and isinstance(fields, dict):
                own = zip(columns, values, strict=True)
                fields.update([(name, value) for name, value in own if name in fields and fields[name] == value])
        return live

    return share if known else None


def read_list(
    account: Account, kind: Kind, at: datetime | None = None, also: Callable[[Live], Live] | None = None
) -> dict[str, Live]:
    """All live objects of a kind by id, in the service's order; `at`: as if it were then; `also` is done with each."""
    return {live.id: live for live in each_live(account, kind, at, also)}


def each_live(
    account: Account, kind: Kind, at: datetime | None = None, also: Callable[[Live], Live] | None = None
) -> Iterator[Live]:
    """All live objects of a kind, in the service's order; `also` is done with each while the list arrives."""
    decode = account.decoder(kind)
    take = decode if also is None else lambda raw: also(decode(raw))
    objects = account.reader.rows(account.target.paths[kind.collection], take, what=kind.section)
    if not kind.ends:
        return iter(objects)
    now = at or account.now()
    return (ended(kind, live, now) for live in objects)


def ended(kind: Kind, live: Live, now: datetime) -> Live:
    """An object as it stands at an instant: what the service has no state for is over when its time is."""
    end = live.fields.get(kind.ends) if kind.ends else None
    if not end or not live.status.unfinished or parse_instant(end) > now:
        return live
    return replace(live, status=replace(live.status, state="complete"))


def read_members(
    account: Account, group_id: str, group: Fields | None = None, people: Mapping[str, Live] | None = None
) -> list[Member]:
    """The accounts of a group; numbers in E.164 where they can be read.

    `group` is the group as it was listed, else it is read: it counts its accounts itself, so that a list which leaves some
    of them out is found out. ApiError then: who is not listed would be called without being counted. A group that is gone has
    nobody in it. `people` are live accounts by id: the texts that a member has in common with its account are kept once.
    """
    take = partial(member_of, region=account.target.region, people=people or {})
    return _read_rows(account, group_id, take, group)


def read_member_ids(account: Account, group_id: str, group: Fields | None = None) -> list[str]:
    """The ids of the accounts of a group, read with the same care."""
    return _read_rows(account, group_id, _member_id, group)


def _member_id(row: Fields) -> str:
    value = row.get("accountId")
    return value.strip() if type(value) is str else id_text(pick(row, "accountId"))


def _read_rows(
    account: Account, group_id: str, take: Callable[[dict[str, Any]], Item], group: Fields | None = None
) -> list[Item]:
    """What `take` makes of each row of a group's list, as `read_members` says."""
    path, label = account.path(kind_of("group"), group_id), f"members of group {group_id}"
    counted, rows = 0, list[Item]()
    for _ in range(_LOOKS):
        group = account.reader.find(path, what=f"group {group_id}") if group is None else group
        if group is None:
            return []
        counted = number(pick(group, "numberOfAccounts")) or 0
        try:
            account.reader.expect(min(counted, MOST_COUNTED))
            rows = account.reader.rows(f"{path}/accounts", take, what=label)
        except ApiError as error:
            if error.status != 404 or account.reader.find(path, what=f"group {group_id}") is not None:
                raise
            return []  # it went between the two reads
        if len(rows) >= counted:
            return rows
        group = None  # it may have changed between the two reads: what does not agree is read again
    raise ApiError(
        f"{label}: the list is not complete",
        status=200,
        detail=f"The group counts {count(counted, 'account')}, and its list shows {len(rows):,} of them.",
        hint="Try again later; nothing is decided on a list that leaves people out.",
    )


def member_of(row: Mapping[str, Any], *, region: str, people: Mapping[str, Live]) -> Member:
    """One row of a group's list. Texts that its account in `people` has as well are the same objects."""
    account_id = id_text(pick(row, "accountId"))
    phone, email = str(pick(row, "phone") or ""), match_key("email", pick(row, "email"))
    live = people.get(account_id)
    if live is None:
        return Member(account_id, live_e164(phone, region), email)
    known_phone, known_email = live.fields["phone"], live.fields["email"]
    # A number that reads as it is written needs no second look.
    number = known_phone if phone == known_phone else live_e164(phone, region)
    return Member(live.id, number, known_email if email == known_email else email)


def _confirm_missing(
    account: Account, objects: Mapping[str, Mapping[str, Live]], known: Known
) -> frozenset[tuple[str, str]]:
    """Absent from a list is not gone until a GET says 404; an id that a GET finds makes the list unreliable."""
    missing = [
        e for e in known.entries.values() if e.address.section in objects and e.id not in objects[e.address.section]
    ]
    answers = account.reader.map(
        lambda e: account.reader.find(account.path(e.address.kind, e.id), what=str(e.address)), missing
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


def _groups_that_matter(desired: DesiredWorld, known: Known, objects: Mapping[str, Mapping[str, Live]]) -> list[str]:
    """Live groups whose members are managed, or which an unfinished wanted campaign calls."""
    listed = objects.get(kind_of("group").section, {})
    by_name = {live.fields.get("name"): live.id for live in reversed(list(listed.values()))}
    group_ids: dict[str, None] = {}
    for address, item in desired.objects.items():
        if address.kind.has_members and item.members is not None:
            entry = known.entries.get(address)
            group_ids[entry.id if entry else item.import_id or by_name.get(item.fields.get("name"), "")] = None
    called_ids = _called_groups(desired, known, objects, by_name)
    for group_id in (
        *called_ids,
        *_rung_groups(desired, known, objects),
        *_groups_of_old_ones(desired, known, objects),
    ):
        group_ids[group_id] = None
    return [group_id for group_id in group_ids if group_id in listed]


def _rung_groups(desired: DesiredWorld, known: Known, objects: Mapping[str, Mapping[str, Live]]) -> Iterable[str]:
    """Groups that a running campaign calls, managed or not: a changed phone of a wanted account may ring through them, an
    account that goes may be called through them, and people of a do-not-call list may be among them.
    """
    has_list = do_not_call.NAME in desired.project.guards
    changes = any(_may_change_an_address(item) for item in desired.objects.values())
    goes = any(address.kind.is_person and address not in desired.objects for address in known.entries)
    if not (has_list or changes or goes):
        return
    for section, listed in objects.items():
        for live in listed.values() if registry()[section].reaches_people else ():
            if live.status.running:
                yield from (str(row["groupId"]) for row in live.fields.get("receivers", ()) if "groupId" in row)


def _groups_of_old_ones(
    desired: DesiredWorld, known: Known, objects: Mapping[str, Mapping[str, Live]]
) -> Iterable[str]:
    """Groups that this project's campaigns called which the manifests want no more: a new one may call the same people."""
    if not any(address.kind.rings for address in desired.objects):
        return
    current = {(address.section, e.id) for address, e in known.entries.items() if address in desired.objects}
    former = {(address.section, e.id) for address, e in known.entries.items() if address not in desired.objects}
    for section in (section for section in objects if registry()[section].carries_marker):
        for live in objects[section].values():
            marker, key = marker_of(live), (section, live.id)
            is_ours = key in former or (marker is not None and marker.belongs_to(desired.project.name))
            if is_ours and key not in current:
                yield from (str(row["groupId"]) for row in live.fields.get("receivers", ()) if row.get("groupId"))


def _may_change_an_address(item: Desired) -> bool:
    """An account; or a list that sets a phone or e-mail address by which it does not find its accounts."""
    if item.rows is None:
        return item.kind.is_person
    return bool({"phone", "email"} & set(item.rows.columns) - {item.rows.key})


def _called_groups(
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
    by_name: Mapping[Any, str],
) -> Iterable[str]:
    for address, item in desired.objects.items():
        if not address.kind.reaches_people:
            continue
        entry = known.entries.get(address)
        live = objects.get(address.section, {}).get(entry.id) if entry else None
        if live is not None and live.status.finished:
            continue
        for receiver in item.fields["receivers"]:
            yield from _group_ids(receiver, desired, known, by_name)
        if "receivers" in item.lifecycle.ignore_changes:  # then those count that are live, whoever added them
            for candidate in _live_ones(objects.get(address.section, {}), item, entry):
                yield from (str(row["groupId"]) for row in candidate.fields.get("receivers", ()) if "groupId" in row)


def _live_ones(listed: Mapping[str, Live], item: Desired, entry: Entry | None) -> Iterable[Live]:
    """What may be the live object of an address: by id, or by its mark."""
    ids = {entry.id if entry else "", item.import_id}
    for live in listed.values():
        marker = live.status.marker
        if live.id in ids or (marker is not None and marker.address == str(item.address)):
            yield live


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
