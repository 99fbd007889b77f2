"""Ctrl-C while a service does not answer: nobody waits for what only reads."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mscode

PROJECT = """\
apiVersion: mscode/v1
project: silent
environments: {here: {url: "URL", token: {env: SILENT_TOKEN}}}
defaultEnvironment: here
"""
#: A process that a shell starts in the background ignores Ctrl-C, and so do those that it starts.
START = """\
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("mscode", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("command", ["plan", "drift", "export"])
def test_a_command_that_reads_ends_at_once(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        (tmp_path / "mscode.yaml").write_text(PROJECT.replace("URL", url))
        (tmp_path / "all.yaml").write_text(
            "apiVersion: mscode/v1\naccounts: {a: {firstName: A, phone: '+358405550100'}}\n"
        )
        options = ["--out", str(tmp_path / "exported")] if command == "export" else []
        process = subprocess.Popen(
            [sys.executable, "-c", START, command, str(tmp_path), *options],
            env={**os.environ, "SILENT_TOKEN": "token-0123456789", "PYTHONPATH": str(Path(mscode.__file__).parents[1])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            connection, _ = silent.accept()
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, messages = process.communicate(timeout=60)
            connection.close()
    assert process.returncode == 130, messages
    assert "Interrupted" in messages
    # A request alone would take its 30 seconds, and a second try as many.
    assert time.monotonic() - began < 25
