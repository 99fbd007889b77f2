"""When a campaign may ring, by the country and the zones of a number."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from mscode.model.calling_window import WEEKDAYS, Window, format_instant
from mscode.model.world import DesiredWorld, Known, LiveWorld, Project
from mscode.plan.guards.hours import (
    CallingHours,
    CountryHours,
    Holidays,
    by_country,
    on_holidays,
    outside,
    outside_country,
)
from mscode.plan.inputs import PlanInput
from mscode.plan.people.number_zones import _place_by_library, _telling_digits, law_of, whereabouts, zones_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)
WHOLE_DAY = dict.fromkeys(WEEKDAYS, ((time(9), time(20)),))
AUSTRALIA = CountryHours("AU", WHOLE_DAY, ("Australia/Sydney", "Australia/Perth"), "", "", "")


def inputs() -> PlanInput:
    return PlanInput(
        desired=DesiredWorld(Project("demo", ZoneInfo("Europe/Helsinki"), "Europe/Helsinki"), {}),
        live=LiveWorld(),
        known=Known(),
        environment="test",
        url="",
        window_zone=UTC,
        window_zone_name="UTC",
        now=NOW,
        keyed_hash=str,
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
    (found,) = by_country(["+61412345678"], {"AU": AUSTRALIA.zones}, "UTC")["AU"]
    assert {"Australia/Perth", "Australia/Sydney", "Australia/Eucla", "Australia/Adelaide"} <= set(found)
    assert outside_country(fields(), ["+61412345678"], packs, inputs()) == []
    later = outside_country(fields(activeFrom="08:00:00", activeTo="10:00:00"), ["+61412345678"], packs, inputs())
    assert [(one.country, one.people, one.moment.isoformat()) for one in later] == [
        ("AU", 1, "2026-12-02T20:00:00+11:00")
    ]


def test_an_opening_must_lie_in_one_span() -> None:
    """A break at noon is a time in which nobody may be called."""
    pack = CountryHours(
        "FR", dict.fromkeys(WEEKDAYS, ((time(8), time(9, 30)), (time(9, 45), time(20)))), (), "", "", ""
    )
    assert len(outside_country(fields(), ["+33612345678"], {"FR": pack}, inputs())) == 1
    assert outside_country(fields(activeTo="08:30:00"), ["+33612345678"], {"FR": pack}, inputs()) == []


def test_what_goes_out_once_is_judged_by_its_instant() -> None:
    hours = CallingHours(time(9), time(17), frozenset(WEEKDAYS), UTC)
    assert outside({"actionTime": "2026-12-02T09:00:00Z"}, hours, inputs()) is None
    assert outside({"actionTime": "2026-12-02T17:00:01Z"}, hours, inputs()) is not None


def test_a_holiday_is_a_day_where_the_person_is() -> None:
    """23:00 in UTC is the next day in Helsinki already."""
    found = Holidays((), lambda country, day: "Day" if (country, day) == ("FI", date(2026, 12, 6)) else "")
    late = {"actionTime": "2026-12-05T23:00:00Z"}
    assert [one.why for one in on_holidays(late, ["+358401234567"], found, inputs())] == ["Day"]
    assert on_holidays({"actionTime": "2026-12-06T23:00:00Z"}, ["+358401234567"], found, inputs()) == []
    assert on_holidays(late, ["+33612345678"], found, inputs()) == []


def test_a_holiday_months_after_the_start_is_found() -> None:
    found = Holidays(("FI",), lambda country, day: "Day" if day == date(2027, 5, 1) else "")
    assert [one.moment.date() for one in on_holidays(fields(endTime="2027-06-01T00:00:00Z"), [], found, inputs())] == [
        date(2027, 5, 1)
    ]


# ---- every opening until the end -------------------------------------------------------------------------------------

HELSINKI = ZoneInfo("Europe/Helsinki")
OFFICE = CallingHours(time(9), time(17), frozenset(WEEKDAYS), HELSINKI)


@pytest.mark.parametrize(
    ("start", "end", "opens", "shuts", "day"),
    [
        ("2026-12-02T00:00:00Z", "2027-04-30T00:00:00Z", "07:00:00", "15:00:00", date(2027, 3, 28)),  # an hour later
        ("2027-06-01T00:00:00Z", "2027-12-01T00:00:00Z", "06:00:00", "14:00:00", date(2027, 10, 31)),  # an hour earlier
        ("2026-12-02T00:00:00Z", "2027-03-27T23:00:00Z", "07:00:00", "15:00:00", None),
        ("2027-06-01T00:00:00Z", "2027-10-30T20:00:00Z", "06:00:00", "14:00:00", None),
    ],
)
def test_hours_hold_until_the_end_however_far_a_change_of_summer_time_is(
    start: str, end: str, opens: str, shuts: str, day: date | None
) -> None:
    moment = outside(fields(startTime=start, endTime=end, activeFrom=opens, activeTo=shuts), OFFICE, inputs())
    assert (moment.date() if moment else None) == day


def test_a_change_between_openings_far_apart_is_found() -> None:
    """Sundays alone: thirty-five of them are eight months."""
    found = fields(
        endTime="2028-03-26T20:00:00Z", activeFrom="07:00:00", activeTo="15:00:00", activeWeekdays=["sunday"]
    )
    summer = CallingHours(time(9), time(18), frozenset(WEEKDAYS), HELSINKI)
    assert outside(found, summer, inputs()) is None
    moment = outside(found, OFFICE, inputs())
    assert moment is not None and moment.date() == date(2027, 3, 28)


@pytest.mark.parametrize("end", ["2126-12-02T00:00:00Z", "9998-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_a_campaign_of_many_years_is_judged_in_a_moment(end: str) -> None:
    began = process_time()
    found = fields(endTime=end, activeFrom="17:00:00", activeTo="18:00:00")
    assert outside_country(found, ["+18005551234"], {"US": UNITED_STATES}, inputs()) == []
    assert outside(found, CallingHours(time(17), time(18), frozenset(WEEKDAYS), UTC), inputs()) is None
    assert process_time() - began < 10


#: 17:00 to 18:00 UTC is 07:00 to 08:00 in Honolulu and 13:00 to 14:00 in New York in summer.
UNITED_STATES = CountryHours("US", dict.fromkeys(WEEKDAYS, ((time(6), time(15)),)), (), "", "", "")


def test_an_opening_that_holds_a_change_of_the_clocks_is_judged_in_its_parts() -> None:
    """03:30 to 04:30 of the night in which the clocks are set back from 04:00 to 03:00: 03:00 comes once more."""
    night = CallingHours(time(3, 20), time(5), frozenset(WEEKDAYS), HELSINKI)
    clocks = fields(
        startTime="2026-10-25T00:00:00Z", endTime="2026-10-25T05:00:00Z", activeFrom="00:30:00", activeTo="02:30:00"
    )
    early = replace(inputs(), now=datetime(2026, 10, 24, tzinfo=UTC))
    moment = outside(clocks, night, early)
    assert moment is not None and (moment.hour, moment.minute) == (3, 0)


def test_a_time_that_comes_twice_is_open_both_times() -> None:
    """In the zone of the service 03:15 comes twice on that night; which of the two it means nobody knows."""
    window = Window.of("03:15:00", "03:45:00", list(WEEKDAYS), HELSINKI)
    ((opens, shuts),) = window.openings(date(2026, 10, 25), date(2026, 10, 25))
    assert (opens.hour, opens.minute, shuts.hour, shuts.minute) == (0, 15, 1, 45)


# ---- every zone of a number ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "country", "zones"),
    [
        ("+12085552222", "US", {"America/Boise", "America/Los_Angeles"}),
        ("+17752012222", "US", {"America/Boise", "America/Los_Angeles"}),
        ("+19072002222", "US", {"America/Adak", "America/Anchorage"}),
        ("+18502002222", "US", {"America/Chicago", "America/New_York"}),  # Florida's panhandle
        ("+17012522222", "US", {"America/Chicago", "America/Denver"}),
        ("+18005551234", "US", {"America/New_York", "Pacific/Honolulu", "America/Adak"}),  # toll-free: anywhere
        ("+18445551234", "US", {"America/New_York", "Pacific/Honolulu"}),
        ("+18675551234", "CA", {"America/Edmonton", "America/Winnipeg", "America/Toronto"}),
        ("+18075551234", "CA", {"America/Toronto", "America/Winnipeg"}),
        ("+17095551234", "CA", {"America/St_Johns", "America/Halifax"}),
        ("+34612345678", "ES", {"Europe/Madrid", "Atlantic/Canary"}),
        ("+34922123456", "ES", {"Atlantic/Canary"}),
        ("+351912345678", "PT", {"Europe/Lisbon", "Atlantic/Azores"}),
        ("+79161234567", "RU", {"Europe/Moscow", "Asia/Vladivostok", "Asia/Kamchatka"}),
        ("+526641234567", "MX", {"America/Tijuana"}),
        ("+556899123456", "BR", {"America/Sao_Paulo", "America/Rio_Branco"}),
        ("+61412345678", "AU", {"Australia/Perth", "Australia/Eucla", "Australia/Lord_Howe"}),
    ],
)
def test_every_zone_that_a_number_may_be_in_counts(phone: str, country: str, zones: set[str]) -> None:
    (found,) = by_country([phone], {}, "UTC")[country]
    assert zones <= set(found)


@pytest.mark.parametrize(
    ("area", "zone"),
    [
        ("458", "America/Denver"),  # laid over 541, Oregon: Malheur County
        ("364", "America/Chicago"),  # over 270, Kentucky
        ("930", "America/Chicago"),  # over 812, Indiana
        ("448", "America/Chicago"),  # over 850, Florida
        ("778", "America/Edmonton"),  # over 250, British Columbia
        ("581", "America/Halifax"),  # over 418, Quebec: the Magdalen Islands
        ("639", "America/Edmonton"),  # over 306, Saskatchewan: Lloydminster
    ],
)
def test_a_code_that_was_laid_over_another_is_in_all_zones_of_the_territory(area: str, zone: str) -> None:
    assert zone in whereabouts(f"+1{area}5550100")[1]


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+559734567890", {"America/Eirunepe", "America/Manaus"}),
        ("+74112412345", {"Asia/Srednekolymsk", "Asia/Vladivostok", "Asia/Yakutsk"}),
        ("+56322123456", {"America/Santiago", "Pacific/Easter"}),
        ("+61755361234", {"Australia/Brisbane", "Australia/Sydney"}),
        ("+56221234567", {"America/Santiago"}),
        ("+559232123456", {"America/Manaus"}),
    ],
)
def test_places_that_the_library_does_not_tell_apart_count(phone: str, zones: set[str]) -> None:
    assert set(whereabouts(phone)[1]) == zones


def _by_library(phone: str) -> tuple[str, tuple[str, ...]]:
    prefix = phone[: 1 + _telling_digits(phone[1:4])]
    return _place_by_library(prefix, prefix.ljust(len(phone), "2"))


def test_a_number_that_is_no_fixed_line_is_where_the_library_says() -> None:
    """Numbers of every calling code, of every length: most are nobody's, and those of a type are examples of the library."""
    draw = random.Random(1)
    phones = [
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for number_type in phonenumbers.PhoneNumberType.values()
        if (example := phonenumbers.example_number_for_type(region, number_type))
    ]
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        phones += [f"+{code}{''.join(draw.choices('0123456789', k=draw.randint(1, 14)))}" for _ in range(40)]
    others = [phone for phone in phones if whereabouts(phone) != _by_library(phone)]
    assert others == []


