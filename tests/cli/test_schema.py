from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mscode.app.schemas import EDITED, NAMES, files, schema_of
from mscode.errors import ManifestError
from mscode.manifest.policies import load_policies
from mscode.manifest.yaml.tree import parse
from mscode.model.kind import registry
from mscode.model.project_file import is_test_file
from mscode.model.values import core

ROOT = Path(__file__).parents[2]


def _data(text: str) -> Any:
    return core(parse(text.encode(), "t.yaml")[0].data())


@pytest.mark.parametrize("name", files())
def test_the_file_in_the_repository_is_the_generated_one(name: str) -> None:
    assert (ROOT / "schema" / name).read_text(encoding="utf-8") == files()[name], "run `make schemas`"


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_what_the_file_holds(cli: Any, name: str) -> None:
    ended = cli("schema", name)
    assert (ended.code, ended.out) == (0, files()[f"{name}.schema.json"])


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_a_schema_and_says_what_it_describes(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(name))
    assert schema_of(name)["description"]


@pytest.mark.parametrize("name", EDITED)
def test_the_twin_is_a_draft_07_schema_without_newer_keywords(cli: Any, name: str) -> None:
    twin = json.loads(cli("schema", name, "--draft", "07").out)
    jsonschema.Draft7Validator.check_schema(twin)
    assert twin["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$defs" not in json.dumps(twin)


def test_there_is_no_twin_of_what_no_editor_opens(cli: Any) -> None:
    assert cli("schema", "plan", "--draft", "07").code == 64


@pytest.mark.parametrize("section", registry())
@pytest.mark.parametrize("draft", ["2020-12", "07"])
def test_each_kinds_example_is_valid(section: str, draft: str) -> None:
    document = _data(f"apiVersion: mscode/v1\n{registry()[section].example}")
    jsonschema.validate(document, schema_of("manifest", draft))


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("[!.]*.yaml")), ids=lambda p: p.name)
def test_each_example_is_valid(path: Path) -> None:
    of_files = {"mscode.yaml": "project", "fleet.yaml": "fleet"}
    name = of_files.get(path.name) or ("test" if is_test_file(path.name) else "manifest")
    jsonschema.validate(_data(path.read_text(encoding="utf-8")), schema_of(name))


@pytest.mark.parametrize("draft", ["2020-12", "07"])
@pytest.mark.parametrize(
    "body",
    [
        "groups: {donors: {descripton: x}}",
        "group: {}",
        "groups: {1donors: {}}",
        "groups: {donors: {lifecycle: {onRemoval: keep}}}",
        "groups: {donors: {members: {fliter: x}}}",
        "rsvpCalls: {invite: {}}",
        "filters: {f: {conditions: [{field: shoeSize, operator: ==, value: 1}]}}",
        "groups: {donors: {import: [1]}}",
    ],
)
def test_what_mscode_refuses_by_its_form_the_schema_refuses(body: str, draft: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_data(f"apiVersion: mscode/v1\n{body}"), schema_of("manifest", draft))


@pytest.mark.parametrize("draft", ["2020-12", "07"])
@pytest.mark.parametrize(
    "body",
    [
        "accounts: {a: {phone: +358401234567, zip: 00100, note: no, firstName: 1_000}}",
        "groups: {g: {import: 12, lifecycle: {preventDestroy: true, onRemoval: delete, ignoreChanges: [name]}}}",
        'groups: {g: {import: {production: "12", staging: 13}, renamedFrom: old}}',
        "groups: {g: {members: {phones: [+358401234567]}}}",
        "groups:",
        "voiceFiles: {v: {text: {file: words.txt}, voiceCode: en}}",
    ],
)
def test_text_that_needs_no_quotes_in_mscode_needs_none_in_the_schema(body: str, draft: str) -> None:
    jsonschema.validate(_data(f"apiVersion: mscode/v1\n{body}"), schema_of("manifest", draft))


def test_every_field_of_a_manifest_has_a_description() -> None:
    bare = [
        f"{name}.{field}"
        for name, spec in schema_of("manifest")["$defs"].items()
        for field, schema in spec.get("properties", {}).items()
        if "description" not in schema and "$ref" not in schema
    ]
    assert bare == []


REUSE = """\
groups:
  donors:
    forEach: ${var.cities}
    name: Donors of ${each.value.name}
    import: ${each.value.id}
    lifecycle: {preventDestroy: "${var.isLive}", ignoreChanges: "${var.ignored}", onRemoval: "${var.removal}"}
    members: {filter: "adults.${each.key}", accounts: "${var.people}", exclusive: "${var.exclusive}"}
  volunteers: {forEach: [espoo, 2026, yes], members: "${var.members}", lifecycle: "${var.lifecycle}"}
  guests: {forEach: {espoo: {id: 1}, turku: }, import: {production: "${each.value.id}"}}
rsvpCalls:
  invite:
    state: ${var.state}
    endTime: ${var.end}
    activeFrom: ${var.from}
    activeTo: ${var.to}
    activeWeekdays: ["${var.day}"]
    voiceFiles: ${var.voices}
    actionButtons: {accept: "${var.button}", decline: ["${var.other}"]}
    receivers: ["${var.receiver}", {group: "donors.${each.key}"}]
    acceptsWanted: ${each.value.accepts}
    receiverWebhookUrl: ${var.hook}
    meta: ${var.meta}
filters:
  adults: {conditions: [{field: "${var.field}", operator: "${var.operator}", value: "${var.value}"}]}
"""


