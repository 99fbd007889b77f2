"""One person however the e-mail address is spelled: in any case, with a domain in its own letters or in punycode."""

from __future__ import annotations

import pytest

from mscode.model.email_address import folded_email
from tests.acceptance.conftest import World
from tests.acceptance.test_readings import MORNING, project

UNICODE, PUNYCODE = "Aino@bücher.example", "aino@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (UNICODE, PUNYCODE, True),
        ("aino@BÜCHER.example", PUNYCODE, True),
        ("a@bu\u0308cher.example", "a@b\u00fccher.example", True),
        ("a@bücher.example", "a@bucher.example", False),
        ("ä@example.com", "a\u0308@example.com", True),
        ("ä@example.com", "a@example.com", False),
        ("no address ü", "NO ADDRESS Ü", True),
    ],
)
def test_spellings(one: str, other: str, same: bool) -> None:
    assert (folded_email(one) == folded_email(other)) is same


def test_an_account_is_found_by_its_address(world: World) -> None:
    world.service.send("POST", "/accounts", {"firstName": "Aino", "email": PUNYCODE})
    manifest = {"apiVersion": "mscode/v1", "accounts": {"aino": {"firstName": "Aino", "email": UNICODE}}}
    world.write(manifest)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert [one["email"] for one in world.service.get("/accounts")] == [PUNYCODE], "taken in as it is"
    world.holds_the_law()
    manifest["accounts"]["aino"]["city"] = "Espoo"
    world.write(manifest)
    assert world.apply().code == 0
    world.holds_the_law()


def test_a_spelling_that_is_written_later_is_sent(world: World) -> None:
    world.service.send("POST", "/accounts", {"firstName": "Aino", "email": PUNYCODE})
    for written in (UNICODE, UNICODE.upper()):
        world.write({"apiVersion": "mscode/v1", "accounts": {"aino": {"firstName": "Aino", "email": written}}})
        assert world.apply().code == 0
        world.holds_the_law()
    assert [one["email"] for one in world.service.get("/accounts")] == [UNICODE.upper()]


def test_nobody_is_written_to_twice(world: World) -> None:
    world.service.at(MORNING)
    manifest = project("emails")
    manifest["accounts"]["aino"]["email"], manifest["accounts"]["kaisa"]["email"] = UNICODE, PUNYCODE
    world.write(manifest)
    ended = world.launch()
    assert ended.code != 0 and world.service.get("/emails") == [], ended.said
    manifest["accounts"]["kaisa"]["email"] = "kaisa@bücher.example"
    world.launched(manifest)
    world.holds_the_law()


def test_a_receiver_stands_once(world: World) -> None:
    manifest = project("emails")
    manifest["emails"]["it"]["receivers"] = [{"email": UNICODE}, {"email": PUNYCODE}]
    world.write(manifest)
    assert "The same receiver stands twice" in world.cli("validate", world.folder).said
