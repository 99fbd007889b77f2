"""A plan as programs read it: Terraform's public plan JSON as far as it fits.

The saved plan has this shape too. Its member `view` holds what text, Markdown and HTML are drawn from, so that each can be
drawn offline.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import NoneType
from typing import Any, Literal, TypedDict, cast

from mscode.errors import Place
from mscode.model.address import Address
from mscode.model.calling_window import format_instant
from mscode.model.kind import registry
from mscode.model.privacy import concealed
from mscode.model.values import FileContent, Ref, Unknown
from mscode.plan.change import (
    Action,
    ApplyRows,
    Change,
    Check,
    Delete,
    Forget,
    Note,
    Plan,
    Reach,
    RowChanges,
)
from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.diagnostics import to_json
from mscode.views.drift.drift_json import resource_drift
from mscode.views.history.reference import LaunchReferenceJson
from mscode.views.html.calendar import calendar
from mscode.views.plan.plan_shapes import (
    ChangeJson,
    CheckJson,
    Effect,
    LineJson,
    OfPeopleJson,
    PlanJson,
    ReachJson,
    RefusalJson,
    ResourceChangeJson,
    SelectionJson,
    SourceJson,
    TotalsJson,
    UnmanagedObjectJson,
)
from mscode.views.plan.plan_text import view_of
from mscode.views.plan.view_json import ViewJson, view_json
from mscode.views.plan.walk_json import walks_json
from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson
from mscode.views.text.masking import Mask, Privacy, privacy_of, sensitive

FORMAT_VERSION: Literal["1.0"] = "1.0"
ACTIONS: Mapping[Action, list[str]] = {
    Action.NOOP: ["no-op"],
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.DELETE: ["delete"],
    Action.REPLACE_DELETE_FIRST: ["delete", "create"],
    Action.REPLACE_CREATE_FIRST: ["create", "delete"],
    Action.FORGET: ["forget"],
}
#: Who reads a plan's data: programs all of it, Markdown and the page what they draw.
Readers = Literal["programs", "markdown", "html"]
Names = Mapping[tuple[str, str], Address]
Side = dict[str, Any]


class _Unmanaged(TypedDict, total=False):
    unmanaged_objects: list[UnmanagedObjectJson]


class _Earlier(TypedDict, total=False):
    earlier_launches: dict[str, LaunchReferenceJson]


class _Origin(TypedDict, total=False):
    commit: str
    branch: str


class _Selection(TypedDict, total=False):
    selection: SelectionJson


class _Rehearsal(TypedDict, total=False):
    rehearsal: RehearsalJson


def plan_json(
    plan: Plan,
    *,
    timestamp: datetime,
    mscode_version: str,
    digest: str,
    show_people: bool = False,
    mask: Mask | None = None,
    commit: str = "",
    branch: str = "",
    rehearsal: RehearsalJson | None = None,
    earlier_launches: Mapping[str, LaunchReferenceJson] | None = None,
    readers: Readers = "programs",
) -> PlanJson:
    """The whole plan. `timestamp` is when it was made (aware), `digest` the sha256 of the canonical plan, `commit` and `branch` are
    what it was made of ("" where that is not known), `rehearsal` is what it is likely to do, where that was asked for,
    `earlier_launches` are the last ones of addresses that it launches or changes.

    Personal values are masked as in the text; `before_sensitive` and `after_sensitive` say where.

    For other `readers` than programs, members that they do not draw are left empty, and `view` is the view itself: for a plan of
    ten thousand changes, making these takes longer than to draw it.
    """
    privacy = privacy_of(show_people, mask)
    names = {(c.live.section, c.live.id): c.address for c in plan.changes if c.live is not None}
    unmanaged: _Unmanaged = {}
    if plan.unmanaged_objects:  # with `--unmanaged` alone
        unmanaged["unmanaged_objects"] = [
            {"type": live.section, "id": live.id, "name": privacy.text(live.name) or None}
            for live in plan.unmanaged_objects
        ]
    selection: _Selection = {}
    if plan.excluded:
        selection["selection"] = {"left_out": plan.excluded, "along": list(plan.included_dependencies)}
    origin: _Origin = {}
    if commit:
        origin["commit"] = commit
    if branch:
        origin["branch"] = privacy.text(branch)
    rehearsed: _Rehearsal = {"rehearsal": rehearsal} if rehearsal is not None else {}
    earlier: _Earlier = {"earlier_launches": dict(earlier_launches)} if earlier_launches else {}
    view = view_of(plan, show_people=show_people, mask=mask)
    refreshes = plan.refresh_only and any(drift.matters and drift.accepted for drift in plan.drift)
    return {
        "format_version": FORMAT_VERSION,
        "mscode_version": mscode_version,
        "timestamp": format_instant(timestamp),
        "project": plan.project,
        "environment": plan.environment,
        "applyable": bool(plan.shown or refreshes) and not plan.refused,
        "complete": not any(note.kind == "unknown-outcome" for note in plan.notes),
        "errored": False,
        "resource_changes": _resource_changes(plan, privacy, names, readers),
        "resource_drift": resource_drift(plan.drift, privacy),
        "reach": {str(c.address): reach_json(c.launch.reach) for c in plan.changes if c.launch is not None},
        "checks": [check_json(check, privacy.text) for check in plan.checks],
        "notes": [
            {
                "address": note.address,
                "kind": note.kind,
                "text": privacy.text(note.text),
                "detail": privacy.text(note.detail),
                "source": source_json(note.place),
                **_people_json(note),
            }
            for note in plan.notes
        ],
        "diagnostics": [to_json(warning) for warning in plan.warnings],
        "unmanaged": dict(plan.unmanaged),
        **unmanaged,
        "strays": plan.orphaned_objects,
        **selection,
        "totals": totals_json(plan),
        "timezone": plan.zone_name,
        "calendar": [] if readers == "markdown" else calendar(plan),
        "walks": [] if readers == "markdown" else walks_json(plan, privacy),
        **rehearsed,
        **earlier,
        **origin,
        "digest": digest,
        "view": view_json(view) if readers == "programs" else cast(ViewJson, view),
    }


def _people_json(remark: Note) -> OfPeopleJson:
    """Whom a verdict or a note is about: how many, and in which lines of the project's files they stand."""
    if remark.people is None:
        return {}
    return {
        "people": remark.people,
        "places": _lines_json(remark.places),
    }


