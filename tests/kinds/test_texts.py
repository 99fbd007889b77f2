"""What people hear or read of an object, in playing order."""

from __future__ import annotations

import pytest

from mscode.kinds import KINDS
from mscode.model.kind import TextPart
from mscode.model.values import FileContent, Ref

RECORDING = FileContent("hello.wav", 3, "ab" * 32, ".wav")


def texts(section: str, **fields: object) -> list[TextPart]:
    return list(KINDS[section].texts(fields))


def test_a_voice_file_is_its_text_or_its_recording() -> None:
    assert texts("voiceFiles", text="Hello!", voiceCode="en") == [TextPart("text", "Hello!", heard=True)]
    assert texts("voiceFiles", file=RECORDING) == [TextPart("file", heard=True, recording=RECORDING)]


def test_an_rsvp_call_plays_its_voice_files_in_the_order_of_a_call() -> None:
    greeting, thanks = Ref("voiceFiles", "greeting"), Ref("voiceFiles", "thanks")
    files = {"accept": thanks, "own": "7", "start": greeting}
    assert texts("rsvpCalls", voiceFiles=files) == [
        TextPart("start", heard=True, voice_file=greeting),
        TextPart("accept", heard=True, voice_file=thanks),
        TextPart("own", heard=True, voice_file="7"),
    ]


def test_a_click_to_call_plays_one() -> None:
    greeting = Ref("voiceFiles", "greeting")
    assert texts("clickToCalls", voiceFile=greeting) == [TextPart("voiceFile", heard=True, voice_file=greeting)]


def test_a_call_says_every_text_of_its_operations_in_their_order() -> None:
    operations = [{"say": "Hello"}, {"menu": {"1": "Yes", "2": ["No", 3]}}]
    assert texts("calls", operations=operations) == [
        TextPart("operations[0].say", "Hello", heard=True),
        TextPart("operations[1].menu.1", "Yes", heard=True),
        TextPart("operations[1].menu.2[0]", "No", heard=True),
    ]


def test_a_text_message_is_read() -> None:
    assert texts("smses", message="See you", sender="Blood") == [TextPart("message", "See you")]


def test_an_e_mail_is_read_from_its_subject_on() -> None:
    assert texts("emails", messageText="Long", subject="Short", fromName="Blood") == [
        TextPart("subject", "Short"),
        TextPart("messageText", "Long"),
    ]


@pytest.mark.parametrize("section", ["accounts", "accountLists", "filters", "groups", "subusers"])
def test_the_rest_says_nothing_to_anybody(section: str) -> None:
    assert texts(section, name="x", description="y") == []


def test_whatever_reaches_people_says_something() -> None:
    silent = [kind.section for kind in KINDS.values() if kind.reaches_people and kind.texts is KINDS["groups"].texts]
    assert silent == []
