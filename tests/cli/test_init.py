from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import time_machine

from mscode.app.new_project import next_monday, project_name
from mscode.manifest.yaml.tree import parse
from mscode.model.values import core


def test_it_writes_a_project_that_is_valid(cli: Any, tmp_path: Path) -> None:
    assert cli("init", tmp_path / "spring").code == 0
    assert cli("validate", tmp_path / "spring").err == "Success! 11 objects in 1 file are valid.\n"
    assert (tmp_path / "spring" / ".gitignore").read_text() == ".mscode/\nplan.json\n"


@pytest.mark.parametrize("now", ["2026-11-24T10:00:00Z", "2036-02-29T23:30:00Z", "2031-06-01T00:00:00Z"])
def test_it_plans_cleanly_and_after_an_apply_the_plan_is_empty(cli: Any, tmp_path: Path, now: str) -> None:
    with time_machine.travel(now):
        cli("init", tmp_path)
        planned = cli("plan", tmp_path, "--detailed-exitcode")
        assert (planned.code, planned.err) == (2, "")
        assert "Plan: 11 to add, 0 to change, 0 to destroy." in planned.out
        assert cli("apply", tmp_path, "--auto-approve", "--allow-launch").code == 0
        assert cli("plan", tmp_path, "--detailed-exitcode").code == 0


def test_its_files_match_the_schemas_that_their_first_line_names(cli: Any, tmp_path: Path) -> None:
    cli("init", tmp_path)
    for name in ("mscode.yaml", "campaign.yaml"):
        first, text = (tmp_path / name).read_text().split("\n", 1)
        schema = json.loads((tmp_path / first.partition("$schema=")[2]).read_text())
        jsonschema.Draft7Validator(schema).validate(core(parse(text.encode(), name)[0].data()))


@pytest.mark.parametrize("name", ["mscode.yaml", "campaign.yaml"])
def test_existing_files_are_named_and_nothing_is_written(cli: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    ended = cli("init", tmp_path)
    assert ended.code == 1
    assert f"Error: {tmp_path / name} exists already" in ended.err
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_an_existing_gitignore_gets_what_is_missing(cli: Any, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log")
    assert cli("init", tmp_path).code == 0
    assert (tmp_path / ".gitignore").read_text() == "*.log\n.mscode/\nplan.json\n"


def test_a_folder_that_cannot_be_written_is_an_error_in_words(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = cli("init", tmp_path / "file" / "below")
    assert ended.code == 1
    assert "cannot be written" in ended.err


@pytest.mark.parametrize(
    ("folder", "name"),
    [("Blood Drive 2026", "blood-drive-2026"), ("2026-spring", "spring"), ("ÄÖ", "campaign"), ("x" * 60, "x" * 39)],
)
def test_the_projects_name_comes_from_the_folder(folder: str, name: str) -> None:
    assert project_name(folder) == name


@pytest.mark.parametrize(("today", "monday"), [((2026, 11, 23), (2026, 11, 30)), ((2026, 11, 29), (2026, 11, 30))])
def test_the_campaign_starts_on_monday_of_next_week(today: tuple[int, int, int], monday: tuple[int, int, int]) -> None:
    assert next_monday(date(*today)) == date(*monday)


# ---- the editor's schema ---------------------------------------------------------------------------------------------


def _clone(folder: Path, to: Path) -> Path:
    """What git brings to a colleague: everything but what .gitignore names."""
    ignored = [line.rstrip("/") for line in (folder / ".gitignore").read_text().split()]
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(*ignored))
    return to


def test_the_schema_of_an_editor_is_in_a_clone_too(cli: Any, tmp_path: Path) -> None:
    cli("init", tmp_path / "mine")
    clone = _clone(tmp_path / "mine", tmp_path / "theirs")
    assert not (clone / ".mscode").exists()
    for name in ("mscode.yaml", "campaign.yaml"):
        named = (clone / name).read_text().split("\n", 1)[0].partition("$schema=")[2]
        assert json.loads((clone / named).read_text())["description"]
    assert cli("validate", clone).err == "Success! 11 objects in 1 file are valid.\n"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "rdjsonl"])
def test_a_schema_that_is_missing_is_told_and_can_be_restored(cli: Any, tmp_path: Path, form: str) -> None:
    cli("init", tmp_path)
    shutil.rmtree(tmp_path / ".mscode-schema")
    more = "# yaml-language-server: $schema=../.mscode-schema/manifest.schema.json\r\napiVersion: mscode/v1\r\ngroups: {x: {}}\r\n"
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.yaml").write_text(more)
    ended = cli("validate", tmp_path, "--format", form)
    assert ended.code == 0
    assert "campaign.yaml and 1 other file name .mscode-schema/manifest.schema.json" in ended.err
    assert "mscode.yaml names .mscode-schema/project.schema.json" in ended.err
    assert f"mscode schema --restore {tmp_path}" in ended.err
    restored = cli("schema", "--restore", tmp_path)
    assert (restored.code, restored.out) == (0, "")
    assert "Note:" not in cli("validate", tmp_path, "--format", form).err
    assert cli("schema", "--restore", tmp_path).err == "All schemas that the files name are there.\n"


def test_a_schema_of_an_older_version_is_restored_where_a_project_keeps_it(cli: Any, tmp_path: Path) -> None:
    cli("init", tmp_path)
    for name in ("mscode.yaml", "campaign.yaml"):
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text.replace(".mscode-schema/", ".mscode/"))
    (tmp_path / ".mscode" / "manifest.schema.json").write_text("{}")
    assert cli("schema", "--restore", tmp_path).code == 0
    assert json.loads((tmp_path / ".mscode" / "manifest.schema.json").read_text())["description"]
    assert (tmp_path / ".mscode" / "project.schema.json").is_file()


@pytest.mark.parametrize(
    "named",
    [
        "../manifest.schema.json",
        "/tmp/forge-outside/manifest.schema.json",
        "important.txt",
        "https://example.com/manifest.schema.json",
        "link/manifest.schema.json",
        "%00/manifest.schema.json",
    ],
)
def test_nothing_is_written_outside_of_the_project_or_over_another_file(cli: Any, tmp_path: Path, named: str) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    cli("init", root)
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "important.txt").write_text("mine")
    (root / "b.yaml").write_text(f"# yaml-language-server: $schema={named}\napiVersion: mscode/v1\n")
    assert "Note:" not in cli("validate", root).err
    assert cli("schema", "--restore", root).code == 0
    assert (root / "important.txt").read_text() == "mine"
    assert list(outside.iterdir()) == [] and not (tmp_path / "manifest.schema.json").exists()
