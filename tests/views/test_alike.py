"""Plans of many like objects: what is counted, what has a line, and what is shown in full whatever its number, in every format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mscode.errors import Diagnostic
from mscode.model.values import RowKey
from mscode.plan.change import Action, Change, Check, MemberChange, Note, Plan, RowChange, RowChanges
from mscode.views.html.page import plan_html
from mscode.views.plan.markdown import plan_markdown
from mscode.views.plan.plan_json import plan_json
from mscode.views.plan.plan_text import render_json, render_plan
from mscode.views.plan.segments import plain
from mscode.views.plan.view_json import read_view
from tests.views.plans import GREETING, INVITE, NOW, at, changed, fields, launch, plan, planned

IMPORTS = [
    *(planned(at(f"accounts.a{n}"), Action.NOOP, import_id=str(n)) for n in range(480)),
    *(planned(at(f"groups.g{n}"), Action.NOOP, import_id=str(n)) for n in range(20)),
]
LINE = "500 imports: accounts 480, groups 20"


def update(name: str, **more: Any) -> Change:
    (change,) = changed("description", "Old", "New").fields
    return planned(at(name), Action.UPDATE, fields=(change,), **more)


ROWS = (RowChange(2, RowKey(at("accountLists.audience"), "+358405550100"), {"city": "Turku"}),)
#: What is never counted and never shortened, by why.
ALWAYS: dict[str, Change] = {
    "launches": INVITE,
    "launches again": planned(at("rsvpCalls.again"), Action.NOOP, launch=launch("resume")),
    "reaches more": update("groups.more", launch=launch("reaches-more", 2), members=MemberChange(("1", "2"), (), 14)),
    "writes to people": planned(
        at("smses.news"), Action.CREATE, fields=fields(message="Hi"), launch=launch(unit="message")
    ),
    "reaches people once it runs": planned(at("rsvpCalls.old"), Action.NOOP, import_id="7"),
    "destroyed": planned(at("groups.gone"), Action.DELETE, fields=fields(description="x")),
    "replaced": planned(at("voiceFiles.anew"), Action.REPLACE_DELETE_FIRST, fields=fields(text="x")),
    "replaced, new one first": planned(at("voiceFiles.first"), Action.REPLACE_CREATE_FIRST, fields=fields(text="x")),
    "halted": planned(at("rsvpCalls.stop"), Action.UPDATE, halts=True, fields=fields(state="halt")),
    "halted and forgotten": planned(at("rsvpCalls.left"), Action.FORGET, halts=True, fields=fields(state="halt")),
    "the rows of a list": planned(at("accountLists.audience"), Action.CREATE, rows=RowChanges("a.csv", "phone", ROWS)),
    "named by a guard": update("groups.guarded"),
    "named by a finding": update("voiceFiles.found"),
    "named by an overridden guard": update("groups.passed"),
    "unknown": planned(at("groups.unknown"), Action.FORGET),
    "unknown and forgotten": planned(at("groups.lost"), Action.FORGET, intent_only=True),
    "named by a warning": update("groups.warned"),
}
CHECKS = (
    Check("maxCalls", "warn", "Too many", addresses=("groups.guarded",)),
    Check("text/keys", "warn", "It names 4", addresses=("voiceFiles.found",)),
    Check("maxPeople", "overridden", "Too many", addresses=("groups.passed",)),
    Check("maxDeletes", "pass", addresses=("accounts.a1",)),
)
NOTES = (Note("groups.unknown", "outcome unknown", "unknown-outcome"),)
WARNINGS = (Diagnostic("Catches others", severity="warning", address="groups.warned"),)


def many(*changes: Change) -> Plan:
    return plan(*IMPORTS[:480], *changes, *IMPORTS[480:], checks=CHECKS, notes=NOTES, warnings=WARNINGS)


def data(shown: Plan) -> dict[str, Any]:
    return plan_json(shown, timestamp=NOW, mscode_version="0.1.0", digest="ab" * 32)


def text_of(shown: Plan, compact: bool | None = None) -> str:
    text = plain(render_plan(shown, compact=compact))
    assert plain(render_json(data(shown), compact=compact)) == text
    return text


def one_by_one(text: str) -> list[str]:
    """The addresses of the changes that stand in full in a plan's text."""
    return re.findall(r"(?m)^  # (\S+) (?:will|must)", text)


