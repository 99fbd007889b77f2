"""Halting: with nothing but the account, and whatever else is broken."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mscode.api.client import Client
from mscode.app import state
from mscode.app.halt import HaltRequest, halt
from mscode.app.invocation import Invocation
from mscode.engine import halt as engine_halt
from mscode.engine.account.target import Target
from mscode.engine.halt import Halted
from mscode.errors import UnknownOutcome, UsageError
from mscode.model.kind import Kind
from mscode.state.local.lock import StateLock
from tests.app.conftest import INVITE, ProjectFolder

ALL = HaltRequest(everything_of_project=True)


def _ignore(halted: Halted) -> None:
    pass


def test_it_halts_without_manifests_and_without_a_state(launched: ProjectFolder) -> None:
    (launched.folder / "campaign.yaml").write_text("rsvpCalls: [")
    shutil.rmtree(launched.folder / ".mscode" / "sandbox")
    outcome = halt(launched.inv, replace(ALL, directory=launched.folder), _ignore)
    assert (outcome.code, [halted.address for halted in outcome.halted]) == (0, [INVITE])
    assert [campaign["state"] for campaign in launched.live()] == ["halt"]


def test_each_halt_is_told_as_it_happens(launched: ProjectFolder) -> None:
    told: list[Halted] = []
    outcome = halt(launched.inv, HaltRequest([INVITE], directory=launched.folder), told.append)
    assert told == list(outcome.halted)


@pytest.fixture
def late_state(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """No state is read until the event is set."""
    event, read = threading.Event(), state.open_state

    def open_late(*arguments: Any, **settings: Any) -> Any:
        assert event.wait(30)
        return read(*arguments, **settings)

    monkeypatch.setattr(state, "open_state", open_late)
    monkeypatch.setattr("mscode.app.halt._HEAD_START", 0.01)
    return event


def test_no_halt_waits_for_a_state_that_answers_late(launched: ProjectFolder, late_state: threading.Event) -> None:
    """The campaign carries a mark; its halt lets the state be read."""
    began = time.monotonic()
    outcome = halt(launched.inv, replace(ALL, directory=launched.folder), lambda halted: late_state.set())
    assert time.monotonic() - began < 25
    assert (outcome.code, [halted.address for halted in outcome.halted]) == (0, [INVITE])


def test_what_only_a_late_state_knows_is_halted_after_it(
    launched: ProjectFolder, late_state: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mark can be read, so nothing is halted until the state has said whose the campaign is."""
    monkeypatch.setattr(engine_halt, "_OWNER", re.compile("(no)(such)(mark)"))
    listed = engine_halt._listed

    def list_first(client: Client, kind: Kind, target: Target) -> Any:
        rows = listed(client, kind, target)
        late_state.set()
        return rows

    monkeypatch.setattr(engine_halt, "_listed", list_first)
    outcome = halt(launched.inv, replace(ALL, directory=launched.folder), _ignore)
    assert (outcome.code, [halted.address for halted in outcome.halted]) == (0, [INVITE])
    assert [campaign["state"] for campaign in launched.live()] == ["halt"]


def test_a_bad_name_is_a_problem_beside_what_was_halted(launched: ProjectFolder) -> None:
    outcome = halt(launched.inv, HaltRequest(["rsvpCals.x", INVITE], directory=launched.folder), _ignore)
    assert outcome.code == 6
    assert [halted.error for halted in outcome.halted] == [None]
    assert len(outcome.problems) == 1


def test_where_nothing_could_be_halted_the_first_words_say_so(launched: ProjectFolder) -> None:
    outcome = halt(launched.inv, HaltRequest(["rsvpCalls.other"], directory=launched.folder), _ignore)
    assert (outcome.code, outcome.missing) == (1, ["rsvpCalls.other"])
    assert outcome.problems[0].diagnostics[0].summary.startswith("NOTHING WAS HALTED: not found")


def test_the_folder_may_stand_where_addresses_do(launched: ProjectFolder) -> None:
    outcome = halt(launched.inv, HaltRequest([str(launched.folder), INVITE]), _ignore)
    assert [halted.address for halted in outcome.halted] == [INVITE]


@pytest.mark.parametrize("names", [[], [""]], ids=["none", "an empty one"])
def test_it_takes_nothing_for_everything(launched: ProjectFolder, names: list[str]) -> None:
    with pytest.raises(UsageError):
        halt(launched.inv, HaltRequest(names, directory=launched.folder), _ignore)
    assert launched.live()[0]["state"] != "halt"


@pytest.mark.parametrize("name", ["no-address", "smses.note", "groups.donors", "smses.*"])
def test_what_is_no_campaign_halts_nothing(launched: ProjectFolder, name: str) -> None:
    outcome = halt(launched.inv, HaltRequest([name], directory=launched.folder), _ignore)
    assert (outcome.code, outcome.halted, outcome.not_halted) == (1, [], [name])
    assert launched.live()[0]["state"] != "halt"


def test_a_run_under_way_is_in_the_outcome(launched: ProjectFolder) -> None:
    lock = StateLock(launched.folder / ".mscode" / "sandbox", "apply")
    lock.acquire()
    try:
        outcome = halt(launched.inv, replace(ALL, directory=launched.folder), _ignore)
    finally:
        lock.release()
    assert outcome.other_run is not None
    assert outcome.other_run.Operation == "apply"
    assert (outcome.code, launched.live()[0]["state"]) == (UnknownOutcome.exit_code, "halt")


def test_without_a_project_it_counts_whose_campaigns_run(launched: ProjectFolder) -> None:
    (launched.folder / "mscode.yaml").unlink()
    inv = Invocation(variables={"MSCODE_URL": "sandbox:"})
    outcome = halt(inv, replace(ALL, directory=launched.folder), _ignore)
    assert outcome.code == 1
    [(owner, ids)] = (outcome.running or {}).items()
    assert owner.endswith("/sandbox")
    assert halt(inv, HaltRequest(ids=tuple(ids), directory=launched.folder), _ignore).code == 0


def test_a_project_file_with_errors_is_read_as_far_as_it_can_be(
    launched: ProjectFolder, said: Callable[[], str]
) -> None:
    file: Path = launched.folder / "mscode.yaml"
    text = file.read_text()
    file.write_text(f"{text}\nno-such-member: 1\n")
    assert halt(launched.inv, replace(ALL, directory=launched.folder), _ignore).code == 0
    assert "halting by what can be read of it" in said()
    file.write_text(text)
    assert launched.live()[0]["state"] == "halt"


def test_a_second_halt_finds_nothing_to_do(launched: ProjectFolder) -> None:
    request = replace(ALL, directory=launched.folder)
    halt(launched.inv, request, _ignore)
    outcome = halt(launched.inv, request, _ignore)
    assert (outcome.halted, outcome.problems, outcome.code) == ([], [], 0)


def test_what_was_halted_is_in_the_audit_log(launched: ProjectFolder) -> None:
    outcome = halt(launched.inv, replace(ALL, directory=launched.folder), _ignore)
    lines = (launched.folder / ".mscode" / "audit.jsonl").read_text().splitlines()
    assert outcome.audit_problem == ""
    assert '"halt"' in lines[-1]
