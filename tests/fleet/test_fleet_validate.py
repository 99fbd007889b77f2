"""`mscode fleet validate`: every project in a process of its own, without tokens and network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fleet.conftest import FleetFolder

CLIENTS = {"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}
ACCOUNT = {"url": "https://api.example.com/v1"}
VALID = "apiVersion: mscode/v1\ngroups: {donors: {}}\n"
WRONG = "apiVersion: mscode/v1\ngroups:\n  donors: {nam: x}\n"


@pytest.fixture
def three(fleet: FleetFolder) -> FleetFolder:
    """Clients a, b and c, of which b is not valid."""
    for name in "abc":
        (fleet.project(f"clients/{name}", production=ACCOUNT) / "groups.yaml").write_text(
            WRONG if name == "b" else VALID
        )
    fleet.write([CLIENTS])
    return fleet


def test_one_that_is_not_valid_stops_no_other(three: FleetFolder) -> None:
    ended = three.cli("fleet", "validate")
    assert (ended.code, ended.out) == (1, "")
    for line in (
        "clients/a: valid (1 object)",
        "clients/b: not valid (exit code 1)",
        "clients/c: valid (1 object)",
        'Error: Unknown field "nam"',
        "  on clients/b/groups.yaml line 3, column 12",
        '  Did you mean "name"?',
        "1 of 3 projects is not valid.",
    ):
        assert line in ended.err
    (three.root / "clients/b/groups.yaml").write_text(VALID)
    ended = three.cli("fleet", "validate", "--parallel", "1")
    assert ended.code == 0 and "Success! 3 projects are valid." in ended.err


def test_as_json(three: FleetFolder) -> None:
    ended = three.cli("fleet", "validate", "--json")
    assert ended.code == 1
    data = ended.json
    assert (data["valid"], data["exit_code"], data["diagnostics"]) == (False, 1, [])
    assert [(row["path"], row["exit_code"], row["report"]["valid"]) for row in data["projects"]] == [
        ("clients/a", 0, True),
        ("clients/b", 1, False),
        ("clients/c", 0, True),
    ]
    assert data["projects"][1]["report"]["diagnostics"][0]["file"] == "groups.yaml"


def test_for_review_tools_files_are_named_from_the_repository(three: FleetFolder) -> None:
    ended = three.cli("fleet", "validate", "--format", "github")
    assert ended.code == 1
    assert ended.out.startswith("::error file=clients/b/groups.yaml,line=3,col=12,")
    results = three.cli("fleet", "validate", "--format", "sarif").json["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert "clients/b/groups.yaml" in places and all(place.startswith("clients/") for place in places)
    reported = three.cli("fleet", "validate", "--format", "gitlab").json
    assert reported[0]["location"]["path"] == "clients/b/groups.yaml"


def test_a_shard_and_a_wave(three: FleetFolder) -> None:
    three.write([CLIENTS, {**CLIENTS, "path": "clients/b", "wave": 1}])
    assert three.cli("fleet", "validate", "--wave", "2").code == 0
    assert three.cli("fleet", "validate", "--wave", "1").code == 1
    codes = [three.cli("fleet", "validate", "--shard", f"{at}/3").code for at in (1, 2, 3)]
    assert codes == [0, 1, 0]
    assert three.cli("fleet", "validate", "--shard", "4/3").code == 64


def test_a_rule_refuses(three: FleetFolder) -> None:
    project = {"apiVersion": "mscode/v1", "project": "b", "checks": {"manifest/unused": "deny"}}
    project |= {"variables": {"city": {"default": "Espoo"}}, "environments": {"production": ACCOUNT}}
    (three.root / "clients/b/mscode.yaml").write_text(json.dumps(project))
    (three.root / "clients/b/groups.yaml").write_text(VALID)
    ended = three.cli("fleet", "validate")
    assert ended.code == 5
    assert "manifest/unused: " in ended.err and "clients/b: not valid (exit code 5)" in ended.err


@pytest.mark.parametrize("missing", ["clients/d", "clients/a"])
def test_a_project_whose_file_is_gone(three: FleetFolder, missing: str) -> None:
    three.write([CLIENTS, {"path": missing}])
    (three.root / missing / "mscode.yaml").unlink(missing_ok=True)
    (three.root / "clients/b/groups.yaml").write_text(VALID)
    ended = three.cli("fleet", "validate")
    assert ended.code == 1
    assert (
        f"{missing}: not valid" in ended.err and "There is no mscode.yaml" in ended.err
    ) or "no file or folder" in ended.err
    assert "clients/c: valid" in ended.err


def test_an_environment_that_a_project_does_not_have_is_an_error_of_fleet_yaml(three: FleetFolder) -> None:
    (three.root / "clients/b/groups.yaml").write_text(VALID)
    three.project("clients/b", productions=ACCOUNT)
    ended = three.cli("fleet", "validate")
    assert ended.code == 1
    assert 'Error: clients/b: There is no environment "production"' in ended.err
    assert "on fleet.yaml line 6" in ended.err and 'Did you mean "productions"?' in ended.err
    assert "::error file=fleet.yaml,line=6," in three.cli("fleet", "validate", "--format", "github").out


def test_two_projects_of_one_identity_in_one_account(fleet: FleetFolder) -> None:
    for path in ("a", "b"):
        fleet.project(path, name="drive", production=ACCOUNT)
    fleet.write([{"path": path, "environment": "production", "token": {"env": "SHARED"}} for path in ("a", "b")])
    ended = fleet.cli("fleet", "validate")
    assert ended.code == 1 and "a and b are both project drive of one account" in ended.err
    fleet.write([{"path": path, "environment": "production", "token": {"env": f"OF_{path}"}} for path in ("a", "b")])
    assert fleet.cli("fleet", "validate").code == 0
    fleet.write([{"path": path} for path in ("a", "b")])  # a sandbox each
    assert fleet.cli("fleet", "validate").code == 0


def test_no_process_has_a_token_and_the_rest_of_the_environment_is_as_it_was(
    fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`${env.NAME}` reads the environment of the process: what is not there is an error, and what is there is valid."""
    names = ("TOKEN_B", "OWN_B", "MSCODE_FLEET_KEY", "CITY")
    for name in names:
        monkeypatch.setenv(name, "x" * 40)
    project: dict[str, Any] = {"apiVersion": "mscode/v1", "project": "a", "envVars": list(names)}
    project["environments"] = {"production": ACCOUNT}
    folder = fleet.project("clients/a", text=json.dumps(project))
    fleet.project("clients/b", production={**ACCOUNT, "token": {"env": "OWN_B"}})
    fleet.write([CLIENTS])
    for name in names:
        group = {"description": f"${{env.{name}}}"}
        (folder / "groups.yaml").write_text(json.dumps({"apiVersion": "mscode/v1", "groups": {"donors": group}}))
        assert fleet.cli("fleet", "validate").code == (0 if name == "CITY" else 1), name
