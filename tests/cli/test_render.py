"""`mscode render`: manifests as they are after substitution; `mscode graph`: what depends on what."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.demo_project import PROJECT

from mscode.manifest.yaml.tree import parse

VARIABLES = """\
variables:
  cities: {type: map, default: {turku: {name: Turku}, espoo: {name: Espoo}}}
"""
MANIFEST = """\
apiVersion: mscode/v1
groups:
  donors:
    forEach: ${var.cities}
    description: "Donors: $${city} is ${each.value.name}"
    members: {filter: "adults.${each.key}", phones: [+358405550100]}
  end: {}
filters:
  adults:
    forEach: ${var.cities}
    conditions:
      - {field: city, operator: ==, value: "${each.value.name}"}
      - {field: yearOfBirth, operator: "<=", value: 2008}
accounts:
  anna: {firstName: Anna, lastName: "Virta", phone: +358401234567, zip: 00100, note: "no"}
voiceFiles:
  hello: {text: "Hello!\\nThis is us.", voiceCode: en}
"""
RENDERED = """\
apiVersion: mscode/v1
accounts:
  # all.yaml:15
  anna:
    firstName: "A•••"
    lastName: "V•••"
    phone: "+35840•••4567"
    zip: 00100
    note: "n•••"
filters:
  # all.yaml:9
  "adults.espoo":
    conditions:
      - field: city
        operator: ==
        value: Espoo
      - field: yearOfBirth
        operator: "<="
        value: 2008
  # all.yaml:9
  "adults.turku":
    conditions:
      - field: city
        operator: ==
        value: Turku
      - field: yearOfBirth
        operator: "<="
        value: 2008
groups:
  # all.yaml:3
  "donors.espoo":
    description: "Donors: ${city} is Espoo"
    members:
      filter: "adults.espoo"
      phones:
        - "+35840•••0100"
  # all.yaml:3
  "donors.turku":
    description: "Donors: ${city} is Turku"
    members:
      filter: "adults.turku"
      phones:
        - "+35840•••0100"
  # all.yaml:7
  end:
voiceFiles:
  # all.yaml:17
  hello:
    text: |-
      Hello!
      This is us.
    voiceCode: en
"""


@pytest.fixture
def reused(tmp_path: Path) -> Path:
    (tmp_path / "mscode.yaml").write_text(PROJECT + VARIABLES, encoding="utf-8")
    (tmp_path / "all.yaml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def test_render_prints_one_document_in_order(cli: Any, reused: Path) -> None:
    ended = cli("render", reused)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == RENDERED
    assert len(parse(ended.out.encode(), "out.yaml")) == 1


def test_render_says_the_same_in_another_order(cli: Any, reused: Path) -> None:
    (reused / "mscode.yaml").write_text(
        PROJECT
        + VARIABLES.replace("turku: {name: Turku}, espoo: {name: Espoo}", "espoo: {name: Espoo}, turku: {name: Turku}")
    )
    assert cli("render", reused).out == RENDERED


def test_render_in_json_says_where_each_object_stands_and_masks_the_same(cli: Any, reused: Path) -> None:
    found = {one["address"]: one for one in json.loads(cli("render", reused, "--json").out)}
    assert list(found) == sorted(found)
    assert found["accounts.anna"] == {
        "address": "accounts.anna",
        "source": {"file": "all.yaml", "line": 15, "column": 3},
        "fields": {"firstName": "A•••", "lastName": "V•••", "phone": "+35840•••4567", "zip": "00100", "note": "n•••"},
    }
    conditions = found["filters.adults.turku"]["fields"]["conditions"]
    assert conditions[0]["value"] == "Turku" and conditions[1]["value"] == 2008
    assert found["groups.end"]["fields"] == {}


def test_render_stops_at_an_error_with_its_place(cli: Any, reused: Path) -> None:
    (reused / "all.yaml").write_text("apiVersion: mscode/v1\ngroups:\n  donors: {description: '${var.citis}'}\n")
    ended = cli("render", reused)
    assert (ended.code, ended.out) == (1, "")
    assert 'Error: There is no variable "citis"' in ended.err
    assert "on all.yaml line 3, column 26" in ended.err
    assert 'Did you mean "cities"?' in ended.err


def test_what_render_prints_of_a_project_without_forEach_or_people_renders_to_itself(cli: Any, reused: Path) -> None:
    (reused / "all.yaml").write_text(
        'apiVersion: mscode/v1\nvoiceFiles:\n  v: {text: "a: b # c", voiceCode: "no", description: "- \'x\' [y"}\n'
        "groups:\n  g: {description: 1_000, lifecycle: {preventDestroy: true}, import: 12}\n"
    )
    once = cli("render", reused).out
    (reused / "all.yaml").write_text(once)
    again = cli("render", reused)
    assert again.code == 0, again.err
    assert re.sub(r":\d+\n", "\n", again.out) == re.sub(r":\d+\n", "\n", once)


# ---- graph -----------------------------------------------------------------------------------------------------------


def test_graph_draws_an_arrow_to_what_is_used(cli: Any, reused: Path) -> None:
    ended = cli("graph", reused)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "flowchart LR"
    names = dict(re.findall(r'^  (n\d+)\["([^"]+)"\]$', ended.out, re.MULTILINE))
    assert len(names) == 7 and "groups.end" in names.values()
    arrows = {
        (names[user], names[used]) for user, used in re.findall(r"^  (n\d+) --> (n\d+)$", ended.out, re.MULTILINE)
    }
    assert arrows == {
        ("groups.donors.espoo", "filters.adults.espoo"),
        ("groups.donors.turku", "filters.adults.turku"),
    }


def test_graph_in_dot_quotes_every_name(cli: Any, reused: Path) -> None:
    lines = cli("graph", reused, "--format", "dot").out.splitlines()
    assert (lines[0], lines[-1]) == ("digraph mscode {", "}")
    assert '  "groups.donors.espoo" -> "filters.adults.espoo";' in lines
    assert '  "groups.end";' in lines


def test_neither_needs_a_network_or_a_token(cli: Any, reused: Path) -> None:
    for command in ("render", "graph"):
        assert cli("--env", "production", command, reused).code == 0
