"""The create protocol: nothing is made twice, whatever is lost and whenever (reconcile §5)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.address import Address
from mscode.engine import create as create_module
from mscode.engine.run import Run
from mscode.engine.settle import AGREEING, MOST, NotSettledError, until_settled
from mscode.errors import PlanError, UnknownOutcome
from mscode.kind import Kind, registry
from mscode.plan import lost, scope
from mscode.plan.change import Action
from mscode.plan.lost import judge
from mscode.plan.scene import Options
from mscode.state import journal
from mscode.state.local import LocalState
from mscode.state.store import StateStore
from mscode.world import Intent, Life, Live, Marker
from tests.engine.review_world import Crash, World, change_of
from tests.engine.test_review import TOMORROW, campaign

GROUP = "groups: {donors: {description: Donors}}"
DONORS = Address("groups", "donors")
INVITE = "rsvpCalls.invite"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("mscode.engine.apply.POLL_SECONDS", 0.01)
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a section one whose create by itself reaches people."""

    def hold(section: str) -> None:
        def held(kind: Kind) -> bool:
            return kind.section == section

        for module in (lost, scope, create_module):
            monkeypatch.setattr(module, "held_when_unknown", held)

    return hold


def names(world: World, path: str = "/groups") -> list[str]:
    return [one.get("name", "") for one in world.all(path)]


def note_kinds(world: World) -> list[str]:
    return [note.kind for note in world.plan().notes]


# ---- intent ----------------------------------------------------------------------------------------------------------


def test_the_intent_is_on_the_disk_before_anything_is_sent(world: World) -> None:
    seen: list[list[str]] = []

    def look(method: str, path: str, body: Any) -> None:
        if method == "POST":
            seen.append(world.intents())

    world.write(GROUP)
    world.transport.before = look
    world.apply()
    assert seen == [["groups.donors"]] and world.intents() == []


def test_the_intent_names_what_matched_before_the_send(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers="{group: donors}"))
    world.crash("POST", "/rsvp_calls", "before")
    with world.state() as store:
        intent = store.known.intents[Address("rsvpCalls", "invite")]
    assert (intent.generation, intent.matches) == (2, ("1",)) and intent.body_digest.startswith("hmac:")


