"""`mscode state pull --records`, `mscode state push --records`, and the move to another backend with them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mscode.app.records import open_records, records_of
from mscode.cli.app import run
from mscode.state.records.copies import read_copy
from mscode.state.records.store import RecordStore
from tests.state.places import Place
from tests.state.records.samples import AT, decision, launch, number
from tests.state.samples import ENVIRONMENT, FULL

Run = Callable[..., tuple[int, str, str]]
PEOPLE = [number(1), number(2)]


@contextmanager
def recording(place: Place, clone: str = "a") -> Iterator[RecordStore]:
    """The records, under the lock of the state in a clone."""
    with place.held(clone) as state:
        yield open_records(place.environment(clone), state)


def documents(place: Place, clone: str = "b") -> dict[str, bytes]:
    with closing(records_of(place.environment(clone))) as storage:
        return read_copy(storage)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def mscode(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `mscode ...`: exit code, stdout, stderr."""
    monkeypatch.setenv("MSCODE_ENV", ENVIRONMENT)
    monkeypatch.delenv("MSCODE_URL", raising=False)

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def recorded(place: Place) -> Place:
    """Two launches of two years and a decision, by clone a."""
    with recording(place) as records:
        records.write_launch(launch(), PEOPLE)
        records.write_decision(decision())
    with recording(place) as records:
        records.write_launch(launch("2027-01-02T08:00:00Z"), [number(3)])
        assert place.backend  # the lock is held
    with place.held("a") as state:
        state.put(FULL)
    return place


def test_what_one_clone_records_the_other_reads(recorded: Place) -> None:
    with closing(records_of(recorded.environment("b"))) as storage:
        records = RecordStore.read(storage)
        assert [record.launch.at for record in records.launches()] == ["2027-01-02T08:00:00Z", AT]
        assert [reached.record.launch.at for reached in records.by_person(number(2))] == [AT]
        assert records.by_person(number(9)) == [] and len(records.decisions()) == 1


def test_a_copy_has_the_form_of_local_records_and_is_for_its_owner_alone(
    recorded: Place, mscode: Run, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    code, out, err = mscode("state", "pull", "--records", copy, recorded.clone("b"))
    assert code == 0 and json.loads(out)["resources"] and f"4 records in {copy}" in err
    assert files(copy) == documents(recorded) and set(files(copy)) == {
        "key",
        "2026.jsonl",
        "2026/2.people",
        "2027.jsonl",
        "2027/4.people",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in copy.rglob("*") if path.is_file()} == {0o600}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700


def test_pull_alone_keeps_its_form(recorded: Place, mscode: Run, tmp_path: Path) -> None:
    alone = mscode("state", "pull", recorded.clone("b"))
    assert alone[1] == mscode("state", "pull", "--records", tmp_path / "copy", recorded.clone("b"))[1]


def test_where_there_are_no_records_no_folder_is_made(place: Place, mscode: Run, tmp_path: Path) -> None:
    code, out, err = mscode("state", "pull", "--records", tmp_path / "copy", place.clone("b"))
    assert (code, out) == (0, "") and "There are no records yet." in err and not (tmp_path / "copy").exists()


def test_a_copy_is_brought_up_to_date_and_loses_what_was_erased(recorded: Place, mscode: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    mscode("state", "pull", "--records", copy, recorded.clone("b"))
    with recording(recorded) as records:
        records.write_launch(launch("2027-01-03T08:00:00Z"), PEOPLE)
        records.storage.replace({"2026/2.people": None})
    assert mscode("state", "pull", "--records", copy, recorded.clone("b"))[0] == 0
    assert files(copy) == documents(recorded) and "2026/2.people" not in files(copy) and "2027/5.people" in files(copy)


@pytest.mark.parametrize("content", ["notes.txt", "key"])
def test_a_folder_with_anything_else_is_left_alone(recorded: Place, mscode: Run, tmp_path: Path, content: str) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / content).write_text("mine")
    code, _, err = mscode("state", "pull", "--records", copy, recorded.clone("b"))
    assert code == 1 and "is not empty" in err and files(copy) == {content: b"mine"}


def test_what_is_pulled_is_pushed_where_there_is_none(recorded: Place, mscode: Run, tmp_path: Path) -> None:
    copy, state = tmp_path / "copy", tmp_path / "state.json"
    state.write_text(mscode("state", "pull", "--records", copy, recorded.clone("b"))[1])
    whole = documents(recorded)
    with closing(records_of(recorded.environment("a"))) as storage:
        storage.replace(dict.fromkeys(whole))
    code, out, _ = mscode("state", "push", state, "--records", copy, recorded.clone("b"))
    assert code == 0 and "took up 4 records" in out and "this one already" in out
    assert documents(recorded) == whole
    assert "are these already" in mscode("state", "push", "--records", copy, recorded.clone("b"))[1]


def test_what_was_recorded_since_is_not_lost_by_an_older_copy(recorded: Place, mscode: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    mscode("state", "pull", "--records", copy, recorded.clone("b"))
    with recording(recorded) as records:
        records.write_launch(launch("2027-01-03T08:00:00Z"), PEOPLE)
    newer = documents(recorded)
    code, _, err = mscode("state", "push", "--records", copy, recorded.clone("b"))
    assert code == 1 and "are newer: there are 5, these are 4" in err and documents(recorded) == newer
    assert mscode("state", "push", "--records", copy, recorded.clone("b"), "--force")[0] == 0
    assert documents(recorded) == files(copy)


def test_what_was_erased_stays_erased_when_an_older_copy_is_pushed(
    recorded: Place, mscode: Run, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    mscode("state", "pull", "--records", copy, recorded.clone("b"))
    erased = b"\1" * 50
    with closing(records_of(recorded.environment("a"))) as storage:
        storage.replace({"2026/2.people": erased})
    assert mscode("state", "push", "--records", copy, recorded.clone("b"))[0] == 0
    assert documents(recorded)["2026/2.people"] == erased


def test_without_file_and_records_it_is_a_usage_error(recorded: Place, mscode: Run) -> None:
    assert mscode("state", "push", recorded.clone("b"))[0] == 64
    assert mscode("state", "push", "--records", recorded.root / "missing", recorded.clone("b"))[0] == 64


@pytest.mark.parametrize("damage", ["empty", "no key", "torn", "no json"])
def test_what_is_no_copy_is_not_pushed_by_force_either(
    recorded: Place, mscode: Run, tmp_path: Path, damage: str
) -> None:
    copy = tmp_path / "copy"
    mscode("state", "pull", "--records", copy, recorded.clone("b"))
    if damage == "empty":
        for path in sorted(copy.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    elif damage == "no key":
        (copy / "key").unlink()
    else:
        lines = copy / "2027.jsonl"
        lines.write_bytes(lines.read_bytes()[:-20] if damage == "torn" else b"{\n")
    before = documents(recorded)
    code, _, err = mscode("state", "push", "--records", copy, recorded.clone("b"), "--force")
    assert code == 1 and "Error" in err and "Traceback" not in err and documents(recorded) == before
