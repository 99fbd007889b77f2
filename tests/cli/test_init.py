from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import time_machine

from mscode.cli.init import next_monday, project_name
from mscode.manifest.nodes import parse
from mscode.values import core


def test_it_writes_a_project_that_is_valid(cli: Any, tmp_path: Path) -> None:
    assert cli("init", tmp_path / "spring").code == 0
    assert cli("validate", tmp_path / "spring").err == "Success! 11 objects in 1 file are valid.\n"
    assert (tmp_path / "spring" / ".gitignore").read_text() == ".mscode/\n"


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


def test_an_existing_gitignore_gets_one_line_more(cli: Any, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log")
    assert cli("init", tmp_path).code == 0
    assert (tmp_path / ".gitignore").read_text() == "*.log\n.mscode/\n"


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
