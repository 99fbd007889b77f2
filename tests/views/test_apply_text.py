"""An apply as people follow it."""

from __future__ import annotations

import pytest

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.plan.events import (
    STOPPED,
    ApplySummary,
    Completed,
    Event,
    Failed,
    Finished,
    Held,
    Notice,
    Progress,
    RunProgress,
    Skipped,
    Started,
    StepAction,
    Stopping,
)
from mscode.views.apply.apply_text import VERBS, ApplyText, summary_lines

A = Address.parse("voiceFiles.greeting")
B = Address.parse("rsvpCalls.invite")


def said(*events: Event) -> list[str]:
    """What is said of these events, in one run."""
    text = ApplyText()
    return [line for event in events for _, line in text.lines(event)]


LINES: list[tuple[Event, str]] = [
    (Started(A, "create"), "voiceFiles.greeting: Creating..."),
    (Started(A, "update", "id=17"), "voiceFiles.greeting: Modifying... [id=17]"),
    (Started(A, "delete"), "voiceFiles.greeting: Destroying..."),
    (Started(A, "replace"), "voiceFiles.greeting: Replacing..."),
    (Started(B, "launch"), "rsvpCalls.invite: Launching..."),
    (Started(B, "halt"), "rsvpCalls.invite: Halting..."),
    (Started(B, "import"), "rsvpCalls.invite: Importing..."),
    (Started(B, "move"), "rsvpCalls.invite: Moving..."),
    (Started(B, "forget"), "rsvpCalls.invite: Forgetting..."),
    (Completed(A, "create", "17", 1.2), "voiceFiles.greeting: Creation complete after 1s [id=17]"),
    (Completed(A, "update", "17", 0.0), "voiceFiles.greeting: Modifications complete after 0s [id=17]"),
    (Completed(A, "delete", "", 65.0), "voiceFiles.greeting: Destruction complete after 1m5s"),
    (Completed(A, "replace", "18", 3601.0), "voiceFiles.greeting: Replacement complete after 1h0m1s [id=18]"),
    (Completed(B, "launch", "303", 2.0), "rsvpCalls.invite: Launched after 2s [id=303]"),
    (Completed(B, "halt", "303", 2.0), "rsvpCalls.invite: Halted after 2s [id=303]"),
    (Progress(A, "create", elapsed=10.4), "voiceFiles.greeting: Still creating... [10s elapsed]"),
    (
        Progress(A, "update", 1200, 4000, "members", 10.0),
        "voiceFiles.greeting: Still modifying... [10s elapsed, 1,200 of 4,000 members] 120 a second, about 23s left",
    ),
    (
        RunProgress(812, 3204, 40.6),
        "Still applying... [40s elapsed, 812 of 3,204 steps] 20 a second, about 2m0s left",
    ),
    (RunProgress(0, 30, 10.0), "Still applying... [10s elapsed, 0 of 30 steps]"),
    (
        Skipped(B, "launch", "voiceFiles.greeting failed"),
        "rsvpCalls.invite: Launch skipped: voiceFiles.greeting failed",
    ),
    (Held(B, "no yes was given"), "rsvpCalls.invite: Not launched: no yes was given"),
    (Notice("the lock of a dead process was taken over"), "Note: the lock of a dead process was taken over"),
    (Notice("was left behind", A), "voiceFiles.greeting: was left behind"),
]


@pytest.mark.parametrize(("event", "line"), LINES, ids=[line for _, line in LINES])
def test_each_event_is_one_line(event: Event, line: str) -> None:
    assert said(event) == [line]


def test_every_action_has_its_words() -> None:
    from typing import get_args

    assert set(VERBS) == set(get_args(StepAction))


def test_a_step_that_goes_on_says_so_every_ten_seconds() -> None:
    beats = [Progress(A, "create", elapsed=seconds) for seconds in (1, 5, 9.9, 10, 12, 19, 21, 30.5)]
    other = Progress(B, "update", elapsed=11)
    assert said(*beats, other) == [
        "voiceFiles.greeting: Still creating... [10s elapsed]",
        "voiceFiles.greeting: Still creating... [21s elapsed]",
        "rsvpCalls.invite: Still modifying... [11s elapsed]",
    ]


def test_a_failure_says_what_went_wrong() -> None:
    found = Diagnostic("POST /voice_files: 400", detail="The service says: no such voice", hint="Choose another one.")
    assert said(Failed(A, "create", (found,), 1.0)) == [
        "voiceFiles.greeting: Creation failed after 1s",
        "Error: POST /voice_files: 400",
        "  The service says: no such voice",
        "  Choose another one.",
    ]


