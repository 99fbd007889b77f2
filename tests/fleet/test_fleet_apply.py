"""`fleet apply`: the saved plans of one run, wave after wave; run again it rings nobody twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.app.approval import ApplyOptions
from mscode.app.fleet.applying import FleetApplyRequest, apply_fleet
from mscode.app.fleet.projects import load_fleet
from mscode.app.invocation import Invocation
from tests.fleet.accounts import campaign, phones
from tests.fleet.agency import ENTRY, Agency
from tests.fleet.conftest import Ended, FleetFolder
from tests.fleet.services import Accounts, accounts

NAMES = ("asikkala", "hollola", "lahti")
#: A day before the campaigns call, and a day after.
BEFORE, AFTER = "2027-03-01T08:00:00Z", "2027-03-03T08:00:00Z"
PILOT = {**ENTRY, "path": "clients/lahti", "wave": 1}
RUNG = phones(0, 3)


@pytest.fixture(scope="module")
def served() -> Iterator[Accounts]:
    with accounts(NAMES, BEFORE) as served:
        yield served


@pytest.fixture(scope="module")
def empty(served: Accounts) -> dict[str, Any]:
    return {name: app.state.store.copy() for name, app in served.apps.items()}


@pytest.fixture
def agency(fleet: FleetFolder, served: Accounts, empty: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Agency:
    """Three clients with a campaign each, on empty accounts; `lahti` is applied first."""
    agency = Agency(fleet.root, served)
    for name, copy in empty.items():
        copy.copy_into(served.apps[name].state.store)
        agency.write_client(name, campaign(RUNG, acceptsWanted=3, maxRedials=0))
        monkeypatch.setenv(f"TOKEN_{name.upper()}", served.token(name))
    served.at(BEFORE)
    served.requests.clear()
    agency.write_fleet([ENTRY, PILOT], guards={"samePersonSameDay": {"level": "warn"}})
    return agency


def _plan(fleet: FleetFolder, *options: str) -> None:
    ended = fleet.cli("fleet", "plan", "--out", "plans", *options)
    assert ended.code == 0, ended.err


def _results(ended: Ended) -> dict[str, str]:
    return {row["path"].removeprefix("clients/"): row["result"] for row in ended.json["projects"]}


def _rung(agency: Agency) -> dict[str, list[str]]:
    agency.accounts.at(AFTER)
    return {name: sorted(ring["phone"] for ring in agency.accounts.rings(name)) for name in NAMES}


def test_it_applies_every_plan_and_launches(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.splitlines()[-1] == "Apply complete! Projects: 3 done."
    assert agency.accounts.states() == {name: ["waitingToActive"] for name in NAMES}
    assert fleet.cli("fleet", "plan", "--detailed-exitcode").code == 0
    assert "rsvpCalls.invite: Launched" in Path("plans/logs/clients__lahti.apply.log").read_text()


def test_a_wave_begins_when_the_one_before_has_ended(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    agency.accounts.requests.clear()
    assert fleet.cli("fleet", "apply", "plans", "--allow-launch").code == 0
    writes = agency.accounts.writes()
    last_of_first = max(at for at, sent in enumerate(writes) if sent.account == "lahti")
    assert all(sent.account == "lahti" for sent in writes[: last_of_first + 1])


def test_a_held_launch_stops_the_next_wave(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    ended = fleet.cli("fleet", "apply", "plans", "--json")
    assert ended.code == 5
    assert _results(ended) == {"asikkala": "not-begun", "hollola": "not-begun", "lahti": "held"}
    assert {sent.account for sent in agency.accounts.writes()} == {"lahti"}
    # The launch that was held goes on with the same plan, and then the next wave.
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert agency.accounts.states() == {name: ["waitingToActive"] for name in NAMES}


def test_one_that_holds_launches_on_purpose_does_not(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    ended = fleet.cli("fleet", "apply", "plans", "--no-launch", "--json")
    assert ended.code == 0, ended.err
    assert set(_results(ended).values()) == {"done"}
    assert agency.accounts.states() == {name: ["halt"] for name in NAMES}


def test_a_failure_stops_the_next_wave_and_no_other_project(agency: Agency, fleet: FleetFolder) -> None:
    agency.write_fleet(
        [{**ENTRY, "wave": 1}, {**ENTRY, "path": "clients/lahti"}], guards={"samePersonSameDay": {"level": "warn"}}
    )
    _plan(fleet)
    (agency.root / "clients" / "hollola" / "all.yaml").write_text("apiVersion: mscode/v1\n")
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch", "--json")
    assert ended.code == 3
    assert _results(ended) == {"asikkala": "done", "hollola": "stale", "lahti": "not-begun"}
    assert agency.accounts.states() == {"asikkala": ["waitingToActive"], "hollola": [], "lahti": []}


def test_a_project_without_a_plan_stops_the_next_wave(agency: Agency, fleet: FleetFolder) -> None:
    (agency.root / "clients" / "lahti" / "all.yaml").write_text("rsvpCalls: [")
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 1
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch", "--json")
    assert ended.code == 1
    assert _results(ended) == {"asikkala": "not-begun", "hollola": "not-begun", "lahti": "no-plan"}
    assert agency.accounts.writes() == []


def test_applied_twice_it_rings_nobody_twice(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    assert fleet.cli("fleet", "apply", "plans", "--allow-launch").code == 0
    agency.accounts.requests.clear()
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 0, ended.out + ended.err
    assert agency.accounts.writes() == []
    rung = _rung(agency)
    assert rung == dict.fromkeys(NAMES, RUNG)
    # Also when everybody has been called, and a plan that expired has nothing more to do.
    assert fleet.cli("fleet", "apply", "plans", "--allow-launch").code == 0
    assert _rung(agency) == rung


def test_a_plan_that_does_nothing_leaves_other_plans_good(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    assert fleet.cli("fleet", "apply", "plans", "--allow-launch").code == 0
    _plan(fleet)
    state = agency.root / "clients" / "lahti" / ".mscode" / "production" / "state.json"
    before = json.loads(state.read_text())["serial"]
    assert fleet.cli("fleet", "apply", "plans", "--allow-launch").code == 0
    assert json.loads(state.read_text())["serial"] == before


def test_what_another_command_has_changed_since_makes_a_plan_stale(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own rest may be applied; what comes after somebody else's change may not."""
    _plan(fleet)
    assert fleet.cli("fleet", "apply", "plans").code == 5
    monkeypatch.setenv("MSCODE_TOKEN", agency.accounts.token("lahti"))
    names = ("voiceFiles.greeting", "voiceFiles.welcome")
    for before, after in (names, names[::-1]):  # what is left to do stays the same
        between = fleet.cli("--env", "production", "-C", "clients/lahti", "state", "mv", before, after)
        assert between.code == 0, between.err
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch", "--json")
    assert ended.code == 3
    assert _results(ended)["lahti"] == "stale"
    assert agency.accounts.states()["lahti"] == ["halt"]