@pytest.mark.parametrize("phone", ["", "+", "nobody", "+358", "358401234567", "+35840x234567", "+٣٥٨٤٠١٢٣٤٥", "+346\n"])
def test_what_is_no_number_is_where_the_library_says(phone: str) -> None:
    assert whereabouts(phone) == _by_library(phone)


@pytest.mark.parametrize(
    ("phone", "country", "zone"), [("+628123456789", "ID", "Asia/Jayapura"), ("+56912345678", "CL", "Pacific/Easter")]
)
def test_a_mobile_that_tells_no_place_is_anywhere_in_its_country(phone: str, country: str, zone: str) -> None:
    assert whereabouts(phone) == (country, ())
    assert zone in zones_of(country)


def test_zones_of_a_country_are_not_those_of_others_with_its_calling_code() -> None:
    (found,) = by_country(["+18005551234"], {}, "UTC")["US"]
    assert not {"America/Toronto", "America/Jamaica", "Pacific/Guam"} & set(found)


def test_a_number_of_which_nothing_is_known_is_judged_in_the_project_zone() -> None:
    assert by_country(["+999123456"], {}, "Europe/Helsinki") == {"": {("Europe/Helsinki",): 1}}


def test_a_number_is_outside_where_it_is_in_any_of_its_zones() -> None:
    """08:00 to 21:00 in Los Angeles goes on until 22:00 in Boise."""
    pack = {
        "US": CountryHours("US", dict.fromkeys(WEEKDAYS, ((time(8), time(21)),)), ("America/New_York",), "", "", "")
    }
    late = fields(activeFrom="16:00:00", activeTo="23:59:00")
    assert outside_country(late, ["+12135552222"], pack, inputs()) == []
    boise = outside_country(fields(activeFrom="15:30:00", activeTo="16:30:00"), ["+12085552222"], pack, inputs())
    assert [one.people for one in boise] == [1] and boise[0].moment.isoformat().startswith("2026-12-02T07:30")


