"""What every backend promises; each test runs on local, http, gitlab and object alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import mscode
from mscode.errors import LockedError, StateError
from mscode.model.address import Address
from mscode.model.world import Intent
from mscode.state.local.write_ahead import AHEAD, ASIDE
from mscode.state.remote import journal
from mscode.state.store import StateStore
from tests.state import state_server
from tests.state.places import VARIABLES, Place
from tests.state.samples import ANNA, DONORS, ENVIRONMENT, FULL, INTENT, INVITE, PROJECT, TOMB, URL, entry

OTHER_URL = "https://other.example.com/v1"
#: Another mscode: takes the lock, begins a create, records one result, says so, and waits.
OTHER = """
import sys, time
from pathlib import Path
from mscode.app.environment import resolve
from mscode.app.invocation import Invocation
from mscode.app.state import lock_state
from mscode.manifest.project.file import load_project
from mscode.state.remote import journal
from tests.state.samples import ENVIRONMENT, INTENT, entry, ANNA
folder, journal.SHORT = Path(sys.argv[1]), int(sys.argv[2])
try:
    with lock_state(Invocation(), resolve(load_project(folder), folder, ENVIRONMENT, hide_token=str), "apply") as store:
        store.begin([INTENT])
        store.put(entry(ANNA, id="34"))
        print("begun", flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@contextmanager
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    root = Path(mscode.__file__).parents[2]
    env = os.environ | VARIABLES | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    command = [sys.executable, "-c", OTHER, str(folder), str(journal.SHORT)]
    with subprocess.Popen(command, stdout=-1, text=True, env=env) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


def refusal(place: Place, clone: str = "b") -> str:
    with pytest.raises(LockedError) as caught:
        place.backend(clone).lock("apply").acquire()
    assert caught.value.exit_code == 4
    (one,) = caught.value.diagnostics
    return f"{one.summary}\n{one.detail}\n{one.hint}"


def test_where_there_is_no_state_nothing_is_known_and_nothing_is_made(place: Place) -> None:
    assert not place.read().known.entries and place.read().text() == ""
    assert place.writes() == 0 and not (place.clone() / ".mscode").exists()


def test_what_one_clone_writes_the_other_reads(place: Place) -> None:
    with place.held("a") as store:
        store.begin([INTENT, Intent(ANNA, 1, "op-2", "x")])
        store.put(FULL)
        store.end_intent(ANNA)
        store.add_tombstone(TOMB)
        known, sealed = store.known, store.keyed_hash("Anna")
    assert place.read("b").known == known and place.read("b").keyed_hash("Anna") == sealed
    with place.held("b") as store:
        store.move(INVITE, Address("rsvpCalls", "renamed"))
        store.remove_tombstone(ANNA)
        store.end_intent(DONORS)
        store.drop(DONORS)
    after = place.read("a").known
    assert set(after.entries) == {Address("rsvpCalls", "renamed")} and not after.intents and not after.tombstones
    assert after.serial > known.serial and after.lineage == known.lineage


def test_a_run_without_changes_writes_nothing(place: Place) -> None:
    with place.held() as store:
        store.put(FULL)
    before = place.writes(), place.read().text()
    with place.held() as store:
        store.put(FULL)
    assert (place.writes(), place.read().text()) == before


def test_the_serial_grows_with_each_run_that_changes_something(place: Place) -> None:
    serials = []
    for number in range(3):
        with place.held("ab"[number % 2]) as store:
            store.put(entry(id=str(number)))
        serials.append(place.read().known.serial)
    assert serials == sorted(set(serials))


def test_a_second_writer_is_refused_and_told_who_holds_the_lock_since_when(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_JOB_URL", "https://ci.example.com/jobs/7")
    monkeypatch.delenv("GITHUB_RUN_ID", raising=False)
    held = place.open("a")
    said = refusal(place)
    assert "locked by" in said and "Operation: apply" in said and "Age:       less than a minute" in said
    assert "https://ci.example.com/jobs/7" in said and f"mscode state unlock {held.lock.id}" in said
    assert held.lock.id in said.partition("Holder")[0]


def test_the_lock_is_free_again_after_a_run(place: Place) -> None:
    for name in ("a", "b", "a"):
        with place.held(name):
            pass


def test_of_many_takers_one_gets_the_lock(place: Place) -> None:
    start, results = threading.Barrier(6), list[bool]()
    locks = [place.backend("ab"[n % 2]).lock("apply") for n in range(6)]

    def take(n: int) -> None:
        start.wait()
        try:
            locks[n].acquire()
            results.append(True)
        except StateError:
            results.append(False)

    threads = [threading.Thread(target=take, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 5 + [True]


def test_a_lock_is_broken_by_its_very_id_alone(place: Place) -> None:
    held = place.open("a")
    with pytest.raises(StateError, match=f"The lock has the ID {held.lock.id}, not guess"):
        place.backend("b").unlock("guess")
    assert held.lock.id in refusal(place)
    assert place.backend("b").unlock(held.lock.id).Operation == "apply"
    with pytest.raises(StateError, match="not locked"):
        place.backend("b").unlock(held.lock.id)
    with place.held("b"):
        pass


def test_whoever_lost_the_lock_writes_nothing_any_more_and_leaves_the_next_holders_alone(place: Place) -> None:
    first = place.open("a")
    first.store.begin([INTENT])
    place.backend("b").unlock(first.lock.id)
    second = place.open("b", "destroy")
    second.store.put(FULL)
    second.store.begin([Intent(ANNA, 1, "op-2", "x")])
    with pytest.raises(StateError):
        first.store.begin([Intent(INVITE, 1, "op-3", "x")])
    with pytest.raises(StateError):
        first.store.close()
    first.lock.release()
    assert "Operation: destroy" in refusal(place)
    second.store.close()
    second.lock.release()
    known = place.read("b").known
    assert set(known.entries) == {INVITE} and set(known.intents) == {DONORS, ANNA}


def test_a_killed_run_leaves_its_intents_to_every_clone_and_its_results_to_its_own(place: Place) -> None:
    with other_process(place.clone("a")) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert place.read("b").known.intents == {DONORS: INTENT}
    assert set(place.read("a").known.entries) == {ANNA}
    if place.remote:
        lock_id = refusal(place, "b").rpartition(" ")[2]
        place.backend("b").unlock(lock_id)
    with place.held("a") as store:
        assert store.known.intents == {DONORS: INTENT} and store.entry(ANNA) == entry(ANNA, id="34")
    assert place.read("b").known.entries == {ANNA: entry(ANNA, id="34")}


def test_a_cancelled_job_gives_the_lock_back_and_writes_what_it_knows(place: Place) -> None:
    with other_process(place.clone("a")) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
    known = place.read("b").known
    assert known.intents == {DONORS: INTENT} and known.entries == {ANNA: entry(ANNA, id="34")}
    with place.held("b"):
        pass


def test_many_threads_may_record_at_once(place: Place) -> None:
    def work(thread: int) -> None:
        for number in range(3):
            address = Address("groups", f"g{thread}-{number}")
            store.begin([Intent(address, 1, "op", "x")])
            store.put(entry(address, id=f"{thread}-{number}"))
            store.end_intent(address)

    with place.held() as store:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        known = store.known
    assert len(known.entries) == 30 and not known.intents
    assert place.read("b").known == known


def test_a_state_of_another_account_is_not_opened(place: Place) -> None:
    with place.held() as store:
        store.put(FULL)
    with pytest.raises(StateError, match="belongs to another account"):
        StateStore.read(place.backend().storage(), PROJECT, ENVIRONMENT, OTHER_URL)


def test_a_state_with_nothing_in_it_may_change_its_url(place: Place) -> None:
    with place.held():
        pass
    place.url = OTHER_URL
    held = place.open()
    held.store.put(FULL)
    place.backend().unlock(held.lock.id)
    with place.held() as store:
        assert list(store.known.entries) == [FULL.address]
    with pytest.raises(StateError, match="belongs to another account"):
        StateStore.read(place.backend().storage(), PROJECT, ENVIRONMENT, URL)


def test_an_unknown_version_is_refused_and_left_alone(place: Place) -> None:
    with place.held() as store:
        store.put(FULL)
    newer = json.loads(place.read().text()) | {"version": 99}
    overwrite(place, json.dumps(newer).encode())
    with pytest.raises(StateError, match="version 99, and this mscode knows version 1"):
        place.read("b")
    lock = place.backend("b").lock("apply")
    with pytest.raises(StateError, match="version 99"):
        place.open("b")
    with pytest.raises(LockedError):
        lock.acquire()


def overwrite(place: Place, content: bytes) -> None:
    """By somebody who knows no lock."""
    backend = place.backend("z")
    if not place.remote:
        (place.clone() / ".mscode" / ENVIRONMENT / "state.json").write_bytes(content)
    elif place.name == "object":
        import obstore

        remote = backend._remote  # type: ignore[attr-defined]
        obstore.put(remote._objects.store, remote._where.path, content)
    else:
        state_server.force(backend._remote._addresses.address, content)  # type: ignore[attr-defined]


def test_a_serial_that_moved_stops_the_run_before_anything_is_sent(place: Place) -> None:
    with place.held() as store:
        store.put(FULL)
    other = json.loads(place.read().text())
    held = place.open("a")
    overwrite(place, json.dumps(other | {"serial": other["serial"] + 7}).encode())
    with pytest.raises(StateError, match="at the same time"):
        held.store.begin([INTENT])
    with pytest.raises(StateError, match="at the same time"):
        held.store.close()
    held.lock.release()
    assert place.read("b").known.serial == other["serial"] + 7


# ---- what only a server has ----------------------------------------------------------------------------------------


def test_an_intent_is_on_the_server_before_begin_returns_and_a_launch_before_put_does(remote: Place) -> None:
    held = remote.open("a")
    held.store.begin([INTENT])
    assert remote.read("b").known.intents == {DONORS: INTENT}
    held.store.put(entry(INVITE, id="91"))
    assert not remote.read("b").known.entries
    held.store.put(entry(INVITE, id="91", launched=True, first_call="2026-12-01T07:00:00Z"))
    assert remote.read("b").known.entries[INVITE].launched


def test_results_ride_on_the_next_intents_write(remote: Place) -> None:
    held = remote.open("a")
    held.store.begin([INTENT])
    before = remote.writes()
    held.store.put(entry())
    held.store.end_intent(DONORS)
    assert remote.writes() == before
    held.store.begin([Intent(ANNA, 1, "op-2", "x")])
    assert remote.writes() == before + 1
    known = remote.read("b").known
    assert known.entries == {DONORS: entry()} and set(known.intents) == {ANNA}


def test_creates_that_begin_while_one_is_being_written_share_the_next_write(remote: Place) -> None:
    held = remote.open("a")
    held.store.begin([INTENT])
    state = held.store._storage
    before = remote.writes()
    threads = [
        threading.Thread(target=held.store.begin, args=([Intent(Address("groups", f"g{n}"), 1, "op", "x")],))
        for n in range(10)
    ]
    with state._sending:  # type: ignore[attr-defined]
        for thread in threads:
            thread.start()
        while len(held.store.known.intents) < 11:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert remote.writes() == before + 1
    assert len(remote.read("b").known.intents) == 11


def test_what_this_machine_knows_beyond_the_server_is_taken_up_and_said(remote: Place) -> None:
    held = remote.open("a")
    held.store.begin([INTENT])
    held.store.put(entry())
    held.store.end_intent(DONORS)
    remote.backend("a").unlock(held.lock.id)
    again = remote.read("a")
    assert again.known.entries == {DONORS: entry()} and not again.known.intents
    assert "Took 2 changes of an interrupted run from this machine's journal" in again.notice
    with remote.held("a") as store:
        assert store.known.serial == again.known.serial
    assert remote.read("b").known.entries == {DONORS: entry()} and not remote.read("a").notice


def test_what_this_machine_knows_of_a_state_that_went_on_without_it_is_set_aside_and_said(remote: Place) -> None:
    held = remote.open("a")
    held.store.begin([INTENT])
    held.store.put(entry())
    remote.backend("a").unlock(held.lock.id)
    with remote.held("b") as store:
        store.put(FULL)
    with remote.held("a") as store:
        assert "they are not used" in store.notice
        assert set(store.known.entries) == {INVITE} and set(store.known.intents) == {DONORS}
    assert (remote.clone("a") / ".mscode" / ENVIRONMENT / ASIDE).exists()
    assert not remote.read("a").notice


def test_a_document_that_vanished_is_no_empty_state_for_whoever_wrote_in_it(remote: Place) -> None:
    held = remote.open("a")
    held.store.begin([INTENT])
    overwrite(remote, b"")
    with pytest.raises(StateError):
        remote.read("a")


def test_a_state_in_the_folder_is_not_forgotten_over_an_empty_server(remote: Place) -> None:
    folder = remote.clone("a") / ".mscode" / ENVIRONMENT
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    with pytest.raises(StateError, match="but there is one in"):
        remote.read("a")


def test_a_write_ahead_journal_that_cannot_be_written_fails_the_step_and_loses_nothing(
    remote: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mscode.state.local import journal

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    held = remote.open("a")
    held.store.begin([INTENT])
    with monkeypatch.context() as patch:
        patch.setattr(journal, "write_all", full)
        with pytest.raises(StateError, match=rf"{AHEAD} cannot be written: No space left on device"):
            held.store.put(entry())
        with pytest.raises(StateError):
            held.store.close()
    held.lock.release()
    assert remote.read("b").known.intents == {DONORS: INTENT}
