"""Guards that are more than a number: hours, holidays, a do-not-call file, hosts of webhooks, attempts (docs/policy.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mscode.model.calling_window import WEEKDAYS, parse_time
from mscode.model.light_dataclass import dataclass
from mscode.model.table_format import TableRead

if TYPE_CHECKING:
    from mscode.manifest.contacts.do_not_call import NumberFile
    from mscode.plan.guards.do_not_call import Suppressed
    from mscode.plan.guards.hours import CallingHours
    from mscode.plan.guards.people import Attempts

_HOURS = {"from", "to", "weekdays", "timezone"}


@dataclass(frozen=True, slots=True)
class ResolvedGuard:
    """A guard with its value as planning uses it."""

    value: Any
    level: str | None
    reason: str | None


def check_form(name: str, value: Any) -> None:
    """ValueError in plain words where a guard's value is not of its form."""
    if name == "callingHours":
        _hours(value, "UTC")
    elif name == "webhookHosts":
        _hosts(value)
    elif name == "countryHours":
        _country_hours(value, "UTC")
    elif name == "publicHolidays":
        from mscode.manifest.project.countries import holiday_countries

        holiday_countries(value)
    elif name == "maxAttemptsPerPerson":
        _attempts(value)
    elif not isinstance(value, str) or not value.strip():
        raise ValueError("guards: doNotCall must be the path of a file, like do-not-call.csv")


def takes_action(name: str) -> bool:
    """Does a guard say what is done with the people that it is about?"""
    return name == "doNotCall"


def _hosts(value: Any) -> frozenset[str]:
    """Hosts in the form in which those of URLs are compared."""
    from mscode.plan.guards.webhooks import host_of

    form = "guards: webhookHosts must be a list of hosts, like [hooks.example.com]"
    if not isinstance(value, list) or not value or not all(isinstance(host, str) for host in value):
        raise ValueError(form)
    for host in value:
        if host_of(f"https://{host}/") in ("", None) or set(host) & set("/:@?#*"):
            raise ValueError(f"{form}: each a name alone, without https://, port and path")
    return frozenset(host_of(f"https://{host}/") for host in value)


def _attempts(value: Any) -> Attempts:
    numbers = value if isinstance(value, dict) and set(value) == {"attempts", "days"} else {}
    texts = [str(numbers.get(name)) for name in ("attempts", "days")]
    if not all(re.fullmatch(r"[1-9][0-9]{0,3}", text) for text in texts):
        raise ValueError("guards: maxAttemptsPerPerson is a mapping like {attempts: 6, days: 14}")
    from mscode.plan.guards.people import Attempts

    return Attempts(int(texts[0]), int(texts[1]))


def _hours(value: Any, zone: str) -> CallingHours:
    example = 'like {from: "09:00", to: "20:00", weekdays: [monday], timezone: Europe/Helsinki}'
    if not isinstance(value, dict) or not {"from", "to"} <= set(value) <= _HOURS:
        raise ValueError(f"guards: callingHours is a mapping {example}")
    days = value.get("weekdays", list(WEEKDAYS))
    if not isinstance(days, list) or not days or any(day not in WEEKDAYS for day in days):
        raise ValueError(
            f"guards: callingHours.weekdays are some of {', '.join(WEEKDAYS)}; leave weekdays out for all of them"
        )
    try:
        start, end = (_time(str(value[side])) for side in ("from", "to"))
        place = ZoneInfo(str(value.get("timezone", zone)))
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f"guards: callingHours has a time or a timezone that does not exist; write it {example}"
        ) from error
    if start >= end:
        raise ValueError("guards: callingHours must begin before they end")
    from mscode.plan.guards.hours import CallingHours

    return CallingHours(start, end, frozenset(str(day) for day in days), place)


def _country_hours(value: Any, zone: str) -> Any:
    from mscode.manifest.project.countries import country_hours

    return country_hours(value, lambda rule: _hours(rule, zone))


def _public_holidays(value: Any) -> Any:
    from mscode.manifest.project.countries import holiday_countries, public_holidays

    return public_holidays(holiday_countries(value))


def _time(text: str) -> time:
    return parse_time(f"{text}:00" if text.count(":") == 1 else text)


def resolved(guards: Mapping[str, Any], zone: str, region: str, root: Path | None) -> dict[str, ResolvedGuard]:
    """Every guard with its value ready: hours as `CallingHours`, the do-not-call file as its numbers, hosts as a list."""
    ready: dict[str, Callable[[Any], Any]] = {
        "callingHours": lambda value: _hours(value, zone),
        "countryHours": lambda value: _country_hours(value, zone),
        "publicHolidays": _public_holidays,
        "maxAttemptsPerPerson": _attempts,
        "webhookHosts": _hosts,
        "doNotCall": lambda value: _suppressed(root, value, region) if root is not None else None,
    }
    return {
        name: ResolvedGuard(
            _with_action(name, ready[name](guard.value), guard.action) if name in ready else guard.value,
            guard.level,
            guard.reason,
        )
        for name, guard in guards.items()
    }


def number_table(guards: Mapping[str, ResolvedGuard]) -> TableRead | None:
    """The do-not-call file as it was read; None where there is none."""
    if not any(map(takes_action, guards)):
        return None
    from mscode.plan.guards.do_not_call import Suppressed, list_of

    listed = list_of(guards)
    return TableRead(listed.file, listed.format, len(listed)) if isinstance(listed, Suppressed) else None


def _suppressed(root: Path, value: Any, region: str) -> Suppressed:
    from mscode.manifest.contacts.do_not_call import do_not_call_file
    from mscode.plan.guards.do_not_call import Suppressed

    file: NumberFile = do_not_call_file(root, value, region)
    return Suppressed(file.name, file.lines, format=file.format)


def _with_action(name: str, value: Any, action: str | None) -> Any:
    """The do-not-call list with what is done with its people: they are refused (default), or excluded from groups."""
    if not takes_action(name):
        return value
    from mscode.plan.guards.do_not_call import Suppressed

    return replace(value, excludes=action == "exclude") if isinstance(value, Suppressed) else value
