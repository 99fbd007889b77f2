"""How long a fresh clone takes to its first result: `make demo` with nothing installed, against the same with all of dev.

Each of both clones this repository's last commit into a temporary folder, makes an environment there, installs, and runs the demo.
Neither uses what pip or uv have kept of earlier downloads, as on a fresh machine. Target: at most a third. `--uv FILE` measures
with that uv as well.

    python benchmarks/setup.py [--uv FILE]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = 1 / 3


def seconds_of(folder: Path, path: str, *targets: str) -> float:
    """The time of `make` in a fresh clone, in seconds; what it makes is removed."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment |= {"PATH": path, "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    start = time.perf_counter()
    subprocess.run(["make", *targets], cwd=clone, env=environment, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    shutil.rmtree(clone)
    return seconds


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
        before = seconds_of(folder, path, ".venv/.installed", "demo")
        after = {"pip": seconds_of(folder, path, "demo")}
        if uv:
            after["uv"] = seconds_of(folder, path_with(folder, uv), "demo")
    print(f"with the developers' tools (pip)  {before:6.1f} s")
    for tool, seconds in after.items():
        verdict = "ok" if seconds <= TARGET * before else "MISSED"
        print(f"make demo ({tool:3})  {seconds:6.1f} s  {seconds / before:.2f} of it (target {TARGET:.2f})  {verdict}")
    return int(any(seconds > TARGET * before for seconds in after.values()))


if __name__ == "__main__":
    sys.exit(main())
