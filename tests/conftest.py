"""Where tests keep their files, and figures of long runs for docs/reliability.md: tests record them as properties, here they
are added up and printed.

Under scripts/torture.py also: which files of the project a run has loaded, so that it is run again when one has changed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

# How long one example takes says nothing: the first of a test may pay for late imports, and others wait for a busy machine.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")

# Under nohup a hangup is ignored, and Ctrl-C by whatever a shell runs in the background. So would they be by every mscode that the
# tests start: they test what it does with one.
if threading.current_thread() is threading.main_thread():
    for number, handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)

#: Where files lie in memory, on systems that have it.
_MEMORY = Path("/dev/shm")
#: What the tests of three workers leave behind is less than a tenth of it.
_ROOM = 2**30


def _keep_files_in_memory() -> None:
    """A state is synced to its disk many times in each apply, and the tests make thousands of applies. Whoever wants a disk of
    their own names it in TMPDIR.
    """
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


_keep_files_in_memory()

_FIGURES = (
    "crash points",
    "kills",
    "pairs",
    "fault cells",
    "model steps",
    "interferences",
    "twins",
    "double rings",
    "other broken promises",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases", action="store_true", help="write the plan.txt of tests/plan/cases anew; then read them"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("markexpr") == "not torture":
        return
    found: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in report.user_properties:
                found[name] += value
    if found:
        terminalreporter.section("reliability")
        terminalreporter.line(", ".join(f"{name} {found[name]:,}" for name in _FIGURES))


def pytest_sessionfinish() -> None:
    if target := os.environ.get("TORTURE_LOADED"):
        root = Path(__file__).resolve().parents[1]
        named = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        paths = {Path(name).resolve() for name in named if name}
        mine = sorted(str(path.relative_to(root)) for path in paths if path.is_relative_to(root))
        Path(target).write_text("\n".join(name for name in mine if name.startswith(("src/", "tests/"))))
