"""Plots as numbers for SVG: pure functions from data to what `templates/plots.html` draws, which escapes and colours it.

They are 330 units wide, so that their text is as large as that of the page on a phone of 360 pixels, and have no more colours than
the variables of app.css. No meaning is in a colour alone. What a picture shows is said in words (`description`), and in a table
beside it by whoever places it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import ceil, floor, log10, sqrt
from typing import TypeVar

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.text.times import weekday, with_weekday

#: Units of SVG: of a whole picture, and of what stands around its plot.
WIDTH, _HEIGHT = 330, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 18, 26
#: Points of one line: more cannot be told apart at this width.
MOST_POINTS = 160
#: Days of a grid; those after them are counted.
MOST_DAYS = 31
#: The most labels below a plot, and beside it.
_X_LABELS, _Y_LABELS = 5, 4
#: Of a grid: the width of its labels and of a cell at most, the height of a row, the space between cells, the smallest mark.
_DAY_LABEL, _WIDEST_CELL, _ROW, _CELL_GAP, _SMALLEST = 84, 24, 18, 1, 2.5
#: The room that the label of an hour takes.
_LABEL_WIDTH = 18
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOUR_STEPS = (1, 2, 3, 6, 12)

Series = Sequence[tuple[datetime, float]]
Point = TypeVar("Point")


@dataclass(frozen=True, slots=True)
class BandPoint:
    """A forecast for one instant: the median, and the two ends of its range."""

    at: datetime
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, and where it stands on it. `anchor` is that of SVG's text."""

    place: str
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class TimePlot:
    """A quantity over time. `band`, `median` and `actual` are paths of SVG, "" where there is none; so is `wanted`, the height of
    a line across. `left` to `bottom` are the edges of the plot."""

    description: str
    width: int
    height: int
    left: str
    right: str
    top: str
    bottom: str
    band: str
    median: str
    actual: str
    wanted: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A square whose area stands for a number."""

    x: str
    y: str
    size: str
    hint: str


@dataclass(frozen=True, slots=True)
class HoursPlot:
    """Days below each other, hours of the day beside each other, and a square for what happens in each hour. `more` says which
    days are left out, "" for none."""

    description: str
    width: int
    height: str
    cells: tuple[tuple[str, str], ...]
    cell_width: str
    cell_height: str
    marks: tuple[Mark, ...]
    days: tuple[Tick, ...]
    hours: tuple[Tick, ...]
    label_right: str
    more: str


@dataclass(frozen=True, slots=True)
class RangeBar:
    """A number with its range on one line, in per cent of the line's length; `wanted` is "" where nothing is."""

    description: str
    median: str
    low: str
    width: str
    wanted: str


# ---- over time -------------------------------------------------------------------------------------------------------


def accepts_plot(
    name: str, zone: tzinfo, *, band: Sequence[BandPoint] = (), actual: Series = (), wanted: int | None = None
) -> TimePlot | None:
    """Accepts of the campaign `name` over time: a forecast with its range, what there is so far, and a line for how many are
    wanted. None where there is nothing to draw."""
    band, actual = _thinned(band), _thinned(actual)
    instants = [point.at for point in band] + [at for at, _ in actual]
    if not instants:
        return None
    heights = [*(point.high for point in band), *(point.median for point in band), *(value for _, value in actual)]
    axis = _TimeAxis.around(min(instants), max(instants))
    steps = _steps(max([*heights, wanted or 0]))
    top = steps[-1]

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - min(value, top) / top * (_HEIGHT - _BOTTOM - _TOP)

    upper = [(axis.x(point.at), y(point.high)) for point in band]
    lower = [(axis.x(point.at), y(point.low)) for point in reversed(band)]
    return TimePlot(
        description=_accepts_in_words(name, zone, band, actual, wanted),
        width=WIDTH,
        height=_HEIGHT,
        left=f"{_LEFT}",
        right=f"{WIDTH - _RIGHT}",
        top=f"{_TOP}",
        bottom=f"{_HEIGHT - _BOTTOM}",
        band=f"{_path([*upper, *lower])} Z" if band else "",
        median=_path([(axis.x(point.at), y(point.median)) for point in band]),
        actual=_path([(axis.x(at), y(value)) for at, value in actual]),
        wanted=f"{y(wanted):.1f}" if wanted is not None else "",
        x_ticks=tuple(axis.ticks(zone)),
        y_ticks=tuple(Tick(f"{y(step):.1f}", _short(step), "end") for step in steps),
    )


