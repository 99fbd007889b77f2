"""What every storage of records promises; each test runs in memory, in a folder, on a state server and in a bucket alike."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from mscode.errors import StateError
from mscode.http.state_client import StateClient
from mscode.state.records.http import HttpRecords
from mscode.state.records.local import LocalRecords
from mscode.state.records.memory import MemoryRecords
from mscode.state.records.object import ObjectRecords
from mscode.state.records.people import PersonResult, person_hash
from mscode.state.records.storage import KEY, RecordStorage, number_of
from mscode.state.records.store import RecordStore
from mscode.state.records.verify import Problem, verify
from mscode.state.remote.object import Where
from mscode.state.store import StateStore
from tests.state import places
from tests.state.records.samples import AT, decision, launch, number, result
from tests.state.samples import opened as opened_state
from tests.state.state_server import state_server

Open = Callable[[], RecordStorage]


def line(n: int, text: str = "x") -> bytes:
    return json.dumps({"n": n, "text": text}, separators=(",", ":")).encode() + b"\n"


def memory(root: Path) -> Iterator[Open]:
    kept = MemoryRecords()
    yield lambda: kept


def local(root: Path) -> Iterator[Open]:
    yield lambda: LocalRecords(root / "records")


def http(root: Path) -> Iterator[Open]:
    with state_server() as (url, _):
        yield lambda: HttpRecords(StateClient(), f"{url}/states/one-records", "POST", "")


def bucket(root: Path, endpoint: str) -> Iterator[Open]:
    for place in places.bucket(root, endpoint):
        settings = place.environment().state
        where = Where.of({**settings, "url": f"{settings['url']}.records"})
        yield functools.partial(ObjectRecords, where, pause=0)


@pytest.fixture(params=["memory", "local", "http", "object"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same records as often as it is called."""
    if request.param == "object":
        yield from bucket(tmp_path, request.getfixturevalue("s3"))
    else:
        yield from globals()[request.param](tmp_path)


def filled(opened: Open, count: int = 3, year: int = 2026) -> RecordStorage:
    records = opened()
    records.open_for_write()
    records.replace({KEY: b"k" * 32})
    for n in range(1, count + 1):
        records.append(year, n, line(n), bytes([n]) * 25 if n % 2 else None)
    return records


def contents(records: RecordStorage) -> dict[str, bytes | None]:
    return {name: records.read(name) for name in records.names()}


def test_where_there_are_no_records_nothing_is_there_and_nothing_is_made(storage: Open) -> None:
    records = storage()
    assert records.names() == [] and records.last_line() is None and records.years() == []
    assert records.read(KEY) is None and records.read("2026.jsonl") is None and records.read("2026/1.people") is None


def test_what_one_writes_another_reads(storage: Open) -> None:
    filled(storage)
    assert contents(storage()) == {
        KEY: b"k" * 32,
        "2026.jsonl": line(1) + line(2) + line(3),
        "2026/1.people": b"\1" * 25,
        "2026/3.people": b"\3" * 25,
    }
    assert storage().last_line() == (2026, line(3)) and storage().years() == [2026]


def test_a_year_goes_on_where_another_storage_left_it_and_a_new_one_begins(storage: Open) -> None:
    filled(storage)
    second = storage()
    second.open_for_write()
    second.append(2026, 4, line(4), None)
    second.append(2027, 5, line(5), b"p" * 25)
    assert storage().read("2026.jsonl") == b"".join(map(line, (1, 2, 3, 4)))
    assert storage().read("2027.jsonl") == line(5) and storage().read("2027/5.people") == b"p" * 25
    assert storage().last_line() == (2027, line(5)) and storage().years() == [2026, 2027]


@pytest.mark.parametrize("n", [1, 3, 5, 0])
def test_only_the_next_number_is_added(storage: Open, n: int) -> None:
    records = filled(storage)
    before = contents(storage())
    with pytest.raises(StateError, match="at the same time") as caught:
        records.append(2026, n, line(n, "other"), b"q" * 25)
    assert caught.value.diagnostics[0].code == "record-conflict"
    assert contents(storage()) == before


def test_of_two_that_add_the_same_number_one_is_refused_and_changes_nothing(storage: Open) -> None:
    filled(storage)
    first, second = storage(), storage()
    for records in (first, second):
        records.open_for_write()
        records.last_line()
    first.append(2026, 4, line(4, "first"), b"1" * 25)
    with pytest.raises(StateError, match="at the same time"):
        second.append(2026, 4, line(4, "second"), b"2" * 25)
    kept = contents(storage())
    assert kept["2026.jsonl"] == line(1) + line(2) + line(3) + line(4, "first") and kept["2026/4.people"] == b"1" * 25


def test_after_a_refusal_it_goes_on_with_what_is_there(storage: Open) -> None:
    records, other = filled(storage), storage()
    other.open_for_write()
    other.append(2026, 4, line(4), None)
    with pytest.raises(StateError):
        records.append(2026, 4, line(4, "late"), None)
    records.open_for_write()
    last = records.last_line()
    assert last is not None and number_of(last[1]) == 4
    records.append(2026, 5, line(5), None)
    assert storage().last_line() == (2026, line(5))