def _lines_json(places: Iterable[Place]) -> list[LineJson]:
    return [{"file": place.file, "line": place.line} for place in places]


def check_json(check: Check, mask: Mask) -> CheckJson:
    """A guard's verdict; a finding has its place, what to do and a suggestion besides."""
    data: CheckJson = {
        "name": check.name,
        "status": check.status,
        "message": mask(check.message),
        "reason": mask(check.reason),
        "addresses": list(check.addresses),
    }
    if check.people is not None:
        data["people"], data["places"] = check.people, _lines_json(check.places)
    if check.summary != check.message:
        data["summary"] = mask(check.summary)
    if check.lines:
        data["lines"] = list(map(mask, check.lines))
    if check.is_finding:
        data["source"] = source_json(check.place)
        data["hint"] = mask(check.hint)
        data["suggestion"] = mask(check.suggestion)
        data["denies"] = check.denies
    return data


def error_json(diagnostics: list[DiagnosticJson]) -> RefusalJson:
    """What every `--json` prints where an error ends the command."""
    return {
        "format_version": FORMAT_VERSION,
        "applyable": False,
        "complete": False,
        "errored": True,
        "diagnostics": diagnostics,
    }


def totals_json(plan: Plan) -> TotalsJson:
    """The numbers of the totals line, by the names of Terraform's change summary."""
    totals = plan.totals
    return {
        "import": totals.imports,
        "move": totals.moves,
        "add": totals.adds,
        "change": totals.changes,
        "remove": totals.destroys,
        "forget": totals.forgets,
        "launch": totals.launches,
    }


