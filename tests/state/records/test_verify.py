"""What was changed in the records is found, wherever it was changed; what is erased on purpose breaks nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.model.address import Address
from mscode.state.records import halts
from mscode.state.records.local import LocalRecords
from mscode.state.records.people import PersonResult, person_hash
from mscode.state.records.store import Forgotten, RecordStore
from mscode.state.records.verify import verify
from mscode.state.store import StateStore
from tests.state.records.samples import AT, INVITE, decision, launch, number, opened_records, result, storage
from tests.state.samples import entry, folder, opened

OLD, LATER = "2021-03-01T08:00:00Z", "2026-12-24T08:00:00Z"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    with opened(tmp_path) as store:
        yield store


@pytest.fixture
def kept(tmp_path: Path, state: StateStore) -> LocalRecords:
    """Five years with two launches, their results, a decision, and somebody who was forgotten."""
    records = opened_records(tmp_path, state)
    old = records.write_launch(launch(OLD), [number(at) for at in range(20)])
    records.write_result(result(old.n, OLD), {number(1): PersonResult(2, 1_614_585_600, 31, "accept")})
    records.write_decision(decision(at=OLD))
    new = records.write_launch(launch(LATER), [number(at) for at in range(10, 20)])
    records.write_result(result(new.n, LATER), {number(11): PersonResult(1)})
    assert records.forget(number(15)) == Forgotten(2, 2)
    return storage(tmp_path)


def contents(kept: LocalRecords) -> dict[str, bytes]:
    return {name: kept.read(name) or b"" for name in kept.names()}


def texts(kept: LocalRecords, state: StateStore | None = None) -> list[str]:
    return [f"{it.place}: {it.text}" for it in verify(kept, state.records() if state else None)]


def test_what_is_whole_verifies(kept: LocalRecords, state: StateStore) -> None:
    assert texts(kept, state) == texts(kept) == []


def edit_is_found(kept: LocalRecords, name: str, content: bytes) -> bool:
    before = kept.read(name)
    (kept.folder / name).write_bytes(content)
    is_noticed = bool(verify(kept, None))
    (kept.folder / name).write_bytes(before or b"")
    return is_noticed


def test_every_edit_of_a_byte_is_found(kept: LocalRecords) -> None:
    """A thousand bytes anywhere, each to any other value; without the state, which would find even more."""
    chance = random.Random(15)
    places = [(name, at) for name, content in contents(kept).items() for at in range(len(content))]
    missed = []
    for name, at in chance.sample(places, 1000):
        content = bytearray(kept.read(name) or b"")
        content[at] ^= chance.randrange(1, 256)
        if not edit_is_found(kept, name, bytes(content)):
            missed.append((name, at))
    assert missed == []


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'{"n":', b'{"n": '), (b"blood", b"\\u0062lood"), (b"}\n", b"}\r\n"), (b'"at":', b'"before":"x","at":')],
    ids=["space", "escape", "line end", "member twice"],
)
def test_another_spelling_of_the_same_record_is_found(kept: LocalRecords, old: bytes, new: bytes) -> None:
    """Each record has one form: what JSON readers take for the same could be read otherwise by others."""
    path = kept.folder / "2026.jsonl"
    assert edit_is_found(kept, path.name, path.read_bytes().replace(old, new, 1))


def test_what_is_taken_out_or_put_in_is_found(kept: LocalRecords, state: StateStore) -> None:
    whole = contents(kept)
    for name, content in whole.items():
        lines = content.splitlines(keepends=True) if name.endswith(".jsonl") else [content[:25], content[25:]]
        changed = [b"".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))]
        changed += [content + lines[-1], content[:-1], b"".join(reversed(lines)), content + b"x"]
        for other in changed:
            (kept.folder / name).write_bytes(other)
            # (The last lines of a chain can go without a trace in it; the state knows how many there were.)
            assert other == content or texts(kept, state), (name, other)
        (kept.folder / name).unlink()
        assert texts(kept, state), name
        (kept.folder / name).write_bytes(content)
    assert texts(kept, state) == []


@pytest.mark.parametrize("name", ["2026.jsonl.bak", "2026/99.people", "2026/1.people", "2026/05.people", "notes/a.txt"])
def test_a_file_that_is_of_no_record_is_found(kept: LocalRecords, name: str) -> None:
    (kept.folder / name).parent.mkdir(exist_ok=True)
    (kept.folder / name).write_bytes(b"x")
    assert texts(kept) == [f"{name}: No record in the chain has this file."]


@pytest.mark.parametrize(
    "line",
    [b"", b"[" * 10_000, b"{}", b"\xff\xfe", b'{"n":' + b"9" * 5000 + b"}", b"null", b'{"n":1,"before":"x"}'],
    ids=["empty", "deep", "bare", "binary", "long number", "null", "short"],
)
def test_what_is_no_record_has_its_place(kept: LocalRecords, line: bytes) -> None:
    path = kept.folder / "2026.jsonl"
    path.write_bytes(path.read_bytes() + line + b"\n")
    assert [text.partition(": ")[0] for text in texts(kept)] == ["2026.jsonl line 3"]


def test_a_campaign_without_a_record_is_found(kept: LocalRecords, state: StateStore) -> None:
    other, message, moved = Address("rsvpCalls", "other"), Address("smses", "thanks"), Address("smses", "moved")
    records = RecordStore.open(kept, state)
    state.put(entry(INVITE, "91", launched=True, launched_at=AT))
    records.write_launch(launch(address=message, live_id=""), [number(1)])
    state.put(entry(message, "5", launched=True, launched_at=AT))
    records.write_launch(launch(address=Address("smses", "before"), live_id=""), [number(1)])
    state.put(entry(moved, "6", launched=True, launched_at=AT))
    assert texts(kept, state) == []
    state.put(entry(other, "92", launched=True))  # by somebody else
    assert texts(kept, state) == []
    state.put(entry(other, "92", launched=True, launched_at=AT))
    problem = "rsvpCalls.other: The state says that it was launched (id 92), and no record is of it."
    assert texts(kept, state) == [problem]


def test_a_campaign_from_before_there_were_records_needs_none(tmp_path: Path, state: StateStore) -> None:
    state.put(entry(INVITE, "90", launched=True, launched_at=AT))
    assert texts(storage(tmp_path), state) == []
    opened_records(tmp_path, state).write_launch(launch(live_id="91"), [number(1)])
    assert texts(storage(tmp_path), state) == []


def test_records_that_were_lost_stay_a_problem(kept: LocalRecords, tmp_path: Path, state: StateStore) -> None:
    kept.folder.rename(tmp_path / "away")
    assert texts(kept, state) == ["state: The state knows 6 records, and they end with 0."]
    link = state.records().link
    opened_records(tmp_path, state).write_launch(launch(), [number(1)])
    assert link is not None
    assert texts(kept, state) == [f"2026.jsonl line 1: Earlier records are lost, up to 6-{link.digest[:6]}."]


def test_another_key_is_found(kept: LocalRecords) -> None:
    kept.replace({"key": b"k" * 32})
    assert texts(kept) == ["key: It is not the key of record 1: nobody can be looked for with it."]


# ---- forgetting ------------------------------------------------------------------------------------------------------


def test_who_is_forgotten_is_in_no_file(kept: LocalRecords, state: StateStore) -> None:
    key = kept.read("key") or b""
    mine, others = number(12), [number(at) for at in (1, 11, 13)]
    records = RecordStore.open(kept, state)
    before = {person: records.by_person(person) for person in others}
    leaves = [contents(kept)[name] for name in contents(kept) if name.endswith(".people")]
    hashed = person_hash(key, mine)
    salts = [content[at + 16 : at + 24] for content in leaves if (at := content.find(hashed)) >= 0]
    assert len(salts) == 2 and len(records.by_person(mine)) == 2
    assert records.forget(mine) == Forgotten(2, 2)
    everything = b"".join(path.read_bytes() for path in kept.folder.rglob("*") if path.is_file())
    assert hashed not in everything and not any(salt in everything for salt in salts)
    assert records.by_person(mine) == [] and records.forget(mine) == Forgotten()
    assert {person: records.by_person(person) for person in others} == before
    assert texts(kept, state) == []


def test_a_result_that_comes_later_knows_nothing_of_who_was_forgotten(tmp_path: Path, state: StateStore) -> None:
    records = opened_records(tmp_path, state)
    record = records.write_launch(launch(), [number(1), number(2)])
    assert records.forget(number(1)) == Forgotten(1, 0)
    records.write_result(result(record.n), {number(1): PersonResult(3), number(2): PersonResult(4)})
    assert records.by_person(number(1)) == []
    assert [it.result for it in records.by_person(number(2))] == [PersonResult(4)]
    assert texts(storage(tmp_path), state) == []


def test_forgetting_makes_no_records(tmp_path: Path, state: StateStore) -> None:
    records = opened_records(tmp_path, state)
    assert records.forget(number(1)) == Forgotten() and records.prune(AT) == 0
    assert not storage(tmp_path).folder.exists()


def test_what_a_killed_write_left_is_gone_too(kept: LocalRecords, state: StateStore) -> None:
    """The draft of a file that was to be replaced, and the people of a launch whose line was never written."""
    leaves = kept.read("2026/5.people") or b""
    for name in ("2026/7.people", "2026/.5.people.99.tmp", ".2026.jsonl.99.tmp"):
        (kept.folder / name).write_bytes(leaves)
    assert texts(kept, state) == []
    RecordStore.open(kept, state).forget(number(12))
    assert not (kept.folder / "2026/7.people").exists()
    hashed = person_hash(kept.read("key") or b"", number(12))
    assert not [path for path in kept.folder.rglob("*") if path.is_file() and hashed in path.read_bytes()]
    assert texts(kept, state) == []


# ---- retention -------------------------------------------------------------------------------------------------------


def test_what_is_old_is_erased_and_the_chain_verifies(kept: LocalRecords, state: StateStore) -> None:
    records = RecordStore.open(kept, state)
    assert records.prune("2021-03-01T08:00:00Z") == 0
    assert records.prune("2021-03-01T08:00:01Z") == 3
    assert [record.launch.at for record in records.launches()] == [LATER]
    assert records.decisions() == [] and len(records.by_person(number(11))) == 1 and records.by_person(number(1)) == []
    assert not [name for name in kept.names() if name.startswith("2021/")]
    assert b"blood service" not in (kept.read("2021.jsonl") or b"")
    assert texts(kept, state) == []
    assert records.prune("2021-03-01T08:00:01Z") == 0
    records.write_launch(launch(LATER), [number(1)])
    assert texts(kept, state) == []


def test_a_result_goes_with_its_launch(tmp_path: Path, state: StateStore) -> None:
    records = opened_records(tmp_path, state)
    record = records.write_launch(launch("2025-12-31T23:00:00Z"), [number(1)])
    records.write_result(result(record.n, "2026-01-01T08:00:00Z"), {number(1): PersonResult(1)})
    assert records.prune("2026-01-01T00:00:00Z") == 2
    assert not [name for name in storage(tmp_path).names() if name.endswith(".people")]
    assert texts(storage(tmp_path), state) == []


def test_retention_that_was_cut_short_goes_on(kept: LocalRecords, state: StateStore) -> None:
    leaves = kept.read("2021/2.people") or b""
    RecordStore.open(kept, state).prune("2022-01-01T00:00:00Z")
    (kept.folder / "2021/2.people").write_bytes(leaves)
    assert texts(kept) == ["2021/2.people: No record in the chain has this file."]
    RecordStore.open(kept, state).prune("2022-01-01T00:00:00Z")
    assert texts(kept, state) == []


def test_a_launched_campaign_whose_record_was_erased_is_no_problem(kept: LocalRecords, state: StateStore) -> None:
    state.put(entry(INVITE, "91", launched=True, launched_at=OLD))
    RecordStore.open(kept, state).prune("2030-01-01T00:00:00Z")
    assert texts(kept, state) == []


# ---- halts -----------------------------------------------------------------------------------------------------------


def test_halts_of_this_machine_are_taken_over_once(tmp_path: Path, state: StateStore) -> None:
    home = folder(tmp_path)
    records = opened_records(tmp_path, state)
    assert halts.take_over(home, records) == 0 and not storage(tmp_path).folder.exists()
    for id, at in (("b", AT), ("a", LATER)):
        halts.note_halt(home, decision(id, at))
    records.write_decision(decision("b"))  # a take-over that was cut short before it removed the note
    (home / "halts" / "torn.json").write_bytes(b'{"at": ')
    assert halts.take_over(home, records) == 2
    assert [it.id for it in records.decisions()] == ["a", "b"]
    assert [path.name for path in (home / "halts").iterdir()] == ["torn.json"]
    assert halts.take_over(home, records) == 0
