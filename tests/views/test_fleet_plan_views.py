"""The summary of a fleet's plans: it keeps to its budget, and no name of a folder or of a campaign leaves its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mscode.views.fleet.plan_html import fleet_html
from mscode.views.fleet.plan_markdown import fleet_comment, fleet_markdown
from mscode.views.fleet.plan_text import fleet_lines
from mscode.views.fleet.plan_words import progress_line, saved_line
from mscode.views.plan.segments import plain
from tests.views.hostile import NAMES
from tests.views.hostile_plan import ACTING, LINKED, TAME, html_structure, markdown_structure, markdown_text

_REACH = {
    "launches": 1,
    "people": 1204,
    "maxCalls": 4816,
    "maxMessages": 0,
    "firstCall": "2026-12-01T09:00:00Z",
    "lastCall": "2026-12-04T15:00:00Z",
}
_TOTALS = {"import": 0, "move": 0, "add": 2, "change": 1, "remove": 0, "forget": 0, "launch": 1}


def _check(name: str, status: str = "fail") -> dict[str, Any]:
    return {
        "name": "maxPeople",
        "status": status,
        "message": f"{name} is too many",
        "reason": name,
        "addresses": [name],
        "lines": [f"allowed: {name}"],
    }


def _project(path: str, **more: Any) -> dict[str, Any]:
    return {
        "path": path,
        "project": "drive",
        "environment": "production",
        "wave": 2,
        "result": "changes",
        "exit_code": 0,
        "plan": None,
        "plan_sha256": None,
        "digest": "a" * 64,
        "totals": _TOTALS,
        "reach": _REACH,
        "summary": ["Plan: 2 to add, 1 to change, 0 to destroy."],
        "checks": [],
        "diagnostics": [],
        **more,
    }


def _data(name: str, number: int = 0) -> Any:
    error = {
        "severity": "error",
        "summary": name,
        "detail": name,
        "hint": name,
        "code": "error",
        "address": "",
        "file": name,
        "line": 3,
        "column": 1,
    }
    projects = [
        _project(name),
        _project("b", result="error", totals=None, digest=None, diagnostics=[error], summary=[]),
        _project("c", result="refused", checks=[_check(name), {**_check(name), "source": None}]),
        *(_project(f"clients/{at:03}", result="no-changes" if at % 2 else "changes") for at in range(number)),
    ]
    return {
        "format_version": "1.0",
        "mscode_version": "0.2.0",
        "timestamp": "2026-11-30T06:00:00Z",
        "fleet": "agency",
        "runs": ["0123456789abcdef"],
        "shard": None,
        "selection": "a" * 64,
        "changed_since": "",
        "commit": "ab" * 20,
        "projects": projects,
        "checks": [_check(name), _check(name, "warn")],
        "totals": _TOTALS,
        "reach": _REACH,
        "override": [],
        "digest": "b" * 64,
        "exit_code": 5,
    }


@pytest.mark.parametrize("names", [NAMES[start : start + 50] for start in range(0, len(NAMES), 50)], ids=range(4))
def test_no_name_leaves_its_place(names: list[str]) -> None:
    tame = _data(TAME)
    tame_markdown, tame_page = markdown_structure(fleet_markdown(tame)), html_structure(fleet_html(tame))
    for name in names:
        data = _data(name)
        text = plain(fleet_lines(data))
        assert len(text.split("\n")) == len(plain(fleet_lines(tame)).split("\n")) and not ACTING.search(text)
        assert not ACTING.search(line := progress_line(data["projects"][0], 1, 3, 2.0)) and "\n" not in line
        markdown = fleet_markdown(data)
        assert markdown_structure(markdown) == tame_markdown
        assert not ACTING.search(markdown) and not LINKED.search(markdown_text(markdown)), markdown
        assert html_structure(page := fleet_html(data)) == tame_page and not ACTING.search(page)


@pytest.mark.parametrize("number", [0, 10, 300])
@pytest.mark.parametrize("most", [2_500, 10_000, 60_000])
def test_markdown_keeps_to_its_budget(number: int, most: int) -> None:
    data = _data("clients/x", number)
    text = fleet_markdown(data, max_bytes=most)
    assert len(text.encode()) <= most
    assert "Plan: 2 to add" in text and "at most 4,816 calls" in text
    assert len(fleet_comment(data, [], max_bytes=most).encode()) <= most


@pytest.mark.parametrize("most", [2_000, 20_000])
def test_what_is_in_the_way_does_not_break_the_budget(most: int) -> None:
    data = _data("x" * 1_500, 10)
    data["projects"] += [{**data["projects"][1], "path": f"broken/{at}"} for at in range(300)]
    text = fleet_markdown(data, max_bytes=most)
    assert len(text.encode()) <= most
    assert "more" in text or "see the job's files" in text
    assert len(fleet_comment(data, [], max_bytes=4_000).encode()) <= 4_000


def test_what_has_something_to_do_is_shown_before_what_has_not() -> None:
    text = fleet_markdown(_data("clients/x", 300), max_bytes=12_000)
    assert "| `clients/000` | changes |" in text and "no changes |" not in text
    assert "more projects: see the job's files" in text


def test_a_project_that_has_no_plan_says_why() -> None:
    text = plain(fleet_lines(_data("voice.yaml")))
    assert "b\n  Error: voice.yaml\n    on b/voice.yaml:3:1\n" in text
    assert json.dumps(_data("x"))  # plain data


def test_the_command_that_goes_on_is_named_where_it_would_do_something() -> None:
    data = _data("x")
    data["checks"] = []
    assert saved_line(data, "plans") == "Saved the summary in plans. No project has a plan that can be applied."
    data["projects"][0]["plan"] = "x.plan"
    assert saved_line(data, "plans").endswith("To carry out exactly these: mscode fleet apply plans")
    data["projects"] = []
    assert saved_line(data, "plans").endswith("To carry out exactly these: mscode fleet apply plans")
