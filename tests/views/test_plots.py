"""Plots: where things stand, what is said of them in words, and what odd data does to them."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from mscode.views.html.plots import (
    MOST_DAYS,
    MOST_POINTS,
    BandPoint,
    Series,
    accepts_plot,
    calls_in_words,
    hours_plot,
    range_bar,
)
from mscode.views.html.template import environment, stylesheet
from tests.views.hostile import NAMES

HELSINKI = ZoneInfo("Europe/Helsinki")
KOLKATA = ZoneInfo("Asia/Kolkata")
NINE = datetime(2026, 12, 1, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
MACROS = '{% from "plots.html" import accepts_plot, hours_plot, range_bar %}'


def band(*medians: float, step: timedelta = HOUR) -> list[BandPoint]:
    return [BandPoint(NINE + at * step, median, median * 0.8, median * 1.25) for at, median in enumerate(medians)]


def hours(*calls: float, step: timedelta = HOUR) -> Series:
    return [(NINE + at * step, number) for at, number in enumerate(calls)]


def drawn(macro: str, plot: object) -> str:
    return environment().from_string(f"{MACROS}{{{{ {macro}(plot) }}}}").render(plot=plot)


def numbers(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


# ---- accepts over time -----------------------------------------------------------------------------------------------


def test_the_median_runs_inside_its_band_and_both_inside_the_plot() -> None:
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(0, 10, 30, 44), wanted=40)
    assert plot is not None
    edge = numbers(plot.band)
    upper, lower = edge[:4], edge[4:][::-1]
    for top, middle, bottom in zip(upper, numbers(plot.median), lower, strict=True):
        assert top[1] <= middle[1] <= bottom[1]
        assert top[0] == middle[0] == bottom[0]
    for x, y in edge:
        assert float(plot.left) <= x <= float(plot.right)
        assert float(plot.top) <= y <= float(plot.bottom)
    assert lower[0][1] == float(plot.bottom), "zero stands on the axis"


def test_the_wanted_line_stands_where_the_same_number_of_accepts_does() -> None:
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(10, 40), wanted=40)
    assert plot is not None
    assert numbers(plot.median)[-1][1] == float(plot.wanted)


def test_what_is_wanted_stays_inside_however_few_accepts_there_are() -> None:
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(0, 1), wanted=20_000)
    assert plot is not None
    assert float(plot.top) <= float(plot.wanted) < float(plot.bottom)
    assert [tick.label for tick in plot.y_ticks] == ["0", "10k", "20k"]


def test_the_words_say_what_is_drawn() -> None:
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(10, 40), actual=hours(3, 1_234), wanted=1_500)
    assert plot is not None
    assert plot.description == (
        "Accepts of rsvpCalls.invite over time: 40 in the median, 90% of the runs between 32 and 50 by Tue 2026-12-01 10:00; "
        "1,234 so far, at Tue 2026-12-01 10:00; 1,500 wanted, the dashed line."
    )


def test_nothing_is_no_plot_and_a_single_instant_is_one_that_is_seen() -> None:
    assert accepts_plot("rsvpCalls.invite", HELSINKI, wanted=3) is None
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(2), wanted=2)
    assert plot is not None
    (first, second) = numbers(plot.median)
    assert second[0] > first[0]


@pytest.mark.parametrize("zone", [HELSINKI, KOLKATA])
@pytest.mark.parametrize("span", [1, 3, 20, 47, 60, 24 * 9, 24 * 42, 24 * 3_000])
def test_labels_of_the_time_axis_stand_apart(zone: ZoneInfo, span: int) -> None:
    plot = accepts_plot("rsvpCalls.invite", zone, band=band(0, 5, step=span * HOUR))
    assert plot is not None
    assert 1 <= len(plot.x_ticks) <= 6
    for before, after in itertools.pairwise(plot.x_ticks):
        assert float(after.place) - float(before.place) >= 30
    if span < 48:
        assert all(re.fullmatch(r"\d\d:00|\d+ Dec", tick.label) for tick in plot.x_ticks)


def test_a_midnight_is_named_by_its_day() -> None:
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(0, 5, step=20 * HOUR))
    assert plot is not None
    assert "2 Dec" in [tick.label for tick in plot.x_ticks]


def test_more_points_than_can_be_told_apart_are_thinned_and_the_last_one_stays() -> None:
    plot = accepts_plot("rsvpCalls.invite", HELSINKI, band=band(*range(5_000)))
    assert plot is not None
    points = numbers(plot.median)
    assert len(points) <= MOST_POINTS + 1
    assert points[-1][0] == float(plot.right)
    assert "4,999 in the median" in plot.description


# ---- hours of days ---------------------------------------------------------------------------------------------------


def test_the_area_of_a_square_stands_for_its_calls() -> None:
    plot = hours_plot("rsvpCalls.invite", HELSINKI, hours(100, 25, 0, 1))
    assert plot is not None
    sizes = [float(mark.size) for mark in plot.marks]
    assert [mark.hint for mark in plot.marks] == [
        "Tue 1 Dec 09:00: 100 calls",
        "Tue 1 Dec 10:00: 25 calls",
        "Tue 1 Dec 12:00: 1 call",
    ]
    assert sizes[0] == pytest.approx(2 * sizes[1], abs=0.1)
    assert sizes[2] == 2.5, "what is rare is still seen"
    assert len(plot.cells) == 4
    assert [tick.label for tick in plot.hours] == ["9", "10", "11", "12", "13"]


def test_hours_are_those_of_the_projects_clock() -> None:
    at_half = [(datetime(2026, 12, 1, 3, 30, tzinfo=UTC), 5.0), (datetime(2026, 12, 1, 4, 30, tzinfo=UTC), 7.0)]
    plot = hours_plot("calls.remind", KOLKATA, at_half)
    assert plot is not None
    assert [mark.hint for mark in plot.marks] == ["Tue 1 Dec 09:00: 5 calls", "Tue 1 Dec 10:00: 7 calls"]


def test_an_hour_that_the_clock_shows_twice_is_one_square() -> None:
    twice = [(datetime(2026, 10, 25, hour, tzinfo=UTC), 4.0) for hour in (0, 1)]  # 03:00 in Helsinki, before and after
    plot = hours_plot("calls.remind", HELSINKI, twice)
    assert plot is not None
    assert [mark.hint for mark in plot.marks] == ["Sun 25 Oct 03:00: 8 calls"]


def test_days_between_have_a_row_and_days_beyond_the_picture_are_counted() -> None:
    few = hours_plot("calls.remind", HELSINKI, hours(1, 1, step=timedelta(days=3)))
    assert few is not None
    assert [tick.label for tick in few.days] == ["Tue 1 Dec", "Wed 2 Dec", "Thu 3 Dec", "Fri 4 Dec"]
    many = hours_plot("calls.remind", HELSINKI, hours(*[1.0] * 42, step=timedelta(days=1)))
    assert many is not None
    assert (len(many.days), many.more) == (MOST_DAYS, "Without 11 later days.")
    assert many.description.startswith(
        "Calls of calls.remind in each hour, Tue 1 Dec to Mon 11 Jan, between 09:00 and 10:00"
    )


def test_all_day_long_fits_beside_the_names_of_the_days() -> None:
    plot = hours_plot("calls.remind", HELSINKI, hours(*range(1_000)))
    assert plot is not None
    for mark in plot.marks:
        assert 84 <= float(mark.x) <= plot.width - float(mark.size) + 0.1
    for before, after in itertools.pairwise(plot.hours):
        assert float(after.place) - float(before.place) >= 18


def test_no_calls_are_no_plot_and_hours_without_any_have_no_square() -> None:
    assert hours_plot("calls.remind", HELSINKI, []) is None
    plot = hours_plot("calls.remind", HELSINKI, hours(0, 0))
    assert plot is not None
    assert plot.marks == ()


@pytest.mark.parametrize(
    ("calls", "words"),
    [(0, "0 calls"), (0.4, "less than 1 call"), (1, "1 call"), (12.4, "12 calls"), (1_234, "1,234 calls")],
)
def test_calls_in_words(calls: float, words: str) -> None:
    assert calls_in_words(calls) == words


# ---- a range, and the markup -----------------------------------------------------------------------------------------


def test_a_range_says_in_words_what_its_bar_shows() -> None:
    bar = range_bar("accepts", 30, 20, 50, 40)
    assert (bar.median, bar.low, bar.width, bar.wanted) == ("60.00%", "40.00%", "60.00%", "80.00%")
    assert bar.description == "30 accepts in the median, 90% of the runs between 20 and 50; 40 wanted"
    assert range_bar("calls", 0, 0, 0).width == "0.00%"


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_stays_in_its_place(name: str) -> None:
    for markup in (
        drawn("accepts_plot", accepts_plot(name, HELSINKI, band=band(1, 2), actual=hours(1), wanted=2)),
        drawn("hours_plot", hours_plot(name, HELSINKI, hours(3, 4))),
        drawn("range_bar", range_bar(name, 1, 0, 2)),
    ):
        root = ElementTree.fromstring(f"<div>{markup}</div>")
        assert {part.tag.rpartition("}")[2] for part in root.iter()} <= {
            *("div", "svg", "path", "text", "rect", "title", "ul", "li", "span"),
        }
        assert not any(attribute.startswith("on") for part in root.iter() for attribute in part.attrib)


def test_every_class_of_the_markup_has_a_look() -> None:
    markup = drawn("accepts_plot", accepts_plot("a.b", HELSINKI, band=band(1, 2), actual=hours(1), wanted=2))
    markup += drawn("hours_plot", hours_plot("a.b", HELSINKI, hours(1))) + drawn(
        "range_bar", range_bar("a", 1, 0, 2, 3)
    )
    looks = str(stylesheet())
    for names in re.findall(r'class="([^"]+)"', markup):
        assert all(f".{name}" in looks for name in names.split()), names
