"""Rules of the area `capacity`, as far as the manifests alone tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan.checks.findings import campaign, findings


def _project(people: int, wanted: int, **changes: str) -> str:
    """A campaign that calls on one day from 9:00 to 9:25: 300 calls at 12 a minute. Where it wants more than it has people, it
    also calls a group of which nobody knows here who is in it.
    """
    phones = ", ".join(f'{{phone: "+3584012{at:05}"}}' for at in range(people))
    phones += ', {groupId: "7"}' if wanted > people else ""
    text = campaign("Press five to come, nine to decline.").replace("[{group: donors}]", f"[{phones}]")
    fields = {
        "endTime": "2026-12-01 23:00:00",
        "activeTo": '"09:25"',
        "acceptsWanted": str(wanted),
        "activeFrom": '"09:00"',
        **changes,
    }
    for name, value in fields.items():
        line = next(line for line in text.splitlines() if line.strip().startswith(f"{name}:"))
        text = text.replace(line, f"    {name}: {value}")
    return text


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.plan.checks import findings as project

    pace = 'production: {url: "https://api.example.com/v1", service: {pace: 12}}'
    before = 'production: {url: "https://api.example.com/v1"}'
    monkeypatch.setattr(project, "PROJECT", project.PROJECT.replace(before, pace))


@pytest.mark.usefixtures("paced")
def test_more_acceptances_than_calls_are_refused(tmp_path: Path) -> None:
    (check,) = findings(tmp_path, _project(3, 301), rule="capacity/window")
    assert check.status == "fail"
    assert check.message == (
        "rsvpCalls.invite wants 301 to accept, and its window holds 300 calls at 12 calls a minute."
    )
    assert check.place is not None
    line = (tmp_path / "all.yaml").read_text().splitlines()[check.place.line - 1]
    assert line.strip() == 'activeTo: "09:25"'


@pytest.mark.usefixtures("paced")
def test_more_people_than_calls_are_a_warning(tmp_path: Path) -> None:
    (check,) = findings(tmp_path, _project(301, 10), rule="capacity/window")
    assert (check.status, check.people) == ("warn", 301)
    assert "reaches 301 people, and its window holds 300 calls" in check.message


@pytest.mark.usefixtures("paced")
def test_as_many_calls_as_people_are_enough(tmp_path: Path) -> None:
    assert findings(tmp_path, _project(300, 150), rule="capacity/window") == []


def test_without_a_pace_12_is_assumed_and_it_only_warns(tmp_path: Path) -> None:
    (check,) = findings(tmp_path, _project(3, 301), rule="capacity/window")
    assert check.status == "warn"
    assert "at 12 calls a minute (assumed: the environment sets no pace)" in check.message
    assert "service: {pace: N}" in check.hint


@pytest.mark.usefixtures("paced")
@pytest.mark.parametrize(
    "changes",
    [
        {"endTime": "2026-12-02 23:00:00"},  # a second day
        {"activeTo": '"09:26"'},
        {"activeFrom": '"09:00 Europe/Stockholm"', "activeTo": '"09:26 Europe/Stockholm"'},
        {"endTime": "9999-12-31 23:59:59"},
    ],
)
def test_a_wider_window_holds_them(tmp_path: Path, changes: dict[str, str]) -> None:
    assert findings(tmp_path, _project(3, 301, **changes), rule="capacity/window") == []


@pytest.mark.usefixtures("paced")
def test_the_window_is_cut_by_start_and_end(tmp_path: Path) -> None:
    # Helsinki is two hours ahead of the zone of the window, so 09:00 UTC is 11:00 there.
    (check,) = findings(tmp_path, _project(3, 200, endTime="2026-12-01 11:10:00"), rule="capacity/window")
    assert "holds 120 calls" in check.message


@pytest.mark.usefixtures("paced")
def test_the_comment_stands_at_the_hours(tmp_path: Path) -> None:
    manifest = _project(3, 301).replace(
        '    activeTo: "09:25"', '    # mscode:allow capacity/window, tried with a stopwatch\n    activeTo: "09:25"'
    )
    (check,) = findings(tmp_path, manifest, rule="capacity/window")
    assert check.status == "allowed"


def test_more_than_half_of_the_people_are_hardly_expected_to_accept(tmp_path: Path) -> None:
    (check,) = findings(tmp_path, _project(10, 6), rule="capacity/accepts")
    assert check.message == (
        "rsvpCalls.invite wants 6 to accept of 10 people who are reached (60%), and at most 50% of them is expected."
    )
    assert check.place is not None
    assert "acceptsWanted: 6" in (tmp_path / "all.yaml").read_text().splitlines()[check.place.line - 1]
    assert findings(tmp_path, _project(10, 5), rule="capacity/accepts") == []


@pytest.mark.parametrize(("value", "number"), [("'80%'", 0), ("5", 1), ("6", 0)])
def test_the_value_is_a_share_or_a_number(tmp_path: Path, value: str, number: int) -> None:
    settings = f"checks: {{capacity/accepts: {{value: {value}}}}}\n"
    assert len(findings(tmp_path, _project(10, 6), settings=settings, rule="capacity/accepts")) == number


def test_people_whom_only_a_plan_knows_are_no_finding(tmp_path: Path) -> None:
    text = campaign("Hello").replace("groups: {donors: {members: {accounts: [anna]}}}", "groups: {donors: {}}")
    assert findings(tmp_path, text, rule="capacity/accepts") == []
    assert len(findings(tmp_path, campaign("Hello"), rule="capacity/accepts")) == 1


@pytest.mark.parametrize(
    ("expect", "wanted", "says"),
    [
        ("{answer: 60%, accept: 40%}", 3, ""),
        ("{answer: 60%, accept: 40%}", 4, "at most 39% of them (by its `expect`) is expected"),
        ("{accept: 90%}", 9, ""),
        ("{answer: 10%, accept: 100%}", 4, "at most 34% of them (by its `expect`) is expected"),
        ("{answer: 100%}", 6, "at most 50% of them is expected"),
        ("{accept: 0%}", 1, "at most 0% of them (by its `expect`) is expected"),
    ],
)
def test_what_a_campaign_expects_counts_for_the_value(tmp_path: Path, expect: str, wanted: int, says: str) -> None:
    text = _project(10, wanted).replace("    acceptsWanted:", f"    expect: {expect}\n    acceptsWanted:")
    assert [says in check.message for check in findings(tmp_path, text, rule="capacity/accepts")] == [True] * bool(says)
