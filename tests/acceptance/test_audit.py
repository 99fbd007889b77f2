"""What could have reached people twice, or without its own yes: each case here was possible once."""

from __future__ import annotations

from copy import deepcopy

import pytest

from mscode.sandbox import click_to_calls, messages
from mscode.sandbox.operation import Call
from mscode.sandbox.store import Doc
from mscode.sandbox.validate import Fields
from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World
from tests.acceptance.test_sending import PATHS, every, once, only, project


@once
def test_the_same_message_under_two_addresses_is_refused_before_anything_is_sent(world: World, section: str) -> None:
    manifest = project(section)
    manifest[section]["zweite"] = deepcopy(only(manifest, section))
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 1
    assert "are the same message to the same people" in ended.err
    assert world.service.requests(writes=True) == []


@once
def test_the_same_message_is_refused_although_only_selects_one_of_the_two(world: World, section: str) -> None:
    manifest = project(section)
    first = next(iter(manifest[section]))
    world.launched(manifest)
    manifest[section]["zweite"] = deepcopy(only(manifest, section))
    world.write(manifest)
    for options in ((), ("--only", f"{section}.zweite")):
        ended = world.launch(*options)
        assert ended.code == 1
        assert f"{section}.zweite and {section}.{first} are the same message" in ended.err
    assert len(world.service.get(PATHS[section])) == 1


@once
def test_a_new_name_is_told_to_be_one_and_sends_nothing_anew(world: World, section: str) -> None:
    manifest = project(section)
    old = next(iter(manifest[section]))
    world.launched(manifest)
    manifest[section] = {"renamed": manifest[section].pop(old)}
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 1
    assert f"renamedFrom: {old}" in ended.err
    manifest[section]["renamed"]["renamedFrom"] = old
    world.write(manifest)
    assert world.launch().code == 0
    assert len(world.service.get(PATHS[section])) == 1
    world.holds_the_law()


def test_two_texts_or_times_or_receivers_are_two_messages(world: World) -> None:
    manifest = project("smses")
    first = only(manifest, "smses")
    manifest["smses"]["text"] = {**first, "message": "Another one"}
    manifest["smses"]["time"] = {**first, "actionTime": "2026-12-02T08:00:00Z"}
    manifest["smses"]["people"] = {**first, "receivers": [{"account": "aino"}]}
    world.launched(manifest)
    assert len(world.service.get("/smses")) == 4
    world.holds_the_law()


def test_lost_state_does_not_send_again_what_differs_in_spaces_and_sender_alone(world: World) -> None:
    manifest = project("smses")
    world.launched(manifest)
    world.lose_state()
    only(manifest, "smses").update(message="See you  tomorrow\n", sender="Red")
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 1
    assert "exists already in the live account (id 1) and differs" in ended.err
    assert len(world.service.get("/smses")) == 1


# ---- an answer that was lost -----------------------------------------------------------------------------------------


def lose_the_answer(world: World, section: str) -> None:
    """It is made, nobody is told, and the list does not show it for a while."""
    world.service.fault(method="POST", path=PATHS[section], status=503, when="after", times=1)
    world.service.fault(method="GET", path=PATHS[section], omit=1, times=100)
    world.write(project(section))
    assert world.launch().code == 7
    world.service.no_more_faults()
    assert len(world.service.get(PATHS[section])) == 1


@every
def test_what_was_made_and_is_wanted_no_more_is_taken_back(world: World, section: str) -> None:
    lose_the_answer(world, section)
    world.write(project())
    ended = world.plan()
    assert "will be destroyed" in ended.out
    assert world.apply().code == 0
    assert world.service.get(PATHS[section]) == []
    world.holds_the_law()


@once
def test_an_edit_after_a_lost_answer_does_not_hide_what_was_made(world: World, section: str) -> None:
    lose_the_answer(world, section)
    manifest = project(section)
    only(manifest, section)["actionTime"] = "2026-12-03T08:00:00Z"
    world.write(manifest)
    address = f"{section}.{next(iter(manifest[section]))}"
    ended = world.cli("resolve", address, world.folder, "--not-created")
    assert ended.code == 1
    assert f"{address} is there after all: id 1" in ended.err
    assert world.launch().code == 0
    (left,) = world.service.get(PATHS[section])
    assert left["actionTime"] == "2026-12-03 08:00:00"
    world.holds_the_law()


# ---- --only and --exclude --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [("--exclude", "rsvpCalls.*"), ("--only", "smses.reminder")])
def test_a_campaign_that_is_left_out_is_not_launched_for_its_replies(world: World, options: tuple[str, ...]) -> None:
    manifest = drive(acceptsWanted=2)
    manifest["groups"]["coming"] = {"members": {"replied": {"campaign": "invite", "reply": "accept"}}}
    reminder = {"message": "See you", "actionTime": "2026-12-08T08:00:00Z", "receivers": [{"group": "coming"}]}
    manifest["smses"] = {"reminder": reminder}
    world.write(manifest)
    assert "rsvpCalls.invite" not in world.changes(*options)
    assert world.launch(*options).code == 0
    assert world.service.get("/rsvp_calls") == []
    assert world.launch().code == 0
    world.service.at("2026-12-05T06:00:00Z")
    changed = world.changes(*options)
    assert changed["groups.coming"] == (["update"], ["dials"])
    assert world.launch(*options).code == 0
    world.holds_the_law()


# ---- what stops comes before what starts -----------------------------------------------------------------------------


