"""What the sandbox held before each of its last writes, for lists that are stale."""

from collections import deque
from collections.abc import Iterator

from mscode.sandbox.faults import Rule
from mscode.sandbox.store import Store

_KEPT = 50  # copies


class Past:
    """Copies of the store, oldest first; kept only while a rule wants them."""

    def __init__(self) -> None:
        self._copies: deque[tuple[float, Store]] = deque()

    def keep(self, now: float, store: Store) -> None:
        """Remember how it was, right before a request that writes."""
        self._copies.append((now, store.copy()))
        while len(self._copies) > _KEPT:
            self._copies.popleft()[1].close()

    def forget(self) -> None:
        while self._copies:
            self._copies.pop()[1].close()

    def seen_by(self, rule: Rule, now: float) -> Store | None:
        """The store as it was so many writes or seconds ago, or at the oldest that is kept; None where it is as now."""
        if rule.stale_writes is not None:
            return self._copies[max(-rule.stale_writes, -len(self._copies))][1] if self._copies else None
        return next(self._since(now - (rule.stale_seconds or 0)), None)

    def _since(self, instant: float) -> Iterator[Store]:
        """What was right before the first write after an instant is what was at that instant."""
        return (store for kept, store in self._copies if kept > instant)
