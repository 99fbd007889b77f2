"""What `export` and `init --from-account` say of objects that no manifest can describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.app.export import ExportOutcome
from mscode.app.invocation import Invocation
from mscode.cli.export import summarize
from mscode.manifest.export.account import Export
from mscode.manifest.export.selection import LeftOut


def said(capsys: pytest.CaptureFixture[str], number: int) -> list[str]:
    left_out = tuple(LeftOut("smses", str(at), "it cannot be") for at in range(1, number + 1))
    summarize(Invocation(no_color=True), ExportOutcome(Path(), [], Export({}, {}, (), left_out), []))
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("Left out")]


def test_a_few_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, 2) == ["Left out smses id 1: it cannot be.", "Left out smses id 2: it cannot be."]


def test_many_for_one_reason_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, 1_200) == [
        "Left out 1,200 text messages (id 1, 2, 3, 4, 5, …): it cannot be. `mscode export --json` names each."
    ]
