"""Which keys a text names, and what each is for."""

from __future__ import annotations

import time

import pytest

from mscode.plan.checks.language_tables import LANGUAGES, table
from mscode.plan.checks.spoken_keys import mentions

_CASES = [
    ("en", "Press 4 to come, 9 to decline.", "4:accept 9:decline"),
    ("en", "To accept, press 9; to decline press 5.", "9:accept 5:decline"),
    ("en", "Can you come? Press five for yes, nine for no.", "5:accept 9:decline"),
    ("en", "Please press the\n  number 'seven' now.", "7:"),
    ("en", "If you cannot come, press 9.", "9:decline"),
    ("en", "Press star, then hit the 3 key.", "*: 3:"),
    ("fi", "Paina viisi, jos pääset, tai yhdeksän, jos et pääse.", "5:accept 9:decline"),
    ("fi", "Paina viittä jos tulet, ysiä jos et.", "5:accept 9:decline"),
    ("sv", "Tryck 5 om du kommer, annars 9.", "5:accept 9:"),
    ("sv", "Tryck femman för ja och nian för nej.", "5:accept 9:decline"),
    ("de", "Drücken Sie die 5, um zuzusagen, oder die 9, um abzusagen.", "5:accept 9:decline"),
    ("de", "Zum Zusagen bitte die 5 drücken.", "5:accept"),
    ("fr", "Tapez 5 pour accepter ou 9 pour refuser.", "5:accept 9:decline"),
    ("fr", "Appuyez sur la touche cinq.", "5:"),
    ("es", "Pulse el cinco para aceptar o el nueve para rechazar.", "5:accept 9:decline"),
    ("it", "Prema il tasto 5 per accettare.", "5:accept"),
    ("nl", "Druk op vijf om te accepteren of op negen om te weigeren.", "5:accept 9:decline"),
    ("et", "Vajutage viis, kui tulete, või üheksa, kui ei tule.", "5:accept 9:decline"),
    ("no", "Trykk 5 hvis du kommer, eller 9 hvis du ikke kommer.", "5:accept 9:decline"),
    ("da", "Tryk 5 hvis du kommer.", "5:accept"),
    ("pl", "Naciśnij 5, aby potwierdzić, lub 9, aby odmówić.", "5:accept 9:decline"),
    # The voice's language is not the text's: the words are still understood.
    ("fi", "Press 4 to come.", "4:accept"),
]


@pytest.mark.parametrize(("language", "text", "expected"), _CASES)
def test_the_keys_of_a_text_are_named_with_what_they_are_for(language: str, text: str, expected: str) -> None:
    assert " ".join(f"{mention.key}:{mention.action}" for mention in mentions(text, language)) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You can press 9 to decline or 5 to accept."),
        ("fi", "Voit painaa 9, jos et pääse, tai 5, jos pääset."),
        ("sv", "Du kan trycka 9 för att tacka nej och trycka 5 för att tacka ja."),
        ("de", "Sie können die 9 drücken, um abzulehnen, oder die 5, um anzunehmen."),
        ("fr", "Vous pouvez appuyer sur le 9 pour refuser ou sur le 5 pour accepter."),
        ("es", "Puede pulsar el 9 para rechazar o el 5 para aceptar."),
        ("it", "Può premere 9 per rifiutare o 5 per accettare."),
        ("nl", "U kunt op de 9 drukken om te weigeren of op de 5 om te accepteren."),
        ("et", "Võite vajutada 9, et keelduda, või 5, et nõustuda."),
        ("no", "Du kan trykke 9 for å avslå, eller du kan trykke 5 for å godta."),
        ("da", "Du kan trykke 9 for at afvise, eller du kan trykke 5 for at acceptere."),
        ("pl", "Może Pan nacisnąć 9, aby odmówić, lub 5, aby potwierdzić."),
    ],
)
def test_that_a_key_can_be_pressed_does_not_say_what_it_is_for(language: str, text: str) -> None:
    actions = [(mention.key, mention.action) for mention in mentions(text, language)]
    assert actions == [("9", "decline"), ("5", "accept")]


def test_the_names_of_digits_in_danish_and_norwegian() -> None:
    assert [
        mention.key for mention in mentions("Tryk på firetallet hvis du kommer, tryk på nitallet hvis ikke.", "da")
    ] == ["4", "9"]
    assert [mention.key for mention in mentions("Trykk femtallet hvis du kommer, nitallet hvis ikke.", "no")] == [
        "5",
        "9",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Press 5 times.",
        "We call 112 in an emergency.",
        "Enter 1234 at the door.",
        "Choose one of two days.",
        "It costs 5 euros; press release.",
        "The clinic opens at 9. You may press on.",
        "Välj ett datum som passar.",
        "Valitse yksi vaihtoehdoista.",
        "",
    ],
)
def test_other_numbers_are_no_keys(text: str) -> None:
    assert mentions(text, "en") == ()


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "et"])
def test_the_number_words_are_those_of_a_library(language: str) -> None:
    from num2words import num2words

    digits = table(language)["keys"]["digits"]
    assert [num2words(digit, lang=language) in forms for digit, forms in enumerate(digits)] == [True] * 10


def test_a_long_text_is_read_in_linear_time() -> None:
    def seconds(text: str) -> float:
        begin = time.perf_counter()
        mentions(text, "en")
        return time.perf_counter() - begin

    mentions("press 5", "en")
    for piece in ("press 5 ", "press the key ", "5 " * 4, "\n" * 8, "press " + " " * 30):
        assert seconds(piece * (20_000 // len(piece))) < 3
