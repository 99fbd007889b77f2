"""Guards that look beyond one plan: a do-not-call list that only grows, calls per person, where personal data goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mscode.cli.app import run

PROJECT = """apiVersion: mscode/v1
project: demo
timezone: UTC
defaultEnvironment: sandbox
environments: {{sandbox: {{url: "sandbox:"}}}}
guards: {{{guards}}}
"""
VOICE = """apiVersion: mscode/v1
voiceFiles:
  greeting: {text: Hello, voiceCode: en}
"""
CAMPAIGN = """apiVersion: mscode/v1
rsvpCalls:
  {name}:
    startTime: {start}
    endTime: {end}
    activeFrom: "08:00"
    activeTo: "16:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
    voiceFiles: {{start: greeting}}
    actionButtons: {{accept: 5, decline: 9}}
    receivers: [{{{receiver}}}]
    acceptsWanted: 1
    maxRedials: 1
    {more}
"""


class Demo:
    """A project whose campaigns are written and run one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.guards("")
        (folder / "voice.yaml").write_text(VOICE, encoding="utf-8")

    def guards(self, text: str) -> None:
        (self.folder / "mscode.yaml").write_text(PROJECT.format(guards=text), encoding="utf-8")

    def campaign(self, name: str, day: str, receiver: str = 'phone: "+358401234567"', more: str = "") -> None:
        text = CAMPAIGN.format(
            name=name, start=f"{day}T08:00:00Z", end=f"{day}T16:00:00Z", receiver=receiver, more=more
        )
        (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    def clock(self, text: str) -> None:
        assert run(["sandbox", "clock", text, "--dir", str(self.folder)]) == 0

    def plan(self, *more: str) -> int:
        return run(["plan", str(self.folder), *more])

    def apply(self, *more: str) -> int:
        return run(["apply", "--auto-approve", "--allow-launch", str(self.folder), *more])


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    made = Demo(tmp_path)
    made.clock("2026-11-30T06:00:00Z")
    return made


# ---- a do-not-call list only grows -----------------------------------------------------------------------------------

STATE = ".mscode/sandbox/state.json"


def listed(demo: Demo, *numbers: str) -> None:
    (demo.folder / "never.txt").write_text("".join(f"{number}\n" for number in numbers), encoding="utf-8")
    demo.guards("doNotCall: never.txt")


def test_a_number_taken_off_the_list_is_refused_until_it_is_allowed(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    listed(demo, "+358401111111", "+358402222222")
    assert demo.apply() == 0
    listed(demo, "+358401111111", "+358402222222", "+358403333333")
    assert demo.apply() == 0, "it may grow"
    listed(demo, "+358401111111", "+358403333333")
    capsys.readouterr()
    assert demo.plan() == 5
    out = capsys.readouterr().out
    assert "Guard doNotCallGrows refuses this plan" in out and "1 of 3 (--allow-unsuppress allows it)" in out
    assert demo.apply() == 5
    assert demo.plan("--allow-unsuppress") == 0
    assert "Guard doNotCallGrows was overridden" in capsys.readouterr().out
    assert demo.apply("--allow-unsuppress") == 0
    assert "doNotCallGrows" in (demo.folder / ".mscode" / "audit.jsonl").read_text(encoding="utf-8")
    assert demo.plan() == 0


def test_a_guard_taken_out_takes_everybody_off_the_list(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    listed(demo, "+358401111111")
    assert demo.apply() == 0
    demo.guards("")
    assert demo.plan() == 5
    assert "the whole list, for mscode.yaml names none any more" in capsys.readouterr().out
    assert demo.apply("--allow-unsuppress") == 0
    assert demo.plan() == 0


def test_a_destroy_forgets_nobody(demo: Demo) -> None:
    listed(demo, "+358401111111")
    assert demo.apply() == 0
    demo.guards("")
    assert run(["destroy", "--auto-approve", str(demo.folder)]) == 0
    assert demo.plan() == 5


def test_the_state_holds_none_of_the_numbers(demo: Demo) -> None:
    listed(demo, "+358401111111", "+358402222222")
    assert demo.apply() == 0
    text = (demo.folder / STATE).read_text(encoding="utf-8")
    assert len(json.loads(text)["suppressed"]) == 16
    assert "1111111" not in text and "2222222" not in text


def test_the_list_is_remembered_where_nothing_is_managed_yet(demo: Demo) -> None:
    (demo.folder / "voice.yaml").unlink()
    (demo.folder / "empty.yaml").write_text("apiVersion: mscode/v1\n", encoding="utf-8")
    listed(demo, "+358401111111")
    assert demo.apply() == 0
    listed(demo, "+358402222222")
    assert demo.plan() == 5


# ---- attempts per person ---------------------------------------------------------------------------------------------


@pytest.fixture
def called_twice(demo: Demo) -> Demo:
    """A campaign that has called one person twice (nobody answers), and is over."""
    demo.clock("2026-11-30T06:00:00Z")
    demo.campaign("first", "2026-12-01")
    assert demo.apply() == 0
    demo.clock("2026-12-02T06:00:00Z")
    return demo


def attempts(demo: Demo, capsys: pytest.CaptureFixture[str], limit: int, days: int) -> tuple[int, str]:
    demo.guards(f"maxAttemptsPerPerson: {{attempts: {limit}, days: {days}}}")
    capsys.readouterr()
    return demo.plan(), capsys.readouterr().out


def test_calls_of_a_finished_campaign_count(called_twice: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(rings(called_twice, capsys))
    dialled = len(rows)
    assert dialled >= 1
    called_twice.campaign("second", "2026-12-03")
    code, out = attempts(called_twice, capsys, dialled + 1, 14)
    assert code == 5
    assert f"1 person may be called more than {dialled + 1} times in 14 days (up to {dialled + 2} times)" in out
    assert attempts(called_twice, capsys, dialled + 2, 14)[0] == 0


def rings(demo: Demo, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(["sandbox", "rings", "--json", "--dir", str(demo.folder)]) == 0
    return capsys.readouterr().out


def test_calls_before_the_days_do_not_count(called_twice: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    called_twice.campaign("second", "2026-12-10")
    assert attempts(called_twice, capsys, 2, 3)[0] == 0
    assert attempts(called_twice, capsys, 2, 30)[0] == 5


def test_somebody_else_may_be_called(called_twice: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    called_twice.campaign("second", "2026-12-03", 'phone: "+358409999999"')
    assert attempts(called_twice, capsys, 2, 14)[0] == 0


def test_two_campaigns_of_one_plan_count_together(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    demo.campaign("first", "2026-12-01")
    demo.campaign("second", "2026-12-02")
    assert attempts(demo, capsys, 3, 14)[0] == 5
    assert attempts(demo, capsys, 4, 14)[0] == 0


def test_a_group_whose_calls_are_told_as_one_says_so(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    people = """apiVersion: mscode/v1
accounts:
  anna: {firstName: Anna, phone: "+358401234567"}
  bo: {firstName: Bo, phone: "+358401234568"}
groups:
  donors: {members: {accounts: [anna, bo]}}
"""
    (demo.folder / "people.yaml").write_text(people, encoding="utf-8")
    demo.campaign("first", "2026-12-01", "group: donors")
    assert demo.apply() == 0
    demo.clock("2026-12-02T06:00:00Z")
    demo.campaign("second", "2026-12-03", "group: donors")
    code, out = attempts(demo, capsys, 2, 14)
    assert code == 5
    assert "2 people may be called more than 2 times" in out
    assert "Where the list tells a group's calls as one" in out


@pytest.mark.parametrize("text", ["6", "{attempts: 6}", "{attempts: 0, days: 14}", "{attempts: 6, days: soon}"])
def test_attempts_have_a_form(demo: Demo, capsys: pytest.CaptureFixture[str], text: str) -> None:
    demo.guards(f"maxAttemptsPerPerson: {text}")
    assert demo.plan() == 1
    assert "maxAttemptsPerPerson is a mapping like {attempts: 6, days: 14}" in capsys.readouterr().err


# ---- new people in a campaign that runs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guards", "said"),
    [
        ('callingHours: {from: "09:00", to: "16:00"}', "groups.donors may call outside the hours, first on"),
        ("countryHours: {value: [FR], level: deny}", "groups.donors may call 1 person in FR outside the hours"),
    ],
)
def test_a_group_through_which_a_campaign_rings_somebody_new_is_judged_by_the_campaigns_hours(
    demo: Demo, capsys: pytest.CaptureFixture[str], guards: str, said: str
) -> None:
    people = """apiVersion: mscode/v1
accounts:
  anna: {firstName: Anna, phone: "+358401234567"}
  bo: {firstName: Bo, phone: "+33612345678"}
groups:
  donors: {members: {accounts: [MEMBERS]}}
"""
    (demo.folder / "people.yaml").write_text(people.replace("MEMBERS", "anna"), encoding="utf-8")
    demo.campaign("first", "2026-12-01", "group: donors")
    assert demo.apply() == 0
    (demo.folder / "people.yaml").write_text(people.replace("MEMBERS", "anna, bo"), encoding="utf-8")
    demo.guards(guards)
    capsys.readouterr()
    assert demo.plan() == 5
    assert said in capsys.readouterr().out


# ---- where personal data goes ----------------------------------------------------------------------------------------


def test_a_webhook_to_another_host_is_a_new_destination(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    demo.campaign("first", "2026-12-01", more="receiverWebhookUrl: https://hooks.example.com/a")
    assert demo.plan() == 0
    said = "rsvpCalls.first will send receiver data to hooks.example.com, a new destination of personal data"
    assert said in capsys.readouterr().out
    assert demo.apply() == 0
    demo.campaign("second", "2026-12-02", more="receiverWebhookUrl: https://hooks.example.com/b")
    capsys.readouterr()
    assert demo.plan() == 0
    assert "new destination" not in capsys.readouterr().out
    demo.campaign("first", "2026-12-01", more="receiverWebhookUrl: https://evil.example.org/a")
    assert demo.plan() == 0
    said = "rsvpCalls.first will send receiver data to evil.example.org instead of hooks.example.com, a new destination"
    assert said in capsys.readouterr().out
