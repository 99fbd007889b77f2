"""An apply without a command line: who is asked what, what happens then, and how it ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mscode.app.apply import ApplyOutcome, run_apply
from mscode.app.approval import ApplyOptions
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_work
from mscode.errors import GuardError, ManifestError, MscodeError
from mscode.plan.events import Completed, Held
from mscode.plan.inputs import Options
from tests.app.conftest import INVITE, ProjectFolder, Recorder, answering

PLAIN = Options()
ATTENDED = ApplyOptions()
UNATTENDED = ApplyOptions(auto_approve=True, allow_launch=True)


def apply(
    workspace: ProjectFolder,
    inv: Invocation,
    recorder: Recorder,
    ask: ApplyOptions = ATTENDED,
    options: Options = PLAIN,
) -> ApplyOutcome:
    return run_apply(lambda: load_work(inv, workspace.folder, options), inv, ask, recorder)


def test_two_answers_launch(workspace: ProjectFolder, recorder: Recorder) -> None:
    outcome = apply(workspace, answering(workspace.inv, "yes", "yes"), recorder)
    assert outcome.exit_code == 0
    assert len(recorder.plans) == 1
    launched = [event for event in recorder.events if isinstance(event, Completed) and event.action == "launch"]
    assert [str(event.address) for event in launched] == [INVITE]
    assert [campaign["state"] for campaign in workspace.live()] == ["waitingToActive"]


def test_what_changes_while_a_person_thinks_is_shown_and_asked_about_anew(
    launched: ProjectFolder, recorder: Recorder
) -> None:
    launched.edit("Donors in the capital region", "Donors of the region")
    answers = iter(["yes", "no"])

    def answer_while_somebody_works() -> str:
        launched.change({"city": "Oulu"}, "accounts")
        return next(answers)

    inv = replace(launched.inv, can_ask=True, read_answer=answer_while_somebody_works)
    outcome = apply(launched, inv, recorder)
    assert (outcome.exit_code, [len(plan.shown) for plan in recorder.plans]) == (1, [1, 2])
    assert recorder.notes[0].startswith("The live account or the state changed while you were asked")
    assert [group["description"] for group in launched.live("groups")] == ["Donors in the capital region"]


def test_a_person_who_does_not_approve_ends_it(workspace: ProjectFolder, recorder: Recorder) -> None:
    outcome = apply(workspace, answering(workspace.inv, "no"), recorder)
    assert (outcome.exit_code, outcome.summary) == (1, None)
    assert recorder.notes == ["Apply cancelled; nothing was sent."]
    assert workspace.live() == []


@pytest.mark.parametrize("answer", ["no", "y", ""])
def test_anything_but_yes_holds_the_launch(workspace: ProjectFolder, recorder: Recorder, answer: str) -> None:
    outcome = apply(workspace, answering(workspace.inv, "yes", answer), recorder)
    assert outcome.exit_code == GuardError.exit_code
    assert [str(event.address) for event in recorder.events if isinstance(event, Held)] == [INVITE]
    assert [campaign["state"] for campaign in workspace.live()] == ["halt"]


def test_launches_that_are_held_on_purpose_are_no_failure(workspace: ProjectFolder, recorder: Recorder) -> None:
    outcome = apply(workspace, workspace.inv, recorder, ApplyOptions(auto_approve=True, no_launch=True))
    assert (outcome.exit_code, outcome.summary is not None and outcome.summary.held) == (0, 1)


def test_without_anybody_to_ask_nothing_is_done(workspace: ProjectFolder, recorder: Recorder) -> None:
    with pytest.raises(MscodeError, match="Cannot ask for approval: stdin is not a terminal") as caught:
        apply(workspace, workspace.inv, recorder)
    assert caught.value.diagnostics[0].code == "no-terminal"
    assert workspace.live() == []


def test_a_plan_that_a_guard_refuses_is_shown_and_not_asked_about(launched: ProjectFolder, recorder: Recorder) -> None:
    def nobody_may_ask() -> str:
        raise AssertionError("a refused plan is no question")

    inv = replace(launched.inv, can_ask=True, read_answer=nobody_may_ask)
    outcome = apply(launched, inv, recorder, options=Options(destroy=True, allow_deletes=0))
    assert (outcome.exit_code, outcome.summary) == (GuardError.exit_code, None)
    assert len(recorder.plans) == 1
    assert len(launched.live()) == 1


def test_applied_again_nothing_differs(launched: ProjectFolder, recorder: Recorder) -> None:
    outcome = apply(launched, launched.inv, recorder)
    assert (outcome.exit_code, list(outcome.plan.shown)) == (0, [])


def test_a_destroy_leaves_nothing(launched: ProjectFolder, recorder: Recorder) -> None:
    outcome = apply(launched, launched.inv, recorder, UNATTENDED, Options(destroy=True, allow_deletes=20))
    assert outcome.exit_code == 0
    assert launched.live() == launched.live("groups") == []


def test_a_project_that_cannot_be_read_ends_it(workspace: ProjectFolder, recorder: Recorder) -> None:
    (workspace.folder / "campaign.yaml").write_text("rsvpCalls: [")
    with pytest.raises(ManifestError):
        apply(workspace, workspace.inv, recorder, UNATTENDED)
    assert recorder.plans == []


@pytest.mark.parametrize(("answers", "code", "began"), [(("no",), 1, False), (("yes", "yes"), 0, True)])
def test_a_job_is_told_how_it_ended(
    workspace: ProjectFolder, recorder: Recorder, tmp_path: Path, answers: tuple[str, ...], code: int, began: bool
) -> None:
    report = tmp_path / "report.json"
    inv = answering(replace(workspace.inv, variables={"MSCODE_REPORT": str(report)}), *answers)
    apply(workspace, inv, recorder)
    written = json.loads(report.read_text())
    assert (written["command"], written["exit_code"], written["began"]) == ("apply", code, began)
