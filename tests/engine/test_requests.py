"""How many requests an apply sends for what it makes, and that sharing reads loses nothing and mistakes nothing."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mscode.engine.account.people import read_senders
from mscode.engine.apply.run import Run
from mscode.engine.apply.slots import Slots
from mscode.model.address import Address
from mscode.state.store import StateStore
from tests.engine.review_world import World

PATIENCE = 20.0


def project(number: int) -> str:
    """`number` of each: filters, groups with a member, voice files, campaigns."""
    sections: dict[str, list[str]] = {"filters": [], "groups": [], "voiceFiles": [], "rsvpCalls": []}
    for i in range(number):
        sections["filters"].append(f"f{i}: {{conditions: [{{field: city, operator: ==, value: C{i}}}]}}")
        sections["groups"].append(f"g{i}: {{description: Group {i}, members: {{filter: f{i}}}}}")
        sections["voiceFiles"].append(f"v{i}: {{text: Hello number {i}, voiceCode: en}}")
        sections["rsvpCalls"].append(
            f"c{i}: {{startTime: '2026-12-02T09:00:00Z', endTime: '2026-12-04T15:00:00Z', activeFrom: '07:00', activeTo: '15:00', "
            f"activeWeekdays: [wednesday], voiceFiles: {{start: v{i}}}, actionButtons: {{accept: 5, decline: 9}}, "
            f"receivers: [{{group: g{i}}}], acceptsWanted: 1}}"
        )
    return "".join(f"{name}:\n" + "".join(f"  {row}\n" for row in rows) for name, rows in sections.items())


def groups(number: int) -> str:
    return "groups:\n" + "".join(f"  g{i}: {{description: Group {i}}}\n" for i in range(number))


def people(world: World, number: int) -> None:
    for i in range(number):
        world.client.post(
            "/accounts", {"firstName": f"P{i}", "phone": f"+35845700000{i}", "city": f"C{i}"}, what="test"
        )


def sent_since_first_write(world: World) -> Counter[str]:
    """Requests by method and path, ids as {id}, from the first that writes on: what came before is the plan."""
    sent = [(method, re.sub(r"/\d+", "/{id}", path)) for method, path, _ in world.transport.sent]
    first = next(at for at, (method, _) in enumerate(sent) if method != "GET")
    return Counter(f"{method} {path}" for method, path in sent[first:])


# ---- how many --------------------------------------------------------------------------------------------------------

#: Requests for each object of a kind that is made alone, one after the other. Right before a launch everything that reaches
#: people is listed, the campaign twice: for what is approved, and once more right before it is sent.
ALONE = {
    "POST /accounts/filters": 1,
    "GET /accounts/filters/{id}": 1,
    "POST /groups": 1,
    "GET /groups/{id}": 2,  # read back; its count right before the launch
    "POST /groups/{id}/accounts": 1,
    "GET /groups/{id}/accounts": 2,  # confirmed; read again right before the launch
    "POST /voice_files/text_to_speech": 1,
    "GET /voice_files/{id}": 1,
    "POST /rsvp_calls": 1,
    "PUT /rsvp_calls/{id}": 1,
    "GET /rsvp_calls/{id}": 3,  # read back; right before the launch; after it
    "GET /rsvp_calls": 2,
    "GET /calls": 1,
    "GET /click_to_calls": 1,
    "GET /emails": 1,
    "GET /smses": 1,
}
#: Lists that are read once in a run before the first create of their kind; the first of them comes before the first write.
LOOKS = {"GET /groups": 1, "GET /rsvp_calls": 1, "GET /voice_files": 1}


@pytest.fixture
def several(world: World) -> World:
    people(world, 4)
    world.write(project(4))
    world.transport.sent.clear()
    return world


def test_what_is_made_one_after_the_other_takes_so_many_requests(several: World) -> None:
    assert several.apply(parallelism=1).complete
    sent = sent_since_first_write(several)
    polls = sent["GET /voice_files"] - LOOKS["GET /voice_files"]  # of voice files that are still being made
    assert polls <= 4
    sent["GET /voice_files"] -= polls
    assert sent == Counter({request: 4 * number for request, number in ALONE.items()}) + Counter(LOOKS)


@pytest.mark.parametrize("parallelism", [10, 50])
def test_what_is_made_at_the_same_time_never_takes_more(several: World, parallelism: int) -> None:
    assert several.apply(parallelism=parallelism).complete
    sent, alone = sent_since_first_write(several), Counter({request: 4 * number for request, number in ALONE.items()})
    writes = {request: number for request, number in sent.items() if not request.startswith("GET")}
    assert writes == {request: number for request, number in alone.items() if not request.startswith("GET")}
    for page, listed in (
        ("GET /accounts/filters/{id}", "GET /accounts/filters"),
        ("GET /groups/{id}", "GET /groups"),
        ("GET /voice_files/{id}", ""),
        ("GET /rsvp_calls/{id}", ""),
        ("GET /rsvp_calls", ""),
        ("GET /groups/{id}/accounts", ""),
        ("GET /calls", ""),
        ("GET /click_to_calls", ""),
        ("GET /emails", ""),
        ("GET /smses", ""),
    ):
        assert sent[page] + sent[listed] <= alone[page] + LOOKS.get(page, 0) + LOOKS.get(listed, 0)
    assert not several.plan().shown


@contextmanager
def noted_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Released by each step that waits for what another one reads."""
    waiting, lend = threading.Semaphore(0), Slots.waiting

    @contextmanager
    def noted(slots: Slots) -> Iterator[None]:
        waiting.release()
        with lend(slots):
            yield

    monkeypatch.setattr(Slots, "waiting", noted)
    yield waiting


