from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_a_valid_project_says_so_on_stderr(cli: Any, project: Path) -> None:
    ended = cli("validate", project)
    assert (ended.code, ended.out, ended.err) == (0, "", "Success! 1 object in 1 file is valid.\n")


def test_every_error_of_every_file_is_shown_in_one_run(cli: Any, project: Path) -> None:
    (project / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups:\n  donors: {descripton: x}\n")
    (project / "more.yaml").write_text("apiVersion: mscode/v2\n")
    ended = cli("validate", project)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("Error: ") == 2
    assert "on groups.yaml line 3, column 12" in ended.err
    assert "on more.yaml line 1" in ended.err


@pytest.mark.parametrize("flags", [["--json"], ["--format", "json"]])
def test_json_goes_to_stdout_with_counts_and_places(cli: Any, project: Path, flags: list[str]) -> None:
    (project / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups:\n  donors: {descripton: x}\n")
    ended = cli("validate", project, *flags)
    report = json.loads(ended.out)
    assert (ended.code, ended.err) == (1, "")
    assert (report["valid"], report["error_count"], report["warning_count"]) == (False, 1, 0)
    assert (report["diagnostics"][0]["file"], report["diagnostics"][0]["line"]) == ("groups.yaml", 3)


def test_warnings_are_counted_and_leave_the_project_valid(cli: Any, project: Path) -> None:
    text = " ".join(["word"] * 85)
    (project / "voice.yaml").write_text(f"apiVersion: mscode/v1\nvoiceFiles:\n  v: {{text: {text}, voiceCode: en}}\n")
    ended = cli("validate", project)
    assert ended.code == 0
    assert ended.err.startswith("Warning: text/length: The text has 85 words")
    assert ended.err.endswith("Success! 2 objects in 2 files are valid, with 1 warning.\n")
    assert json.loads(cli("validate", project, "--json").out)["warning_count"] == 1


def test_no_network_token_or_known_environment_is_needed(
    cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSCODE_ENV", "staging")
    assert cli("validate", project).code == 0
    assert cli("--env", "production", "validate", project).code == 0


def test_a_project_without_environments_can_be_validated(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mscode.yaml").write_text("apiVersion: mscode/v1\nproject: demo\n")
    assert cli("validate", tmp_path).err == "Success! 0 objects in 0 files are valid.\n"


def test_a_folder_below_the_project_names_the_project(cli: Any, project: Path) -> None:
    (project / "below").mkdir()
    ended = cli("validate", project / "below")
    assert ended.code == 1
    assert f"The folder {project} above it holds one." in ended.err


def test_a_missing_project_is_a_json_diagnostic_too(cli: Any, tmp_path: Path) -> None:
    ended = cli("validate", tmp_path, "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["diagnostics"][0]["code"] == "no-project"


def test_a_persons_number_in_a_broken_line_is_masked(cli: Any, project: Path) -> None:
    (project / "people.yaml").write_text(
        'apiVersion: mscode/v1\naccounts:\n  anna: {phone: "+358401234567", fristName: Anna}\n'
    )
    for flags in ([], ["--json"]):
        ended = cli("validate", project, *flags)
        assert ended.code == 1
        assert "401234567" not in ended.out + ended.err


# ---- a path that is no project ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "path", "said"),
    [
        ("plan", "a.yaml", ["a.yaml is a file", "Type: mscode plan\n", "mscode plan --only a.yaml"]),
        ("validate", "a.yaml", ["a.yaml is a file", "Type: mscode validate\n"]),
        ("plan", "campaigns", ["There is no mscode.yaml in campaigns", "Type: mscode plan\n", "--only 'campaigns/*'"]),
        ("apply", "campaigns", ["There is no mscode.yaml in campaigns", "Type: mscode apply\n"]),
        ("render", "campaigns/", ["There is no mscode.yaml in campaigns", "Type: mscode render\n"]),
        ("status", "campaigns/", ["There is no mscode.yaml in campaigns", "Type: mscode status\n"]),
        ("plan", "nowhere", ['There is no file or folder "nowhere"', "Type: mscode plan\n"]),
        ("plan", "campaings", ['There is no file or folder "campaings"', 'Did you mean "campaigns"?']),
        ("apply", "nope.json", ['There is no file or folder "nope.json"', "mscode plan --out nope.json"]),
        ("plan", "some.json", ["some.json is a file", "mscode show some.json"]),
        ("destroy", "campaigns", ["everything that it manages would be deleted"]),
        ("plan", "n" * 5000, ["cannot be read"]),
    ],
)
def test_a_path_that_is_no_project_says_why_and_what_to_type(
    cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch, command: str, path: str, said: list[str]
) -> None:
    (project / "campaigns").mkdir()
    for name in ("a.yaml", "some.json"):
        (project / name).write_text("apiVersion: mscode/v1\n")
    monkeypatch.chdir(project)
    ended = cli(command, path)
    assert ended.code == 1
    assert [one for one in said if one not in f"{ended.err}\n"] == []
    assert "internal error" not in ended.err
    if command in ("apply", "destroy") and path != "campaigns":
        assert "Type: mscode" not in ended.err  # what was meant is one saved plan, and not everything


def test_what_to_type_is_named_as_seen_from_the_current_folder(
    cli: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a b" / "c").mkdir(parents=True)
    (project / "a b" / "mscode.yaml").write_text("apiVersion: mscode/v1\nproject: x\n")
    monkeypatch.chdir(project / "a b" / "c")
    assert "Type: mscode validate ..\n" in f"{cli('validate', '.').err}\n"
    monkeypatch.chdir(project)
    assert "Type: mscode validate 'a b'\n" in f"{cli('validate', 'a b/c').err}\n"


def test_where_no_project_is_anywhere_one_can_be_made(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert "mscode init" in cli("plan", tmp_path / "x").err


def errors_of(cli: Any, folder: Path) -> list[str]:
    ended = cli("validate", "--json", folder)
    assert ended.code == 1
    return sorted(f"{each['file']}: {each['code']}" for each in json.loads(ended.out)["diagnostics"])


@pytest.mark.parametrize(
    ("settings", "manifest", "errors"),
    [
        (
            "guards: {maxPeple: 1}",
            "groups: {g: {descripton: x}}",
            ["a.yaml: unknown-field", "mscode.yaml: unknown-guard"],
        ),
        # Whether the number is one is not known without a region, but a field that is not there is.
        (
            "region: XX",
            'accounts: {a: {phone: "0401234567"}}\ngroups: {g: {descripton: x}}',
            ["a.yaml: unknown-field", "mscode.yaml: bad-value"],
        ),
        ("nothing: 1", "groups: [", ["a.yaml: yaml-syntax", "mscode.yaml: unknown-field"]),
        ("variables: {x: {type: nothing}}", 'groups: {g: {description: "${var.x}"}}', ["mscode.yaml: bad-value"]),
        ("guards: {maxPeple: 1}", "groups: {g: {}}", ["mscode.yaml: unknown-guard"]),
        ("manifests: 3", "groups: {g: {descripton: x}}", ["mscode.yaml: bad-value"]),
    ],
)
def test_errors_of_the_project_hide_none_of_the_manifests(
    cli: Any, tmp_path: Path, settings: str, manifest: str, errors: list[str]
) -> None:
    (tmp_path / "mscode.yaml").write_text(f"apiVersion: mscode/v1\nproject: drive\n{settings}\n")
    (tmp_path / "a.yaml").write_text(f"apiVersion: mscode/v1\n{manifest}\n")
    assert errors_of(cli, tmp_path) == errors


def test_what_is_required_of_the_project_hides_no_error_of_a_manifest(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mscode.yaml").write_text("apiVersion: mscode/v1\n")
    (tmp_path / "a.yaml").write_text("apiVersion: mscode/v1\ngroups: {g: {descripton: x}}\n")
    assert errors_of(cli, tmp_path) == ["a.yaml: unknown-field", "mscode.yaml: missing-field"]
