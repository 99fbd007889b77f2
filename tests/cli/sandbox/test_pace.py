"""`service: {pace: N}` of an environment: the embedded sandbox makes so many calls a minute of one campaign."""

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


def _calls_in_ten_minutes(cli: Any, folder: Path, service: str) -> int:
    """How many phones were rung in the first ten minutes of a campaign with a hundred people."""
    (folder / "mscode.yaml").write_text(PROJECT.replace("SERVICE", service))
    people = {f"a{at}": {"firstName": f"A{at}", "phone": f"+3584055501{at:02d}"} for at in range(100)}
    campaign = {
        "startTime": "2027-03-01T09:00:00Z", "endTime": "2027-03-01T20:00:00Z", "activeFrom": "09:00", "activeTo": "20:00",
        "activeWeekdays": ["monday"], "voiceFiles": {"start": "v"}, "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"group": "all"}], "acceptsWanted": 100, "maxRedials": 0,
    }  # fmt: skip
    manifest = {
        "apiVersion": "mscode/v1",
        "accounts": people,
        "groups": {"all": {"members": {"accounts": list(people)}}},
        "voiceFiles": {"v": {"text": "Press five for yes, nine for no.", "voiceCode": "en"}},
        "rsvpCalls": {"invite": campaign},
    }
    (folder / "all.yaml").write_text(json.dumps(manifest))
    assert cli("sandbox", "clock", "2027-03-01T08:00:00Z", "--dir", folder).code == 0
    applied = cli("apply", folder, "--auto-approve", "--allow-launch")
    assert applied.code == 0, applied.err
    assert cli("sandbox", "clock", "2027-03-01T09:09:59Z", "--dir", folder).code == 0
    return len(json.loads(cli("sandbox", "rings", "--json", "--dir", folder).out))


@pytest.mark.parametrize(("service", "calls"), [("", 100), (", service: {pace: 3}", 30), (", service: {pace: 9}", 90)])
def test_the_embedded_sandbox_keeps_the_pace(cli: Any, tmp_path: Path, service: str, calls: int) -> None:
    assert _calls_in_ten_minutes(cli, tmp_path, service) == calls


def test_a_pace_is_a_whole_number_of_one_or_more(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "mscode.yaml").write_text(PROJECT.replace("SERVICE", ", service: {pace: 0}"))
    ended = cli("validate", tmp_path)
    assert ended.code == 1
    assert "on mscode.yaml line 4" in ended.err
