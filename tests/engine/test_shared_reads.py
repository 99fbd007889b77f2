"""What several steps read at the same time is answered by one list, and never by one that was begun before they asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from mscode.api.client import Reader
from mscode.engine.account import shared_reads
from mscode.engine.account.shared_reads import SharedReads
from mscode.engine.account.target import Account, Target
from mscode.engine.apply.slots import Slots
from mscode.errors import ApiError, MscodeError
from mscode.model.kind import registry
from mscode.model.world import Live

GROUP = registry()["groups"]
PATIENCE = 20.0


class Service:
    """Groups by id. `before` are called with each request, before its answer is made."""

    parallelism = 10

    def __init__(self, *ids: str) -> None:
        self.groups = {live_id: {"groupId": live_id, "name": f"Group {live_id}"} for live_id in ids}
        self.requests: list[str] = []
        self.before: list[Callable[[str], object]] = []

    def get(self, path: str, *, what: str) -> Any:
        self._asked(path)
        group = self.groups.get(path.rpartition("/")[2])
        if group is None:
            raise ApiError(f"GET {path} ({what}): not found", status=404)
        return dict(group)

    def rows(self, path: str, take: Callable[[dict[str, Any]], Any], *, what: str) -> list[Any]:
        self._asked(path)
        return [take(dict(group)) for group in self.groups.values()]

    def _asked(self, path: str) -> None:
        self.requests.append(path)
        for act in self.before:
            act(path)


class Steps:
    """Steps that read groups at the same time; what each got, or its error, in the order in which they asked."""

    def __init__(self, service: Service) -> None:
        self.service, self.reads = service, SharedReads()
        self.shows: Callable[[Live], bool] = lambda live: True
        self.account = Account(cast(Reader, service), Target("p", "e", "u", {"groups": "/groups"}, None, Path()))
        self.waiting, self.futures = threading.Semaphore(0), list[Future[Live]]()
        self.reads.waiting = self._note
        self.pool = ThreadPoolExecutor(30)

    @contextmanager
    def _note(self) -> Iterator[None]:
        self.waiting.release()
        yield

    def ask(self, live_id: str) -> None:
        label = f"groups.g{live_id}"
        self.futures.append(self.pool.submit(self.reads.page, self.account, GROUP, live_id, label, self.shows))

    def ask_and_wait(self, *ids: str) -> None:
        """Ask for these too, until each of them waits for what is being read."""
        for live_id in ids:
            self.ask(live_id)
        for _ in ids:
            assert self.waiting.acquire(timeout=PATIENCE)

    def answers(self) -> list[str]:
        return [_answer(future) for future in self.futures]


def _answer(future: Future[Live]) -> str:
    try:
        return str(future.result(PATIENCE).fields["name"])
    except MscodeError as error:
        return error.diagnostics[0].summary


@contextmanager
def held(steps: Steps, nth: int = 1) -> Iterator[None]:
    """The nth request is not answered before the end of the block, which begins when it is under way."""
    begun, go = threading.Event(), threading.Event()

    def hold(request: str) -> None:
        if len(steps.service.requests) == nth:
            begun.set()
            assert go.wait(PATIENCE)

    steps.service.before.append(hold)
    steps.ask(min(steps.service.groups))
    assert begun.wait(PATIENCE)
    yield
    go.set()


IDS = [str(number) for number in range(10, 20)]


def test_who_is_alone_reads_the_page() -> None:
    steps = Steps(Service(*IDS))
    for live_id in IDS[:3]:
        steps.ask(live_id)
        steps.answers()
    assert steps.service.requests == [f"/groups/{live_id}" for live_id in IDS[:3]]


def test_who_asks_during_a_read_is_answered_by_one_list() -> None:
    steps = Steps(Service(*IDS))
    with held(steps):
        steps.ask_and_wait(*IDS[1:])
    assert steps.answers() == [f"Group {live_id}" for live_id in IDS]
    assert steps.service.requests == ["/groups/10", "/groups"]


def test_a_list_that_was_begun_before_the_question_answers_nobody() -> None:
    service = Service(*IDS)
    steps = Steps(service)
    begun, go = threading.Event(), threading.Event()
    with held(steps):
        steps.ask_and_wait("11", "12")

        def hold(request: str) -> None:
            if request == "/groups" and not begun.is_set():
                begun.set()
                assert go.wait(PATIENCE)

        service.before.append(hold)
    assert begun.wait(PATIENCE)
    steps.ask_and_wait("13", "14")
    service.groups["14"]["name"] = "Renamed since"
    go.set()
    assert steps.answers() == ["Group 10", "Group 11", "Group 12", "Group 13", "Renamed since"]
    assert service.requests == ["/groups/10", "/groups", "/groups"]


def test_a_row_that_does_not_show_what_was_written_proves_nothing() -> None:
    steps = Steps(Service(*IDS))
    steps.shows = lambda live: live.id != "13"
    with held(steps):
        steps.ask_and_wait("12", "13", "14")
    assert steps.answers() == ["Group 10", "Group 12", "Group 13", "Group 14"]
    assert steps.service.requests == ["/groups/10", "/groups", "/groups/13"]


def test_what_the_list_leaves_out_is_read_by_its_id() -> None:
    service = Service(*IDS)
    steps = Steps(service)
    hidden = service.groups.pop("13")
    with held(steps):
        steps.ask_and_wait("12", "13", "99")

        def show_again(request: str) -> None:
            if request.endswith("/13"):
                service.groups["13"] = hidden

        service.before.append(show_again)
    assert steps.answers() == ["Group 10", "Group 12", "Group 13", "GET /groups/99 (groups.g99): not found"]
    assert sorted(service.requests) == ["/groups", "/groups/10", "/groups/13", "/groups/99"]


def test_where_the_list_fails_each_reads_its_own_and_has_its_own_error() -> None:
    service = Service(*IDS)
    steps = Steps(service)
    with held(steps):
        steps.ask_and_wait("11", "12", "13")

        def fail(request: str) -> None:
            if request in ("/groups", "/groups/12"):
                raise ApiError(f"GET {request}: answered 500", status=500)

        service.before.append(fail)
    assert steps.answers() == ["Group 10", "Group 11", "GET /groups/12: answered 500", "Group 13"]


def test_a_row_out_of_form_is_the_trouble_of_its_own_step() -> None:
    service = Service(*IDS)
    steps = Steps(service)
    service.groups["12"]["name"] = cast(Any, 7)
    with held(steps):
        steps.ask_and_wait("11", "12", "13")
    first, second, third, fourth = steps.answers()
    assert (first, second, fourth) == ("Group 10", "Group 11", "Group 13")
    assert third == "The service's group with id 12 cannot be read"


def test_others_go_on_where_the_one_that_reads_breaks_off() -> None:
    service = Service(*IDS)
    steps = Steps(service)
    with held(steps):
        steps.ask_and_wait("11", "12", "13")

        def break_off(request: str) -> None:
            if request == "/groups":
                raise KeyboardInterrupt

        service.before.append(break_off)
    ended = [future.exception(PATIENCE) for future in steps.futures]
    assert sum(isinstance(error, KeyboardInterrupt) for error in ended) == 1 and ended.count(None) == 3


@pytest.mark.parametrize(
    ("rows", "requests"),
    [(300, ["/groups", "/groups/10"]), (301, ["/groups/10", "/groups/11", "/groups/12", "/groups/13"])],
)
def test_a_list_of_too_many_rows_for_each_who_waits_is_not_read(rows: int, requests: list[str]) -> None:
    steps = Steps(Service(*IDS))
    steps.reads.rows["groups"] = rows
    with held(steps):
        steps.ask_and_wait("11", "12", "13")
    steps.answers()
    assert sorted(steps.service.requests) == requests


def test_nobody_waits_where_no_list_can_be_worth_it() -> None:
    steps = Steps(Service(*IDS))
    steps.reads.rows["groups"] = shared_reads.ROWS_EACH * Service.parallelism + 1
    with held(steps):
        steps.ask("11")
        assert _answer(steps.futures[-1]) == "Group 11"


def test_a_whole_list_is_read_once_for_all_who_wait_for_it() -> None:
    steps = Steps(Service(*IDS))
    lists: list[Future[dict[str, Live]]] = []

    def ask() -> None:
        lists.append(steps.pool.submit(steps.reads.whole_list, steps.account, GROUP))

    begun, go = threading.Event(), threading.Event()

    def hold(request: str) -> None:
        begun.set()
        assert go.wait(PATIENCE)

    steps.service.before.append(hold)
    ask()
    assert begun.wait(PATIENCE)
    for _ in range(4):
        ask()
        assert steps.waiting.acquire(timeout=PATIENCE)
    steps.service.groups["77"] = {"groupId": "77", "name": "Made meanwhile"}
    go.set()
    every = [future.result(PATIENCE) for future in lists]
    assert all("77" in listed for listed in every[1:]) and steps.service.requests == ["/groups", "/groups"]
    assert len({id(listed) for listed in every}) == 5  # each has one of its own


def test_a_whole_list_that_fails_fails_for_all_who_wait_for_it() -> None:
    steps = Steps(Service(*IDS))
    begun, go = threading.Event(), threading.Event()

    def fail(request: str) -> None:
        begun.set()
        assert go.wait(PATIENCE)
        raise ApiError("GET /groups (groups): answered 500", status=500)

    steps.service.before.append(fail)
    lists = [steps.pool.submit(steps.reads.whole_list, steps.account, GROUP)]
    assert begun.wait(PATIENCE)
    for _ in range(3):
        lists.append(steps.pool.submit(steps.reads.whole_list, steps.account, GROUP))
        assert steps.waiting.acquire(timeout=PATIENCE)
    go.set()
    assert all(isinstance(future.exception(PATIENCE), ApiError) for future in lists)
    assert steps.service.requests == ["/groups", "/groups"]


def test_a_step_that_holds_the_last_slot_may_wait_for_what_others_wait_for() -> None:
    """A step waits for its own helpers, which ask while another step that has lent its slot waits for the same read."""
    steps, slots, lent = Steps(Service(*IDS)), Slots(1, on_free=lambda: None), threading.Event()

    @contextmanager
    def lend() -> Iterator[None]:
        lent.set()
        with steps._note(), slots.waiting():
            yield

    def read(live_id: str) -> Live:
        return steps.reads.page(steps.account, GROUP, live_id, live_id, lambda live: True)

    def lone_step() -> Live:
        with slots.held():
            return read("11")

    def step_with_helpers() -> list[Live]:
        with slots.held():
            return [
                helper.result(PATIENCE) for helper in [steps.pool.submit(read, live_id) for live_id in ("12", "13")]
            ]

    steps.reads.waiting = lend
    with held(steps):
        assert slots.begin()
        lone = steps.pool.submit(lone_step)
        assert lent.wait(PATIENCE) and steps.waiting.acquire(timeout=PATIENCE)
        while not slots.begin():
            pass
        helped = steps.pool.submit(step_with_helpers)
        assert all(steps.waiting.acquire(timeout=PATIENCE) for _ in range(2))
    assert [live.id for live in helped.result(PATIENCE)] == ["12", "13"] and lone.result(PATIENCE).id == "11"
    assert steps.service.requests == ["/groups/10", "/groups"]


# ---- slots -----------------------------------------------------------------------------------------------------------


def test_a_step_that_waits_gives_its_slot_to_another_and_goes_on_before_a_new_one() -> None:
    freed: list[None] = []
    slots = Slots(1, on_free=lambda: freed.append(None))
    assert slots.begin() and not slots.begin()
    inside, leave, back = threading.Event(), threading.Event(), threading.Event()

    def step() -> None:
        with slots.held():
            with slots.waiting():
                inside.set()
                assert leave.wait(PATIENCE)
            back.set()

    waiter = threading.Thread(target=step)
    waiter.start()
    assert inside.wait(PATIENCE) and len(freed) == 1
    assert slots.begin() and not slots.begin()
    leave.set()
    assert not back.wait(0.01)  # the other one has the slot
    with slots.held():
        assert not slots.begin()
    assert back.wait(PATIENCE)
    waiter.join()
    assert slots.begin() and not slots.begin()


def test_a_thread_without_a_slot_gives_none_away() -> None:
    slots = Slots(1, on_free=lambda: None)
    assert slots.begin()
    with slots.held(), ThreadPoolExecutor(2) as others:

        def wait() -> bool:
            with slots.waiting():
                return slots.begin()

        assert not any(others.submit(wait).result(PATIENCE) for _ in range(2))


def test_no_more_steps_begin_than_there_are_threads_for() -> None:
    slots, begun, leave = Slots(2, on_free=lambda: None), 0, threading.Event()

    def step(inside: threading.Event) -> None:
        with slots.held(), slots.waiting():
            inside.set()
            assert leave.wait(PATIENCE)

    with ThreadPoolExecutor(20) as pool:
        while begun < 20 and slots.begin():
            begun += 1
            inside = threading.Event()
            pool.submit(step, inside)
            assert inside.wait(PATIENCE)
        leave.set()
    assert begun == slots.most_begun == 8


def test_no_more_launches_begin_than_there_are_slots() -> None:
    slots, inside, leave = Slots(2, on_free=lambda: None), threading.Semaphore(0), threading.Event()

    def step() -> None:
        with slots.held(launches=True), slots.waiting():
            inside.release()
            assert leave.wait(PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            assert slots.begin(launches=True)
            pool.submit(step)
            assert inside.acquire(timeout=PATIENCE)
        assert not slots.begin(launches=True)
        assert slots.begin()  # what launches nothing goes on
        with slots.held():
            leave.set()
    assert slots.begin(launches=True)
