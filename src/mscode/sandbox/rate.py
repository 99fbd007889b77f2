"""A limit of requests a second (switch ``rate``). What is over it is refused before anything is done."""

import time
from collections import deque

from mscode.sandbox.errors import ApiError

_SECOND = 1.0


class Rate:
    """Counts by the machine's clock: the emulator's own may stand still, or leap."""

    def __init__(self) -> None:
        self._taken: deque[float] = deque()

    def check(self, limit: int | None) -> None:
        """ApiError 429 with ``Retry-After`` where ``limit`` requests were taken in the last second."""
        if limit is None:
            return
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - _SECOND:
            self._taken.popleft()
        if len(self._taken) >= limit:
            raise ApiError(429, "tooManyRequests", f"at most {limit} requests a second", headers={"retry-after": "1"})
        self._taken.append(now)
