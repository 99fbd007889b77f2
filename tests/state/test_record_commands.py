"""`mscode state pull --records`, `mscode state push --records`, and the move to another backend with them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mscode.app.environment import Environment, resolve
from mscode.app.records import open_records, records_of
from mscode.app.state_backend import backend_of
from mscode.cli.app import run
from mscode.errors import ConfigError, StateError
from mscode.manifest.project.file import load_project
from mscode.state.local.backend import LocalState
from mscode.state.records.copies import read_copy
from mscode.state.records.store import RecordStore
from mscode.state.store import StateStore
from tests.state import places, state_server
from tests.state.places import VARIABLES, Place
from tests.state.records.samples import AT, decision, launch, number
from tests.state.samples import ENVIRONMENT, FULL, PROJECT

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


@pytest.mark.parametrize("name", ["2026.jsonl", "2026/2.people", "key"])
def test_a_copy_that_was_edited_is_not_pushed(recorded: Place, mscode: Run, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    mscode("state", "pull", "--records", copy, recorded.clone("b"))
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:10] + bytes([content[10] ^ 1]) + content[11:])
    code, _, err = mscode("state", "push", "--records", copy, recorded.clone("b"), "--force")
    assert code == 1 and f"{name}" in err


# ---- to another backend ----------------------------------------------------------------------------------------------


@pytest.fixture
def moved(tmp_path: Path, remote: Place) -> tuple[Path, Path]:
    """A project whose records are in its folder, with settings of another backend now; the folder of its state too."""
    for before in places.local(tmp_path / "before"):
        before.root.mkdir()
        with recording(before) as records:
            records.write_launch(launch(), PEOPLE)
        with before.held("a") as state:
            state.put(FULL)
        (before.clone("a") / "mscode.yaml").write_text((remote.clone("a") / "mscode.yaml").read_text())
        return before.root / "a", before.root / "a" / ".mscode" / ENVIRONMENT
    raise AssertionError


def test_records_go_along_to_another_backend(moved: tuple[Path, Path], remote: Place, mscode: Run) -> None:
    project, folder = moved
    code, out, err = mscode("state", "push", folder / "state.json", "--records", folder / "records", project)
    assert code == 0 and "took up 2 records" in out and "none in" not in err
    assert documents(remote) == files(folder / "records")
    with recording(remote, "b") as records:
        records.write_launch(launch("2027-01-01T08:00:00Z"), [number(3)])
        assert len(records.launches()) == 2


def test_a_state_that_is_moved_alone_says_that_its_records_stayed(
    moved: tuple[Path, Path], remote: Place, mscode: Run
) -> None:
    project, folder = moved
    code, _, err = mscode("state", "push", folder / "state.json", project)
    assert code == 0 and "The state knows 2 records of launches, and there are none in" in err
    environment = resolve(load_project(project), project, ENVIRONMENT, VARIABLES, hide_token=str)
    with locked_state(environment, remote.url) as state, pytest.raises(StateError, match="There are no records in"):
        open_records(environment, state).write_launch(launch("2027-01-01T08:00:00Z"), [number(3)])
    assert mscode("state", "push", "--records", folder / "records", project)[0] == 0
    with locked_state(environment, remote.url) as state:
        open_records(environment, state).write_launch(launch("2027-01-01T08:00:00Z"), [number(3)])
    assert len(documents(remote)) > len(files(folder / "records"))


@contextmanager
def locked_state(environment: Environment, url: str) -> Iterator[StateStore]:
    backend = backend_of(environment)
    lock = backend.lock("apply")
    lock.acquire()
    try:
        with StateStore.open(backend.storage(), PROJECT, ENVIRONMENT, url, backend=backend, lock=lock) as store:
            yield store
    finally:
        lock.release()


def set_records(place: Place, url: str) -> None:
    place.settings = f'{place.settings.rstrip("}")}, "records": "{url}"}}'


def test_records_may_lie_at_an_address_of_their_own(place: Place, tmp_path: Path) -> None:
    with state_server.state_server() as (url, kept):
        set_records(place, f"{url}/elsewhere/log")
        with recording(place) as records:
            records.write_launch(launch(), PEOPLE)
        assert set(kept.documents) == {"/elsewhere/log", "/elsewhere/log-2026"} and not kept.locks
        with closing(records_of(place.environment("b"))) as storage:
            assert [record.launch.at for record in RecordStore.read(storage).launches()] == [AT]
        assert place.read("b").known is not None


def test_records_of_another_environment_are_left_alone(place: Place) -> None:
    with recording(place) as records:
        records.write_launch(launch(), PEOPLE)
    before = documents(place)
    staging = LocalState(place.root / "staging")
    with (
        closing(records_of(place.environment("b"))) as storage,
        StateStore.open(staging, PROJECT, "staging", place.url) as state,
        pytest.raises(StateError, match="belong to another environment"),
    ):
        RecordStore.open(storage, state).write_launch(launch(), PEOPLE)
    assert documents(place) == before


def test_no_credentials_go_to_a_host_that_is_not_allowed(place: Place) -> None:
    set_records(place, "https://elsewhere.example.com/log")
    environment = replace(place.environment(), variables={**VARIABLES, "MSCODE_ALLOWED_HOSTS": "state.example.com"})
    with pytest.raises(ConfigError, match=r"elsewhere\.example\.com is not among the hosts"):
        records_of(environment)


def test_a_state_server_has_an_index_and_a_document_for_each_year(tmp_path: Path) -> None:
    with state_server.state_server() as (url, kept):
        remote = Place("http", tmp_path, f"{{backend: http, address: '{url}/states/one/'}}", lambda: 0)
        with recording(remote) as records:
            records.write_launch(launch(), PEOPLE)
            records.write_launch(launch("2027-01-02T08:00:00Z"), PEOPLE)
        assert set(kept.documents) == {
            "/states/one/",
            "/states/one-records",
            "/states/one-records-2026",
            "/states/one-records-2027",
        }
        kept.asked.clear()
        with recording(remote) as records:
            records.write_launch(launch("2027-01-03T08:00:00Z"), PEOPLE)
        asked = {path for _, path, _ in kept.asked}
        assert "/states/one-records-2026" not in asked, "a launch sends and reads nothing of earlier years"
