"""docs/drift.md is true: its files make a project, and its commands give what it shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.api.client import Cleared
from mscode.app.environment import open_client
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_environment
from mscode.cli.app import run
from tests import test_docs

PAGE = Path(__file__).resolve().parent.parent / "docs" / "drift.md"


def blocks() -> Iterator[tuple[str, str]]:
    """(language, text) of each block, in order."""
    for block in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        yield block[1], block[2]


class Reader:
    """Somebody who follows the page in one folder; what it tells of others is done by the functions of `acts`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys = folder, capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("NO_COLOR", "1")
        self.codes: list[int] = []
        self.acts: list[str] = []

    def follow(self) -> None:
        for language, text in blocks():
            if language == "yaml":
                name = text.partition("\n")[0].removeprefix("# ")
                (self.folder / name).write_text(text, encoding="utf-8")
            else:
                assert language == "console"
                self._console(text)

    def _console(self, text: str) -> None:
        for part in re.split(r"^(?=\$ |# )", text, flags=re.MULTILINE)[1:]:
            first, _, shown = part.partition("\n")
            if first.startswith("# "):
                self.acts.append(first)
                ACTS[first](self)
            else:
                seen = self.run(*shlex.split(first.removeprefix("$ ")))
                assert test_docs.says(test_docs.normal(shown), test_docs.normal(seen)), f"{first}\n{seen}"

    def run(self, program: str, *words: str) -> str:
        assert program == "mscode"
        self._capsys.readouterr()
        self.codes.append(run(words))
        said = self._capsys.readouterr()
        return said.err + said.out

    def put(self, path: str, **changes: Any) -> None:
        """What the web interface sends."""
        with open_client(load_environment(Invocation(), self.folder)) as client:
            body = {**client.get(path, what="it"), **changes}
            client.ring("PUT", path, lambda: Cleared(body), what="it")  # as a person does, who needs no look


def _tuesday(reader: Reader) -> None:
    reader.run("mscode", "sandbox", "clock", "2026-12-01T07:00:05Z")
    reader.put("/rsvp_calls/1", state="halt")
    reader.put("/groups/1", description="Regular donors in the capital region")


def _friday(reader: Reader) -> None:
    reader.put("/rsvp_calls/1", state="active")
    reader.run("mscode", "sandbox", "clock", "2026-12-04T18:00:00Z")


ACTS: dict[str, Callable[[Reader], None]] = {
    "# Tuesday, in the web interface": _tuesday,
    "# Friday evening; somebody has started it again in the web interface": _friday,
}


@pytest.fixture
def reader(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reader:
    for name in ("MSCODE_ENV", "MSCODE_URL", "MSCODE_TOKEN", "CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Reader(tmp_path, capsys, monkeypatch)


def test_everything_that_the_page_shows_is_what_mscode_says(reader: Reader) -> None:
    reader.follow()
    assert len(reader.acts) == 2
    assert [code for code in reader.codes if code] == [2]
    assert len(reader.codes) == 14
    assert "+35840•••" in (reader.folder / "replies.csv").read_text(encoding="utf-8")
