"""A plan as programs read it: Terraform's public plan JSON as far as it fits (contract §5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mscode.plan.change import Action, Change, FieldChange, Plan, Reach
from mscode.privacy import mask_numbers, mask_phone, mask_word
from mscode.values import FileContent, Ref, Unknown
from mscode.views.diagnostics import to_json
from mscode.windows import format_instant

FORMAT_VERSION = "1.0"

ACTIONS = {
    Action.NOOP: ["no-op"],
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.DELETE: ["delete"],
    Action.REPLACE_DELETE_FIRST: ["delete", "create"],
    Action.REPLACE_CREATE_FIRST: ["create", "delete"],
    Action.FORGET: ["forget"],
}


def plan_json(plan: Plan, *, timestamp: datetime, mscode_version: str, digest: str, show_people: bool = False) -> dict[str, Any]:
    """The whole plan. `timestamp` is when it was made (aware). Personal values are masked."""
    return {
        "format_version": FORMAT_VERSION,
        "mscode_version": mscode_version,
        "timestamp": format_instant(timestamp),
        "project": plan.project,
        "environment": plan.environment,
        "applyable": not plan.refused and bool(plan.shown),
        "complete": True,
        "errored": False,
        "resource_changes": [_resource(change, show_people=show_people) for change in plan.changes],
        "resource_drift": [],
        "reach": {str(c.address): reach_json(c.launch.reach) for c in plan.changes if c.launch is not None},
        "checks": [
            {"name": c.name, "status": c.status, "message": c.message, "reason": c.reason, "addresses": list(c.addresses)}
            for c in plan.checks
        ],
        "notes": [{"address": n.address, "kind": n.kind, "text": n.text, "detail": n.detail} for n in plan.notes],
        "diagnostics": [to_json(warning) for warning in plan.warnings],
        "unmanaged": dict(plan.unmanaged),
        "totals": totals_json(plan),
        "digest": digest,
    }


def totals_json(plan: Plan) -> dict[str, int]:
    """The numbers of the totals line, by Terraform's names and ours."""
    t = plan.totals
    return {
        "import": t.imports,
        "move": t.moves,
        "add": t.adds,
        "change": t.changes,
        "remove": t.destroys,
        "forget": t.forgets,
        "launch": t.launches,
    }


def reach_json(reach: Reach) -> dict[str, Any]:
    """Counts and instants; no number of anybody."""
    return {
        "people": reach.people,
        "maxCalls": reach.max_calls,
        "firstCall": format_instant(reach.first_call) if reach.first_call else None,
        "lastCall": format_instant(reach.last_call) if reach.last_call else None,
    }


def actions_of(change: Change) -> list[str]:
    """Terraform's actions; a launch alone and a halt are an update."""
    if change.halts or (change.action is Action.NOOP and change.launch is not None):
        return ["update"]
    return ACTIONS[change.action]


def _resource(change: Change, *, show_people: bool) -> dict[str, Any]:
    mask = _as_is if show_people else _masked
    before, after = _sides(change)
    values: dict[str, Any] = {
        "actions": actions_of(change),
        "before": {name: mask(f, value) for name, (f, value) in before.items()} if before is not None else None,
        "after": {name: mask(f, value) for name, (f, value) in after.items() if not _unknown(value)} if after is not None else None,
        "after_unknown": {name: True for name, (_, value) in (after or {}).items() if _unknown(value)},
        "before_sensitive": {name: True for name, (f, _) in (before or {}).items() if f.personal},
        "after_sensitive": {name: True for name, (f, _) in (after or {}).items() if f.personal},
        "replace_paths": [[f.name] for f in change.fields if f.forces_replacement],
    }
    if change.is_import:
        values["importing"] = {"id": change.import_id}
    effects = (["dials"] if change.launch is not None else []) + (["halts"] if change.halts else [])
    resource: dict[str, Any] = {
        "address": str(change.address),
        "mode": "managed",
        "type": change.address.section,
        "name": change.address.name,
        "index": change.address.key or None,
        "provider_name": "multisender",
        "change": values,
        "action_reason": change.reason or None,
        "source": {"file": change.place.file, "line": change.place.line, "column": change.place.column} if change.place else None,
        "effects": effects,
    }
    if change.previous_address is not None:
        resource["previous_address"] = str(change.previous_address)
    return resource


Side = dict[str, tuple[FieldChange, Any]]


def _sides(change: Change) -> tuple[Side | None, Side | None]:
    """Fields before and after; a create has no before, a delete no after, and a membership counts as `members`."""
    before: Side = {f.name: (f, f.before) for f in change.fields}
    after: Side = {f.name: (f, f.after) for f in change.fields}
    if change.members is not None:
        counts = {"add": len(change.members.add), "remove": len(change.members.remove), "after": change.members.after}
        after["members"] = (FieldChange("members", None, counts), counts)
    if change.action is Action.NOOP and change.launch is not None and "state" not in after:
        state = FieldChange("state", change.life.state if change.life else None, "active")
        before["state"], after["state"] = (state, state.before), (state, "active")
    if change.action is Action.CREATE:
        return None, after
    if change.action is Action.DELETE:
        return before, None
    return before, after


def _unknown(value: Any) -> bool:
    return isinstance(value, Unknown)


def _masked(field: FieldChange, value: Any) -> Any:
    if field.personal and value not in (None, ""):
        text = str(value)
        return mask_phone(text) if text.startswith("+") else mask_word(text)
    return _plain(value, mask_numbers)


def _as_is(field: FieldChange, value: Any) -> Any:
    return _plain(value, str)


def _plain(value: Any, mask: Any) -> Any:
    if isinstance(value, Ref):
        return str(value.address)
    if isinstance(value, FileContent):
        return {"path": value.path, "size": value.size, "sha256": value.sha256}
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(one, mask) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, mask) for one in value]
    return mask(value) if isinstance(value, str) and not _is_instant(value) else value


def _is_instant(text: str) -> bool:
    return len(text) == 20 and text[10] == "T" and text.endswith("Z")


def error_json(diagnostics: list[dict[str, Any]]) -> dict[str, Any]:
    """What `plan --json` prints where no plan can be made."""
    return {"format_version": FORMAT_VERSION, "applyable": False, "complete": False, "errored": True, "diagnostics": diagnostics}
