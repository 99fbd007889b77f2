"""What must never be printed: people's data, and characters that do something to a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.errors import Place
from mscode.model.privacy import DOTS, SECRET, Masker
from mscode.model.world import Entry
from mscode.plan.change import Action, Change, Check, FieldChange, Note
from mscode.plan.drift.detect import Cause, Drift, FieldDrift
from mscode.views.drift.drift_markdown import drift_markdown
from mscode.views.drift.drift_text import render_drift
from mscode.views.html.page import plan_html
from mscode.views.plan.plan_json import plan_json
from mscode.views.plan.plan_text import render_plan
from mscode.views.plan.segments import ansi, plain
from mscode.views.text.masking import Privacy, sensitive
from tests.views.plans import NOW, at, body, changed, created, live, plan, planned, text

PERSONAL: list[tuple[str, Any, str]] = [
    ("firstName", "Anna", '"A•••"'),
    ("phone", "+358401234567", '"+35840•••4567"'),
    ("phone", "+3584", '"•••"'),
    ("email", "anna@example.com", '"a•••"'),
    ("note", "", '""'),
    ("note", None, "null"),
    ("companyName", 42, '"4•••"'),
]


@pytest.mark.parametrize(("name", "value", "shown"), PERSONAL, ids=[f"{n}={s}" for n, _, s in PERSONAL])
def test_a_personal_field_is_masked(name: str, value: Any, shown: str) -> None:
    change = planned(at("accounts.anna"), Action.CREATE, fields=(FieldChange(name, None, value, personal=True),))
    assert body(change) == f"      {name}: {shown}"


def test_a_personal_field_is_masked_before_and_after() -> None:
    fields = (FieldChange("lastName", "Virta", "Virtanen", personal=True, multiline=True),)
    assert body(planned(at("accounts.anna"), Action.UPDATE, fields=fields)) == '      lastName: "V•••" -> "V•••"'


def test_show_people_shows_them() -> None:
    change = created("phone", "+358401234567", personal=True)
    assert body(change, show_people=True) == '      phone: "+358401234567"'


def test_a_mask_has_plain_dots_where_there_is_no_utf8() -> None:
    assert body(created("firstName", "Anna", personal=True), utf8=False) == '      firstName: "A..."'


NUMBERS = [
    created("text", "Call us: +358 40 123 4567 or mail anna@example.com"),
    created("receivers", [{"phone": "+358401234567"}, {"email": "anna@example.com"}]),
    created("meta", {"+358401234567": ["anna@example.com"]}),
    created("description", "0401234567", multiline=True),
    planned(at("groups.a"), Action.FORGET, reason="held by +358401234567 and anna@example.com"),
]


@pytest.mark.parametrize("change", NUMBERS)
def test_numbers_and_addresses_are_masked_wherever_they_stand(change: Change) -> None:
    as_json = json.dumps(plan_json(plan(change), timestamp=NOW, mscode_version="1", digest=""))
    for shown in (text(change), as_json):
        assert not [private for private in ("1234567", "123 4567", "anna@", "0401234") if private in shown]


PHONES = ("+358401234567", "+358407654321")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("operations", *([{"call": {"phone": phone, PHONES[0]: "anna@example.com"}}, {"n": phone}] for phone in PHONES)),
        ("operations", [{"say": PHONES[0]}, {"a": ["anna@example.com", "x"]}], [{"say": "Ask 0401234567 or anna@example.com"}]),
        ("meta", *({"contact": {"phone": phone, "say": f"{'word ' * 20}{phone}"}, "n": 1} for phone in PHONES)),
        ("meta", {PHONES[0]: [{"a": 1}]}, {PHONES[0]: [{"a": "anna@example.com"}]}),
        ("conditions", *([{"field": "phone", "operator": "==", "value": phone}] * 2 for phone in PHONES)),
        ("conditions", *([{"field": "phone", "operator": "in", "value": ["1", phone]}] * 2 for phone in PHONES)),
    ],
)  # fmt: skip
def test_numbers_and_addresses_are_masked_in_every_member_that_differs(name: str, before: Any, after: Any) -> None:
    change = changed(name, before, after)
    found = Drift(
        at("calls.a"), "7", Cause.CONFIGURATION, "differs", "changed",
        Entry(at("calls.a"), "7"), live("calls", "7"), (FieldDrift(name, before, after),),
    )  # fmt: skip
    drift = plan(drift=(found,), refresh_only=True)
    page = plan_html(plan_json(plan(change), timestamp=NOW, mscode_version="1", digest=""))
    for shown in (text(change), page, plain(render_drift(drift)), drift_markdown(drift)):
        assert DOTS in shown
        assert not [private for private in ("1234567", "7654321", "anna@", "0401234") if private in shown]


def test_a_member_that_differs_in_what_is_masked_alone_is_shown_as_changed() -> None:
    before, after = ({"contact": {"phone": f"+35840{middle}0199"}, "n": 1} for middle in ("555", "777"))
    assert body(changed("meta", before, after)) == (
        '      meta:\n        contact:\n          phone: "+35840•••0199" -> "+35840•••0199"\n        (1 unchanged item)'
    )


def test_a_secret_is_hidden_in_every_member_that_differs() -> None:
    shown = body(
        changed("meta", {"hook": {"key": "correct-horse", "n": 1}}, {"hook": {"key": "battery-staple", "n": 2}}),
        mask=Masker(secrets=["correct-horse", "battery-staple"]),
    )
    assert "correct" not in shown and "battery" not in shown
    assert shown.count(SECRET) == 2 and "n:   1 -> 2" in shown
    gone = body(changed("meta", {"hook": {"key": "correct-horse"}}, {"hook": {"key": "x"}}, secret=True))
    assert gone == '      meta: "(secret)" -> {hook: {key: "x"}}'


def test_notes_and_guards_are_masked() -> None:
    notes = (Note("accounts.anna", "has +358401234567", "x", detail="or anna@example.com"),)
    checks = (Check("maxPeople", "fail", "+358401234567 is one too many", "says anna@example.com"),)
    shown = text(notes=notes, checks=checks) + json.dumps(
        plan_json(plan(notes=notes, checks=checks), timestamp=NOW, mscode_version="1", digest="")
    )
    assert "1234567" not in shown
    assert "anna@" not in shown


def test_the_masker_of_the_project_masks_its_words_in_free_text() -> None:
    shown = plain(render_plan(plan(created("description", "For Anna alone")), mask=Masker(["Anna"])))
    assert '"For A••• alone"' in shown


def test_what_was_masked_is_marked_in_the_shape_of_the_value() -> None:
    value = {"city": "Espoo", "receivers": [{"phone": "+358401234567"}, {"group": "groups.a"}], "n": 3}
    masked = Privacy().value("x", value)
    assert sensitive(value, masked) == {"receivers": [{"phone": True}, False]}


# ---- hostile text ----------------------------------------------------------------------------------------------------

ESC, BIDI = "\x1b[31mred\x1b]0;title\x07", "\u202egnp.exe"
HOSTILE = f"{ESC}{BIDI}\r\nError: forged\u2028\x9b2J\udc80"


@pytest.mark.parametrize(
    "change",
    [
        created("name", HOSTILE),
        created("text", HOSTILE, multiline=True),
        created("meta", {HOSTILE: [HOSTILE]}),
        created(HOSTILE, {HOSTILE: HOSTILE * 9}),
        created("startTime", HOSTILE),
        created("activeFrom", HOSTILE),
        created("activeWeekdays", [HOSTILE]),
        created("actionButtons", {HOSTILE: [HOSTILE]}),
        created("conditions", [{"field": HOSTILE, "operator": HOSTILE, "value": HOSTILE}]),
        created("receivers", [{HOSTILE: HOSTILE}]),
        planned(at("groups.a"), Action.UPDATE, fields=(FieldChange("text", HOSTILE, "x " + HOSTILE, multiline=True),)),
        planned(at("groups.a"), Action.NOOP, import_id=HOSTILE),
        planned(at("groups.a"), Action.CREATE, Place(HOSTILE, 3), reason=HOSTILE),
    ],
)
def test_hostile_text_cannot_act_on_a_terminal(change: Change) -> None:
    shown = text(change)
    assert not [c for c in shown if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028\udc80")]
    assert "\nError: forged" not in shown


def test_hostile_names_around_a_plan_cannot_act_either() -> None:
    notes, checks = (Note("groups.a", HOSTILE, "x", detail=HOSTILE),), (Check("maxPeople", "warn", HOSTILE, HOSTILE),)
    shown = text(environment=HOSTILE, notes=notes, checks=checks)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\nError: forged" not in shown


def test_colour_is_the_only_escape_sequence_there_is() -> None:
    import re

    shown = ansi(render_plan(plan(created("name", HOSTILE))))
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "\x1b[31mred" not in shown


def test_a_quoted_text_can_be_read_back() -> None:
    assert body(created("name", 'a\n"b"\\n\t')) == '      name: "a\\n\\"b\\"\\\\n\\t"'


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "text",
        "meta",
        "startTime",
        "activeFrom",
        "activeWeekdays",
        "actionButtons",
        "conditions",
        "receivers",
        "voiceFiles",
    ]
)


@given(name=NAMES, before=JSON_LIKE, after=JSON_LIKE, long=st.booleans(), personal=st.booleans())
def test_any_value_of_any_field_can_be_shown(name: str, before: Any, after: Any, long: bool, personal: bool) -> None:
    """What the API answers need not have the form that its page promises."""
    field = FieldChange(name, before, after, multiline=long, personal=personal)
    for action in (Action.CREATE, Action.UPDATE, Action.DELETE):
        change = planned(at("rsvpCalls.a"), action, fields=(field,))
        shown = text(change)
        assert shown.splitlines() == shown.split("\n")[:-1], "a line break that came from outside"
        json.dumps(plan_json(plan(change), timestamp=NOW, mscode_version="1", digest=""))


def test_a_value_nested_beyond_reason_is_cut() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    assert "[...]" in text(created("meta", deep))
