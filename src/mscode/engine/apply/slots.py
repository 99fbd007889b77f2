"""How many steps of a run may send requests at once.

A step that waits for what another one reads (engine/account/shared_reads) sends nothing meanwhile, and gives its slot away until it
goes on. So requests are under way in as many slots as there are, while more steps than that have begun.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: So many steps may have begun for each slot.
BEGUN_EACH = 4


class Slots:
    """Threads share it. `on_free` is called when a slot comes free because its step waits. A slot belongs to the thread that
    carries out its step: others that work for the same step have none to give away.
    """

    def __init__(self, number: int, on_free: Callable[[], object]) -> None:
        self.most_begun = BEGUN_EACH * number
        self._free, self._begun, self._returning = number, 0, 0
        self._held = threading.local()
        self._on_free = on_free
        self._changed = threading.Condition()

    def begin(self) -> bool:
        """Take a slot for a step, which `held` carries out; False where none is free, or whoever has waited needs it."""
        with self._changed:
            if self._free <= self._returning or self._begun == self.most_begun:
                return False
            self._free -= 1
            self._begun += 1
            return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """A step for which `begin` took a slot; it ends with the block."""
        self._held.by_thread = True
        try:
            yield
        finally:
            self._held.by_thread = False
            with self._changed:
                self._begun -= 1
                self._give_back()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Within the block a thread sends for a step that waits for it (`waiting`), in a slot of its own."""
        self._take()
        self._held.by_thread = True
        try:
            yield
        finally:
            self._held.by_thread = False
            with self._changed:
                self._give_back()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within the block the step waits and sends nothing; it goes on once there is a slot for it, before any new step."""
        if not getattr(self._held, "by_thread", False):
            yield
            return
        with self._changed:
            self._give_back()
        self._on_free()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        with self._changed:
            self._returning += 1
            self._changed.wait_for(lambda: self._free > 0)
            self._returning -= 1
            self._free -= 1

    def _give_back(self) -> None:
        self._free += 1
        self._changed.notify_all()
