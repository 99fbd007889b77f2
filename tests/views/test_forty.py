"""A plan of forty changes: the whole of it as somebody reads it who has never seen the tool."""

from __future__ import annotations

from pathlib import Path

import jsonschema

from mscode.views.plan.plan_json import plan_json
from mscode.views.plan.plan_text import render_plan
from mscode.views.plan.segments import plain
from mscode.views.schemas import plan_schema
from tests.views.forty import forty
from tests.views.plans import NOW

GOLDEN = Path(__file__).parent / "cases" / "forty.txt"
SHOWN = plain(render_plan(forty()))


def test_forty_changes_read_as_they_did() -> None:
    assert len(forty().shown) == 40
    assert GOLDEN.read_text(encoding="utf-8") == SHOWN


def test_every_change_has_one_headline_and_what_stays_has_none() -> None:
    assert SHOWN.count("\n  # ") - SHOWN.count("\n  # (") == 40
    assert "filters.everyone" not in SHOWN


def test_lines_that_are_no_text_fit_a_wide_terminal() -> None:
    assert max(len(line) for line in SHOWN.splitlines()[1:]) <= 132


def test_it_fits_the_schema_as_json() -> None:
    shown = plan_json(forty(), timestamp=NOW, mscode_version="0.1.0", digest="0")
    jsonschema.Draft202012Validator(plan_schema()).validate(shown)
    assert len(shown["resource_changes"]) == 43
