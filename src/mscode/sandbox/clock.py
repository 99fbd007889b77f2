"""The sandbox's clock: the machine's, moved by an offset that lies in the database, so that it survives restarts."""

import re
import time
from collections.abc import Callable
from datetime import datetime

from mscode.sandbox.errors import invalid
from mscode.sandbox.store import Store
from mscode.sandbox.times import LATEST, seconds

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_STEP = re.compile(r"([+-]?)([0-9]+)([smhdw])")


def machine_time() -> float:
    """Epoch seconds; the one place where the sandbox meets real time."""
    return time.time()


class Clock:
    """Runs on from wherever it was set, with ``machine``: in real time, unless something else passes the time."""

    def __init__(self, store: Store, machine: Callable[[], float] | None = None) -> None:
        self._store = store
        self._machine = machine

    def now(self) -> float:
        """Epoch seconds."""
        return (self._machine or machine_time)() + float(self._store.meta("clockOffset") or 0)

    def set(self, epoch: float) -> None:
        if not 0 <= epoch <= LATEST:
            raise invalid("the clock goes from 1970 to 9999", "time")
        self._store.set_meta("clockOffset", repr(epoch - (self._machine or machine_time)()))

    def move(self, wanted: object) -> None:
        """Set to what a control request says: ISO-8601 text, a step such as ``+3h``, or the object that holds one."""
        if isinstance(wanted, dict):
            self._move_by_member(wanted)
        elif isinstance(wanted, str) and _STEP.fullmatch(wanted.strip()):
            self.set(self.now() + _step(wanted))
        else:
            self.set(_instant(wanted))

    def _move_by_member(self, wanted: dict[str, object]) -> None:
        for name in ("advance", "by"):
            if name in wanted:
                return self.set(self.now() + _step(wanted[name]))
        for name in ("time", "now", "set"):
            if name in wanted:
                return self.move(wanted[name]) if isinstance(wanted[name], str) else self.set(_instant(wanted[name]))
        raise invalid("give a time or a step", "time")


def _step(text: object) -> float:
    """Seconds of ``+90m``, ``2d`` or a number."""
    if isinstance(text, int | float) and not isinstance(text, bool) and abs(text) < LATEST:
        return text
    match = _STEP.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match or len(match[2]) > 12:
        raise invalid("a step is a number and s, m, h, d or w, for example +3h", "advance")
    return int(match[1] + match[2]) * _UNITS[match[3]]


def _instant(text: object) -> float:
    try:
        return seconds(datetime.fromisoformat(str(text).strip()))
    except (ValueError, OverflowError):
        raise invalid("a time is ISO-8601, for example 2026-12-01T09:00:00+02:00", "time") from None