def test_a_holiday_counts_in_every_zone_of_a_number() -> None:
    """23:30 in Madrid is 22:30 on the Canaries; the day after begins first in Madrid."""
    found = Holidays((), lambda country, day: "Day" if (country, day) == ("ES", date(2026, 12, 8)) else "")
    late = {"actionTime": "2026-12-07T23:30:00Z"}
    assert [one.why for one in on_holidays(late, ["+34612345678"], found, inputs())] == ["Day"]
    assert on_holidays(late, ["+34922123456"], found, inputs()) == []
    early = {"actionTime": "2026-12-08T23:30:00Z"}
    assert [one.why for one in on_holidays(early, ["+34612345678"], found, inputs())] == ["Day"]


def test_a_window_that_shuts_at_midnight_does_not_touch_the_next_day() -> None:
    """The end of a window is no instant in it: 22:00 UTC is midnight in Helsinki."""
    found = Holidays(("FI",), lambda country, day: "Day" if day == date(2026, 12, 6) else "")
    saturday = fields(activeFrom="20:00:00", activeTo="22:00:00", activeWeekdays=["saturday"])
    assert on_holidays(saturday, ["+358401234567"], found, inputs()) == []
    minute = fields(activeFrom="20:00:00", activeTo="22:01:00", activeWeekdays=["saturday"])
    assert len(on_holidays(minute, ["+358401234567"], found, inputs())) == 1