# ---- what is no folder of one run ------------------------------------------------------------------------------------


def test_plans_of_two_runs_are_refused(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    shutil.copytree("plans", "earlier")
    _plan(fleet)
    shutil.copy("earlier/clients__lahti.json", "plans/clients__lahti.json")
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 3 and "clients__lahti.json was made in another run" in ended.err
    assert agency.accounts.writes() == []


def test_a_folder_with_an_edited_plan_sends_nothing_of_any_project(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    plan = Path("plans/clients__hollola.json")
    plan.write_text(plan.read_text().replace('"acceptsWanted": 3', '"acceptsWanted": 4'))
    agency.accounts.requests.clear()
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 3 and "clients__hollola.json was edited after it was made" in ended.err
    assert agency.accounts.requests == []


def test_a_shard_alone_is_refused(agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_FLEET_KEY", "k" * 32)
    _plan(fleet, "--shard", "1/2")
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 3 and "mscode fleet merge" in ended.err


def test_no_folder_of_a_run_is_refused(agency: Agency, fleet: FleetFolder) -> None:
    (agency.root / "plans").mkdir()
    assert fleet.cli("fleet", "apply", "plans").code == 3
    assert fleet.cli("fleet", "apply", "nowhere").code == 3


def test_another_wave_than_when_planned_is_refused(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    agency.write_fleet([{**ENTRY, "wave": 3}, PILOT])
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 3 and "clients/asikkala is of wave 3 in fleet.yaml, and was of 2" in ended.err


# ---- the guards over all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "guards",
    [{"maxPeople": 2}, {"maxCalls": 5}, {"samePersonSameDay": {"level": "deny"}}],
    ids=["maxPeople", "maxCalls", "samePersonSameDay"],
)
def test_the_guards_are_judged_once_more(agency: Agency, fleet: FleetFolder, guards: dict[str, Any]) -> None:
    """fleet.yaml has them since the plans were made."""
    _plan(fleet)
    agency.write_fleet([ENTRY, PILOT], guards=guards)
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    assert ended.code == 5 and f"Guard {next(iter(guards))} refuses these plans" in ended.err
    assert agency.accounts.writes() == []


# ---- a job of a CI ---------------------------------------------------------------------------------------------------


def test_jobs_apply_the_shards_of_a_wave_with_their_own_tokens(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _plan(fleet)
    assert fleet.cli("fleet", "apply", "plans", "--shard", "1/2").code == 64
    for name in NAMES:
        monkeypatch.delenv(f"TOKEN_{name.upper()}")
    for wave, shard, name in (("1", "1/1", "lahti"), ("2", "1/2", "asikkala"), ("2", "2/2", "hollola")):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", agency.accounts.token(name))
        ended = fleet.cli("fleet", "apply", "plans", "--allow-launch", "--wave", wave, "--shard", shard, "--json")
        assert ended.code == 0, ended.out + ended.err
        assert _results(ended) == {name: "done"}
        monkeypatch.delenv(f"TOKEN_{name.upper()}")
    assert agency.accounts.states() == {name: ["waitingToActive"] for name in NAMES}


def test_a_missing_token_is_an_error_of_its_project(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _plan(fleet)
    monkeypatch.delenv("TOKEN_HOLLOLA")
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch", "--json")
    assert ended.code == 1
    assert _results(ended) == {"asikkala": "done", "hollola": "error", "lahti": "done"}
    assert json.loads(ended.out)["projects"][1]["diagnostics"][0]["summary"] == "The variable TOKEN_HOLLOLA is not set"


# ---- a person, and what others read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 5)])
def test_one_question_on_a_terminal_asks_for_all_launches(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    _plan(fleet)
    questions = list[str | None]()
    inv = Invocation(can_ask=True, read_answer=lambda: (questions.append(answer), answer)[1])
    outcome = apply_fleet(
        inv, load_fleet(inv, Path()), FleetApplyRequest(Path("plans"), ApplyOptions()), lambda row, done, of: None
    )
    assert (outcome.exit_code, len(questions)) == (code, 1)
    assert "3 launches in 3 projects, at most 9 calls." in fleet.capsys.readouterr().err


def test_a_job_of_github_gets_a_summary(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    _plan(fleet)
    assert fleet.cli("fleet", "apply", "plans").code == 5
    text = (tmp_path / "summary.md").read_text()
    assert "**Apply incomplete: 3 projects, 0 done, 0 failed, 1 held, 2 not begun.**" in text
    assert "| `clients/lahti` | 1 | launches held |" in text


def test_no_number_and_no_token_is_in_any_output(agency: Agency, fleet: FleetFolder) -> None:
    _plan(fleet)
    ended = fleet.cli("fleet", "apply", "plans", "--allow-launch")
    texts = [ended.out, ended.err, *(path.read_text() for path in Path("plans").rglob("*") if path.is_file())]
    for text in texts:
        assert not any(number in text or number[1:] in text for number in RUNG)
        assert not any(agency.accounts.token(name) in text for name in NAMES)
