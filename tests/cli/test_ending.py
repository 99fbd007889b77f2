"""How an apply or a plan ended, from the command to the comment of a pull request (`MSCODE_REPORT`, `comment --report`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.fake_forge import TOKEN, Forge, serving

from mscode.state.local.lock import StateLock
from mscode.views.ci.comment import marker_of
from mscode.views.ci.ending import apply_sentence, details, nothing_done

SETTINGS = """\
apiVersion: mscode/v1
project: drive
region: FI
defaultEnvironment: sandbox
environments: {sandbox: {url: "sandbox:"}}
"""
MANIFEST = "apiVersion: mscode/v1\ngroups:\n  a: {description: One}\n  b: {description: Two}\n"


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Forge]:
    for name in ("MSCODE_ALLOWED_HOSTS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "mscode.yaml").write_text(SETTINGS)
    (tmp_path / "a.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MSCODE_REPORT", str(tmp_path / "report.json"))
    with serving("github") as served:
        variables = {
            "GITHUB_API_URL": served.url,
            "GITHUB_REPOSITORY": "drive/drive",
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_SHA": "ab" * 20,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield served


def _applied(cli: Any, forge: Forge, code: int, *options: str) -> str:
    """Apply the saved plan, which must end so; gives what the comment says then."""
    assert cli("apply", "plan.json", *options).code == code
    assert cli("comment", "--forge", "github", "--plan", "plan.json", "--failed", "--report", "report.json").code == 0
    (body,) = forge.bodies
    marker = marker_of(body)
    assert marker is not None and marker.state == "failed"
    return body.partition("<!-- mscode:content -->")[0].replace("\\", "").replace("\u200b", "")


def test_a_stale_plan_says_what_differs_and_that_nothing_was_done(cli: Any, forge: Forge, tmp_path: Path) -> None:
    assert cli("plan", "--out", "plan.json").code == 0
    (tmp_path / "a.yaml").write_text(f"{MANIFEST}  c: {{}}\n")
    said = _applied(cli, forge, 3)
    assert "nothing was done.** What was approved is no longer what would be done." in said
    assert "Error: a.yaml has changed" in said and "Nothing was applied." in said


def test_a_locked_state_says_who_holds_it(cli: Any, forge: Forge, tmp_path: Path) -> None:
    assert cli("plan", "--out", "plan.json").code == 0
    with StateLock(tmp_path / ".mscode" / "sandbox", "halt of mine"):
        said = _applied(cli, forge, 4)
    assert "nothing was done.** The state is locked" in said and "halt of mine" in said


def test_a_guard_that_refuses_is_named(cli: Any, forge: Forge, tmp_path: Path) -> None:
    settings = SETTINGS.replace("region", "guards: {maxDeletes: 0}\nregion")
    (tmp_path / "mscode.yaml").write_text(settings)
    assert cli("apply", "--auto-approve").code == 0
    (tmp_path / "a.yaml").write_text(MANIFEST.replace("  b: {description: Two}\n", ""))
    assert cli("plan", "--out", "plan.json").code == 5
    assert cli("comment", "--forge", "github", "--plan", "plan.json").code == 0
    assert "A guard refuses this plan: as it stands, an apply would do nothing." in forge.bodies[0]
    said = _applied(cli, forge, 5)
    assert "nothing was done.** A guard refuses it." in said
    assert "Guard `maxDeletes` refuses this plan: " in said
    assert "\n  - allowed: 0 objects\n  - To go on this once: --allow-deletes 1\n" in said


def test_a_file_that_is_no_plan_any_more(cli: Any, forge: Forge, tmp_path: Path) -> None:
    assert cli("plan", "--out", "plan.json").code == 0
    data = json.loads((tmp_path / "plan.json").read_text())
    (tmp_path / "plan.json").write_text(json.dumps(data | {"applyable": False}))
    assert "plan.json was edited after it was made" in _applied(cli, forge, 3)


def test_what_was_done_in_part_is_listed(cli: Any, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    from mscode.api.client import Client
    from mscode.errors import Rejected

    assert cli("plan", "--out", "plan.json").code == 0
    original = Client.create

    def create(self: Any, path: str, data: Any, *given: Any, **more: Any) -> Any:
        if isinstance(data, dict) and data.get("description") == "Two":
            raise Rejected("POST /groups: status 400", status=400, detail="no such name, says +358401234567")
        return original(self, path, data, *given, **more)

    monkeypatch.setattr(Client, "create", create)
    said = _applied(cli, forge, 6)
    assert "it was done in part** (1 done, 1 failed)" in said
    assert "- Failed: `groups.b`: " in said and "- Done: `groups.a` (create)" in said
    assert "+358401234567" not in said


def test_a_first_plan_that_fails_gets_a_comment_and_no_number_stands_in_it(
    cli: Any, forge: Forge, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text('apiVersion: mscode/v1\naccounts: {x: {phone: "+3584012"}}\ngroup: {}\n')
    assert cli("plan", "--out", "plan.json").code == 1
    for _ in range(2):
        assert cli("comment", "--forge", "github", "--superseded", "--report", "report.json").code == 0
    (body,) = forge.bodies
    assert "**No plan could be made** at commit `abababababab`" in body and "a.yaml:3" in body
    assert "can no longer be applied" not in body and "+3584012" not in body


def test_a_plan_that_fails_later_says_why_above_the_one_that_is_superseded(
    cli: Any, forge: Forge, tmp_path: Path
) -> None:
    assert cli("plan", "--out", "plan.json").code == 0
    assert cli("comment", "--forge", "github", "--plan", "plan.json").code == 0
    (tmp_path / "a.yaml").write_text("apiVersion: mscode/v1\ngroup: {}\n")
    assert cli("plan", "--out", "none.json").code == 1
    assert cli("comment", "--forge", "github", "--superseded", "--report", "report.json").code == 0
    (body,) = forge.bodies
    assert "**Superseded.**" in body and "a.yaml:2" in body and "2 to add" in body


CALL = """\
voiceFiles: {hello: {text: Hello there, voiceCode: en}}
rsvpCalls:
  invite:
    startTime: 2036-12-01 09:00:00
    endTime: 2036-12-04 17:00:00
    activeFrom: "07:00"
    activeTo: "14:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {start: hello}
    actionButtons: {accept: 5, decline: 9}
    receivers: [{phone: "+358405550101"}]
    acceptsWanted: 1
