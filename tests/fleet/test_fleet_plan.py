"""`mscode fleet plan` and `fleet merge`: a plan of each project, the guards over all of them, one summary."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import mscode
from mscode.app.plan_file import read
from tests.acceptance.service import running
from tests.fleet.accounts import campaign, phones, write_manifest
from tests.fleet.conftest import FleetFolder

KEY = "a key of the fleet that is long enough"
#: Every number of these tests; any other run of digits may be a part of a hash.
NUMBER = re.compile(r"40 ?555[ -]?\d{4}")


def _clients(fleet: FleetFolder, *lists: list[str], guards: dict[str, Any] | None = None, **changes: Any) -> None:
    """Projects clients/a, clients/b, … with a campaign for each list of numbers."""
    for name, numbers in zip("abcdefgh", lists, strict=False):
        write_manifest(fleet.project(f"clients/{name}"), campaign(numbers, **changes))
    fleet.write([{"path": "clients/*"}], guards=guards or {})


def _texts(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def _check(data: Any, name: str) -> Any:
    (check,) = [check for check in data["checks"] if check["name"] == name]
    return check


def test_each_project_has_a_plan_and_all_have_one_summary(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 3), phones(10, 2))
    ended = fleet.cli("fleet", "plan", "--out", "plans")
    assert ended.code == 0, ended.err
    assert sorted(path.name for path in Path("plans").glob("*.json")) == ["clients__a.json", "clients__b.json"]
    assert "Plan: 4 to add, 0 to change, 0 to destroy." in ended.out
    assert "☎ Launch: 2 launches, 5 people, at most 10 calls, first call Tue 2027-03-02 08:00 UTC." in ended.out
    progress = [line for line in ended.err.splitlines() if line.startswith("[")]
    assert [line[:6] for line in progress] == ["[1/2] ", "[2/2] "]
    assert {line.split()[1] for line in progress} == {"clients/a:", "clients/b:"}
    data = json.loads(Path("plans/summary/summary.json").read_text())
    assert [project["path"] for project in data["projects"]] == ["clients/a", "clients/b"]
    assert [project["plan"] for project in data["projects"]] == ["clients__a.json", "clients__b.json"]
    assert data["totals"]["add"] == 4 and data["reach"]["people"] == 5 and data["exit_code"] == 0
    for name, begin in (("txt", "Plans of fleet agency"), ("md", "### mscode plans of"), ("html", "<!DOCTYPE html>")):
        assert Path(f"plans/summary/summary.{name}").read_text().startswith(begin)
    # What a project printed is kept, each in a file of its own.
    assert "will be created and launched" in Path("plans/logs/clients__a.log").read_text()


@pytest.mark.parametrize("form", ["json", "markdown", "html"])
def test_the_summary_is_printed_in_each_form(fleet: FleetFolder, form: str) -> None:
    _clients(fleet, phones(0, 3))
    ended = fleet.cli("fleet", "plan", "--format", form)
    assert ended.code == 0 and "clients/a" in ended.out
    assert not Path("plans").exists()
    if form == "json":
        assert ended.json == fleet.cli("fleet", "plan", "--json").json | {
            "runs": ended.json["runs"],
            "timestamp": ended.json["timestamp"],
        }


def test_one_that_cannot_be_planned_stops_no_other(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 3), phones(10, 2))
    (fleet.root / "clients/a/campaign.yaml").write_text("apiVersion: mscode/v1\nrsvpCalls: [\n")
    fleet.project("clients/c", text="project: [\n")
    ended = fleet.cli("fleet", "plan", "--out", "plans", "--json")
    assert ended.code == 1
    assert [project["result"] for project in ended.json["projects"]] == ["error", "changes", "error"]
    assert sorted(path.name for path in Path("plans").glob("*.json")) == ["clients__b.json"]
    text = Path("plans/summary/summary.txt").read_text()
    assert "on clients/a/campaign.yaml:2:" in text and "on clients/c/mscode.yaml:1:" in text
    assert "Projects: 1 with changes, 2 without a plan." in text


def test_the_code_is_the_first_of_the_order_over_all(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 3), phones(10, 2), phones(20, 1))
    settings = json.loads((fleet.root / "clients/b/mscode.yaml").read_text())
    (fleet.root / "clients/b/mscode.yaml").write_text(json.dumps({**settings, "guards": {"maxPeople": 1}}))
    (fleet.root / "clients/c/campaign.yaml").write_text("apiVersion: mscode/v1\nrsvpCalls: [\n")
    ended = fleet.cli("fleet", "plan", "--json")
    assert ended.code == 5
    assert [project["exit_code"] for project in ended.json["projects"]] == [0, 5, 1]
    assert [project["result"] for project in ended.json["projects"]] == ["changes", "refused", "error"]


def test_a_refusal_says_which_command_goes_on(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 3), phones(10, 2), guards={"maxPeople": 2})
    settings = json.loads((fleet.root / "clients/b/mscode.yaml").read_text())
    (fleet.root / "clients/b/mscode.yaml").write_text(json.dumps({**settings, "guards": {"maxPeople": 1}}))
    text = fleet.cli("fleet", "plan").out
    assert "To go on this once: mscode apply clients/b --env sandbox --override maxPeople" in text
    assert "To go on this once: mscode fleet plan --override maxPeople" in text


def test_a_row_is_one_line_for_whoever_reads_a_pipe(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "clients/" + "long-name-of-a-client-" * 4
    fleet.project(path, "long")
    fleet.write([{"path": "clients/*"}])
    monkeypatch.delenv("COLUMNS", raising=False)
    for command in ("list", "plan"):
        assert any(line.startswith(f"{path}  ") for line in fleet.cli("fleet", command).out.splitlines()), command
    monkeypatch.setenv("COLUMNS", "80")
    assert all(len(line) <= 80 for line in fleet.cli("fleet", "list").out.splitlines())


def test_detailed_exitcode(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 1))
    assert fleet.cli("fleet", "plan", "--detailed-exitcode").code == 2
    (fleet.root / "clients/a/campaign.yaml").unlink()
    ended = fleet.cli("fleet", "plan", "--detailed-exitcode")
    assert ended.code == 0 and "No changes in any project." in ended.out


# ---- tokens ----------------------------------------------------------------------------------------------------------


def test_each_account_is_opened_by_its_own_token(
    fleet: FleetFolder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("accounts")
    with running(folder / "a.db") as first, running(folder / "b.db") as second:
        for name, service in (("a", first), ("b", second)):
            service.at("2027-03-01T08:00:00Z")
            project = fleet.project(f"clients/{name}", production={"url": service.url})
            write_manifest(project, campaign(phones(0, 2)))
            monkeypatch.setenv(f"TOKEN_{name.upper()}", service.token)
        fleet.write([{"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}])
        ended = fleet.cli("fleet", "plan", "--out", "plans", "--json")
        assert ended.code == 0, ended.err
        assert [project["environment"] for project in ended.json["projects"]] == ["production", "production"]
        assert not [request for service in (first, second) for request in service.requests(writes=True)]
        # The sandbox refuses the other's token.
        monkeypatch.setenv("TOKEN_B", first.token if first.token != second.token else "x" * 40)
        ended = fleet.cli("fleet", "plan", "--json")
        assert [project["result"] for project in ended.json["projects"]] == ["changes", "error"]
        monkeypatch.delenv("TOKEN_B")
        ended = fleet.cli("fleet", "plan", "--json")
        assert ended.code == 1
        (error,) = ended.json["projects"][1]["diagnostics"]
        assert error["summary"] == "The variable TOKEN_B is not set" and error["file"] == "fleet.yaml"
        for text in (*_texts(fleet.root / "plans").values(), ended.out, ended.err):
            assert first.token not in text and second.token not in text


# ---- the same person -------------------------------------------------------------------------------------------------


def test_the_same_person_in_two_projects_on_one_day_is_found(fleet: FleetFolder) -> None:
    shared = phones(100, 3)
    _clients(
        fleet,
        phones(0, 2) + shared,
        phones(10, 2) + shared[:2],
        phones(20, 2),
        guards={"samePersonSameDay": {"level": "deny"}},
    )
    ended = fleet.cli("fleet", "plan", "--out", "plans", "--json")
    assert ended.code == 5
    check = _check(ended.json, "samePersonSameDay")
    assert check["status"] == "fail"
    assert check["message"].startswith("2 people may be called on one day by more than one project: ")
    assert check["addresses"] == ["clients/a: rsvpCalls.invite", "clients/b: rsvpCalls.invite"]
    overridden = fleet.cli("fleet", "plan", "--json", "--override", "samePersonSameDay")
    assert overridden.code == 0 and _check(overridden.json, "samePersonSameDay")["status"] == "overridden"
    # No number is anywhere in what is left behind, and the hashes are their owner's alone.
    for name, text in {**_texts(Path("plans")), "out": ended.out, "err": ended.err}.items():
        assert not NUMBER.search(text), name
        assert KEY not in text
    hashes = Path("plans/people.hashes")
    assert stat.S_IMODE(hashes.stat().st_mode) == 0o600
    person = re.findall(r'"people":"([A-Za-z0-9+/]{10})', hashes.read_text())[0]
    assert not [name for name, text in _texts(Path("plans")).items() if person in text and name != "people.hashes"]


def test_other_days_are_no_matter_and_a_warning_refuses_nothing(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 2), phones(0, 2), guards={"samePersonSameDay": {"level": "deny"}})
    write_manifest(fleet.root / "clients/b", campaign(phones(0, 2), day="2027-03-03"))
    ended = fleet.cli("fleet", "plan", "--json")
    assert ended.code == 0 and _check(ended.json, "samePersonSameDay")["status"] == "pass"
    write_manifest(fleet.root / "clients/b", campaign(phones(0, 2), day="2027-03-01", until="2027-03-05"))
    fleet.write([{"path": "clients/*"}])
    ended = fleet.cli("fleet", "plan")
    assert ended.code == 0
    assert "Guard of the fleet samePersonSameDay warns: 2 people may be called on one day" in ended.out


def test_what_rings_already_counts(fleet: FleetFolder) -> None:
    """A campaign of one project that was launched before, and a new one of another."""
    _clients(fleet, phones(0, 2), guards={"samePersonSameDay": {"level": "deny"}})
    applied = fleet.cli("-C", "clients/a", "apply", "--auto-approve", "--allow-launch")
    assert applied.code == 0, applied.err
    write_manifest(fleet.project("clients/b"), campaign(phones(1, 2)))
    ended = fleet.cli("fleet", "plan", "--json")
    assert [project["result"] for project in ended.json["projects"]] == ["no-changes", "changes"]
    assert _check(ended.json, "samePersonSameDay")["message"].startswith("1 person may be called on one day")
    # Once both ring, this run brings nothing new.
    assert fleet.cli("-C", "clients/b", "apply", "--auto-approve", "--allow-launch").code == 0
    assert fleet.cli("fleet", "plan").code == 0


def test_people_and_calls_are_limited_over_all(fleet: FleetFolder) -> None:
    """A person in two projects counts once, their calls twice."""
    _clients(fleet, phones(0, 3), phones(2, 3), guards={"maxPeople": 5, "maxCalls": 12})
    assert fleet.cli("fleet", "plan").code == 0
    _clients(fleet, phones(0, 3), phones(2, 3), guards={"maxPeople": 4, "maxCalls": {"value": 11, "level": "warn"}})
    ended = fleet.cli("fleet", "plan", "--json")
    assert ended.code == 5
    assert _check(ended.json, "maxPeople")["status"] == "fail"
    assert _check(ended.json, "maxPeople")["message"] == (
        "5 people would be called by all projects together, and the limit is 4."
    )
    assert _check(ended.json, "maxCalls")["status"] == "warn"
    assert fleet.cli("fleet", "plan", "--override", "maxPeople").code == 0


@pytest.mark.parametrize("name", ["maxDeletes", "maxpeople", "policy.x"])
def test_only_guards_of_the_fleet_are_overridden(fleet: FleetFolder, name: str) -> None:
    _clients(fleet, phones(0, 1))
    ended = fleet.cli("fleet", "plan", "--override", name)
    assert ended.code == 64 and f'"{name}" is no guard of a fleet' in ended.err


# ---- shards ----------------------------------------------------------------------------------------------------------


def _shards(fleet: FleetFolder, number: int) -> list[str]:
    """The folder of each shard."""
    for at in range(1, number + 1):
        fleet.cli("fleet", "plan", "--shard", f"{at}/{number}", "--out", f"shard-{at}")
    return [f"shard-{at}" for at in range(1, number + 1)]


def test_shards_find_the_same_person_when_they_are_merged(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_FLEET_KEY", KEY)
    _clients(fleet, phones(0, 2), phones(1, 2), phones(10, 1), guards={"samePersonSameDay": {"level": "deny"}})
    folders = _shards(fleet, 3)
    ended = fleet.cli("fleet", "plan", "--shard", "1/3", "--out", "shard-1")
    assert "Saved the plans of shard 1/3 in shard-1. To put all shards together: mscode fleet merge" in ended.err
    monkeypatch.delenv("MSCODE_FLEET_KEY")  # the job that merges needs none
    ended = fleet.cli("fleet", "merge", *folders, "--out", "plans", "--json")
    assert ended.code == 5, ended.err
    assert ended.json["shard"] is None and len(ended.json["runs"]) == 3
    assert "They cannot be applied" in ended.err and "fleet apply plans" not in ended.err
    assert _check(ended.json, "samePersonSameDay")["message"].startswith("1 person may be called on one day")
    assert sorted(path.name for path in Path("plans").glob("*.json")) == [f"clients__{name}.json" for name in "abc"]
    assert Path("plans/clients__a.json").read_bytes() == Path("shard-1/clients__a.json").read_bytes()
    assert stat.S_IMODE(Path("plans/people.hashes").stat().st_mode) == 0o600
    assert not [name for name, text in _texts(Path("plans")).items() if NUMBER.search(text) or KEY in text]


def test_more_shards_than_projects_leave_none_out(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_FLEET_KEY", KEY)
    _clients(fleet, phones(0, 1), phones(1, 1))
    folders = _shards(fleet, 3)
    assert fleet.cli("fleet", "merge", *folders, "--out", "plans").code == 0
    # `fleet list --shards 3` makes no job for one without a project.
    assert fleet.cli("fleet", "merge", *folders[:2], "--out", "plans").code == 0


def test_shards_of_different_runs_are_not_merged(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_FLEET_KEY", KEY)
    _clients(fleet, phones(0, 1), phones(10, 1))
    _shards(fleet, 2)
    fleet.cli("fleet", "plan", "--shard", "3/3", "--out", "other")
    fleet.cli("fleet", "plan", "--out", "whole")
    monkeypatch.setenv("MSCODE_FLEET_KEY", f"{KEY}!")
    fleet.cli("fleet", "plan", "--shard", "2/2", "--out", "foreign")
    for folders, words in (
        (["shard-1"], "shard 2 is missing"),
        (["shard-1", "shard-1", "shard-2"], "are both shard 1/2"),
        (["shard-1", "shard-2", "other"], "The folders are shards of 2 and of 3"),
        (["shard-1", "shard-2", "whole"], "whole holds all projects, and the other folders shards of them"),
        (["shard-1", "foreign"], "their MSCODE_FLEET_KEY differs"),
    ):
        ended = fleet.cli("fleet", "merge", *folders, "--out", "plans")
        assert ended.code == 1 and words in ended.err
        assert not Path("plans").exists()


@pytest.mark.parametrize(("key", "words"), [("", "is not set"), ("k" * 31, "is shorter than 32 bytes")])
def test_a_shard_needs_the_key(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch, key: str, words: str) -> None:
    monkeypatch.setenv("MSCODE_FLEET_KEY", key)
    _clients(fleet, phones(0, 1))
    ended = fleet.cli("fleet", "plan", "--shard", "1/2", "--out", "plans")
    assert ended.code == 1 and words in ended.err
    assert not Path("plans").exists()


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2", "1/99999999999"])
def test_what_is_no_shard_is_refused(fleet: FleetFolder, text: str) -> None:
    _clients(fleet, phones(0, 1))
    assert fleet.cli("fleet", "plan", "--shard", text).code == 64


# ---- the folder of a run ---------------------------------------------------------------------------------------------


def test_a_folder_with_other_content_is_left_alone(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 1))
    Path("plans").mkdir()
    Path("plans/notes.txt").write_text("mine")
    ended = fleet.cli("fleet", "plan", "--out", "plans")
    assert ended.code == 1 and "plans has content" in ended.err
    assert [path.name for path in Path("plans").iterdir()] == ["notes.txt"]


def test_nothing_of_an_earlier_run_is_left(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 1), phones(10, 1))
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 0
    (fleet.root / "clients/a/campaign.yaml").write_text("apiVersion: mscode/v1\nrsvpCalls: [\n")
    (fleet.root / "clients/b/mscode.yaml").unlink()
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 1
    assert not list(Path("plans").glob("*.json"))


def test_a_plan_knows_its_run(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 1), phones(10, 1))
    ended = fleet.cli("fleet", "plan", "--out", "plans", "--json")
    runs = [read(Path(f"plans/clients__{name}.json")).saved.run for name in "ab"]
    assert [run.id for run in runs if run is not None] == ended.json["runs"] * 2
    # One that was made alone is of none, and says nothing of it.
    assert fleet.cli("-C", "clients/a", "plan", "--out", str(Path("alone.json").resolve())).code == 0
    assert "run" not in json.loads(Path("alone.json").read_text())["saved"]


def test_a_plan_of_a_fleet_is_applied_as_any_other(fleet: FleetFolder) -> None:
    _clients(fleet, phones(0, 1))
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 0
    ended = fleet.cli("-C", "clients/a", "apply", str(Path("plans/clients__a.json").resolve()), "--allow-launch")
    assert ended.code == 0, ended.err
    # Whatever is changed in its part of the run is an edit.
    _clients(fleet, phones(5, 1))
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 0
    plan = json.loads(Path("plans/clients__a.json").read_text())
    plan["saved"]["run"]["override"] = ["maxPeople"]
    Path("plans/clients__a.json").write_text(json.dumps(plan))
    ended = fleet.cli("-C", "clients/a", "apply", str(Path("plans/clients__a.json").resolve()), "--allow-launch")
    assert ended.code == 3 and "was edited" in ended.err


def test_the_step_summary_of_a_job_is_one_for_all(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(fleet.root / "summary.md"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(fleet.root / "output"))
    _clients(fleet, phones(0, 1), phones(10, 1))
    assert fleet.cli("fleet", "plan").code == 0
    text = (fleet.root / "summary.md").read_text()
    assert text.count("### mscode plan") == 1 and "`clients/b`" in text
    assert not (fleet.root / "output").exists()


def test_it_works_without_a_terminal_for_any_path(fleet: FleetFolder) -> None:
    """Paths with odd characters are shown, and lead nowhere else."""
    write_manifest(fleet.project("clients/ä b|c", name="odd"), campaign(phones(0, 1)))
    fleet.write([{"path": "clients/*"}])
    ended = fleet.cli("fleet", "plan", "--out", "plans")
    assert ended.code == 0, ended.err
    assert Path("plans/clients__ä b|c.json").is_file()
    assert os.listdir(Path("plans/logs")) == ["clients__ä b|c.log"]  # noqa: PTH208


# ---- proofs ----------------------------------------------------------------------------------------------------------


def _seeded(fleet: FleetFolder, number: int, seed: int) -> dict[frozenset[str], int]:
    """Projects with random people on random days. How many people each set of projects shares on a day."""
    draw = random.Random(seed)
    people: dict[str, dict[str, tuple[int, int]]] = {}
    for at in range(number):
        first = draw.randint(1, 6)
        days = first, first + draw.randint(0, 2)
        chosen = draw.sample(phones(0, 60), draw.randint(3, 8))
        people[f"clients/{at:02}"] = dict.fromkeys(chosen, days)
        manifest = campaign(chosen, day=f"2027-03-{days[0]:02}", until=f"2027-03-{days[1]:02}")
        write_manifest(fleet.project(f"clients/{at:02}", f"p{at:02}"), manifest)
    fleet.write([{"path": "clients/*"}])
    shared: dict[frozenset[str], int] = {}
    for phone in phones(0, 60):
        calls = {path: days[phone] for path, days in people.items() if phone in days}
        concerned = frozenset(
            path
            for path, (first, last) in calls.items()
            for other, (other_first, other_last) in calls.items()
            if path != other and first <= other_last and other_first <= last
        )
        if concerned:
            shared[concerned] = shared.get(concerned, 0) + 1
    return shared


#: The first six projects, how many more there are, and how many people they share.
_Said = list[tuple[list[str], int, int]]


def _said(check: Any) -> _Said:
    reasons = check["message"].split(": ", 1)[1].removesuffix(".").split("; ")
    return sorted(
        (
            re.findall(r"(clients/\d\d): rsvpCalls\.invite", reason),
            int((re.findall(r" and (\d+) more", reason) or [0])[0]),
            int(reason.split()[0]),
        )
        for reason in reasons
    )


def _added(said: _Said) -> _Said:
    """Two sets that begin with the same six are one here."""
    people: Counter[tuple[tuple[str, ...], int]] = Counter()
    for paths, more, number in said:
        people[tuple(paths), more] += number
    return sorted((list(paths), more, number) for (paths, more), number in people.items())


def _expected(shared: dict[frozenset[str], int]) -> _Said:
    people: Counter[tuple[tuple[str, ...], int]] = Counter()
    for paths, number in shared.items():
        people[tuple(sorted(paths)[:6]), max(0, len(paths) - 6)] += number
    return sorted((list(paths), more, number) for (paths, more), number in people.items())


@pytest.mark.parametrize(("number", "seeds"), [(5, [1]), pytest.param(24, range(5), marks=pytest.mark.torture)])
def test_all_seeded_duplicates_are_found_and_no_number_is_told(
    fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch, number: int, seeds: Sequence[int]
) -> None:
    monkeypatch.setenv("MSCODE_FLEET_KEY", KEY)
    for seed in seeds:
        shared = _seeded(fleet, number, seed)
        whole = fleet.cli("fleet", "plan", "--json")
        merged = fleet.cli("fleet", "merge", *_shards(fleet, 3), "--out", "plans", "--json")
        for ended in (whole, merged):
            assert ended.code == 0, ended.err
            check = _check(ended.json, "samePersonSameDay")
            assert check["message"].startswith(f"{sum(shared.values())} people may be called")
            assert _expected(shared) == _added(_said(check))
        texts = [
            text for folder in ("plans", "shard-1", "shard-2", "shard-3") for text in _texts(Path(folder)).values()
        ]
        assert not [text for text in (*texts, whole.out, whole.err, merged.out, merged.err) if NUMBER.search(text)]


def test_hosts_that_are_not_allowed_get_no_token(
    fleet: FleetFolder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path_factory.mktemp("account") / "a.db") as service:
        write_manifest(fleet.project("clients/a", production={"url": service.url}), campaign(phones(0, 1)))
        fleet.write([{"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}])
        monkeypatch.setenv("TOKEN_A", service.token)
        monkeypatch.setenv("MSCODE_ALLOWED_HOSTS", "api.example.com")
        ended = fleet.cli("fleet", "plan", "--json")
        assert ended.code == 1 and service.requests() == []
        assert "MSCODE_ALLOWED_HOSTS" in json.dumps(ended.json["projects"][0]["diagnostics"])


def test_a_second_signal_does_not_disturb_the_end_that_the_first_began() -> None:
    code = """
