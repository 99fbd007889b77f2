"""Drift, status and results as text, Markdown and CSV: bounded, found again, and safe to open in a table."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mscode.model.address import Address
from mscode.model.world import Entry, Live
from mscode.plan.change import Note, Plan
from mscode.plan.drift.detect import Cause, Drift, FieldDrift, in_spec_form
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.drift.drift_markdown import drift_markdown, marker
from mscode.views.drift.drift_text import render_drift, render_refresh
from mscode.views.plan.columns import columns
from mscode.views.plan.segments import plain
from mscode.views.status.results import ObjectResults, Page, ReceiverReply, results_csv
from mscode.views.status.table import StatusRow, happened
from mscode.views.status.watching import Watched, follower
from mscode.views.text.masking import Privacy

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def group(at: int, before: str, after: str, **more: Any) -> Drift:
    """A group whose description has changed."""
    address = Address("groups", f"g{at:04}")
    live = Live("groups", str(at), {"description": after}, {})
    entry = Entry(address, str(at), applied={"description": before})
    fields = (FieldDrift("description", before, after, long=True),)
    found = Drift(address, str(at), Cause.CONFIGURATION, "has changed", "changed", entry, live, fields)
    return found if not more else Drift(**{name: getattr(found, name) for name in Drift.__slots__} | more)


def report(*drift: Drift, **more: Any) -> Plan:
    settings: dict[str, Any] = {"drift": drift, "refresh_only": True, "compared": len(drift), **more}
    return Plan("drive", "test", "sandbox:", "Europe/Helsinki", "UTC", NOW, **settings)


def test_an_issue_holds_at_most_its_bytes_and_says_what_it_left_out() -> None:
    many = [group(at, "ä" * 300, "ö" * 300) for at in range(500)]
    text = drift_markdown(report(*many), max_bytes=20_000)
    assert 10_000 < len(text.encode()) <= 20_000
    shown = len(re.findall(r"^  # groups\.", text, re.MULTILINE))
    assert f"And {500 - shown} more that have no room here" in text
    assert "Drift: 500 drifts of configuration." in text


@pytest.mark.parametrize("name", ["a-->b", "a--b", "a b", "<!--", "ä", "x" * 40])
def test_a_marker_is_one_comment_whatever_the_environment_is_called(name: str) -> None:
    text = marker("drive", name)
    assert re.fullmatch(r"<!-- [\w.:/%-]+ -->", text, re.ASCII)
    assert "--" not in text[4:-3]


def test_markers_of_other_environments_differ() -> None:
    names = ["a-b", "a--b", "a b", "a_b", "a%002db", "ab"]
    assert len({marker("drive", name) for name in names}) == len(names)


def test_a_longer_fence_stands_around_backticks() -> None:
    text = drift_markdown(report(group(1, "x", "```` @team")))
    fences = re.findall(r"^`+", text, re.MULTILINE)
    assert fences == ["`````", "`````"]


def test_a_note_cannot_mention_anybody() -> None:
    text = drift_markdown(report(notes=(Note("", "no plan can be made (@team <b> `x`)", "not-compared"),)))
    assert "@" not in text
    assert "<b>" not in text


def test_hidden_values_are_told_as_different_and_no_more() -> None:
    fields = (FieldDrift("firstName", None, None, hidden=True),)
    text = plain(render_drift(report(group(1, "a", "b", fields=fields))))
    assert "firstName: (differs; the state keeps a hash of it alone)" in text


def test_what_is_not_accepted_is_listed_with_why() -> None:
    kept = group(1, "a", "b", accepted=False, why_not="the state keeps no members")
    text = plain(render_refresh(report(kept)))
    assert text.startswith("No changes. The live account still matches the state.")
    assert "groups.g0001 has changed: the state keeps no members" in text


def test_objects_that_stay_and_that_leave_are_counted_apart() -> None:
    gone = group(2, "a", "b", live=None, fields=(), cause=Cause.OPERATOR, text="was deleted", kind="deleted")
    assert "Refresh: 1 object would leave the state." in plain(render_refresh(report(gone)))
    both = plain(render_refresh(report(group(1, "a", "b"), gone)))
    assert "Refresh: 1 object would be accepted into the state, 1 object would leave it." in both


@pytest.mark.parametrize(
    ("applied", "live", "shown"),
    [
        ([["start", "4"]], {"start": "5"}, {"start": "4"}),
        ('{"season": "winter"}', {}, {"season": "winter"}),
        ("no JSON", {}, "no JSON"),
        (["monday"], ["friday"], ["monday"]),
        (4, 9, 4),
    ],
)
def test_an_applied_value_has_the_shape_of_the_live_one(applied: Any, live: Any, shown: Any) -> None:
    assert in_spec_form(applied, live) == shown


# ---- tables ----------------------------------------------------------------------------------------------------------


def test_columns_stand_below_each_other_and_numbers_end_in_line() -> None:
    text = plain(columns(["NAME", "N"], [["a", "1,204"], ["longer", "7"]], right=(1,)))
    assert text == "NAME        N\na       1,204\nlonger      7\n"


def test_a_table_takes_nothing_for_a_formula() -> None:
    hostile = ReceiverReply("=1+1", "", "+358401234567", "@SUM(A1)", '-2+3",x', True, 1, 5, "", " =1+1", "＝1+1")
    results = [ObjectResults(row("1"), [hostile, replace(hostile, phone="+358+cmd|' /C calc'!A0")])]
    page = Page("Europe/Helsinki", Privacy(show_people=True))
    first, second = csv.DictReader(io.StringIO(results_csv(results, page, with_address=False)))
    assert second["phone"] == "'+358+cmd|' /C calc'!A0"
    assert (first["firstName"], first["lastName"]) == ("' =1+1", "'＝1+1")
    assert first["accountId"] == "'=1+1"
    assert first["email"] == "'@SUM(A1)"
    assert first["reply"] == "'-2+3\",x"
    assert first["phone"] == "+358401234567"


# ---- watching --------------------------------------------------------------------------------------------------------


def row(live_id: str, **standing: Any) -> StatusRow:
    now = SendStatus(**{"state": "active", "finished": False, **standing})
    return StatusRow("rsvpCalls.invite", "rsvpCalls", live_id, True, now)


def test_only_what_is_new_is_told() -> None:
    before = [row("1"), row("2", dialled=1), row("3")]
    after = [row("1"), row("2", dialled=2, answered=1, wanted=4), row("4")]
    told = [(one.id, text) for one, text in happened(before, after)]
    assert told == [("2", "active, 2 calls, 1 answered, 0 of 4 accepted"), ("4", "active"), ("3", "deleted")]


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_table_is_drawn_over_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from mscode.views.console import Out

    screen = Screen()
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.stdout", screen)
    with follower(Out(), Watched("Europe/Helsinki", lambda: datetime.now(UTC))) as show:
        show([], [row("1")])
        show([row("1")], [row("1", dialled=3)])
    drawn = screen.getvalue()
    assert drawn.count("CAMPAIGN") >= 2
    assert "\x1b[2K" in drawn
    assert "\x1b[1A" in drawn
