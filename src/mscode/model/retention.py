"""How long something is kept, as people write it: `5y`, `18m`, `6w`, `90d`."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

from mscode.model.late_pattern import late_pattern

#: What a period looks like, as the schema of mscode.yaml says it.
FORM = "^[1-9][0-9]{0,4}[dwmy]$"
_PERIOD = late_pattern(r"([1-9][0-9]{0,4})([dwmy])")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"m": 1, "y": 12}


def is_period(text: str) -> bool:
    """Is it a number, not 0, and `d`, `w`, `m` or `y`?"""
    return _PERIOD.fullmatch(text) is not None


def kept_since(period: str, now: datetime) -> datetime:
    """The instant before which nothing is kept any more, 1970 at the earliest. A month or a year ago is the same day of that month,
    or its last one. ValueError for what is no period.
    """
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError(f'"{period}" is no period')
    number, unit = int(match[1]), match[2]
    try:
        if unit in _DAYS:
            since = now - timedelta(days=number * _DAYS[unit])
        else:
            year, month = divmod(now.year * 12 + now.month - 1 - number * _MONTHS[unit], 12)
            last_day = calendar.monthrange(year, month + 1)[1]
            since = now.replace(year=year, month=month + 1, day=min(now.day, last_day))
    except (ValueError, OverflowError):  # before the first year of the calendar
        return _EARLIEST
    return max(since, _EARLIEST)
