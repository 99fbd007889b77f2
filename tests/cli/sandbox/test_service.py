"""The embedded sandbox works as its environment says: `windowZone`, and the switches and settings of `service`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PROJECT = """\
apiVersion: mscode/v1
project: demo
defaultEnvironment: sandbox
environments: {sandbox: {url: "sandbox:"SERVICE}}
"""
TWO = """\
apiVersion: mscode/v1
project: demo
defaultEnvironment: b
environments:
  a: {url: "sandbox:"FIRST}
  b: {url: "sandbox:"SECOND}
  live: {url: "https://api.example.com/v1", service: {pace: 5}, windowZone: Asia/Tokyo}
"""
EMPTY = "apiVersion: mscode/v1\n"


def _write(folder: Path, service: str, people: int = 100, **more: Any) -> None:
    """A project with one campaign from 9:00 to 20:00 of a Monday."""
    (folder / "mscode.yaml").write_text(PROJECT.replace("SERVICE", service))
    accounts = {f"a{at}": {"firstName": f"A{at}", "phone": f"+3584055501{at:02d}"} for at in range(people)}
    campaign = {
        "startTime": "2027-03-01T00:00:00Z", "endTime": "2027-03-02T00:00:00Z", "activeFrom": "09:00", "activeTo": "20:00",
        "activeWeekdays": ["monday"], "voiceFiles": {"start": "v"}, "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"group": "all"}], "acceptsWanted": 100, "maxRedials": 0, **more,
    }  # fmt: skip
    manifest = {
        "apiVersion": "mscode/v1",
        "accounts": accounts,
        "groups": {"all": {"members": {"accounts": list(accounts)}}},
        "voiceFiles": {"v": {"text": "Press five for yes, nine for no.", "voiceCode": "en"}},
        "rsvpCalls": {"invite": campaign},
    }
    (folder / "all.yaml").write_text(json.dumps(manifest))


def _rings(cli: Any, folder: Path, until: str) -> list[dict[str, Any]]:
    """The project is applied on the day before, and the clock is set on."""
    assert cli("sandbox", "clock", "2027-02-28T08:00:00Z", "--dir", folder).code == 0
    applied = cli("apply", folder, "--auto-approve", "--allow-launch")
    assert applied.code == 0, applied.err
    assert cli("sandbox", "clock", until, "--dir", folder).code == 0
    return list(json.loads(cli("sandbox", "rings", "--json", "--dir", folder).out))


@pytest.mark.parametrize(("service", "calls"), [("", 100), (", service: {pace: 3}", 30), (", service: {pace: 9}", 90)])
def test_the_embedded_sandbox_keeps_the_pace(cli: Any, tmp_path: Path, service: str, calls: int) -> None:
    _write(tmp_path, service)
    assert len(_rings(cli, tmp_path, "2027-03-01T09:09:59Z")) == calls


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("Europe/Helsinki", "2027-03-01T07:00:00Z", "2027-03-01T07:59:00Z"),
        ("America/New_York", "2027-03-01T14:00:00Z", "2027-03-01T14:59:00Z"),
    ],
)
def test_the_embedded_sandbox_reads_hours_in_the_window_zone(
    cli: Any, tmp_path: Path, zone: str, first: str, last: str
) -> None:
    _write(tmp_path, f", windowZone: {zone}, service: {{pace: 1}}", activeTo="10:00", acceptsWanted=40)
    rings = _rings(cli, tmp_path, "2027-03-03T00:00:00Z")
    assert (rings[0]["at"], rings[-1]["at"]) == (first, last)
    assert {ring["at"][:10] for ring in rings} == {"2027-03-01"}


def test_an_unnamed_environment_on_the_sandbox_has_its_hours(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, ", windowZone: Europe/Helsinki", people=3)
    assert cli("sandbox", "clock", "2027-02-28T08:00:00Z", "--dir", tmp_path).code == 0
    monkeypatch.setenv("MSCODE_URL", "sandbox:")
    planned = cli("plan", tmp_path)
    assert "Europe/Helsinki" in planned.out, planned.out


def test_a_redial_comes_after_so_many_minutes(cli: Any, tmp_path: Path) -> None:
    _write(tmp_path, ", service: {redial_minutes: 7, pace: 600}", people=9, maxRedials=3, acceptsWanted=9)
    times = {ring["at"][11:16] for ring in _rings(cli, tmp_path, "2027-03-01T19:00:00Z")}
    assert times >= {"09:00", "09:07"}
    assert times <= {"09:00", "09:07", "09:14", "09:21"}


def test_the_settings_may_stand_in_a_file(cli: Any, tmp_path: Path) -> None:
    _write(tmp_path, ", service: {file: lab/profile.yaml}")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "profile.yaml").write_text("pace: 3\nexpand_groups: true\n")
    assert len(_rings(cli, tmp_path, "2027-03-01T09:09:59Z")) == 30
    assert cli("validate", tmp_path).code == 0


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("{pace: 0}", "pace cannot have this value"),
        ("{expand_group: true}", 'Did you mean "expand_groups"?'),
        ("{expand_groups: maybe}", "It takes true or false."),
        ("{file: none.yaml}", 'the file "none.yaml" does not exist'),
        ("{file: ../none.yaml}", "lies outside the project"),
        ("{file: all.yaml, pace: 3}", "holds `file` and switches"),
        ("{file: broken.yaml}", "It takes a whole number from 1 to 100,000."),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_what_is_no_switch_is_said_with_its_place(
    cli: Any, tmp_path: Path, service: str, said: str, command: str
) -> None:
    (tmp_path / "mscode.yaml").write_text(PROJECT.replace("SERVICE", f", service: {service}"))
    (tmp_path / "all.yaml").write_text(EMPTY)
    (tmp_path / "broken.yaml").write_text("pages: 3\npace: quick\n")
    ended = cli(command, tmp_path)
    assert ended.code == 1
    assert said in ended.err
    place = "broken.yaml line 2" if "broken" in service else "mscode.yaml line 4"
    assert f"on {place}" in ended.err


@pytest.mark.parametrize(
    ("first", "second", "differing"),
    [
        (", service: {pace: 3}", "", "service"),
        (", service: {expand_groups: true}", ", service: {expand_groups: false}", "service"),
        (", windowZone: Europe/Helsinki", "", "windowZone"),
        (", windowZone: Europe/Helsinki, service: {pace: 3}", "", "service and windowZone"),
    ],
)
@pytest.mark.parametrize("command", [("validate",), ("plan",), ("plan", "--env", "a"), ("plan", "--env", "live")])
def test_environments_that_are_one_sandbox_must_agree(
    cli: Any, tmp_path: Path, first: str, second: str, differing: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "mscode.yaml").write_text(TWO.replace("FIRST", first).replace("SECOND", second))
    (tmp_path / "all.yaml").write_text(EMPTY)
    ended = cli(*command, tmp_path)
    assert ended.code == 1
    assert f'The environments "b" and "a" are one sandbox, and differ in {differing}' in ended.err
    assert "on mscode.yaml line 5" in ended.err
    assert not (tmp_path / ".mscode").exists()


@pytest.mark.parametrize(("first", "second"), [("", ""), (", service: {pace: 12}", ""), (", windowZone: UTC", "")])
def test_environments_that_mean_the_same_are_one_sandbox(cli: Any, tmp_path: Path, first: str, second: str) -> None:
    (tmp_path / "mscode.yaml").write_text(TWO.replace("FIRST", first).replace("SECOND", second))
    (tmp_path / "all.yaml").write_text(EMPTY)
    assert cli("validate", tmp_path).code == 0
    assert cli("plan", tmp_path).code == 0


def test_halting_does_not_wait_for_settings_that_are_right(cli: Any, tmp_path: Path) -> None:
    _write(tmp_path, "")
    _rings(cli, tmp_path, "2027-03-01T09:01:00Z")
    (tmp_path / "mscode.yaml").write_text(
        TWO.replace("FIRST", ", service: {pace: 3}").replace("SECOND", ", service: {zzz: 1}")
    )
    ended = cli("halt", "--all", "--dir", tmp_path)
    assert ended.code == 0, ended.err
    assert "halted" in ended.out + ended.err
