"""A fleet in a folder of its own, and the command line on it. Its projects go to the embedded sandbox."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mscode.app.schemas import schema_of
from mscode.cli.app import run
from tests.views.closed_schema import closed

HEAD = "apiVersion: mscode/v1\nfleet: agency\n"
#: By command, the schema of its JSON: what any test prints with it has no member that is not described.
SCHEMAS = {
    name: f"fleet-{'plan' if name == 'merge' else name}"
    for name in ("list", "plan", "merge", "apply", "status", "drift", "history", "halt")
}


@cache
def validator_of(schema: str) -> jsonschema.Draft202012Validator:
    """That of an output, where a member that is not described is a mistake."""
    return jsonschema.Draft202012Validator(closed(schema_of(schema)))


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class FleetFolder:
    """A folder with fleet.yaml, and the current one of the command line."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, entries: Sequence[Mapping[str, Any]], **more: Any) -> None:
        fleet = {"apiVersion": "mscode/v1", "fleet": "agency", "projects": entries, **more}
        (self.root / "fleet.yaml").write_text(json.dumps(fleet, indent=1))

    def project(self, path: str, name: str = "", text: str = "", **environments: Any) -> Path:
        """A project of this path, called as its folder or `name`, or with this text as its mscode.yaml."""
        folder = self.root / path
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "apiVersion": "mscode/v1",
            "project": name or folder.name.lower(),
            "defaultEnvironment": "sandbox",
            "environments": {"sandbox": {"url": "sandbox:"}, **environments},
        }
        (folder / "mscode.yaml").write_text(text or json.dumps(content, indent=1))
        return folder

    def cli(self, *arguments: str) -> Ended:
        self.capsys.readouterr()
        code = run([*arguments])
        printed = self.capsys.readouterr()
        ended = Ended(code, printed.out, printed.err)
        if arguments[0] == "fleet" and "--json" in arguments and arguments[1] in SCHEMAS:
            validator_of(SCHEMAS[arguments[1]]).validate(ended.json)
        return ended

    def listed(self, *options: str) -> list[dict[str, Any]]:
        """The projects that `fleet list` prints as JSON."""
        ended = self.cli("fleet", "list", "--json", *options)
        assert ended.code == 0, ended.err
        return ended.json["projects"]  # type: ignore[no-any-return]


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> FleetFolder:
    for name in [n for n in os.environ if n.startswith("MSCODE_")] + ["CI", "NO_COLOR", "FORCE_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return FleetFolder(tmp_path, capsys)
