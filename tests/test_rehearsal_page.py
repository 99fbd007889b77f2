"""docs/rehearsal.md is true: its commands, in a copy of the example that it names, give what it shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mscode.views.rehearsal.rehearsal_shapes import INVARIANTS
from tests.page_reader import PageReader

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rehearsal.md"
EXAMPLE = ROOT / "examples" / "campaigns" / "blood-drive"


def test_the_page_gives_what_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / EXAMPLE.name, ignore=shutil.ignore_patterns(".mscode"))
    reader = PageReader(tmp_path, capsys, monkeypatch)
    reader.follow(PAGE)
    assert reader.commands == 3


def test_every_check_has_its_row() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(INVARIANTS.values()) <= set(rows)


def test_the_excerpt_of_the_readme_is_that_of_the_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [excerpt] = re.findall(r"^## Rehearsal\n.*?^```text\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert excerpt in PAGE.read_text(encoding="utf-8")
