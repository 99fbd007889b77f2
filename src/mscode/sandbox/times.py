"""Date-times of the API: ``YYYY-MM-DD HH:MM:SS``, read as UTC everywhere; kept here as whole epoch seconds.

See docs/service-notes.md#times.
"""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = int((datetime(9999, 12, 31, tzinfo=UTC) - EPOCH).total_seconds())

_STAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")


def moment(epoch: float) -> datetime:
    return EPOCH + timedelta(seconds=epoch)


def seconds(when: datetime) -> float:
    """Epoch seconds; a time without an offset is UTC."""
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH).total_seconds()


def stamp(epoch: int) -> str:
    """``2026-12-01 07:00:00``."""
    return moment(epoch).isoformat(sep=" ")[:19]


def webhook_stamp(epoch: int) -> str:
    """``2026-12-01:07:00:00``: webhooks have a colon where the rest has a space (docs/service-notes.md#times)."""
    return stamp(epoch).replace(" ", ":")


def iso(epoch: int) -> str:
    """``2026-12-01T07:00:00Z``, for the control plane."""
    return stamp(epoch).replace(" ", "T") + "Z"


def parse_stamp(text: str) -> int | None:
    """Epoch seconds of ``2026-12-01 07:00:00``, None where it is not one."""
    match = _STAMP.fullmatch(text)
    if not match:
        return None
    try:
        return int(seconds(datetime(*(int(part) for part in match.groups()), tzinfo=UTC)))  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def parse_time_of_day(text: str) -> int | None:
    """Seconds since midnight of ``HH:MM:SS``, None where it is not one."""
    match = _TIME_OF_DAY.fullmatch(text)
    return sum(int(part) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else None
