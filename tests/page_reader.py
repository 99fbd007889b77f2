"""Follows a page of docs/ as a reader would: writes its files, makes its edits, types its commands, and compares.

- A block after a line that ends in `` `NAME`: `` is the file NAME, and so is one of YAML that begins with `# NAME`.
- A block `diff` that begins with `--- NAME` takes its lines with - out of that file and puts those with + in their place.
- A block `console` is a session: after `$ `, a command; below it what it prints, where `...` stands for any lines. Besides
  mscode there are `cd FOLDER`, `mkdir FOLDER`, `export NAME=VALUE` and `echo $?`; `> FILE` keeps what goes to stdout.

Every other block (`sh`, `json`, `yaml` without a name, …) is only read.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
import time_machine

from mscode.cli.app import run
from tests import test_docs

_BLOCK = re.compile(r"^(?P<before>[^\n]*)\n+```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"`([\w./-]+)`:$")
#: Pages of fleets; their dates are some years ahead.
_OF_PROCESSES = frozenset({"many-projects"})
_TITLED = re.compile(r"# ([\w./-]+\.yaml)\n")


@dataclass(frozen=True)
class Block:
    line: int
    language: str
    text: str
    #: the file that the line before names, "" for none
    file: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        named = _NAMED.search(match["before"]) or _TITLED.match(match["text"])
        line = text.count("\n", 0, match.start("text")) + 1
        yield Block(line, match["language"], match["text"], named[1] if named else "")


class PageReader:
    """Somebody who follows one page in an empty folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch
        self.code = 0
        self.commands = 0
        for name in ("MSCODE_ENV", "MSCODE_URL", "MSCODE_TOKEN", "CI", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NO_COLOR", "1")

    def follow(self, page: Path) -> None:
        """On the day of the tours: `mscode init` writes dates that follow the day on which it runs. A page whose commands work in
        processes of their own is followed today, since only this process can be sent to another day.
        """
        with nullcontext() if page.stem in _OF_PROCESSES else time_machine.travel(test_docs.TOUR_DAY):
            for block in blocks(page):
                self._follow(page, block)

    def _follow(self, page: Path, block: Block) -> None:
        if block.language == "console":
            self._session(page, block)
        elif block.language == "diff":
            self._edit(block)
        elif block.file:
            file = self.folder / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")

    def _session(self, page: Path, block: Block) -> None:
        before, *parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        assert not before, f"{page.name}:{block.line}: a session begins with a command"
        for part in parts:
            command, _, shown = part.partition("\n")
            printed = self.type(command)
            same = test_docs.says(test_docs.normal(shown), test_docs.normal(printed))
            assert same, f"{page.name}:{block.line}: {command} (exit code {self.code})\n{printed}"

    def type(self, command: str) -> str:
        """What the command prints, stderr first."""
        words = shlex.split(command)
        match words:
            case ["cd", folder]:
                self.folder /= folder
                return ""
            case ["mkdir", folder]:
                (self.folder / folder).mkdir()
                return ""
            case ["export", assignment]:
                self._monkeypatch.setenv(*assignment.split("=", 1))
                return ""
            case ["echo", "$?"]:
                return f"{self.code}\n"
        with self._monkeypatch.context() as patch:
            patch.chdir(self.folder)
            while "=" in words[0]:
                patch.setenv(*words.pop(0).split("=", 1))
            assert words[0] == "mscode", command
            self.commands += 1
            target = self.folder / words[-1] if words[-2:-1] == [">"] else None
            self._capsys.readouterr()
            self.code = run(words[1:-2] if target else words[1:])
            printed = self._capsys.readouterr()
        if target is None:
            return printed.err + printed.out
        target.write_text(printed.out, encoding="utf-8")
        return printed.err

    def _edit(self, block: Block) -> None:
        header, *lines = block.text.splitlines()
        assert header.startswith("--- "), "a diff names its file"
        file = self.folder / header[4:]
        text = file.read_text(encoding="utf-8")
        old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
        new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
        assert text.count(old) == 1, f"{header[4:]} does not have once: {old}"
        file.write_text(text.replace(old, new), encoding="utf-8")
