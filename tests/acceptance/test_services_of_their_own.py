"""Services that delete, remove, list and show in another way than the API's page prints: nothing is lost, nothing is guessed, and
what cannot be done is said.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import Manifest, people
from tests.acceptance.conftest import Ended, World

MORNING = "2026-12-01T06:00:00Z"
OVERRIDES = ("--override=maxMemberRemovals", "--override=maxDeletes")


def reading(world: World, **switches: Any) -> None:
    """The service reads the API so, and mscode.yaml says it."""
    world.service.at(MORNING)
    world.service.reads(**switches)
    world.write_project(service=switches)


def project(members: int = 3) -> Manifest:
    persons = people()
    return {
        "apiVersion": "mscode/v1",
        "accounts": persons,
        "groups": {"donors": {"members": {"accounts": list(persons)[:members]}}},
        "filters": {"old": {"conditions": [{"field": "yearOfBirth", "operator": "<", "value": 1960}]}},
        "subusers": {"desk": {"username": "desk", "email": "desk@example.com"}},
    }


def applied(world: World, manifest: Manifest) -> Ended:
    world.write(manifest)
    return world.apply(*OVERRIDES)


def kept(world: World, manifest: Manifest) -> None:
    """The manifest is applied, and nothing is left to plan."""
    ended = applied(world, manifest)
    assert ended.code == 0, ended.said
    world.holds_the_law()


# ---- deletes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("section", "path"), [("groups", "/groups/1"), ("subusers", "/subusers/1")])
def test_a_delete_at_the_printed_url_is_not_tried(world: World, section: str, path: str) -> None:
    reading(world, delete_url="printed")
    manifest = project()
    kept(world, manifest)
    manifest.pop(section)
    world.service.forget_requests()
    ended = applied(world, manifest)
    assert ended.code in (1, 6), ended.said
    assert f"DELETE {path} answered 405" in ended.said
    assert f"The API's page prints DELETE {path}/accounts for this" in ended.said
    assert f"mscode forget {section}." in ended.said
    assert [one for one in world.service.requests(writes=True) if one.startswith("DELETE")] == [f"DELETE {path}"]
    assert len(world.service.get(f"/{section}")) == 1
    assert len(world.service.get("/groups/1/accounts")) == 3
    # It is said again until a person has done something about it, and then there is nothing to plan.
    assert world.plan("--detailed-exitcode").code == 2
    name = {"groups": "donors", "subusers": "desk"}[section]
    assert world.cli("forget", f"{section}.{name}", world.folder).code == 0
    world.holds_the_law()


def test_a_destroy_says_what_it_cannot_delete(world: World) -> None:
    reading(world, delete_url="printed")
    kept(world, project())
    world.service.forget_requests()
    ended = world.destroy(*OVERRIDES, "--allow-deletes=100")
    assert ended.code != 0
    assert "answered 405" in ended.said
    assert not any(one.endswith("/accounts") for one in world.service.requests(writes=True))


def test_no_delete_is_ever_bare(world: World) -> None:
    """Under this reading a DELETE of /accounts deletes everybody: a person who is not managed stays, whatever is done."""
    reading(world, bare_delete="all")
    stranger = world.service.send("POST", "/accounts", {"firstName": "Stranger", "phone": "+358405559999"})["accountId"]
    manifest = project()
    kept(world, manifest)
    manifest["accounts"].pop(list(manifest["accounts"])[-1])
    kept(world, manifest)
    ended = world.destroy(*OVERRIDES, "--allow-deletes=100")
    assert ended.code == 0, ended.said
    assert [one["accountId"] for one in world.service.get("/accounts")] == [stranger]
    assert "DELETE /accounts" not in world.service.requests()


# ---- filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op10", ["put", "post", "delete", "off"])
def test_a_filter_that_changes_is_made_anew(world: World, op10: str) -> None:
    reading(world, filter_op10=op10)
    manifest = project()
    kept(world, manifest)
    manifest["filters"]["old"]["conditions"][0]["value"] = 1950
    ended = applied(world, manifest)
    assert ended.code == 0, ended.said
    world.holds_the_law()
    shown = [row["filters"][0]["value"] for row in world.service.get("/accounts/filters")]
    assert shown == (["1950"] if op10 == "delete" else ["1960", "1950"])
    if op10 != "delete":
        assert "the service does not delete filters (status 405); id 1 is left behind" in ended.said
    manifest.pop("filters")
    ended = applied(world, manifest)
    assert ended.code == 0, ended.said
    world.holds_the_law()
    assert not {"PUT /accounts/filters/1", "POST /accounts/filters/1"} & set(world.service.requests())


# ---- members ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switches", [{}, {"group_remove": "nested"}, {"group_add_echo": "all"}])
def test_who_leaves_a_group_is_out_of_it(world: World, switches: dict[str, str]) -> None:
    reading(world, **switches)
    manifest = project(members=3)
    kept(world, manifest)
    members = manifest["groups"]["donors"]["members"]["accounts"]
    first, *_, last = members
    members[:] = [last]
    kept(world, manifest)
    phones = [row["phone"] for row in world.service.get("/groups/1/accounts")]
    assert phones == [manifest["accounts"][last]["phone"]]
    assert len(world.service.get("/accounts")) == len(manifest["accounts"])
    members.append(first)
    kept(world, manifest)
    assert len(world.service.get("/groups/1/accounts")) == 2


def test_the_url_that_works_is_tried_first_from_then_on(world: World) -> None:
    reading(world, group_remove="nested")
    manifest = project(members=3)
    kept(world, manifest)
    del manifest["groups"]["donors"]["members"]["accounts"][:]
    world.service.forget_requests()
    ended = applied(world, manifest)
    assert ended.code == 0, ended.said
    deletes = [one.count("/accounts/") for one in world.service.requests(writes=True) if one.startswith("DELETE")]
    assert deletes == [0, 1, 1, 1]
    assert world.service.get("/groups/1/accounts") == []
    world.holds_the_law()


def test_a_member_who_is_gone_is_not_looked_for_elsewhere(world: World) -> None:
    """404 on the printed URL, and the list lacks the account: done, and the longer URL is not tried."""
    reading(world)
    manifest = project(members=2)
    kept(world, manifest)
    first = manifest["groups"]["donors"]["members"]["accounts"][0]
    phone = manifest["accounts"][first]["phone"]
    (gone,) = [row["accountId"] for row in world.service.get("/accounts") if row["phone"] == phone]
    world.service.before(f"DELETE /groups/1/{gone}", lambda: world.service.send("DELETE", f"/groups/1/{gone}"))
    del manifest["groups"]["donors"]["members"]["accounts"][:1]
    ended = applied(world, manifest)
    assert ended.code == 0, ended.said
    assert f"DELETE /groups/1/accounts/{gone}" not in world.service.requests()


# ---- calls -----------------------------------------------------------------------------------------------------------


PLAIN = [
    [{"say": "See you"}, {"press": 1, "do": [{"say": "Bye"}]}],
    {"b": 1, "a": {"z": None, "ä": [True, 1.5]}},
    "just a text",
    5,
]
#: Texts that are JSON themselves: only `service:` tells a parsed one from one that was sent.
DOUBLE = ["5", '{"say": "text that holds JSON"}']


@pytest.mark.parametrize(
    ("operations", "says"), [*((one, True) for one in (*PLAIN, *DOUBLE)), *((one, False) for one in PLAIN)]
)
def test_operations_that_come_back_parsed_are_those_that_were_sent(world: World, operations: Any, says: bool) -> None:
    reading(world, operations="object")
    if not says:
        world.write_project()
    manifest = project() | {
        "calls": {
            "it": {
                "operations": operations,
                "actionTime": "2026-12-01T12:00:00Z",
                "receivers": [{"group": "donors"}],
            }
        }
    }
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
    manifest["calls"]["it"]["operations"] = [{"say": "Changed"}]
    world.write(manifest)
    assert world.launch().code == 0
    world.holds_the_law()
    assert world.service.get("/calls/1")["operations"] == [{"say": "Changed"}]
    world.service.advance("+1d")
    assert len(world.service.rings()) == 3


@pytest.mark.parametrize("section", ["calls", "smses"])
def test_whole_objects_in_a_list_change_nothing(world: World, section: str) -> None:
    reading(world, list_shape="full")
    one = {"operations": [{"say": "Hi"}]} if section == "calls" else {"message": "Hi", "sender": "Blood"}
    manifest = project() | {
        section: {"it": {**one, "actionTime": "2026-12-01T12:00:00Z", "receivers": [{"group": "donors"}]}}
    }
    world.write(manifest)
    assert world.launch().code == 0
    world.holds_the_law()
    manifest[section]["it"]["receivers"].append({"account": list(manifest["accounts"])[4]})
    world.write(manifest)
    assert world.launch().code == 0
    world.holds_the_law()
    world.service.advance("+1d")
    assert len(world.service.rings()) == 4
    world.holds_the_law()


# ---- the zone of times -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "zones", [("UTC", "Europe/Helsinki"), ("Europe/Helsinki", "UTC"), ("Asia/Tokyo", "Europe/Helsinki")]
)
def test_a_zone_that_somebody_corrects_changes_no_object(world: World, zones: tuple[str, str]) -> None:
    """The service has been in Helsinki all the time; what the state knows of was made when it was made, whatever the zone."""
    world.service.at(MORNING)
    world.service.reads(zone="Europe/Helsinki")
    manifest = project()
    for zone in zones:
        world.write_project(service={"zone": zone})
        kept(world, manifest)
    manifest["groups"]["donors"]["description"] = "Donors"
    kept(world, manifest)
    for zone in reversed(zones):
        world.write_project(service={"zone": zone})
        world.holds_the_law()


def test_an_hour_that_comes_twice_makes_no_other_object(world: World) -> None:
    """Made in the first of the two hours, looked at in the second."""
    world.service.at("2026-10-25T00:30:00Z")
    world.service.reads(zone="Europe/Helsinki")
    world.write_project(service={"zone": "Europe/Helsinki"})
    manifest = project()
    kept(world, manifest)
    for time in ("2026-10-25T01:10:00Z", "2026-10-25T01:45:00Z", "2026-10-26T00:00:00Z"):
        world.service.at(time)
        world.holds_the_law()
    shown = world.cli("state", "show", "groups.donors", world.folder, "--json").json
    assert shown["createdAt"].startswith("2026-10-25T00:3")


def test_a_state_of_another_account_is_told_in_any_zone(world: World) -> None:
    reading(world, zone="Europe/Helsinki")
    manifest = project()
    kept(world, manifest)
    world.service.start_over("2026-12-02T07:00:00Z")
    world.service.reads(zone="Europe/Helsinki")
    for name in ("One", "Two", "Three"):
        world.service.send("POST", "/groups", {"name": name, "description": ""})
    ended = world.plan()
    assert ended.code == 1
    assert "This state belongs to another account" in ended.err
