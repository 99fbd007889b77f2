"""The walk through a call on the page, of plans that may be forged."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from mscode.views.html.page import plan_html
from tests.views.test_html import CAMPAIGN, DONORS, GREETING, Strict, data

INVITE = "rsvpCalls.invite"
STEP = {"role": "start", "after_reply": False, "text": "Press 5.", "seconds": 2, "voice_file": "voiceFiles.greeting"}
KEY = {"words": "Press 5", "key": "5", "said": "accept", "mapped": "accept", "fits": True}


def page(*walks: Any, checks: Any = None) -> str:
    plan = data(GREETING, DONORS, CAMPAIGN)
    return plan_html({**plan, "walks": list(walks), **({"checks": checks} if checks is not None else {})})


def walk(*steps: Any, **members: Any) -> dict[str, Any]:
    buttons = {"accept": ["5"], "decline": ["9"]}
    base = {
        "address": INVITE,
        "shown_at": INVITE,
        "rings": True,
        "buttons": buttons,
        "steps": list(steps),
        "checks": [],
    }
    return {**base, **members}


def test_tags_are_closed_ids_are_unique_and_headings_are_in_order() -> None:
    strict = Strict(page(walk({**STEP, "keys": [KEY]}), walk(STEP)))
    ids = strict.attributes("id")
    assert len(ids) == len(set(ids))
    assert {"walk-1-1", "walk-2-1"} <= set(ids)
    levels = [int(tag[1]) for tag, _ in strict.found if re.fullmatch("h[1-6]", tag)]
    assert {5, 6} <= set(levels)
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all("scope" in attrs for tag, attrs in strict.found if tag == "th")


@pytest.mark.parametrize(
    "forged",
    [
        "walk",
        None,
        {},
        walk("step", 3),
        walk({"role": 3, "text": ["a"], "seconds": "x", "keys": "5", "recording": [], "checks": {}}),
        walk(STEP, buttons={"accept": "5", "decline": [9]}, checks=[-1, 99, True, "x"]),
        walk({**STEP, "recording": {"path": "../../etc/passwd", "size": -1, "sha256": 3}}),
        walk(STEP, shown_at="voiceFiles.elsewhere", buttons=[]),
    ],
)
def test_a_forged_walk_leaves_out_what_it_lacks(forged: Any) -> None:
    Strict(page(forged, checks=["no check", {"name": 3, "status": [], "source": None}]))


def test_what_a_forged_walk_says_is_text() -> None:
    bad = '<img src="x" onerror="alert(1)">\u202e'
    key = {"words": bad, "key": bad, "said": bad, "mapped": bad, "fits": True}
    shown = page(walk({**STEP, "role": bad, "text": bad, "voice_file": bad, "keys": [key]}, buttons={bad: [bad]}))
    assert "<img" not in shown
    assert "\u202e" not in shown


def test_a_long_walk_is_folded_unless_a_finding_in_it_refuses() -> None:
    refusal = {"name": "text/keys", "status": "fail", "message": "Wrong.", "source": None, "addresses": []}
    short, long = walk(STEP), walk({**STEP, "text": "word " * 400})
    assert '<details class="walk" open>' in page(short)
    assert '<details class="walk">' in page(long)
    assert '<details class="walk" open>' in page(
        {**long, "steps": [{**long["steps"][0], "checks": [0]}]}, checks=[refusal]
    )
    assert page(*[short] * 6).count('<details class="walk">') == 6


def test_an_operation_is_named_by_its_place() -> None:
    shown = page(walk({**STEP, "role": "operations[2].say"}, buttons={}))
    assert "<h6>Part 3 (operations[2].say)</h6>" in shown
    assert "A key is pressed" not in shown