@contextmanager
def gathered(world: World, monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """The first page of a group is not answered before so many others wait for the next read."""
    first = threading.Lock()

    def hold(method: str, path: str, body: Any) -> None:
        if method == "GET" and re.fullmatch(r"/groups/\d+", path) and first.acquire(blocking=False):
            for _ in range(number):
                assert waiting.acquire(timeout=PATIENCE)

    with noted_waits(monkeypatch) as waiting:
        world.transport.before = hold
        yield
    world.transport.before = None


@pytest.mark.parametrize("number", [10, 50])
def test_what_is_answered_during_a_read_is_read_back_by_one_list(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    world.write(groups(number))
    with gathered(world, monkeypatch, number - 1):
        assert world.apply(parallelism=number).added == number
    sent = sent_since_first_write(world)
    assert sent == {"POST /groups": number, "GET /groups/{id}": 1, "GET /groups": 1}
    assert not world.plan().shown


def test_more_is_sent_while_others_wait_for_a_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two at once, the second waits for what the first reads, and gives its place to the third, and so on."""
    world.write(groups(6))
    with gathered(world, monkeypatch, 5):
        assert world.apply(parallelism=2).added == 6
    assert sent_since_first_write(world) == {"POST /groups": 6, "GET /groups/{id}": 1, "GET /groups": 1}


def test_what_is_changed_at_the_same_time_is_read_back_by_one_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(groups(6))
    assert world.apply().added == 6
    world.write(groups(6).replace("Group", "Circle"))
    world.transport.sent.clear()
    written, first = set[str](), threading.Lock()

    def hold(method: str, path: str, body: Any) -> None:
        if method == "GET" and path in written and first.acquire(blocking=False):
            assert all(waiting.acquire(timeout=PATIENCE) for _ in range(5))

    def note(method: str, path: str, body: Any) -> None:
        if method == "PUT":
            written.add(path)

    with noted_waits(monkeypatch) as waiting:
        world.transport.before, world.transport.after = hold, note
        assert world.apply(parallelism=6).changed == 6
    world.transport.before = world.transport.after = None
    sent = sent_since_first_write(world)
    assert sent["PUT /groups/{id}"] == 6 and sent["GET /groups"] == 1
    assert set(live_groups(world).values()) == {(f"g{i}", f"Circle {i}") for i in range(6)}
    assert not world.plan().shown


# ---- what may go wrong -----------------------------------------------------------------------------------------------


def id_of(store: StateStore, name: str) -> str:
    entry = store.entry(Address("groups", name))
    assert entry is not None
    return entry.id


def live_groups(world: World) -> dict[str, tuple[str, str]]:
    return {group["groupId"]: (group["name"], group["description"]) for group in world.all("/groups")}


def assert_each_is_its_own(world: World, number: int) -> None:
    """Each address has an object of its own, with its own name and description, and a plan has nothing to do."""
    live = live_groups(world)
    with world.state() as store:
        ids = [id_of(store, f"g{i}") for i in range(number)]
    assert [live[group_id] for group_id in ids] == [(f"g{i}", f"Group {i}") for i in range(number)]
    assert not world.plan().shown and world.intents() == []


@pytest.mark.parametrize("parallelism", [1, 10, 50])
def test_answers_that_are_lost_at_once_are_told_apart_while_strangers_make_the_same_names(
    world: World, parallelism: int
) -> None:
    """Of twelve creates three are done and answered 500, three are done and cut off, two are not done and answered 503."""
    world.write(groups(12))
    world.fault(method="POST", path="/groups", when="after", status=500, skip=1, times=3)
    world.fault(method="POST", path="/groups", when="after", drop=True, skip=5, times=3)
    world.fault(method="POST", path="/groups", when="before", status=503, skip=9, times=2)
    copied = {"g3", "g7", "g11"}

    def stranger(method: str, path: str, body: Any) -> None:
        if (method, path) == ("POST", "/groups") and body["description"].startswith("Group") and body["name"] in copied:
            world.client.post("/groups", {"name": body["name"], "description": "A stranger's"}, what="test")

    world.transport.after = stranger
    summary = world.apply(parallelism=parallelism)
    world.transport.after = None
    assert summary.complete, summary
    ours = Counter(name for name, description in live_groups(world).values() if description.startswith("Group"))
    assert set(ours.values()) == {1} and len(ours) == 12
    assert_each_is_its_own(world, 12)


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, {"status": 404, "body": {}}], ids=str)
def test_a_list_that_fails_is_nobodys_failure(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr("mscode.http.session.backoff", lambda tries: 0.0)
    world.write(groups(6))
    with gathered(world, monkeypatch, 5):
        assert world.apply(
            parallelism=6, on_run=lambda run: world.fault(method="GET", path="/groups", times=None, skip=1, **fault)
        ).complete
    world.control("DELETE", "/faults")
    assert sent_since_first_write(world)["GET /groups/{id}"] == 6
    assert_each_is_its_own(world, 6)


def test_each_has_the_error_of_its_own_page_where_the_list_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(groups(6))

    def fail(run: Run) -> None:
        world.fault(method="GET", path="/groups", status=400, body={}, skip=1, times=None)
        world.fault(method="GET", path="/groups/4", status=400, body={"error": {"message": "no"}}, times=None)

    with gathered(world, monkeypatch, 5):
        summary = world.apply(parallelism=6, on_run=fail)
    world.control("DELETE", "/faults")
    name, _ = live_groups(world)["4"]
    [(address, why)] = summary.failed
    assert str(address) == f"groups.{name}" and f"groups.{name}" in why and "/groups/4" in why
    assert world.apply().complete and len(live_groups(world)) == 6
    assert_each_is_its_own(world, 6)


def test_a_list_that_is_limited_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(groups(6))
    limited = {"status": 429, "body": {}, "headers": {"retry-after": "0"}}
    with gathered(world, monkeypatch, 5):
        assert world.apply(
            parallelism=6, on_run=lambda run: world.fault(method="GET", path="/groups", skip=1, times=2, **limited)
        ).complete
    assert sent_since_first_write(world) == {"POST /groups": 6, "GET /groups/{id}": 1, "GET /groups": 3}
    assert_each_is_its_own(world, 6)


def test_ctrl_c_while_steps_wait_ends_them_and_begins_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is read back and recorded; the rest is not sent, and the next apply makes it."""
    world.write(groups(9))

    def interrupt(run: Run) -> None:
        hold = world.transport.before
        assert hold is not None

        def held_and_stopped(method: str, path: str, body: Any) -> None:
            if method == "POST" and world.posts("/groups") >= 3:
                assert run.stop.wait(PATIENCE)
            hold(method, path, body)
            if method == "GET" and re.fullmatch(r"/groups/\d+", path):
                run.interrupted = True
                run.stop.set()

        world.transport.before = held_and_stopped

    with gathered(world, monkeypatch, 2):
        summary = world.apply(parallelism=3, on_run=interrupt)
    made = world.posts("/groups")
    assert summary.added == made and not summary.failed and not summary.unknown
    assert made <= 5 and len(summary.skipped) == 9 - made
    assert world.apply().added == 9 - made
    assert_each_is_its_own(world, 9)
    assert world.posts("/groups") == 9


# ---- launches at the same time ---------------------------------------------------------------------------------------


def starts(world: World) -> None:
    world.person_sets("active", "3")


def copies(world: World) -> None:
    campaign = world.client.get("/rsvp_calls/3", what="test")
    body = {name: campaign[name] for name in campaign.keys() - {"rsvpCallId", "stats", "createdAt", "updatedAt"}}
    world.client.post("/rsvp_calls", body, what="test")


def joins(world: World) -> None:
    campaign = world.client.get("/rsvp_calls/3", what="test")
    [group_id] = {row["groupId"] for row in campaign["receivers"]}
    account = world.client.post("/accounts", {"firstName": "New", "phone": "+358457999999"}, what="test")
    world.client.post(f"/groups/{group_id}/accounts", [{"accountId": account["accountId"]}], what="test")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (starts, "somebody else started it"),
        (copies, "the live account holds another one of it"),
        (joins, "it would reach 1 person who was not in the plan"),
    ],
    ids=["starts", "copies", "joins"],
)
def test_launches_that_share_a_list_see_what_somebody_did_before_it(
    world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[World], None], why: str
) -> None:
    people(world, 4)
    world.write(project(4))
    assert world.apply(launch=False).held == 4
    third = next(live["meta"]["mscode"] for live in world.all("/rsvp_calls") if live["rsvpCallId"] == "3").split(":")[2]
    world.transport.sent.clear()

    def arm(run: Run) -> None:
        def hold(method: str, path: str, body: Any) -> None:
            if (method, path) == ("GET", "/rsvp_calls"):
                world.transport.before = None
                for _ in range(3):
                    assert waiting.acquire(timeout=PATIENCE)
                act(world)

        world.transport.before = hold

    with noted_waits(monkeypatch) as waiting:
        summary = world.apply(parallelism=4, on_run=arm)
    [(address, reason)] = summary.failed
    assert str(address) == third and why in reason
    assert summary.launched == 3
    launches = [
        path for method, path, body in world.transport.sent if method == "PUT" and ":live" in body["meta"]["mscode"]
    ]
    assert len(launches) == 3 and "/rsvp_calls/3" not in launches