def test_creates_that_begin_at_the_same_time_share_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wave of ten costs the write that the first is in, and one for the nine that came meanwhile."""
    store = StateStore.open(LocalState(tmp_path / ".mscode" / "x"), "p", "x", "sandbox:")
    writing, go, writes = threading.Event(), threading.Event(), []
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        writes.append(descriptor)
        writing.set()
        assert go.wait(20)
        fsync(descriptor)

    monkeypatch.setattr(journal.os, "fsync", slow)
    threads = [
        threading.Thread(target=store.begin, args=([Intent(Address("groups", f"g{at}"), 1, f"{at}", "d")],))
        for at in range(10)
    ]
    threads[0].start()
    assert writing.wait(20)
    for thread in threads[1:]:
        thread.start()
    while len(store.known.intents) < 10:  # all have said what they begin, and wait for the disk
        threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join()
    assert len(writes) == 2 and len(store.known.intents) == 10
    store.close()


# ---- look ------------------------------------------------------------------------------------------------------------


def test_one_like_it_that_appeared_since_the_plan_is_stale_and_nothing_is_sent(world: World) -> None:
    world.write(GROUP)
    theirs = {"name": "donors", "description": "Theirs"}
    summary = world.apply(meanwhile=lambda: world.client.post("/groups", theirs, what="test"))
    assert "one like it appeared since the plan was made (id 1)" in summary.failed[0][1]
    assert world.posts("/groups") == 1 and world.intents() == []


def test_a_kind_is_listed_once_before_its_creates(world: World) -> None:
    world.write("groups: {a: {description: x}, b: {description: x}, c: {description: x}}")
    world.plan()
    world.transport.sent.clear()
    world.apply()
    assert sum((m, p) == ("GET", "/groups") for m, p, _ in world.transport.sent) == 2  # the plan's, and the look


# ---- the three outcomes ----------------------------------------------------------------------------------------------


def test_a_refused_create_leaves_no_intent(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=422, body={"error": {"message": "no"}})
    assert world.apply().failed and world.intents() == []
    assert world.apply().added == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 500},
        {"status": 504},
        {"status": 408, "body": {}},
        {"status": 409, "body": {}},
        {"status": 425, "body": {}},
        {"drop": True},
        {"status": 201, "body": {}},
        {"status": 302, "headers": {"location": "https://elsewhere.example.com/groups"}},
        {"status": 400, "body": "<html>", "headers": {"content-type": "text/html"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_unclear_answer_is_settled_by_looking(world: World, when: str, fault: dict[str, Any]) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", when=when, **fault)
    summary = world.apply()
    assert (summary.complete, summary.added, names(world)) == (True, 1, ["donors"])
    assert world.posts("/groups") == (2 if when == "before" else 1)
    assert world.intents() == [] and not world.plan().shown


def test_what_is_inert_is_sent_once_more_in_a_run_and_not_again(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=503, times=None)
    summary = world.apply()
    assert summary.unknown and world.posts("/groups") == 2 and world.intents() == ["groups.donors"]


def test_a_refusal_after_an_unknown_outcome_does_not_clear_the_intent(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=503)
    world.fault(method="POST", path="/groups", status=422, body={"error": {"message": "no"}})
    assert world.apply().failed
    assert world.intents() == ["groups.donors"]


def test_a_list_that_lags_behind_is_not_taken_for_an_answer(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", when="after", drop=True)
    world.fault(method="GET", path="/groups", status=200, body=[], skip=2, times=AGREEING)
    assert world.apply().complete
    assert world.posts("/groups") == 1 and names(world) == ["donors"]


def test_a_look_that_fails_leaves_the_outcome_unknown(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", when="after", drop=True)
    world.fault(method="GET", path="/groups", status=400, body={}, skip=2)
    assert world.apply().unknown and world.intents() == ["groups.donors"]
    assert world.apply().imported == 1 and names(world) == ["donors"]


def test_ctrl_c_while_looking_leaves_the_outcome_unknown_and_sends_nothing_more(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=503)

    def arm(run: Run) -> None:
        def stop(method: str, path: str, body: Any) -> None:
            if method == "GET" and world.posts("/groups"):
                run.stop.set()

        world.transport.before = stop

    assert world.apply(on_run=arm).unknown
    assert world.posts("/groups") == 1 and world.intents() == ["groups.donors"]


def test_a_redirect_is_not_followed(world: World) -> None:
    world.write(GROUP)
    there = "http://sandbox.local/v1/groups"
    world.fault(method="POST", path="/groups", status=307, headers={"location": there}, times=None)
    assert world.apply().unknown
    assert world.posts("/groups") == 2 and world.all("/groups") == []


def test_a_429_is_waited_for_looked_at_and_sent_again(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=429, body={}, headers={"retry-after": "0"})
    assert world.apply().added == 1
    assert world.posts("/groups") == 2 and names(world) == ["donors"]


def test_a_429_during_which_it_appears_is_not_sent_again(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", when="after", status=429, body={}, headers={"retry-after": "0"})
    assert world.apply().complete
    assert world.posts("/groups") == 1 and names(world) == ["donors"]


def test_a_wait_of_more_than_a_minute_fails_the_step(world: World) -> None:
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=429, body={}, headers={"retry-after": "61"})
    summary = world.apply()
    assert summary.failed and world.posts("/groups") == 1 and world.intents() == []


# ---- several, and none -----------------------------------------------------------------------------------------------


def twice(world: World) -> None:
    """A proxy on the way sends the create of a campaign a second time, and loses the answer."""
    world.transport.sends = lambda method, path: 2 if (method, path) == ("POST", "/rsvp_calls") else 1
    world.fault(method="POST", path="/rsvp_calls", when="after", drop=True, skip=1)


def test_a_twin_that_a_proxy_made_is_deleted(world: World) -> None:
    world.write(campaign(TOMORROW))
    twice(world)
    assert world.apply().launched == 1
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["1"]
    assert not world.plan().shown and world.intents() == []


def test_twins_of_a_crashed_run_are_shown_as_deletes_and_go_before_the_launch(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.transport.sends = lambda method, path: 2 if (method, path) == ("POST", "/rsvp_calls") else 1
    world.crash("POST", "/rsvp_calls")
    world.transport.sends = lambda method, path: 1
    plan = world.plan()
    (twin,) = [c for c in plan.changes if c.lost]
    assert (twin.action, twin.live.id if twin.live else "", twin.lost) == (Action.DELETE, "2", "twin")
    assert "made twice" in twin.reason and change_of(plan, INVITE).import_id == "1"
    assert world.apply().launched == 1
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["1"] and not world.plan().shown


def test_a_twin_that_somebody_changed_is_left_alone_and_told(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.transport.sends = lambda method, path: 2 if (method, path) == ("POST", "/rsvp_calls") else 1
    world.crash("POST", "/rsvp_calls")
    world.transport.sends = lambda method, path: 1
    world.put("/rsvp_calls/2", acceptsWanted=7)
    assert note_kinds(world) == ["duplicate"]
    summary = world.apply()
    assert len(world.all("/rsvp_calls")) == 2 and summary.launched == 0


def test_a_twin_that_is_started_while_it_is_deleted_is_left_alone(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.transport.sends = lambda method, path: 2 if (method, path) == ("POST", "/rsvp_calls") else 1
    world.crash("POST", "/rsvp_calls")
    world.transport.sends = lambda method, path: 1
    world.apply(meanwhile=lambda: world.person_sets("active", "2"), launch=False)
    assert [one["rsvpCallId"] for one in world.all("/rsvp_calls")] == ["1", "2"]


def test_two_that_call_people_are_for_a_person_to_tell_apart(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.transport.sends = lambda method, path: 2 if (method, path) == ("POST", "/rsvp_calls") else 1
    world.crash("POST", "/rsvp_calls")
    world.transport.sends = lambda method, path: 1
    for one in ("1", "2"):
        world.person_sets("active", one)
    plan = world.plan()
    assert plan.is_held and [note.kind for note in plan.notes] == ["unknown-outcome"]
    assert "ids 1 and 2" in plan.notes[0].detail and INVITE not in {str(c.address) for c in plan.changes}
    world.apply()
    assert len(world.all("/rsvp_calls")) == 2 and world.intents() == [INVITE]


def test_what_reaches_people_is_held_and_sent_once(world: World, holds: Any) -> None:
    holds("groups")
    world.write(campaign(TOMORROW))
    world.fault(method="POST", path="/groups", status=503)
    summary = world.apply()
    assert [str(address) for address, _ in summary.unknown] == ["groups.donors"]
    assert [str(address) for address, _ in summary.skipped] == [INVITE]
    for _ in range(2):
        plan = world.plan()
        waits, unknown = plan.notes
        assert plan.is_held and (unknown.address, unknown.text) == ("groups.donors", "outcome unknown")
        assert "mscode resolve groups.donors --adopt ID" in unknown.detail
        assert (waits.address, waits.kind) == (INVITE, "waits") and not plan.shown
        world.apply()
    assert world.posts("/groups") == 1 and world.intents() == ["groups.donors"]


def test_what_is_held_is_taken_in_where_it_is_found(world: World, holds: Any) -> None:
    holds("groups")
    world.write(GROUP)
    world.crash("POST", "/groups")
    assert change_of(world.plan(), "groups.donors").import_id == "1"
    assert world.apply().imported == 1 and world.posts("/groups") == 1


def test_campaigns_are_held_where_the_service_loses_their_marker(world: World) -> None:
    world.write(campaign(TOMORROW))

    def strip(method: str, path: str, body: Any) -> None:
        if method == "POST" and path == "/rsvp_calls":
            world.transport.after = None
            world.put("/rsvp_calls/1", meta={})

    world.transport.after = strip
    assert "did not keep the ownership marker" in world.apply(launch=False).failed[0][1]
    second = campaign(TOMORROW).partition("rsvpCalls:\n  invite:")[2]
    world.write(f"{campaign(TOMORROW)}  second:{second}")
    world.fault(method="POST", path="/rsvp_calls", status=503)
    summary = world.apply(launch=False)
    assert [str(address) for address, _ in summary.unknown] == ["rsvpCalls.second"]
    assert world.plan().is_held and world.posts("/rsvp_calls") == 2


# ---- the rules, without a service ------------------------------------------------------------------------------------


def live(
    live_id: str, *, state: str = "halt", dials: int = 0, generation: int = 1, phase: str = "new", **more: Any
) -> Live:
    marker = Marker("review", "sandbox", INVITE, generation, phase)
    fields = {rule.name: rule.default for rule in registry()["rsvpCalls"].fields} | {"state": state}
    return Live("rsvpCalls", live_id, fields | more.pop("fields", {}), {}, life=Life(state, dials, marker), **more)


def verdict(*found: Live, matches: tuple[str, ...] = (), generation: int = 1) -> lost.Verdict:
    intent = Intent(Address("rsvpCalls", "invite"), generation, "op", "digest", matches)
    return judge(registry()["rsvpCalls"], intent, found)


def ids(found: tuple[Live, ...]) -> list[str]:
    return [one.id for one in found]


def test_what_matched_before_is_not_what_was_made() -> None:
    assert verdict(live("3"), matches=("3",)).kept is None
    assert verdict(live("3"), live("4"), matches=("3",)).kept == live("4")


def test_ids_tell_what_is_new_and_clocks_do_not() -> None:
    old, new = live("4", created_at="2030-01-01T00:00:00Z"), live("5", created_at="2001-01-01T00:00:00Z")
    assert verdict(old, new, matches=("4",)).kept == new


def test_of_several_the_one_that_is_not_inert_is_it() -> None:
    found = verdict(live("3"), live("4", state="active"), live("5"))
    assert found.kept == live("4", state="active") and ids(found.twins) == ["3", "5"]
    assert verdict(live("3"), live("4", dials=1)).kept == live("4", dials=1)


def test_of_two_that_are_not_inert_nobody_may_choose() -> None:
    found = verdict(live("10", state="active"), live("9", dials=2), live("1"))
    assert found.kept is None and ids(found.rivals) == ["9", "10"] and not found.twins


def test_of_inert_ones_the_highest_generation_and_then_the_lowest_id_is_it() -> None:
    found = verdict(live("10"), live("9"), live("4", generation=2))
    assert found.kept == live("4", generation=2) and not found.twins and ids(found.others) == ["9", "10"]
    assert ids(verdict(live("10"), live("9")).twins) == ["10"]


def test_one_of_an_older_generation_is_not_what_was_made() -> None:
    found = verdict(live("4", generation=1), generation=2)
    assert found.kept is None and ids(found.others) == ["4"]


@pytest.mark.parametrize(
    "other",
    [
        live("5", dials=1, phase="live"),
        live("5", phase="held"),
        live("5", fields={"acceptsWanted": 9}),
        live("5", generation=2),
    ],
)
def test_only_an_inert_one_that_is_the_same_in_everything_is_a_twin(other: Live) -> None:
    assert not lost.is_twin(registry()["rsvpCalls"], live("4"), other)
    assert lost.is_twin(registry()["rsvpCalls"], live("4"), live("5"))


def test_two_reads_must_agree_some_time_apart() -> None:
    seen, waits = iter([1, 1, 2, 2, 2, 2, 3]), []
    assert until_settled(lambda: next(seen), 30, waits.append, lambda one: one) == 2
    assert sum(waits[-AGREEING:]) == pytest.approx(30) and len(waits) == 5


def test_a_list_that_never_settles_is_no_answer() -> None:
    numbers = iter(range(1000))
    with pytest.raises(NotSettledError):
        until_settled(lambda: next(numbers), 0, lambda seconds: None, lambda one: one)
    assert next(numbers) == MOST + 1


# ---- the next run ----------------------------------------------------------------------------------------------------


def test_a_create_that_was_done_before_the_crash_is_taken_in(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.at("2025-01-01T00:00:00Z")  # a clock that jumps decides nothing
    change = change_of(world.plan(), "groups.donors")
    assert (change.import_id, change.origin) == ("1", "created") and "when the answer was lost" in change.reason
    assert world.apply().imported == 1
    assert world.posts("/groups") == 1 and not world.plan().shown and world.intents() == []


def test_a_create_that_was_not_done_before_the_crash_is_shown_again(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    change = change_of(world.plan(), "groups.donors")
    assert change.action is Action.CREATE and "nothing of it is found" in change.reason
    assert world.apply().added == 1
    assert names(world) == ["donors"] and world.intents() == []


def test_an_account_that_nothing_identifies_is_found_by_all_that_was_sent(world: World) -> None:
    world.client.post("/accounts", {"firstName": "Nobody"}, what="somebody else")
    world.write("accounts: {nobody: {firstName: Nobody}}")
    world.crash("POST", "/accounts")
    assert change_of(world.plan(), "accounts.nobody").import_id == "2"
    assert world.apply().complete and len(world.all("/accounts")) == 2 and not world.plan().shown


def test_a_plan_shows_what_it_would_settle_and_changes_nothing(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.crash("POST", "/rsvp_calls")
    files = {path: path.read_bytes() for path in world.environment.folder.iterdir() if path.name != "sandbox.db"}
    world.transport.sent.clear()
    assert change_of(world.plan(), INVITE).import_id == "1"
    assert {method for method, _, _ in world.transport.sent} == {"GET"}
    assert files == {path: path.read_bytes() for path in world.environment.folder.iterdir()}


def test_an_apply_waits_until_the_lists_settle_before_it_plans(world: World) -> None:
    project = world.folder / "mscode.yaml"
    project.write_text(project.read_text().replace("settleSeconds: 0", "settleSeconds: 12"))
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.fault(method="GET", path="/groups", status=200, body=[], times=2)
    assert world.apply().imported == 1
    assert sum(world.waits[-AGREEING:]) == pytest.approx(12) and len(world.waits) == AGREEING + 2
    assert world.posts("/groups") == 1


def test_an_apply_with_nothing_open_waits_for_nothing(world: World) -> None:
    world.write(GROUP)
    world.apply()
    assert world.waits == []


def test_nothing_is_planned_on_lists_that_do_not_settle(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    real = world.all("/groups")
    for _ in range(MOST):
        world.fault(method="GET", path="/groups", status=200, body=[])
        world.fault(method="GET", path="/groups", status=200, body=real)
    world.transport.sent.clear()
    with pytest.raises(UnknownOutcome, match="not settled"):
        world.apply()
    assert {method for method, _, _ in world.transport.sent} == {"GET"}


def test_one_that_appears_after_the_plan_is_taken_and_not_made_again(world: World) -> None:
    """The lists had settled without it, and then the old request was carried out after all."""
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    body = next(body for method, path, body in [("POST", "/groups", {"name": "donors", "description": "Donors"})])
    summary = world.apply(meanwhile=lambda: world.client.post("/groups", body, what="late"))
    assert summary.complete and world.posts("/groups") == 1 and names(world) == ["donors"]
    assert not world.plan().shown


def test_a_create_whose_manifest_is_gone_is_taken_back(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.client.post("/groups", {"name": "donors", "description": "Somebody else's"}, what="test")
    world.write("groups: {}")
    (change,) = world.plan().shown
    assert (change.action, change.lost, change.live.id if change.live else "") == (Action.DELETE, "orphan", "1")
    assert "no manifest wants it" in change.reason
    assert world.apply(Options(override=frozenset({"emptyProject"}))).destroyed == 1
    assert [one["description"] for one in world.all("/groups")] == ["Somebody else's"] and world.intents() == []


def test_a_campaign_whose_manifest_is_gone_is_taken_back(world: World) -> None:
    text = campaign(TOMORROW)
    world.write(text)
    world.crash("POST", "/rsvp_calls")
    world.write(text[: text.index("rsvpCalls:")])
    assert world.apply().destroyed == 1
    assert world.all("/rsvp_calls") == [] and world.intents() == [] and not world.plan().shown


def test_a_create_of_which_nothing_is_found_and_that_nobody_wants_is_forgotten(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    world.write("groups: {}")
    (change,) = world.plan().shown
    assert (change.action, change.lost) == (Action.FORGET, "nothing")
    assert world.apply().forgotten == 1 and world.intents() == []


def test_a_held_create_whose_manifest_is_gone_stays_held(world: World, holds: Any) -> None:
    holds("groups")
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    world.write("groups: {}")
    plan = world.plan()
    assert plan.is_held and not plan.shown
    world.apply()
    assert world.intents() == ["groups.donors"]


def test_destroy_takes_back_what_was_being_created(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    assert world.apply(Options(destroy=True)).destroyed == 1
    assert world.all("/groups") == [] and world.intents() == []


def test_a_create_whose_manifest_got_another_name_is_found_under_it(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.write("groups: {givers: {name: donors, description: Donors, renamedFrom: donors}}")
    assert change_of(world.plan(), "groups.givers").import_id == "1"
    assert world.apply().complete
    assert world.posts("/groups") == 1 and world.intents() == [] and not world.plan().shown


def test_one_that_was_deleted_and_is_being_made_again_has_no_twin(world: World) -> None:
    world.write(GROUP)
    world.apply()
    world.client.delete("/groups/1", what="test")
    world.crash("POST", "/groups")
    assert change_of(world.plan(), "groups.donors").import_id == "2"
    assert world.apply().complete and world.posts("/groups") == 2 and not world.plan().shown


def test_a_replacement_that_keeps_the_old_one_is_found_after_a_crash(world: World) -> None:
    world.write(campaign(accepts=3, members="anna, erik"))
    world.apply()
    world.at("2026-12-01T09:00:02Z")
    assert world.rung()
    again = Options(replace=frozenset({Address("rsvpCalls", "invite")}), override=frozenset({"acceptsWanted"}))
    world.crash("POST", "/rsvp_calls", options=again)
    assert change_of(world.plan(), INVITE).import_id == "2"
    assert world.apply().launched == 1
    assert world.posts("/rsvp_calls") == 2 and not world.plan().shown


# ---- made halted, and yet dialling -----------------------------------------------------------------------------------


def make_active(world: World, when: str) -> None:
    """The service takes a campaign that is made halted, and starts it."""

    def start(method: str, path: str, body: Any) -> None:
        if method == "POST" and path == "/rsvp_calls":
            world.put("/rsvp_calls/1", state="active")

    setattr(world.transport, when, start)


@pytest.mark.parametrize("crash_at", ["/rsvp_calls", "/rsvp_calls/1"])
def test_a_create_of_our_own_that_came_back_dialling_is_halted_before_anything_else(
    world: World, crash_at: str
) -> None:
    world.write(campaign(TOMORROW))
    if crash_at == "/rsvp_calls":
        world.crash("POST", crash_at)
    else:
        world.crash("GET", crash_at, "before")
    world.person_sets("active")
    world.transport.sent.clear()
    summary = world.apply(launch=False)
    first = next((m, p, b) for m, p, b in world.transport.sent if m != "GET")
    assert first[:2] == ("PUT", "/rsvp_calls/1") and first[2]["state"] == "halt"
    assert summary.held == 1 and world.campaign()["state"] == "halt" and world.intents() == []
    assert any("came back waitingToActive" in getattr(event, "text", "") for event in world.events)


# ---- second objects --------------------------------------------------------------------------------------------------


def copied(world: World) -> None:
    """Somebody copies the campaign in the web interface, with all its meta."""
    body = {k: v for k, v in world.campaign().items() if k not in ("rsvpCallId", "stats", "createdAt", "updatedAt")}
    body["receivers"] = [{"phone": "+358405550777"}]
    world.client.post("/rsvp_calls", {**body, "state": "halt"}, what="test")


def test_a_second_object_of_one_address_is_told_in_every_plan(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    copied(world)
    (note,) = world.plan().notes
    assert note.kind == "duplicate" and "is id 1, and id 2 carries its mark as well" in note.text
    assert not world.plan().shown


def test_what_is_there_twice_is_not_launched(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    copied(world)
    with pytest.raises(PlanError, match="is id 1, and id 2 carries its mark as well"):
        world.plan()


# ---- what rings and is no create -------------------------------------------------------------------------------------


def launch_reason(world: World) -> str:
    change = change_of(world.plan(), INVITE)
    return change.launch.reason if change.launch else ""


def test_a_launch_that_was_not_sent_before_the_crash_is_shown_again(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.crash("PUT", "/rsvp_calls/1", "before")
    with world.state() as store:
        entry = store.entry(Address("rsvpCalls", "invite"))
    assert entry is not None and entry.launched and launch_reason(world) == "first"
    assert world.apply(launch=False).held == 1 and world.campaign()["state"] == "halt"
    assert world.apply().launched == 1


def test_a_launch_that_was_sent_before_the_crash_is_done(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.crash("PUT", "/rsvp_calls/1")
    assert launch_reason(world) == "" and not world.plan().shown
    assert world.apply(launch=False).complete and world.campaign()["state"] == "waitingToActive"


def test_a_launch_without_an_answer_is_not_sent_over_a_persons_halt(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    world.fault(method="PUT", path="/rsvp_calls/1", when="after", status=503)
    sent: list[str] = []

    def halt(method: str, path: str, body: Any) -> None:
        if sent:
            world.transport.before = None
            world.brake(INVITE)
        elif method == "PUT" and body["state"] == "active":
            sent.append(path)

    world.apply(on_run=lambda run: setattr(world.transport, "before", halt))
    assert sent and world.campaign()["state"] == "halt"


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_edit_that_was_cut_short_is_not_resumed_by_itself(world: World, when: str, nth: int) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(f"{TOMORROW}\n    maxRedials: 1"))
    world.crash("PUT", "/rsvp_calls/1", when, nth=nth)
    halted = world.campaign()["state"] == "halt"
    assert launch_reason(world) == ("interrupted" if halted else "")
    world.apply(launch=False)
    assert (world.campaign()["state"] == "halt") is halted
    assert world.apply().complete and world.campaign()["state"] == "waitingToActive"
    assert world.campaign()["maxRedials"] in (1, "1") and not world.plan().shown


MORE = '{group: donors}, {phone: "+358405550199"}, {phone: "+358405550188"}'


@pytest.mark.parametrize("when", ["before", "after"])
def test_receivers_that_were_being_added_at_the_crash_are_added_once(world: World, when: str) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers=MORE))
    world.crash("POST", "/rsvp_calls/1/receivers", when)
    assert world.intents() == [INVITE] and not world.plan().is_held
    assert launch_reason(world) == "interrupted"
    assert world.apply().complete
    assert len(world.waits) == AGREEING and world.intents() == []
    assert len(world.campaign()["receivers"]) == 3 and not world.plan().shown


def test_receivers_whose_answer_is_lost_are_looked_for_until_it_settles(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    before = world.campaign()
    world.write(campaign(TOMORROW, receivers=MORE))
    world.fault(method="POST", path="/rsvp_calls/1/receivers", when="after", drop=True)
    editing = {**before, "state": "halt", "meta": {"mscode": before["meta"]["mscode"].replace(":live", ":edit")}}
    assert editing["meta"]["mscode"].endswith(":edit")
    assert world.apply().complete
    assert world.posts("/rsvp_calls/1/receivers") == 1 and len(world.campaign()["receivers"]) == 3


def test_receivers_of_which_nothing_is_known_keep_their_intent(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers=MORE))
    world.fault(method="POST", path="/rsvp_calls/1/receivers", status=503)
    assert world.apply().unknown and world.intents() == [INVITE]
    assert world.posts("/rsvp_calls/1/receivers") == 1
    assert world.apply().complete and world.intents() == [] and len(world.campaign()["receivers"]) == 3


# ---- a crash anywhere ------------------------------------------------------------------------------------------------

ONE = campaign(TOMORROW, receivers="{group: donors}")
TWO = campaign(f"{TOMORROW}\n    maxRedials: 1", receivers="{group: donors}, {account: erik}", accepts=1)
#: what is applied before the crash, and what at the crash
SCENARIOS = {
    "made": ("", ONE),
    "edited, with a new receiver": (ONE, TWO),
    "replaced, for a receiver less": (TWO, campaign(f"{TOMORROW}\n    maxRedials: 1", receivers="{group: donors}")),
    "spoken anew": (ONE, campaign(TOMORROW, receivers="{group: donors}", text="Hello you")),
}
#: every such request of an apply; 1 tries them all
STRIDE = 6


def end_of(world: World) -> dict[str, Any]:
    """What there is in the account, without ids and times."""
    (call,) = world.all("/rsvp_calls")
    receivers = sorted("group" if row["groupId"] else row["phone"] for row in call["receivers"])
    return {
        "accounts": sorted(one["firstName"] for one in world.all("/accounts")),
        "groups": [(one["name"], len(world.all(f"/groups/{one['groupId']}/accounts"))) for one in world.all("/groups")],
        "voice files": [(one["name"], one["text"]) for one in world.all("/voice_files")],
        "campaign": (call["state"], str(call["maxRedials"]), receivers),
    }


def undisturbed(folder: Path, before: str, after: str) -> dict[str, Any]:
    folder.mkdir()
    world = World(folder)
    try:
        for text in filter(None, (before, after)):
            world.write(text)
            assert world.apply().complete
        return end_of(world)
    finally:
        world.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_at_any_request_leaves_nothing_twice(tmp_path: Path, scenario: str, when: str) -> None:
    before, after = SCENARIOS[scenario]
    wanted = undisturbed(tmp_path / "undisturbed", before, after)
    crashed, nth = True, 1
    while crashed:
        (tmp_path / f"{nth}").mkdir()
        world = World(tmp_path / f"{nth}")
        if before:
            world.write(before)
            assert world.apply().complete
        world.write(after)
        crashed = _dies(world, when, nth)
        summary = world.apply()
        assert summary.complete, (nth, summary)
        assert end_of(world) == wanted, nth
        assert not world.plan().shown and world.intents() == [], nth
        world.close()
        nth += STRIDE
    assert nth > 3 * STRIDE


def _dies(world: World, when: str, nth: int) -> bool:
    """Apply, and die at the nth request; False where there are not so many."""
    seen: list[str] = []

    def die(method: str, path: str, body: Any) -> None:
        seen.append(path)
        if len(seen) == nth:
            raise Crash

    setattr(world.transport, when, die)
    try:
        world.apply()
    except Crash:
        return True
    finally:
        setattr(world.transport, when, None)
    return False
