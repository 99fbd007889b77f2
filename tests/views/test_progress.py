"""Following an apply on the console."""

from __future__ import annotations

import sys
import threading

import pytest

from mscode.model.address import Address
from mscode.plan.events import ApplySummary, Completed, Event, Failed, Finished, Notice, Progress, RunProgress, Started
from mscode.views.apply.progress import Bars, Follower
from mscode.views.console import Out
from tests.views.test_console import Terminal

A = Address.parse("groups.donors")
DONE = Finished(ApplySummary(changed=1))


def live_stderr(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal. Not a fixture: pytest sets stderr anew when the test itself begins."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_failures_are_talk_and_the_rest_is_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower(Out()) as follow:
        for event in (Started(A, "update"), Failed(A, "update"), Completed(A, "update", "2", 1.0), DONE):
            follow(event)
    shown = capsys.readouterr()
    assert shown.err == "groups.donors: Modification failed after 0s\n"
    assert shown.out == (
        "groups.donors: Modifying...\n"
        "groups.donors: Modifications complete after 1s [id=2]\n"
        "\n"
        "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n"
    )


def test_where_nobody_looks_a_line_stands_for_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 100, 4000, "members", 3.0))
        follow(Progress(A, "update", 1200, 4000, "members", 10.0))
    assert (
        capsys.readouterr().out
        == "groups.donors: Still modifying... [10s elapsed, 1,200 of 4,000 members] 120 a second, about 23s left\n"
    )


def test_work_of_more_than_two_seconds_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = live_stderr(monkeypatch)
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 100, 4000, "members", 1.9))
        assert "members" not in terminal.written
        follow(Progress(A, "update", 1200, 4000, "members", 12.0))
        assert "Still modifying" not in terminal.written
    assert "groups.donors: Modifying" in terminal.written
    assert "1,200 of 4,000 members, 100 a second, about 28s left" in terminal.written


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (Progress(A, "create", 3120, 5000, "accounts", 7.6), "3,120 of 5,000 accounts, 411 a second, about 5s left"),
        (RunProgress(812, 3204, 40.6), "Applying, 812 of 3,204 steps, 20 a second, about 2m0s left"),
    ],
)
@pytest.mark.parametrize("columns", ["80", "60"])
def test_when_it_ends_stands_in_a_narrow_terminal_too(
    monkeypatch: pytest.MonkeyPatch, event: Event, end: str, columns: str
) -> None:
    terminal = live_stderr(monkeypatch)
    monkeypatch.setenv("COLUMNS", columns)
    with Follower(Out()) as follow:
        follow(event)
    assert end in terminal.written


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ("54", "App…, 812 of 3,204 steps, 20 a second, about 2m0s left"),
        ("46", "Applying, 812 of 3,204 steps, about 2m0s left"),
        ("40", "Ap…, 812 of 3,204 steps, about 2m0s left"),
        ("30", "Applying, 812 of 3,204 steps"),
    ],
)
def test_what_does_not_fit_is_left_out_whole(monkeypatch: pytest.MonkeyPatch, columns: str, line: str) -> None:
    terminal = live_stderr(monkeypatch)
    monkeypatch.setenv("COLUMNS", columns)
    with Follower(Out()) as follow:
        follow(RunProgress(812, 3204, 40.6))
    assert line in terminal.written


def test_a_short_run_says_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = live_stderr(monkeypatch)
    with Follower(Out()) as follow:
        follow(RunProgress(30, 40, 1.0))
    assert terminal.written + capsys.readouterr().out == ""


def test_work_of_unknown_length_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = live_stderr(monkeypatch)
    bars = Bars(no_color=False)
    beat = Progress(A, "create", elapsed=30.0)
    bars.show(beat)
    assert not bars.has(beat)
    assert terminal.written == ""


@pytest.mark.parametrize("end", [Completed(A, "update"), Failed(A, "update"), DONE])
def test_a_bar_goes_with_its_step(monkeypatch: pytest.MonkeyPatch, end: Completed | Failed | Finished) -> None:
    terminal = live_stderr(monkeypatch)
    bars, beat = Bars(no_color=True), Progress(A, "update", 1, 2, "members", 3.0)
    bars.show(beat)
    assert bars.has(beat)
    bars.show(end)
    assert not bars.has(beat)
    bars.close()
    assert sys.stderr is terminal


def test_lines_appear_above_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = live_stderr(monkeypatch)
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 1, 2, "members", 3.0))
        follow(Notice("a lock was taken over"))
    shown = terminal.written
    assert 0 < shown.index("Note: a lock was taken over") < shown.rindex("1 of 2 members")


def test_a_bar_on_stderr_leaves_a_piped_stdout_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    live_stderr(monkeypatch)
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 1, 2, "members", 3.0))
        follow(Started(A, "launch"))
    assert capsys.readouterr().out == "groups.donors: Launching...\n"


def test_events_of_several_threads_are_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower(Out()) as follow:

        def work() -> None:
            for _ in range(50):
                follow(Started(A, "update"))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert capsys.readouterr().out == "groups.donors: Modifying...\n" * 200
