"""No person's data and no secret reaches an output or a file that mscode keeps."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, Manifest, drive
from tests.acceptance.conftest import Ended, World

PHONES = ("+358405551234", "+358405555678", "+358405559876")
PERSON = {
    "firstName": "Kanarialintu",
    "lastName": "Sukunimitön",
    "nickName": "Lintunen",
    "phone": PHONES[0],
    "email": "kanaria@birds.example.com",
    "address": "Salakatu 77 B",
    "companyName": "Häkki Oy",
    "website": "https://birds.example.com/kanaria",
    "note": "Pelkää kissoja",
    "city": "Helsinki",
    "yearOfBirth": 1980,
}
#: A stranger who is in the account, and in no manifest.
STRANGER = {
    "firstName": "Muukalainen",
    "phone": PHONES[1],
    "email": "muukalainen@birds.example.com",
    "city": "Helsinki",
}
PUBLIC = {"city", "yearOfBirth"}
WORDS = {str(value) for person in (PERSON, STRANGER) for name, value in person.items() if name not in PUBLIC}
CANARIES = sorted(WORDS | set(PHONES) | {phone.lstrip("+") for phone in PHONES} | {phone[4:] for phone in PHONES})


def _manifest() -> Manifest:
    manifest = drive(acceptsWanted=1, receivers=[{"group": "donors"}, {"account": "lauri"}, {"phone": PHONES[2]}])
    manifest["accounts"]["kanaria"] = dict(PERSON)
    return manifest


@pytest.fixture
def canaries(world: World) -> World:
    world.service.control("POST", "/seed", [STRANGER])
    world.write(_manifest())
    return world


def _keeps_silent(world: World, *endings: Ended) -> None:
    """Neither what was said nor what lies in the project's own folder tells anything."""
    for ended in endings:
        _tells_nothing(world, ended.said)
    for file in sorted((world.folder / ".mscode").rglob("*")):
        if file.is_file() and "results" not in file.parts:
            _tells_nothing(world, file.read_text("utf-8", "replace"), file)


def _tells_nothing(world: World, text: str, where: Path | None = None) -> None:
    """Also not in JSON's escapes."""
    plain = text.replace("\\u00f6", "ö").replace("\\u00e4", "ä").replace("\\u00c4", "Ä")
    told = [word for word in (*CANARIES, world.service.token) if word in plain]
    assert told == [], f"{where or 'the output'}: {text}"


def test_the_words_to_look_for_would_be_found(canaries: World) -> None:
    with pytest.raises(AssertionError):
        _tells_nothing(canaries, json.dumps(PERSON))
    with pytest.raises(AssertionError):
        _tells_nothing(canaries, f"token {canaries.service.token}")


def test_plan_and_apply_tell_nothing(canaries: World) -> None:
    said = [canaries.plan(), canaries.plan("--json"), canaries.launch(), canaries.plan(), canaries.plan("--json")]
    assert said[2].code == 0, "the test would say nothing"
    _keeps_silent(canaries, *said)


def test_apply_in_json_tells_nothing(canaries: World) -> None:
    ended = canaries.launch("--json")
    assert ended.code == 0
    _keeps_silent(canaries, ended)


def test_updates_of_people_tell_nothing(canaries: World) -> None:
    assert canaries.launch().code == 0
    manifest = _manifest()
    manifest["accounts"]["kanaria"] = PERSON | {"phone": PHONES[1].replace("5678", "4321"), "note": "Uusi", "zip": "1"}
    manifest["groups"]["donors"]["members"]["phones"] = [PHONES[1]]
    canaries.write(manifest)
    said = [canaries.plan(), canaries.plan("--json"), canaries.launch("--json"), canaries.plan()]
    _keeps_silent(canaries, *said)
    assert all("+358405554321" not in ended.said for ended in said)


def test_a_campaign_that_has_called_and_is_destroyed_tells_nothing(canaries: World) -> None:
    assert canaries.launch().code == 0
    canaries.service.at(AFTER)
    said = [canaries.plan(), canaries.plan("--destroy"), canaries.destroy("--allow-deletes", "50")]
    assert said[-1].code == 0
    _keeps_silent(canaries, *said)


def test_the_state_commands_tell_nothing(canaries: World) -> None:
    assert canaries.launch().code == 0
    show = ("state", "show")
    lines = (
        *(["state", "pull"], ["state", "list", "--json"], [*show, "accounts.kanaria"], [*show, "rsvpCalls.invite"]),
        [*show, "rsvpCalls.invite", "--json"],
    )
    said = [canaries.cli(*line, canaries.folder) for line in lines]
    assert {ended.code for ended in said} == {0}
    _keeps_silent(canaries, *said)


BROKEN: dict[str, dict[str, Any]] = {
    "unknown key": {**PERSON, "fistName": "Kanarialintu"},
    "a year that is no number": {**PERSON, "yearOfBirth": "unknown"},
    "a phone too short": {**PERSON, "phone": PHONES[0][:6]},
    "a list": {**PERSON, "note": ["Pelkää kissoja"]},
    "a phone as a name": {**PERSON, "firstName": {"x": PHONES[0]}},
}


