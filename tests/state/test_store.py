"""The store: what the engine writes is there when it is read again, whatever happens in between."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.model.world import Intent, Tombstone
from mscode.state.document import RecordLink
from mscode.state.local import files, journal
from mscode.state.local.backend import LocalState
from mscode.state.store import StateStore
from tests.state.samples import (
    ANNA,
    DONORS,
    ENVIRONMENT,
    FULL,
    INTENT,
    INVITE,
    PROJECT,
    TOMB,
    entry,
    folder,
    opened,
    read,
)


def test_where_there_is_no_state_nothing_is_known_and_nothing_is_made(tmp_path: Path) -> None:
    known = read(tmp_path).known
    assert not known.entries and not known.intents and not known.tombstones
    assert list(tmp_path.iterdir()) == []


CHANGES: list[Callable[[StateStore], object]] = [
    lambda store: store.put(FULL),
    lambda store: store.put(entry()),
    lambda store: store.begin([INTENT, Intent(ANNA, 1, "op-2", "x")]),
    lambda store: store.end_intent(ANNA),
    lambda store: store.put(entry(id="18")),
    lambda store: store.add_tombstone(TOMB),
    lambda store: store.add_tombstone(Tombstone(INVITE, "90")),
    lambda store: store.remove_tombstone(ANNA),
    lambda store: store.move(INVITE, Address("rsvpCalls", "renamed")),
    lambda store: store.drop(DONORS),
]


@pytest.mark.parametrize("count", range(1, len(CHANGES) + 1))
def test_each_change_is_on_the_disk_when_its_method_returns(tmp_path: Path, count: int) -> None:
    store = opened(tmp_path)
    for change in CHANGES[:count]:
        change(store)
    assert read(tmp_path).known == store.known
    store.close()
    assert read(tmp_path).known == store.known


def test_the_changes_do_what_they_say(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for change in CHANGES:
            change(store)
        known = store.known
    renamed = Address("rsvpCalls", "renamed")
    assert set(known.entries) == {renamed} and known.entries[renamed].id == FULL.id
    assert known.entries[renamed].server_values == FULL.server_values and known.entries[renamed].address == renamed
    assert set(known.intents) == {DONORS} and known.intents[DONORS] == INTENT
    assert known.tombstones == (Tombstone(INVITE, "90"),)


def test_what_was_given_as_known_does_not_change_later(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
        before = store.known
        store.put(entry(id="99"))
        store.add_tombstone(TOMB)
        assert before.entries[DONORS].id == "17" and before.tombstones == ()
        assert store.entry(DONORS) == entry(id="99")


def test_the_serial_grows_with_each_change_and_never_shrinks(tmp_path: Path) -> None:
    serials: list[int] = []
    for _ in range(3):
        with opened(tmp_path) as store:
            store.put(entry(id=str(len(serials))))
            serials.append(store.known.serial)
            store.drop(DONORS)
            serials.append(store.known.serial)
    assert serials == [1, 2, 3, 4, 5, 6]


def test_what_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(FULL)
        store.put(FULL)
        store.end_intent(DONORS)
        store.drop(DONORS)
        store.remove_tombstone(DONORS)
        store.begin([])
        assert store.known.serial == 1


def test_lineage_and_key_stay_over_runs(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        lineage, sealed = store.known.lineage, store.keyed_hash("Anna")
    with opened(tmp_path) as store:
        assert store.known.lineage == lineage and store.keyed_hash("Anna") == sealed


def test_moving_onto_another_object_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
        store.put(FULL)
        with pytest.raises(StateError, match=r"groups.donors is in the state already"):
            store.move(INVITE, DONORS)


def test_a_store_that_was_opened_for_reading_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="reading only"):
        read(tmp_path).put(entry())
    assert list(tmp_path.iterdir()) == []


def test_a_state_of_another_account_is_not_opened(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
    for method in (StateStore.read, StateStore.open):
        with pytest.raises(StateError, match="belongs to another account"):
            method(LocalState(folder(tmp_path)), PROJECT, ENVIRONMENT, "https://other.example.com/v1")


def test_folder_and_files_are_the_users_alone(tmp_path: Path) -> None:
    os.umask(os.umask(0o022))
    with opened(tmp_path) as store:
        store.put(entry())
        inside = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder(tmp_path).iterdir()}
    with opened(tmp_path) as store:
        store.put(FULL)
    inside |= {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder(tmp_path).iterdir()}
    assert inside == {"state.json": 0o600, "journal.jsonl": 0o600, "state.json.backup": 0o600}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder(tmp_path), folder(tmp_path).parent)] == [0o700, 0o700]


def test_the_snapshot_before_is_kept_as_backup(tmp_path: Path) -> None:
    for id in ("1", "2"):
        with opened(tmp_path) as store:
            store.put(entry(id=id))
    ids = [
        json.loads((folder(tmp_path) / name).read_text())["resources"][0]["id"]
        for name in ("state.json", "state.json.backup")
    ]
    assert ids == ["2", "1"]


def test_a_run_without_changes_leaves_the_snapshot_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
    before = (folder(tmp_path) / "state.json").stat()
    opened(tmp_path).close()
    after = (folder(tmp_path) / "state.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_step_costs_the_same_in_a_large_state(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        size = []
        for number in range(300):
            before = (folder(tmp_path) / "journal.jsonl").stat().st_size
            store.put(entry(Address("groups", f"g{number:03}"), id="1"))
            size.append((folder(tmp_path) / "journal.jsonl").stat().st_size - before)
        assert max(size) - min(size) < 10
        assert len((folder(tmp_path) / "state.json").read_bytes()) < 400


# ---- crashes -------------------------------------------------------------------------------------------------------


def journal_of(tmp_path: Path) -> Path:
    return folder(tmp_path) / "journal.jsonl"


def test_a_crash_at_any_byte_of_the_last_record_loses_that_record_only(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put(entry())
    kept = store.known
    sound = journal_of(tmp_path).stat().st_size
    store.put(FULL)
    content = journal_of(tmp_path).read_bytes()
    for end in range(sound, len(content)):
        journal_of(tmp_path).write_bytes(content[:end])
        assert read(tmp_path).known == kept


@pytest.mark.parametrize("tail", [b"\0" * 500, b"\n", b"00000000 {}\n", b"garbage\ngarbage\n", b"\xff\xfe"])
def test_a_torn_tail_is_dropped_and_the_next_run_goes_on(tmp_path: Path, tail: bytes) -> None:
    store = opened(tmp_path)
    store.put(entry())
    with journal_of(tmp_path).open("ab") as file:
        file.write(tail)
    with opened(tmp_path) as again:
        assert again.known == store.known
        again.put(FULL)
    assert set(read(tmp_path).known.entries) == {DONORS, INVITE}


def test_damage_before_a_sound_record_is_an_error_and_not_dropped(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put(entry())
    store.put(FULL)
    content = journal_of(tmp_path).read_bytes()
    journal_of(tmp_path).write_bytes(content[:20] + b"#" + content[21:])
    with pytest.raises(StateError, match=r"journal.jsonl line 1 is damaged"):
        read(tmp_path)


def test_a_crash_between_snapshot_and_emptying_the_journal_repeats_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put(entry())
    store.drop(DONORS)
    remains = journal_of(tmp_path).read_bytes()
    store.close()
    journal_of(tmp_path).write_bytes(remains)
    assert read(tmp_path).known == store.known
    with opened(tmp_path) as again:
        again.put(FULL)
    assert read(tmp_path).known.serial == 3


@pytest.mark.parametrize("step", ["open_private", "write_all", "sync_folder"])
def test_a_snapshot_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store = opened(tmp_path)
    store.put(entry())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, step, fail)
        with pytest.raises(StateError, match="No space left on device"):
            store.close()
    assert read(tmp_path).known.entries == {DONORS: entry()}


def test_a_full_disk_fails_the_step_and_loses_nothing_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path)
    store.put(entry())

    def half(descriptor: int, content: bytes) -> None:
        os.write(descriptor, content[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "write_all", half)
        with pytest.raises(StateError, match=r"journal.jsonl cannot be written: No space left on device"):
            store.put(FULL)
    assert set(read(tmp_path).known.entries) == {DONORS}
    with pytest.raises(StateError):
        store.drop(DONORS)
    store.close()
    assert INVITE in read(tmp_path).known.entries


def test_a_missing_snapshot_beside_a_backup_is_not_an_empty_state(tmp_path: Path) -> None:
    for id in ("1", "2"):
        with opened(tmp_path) as store:
            store.put(entry(id=id))
    (folder(tmp_path) / "state.json").unlink()
    with pytest.raises(StateError, match="is missing, but parts of the state are there"):
        opened(tmp_path)


def test_a_snapshot_from_elsewhere_does_not_take_this_journal(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
    backup = (folder(tmp_path) / "state.json").read_bytes()
    with opened(tmp_path) as store:
        store.put(FULL)
    store = opened(tmp_path)
    store.drop(DONORS)
    (folder(tmp_path) / "state.json").write_bytes(backup)
    with pytest.raises(StateError, match="do not belong together"):
        read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"version": 1}'])
def test_a_snapshot_that_is_none_is_an_error_with_its_file(tmp_path: Path, content: bytes) -> None:
    opened(tmp_path).close()
    (folder(tmp_path) / "state.json").write_bytes(content)
    with pytest.raises(StateError, match=r"state\.json"):
        read(tmp_path)


def test_a_symlink_in_place_of_the_journal_is_not_followed(tmp_path: Path) -> None:
    folder(tmp_path).mkdir(parents=True)
    (tmp_path / "precious").write_text("")
    journal_of(tmp_path).symlink_to(tmp_path / "precious")
    with pytest.raises(StateError, match=r"journal.jsonl cannot be opened"):
        opened(tmp_path)


# ---- many at once --------------------------------------------------------------------------------------------------


def test_many_threads_may_record_at_once(tmp_path: Path) -> None:
    store = opened(tmp_path)

    def work(thread: int) -> None:
        for number in range(20):
            address = Address("groups", f"g{thread}-{number}")
            store.begin([Intent(address, 1, "op", "x")])
            store.put(entry(address, id=f"{thread}-{number}"))
            store.end_intent(address)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.known.entries) == 200 and not store.known.intents
    assert read(tmp_path).known == store.known


def test_threads_that_record_at_the_same_time_share_one_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path)
    syncs = 0
    all_queued = threading.Event()
    sync = os.fsync

    def slow_sync(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        assert all_queued.wait(5)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow_sync)
    threads = [threading.Thread(target=store.put, args=(entry(Address("groups", f"g{n}"), id="1"),)) for n in range(10)]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + 5
    while len(store.known.entries) < 10 and time.monotonic() < limit:
        time.sleep(0.001)
    all_queued.set()
    for thread in threads:
        thread.join()
    assert syncs <= 3 and len(read(tmp_path).known.entries) == 10


def test_a_second_writer_is_noticed_before_it_does_harm(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    first.put(entry())
    with pytest.raises(StateError, match="Somebody else writes this state at the same time"):
        second.put(FULL)
    with pytest.raises(StateError):
        second.close()
    first.close()
    assert set(read(tmp_path).known.entries) == {DONORS}


def test_a_reader_sees_a_whole_state_while_another_writes(tmp_path: Path) -> None:
    seen, stop = [], threading.Event()

    def write() -> None:
        for run in range(10):
            with opened(tmp_path) as store:
                for number in range(10):
                    store.put(entry(id=str(run * 10 + number)))
        stop.set()

    opened(tmp_path).close()
    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        known = read(tmp_path).known
        seen.append((known.serial, known.entries[DONORS].id if known.entries else "-1"))
    writer.join()
    assert seen == sorted(seen, key=lambda pair: pair[0]) and all(int(id) == serial - 1 for serial, id in seen)


# ---- copies and trouble ----------------------------------------------------------------------------------------------


def test_a_snapshot_that_was_restored_from_an_older_copy_is_taken_and_said(tmp_path: Path) -> None:
    copies = []
    for id in ("1", "2", "3"):
        with opened(tmp_path) as store:
            assert not store.notice
            store.put(entry(id=id))
        copies.append((folder(tmp_path) / "state.json").read_bytes())
    for content, serial in ((copies[0], 1), ((folder(tmp_path) / "state.json.backup").read_bytes(), 2)):
        (folder(tmp_path) / "state.json").write_bytes(content)
        again = read(tmp_path)
        assert f"restored from an older copy (serial {serial}, its backup has 2)" in again.notice
        assert again.known.entries[DONORS].id == str(serial)


def test_a_lost_journal_leaves_the_snapshot(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.put(entry())
    crashed = opened(tmp_path)
    crashed.put(FULL)
    journal_of(tmp_path).unlink()
    assert set(read(tmp_path).known.entries) == {DONORS}


def test_a_folder_that_was_copied_elsewhere_is_the_same_state_there(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put(entry())
    shutil.copytree(folder(tmp_path), folder(tmp_path / "clone"))
    assert read(tmp_path / "clone").known == store.known
    with opened(tmp_path / "clone") as again:
        again.put(FULL)
    assert set(read(tmp_path / "clone").known.entries) == {DONORS, INVITE}


def test_a_folder_that_kept_the_journal_of_another_backend_is_no_empty_state(tmp_path: Path) -> None:
    folder(tmp_path).mkdir(parents=True)
    (folder(tmp_path) / "ahead.jsonl").touch()
    with pytest.raises(StateError, match="kept in another backend before"):
        read(tmp_path)


@pytest.mark.parametrize("number", [28, 30], ids=["full disk", "read-only"])
def test_where_nothing_can_be_written_opening_fails_and_what_is_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with opened(tmp_path) as store:
        store.put(entry())

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(journal, "open_private", fail)
        with pytest.raises(StateError, match=os.strerror(number)):
            opened(tmp_path)
    assert read(tmp_path).known.entries == {DONORS: entry()}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="cannot be made: Permission denied"):
        opened(tmp_path)
    tmp_path.chmod(0o700)


def test_a_settled_create_and_a_refined_entry_wait_for_no_disk_but_are_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, syncs, sync = opened(tmp_path), list[int](), os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (syncs.append(descriptor), sync(descriptor)))
    for change, waits in (
        (lambda: store.begin([INTENT]), 1),
        (lambda: store.put(entry()), 1),
        (lambda: store.end_intent(DONORS), 0),
        (lambda: store.put(entry(created_at="2026-11-30T06:00:00Z")), 0),
        (lambda: store.put(entry(created_at="2026-11-30T06:00:00Z", launched=True)), 1),
        (lambda: store.drop(DONORS), 1),
    ):
        syncs.clear()
        change()
        assert len(syncs) == waits
        assert read(tmp_path).known == store.known


def test_the_state_knows_the_saved_plan_until_another_command_changes_something(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.carry_out("plan-1")
        store.put(FULL)
    assert read(tmp_path).saved_plan == "plan-1"
    with opened(tmp_path) as store:  # the same plan goes on
        store.carries = store.saved_plan
        store.drop(FULL.address)
    assert read(tmp_path).saved_plan == "plan-1"
    with opened(tmp_path) as store:  # what was launched may be recorded by any command
        store.link_records(RecordLink(n=1, digest="0" * 64))
    assert read(tmp_path).saved_plan == "plan-1"
    with opened(tmp_path) as store:
        store.put(FULL)
    assert read(tmp_path).saved_plan == ""


def test_another_command_that_dies_has_changed_something_all_the_same(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.carry_out("plan-1")
    store = opened(tmp_path)
    store.put(FULL)  # and it is killed: no snapshot is written
    assert read(tmp_path).saved_plan == ""


def test_one_saved_plan_takes_the_place_of_another(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.carry_out("plan-1")
    with opened(tmp_path) as store:
        store.carry_out("plan-2")
        store.put(FULL)
    assert read(tmp_path).saved_plan == "plan-2"
