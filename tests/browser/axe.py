"""axe-core, which finds what keeps people from reading a page (WCAG 2.2 A and AA). It comes from npm once, into the virtual
environment."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from scripts.browser import Browser

_HERE, _FOLDER = Path(__file__).parent, Path(sys.prefix) / "axe"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _source() -> str:
    """axe-core itself; skips the test where it is not there and npm cannot bring it."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    wanted = (_HERE / "package-lock.json").read_bytes()
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        script, installed = _FOLDER / "node_modules" / "axe-core" / "axe.min.js", _FOLDER / "package-lock.json"
        if not script.exists() or installed.read_bytes() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_HERE / name, _FOLDER / name)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True, timeout=120, check=False)
            if done.returncode:
                pytest.skip(f"npm cannot install axe-core: {done.stderr[-200:]}")
        return script.read_text(encoding="utf-8")


def violations(browser: Browser) -> list[str]:
    """What axe-core finds on the page that the browser shows, a line for each rule: its name, and where."""
    options = {"runOnly": {"type": "tag", "values": _TAGS}, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = browser.run(
        f"{_source()}; return axe.run(document, arguments[0]).then(result => result.violations)", options
    )
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}" for rule in found]
