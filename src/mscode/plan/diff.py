"""Differences: of two sets of fields as field changes, and of two nested values as the members that differ.

The only importer of deepdiff, which is called only where something differs: it takes 250 µs for the smallest pair.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import Any

from mscode.model.kind import Field, Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Desired, Entry, Live
from mscode.plan.change import FieldChange
from mscode.plan.people.match_receivers import Ids, resolve


def wanted_fields(kind: Kind, item: Desired, entry: Entry | None) -> dict[str, tuple[Any, bool]]:
    """Field -> (wanted value, is it a return to the default?): what the manifest sets, and what it set once
    (docs/comparison.md#which-fields-are-compared).
    """
    ignored = set(item.lifecycle.ignore_changes)
    wanted = {name: (value, False) for name, value in item.fields.items() if name not in ignored}
    for name in entry.applied if entry else ():
        if name in kind.fields_by_name and name not in item.fields and name not in ignored:
            wanted[name] = (kind.fields_by_name[name].default, True)
    return wanted


def changed_fields(
    kind: Kind,
    item: Desired,
    live: Live,
    entry: Entry | None,
    ids: Ids,
    seal: Any,
    *,
    anew: bool = False,
) -> tuple[list[FieldChange], int]:
    """The fields that differ, in the kind's order, and how many managed ones do not. What is matched (a campaign's state and
    receivers) has rules of its own. `anew`: nothing of the live object stays, so what the service computes it computes anew.
    """
    wanted = wanted_fields(kind, item, entry)
    changes, unchanged = [], 0
    for field in kind.fields:
        if field.name not in wanted or field.custom_diff:
            continue
        rule = sealed_for(item, field)
        value, to_default = wanted[rule.name]
        stays = to_default and rule.computed and not anew
        if stays or is_equal(rule, value, live, entry, ids, seal):
            unchanged += 1
        else:
            is_secret = rule is not field or was_secret(field, entry)
            change = _change(rule, live.fields.get(rule.name), value, to_default=to_default)
            changes.append(replace(change, secret=is_secret, written=item.local_hours.get(rule.name, "")))
    return changes, unchanged


def is_equal(rule: Field, value: Any, live: Live, entry: Entry | None, ids: Ids, seal: Any) -> bool:
    """In normal form, or as the service is known to echo what was sent (never for a field on which calling depends)."""
    if rule.write_only:
        return _unseen_equal(rule, value, live, entry)
    before, after = rule.normalize(live.fields.get(rule.name)), rule.normalize(resolve(value, ids))
    if before == after:
        return True
    echo = entry.server_values.get(rule.name) if entry and not rule.affects_calling else None
    return echo is not None and tuple(echo) == (stored(rule, after, seal), stored(rule, before, seal))


def _unseen_equal(rule: Field, value: Any, live: Live, entry: Entry | None) -> bool:
    """What the service does not show is compared with what was applied; unknown counts as applied
    (docs/comparison.md#which-fields-are-compared).
    """
    if entry is None or rule.name not in entry.applied:
        return not (value and live.fields.get("text"))
    return bool(rule.normalize(value) == entry.applied[rule.name])


def stored(rule: Field, normal: Any, seal: Any) -> Any:
    """The form in which the state keeps a value: plain JSON, or a keyed hash where it is personal."""
    return seal(normal) if rule.personal or rule.hashed else jsonable(normal)


def sealed_for(item: Desired | None, rule: Field) -> Field:
    """The field's rule for one object: what holds a secret is kept as a hash. What calling depends on is no secret."""
    is_secret = item is not None and rule.name in item.secret and not rule.affects_calling
    return replace(rule, hashed=True) if is_secret else rule


def was_secret(rule: Field, entry: Entry | None) -> bool:
    """Is a field kept as a hash that is open by its rule: did it hold a secret when it was applied?"""
    applied = entry.applied.get(rule.name) if entry else None
    return isinstance(applied, str) and applied.startswith("hmac:") and not rule.personal and not rule.hashed


def jsonable(value: Any) -> Any:
    """The value as JSON data: tuples as lists, keys as strings, anything else as text."""
    if isinstance(value, tuple | list):
        return [jsonable(item) for item in value]
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _change(rule: Field, before: Any, after: Any, *, to_default: bool = False) -> FieldChange:
    return FieldChange(
        rule.name,
        before,
        after,
        forces_replacement=not rule.mutable and not (to_default and rule.computed),
        to_default=to_default,
        personal=rule.personal,
        multiline=rule.multiline,
    )


def created_fields(item: Desired) -> list[FieldChange]:
    """What the create of an object sets, in the kind's order."""
    return [
        FieldChange(
            rule.name,
            None,
            item.fields[rule.name],
            personal=rule.personal,
            multiline=rule.multiline,
            written=item.local_hours.get(rule.name, ""),
        )
        for rule in item.kind.fields
        if rule.name in item.fields
    ]


# ---- nested values ---------------------------------------------------------------------------------------------------

#: deepdiff takes some 20 µs for a member and several frames of the stack for a level. What is larger or deeper is compared
#: at its first level alone.
MOST_MEMBERS = 2000
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class MemberDifference:
    """A member of a nested value that differs. `path`: keys of mappings, positions in lists (those of `before`, or of `after`
    where the member is new). None stands for a member that is not there.
    """

    path: tuple[Any, ...]
    before: Any
    after: Any


def changed_members(before: Any, after: Any) -> list[MemberDifference]:
    """Two mappings, or two lists, member by member: the members that differ, of which none holds another. For display alone.

    Members of a list are paired by position, once what both lists begin and end with is set aside. A list that holds neither
    mappings nor lists is one member.
    """
    if before == after:
        return []
    head, tail = _common_ends(before, after) if isinstance(before, list) else (0, 0)
    old, new = (value[head : len(value) - tail] if head or tail else value for value in (before, after))
    differences = _compared(old, new) if _is_small(old) and _is_small(new) else _first_level(old, new)
    return [replace(d, path=(d.path[0] + head, *d.path[1:])) for d in differences] if head else differences


def _compared(before: Any, after: Any) -> list[MemberDifference]:
    from deepdiff import DeepDiff

    tree = DeepDiff(
        before,
        after,
        view="tree",
        custom_operators=[_Leaves()],
        ignore_private_variables=False,  # a key may begin with __
        threshold_to_diff_deeper=0,  # however few keys two mappings have in common
        zip_ordered_iterables=True,  # the other way takes time that grows with the square of a list
    )
    differences = []
    for group in tree.values():
        for level in group:
            old, new = (None if type(side).__name__ == "NotPresent" else side for side in (level.t1, level.t2))
            differences.append(MemberDifference(tuple(level.path(output_format="list")), old, new))
    return [difference for difference in differences if difference.before is not None or difference.after is not None]


class _Leaves:
    """An operator of deepdiff: what is neither two mappings nor two lists of such is compared here, whole. Left to itself it
    would look into our own types, and draw up a diff of the lines of two texts.
    """

    def match(self, level: Any) -> bool:
        return level.up is not None and not has_members(level.t1, level.t2)

    def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:
        if _differ(level.t1, level.t2):
            diff_instance.custom_report_result("leaf", level)
        return True


def has_members(before: Any, after: Any) -> bool:
    """Can two values be compared member by member?"""
    if isinstance(before, list) and isinstance(after, list):
        return any(isinstance(item, dict | list) for item in (*before, *after))
    return isinstance(before, dict) and isinstance(after, dict)


def _differ(before: Any, after: Any) -> bool:
    # 1 == True and 1 == 1.0 in Python; in JSON they are different values.
    return type(before) is not type(after) or before != after


def _common_ends(before: list[Any], after: list[Any]) -> tuple[int, int]:
    """How many items two lists have in common at their beginning, and at their end."""
    shorter = min(len(before), len(after))
    head = next((at for at in range(shorter) if _differ(before[at], after[at])), shorter)
    shorter -= head
    tail = next((at for at in range(shorter) if _differ(before[-1 - at], after[-1 - at])), shorter)
    return head, tail


def _is_small(value: Any) -> bool:
    level, members = [value], 0
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        members += len(level)
        if not level or members > MOST_MEMBERS:
            break
    return not level


def _first_level(before: Any, after: Any) -> list[MemberDifference]:
    if isinstance(before, dict):
        pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    else:
        pairs = [(at, old, new) for at, (old, new) in enumerate(zip_longest(before, after))]
    return [MemberDifference((name,), old, new) for name, old, new in pairs if _differ(old, new)]
