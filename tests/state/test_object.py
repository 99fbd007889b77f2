"""Conditional writes to a bucket; what every backend promises is in test_conformance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.errors import ConfigError, StateError
from mscode.state.lock_info import myself
from mscode.state.remote.backend import RemoteLock
from mscode.state.remote.object import ObjectRemote, Where
from tests.state import places


@pytest.fixture
def where(s3: str, tmp_path: Path) -> Iterator[Where]:
    for place in places.bucket(tmp_path, s3):
        yield Where.of(place.environment().state)


def held(where: Where) -> ObjectRemote:
    remote = ObjectRemote(where, pause=0)
    remote.lock(myself("apply", {}))
    return remote


def test_a_url_is_a_bucket_and_a_path_in_it() -> None:
    settings = {"backend": "object", "url": "s3://states/blood/drive.json", "region": "eu-north-1"}
    assert Where.of(settings) == Where("s3://states", "blood/drive.json", "eu-north-1", "")


def test_a_document_is_created_only_where_there_is_none_and_replaced_only_where_it_is_the_one_that_was_read(
    where: Where,
) -> None:
    remote = held(where)
    first = remote.write(b"1", None)
    with pytest.raises(StateError, match="at the same time"):
        remote.write(b"x", None)
    second = remote.write(b"2", first)
    with pytest.raises(StateError, match="at the same time"):
        remote.write(b"x", first)
    assert remote.read() == second


def test_a_write_that_met_another_one_is_tried_again(where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    """409: a store may refuse one of two writes at once although nothing changed in the end."""
    refused = fail_first(monkeypatch, times=2, before=True, error="409 Conflict: ConditionalRequestConflict")
    remote = ObjectRemote(where, pause=0)
    holder = myself("apply", {})
    remote.lock(holder)
    assert len(refused) == 2
    assert remote.write(b"1", None).content == b"1"


def test_a_write_whose_answer_was_lost_is_seen_to_be_done(where: Where, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library sends it again, and the store refuses the second: what stands there is ours."""
    remote = held(where)
    refused = fail_first(monkeypatch, times=1, before=False, error="412 Precondition Failed")
    stored = remote.write(b"1", None)
    assert refused and stored == remote.read()


def fail_first(monkeypatch: pytest.MonkeyPatch, *, times: int, before: bool, error: str) -> list[str]:
    """The first writes are refused, `before` or after they are carried out."""
    import obstore
    from obstore.exceptions import GenericError, PreconditionError

    put, refused = obstore.put, list[str]()

    def refuse(store: Any, path: str, *arguments: Any, **settings: Any) -> Any:
        if len(refused) >= times:
            return put(store, path, *arguments, **settings)
        refused.append(path)
        if not before:
            put(store, path, *arguments, **settings)
        raise (GenericError if "409" in error else PreconditionError)(error)

    monkeypatch.setattr(obstore, "put", refuse)
    return refused


def test_a_bucket_that_is_not_there_is_no_empty_state(where: Where) -> None:
    with pytest.raises(StateError, match="s3://missing-bucket/x could not be read"):
        ObjectRemote(Where("s3://missing-bucket", "x", where.region, where.endpoint)).read()


def test_the_lock_object_stays_and_tells_that_nobody_has_it(where: Where) -> None:
    import obstore

    remote, holder = ObjectRemote(where), myself("apply", {})
    for _ in range(2):
        remote.lock(holder)
        remote.release(holder)
    assert bytes(obstore.get(remote._objects.store, f"{where.path}.lock").bytes()) == b"{}\n"


def test_a_lock_that_was_granted_without_an_answer_can_be_released(where: Where) -> None:
    holder = myself("apply", {})
    ObjectRemote(where).lock(holder)
    ObjectRemote(where).release(holder)
    ObjectRemote(where).lock(myself("apply", {}))


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(ConfigError, match="needs an extra") as caught:
        ObjectRemote(Where("s3://b", "x"))
    assert "mscode[cloud]" in caught.value.diagnostics[0].hint


# ---- stores that do not honour conditions ----------------------------------------------------------------------------


@pytest.mark.parametrize("ignored", [("create",), ("e_tag",), ("create", "e_tag")], ids=" and ".join)
def test_a_store_that_ignores_conditions_is_refused_and_keeps_no_lock(
    where: Where, monkeypatch: pytest.MonkeyPatch, ignored: tuple[str, ...]
) -> None:
    """Two runs would hold the lock of it at once."""
    import obstore

    put = obstore.put

    def careless(store: Any, path: str, content: bytes, *, mode: Any, **settings: Any) -> Any:
        condition = "create" if mode == "create" else "e_tag"
        return put(store, path, content, mode="overwrite" if condition in ignored else mode, **settings)

    monkeypatch.setattr(obstore, "put", careless)
    remote = ObjectRemote(where, pause=0)
    lock = RemoteLock(remote, "apply", {})
    with pytest.raises(StateError, match="does not honour conditional writes"):
        lock.acquire()
    assert remote.holder() is None
    assert remote.read() is None


def test_who_holds_the_lock_can_be_seen(where: Where) -> None:
    remote = ObjectRemote(where, pause=0)
    assert remote.holder() is None
    lock = RemoteLock(remote, "apply", {})
    lock.acquire()
    found = ObjectRemote(where, pause=0).holder()
    assert found is not None and (found.ID, found.Operation) == (lock.id, "apply")
    lock.release()
    assert remote.holder() is None
