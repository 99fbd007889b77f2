"""The audit log, `.mscode/audit.jsonl`: what a person decided against a default, one JSON object a line.

Launches that were confirmed, guards that were overridden, outcomes that were settled by hand: who, when, where, what. The
file is appended to and never read by mscode, holds no personal data, and is on the disk before the decision is carried out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mscode.state.local.files import as_state_error, make_folder, write_synced
from mscode.state.lock_info import run_page, who

if TYPE_CHECKING:
    from mscode.state.records.shape import Decision

FILE = "audit.jsonl"


def audit_line(environment: str, action: str, env: Mapping[str, str] | None = None, **details: Any) -> dict[str, Any]:
    """A decision of now, as JSON. `details` are JSON, without personal data.

    `env` are the process's variables (None: those of this process), by which the CI job is known.
    """
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who(),
        "run": run_page(os.environ if env is None else env),
        "environment": environment,
        "action": action,
        **details,
    }


def write_audit(project_dir: Path, line: Mapping[str, Any]) -> None:
    """Append one decision, durably; StateError where that is not possible."""
    path = project_dir / ".mscode" / FILE
    with as_state_error(f"{path} cannot be written"):
        make_folder(path.parent)
        content = json.dumps(line, ensure_ascii=False).encode() + b"\n"
        write_synced(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, content)


def decision_of(line: Mapping[str, Any]) -> Decision:
    """The same line as the records keep it."""
    from mscode.model.calling_window import format_instant
    from mscode.state.records.shape import Decision

    own_members = ("at", "who", "run", "environment", "action")
    return Decision(
        at=format_instant(datetime.fromisoformat(line["at"])),
        id=uuid4().hex,
        who=line["who"],
        run=line["run"],
        action=line["action"],
        details={name: value for name, value in line.items() if name not in own_members},
    )