def reach_json(reach: Reach) -> ReachJson:
    """Counts, and instants in UTC, without a phone number. `maxMessages` stands where people are written to."""
    data: ReachJson = {
        "people": reach.people,
        "maxCalls": reach.max_calls,
        "firstCall": format_instant(reach.first_call) if reach.first_call else None,
        "lastCall": format_instant(reach.last_call) if reach.last_call else None,
    }
    if reach.unit != "call":
        data["maxMessages"] = reach.max_messages
    return data


def actions_of(change: Change) -> list[str]:
    """Terraform's actions; a launch alone and a halt are an update."""
    if change.halts or (change.action is Action.NOOP and change.launch is not None):
        return ["update"]
    return list(ACTIONS[change.action])


def effects_of(change: Change) -> list[Effect]:
    """What the change does to people: `dials`, `halts`."""
    dials: list[Effect] = ["dials"] if change.launch is not None else []
    halts: list[Effect] = ["halts"] if change.halts else []
    return dials + halts


def source_json(place: Place | None) -> SourceJson | None:
    """File (relative to the project), line and column, from 1."""
    return {"file": place.file, "line": place.line, "column": place.column} if place else None


# ---- one change ------------------------------------------------------------------------------------------------------


def _resource_changes(plan: Plan, privacy: Privacy, names: Names, readers: Readers) -> list[ResourceChangeJson]:
    if readers == "markdown":
        return []
    if readers == "html":
        return [cast(ResourceChangeJson, _drawn(change, privacy)) for change in plan.changes]
    return [_resource_change(change, privacy, names) for change in plan.changes]


def _drawn(change: Change, privacy: Privacy) -> dict[str, Any]:
    """What the page draws of a change beside its view: what it uses, and its recording."""
    file = (after_of(change) or {}).get("file")
    after, _ = _shown({"file": file}, _personal(change), privacy) if isinstance(file, FileContent) else ({}, None)
    return {"address": str(change.address), "depends_on": _depends_on(change), "change": {"after": after}}


def _resource_change(change: Change, privacy: Privacy, names: Names) -> ResourceChangeJson:
    return {
        "address": str(change.address),
        "previous_address": str(change.previous_address) if change.previous_address else None,
        "mode": "managed",
        "type": change.address.section,
        "name": change.address.name,
        "index": change.address.key or None,
        "provider_name": "multisender",
        "change": _change(change, privacy, names),
        "action_reason": privacy.text(change.reason) or None,
        "source": source_json(change.place),
        "effects": effects_of(change),
        "depends_on": _depends_on(change),
    }


def _change(change: Change, privacy: Privacy, names: Names) -> ChangeJson:
    before, after, personal = before_of(change, names), after_of(change), _personal(change)
    secret = change.secret | {field.name for field in change.fields if field.secret}
    shown_before, before_sensitive = _shown(before, personal, privacy, secret)
    shown_after, after_sensitive = _shown(after, personal, privacy)
    return {
        "actions": actions_of(change),
        "before": shown_before,
        "after": shown_after,
        "after_unknown": _unknown(after or {}) or {},
        "before_sensitive": before_sensitive,
        "after_sensitive": after_sensitive,
        "replace_paths": [[field.name] for field in change.fields if field.forces_replacement],
        "importing": {"id": change.import_id} if change.is_import else None,
    }


def _depends_on(change: Change) -> list[str]:
    return sorted(map(str, change.depends_on))


def _personal(change: Change) -> frozenset[str]:
    """The fields of the change that are personal."""
    kind = registry().get(change.address.section)
    own = {field.name for field in change.fields if field.personal}
    return kind.personal_fields | own if kind else frozenset(own)


def before_of(change: Change, names: Names) -> Side | None:
    """The managed fields as they are, None for what does not exist yet. Unchanged fields are written as in the manifest."""
    if change.action is Action.CREATE:
        return None
    side = _unchanged(change) | ({"file": change.rows.file} if isinstance(change, ApplyRows) else {})
    side |= {f.name: _named(f.before, f.after, names) for f in change.fields}
    if change.members is not None:
        members = change.members
        side["members"] = {"count": members.after - len(members.add) + len(members.remove)}
    if _launches_alone(change):
        side["state"] = change.live.status.state if change.live and change.live.status.is_reported else None
    return side