def test_a_holiday_years_after_the_start_is_found() -> None:
    found = Holidays(("FI",), lambda country, day: "Day" if day == date(2029, 5, 1) else "")
    late = on_holidays(fields(endTime="2029-06-01T00:00:00Z"), [], found, inputs())
    assert [one.moment.date() for one in late] == [date(2029, 5, 1)]


# ---- territories -----------------------------------------------------------------------------------------------------

TERRITORIES = {
    "AS": ("US", "Pacific/Pago_Pago"),
    "GU": ("US", "Pacific/Guam"),
    "MP": ("US", "Pacific/Saipan"),
    "PR": ("US", "America/Puerto_Rico"),
    "VI": ("US", "America/St_Thomas"),
    "BL": ("FR", "America/Guadeloupe"),
    "GF": ("FR", "America/Cayenne"),
    "GP": ("FR", "America/Guadeloupe"),
    "MF": ("FR", "America/Guadeloupe"),
    "MQ": ("FR", "America/Martinique"),
    "PM": ("FR", "America/Miquelon"),
    "RE": ("FR", "Indian/Reunion"),
    "YT": ("FR", "Indian/Mayotte"),
    "NF": ("AU", "Pacific/Norfolk"),
    "CC": ("AU", "Indian/Cocos"),
    "CX": ("AU", "Indian/Christmas"),
}
#: They share a calling code with a country that has built-in hours, and make their own law.
OWN_LAW = {"GG", "IM", "JE"}


