"""`mscode sandbox`: the embedded emulator of a project, and a served one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from mscode.api.client import Cleared
from mscode.app.environment import open_client, resolve
from mscode.cli.sandbox.serve import starting
from mscode.manifest.project.file import load_project

NUMBER = "+358405550101"


@pytest.fixture
def rung(cli: Any, project: Path) -> Path:
    """A project whose emulator has called one person."""
    cli("sandbox", "clock", "2026-12-01T06:00:00Z", "--dir", project)
    with open_client(resolve(load_project(project), project, "", {}, hide_token=str)) as client:
        voice = client.post(
            "/voice_files/text_to_speech", {"name": "v", "text": "Hello", "voiceCode": "en"}, what="voice"
        )["voiceFileId"]
    cli("sandbox", "clock", "+10s", "--dir", project)  # until then the voice file is not ready
    with open_client(resolve(load_project(project), project, "", {}, hide_token=str)) as client:
        body = _campaign(voice)
        client.ring("POST", "/rsvp_calls", lambda: Cleared(body), what="campaign")
    cli("sandbox", "clock", "+3h", "--dir", project)
    return project


def _campaign(voice: str) -> dict[str, Any]:
    return {
        "startTime": "2026-12-01 07:00:00",
        "endTime": "2026-12-01 15:00:00",
        "activeFrom": "07:00:00",
        "activeTo": "15:00:00",
        "activeWeekdays": [{"weekday": "tuesday", "active": "1"}],
        "state": "active",
        "acceptsWanted": 1,
        "maxRedials": 0,
        "voiceFiles": [{"type": "start", "voiceFileId": voice}],
        "actionButtons": [{"button": "5", "action": "accept"}],
        "receivers": [{"phone": NUMBER}],
    }


def test_the_clock_is_set_in_the_projects_timezone_and_runs_on(cli: Any, project: Path) -> None:
    ended = cli("sandbox", "clock", "2036-06-01 09:00", "--dir", project)
    assert (ended.code, ended.out, ended.err) == (0, "2036-06-01T06:00:00Z\n", "")
    assert cli("sandbox", "clock", "--dir", project).out.startswith("2036-06-01T06:00:0")


def test_a_step_moves_the_clock_and_json_says_where_to(cli: Any, project: Path) -> None:
    cli("sandbox", "clock", "2026-12-01T09:00:00+02:00", "--dir", project)
    ended = cli("sandbox", "clock", "+90m", "--json", "--dir", project)
    assert json.loads(ended.out)["now"].startswith("2026-12-01T08:30:0")
    assert cli("sandbox", "clock", "--dir", project, "--", "-1d").out.startswith("2026-11-30T08:30:0")


@pytest.mark.parametrize("time", ["tomorrow", "+3 hours", "2026-13-01", ""])
def test_what_is_no_time_is_a_usage_error(cli: Any, project: Path, time: str) -> None:
    assert cli("sandbox", "clock", time, "--dir", project).code == 64


def test_a_time_beyond_the_emulators_calendar_is_told_in_its_words(cli: Any, project: Path) -> None:
    ended = cli("sandbox", "clock", "1900-01-01T00:00:00Z", "--dir", project)
    assert ended.code == 1
    assert "the clock goes from 1970 to 9999" in ended.err


def test_nobody_rung_is_said_and_json_is_an_empty_list(cli: Any, project: Path) -> None:
    assert cli("sandbox", "rings", "--dir", project).err == "Nobody was rung.\n"
    assert json.loads(cli("sandbox", "rings", "--json", "--dir", project).out) == []


def test_the_table_of_rings_shows_local_time_and_a_masked_number(cli: Any, rung: Path) -> None:
    ended = cli("sandbox", "rings", "--dir", rung)
    head, *rows = ended.out.splitlines()
    assert head.split("  ")[0] == "TIME (Europe/Helsinki)"
    assert len(rows) == 1
    assert rows[0].startswith("2026-12-01 09:00:")
    assert "+35840•••0101" in rows[0]
    assert ended.err == "1 ring, 1 person.\n"


def test_no_output_of_rings_holds_a_whole_number(cli: Any, rung: Path) -> None:
    for flags in ([], ["--json"], ["--json", "--show-people"]):
        ended = cli("sandbox", "rings", "--dir", rung, *flags)
        assert ended.code == 0
        assert NUMBER[-8:] not in ended.out + ended.err


def test_accounts_are_seeded_from_csv_and_json(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        f"\ufefffirstName;phone;yearOfBirth\nAnna;{NUMBER};1980\nErik;+358405550102;\n", encoding="utf-8"
    )
    (tmp_path / "people.json").write_text('[{"firstName": "Maria", "phone": "+358405550103"}]')
    assert cli("sandbox", "seed", tmp_path / "people.csv", "--dir", project).code == 0
    assert json.loads(cli("sandbox", "seed", tmp_path / "people.json", "--dir", project, "--json").out)["accounts"] == 1
    with open_client(resolve(load_project(project), project, "", {}, hide_token=str)) as client:
        accounts = client.list("/accounts", what="accounts")
    assert [(a["firstName"], a["phone"]) for a in accounts] == [
        ("Anna", NUMBER),
        ("Erik", "+358405550102"),
        ("Maria", "+358405550103"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.csv", "fristName\nAnna\n", 'Did you mean "firstName"?'),
        ("p.csv", "firstName,phone\nAnna\n", "another number of columns"),
        ("p.csv", "firstName,yearOfBirth\nAnna,old\n", "yearOfBirth must be a whole number"),
        ("p.json", "{", "p.json is no JSON"),
        ("p.json", '{"accounts": 1}', "array"),
    ],
)
def test_a_broken_seed_is_refused_in_words(
    cli: Any, project: Path, tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    ended = cli("sandbox", "seed", tmp_path / name, "--dir", project)
    assert ended.code == 1
    assert says in ended.err


def test_reset_empties_the_emulator_and_the_state_that_knew_it(cli: Any, rung: Path) -> None:
    (rung / ".mscode" / "sandbox").mkdir()
    (rung / ".mscode" / "production").mkdir()
    ended = cli("sandbox", "reset", "--dir", rung)
    assert ended.code == 0
    assert "environment sandbox is gone" in ended.err
    assert not (rung / ".mscode" / "sandbox").exists()
    assert (rung / ".mscode" / "production").exists()
    assert cli("sandbox", "rings", "--dir", rung).err == "Nobody was rung.\n"


def test_two_emulators_at_once_are_a_usage_error(cli: Any, project: Path) -> None:
    assert cli("sandbox", "rings", "--dir", project, "--url", "http://127.0.0.1:1").code == 64


def test_a_url_where_nothing_answers_says_how_to_start_one(cli: Any) -> None:
    ended = cli("sandbox", "rings", "--url", "http://127.0.0.1:1")
    assert ended.code == 1
    assert "mscode sandbox serve" in ended.err


def test_a_clock_to_start_at_is_a_time_or_a_step_from_now() -> None:
    now = datetime(2026, 12, 1, 7, tzinfo=UTC)
    assert starting("2036-01-01T09:00:00", now) == datetime(2036, 1, 1, 9, tzinfo=UTC)
    assert starting("+2d", now) == datetime(2026, 12, 3, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """URL and token of `mscode sandbox serve` in a process of its own, with one switch set."""
    (profile := tmp_path_factory.mktemp("served") / "profile.yaml").write_text("# another reading\npages: 7\n")
    options = ["--port", "0", "--clock", "2026-12-01T07:00:00Z", "--profile", str(profile)]
    line = [sys.executable, "-m", "mscode", "sandbox", "serve", *options]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(2)]
        assert [words[0] for words in lines] == ["URL:", "Token:"]
        yield lines[0][1], lines[1][1]
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_a_served_emulator_says_its_url_and_token_and_takes_controls(
    cli: Any, served: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, token = served
    assert url.startswith("http://127.0.0.1:")
    assert token
    assert cli("sandbox", "clock", "--url", url).out.startswith("2026-12-01T07:0")
    monkeypatch.setenv("MSCODE_URL", url)
    assert cli("sandbox", "clock", "+1d").out.startswith("2026-12-02T07:0")


def test_a_taken_port_is_an_error_in_words(cli: Any, served: tuple[str, str]) -> None:
    ended = cli("sandbox", "serve", "--port", served[0].split(":")[2].split("/")[0])
    assert ended.code == 1
    assert "cannot listen on 127.0.0.1" in ended.err


def test_a_profile_is_served(served: tuple[str, str]) -> None:
    with urlopen(served[0].removesuffix("/v1") + "/__sandbox/profile") as answer:
        profile = json.load(answer)
    assert (profile["pages"], profile["expand_groups"]) == (7, False)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            "pages: 2\nexpand_group: true\n",
            ":2:1",
            ['There is no switch "expand_group"', 'Did you mean "expand_groups"?'],
        ),
        ("expand_groups: maybe\n", ":1:16", ["expand_groups cannot have this value", "It takes true or false."]),
        ('pages: "2"\n', ":1:8", ["pages cannot have this value"]),
        ("pages: .inf\n", ":1:8", ["pages cannot have this value"]),
        ("pages: [2\n", "", ["Error"]),
        ("pages: 2\npages: 3\n", ":2:1", ["pages"]),
        ("- pages\n", ":1:1", ["A profile is a mapping of switch to value"]),
        ("pages: 2\n---\npages: 3\n", "", ["A profile is a mapping of switch to value"]),
    ],
)
def test_a_bad_profile_is_told_with_its_place(
    cli: Any, tmp_path: Path, text: str, place: str, words: list[str]
) -> None:
    (file := tmp_path / "profile.yaml").write_text(text)
    ended = cli("sandbox", "serve", "--port", "0", "--profile", file)
    assert ended.code == 1
    assert [word for word in words if word not in ended.err] == []
    if place:
        line, column = place.strip(":").split(":")
        assert f"{file} line {line}, column {column}" in ended.err
