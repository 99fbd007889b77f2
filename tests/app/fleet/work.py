"""Work for the processes of projects: they import it by its name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from mscode.app.invocation import Invocation
from mscode.errors import EndedBySignal, GuardError


def look_around(inv: Invocation) -> tuple[int, dict[str, Any]]:
    """What a project's process has of its surroundings."""
    initial = Path("/proc/self/environ")
    return 0, {
        "pid": os.getpid(),
        "variables": dict(inv.variables),
        "initial": initial.read_bytes() if initial.exists() else b"",
        "loaded": "mscode.views.plan.saved_shape" in sys.modules,
        "input": sys.stdin.read(),
    }


def speak(inv: Invocation, text: str) -> tuple[int, None]:
    """Prints as a command does, and as a program that it starts."""
    inv.hide([text[-8:]])
    inv.out.result(f"result {text}")
    inv.out.info(f"talk {text}")
    os.system("echo from a program")
    return 5, None


def refuse(inv: Invocation, secret: str) -> tuple[int, None]:
    inv.hide([secret])
    raise GuardError(f"refused with {secret}", hint="Do otherwise.")


def fail(inv: Invocation) -> tuple[int, None]:
    raise ValueError("the number +358401234567")


def die(inv: Invocation) -> tuple[int, None]:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0, None


def take_memory(inv: Invocation, size: int) -> tuple[int, int]:
    return 0, len(b"x" * size)


def wait_for_signal(inv: Invocation, marker: str) -> tuple[int, str]:
    """Ends in its own way when it is asked to stop."""
    Path(marker).write_text(str(os.getpid()))
    try:
        time.sleep(60)
    except EndedBySignal:
        Path(f"{marker}.ended").write_text("in its own way")
        return 6, "stopped"
    return 0, "not asked"


def wait(inv: Invocation) -> tuple[int, None]:
    """Ends as whatever is interrupted does."""
    time.sleep(60)
    return 0, None


def never_end(inv: Invocation, marker: str) -> tuple[int, None]:
    """Takes no notice of being asked to stop."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(marker).write_text(str(os.getpid()))
    time.sleep(60)
    return 0, None
