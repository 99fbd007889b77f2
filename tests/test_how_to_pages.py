"""The pages of docs/how-to, and docs/fmt.md, are true: whoever follows one sees what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page_reader import PageReader

HOW_TO = Path(__file__).resolve().parent.parent / "docs" / "how-to"
TASKS = sorted(HOW_TO.glob("*.md"))
PAGES = [*TASKS, HOW_TO.parent / "fmt.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_gives_what_it_shows(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = PageReader(tmp_path, capsys, monkeypatch)
    reader.follow(page)
    assert reader.commands


@pytest.mark.parametrize("page", TASKS, ids=lambda page: page.stem)
def test_a_page_says_its_goal_what_can_go_wrong_and_where_to_read_on(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# How to ")
    assert text.split("\n\n")[1].startswith("**Goal:**")
    assert "\n## What can go wrong\n" in text
    assert text.index("\n## Read on\n") > text.index("\n## What can go wrong\n")
