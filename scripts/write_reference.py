"""Writes docs/manifest.md, the reference of manifests and project files, from the specs (`python scripts/write_reference.py`).

What stands in it about fields comes from the same specs that check a manifest and make the JSON Schemas; only the words
around them are written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mscode.manifest.project.file import GUARDS
from mscode.manifest.schema import manifest_schema, project_schema
from mscode.model.kind import Kind, registry
from mscode.plan.guards.setting import DEFAULTS

FILE = Path(__file__).resolve().parent.parent / "docs" / "manifest.md"

Schema = Mapping[str, Any]
REFERENCE = "#/$defs/Reference"

HEAD = """\
# Manifests and project files

This page is generated from the specs that mscode checks manifests with (`scripts/write_reference.py`).

A project is a folder with `mscode.yaml`. Its manifests are all files `**/*.yaml` and `**/*.yml` in it and below it (`.YAML` is the
same ending), except hidden ones, `mscode.yaml`, `*.vars.yaml`, [tests](testing.md) (`*.test.yaml`, `*.test.yml`),
`policies/`, and folders with an `mscode.yaml` of their own. Together they are one desired state: a name is unique per section
across files, and so is the live `name` of groups and voice files.

- A manifest begins with `apiVersion: mscode/v1`; then come any of the sections below. Each maps a name (a letter, then
  letters, digits, `-` and `_`, at most 63) to an object. Its address is `<section>.<name>`, like `rsvpCalls.invite`.
- Unknown keys and duplicate keys are errors. Anchors, aliases and tags are refused. `no`, `1_000`, `12:30:45` and
  `+358401234567` stay the text that was typed wherever a field is a text.
- Phones are written in E.164, like `+358401234567`, or as people write them: `+358 (0)40-123 4567`, `00358401234567`,
  `tel:+358-40-1234567`; national numbers too where `mscode.yaml` sets `region`. Two in one value, extensions, decimals,
  letters, and numbers without their area code are errors. Live accounts are read in the same way.
- In `operations` and `meta` an unquoted number is a number, but one with a leading zero or a plus sign is the text that was
  typed.
- Times are ISO 8601, like `2026-12-01T09:00:00+02:00`; without an offset they are in the project's `timezone`.
- Paths of files are relative to the manifest and stay inside the project.
- `${var.name}`, `${env.NAME}`, `${each.key}` and `${each.value}` may stand in every value; `forEach` makes several objects
  of one, with addresses like `rsvpCalls.invite.espoo`. See [reuse](reuse.md).
- A field that leaves a manifest goes back to its default. `startTime` and `expiresAt` stay as they are, until the campaign is made
  anew: nobody is called earlier because a line is gone. To call at once, write
  `startTime: now`: where a later start stood that is a launch, and once the campaign is launched it is as a start that is left out.
- A section or object that leaves is removed: what has reached nobody is deleted, a campaign that is calling is halted, one that
  has called stays with its results.
