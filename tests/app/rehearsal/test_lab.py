"""The laboratory: the ordinary engine on an account, a state and a clock in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mscode.app.approval import ApplyOptions
from mscode.app.invocation import Invocation
from mscode.app.rehearsal.lab import Lab
from mscode.app.workspace import load_environment
from mscode.errors import LockedError
from mscode.plan.inputs import Options

MORNING = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


def project(folder: Path, **campaign: Any) -> Path:
    """A project with one campaign that calls three people, two of whom are to accept."""
    (folder / "mscode.yaml").write_text(
        json.dumps(
            {
                "apiVersion": "mscode/v1",
                "project": "drive",
                "timezone": "Europe/Helsinki",
                "defaultEnvironment": "test",
                "environments": {"test": {"url": "https://api.example.com/v1", "token": {"env": "NO_TOKEN"}}},
            }
        )
    )
    manifest = {
        "apiVersion": "mscode/v1",
        "voiceFiles": {"hello": {"text": "Could you come on Friday?", "voiceCode": "en"}},
        "rsvpCalls": {
            "invite": {
                "startTime": "2026-12-01T09:00:00Z",
                "endTime": "2026-12-03T17:00:00Z",
                "activeFrom": "09:00",
                "activeTo": "17:00",
                "activeWeekdays": ["tuesday", "wednesday", "thursday"],
                "voiceFiles": {"start": "hello"},
                "actionButtons": {"accept": 5, "decline": 9},
                "receivers": [{"phone": f"+35840123000{n}"} for n in range(1, 4)],
                "acceptsWanted": 3,
                "maxRedials": 2,
                **campaign,
            }
        },
    }
    (folder / "all.yaml").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with laboratory(project(tmp_path)) as made:
        yield made


def laboratory(folder: Path) -> Lab:
    inv = Invocation(variables={})
    return Lab(load_environment(inv, folder), inv, MORNING)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_plans_applies_and_calls_without_a_file_a_word_or_a_wait(
    lab: Lab, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, began = files(tmp_path), time.monotonic()
    work = lab.work(tmp_path, Options())
    assert lab.plan(work).totals.launches == 1

    run = lab.apply(work)

    assert run.exit_code == 0 and run.summary is not None and run.summary.launched == 1
    assert MORNING < lab.now < MORNING + timedelta(minutes=1)
    assert lab.ledger() == []
    lab.advance(datetime(2026, 12, 4, tzinfo=UTC))
    rings = lab.ledger()
    assert rings[0].at == datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    assert {ring.address for ring in rings} == {"rsvpCalls.invite"}
    assert {ring.to for ring in rings} == {f"+35840123000{n}" for n in range(1, 4)}
    again = lab.plan(lab.work(tmp_path, Options()))
    assert not again.shown and [note.kind for note in again.notes] == ["complete"]
    assert files(tmp_path) == before
    assert not any(path.is_dir() for path in tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")
    assert time.monotonic() - began < 30


def test_a_lost_answer_is_settled_in_no_time(lab: Lab, tmp_path: Path) -> None:
    """The engine waits thirty seconds until it believes that a list has settled; here they pass at once."""
    lab.app.state.faults.add([{"method": "POST", "path": "/rsvp_calls", "when": "after", "status": 504}])
    began = time.monotonic()
    run = lab.apply(lab.work(tmp_path, Options()))
    assert run.exit_code == 0
    assert lab.now >= MORNING + timedelta(seconds=30)
    assert time.monotonic() - began < 20
    assert lab.store.row("SELECT count(*) FROM documents WHERE kind = 'rsvpCall'")[0] == 1


def test_a_halted_campaign_calls_nobody_until_it_is_resumed(lab: Lab, tmp_path: Path) -> None:
    lab.apply(lab.work(tmp_path, Options()))
    assert lab.halt("rsvpCalls.invite").exit_code == 0
    lab.advance(timedelta(days=1))
    assert lab.ledger() == []
    kept = lab.plan(lab.work(tmp_path, Options()))
    assert [note.kind for note in kept.notes] == ["operator-halt"]
    assert lab.halt("rsvpCalls.other").exit_code == 1


def test_a_launch_is_held_where_the_options_hold_it(lab: Lab, tmp_path: Path) -> None:
    run = lab.apply(lab.work(tmp_path, Options()), ApplyOptions(auto_approve=True, no_launch=True))
    assert run.exit_code == 0 and run.summary is not None and run.summary.held == 1
    lab.advance(timedelta(days=5))
    assert lab.ledger() == []


def test_a_refused_plan_does_nothing(tmp_path: Path) -> None:
    with laboratory(project(tmp_path, acceptsWanted=3, maxRedials=9)) as lab:
        run = lab.apply(lab.work(tmp_path, Options()))
        assert run.exit_code == 5 and run.summary is None
        assert lab.document() is None or lab.document().is_empty  # type: ignore[union-attr]


def test_everything_goes_with_a_destroy(lab: Lab, tmp_path: Path) -> None:
    lab.apply(lab.work(tmp_path, Options()))
    lab.advance(timedelta(hours=4))
    assert lab.ledger()
    assert lab.apply(lab.work(tmp_path, Options(destroy=True))).exit_code == 0
    assert not (tmp_path / ".mscode").exists()  # the results of what has called are saved by a real one


def test_the_lock_is_one_of_this_laboratory(lab: Lab, tmp_path: Path) -> None:
    lock = lab.backend.lock("apply")
    lock.acquire()
    with pytest.raises(LockedError):
        lab.apply(lab.work(tmp_path, Options()))
    with laboratory(tmp_path) as other:
        assert other.apply(other.work(tmp_path, Options())).exit_code == 0
    lock.release()
    assert lab.apply(lab.work(tmp_path, Options())).exit_code == 0


def test_laboratories_of_one_process_are_strangers(tmp_path: Path) -> None:
    """Four at once have each its own clock, and the same ledger as one alone."""
    project(tmp_path)

    def played(hours: int) -> tuple[datetime, list[Any]]:
        with laboratory(tmp_path) as lab:
            lab.apply(lab.work(tmp_path, Options()))
            lab.advance(MORNING + timedelta(hours=hours))
            return lab.now, lab.ledger()

    alone = [played(hours) for hours in (2, 4, 30, 60)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(played, (2, 4, 30, 60))) == alone
    assert [len(rings) for _, rings in alone] == sorted(len(rings) for _, rings in alone)


def test_a_state_to_begin_with_is_copied(lab: Lab, tmp_path: Path) -> None:
    lab.apply(lab.work(tmp_path, Options()))
    document = lab.document()
    assert document is not None and document.entries
    inv = Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING, state=document) as other:
        copied = other.document()
        assert copied is not None and copied.entries == document.entries and copied.key == document.key
        other.apply(other.work(tmp_path, Options(override=frozenset({"acceptsWanted"}))))
    assert lab.document() == replace(document)
