"""A run of mscode as a process of its own, which ends by SIGKILL at one of its points (hook/sitecustomize.py)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.bench import Bench, Ended
from tests.faults.project import Scene

HOOK = Path(__file__).parent / "hook"
SOURCE = Path(__file__).parents[2] / "src"
_LOG = "points.txt"
_counted: dict[str, list[str]] = {}


def points_of(bench: Bench, scene: Scene) -> list[str]:
    """What every point of the scene's run is called, in their order; counted once."""
    if scene.name not in _counted:
        project = bench.prepare(scene)
        ended = _run(project, scene, bench.service.token, 0)
        assert ended.code == 0, ended.said
        _counted[scene.name] = (project / _LOG).read_text().splitlines()
    return _counted[scene.name]


_CHANGES = re.compile(r"(half-way through|after) (write|replace|rename|unlink|ftruncate|link|POST|PUT|DELETE)\b")


def distinct(points: list[str]) -> list[int]:
    """The points, from 1, at which disk and account differ from those at the point before.

    A kill between two of them finds the same disk and the same account as the former: GETs change neither, and what a
    process has written outlives it with or without an fsync.
    """
    return [at for at, label in enumerate(points, 1) if at == 1 or _CHANGES.match(label)]


def killed_at(bench: Bench, scene: Scene, *points: int) -> int:
    """The run is killed at the first point, the next run at the second; then it is applied in peace, and must be whole.

    Gives how many were killed: a recovery may end before it comes to its point.
    """
    died = 0

    def disturb(project: Path) -> list[Ended]:
        nonlocal died
        for at in points:
            ended = _run(project, scene, bench.service.token, at)
            died += ended.code == -signal.SIGKILL
        return []

    bench.survives(scene, disturb, has_yes=True)
    assert died, f"point {points[0]} of {scene.name} was not reached"
    return died


def _run(project: Path, scene: Scene, token: str, at: int) -> Ended:
    log = project / _LOG
    log.unlink(missing_ok=True)
    command, options = ("destroy", ()) if scene.destroys else ("apply", ("--allow-launch",))
    line = [sys.executable, "-m", "mscode", command, str(project), "--auto-approve", "--parallelism", "1", *options]
    ran = subprocess.run(line, env=_variables(log, token, at), capture_output=True, text=True, timeout=120, check=False)
    return Ended(ran.returncode, ran.stdout + ran.stderr)


def _variables(log: Path, token: str, at: int) -> dict[str, str]:
    passed = ("PATH", "HOME", "LANG", "TMPDIR", "CRASH_JOURNAL")
    kept = {name: value for name, value in os.environ.items() if name in passed}
    return kept | {
        "PYTHONPATH": f"{HOOK}{os.pathsep}{SOURCE}",
        "ACCEPTANCE_TOKEN": token,
        "CRASH_LOG": str(log),
        "CRASH_AT": str(at),
    }
