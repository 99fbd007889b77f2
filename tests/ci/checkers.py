"""Programs of others that check the files of an example: the forms that the forges publish, and a linter of workflows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def assert_form(schema: str, path: Path) -> None:
    """The file is of this form, like `vendor.github-workflows`."""
    _passes("check-jsonschema", "--builtin-schema", schema, str(path))


def assert_secure(example: Path) -> None:
    """The linter finds nothing in the workflows of an example."""
    config = example / ".github" / "zizmor.yml"
    _passes("zizmor", "--offline", "--persona", "auditor", "--no-progress", "--config", str(config), str(example))


def _passes(program: str, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
