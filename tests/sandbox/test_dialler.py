"""Who is rung, when and how often, and that the time of asking changes none of it.

See docs/service-notes.md#states-of-an-rsvp-call and docs/service-notes.md#click-to-calls.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mscode.sandbox.answers import Answers
from mscode.sandbox.window import Window, calls_at

from .world import World, weekdays

Ring = dict[str, Any]


def time_of(ring: Ring) -> datetime:
    return datetime.fromisoformat(ring["at"])


def to_group(world: World, count: int) -> list[dict[str, str]]:
    return [{"groupId": world.group(*world.people(count))}]


def test_dials_lie_inside_the_window_on_active_weekdays_between_start_and_end(stage: World) -> None:
    stage.rsvp(
        receivers=to_group(stage, 3000),
        startTime="2026-12-01 10:00:00",
        endTime="2026-12-08 09:30:00",
        activeFrom="09:00:07",
        activeTo="09:50:01",
        activeWeekdays=weekdays("tuesday", "thursday", "sunday"),
    )
    stage.at("2026-12-12T00:00:00Z")
    rings = stage.rings()
    assert {ring["at"][:10] for ring in rings} == {"2026-12-03", "2026-12-06", "2026-12-08"}
    assert min(ring["at"][11:] for ring in rings) == "09:00:10Z"
    assert max(ring["at"][11:] for ring in rings) == "09:50:00Z"
    assert max(ring["at"] for ring in rings) == "2026-12-08T09:29:55Z"
    assert stage.get("/rsvp_calls/1")["state"] == "complete"


def test_a_call_waits_for_its_start_and_rings_from_then_on(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 2), startTime="2026-12-01 10:00:00")
    stage.at("2026-12-01T09:59:59Z")
    assert (stage.get("/rsvp_calls/1")["state"], stage.rings()) == ("waitingToActive", [])
    stage.at("2026-12-01T10:00:00Z")
    assert stage.get("/rsvp_calls/1")["state"] == "active"
    assert [ring["at"] for ring in stage.rings()] == ["2026-12-01T10:00:00Z"]
    stage.at("2026-12-01T10:00:04Z")
    assert len(stage.rings()) == 1
    stage.at("2026-12-01T10:00:05Z")
    assert len(stage.rings()) == 2


@pytest.mark.parametrize("redials", [0, 1, 3])
def test_nobody_is_dialled_more_often_than_once_and_the_redials_or_sooner_than_after_half_an_hour(
    stage: World, redials: int
) -> None:
    stage.rsvp(receivers=to_group(stage, 200), maxRedials=redials)
    stage.at("2026-12-05T00:00:00Z")
    by_person: dict[str, list[Ring]] = {}
    for ring in stage.rings():
        by_person.setdefault(ring["accountId"], []).append(ring)
    assert len(by_person) == 200
    assert max(len(rings) for rings in by_person.values()) == 1 + redials
    for rings in by_person.values():
        assert all(not ring["answered"] for ring in rings[:-1])
        assert len(rings) == 1 + redials or rings[-1]["answered"]
        gaps = [(time_of(b) - time_of(a)).total_seconds() for a, b in pairwise(rings)]
        assert all(gap >= 1800 for gap in gaps)


def test_everybody_is_dialled_once_before_anybody_is_dialled_again(stage: World) -> None:
    people = stage.people(600)
    stage.rsvp(receivers=[{"accountId": person} for person in reversed(people)])
    stage.at("2026-12-05T00:00:00Z")
    assert [ring["accountId"] for ring in stage.rings()[:600]] == people[::-1]


def test_calling_stops_at_the_wanted_number_of_accepts(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 200), acceptsWanted=10)
    stage.at("2026-12-05T00:00:00Z")
    rings = stage.rings()
    assert [ring["reply"] for ring in rings].count("accept") == 10
    assert rings[-1]["reply"] == "accept"
    shown = stage.get("/rsvp_calls/1")
    assert (shown["state"], shown["stats"]["acceptsReceived"]) == ("complete", 10)


def test_lowering_the_wanted_accepts_ends_the_calling(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 200))
    stage.at("2026-12-01T09:05:00Z")
    before = len(stage.rings())
    stage.put("/rsvp_calls/1", stage.rsvp_body(acceptsWanted=1))
    stage.at("2026-12-01T16:00:00Z")
    assert (len(stage.rings()), stage.get("/rsvp_calls/1")["state"]) == (before, "complete")


def test_a_call_is_complete_when_everybody_was_reached_or_tried_in_vain(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 20), maxRedials=0)
    stage.at("2026-12-01T09:01:34Z")
    assert stage.get("/rsvp_calls/1")["state"] == "active"
    stage.at("2026-12-01T09:01:35Z")
    shown = stage.get("/rsvp_calls/1")
    assert (shown["state"], shown["updatedAt"], len(stage.rings())) == ("complete", "2026-12-01 09:01:35", 20)


@pytest.mark.parametrize("state", ["active", "halt"])
def test_any_call_is_complete_when_its_end_has_passed(stage: World, state: str) -> None:
    stage.rsvp(state=state, endTime="2026-12-01 08:30:00")
    stage.at("2026-12-01T08:30:00Z")
    shown = stage.get("/rsvp_calls/1")
    assert (shown["state"], shown["updatedAt"], stage.rings()) == ("complete", "2026-12-01 08:30:00", [])


def test_a_halted_call_dials_nobody_until_it_is_resumed(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 200))
    stage.at("2026-12-01T09:01:00Z")
    halted = stage.put("/rsvp_calls/1", stage.rsvp_body(state="halt"))
    assert halted["stats"]["totalDialedCalls"] == len(stage.rings()) == 13
    stage.at("2026-12-02T12:00:02Z")
    assert (stage.get("/rsvp_calls/1"), len(stage.rings())) == (halted, 13)
    stage.put("/rsvp_calls/1", stage.rsvp_body(state="active"))
    assert len(stage.rings()) == 13
    stage.at("2026-12-02T12:00:05Z")
    assert [ring["at"] for ring in stage.rings()[13:]] == ["2026-12-02T12:00:05Z"]


def test_a_narrower_window_counts_from_the_moment_it_is_set(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 2000))
    stage.at("2026-12-01T09:30:00Z")
    stage.put("/rsvp_calls/1", stage.rsvp_body(activeFrom="11:00:00"))
    stage.at("2026-12-01T12:00:00Z")
    assert not [ring for ring in stage.rings() if "T09:30:00Z" < ring["at"][10:] < "T11:00:00Z"]
    assert [ring for ring in stage.rings() if ring["at"] > "2026-12-01T11:00:00Z"]


def test_a_window_that_never_opens_dials_nobody(stage: World) -> None:
    nobody = [{"weekday": "monday", "active": "0"}]
    stage.rsvp(activeWeekdays=nobody)
    stage.at("2026-12-05T00:00:00Z")
    assert (stage.rings(), stage.get("/rsvp_calls/1")["state"]) == ([], "complete")


def test_a_person_reached_through_two_receivers_is_rung_through_each(stage: World) -> None:
    person = stage.account()
    first, second = stage.group(person), stage.group(person)
    stage.rsvp(receivers=[{"groupId": first}, {"accountId": person}, {"groupId": second}], maxRedials=0)
    stage.at("2026-12-01T10:00:00Z")
    assert [ring["accountId"] for ring in stage.rings()] == [person] * 3


def test_members_count_as_they_are_when_dialled(stage: World) -> None:
    people = stage.people(100)
    late, newcomer = stage.account("+358405559998"), stage.account("+358405559999")
    group = stage.group(*people, late)
    stage.rsvp(receivers=[{"groupId": group}])
    stage.at("2026-12-01T09:01:00Z")
    stage.delete(f"/groups/{group}/{late}")
    stage.post(f"/groups/{group}/accounts", [{"accountId": newcomer}])
    stage.at("2026-12-01T12:00:00Z")
    rung = {ring["accountId"] for ring in stage.rings()}
    assert newcomer in rung
    assert late not in rung


def test_a_newcomer_is_never_rung_before_joining(stage: World) -> None:
    group = stage.group(*stage.people(12))
    stage.rsvp(receivers=[{"groupId": group}])
    stage.at("2026-12-01T09:20:00Z")
    assert stage.get("/rsvp_calls/1")["state"] == "active"  # waiting for redials
    newcomer = stage.account("+358405559999")
    stage.post(f"/groups/{group}/accounts", [{"accountId": newcomer}])
    stage.at("2026-12-01T12:00:00Z")
    first = next(ring for ring in stage.rings() if ring["accountId"] == newcomer)
    assert first["at"] == "2026-12-01T09:20:05Z"


def test_accounts_without_a_phone_are_not_rung_and_a_new_number_counts_at_once(stage: World) -> None:
    silent, moved = stage.account(""), stage.account("+358405550101")
    people = stage.people(50)
    stage.rsvp(receivers=[{"accountId": account} for account in (silent, *people, moved)])
    stage.at("2026-12-01T09:00:30Z")
    stage.put(f"/accounts/{moved}", {"phone": "+358405550102"})
    stage.at("2026-12-01T09:10:00Z")
    rings = stage.rings()
    assert silent not in {ring["accountId"] for ring in rings}
    assert {ring["phone"] for ring in rings if ring["accountId"] == moved} == {"+358405550102"}


def test_a_group_row_sums_up_its_people(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 30))
    stage.at("2026-12-05T00:00:00Z")
    (row,) = stage.get("/rsvp_calls/1")["receivers"]
    assert (row["dialledCalls"], row["answered"], row["rsvpReply"]) == (len(stage.rings()), 1, "accept")
    assert row["latestCallAt"] == max(ring["at"] for ring in stage.rings()).replace("T", " ").removesuffix("Z")
    assert (row["accountId"], row["phone"], row["firsName"]) == (None, "", "")


def test_stats_add_up(stage: World) -> None:
    stage.rsvp(receivers=to_group(stage, 60))
    stage.at("2026-12-05T00:00:00Z")
    stats = stage.get("/rsvp_calls/1")["stats"]
    rings = stage.rings()
    assert stats["totalDialedCalls"] == len(rings)
    assert stats["notAnsweredCalls"] == sum(1 - ring["answered"] for ring in rings)
    assert stats["answeredCalls"] == stats["acceptsReceived"] + stats["declinesAndNoRepliesReceived"]
    assert stats["totalDuration"] >= 15 * stats["answeredCalls"]


def in_one_go(world: World) -> None:
    world.at("2026-12-06T00:00:00Z")


def reading_often(world: World) -> None:
    for _ in range(190):
        world.advance("+37m")
        world.get("/groups")


def writing_often(world: World) -> None:
    for _ in range(110):
        world.advance("+4003s")
        world.put("/accounts/1", {"note": "x"})


@pytest.mark.parametrize("steps", [reading_often, writing_often])
def test_the_time_of_asking_changes_nothing(steps: Callable[[World], None]) -> None:
    seen = []
    for way in (in_one_go, steps):
        world = World()
        world.voice_file()
        world.at("2026-12-01T08:00:00Z")
        hooks = {"receiverWebhookUrl": "https://h.example/r", "stateWebhookUrl": "https://h.example/s"}
        group = to_group(world, 60)
        world.rsvp(receivers=group, startTime="2026-12-01 10:00:00", **hooks)
        world.rsvp(receivers=group, acceptsWanted=5, activeTo="10:03:00", maxRedials=1, **hooks)
        world.rsvp(receivers=group, state="halt")
        world.click(receivers=group, receiverWebhookUrl="https://h.example/r")
        world.post("/smses", {"message": "x", "actionTime": "2026-12-02 10:00:00", "receivers": group})
        way(world)
        world.at("2026-12-06T00:00:00Z")
        seen.append((world.rings(), world.control("GET", "/webhooks"), world.get("/rsvp_calls")))
        world.close()
    assert seen[0] == seen[1]
    assert len(seen[0][0]) > 150


def test_the_seed_decides_the_answers() -> None:
    ledgers = []
    for seed in (1, 1, 2):
        world = World(seed=seed)
        world.voice_file()
        world.rsvp(receivers=to_group(world, 40))
        world.at("2026-12-05T00:00:00Z")
        ledgers.append(world.rings())
        world.close()
    assert ledgers[0] == ledgers[1] != ledgers[2]


def test_answers_are_drawn_about_as_people_answer() -> None:
    drawn = [Answers().outcome("rsvpCall", 1, f"+358{number}", 1) for number in range(20_000)]
    unanswered = sum(not result.answered for result in drawn) / len(drawn)
    replies = Counter(result.reply for result in drawn if result.answered)
    assert 0.38 < unanswered < 0.42
    assert 0.48 < replies["accept"] / replies.total() < 0.52
    assert 0.38 < replies["decline"] / replies.total() < 0.42
    assert all((result.duration > 0) == bool(result.answered) for result in drawn)


def test_webhooks_tell_of_states_and_of_people_in_the_documented_shape(stage: World) -> None:
    hooks = {"receiverWebhookUrl": "https://h.example/r", "stateWebhookUrl": "https://h.example/s"}
    stage.rsvp(receivers=to_group(stage, 60), startTime="2026-12-01 10:00:00", meta={"a": "b"}, **hooks)
    stage.at("2026-12-05T00:00:00Z")
    sent = stage.control("GET", "/webhooks")
    states = [hook["body"] for hook in sent if hook["url"] == "https://h.example/s"]
    people = [hook["body"] for hook in sent if hook["url"] == "https://h.example/r"]
    assert [body["state"] for body in states] == ["active", "complete"]
    assert states[0] == {
        "rsvpCallId": "1",
        "state": "active",
        "dialedCalls": 0,
        "answeredCalls": 0,
        "totalDuration": 0,
        "acceptsReceived": 0,
        "timestamp": "2026-12-01:10:00:00",
    }
    assert len({body["accountId"] for body in people}) == len(people) == 60
    assert {body["rsvpReply"] for body in people} == {"accept", "decline", "noReply"}
    assert set(people[0]) == {"rsvpCallId", "phoneNumber", "accountId", "rsvpReply", "meta", "timestamp"}
    assert people[0]["meta"] == {"a": "b"}


@pytest.mark.parametrize(
    ("earliest", "slot"),
    [
        ("2026-12-01 00:00:00", "2026-12-01 09:00:00"),
        ("2026-12-01 09:00:01", "2026-12-01 09:00:05"),
        ("2026-12-01 16:59:55", "2026-12-01 16:59:55"),
        ("2026-12-01 16:59:56", "2026-12-07 09:00:00"),
        ("2026-12-06 23:59:59", "2026-12-07 09:00:00"),
    ],
)
def test_the_next_slot(earliest: str, slot: str) -> None:
    window = Window.of("09:00:00", "17:00:00", ["1", "1", "0", "0", "0", "0", "0"])
    epoch = int(datetime.fromisoformat(f"{earliest}+00:00").timestamp())
    assert window.slot(epoch, 12) == int(datetime.fromisoformat(f"{slot}+00:00").timestamp())


@pytest.mark.parametrize(
    ("zone", "earliest", "slot"),
    [
        ("Europe/Helsinki", "2026-12-01 06:00:00", "2026-12-01 07:00:00"),
        ("Europe/Helsinki", "2026-12-01 15:00:00", "2026-12-07 07:00:00"),
        ("Pacific/Auckland", "2026-11-30 00:00:00", "2026-11-30 00:00:00"),  # Monday afternoon there
        ("Pacific/Auckland", "2026-11-30 04:00:00", "2026-11-30 20:00:00"),  # Monday in UTC, Tuesday morning there
        ("Pacific/Honolulu", "2026-12-01 10:30:00", "2026-12-01 19:00:00"),
        ("America/New_York", "2026-11-02 00:00:00", "2026-11-02 14:00:00"),  # the first day of winter time
    ],
)
def test_the_next_slot_in_another_zone(zone: str, earliest: str, slot: str) -> None:
    window = Window.of("09:00:00", "17:00:00", ["1", "1", "0", "0", "0", "0", "0"], ZoneInfo(zone))
    epoch = int(datetime.fromisoformat(f"{earliest}+00:00").timestamp())
    assert window.slot(epoch, 12) == int(datetime.fromisoformat(f"{slot}+00:00").timestamp())


@pytest.mark.parametrize("pace", [1, 7, 12, 60, 61, 90, 1000])
def test_a_minute_holds_as_many_calls_as_the_pace_says(pace: int) -> None:
    window, slots, at = Window.of("00:00:00", "23:59:59", ["1"] * 7), list[int](), 1_800_000_000
    end = at + 60
    while (slot := window.slot(at, pace)) is not None and slot < end:
        slots.append(slot)
        at = slot + 1
    assert sum(calls_at(slot, pace) for slot in slots) == pace
    assert len(slots) == min(pace, 60)
