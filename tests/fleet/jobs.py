"""Commands of a fleet as jobs of a CI, which may die at any moment with everything that they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Job:
    """A command line, in a folder, with these variables and no others."""

    arguments: Sequence[str]
    folder: Path
    variables: Mapping[str, str]

    def begin(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mscode", *self.arguments],
            cwd=self.folder,
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> tuple[int, str]:
        """To its end: exit code and output."""
        process = self.begin()
        output, _ = process.communicate(timeout=900)
        return process.returncode, output

    def die_after(self, seconds: float) -> bool:
        """Kill it after so many seconds, as a runner that is taken away; False where it had ended by then."""
        process = self.begin()
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill_all(process.pid)
            process.communicate()
            return True
        return False


def kill_all(pid: int) -> None:
    """Kill a process and everything that it has started. Each is stopped first, so that none starts another meanwhile."""
    killed: set[int] = set()
    while found := {pid, *descendants(pid)} - killed:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for each in found:
                with suppress(ProcessLookupError):
                    os.kill(each, number)
        killed |= found
    deadline = time.monotonic() + 10
    while any(map(_is_alive, killed - {pid})) and time.monotonic() < deadline:
        time.sleep(0.01)


def descendants(pid: int) -> set[int]:
    """The processes that descend from one, as /proc shows them now."""
    children: dict[int, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, set()).add(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        new = children.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False