def _numbers(region: str) -> list[str]:
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    found = [phonenumbers.example_number_for_type(region, one) for one in (Type.FIXED_LINE, Type.MOBILE)]
    texts = [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in found if one]
    return [text for text in texts if law_of(whereabouts(text)[0]) == law_of(region) != whereabouts(text)[0]]


@pytest.mark.parametrize("region", TERRITORIES)
def test_a_territory_keeps_the_hours_of_its_country_in_its_own_zone(region: str) -> None:
    country, zone = TERRITORIES[region]
    always = dict.fromkeys(WEEKDAYS, ((time(9), time(12)),))
    pack = CountryHours(country, always, ("Europe/London",), "law", "2020-01-01", "calls")
    at = datetime(2026, 12, 2, 9, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    numbers = _numbers(region)
    assert numbers and law_of(region) == country
    for hours, found in ((0, 0), (-1, 1), (3, 1)):
        moment = format_instant(at + timedelta(hours=hours, minutes=1))
        for number in numbers:
            judged = outside_country({"actionTime": moment}, [number], {country: pack}, inputs())
            assert len(judged) == found or (not whereabouts(number)[1] and judged), (number, hours)
            assert all(one.law == country for one in judged)


def test_hours_of_its_own_come_first() -> None:
    never = CountryHours("RE", {}, (), "own", "", "this project")
    always = CountryHours("FR", dict.fromkeys(WEEKDAYS, ((time(0), time(23, 59)),)), (), "law", "", "calls")
    (judged,) = outside_country(fields(), ["+262262161234"], {"FR": always, "RE": never}, inputs())
    assert judged.law == judged.country == "RE"


def test_every_region_that_shares_a_calling_code_with_a_pack_has_a_law() -> None:
    import phonenumbers

    from mscode.manifest.project.countries import packs

    shared = {
        region
        for country in packs()
        for region in phonenumbers.region_codes_for_country_code(phonenumbers.country_code_for_region(country))
        if country not in ("US", "CA")  # North America: two dozen states, and these
    }
    assert {region for region in shared if law_of(region) not in packs()} == OWN_LAW


def test_digits_that_tell_nothing_change_neither_region_nor_type_of_a_number() -> None:
    rest = random.Random(358)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for number_type in range(10):
            example = phonenumbers.example_number_for_type(region, number_type)
            if example is None:
                continue
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            telling = 1 + _telling_digits(text[1:4])
            if telling >= 1 + 9:  # no more than the longest beginning of the zones' table is ever told apart
                continue
            other = text[:telling] + "".join(rest.choice("0123456789") for _ in text[telling:])
            numbers = [phonenumbers.parse(shown) for shown in (text, other)]
            first, second = ((phonenumbers.region_code_for_number(n), phonenumbers.number_type(n)) for n in numbers)
            assert first == second, f"{region} {number_type}"
