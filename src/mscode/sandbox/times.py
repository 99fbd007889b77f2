"""Date-times of the API: ``YYYY-MM-DD HH:MM:SS``, in UTC or on the clocks of another zone; kept here as whole epoch seconds.

See docs/service-notes.md#times.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = int((datetime(9999, 12, 31, tzinfo=UTC) - EPOCH).total_seconds())

_STAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")


def moment(epoch: float) -> datetime:
    return EPOCH + timedelta(seconds=epoch)


def seconds(when: datetime) -> float:
    """Epoch seconds; a time without an offset is UTC."""
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - EPOCH).total_seconds()


def stamp(epoch: int, zone: tzinfo = UTC) -> str:
    """``2026-12-01 07:00:00`` on the clocks of a zone."""
    when = moment(epoch)
    return (when if zone is UTC else when.astimezone(zone)).isoformat(sep=" ")[:19]


def restamp(text: str, zone: tzinfo) -> str:
    """A date-time that was kept in UTC, on the clocks of a zone."""
    epoch = None if zone is UTC else parse_stamp(text)
    return text if epoch is None else stamp(epoch, zone)


def webhook_stamp(epoch: int, zone: tzinfo = UTC) -> str:
    """``2026-12-01:07:00:00``: webhooks have a colon where the rest has a space (docs/service-notes.md#times)."""
    return stamp(epoch, zone).replace(" ", ":")


def iso(epoch: int) -> str:
    """``2026-12-01T07:00:00Z``, for the control plane."""
    return stamp(epoch).replace(" ", "T") + "Z"


def parse_stamp(text: str, zone: tzinfo = UTC) -> int | None:
    """Epoch seconds of ``2026-12-01 07:00:00`` on the clocks of a zone, None where it is not one.

    Of a time that comes twice the first is meant, and one that is skipped counts from the offset before
    (docs/service-notes.md#times).
    """
    match = _STAMP.fullmatch(text)
    if not match:
        return None
    try:
        when = datetime(*(int(part) for part in match.groups()), tzinfo=zone)  # type: ignore[misc,arg-type]
        return int(seconds(when))
    except (ValueError, OverflowError):
        return None


def parse_time_of_day(text: str) -> int | None:
    """Seconds since midnight of ``HH:MM:SS``, None where it is not one."""
    match = _TIME_OF_DAY.fullmatch(text)
    return sum(int(part) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else None
