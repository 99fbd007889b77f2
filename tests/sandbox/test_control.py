"""The control plane: ledger, seed, log, reset, faults."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mscode.sandbox.errors import ConnectionDropped

from .world import World

CONTROL = "http://sandbox.local/__sandbox"


def test_the_control_plane_needs_neither_token_nor_headers(world: World) -> None:
    headers = {"X-Access-Token": "-", "Accept": "-", "Content-Type": "-"}
    for path in ("/clock", "/rings", "/requests", "/faults", "/webhooks"):
        assert world.send("GET", CONTROL + path, headers=headers).status_code == 200
    assert world.send("GET", f"{CONTROL}/nothing").status_code == 404
    assert world.send("DELETE", f"{CONTROL}/rings").status_code == 404


def test_a_ring_says_who_was_reached_by_what_and_when(stage: World) -> None:
    account = stage.account(email="aino@example.com")
    stage.rsvp(receivers=[{"accountId": account}])
    action = {"actionTime": "2026-12-01 08:00:00", "receivers": [{"accountId": account}]}
    for path in ("/calls", "/emails", "/smses"):
        stage.post(path, action)
    stage.at("2026-12-01T09:00:00Z")
    rings = stage.rings()
    assert [ring["kind"] for ring in rings] == ["call", "email", "sms", "rsvp"]
    assert set(rings[3]) == {"rsvpCallId", "kind", "campaignId", "accountId", "phone", "at", "answered", "reply"}
    named = [rings[0]["callId"], rings[1]["emailId"], rings[2]["smsId"], rings[3]["rsvpCallId"]]
    assert named == ["1"] * 4 == [ring["campaignId"] for ring in rings]
    assert (rings[1]["email"], rings[2]["phone"]) == ("aino@example.com", "+358401234567")
    assert (rings[3]["at"], rings[3]["answered"] in (0, 1)) == ("2026-12-01T09:00:00Z", True)


def test_the_ledger_outlives_its_campaign(stage: World) -> None:
    stage.rsvp()
    stage.at("2026-12-01T09:00:00Z")
    stage.delete("/rsvp_calls/1")
    assert len(stage.rings()) == 1


def test_seed_loads_accounts_and_groups(world: World) -> None:
    old = world.account("+358405550100")
    body = {
        "accounts": [{"firstName": "Aino", "phone": "+358405550101"}, {"yearOfBirth": 1980}],
        "groups": [{"name": "A", "accounts": [0, "+358405550100", 1, 0]}, {"name": "B", "description": "Text"}],
    }
    assert world.control("POST", "/seed", body) == {"accounts": 2, "groups": 2, "members": 3}
    assert [account["accountId"] for account in world.get("/groups/1/accounts")] == [old, "2", "3"]
    assert world.get("/accounts/2")["firstName"] == "Aino"
    assert world.get("/groups/2")["description"] == "Text"


def test_a_bare_array_seeds_accounts(world: World) -> None:
    many = [{"phone": f"+35840{number:07d}"} for number in range(5000)]
    assert world.control("POST", "/seed", many) == {"accounts": 5000, "groups": 0, "members": 0}
    assert len(world.get("/accounts")) == 5000


@pytest.mark.parametrize(
    "body",
    [1, {"accounts": [1]}, {"accounts": {}}, {"accounts": [{}], "groups": [{}]},
     {"accounts": [{}], "groups": [{"name": "A", "accounts": [1]}]}, {"groups": [{"name": "A", "accounts": ["+1"]}]}],
)  # fmt: skip
def test_a_seed_that_is_wrong_loads_nothing(world: World, body: object) -> None:
    assert world.send("POST", f"{CONTROL}/seed", body).status_code == 400
    assert (world.get("/accounts"), world.get("/groups")) == ([], [])


def test_requests_are_logged_in_order_without_the_token(world: World) -> None:
    world.account()
    world.send("GET", f"/accounts?access_token={world.token}")
    world.send("DELETE", "/accounts?filterId=7")
    log = world.control("GET", "/requests")
    at = "2026-12-01T07:00:00Z"
    assert log == [
        {"at": at, "method": "POST", "path": "/accounts", "query": "", "status": 201},
        {"at": at, "method": "GET", "path": "/accounts", "query": "", "status": 200},
        {"at": at, "method": "DELETE", "path": "/accounts", "query": "filterId=7", "status": 404},
    ]
    world.control("DELETE", "/requests")
    assert world.control("GET", "/requests") == []


def test_reset_empties_all_but_token_and_clock(stage: World) -> None:
    stage.rsvp(receivers=[{"groupId": stage.group(stage.account())}])
    stage.at("2026-12-02T00:00:00Z")
    stage.control("POST", "/reset")
    for path in ("/accounts", "/groups", "/voice_files", "/rsvp_calls"):
        assert stage.get(path) == []
    assert stage.rings() == []
    assert stage.control("GET", "/clock") == {"now": "2026-12-02T00:00:00Z"}
    assert stage.account() == "1"


# Faults


def with_fault(world: World, **rule: Any) -> None:
    world.control("POST", "/faults", rule)


def create(world: World) -> httpx.Response:
    return world.send("POST", "/groups", {"name": "Crew", "description": ""})


def test_a_fault_before_the_request_does_nothing_of_it(world: World) -> None:
    headers = {"Retry-After": "1", "Content-Type": "text/html"}
    with_fault(world, method="POST", path="/groups", status=503, body="<html>", headers=headers)
    response = create(world)
    assert (response.status_code, response.text, response.headers["retry-after"]) == (503, "<html>", "1")
    assert response.headers.get_list("content-type") == ["text/html"]
    assert world.get("/groups") == []
    assert create(world).status_code == 201


def test_a_fault_after_the_request_loses_the_answer_only(world: World) -> None:
    with_fault(world, path="/groups", when="after", status=504)
    assert create(world).status_code == 504
    assert len(world.get("/groups")) == 1


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_has_no_answer(world: World, when: str, made: int) -> None:
    with_fault(world, path="/groups", when=when, drop=True)
    with pytest.raises(ConnectionDropped):
        create(world)
    assert len(world.get("/groups")) == made
    assert world.control("GET", "/requests")[0]["status"] == 0


def test_faults_skip_and_count(world: World) -> None:
    with_fault(world, method="post", path="/groups", status=500, skip=1, times=2)
    assert [create(world).status_code for _ in range(4)] == [201, 500, 500, 201]


def test_a_fault_without_an_end_goes_on_until_it_is_cleared(world: World) -> None:
    with_fault(world, status=429, times=None)
    assert [create(world).status_code for _ in range(3)] == [429] * 3
    assert world.control("GET", "/faults") == [{"status": 429, "skip": 0, "times": None}]
    world.control("DELETE", "/faults")
    assert create(world).status_code == 201


def test_a_path_is_matched_as_a_whole(world: World) -> None:
    with_fault(world, path="/groups", status=500, times=None)
    assert world.send("GET", "/groups/1").status_code == 404
    with_fault(world, path="/groups/[0-9]+", status=502)
    assert world.send("GET", "/groups/1").status_code == 502


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_alone_changes_no_answer(world: World, when: str) -> None:
    with_fault(world, delay_ms=1, when=when)
    assert create(world).status_code == 201


@pytest.mark.parametrize(
    "rule", [{"when": "later"}, {"path": "("}, {"status": "x"}, {"colour": 1}, {"times": 0}, 1, "x"]
)
def test_a_rule_that_is_wrong_is_refused(world: World, rule: object) -> None:
    assert world.send("POST", f"{CONTROL}/faults", [rule]).status_code == 400
    assert world.control("GET", "/faults") == []


def test_faults_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"path": "/groups", "status": 500}]))
    world = World(faults=file)
    assert [create(world).status_code for _ in range(2)] == [500, 201]
    world.close()
