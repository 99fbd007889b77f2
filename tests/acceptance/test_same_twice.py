"""A plan is the same in every run, byte for byte, however a process orders its sets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parents[2] / "examples" / "campaigns" / "blood-drive"


def output(project: Path, format_name: str, seed: int) -> bytes:
    options = ["--format", format_name, "--at", "2026-11-30T08:00"]
    command = [sys.executable, "-m", "mscode", "plan", str(project), *options]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(command, env=environment, capture_output=True, check=False).stdout


@pytest.mark.parametrize("format_name", ["json", "markdown"])
def test_two_processes_print_the_same_plan(format_name: str, tmp_path: Path) -> None:
    project = Path(shutil.copytree(CAMPAIGN, tmp_path / "project", ignore=shutil.ignore_patterns(".mscode")))
    first, second = output(project, format_name, seed=1), output(project, format_name, seed=2)
    assert first and first == second
