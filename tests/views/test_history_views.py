"""Records of launches in every format: what is said of them, and that no text from outside does anything."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import jsonschema
import pytest

from mscode.views.history.history_csv import launches_csv
from mscode.views.history.history_html import history_html
from mscode.views.history.history_markdown import history_markdown
from mscode.views.history.history_shapes import HistoryJson, LaunchJson, PersonLaunchJson, RecordJson
from mscode.views.history.history_text import Page, history_lines, person_lines, record_lines
from mscode.views.history.reference import run_link
from mscode.views.plan.segments import plain
from mscode.views.schemas import history_schema
from tests.views.hostile import NAMES
from tests.views.hostile_plan import ACTING, TAME, html_structure, markdown_structure

RUN = "https://ci.example/owner/repo/actions/runs/17"
ZONE = "Europe/Helsinki"


def launch(**members: Any) -> LaunchJson:
    given: LaunchJson = {
        "id": "7-3fa9c1",
        "at": "2026-12-01T08:00:05Z",
        "environment": "production",
        "address": "rsvpCalls.invite",
        "liveId": "91",
        "sent": True,
        "reason": "first",
        "what": "launched",
        "campaigns": [],
        "commit": "1a2b3c4d5e6f" + "0" * 28,
        "clean": True,
        "startedBy": "ada",
        "approvedBy": "bob (environment production)",
        "runUrl": RUN,
        "pullRequestUrl": None,
        "people": 1204,
        "maxCalls": 4816,
        "rings": 1930,
        "called": 1204,
        "answered": 700,
        "accepts": 40,
        "declines": 12,
        "untold": 0,
        "ringsAreMinimum": False,
        "state": "complete",
        "resultAt": "2026-12-05T08:00:00Z",
        "final": True,
    }
    return {**given, **members}  # type: ignore[typeddict-item]


UNREAD = dict.fromkeys(("rings", "called", "answered", "accepts", "declines", "untold", "state", "resultAt"))


def history(*launches: LaunchJson) -> HistoryJson:
    return {"environment": "production", "launches": list(launches), "erased": 0}


def record(**members: Any) -> RecordJson:
    words = {"sha256": "ab" * 32, "recording": False, "voiceFile": None, "language": None}
    given: Any = {
        **launch(),
        "type": "launch",
        "unit": "call",
        "laterWords": [],
        "words": [
            {**words, "role": "start", "text": "Hello!"},
            {**words, "role": "accept", "text": None, "recording": True},
            {**words, "role": "end", "text": None, "sha256": None, "voiceFile": "12"},
        ],
        "window": {
            "start": None,
            "end": None,
            "activeFrom": "08:00:00",
            "activeTo": "15:00:00",
            "weekdays": ["monday", "tuesday", "wednesday"],
            "zone": "UTC",
            "firstCall": "2026-12-01T08:00:00Z",
            "lastCall": "2026-12-04T15:00:00Z",
        },
        "overrides": [{"sort": "guard", "name": "maxPeople", "reason": "autumn", "summary": "1,204 people"}],
        "context": {"forge": "github", "clean": True, "approvals": [{"by": "bob", "how": "environment"}], "head": ""},
        "manifestsDigest": "aa",
        "planDigest": "bb",
        "mscodeVersion": "1.2.3",
        "tzdataVersion": "2026a",
        "chain": {"number": 7, "before": "0" * 64, "digest": "3fa9c1" + "0" * 58},
    }
    return {**given, **members}


def text_of(*launches: LaunchJson) -> str:
    return plain(history_lines(history(*launches), Page(ZONE)))


# ---- what is said ----------------------------------------------------------------------------------------------------


def test_a_launch_says_when_of_what_by_whom_and_what_came_of_it() -> None:
    assert text_of(launch()).splitlines() == [
        "launch 7-3fa9c1  rsvpCalls.invite: launched",
        "  When:          Tue 2026-12-01 10:00",
        "  Commit:        1a2b3c4d5e6f",
        "  Started by:    ada",
        "  Approved by:   bob (environment production)",
        "  People:        1,204 people, 1,930 rings, 40 accepts",
        f"  Run:           {RUN}",
        "",
        "1 launch. Times in Europe/Helsinki.",
    ]


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    lines = text_of(
        launch(commit=None, clean=None, startedBy=None, approvedBy=None, runUrl=None, final=False, **UNREAD)
    )
    assert [line.split()[-1] for line in lines.splitlines()[2:5]] == ["unknown"] * 3
    assert "1,204 people; what came of it is not in the records yet" in lines
    assert "`mscode history --refresh` reads what has come of them since." in lines


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"clean": False}, "1a2b3c4d5e6f, with changes that it does not hold"),
        ({"clean": None}, "1a2b3c4d5e6f, and perhaps changes that it does not hold"),
        ({"final": False}, "1,204 people, 1,930 rings, 40 accepts so far"),
        ({"ringsAreMinimum": True}, "at least 1,930 rings, 40 accepts"),
        ({"untold": 4}, "40 accepts, 4 of whom the service does not tell"),
        ({"rings": None, "untold": 1204, "state": "sent"}, "1,204 people, sent"),
        ({"rings": None, "untold": 1204}, "1,204 people; the service does not tell what came of it"),
        ({"sent": False, "final": False, **UNREAD}, "1,204 people; nothing was sent"),
        ({"campaigns": ["rsvpCalls.a", "rsvpCalls.b"]}, "rsvpCalls.invite: launched, by rsvpCalls.a, rsvpCalls.b"),
    ],
)
def test_what_is_special_of_a_launch_is_said(members: dict[str, Any], sentence: str) -> None:
    assert sentence in " ".join(text_of(launch(**members)).split())


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (None, "not in the records yet"),
        ({"dials": 0, "lastCallAt": None, "seconds": None, "reply": "none"}, "not called"),
        (
            {"dials": 2, "lastCallAt": "2026-12-01T08:03:00Z", "seconds": 34, "reply": "accept"},
            "2 calls, the latest Tue 2026-12-01 10:03, 34 seconds, accept",
        ),
        (
            {"dials": None, "lastCallAt": "2026-12-01T08:03:00Z", "seconds": 0, "reply": "none"},
            "called, the latest Tue 2026-12-01 10:03, no reply",
        ),
        ({"dials": None, "lastCallAt": None, "seconds": None, "reply": None}, "the service does not tell"),
    ],
)
def test_what_came_of_it_for_one_person_is_said(outcome: Any, sentence: str) -> None:
    of_person: PersonLaunchJson = {**launch(), "words": record()["words"], "laterWords": [], "outcome": outcome}
    lines = plain(
        person_lines({"environment": "production", "launches": [of_person], "erased": 0}, Page(ZONE, 200))
    ).splitlines()
    assert f"  This person:   {sentence}" in lines
    assert '  Words:         start: "Hello!"' in lines


def test_a_record_is_shown_whole() -> None:
    lines = plain(record_lines(record(), Page(ZONE, 200))).splitlines()
    for line in (
        "  Window:        first call Tue 2026-12-01 10:00, last Fri 2026-12-04 17:00",
        "  Window:        monday-wednesday 08:00:00-15:00:00 UTC",
        "  Overridden:    guard maxPeople: 1,204 people (autumn)",
        f"  Words:         accept: a recording (sha256 {'ab' * 32})",
        "  Words:         end: voice file 12, whose words are not known",
        "  Circumstances: approvals: by bob, how environment",
        "  mscode:        1.2.3, time zones 2026a",
        f"  Record:        number 7, digest 3fa9c1{'0' * 58}",
    ):
        assert line in lines


def test_a_message_is_no_call() -> None:
    message = record()
    message["unit"] = "message"
    lines = plain(record_lines(message, Page(ZONE, 200))).splitlines()
    assert "  Window:        message goes out Tue 2026-12-01 10:00" in lines


def test_calls_that_somebody_started_in_the_web_interface_stand_apart() -> None:
    data: HistoryJson = {
        **history(launch()),
        "otherRings": [{"address": "rsvpCalls.b", "type": "rsvpCalls", "id": "5", "rings": 12}],
    }
    sentence = "rsvpCalls.b (id 5): 12 rings without a launch here: started in the web interface."
    assert sentence in plain(history_lines(data, Page(ZONE, 200)))
    assert sentence in history_html(data, ZONE, "1.2.3")
    assert "12 rings without a launch here" in history_markdown(data, ZONE)


def test_nothing_launched_is_said_in_every_format() -> None:
    assert text_of() == "No launches in the records.\n"
    assert "No launches in the records." in history_markdown(history(), ZONE)
    assert "No launches in the records." in history_html(history(), ZONE, "1.2.3")
    assert launches_csv([]).splitlines() == [",".join(LaunchJson.__annotations__)]


def test_launches_that_were_erased_are_counted() -> None:
    data: HistoryJson = {**history(launch()), "erased": 3}
    sentence = "The records of 3 more launches were erased when their time had passed."
    assert sentence in plain(history_lines(data, Page(ZONE)))
    assert sentence in history_markdown(data, ZONE) and sentence in history_html(data, ZONE, "1")


# ---- links -----------------------------------------------------------------------------------------------------------


def test_the_page_of_a_run_is_a_link() -> None:
    assert f'<a href="{RUN}">7-3fa9c1</a>' in history_html(history(launch()), ZONE, "1.2.3")
    assert f"[`7-3fa9c1`]({RUN})" in history_markdown(history(launch()), ZONE)


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "http://a.example/b c", "https://a.example/)](x", "//a.example/b", *NAMES]
)
def test_what_may_be_something_else_is_no_link(url: str) -> None:
    assert run_link(url) in ("", url) and ACTING.search(run_link(url)) is None
    if not url.startswith("http"):
        assert run_link(url) == ""
        assert "<a href" not in history_html(history(launch(runUrl=url)), ZONE, "1").replace('<a href="#main"', "")


# ---- hostile texts ---------------------------------------------------------------------------------------------------

_TEXTS = ("id", "what", "startedBy", "approvedBy", "commit")


def filled(name: str) -> LaunchJson:
    return launch(**dict.fromkeys(_TEXTS, name), campaigns=[name], runUrl=None)


def test_no_name_does_anything() -> None:
    tame_html, tame_markdown = (
        html_structure(history_html(history(filled(TAME)), ZONE, "1")),
        markdown_structure(history_markdown(history(filled(TAME)), ZONE)),
    )
    for name in NAMES:
        data = history(filled(name))
        assert not ACTING.search(text_of(filled(name)).replace("\n", "")), name
        assert html_structure(history_html(data, ZONE, "1")) == tame_html, name
        markdown = history_markdown(data, ZONE)
        assert markdown_structure(markdown) == tame_markdown, name
        assert not ACTING.search(plain(record_lines(record(**filled(name)), Page(ZONE))).replace("\n", ""))  # type: ignore[arg-type]


def test_no_cell_of_the_table_is_a_formula() -> None:
    table = list(csv.reader(io.StringIO(launches_csv([filled(name) for name in NAMES]))))
    assert {len(cells) for cells in table} == {len(LaunchJson.__annotations__)}
    assert not [cell for cells in table[1:] for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


# ---- the schema ------------------------------------------------------------------------------------------------------


def test_what_is_written_is_as_the_schema_says() -> None:
    validator = jsonschema.Draft202012Validator(history_schema())
    person: PersonLaunchJson = {**launch(), "words": record()["words"], "laterWords": [], "outcome": None}
    for data in (
        history(launch(), launch(**UNREAD, final=False)),
        record(),
        {"environment": "production", "launches": [person], "erased": 1},
        {"environment": "production", "launches": 2, "results": 1, "remains": None},
        {"environment": "production", "valid": False, "problems": [{"place": "key", "summary": "It is missing."}]},
    ):
        validator.validate(json.loads(json.dumps(data)))
