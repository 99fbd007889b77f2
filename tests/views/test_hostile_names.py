"""Two hundred hostile names change the structure of no output."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from mscode.views.ci.findings import findings_of_plan
from mscode.views.ci.github import annotation_lines, output_file
from mscode.views.ci.job import gitlab_report, outputs_of
from mscode.views.ci.sarif import rdjson_lines, sarif
from mscode.views.console import without_commands
from mscode.views.html.page import plan_html
from mscode.views.plan.markdown import _counts, _joined, _line_each, _shortened, _totals_alone, _whole, plan_markdown
from mscode.views.plan.plan_text import render_json, render_plan
from mscode.views.plan.segments import plain
from mscode.views.plan.view_json import read_view
from tests.views.hostile import NAMES
from tests.views.hostile_plan import (
    ACTING,
    LINKED,
    TAME,
    data_of,
    html_structure,
    markdown_structure,
    markdown_text,
    plan_of,
)

Check = Callable[[str], None]
#: Tests cost more than checks, so that each takes twenty names.
GROUPS = [NAMES[start : start + 20] for start in range(0, len(NAMES), 20)]


def every_name(check: Check) -> Callable[[Sequence[str]], None]:
    """The check of all names of a group."""

    @pytest.mark.parametrize("names", GROUPS, ids=range(len(GROUPS)))
    def test(names: Sequence[str]) -> None:
        for name in names:
            check(name)

    return test


class _Data(dict[str, Any]):
    """The data of a plan by the name that it is full of, made when it is asked for."""

    def __missing__(self, name: str) -> Any:
        self[name] = data_of(name)
        return self[name]


DATA = _Data()


@cache
def tame_page() -> Any:
    return html_structure(plan_html(DATA[TAME]))


def test_there_are_two_hundred_of_them() -> None:
    assert len(set(NAMES)) == 200


@every_name
def test_text_has_the_same_lines_and_does_nothing_to_a_terminal(name: str) -> None:
    shown = plain(render_plan(plan_of(name)))
    assert len(shown.split("\n")) == len(plain(render_plan(plan_of(TAME))).split("\n"))
    assert not ACTING.search(shown)
    assert shown == plain(render_json(DATA[name]))


@every_name
def test_a_runner_finds_no_command_in_text(name: str) -> None:
    shown = without_commands(plain(render_plan(plan_of(name))))
    assert not re.search(r"^\s*::|##\w*\[", shown, re.MULTILINE)


@every_name
def test_json_has_the_same_shape(name: str) -> None:
    assert _shape(json.loads(json.dumps(DATA[name]))) == _shape(DATA[TAME])


def _shape(value: Any) -> Any:
    """Types, and how many of them: a key may be the name."""
    if isinstance(value, dict):
        return {at: _shape(one) for at, (key, one) in enumerate(value.items()) if not key.endswith("_sensitive")}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return type(value).__name__


@every_name
def test_markdown_has_the_same_structure_at_every_step(name: str) -> None:
    for step in (_whole, _shortened, _line_each, _counts, _totals_alone):
        text = _joined(step(DATA[name], read_view(DATA[name]["view"]), 60_000))
        assert markdown_structure(text) == _tame_markdown(step)
        assert not ACTING.search(text)
        assert not LINKED.search(markdown_text(text)), markdown_text(text)


@cache
def _tame_markdown(step: Any) -> list[str]:
    return markdown_structure(_joined(step(DATA[TAME], read_view(DATA[TAME]["view"]), 60_000)))


@every_name
def test_no_name_breaks_the_budget(name: str) -> None:
    assert len(plan_markdown(DATA[name], max_bytes=2_000).encode()) <= 2_000


@every_name
def test_html_has_the_same_structure(name: str) -> None:
    page = plan_html(DATA[name])
    assert html_structure(page) == tame_page()
    assert not ACTING.search(page)


@every_name
def test_annotations_are_one_command_a_line(name: str) -> None:
    lines = list(annotation_lines(findings_of_plan(DATA[name])))
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::warning"]
    for line in lines:
        found = re.fullmatch(r"::(error|warning) ((?:[a-z]+=[^,:]*,?)*)::(.*)", line)
        assert found and not ACTING.search(line) and "##[" not in line
        assert set(re.findall(r"(?:^|,)([a-z]+)=", found[2])) <= {"file", "line", "col", "title"}


@every_name
def test_sarif_and_rdjson_have_the_same_shape(name: str) -> None:
    found, tame = findings_of_plan(DATA[name]), findings_of_plan(DATA[TAME])
    report = json.loads(json.dumps(sarif(found, "0.1.0")))
    assert [one["level"] for one in report["runs"][0]["results"]] == ["error", "warning", "warning"]
    assert _shape(report) == _shape(sarif(tame, "0.1.0"))
    assert [sorted(json.loads(line)) for line in rdjson_lines(found)] == [
        sorted(json.loads(line)) for line in rdjson_lines(tame)
    ]
    assert not [one for one in report["runs"][0]["results"] if "](" in one["message"]["text"]]


@every_name
def test_outputs_and_reports_hold_what_they_should_and_no_more(name: str) -> None:
    values = outputs_of(DATA[name] | {"digest": name}, plan_path=name)
    written = output_file(values)
    assert list(_parsed(written)) == list(values)
    assert {key: _parsed(written)[key] for key in ("changes", "to_add")} == {"changes": "true", "to_add": "1"}
    assert gitlab_report(DATA[name]) == gitlab_report(DATA[TAME]) == '{"create": 1, "update": 2, "delete": 1}\n'


def _parsed(written: str) -> dict[str, str]:
    """As the runner reads `$GITHUB_OUTPUT`."""
    found, lines = {}, iter(written.splitlines())
    for line in lines:
        assert "<<" in line, line
        name, _, delimiter = line.partition("<<")
        body = []
        for one in lines:
            if one == delimiter:
                break
            body.append(one)
        found[name] = "\n".join(body)
    return found


def test_no_two_delimiters_are_the_same() -> None:
    values = {"a": "1", "b": "2"}
    delimiters = re.findall(r"<<(\w+)", output_file(values) + output_file(values))
    assert len(set(delimiters)) == 4
    assert all(len(one) >= 32 for one in delimiters)
