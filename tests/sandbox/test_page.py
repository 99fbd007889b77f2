"""docs/sandbox.md: its commands run, its rules are taken and strike."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from mscode.cli.app import run
from mscode.sandbox.alter import ALTERATIONS
from mscode.sandbox.control import Control
from mscode.sandbox.faults import _KNOWN, WEBHOOKS, WIRES, Faults
from mscode.sandbox.profile import switches

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
RULES = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)]
COMMANDS = re.findall(r"^\$ mscode (sandbox .*)\n((?:[^$`].*\n)*)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("rule", RULES, ids=json.dumps)
def test_every_rule_of_the_page_strikes_what_it_names(rule: dict[str, object]) -> None:
    faults = Faults()
    faults.add(rule)
    if rule.get("wire") == "refuse":
        assert [faults.refuses() for _ in range(4)] == [True, True, True, False]
        return
    if "webhook" in rule:
        assert faults.of_webhook("/receiver") is not None
        return
    path = str(rule["path"]).replace("[0-9]+", "17")
    for _ in range(int(rule.get("skip", 0))):  # type: ignore[call-overload]
        assert faults.take(str(rule.get("method", "POST")), path) is None
    assert faults.take(str(rule.get("method", "POST")), path) is not None


def test_the_page_names_every_member_wire_and_alteration() -> None:
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`([^`]+)`", prose)) | {member for rule in RULES for member in rule}
    assert _KNOWN - {"drop"} <= named
    assert set(WIRES) | set(ALTERATIONS) | set(WEBHOOKS) <= named


def test_the_page_names_every_control() -> None:
    paths = set(
        re.findall(r'\("[A-Z]+", "(/[a-z]+)"\)', Path(Control.__init__.__code__.co_filename).read_text("utf-8"))
    )
    assert paths
    assert {path for path in paths if f"{path}`" not in PAGE} == set()


def test_the_commands_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MSCODE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run(["init", "."]) == 0
    (tmp_path / "people.csv").write_text("firstName,phone\nAino,+358405550100\n", "utf-8")
    for line, shown in COMMANDS:
        if line.startswith("sandbox serve"):
            continue
        capsys.readouterr()
        assert run(shlex.split(line)) == 0, line
        said = capsys.readouterr().out
        assert not shown or said.splitlines()[0][:18] == shown.splitlines()[0][:18], line
    assert len(COMMANDS) > 5


def test_the_page_has_every_switch_with_its_values_and_meaning() -> None:
    rows = [f"| `{name}` | {values} | {does} |" for name, values, does in switches()]
    assert [row for row in rows if row not in PAGE] == []
