"""A process that is killed at any of its calls to the file system, while it writes records or erases: nothing that was recorded is
lost, nothing that is left breaks the chain, nobody who was forgotten comes back, and the next command goes on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mscode.state.records.people import PersonResult, person_hash
from mscode.state.records.store import Forgotten, RecordStore
from mscode.state.records.verify import verify
from tests.state.records.samples import launch, number, opened_records, result, storage
from tests.state.samples import opened, read

CALLS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "ftruncate")
KILLED, OLD, LATER = 9, "2021-03-01T08:00:00Z", "2026-12-24T08:00:00Z"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def killed_at(nth: int, work: Callable[[], object]) -> bool:
    """Do it in a process of its own, which ends right before its nth call; was it that far?"""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            countdown = iter(range(nth, 0, -1))
            for name in CALLS:
                setattr(os, name, _dying(getattr(os, name), countdown))
            work()
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED)
    return code == KILLED


def _dying(call: Callable[..., Any], countdown: Any) -> Callable[..., Any]:
    def counted(*arguments: Any, **more: Any) -> Any:
        if next(countdown, 1) == 1:
            os._exit(KILLED)
        return call(*arguments, **more)

    return counted


def worked(folder: Path, work: Callable[[RecordStore], object]) -> Callable[[], object]:
    def do() -> None:
        with opened(folder) as state:
            work(opened_records(folder, state))

    return do


def problems(folder: Path) -> list[str]:
    return [f"{it.place}: {it.text}" for it in verify(storage(folder), read(folder).records())]


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Two launches with their results, five years apart."""
    folder = tmp_path / "before"

    def fill(records: RecordStore) -> None:
        for at in (OLD, LATER):
            record = records.write_launch(launch(at), [number(1), number(2)])
            records.write_result(result(record.n, at), {number(1): PersonResult(2)})

    worked(folder, fill)()
    return folder


def copies(before: Path) -> Any:
    """A folder for each call at which the process may be killed."""
    for nth in range(1, 200):
        folder = before.with_name(f"killed-{nth}")
        shutil.copytree(before, folder)
        yield nth, folder
        shutil.rmtree(folder)


def test_a_launch_is_recorded_as_a_whole_or_not_at_all(before: Path) -> None:
    counts = []
    for nth, folder in copies(before):
        was_killed = killed_at(nth, worked(folder, lambda records: records.write_launch(launch(LATER), [number(3)])))
        counts.append(len(RecordStore.read(storage(folder)).launches()))
        assert problems(folder) == [], nth
        worked(folder, lambda records: records.write_launch(launch(LATER), [number(4)]))()
        assert problems(folder) == [] and len(RecordStore.read(storage(folder)).launches()) == counts[-1] + 1, nth
        assert len(RecordStore.read(storage(folder)).by_person(number(3))) == counts[-1] - 2
        if not was_killed:
            break
    assert counts == sorted(counts) and set(counts) == {2, 3} and len(counts) > 10


def test_the_first_launch_too(tmp_path: Path) -> None:
    """The key and the beginning of the chain are written before it."""
    empty = tmp_path / "before"
    with opened(empty):
        pass
    for nth, folder in copies(empty):
        was_killed = killed_at(nth, worked(folder, lambda records: records.write_launch(launch(), [number(3)])))
        assert problems(folder) == [], nth
        worked(folder, lambda records: records.write_launch(launch(), [number(4)]))()
        assert problems(folder) == [] and len(RecordStore.read(storage(folder)).by_person(number(4))) == 1, nth
        if not was_killed:
            break
    assert nth > 20


def test_forgetting_goes_on_where_it_was_killed(before: Path) -> None:
    hashed = person_hash(storage(before).read("key") or b"", number(1))
    erased = set()
    for nth, folder in copies(before):
        was_killed = killed_at(nth, worked(folder, lambda records: records.forget(number(1))))
        assert problems(folder) == [], nth
        with opened(folder) as state:
            remaining = opened_records(folder, state).forget(number(1))
        erased.add((remaining.launches, remaining.results))
        assert problems(folder) == [], nth
        assert not any(hashed in path.read_bytes() for path in storage(folder).folder.rglob("*") if path.is_file()), nth
        if not was_killed:
            break
    assert {(2, 2), (2, 1), (2, 0), (1, 0), (0, 0)} == erased and remaining == Forgotten()


def test_retention_goes_on_where_it_was_killed(before: Path) -> None:
    for nth, folder in copies(before):
        was_killed = killed_at(nth, worked(folder, lambda records: records.prune("2022-01-01T00:00:00Z")))
        worked(folder, lambda records: records.prune("2022-01-01T00:00:00Z"))()
        assert problems(folder) == [], nth
        assert [record.launch.at for record in RecordStore.read(storage(folder)).launches()] == [LATER]
        assert not [name for name in storage(folder).names() if name.startswith("2021/")], nth
        if not was_killed:
            break
    assert nth > 10