def after_of(change: Change) -> Side | None:
    """The managed fields as they will be, None for what is deleted or forgotten."""
    if isinstance(change, Delete | Forget):
        return None
    side = _unchanged(change) | {f.name: f.after for f in change.fields}
    if isinstance(change, ApplyRows):
        side |= rows_json(change.rows)
    if change.members is not None:
        members = change.members
        side["members"] = {"count": members.after, "added": len(members.add), "removed": len(members.remove)}
    if _launches_alone(change):
        side["state"] = "active"
    return side


def rows_json(rows: RowChanges) -> Side:
    """Counts alone, since the rows hold data of people."""
    counts = {"create": len(rows.create), "update": len(rows.update), "unchanged": rows.unchanged}
    read = {"encoding": rows.format.encoding_name, "delimiter": rows.format.delimiter, "left_out": rows.left_out}
    return {"file": rows.file, "rows": rows.total, **read, **counts}


def _unchanged(change: Change) -> Side:
    """The fields that both sides start from: the desired ones, or of what is removed the live ones."""
    if change.desired is not None:
        return dict(change.desired.fields)
    kind = registry().get(change.address.section)
    if change.live is None or kind is None:
        return {}
    return {name: value for name, value in change.live.fields.items() if name in kind.fields_by_name}


def _launches_alone(change: Change) -> bool:
    """Does the change set nothing but the state, to active?"""
    return change.launch is not None and change.action is Action.NOOP and change.launch.reason != "reaches-more"


def _named(before: Any, after: Any, names: Names) -> Any:
    """`before` with the address in place of a live id, where `after` refers to an object of this project."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: _named(value, after.get(key), names) for key, value in before.items()}
    if isinstance(after, Ref) and isinstance(before, str):
        address = names.get((after.section, before))
        return str(address) if address else before
    return before


# ---- values ----------------------------------------------------------------------------------------------------------


#: What most values are: looked for first.
_LEAVES = frozenset({str, int, bool, NoneType})


def _masked(side: Side, personal: frozenset[str], privacy: Privacy) -> Side:
    return {name: privacy.value(name, value, personal=name in personal) for name, value in side.items()}


def _without(side: Side, secret: Collection[str]) -> Side:
    """The side with `(secret)` in place of secrets: the old value may differ from the one that the masker knows."""
    if not secret:
        return side
    return {name: concealed(value) if name in secret and value else value for name, value in side.items()}


def _shown(
    side: Side | None, personal: frozenset[str], privacy: Privacy, secret: Collection[str] = ()
) -> tuple[Side | None, Any]:
    """A side as it is shown, and where masking changes it."""
    if side is None:
        return None, False
    values = {name: _plain(value) for name, value in side.items() if not isinstance(value, Unknown)}
    masked = _without(_masked(values, personal, Privacy(False, privacy.mask)), secret)
    shown = _without(_masked(values, personal, privacy), secret) if privacy.show_people else masked
    if values == masked:  # where masking changes nothing, as in most
        return shown, {}
    plain = _masked(values, personal, Privacy(show_people=True))
    return shown, {} if plain == masked else sensitive(plain, masked) or {}


def _plain(value: Any) -> Any:
    """JSON: references as addresses; what is known only after the apply is left out of mappings, null in lists."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if not isinstance(item, Unknown)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Ref):
        return str(value.address)
    if isinstance(value, FileContent):
        return {"path": value.path, "size": value.size, "sha256": value.sha256}
    return None if isinstance(value, Unknown) else value


def _unknown(value: Any) -> Any:
    """True where a value is known only after the apply, in the value's shape; false where nothing is unknown."""
    if type(value) in _LEAVES:
        return False
    if isinstance(value, dict):
        return {str(key): unknown for key, item in value.items() if (unknown := _unknown(item))} or False
    if isinstance(value, list | tuple):
        unknown = [_unknown(item) for item in value]
        return unknown if any(unknown) else False
    return isinstance(value, Unknown)