import os, signal
from mscode.app.fleet.processes import _ended
signal.signal(signal.SIGINT, _ended)
signal.signal(signal.SIGTERM, _ended)
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    print("ended")
"""
    variables = {**os.environ, "PYTHONPATH": str(Path(mscode.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


def test_an_interrupted_run_leaves_nothing_to_apply(fleet: FleetFolder) -> None:
    """Ctrl-C while a service does not answer: the processes go, and the folder is none of a run."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        for name in "ab":
            write_manifest(fleet.project(f"clients/{name}", production={"url": url}), campaign(phones(0, 1)))
        fleet.write([{"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}])
        variables = {**os.environ, "TOKEN_A": "token-of-a-1234", "TOKEN_B": "token-of-b-1234"}
        variables["PYTHONPATH"] = str(Path(mscode.__file__).parents[1])
        command = [sys.executable, "-m", "mscode", "fleet", "plan", "--out", "plans"]
        with subprocess.Popen(
            command, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            silent.settimeout(60)
            connection, _ = silent.accept()
            os.killpg(process.pid, signal.SIGINT)
            _, talk = process.communicate(timeout=60)
            connection.close()
    assert process.returncode == 130
    assert "Interrupted: 0 of 2 projects are planned, and nothing was changed" in talk and "Traceback" not in talk
    assert not Path("plans/summary/summary.json").exists() and not Path("plans/people.hashes").exists()
    ended = fleet.cli("fleet", "apply", "plans")
    assert ended.code == 3 and "is no folder of `mscode fleet plan` that came to its end" in ended.err