def test_words_from_outside_are_safe_and_without_people() -> None:
    hostile = "\x1b[31m\u202e+358401234567 anna@example.com\nError: forged"
    found = Diagnostic(hostile, detail=hostile, hint=hostile)
    reasons = ((A, hostile),)
    lines = said(
        Failed(A, "create", (found,)),
        Skipped(B, "launch", hostile),
        Held(B, hostile),
        Notice(hostile),
        Completed(A, "create", hostile),
        Finished(ApplySummary(failed=reasons, skipped=reasons, unknown=reasons)),
    )
    shown = "\n".join(lines)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "1234567" not in "\n".join(line for line in lines if "[id=" not in line)
    assert "anna@" not in "\n".join(line for line in lines if "[id=" not in line)


# ---- the end ---------------------------------------------------------------------------------------------------------

ENDS = [
    (ApplySummary(), "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."),
    (
        ApplySummary(1, 2, 3, 4, 5, 6, 7, 8),
        "Apply complete! Resources: 1 imported, 2 moved, 3 added, 4 changed, 5 destroyed, 6 forgotten, 7 launched, 8 held.",
    ),
    (ApplySummary(added=1204), "Apply complete! Resources: 1,204 added, 0 changed, 0 destroyed."),
    (ApplySummary(held=1), "Apply complete! Resources: 0 added, 0 changed, 0 destroyed, 1 held."),
    (ApplySummary(destroyed=4, destroy=True), "Destroy complete! Resources: 4 destroyed."),
    (ApplySummary(destroyed=4, forgotten=1, destroy=True), "Destroy complete! Resources: 4 destroyed, 1 forgotten."),
]


@pytest.mark.parametrize(("summary", "line"), ENDS, ids=[line for _, line in ENDS])
def test_the_end_of_an_apply(summary: ApplySummary, line: str) -> None:
    assert list(summary_lines(summary)) == [line]


def test_the_end_of_a_partial_apply_names_each_address_with_why() -> None:
    summary = ApplySummary(
        added=2,
        done=3,
        failed=((A, "400 Bad Request"),),
        unknown=((Address.parse("groups.donors"), "the answer was lost"),),
        skipped=((B, "voiceFiles.greeting failed"),),
    )
    assert list(summary_lines(summary)) == [
        "Apply incomplete: 3 done, 2 failed, 1 skipped.",
        "  voiceFiles.greeting failed: 400 Bad Request",
        "  groups.donors outcome unknown: the answer was lost",
        "  rsvpCalls.invite skipped: voiceFiles.greeting failed",
    ]


def test_an_interrupted_apply_is_incomplete() -> None:
    summary = ApplySummary(done=3, added=2, changed=1, skipped=((B, STOPPED),), interrupted=True)
    assert list(summary_lines(summary)) == [
        "Apply incomplete: 3 done, 0 failed, 1 skipped.",
        "  Interrupted: nothing new was started; what was done is recorded.",
        "  Done: 2 added, 1 changed.",
        "  rsvpCalls.invite skipped: the run was stopped",
        "Nobody was called or written to. Run mscode apply again to go on.",
    ]


def test_an_interrupted_apply_ends_with_who_was_called() -> None:
    summary = ApplySummary(interrupted=True, launches=((B, 1204),), command="mscode --env production apply")
    assert list(summary_lines(summary))[-1] == (
        "Launched: rsvpCalls.invite (1,204 people). Nobody else was called or written to. "
        "Run mscode --env production apply again to go on."
    )
    summary = ApplySummary(interrupted=True, unknown=((B, "lost"),), unclear_launches=(B,))
    assert "It is not known whether rsvpCalls.invite was launched" in list(summary_lines(summary))[-1]


def test_what_the_interrupt_kept_from_beginning_stands_in_the_summary_alone() -> None:
    text = ApplyText()
    assert list(text.lines(Skipped(B, "create", STOPPED))) == list(text.lines(Stopping("Stopping"))) == []


def test_a_destroy_that_failed_says_destroy() -> None:
    summary = ApplySummary(destroy=True, failed=((A, "x"),))
    assert next(summary_lines(summary)) == "Destroy incomplete: 0 done, 1 failed, 0 skipped."


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(TypeError, match="no event"):
        said("hello")  # type: ignore[arg-type]


def test_an_address_stands_once_in_the_reason_of_a_failure() -> None:
    summary = ApplySummary(failed=((str(A), f"{A}: 187 of 293 accounts are not done"),))
    assert "  voiceFiles.greeting failed: 187 of 293 accounts are not done" in list(summary_lines(summary))
