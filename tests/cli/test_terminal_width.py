"""What a person sees in a narrow terminal, and what a pipe gets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.terminal import on_a_terminal

ROOT = Path(__file__).resolve().parents[2]


def in_terminal(folder: Path, columns: int, *words: str, **variables: str) -> list[str]:
    """The lines of a command in a terminal of so many columns."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MSCODE_") and name != "CI"}
    given = {"PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "PYTHONUTF8": "1"}
    _, seen = on_a_terminal(folder, words, {**kept, **given, **variables}, columns=columns)
    return seen.splitlines()


@pytest.fixture
def drive(cli: Any, tmp_path: Path) -> Path:
    assert cli("init", tmp_path / "drive").code == 0
    return tmp_path / "drive"


def test_a_plan_is_wrapped_with_its_indentation(drive: Path) -> None:
    lines = in_terminal(drive, 60, "plan")
    assert max(map(len, lines)) <= 60
    at = next(at for at, row in enumerate(lines) if row.startswith("      calls:"))
    assert lines[at + 1].startswith(" " * 22), lines[at : at + 3]


def test_without_a_width_or_in_ci_nothing_is_wrapped(drive: Path, cli: Any) -> None:
    whole = max(map(len, cli("plan", drive).out.splitlines()))
    assert whole > 100
    assert max(map(len, in_terminal(drive, 0, "plan"))) == whole
    assert max(map(len, in_terminal(drive, 60, "plan", CI="true"))) == whole


def test_the_line_of_an_error_is_cut_so_that_its_caret_stands_under_it(drive: Path) -> None:
    text = "apiVersion: mscode/v1\ngroups:\n  g: {name: " + "x" * 90 + ", descripton: y, members: {accounts: []}}\n"
    (drive / "more.yaml").write_text(text)
    lines = in_terminal(drive, 60, "validate")
    at = next(at for at, row in enumerate(lines) if row.strip().startswith("|"))
    assert max(map(len, lines)) <= 60
    assert lines[at - 1][lines[at].index("^") :].startswith("descripton")


@pytest.mark.parametrize("words", [(), ("plan",), ("apply",), ("fleet",), ("history", "person")], ids=" ".join)
@pytest.mark.parametrize("columns", [40, 51, 60, 80])
def test_a_help_fits_its_terminal(
    cli: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text, _, _ = cli(*words, "--help").out.partition("\nExample")  # which are command lines, to be copied
    assert columns - 12 <= max(map(len, text.splitlines())) <= columns
