"""What guards know of countries: built-in calling hours (packs/*.json) and public holidays (the library `holidays`).

A pack was written down on a day, for a purpose: it names its source, and so does the plan. It is no legal advice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from functools import cache
from importlib import resources
from typing import Any

from mscode.errors import ConfigError
from mscode.model.calling_window import parse_time
from mscode.model.extras import how_to_install
from mscode.model.project_file import FILE
from mscode.plan.guards.hours import CallingHours, CountryHours, Holidays
from mscode.plan.people.number_zones import law_of

ALL = "all"
#: Whether a country is known is the same in every year.
_ANY_YEAR = 2026
_MEMBERS = {"countries", "own"}


@cache
def packs() -> Mapping[str, CountryHours]:
    """The built-in packs by country."""
    folder = resources.files("mscode.manifest.project").joinpath("packs")
    hours: list[CountryHours] = []
    for file in folder.iterdir():
        data = json.loads(file.read_text(encoding="utf-8"))
        spans = {day: tuple((_time(a), _time(b)) for a, b in pairs) for day, pairs in data["hours"].items()}
        zones = tuple(data["zones"])
        hours.append(CountryHours(data["country"], spans, zones, data["source"], data["date"], data["purpose"]))
    return {pack.country: pack for pack in sorted(hours, key=lambda pack: pack.country)}


def _time(text: str) -> time:
    return parse_time(f"{text}:00")


def country_hours(value: Any, hours: Callable[[Any], CallingHours]) -> dict[str, CountryHours]:
    """The hours by country that `countryHours` names; ValueError where it is not of its form.

    `all`, a list of countries, or `{countries: …, own: {EE: {from, to, weekdays, timezone}}}`; `hours` reads the latter.
    """
    form = 'guards: countryHours is "all", a list of countries like [FR, US], or {countries: …, own: {EE: {from: …, to: …}}}'
    if isinstance(value, dict):
        if not value or not set(value) <= _MEMBERS or not isinstance(value.get("own", {}), dict):
            raise ValueError(form)
        if not (value.get("countries", True) and value.get("own", True)):
            raise ValueError(f"{form}; an empty one would judge nobody")
        project_hours = {
            _country(name, form): _project_hours(str(name), hours(rule), rule)
            for name, rule in value.get("own", {}).items()
        }
        return {**(_built_in(value["countries"], form) if "countries" in value else {}), **project_hours}
    return dict(_built_in(value, form))


def _built_in(value: Any, form: str) -> Mapping[str, CountryHours]:
    if value == ALL:
        return packs()
    if not isinstance(value, list) or not value:
        raise ValueError(form)
    unknown = [str(name) for name in value if name not in packs()]
    if unknown:
        listing = ", ".join(packs())
        raise ValueError(
            f"guards: countryHours has no hours for {', '.join(unknown)}; built in are {listing}, others go under own"
        )
    return {str(name): packs()[name] for name in value}


def _project_hours(country: str, hours: CallingHours, rule: Mapping[str, Any]) -> CountryHours:
    zones = (str(hours.zone),) if "timezone" in rule else ()
    spans = dict.fromkeys(hours.weekdays, ((hours.start, hours.end),))
    return CountryHours(country, spans, zones, FILE, "", "this project")


def _country(name: Any, form: str) -> str:
    if len(str(name)) != 2 or not str(name).isalpha() or not str(name).isupper():
        raise ValueError(form)
    return str(name)


# ---- holidays --------------------------------------------------------------------------------------------------------


def holiday_countries(value: Any) -> tuple[str, ...]:
    """The countries that `publicHolidays` names, none for those of the numbers; ValueError where it is not of its form."""
    listed = value.get("countries") if isinstance(value, dict) and set(value) == {"countries"} else None
    if ALL in (value, listed):
        return ()
    if not isinstance(listed, list) or not listed:
        raise ValueError('guards: publicHolidays is "all" (the country of each number) or {countries: [FI, SE]}')
    form = "guards: publicHolidays.countries are two capital letters each, like [FI, SE]"
    return tuple(_country(name, form) for name in listed)


def public_holidays(countries: Iterable[str]) -> Holidays:
    """With the library; ConfigError where it is not installed, or does not know a country that is named."""
    try:
        import holidays
    except ImportError:
        hint = how_to_install("policy")
        raise ConfigError("The guard publicHolidays needs the library `holidays`", hint=hint, code="extra") from None
    names = tuple(countries)

    @cache
    def of_year(country: str, year: int) -> Mapping[date, str] | None:
        try:
            return dict(holidays.country_holidays(country, years=year, language="en_US"))
        except NotImplementedError:
            return None

    if unknown := [name for name in names if of_year(name, _ANY_YEAR) is None]:
        summary = f"guards: publicHolidays: no holidays are known of {', '.join(unknown)}"
        raise ConfigError(summary, hint="Take it out; the library `holidays` has none for it.", code="holidays")

    def of_day(country: str, day: date) -> str:
        """A territory of which the library knows nothing has the days of its country."""
        days = of_year(country, day.year)
        return (days if days is not None else of_year(law_of(country), day.year) or {}).get(day, "")

    return Holidays(names, of_day)
