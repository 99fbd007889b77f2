"""Drift as programs read it: `mscode drift --json`, and `resource_drift` of a plan, which has Terraform's shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from mscode.model.calling_window import format_instant
from mscode.model.kind import registry
from mscode.plan.change import Plan
from mscode.plan.drift.detect import Cause, Drift, in_spec_form
from mscode.plan.lifecycle.operator_halt import shown_state
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.drift.drift_shapes import (
    DriftCause,
    DriftJson,
    FieldDriftJson,
    FoundDriftJson,
    HappenedJson,
    ResourceDriftJson,
    StandingJson,
)
from mscode.views.text.masking import Mask, Privacy, privacy_of

FORMAT_VERSION: Literal["1.0"] = "1.0"


def drift_json(plan: Plan, *, mscode_version: str, show_people: bool = False, mask: Mask | None = None) -> DriftJson:
    """The drift of a plan: progress, operator action and drift of configuration each in a list."""
    privacy = privacy_of(show_people, mask)
    return {
        "format_version": FORMAT_VERSION,
        "mscode_version": mscode_version,
        "timestamp": format_instant(plan.now),
        "project": plan.project,
        "environment": plan.environment,
        "drifted": any(drift.matters for drift in plan.drift),
        "compared": plan.compared,
        "progress": [
            {**_happened_json(drift, privacy), "standing": standing_json(drift.standing)}
            for drift in plan.drift
            if drift.cause is Cause.PROGRESS and drift.standing is not None
        ],
        "operator": [_difference_json(drift, privacy) for drift in plan.drift if drift.cause is Cause.OPERATOR],
        "configuration": [
            _difference_json(drift, privacy) for drift in plan.drift if drift.cause is Cause.CONFIGURATION
        ],
        "resource_drift": resource_drift(plan.drift, privacy),
        "notes": [privacy.text(note.text) for note in plan.notes],
    }


def _happened_json(drift: Drift, privacy: Privacy) -> HappenedJson:
    return {"address": str(drift.address), "id": drift.id, "kind": drift.kind, "text": privacy.text(drift.text)}


def _difference_json(drift: Drift, privacy: Privacy) -> FoundDriftJson:
    fields: list[FieldDriftJson] = [
        {
            "name": field.name,
            "before": privacy.value(field.name, field.applied),
            "after": privacy.value(field.name, field.live),
            "sensitive": field.hidden,
        }
        for field in drift.fields
    ]
    return {**_happened_json(drift, privacy), "fields": fields, "accepted": drift.accepted}


def standing_json(status: SendStatus) -> StandingJson:
    """Counts, and the latest call in UTC."""
    return {
        "state": status.state,
        "finished": status.finished,
        "dialled": status.dialled,
        "answered": status.answered,
        "accepted": status.accepted,
        "declinedOrNoReply": status.declined,
        "acceptsWanted": status.wanted,
        "totalDuration": status.seconds,
        "latestCallAt": format_instant(status.latest) if status.latest else None,
    }


# ---- resource_drift --------------------------------------------------------------------------------------------------


def resource_drift(drifts: Iterable[Drift], privacy: Privacy) -> list[ResourceDriftJson]:
    """One entry per object that was deleted, or differs from what was applied. Progress is no drift."""
    by_address: dict[Any, list[Drift]] = {}
    for drift in drifts:
        if drift.matters and (drift.live is None or drift.fields):
            by_address.setdefault(drift.address, []).append(drift)
    return [_resource_json(several, privacy) for several in by_address.values()]


def _resource_json(drifts: list[Drift], privacy: Privacy) -> ResourceDriftJson:
    """The entry of one object, whose differences have the live object in common."""
    drift = drifts[0]
    live = drift.live.fields if drift.live else {}
    kind = registry()[drift.address.section]
    names = [rule.name for rule in kind.fields if rule.name in drift.entry.applied and not rule.write_only]
    applied = {name: in_spec_form(drift.entry.applied[name], live.get(name)) for name in names}
    if "state" in applied:
        applied["state"] = shown_state(applied["state"])
    before, before_sensitive = _side(drift, applied, privacy)
    after, after_sensitive = (
        (None, False) if drift.live is None else _side(drift, {name: live.get(name) for name in names}, privacy)
    )
    return {
        "address": str(drift.address),
        "mode": "managed",
        "type": drift.address.section,
        "name": drift.address.name,
        "index": drift.address.key or None,
        "provider_name": "multisender",
        "change": {
            "actions": ["delete"] if drift.live is None else ["update"],
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": before_sensitive or {},
            "after_sensitive": after_sensitive if drift.live is None else after_sensitive or {},
        },
        "action_reason": "; ".join(privacy.text(drift.text) for drift in drifts),
        "cause": cause_json(drift.cause),
    }


def cause_json(cause: Cause) -> DriftCause:
    """The name of a cause that is not progress."""
    return "operator" if cause is Cause.OPERATOR else "configuration"


def _side(drift: Drift, values: dict[str, Any], privacy: Privacy) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values, null where the state keeps only a hash; and the names of those, with true."""
    hidden = [name for name, value in drift.entry.applied.items() if str(value).startswith("hmac:")]
    shown = {name: None if name in hidden else privacy.value(name, value) for name, value in values.items()}
    return shown, {name: True for name in values if name in hidden}
