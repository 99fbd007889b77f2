"""Two sets of fields to field changes. The only importer of deepdiff, and only where something differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mscode.model.kind import Field, Kind
from mscode.model.world import Desired, Entry, Live
from mscode.plan.change import FieldChange
from mscode.plan.people.match_receivers import Ids, resolve


def wanted_fields(kind: Kind, item: Desired, entry: Entry | None) -> dict[str, tuple[Any, bool]]:
    """Field -> (wanted value, is it a return to the default?): what the manifest sets, and what it set once
    (docs/development.md#live-against-wanted).
    """
    ignored = set(item.lifecycle.ignore_changes)
    wanted = {name: (value, False) for name, value in item.fields.items() if name not in ignored}
    for name in entry.applied if entry else ():
        if name in kind.rules and name not in item.fields and name not in ignored:
            wanted[name] = (kind.rules[name].default, True)
    return wanted


def changed_fields(
    kind: Kind,
    item: Desired,
    live: Live,
    entry: Entry | None,
    ids: Ids,
    seal: Any,
) -> tuple[list[FieldChange], int]:
    """The fields that differ, in the kind's order, and how many managed ones do not. What is matched (a campaign's state and
    receivers) has rules of its own."""
    wanted = wanted_fields(kind, item, entry)
    changes, same = [], 0
    for field in kind.fields:
        if field.name not in wanted or field.matched:
            continue
        rule = sealed_for(item, field)
        value, to_default = wanted[rule.name]
        if is_equal(rule, value, live, entry, ids, seal, to_default=to_default):
            same += 1
        else:
            is_secret = rule is not field or was_secret(field, entry)
            change = _change(rule, live.fields.get(rule.name), value, to_default=to_default)
            changes.append(replace(change, secret=is_secret))
    return changes, same


def is_equal(
    rule: Field, value: Any, live: Live, entry: Entry | None, ids: Ids, seal: Any, *, to_default: bool = False
) -> bool:
    """In normal form, or as the service is known to echo what was sent (never for a field on which calling depends)."""
    if rule.unseen:
        return _unseen_equal(rule, value, live, entry)
    if to_default and rule.computed:
        return True
    before, after = rule.normal(live.fields.get(rule.name)), rule.normal(resolve(value, ids))
    if before == after:
        return True
    echo = entry.echo.get(rule.name) if entry and not rule.calling else None
    return echo is not None and tuple(echo) == (stored(rule, after, seal), stored(rule, before, seal))


def _unseen_equal(rule: Field, value: Any, live: Live, entry: Entry | None) -> bool:
    """What the service does not show is compared with what was applied; unknown counts as applied
    (docs/development.md#live-against-wanted).
    """
    if entry is None or rule.name not in entry.applied:
        return not (value and live.fields.get("text"))
    return bool(rule.normal(value) == entry.applied[rule.name])


def stored(rule: Field, normal: Any, seal: Any) -> Any:
    """The form in which the state keeps a value: plain JSON, or a keyed hash where it is personal."""
    return seal(normal) if rule.personal or rule.sealed else jsonable(normal)


def sealed_for(item: Desired | None, rule: Field) -> Field:
    """The field's rule for one object: what holds a secret is kept as a hash. What calling depends on is no secret."""
    is_secret = item is not None and rule.name in item.secret and not rule.calling
    return replace(rule, sealed=True) if is_secret else rule


def was_secret(rule: Field, entry: Entry | None) -> bool:
    """Is a field kept as a hash that is open by its rule: did it hold a secret when it was applied?"""
    kept = entry.applied.get(rule.name) if entry else None
    return isinstance(kept, str) and kept.startswith("hmac:") and not rule.personal and not rule.sealed


def jsonable(value: Any) -> Any:
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
        forces_replacement=not rule.mutable,
        to_default=to_default,
        personal=rule.personal,
        long=rule.long,
    )


def created_fields(kind: Kind, fields: Mapping[str, Any]) -> list[FieldChange]:
    """What a create sets, in the kind's order."""
    return [_change_of_create(rule, fields[rule.name]) for rule in kind.fields if rule.name in fields]


def _change_of_create(rule: Field, value: Any) -> FieldChange:
    return FieldChange(rule.name, None, value, personal=rule.personal, long=rule.long)


def leaf_changes(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Nested values leaf by leaf: (dotted path, before, after), None where there is nothing. For display alone."""
    from deepdiff import DeepDiff

    tree = DeepDiff(before, after, view="tree", ignore_order=False)
    rows = []
    for group in tree.values():
        for item in group:
            path = ".".join(str(part) for part in item.path(output_format="list"))
            rows.append((path, _none_if_missing(item.t1), _none_if_missing(item.t2)))
    yield from sorted(rows, key=lambda row: row[0])


def _none_if_missing(value: Any) -> Any:
    return None if type(value).__name__ == "NotPresent" else value
