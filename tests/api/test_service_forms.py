"""Date-times in the zone of the service: what goes out and what comes in mean the same instants, or nothing is sent."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from mscode.model.service_forms import AmbiguousTimeError, in_utc, in_zone, is_ambiguous, with_operations_as_text

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ZONES = sorted(available_timezones())


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"actionTime": "2026-12-01 10:00:00"}, {"actionTime": "2026-12-01 12:00:00"}),
        ({"expiresAt": "2026-07-01 22:30:00"}, {"expiresAt": "2026-07-02 01:30:00"}),
        ({"startTime": "2026-12-01 10:00:00"}, {"startTime": "2026-12-01 10:00:00"}),  # stated as UTC
        ({"activeFrom": "10:00:00", "message": "2026-12-01 10:00:00"},) * 2,
        ({"meta": {"actionTime": "2026-12-01 10:00:00"}},) * 2,  # the client's own
        ({"operations": '[{"actionTime": "2026-12-01 10:00:00"}]'},) * 2,
        ({"actionTime": None, "expiresAt": "soon"},) * 2,
        ([{"accountId": "1"}],) * 2,
        ("2026-12-01 10:00:00",) * 2,
    ],
)
def test_what_is_sent(body: Any, sent: Any) -> None:
    assert in_zone(body, HELSINKI) == sent


@pytest.mark.parametrize(
    ("answer", "utc"),
    [
        ([{"createdAt": "2026-12-01 12:00:00"}], [{"createdAt": "2026-12-01 12:00:00+02:00"}]),  # says both
        (
            {"receivers": [{"latestCallAt": "2026-12-01T12:00:00"}]},
            {"receivers": [{"latestCallAt": "2026-12-01 10:00:00"}]},
        ),
        ({"UPDATEDAT": "2026-12-01:12:00:00"}, {"UPDATEDAT": "2026-12-01 10:00:00"}),
        ({"updatedAt": "2026-12-01 12:00:00.5"}, {"updatedAt": "2026-12-01 10:00:00"}),
        ({"updatedAt": "2026-12-01T12:00:00Z"},) * 2,  # it says of which zone it is
        ({"updatedAt": "2026-12-01T12:00:00+05:00"},) * 2,
        ({"latestCallAt": "", "createdAt": "0000-00-00 00:00:00", "updatedAt": None},) * 2,
        ({"endTime": "2026-12-01 12:00:00", "meta": {"createdAt": "2026-12-01 12:00:00"}},) * 2,
        ({"operations": [{"actionTime": "2026-12-01 12:00:00"}]},) * 2,
        ({"expiresAt": "9999-12-31 23:59:59"}, {"expiresAt": "9999-12-31 21:59:59"}),
        ({"expiresAt": "0001-01-01 00:00:00"},) * 2,  # before the calendar
    ],
)
def test_what_is_read(answer: Any, utc: Any) -> None:
    assert in_utc(answer, HELSINKI, NOW) == utc


def test_the_end_of_the_calendar_is_sent_as_it_is() -> None:
    assert in_zone({"expiresAt": "9999-12-31 23:59:59"}, HELSINKI) == {"expiresAt": "9999-12-31 23:59:59"}


@pytest.mark.parametrize("minutes", [0, 30, 59, 60, 90, 119])
@pytest.mark.parametrize("name", ["actionTime", "expiresAt"])
def test_a_time_that_comes_twice_is_not_sent(name: str, minutes: int) -> None:
    """On 2026-10-25 the clocks of Helsinki go from 04:00 back to 03:00, at 01:00 UTC."""
    moment = datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    with pytest.raises(AmbiguousTimeError, match="comes twice on the clocks of Europe/Helsinki"):
        in_zone({"receivers": [], name: stamp(moment)}, HELSINKI)


@pytest.mark.parametrize(
    ("name", "now", "instant"),
    [
        ("actionTime", "2026-10-24T00:00:00+00:00", "2026-10-25 00:30:00"),  # it may ring at the earlier one
        ("expiresAt", "2026-10-24T00:00:00+00:00", "2026-10-25 01:30:00"),  # and up to the later one
        ("updatedAt", "2026-10-25T00:40:00+00:00", "2026-10-25 00:30:00"),  # the later one is still to come
        ("updatedAt", "2026-10-25T01:40:00+00:00", "2026-10-25 01:30:00"),
        ("createdAt", "2026-10-25T00:40:00+00:00", "2026-10-25 03:30:00+03:00"),
        ("createdAt", "2026-10-25T01:40:00+00:00", "2026-10-25 03:30:00+02:00"),
        ("latestCallAt", "2026-11-25T01:40:00+00:00", "2026-10-25 01:30:00"),
    ],
)
def test_a_time_that_comes_twice_is_read_as_what_rings_least(name: str, now: str, instant: str) -> None:
    assert in_utc({name: "2026-10-25 03:30:00"}, HELSINKI, datetime.fromisoformat(now)) == {name: instant}


@pytest.mark.parametrize(
    ("name", "instant"), [("actionTime", "2027-03-28 00:30:00"), ("expiresAt", "2027-03-28 01:30:00")]
)
def test_a_time_that_is_skipped_is_read_in_either_way(name: str, instant: str) -> None:
    assert in_utc({name: "2027-03-28 03:30:00"}, HELSINKI, NOW) == {name: instant}


@pytest.mark.parametrize("zone_name", random.Random(5).sample(ZONES, 40))
def test_what_is_sent_comes_back_in_every_zone(zone_name: str) -> None:
    _round_trips(zone_name)


@pytest.mark.torture
@pytest.mark.parametrize("zone_name", ZONES)
def test_what_is_sent_comes_back_in_all_zones(zone_name: str) -> None:
    _round_trips(zone_name)


def _round_trips(zone_name: str) -> None:
    """Each quarter of an hour around each change of the clocks in two years, and through a day of each month."""
    zone = ZoneInfo(zone_name)
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=count) for count in range(2 * 366 * 24)]
    changes = [
        one for one, other in pairwise(hours) if one.astimezone(zone).utcoffset() != other.astimezone(zone).utcoffset()
    ]
    moments = [
        one + timedelta(minutes=15 * count) for one in (*changes, *hours[:: 24 * 30]) for count in range(-16, 17)
    ]
    for moment in moments:
        body = {"actionTime": stamp(moment)}
        if is_ambiguous(moment, zone):
            with pytest.raises(AmbiguousTimeError):
                in_zone(body, zone)
        else:
            assert in_utc(in_zone(body, zone), zone, NOW) == body


# ---- operations of a call --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "literal"),
    [
        (
            [{"callId": "1", "operations": [{"say": "Hyvää päivää"}]}],
            [{"callId": "1", "operations": '[{"say": "Hyvää päivää"}]'}],
        ),
        ({"operations": "5"}, {"operations": '"5"'}),  # a text that holds a number is no number
        ({"operations": 5}, {"operations": "5"}),
        ({"operations": ""}, {"operations": ""}),
        ({"operations": None}, {"operations": None}),
        ("operations", "operations"),
    ],
)
def test_operations_that_come_back_parsed_are_text_again(answer: Any, literal: Any) -> None:
    assert with_operations_as_text(answer) == literal
