"""The create protocol: nothing is made twice, whatever is lost and whenever (docs/protocol.md)."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from mscode.engine.apply.run import Run
from mscode.engine.create.settle import AGREEING
from mscode.model.address import Address
from mscode.model.world import Intent
from mscode.plan.change import Delete
from mscode.state.local import journal
from mscode.state.local.backend import LocalState
from mscode.state.store import StateStore
from tests.engine.review_world import World, change_of
from tests.engine.test_review import TOMORROW, campaign

GROUP = "groups: {donors: {description: Donors}}"
INVITE = "rsvpCalls.invite"


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
    sent = [(method, path) for method, path, _ in world.transport.sent]
    assert sent[: sent.index(("POST", "/groups"))].count(("GET", "/groups")) == 2  # the plan's, and the look


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


def test_a_429_is_waited_for_however_often_it_comes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.engine.create.protocol.backoff", lambda _: 0.001)
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=429, body={}, headers={"retry-after": "0"}, times=12)
    assert world.apply().added == 1
    assert world.posts("/groups") == 13 and names(world) == ["donors"]


def test_after_a_minute_of_429_the_step_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.engine.create.protocol.LONGEST_WAIT", 0.01)
    monkeypatch.setattr("mscode.engine.create.protocol.backoff", lambda _: 0.004)
    world.write(GROUP)
    world.fault(method="POST", path="/groups", status=429, body={}, headers={"retry-after": "0"}, times=None)
    summary = world.apply()
    assert summary.failed and world.posts("/groups") == 4 and world.intents() == []


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
    (twin,) = [c for c in plan.changes if isinstance(c, Delete)]
    assert (twin.live.id, twin.leftover) == ("2", "twin")
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
