"""A fleet of clients on accounts of their own: `clients/NAME` on the account NAME, its token in TOKEN_NAME."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.campaigns import Manifest, drive
from tests.fleet.services import Accounts

ENTRY = {"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}


@dataclass(frozen=True, slots=True)
class Agency:
    """`root` holds fleet.yaml."""

    root: Path
    accounts: Accounts

    def write_fleet(self, entries: Sequence[Mapping[str, Any]] = (ENTRY,), **more: Any) -> None:
        fleet = {"apiVersion": "mscode/v1", "fleet": "agency", "projects": list(entries), **more}
        (self.root / "fleet.yaml").write_text(json.dumps(fleet, indent=1))

    def write_client(self, name: str, manifest: Manifest | None = None, url: str = "", **more: Any) -> Path:
        """The project `drive` in `clients/NAME`; `url` is another than that of its account, `more` are members of mscode.yaml."""
        folder = self.root / "clients" / name
        folder.mkdir(parents=True, exist_ok=True)
        project = {
            "apiVersion": "mscode/v1",
            "project": "drive",
            "timezone": "Europe/Helsinki",
            "environments": {"production": {"url": url or self.accounts.url(name), "settleSeconds": 0}},
            **more,
        }
        (folder / "mscode.yaml").write_text(json.dumps(project, indent=1))
        (folder / "all.yaml").write_text(json.dumps(drive() if manifest is None else manifest, indent=1))
        return folder

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of a command of the fleet: every token, and nothing else of mscode."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("MSCODE_") and name != "CI"}
        return {**kept, **self.accounts.tokens(), **more}

    def run(
        self, *arguments: str | Path, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command in a process of its own, in the folder of fleet.yaml."""
        return subprocess.run(
            [sys.executable, "-m", "mscode", *map(str, arguments)],
            cwd=self.root,
            env=self.variables() if variables is None else dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def launch_everywhere(self, first: str) -> None:
        """One client's campaign is launched; the accounts of all others become copies of its account."""
        token = {"MSCODE_TOKEN": self.accounts.token(first)}
        ended = self.run(
            *("--env", "production", "apply", f"clients/{first}", "--auto-approve", "--allow-launch"),
            variables=self.variables(**token),
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        self.accounts.copy(first)
