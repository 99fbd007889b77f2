"""A remote state that crashes anywhere: on the same machine nothing that was acknowledged is lost, intents nowhere."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.model.world import Intent, Known
from mscode.state.local import files, journal
from mscode.state.local import write_ahead as ahead
from mscode.state.lock_info import LockInfo
from mscode.state.remote import journal as journals
from mscode.state.remote.backend import RemoteState, Stored
from mscode.state.store import StateStore
from tests.state.samples import ANNA, DONORS, ENVIRONMENT, FULL, INTENT, INVITE, PROJECT, TOMB, URL, entry, folder

CHANGES: list[Callable[[StateStore], object]] = [
    lambda store: store.begin([INTENT]),
    lambda store: store.put(entry()),
    lambda store: store.end_intent(DONORS),
    lambda store: store.put(FULL),
    lambda store: store.begin([Intent(ANNA, 1, "op-2", "x")]),
    lambda store: store.put(entry(ANNA, id="34")),
    lambda store: store.end_intent(ANNA),
    lambda store: store.move(INVITE, Address("rsvpCalls", "renamed")),
    lambda store: store.put(entry(INVITE, id="92", launched=True)),
    lambda store: store.add_tombstone(TOMB),
    lambda store: store.drop(DONORS),
]


class Crash(BaseException):
    """The process is gone: nothing may catch it."""


@pytest.fixture(autouse=True, params=["whole", "journal", "short journal"])
def _journal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is written whole each time; or with a journal beside it, which is put into it in the end, or all the time."""
    if request.param != "whole":
        monkeypatch.setattr(journals, "SHORT", 0)
    if request.param == "short journal":
        monkeypatch.setattr(journals, "LEAST", 900)
        monkeypatch.setattr(journals, "OF_MEGABYTE", 0)


class Memory:
    """A server in memory."""

    where, journal_where = "memory", "memory-journal"

    def __init__(self) -> None:
        self.stored: Stored | None = None
        self.journal: Stored | None = None
        self.writes = 0

    def read(self) -> Stored | None:
        return self.stored

    def write(self, content: bytes, before: Stored | None) -> Stored:
        assert before == self.stored
        assert before is None or json.loads(content)["serial"] > json.loads(before.content)["serial"]
        self.writes += 1
        self.stored = Stored(content)
        return self.stored

    def check(self, before: Stored) -> None:
        assert before == self.stored

    def read_journal(self) -> Stored | None:
        return self.journal

    def write_journal(self, content: bytes, before: Stored | None, document: Stored) -> Stored:
        assert before == self.journal and document == self.stored
        serial = json.loads(self.journal.content)["serial"] if self.journal else -1
        assert json.loads(content)["serial"] > serial
        self.writes += 1
        self.journal = Stored(content)
        return self.journal

    def fence_journal(self, before: Stored | None) -> None:
        assert before is None or before == self.journal

    def lock(self, holder: LockInfo) -> None: ...

    def release(self, holder: LockInfo) -> None: ...

    def unlock(self, id: str) -> LockInfo: ...  # type: ignore[empty-body]

    def hurry(self, seconds: float) -> None: ...

    def close(self) -> None: ...


def opened(remote: Memory, place: Path) -> StateStore:
    return StateStore.open(RemoteState(remote, folder(place)), PROJECT, ENVIRONMENT, URL)


def read(remote: Memory, place: Path) -> Known:
    return StateStore.read(RemoteState(remote, folder(place)), PROJECT, ENVIRONMENT, URL).known


def facts(known: Known) -> Any:
    return known.entries, known.intents, known.tombstones


def expected() -> list[Any]:
    """What is known after none, one, two, … changes."""
    remote, found = Memory(), []
    with tempfile.TemporaryDirectory() as place:
        store = opened(remote, Path(place))
        found.append(facts(store.known))
        for change in CHANGES:
            change(store)
            found.append(facts(store.known))
        store.close()
    return found


