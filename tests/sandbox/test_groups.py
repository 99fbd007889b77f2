"""Operations 11-18 (docs/service-notes.md#groups)."""

import pytest

from .world import World

MEMBER_FIELDS = ["groupId", "accountId", "firstName", "lastName", "nickName", "phone", "email", "address", "zip",
                 "city", "companyName", "website", "note", "updatedAt", "createdAt"]  # fmt: skip


def test_a_group_has_six_fields(world: World) -> None:
    response = world.send("POST", "/groups", {"name": "Crew", "description": ""})
    made = response.json()
    assert made == {
        "groupId": "1",
        "name": "Crew",
        "description": "",
        "updatedAt": "2026-12-01 07:00:00",
        "createdAt": "2026-12-01 07:00:00",
        "numberOfAccounts": 0,
    }
    assert response.headers["location"] == "http://sandbox.local/v1/groups/1"
    assert (world.get("/groups/1"), world.get("/groups")) == (made, [made])


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": "x"}, "description"), ({"description": "x"}, "name"),
     ({"name": "x", "description": None}, "description"), ({"name": 1, "description": ""}, "name"),
     ({"name": "", "description": ""}, "name")],
)  # fmt: skip
def test_name_and_description_are_always_required(world: World, method: str, body: object, field: str) -> None:
    group = world.group()
    assert world.refused(method, "/groups" if method == "POST" else f"/groups/{group}", body) == field


def test_an_update_replaces_both_fields_and_keeps_the_members(world: World) -> None:
    group = world.group(world.account())
    world.advance("+1h")
    changed = world.put(f"/groups/{group}", {"name": "New", "description": "Text"})
    assert (changed["name"], changed["description"], changed["numberOfAccounts"]) == ("New", "Text", 1)
    assert changed["updatedAt"] == "2026-12-01 08:00:00"
    assert world.send("PUT", "/groups/404", {"name": "New", "description": ""}).status_code == 404


def test_two_groups_may_have_one_name(world: World) -> None:
    assert world.group(name="Same") != world.group(name="Same")


def test_members_lack_area_gender_and_year(world: World) -> None:
    account = world.account(city="Espoo", area="South", yearOfBirth=1980)
    group = world.group(account)
    members = world.get(f"/groups/{group}/accounts")
    assert [list(member) for member in members] == [MEMBER_FIELDS]
    assert (members[0]["groupId"], members[0]["accountId"], members[0]["city"]) == (group, account, "Espoo")


def test_adding_answers_the_new_pairs_only_and_no_location(world: World) -> None:
    anna, erik = world.people(2)
    group = world.group(anna)
    body = [{"accountId": anna}, {"accountId": int(erik)}, {"accountId": erik}]
    response = world.send("POST", f"/groups/{group}/accounts", body)
    assert response.status_code == 201
    assert response.json() == [{"groupId": group, "accountId": erik}]
    assert "location" not in response.headers
    assert world.get(f"/groups/{group}")["numberOfAccounts"] == 2


@pytest.mark.parametrize(
    "body", [{"accountIds": ["1"]}, ["1"], [{}], [{"accountId": None}], [{"accountId": "404"}], [{"accountId": "x"}]]
)
def test_adding_takes_a_bare_array_of_known_accounts_or_changes_nothing(world: World, body: object) -> None:
    account = world.account()
    group = world.group()
    world.refused(
        "POST", f"/groups/{group}/accounts", [{"accountId": account}, *body] if isinstance(body, list) else body
    )
    assert world.get(f"/groups/{group}/accounts") == []


def test_a_member_is_removed_by_the_short_url_only(world: World) -> None:
    account = world.account()
    group = world.group(account)
    assert world.send("DELETE", f"/groups/{group}/accounts/{account}").status_code == 404
    world.delete(f"/groups/{group}/{account}")
    assert world.get(f"/groups/{group}/accounts") == []
    assert world.send("DELETE", f"/groups/{group}/{account}").status_code == 404
    assert world.get(f"/accounts/{account}")["accountId"] == account


def test_a_deleted_group_leaves_its_people(world: World) -> None:
    group = world.group(world.account())
    world.delete(f"/groups/{group}")
    assert world.get("/groups") == []
    assert world.send("GET", f"/groups/{group}/accounts").status_code == 404
    assert world.send("DELETE", f"/groups/{group}").status_code == 404
    assert len(world.get("/accounts")) == 1
