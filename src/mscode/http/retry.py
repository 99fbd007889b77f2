"""How fast requests may be sent: waits between tries, and the pause that all threads share after a 429."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mscode.http.response import Response

FIRST, LONGEST = 0.5, 10.0


class RateLimit:
    """One pause for all threads: after a 429 no request is sent before the time that the service asked for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = float("-inf")

    def hold(self, seconds: float) -> None:
        """Pause for `seconds` from now; a longer pause that runs already stays."""
        with self._lock:
            self._until = max(self._until, self._clock() + seconds)

    def left(self) -> float:
        """Seconds until the next request may go out."""
        return max(0.0, self._until - self._clock())

    @property
    def ends(self) -> float:
        """When the pause ends, on the clock. It differs from an earlier reading once the service has asked for another pause."""
        return self._until


def backoff(attempt: int) -> float:
    """Seconds before the next try (attempt counts from 0): doubles up to 10 s; jitter takes away up to a half."""
    return float(min(FIRST * 2 ** min(attempt, 10), LONGEST) * random.uniform(0.5, 1.0))


def retry_after(response: Response) -> float | None:
    """`Retry-After` in seconds, given as such or as a date (compared with the answer's own `Date`); None for none."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return float(text)
    when = http_date(text)
    if not when:
        return None
    return max(0.0, (when - (http_date(response.headers.get("date", "")) or datetime.now(UTC))).total_seconds())


def http_date(text: str) -> datetime | None:
    """An HTTP date in UTC, None for anything else."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
