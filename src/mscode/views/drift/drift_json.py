"""Drift as programs read it: `mscode drift --json`, and `resource_drift` of a plan, which has Terraform's shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from mscode.model.calling_window import format_instant
from mscode.model.kind import Field, registry
from mscode.model.world import Live
from mscode.plan.change import Plan
from mscode.plan.drift.detect import Cause, Drift, FieldDrift, in_spec_form
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
    """What `mscode drift` found, the three kinds apart."""
    privacy = privacy_of(show_people, mask)
    return {
        "format_version": FORMAT_VERSION,
        "mscode_version": mscode_version,
        "timestamp": format_instant(plan.now),
        "project": plan.project,
        "environment": plan.environment,
        "drifted": any(one.matters for one in plan.drift),
        "compared": plan.compared,
        "progress": [
            {**_happened(one, privacy), "standing": standing_json(one.standing)}
            for one in plan.drift
            if one.cause is Cause.PROGRESS and one.standing is not None
        ],
        "operator": [_found(one, privacy) for one in plan.drift if one.cause is Cause.OPERATOR],
        "configuration": [_found(one, privacy) for one in plan.drift if one.cause is Cause.CONFIGURATION],
        "resource_drift": resource_drift(plan.drift, privacy),
        "notes": [privacy.text(note.text) for note in plan.notes],
    }


def _happened(one: Drift, privacy: Privacy) -> HappenedJson:
    return {"address": str(one.address), "id": one.id, "kind": one.kind, "text": privacy.text(one.text)}


def _found(one: Drift, privacy: Privacy) -> FoundDriftJson:
    fields = [_field(field, privacy) for field in one.fields]
    return {**_happened(one, privacy), "fields": fields, "accepted": one.accepted}


def _field(field: FieldDrift, privacy: Privacy) -> FieldDriftJson:
    """Before and after are null where the state keeps a hash alone."""
    before, after = (privacy.value(field.name, value) for value in (field.applied, field.live))
    return {"name": field.name, "before": before, "after": after, "sensitive": field.hidden}


def standing_json(now: SendStatus) -> StandingJson:
    """Counts, and the latest call in UTC."""
    return {
        "state": now.state,
        "finished": now.finished,
        "dialled": now.dialled,
        "answered": now.answered,
        "accepted": now.accepted,
        "declinedOrNoReply": now.declined,
        "acceptsWanted": now.wanted,
        "totalDuration": now.seconds,
        "latestCallAt": format_instant(now.latest) if now.latest else None,
    }


# ---- resource_drift --------------------------------------------------------------------------------------------------


def resource_drift(found: Iterable[Drift], privacy: Privacy) -> list[ResourceDriftJson]:
    """One entry per object that differs in what was applied, or is gone. Progress is no drift."""
    by_address: dict[Any, list[Drift]] = {}
    for one in found:
        if one.matters and (one.live is None or one.fields):
            by_address.setdefault(one.address, []).append(one)
    return [_resource(several, privacy) for several in by_address.values()]


def _resource(several: list[Drift], privacy: Privacy) -> ResourceDriftJson:
    one = several[0]
    before, before_sensitive = _side(one, _applied(one), privacy)
    after, after_sensitive = (None, False) if one.live is None else _side(one, _shown(one, one.live), privacy)
    return {
        "address": str(one.address),
        "mode": "managed",
        "type": one.address.section,
        "name": one.address.name,
        "index": one.address.key or None,
        "provider_name": "multisender",
        "change": {
            "actions": ["delete"] if one.live is None else ["update"],
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": before_sensitive or {},
            "after_sensitive": after_sensitive if one.live is None else after_sensitive or {},
        },
        "action_reason": "; ".join(privacy.text(each.text) for each in several),
        "cause": cause_json(one.cause),
    }


def cause_json(cause: Cause) -> DriftCause:
    """Of what is more than progress."""
    return "operator" if cause is Cause.OPERATOR else "configuration"


def _rules(one: Drift) -> Iterator[Field]:
    kind = registry()[one.address.section]
    return (rule for rule in kind.fields if rule.name in one.entry.applied and not rule.write_only)


def _applied(one: Drift) -> dict[str, Any]:
    live = one.live.fields if one.live else {}
    applied = {rule.name: in_spec_form(one.entry.applied[rule.name], live.get(rule.name)) for rule in _rules(one)}
    return applied | ({"state": shown_state(applied["state"])} if "state" in applied else {})


def _shown(one: Drift, live: Live) -> dict[str, Any]:
    return {rule.name: live.fields.get(rule.name) for rule in _rules(one)}


def _side(one: Drift, values: dict[str, Any], privacy: Privacy) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values, null where the state keeps a hash alone, and where that is."""
    hidden = [name for name, value in one.entry.applied.items() if str(value).startswith("hmac:")]
    shown = {name: None if name in hidden else privacy.value(name, value) for name, value in values.items()}
    return shown, {name: True for name in values if name in hidden}
