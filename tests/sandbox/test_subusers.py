"""Subusers and login: operations 34 and 49-53 (docs/service-notes.md#tokens, docs/service-notes.md#subusers)."""

import pytest

from mscode.sandbox.profile import Profile

from .world import World

CREW = {"username": "crew1", "email": "crew1@example.com", "password": "correct horse"}


def test_a_subuser_has_an_int_id_and_a_token_and_no_password(world: World) -> None:
    response = world.send("POST", "/subusers", CREW)
    made = response.json()
    assert response.headers["location"] == "http://sandbox.local/v1/subusers/1"
    names = ["subuserId", "username", "email", "firstName", "lastName", "company", "authToken", "phone", "updatedAt",
             "createdAt"]  # fmt: skip
    assert list(made) == names
    assert (made["subuserId"], made["username"], made["company"]) == (1, "crew1", "")
    assert (world.get("/subusers/1"), world.get("/subusers")) == (made, [made])


@pytest.mark.parametrize("field", ["username", "email"])
def test_username_and_email_are_required(world: World, field: str) -> None:
    assert world.refused("POST", "/subusers", {**CREW, field: None}) == field


def test_an_update_changes_what_it_names(world: World) -> None:
    made = world.post("/subusers", CREW)
    changed = world.put("/subusers/1", {"company": "Blood Service", "authToken": "mine"})
    assert changed == {**made, "company": "Blood Service"}
    assert world.send("PUT", "/subusers/2", {}).status_code == 404


def test_a_subusers_token_opens_until_the_subuser_is_gone(world: World) -> None:
    headers = {"X-Access-Token": world.post("/subusers", CREW)["authToken"]}
    assert world.send("GET", "/groups", headers=headers).status_code == 200
    world.delete("/subusers/1")
    assert world.send("GET", "/groups", headers=headers).status_code == 401
    assert world.send("DELETE", "/subusers/1").status_code == 404


def test_login_needs_no_token_and_gives_a_new_one_each_time(world: World) -> None:
    world.post("/subusers", CREW)
    headers = {"X-Access-Token": "-"}
    answers = [world.send("POST", "/login", CREW, headers=headers) for _ in range(2)]
    tokens = [answer.json()["authToken"] for answer in answers]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert "location" not in answers[0].headers
    assert tokens[0] != tokens[1]
    assert world.send("GET", "/groups", headers={"X-Access-Token": tokens[0]}).status_code == 200


def test_wrong_credentials_are_401_and_missing_ones_400(world: World) -> None:
    world.post("/subusers", {**CREW, "password": None})
    for password in ("wrong", ""):
        world.refused("POST", "/login", {**CREW, "password": password}, 401)
    for field in ("email", "password"):
        assert world.refused("POST", "/login", {**CREW, field: None}) == field


def test_the_login_path_is_a_setting() -> None:
    world = World(profile=Profile(login_path="/sessions"))
    owner = {"email": "sandbox@example.com", "password": "sandbox"}
    assert world.send("POST", "/sessions", owner).status_code == 201
    assert world.send("POST", "/login", owner).status_code == 404
    world.close()