def test_nothing_is_launched_while_what_was_to_be_stopped_goes_on(world: World) -> None:
    manifest = project("clickToCalls")
    world.service.at("2026-11-29T06:00:00Z")
    world.launched(manifest)
    manifest["clickToCalls"] = {"counter": manifest["clickToCalls"]["desk"]}
    world.write(manifest)
    world.service.fault(method="DELETE", path="/click_to_calls/1", status=403)
    ended = world.launch("--override", "calledAlready")
    assert ended.code in (1, 6)
    assert [one["clickToCallId"] for one in world.service.get("/click_to_calls")] == ["1"]
    assert world.launch("--override", "calledAlready").code == 0
    assert [one["clickToCallId"] for one in world.service.get("/click_to_calls")] == ["2"]


def test_the_brake_says_what_it_cannot_stop(world: World) -> None:
    manifest = project("clickToCalls", "smses")
    world.launched(manifest)
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert ended.code == 0
    assert (
        "2 objects cannot be halted (the API has no halt for a text message or a click-to-call): smses.reminder, "
        "clickToCalls.desk. To stop what has not gone out yet"
    ) in ended.err


# ---- renamed, and the state lost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsvpCalls", "clickToCalls"])
def test_what_was_renamed_and_whose_state_is_lost_does_not_call_its_people_twice(world: World, kind: str) -> None:
    manifest = drive() if kind == "rsvpCalls" else project(kind)
    world.service.at("2026-11-29T06:00:00Z")
    world.launched(manifest)
    old = next(iter(manifest[kind]))
    manifest[kind] = {"renamed": {**manifest[kind][old], "renamedFrom": old}}
    world.write(manifest)
    assert world.apply().code == 0
    world.lose_state()
    del manifest[kind]["renamed"]["renamedFrom"]
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 5
    assert f"whom {kind}.{old} was to call already: it (id 1) carries this project's mark" in ended.out
    manifest[kind]["renamed"]["renamedFrom"] = old
    world.write(manifest)
    assert world.launch().code == 0
    assert len(world.service.get({"rsvpCalls": "/rsvp_calls", **PATHS}[kind])) == 1
    world.holds_the_law()


# ---- a service that writes things its own way ------------------------------------------------------------------------


def test_a_click_to_call_whose_address_comes_back_in_another_form_is_not_made_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = click_to_calls._document

    def tidied(call: Call) -> Doc:
        document = made(call)
        return {**document, "receiverWebhookUrl": document["receiverWebhookUrl"] + "/"}

    monkeypatch.setattr(click_to_calls, "_document", tidied)
    manifest = project("clickToCalls")
    manifest["clickToCalls"]["desk"]["receiverWebhookUrl"] = "https://hooks.example.com"
    world.launched(manifest)
    world.holds_the_law()


def test_a_message_that_is_trimmed_is_found_after_its_state_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = messages._texts

    def trimmed(kind: messages.Kind, fields: Fields, before: Doc) -> Doc:
        return {name: text.strip() for name, text in read(kind, fields, before).items()}

    monkeypatch.setattr(messages, "_texts", trimmed)
    manifest = project("smses")
    only(manifest, "smses")["message"] = "See you tomorrow\n"
    world.launched(manifest)
    world.holds_the_law()
    world.lose_state()
    assert world.launch().code == 1
    assert len(world.service.get("/smses")) == 1


# ---- small words -----------------------------------------------------------------------------------------------------


def test_a_waiting_message_keeps_an_ignored_time_while_its_text_is_edited(world: World) -> None:
    manifest = project("smses")
    only(manifest, "smses")["lifecycle"] = {"ignoreChanges": ["actionTime"]}
    world.launched(manifest)
    body = {name: value for name, value in world.service.get("/smses/1").items() if name in ("message", "sender")}
    world.service.send("PUT", "/smses/1", {**body, "actionTime": "2026-12-10 08:00:00"})
    world.service.at("2026-12-02T06:00:00Z")
    only(manifest, "smses")["message"] = "See you next week"
    world.write(manifest)
    assert world.apply().code == 0
    assert world.service.get("/smses/1")["message"] == "See you next week"
    assert world.service.get("/smses/1")["actionTime"] == "2026-12-10 08:00:00"


def test_a_waiting_message_with_a_new_time_that_has_passed_is_told_to_be_there(world: World) -> None:
    manifest = project("smses")
    world.launched(manifest)
    only(manifest, "smses")["actionTime"] = "2026-11-29T08:00:00Z"
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 1
    assert "The live one (id 1) is left as it is" in ended.err


def test_resume_of_what_has_no_halt_is_an_error(world: World) -> None:
    world.write(project("smses"))
    ended = world.launch("--resume", "smses.reminder")
    assert ended.code == 1
    assert "there is no halt for a text message" in ended.err


def test_the_state_shows_no_number_and_no_address(world: World) -> None:
    manifest = project("smses", "emails")
    only(manifest, "smses")["message"] = "Call +358405550107 or write to aino.virta@example.com"
    manifest["subusers"] = {"desk": {"username": "desk@example.com", "email": "desk@example.com"}}
    world.launched(manifest)
    said = world.cli("show", "--json", world.folder).said + world.cli("show", world.folder).said
    for address in ("smses.reminder", "emails.letter", "subusers.desk"):
        said += world.cli("state", "show", address, world.folder).said
    assert "example.com" not in said
    assert "+358405550107" not in said
    assert "desk@example.com" not in world.cli("state", "pull", world.folder).out


def test_mailings_are_on_top_of_a_review(world: World) -> None:
    world.write(project("smses"))
    shown = world.plan("--format", "markdown").out
    assert "#### ✉ Writes to people (1)" in shown
    assert shown.index("Writes to people") < shown.index("Created")
    assert "**✉ Launch: 1 mailing, 4 people, 4 messages" in shown
    page = world.plan("--format", "html").out
    assert "4 people, 4 messages. Times in" in page
    assert "Messages go out" in page
    assert "at most 0 calls" not in page
