"""`--var` and `--var-file` on every command that reads manifests, and secrets that none of them shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.demo_project import PROJECT

from mscode.cli.app import COMMANDS

SECRET = 'k3y/"quoted"-and-ö'
VARIABLES = """\
variables:
  city: {allowed: [Espoo, Turku]}
  key: {secret: true, default: harmless-default}
"""
GROUPS = """\
apiVersion: mscode/v1
groups:
  donors:
    description: Donors in ${var.city}, key ${var.key}
"""
#: What stands before the folder of each command that reads manifests.
READING: dict[str, tuple[str, ...]] = {
    "validate": (),
    "plan": (),
    "rehearse": (),
    "apply": ("--auto-approve",),
    "destroy": ("--auto-approve",),
    "render": (),
    "graph": (),
    "import": ("groups.donors", "404"),
    "continue": ("rsvpCalls.invite", "--start", "2030-01-01 09:00", "--end", "2030-01-02 09:00"),
}
#: Those that find no such object in the account.
FINDS_NONE = ("import", "continue")


@pytest.fixture
def reused(tmp_path: Path) -> Path:
    (tmp_path / "mscode.yaml").write_text(PROJECT + VARIABLES, encoding="utf-8")
    (tmp_path / "groups.yaml").write_text(GROUPS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_manifests_takes_variables(command: str, cli: Any, reused: Path) -> None:
    without = cli(command, *READING[command], reused)
    assert without.code == 1 and 'The variable "city" has no value' in without.err
    given = cli(command, *READING[command], reused, "--var", "city=Espoo")
    assert "has no value" not in given.err
    assert given.code == (1 if command in FINDS_NONE else 0), given.err
    assert cli(command, *READING[command], reused, "--var", "city=Oulu").code == 64


def test_every_other_command_takes_none(cli: Any) -> None:
    others = set(COMMANDS) - set(READING)
    taking = {name for name in others if "--var-file" in cli(name, "--help").out}
    # They go on without manifests that they cannot read; export writes secrets as the variables that hold them; the tests of a
    # project come before its manifests.
    assert taking == {"drift", "export", "test"}


@pytest.mark.parametrize("text", ["city", "=Espoo", ""])
def test_a_variable_needs_a_name_and_a_value(text: str, cli: Any, reused: Path) -> None:
    ended = cli("validate", reused, "--var", text)
    assert ended.code == 64
    assert "the form is NAME=VALUE" in ended.err


def test_a_value_may_hold_an_equals_sign_and_be_empty(cli: Any, reused: Path) -> None:
    ended = cli("render", reused, "--json", "--var", "city=Espoo", "--var", "key=a=b=c=d=e")
    assert ended.code == 0 and "a=b=c" not in ended.out
    (reused / "mscode.yaml").write_text(PROJECT + "variables: {city: {}, key: {}}\n", encoding="utf-8")
    (found,) = json.loads(cli("render", reused, "--json", "--var", "city=a=b", "--var", "key=").out)
    assert found["fields"]["description"] == "Donors in a=b, key "


def test_files_and_the_process_give_values_too(cli: Any, reused: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (reused / "live.vars.yaml").write_text("city: Turku\n")
    (found,) = json.loads(cli("render", reused, "--json", "--var-file", reused / "live.vars.yaml").out)
    assert found["fields"]["description"].startswith("Donors in Turku")
    monkeypatch.setenv("MSCODE_VAR_city", "Espoo")
    (found,) = json.loads(cli("render", reused, "--json").out)
    assert found["fields"]["description"].startswith("Donors in Espoo")


@pytest.mark.parametrize("form", ["sarif", "gitlab", "json", "rdjsonl", "github"])
def test_a_mistyped_variable_is_a_finding_in_the_formats_of_tools(form: str, cli: Any, reused: Path) -> None:
    """A report that is missing looks to the tool that reads it as a check that was never made."""
    ended = cli("validate", reused, "--format", form, "--var", "nope=1")
    assert ended.code == 64
    assert "there is no variable" in ended.out
    if form == "sarif":
        (result,) = json.loads(ended.out)["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("mscode.yaml")


def test_the_error_of_a_file_of_variables_is_told_with_its_place(cli: Any, reused: Path) -> None:
    file = reused / "live.vars.yaml"
    file.write_text("# live\nctiy: Turku\n")
    ended = cli("validate", reused, "--var-file", file, "--json")
    told = json.loads(ended.out)["diagnostics"]
    assert [(one["summary"], one["line"], one["hint"]) for one in told if one["code"] == "unknown-variable"] == [
        ('There is no variable "ctiy"', 2, 'Did you mean "city"?')
    ]


# ---- secrets ---------------------------------------------------------------------------------------------------------


def _is_silent(text: str, secret: str = SECRET) -> bool:
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], secret[:5]}
    return not any(form in text for form in forms)


def test_no_output_shows_a_secret(cli: Any, reused: Path) -> None:
    given = ("--var", "city=Espoo", "--var", f"key={SECRET}")
    lines = (
        ("validate", reused), ("render", reused), ("render", reused, "--json"), ("plan", reused), ("plan", reused, "--json"),
        ("apply", reused, "--auto-approve", "--json"), ("plan", reused, "--destroy"), ("plan", reused, "--json", "--destroy"),
        ("destroy", reused, "--auto-approve"),
    )  # fmt: skip
    for line in lines:
        ended = cli(*line, *given)
        assert ended.code == 0, ended.err
        assert _is_silent(ended.out + ended.err), (line, ended.out + ended.err)
    assert "(secret)" in cli("render", reused, *given).out


def test_the_state_keeps_no_secret(cli: Any, reused: Path) -> None:
    assert cli("apply", reused, "--auto-approve", "--var", "city=Espoo", "--var", f"key={SECRET}").code == 0
    kept = "".join(
        file.read_text("utf-8", "replace") for file in (reused / ".mscode" / "sandbox").iterdir() if file.is_file()
    )
    assert "groups" in kept and _is_silent(kept)
    shown = cli("state", "show", "groups.donors", reused, "--json")
    assert shown.code == 0 and _is_silent(shown.out)


def test_a_changed_secret_shows_neither_the_old_nor_the_new_one(cli: Any, reused: Path) -> None:
    old, new = "0ld-s3cr3t-value", "n3w-s3cr3t-value"
    assert cli("apply", reused, "--auto-approve", "--var", "city=Espoo", "--var", f"key={old}").code == 0
    for form in ((), ("--json",), ("--destroy",), ("--json", "--destroy")):
        ended = cli("plan", reused, *form, "--var", "city=Espoo", "--var", f"key={new}")
        assert ended.code == 0 and "(secret)" in ended.out
        assert _is_silent(ended.out, old) and _is_silent(ended.out, new), ended.out
    changed = json.loads(cli("plan", reused, "--json", "--var", "city=Espoo", "--var", f"key={new}").out)
    (change,) = [one["change"] for one in changed["resource_changes"]]
    assert change["actions"] == ["update"] and change["before_sensitive"]["description"] is True


def test_what_once_held_a_secret_is_not_shown_when_it_goes(cli: Any, reused: Path) -> None:
    old = "0ld-s3cr3t-value"
    assert cli("apply", reused, "--auto-approve", "--var", "city=Espoo", "--var", f"key={old}").code == 0
    (reused / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups: {other: {}}\n")
    (reused / "mscode.yaml").write_text(PROJECT, encoding="utf-8")
    for form in ((), ("--json",)):
        ended = cli("plan", reused, *form)
        assert ended.code == 0 and "donors" in ended.out
        assert _is_silent(ended.out, old), ended.out


def test_the_law_holds_where_a_secret_is_part_of_a_field(cli: Any, reused: Path) -> None:
    given = ("--var", "city=Espoo", "--var", f"key={SECRET}")
    assert cli("apply", reused, "--auto-approve", *given).code == 0
    assert cli("plan", reused, "--detailed-exitcode", *given).code == 0
    assert cli("plan", reused, "--detailed-exitcode", "--var", "city=Turku", "--var", f"key={SECRET}").code == 2
