"""The view of a plan as JSON and back: text drawn from a file is text drawn from the plan."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from mscode.errors import PlanError
from mscode.views.plan.plan_json import plan_json
from mscode.views.plan.plan_text import render_json, render_plan, view_of
from mscode.views.plan.segments import ansi, plain
from mscode.views.plan.view_json import read_view, view_json
from mscode.views.schemas import plan_schema
from tests.views.forty import forty
from tests.views.plans import DONORS, GREETING, INVITE, NOW, changed, plan

PLANS = {
    "forty": forty(),
    "nothing": plan(),
    "three": plan(GREETING, DONORS, INVITE, unmanaged={"groups": 3}, orphaned_objects=2),
    "words": plan(changed("text", "one two three", "one two four", multiline=True)),
}


def _kept(shown: Any) -> dict[str, Any]:
    """The plan's JSON as it comes back from a file."""
    found: dict[str, Any] = json.loads(json.dumps(plan_json(shown, timestamp=NOW, mscode_version="1", digest="0")))
    return found


@pytest.mark.parametrize("name", PLANS)
def test_text_of_a_kept_plan_is_the_text_of_the_plan_colours_and_all(name: str) -> None:
    kept = _kept(PLANS[name])
    assert plain(render_json(kept)) == plain(render_plan(PLANS[name]))
    assert ansi(render_json(kept)) == ansi(render_plan(PLANS[name]))
    assert plain(render_json(kept, utf8=False)) == plain(render_plan(PLANS[name], utf8=False))


@pytest.mark.parametrize("name", PLANS)
def test_a_view_fits_the_schema_and_comes_back_as_it_was(name: str) -> None:
    jsonschema.Draft202012Validator(plan_schema()).validate(_kept(PLANS[name]))
    data = view_json(view_of(PLANS[name]))
    assert view_json(read_view(json.loads(json.dumps(data)))) == data


def test_a_kept_plan_masks_people_whatever_it_is_drawn_as() -> None:
    kept = json.dumps(_kept(plan(changed("description", "x", "Call +358401234567"))))
    assert "4012345" not in kept


def _with(**more: Any) -> dict[str, Any]:
    return view_json(view_of(plan(GREETING))) | more


FORGED: dict[str, Any] = {
    "nothing at all": None,
    "a list": [],
    "no changes": {"opening": []},
    "changes that are none": _with(changes=[7]),
    "a symbol that is none": _with(changes=[_with()["changes"][0] | {"symbols": ["!"]}]),
    "a symbol of another type": _with(changes=[_with()["changes"][0] | {"symbols": [["+"]]}]),
    "a style that is none": _with(opening=[[["x", "blink"]]]),
    "a style of another type": _with(opening=[[["x", ["bold"]]]]),
    "a segment of three": _with(opening=[[["x", "bold", "y"]]]),
    "a number for a text": _with(totals=3),
    "a mapping for a line": _with(opening=[{}]),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_no_view_is_refused(forged: Any) -> None:
    with pytest.raises(PlanError, match="not a plan that can be shown"):
        read_view(forged)


def test_a_member_of_a_later_version_is_passed_over() -> None:
    row = {"name": "x", "lines": [["y"]], "later": 1}
    change = _with()["changes"][0] | {"rows": [row], "later": [1]}
    assert view_json(read_view(_with(changes=[change], later={}))) == _with(
        changes=[
            {name: value for name, value in change.items() if name != "later"}
            | {"rows": [{"name": "x", "lines": [["y"]]}]}
        ]
    )


def test_rows_nested_until_the_stack_is_full_are_refused() -> None:
    row: dict[str, Any] = {"name": "x"}
    for _ in range(500):
        row = {"name": "x", "children": [row]}
    with pytest.raises(PlanError):
        read_view(_with(changes=[_with()["changes"][0] | {"rows": [row]}]))


def test_text_of_a_forged_file_can_do_nothing_to_a_terminal() -> None:
    forged = _with(totals="\x1b[2J\u202e", opening=[[["\x1b]0;x\x07", "bold"], "\r\nError: forged"]])
    shown = plain(render_json({"view": forged}))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\r" not in shown
    assert "\nError: forged" not in shown
