"""Documents are UTF-8, whatever the terminal, the locale or PYTHONIOENCODING say; text degrades where it must."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mscode
from mscode.cli.app import run

PROJECT = """\
apiVersion: mscode/v1
project: demo
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments: {sandbox: {url: "sandbox:"}}
"""
MANIFEST = """\
apiVersion: mscode/v1
groups:
  g: {name: Verenluovuttajat Ää, description: "☎ 😀 文字"}
"""
DOCUMENTS = [
    "plan --format html",
    "plan --format markdown",
    "plan --json",
    "render",
    "render --json",
    "graph",
    "validate --format json",
    "validate --format sarif",
    "validate --format github",
    "validate --format rdjsonl",
    "schema",
    "schema plan",
    "drift --json",
    "drift --format markdown",
    "status --json",
    "state list --json",
    "show --json",
    "voices --json",
]
Bytes = Callable[[str, str], bytes]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bytes:
    """The bytes that a command line writes to a stdout of an encoding."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mscode.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text('apiVersion: mscode/v1\ngroups: {"Ää ☎": 5}\n', encoding="utf-8")

    def bytes_of(line: str, encoding: str) -> bytes:
        if not line.startswith("validate"):
            (tmp_path / "bad.yaml").unlink(missing_ok=True)
        kept = io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding=encoding, errors="strict"))
            run(line.split())
            sys.stdout.flush()
            return kept.getvalue()

    return bytes_of


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-16"])
@pytest.mark.parametrize("line", DOCUMENTS)
def test_a_document_is_utf8(line: str, encoding: str, written: Bytes) -> None:
    wanted = written(line, "utf-8").decode("utf-8")
    found = written(line, encoding).decode("utf-8")
    assert found
    assert "\\u260e" not in found or "\\u260e" in wanted
    if "json" not in line:
        assert [re.sub(r"T[0-9:]{8}Z", "", one) for one in (found, wanted)] == [re.sub(r"T[0-9:]{8}Z", "", wanted)] * 2


@pytest.mark.parametrize("line", ["apply --auto-approve --json", "export --out exported --json"])
def test_what_can_be_done_once_is_utf8_too(line: str, written: Bytes) -> None:
    text = written(line, "utf-16").decode("utf-8")
    for one in text.splitlines() if line.startswith("apply") else [text]:
        assert isinstance(json.loads(one), dict)


def test_text_for_a_terminal_degrades(written: Bytes) -> None:
    assert b"(!) \\U0001f600" in written("plan", "latin-1")
    assert "Ää".encode("latin-1") in written("plan", "latin-1")


def test_what_is_for_programs_is_written_as_a_document() -> None:
    """No `out.result(json.dumps(…))`: that would be in the terminal's encoding."""
    found = []
    for path in Path(mscode.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "result":
                inner = ast.unparse(node)
                found += (
                    [f"{path.name}:{node.lineno}"] if "dumps(" in inner and " if as_json else " not in inner else []
                )
    assert not found
