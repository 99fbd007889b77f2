"""The canonical form of a plan and its sha256: what would be done, not when it was looked at (reconcile §6).

Covers actions, before, after, order, effects, the phase of what is touched and, as hashes, the people that a launch
reaches. Not in it: timestamps, progress, forecasts.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from mscode.plan.change import Change, Plan, RowChanges
from mscode.values import FileContent, Ref, Unknown


def digest(plan: Plan, key: str = "") -> str:
    """sha256 (hex) of the canonical plan. `key` keeps hashes of people from being guessed; same key, same digest."""
    body = {
        "project": plan.project,
        "environment": plan.environment,
        "url": plan.url,
        "destroy": plan.destroy,
        "changes": [_change(change, key) for change in plan.changes if change.is_shown],
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _change(change: Change, key: str) -> dict[str, Any]:
    phase = change.life.marker.phase if change.life and change.life.marker else ""
    return {
        "address": str(change.address),
        "previous": str(change.previous_address or ""),
        "action": change.action.value,
        "id": change.live.id if change.live else "",
        "import": change.import_id,
        "phase": phase,
        "halts": change.halts,
        "fields": [[f.name, _canonical(f.before), _canonical(f.after)] for f in change.fields],
        "members": [[_hash(str(m), key) for m in part] for part in (change.members.add, change.members.remove)]
        if change.members
        else [],
        "launch": [
            change.launch.reason,
            sorted(_hash(p, key) for p in change.launch.reach.phones),
            change.launch.reach.redials,
        ]
        if change.launch
        else [],
        **({"rows": _rows(change.rows, key)} if change.rows else {}),
    }


def _rows(rows: RowChanges, key: str) -> list[Any]:
    """What happens to the accounts of a list, as one hash: there may be a hundred thousand."""
    hashed = hmac.new(key.encode(), digestmod="sha256")
    for row in (*rows.create, *rows.update):
        live_id = row.live.id if row.live else ""
        hashed.update(json.dumps([row.who.key, live_id, sorted(row.fields.items())]).encode())
    return [len(rows.create), len(rows.update), hashed.hexdigest()]


def _hash(text: str, key: str) -> str:
    return hashlib.sha256(f"{key}:{text}".encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _canonical(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in value]
    if isinstance(value, Ref):
        return f"ref:{value.section}.{value.name}"
    if isinstance(value, Unknown):
        return f"unknown:{value.address}"
    if isinstance(value, FileContent):
        return f"file:{value.sha256}"
    return value
