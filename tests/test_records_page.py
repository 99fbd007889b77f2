"""docs/records.md is true: what it tells to type works after a launch, and answers the three questions."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from mscode.app.new_project import create_project
from mscode.cli.app import run

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
NUMBER = "+358405550101"


def _commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.startswith("mscode ")]


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that `mscode init` writes, committed, launched, and over."""
    for name in [name for name in os.environ if name.startswith(("MSCODE_", "CI", "GITHUB_", "GITLAB_"))]:
        monkeypatch.delenv(name)
    create_project(tmp_path / "drive")
    monkeypatch.chdir(tmp_path / "drive")
    _git(Path(), "init", "-q")
    _git(Path(), "add", "-A")
    _git(Path(), "commit", "-q", "-m", "One")
    assert run(["apply", "--auto-approve", "--allow-launch"]) == 0
    assert run(["sandbox", "clock", "+12d"]) == 0
    assert run(["history", "--refresh"]) == 0
    return tmp_path / "drive"


def _typed(line: str, id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """A command of the page, with the number through a pipe."""
    words = [id if re.fullmatch(r"\d+-[0-9a-f]{6}", word) else word for word in shlex.split(line, comments=True)]
    reading, writing = os.pipe()
    os.write(writing, f"{NUMBER}\n".encode())
    os.close(writing)
    with os.fdopen(reading) as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        return run(words[1:])


def test_three_commands_answer_the_three_questions(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = _commands()
    assert commands[:3] == ["mscode history person", "mscode history export --out audit-2026", "mscode history forget"]
    capsys.readouterr()
    assert run(["history", "--json"]) == 0
    id = json.loads(capsys.readouterr().out)["launches"][0]["id"]
    said = {}
    for line in commands:
        assert _typed(line, id, monkeypatch) == 0, line
        said[line] = capsys.readouterr().out
    complaint = said["mscode history person"]
    assert "Hello! This is the blood service." in complaint
    assert _git(project, "rev-parse", "HEAD")[:12] in complaint
    for name in ("When:", "Commit:", "Started by:", "Approved by:", "This person:"):
        assert name in complaint
        assert name in PAGE
    assert sorted(path.name for path in (project / "audit-2026").iterdir())[:2] == ["README.md", "launches"]
    assert "1 launch" in said["mscode history forget"]
    assert _typed("mscode history person", id, monkeypatch) == 0
    assert "rsvpCalls.invite" not in capsys.readouterr().out
    assert run(["history", "verify"]) == 0
