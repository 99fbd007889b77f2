"""The service's spellings (docs/service-notes.md#spellings), read in one place."""

from __future__ import annotations

import pytest

from mscode.model import service_json as wire


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-01 07:00:00",
        "2026-12-01T07:00:00",
        "2026-12-01T07:00:00Z",
        "2026-12-01 07:00:00Z",
        "2026-12-01:07:00:00",
        "2026-12-01T09:00:00+02:00",
        "2026-12-01T09:00:00+0200",
        "2026-12-01T07:00:00.250Z",
        " 2026-12-01 07:00:00 UTC ",
    ],
)
def test_every_spelling_of_a_date_time_is_one_instant(written: str) -> None:
    assert wire.instant(written) == "2026-12-01T07:00:00Z"


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        0,
        1796108400,
        True,
        "soon",
        "2026-12-01",
        "0000-00-00 00:00:00",
        "2026-13-01 00:00:00",
        "2026-02-30 00:00:00",
        "2026-12-01 24:00:01",
        "٢٠٢٦-12-01 07:00:00",
        "0001-01-01T00:00:00+14:00",
        ["2026-12-01 07:00:00"],
    ],
)
def test_what_is_no_date_time_is_empty(written: object) -> None:
    assert wire.instant(written) == ""


def test_an_instant_goes_out_with_a_space_and_without_zone() -> None:
    assert wire.instant_out("2026-12-01T07:00:00Z") == "2026-12-01 07:00:00"


def test_what_is_no_instant_does_not_go_out() -> None:
    with pytest.raises(ValueError, match="not an instant"):
        wire.instant_out("")


@pytest.mark.parametrize(
    ("came", "text"),
    [("12", "12"), (12, "12"), (12.0, "12"), (" a-1 ", "a-1"), (None, ""), (True, ""), (1.5, ""), ([1], "")],
)
def test_an_id_is_text_however_it_came(came: object, text: str) -> None:
    assert wire.id_text(came) == text


@pytest.mark.parametrize(
    "text", ["", "a/b", "..", "a b", "filters", "Accounts", "text_to_speech", "x" * 65, "1\n", "ä", "a?all"]
)
def test_what_could_turn_a_path_into_another_is_no_id(text: str) -> None:
    assert not wire.is_id(text)


@pytest.mark.parametrize("text", ["1", "a_b-C9", "x" * 64])
def test_letters_digits_dashes_and_underscores_are_an_id(text: str) -> None:
    assert wire.is_id(text)


@pytest.mark.parametrize(
    ("came", "number"),
    [
        (3, 3),
        ("3", 3),
        (" -3 ", -3),
        (3.0, 3),
        ("3.0", 3),
        (3.5, None),
        ("three", None),
        (None, None),
        (True, None),
        ("9" * 5000, None),
        ("٣", None),
    ],
)
def test_a_number_may_come_as_text(came: object, number: int | None) -> None:
    assert wire.number(came) == number


@pytest.mark.parametrize("came", [True, 1, 1.0, "1", "y", "Yes", "true"])
def test_a_flag_has_many_spellings_of_yes(came: object) -> None:
    assert wire.flag(came)


@pytest.mark.parametrize("came", [False, 0, "0", "n", "", None, "no", 2])
def test_anything_else_is_no(came: object) -> None:
    assert not wire.flag(came)


@pytest.mark.parametrize("name", ["totalDialedCalls", "dialedCalls", "dialledCalls", "totalDialledCalls"])
def test_dials_are_counted_in_all_four_spellings(name: str) -> None:
    assert wire.dial_count({name: "4"}) == 4


def test_of_two_dial_counts_the_higher_one_holds() -> None:
    assert wire.dial_count({"dialedCalls": 0, "totalDialedCalls": 7}) == 7


@pytest.mark.parametrize(
    "row", [{"answered": 1}, {"latestCallAt": "2026-12-01 07:00:00"}, {"callDuration": "12"}, {"answeredCalls": 3}]
)
def test_any_sign_of_a_call_is_one_dial_at_least(row: dict[str, object]) -> None:
    assert wire.dial_count({"dialledCalls": 0} | row) == 1


def test_a_row_of_nobody_called_counts_nothing() -> None:
    assert (
        wire.dial_count(
            {"dialledCalls": 0, "answered": 0, "callDuration": 0, "latestCallAt": "", "rsvpReply": "noAnswer"}
        )
        == 0
    )


def test_no_reply_and_no_answer_are_one() -> None:
    assert wire.reply({"rsvpReply": "noReply"}) == wire.reply({"reply": "noAnswer"}) == "noAnswer"
    assert wire.reply({"reply": "accept"}) == "accept"
    assert wire.reply({"rsvpReply": "later"}) == "later"


def test_a_member_is_found_by_its_exact_name_before_another_case() -> None:
    assert wire.pick({"actionbuttons": 1, "actionButtons": 2}, "actionButtons") == 2
    assert wire.pick({"actionbuttons": 1}, "actionButtons") == 1
    assert wire.pick({}, "actionButtons") is None