def _accepts_in_words(name: str, zone: tzinfo, band: Sequence[BandPoint], actual: Series, wanted: int | None) -> str:
    parts = []
    if band:
        last = band[-1]
        numbers = f"{last.median:,.0f} in the median, 90% of the runs between {last.low:,.0f} and {last.high:,.0f}"
        parts.append(f"{numbers} by {with_weekday(last.at, zone)}")
    if actual:
        at, value = actual[-1]
        parts.append(f"{value:,.0f} so far, at {with_weekday(at, zone)}")
    if wanted is not None:
        parts.append(f"{wanted:,} wanted, the dashed line")
    return f"Accepts of {name} over time: {'; '.join(parts)}."


@dataclass(frozen=True, slots=True)
class _TimeAxis:
    begin: datetime
    end: datetime

    @classmethod
    def around(cls, begin: datetime, end: datetime) -> _TimeAxis:
        """From the first to the last instant, an hour at least."""
        spare = max(timedelta(), timedelta(hours=1) - (end - begin)) / 2
        return cls(begin - spare, end + spare)

    def x(self, at: datetime) -> float:
        return _LEFT + (at - self.begin) / (self.end - self.begin) * (WIDTH - _LEFT - _RIGHT)

    def ticks(self, zone: tzinfo) -> Iterator[Tick]:
        """Midnights where it is longer than two days, else full hours; of either as many as there is room for."""
        is_days = self.end - self.begin > timedelta(days=2)
        candidates = list(self._midnights(zone) if is_days else self._full_hours(zone))
        for at in candidates[:: max(1, ceil(len(candidates) / _X_LABELS))]:
            local = at.astimezone(zone)
            is_day = is_days or (local.hour, local.minute) == (0, 0)
            place = self.x(at)
            anchor = "start" if place < _LEFT + 12 else "end" if place > WIDTH - _RIGHT - 12 else "middle"
            label = f"{local.day} {_MONTHS[local.month - 1]}" if is_day else f"{local:%H:%M}"
            yield Tick(f"{place:.1f}", label, anchor)

    def _midnights(self, zone: tzinfo) -> Iterator[datetime]:
        first, last = self.begin.astimezone(zone).date(), self.end.astimezone(zone).date()
        step = max(1, ceil((last - first).days / _X_LABELS))
        for days in range(0, (last - first).days + 1, step):
            midnight = datetime.combine(first + timedelta(days=days), time(), zone)
            if self.begin <= midnight <= self.end:
                yield midnight

    def _full_hours(self, zone: tzinfo) -> Iterator[datetime]:
        hours = (self.end - self.begin) / timedelta(hours=1)
        step = next((step for step in _HOUR_STEPS if hours / step <= _X_LABELS), _HOUR_STEPS[-1])
        at = self.begin.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        while at <= self.end:
            if at >= self.begin and at.astimezone(zone).hour % step == 0:
                yield at
            at += timedelta(hours=1)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """At most about `MOST_POINTS` of the points, the first and the last among them."""
    step = ceil(len(points) / MOST_POINTS)
    return [*points[:-1:step], points[-1]] if step > 1 else points


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Lines from point to point; a single point is a short line, so that it is seen."""
    if not points:
        return ""
    if len(points) == 1:
        points = [points[0], (points[0][0] + 0.5, points[0][1])]
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _steps(highest: float) -> list[float]:
    """Round numbers from 0 to `highest` or a little above it: 0, 10, 20, 30. At least two, and whole ones."""
    rough = max(highest, 1) / (_Y_LABELS - 1)
    power = 10 ** floor(log10(rough))
    step = max(1, next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough))
    step = ceil(step)
    return [step * at for at in range(ceil(max(highest, 1) / step) + 1)]


def _short(number: float) -> str:
    """`1,500`, `25k`, `2.5M`: a label for which there is little room."""
    if number >= 1e6:
        return f"{number / 1e6:,.4g}M"
    return f"{number / 1e3:g}k" if number >= 1e4 else f"{number:,.0f}"


# ---- hours of days ---------------------------------------------------------------------------------------------------


Calls = dict[date, dict[int, float]]


def hours_plot(name: str, zone: tzinfo, hours: Series) -> HoursPlot | None:
    """Calls of the campaign `name` in each hour, by the clock and the calendar of `zone`. None where there are none."""
    calls: Calls = {}
    for at, number in hours:
        local = at.astimezone(zone)
        day_calls = calls.setdefault(local.date(), {})
        day_calls[local.hour] = day_calls.get(local.hour, 0) + number  # an hour that the clock shows twice
    if not calls:
        return None
    days = _calendar_days(calls)
    first = min(map(min, calls.values()))
    last = max(map(max, calls.values()))
    grid = _Grid(days[:MOST_DAYS], range(first, last + 1), min(_WIDEST_CELL, (WIDTH - _DAY_LABEL) / (last - first + 1)))
    left_out = len(days) - len(grid.days)
    return HoursPlot(
        description=_hours_in_words(name, calls, days, first, last + 1),
        width=WIDTH,
        height=f"{grid.y(len(grid.days)) + 2}",
        cells=tuple(grid.cells()),
        cell_width=f"{grid.cell_width - _CELL_GAP:.1f}",
        cell_height=f"{_ROW - _CELL_GAP}",
        marks=tuple(grid.marks(calls)),
        days=tuple(
            Tick(f"{grid.y(row) + _ROW / 2 + 4:.1f}", day_label(day), "end") for row, day in enumerate(grid.days)
        ),
        hours=tuple(grid.hour_ticks()),
        label_right=f"{_DAY_LABEL - 6}",
        more=f"Without {count(left_out, 'later day')}." if left_out else "",
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    """A row for each day, a column for each hour."""

    days: Sequence[date]
    hours: range
    cell_width: float

    def x(self, hour: int) -> float:
        return _DAY_LABEL + (hour - self.hours.start) * self.cell_width

    def y(self, row: int) -> int:
        return _TOP + row * _ROW

    def cells(self) -> Iterator[tuple[str, str]]:
        for row in range(len(self.days)):
            for hour in self.hours:
                yield f"{self.x(hour) + _CELL_GAP / 2:.1f}", f"{self.y(row) + _CELL_GAP / 2:.1f}"

    def marks(self, calls: Calls) -> Iterator[Mark]:
        most = max(max(day_calls.values()) for day_calls in calls.values()) or 1
        largest = min(self.cell_width, _ROW) - 2 * _CELL_GAP
        for row, day in enumerate(self.days):
            for hour, number in sorted(calls.get(day, {}).items()):
                if number > 0:
                    size = max(_SMALLEST, sqrt(number / most) * largest)
                    x, y = self.x(hour) + (self.cell_width - size) / 2, self.y(row) + (_ROW - size) / 2
                    hint = f"{day_label(day)} {hour:02}:00: {calls_in_words(number)}"
                    yield Mark(f"{x:.1f}", f"{y:.1f}", f"{size:.1f}", hint)

    def hour_ticks(self) -> Iterator[Tick]:
        """The hours at the left edges of their columns, so many of them that their labels stand apart."""
        step = next(step for step in (1, 2, 3, 4, 6) if step * self.cell_width >= _LABEL_WIDTH)
        for hour in range(self.hours.start, self.hours.stop + 1):
            if hour % step == 0:
                is_edge = self.x(hour) > WIDTH - _LABEL_WIDTH / 2
                if not is_edge:
                    yield Tick(f"{self.x(hour):.1f}", f"{hour}")
                elif (
                    step * self.cell_width >= 1.5 * _LABEL_WIDTH
                ):  # it stands left of its place, nearer to the one before
                    yield Tick(f"{self.x(hour):.1f}", f"{hour}", "end")


def _hours_in_words(name: str, calls: Calls, days: Sequence[date], begin: int, end: int) -> str:
    busiest = max(calls, key=lambda day: max(calls[day].values()))
    hour, most = max(calls[busiest].items(), key=lambda of_hour: of_hour[1])
    span = day_label(days[0]) if len(days) == 1 else f"{day_label(days[0])} to {day_label(days[-1])}"
    return (
        f"Calls of {name} in each hour, {span}, between {begin:02}:00 and {end:02}:00; most of them, {calls_in_words(most)}, "
        f"on {day_label(busiest)} from {hour:02}:00."
    )


def _calendar_days(calls: Calls) -> list[date]:
    """All days from the first to the last one, those without calls among them; only those with calls where there are many."""
    first, last = min(calls), max(calls)
    if (last - first).days >= MOST_DAYS:
        return sorted(calls)
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]


def day_label(day: date) -> str:
    """`Tue 1 Dec`."""
    return f"{weekday(day)} {day.day} {_MONTHS[day.month - 1]}"


def calls_in_words(calls: float) -> str:
    """`1 call`, `12 calls`, `less than 1 call`."""
    if 0 < calls < 1:
        return "less than 1 call"
    return count(round(calls), "call")


# ---- a range ---------------------------------------------------------------------------------------------------------


def range_bar(unit: str, median: float, low: float, high: float, wanted: int | None = None) -> RangeBar:
    """A number of `unit` with its range, and how many are wanted, each as a share of the largest of them."""
    most = max(median, high, wanted or 0, 1)
    words = f"{median:,.0f} {unit} in the median, 90% of the runs between {low:,.0f} and {high:,.0f}"
    return RangeBar(
        description=f"{words}; {wanted:,} wanted" if wanted is not None else words,
        median=f"{median / most:.2%}",
        low=f"{low / most:.2%}",
        width=f"{max(high - low, 0) / most:.2%}",
        wanted=f"{wanted / most:.2%}" if wanted is not None else "",
    )
