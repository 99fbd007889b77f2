"""Time that passes only where something lets it: an hour of a rehearsal takes no time at all."""

from __future__ import annotations

import threading


class Passage:
    """Epoch seconds. Whatever waits moves them on, and whoever plays a campaign to its end; they never go back."""

    def __init__(self, epoch: float) -> None:
        self._now = epoch
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Epoch seconds."""
        return self._now

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        with self._lock:
            self._now += max(0.0, seconds)

    def move_to(self, epoch: float) -> None:
        """Let time pass up to an instant; nothing happens where it has passed already."""
        with self._lock:
            self._now = max(self._now, epoch)


class Pauses(threading.Event):
    """A run's `stop`, on which it waits: the time passes at once."""

    def __init__(self, passage: Passage) -> None:
        super().__init__()
        self._passage = passage

    def wait(self, timeout: float | None = None) -> bool:
        """Let `timeout` seconds pass unless it is set; is it set? A wait without an end does not wait."""
        if not self.is_set():
            self._passage.wait(timeout or 0.0)
        return self.is_set()
