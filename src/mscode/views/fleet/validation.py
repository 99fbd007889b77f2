"""What `mscode fleet validate` prints for programs, and its lines for people."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from mscode.model.plurals import count
from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.text.printable import escape_unprintable


class FleetProjectValidationJson(TypedDict):
    """One project; `report` is what `mscode validate --json` prints of it."""

    path: str
    project: str
    environment: str
    exit_code: int
    report: dict[str, Any]


class FleetValidationJson(TypedDict):
    """All projects; `diagnostics` are errors of several together, and of fleet.yaml."""

    format_version: str
    fleet: str
    valid: bool
    exit_code: int
    projects: list[FleetProjectValidationJson]
    diagnostics: list[DiagnosticJson]


def progress_line(path: str, exit_code: int, objects: int, done: int, of: int) -> str:
    """`[3/12] clients/aurora: valid (4 objects)`"""
    result = f"valid ({count(objects, 'object')})" if exit_code == 0 else f"not valid (exit code {exit_code})"
    return f"[{done}/{of}] {escape_unprintable(path)}: {result}"


def total_line(valid: int, of: int) -> str:
    """The last line."""
    if valid == of:
        return f"Success! {count(of, 'project')} {'is' if of == 1 else 'are'} valid."
    return f"{of - valid} of {count(of, 'project')} {'is' if of - valid == 1 else 'are'} not valid."
