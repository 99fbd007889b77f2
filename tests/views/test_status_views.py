"""Tables of live campaigns and of results: inside the terminal, whatever names and however many objects there are."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.plan.segments import plain
from mscode.views.status.results import (
    ObjectResults,
    Page,
    ReceiverReply,
    all_result_lines,
    all_results_json,
    result_lines,
    results_csv,
)
from mscode.views.status.table import Frame, StatusRow, status_json, status_lines
from mscode.views.text.masking import Privacy
from mscode.views.text.width import display_width
from tests.views.hostile import NAMES
from tests.views.hostile_plan import ACTING

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 12, 2, 9, tzinfo=UTC)
HOSTILE = [*NAMES, "献血" * 60, "n" * 5_000, "e\u0301" * 100]


def row(name: str = "rsvpCalls.invite", state: str = "active", *, live_id: str = "7", people: int = 1_204) -> StatusRow:
    status = SendStatus(state, state == "complete", 350, 200, 12, 30, 900, 40, NOW)
    return StatusRow(
        name, "rsvpCalls", live_id, True, status, "2026-12-01T09:00:00Z", LATER, LATER, LATER, people=people, called=340
    )


def shown(rows: list[StatusRow], columns: int = 80, *, height: int = 0, wide: bool = False) -> list[str]:
    frame = Frame("America/Argentina/ComodRivadavia", columns, NOW, wide, height)
    return plain(status_lines(rows, frame)).splitlines()


@pytest.mark.parametrize("columns", [80, 120])
def test_no_name_leaves_the_terminal(columns: int) -> None:
    for name in HOSTILE:
        lines = shown([row(f"rsvpCalls.{name}"), row()], columns)
        assert max(map(display_width, lines)) <= columns, name
        assert len([line for line in lines if "called 340 of 1,204" in line]) == 2
        assert not ACTING.search("".join(lines))


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("height", [12, 24, 50])
@pytest.mark.parametrize("number", [0, 1, 10, 2_000])
@pytest.mark.parametrize("name", ["invite", "n" * 100])
def test_the_table_fits_the_height(columns: int, height: int, number: int, name: str) -> None:
    rows = [row(f"rsvpCalls.{name}-{at}", "complete" if at % 2 else "active", live_id=str(at)) for at in range(number)]
    lines = shown(rows, columns, height=height)
    assert len(lines) <= height
    assert max(map(display_width, lines)) <= columns
    visible = sum("called 340" in line for line in lines)
    rest = number - visible
    assert rest == 0 or any(line.startswith(f"… and {rest:,} more: ") for line in lines)
    if number == 2_000:
        assert any("Total: 1,000 running, 1,000 finished." in line for line in lines)
        assert " active " in lines[1 if name == "invite" else 2]
        assert " complete " not in "".join(lines[: height - 6])


def test_wide_has_every_column_whatever_the_terminal() -> None:
    assert shown([row()], 80, wide=True)[0].split()[5:8] == ["CALLS", "ANSWERED", "DECLINED*"]


def test_unknown_people_are_counted_by_calls() -> None:
    [line] = [line for line in shown([replace(row(), people=None, called=None)]) if "rsvpCalls.invite" in line]
    assert "350 calls" in line


def person(text: str) -> ReceiverReply:
    return ReceiverReply(text, "", "+358405550101", text, text, True, 2, 30, "2026-12-01T09:00:00Z", text, text)


@pytest.mark.parametrize("show_people", [False, True])
def test_results_stay_inside_the_terminal_too(show_people: bool) -> None:
    page = Page("Europe/Helsinki", Privacy(show_people))
    for name in HOSTILE:
        results = [ObjectResults(row(f"rsvpCalls.{name}"), [person(name)]), ObjectResults(row(), [person("anna")])]
        text = plain(all_result_lines(results, page))
        assert not ACTING.search(text.replace("\n", ""))
        assert len(text.splitlines()) < 40
        assert not ACTING.search(plain(result_lines(results[0], page)).replace("\n", ""))
        table = list(csv.reader(io.StringIO(results_csv(results, page, with_address=True))))
        assert {len(cells) for cells in table} == {len(table[0])}
        assert not [cell for cells in table[1:] for cell in cells if cell.startswith(("=", "-", "@", "\t", "\r"))]
        json.dumps([all_results_json(results, page), status_json("test", [result.row for result in results])])


def test_a_name_is_cut_where_it_has_no_room() -> None:
    page = Page("Europe/Helsinki", Privacy(show_people=True))
    long = replace(person("1"), first_name="献血" * 20, last_name="Virta", reply="accept")
    lines = plain(result_lines(ObjectResults(row(), [long]), page)).splitlines()
    [line] = [line for line in lines if "accept " in line and "+358" in line]
    assert display_width(line) <= 80
    assert "…" in line
    assert "+358405550101" in line
