"""How long a fresh clone takes to its first result: `make demo` with nothing installed, against the commit before it was changed.

Each clones this repository into a temporary folder, makes an environment there, installs, and runs the demo; the commit before
installs all of the developers' tools. Neither uses what pip or uv have kept of earlier downloads, as on a fresh machine. Target: at
most a third of the time; the processor time stands beside it, which other work on the machine and a slow network do not change.
`--uv FILE` measures with that uv as well.

    python benchmarks/setup.py [--uv FILE]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = 1 / 3
#: The last commit whose demo needed the developers' tools.
BEFORE = "4c35a8fa^"


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall, and of the processor."""

    wall: float
    processor: float


def cost_of(folder: Path, path: str, commit: str) -> Cost:
    """What `make demo` costs in a fresh clone; what it makes is removed."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run(["git", "-c", "advice.detachedHead=false", "checkout", "--quiet", commit], cwd=clone, check=True)
    left_out = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONPYCACHEPREFIX")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {"PATH": path, "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    start, before = time.perf_counter(), _processor_time()
    subprocess.run(["make", "demo"], cwd=clone, env=environment, check=True, capture_output=True)
    cost = Cost(time.perf_counter() - start, _processor_time() - before)
    shutil.rmtree(clone)
    return cost


def _processor_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def path_with(folder: Path, uv: str) -> str:
    """The PATH of the process, with `uv` first, or where that is "" without any folder that has one."""
    folders = os.environ["PATH"].split(os.pathsep)
    if not uv:
        return os.pathsep.join(name for name in folders if not (Path(name) / "uv").exists())
    (folder / "uv").symlink_to(Path(uv).resolve())
    return os.pathsep.join([str(folder), *folders])


def main() -> int:
    parser = argparse.ArgumentParser(
        description="`make demo` in a fresh clone, against the same with the developers' tools"
    )
    parser.add_argument("--uv", default=shutil.which("uv") or "", help="measure with this uv as well")
    uv = parser.parse_args().uv
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = path_with(folder, "")
        before = cost_of(folder, path, BEFORE)
        after = {"pip": cost_of(folder, path, "HEAD")}
        if uv:
            after["uv"] = cost_of(folder, path_with(folder, uv), "HEAD")
    print(f"before, with the developers' tools (pip)  {before.wall:6.1f} s, {before.processor:.1f} s of the processor")
    for tool, cost in after.items():
        print(
            f"make demo ({tool:3})  {cost.wall:6.1f} s, {cost.processor:.1f} s of the processor; "
            f"{cost.wall / before.wall:.2f} of it, {cost.processor / before.processor:.2f} of its processor time "
            f"(target {TARGET:.2f})  {'ok' if cost.wall <= TARGET * before.wall else 'MISSED'}"
        )
    return int(any(cost.wall > TARGET * before.wall for cost in after.values()))


if __name__ == "__main__":
    sys.exit(main())