"""

GUARD_WORDS: Mapping[str, str] = {
    "maxPeople": "People that the launches of one plan may call.",
    "maxCalls": "Calls that the launches of one plan may make, every redial counted.",
    "maxRedials": "`maxRedials` of a campaign that is made or launched, or raised while it is halted.",
    "maxDeletes": "Objects that one plan may delete or replace; a number, or a share of all managed ones like `20%`.",
    "maxMemberRemovals": "Members that one group may lose; a number, or a share like `20%` (of a group of ten or more).",
    "minChance": (
        "The least chance with which a launch must reach its `acceptsWanted` in time, like `80%`. `plan --rehearse`, "
        "`rehearse` and `apply` forecast it; where nothing is known of how people react it only warns. "
        "See [policy](policy.md#chance)."
    ),
    "callingHours": (
        "A launch that may ring outside them: "
        '`{from: "09:00", to: "20:00", weekdays: [monday], timezone: Europe/Helsinki}`; the last two may be left out.'
    ),
    "countryHours": (
        "A launch that may ring people outside the calling hours of the country of their number: `all`, a list like "
        '`[FR, US]`, or `{countries: [FR], own: {EE: {from: "09:00", to: "18:00", timezone: Europe/Tallinn}}}`. '
        "See [policy](policy.md). Warns unless it has `level: deny`."
    ),
    "publicHolidays": (
        "A launch that may ring on a public holiday: of `{countries: [FI, SE]}`, or (`all`) of the country of each number. "
        "Needs `mscode[policy]`."
    ),
    "maxAttemptsPerPerson": (
        "Calls that one person may get in a while through all campaigns of the account, like `{attempts: 6, days: 14}`."
    ),
    "doNotCall": (
        "A launch that reaches a number of this file: one number a line, or a CSV with a column `phone`. "
        "A line that begins with # is a comment; any other that is not understood is an error. "
        "With `{value: never.csv, action: exclude}` its people are left out of groups, too; "
        "see [policy](policy.md#do-not-call-list). "
        "The path is relative to `mscode.yaml` and stays inside the project."
    ),
    "webhookHosts": "A webhook to a host that is not in this list, like `[hooks.example.com]`, or without https: of what "
    "is made, launched, resumed, adopted, or reaches more people, whoever wrote it.",
    "duplicatePerson": "One number reached twice by one campaign, through any mix of receivers.",
    "unreadableNumber": (
        "A launch that reaches a live account whose phone cannot be read as a number, for it is compared with nobody. "
        "With a `doNotCall` file it takes `--override doNotCall` as well."
    ),
    "calledAlready": (
        "A new address that calls whom another RSVP call or click-to-call was to call, which leaves the manifests in the same "
        "plan, or which is live with this project's marker and known to neither state nor manifests."
    ),
    "unfinishedCampaign": (
        "A launch to those whom a campaign did not reach (`reply: unreached`), before it is `complete`, or halted with its "
        "`endTime` past."
    ),
    "emptyProject": "A project without objects, where the state knows some: only `mscode destroy` deletes everything.",
    "acceptsWanted": "A campaign that wants more people to accept than it reaches.",
    "samePersonSameDay": "One person whom two campaigns may call on the same day.",
    "doNotCallGrows": (
        "A do-not-call file that lacks a number which it had at the last apply. `--allow-unsuppress` allows it."
    ),
    "durableState": "A launch under CI while the state lies in a local folder, which a job throws away.",
}
#: Built-in guards, and what they do unless mscode.yaml gives them another level.
BUILT_IN = {
    "duplicatePerson": "refuses",
    "unreadableNumber": "refuses",
    "calledAlready": "refuses",
    "unfinishedCampaign": "refuses",
    "emptyProject": "refuses",
    "acceptsWanted": "refuses",
    "samePersonSameDay": "warns",
    "doNotCallGrows": "refuses",
    "durableState": "refuses",
}
GUARDS_HEAD = """\
### guards

A guard is a limit, like `maxPeople: 5000`, or `{value: 5000, level: warn, reason: Why}`. A plan that passes a limit is
printed and exits 5, and apply sends nothing; with `level: warn` it only says so. `--override NAME` goes on, and the plan
shows it.

