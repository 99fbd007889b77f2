"""Types of options' values whose mistakes are said in the words of people."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import click

from mscode.model.late_pattern import late_pattern
from mscode.model.shares import share_of

_DURATION = late_pattern(r"(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?\Z", re.ASCII)


class Whole(click.ParamType[int]):
    """A whole number from `least`, to `most` where there is one."""

    name = "integer"

    def __init__(self, least: int, most: int | None = None) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        upper = f" to {self._most}" if self._most is not None else ""
        try:
            number = int(value)
        except ValueError:
            number = self._least - 1
        if number < self._least or (self._most is not None and number > self._most):
            self.fail(f"must be a whole number from {self._least}{upper}", param, ctx)
        return number


class Share(click.ParamType[float]):
    """A share of a whole, written as 60%; from 0 to 1."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return share_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ZoneName(click.ParamType[tzinfo]):
    """A time zone by its name in the IANA database."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        if isinstance(value, tzinfo):
            return value
        try:
            return ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            self.fail(f'"{value}" is no time zone; write one like Europe/Helsinki or UTC', param, ctx)


class Duration(click.ParamType[float]):
    """Seconds, written as in Terraform: 30s, 5m, 1h30m, or 0."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.match(value)
        if not value or match is None:
            if value == "0":
                return 0.0
            self.fail("must be a duration like 30s, 5m or 1h30m", param, ctx)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600.0 + minutes * 60 + seconds
