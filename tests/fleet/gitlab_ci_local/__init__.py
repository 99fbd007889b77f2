"""gitlab-ci-local, which runs a pipeline of GitLab on this machine. It comes from npm once, into the virtual environment."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

_HERE, _FOLDER = Path(__file__).parent, Path(sys.prefix) / "gitlab-ci-local"


@cache
def program() -> list[str]:
    """The command; skips the test where Node, npm, rsync or git is not there, or npm cannot bring it."""
    missing = [name for name in ("node", "npm", "rsync", "git") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    wanted = (_HERE / "package-lock.json").read_bytes()
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        script, installed = _FOLDER / "node_modules/gitlab-ci-local/src/index.js", _FOLDER / "package-lock.json"
        if not script.exists() or installed.read_bytes() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_HERE / name, _FOLDER / name)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True, timeout=120, check=False)
            if done.returncode:
                pytest.skip(f"npm cannot install gitlab-ci-local: {done.stderr[-200:]}")
    started = subprocess.run(["node", script, "--version"], capture_output=True, check=False)
    if started.returncode:
        pytest.skip("gitlab-ci-local does not run on this Node")
    return ["node", str(script)]
