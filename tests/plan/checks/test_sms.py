"""Rules of the area `sms`, and the alphabet behind them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mscode.plan.change import Check
from mscode.plan.checks.gsm0338 import BASIC, EXTENDED, plain, segments
from tests.plan.checks.findings import findings


def _sms(message: str) -> str:
    return (
        f"smses:\n  reminder:\n    message: {json.dumps(message, ensure_ascii=False)}\n"
        "    actionTime: 2026-12-04 17:00:00\n    receivers: [{phone: '+358401234567'}]\n"
    )


@pytest.mark.parametrize(
    ("text", "encoding", "parts", "units"),
    [
        ("a" * 160, "GSM", 1, 160),
        ("a" * 161, "GSM", 2, 161),
        ("a" * 306, "GSM", 2, 306),
        ("a" * 307, "GSM", 3, 307),
        ("€" * 80, "GSM", 1, 160),
        ("€" * 81, "GSM", 2, 162),
        # A character of two septets is not divided: 152 and one of two do not fit into 153.
        ("a" * 152 + "€" + "a" * 152, "GSM", 3, 306),
        ("ж" * 70, "UCS-2", 1, 70),
        ("ж" * 71, "UCS-2", 2, 71),
        ("😀" * 35, "UCS-2", 1, 70),
        ("😀" * 67, "UCS-2", 3, 134),
        ("", "GSM", 1, 0),
    ],
)
def test_the_parts_of_a_message(text: str, encoding: str, parts: int, units: int) -> None:
    sent = segments(text)
    assert (sent.encoding, sent.parts, sent.units) == (encoding, parts, units)


def test_the_alphabet_has_128_places() -> None:
    assert (len(BASIC), len(EXTENDED)) == (127, 10)


@pytest.mark.parametrize("library", ["gsm0338", "smsutil"])
def test_the_alphabet_is_that_of_two_libraries(library: str) -> None:
    lines = (Path(__file__).parent / "gsm0338.txt").read_text().splitlines()
    (codes,) = [line.partition(": ")[2].split() for line in lines if line.startswith(library)]
    assert {chr(int(code, 16)) for code in codes} == BASIC | EXTENDED | {"\x1b"}


def test_curly_quotes_that_cost_a_part_are_named_with_their_places(tmp_path: Path) -> None:
    message = "“See you tomorrow at ten – bring your card, and tell us if you can’t come to it”"
    (check,) = findings(tmp_path, _sms(message), rule="sms/segments")
    assert check.status == "warn"
    assert "smses.reminder takes 2 parts per message" in check.message
    assert "“ (line 4, column 15), – (line 4, column 40)" in check.message
    assert check.suggestion == message.translate(str.maketrans("“”–’", '""-\''))


def test_a_message_of_one_part_is_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, _sms("See you tomorrow at ten"), rule="sms/segments") == []


def test_the_value_allows_more_parts(tmp_path: Path) -> None:
    settings = "checks: {sms/segments: {value: 2}}\n"
    assert findings(tmp_path, _sms("a" * 200), settings=settings, rule="sms/segments") == []
    assert len(findings(tmp_path, _sms("a" * 400), settings=settings, rule="sms/segments")) == 1


def test_plain_characters_keep_letters_of_the_alphabet() -> None:
    assert plain("Hyvää päivää – “ête” 😀…") == 'Hyvää päivää - "ete" ...'
    assert plain("Привет") == "Привет"


def _sender(folder: Path, sender: str) -> list[Check]:
    manifest = _sms("See you tomorrow").replace("smses:\n  reminder:\n", "smses:\n  reminder:\n    sender: SENDER\n")
    return findings(folder, manifest.replace("SENDER", json.dumps(sender, ensure_ascii=False)), rule="sms/sender")


@pytest.mark.parametrize(
    ("sender", "problem", "suggestion"),
    [
        ("Blood Service", '"Blood Service" takes 13 characters, and 11 fit', ""),
        ("Blood Servic", "takes 12 characters", "BloodServic"),
        ("Veri - Espoo €", "takes 15 characters", ""),
        ("ABCDEFGHIJ€", "takes 12 characters", ""),
        ("1234567890123456", "at most 15 digits, and this one has 16", ""),
        ("+1234567890123456", "at most 15 digits, and this one has 16", ""),
        ("+358 40 123 4567", "takes 16 characters", ""),
        ("Кровь", "are not in the GSM alphabet", ""),
        ("Café–Bar", "– is not in the GSM alphabet", "Café-Bar"),
        ("Blood\nBus", "U+000A is not in the GSM alphabet", "Blood Bus"),
        ("Blood 🩸", "🩸 is not in the GSM alphabet", "Blood"),
        ("١٢٣٤", "are not in the GSM alphabet", ""),
        ("x" * 5000, "takes 5000 characters", ""),
    ],
)
def test_a_sender_that_no_network_takes_is_refused(tmp_path: Path, sender: str, problem: str, suggestion: str) -> None:
    (check,) = _sender(tmp_path, sender)
    assert (check.status, check.suggestion) == ("fail", suggestion)
    assert problem in check.message
    assert check.place is not None
    assert (check.place.line, check.place.column) == (4, 14)


@pytest.mark.parametrize(
    "sender", ["Blood", "Blood Bus 1", "Äänekoski", "ABCDEFGHI€", "123456789012345", "+358401234567"]
)
def test_a_sender_that_networks_take_is_no_finding(tmp_path: Path, sender: str) -> None:
    assert _sender(tmp_path, sender) == []
