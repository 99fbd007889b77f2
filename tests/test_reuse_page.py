"""docs/reuse.md is true: its files make a project, and its commands give what it shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.cli.app import run
from tests import test_docs

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reuse.md"


def blocks(section: str) -> Iterator[tuple[str, str]]:
    """(language, text) of each block of a section, in order."""
    text = PAGE.read_text(encoding="utf-8")
    begin = text.index(f"\n## {section}\n")
    end = text.find("\n## ", begin + 4)
    for block in re.finditer(
        r"^```(\w+)\n(.*?)^```$", text[begin : end if end > 0 else None], re.DOTALL | re.MULTILINE
    ):
        yield block[1], block[2]


class Reader:
    """Somebody who follows the page in one folder: writes its files and types its commands."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch
        self.typed = 0

    def follow(self, section: str) -> None:
        for language, text in blocks(section):
            if language == "yaml":
                name = text.partition("\n")[0].removeprefix("# ")
                (self.folder / name).write_text(text, encoding="utf-8")
            else:
                assert language == "console"
                self._type(text)

    def _type(self, text: str) -> None:
        for command, _, shown in (one.partition("\n") for one in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]):
            seen = self.run(shlex.split(command))
            assert test_docs.says(test_docs.normal(shown), test_docs.normal(seen)), f"{command}\n{seen}"
            self.typed += 1
        (self.folder / "wrong.yaml").unlink(missing_ok=True)

    def run(self, words: list[str]) -> str:
        with self._monkeypatch.context() as here:
            here.chdir(self.folder)
            here.setenv("NO_COLOR", "1")
            while "=" in words[0]:
                here.setenv(*words.pop(0).split("=", 1))
            assert words[0] == "mscode"
            self._capsys.readouterr()
            run(words[1:])
        said = self._capsys.readouterr()
        return said.err + said.out


@pytest.fixture
def reader(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reader:
    for name in ("MSCODE_ENV", "MSCODE_URL", "MSCODE_TOKEN", "CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Reader(tmp_path, capsys, monkeypatch)


def test_the_example_and_all_that_follows_it_are_true(reader: Reader) -> None:
    for section in ("An example", "Variables", "References", "forEach"):
        reader.follow(section)
    assert reader.typed == 10
    assert "Success! 12 objects in 3 files are valid" in reader.run(["mscode", "validate"])


def test_what_is_said_of_secrets_is_true(reader: Reader) -> None:
    reader.follow("Secrets")
    assert reader.typed == 1