def crash_at(point: int, patch: pytest.MonkeyPatch, remote: Memory) -> None:
    """The process ends before the `point`-th thing that leaves a trace: a line, a sync, a write on the server (and after)."""
    count = itertools.count()

    def guarded(function: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        def call(*arguments: Any, **settings: Any) -> Any:
            if next(count) == point:
                raise Crash
            given = function(*arguments, **settings)
            if after and next(count) == point:
                raise Crash
            return given

        return call

    patch.setattr(journal, "write_all", guarded(files.write_all))
    patch.setattr(os, "fsync", guarded(os.fsync))
    patch.setattr(os, "ftruncate", guarded(os.ftruncate))
    patch.setattr(remote, "write", guarded(remote.write, after=True))
    patch.setattr(remote, "write_journal", guarded(remote.write_journal, after=True))


def run(remote: Memory, place: Path) -> tuple[int, bool]:
    """How many changes were acknowledged, and whether it came to its end."""
    done = 0
    try:
        with opened(remote, place) as store:
            for change in CHANGES:
                change(store)
                done += 1
    except Crash:
        return done, False
    return done, True


def test_after_a_crash_anywhere_this_machine_knows_all_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, points = expected(), 0
    for point in itertools.count():
        remote, place = Memory(), tmp_path / str(point)
        with monkeypatch.context() as patch:
            crash_at(point, patch, remote)
            monkeypatch.setattr(StateStore, "__exit__", _close_unless_crashed)
            done, ended = run(remote, place)
        if ended:
            break
        points += 1
        known = read(remote, place)
        assert facts(known) in after[done : done + 2], f"point {point}, after {done} changes"
        with opened(remote, place) as again:
            assert facts(again.known) == facts(known) and again.known.serial >= known.serial
        (place / "mscode-empty").mkdir()
        assert facts(read(remote, place / "mscode-empty")) == facts(known)
    assert points > 30


def _close_unless_crashed(store: StateStore, kind: type[BaseException] | None, *_: object) -> None:
    """A killed process closes nothing."""
    if kind is None:
        store.close()


def test_after_a_crash_anywhere_every_clone_knows_of_each_create_that_may_have_been_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has no journal may see less of the results, but never an acknowledged intent less that did not end."""
    begun = {1: DONORS, 5: ANNA}
    for point in itertools.count():
        remote, place = Memory(), tmp_path / str(point)
        with monkeypatch.context() as patch:
            crash_at(point, patch, remote)
            monkeypatch.setattr(StateStore, "__exit__", _close_unless_crashed)
            done, ended = run(remote, place)
        if ended:
            break
        elsewhere = read(remote, tmp_path / "clone")
        for acknowledged, address in begun.items():
            if done >= acknowledged:
                assert address in elsewhere.intents or address in elsewhere.entries or done == len(CHANGES)
        if done >= 9:
            assert elsewhere.entries[INVITE].launched


def test_a_write_whose_outcome_is_unknown_is_looked_at_before_the_next(tmp_path: Path) -> None:
    remote = Memory()
    store = opened(remote, tmp_path)
    write = remote.write

    def answer_lost(content: bytes, before: Stored | None) -> Stored:
        write(content, before)
        raise StateError("no answer", code="backend")

    remote.write = answer_lost  # type: ignore[method-assign]
    with pytest.raises(StateError, match="no answer"):
        store.begin([INTENT])
    remote.write = write  # type: ignore[method-assign]
    store.begin([Intent(ANNA, 1, "op-2", "x")])
    store.close()
    assert set(read(remote, tmp_path / "clone").intents) == {DONORS, ANNA}


def test_the_digest_of_what_is_sent_is_in_the_journal_before_it_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Memory()
    store = opened(remote, tmp_path)
    write, write_journal, sent = remote.write, remote.write_journal, list[str]()

    def look(content: bytes, before: Stored | None) -> Stored:
        assert ahead.digest(content) in (folder(tmp_path) / ahead.AHEAD).read_text()
        sent.append("document")
        return write(content, before)

    def look_at_journal(content: bytes, before: Stored | None, document: Stored) -> Stored:
        both = ahead.digest(ahead.digest(document.content).encode() + content)
        assert sent == [] or both in (folder(tmp_path) / ahead.AHEAD).read_text()
        sent.append("journal")
        return write_journal(content, before, document)

    monkeypatch.setattr(remote, "write", look)
    monkeypatch.setattr(remote, "write_journal", look_at_journal)
    store.begin([INTENT])
    store.put(entry())
    store.begin([Intent(ANNA, 1, "op-2", "x")])
    is_whole = journals.SHORT > 0
    assert sent == (["document", "document"] if is_whole else ["journal", "document", "journal"])