@pytest.mark.parametrize("draft", ["2020-12", "07"])
def test_a_reference_may_stand_wherever_a_value_does(draft: str) -> None:
    jsonschema.validate(_data(f"apiVersion: mscode/v1\n{REUSE}"), schema_of("manifest", draft))


@pytest.mark.parametrize("draft", ["2020-12", "07"])
@pytest.mark.parametrize(
    "body",
    [
        "groups: ${var.groups}",
        "groups: {donors: '${var.donors}'}",
        "groups: {donors: {forEach: espoo}}",
        "groups: {donors: {forEach: {a.b: 1}}}",
        "groups: {donors: {members: 'no reference'}}",
        "rsvpCalls: {invite: '${var.invite}'}",
    ],
)
def test_a_reference_is_no_object_and_a_text_without_one_no_reference(body: str, draft: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_data(f"apiVersion: mscode/v1\n{body}"), schema_of("manifest", draft))


@pytest.mark.parametrize("draft", ["2020-12", "07"])
def test_variables_are_part_of_the_project_schema(draft: str) -> None:
    text = """\
apiVersion: mscode/v1
project: demo
environments: {live: {url: "sandbox:", variables: {city: Espoo, cities: [a]}}}
variables:
  city: {default: Turku, allowed: [Turku, Espoo], description: Where, secret: false}
  cities: {type: list}
envVars: [HOST]
"""
    jsonschema.validate(_data(text), schema_of("project", draft))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_data(text.replace("type: list", "type: set")), schema_of("project", draft))


POLICY = {"name": "few", "message": "m", "expression": "true"}
POLICY_TEST = {"name": "t", "expect": "pass", "plan": {"reach": {}}}


def _is_read_as_a_policy(folder: Path, document: Any) -> bool:
    file = folder / "policies" / ("x_test.yaml" if "expression" not in document else "x.yaml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document), encoding="utf-8")
    try:
        load_policies(folder)
    except ManifestError:
        return False
    return True


@pytest.mark.parametrize("draft", ["2020-12", "07"])
@pytest.mark.parametrize(
    ("document", "is_one"),
    [
        (POLICY, True),
        (POLICY | {"apiVersion": "mscode/v1", "level": "warn", "tests": [POLICY_TEST]}, True),
        (POLICY | {"message": 7}, True),
        (POLICY | {"name": "Few"}, False),
        (POLICY | {"level": "error"}, False),
        (POLICY | {"expresion": "true"}, False),
        (POLICY | {"apiVersion": "mscode/v2"}, False),
        (POLICY | {"tests": [POLICY_TEST | {"expect": "maybe"}]}, False),
        (POLICY | {"tests": [POLICY_TEST | {"plan": [1]}]}, False),
        ({"expression": "true", "name": "few"}, False),
        ({"tests": []}, False),
        ({"tests": [{"name": "t", "policy": "few"}]}, False),
    ],
)
def test_the_schema_of_policies_takes_what_mscode_takes(
    tmp_path: Path, document: dict[str, Any], is_one: bool, draft: str
) -> None:
    validator = jsonschema.validators.validator_for(schema_of("policy", draft))(schema_of("policy", draft))
    assert validator.is_valid(document) is is_one
    assert _is_read_as_a_policy(tmp_path, document) is is_one


def test_the_policies_that_the_docs_show_fit_the_schema() -> None:
    blocks = re.findall(
        r"```yaml\n(# policies/.*?)```", (ROOT / "docs" / "policy.md").read_text(encoding="utf-8"), re.DOTALL
    )
    documents = [core(node.data()) for block in blocks for node in parse(block.encode(), "t.yaml")]
    assert len(documents) >= 2
    for document in documents:
        jsonschema.validate(document, schema_of("policy"))


def test_an_editor_finds_the_schema_of_policies(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mscode.yaml").write_text("x", encoding="utf-8")
    rule = tmp_path / "policies" / "few.yaml"
    rule.parent.mkdir()
    rule.write_text("# yaml-language-server: $schema=../.mscode-schema/policy.schema.json\n", encoding="utf-8")
    assert cli("schema", "--restore", str(tmp_path)).code == 0
    written = tmp_path / ".mscode-schema" / "policy.schema.json"
    assert json.loads(written.read_text(encoding="utf-8")) == schema_of("policy", "07")
