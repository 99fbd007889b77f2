"""Answers that are spoilt, lists that lag behind, writes that come late."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from .world import World

CONTROL = "http://sandbox.local/__sandbox"


def fault(world: World, **rule: Any) -> None:
    assert world.control("POST", "/faults", rule)


def create(world: World, name: str = "Crew") -> httpx.Response:
    return world.send("POST", "/groups", {"name": name, "description": ""})


def names(world: World) -> list[str]:
    return [group["name"] for group in world.get("/groups")]


def test_a_wait_is_asked_for_in_seconds_or_as_a_date(world: World) -> None:
    fault(world, status=429, retry_after=99_999_999)
    fault(world, status=429, retry_after_date=30)
    fault(world, status=429)
    answers = [create(world) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429] * 3
    assert answers[0].headers["retry-after"] == "99999999"
    later, now = (parsedate_to_datetime(answers[1].headers[name]) for name in ("retry-after", "date"))
    assert (later - now).total_seconds() == 30
    assert "retry-after" not in answers[2].headers


@pytest.mark.parametrize(
    ("alteration", "given"),
    [
        ("idObject", {"value": "1"}),
        ("idMissing", None),
        ("otherTypes", 1),
    ],
)
def test_an_id_comes_in_another_form_or_not_at_all(world: World, alteration: str, given: object) -> None:
    fault(world, method="POST", alter=alteration)
    answer = create(world)
    assert answer.status_code == 201
    assert answer.json().get("groupId") == given
    assert names(world) == ["Crew"], "it was done"


def test_a_list_comes_as_text_or_with_rows_of_text_or_as_nothing(world: World) -> None:
    create(world)
    for alteration, kind in (("listText", str), ("rowsText", list), ("null", type(None))):
        fault(world, method="GET", alter=alteration)
        found = world.get("/groups")
        assert isinstance(found, kind)
        assert not found or isinstance(found[0], str)


def test_a_list_leaves_out_its_newest_rows_for_a_while(world: World) -> None:
    for name in ("A", "B", "C"):
        create(world, name)
    fault(world, method="GET", path="/groups", omit=1, times=2)
    assert [names(world) for _ in range(3)] == [["A", "B"], ["A", "B"], ["A", "B", "C"]]
    fault(world, method="GET", path="/groups", omit=9)
    assert names(world) == []


def test_a_list_gives_its_newest_rows_twice(world: World) -> None:
    create(world, "A")
    create(world, "B")
    fault(world, method="GET", path="/groups", repeat=1)
    assert [names(world) for _ in range(2)] == [["A", "B", "B"], ["A", "B"]]


def test_a_list_is_as_it_was_some_writes_ago(world: World) -> None:
    create(world, "A")
    fault(world, method="GET", path="/groups", stale={"writes": 2}, times=3)
    assert names(world) == ["A"], "nothing was written since the rule was set"
    for name in ("B", "C", "D"):
        create(world, name)
    assert [names(world) for _ in range(3)] == [["A", "B"], ["A", "B"], ["A", "B", "C", "D"]]


def test_a_list_is_as_it_was_some_seconds_ago(world: World) -> None:
    fault(world, method="GET", path="/groups", stale={"seconds": 60}, times=None)
    create(world, "A")
    world.advance("+50s")
    create(world, "B")
    world.advance("+20s")
    assert names(world) == ["A"]
    world.advance("+1h")
    assert names(world) == ["A", "B"]


def test_a_stale_read_of_one_object_does_not_find_it(world: World) -> None:
    fault(world, method="GET", path="/groups/[0-9]+", stale={"writes": 1})
    create(world)
    assert [world.send("GET", "/groups/1").status_code for _ in range(2)] == [404, 200]


def test_a_write_comes_so_many_requests_after_its_error(world: World) -> None:
    fault(world, method="POST", path="/groups", when="late", requests=2, status=503)
    assert create(world).status_code == 503
    assert [names(world) for _ in range(3)] == [[], ["Crew"], ["Crew"]]


def test_a_write_comes_late_at_a_word(world: World) -> None:
    fault(world, method="POST", path="/groups", when="late", status=503)
    create(world)
    assert [names(world) for _ in range(5)] == [[]] * 5
    assert world.control("POST", "/commit") == {"committed": 1}
    assert world.control("POST", "/commit") == {"committed": 0}
    assert names(world) == ["Crew"]


def test_after_a_reset_nothing_comes_late_and_nothing_is_stale(world: World) -> None:
    create(world, "A")
    fault(world, method="GET", path="/groups", stale={"writes": 1})
    fault(world, method="POST", path="/groups", when="late", status=503)
    create(world, "B")
    world.control("POST", "/reset")
    assert world.control("POST", "/commit") == {"committed": 0}
    assert names(world) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"alter": "upside-down"},
        {"wire": "cut"},
        {"wire": "refuse", "path": "/groups"},
        {"wire": "truncate", "when": "before"},
        {"omit": 1, "when": "before"},
        {"when": "late"},
        {"stale": {}},
        {"stale": {"writes": 1, "seconds": 1}},
        {"stale": {"writes": 0}},
        {"retry_after": 1},
        {"omit": -1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(world: World, rule: dict[str, Any]) -> None:
    assert world.send("POST", f"{CONTROL}/faults", rule).status_code == 400
    assert world.control("GET", "/faults") == []


def test_what_is_no_success_is_not_spoilt(world: World) -> None:
    fault(world, path="/groups/9", alter="null")
    assert world.send("GET", "/groups/9").json()["error"]["code"] == "notFound"
