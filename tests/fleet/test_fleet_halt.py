"""`fleet halt`: every project's campaigns, side by side; what cannot be reached is named and stops no other."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.campaigns import MONDAY
from tests.fleet.agency import ENTRY, Agency
from tests.fleet.conftest import FleetFolder
from tests.fleet.services import Accounts, accounts

NAMES = ("asikkala", "hollola", "lahti")
CALLING = "2026-12-01T08:00:06Z"


@pytest.fixture(scope="module")
def served() -> Iterator[Accounts]:
    with accounts(NAMES, MONDAY) as served:
        yield served


@pytest.fixture(scope="module")
def calling(served: Accounts, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Each account with a campaign that calls: its copy."""
    agency = Agency(tmp_path_factory.mktemp("seed"), served)
    agency.write_client("lahti")
    agency.launch_everywhere("lahti")
    served.at(CALLING)
    return {name: app.state.store.copy() for name, app in served.apps.items()}


@pytest.fixture
def agency(fleet: FleetFolder, served: Accounts, calling: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> Agency:
    """Three clients whose campaigns call."""
    agency = Agency(fleet.root, served)
    for name, copy in calling.items():
        copy.copy_into(served.apps[name].state.store)  # type: ignore[attr-defined]
        agency.write_client(name)
        monkeypatch.setenv(f"TOKEN_{name.upper()}", served.token(name))
    served.requests.clear()
    agency.write_fleet()
    return agency


ALL_HALTED = {name: ["halt"] for name in NAMES}


def test_it_halts_every_campaign_of_every_project(agency: Agency, fleet: FleetFolder) -> None:
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 0, ended.err
    assert agency.accounts.states() == ALL_HALTED
    lines = ended.out.splitlines()
    assert "clients/lahti: rsvpCalls.invite: Halted [id=1, was active]" in lines
    assert lines[-1] == "3 halted"
    again = fleet.cli("fleet", "halt")
    assert (again.code, again.out.splitlines()[-1]) == (0, "3 already halted")


def test_it_needs_neither_manifests_nor_states_nor_locks(agency: Agency, fleet: FleetFolder) -> None:
    folder = agency.root / "clients" / "lahti"
    (folder / ".mscode" / "production").mkdir(parents=True)
    (folder / ".mscode" / "production" / "state.json").write_text("broken")
    agency.write_client("lahti", guards="none")
    (folder / "all.yaml").write_text("rsvpCalls: [")
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 0, ended.err
    assert "clients/lahti: mscode.yaml cannot be used as it is" in ended.err
    assert agency.accounts.states() == ALL_HALTED


def test_json_says_what_became_of_each(agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN_LAHTI")
    ended = fleet.cli("fleet", "halt", "--json")
    report = ended.json
    assert ended.code == report["exit_code"] == 7
    assert [(row["path"], row["reached"], row["exit_code"]) for row in report["projects"]] == [
        ("clients/asikkala", True, 0),
        ("clients/hollola", True, 0),
        ("clients/lahti", False, 7),
    ]
    assert report["not_reached"] == ["clients/lahti"]
    assert report["counts"] == {"halted": 2, "already_halted": 0, "not_halted": 1}
    assert report["projects"][0]["halt"]["campaigns"][0]["address"] == "rsvpCalls.invite"
    assert "TOKEN_LAHTI is not set" in report["projects"][2]["diagnostics"][0]["summary"]
    assert report["summary"] == "2 halted, 1 NOT halted (may still be calling): clients/lahti (not reached)"


def test_a_missing_token_or_project_file_is_named_and_stops_no_other(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_LAHTI", " ")
    (agency.root / "clients" / "hollola" / "mscode.yaml").unlink()
    agency.write_fleet([ENTRY, {**ENTRY, "path": "clients/hollola"}, {**ENTRY, "path": "pilot"}])
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 7
    last = ended.out.splitlines()[-1]
    assert last == (
        "1 halted, 3 NOT halted (may still be calling): clients/hollola (not reached), clients/lahti (not reached), "
        "pilot (not reached)"
    )
    assert "clients/lahti: Its token is missing: the variable TOKEN_LAHTI is not set" in ended.err
    assert "clients/hollola: There is no mscode.yaml in it" in ended.err
    assert agency.accounts.states() == {**ALL_HALTED, "hollola": ["active"], "lahti": ["active"]}


def test_an_error_in_a_project_file_names_its_folder(agency: Agency, fleet: FleetFolder) -> None:
    (agency.root / "clients" / "hollola" / "mscode.yaml").write_text("apiVersion: mscode/v1\nproject: [\n")
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 7
    assert "\n  on clients/hollola/mscode.yaml line 2, column " in ended.err


def test_a_folder_of_a_glob_that_has_lost_its_project_file_is_named(agency: Agency, fleet: FleetFolder) -> None:
    (agency.root / "clients" / "hollola" / "mscode.yaml").unlink()
    (agency.root / "clients" / "sounds").mkdir()
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 7
    assert "clients/hollola" in ended.out.splitlines()[-1] and "sounds" not in ended.out + ended.err
    assert agency.accounts.states() == {**ALL_HALTED, "hollola": ["active"]}


def test_a_project_above_is_not_taken_for_one_without_a_file(agency: Agency, fleet: FleetFolder) -> None:
    shutil.copy(agency.root / "clients" / "lahti" / "mscode.yaml", agency.root / "mscode.yaml")
    (agency.root / "clients" / "lahti" / "mscode.yaml").unlink()
    agency.write_fleet([ENTRY, {**ENTRY, "path": "clients/lahti"}])
    assert fleet.cli("fleet", "halt").code == 7
    assert agency.accounts.states() == {**ALL_HALTED, "lahti": ["active"]}


def test_a_service_that_refuses_or_never_answers_stops_no_other(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mscode.app.fleet.halt.PATIENCE", 0.8)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        agency.write_client("hollola", url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        agency.write_client("lahti", url=f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
        closed.close()
        began = time.monotonic()
        ended = fleet.cli("fleet", "halt")
    assert time.monotonic() - began < 8
    assert ended.code == 7
    assert "clients/hollola: It did not answer within" in ended.err
    assert ended.out.splitlines()[-1] == (
        "1 halted, 2 NOT halted (may still be calling): clients/hollola (not reached), clients/lahti (not reached)"
    )
    assert agency.accounts.states() == {**ALL_HALTED, "hollola": ["active"], "lahti": ["active"]}


def test_a_service_that_refuses_the_token_has_halted_nothing(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_LAHTI", "wrong-0123456789")
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 1
    assert "clients/lahti: NOTHING WAS HALTED: " in ended.err
    assert "clients/lahti" in ended.out.splitlines()[-1]
    assert "wrong-0123456789" not in ended.out + ended.err


def test_variables_of_one_account_in_the_shell_mislead_nobody(
    agency: Agency, fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour ago somebody exported them for one client."""
    monkeypatch.setenv("MSCODE_URL", agency.accounts.url("lahti"))
    monkeypatch.setenv("MSCODE_TOKEN", agency.accounts.token("lahti"))
    monkeypatch.setenv("MSCODE_ENV", "other")
    assert fleet.cli("fleet", "halt").code == 0
    assert agency.accounts.states() == ALL_HALTED


def test_each_account_gets_its_own_token_alone(agency: Agency, fleet: FleetFolder) -> None:
    assert fleet.cli("fleet", "halt").code == 0
    assert {(sent.account, sent.token) for sent in agency.accounts.requests} == {
        (name, agency.accounts.token(name)) for name in NAMES
    }


def test_a_fleet_file_with_errors_halts_what_can_be_read_of_it(agency: Agency, fleet: FleetFolder) -> None:
    agency.write_fleet(guards={"maxPeopel": 5})
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 7
    assert "fleet.yaml cannot be used as it is" in ended.err
    assert agency.accounts.states() == ALL_HALTED


def test_without_any_project_nothing_was_halted(agency: Agency, fleet: FleetFolder) -> None:
    (agency.root / "fleet.yaml").write_text("projects: [")
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 1 and "NOTHING WAS HALTED: " in ended.err
    (agency.root / "fleet.yaml").unlink()
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 1 and "NOTHING WAS HALTED: there is no fleet.yaml" in ended.err


def test_all_in_account_takes_the_campaigns_of_others_too(agency: Agency, fleet: FleetFolder) -> None:
    (agency.root / "clients" / "lahti" / "mscode.yaml").write_text(
        (agency.root / "clients" / "lahti" / "mscode.yaml").read_text().replace('"drive"', '"other"')
    )
    ended = fleet.cli("fleet", "halt")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "2 halted")
    assert agency.accounts.states() == {**ALL_HALTED, "lahti": ["active"]}
    assert fleet.cli("fleet", "halt", "--all-in-account").code == 0
    assert agency.accounts.states() == ALL_HALTED


def test_two_folders_that_give_one_variable_are_halted_and_named(agency: Agency, fleet: FleetFolder) -> None:
    """Whose token it is nobody knows, so nothing is certain; what the token opens is halted all the same."""
    shutil.copytree(agency.root / "clients" / "lahti", agency.root / "clients" / "LAHTI")
    ended = fleet.cli("fleet", "halt")
    assert ended.code == 7
    assert "TOKEN_LAHTI" in ended.err
    assert agency.accounts.states() == ALL_HALTED


@pytest.mark.torture
def test_a_hundred_projects_ten_of_which_refuse_and_ten_never_answer(tmp_path: Path) -> None:
    """Every halt that can be sent is sent within 5 s of the command's start."""
    names = [f"client-{at:03}" for at in range(100)]
    with accounts(names, MONDAY) as served, socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        agency = Agency(tmp_path, served)
        agency.write_client(names[0])
        agency.launch_everywhere(names[0])
        served.at(CALLING)
        agency.write_fleet()
        for at, name in enumerate(names):
            url = ""
            if at % 10 == 3:
                url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
            elif at % 10 == 7:
                url = "http://127.0.0.1:9/v1"
            agency.write_client(name, url=url)
        served.requests.clear()
        began = time.monotonic()
        ended = agency.run("fleet", "halt", "--json")
        took = time.monotonic() - began
        states = served.states()
    report = json.loads(ended.stdout)
    assert ended.returncode == 7
    assert len(report["not_reached"]) == 20 and report["counts"]["halted"] == 80
    assert [name for name in names if states[name] != ["halt"]] == [name for name in names if name[-1] in "37"]
    halts = [sent.at - began for sent in served.writes()]
    assert len(halts) == 80 and max(halts) < 5, f"{max(halts):.1f} s"
    assert took < 15, f"{took:.1f} s"
    print(f"last halt after {max(halts):.2f} s, the command ended after {took:.2f} s")


@pytest.mark.torture
def test_a_name_server_that_never_answers_keeps_the_command_from_nothing(agency: Agency) -> None:
    """A look-up of a host has no time limit that Python could set."""
    agency.write_client("hollola", url="https://calls.example.com/v1")
    program = """
import socket, time
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: time.sleep(90) if "example" in host else look_up(host, *rest, **more)
from mscode.cli import main
main()
"""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", program, "fleet", "halt"],
        cwd=agency.root,
        env=agency.variables(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert time.monotonic() - began < 30
    assert ended.returncode == 7
    last = "2 halted, 1 NOT halted (may still be calling): clients/hollola (not reached)"
    assert ended.stdout.splitlines()[-1] == last, ended.stderr
