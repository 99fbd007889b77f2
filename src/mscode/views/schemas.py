"""The JSON Schemas (2020-12) of what programs read: a plan, and the event stream of an apply.

Objects are open: a later version may add members, and never changes or takes away one that is described here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from mscode.plan.change import CheckStatus
from mscode.plan.events import StepAction
from mscode.views.plan.view_schema import view_definitions

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "urn:mscode:schema:v1"
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
ADDRESS = r"^[A-Za-z]+\.[A-Za-z][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,62})?$"


def plan_schema() -> Schema:
    """The schema of `plan --json`, `show --json` and the saved plan."""
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:plan",
        "title": "A plan of mscode",
        "description": "What `mscode plan --json` prints. Terraform's public plan format, as far as it fits.",
        "anyOf": [_plan(), {"$ref": "#/$defs/refusal"}],
        "$defs": {
            "refusal": _refusal(),
            "resource_change": _resource_change(),
            "change": _change(),
            "reach": _reach(),
            "calendar": _calendar(),
            **view_definitions(),
            "check": _check(),
            "note": _note(),
            "diagnostic": _diagnostic(),
            "source": _source(),
        },
    }


def events_schema() -> Schema:
    """The schema of one line of `apply --json`."""
    return {
        "$schema": DIALECT,
        "$id": f"{BASE}:events",
        "title": "One event of an apply by mscode",
        "description": "`mscode apply --json` prints one such object a line.",
        "type": "object",
        "properties": _envelope(),
        "required": ["type", "@timestamp", "@level", "@message"],
        "allOf": [_when(name, then) for name, then in _event_types().items()],
        "$defs": {"reach": _reach(), "diagnostic": _diagnostic(), "source": _source(), "reason": _reason()},
    }


# ---- small words -----------------------------------------------------------------------------------------------------


def _object(description: str, required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    properties = {**required, **(optional or {})}
    return {"type": "object", "description": description, "properties": properties, "required": list(required)}


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _text_or_null(description: str, **more: Any) -> Schema:
    return {"type": ["string", "null"], "description": description, **more}


def _count(description: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": description}


def _flag(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def _list(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "description": description}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


# ---- the plan --------------------------------------------------------------------------------------------------------


def _plan() -> Schema:
    required: dict[str, Schema] = {
        "format_version": _text(
            "Version of this format; the first number changes with what breaks readers.", const="1.0"
        ),
        "mscode_version": _text("Version of the mscode that made the plan."),
        "timestamp": _text("When the plan was made, in UTC.", pattern=INSTANT),
        "project": _text("Name of the project."),
        "environment": _text("Name of the environment."),
        "applyable": _flag("There is something to do, and no guard refuses it."),
        "complete": _flag("False: an outcome is unknown and held, so this plan is not all there is to do."),
        "errored": _flag("True: no plan could be made."),
        "resource_changes": _list(_ref("resource_change"), "Every managed object, in the order of work."),
        "resource_drift": _list(_drift(), "What is live otherwise than it was last applied; progress is not among it."),
        "reach": {
            "type": "object",
            "description": "Address of each launch to whom it may call, and when.",
            "additionalProperties": _ref("reach"),
        },
        "checks": _list(_ref("check"), "What the guards say."),
        "notes": _list(_ref("note"), "What to know without a change."),
        "unmanaged": {
            "type": "object",
            "description": "Section to the number of live objects that nothing manages.",
            "additionalProperties": _count("Live objects."),
        },
        "digest": _text("sha256 (hex) of the canonical plan: what would be done."),
    }
    optional: dict[str, Schema] = {
        "diagnostics": _list(_ref("diagnostic"), "Warnings."),
        "strays": _count("Live objects with this project's marker that neither state nor manifests know."),
        "totals": _totals("The numbers of the totals line."),
        "timezone": _text("Zone in which people read times: a name of the IANA database."),
        "calendar": _list(_ref("calendar"), "When each campaign may ring once the plan is applied."),
        "view": _ref("view"),
        "saved": _saved(),
    }
    return _object("A plan.", required, optional)


def _drift() -> Schema:
    change: dict[str, Schema] = {
        "actions": {"enum": [["update"], ["delete"]], "description": "What happened to it in the live account."},
        "before": {"type": "object", "description": "The applied fields; null where the state keeps a hash alone."},
        "after": {"type": ["object", "null"], "description": "The same fields as they are live; null: it is gone."},
    }
    required: dict[str, Schema] = {
        "address": _text("Its address.", pattern=ADDRESS),
        "mode": _text("Always managed.", const="managed"),
        "type": _text("Its section."),
        "name": _text("Its name."),
        "provider_name": _text("Always multisender.", const="multisender"),
        "change": _object("What differs.", change),
        "action_reason": _text("What happened, in words."),
        "cause": {
            "enum": ["operator", "configuration"],
            "description": "A person's action, or drift of configuration.",
        },
    }
    return _object("An object that is not as it was last applied.", required)


def _saved() -> Schema:
    description = (
        "In the file of `plan --out` alone: what `apply FILE` compares. Its form is mscode's own, and may change."
    )
    required = {
        "version": {"const": 1, "description": "Version of this part."},
        "url": _text("The environment's URL."),
        "serial": _count("Serial of the state."),
        "lineage": _text('Lineage of the state, "" where there was none.'),
        "expires": _text("When it expires, in UTC, on the service's clock.", pattern=INSTANT),
        "mac": _text("HMAC over the whole file: an edited one is refused."),
    }
    return _object(description, required)


def _refusal() -> Schema:
    required = {
        "format_version": _text("Version of this format.", const="1.0"),
        "errored": {"const": True, "description": "No plan could be made."},
        "diagnostics": _list(_ref("diagnostic"), "Why."),
    }
    return _object("What is printed where no plan can be made.", required)


def _totals(description: str) -> Schema:
    names = {
        "import": "Objects taken under management.",
        "move": "Objects that get another address.",
        "add": "Objects created, replacements among them.",
        "change": "Objects updated, launched alone, or halted.",
        "remove": "Objects destroyed, replaced ones among them.",
        "forget": "Objects left alone from now on.",
        "launch": "Steps that start dialling people.",
    }
    return _object(description, {name: _count(text) for name, text in names.items()})


def _resource_change() -> Schema:
    required: dict[str, Schema] = {
        "address": _text("`<section>.<name>`, or `<section>.<name>.<key>`.", pattern=ADDRESS),
        "previous_address": _text_or_null("Its address until now, where it is moved."),
        "mode": {"const": "managed", "description": "As in Terraform."},
        "type": _text("The section: `rsvpCalls`."),
        "name": _text("The name in its section."),
        "index": _text_or_null("The key of one made by `forEach`."),
        "provider_name": {"const": "multisender", "description": "As in Terraform."},
        "change": _ref("change"),
        "action_reason": _text_or_null("Why, where it needs a word."),
        "source": {"anyOf": [_ref("source"), {"type": "null"}], "description": "Where its manifest stands."},
        "effects": _list({"enum": ["dials", "halts"]}, "What it does to people beyond the object itself."),
    }
    optional = {"depends_on": _list(_text("An address."), "What it refers to, directly, in this project.")}
    return _object("What is done to one address.", required, optional)


def _change() -> Schema:
    actions = [["no-op"], ["create"], ["update"], ["delete"], ["delete", "create"], ["create", "delete"], ["forget"]]
    side = {"type": ["object", "null"]}
    marks = {"type": ["object", "boolean"]}
    required: dict[str, Schema] = {
        "actions": {"enum": actions, "description": "In this order. A launch alone and a halt are an update."},
        "before": {**side, "description": "The managed fields as they are; null before a create. People are masked."},
        "after": {**side, "description": "The managed fields as they will be; null after a delete. People are masked."},
        "after_unknown": {**marks, "description": "True where a value is known only after the apply."},
        "before_sensitive": {**marks, "description": "True where `before` is masked."},
        "after_sensitive": {**marks, "description": "True where `after` is masked."},
        "replace_paths": _list({"type": "array"}, "Paths of the fields that force a replacement."),
        "importing": {
            "anyOf": [_object("The live object that is adopted.", {"id": _text("Its id.")}), {"type": "null"}],
            "description": "Set where a live object is taken under management.",
        },
    }
    return _object("Actions, and the object before and after.", required)


def _reach() -> Schema:
    required: dict[str, Schema] = {
        "people": _count("Numbers that may be called, each once."),
        "maxCalls": _count("Calls at most, redials among them; 0 of what is written."),
        "firstCall": _text_or_null("The earliest instant at which it may ring, in UTC.", pattern=INSTANT),
        "lastCall": _text_or_null("The latest instant at which it may ring, in UTC.", pattern=INSTANT),
    }
    optional = {"maxMessages": _count("Messages at most, where people are written to.")}
    return _object("Whom a launch may call or write to, and when.", required, optional)


def _calendar() -> Schema:
    number = {"type": ["integer", "null"], "minimum": 0}
    moment = _text("An instant, in UTC.", pattern=INSTANT)
    required: dict[str, Schema] = {
        "address": _text("The campaign."),
        "launches": _flag("This plan launches it; else it rings already."),
        "people": {**number, "description": "Whom its launch may call; null where nothing is launched."},
        "maxCalls": {**number, "description": "Calls at most; null where nothing is launched."},
        "openings": _list(_object("From and to.", {"from": moment, "to": moment}), "When it may ring, oldest first."),
        "more": _count("Openings after those that are listed."),
    }
    optional = {"maxMessages": _count("Messages at most, where people are written to.")}
    return _object("The calling windows of a campaign.", required, optional)


def _check() -> Schema:
    required: dict[str, Schema] = {
        "name": _text("Name of the guard."),
        "status": {"enum": list(get_args(CheckStatus)), "description": "`fail`: the plan is refused."},
        "message": _text("What it found."),
        "reason": _text("The project's own words."),
        "addresses": _list({"type": "string"}, "What it concerns."),
    }
    return _object("The verdict of a guard.", required)


def _note() -> Schema:
    required: dict[str, Schema] = {
        "address": _text("What it concerns."),
        "kind": _text("A stable slug: `operator-halt`, `complete`, `missed`, …"),
        "text": _text("What people read."),
        "detail": _text("More of it, or empty."),
        "source": {"anyOf": [_ref("source"), {"type": "null"}], "description": "Where its manifest stands."},
    }
    return _object("Something to know without a change.", required)


def _source() -> Schema:
    line, column = ({"type": "integer", "minimum": 1, "description": f"{what}, from 1."} for what in ("Line", "Column"))
    file = _text("Relative to the project, with forward slashes.")
    return _object("A place in the manifests.", {"file": file, "line": line, "column": column})


def _diagnostic() -> Schema:
    number = {"type": ["integer", "null"], "minimum": 1, "description": "From 1."}
    required: dict[str, Schema] = {
        "severity": {"enum": ["error", "warning"], "description": "How bad it is."},
        "summary": _text("What."),
        "detail": _text("What is wrong, or empty."),
        "hint": _text("What to do, or empty."),
        "code": _text("A stable slug."),
        "address": _text("The object, or empty."),
        "file": _text_or_null("Relative to the project."),
        "line": number,
        "column": number,
    }
    return _object("An error or a warning.", required)


# ---- events ----------------------------------------------------------------------------------------------------------


def _envelope() -> Schema:
    return {
        "type": {"enum": list(_event_types()), "description": "What kind of line it is."},
        "@timestamp": _text("When it was written: ISO 8601 in UTC, with milliseconds.", pattern=r"Z$"),
        "@level": {"enum": ["info", "warn", "error"], "description": "How bad it is."},
        "@message": _text("What people read."),
    }


def _event_types() -> dict[str, Schema]:
    """What each type of line holds beside the envelope."""
    hook = {"hook": _hook()}
    return {
        "version": _object(
            "The first line.", {"mscode": _text("Version of mscode."), "ui": _text("Version of this stream.")}
        ),
        "planned_change": _object("One change of the plan.", {"change": _planned()}),
        "resource_drift": _object("What --refresh-only takes into the state.", {"change": _drifted()}),
        "change_summary": _object("The totals of the plan, or of what was done.", {"changes": _changes()}, _outcome()),
        "apply_start": _object("A step began.", hook),
        "apply_progress": _object("A step goes on.", hook),
        "apply_complete": _object("A step is done and recorded.", hook),
        "apply_errored": _object("A step failed, or its outcome is unknown; a diagnostic follows.", hook),
        "apply_skipped": _object("A step was not begun; `hook.reason` says why.", hook),
        "diagnostic": _object("An error or a warning.", {"diagnostic": _ref("diagnostic")}),
    }


def _when(name: str, then: Schema) -> Schema:
    return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": then}


def _hook() -> Schema:
    required: dict[str, Schema] = {
        "resource": _addr("The object."),
        "action": {"enum": list(get_args(StepAction)), "description": "What is done to it."},
        "id_value": _text_or_null("Id of the live object, where there is one."),
        "elapsed_seconds": {"type": "number", "minimum": 0, "description": "Since the step began."},
    }
    optional: dict[str, Schema] = {
        "reason": _text("Why it was skipped or held."),
        "done": _count("How much is done."),
        "total": _count("Of how much."),
        "unit": _text("Of what."),
    }
    return _object("A step.", required, optional)


def _addr(description: str) -> Schema:
    return _object(description, {"addr": _text("Its address.", pattern=ADDRESS)})


def _planned() -> Schema:
    kind = {"resource_type": _text("Its section."), "resource_name": _text("Its name.")}
    resource = _object("The object.", {"addr": _text("Its address.", pattern=ADDRESS), **kind})
    required: dict[str, Schema] = {
        "resource": resource,
        "action": {"enum": list(get_args(StepAction)), "description": "What is done to it, in one word."},
        "actions": _list({"type": "string"}, "As in the plan."),
        "effects": _list({"enum": ["dials", "halts"]}, "As in the plan."),
    }
    optional = {
        "previous_resource": _addr("Where it is moved from."),
        "reason": _text("Why."),
        "reach": _ref("reach"),
    }
    return _object("A planned change.", required, optional)


def _drifted() -> Schema:
    kind = {"resource_type": _text("Its section."), "resource_name": _text("Its name.")}
    required: dict[str, Schema] = {
        "resource": _object("The object.", {"addr": _text("Its address.", pattern=ADDRESS), **kind}),
        "action": {"enum": ["update", "delete"], "description": "What happened to it in the live account."},
        "cause": {
            "enum": ["operator", "configuration"],
            "description": "A person's action, or drift of configuration.",
        },
    }
    return _object("A difference from what was last applied.", required)


def _changes() -> Schema:
    totals = _totals("Counts of what is planned, or done.")
    operation = {"enum": ["plan", "apply", "destroy"], "description": "`plan`: what is planned; else what was done."}
    return {
        **totals,
        "properties": {**totals["properties"], "operation": operation},
        "required": [*totals["required"], "operation"],
    }


def _outcome() -> Schema:
    required: dict[str, Schema] = {
        "done": _count("Addresses whose step is done."),
        "held": _count("Launches that were not sent."),
        "failed": _list(_ref("reason"), "Steps that failed."),
        "skipped": _list(_ref("reason"), "Steps that were not begun."),
        "unknown": _list(_ref("reason"), "Steps of which nobody knows whether they were done."),
        "interrupted": _flag("It was stopped by a signal."),
        "mid_edit": _list(_ref("reason"), "Campaigns that stay halted, since their edit ended before its resume."),
    }
    return {"outcome": _object("How an apply ended.", required)}


def _reason() -> Schema:
    return _object("An address and why.", {"addr": _text("Its address.", pattern=ADDRESS), "reason": _text("Why.")})
