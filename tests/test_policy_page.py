"""docs/policy.md is true: its files make a project, and its commands give what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import test_reuse_page
from tests.test_reuse_page import Reader

PAGE = Path(__file__).resolve().parent.parent / "docs" / "policy.md"


@pytest.fixture
def reader(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reader:
    for name in ("MSCODE_ENV", "MSCODE_URL", "MSCODE_TOKEN", "CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(test_reuse_page, "PAGE", PAGE)
    (tmp_path / "policies").mkdir()
    return Reader(tmp_path, capsys, monkeypatch)


def test_the_examples_are_true(reader: Reader) -> None:
    pytest.importorskip("holidays")
    pytest.importorskip("cel_expr_python")
    for section in ("Calling hours by country", "Custom rules"):
        reader.follow(section)
    assert reader.typed == 4
