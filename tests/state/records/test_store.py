"""The records of an environment: what is written is there, in its place in the chain, and nothing of a person is in it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.state.records.memory import MemoryRecords
from mscode.state.records.people import PersonResult
from mscode.state.records.storage import RecordStorage, people_name
from mscode.state.records.store import DurableRecord, RecordStore
from mscode.state.store import StateStore
from tests.state.records.samples import AT, INVITE, decision, launch, number, opened_records, result, storage
from tests.state.samples import entry, opened, read


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    with opened(tmp_path) as store:
        yield store


@pytest.fixture(params=["local", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> RecordStorage:
    return storage(tmp_path) if request.param == "local" else MemoryRecords()


def test_what_was_launched_is_read_back(kept: RecordStorage, state: StateStore) -> None:
    records = RecordStore.open(kept, state)
    first = records.write_launch(launch(), [number(1), number(2)])
    second = records.write_launch(launch("2026-11-30T09:00:00Z", Address("smses", "thanks"), ""), [number(2)])
    again = RecordStore.read(kept)
    assert [(record.id, record.people) for record in again.launches()] == [(second.id, 1), (first.id, 2)]
    assert again.launch(first.id) == again.launch(str(first.n)) == again.launches()[1]
    assert again.launches()[1].launch == launch()
    assert again.launch("99") is None


def test_nothing_is_made_until_something_is_written(tmp_path: Path, state: StateStore) -> None:
    opened_records(tmp_path, state)
    assert RecordStore.read(storage(tmp_path)).launches() == []
    assert RecordStore.read(storage(tmp_path)).by_person(number(1)) == []
    assert not storage(tmp_path).folder.exists()


def test_a_durable_record_comes_from_the_store_alone() -> None:
    with pytest.raises(TypeError, match="write_launch alone"):
        DurableRecord("1-aaaaaa", 1, "rsvpCalls.invite", object())


def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="open for reading only"):
        RecordStore.read(storage(tmp_path)).write_launch(launch(), [number(1)])
    assert not storage(tmp_path).folder.exists()


def test_only_their_owner_reads_them(tmp_path: Path, state: StateStore) -> None:
    record = opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    home = storage(tmp_path).folder
    modes = {path.relative_to(home).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
    assert modes == {"key": 0o600, "2026.jsonl": 0o600, "2026": 0o700, people_name(2026, record.n): 0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_no_file_holds_a_number_or_an_address(tmp_path: Path, state: StateStore) -> None:
    records = opened_records(tmp_path, state)
    record = records.write_launch(launch(), [number(1), "anna@example.com"])
    records.write_result(result(record.n), {number(1): PersonResult(dials=2, reply="accept")})
    content = b"".join(storage(tmp_path).read(name) or b"" for name in storage(tmp_path).names())
    assert number(1)[1:].encode() not in content and b"anna@" not in content


def test_what_came_of_it_is_kept_by_person(kept: RecordStorage, state: StateStore) -> None:
    records = RecordStore.open(kept, state)
    record = records.write_launch(launch(), [number(1), number(2), "Anna@Example.com"])
    called = PersonResult(dials=2, last_call=1_790_000_000, seconds=31, reply="accept")
    records.write_result(result(record.n, is_final=False), {number(1): PersonResult(dials=1)})
    records.write_result(result(record.n), {number(1): called, number(9): called, "anna@example.COM": PersonResult(0)})
    again = RecordStore.read(kept)
    of_person = {who: [launch.result for launch in again.by_person(who)] for who in (number(1), number(2), number(9))}
    assert of_person == {number(1): [called], number(2): [PersonResult()], number(9): []}
    assert [launch.result for launch in again.by_person("ANNA@example.com")] == [PersonResult(dials=0)]
    assert again.results()[record.n].result == result(record.n)


@pytest.mark.parametrize("n", [0, 1, 2, 99])
def test_a_result_needs_its_launch(kept: RecordStorage, state: StateStore, n: int) -> None:
    records = RecordStore.open(kept, state)
    records.write_decision(decision())  # 1 is the beginning, 2 the decision
    with pytest.raises(StateError, match=f"There is no record of launch {n}"):
        records.write_result(result(n), {})


def test_the_state_knows_the_last_record(tmp_path: Path) -> None:
    with opened(tmp_path) as state:
        record = opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    link = read(tmp_path).records().link
    assert link is not None and record.id == f"{link.n}-{link.digest[:6]}"


def test_the_beginning_names_what_was_launched_before(tmp_path: Path, state: StateStore) -> None:
    state.put(entry(INVITE, "90", launched=True, launched_at=AT))
    state.put(entry(Address("rsvpCalls", "theirs"), "91", launched=True))
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    beginning = next(RecordStore.read(storage(tmp_path)).entries()).content
    assert beginning is not None and beginning.data()["launchedBefore"] == [["rsvpCalls", "90"]]


def test_records_go_on_beside_another_state(tmp_path: Path) -> None:
    """A state that was lost and found again in the live account is another one; the answers of the records are not lost with it."""
    with opened(tmp_path / "a") as state:
        RecordStore.open(storage(tmp_path), state).write_launch(launch(), [number(1)])
    for _ in range(2):
        with opened(tmp_path / "b") as state:
            RecordStore.open(storage(tmp_path), state).write_launch(launch(), [number(1)])
    types = [entry.line.type for entry in RecordStore.read(storage(tmp_path)).entries()]
    assert types == ["beginning", "launch", "beginning", "launch", "launch"]
    assert len(RecordStore.read(storage(tmp_path)).by_person(number(1))) == 3


@pytest.mark.parametrize("name", ["2026.jsonl", "key"])
def test_nothing_is_launched_over_records_that_are_missing(tmp_path: Path, state: StateStore, name: str) -> None:
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    kept = storage(tmp_path)
    content = kept.read("2026.jsonl") or b""
    kept.replace({"2026.jsonl": content.splitlines(keepends=True)[0]} if name != "key" else {"key": None})
    before = {name: kept.read(name) for name in kept.names()}
    with pytest.raises(StateError, match="are not whole"):
        opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    assert {name: kept.read(name) for name in kept.names()} == before


def test_a_last_record_that_cannot_be_read_is_named(tmp_path: Path, state: StateStore) -> None:
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    path = storage(tmp_path).folder / "2026.jsonl"
    path.write_bytes(path.read_bytes()[:-9] + b"\n")
    with pytest.raises(StateError, match=r"^The last line of 2026\.jsonl is damaged$"):
        opened_records(tmp_path, state).write_launch(launch(), [number(1)])


def test_records_that_are_gone_begin_anew_and_say_so(tmp_path: Path, state: StateStore) -> None:
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    lost = state.records().link
    storage(tmp_path).folder.rename(tmp_path / "away")
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    beginning = next(RecordStore.read(storage(tmp_path)).entries()).content
    assert lost is not None and beginning is not None and beginning.data()["lost"] == lost.data()


def test_a_clock_that_was_set_back_moves_no_record_before_another(kept: RecordStorage, state: StateStore) -> None:
    records = RecordStore.open(kept, state)
    for at in ("2027-01-01T00:00:00Z", "2026-12-31T23:59:59Z"):
        records.write_launch(launch(at), [number(1)])
    assert [name for name in kept.names() if name.endswith(".jsonl")] == ["2027.jsonl"]
    assert [record.launch.at[:4] for record in RecordStore.read(kept).launches()] == ["2026", "2027"]


@pytest.mark.parametrize("kept_bytes", [1, 40, -1])
def test_a_line_that_was_cut_short_is_mended(tmp_path: Path, state: StateStore, kept_bytes: int) -> None:
    """A power cut in the middle of a write: people without a line, a part of a line, or a line without its end."""
    records = opened_records(tmp_path, state)
    first = records.write_launch(launch(), [number(1)])
    link = state.records().link
    assert link is not None
    path = storage(tmp_path).folder / "2026.jsonl"
    size = path.stat().st_size
    records.write_launch(launch(), [number(2)])
    state.link_records(link)  # the state did not hear of it
    content = path.read_bytes()
    path.write_bytes(content[: size + kept_bytes] if kept_bytes > 0 else content[:-1])
    third = opened_records(tmp_path, state).write_launch(launch(), [number(3)])
    is_whole = kept_bytes < 0
    assert third.n == first.n + (2 if is_whole else 1)
    again = RecordStore.read(storage(tmp_path))
    assert len(again.launches()) == (3 if is_whole else 2)
    assert len(again.by_person(number(2))) == is_whole
    assert len(again.by_person(number(3))) == 1


def test_a_record_that_could_not_be_written_is_not_there(
    tmp_path: Path, state: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = opened_records(tmp_path, state)
    records.write_launch(launch(), [number(1)])
    before = {name: storage(tmp_path).read(name) for name in storage(tmp_path).names()}
    syncs = []

    def fails_at_the_line(descriptor: int) -> None:
        syncs.append(descriptor)
        if len(syncs) > 2:  # those of the people and of their folder were before
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", fails_at_the_line)
        with pytest.raises(StateError, match="No space left on device"):
            records.write_launch(launch(), [number(2)])
    assert {name: storage(tmp_path).read(name) for name in storage(tmp_path).names()} == before
    assert records.write_launch(launch(), [number(3)]).n == 3


def test_two_writers_do_not_write_one_number(kept: RecordStorage, tmp_path: Path, state: StateStore) -> None:
    one, other = RecordStore.open(kept, state), RecordStore.open(kept, state)
    one.write_launch(launch(), [number(1)])
    other.write_launch(launch(), [number(1)])
    with pytest.raises(StateError, match="Somebody else wrote these records"):
        one.write_launch(launch(), [number(1)])
    assert one.write_launch(launch(), [number(1)]).n == 4


def test_a_write_reads_nothing_of_the_history(
    tmp_path: Path, state: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many launches there are, one more costs its own bytes: no document of a year is read, and no list of names."""
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    kept = storage(tmp_path)
    asked = []
    monkeypatch.setattr(kept, "read", lambda name: asked.append(name) or (kept.folder / name).read_bytes())
    monkeypatch.setattr(kept, "names", lambda: asked.append("all names") or [])
    records = RecordStore.open(kept, state)
    for at in range(3):
        records.write_launch(launch(), [number(at)])
    records.write_decision(decision())
    assert asked == ["key"]


def test_a_million_people_are_small(tmp_path: Path, state: StateStore) -> None:
    """25 bytes for each person of a launch, and 17 in each of its results: of a million 25 MB, and 59 MB with two of them (as when
    a result is read once before it is final).
    """
    records = opened_records(tmp_path, state)
    record = records.write_launch(launch(), map(number, range(1000)))
    records.write_result(result(record.n), {})
    sizes = [len(storage(tmp_path).read(people_name(2026, n)) or b"") for n in (record.n, record.n + 1)]
    assert sizes == [25_000, 17_000]
