"""A signal that asks a process to end gives the exit code of an interruption, whatever it interrupts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import os, signal, sys
from mscode.app.state import ended_like_interrupted
with ended_like_interrupted():
    try:
        exec("os.kill(os.getpid(), signal.SIGTERM); signal.pause()")
    except KeyboardInterrupt:
        pass
sys.exit(130)
"""


def test_a_signal_in_the_midst_of_an_import_ends_with_the_exit_code(tmp_path: Path) -> None:
    """A module that makes a dataclass runs a text as code, as this does."""
    (tmp_path / "interrupted.py").write_text(CODE)
    ended = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, check=False, timeout=60)
    assert ended.returncode == 130


COMMAND = """
import sys, types
app = types.ModuleType("mscode.cli.app")
app.run = lambda words: exec("import os, signal; os.kill(os.getpid(), signal.SIGINT); signal.pause()")
sys.modules["mscode.cli.app"] = app
from mscode.cli import main
main(["plan"])
"""


def test_ctrl_c_while_a_command_is_loaded_ends_with_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(COMMAND)
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted"], cwd=tmp_path, check=False, timeout=60, capture_output=True, text=True
    )
    assert ended.returncode == 130
    assert ended.stderr == "\nInterrupted.\n"
