"""A plan shows with a campaign what people will hear of it."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.acceptance.campaigns import Manifest, drive
from tests.acceptance.conftest import World

FORMATS = ("text", "markdown", "html")


def spoken() -> Manifest:
    project = drive(voiceFiles={"end": "bye", "accept": "thanks", "start": "greeting", "actionButtons": "keys"})
    project["voiceFiles"] = {
        "greeting": {"text": "Hello from the blood service", "voiceCode": "en"},
        "keys": {"text": "Press five or nine", "voiceCode": "en"},
        "thanks": {"text": "Thank you", "voiceCode": "en"},
        "bye": {"text": "Goodbye", "voiceCode": "en"},
    }
    return project


def card(world: World, form: str, address: str = "rsvpCalls.invite") -> str:
    """What a plan shows of one change, without markup and the seconds of its texts, on one line."""
    out = world.plan("--format", form).out
    begin, end = {
        "text": (f"# {address} ", "\n\n"),
        "markdown": (f"<code>{address} ", "</details>"),
        "html": (f"<h4>{address} ", "</details>"),
    }[form]
    shown = out[out.index(begin) :]
    plain = re.sub(r"<[^>]*>|(?m:^[-+! ] )|\(about \d+ seconds?\)", " ", unescape(shown[: shown.index(end)]))
    return " ".join(plain.split())


@pytest.mark.parametrize("form", FORMATS)
def test_the_words_of_a_new_campaign_stand_in_its_card_in_playing_order(world: World, form: str) -> None:
    world.write(spoken())
    assert (
        'texts: start: "Hello from the blood service" actionButtons: "Press five or nine" accept: "Thank you" end: "Goodbye"'
        in card(world, form)
    )


@pytest.mark.parametrize("form", FORMATS)
def test_another_text_stands_in_the_card_of_the_campaign_that_plays_it(world: World, form: str) -> None:
    project = spoken()
    world.launched(project)
    project["voiceFiles"]["thanks"]["text"] = "Thank you very much"
    world.write(project)
    assert 'accept: "Thank you very much" end: "Goodbye"' in card(world, form)


def test_a_launch_alone_shows_them_too(world: World) -> None:
    world.write(spoken())
    assert world.apply("--no-launch").code == 0
    assert 'start: "Hello from the blood service"' in card(world, "text")


def test_what_only_takes_away_does_not(world: World) -> None:
    project = spoken()
    world.launched(project)
    project["rsvpCalls"]["invite"]["state"] = "halt"
    world.write(project)
    assert "texts:" not in card(world, "text")


def test_the_words_of_a_live_voice_file_are_shown_where_the_service_shows_them(world: World) -> None:
    project = spoken()
    del project["rsvpCalls"]
    world.launched(project)
    ids = {file["name"]: file["voiceFileId"] for file in world.service.get("/voice_files")}
    project = drive(voiceFiles={"start": {"voiceFileId": str(ids["greeting"])}, "accept": "thanks"})
    project["voiceFiles"] = {"thanks": spoken()["voiceFiles"]["thanks"]}
    world.write(project)
    assert 'texts: start: "Hello from the blood service" accept: "Thank you"' in card(world, "text")


def test_a_recording_is_named_by_its_file_and_numbers_in_words_are_masked(world: World) -> None:
    project = spoken()
    (world.folder / "thanks.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 40)
    project["voiceFiles"]["thanks"] = {"file": "thanks.wav"}
    project["voiceFiles"]["bye"]["text"] = "Call +358 40 555 0101"
    world.write(project)
    shown = card(world, "text")
    assert 'accept: "thanks.wav" (' in shown
    assert "555 0101" not in shown


def test_a_click_to_call_shows_its_words(world: World) -> None:
    project = drive()
    del project["rsvpCalls"]
    project["clickToCalls"] = {
        "desk": {
            "activeFrom": "08:00",
            "activeTo": "15:00",
            "activeWeekdays": ["monday"],
            "voiceFile": "greeting",
            "actionButtons": {"accept": 5},
            "receivers": [{"account": "aino"}],
        }
    }
    world.write(project)
    assert 'texts: voiceFile: "Hello from the blood service"' in card(world, "text", "clickToCalls.desk")
