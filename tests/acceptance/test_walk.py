"""The walk through a call or a message on a plan's page: what is heard in that order, what keys do, what is said of them."""

from __future__ import annotations

import re
import wave
from html import unescape
from typing import Any

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

QUESTION = "Hello!\nPress four to come,\nor press 9 to decline. Questions: +358 40 555 0199."


def _project(**changes: Any) -> dict[str, Any]:
    project = drive(voiceFiles={"end": "busy", "accept": "thanks", "start": "greeting"}, **changes)
    project["voiceFiles"]["greeting"]["text"] = QUESTION
    project["voiceFiles"]["busy"] = {"text": "Enough have accepted.", "voiceCode": "en"}
    project["voiceFiles"]["thanks"] = {"file": "thanks.wav"}
    return project


def _write(world: World, project: dict[str, Any]) -> None:
    world.write(project)
    with wave.open(str(world.folder / "thanks.wav"), "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", "none"))
        recording.writeframes(bytes(800))


def _card(page: str, address: str) -> str:
    """The card of a change, to the one that follows it."""
    cards = re.split(r'(?=<details id="change-\d+")', page.partition('<section id="calendar"')[0])
    return next(card for card in cards if f"<h4>{address} " in card)


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_call_is_walked_through_in_playing_order_with_a_player_for_a_recording(world: World) -> None:
    _write(world, _project())
    card = _card(world.plan("--format", "html").out, "rsvpCalls.invite")
    assert re.findall(r"<h[56]>([^<]+)</h[56]>", card) == [
        "Walk through the call",
        "When the call is answered",
        "A key is pressed",
        "After a key that accepts (5)",
        "When nobody more is wanted",
    ]
    assert "Hello!<br>Press four to come,<br>or press 9 to decline." in card
    assert "555 0199" not in card, "a number in a text is masked"
    assert "Questions: +35840•••0199." in card
    player = card.index('<audio controls preload="none" src="data:audio/wav;base64,')
    assert card.index("Hello!<br>") < player < card.index(">Enough have accepted.<")
    assert "<script" not in card


def test_a_recording_stands_in_the_page_once_for_a_walk_and_is_linked_from_its_list(world: World) -> None:
    _write(world, _project())
    page = world.plan("--format", "html").out
    assert page.count("<audio") == 1
    (anchor,) = re.findall(r'<a href="#(walk-\d+-\d+)">Play it where it is heard</a>', page)
    assert page.count(f'id="{anchor}"') == 1


def test_keys_that_are_said_stand_beside_keys_that_are_mapped(world: World) -> None:
    _write(world, _project())
    card = _card(world.plan("--format", "html").out, "rsvpCalls.invite")
    rows = [_words(row) for row in re.findall(r"<tr.*?</tr>", card)]
    assert rows[1:] == [
        "5 Accepts No text says it.",
        "9 Declines “press 9” to decline",
        "4 Nothing: it is not mapped “Press four” to accept does not fit",
    ]
    part = card[card.index('<li id="walk-') : card.index("A key is pressed")]
    assert "Check text/keys refuses this plan" in _words(part)
    assert "Suggestion: Press five" in _words(part)


def test_of_a_recording_before_the_reply_nobody_knows_what_it_says(world: World) -> None:
    project = _project()
    project["rsvpCalls"]["invite"]["voiceFiles"] = {"start": "thanks"}
    _write(world, project)
    card = _words(_card(world.plan("--format", "html").out, "rsvpCalls.invite"))
    assert "5 Accepts No text says it; what is not known as text may." in card


def test_findings_of_the_whole_stand_above_its_parts(world: World) -> None:
    project = _project()
    project["voiceFiles"]["greeting"]["text"] = "Hello from the blood service."
    _write(world, project)
    card = _card(world.plan("--format", "html").out, "rsvpCalls.invite")
    assert "Check text/keys-missing warns" in _words(
        card[card.index("Walk through") : card.index('<ol class="heard">')]
    )


def test_of_a_message_its_text_its_parts_and_what_is_found_in_it(world: World) -> None:
    project = drive()
    del project["rsvpCalls"]
    message = "“See you tomorrow, {name}” – bring your card, and tell us if you can’t come, please."
    receivers = [{"group": "donors"}]
    project["smses"] = {
        "reminder": {"message": message, "actionTime": "2026-12-01T09:00:00+02:00", "receivers": receivers}
    }
    project["emails"] = {
        "letter": {
            "subject": "The bus comes",
            "messageText": "On Tuesday.",
            "messageHtml": "<p>On <b>Tuesday</b>.</p>",
            "fromEmail": "blood@example.com",
            "actionTime": "2026-12-01T09:00:00+02:00",
            "receivers": [{"account": "aino"}],
        }
    }
    project["accounts"]["aino"]["email"] = "aino@blood.fi"
    world.write(project)
    page = world.plan("--format", "html").out
    card = _words(_card(page, "smses.reminder"))
    assert "What people read 2 parts per message (UCS-2) The text message “See you tomorrow, {name}”" in card
    assert "Check text/placeholder refuses this plan" in card
    letter = _card(page, "emails.letter")
    assert re.findall(r"<h6>([^<]+)</h6>", letter) == ["Subject", "Text", "HTML, as it is written"]
    assert "<b>Tuesday</b>" not in letter
    assert "&lt;b&gt;Tuesday&lt;/b&gt;" in letter


def test_only_what_is_made_changed_or_launched_is_walked_through(world: World) -> None:
    project = _project()
    project["voiceFiles"]["greeting"]["text"] = "Press 5 to come, 9 to decline."
    _write(world, project)
    assert world.launch().code == 0
    assert world.plan("--json").json["walks"] == []
    project["rsvpCalls"]["invite"]["state"] = "halt"
    world.write(project)
    assert world.plan("--json").json["walks"] == []
    project["rsvpCalls"]["invite"] |= {"state": "active", "acceptsWanted": 5}
    world.write(project)
    (walk,) = world.plan("--json").json["walks"]
    assert (walk["address"], walk["shown_at"], walk["buttons"]) == (
        "rsvpCalls.invite",
        "rsvpCalls.invite",
        {"accept": ["5"], "decline": ["9"]},
    )
    assert [(step["role"], step["after_reply"]) for step in walk["steps"]] == [
        ("start", False),
        ("accept", True),
        ("end", True),
    ]


def test_where_a_group_brings_more_people_its_card_has_the_walk(world: World) -> None:
    project = drive(receivers=[{"group": "few"}], acceptsWanted=1)
    project["voiceFiles"]["greeting"]["text"] = "Press 5 to come, 9 to decline."
    project["groups"]["few"] = {"members": {"accounts": ["aino"]}}
    world.launched(project)
    project["groups"]["few"]["members"]["accounts"].append("eero")
    world.write(project)
    planned = world.plan("--json").json
    assert [(walk["address"], walk["shown_at"]) for walk in planned["walks"]] == [("rsvpCalls.invite", "groups.few")]
    assert "Walk through the call of rsvpCalls.invite" in _card(world.plan("--format", "html").out, "groups.few")