@pytest.mark.parametrize("person", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("style", ["one line", "many lines"])
def test_errors_of_manifests_tell_nothing(canaries: World, person: dict[str, Any], style: str) -> None:
    manifest = _manifest()
    manifest["accounts"]["kanaria"] = person
    text = json.dumps(manifest, indent=1 if style == "many lines" else None, ensure_ascii=False)
    (canaries.folder / "all.yaml").write_text(text)
    lines = (["validate"], ["validate", "--json"], ["plan"], ["plan", "--json"], ["apply", "--auto-approve", "--json"])
    said = [canaries.cli(*line, canaries.folder) for line in lines]
    assert {ended.code for ended in said} == {1}
    _keeps_silent(canaries, *said)


def test_broken_syntax_tells_nothing(canaries: World) -> None:
    lines = ["apiVersion: mscode/v1", "accounts:", *[f"  k: {{{name}: '{value}'" for name, value in PERSON.items()]]
    for cut in (3, 5, len(lines)):
        (canaries.folder / "all.yaml").write_text("\n".join(lines[:cut]) + "\n")
        said = [canaries.cli(command, canaries.folder) for command in ("validate", "plan")]
        assert {ended.code for ended in said} == {1}
        _keeps_silent(canaries, *said)


ECHO = {"error": {"code": "invalid", "message": f"bad {PERSON} {STRANGER}", "field": PHONES[0]}, "sent": PERSON}


@pytest.mark.parametrize(
    "body", [ECHO, str(ECHO), f"<html>{PHONES[0]} {PERSON['email']}</html>"], ids=["json", "text", "html"]
)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/accounts", 400),
        ("POST", "/accounts", 503),
        ("POST", "/accounts", 201),
        ("POST", "/rsvp_calls", 422),
        ("PUT", "/rsvp_calls/1", 400),
        ("GET", "/accounts", 400),
        ("GET", "/accounts", 200),
        ("GET", "/groups", 500),
    ],
)
def test_a_service_that_echoes_people_makes_mscode_tell_nothing(
    canaries: World, method: str, path: str, status: int, body: Any
) -> None:
    canaries.service.fault(method=method, path=path, status=status, body=body, times=None)
    said = [canaries.launch(), canaries.launch("--json"), canaries.plan()]
    assert said[0].code in (1, 6, 7)
    _keeps_silent(canaries, *said)


@pytest.mark.parametrize("body", ["\\" * 60_000, '"note": "' * 7_000, '"note"' + "\\" * 60_000])
def test_an_answer_made_to_be_slow_to_mask_is_masked_in_no_time(canaries: World, body: str) -> None:
    canaries.service.fault(method="GET", path="/accounts", status=400, body=body, times=None)
    began = time.monotonic()
    assert canaries.plan().code == 1
    assert time.monotonic() - began < 10


def test_a_service_that_echoes_the_token_makes_mscode_tell_nothing(canaries: World) -> None:
    body = {"error": {"code": "x", "message": f"token {canaries.service.token} is wrong", "field": None}}
    canaries.service.fault(method="GET", path="/accounts", status=401, body=body, times=None)
    said = [canaries.plan(), canaries.plan("--json"), canaries.launch("--json")]
    assert {ended.code for ended in said} == {1}
    _keeps_silent(canaries, *said)


def test_a_literal_token_is_an_error_that_does_not_show_it(canaries: World) -> None:
    file = canaries.folder / "mscode.yaml"
    project = json.loads(file.read_text())
    project["environments"]["test"]["token"] = "verysecrettoken123"
    file.write_text(json.dumps(project, indent=1))
    for line in (["validate"], ["plan"], ["plan", "--json"], ["validate", "--json"]):
        ended = canaries.cli(*line, canaries.folder)
        assert ended.code == 1, ended.said
        assert "verysecrettoken123" not in ended.said


def test_show_people_shows_nobody_where_there_is_no_terminal(canaries: World) -> None:
    _keeps_silent(canaries, canaries.plan("--show-people"))


def test_a_refusal_for_two_of_one_number_tells_nothing(canaries: World) -> None:
    manifest = _manifest()
    manifest["rsvpCalls"]["invite"]["receivers"] = [{"group": "donors"}, {"account": "kanaria"}, {"phone": PHONES[0]}]
    canaries.write(manifest)
    said = [canaries.plan(), canaries.plan("--json"), canaries.launch()]
    assert said[0].code in (1, 5)
    _keeps_silent(canaries, *said)


def test_what_mscode_keeps_is_readable_by_its_user_alone(canaries: World) -> None:
    assert canaries.launch().code == 0
    assert (canaries.folder / ".mscode").stat().st_mode & 0o777 == 0o700
    for file in (canaries.folder / ".mscode").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_the_ledger_is_shown_with_masked_numbers(canaries: World) -> None:
    assert canaries.launch().code == 0
    canaries.service.at(AFTER)
    said = [canaries.cli("sandbox", "rings", "--url", canaries.service.url, *more) for more in ((), ("--json",))]
    assert canaries.service.rings() and "+35840•••" in said[0].out
    _keeps_silent(canaries, *said)
