"""`mscode state list|show|mv|pull|push|unlock` over every backend."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mscode.cli.app import run
from mscode.model.world import Intent
from tests.state.places import Place
from tests.state.samples import ANNA, DONORS, ENVIRONMENT, FULL, INTENT, INVITE, entry

State = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> State:
    """Runs `mscode state ...` in clone b; what clone a wrote is there."""
    monkeypatch.setenv("MSCODE_ENV", ENVIRONMENT)
    monkeypatch.delenv("MSCODE_URL", raising=False)
    with place.held("a") as store:
        store.put(FULL)
        store.put(entry(id="17"))
    folder = place.clone("b")

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["state", str(arguments[0]), *map(str, arguments[1:]), str(folder)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_list_and_show_tell_what_is_managed(state: State) -> None:
    assert state("list")[:2] == (0, "groups.donors\nrsvpCalls.invite.helsinki\n")
    code, out, _ = state("show", "groups.donors")
    assert code == 0 and "17" in out
    assert state("show", "groups.other")[0] == 1


def test_mv_gives_an_object_another_address(state: State, place: Place) -> None:
    assert state("mv", "groups.donors", "groups.blood-donors")[0] == 0
    assert DONORS not in place.read("a").known.entries
    assert state("mv", "groups.donors", "groups.x")[0] == 1
    assert place.backend("a").lock("apply").acquire() == ""


def test_what_pull_prints_push_takes_back(state: State, place: Place, tmp_path: Path) -> None:
    code, out, _ = state("pull")
    assert code == 0
    copy = tmp_path / "copy.json"
    copy.write_text(out)
    sealed = place.read().keyed_hash("Anna")
    code, said, _ = state("push", copy)
    assert code == 0 and "already" in said
    with place.held("a") as store:
        store.drop(DONORS)
    refused, _, err = state("push", copy)
    assert refused == 1 and "is as new or newer" in err and "--force" in err
    assert state("push", copy, "--force")[0] == 0
    known = place.read("a").known
    assert set(known.entries) == {DONORS, INVITE} and known.serial > json.loads(out)["serial"]
    assert place.read("a").keyed_hash("Anna") == sealed


def test_a_newer_one_of_the_same_lineage_needs_no_force(state: State, place: Place, tmp_path: Path) -> None:
    document = json.loads(state("pull")[1])
    document["serial"] += 5
    document["resources"] = []
    (tmp_path / "new.json").write_text(json.dumps(document))
    assert state("push", tmp_path / "new.json")[0] == 0
    known = place.read("a").known
    assert not known.entries and known.serial == document["serial"]


def test_another_lineage_is_refused_but_by_force(state: State, place: Place, tmp_path: Path) -> None:
    document = json.loads(state("pull")[1]) | {"lineage": "0" * 32, "serial": 99}
    (tmp_path / "other.json").write_text(json.dumps(document))
    code, _, err = state("push", tmp_path / "other.json")
    assert code == 1 and "lineage differs" in err
    assert state("push", tmp_path / "other.json", "--force")[0] == 0
    assert place.read("a").known.lineage == "0" * 32


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 99}', '{"version": 1}'], ids=["empty", "torn", "list", "newer", "less"]
)
def test_what_is_no_state_is_not_pushed_by_force_either(
    state: State, place: Place, tmp_path: Path, content: str
) -> None:
    (tmp_path / "bad.json").write_text(content)
    assert state("push", tmp_path / "bad.json", "--force")[0] == 1
    assert len(place.read("a").known.entries) == 2


def test_a_state_of_another_account_is_not_pushed(state: State, tmp_path: Path) -> None:
    document = json.loads(state("pull")[1]) | {"url": "https://other.example.com/v1", "serial": 99}
    (tmp_path / "other.json").write_text(json.dumps(document))
    code, _, err = state("push", tmp_path / "other.json", "--force")
    assert code == 1 and "belongs to another account" in err


def test_a_push_is_refused_while_another_holds_the_lock_and_unlock_breaks_it(
    state: State, place: Place, tmp_path: Path
) -> None:
    (tmp_path / "copy.json").write_text(state("pull")[1])
    lock = place.backend("a").lock("apply")
    lock.acquire()
    assert state("push", tmp_path / "copy.json")[0] == 4
    assert state("mv", "groups.donors", "groups.x")[0] == 4
    assert state("unlock", "guess")[0] == 1
    code, out, _ = state("unlock", lock.id)
    assert code == 0 and "(apply)" in out
    assert state("push", tmp_path / "copy.json")[0] == 0


def test_a_state_that_is_damaged_is_replaced_by_force(state: State, place: Place, tmp_path: Path) -> None:
    from tests.state.test_conformance import overwrite

    (tmp_path / "copy.json").write_text(state("pull")[1])
    overwrite(place, b"{ damaged")
    code, _, err = state("push", tmp_path / "copy.json")
    assert code == 1 and "is not JSON" in err
    assert state("push", tmp_path / "copy.json", "--force")[0] == 0
    assert len(place.read("a").known.entries) == 2


def test_pull_gives_the_whole_state_while_a_run_is_under_way(state: State, place: Place, tmp_path: Path) -> None:
    with place.held("a") as store:
        store.begin([INTENT])
        store.begin([Intent(ANNA, 1, "op-2", "x")])
        code, out, _ = state("pull")
        pulled = json.loads(out)
        assert code == 0 and pulled["version"] == 1 and "journal" not in pulled
        assert {row["address"] for row in pulled["pending"]} == {str(DONORS), str(ANNA)}
        assert state("list")[0] == 0 and state("show", "groups.donors")[0] == 0
    (tmp_path / "copy.json").write_text(out)
    assert state("push", tmp_path / "copy.json", "--force")[0] == 0
    assert set(place.read("a").known.intents) == {DONORS, ANNA}