def plain_html(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_like_changes_are_counted_in_every_format() -> None:
    shown = plan(*IMPORTS)
    text = text_of(shown)
    assert f"  = {LINE}\n" in text and one_by_one(text) == [] and "accounts.a7 " not in text
    assert f"\n- `=` {LINE}" in plan_markdown(data(shown)) and "accounts.a7" not in plan_markdown(data(shown))
    assert f"<h4>{LINE}</h4>" in plan_html(data(shown))


@pytest.mark.parametrize(("number", "counted"), [(100, False), (101, True)])
def test_it_begins_above_a_hundred_changes(number: int, counted: bool) -> None:
    shown = plan(*IMPORTS[:number])
    line = f"{number} imports: accounts {number}"
    for drawn in (text_of(shown), plan_markdown(data(shown)), plan_html(data(shown))):
        assert (line in drawn) == counted
    assert len(one_by_one(text_of(shown))) == (0 if counted else number)


def test_what_must_be_seen_stands_in_full_in_every_format_and_in_its_order() -> None:
    shown = many(*ALWAYS.values())
    addresses = [str(change.address) for change in ALWAYS.values()]
    alone = plan(*ALWAYS.values(), checks=CHECKS, notes=NOTES, warnings=WARNINGS)
    whole = text_of(alone, compact=False).partition("following actions:\n\n")[2].partition("\nNotes:")[0]
    for compact in (None, True):
        text = text_of(shown, compact)
        assert LINE in text and whole in text
        markdown, page = plan_markdown(data(shown), compact=compact), plan_html(data(shown), compact=compact)
        for address, change in zip(addresses, read_view(data(shown)["view"]).changes[480:-20], strict=True):
            assert change.address == address and change.like == ""
            assert f"<code>{change.headline}</code>" in markdown
            opened = re.search(
                rf'<details id="change-\d+" class="change" open>\s*<summary>.*?<h4>{re.escape(change.headline)}<', page
            )
            assert opened, address
    assert text_of(alone, compact=True) == text_of(alone, compact=False)


def test_json_has_all_of_every_change_and_says_what_may_be_counted() -> None:
    view = data(many(*ALWAYS.values()))["view"]
    assert len(view["changes"]) == 500 + len(ALWAYS)
    assert {change["address"] for change in view["changes"] if "like" not in change} == {
        str(change.address) for change in ALWAYS.values()
    }
    assert all(change["rows"] for change in view["changes"] if "like" in change)


def test_compact_gives_each_change_that_may_be_shortened_a_line_in_its_place() -> None:
    shown = plan(*IMPORTS[:3], INVITE, GREETING)
    text = text_of(shown, compact=True)
    lines = text.partition("following actions:\n\n")[2].splitlines()
    assert lines[:3] == [f"  = accounts.a{n} will be imported" for n in range(3)]
    assert lines[3:5] == ["", "  # rsvpCalls.invite will be created and launched             campaigns/invite.yaml:20"]
    assert "  + voiceFiles.greeting will be created                       campaigns/voice.yaml:4\n\nPlan:" in text
    assert "voiceCode" not in text
    assert "- `+` `voiceFiles.greeting will be created` (`campaigns/voice.yaml:4`)" in plan_markdown(
        data(shown), compact=True
    )
    page = plan_html(data(shown), compact=True)
    assert '<div id="change-5" class="change short">' in page and "voiceCode" not in page and "acceptsWanted" in page


def test_compact_above_a_hundred_lists_what_is_counted_and_no_compact_shows_all() -> None:
    shown = plan(*IMPORTS, INVITE)
    text = text_of(shown, compact=True)
    assert f"  = {LINE}\n  = accounts.a0 will be imported\n" in text
    assert text.count(" will be imported\n") == 500 and one_by_one(text) == ["rsvpCalls.invite"]
    assert plan_markdown(data(shown), compact=True).count("will be imported`") == 500
    everything = text_of(shown, compact=False)
    assert LINE not in everything and len(one_by_one(everything)) == 501
    assert plan_markdown(data(shown), compact=False, max_bytes=10**6).count("<details>") == 501
    assert LINE not in plan_html(data(shown), compact=False)


def test_updates_say_which_fields_and_a_few_of_a_verb_stand_in_full() -> None:
    updates = [update(f"groups.u{n}", members=MemberChange((), ("1",), 4) if n < 20 else None) for n in range(50)]
    moves = [planned(at(f"groups.m{n}"), Action.NOOP, previous_address=at(f"groups.o{n}")) for n in range(2)]
    text = text_of(plan(*IMPORTS, *updates, *moves))
    assert "  ~ 50 updates: groups 50\n      fields: description 50, members 20\n" in text
    assert text.count("has moved to") == 2 and " moves:" not in text


def test_a_page_keeps_the_anchors_of_what_it_counts() -> None:
    page = plan_html(data(plan(*IMPORTS)))
    ids = re.findall(r'id="(change-\d+)"', page)
    assert len(ids) == len(set(ids)) == 500


@pytest.mark.parametrize("like", ["launches", 3, None])
def test_a_plan_whose_view_counts_as_something_else_is_none(like: object) -> None:
    forged = data(plan(*IMPORTS[:2]))
    forged["view"]["changes"][0]["like"] = like
    with pytest.raises(Exception, match="not a plan"):
        plan_markdown(forged)


def test_a_forged_plan_cannot_count_what_launches_or_destroys() -> None:
    forged = data(plan(*IMPORTS, INVITE, ALWAYS["destroyed"]))
    for change in forged["view"]["changes"]:
        change["like"] = "imports"
    assert "rsvpCalls.invite will be created and launched" in plain(render_json(forged))
    assert "groups.gone will be destroyed" in plan_markdown(forged)


def budgets(changes: Sequence[Change]) -> Sequence[int]:
    size = len(plan_markdown(data(plan(*changes)), compact=False, max_bytes=10**6).encode())
    return range(12_000, size, 4_000)


def test_a_comment_that_is_full_shortens_what_may_be_shortened_first() -> None:
    changes = [*(update(f"groups.u{n}") for n in range(90)), *(replace(GREETING), INVITE, ALWAYS["destroyed"])]
    for budget in budgets(changes):
        shown = plan_markdown(data(plan(*changes)), max_bytes=budget)
        assert len(shown.encode()) <= budget
        assert "*Shown short where nobody is reached and nothing is destroyed:" in shown
        assert "90 updates: groups 90" in shown and shown.count("<details>") == 2 and "acceptsWanted" in shown


def test_a_comment_that_is_full_keeps_as_many_launches_in_full_as_there_is_room_for() -> None:
    launches = [replace(INVITE, desired=replace(INVITE.desired, address=at(f"rsvpCalls.c{n}"))) for n in range(90)]
    gone = [planned(at(f"groups.gone{n}"), Action.DELETE, fields=fields(description="x")) for n in range(30)]
    shown = plan_markdown(data(plan(*gone, *launches)), max_bytes=40_000)
    assert 39_000 < len(shown.encode()) <= 40_000
    assert "*Shown as one line per object where there is no room for more:" in shown
    assert all(f"{change.address} will be" in shown for change in (*launches, *gone))
    assert 40 < shown.count("<summary><code>+ ☎</code>") < 90