| guard | default | what it limits or refuses |
|---|---|---|"""


def reference() -> str:
    """The whole page."""
    if set(GUARD_WORDS) != set(GUARDS):
        raise SystemExit(f"guards without words, or the other way round: {set(GUARD_WORDS) ^ set(GUARDS)}")
    return "\n".join([HEAD, *_contents(), *_manifests(), *_project()])


def _contents() -> Iterator[str]:
    names = [*registry(), "Every object", "mscode.yaml"]
    yield "Sections: " + " · ".join(f"[{name}](#{_anchor(name)})" for name in names)
    yield ""


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-").replace(".", "")


# ---- manifests -------------------------------------------------------------------------------------------------------


def _manifests() -> Iterator[str]:
    definitions = manifest_schema()["$defs"]
    for kind in registry().values():
        yield from _kind(kind, definitions)
    common = next(iter(registry().values())).spec.__name__
    yield from ("## Every object", "", "Beside its fields, every object takes:", "")
    yield from _table(_only_common(definitions[common]), definitions)
    yield from _below("lifecycle", definitions["Lifecycle"], definitions)


COMMON = ("import", "renamedFrom", "lifecycle", "forEach")


def _kind(kind: Kind, definitions: Schema) -> Iterator[str]:
    spec = definitions[kind.spec.__name__]
    own = {**spec, "properties": {k: v for k, v in spec["properties"].items() if k not in COMMON}}
    yield from (f"## {kind.section}", "", f"{kind.doc}", "", "```yaml", kind.example.strip(), "```", "")
    yield from _table(own, definitions)
    for field, schema in own["properties"].items():
        if name := _referred(schema):
            yield from _below(f"{kind.section}: {field}", definitions[name], definitions)


def _only_common(spec: Schema) -> Schema:
    """The fields every object takes, with words that fit every kind."""
    properties = {name: dict(spec["properties"][name]) for name in COMMON}
    properties["renamedFrom"]["description"] = "The name it had before: it is moved, not made anew."
    properties["import"]["description"] = (
        "The id of a live object to manage under this name, or a mapping of environments to ids."
    )
    forms = [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]
    properties["forEach"] = {"anyOf": forms, "description": FOR_EACH}
    properties["lifecycle"]["description"] = "What may happen to it, beyond its fields; see below."
    return {"properties": properties}


FOR_EACH = (
    "A list of names, a mapping, or `${var.name}` of one: such an object for each. Its address ends in the key, and so does "
    "the default of `name`; `${each.key}` and `${each.value}` stand in its fields."
)


def _sentence(spec: Schema) -> str:
    return str(spec.get("description", ""))


def _below(title: str, spec: Schema, definitions: Schema) -> Iterator[str]:
    yield from (f"### {title}", "", _sentence(spec), "")
    yield from _table(spec, definitions)


# ---- project files ---------------------------------------------------------------------------------------------------


def _project() -> Iterator[str]:
    schema = project_schema()
    definitions = schema["$defs"]
    yield from ("## mscode.yaml", "", _sentence(schema), "")
    yield from _table(schema, definitions)
    yield from _below("environments", definitions["EnvironmentFile"], definitions)
    yield "What `service` takes is in [Switches](sandbox.md#switches).\n"
    yield from _below("variables", definitions["Variable"], definitions)
    yield from _below("token", definitions["Token"], definitions)
    yield from _below("state", definitions["State"], definitions)
    yield from _guards()


def _guards() -> Iterator[str]:
    yield GUARDS_HEAD
    for name in GUARDS:
        default = DEFAULTS.get(name, BUILT_IN.get(name, "none"))
        yield f"| `{name}` | {default} | {GUARD_WORDS[name]} |"


# ---- tables ----------------------------------------------------------------------------------------------------------


def _table(spec: Schema, definitions: Schema) -> Iterator[str]:
    required = spec.get("required", ())
    yield from ("| field | what it takes | meaning |", "|---|---|---|")
    for name, schema in spec["properties"].items():
        words = [*(["**Required.**"] if name in required else []), _escaped(str(schema.get("description", "")))]
        if "default" in schema:
            words.append(f"Default: `{_plain(schema['default'])}`.")
        yield f"| `{name}` | {_type(schema, definitions)} | {' '.join(words)} |"
    yield ""


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    """What Markdown would read as its own signs; code stays as it is."""
    pieces = text.split("`")
    pieces[::2] = [piece.replace("*", "\\*").replace("<", "&lt;") for piece in pieces[::2]]
    return "`".join(pieces).replace("|", "\\|")


def _referred(schema: Schema) -> str:
    """The name of the spec that a field holds, or a list of; "" for none."""
    for one in _alternatives(schema):
        for target in _alternatives(one["items"]) if "items" in one else [one]:
            if "$ref" in target:
                return str(target["$ref"]).rpartition("/")[2]
    return ""


def _alternatives(schema: Schema) -> list[Schema]:
    """What a field takes, but null and references, which may stand everywhere."""
    found = schema.get("anyOf", [schema])
    return [one for one in found if one.get("type") != "null" and one.get("$ref") != REFERENCE]


def _type(schema: Schema, definitions: Schema) -> str:
    return " or ".join(dict.fromkeys(_one_type(one, definitions) for one in _alternatives(schema)))


#: JSON types as people call them. A text also takes what YAML would read as a number or a boolean.
NAMES = {
    "integer": "whole number",
    "boolean": "true or false",
    "object": "mapping",
    "number": "number",
    "string": "text",
}


def _one_type(schema: Schema, definitions: Schema) -> str:
    if "$ref" in schema:
        target = definitions[str(schema["$ref"]).rpartition("/")[2]]
        return _type(target, definitions) if "anyOf" in target else "mapping"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _choices(schema["enum"])
    if schema.get("format") == "uri":
        return "URL"
    if schema.get("examples"):
        return f"text like `{schema['examples'][0]}`"
    kind: Any = schema.get("type", "any value")
    if kind == "array":
        return _list(schema.get("items", {}), definitions)
    if kind == "object":
        return _mapping(schema, definitions)
    return "text" if isinstance(kind, list) else NAMES.get(kind, str(kind))


def _choices(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`".replace("|", "\\|") for value in values)


def _list(items: Schema, definitions: Schema) -> str:
    what = _type(items, definitions)
    one, _, more = what.partition(" ")
    several = {"mapping": "mappings", "text": "texts"}.get(one, one)
    return f"list of {several} {more}".rstrip()


def _mapping(schema: Schema, definitions: Schema) -> str:
    only = list(schema.get("properties", ()))
    if len(only) == 1:
        constants = [_plain(one["const"]) for one in _alternatives(schema["properties"][only[0]]) if "const" in one]
        value = constants[0] if constants else "path" if only == ["file"] else "id"
        return f"`{{{only[0]}: {value}}}`"
    values = schema.get("additionalProperties")
    return f"mapping of names to {_type(values, definitions)}" if isinstance(values, Mapping) else "mapping"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(reference() + "\n", encoding="utf-8")
    print("docs/manifest.md")
