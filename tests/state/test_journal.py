"""The journal beside a long document on a server: killed anywhere, taken over elsewhere, refused, lost, and how it grows."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from inspect import unwrap
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.model.world import Entry, Intent, Known, Tombstone
from mscode.state.document import RecordLink, read_document, to_text
from mscode.state.remote import backend
from mscode.state.remote import journal as journals
from mscode.state.remote.backend import Remote, RemoteBackend
from mscode.state.remote.http import Addresses, HttpRemote
from mscode.state.remote.object import ObjectRemote, Where
from mscode.state.store import StateStore
from tests.state.samples import ANNA, DONORS, ENVIRONMENT, FULL, INTENT, INVITE, PROJECT, TOMB, URL, entry

ADDRESS = "https://state.example.com/api/v4/one"
ERIK = Address("accounts", "erik")


class Crash(BaseException):
    """The process is gone: nothing may catch it."""


@dataclass
class Trouble:
    """Makes requests `at` to `until` go wrong, before they are carried out or after."""

    at: int = 0
    until: int = 0
    after: bool = False
    error: type[BaseException] = Crash
    requests: int = 0

    def expect(self, at: int, error: type[BaseException], *, after: bool, count: int = 1) -> None:
        self.requests, self.at, self.until, self.error, self.after = 0, at, at + count, error, after

    def never(self) -> None:
        self.requests, self.at, self.until = 0, 0, 0

    def around(self, send: Callable[[], Any]) -> Any:
        self.requests += 1
        is_meant = self.at <= self.requests < self.until
        if is_meant and not self.after:
            raise self.error("no answer")
        try:
            return send()
        finally:
            if is_meant:
                raise self.error("no answer")


@dataclass
class Server:
    """A state server in memory; `is_gitlab` keeps versions by their serials, and refuses the ID of a lock that is not there."""

    trouble: Trouble
    is_gitlab: bool = False
    documents: dict[str, bytes] = field(default_factory=dict)
    lock: bytes = b""
    sent: int = 0
    #: by (method, whether it is the journal's address), the status that it answers with
    refusals: dict[tuple[str, bool], int] = field(default_factory=dict)
    #: gives a run its own lock again, or does not say whose it is
    relocks: bool = False
    is_silent: bool = False
    #: says yes to a write of the journal, and keeps nothing
    forgets: bool = False

    def send(self, method: str, url: str, content: bytes | None = None) -> tuple[int, bytes]:
        return self.trouble.around(lambda: self._answer(method, url, content or b""))  # type: ignore[no-any-return]

    def _answer(self, method: str, url: str, content: bytes) -> tuple[int, bytes]:
        name, lock_id = url.partition("?")[0], parse_qs(urlsplit(url).query).get("ID", [""])[0]
        if status := self.refusals.get((method, name.endswith("-journal"))):
            return status, b""
        if method == "LOCK":
            return self._lock(content)
        if method == "UNLOCK":
            self.lock = b"" if self._holder() == json.loads(content)["ID"] else self.lock
            return 200, b""
        if method == "GET":
            return (200, self.documents[name]) if name in self.documents else (404, b"")
        holder = "" if name.endswith("-journal") else self._holder()
        if (holder and holder != lock_id) or (self.is_gitlab and lock_id and not holder):
            return 409, self.lock
        before = self.documents.get(name)
        if self.is_gitlab and before is not None and json.loads(content)["serial"] <= json.loads(before)["serial"]:
            return 422, b""
        if not (self.forgets and name.endswith("-journal")):
            self.documents[name] = content
        self.sent += len(content)
        return 200, b""

    def _lock(self, content: bytes) -> tuple[int, bytes]:
        if self.lock and not (self.relocks and self._holder() == json.loads(content)["ID"]):
            return 423, b"" if self.is_silent else self.lock
        self.lock = content
        return 200, b""

    def _holder(self) -> str:
        return str(json.loads(self.lock)["ID"]) if self.lock else ""

    def limit_remaining_time(self, seconds: float) -> None: ...

    def close(self) -> None: ...


@dataclass
class Place:
    """One environment's state on a server; `remote()` is another client of it, `documents()` what lies there, by their names."""

    trouble: Trouble
    remote: Callable[[], Remote]
    documents: Callable[[], dict[str, bytes]]
    root: Path
    put: Callable[[str, bytes], object]
    #: breaks the lock, whoever has it
    free: Callable[[], object]
    take_away: Callable[[str], object]
    warnings: list[str] = field(default_factory=list)

    def open(self, machine: str) -> StateStore:
        """The state, open on a machine; the lock of a run that was killed is broken, as a person does."""
        self.free()
        remote = RemoteBackend(self.remote(), self.root / machine, self.warnings.append)
        lock = remote.lock("apply")
        lock.acquire()
        return StateStore.open(remote.storage(), PROJECT, ENVIRONMENT, URL, backend=remote, lock=lock)

    def read(self, machine: str) -> Known:
        storage = RemoteBackend(self.remote(), self.root / machine).storage()
        return StateStore.read(storage, PROJECT, ENVIRONMENT, URL).known

    @property
    def document(self) -> Any:
        return json.loads(self.documents()["one"])

    @property
    def journal(self) -> Any:
        return json.loads(self.documents()["journal"])


