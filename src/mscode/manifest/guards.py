"""Guards that are more than a number: hours, holidays, a do-not-call file, hosts of webhooks, attempts (contract §6)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kinds.types import normal_phone
from mscode.manifest.country import country_hours, holiday_countries, public_holidays
from mscode.plan.guard_people import Attempts
from mscode.plan.hours import CallingHours
from mscode.windows import WEEKDAYS, parse_time

_HOURS = {"from", "to", "weekdays", "timezone"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A guard with its value as planning uses it."""

    value: Any
    level: str | None
    reason: str | None


def check_form(name: str, value: Any) -> None:
    """ValueError in plain words where a guard's value is not of its form."""
    if name == "callingHours":
        _hours(value, "UTC")
    elif name == "webhookHosts":
        if not isinstance(value, list) or not value or not all(isinstance(host, str) for host in value):
            raise ValueError("guards: webhookHosts must be a list of hosts, like [hooks.example.com]")
    elif name == "countryHours":
        country_hours(value, lambda rule: _hours(rule, "UTC"))
    elif name == "publicHolidays":
        holiday_countries(value)
    elif name == "maxAttemptsPerPerson":
        _attempts(value)
    elif not isinstance(value, str):
        raise ValueError("guards: doNotCall must be the path of a file, like do-not-call.csv")


def _attempts(value: Any) -> Attempts:
    numbers = value if isinstance(value, dict) and set(value) == {"attempts", "days"} else {}
    found = [str(numbers.get(name)) for name in ("attempts", "days")]
    if not all(re.fullmatch(r"[1-9][0-9]{0,3}", text) for text in found):
        raise ValueError("guards: maxAttemptsPerPerson is a mapping like {attempts: 6, days: 14}")
    return Attempts(int(found[0]), int(found[1]))


def _hours(value: Any, zone: str) -> CallingHours:
    example = 'like {from: "09:00", to: "20:00", weekdays: [monday], timezone: Europe/Helsinki}'
    if not isinstance(value, dict) or not {"from", "to"} <= set(value) <= _HOURS:
        raise ValueError(f"guards: callingHours is a mapping {example}")
    days = value.get("weekdays") or list(WEEKDAYS)
    if not isinstance(days, list) or any(day not in WEEKDAYS for day in days):
        raise ValueError(f"guards: callingHours.weekdays are {', '.join(WEEKDAYS)}")
    try:
        start, end = (_time(str(value[side])) for side in ("from", "to"))
        place = ZoneInfo(str(value.get("timezone") or zone))
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f"guards: callingHours has a time or a timezone that does not exist; write it {example}"
        ) from error
    if start >= end:
        raise ValueError("guards: callingHours must begin before they end")
    return CallingHours(start, end, frozenset(str(day) for day in days), place)


def _time(text: str) -> time:
    return parse_time(f"{text}:00" if text.count(":") == 1 else text)


def resolved(guards: Mapping[str, Any], zone: str, region: str, root: Path | None) -> dict[str, Rule]:
    """Every guard with its value ready: hours as `CallingHours`, the do-not-call file as its numbers, hosts as a list."""
    ready: dict[str, Callable[[Any], Any]] = {
        "callingHours": lambda value: _hours(value, zone),
        "countryHours": lambda value: country_hours(value, lambda rule: _hours(rule, zone)),
        "publicHolidays": lambda value: public_holidays(holiday_countries(value)),
        "maxAttemptsPerPerson": _attempts,
        "webhookHosts": lambda value: [str(host).lower() for host in value],
        "doNotCall": lambda value: frozenset(_numbers(root, str(value), region)) if root is not None else None,
    }
    return {
        name: Rule(ready[name](guard.value) if name in ready else guard.value, guard.level, guard.reason)
        for name, guard in guards.items()
    }


def _numbers(root: Path, name: str, region: str) -> Iterator[str]:
    """Numbers of the file in E.164: one a line, or the column `phone` of a CSV. A line that is none is an error."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise _bad(
            name, 1, "The do-not-call file does not exist in the project", "Correct the path under guards.doNotCall."
        )
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error):
        raise _bad(
            name, 1, "The do-not-call file cannot be read", "It must be UTF-8: one number a line, or a CSV."
        ) from None
    column, first = _column(rows)
    for at, row in enumerate(rows[first:], first + 1):
        text = row[column].strip() if len(row) > column else ""
        if text and not text.startswith("#"):
            yield _number(text, region, name, at)


def _column(rows: list[list[str]]) -> tuple[int, int]:
    """The column of numbers and the first row that holds one."""
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    return (head.index("phone"), 1) if "phone" in head else (0, 0)


def _number(text: str, region: str, name: str, line: int) -> str:
    try:
        return normal_phone(text, region)
    except ValueError as error:
        raise _bad(
            name, line, f"A line of the do-not-call file {error}", "Correct it; nobody is called before."
        ) from None


def _bad(name: str, line: int, summary: str, hint: str) -> ManifestError:
    return ManifestError([Diagnostic(summary, Place(name, line), hint=hint, code="do-not-call")])
