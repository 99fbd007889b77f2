"""Operations 1-6: accounts (docs/service-notes.md#accounts)."""

import pytest

from .world import World

TEXTS = ["firstName", "lastName", "nickName", "phone", "email", "address", "zip", "city", "companyName", "website",
         "note", "area", "gender"]  # fmt: skip
AINO = {name: f"my {name}" for name in TEXTS} | {"yearOfBirth": 1980}


def test_an_account_has_17_fields_in_every_reading(world: World) -> None:
    response = world.send("POST", "/accounts", AINO)
    made = response.json()
    assert response.status_code == 201
    assert list(made) == ["accountId", *TEXTS, "yearOfBirth", "updatedAt", "createdAt"]
    stamps = {"updatedAt": "2026-12-01 07:00:00", "createdAt": "2026-12-01 07:00:00"}
    assert made == {"accountId": "1", **AINO, **stamps}
    assert response.headers["location"] == "http://sandbox.local/v1/accounts/1"
    assert world.get("/accounts/1") == made
    assert world.get("/accounts") == [made]


def test_unset_text_is_empty_and_an_unset_year_is_null(world: World) -> None:
    made = world.post("/accounts", {"firstName": None})
    assert {made[name] for name in TEXTS} == {""}
    assert made["yearOfBirth"] is None


def test_any_text_survives(world: World) -> None:
    note = 'Ä\u0000\u2028\U0001f600"\\</script>\x7f'
    made = world.post("/accounts", {"note": note})
    assert made["note"] == note
    assert world.get("/accounts")[0]["note"] == note


def test_an_update_keeps_what_it_omits_and_empties_what_is_null(world: World) -> None:
    account = world.post("/accounts", AINO)["accountId"]
    world.advance("+1h")
    changed = world.put(f"/accounts/{account}", {"city": "Espoo", "note": None, "yearOfBirth": None})
    assert (changed["city"], changed["note"], changed["yearOfBirth"]) == ("Espoo", "", None)
    assert changed["firstName"] == AINO["firstName"]
    assert (changed["createdAt"], changed["updatedAt"]) == ("2026-12-01 07:00:00", "2026-12-01 08:00:00")


@pytest.mark.parametrize(
    ("field", "value"),
    [("firstName", 1), ("zip", 100), ("note", []), ("phone", {}), ("email", True), ("yearOfBirth", "1980"),
     ("yearOfBirth", 1980.5), ("yearOfBirth", True), ("yearOfBirth", 10**30)],
)  # fmt: skip
def test_a_wrong_type_is_refused(world: World, field: str, value: object) -> None:
    assert world.refused("POST", "/accounts", {field: value}) == field


def test_unknown_members_are_ignored(world: World) -> None:
    assert "colour" not in world.post("/accounts", {"colour": "red", "accountId": "77"})
    assert world.get("/accounts")[0]["accountId"] == "1"


def test_a_deleted_account_is_gone_from_its_groups(world: World) -> None:
    anna, erik = world.people(2)
    group = world.group(anna, erik)
    world.delete(f"/accounts/{anna}")
    assert world.get(f"/groups/{group}")["numberOfAccounts"] == 1
    assert world.send("DELETE", f"/accounts/{anna}").status_code == 404
    assert world.send("PUT", f"/accounts/{anna}", {}).status_code == 404


@pytest.mark.parametrize("query", ["", "?all&filterId=1", "?all=1", "?all=false", "?all=true", "?other=1"])
def test_a_bulk_delete_that_is_not_clear_deletes_nothing(world: World, query: str) -> None:
    world.account()
    world.post("/accounts/filters", {"filters": [{"field": "phone", "operator": "!=", "value": ""}]})
    world.refused("DELETE", f"/accounts{query}")
    assert len(world.get("/accounts")) == 1


@pytest.mark.parametrize("query", ["?all", "?all="])
def test_all_deletes_every_account(world: World, query: str) -> None:
    group = world.group(*world.people(3))
    world.delete(f"/accounts{query}")
    assert world.get("/accounts") == []
    assert world.get(f"/groups/{group}")["numberOfAccounts"] == 0


def test_a_filter_deletes_what_it_matches(world: World) -> None:
    for city in ("Helsinki", "Espoo", "Turku"):
        world.account(city=city)
    conditions = [{"field": "city", "operator": "in", "value": ["Helsinki", "Espoo"]}]
    filter_id = world.post("/accounts/filters", {"filters": conditions})["filterId"]
    world.delete(f"/accounts?filterId={filter_id}")
    assert [account["city"] for account in world.get("/accounts")] == ["Turku"]


@pytest.mark.parametrize("filter_id", ["404", "", "x"])
def test_an_unknown_filter_deletes_nothing(world: World, filter_id: str) -> None:
    world.account()
    assert world.send("DELETE", f"/accounts?filterId={filter_id}").status_code == 404
    assert len(world.get("/accounts")) == 1
