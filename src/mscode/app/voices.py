"""The voice codes of a service: language and gender of a spoken text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import open_reader
from mscode.app.workspace import load_account
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation


@dataclass(frozen=True, slots=True)
class Voice:
    """What `voiceCode` of a voice file may be, and the service's words on it."""

    code: str
    description: str


def list_voices(inv: Invocation, directory: Path) -> list[Voice]:
    """The voices in the service's order. Sends one GET."""
    environment = load_account(inv, directory)
    with open_reader(environment) as reader:
        rows = reader.list(environment.paths["voiceCodes"], what="voice codes")
    return [Voice(str(row.get("voiceCode") or ""), str(row.get("description") or "")) for row in rows]