def test_documents_are_replaced_and_removed(storage: Open) -> None:
    records = filled(storage)
    lines = line(1, "erased") + line(2) + line(3)
    records.replace({"2026.jsonl": lines, "2026/1.people": None, "2026/3.people": b"n" * 25, KEY: b"l" * 32})
    assert contents(storage()) == {KEY: b"l" * 32, "2026.jsonl": lines, "2026/3.people": b"n" * 25}
    records.open_for_write()
    records.append(2026, 4, line(4), None)
    assert storage().read("2026.jsonl") == lines + line(4)


def test_a_whole_history_is_put_where_there_is_none(storage: Open) -> None:
    history = {KEY: b"k" * 32, "2025.jsonl": line(1) + line(2), "2025/2.people": b"p" * 25, "2026.jsonl": line(3)}
    records = storage()
    records.open_for_write()
    records.replace(history)
    assert contents(storage()) == history and storage().last_line() == (2026, line(3))


def test_many_documents_are_read_at_once_in_their_order(storage: Open) -> None:
    filled(storage)
    names = ["2026/3.people", "2026/2.people", "2026/1.people", KEY]
    assert list(storage().read_many(names)) == [(name, storage().read(name)) for name in names]


def test_bytes_that_are_no_text_come_back_as_they_were(storage: Open) -> None:
    records = storage()
    records.open_for_write()
    odd, people = b'{"n":1,"x":"\xff\x00\r\x85"}\n', bytes(range(256))
    records.append(2026, 1, odd, people)
    assert storage().read("2026.jsonl") == odd and storage().read("2026/1.people") == people


# ---- what `RecordStore` makes of it ----------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    with opened_state(tmp_path) as store:
        yield store


def recorded(storage: Open, state: StateStore) -> RecordStore:
    """Three launches of two years, with results of the first two, and a decision."""
    records = RecordStore.open(storage(), state)
    old = records.write_launch(launch("2020-01-01T08:00:00Z"), [number(1), number(2)])
    first = records.write_launch(launch(AT), [number(1), number(2), number(3)])
    records.write_result(result(old.n), {number(2): PersonResult(dials=1)})
    records.write_result(result(first.n), {number(2): PersonResult(dials=3, reply="accept")})
    records.write_launch(launch("2027-01-01T08:00:00Z"), [number(3)])
    records.write_decision(decision(at="2027-01-02T08:00:00Z"))
    return records


def problems(storage: Open, state: StateStore) -> list[Problem]:
    return verify(storage(), state.records())


def test_launches_results_and_decisions_are_read_by_another(storage: Open, state: StateStore) -> None:
    recorded(storage, state)
    again = RecordStore.read(storage())
    assert [record.launch.at[:4] for record in again.launches()] == ["2027", "2026", "2020"]
    reached = again.by_person(number(2))
    assert [(person.record.launch.at[:4], person.result and person.result.dials) for person in reached] == [
        ("2026", 3),
        ("2020", 1),
    ]
    assert len(again.decisions()) == 1 and not problems(storage, state)


def test_of_somebody_forgotten_no_byte_is_left_and_the_chain_verifies(storage: Open, state: StateStore) -> None:
    records = recorded(storage, state)
    key = storage().read(KEY) or b""
    hashed = person_hash(key, number(2))
    assert any(hashed in (storage().read(name) or b"") for name in storage().names())
    forgotten = records.forget(number(2))
    assert (forgotten.launches, forgotten.results) == (2, 2)
    assert not any(hashed in (storage().read(name) or b"") for name in storage().names())
    assert RecordStore.read(storage()).by_person(number(2)) == [] and not problems(storage, state)


def test_what_is_old_is_erased_and_the_chain_verifies_and_goes_on(storage: Open, state: StateStore) -> None:
    records = recorded(storage, state)
    assert records.prune("2021-01-01T00:00:00Z") == 2
    assert [record.launch.at[:4] for record in RecordStore.read(storage()).launches()] == ["2027", "2026"]
    assert not problems(storage, state)
    records.write_launch(launch("2027-02-01T08:00:00Z"), [number(4)])
    assert not problems(storage, state)


def test_an_edit_of_any_document_is_found(storage: Open, state: StateStore) -> None:
    recorded(storage, state)
    kept, random = storage(), Random(1)
    for name in kept.names():
        content = kept.read(name) or b""
        for at in random.sample(range(len(content)), 5):
            changed = bytes([content[at] ^ (1 << random.randrange(7))])
            kept.replace({name: content[:at] + changed + content[at + 1 :]})
            assert problems(storage, state), (name, at)
        kept.replace({name: None})
        assert problems(storage, state), name
        kept.replace({name: content})
    assert not problems(storage, state)
