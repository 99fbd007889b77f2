"""`fleet status`, `fleet drift` and `fleet history`: one table over all projects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet.accounts import campaign, phones
from tests.fleet.agency import Agency
from tests.fleet.conftest import FleetFolder
from tests.fleet.services import Accounts, accounts

NAMES = ("hollola", "lahti")
BEFORE = "2027-03-01T08:00:00Z"


@pytest.fixture(scope="module")
def served() -> Iterator[Accounts]:
    with accounts(NAMES, BEFORE) as served:
        yield served


@pytest.fixture(scope="module")
def launched(served: Accounts, tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """Both clients' campaigns are launched, and wait for their day."""
    agency = Agency(tmp_path_factory.mktemp("agency"), served)
    for at, name in enumerate(NAMES):
        agency.write_client(name, campaign(phones(10 * at, 3)))
    agency.write_fleet()
    for command in (("plan", "--out", "plans"), ("apply", "plans", "--allow-launch")):
        ended = agency.run("fleet", *command)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return agency


@pytest.fixture
def agency(launched: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> Agency:
    monkeypatch.chdir(launched.root)
    monkeypatch.setenv("COLUMNS", "220")
    for name, token in launched.accounts.tokens().items():
        monkeypatch.setenv(name, token)
    launched.accounts.requests.clear()
    return launched


def test_status_is_one_table(agency: Agency, fleet: FleetFolder) -> None:
    ended = fleet.cli("fleet", "status")
    assert ended.code == 0, ended.err
    rows = [line.split()[:4] for line in ended.out.splitlines() if line.startswith("clients/")]
    assert rows == [
        ["clients/hollola", "rsvpCalls.invite", "1", "waiting"],
        ["clients/lahti", "rsvpCalls.invite", "1", "waiting"],
    ]
    assert "Total: 2 waiting." in ended.out
    assert agency.accounts.writes() == []
    data = fleet.cli("fleet", "status", "--json").json
    assert data["totals"]["waiting"] == 2 and data["totals"]["people"] == 6
    assert [project["path"] for project in data["projects"]] == ["clients/hollola", "clients/lahti"]
    assert data["projects"][0]["status"]["campaigns"][0]["address"] == "rsvpCalls.invite"


def test_one_that_cannot_be_read_is_named_and_stops_no_other(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKEN_HOLLOLA")
    for command in ("status", "drift"):
        ended = fleet.cli("fleet", command)
        assert ended.code == 1
        assert "Not read: clients/hollola." in ended.out
        assert "clients/hollola: The variable TOKEN_HOLLOLA is not set" in ended.err
    assert "clients/lahti" in fleet.cli("fleet", "status").out
    # What was launched lies beside the project, and needs no token.
    assert fleet.cli("fleet", "history").code == 0


def test_drift_names_what_a_person_has_done(agency: Agency, fleet: FleetFolder) -> None:
    ended = fleet.cli("fleet", "drift", "--detailed-exitcode")
    assert ended.code == 0 and "No drift in any project" in ended.out, ended.out + ended.err
    (live,) = agency.accounts.get("lahti", "/rsvp_calls")
    agency.accounts.put("lahti", f"/rsvp_calls/{live['rsvpCallId']}", live | {"state": "halt"})
    ended = fleet.cli("fleet", "drift", "--detailed-exitcode")
    assert ended.code == 2, ended.err
    assert "clients/lahti  operator" in ended.out and "Drift: 1 object in 1 of 2 projects." in ended.out
    assert fleet.cli("fleet", "drift").code == 0
    data = fleet.cli("fleet", "drift", "--json").json
    assert data["drifted"] == ["clients/lahti"] and data["exit_code"] == 0
    agency.accounts.put("lahti", f"/rsvp_calls/{live['rsvpCallId']}", live | {"state": "active"})


def test_history_is_one_table(agency: Agency, fleet: FleetFolder) -> None:
    ended = fleet.cli("fleet", "history")
    assert ended.code == 0, ended.err
    rows = [line.split() for line in ended.out.splitlines() if line.startswith("clients/")]
    assert sorted(row[0] for row in rows) == ["clients/hollola", "clients/lahti"]
    assert all("rsvpCalls.invite" in row for row in rows)
    assert "2 launches in 2 projects." in ended.out
    data = fleet.cli("fleet", "history", "--json").json
    assert [len(project["history"]["launches"]) for project in data["projects"]] == [1, 1]
    assert data["projects"][0]["history"]["launches"][0]["people"] == 3
    assert fleet.cli("fleet", "history", "--since", "2099-01-01").out.startswith("No launches")
    assert fleet.cli("fleet", "history", "--since", "never").code == 64
