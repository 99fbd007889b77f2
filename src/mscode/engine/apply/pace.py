"""How often a long step reports its progress."""

from __future__ import annotations

from mscode.model.light_dataclass import dataclass

#: Seconds between two reports of one step.
EVERY = 1.0


@dataclass(slots=True)
class Pace:
    """Of one piece of work. `due` is when it reports next, in seconds since it began."""

    due: float = EVERY

    def is_due(self, elapsed: float) -> bool:
        """Is it time for a report, so many seconds after the beginning? The next one is then due a while later."""
        if elapsed < self.due:
            return False
        self.due = elapsed + EVERY
        return True
