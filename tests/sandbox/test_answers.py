"""Who answers what: rates, outcomes of one number, and what is refused. See docs/sandbox.md#who-answers."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from mscode.sandbox.answers import Answers, Rates

from .world import World


def drawn(answers: Answers, people: int = 20_000) -> Counter[str]:
    results = [answers.outcome("rsvpCall", 1, f"+358{number}", 1) for number in range(people)]
    return Counter(result.reply if result.answered else "unanswered" for result in results)


def test_the_answers_of_a_seed_stay_what_they_are() -> None:
    """Ledgers that people keep, and those of the documentation, depend on them."""
    results = [Answers(7).outcome("rsvpCall", 3, f"+35840123000{number}", 2) for number in range(5)]
    assert [(one.answered, one.reply, one.duration) for one in results] == EXPECTED


EXPECTED = [(0, "noAnswer", 0), (1, "decline", 45), (1, "decline", 27), (1, "decline", 54), (1, "decline", 40)]


@pytest.mark.parametrize(
    ("accept", "decline", "nothing"),
    [(0.5, 0.4, 0.1), (0.9, 0.0, 0.1), (0.96, 0.0, 0.04), (1.0, 0.0, 0.0), (0.0, 0.9, 0.1)],
)
def test_a_tenth_of_those_answered_presses_nothing_as_long_as_there_is_room(
    accept: float, decline: float, nothing: float
) -> None:
    replies = drawn(Answers(answer=0.8, accept=accept))
    answered = replies.total() - replies["unanswered"]
    assert 0.78 < answered / 20_000 < 0.82
    shares = [replies[word] / answered for word in ("accept", "decline", "noAnswer")]
    assert shares == pytest.approx([accept, decline, nothing], abs=0.02)


def test_nobody_answers_and_everybody_does() -> None:
    assert set(drawn(Answers(answer=0.0), 1000)) == {"unanswered"}
    assert set(drawn(Answers(answer=1.0, accept=1.0), 1000)) == {"accept"}


def test_a_number_has_outcomes_of_its_own_and_the_last_one_stays() -> None:
    answers = Answers(by_number={"+358401230001": ["noAnswer", "nothing"], "+358401230002": ["decline"]})
    results = [answers.outcome("rsvpCall", 5, "+358401230001", attempt) for attempt in (1, 2, 3)]
    assert [(one.answered, one.reply) for one in results] == [(0, "noAnswer"), (1, "noAnswer"), (1, "noAnswer")]
    assert [bool(one.duration) for one in results] == [False, True, True]
    assert answers.outcome("clickToCall", 1, "+358401230002", 4).reply == "decline"


def test_a_campaign_may_have_rates_of_its_own() -> None:
    answers = Answers(answer=0.0, by_campaign={("rsvpCall", 2): Rates(1.0, 1.0)})
    assert answers.outcome("rsvpCall", 1, "+358401230001", 1).answered == 0
    assert answers.outcome("rsvpCall", 2, "+358401230001", 1).reply == "accept"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"answer": 60}, "answer must be a share from 0 to 1"),
        ({"accept": "half"}, "answer and accept must be shares from 0 to 1"),
        ({"accept": True}, "answer and accept must be shares from 0 to 1"),
        ({"seed": "a"}, "seed must be a whole number"),
        ({"people": {"+358401230001": "accept"}}, "people must be an object of number to an array of outcomes"),
        ({"people": {"+358401230001": []}}, "a number needs at least one outcome"),
        ({"people": {"+358401230001": ["noanswer"]}}, '"noanswer" is no outcome of a dial; did you mean "noAnswer"?'),
        ({"people": {"+358401230001": [["accept"]]}}, "is no outcome of a dial"),
        ({"rates": 1}, 'there is no "rates"; there are seed, answer, accept, people'),
    ],
)
def test_what_is_no_answer_is_refused_and_changes_nothing(world: World, body: dict[str, Any], message: str) -> None:
    before = world.control("GET", "/answers")
    refused = world.send("POST", "http://sandbox.local/__sandbox/answers", body)
    assert refused.status_code == 400
    assert message in refused.json()["error"]["message"]
    assert world.control("GET", "/answers") == before == {"seed": 1, "answer": 0.6, "accept": 0.5, "people": {}}


def test_the_control_plane_sets_the_answers_of_the_calls_to_come(stage: World) -> None:
    stage.rsvp(receivers=[{"accountId": one} for one in stage.people(20)], acceptsWanted=20)
    stage.at("2026-12-01T09:00:49Z")  # after the tenth call
    assert stage.control("POST", "/answers", {"answer": 1.0, "accept": 1.0})["answer"] == 1.0
    stage.at("2026-12-01T09:01:49Z")
    replies = [ring["reply"] for ring in stage.rings()]
    assert set(replies[10:20]) == {"accept"} != set(replies[:10])
    assert stage.control("DELETE", "/answers")["answer"] == 0.6


def test_a_pace_of_several_calls_a_second_keeps_the_redial_gap(stage: World) -> None:
    stage.control("POST", "/profile", {"pace": 300, "redial_minutes": 2})
    stage.control("POST", "/answers", {"answer": 0.0})
    stage.rsvp(receivers=[{"accountId": one} for one in stage.people(13)], maxRedials=2)
    stage.at("2026-12-02T00:00:00Z")
    seconds: dict[str, list[int]] = {}
    for ring in stage.rings():
        hours, minutes, rest = ring["at"][11:19].split(":")
        seconds.setdefault(ring["accountId"], []).append(int(hours) * 3600 + int(minutes) * 60 + int(rest))
    assert [len(calls) for calls in seconds.values()] == [3] * 13
    assert all(b - a >= 120 for calls in seconds.values() for a, b in pairwise(calls))


def test_nobody_is_called_twice_in_the_same_second(stage: World) -> None:
    stage.control("POST", "/profile", {"pace": 300, "redial_minutes": 0})
    stage.control("POST", "/answers", {"answer": 0.0})
    stage.rsvp(receivers=[{"accountId": one} for one in stage.people(3)], maxRedials=3)
    stage.at("2026-12-02T00:00:00Z")
    rings = Counter((ring["accountId"], ring["at"]) for ring in stage.rings())
    assert (max(rings.values()), rings.total()) == (1, 12)
