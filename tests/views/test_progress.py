"""Following an apply on the console."""

from __future__ import annotations

import sys
import threading

import pytest
from tests.views.test_console import Terminal

from mscode.address import Address
from mscode.plan.events import ApplySummary, Completed, Failed, Finished, Progress, Started
from mscode.views.console import Out
from mscode.views.progress import Bars, Follower

A = Address.parse("groups.donors")
DONE = Finished(ApplySummary(changed=1))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A live stderr."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_progress_is_talk_and_the_end_is_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower(Out()) as follow:
        for event in (Started(A, "update"), Completed(A, "update", "2", 1.0), DONE):
            follow(event)
    shown = capsys.readouterr()
    assert shown.err == "groups.donors: Modifying...\ngroups.donors: Modifications complete after 1s [id=2]\n"
    assert shown.out == "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n"


def test_where_nobody_looks_a_line_stands_for_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 100, 4000, "members", 3.0))
        follow(Progress(A, "update", 1200, 4000, "members", 10.0))
    assert capsys.readouterr().err == "groups.donors: Still modifying... [10s elapsed, 1,200 of 4,000 members]\n"


def test_work_of_more_than_two_seconds_gets_a_bar(terminal: Terminal) -> None:
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 100, 4000, "members", 1.9))
        assert "members" not in terminal.written
        follow(Progress(A, "update", 1200, 4000, "members", 12.0))
        assert "Still modifying" not in terminal.written
    assert "groups.donors: Modifying" in terminal.written
    assert "1200/4000" in terminal.written
    assert "members" in terminal.written


def test_work_of_unknown_length_gets_no_bar(terminal: Terminal) -> None:
    bars = Bars(no_color=False)
    beat = Progress(A, "create", elapsed=30.0)
    bars.show(beat)
    assert not bars.has(beat)
    assert terminal.written == ""


@pytest.mark.parametrize("end", [Completed(A, "update"), Failed(A, "update"), DONE])
def test_a_bar_goes_with_its_step(terminal: Terminal, end: Completed | Failed | Finished) -> None:
    bars, beat = Bars(no_color=True), Progress(A, "update", 1, 2, "members", 3.0)
    bars.show(beat)
    assert bars.has(beat)
    bars.show(end)
    assert not bars.has(beat)
    bars.close()
    assert sys.stderr is terminal


def test_lines_appear_above_the_bar(terminal: Terminal) -> None:
    with Follower(Out()) as follow:
        follow(Progress(A, "update", 1, 2, "members", 3.0))
        follow(Started(Address.parse("groups.other"), "update"))
    assert "groups.other: Modifying...\n" in terminal.written.replace("\r\n", "\n")


def test_events_of_several_threads_are_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Follower(Out()) as follow:
        threads = [threading.Thread(target=lambda: [follow(Started(A, "update")) for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert capsys.readouterr().err == "groups.donors: Modifying...\n" * 200
