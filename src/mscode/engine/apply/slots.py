"""How many steps of a run may send requests at once.

A step that waits for what another one reads (engine/account/shared_reads) sends nothing meanwhile, and gives its slot away until it
goes on. So requests are under way in as many slots as there are, while more steps than that have begun.

Of launches only as many begin as there are slots. What a launch has read must not grow old while it waits for one: somebody may
start a campaign that calls the same people meanwhile.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: So many steps may have begun for each slot.
BEGUN_EACH = 4


class Slots:
    """Threads share it. `on_free` is called when a slot comes free because its step waits. A slot belongs to the thread that
    carries out its step: others that work for the same step have none to give away.
    """

    def __init__(self, number: int, on_free: Callable[[], object]) -> None:
        self.most_begun, self._most_launching = BEGUN_EACH * number, number
        self._free, self._begun, self._launching = number, 0, 0
        #: those who need a slot again: who came first has the next one
        self._returning = deque[object]()
        self._held = threading.local()
        self._on_free = on_free
        self._changed = threading.Condition()

    def begin(self, *, launches: bool = False) -> bool:
        """Take a slot for a step, which `held` carries out; False where none is free, or whoever has waited needs it."""
        with self._changed:
            if self._free <= len(self._returning) or self._begun == self.most_begun:
                return False
            if launches and self._launching == self._most_launching:
                return False
            self._free -= 1
            self._begun += 1
            self._launching += launches
            return True

    @contextmanager
    def held(self, *, launches: bool = False) -> Iterator[None]:
        """A step for which `begin` took a slot; it ends with the block."""
        self._held.by_thread = True
        try:
            yield
        finally:
            self._held.by_thread = False
            with self._changed:
                self._begun -= 1
                self._launching -= launches
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
        ticket = object()
        with self._changed:
            self._returning.append(ticket)
            self._changed.wait_for(lambda: self._free > 0 and self._returning[0] is ticket)
            self._returning.popleft()
            self._free -= 1
            self._changed.notify_all()  # another slot may be free for the next

    def _give_back(self) -> None:
        self._free += 1
        self._changed.notify_all()
