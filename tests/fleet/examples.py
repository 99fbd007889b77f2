"""A repository made from examples/fleet, whose clients have accounts on this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.fleet.services import Accounts

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "fleet"
CLIENTS = sorted(path.name for path in (EXAMPLE / "clients").iterdir())
#: Four days before the campaigns start, and the day after their first calls.
THURSDAY, TUESDAY = "2027-02-25T08:00:00Z", "2027-03-02T20:00:00Z"


def make_repository(folder: Path, accounts: Accounts, clients: Sequence[str] = CLIENTS, state: str = "") -> Path:
    """What the README says: copy the folder, and write the URLs into each mscode.yaml. Of the clients only these are there.
    `state` is the beginning of the URLs of their states ("": in their folders). The repository has one commit on `main`.
    """
    shutil.copytree(EXAMPLE, folder)
    for name in set(CLIENTS) - set(clients):
        shutil.rmtree(folder / "clients" / name)
    for name in clients:
        settings = folder / "clients" / name / "mscode.yaml"
        text = settings.read_text()
        where = f"{{backend: http, address: {state}/{name}}}" if state else "{backend: local}"
        for old, new in (
            ("https://api.example.com/v1", accounts.url(name)),
            (f"{{backend: http, address: https://state.example.com/fleet/{name}}}", where),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        settings.write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "remote", "add", "origin", "https://gitlab.example.com/agency/fleet.git")
    commit(folder)
    return folder


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Aino", "-c", "user.email=aino@example.com", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Work")
    return git(folder, "rev-parse", "HEAD")
