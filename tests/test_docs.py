"""What the documents say is true: the tour runs and gives what README shows, the demo runs, the reference is current."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scripts import demo, picture, write_reference

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
#: The day on which README's tour was taken: a Tuesday.
TOUR_DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PROMPT = b"Enter a value: "

# ---- other days: every process of a test lives at another time -------------------------------------------------------

TRAVEL = """\
import os, time, time_machine
time_machine.travel(time.time() + float(os.environ["TEST_SHIFT"])).start()
"""


@pytest.fixture
def at_another_time(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Variables with which Python starts at another time, and with this source tree."""
    folder = tmp_path_factory.mktemp("travel")
    (folder / "sitecustomize.py").write_text(TRAVEL)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MSCODE_") and name != "CI"}

    def variables(when: datetime) -> dict[str, str]:
        path = os.pathsep.join([str(folder), str(ROOT / "src")])
        shift = str(when.timestamp() - time.time())
        return kept | {"PYTHONPATH": path, "TEST_SHIFT": shift, "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}

    return variables


# ---- the tour --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One command of README's tour, or an edit of a manifest, and what README says it gives."""

    line: int
    command: str = ""
    shown: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def tour() -> Iterator[Step]:
    """The steps of the section `A ten-minute tour`, in order."""
    text = README.read_text(encoding="utf-8")
    begin = text.index("## A ten-minute tour")
    section = text[begin : text.index("\n## ", begin + 3)]
    for block in re.finditer(r"^```(console|diff)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
        line = text[: begin + block.start(2)].count("\n") + 1
        lines = block[2].splitlines()
        yield from (_commands(lines, line) if block[1] == "console" else [_edit(lines, line)])


def _commands(lines: list[str], first: int) -> Iterator[Step]:
    starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Step(first + start, lines[start][2:], tuple(lines[start + 1 : end]))


def _edit(lines: list[str], first: int) -> Step:
    signed = {sign: tuple(line[1:] for line in lines if line.startswith(sign)) for sign in "-+"}
    return Step(first, removed=signed["-"], added=signed["+"])


@dataclass
class Terminal:
    """A shell as far as the tour needs one."""

    folder: Path
    variables: Mapping[str, str]
    code: int = 0
    answers: list[str] = field(default_factory=list)

    def run(self, step: Step) -> str:
        """What a person would see after this command."""
        word, _, rest = step.command.partition(" ")
        if word == "cd":
            self.folder /= rest
            return ""
        if step.command == "echo $?":
            return f"{self.code}\n"
        assert word == "mscode", f"the tour uses {word}"
        self.answers = [line.rpartition(": ")[2] for line in step.shown if PROMPT.decode() in line]
        return self._on_a_terminal([sys.executable, "-m", "mscode", *rest.split()])

    def _on_a_terminal(self, command: list[str]) -> str:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            command, cwd=self.folder, env=dict(self.variables), stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        seen = self._read(ours)
        self.code = process.wait(timeout=60)
        os.close(ours)
        return seen.decode().replace("\r\n", "\n")

    def _read(self, ours: int) -> bytes:
        seen, answered = b"", 0
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux's word for the end
                return seen
            if not piece:
                return seen
            seen += piece
            if seen.count(PROMPT) > answered:
                os.write(ours, f"{self.answers[answered]}\n".encode())
                answered += 1

    def edit(self, step: Step) -> None:
        path = self.folder / "campaign.yaml"
        text = path.read_text(encoding="utf-8")
        old, new = "\n".join(step.removed), "\n".join(step.added)
        assert text.count(old) == 1, f"README.md line {step.line}: campaign.yaml does not say {old!r} once"
        path.write_text(text.replace(old, new), encoding="utf-8")


def normal(text: str) -> list[str]:
    """Lines without what differs from run to run: seconds, ids, the order and replies of the calls."""
    for pattern, form in (
        (r"after \d+s", "after Ns"),
        (r"\[id=\d+", "[id=N"),
        (r'\(id "\d+"\)', '(id "N")'),
        (r"T\d\d:\d\d:\d\dZ", "T(time)Z"),
        (r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  rsvp .*\n", ""),
        (r"^\d+ rings", "N rings"),
    ):
        text = re.sub(pattern, form, text, flags=re.MULTILINE)
    return [line.rstrip() for line in text.strip().splitlines()]


def says(shown: list[str], seen: list[str]) -> bool:
    """Is `shown` what was `seen`, a line `...` standing for any lines?"""
    pattern = "".join("(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in seen)) is not None


def test_every_command_of_the_tour_gives_what_readme_shows(tmp_path: Path, at_another_time: Any) -> None:
    terminal = Terminal(tmp_path, at_another_time(TOUR_DAY))
    for step in tour():
        if not step.command:
            terminal.edit(step)
            continue
        seen = terminal.run(step)
        shown = "".join(f"{line}\n" for line in step.shown)
        assert says(normal(shown), normal(seen)), f"README.md line {step.line}: {step.command}\n{seen}"
        if step.command == "mscode sandbox rings":
            assert set(re.findall(r"\+35840•••\d{4}", seen)) == set(re.findall(r"\+35840•••\d{4}", shown))