def test_what_a_launch_has_looked_at_does_not_grow_old_while_others_are_launched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a launch's last look at all campaigns and its request, no more others are launched than there are slots."""
    people(world, 12)
    world.write(project(12))
    assert world.apply(launch=False).held == 12
    lock, launched, looked, others = threading.Lock(), 0, threading.local(), list[int]()

    def look(*arguments: Any) -> Any:
        with lock:
            looked.launched = launched
        return read_senders(*arguments)

    def count_launch(method: str, path: str, body: Any) -> None:
        nonlocal launched
        if method == "PUT" and path.startswith("/rsvp_calls/") and ":live" in body["meta"]["mscode"]:
            with lock:
                others.append(launched - looked.launched)
                launched += 1

    def arm(run: Run) -> None:
        world.transport.before = count_launch

    monkeypatch.setattr("mscode.engine.lifecycle.campaign.read_senders", look)
    assert world.apply(parallelism=2, on_run=arm).launched == 12
    assert len(others) == 12 and max(others) <= 2


def test_no_more_requests_are_under_way_than_there_may_be(several: World) -> None:
    """A step that waits for what another one reads leaves its place to a third, and not more than its place."""
    lock, under_way, most = threading.Lock(), 0, 0

    def begins(method: str, path: str, body: Any) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)

    def ends(method: str, path: str, body: Any) -> None:
        nonlocal under_way
        with lock:
            under_way -= 1

    def arm(run: Run) -> None:
        several.transport.before, several.transport.after = begins, ends

    assert several.apply(parallelism=3, on_run=arm).complete
    assert most == 3
