"""`mscode sandbox serve --env-file`."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_a_shell_reads_it_once_connections_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "sandbox env"
    file.write_text("export MSCODE_URL=http://stale\n")
    line = [sys.executable, "-m", "mscode", "sandbox", "serve", "--port", "0", "--env-file", str(file)]
    line += ["--seed", "9", "--answer", "70%", "--accept", "12.5%"]
    variables = {name: text for name, text in os.environ.items() if not name.startswith("MSCODE_")}
    server = subprocess.Popen(
        line, stdout=-1, stderr=-1, text=True, env={**variables, "PYTHONPATH": str(ROOT / "src")}, cwd=tmp_path
    )
    try:
        until = time.monotonic() + 30
        while not (file.exists() and "stale" not in file.read_text()) and time.monotonic() < until:
            time.sleep(0.02)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        shell = f'. "{file}"; {sys.executable} -m mscode voices --json'
        done = subprocess.run(
            ["sh", "-c", shell],
            capture_output=True,
            text=True,
            env={**variables, "PYTHONPATH": str(ROOT / "src")},
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "voiceCode" in done.stdout
        address = file.read_text().splitlines()[0].partition("=")[2].removesuffix("/v1")
        with urlopen(f"{address}/__sandbox/answers") as answer:
            assert json.load(answer) == {"seed": 9, "answer": 0.7, "accept": 0.125, "people": {}}
    finally:
        server.send_signal(signal.SIGINT)
        out, _ = server.communicate(timeout=30)
    url, token = (row.partition("=")[2] for row in file.read_text().splitlines())
    assert out == f"URL:   {url}\nToken: {token}\n"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(("name", "code"), [(".", 64), ("nowhere/x", 1)])
def test_what_cannot_be_a_file_is_an_error_before_anything_is_served(
    cli: Any, tmp_path: Path, name: str, code: int
) -> None:
    ended = cli("sandbox", "serve", "--env-file", tmp_path / name)
    assert (ended.code, ended.out) == (code, "")
    assert str(tmp_path) in ended.err