"""


def test_launches_that_were_held_on_purpose_are_not_called_carried_out(cli: Any, forge: Forge, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{MANIFEST}{CALL}")
    assert cli("plan", "--out", "plan.json").code == 0
    assert cli("apply", "plan.json", "--no-launch").code == 0
    assert cli("comment", "--forge", "github", "--plan", "plan.json", "--applied", "--report", "report.json").code == 0
    (body,) = forge.bodies
    assert "**Applied, but for 1 launch, which was held" in body and "was carried out" not in body
    assert "- Held: `rsvpCalls.invite`: " in body


def test_what_was_applied_whole_is_said_in_one_line(cli: Any, forge: Forge, tmp_path: Path) -> None:
    assert cli("plan", "--out", "plan.json").code == 0
    assert cli("apply", "plan.json").code == 0
    assert cli("comment", "--forge", "github", "--plan", "plan.json", "--applied", "--report", "report.json").code == 0
    assert "✅ **Applied.**" in forge.bodies[0] and "- Done:" not in forge.bodies[0]


@pytest.mark.parametrize("broken", [False, True])
def test_a_report_that_cannot_be_written_changes_nothing(
    cli: Any, forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    monkeypatch.setenv("MSCODE_REPORT", str(tmp_path))
    if broken:
        (tmp_path / "a.yaml").write_text("apiVersion: mscode/v1\ngroup: {}\n")
    ended = cli("apply", "--auto-approve")
    assert ended.code == (1 if broken else 0)
    assert f"Note: {tmp_path} cannot be written" in ended.err
    assert cli("plan").code == (1 if broken else 0)


@pytest.mark.parametrize("left", [None, ""])
def test_a_job_that_left_no_report_claims_nothing(cli: Any, forge: Forge, tmp_path: Path, left: str | None) -> None:
    assert cli("plan", "--out", "plan.json").code == 0
    (tmp_path / "report.json").unlink()
    if left is not None:
        (tmp_path / "report.json").write_text(left)
    assert cli("comment", "--forge", "github", "--plan", "plan.json", "--failed", "--report", "report.json").code == 0
    assert "did not end well**" in forge.bodies[0] and "nothing was done" not in forge.bodies[0]
    assert (
        cli("comment", "--forge", "github", "--for", "drive/other", "--superseded", "--report", "report.json").code == 0
    )
    assert len(forge.bodies) == 1


# ---- the sentence ----------------------------------------------------------------------------------------------------

END = {"done": 0, "held": 0, "failed": [], "skipped": [], "unknown": [], "interrupted": False, "partly": False}
ONE = [{"addr": "groups.a", "reason": "status 500"}]


@pytest.mark.parametrize(
    ("report", "said", "nothing"),
    [
        ({"began": False, "exit_code": 1}, "nothing was done.**", True),
        ({"began": False, "exit_code": 130}, "It was interrupted.", True),
        ({"began": True, "exit_code": 1, "outcome": {**END, "failed": ONE}}, "nothing was done.**", True),
        ({"began": True, "exit_code": 130, "outcome": {**END, "interrupted": True}}, "nothing was done.**", True),
        ({"began": True, "exit_code": 1, "outcome": {"steps": ONE}}, "did not say how far it came", False),
        ({"began": True, "exit_code": 6, "outcome": {**END, "failed": ONE, "partly": True}}, "in part", False),
        ({"began": True, "exit_code": 7, "outcome": {**END, "unknown": ONE}}, "nobody knows", False),
        (
            {"began": True, "exit_code": 130, "outcome": {**END, "done": 2, "interrupted": True}},
            "interrupted**: 2 done",
            False,
        ),
        ({"began": True, "exit_code": 5, "outcome": {**END, "done": 2, "held": 1}}, "but for 1 launch", False),
        ({"exit_code": 3}, "did not say how far it came", False),
        ({}, "did not say how far it came", False),
        ({"began": "no", "outcome": [], "exit_code": "x"}, "did not say how far it came", False),
    ],
)
def test_only_what_is_certain_is_said(report: dict[str, Any], said: str, nothing: bool) -> None:
    assert said in apply_sentence(report)
    assert nothing_done(report) == nothing


def test_details_keep_to_their_room_and_quote_nothing_that_is_more_than_text() -> None:
    errors = [{"severity": "error", "summary": f"@all {at} <!-- x --> " + "y" * 300, "hint": "z"} for at in range(500)]
    shown = details({"diagnostics": errors}, 2000)
    assert len(shown.encode()) <= 2000 and "more line" in shown
    assert "<!--" not in shown and "@all" not in shown
    assert details({}, 2000) == ""
