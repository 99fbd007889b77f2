"""Single values as people read them: YAML-like, masked where they say who somebody is, safe to print."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mscode.plan.change import FieldChange
from mscode.privacy import mask_numbers, mask_phone, mask_word
from mscode.values import FileContent, Ref, Unknown
from mscode.views.printable import visible

LONGEST = 300
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Show:
    """How values are shown: zone of the project, zone of the windows, whether people are shown."""

    def __init__(self, zone_name: str, window_zone_name: str, *, show_people: bool = False) -> None:
        self.zone_name, self.zone = zone_name, ZoneInfo(zone_name)
        self.window_zone_name, self.window_zone = window_zone_name, ZoneInfo(window_zone_name)
        self.show_people = show_people

    def field(self, change: FieldChange, value: Any, day: datetime | None = None) -> str:
        """One field's value as text."""
        if value is None or value in ("", [], {}):
            return "(none)" if value is None else json.dumps(value)
        if change.name in ("startTime", "endTime", "expiresAt", "actionTime"):
            return self.instant(str(value))
        if change.name in ("activeFrom", "activeTo"):
            return self.time_of_day(str(value), day)
        if change.name == "activeWeekdays":
            return self.weekdays(list(value))
        if change.personal:
            return self.personal(value)
        return self.plain(value)

    def instant(self, text: str) -> str:
        """`2026-12-01 09:00 Europe/Helsinki`; seconds only where there are any."""
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(self.zone)
        except ValueError:
            return json.dumps(visible(text), ensure_ascii=False)
        return f"{moment:%Y-%m-%d %H:%M}{f':{moment:%S}' if moment.second else ''} {self.zone_name}"

    def time_of_day(self, text: str, day: datetime | None) -> str:
        """As it was written, with the zone in which the service reads it, and what that is here (on the first day)."""
        short = text[:5] if text.count(":") == 2 and text.endswith(":00") else text
        shown = f'"{visible(short)}" ({self.window_zone_name}'
        if self.window_zone_name != self.zone_name and day is not None and len(text) >= 5:
            there = day.astimezone(self.window_zone).replace(hour=int(text[:2]), minute=int(text[3:5]), second=0)
            shown += f"; {there.astimezone(self.zone):%H:%M} {self.zone_name}"
        return f"{shown})"

    def weekdays(self, days: list[str]) -> str:
        """Three or more in a row as a span: `monday-friday`."""
        order = sorted((_DAYS.index(d) for d in days if d in _DAYS))
        if len(order) >= 3 and order[-1] - order[0] == len(order) - 1:
            return f"{_DAYS[order[0]]}-{_DAYS[order[-1]]}"
        return ", ".join(_DAYS[i] for i in order)

    def moment(self, moment: datetime | None, *, weekday: bool = True, zone: bool = True) -> str:
        """`Tue 2026-12-01 11:00 Europe/Helsinki`."""
        if moment is None:
            return "never"
        here = moment.astimezone(self.zone)
        return f"{f'{here:%a} ' if weekday else ''}{here:%Y-%m-%d %H:%M}{f' {self.zone_name}' if zone else ''}"

    def personal(self, value: Any) -> str:
        text = str(value)
        if not self.show_people:
            text = mask_phone(text) if text.startswith("+") else mask_word(text)
        return json.dumps(visible(text, LONGEST), ensure_ascii=False)

    def plain(self, value: Any) -> str:
        """Any value: text in double quotes, references as addresses, lists and mappings on one line."""
        if isinstance(value, Ref | Unknown):
            return str(value.address)
        if isinstance(value, FileContent):
            return f'"{visible(value.path)}" ({value.size:,} bytes, sha256 {value.sha256[:12]})'
        if isinstance(value, str):
            text = value if self.show_people else mask_numbers(value)
            return json.dumps(visible(text, LONGEST), ensure_ascii=False)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{visible(str(k))}: {self.plain(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list | tuple):
            return self.many(list(value))
        return json.dumps(value)

    def many(self, values: list[Any]) -> str:
        shown = [self.plain(v) for v in values[:12]]
        more = [f"… {len(values) - 12:,} more"] if len(values) > 12 else []
        return "[" + ", ".join(shown + more) + "]"


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def plural(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"