def on_server(root: Path, **settings: Any) -> tuple[Place, Server]:
    trouble = Trouble()
    server = Server(trouble, **settings)
    addresses = Addresses.of({"backend": "http", "address": ADDRESS})
    names = {ADDRESS: "one", f"{ADDRESS}-journal": "journal"}
    urls = {name: url for url, name in names.items()}
    place = Place(
        trouble,
        lambda: HttpRemote(server, addresses),
        lambda: {names[url]: content for url, content in server.documents.items()},
        root,
        lambda name, content: server.documents.update({urls[name]: content}),
        lambda: setattr(server, "lock", b""),
        lambda name: server.documents.pop(urls[name]),
    )
    return place, server


def in_bucket(root: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    import obstore
    from obstore.exceptions import GenericError
    from obstore.store import MemoryStore

    trouble = Trouble()
    requests = {name: unwrap(getattr(obstore, name)) for name in ("get", "put", "head")}

    def troubled(request_of: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(request_of)
        def send(*arguments: Any, **settings: Any) -> Any:
            try:
                return trouble.around(lambda: request_of(*arguments, **settings))
            except StateError as error:
                raise GenericError(str(error)) from None

        return send

    for name, request_of in requests.items():
        monkeypatch.setattr(obstore, name, troubled(request_of))
    store = MemoryStore()
    paths = {"state.json": "one", "state.json.journal": "journal"}
    path_of = {name: path for path, name in paths.items()}

    def documents() -> dict[str, bytes]:
        listed = [item["path"] for chunk in obstore.list(store) for item in chunk]
        return {paths[path]: bytes(requests["get"](store, path).bytes()) for path in listed if path in paths}

    def put(name: str, content: bytes) -> object:
        return requests["put"](store, path_of[name], content)

    def remote() -> ObjectRemote:
        return ObjectRemote(Where("s3://states", "state.json"), lambda where, seconds: store, pause=0)

    return Place(
        trouble,
        remote,
        documents,
        root,
        put,
        lambda: requests["put"](store, "state.json.lock", b"{}"),
        lambda name: obstore.delete(store, path_of[name]),
    )


New = Callable[[Path], Place]


@pytest.fixture(params=["http", "gitlab", "relocking", "object"])
def new(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> New:
    """Makes a place; its journals are put into the document after some three changes."""
    monkeypatch.setattr(journals, "SHORT", 0)
    monkeypatch.setattr(journals, "LEAST", 1_200)
    monkeypatch.setattr(journals, "OF_MEGABYTE", 0)
    monkeypatch.setattr(
        backend, "BETWEEN_LOOKS", 0 if request.param == "http" else 1e12
    )  # so that requests can be counted
    if request.param == "object":
        return lambda root: in_bucket(root, monkeypatch)
    settings = {"gitlab": {"is_gitlab": True}, "relocking": {"relocks": True}}.get(request.param, {})
    return lambda root: on_server(root, **settings)[0]


CHANGES: list[Callable[[StateStore], object]] = [
    lambda store: store.begin([INTENT]),
    lambda store: store.put(entry()),
    lambda store: store.end_intent(DONORS),
    lambda store: store.begin([Intent(ANNA, 1, "op-2", "x"), Intent(ERIK, 1, "op-3", "x")]),
    lambda store: store.put(entry(ANNA, id="34")),
    lambda store: store.end_intent(ANNA),
    lambda store: store.put(FULL),
    lambda store: store.put(entry(INVITE, id="92", launched=True)),
    lambda store: store.move(INVITE, Address("rsvpCalls", "renamed")),
    lambda store: store.add_tombstone(TOMB),
    lambda store: store.suppress(("0123456789", "abcdef0123")),
    lambda store: store.reach(1_204),
    lambda store: store.end_intent(ERIK),
    lambda store: store.begin([Intent(ERIK, 2, "op-4", "y")]),
    lambda store: store.remove_tombstone(TOMB.address),
    lambda store: store.drop(DONORS),
    lambda store: store.begin([Intent(DONORS, 3, "op-5", "z")]),
]
#: Of each change that has to be on the server: the intents that are under way after it, and whether INVITE was launched.
DURABLE: dict[int, Callable[[Known], bool]] = {
    1: lambda known: known.intents.get(DONORS) == INTENT or DONORS in known.entries,
    4: lambda known: known.intents[ERIK].op in ("op-3", "op-4") if ERIK in known.intents else False,
    8: lambda known: any(stored.launched for stored in known.entries.values()),
    14: lambda known: known.intents[ERIK].op == "op-4",
    17: lambda known: known.intents[DONORS].op == "op-5",
}


def facts(known: Known) -> Any:
    return known.entries, known.intents, known.tombstones, known.suppressed, known.largest_launch


def run(store: StateStore, done: list[int], changes: list[Callable[[StateStore], object]] = CHANGES) -> None:
    for number, change in enumerate(changes, 1):
        change(store)
        done.append(number)
    store.close()


def after_each(new: New, root: Path) -> list[Any]:
    """What is known after none, one, two … changes."""
    store = new(root / "undisturbed").open("a")
    known = [facts(store.known)]
    for change in CHANGES:
        change(store)
        known.append(facts(store.known))
    store.close()
    return known


def requests_of(place: Place) -> int:
    place.trouble.never()
    run(place.open("a"), [])
    return place.trouble.requests


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_request_loses_no_intent_for_whoever_comes_next(new: New, tmp_path: Path, after: bool) -> None:
    known_after = after_each(new, tmp_path)
    for at in range(1, requests_of(new(tmp_path / "counted")) + 1):
        place, done = new(tmp_path / f"{at}"), list[int]()
        place.trouble.expect(at, Crash, after=after)
        with suppress(Crash):
            run(place.open("a"), done)
            pytest.fail("no crash")
        place.trouble.never()
        elsewhere = place.read("b")
        latest = [number for number in DURABLE if number <= len(done)]
        assert all(DURABLE[number](elsewhere) for number in latest[-1:]), f"request {at}, after {len(done)} changes"
        assert facts(place.read("a")) in known_after[len(done) : len(done) + 2], f"request {at}"
        for machine in ("b", "a") if at % 2 else ("a",):
            with place.open(machine) as successor:
                assert all(DURABLE[number](successor.known) for number in latest[-1:])
                successor.begin([Intent(Address("groups", machine), 1, "op", "x")])
            assert Address("groups", machine) in place.read("c").intents
        read_document(place.documents()["one"], "state.json")  # whole, without a journal


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_what_had_no_answer_is_known_where_it_was_acknowledged(
    new: New, tmp_path: Path, after: bool, count: int
) -> None:
    """The same run goes on; whatever it was told to be durable is, also after its end."""
    for at in range(1, requests_of(new(tmp_path / "counted")) + 1):
        place, store = new(tmp_path / f"{at}"), None
        place.trouble.expect(at, StateError, after=after, count=count)
        with suppress(StateError):
            store = place.open("a")
        if store is None:
            continue
        for number, change in enumerate(CHANGES, 1):
            acknowledged = False
            with suppress(StateError):
                change(store)
                acknowledged = True
            if acknowledged and number in DURABLE and place.trouble.requests >= place.trouble.until:
                expected = DURABLE[number](store.known)
                requests = place.trouble.requests
                assert DURABLE[number](place.read("b")) == expected, f"request {at}, change {number}"
                place.trouble.requests = requests
        known = facts(store.known)
        with suppress(StateError):
            store.close()
        place.trouble.never()
        assert facts(place.read("a")) == known
        with place.open("a"):
            pass
        assert facts(place.read("b")) == known


def test_the_next_run_may_be_killed_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "SHORT", 0)
    total = requests_of(on_server(tmp_path / "counted", is_gitlab=True)[0])
    for at, second in itertools.product(range(4, total, 3), range(3, 14)):
        place, done = on_server(tmp_path / f"{at}-{second}", is_gitlab=True)[0], list[int]()
        place.trouble.expect(at, Crash, after=True)
        with suppress(Crash):
            run(place.open("a"), done)
        place.trouble.expect(second, Crash, after=bool(at % 2))
        with suppress(Crash):
            run(place.open("b"), [], [lambda store: store.put(entry(ANNA, id="35")), lambda store: store.begin([LAST])])
        place.trouble.never()
        known = place.read("c")
        latest = [number for number in DURABLE if number <= len(done)]
        assert all(DURABLE[number](known) for number in latest[-1:]), f"requests {at} and {second}"
        with place.open("c") as third:
            assert facts(third.known) == facts(known)


LAST = Intent(Address("groups", "last"), 1, "op-9", "x")


@pytest.mark.usefixtures("always")
def test_every_sort_of_change_comes_whole_through_the_journal(tmp_path: Path) -> None:
    place, _ = on_server(tmp_path)
    place.open("a").close()
    store = place.open("a")
    store.put(FULL)
    store.add_tombstone(TOMB)
    store.suppress(("0123456789",))
    store.link_records(RecordLink(n=1, digest="0" * 64))
    store.begin([LAST])
    changes: list[Callable[[], object]] = [
        lambda: store.put(
            entry(DONORS, applied={"name": "\ud83d half", "one": 1e16, "none": None, "nan": float("nan")})
        ),
        lambda: store.put(entry(ERIK, server_values={"name": ("a ", "a")}, called=("0123456789",), launched_at="x")),
        lambda: store.move(INVITE, Address("rsvpCalls", "renamed")),
        lambda: store.add_tombstone(Tombstone(INVITE, "7", reached=True, called=("abcdef0123",), until="2027-01-01")),
        lambda: store.remove_tombstone(TOMB.address),
        lambda: store.suppress(()),
        lambda: store.reach(17),
        lambda: store.link_records(RecordLink(n=2, digest="1" * 64)),
        lambda: store.end_intent(LAST.address),
        lambda: store.drop(DONORS),
        lambda: store.carry_out("plan-1"),
    ]
    for number, change in enumerate(changes):
        change()
        store.begin([Intent(Address("groups", f"g{number}"), 1, "op", "x")])
        there = StateStore.read(RemoteBackend(place.remote(), tmp_path / "b").storage(), PROJECT, ENVIRONMENT, URL)
        read, known = there.document(), store.document()
        assert read is not None and known is not None
        read.serial = known.serial
        assert to_text(read) == to_text(known)
    assert place.journal["base"] < place.journal["stateSerial"], "all of it came by the journal"


# ---- two runs after a broken lock --------------------------------------------------------------------------------------


def test_of_two_runs_after_a_broken_lock_the_former_is_stopped_before_it_sends(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    former = place.open("a")
    former.begin([INTENT])
    former.begin([Intent(ANNA, 1, "op-2", "x")])
    assert place.document["journal"]
    latter = place.open("b")
    assert set(latter.known.intents) == {DONORS, ANNA}
    with pytest.raises(StateError) as caught:
        former.begin([Intent(ERIK, 1, "op-3", "x")])
    assert caught.value.diagnostics[0].code in ("lost-lock", "state-conflict")
    latter.begin([LAST])
    with pytest.raises(StateError):
        former.begin([Intent(ERIK, 1, "op-3", "x")])
    with pytest.raises(StateError):
        former.close()
    latter.close()
    assert set(place.read("c").intents) == {DONORS, ANNA, LAST.address}


def test_of_two_runs_the_latter_reads_what_the_former_may_send(new: New, tmp_path: Path) -> None:
    """The lock is broken at each request of a write in turn: either the former's intent fails, or the latter knows of it."""
    for at in range(1, 6):
        place = new(tmp_path / f"{at}")
        former = place.open("a")
        former.begin([INTENT])
        opened = list[StateStore]()
        around, place.trouble.requests = place.trouble.around, 0

        def take_over(
            send: Callable[[], Any], at: int = at, place: Place = place, opened: list[StateStore] = opened
        ) -> Any:
            place.trouble.requests += 1
            if place.trouble.requests == at and not opened:
                place.trouble.around = lambda send: send()  # type: ignore[method-assign]
                opened.append(place.open("b"))
            return send()

        place.trouble.around = take_over  # type: ignore[method-assign]
        is_sent = False
        with suppress(StateError):
            former.begin([Intent(ERIK, 1, "op-3", "x")])
            is_sent = True
        place.trouble.around = around  # type: ignore[method-assign]
        if opened and is_sent:
            assert ERIK in opened[0].known.intents, f"request {at}"


@pytest.mark.usefixtures("always")
def test_a_lock_that_was_free_for_a_while_is_noticed_by_what_was_written_meanwhile(tmp_path: Path) -> None:
    """A person broke it, another run has come and gone, and the server gives it to the former run once more."""
    place, _ = on_server(tmp_path)
    former = place.open("a")
    former.begin([INTENT])
    former.begin([Intent(ANNA, 1, "op-2", "x")])
    with place.open("b") as latter:
        latter.put(FULL)
    place.free()
    with pytest.raises(StateError, match="at the same time"):
        former.begin([Intent(ERIK, 1, "op-3", "x")])
    known = place.read("c")
    assert set(known.entries) == {INVITE} and set(known.intents) == {DONORS, ANNA}


@pytest.mark.usefixtures("always")
def test_a_lock_that_was_free_for_a_while_and_was_not_used_is_taken_again(tmp_path: Path) -> None:
    place, server = on_server(tmp_path)
    store = place.open("a")
    store.begin([INTENT])
    place.free()
    store.begin([Intent(ANNA, 1, "op-2", "x")])
    assert server.lock and set(place.read("b").intents) == {DONORS, ANNA}


def test_the_document_is_looked_at_again_while_the_journal_is_written(
    new: New, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = new(tmp_path)
    store = place.open("a")
    store.begin([INTENT])
    place.put("one", json.dumps(place.document | {"serial": 99}).encode())
    monkeypatch.setattr(store._storage, "_look_at", 0.0)
    with pytest.raises(StateError, match="at the same time"):
        store.begin([Intent(ANNA, 1, "op-2", "x")])


@pytest.mark.usefixtures("always")
def test_in_a_hurry_the_document_is_made_whole_and_the_journal_left_as_it_is(tmp_path: Path) -> None:
    place, server = on_server(tmp_path)
    store = place.open("a")
    store.begin([INTENT])
    store.begin([LAST])
    store.limit_remaining_time(1.0)
    before = dict(server.documents)
    store.close()
    assert place.document["version"] == 1 and place.documents()["journal"] == before[f"{ADDRESS}-journal"]
    assert set(place.read("b").intents) == {DONORS, LAST.address}


@pytest.mark.usefixtures("always")
def test_a_document_that_arrives_late_takes_no_intent_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its write had no answer, and was not there when the run looked."""
    place, server = on_server(tmp_path)
    store = place.open("a")
    store.begin([INTENT])
    answer, late = server._answer, list[bytes]()

    def keep_back(method: str, url: str, content: bytes) -> tuple[int, bytes]:
        if method == "POST" and not url.partition("?")[0].endswith("-journal") and not late:
            late.append(content)
            raise StateError("no answer", code="backend")
        return answer(method, url, content)

    monkeypatch.setattr(server, "_answer", keep_back)
    monkeypatch.setattr(journals, "limit", lambda size: 0)
    with pytest.raises(StateError, match="no answer"):
        store.begin([Intent(ANNA, 1, "op-2", "x")])
    monkeypatch.setattr(journals, "limit", lambda size: 64_000)
    store.begin([Intent(ERIK, 1, "op-3", "x")])
    store.begin([LAST])
    place.put("one", late[0])
    with pytest.raises(StateError, match=r"journal of .* is missing"):
        place.read("b")


# ---- documents and journals that do not belong together ----------------------------------------------------------------


def interrupted(place: Place) -> Known:
    """A run was killed whose state is in a document and a journal."""
    store = place.open("a")
    store.begin([INTENT])
    store.begin([Intent(ANNA, 1, "op-2", "x")])
    assert place.document["journal"] == place.journal["journal"]
    return store.known


def test_a_document_without_its_journal_is_an_error_and_no_state(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    interrupted(place)
    others = {
        b"{": "is not JSON",
        b"[]": "must be a JSON object",
        json.dumps(place.journal | {"journal": "0" * 32}).encode(): "of another run",
        json.dumps(place.journal | {"lineage": "0" * 32}).encode(): "of another run",
        json.dumps(place.journal | {"base": 99}).encode(): "of serial 99",
    }
    for content, reason in others.items():
        place.put("journal", content)
        with pytest.raises(StateError, match=r"journal of .* is missing") as caught:
            place.read("b")
        (one,) = caught.value.diagnostics
        assert reason in one.detail and "push --force" in one.hint


def test_a_journal_of_a_newer_version_is_no_lost_journal(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    interrupted(place)
    place.put("journal", json.dumps(place.journal | {"version": 2}).encode())
    with pytest.raises(StateError, match="has version 2, and this mscode knows version 1") as caught:
        place.read("b")
    assert "push" not in caught.value.diagnostics[0].hint


def test_a_journal_without_its_document_is_no_empty_state(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    interrupted(place)
    place.take_away("one")
    with pytest.raises(StateError, match=r"state is missing in .*, but its journal .* goes on from it"):
        place.read("b")
    with pytest.raises(StateError, match="is missing"):
        place.open("b")
    assert "one" not in place.documents()
    place.put("journal", b"<html>")
    assert not place.read("b").intents


def test_the_empty_journal_of_a_run_that_ended_is_no_state(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    with place.open("a") as store:
        store.begin([INTENT])
    place.take_away("one")
    assert not place.read("b").intents


def test_a_journal_that_another_state_needs_is_left_alone(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    interrupted(place)
    theirs = place.documents()["journal"]
    place.put("one", json.dumps(place.document | {"version": 1, "journal": None, "lineage": "0" * 32}).encode())
    with place.open("b") as store:
        store.begin([LAST])
        assert place.document["version"] == 1 and set(place.read("c").intents) == {DONORS, LAST.address}
    assert place.documents()["journal"] == theirs
    assert any("has changes of another state" in warning for warning in place.warnings)


@pytest.mark.usefixtures("always")
def test_a_journal_that_is_gone_is_an_error_and_no_state(tmp_path: Path) -> None:
    place, server = on_server(tmp_path)
    interrupted(place)
    del server.documents[f"{ADDRESS}-journal"]
    for machine in ("a", "b"):
        with pytest.raises(StateError, match=r"journal of .* is missing") as caught:
            place.read(machine)
        assert "Nothing is there." in caught.value.diagnostics[0].detail
    with pytest.raises(StateError, match="is missing"):
        place.open("b")
    assert set(server.documents) == {ADDRESS} and place.document["version"] == 2


def test_a_journal_that_was_put_into_the_document_is_no_part_of_it_any_more(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    interrupted(place)
    place.put("journal", json.dumps(place.journal | {"base": 0}).encode())
    assert set(place.read("b").intents) == {DONORS}


def test_a_document_that_was_restored_from_before_the_run_needs_no_journal(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    with place.open("a") as store:
        store.put(FULL)
    earlier = place.documents()["one"]
    interrupted(place)
    place.put("one", earlier)
    assert set(place.read("b").entries) == {INVITE} and not place.read("b").intents
    with place.open("b") as store:
        store.begin([LAST])
    assert set(place.read("c").intents) == {LAST.address}


def test_a_document_with_a_journal_is_one_that_an_earlier_version_refuses(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    store = place.open("a")
    assert place.document["version"] == 1
    store.begin([INTENT])
    assert place.document["version"] == 2
    with pytest.raises(StateError, match="is not the whole state"):
        read_document(place.documents()["one"], "state.json")
    store.close()
    assert place.document["version"] == 1 and "journal" not in place.document
    rows = {name: place.journal[name] for name in ("addresses", "resources", "pending")}
    assert rows == {"addresses": [], "resources": [], "pending": []}


def test_a_journal_without_a_version_that_knows_it_is_refused() -> None:
    document = {"version": 2, "serial": 1, "lineage": "0" * 32, "project": "p", "environment": "e", "url": "u"}
    rows = {"key": "0" * 64, "resources": [], "pending": [], "tombstones": []}
    for content in (document | rows, document | rows | {"version": 1, "journal": "0" * 32}):
        with pytest.raises(StateError) as caught:
            read_document(json.dumps(content).encode(), "state.json", is_part=True)
        assert caught.value.diagnostics[0].code == "state-version"


def test_what_is_pushed_takes_the_place_of_document_and_journal(new: New, tmp_path: Path) -> None:
    from mscode.state.push import is_replacement, read_pushed

    place = new(tmp_path)
    known = interrupted(place)
    part = place.documents()["one"]
    with pytest.raises(StateError, match="is not the whole state"):
        read_pushed(part, "copy.json", force=False)
    pushed = read_pushed(part, "copy.json", force=True)
    storage = RemoteBackend(place.remote(), place.root / "b").storage()
    with pytest.raises(StateError, match="is as new or newer"):
        is_replacement(storage, pushed, force=False)
    remote = RemoteBackend(place.remote(), place.root / "b")
    place.free()
    remote.lock("state push").acquire()
    assert is_replacement(remote.storage(), pushed, force=True) and pushed.serial > known.serial
    remote.storage().overwrite(pushed)
    assert place.document["version"] == 1 and set(place.read("c").intents) == {DONORS}


def push(place: Place, content: bytes, *, force: bool = False) -> bool:
    """`mscode state push`, on a machine of its own; was anything written?"""
    from mscode.state.push import is_replacement, read_pushed

    place.free()
    remote = RemoteBackend(place.remote(), place.root / "pushing")
    remote.lock("state push").acquire()
    storage, document = remote.storage(), read_pushed(content, "copy.json", force=force)
    is_new = is_replacement(storage, document, force=force)
    if is_new:
        storage.overwrite(document)
    return is_new


@pytest.mark.usefixtures("always")
def test_the_same_state_pushed_makes_it_one_document(tmp_path: Path) -> None:
    place, _ = on_server(tmp_path, is_gitlab=True)
    interrupted(place)
    copy = to_text(RemoteBackend(place.remote(), tmp_path / "b").storage().read() or pytest.fail("no state")).encode()
    assert push(place, copy) and not push(place, place.documents()["one"])
    assert place.document["version"] == 1 and set(place.read("c").intents) == {DONORS, ANNA}


@pytest.mark.usefixtures("always")
def test_a_push_over_a_state_without_its_journal_has_a_serial_that_grows(tmp_path: Path) -> None:
    place, _ = on_server(tmp_path, is_gitlab=True)  # which refuses another
    interrupted(place)
    before = place.document["serial"]
    copy = json.dumps(place.document | {"serial": 0}).encode()
    place.take_away("journal")
    assert push(place, copy, force=True) and place.document["serial"] == before + 1
    place.take_away("one")
    assert push(place, copy, force=True) and place.document["serial"] == 0


def test_the_journal_has_no_key(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    store = place.open("a")
    store.begin([INTENT])
    store.put(entry(DONORS, applied={"phone": store.keyed_hash("+358405550199")}))
    store.begin([Intent(ANNA, 1, "op-2", "x")])
    content = place.documents()["journal"]
    assert place.document["key"].encode() not in content and b"+358" not in content and b"hmac:" in content


# ---- servers that take no journal --------------------------------------------------------------------------------------


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "SHORT", 0)
    monkeypatch.setattr(backend, "BETWEEN_LOOKS", 1e12)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    ("method", "status"),
    [*(("POST", status) for status in (400, 401, 403, 404, 405, 413, 422, 500, 501)), ("GET", 403), ("GET", 405)],
)
def test_a_server_that_refuses_the_journal_gets_the_whole_document_and_says_why(
    tmp_path: Path, method: str, status: int
) -> None:
    place, server = on_server(tmp_path, refusals={(method, True): status})
    with place.open("a") as store:
        for number in range(3):
            store.begin([Intent(Address("groups", f"g{number}"), 1, "op", "x")])
            assert len(place.document["pending"]) == number + 1 and place.document["version"] == 1
    (warning,) = place.warnings
    assert "Each create writes the whole state" in warning
    assert f"{ADDRESS}-journal" in warning and f"answered {status}" in warning
    assert len(place.read("b").intents) == 3 and server.documents


@pytest.mark.usefixtures("always")
def test_a_server_that_refuses_the_journal_in_the_midst_of_a_run_loses_nothing(tmp_path: Path) -> None:
    place, server = on_server(tmp_path)
    with place.open("a") as store:
        store.begin([INTENT])
        store.begin([Intent(ANNA, 1, "op-2", "x")])
        server.refusals["POST", True] = 413
        store.begin([Intent(ERIK, 1, "op-3", "x")])
        assert set(place.read("b").intents) == {DONORS, ANNA, ERIK} and place.document["version"] == 1
        del server.refusals["POST", True]
        store.begin([LAST])
        assert place.document["version"] == 1, "what had no answer may still arrive"
    assert len(place.warnings) == 1


@pytest.mark.usefixtures("always")
def test_a_server_that_does_not_say_whose_the_lock_is_gets_the_whole_document(tmp_path: Path) -> None:
    place, server = on_server(tmp_path)
    store = place.open("a")
    server.is_silent = True
    store.begin([INTENT])
    assert place.document["version"] == 1 and "does not tell who holds its lock" in place.warnings[0]


@pytest.mark.usefixtures("always")
def test_a_server_that_keeps_no_journal_gets_the_whole_document(tmp_path: Path) -> None:
    place, _ = on_server(tmp_path, forgets=True)
    store = place.open("a")
    store.begin([INTENT])
    assert place.document["version"] == 1 and set(place.read("b").intents) == {DONORS}
    assert any("took a write, and does not have it" in warning for warning in place.warnings)


@pytest.mark.usefixtures("always")
def test_another_document_at_the_journals_address_is_left_alone(tmp_path: Path) -> None:
    place, _ = on_server(tmp_path)
    theirs = b'{"version": 4, "serial": 7, "lineage": "x", "terraform_version": "1.11.4"}'
    place.put("journal", theirs)
    with place.open("a") as store:
        store.begin([INTENT])
        store.begin([LAST])
    assert place.documents()["journal"] == theirs and len(place.warnings) == 1
    assert set(place.read("b").intents) == {DONORS, LAST.address}


# ---- many at once, and many in all -------------------------------------------------------------------------------------


def test_no_begin_returns_before_its_own_intent_is_there(new: New, tmp_path: Path) -> None:
    place = new(tmp_path)
    failures = list[str]()

    def work(store: StateStore, thread: int) -> None:
        for number in range(4):
            address = Address("groups", f"g{thread}-{number}")
            store.begin([Intent(address, 1, "op", "x")])
            if address not in place.read(f"reader-{thread}").intents:
                failures.append(str(address))
            store.put(entry(address, id=f"{thread}-{number}"))
            store.end_intent(address)

    with place.open("a") as store:
        threads = [threading.Thread(target=work, args=(store, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        known = store.known
    assert not failures and len(known.entries) == 32 and facts(place.read("b")) == facts(known)


def creates(store: StateStore, numbers: Iterator[int]) -> None:
    for number in numbers:
        address = Address("voiceFiles", f"v{number}")
        store.begin([Intent(address, 1, f"{number:032}", "hmac:" + "0" * 64)])
        store.put(Entry(address, str(number), applied={"name": f"Voice {number}", "text": "Hello", "voiceCode": "en"}))
        store.end_intent(address)


def test_what_a_create_sends_hardly_grows_with_the_state(tmp_path: Path) -> None:
    """By the root of the document, and a tenth of it at most; written whole each time, it would grow fivefold from 300 to 1,500."""
    sent = {}
    for total in (300, 1_500):
        place, server = on_server(tmp_path / f"{total}")
        with place.open("a") as store:
            creates(store, iter(range(total)))
        sent[total] = server.sent / total
        assert len(place.read("b").entries) == total
    assert sent[1_500] < 2 * sent[300] and sent[1_500] < len(place.documents()["one"]) / 10


def test_a_short_state_has_no_journal(tmp_path: Path) -> None:
    place, _ = on_server(tmp_path)
    with place.open("a") as store:
        creates(store, iter(range(100)))
        store.add_tombstone(Tombstone(ANNA, "1"))
    assert set(place.documents()) == {"one"}
