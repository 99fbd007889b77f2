"""When a campaign may ring, by the country and the zones of a number."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mscode.kind import registry
from mscode.plan.hours import CallingHours, CountryHours, Holidays, by_country, on_holidays, outside, outside_country
from mscode.plan.numbers import whereabouts
from mscode.plan.scene import Scene
from mscode.windows import WEEKDAYS
from mscode.world import DesiredWorld, Known, LiveWorld, Project

NOW = datetime(2026, 12, 1, tzinfo=UTC)
WHOLE_DAY = dict.fromkeys(WEEKDAYS, ((time(9), time(20)),))
AUSTRALIA = CountryHours("AU", WHOLE_DAY, ("Australia/Sydney", "Australia/Perth"), "", "", "")


def scene() -> Scene:
    return Scene(
        kinds=registry(),
        desired=DesiredWorld(Project("demo", ZoneInfo("Europe/Helsinki"), "Europe/Helsinki"), {}),
        live=LiveWorld(),
        known=Known(),
        environment="test",
        url="",
        window_zone=UTC,
        window_zone_name="UTC",
        now=NOW,
        seal=str,
    )


def fields(**more: Any) -> dict[str, Any]:
    return {
        "startTime": "2026-12-02T00:00:00Z",
        "endTime": "2026-12-09T00:00:00Z",
        "activeFrom": "07:00:00",
        "activeTo": "09:00:00",
        "activeWeekdays": list(WEEKDAYS),
        **more,
    }


@pytest.mark.parametrize(
    ("phone", "where"),
    [
        ("+33612345678", ("FR", ("Europe/Paris",))),
        ("+12125550100", ("US", ("America/New_York",))),
        ("+14165550100", ("CA", ("America/Toronto",))),
        ("+447700900123", ("GB", ())),
        ("+999123456", ("", ())),
        ("+1", ("", ())),
    ],
)
def test_a_number_tells_its_country_and_sometimes_its_zone(phone: str, where: tuple[str, tuple[str, ...]]) -> None:
    assert whereabouts(phone) == where


def test_a_number_that_may_be_anywhere_in_its_country_must_be_right_everywhere() -> None:
    """07:00 to 09:00 UTC is 18:00 to 20:00 in Sydney and 15:00 to 17:00 in Perth; an hour later is too late in Sydney."""
    packs = {"AU": AUSTRALIA}
    assert by_country(["+61412345678"], {"AU": AUSTRALIA.zones}) == {"AU": {("Australia/Perth", "Australia/Sydney"): 1}}
    assert outside_country(fields(), ["+61412345678"], packs, scene()) == []
    later = outside_country(fields(activeFrom="08:00:00", activeTo="10:00:00"), ["+61412345678"], packs, scene())
    assert [(one.country, one.people, one.moment.isoformat()) for one in later] == [
        ("AU", 1, "2026-12-02T20:00:00+11:00")
    ]


def test_an_opening_must_lie_in_one_span() -> None:
    """A break at noon is a time in which nobody may be called."""
    pack = CountryHours(
        "FR", dict.fromkeys(WEEKDAYS, ((time(8), time(9, 30)), (time(9, 45), time(20)))), (), "", "", ""
    )
    assert len(outside_country(fields(), ["+33612345678"], {"FR": pack}, scene())) == 1
    assert outside_country(fields(activeTo="08:30:00"), ["+33612345678"], {"FR": pack}, scene()) == []


def test_what_goes_out_once_is_judged_by_its_instant() -> None:
    hours = CallingHours(time(9), time(17), frozenset(WEEKDAYS), UTC)
    assert outside({"actionTime": "2026-12-02T09:00:00Z"}, hours, scene()) is None
    assert outside({"actionTime": "2026-12-02T17:00:01Z"}, hours, scene()) is not None


def test_a_holiday_is_a_day_where_the_person_is() -> None:
    """23:00 in UTC is the next day in Helsinki already."""
    found = Holidays((), lambda country, day: "Day" if (country, day) == ("FI", date(2026, 12, 6)) else "")
    late = {"actionTime": "2026-12-05T23:00:00Z"}
    assert [one.why for one in on_holidays(late, ["+358401234567"], found, scene())] == ["Day"]
    assert on_holidays({"actionTime": "2026-12-06T23:00:00Z"}, ["+358401234567"], found, scene()) == []
    assert on_holidays(late, ["+33612345678"], found, scene()) == []


def test_a_holiday_months_after_the_start_is_found() -> None:
    found = Holidays(("FI",), lambda country, day: "Day" if day == date(2027, 5, 1) else "")
    assert [one.moment.date() for one in on_holidays(fields(endTime="2027-06-01T00:00:00Z"), [], found, scene())] == [
        date(2027, 5, 1)
    ]
