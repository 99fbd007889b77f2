"""Rules of the area `text`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.plan.checks.findings import campaign, findings


def test_a_key_that_is_not_mapped_is_refused_with_its_place_and_the_key_that_is_meant(tmp_path: Path) -> None:
    text = "Hello from Espoo!\nPress 4\nto come, 9 to decline."
    (check,) = findings(tmp_path, campaign(text), rule="text/keys")
    assert (check.status, check.suggestion) == ("fail", "Press 5")
    assert check.message == (
        'The voice says "Press 4" to accept, and rsvpCalls.invite does not map 4 (accept: 5, decline: 9).'
    )
    assert check.place is not None and (check.place.file, check.place.line, check.place.column) == ("all.yaml", 9, 7)
    assert check.addresses == ("voiceFiles.question", "rsvpCalls.invite")


def test_a_key_of_the_other_action_is_refused(tmp_path: Path) -> None:
    (check, other) = findings(tmp_path, campaign("Press nine to come, five to decline."), rule="text/keys")
    assert (check.status, check.suggestion) == ("fail", "Press five")
    assert "maps 9 to decline" in check.message
    assert other.suggestion == "nine"


def test_the_right_keys_are_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, campaign("Press 5 to come, 9 to decline."), rule="text/keys") == []


def test_one_mention_is_one_finding_for_all_campaigns_that_play_it(tmp_path: Path) -> None:
    first = campaign("Press 4 to come.")
    body = first.split("  invite:\n")[1]
    (check,) = findings(tmp_path, f"{first}  second:\n{body}", rule="text/keys")
    assert check.addresses == ("voiceFiles.question", "rsvpCalls.invite", "rsvpCalls.second")
    assert "and 1 other campaign" in check.message


# ---- text/keys-missing -----------------------------------------------------------------------------------------------


def test_a_campaign_that_says_no_key_is_named_at_what_it_plays(tmp_path: Path) -> None:
    (check,) = findings(tmp_path, campaign("Can you come and give blood?"), rule="text/keys-missing")
    assert check.status == "warn"
    assert "rsvpCalls.invite plays before the reply" in check.message
    assert check.place is not None and check.place.line == 16


@pytest.mark.parametrize(
    ("text", "voice"), [("Press five for yes.", "en"), ("Можете ли вы прийти?", "ru"), ("Paina 5.", "fi")]
)
def test_a_key_that_is_said_or_a_language_that_is_not_known_is_no_finding(
    tmp_path: Path, text: str, voice: str
) -> None:
    assert findings(tmp_path, campaign(text, voice=voice), rule="text/keys-missing") == []


def test_a_recording_before_the_reply_may_say_the_keys(tmp_path: Path) -> None:
    (tmp_path / "keys.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40))
    manifest = (
        campaign("Can you come?")
        .replace("voiceFiles: {start: question}", "voiceFiles: {start: question, data: recorded}")
        .replace("voiceFiles:\n  question", "voiceFiles:\n  recorded: {file: keys.wav}\n  question", 1)
    )
    assert findings(tmp_path, manifest, rule="text/keys-missing") == []


# ---- text/language ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "voice", "named"),
    [
        ("Pulse 1 para aceptar el turno, o 2 para rechazarlo.", "es", ""),
        ("Traiga algo para comer, p. ej. un bocadillo.", "es", ""),
        ("Vi minder om din tid hos tandlægen i morgen tidlig, og du er meget velkommen hos os.", "da", ""),
        ("Можете ли вы прийти завтра и сдать кровь?", "fi", "Russian"),
        ("Voisitko tulla luovuttamaan verta ensi viikolla? Paina viisi, jos pääset.", "en", "Finnish"),
        ("Could you come and give blood next week? Press five if you can come.", "fi", "English"),
        ("Kan du komma och lämna blod nästa vecka? Tryck fem om du kan komma.", "de", "Swedish"),
        ("Could you come and give blood next week? Press five if you can.", "en-GB", ""),
        ("Voisitko tulla luovuttamaan verta ensi viikolla?", "fi_female", ""),
        ("Hei Anna!", "en", ""),
        ("Kan du komme på torsdag?", "sv", ""),
    ],
)
def test_a_text_in_another_language_than_its_voice_is_named(tmp_path: Path, text: str, voice: str, named: str) -> None:
    checks = findings(tmp_path, campaign(text, voice=voice), rule="text/language")
    assert [named in check.message for check in checks] == ([True] if named else [])


def test_a_rule_without_its_library_is_not_run_and_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mscode.plan.checks import judge, rule

    monkeypatch.setattr(rule, "has_library", lambda name: False)
    text = campaign("Voisitko tulla luovuttamaan verta ensi viikolla? Paina viisi, jos pääset.", voice="en")
    assert findings(tmp_path, text, rule="text/language") == []
    judgement = judge.Judgement((), tuple(one for one in rule.rules().values() if not one.can_run))
    (diagnostic,) = judgement.diagnostics()
    assert "text/language" in diagnostic.summary
    assert diagnostic.hint == "Install the extra mscode[checks]; in the clone of mscode: pip install '.[checks]'"


# ---- text/placeholder ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "{{firstName}}", "{name}", "%s", "%(name)s", "[NAME]", "[First name]", "<name>", "TODO", "XXX", "Lorem ipsum", "<%= x %>",
        "*|FNAME|*", "%recipient.first%", "%%First Name%%", "::subscriber.first_name::", "[[author.name]]", "((fullname))",
        "#NAME#",
    ],
)  # fmt: skip
def test_a_placeholder_is_refused_where_it_stands(tmp_path: Path, words: str) -> None:
    (check,) = findings(tmp_path, campaign(f"Hello {words}, press 5."), rule="text/placeholder")
    assert (check.status, words in check.message) == ("fail", True)
    assert check.place is not None and (check.place.line, check.place.column) == (8, 13)


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("Venga TODO el mundo, pulse 5.", "es"),
        ("Save 100% today, press 5.", "en"),
        ("Size xxl fits, press 5.", "en"),
        ("Todo, press 5.", "en"),
        ("We are open [really], press 5.", "en"),
        ("Come (if you like), press #. The ratio is 5::3, 10% of 20% off.", "en"),
    ],
)
def test_what_is_meant_is_no_placeholder(tmp_path: Path, text: str, voice: str) -> None:
    assert findings(tmp_path, campaign(text, voice=voice), rule="text/placeholder") == []


def test_placeholders_of_operations_and_of_e_mails_are_found_and_html_is_none(tmp_path: Path) -> None:
    manifest = """\
        calls:
          notice: {operations: [{say: "Hello {{name}}"}], actionTime: 2026-12-01 09:00:00, receivers: [{phone: "+358401234567"}]}
        emails:
          letter:
            subject: Hello TODO
            messageHtml: "<p class='{x}'>Hello <b>you</b><!-- TODO --></p><style>p {color}</style>&lt;name&gt;"
            actionTime: 2026-12-01 09:00:00
            receivers: [{email: anna@city.fi}]
        """
    checks = findings(tmp_path, manifest, rule="text/placeholder")
    assert [check.message.split('"')[1] for check in checks] == ["{{name}}", "TODO", "&lt;name&gt;"]
    assert checks[0].place is not None and checks[0].place.line == 3


# ---- text/numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voice", "words", "spoken"),
    [
        ("fi", "5.12.", "viides joulukuuta"),
        ("fi", "klo 10.30", "kello kymmenen kolmekymmentä"),
        ("fi", "9-16", "yhdeksästä kuuteentoista"),
        ("fi", "12,50 €", "kaksitoista euroa ja viisikymmentä senttiä"),
        ("fi", "esim.", "esimerkiksi"),
        ("fi", "www.espoo.fi/rokotus", "www piste espoo piste fi kauttaviiva rokotus"),
        ("sv", "den 5.12.", "femte december"),
        ("sv", "kl. 10.30", "klockan tio och trettio"),
        ("sv", "20 kr", "tjugo kronor"),
        ("en", "12/25", "December twenty-fifth"),
        ("en", "10:05", "ten oh five"),
        ("en", "6pm", "six p m"),
        ("en", "$20", "twenty dollars"),
        ("en", "9-17", "nine to seventeen"),
        ("en", "e.g.", "for example"),
        ("de", "10:30 Uhr", "zehn Uhr dreißig"),
        ("de", "z.B.", "zum Beispiel"),
        ("fr", "18h30", "dix-huit heures trente"),
        ("fr", "1/12", "premier décembre"),
        ("es", "5/12", "cinco de diciembre"),
        ("es", "20 €", "veinte euros"),
        # Nobody can say which day it is, and a number spelled out would be shown to whoever reads the report.
        ("en", "5/12", ""),
        ("en", "+44 20 7946 0000", ""),
        ("pl", "10:30", ""),
    ],
)
def test_what_a_voice_reads_wrongly_comes_with_its_spoken_form(
    tmp_path: Path, voice: str, words: str, spoken: str
) -> None:
    (check,) = findings(tmp_path, campaign(f"a {words} b", voice=voice), rule="text/numbers")
    assert (check.status, check.suggestion) == ("warn", spoken)
    assert check.place is not None and check.place.column in (9, 13)


@pytest.mark.parametrize(
    "text",
    [
        "In 2026 we met.",
        "We are open 24/7.",
        "40 people and 1,300 members.",
        "Room 12.",
        "At 5. Then press 9.",
        "1 000 000",
    ],
)
def test_numbers_that_are_read_well_are_no_finding(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, campaign(text), rule="text/numbers") == []


# ---- text/markup, text/length, text/caller, text/opt-out, text/same ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Hello <b>you</b>", "HTML"),
        ("Hello **you**", "Markdown"),
        ("# Hello you", "Markdown"),
        ("See [us](https://x)", "Markdown"),
        ("Hello 🎉", "a picture"),
        ("Hello!!!", "a run of signs"),
        ("Hello ----- you", "a run of signs"),
    ],
)
def test_markup_of_a_spoken_text_is_named(tmp_path: Path, text: str, what: str) -> None:
    checks = findings(tmp_path, campaign(text), rule="text/markup")
    assert checks and f"cannot say {what}" in checks[0].message


@pytest.mark.parametrize("text", ["Hello... you!", "Tea & coffee - welcome", "It's 5 - 3 = 2", "A*B", "Is it you?!"])
def test_signs_of_a_usual_text_are_no_markup(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, campaign(text), rule="text/markup") == []


def test_a_long_text_is_named_by_its_words_or_its_seconds(tmp_path: Path) -> None:
    (words,) = findings(tmp_path, campaign("word " * 85), rule="text/length")
    assert "has 85 words; the service takes 80" in words.message
    (seconds,) = findings(tmp_path, campaign("internationally " * 70), rule="text/length")
    assert "takes about 63 seconds to hear; 45 are expected" in seconds.message
    settings = "checks: {text/length: {value: 90}}\n"
    assert findings(tmp_path, campaign("internationally " * 70), rule="text/length", settings=settings) == []
    assert findings(tmp_path, campaign("word " * 40), rule="text/length") == []


def test_who_calls_is_asked_where_the_project_says_so(tmp_path: Path) -> None:
    settings = 'checks: {text/caller: {value: "City of Espoo"}}\n'
    (check,) = findings(tmp_path, campaign("Can you come?"), settings=settings, rule="text/caller")
    assert (check.status, '("City of Espoo")' in check.message) == ("warn", True)
    assert findings(tmp_path, campaign("The city  of Espoo calls."), settings=settings, rule="text/caller") == []
    assert findings(tmp_path, campaign("Can you come?"), rule="text/caller") == []


def test_how_to_opt_out_is_asked_where_the_project_says_so(tmp_path: Path) -> None:
    settings = "checks: {text/opt-out: deny}\n"
    (check,) = findings(tmp_path, campaign("Can you come?"), settings=settings, rule="text/opt-out")
    assert check.status == "fail"
    assert findings(tmp_path, campaign("Press 5 to opt out."), settings=settings, rule="text/opt-out") == []


def test_prompts_that_say_the_same_where_they_mean_different_things_are_named(tmp_path: Path) -> None:
    manifest = (
        campaign("Press 5.")
        .replace("voiceFiles: {start: question}", "voiceFiles: {start: question, accept: thanks, end: thanks}")
        .replace("voiceFiles:\n  question", "voiceFiles:\n  thanks: {text: Thank you, voiceCode: en}\n  question", 1)
    )
    (check,) = findings(tmp_path, manifest, rule="text/same")
    assert check.message == "rsvpCalls.invite says the same for accept and for end."
    assert check.place is not None and check.place.text[check.place.column - 1 :].startswith("thanks}")


def test_hostile_texts_are_read_in_linear_time(tmp_path: Path) -> None:
    pieces = ("[", "{{", "<a ", "1.1.", "9-9 ", "www.", "%(", "&lt;", "* ", "!!!", "1 2 3 ", "a.b.", "€ ", "+1 (")
    for piece in pieces:
        begin = time.perf_counter()
        text = json.dumps(piece * (20_000 // len(piece)))
        sent = 'actionTime: 2026-12-01 09:00:00, receivers: [{phone: "+358401234567"}]'
        manifest = f"calls: {{notice: {{operations: [{{say: {text}}}], {sent}}}}}\n"
        findings(tmp_path, manifest)
        assert time.perf_counter() - begin < 8, piece


def test_a_day_and_month_without_a_second_full_stop_are_a_date_where_a_word_says_so(tmp_path: Path) -> None:
    checks = findings(tmp_path, campaign("Kom den 5.12 kl. 10.30", voice="sv"), rule="text/numbers")
    assert [check.suggestion for check in checks] == ["femte december", "klockan tio och trettio"]


def test_a_placeholder_in_angle_brackets_is_not_named_as_html_too(tmp_path: Path) -> None:
    text = "Hello <name>, press 5 to come, 9 to decline."
    names = {check.name for check in findings(tmp_path, campaign(text))}
    assert "text/placeholder" in names
    assert "text/markup" not in names
