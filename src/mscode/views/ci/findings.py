"""Findings for review tools: a level, a place relative to the repository, a message of a few lines."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mscode.errors import Diagnostic
from mscode.views.diagnostics import to_json
from mscode.views.plan.reading import Data, items, mapping, number, text, texts

Level = Literal["error", "warning"]
_PLACES = re.compile(r"\b(line|column|Zeile) \d+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning. `title` is one line, `details` are further ones; `file` is "" where it has no place.

    Line and column count from 1. `fingerprint` stays the same when lines move: it is made of code, object and title.
    """

    level: Level
    code: str
    title: str
    details: tuple[str, ...] = ()
    file: str = ""
    line: int = 1
    column: int = 1
    address: str = ""
    fingerprint: str = ""

    @property
    def message(self) -> str:
        """Title and details, a line each."""
        return "\n".join((self.title, *self.details))


def findings_of(
    diagnostics: Iterable[Diagnostic], folder: str = "", elsewhere: Mapping[str, str] | None = None
) -> list[Finding]:
    """Diagnostics as findings, errors first; `folder` is the project's, relative to the repository ("" for its root).

    `elsewhere`: files that are not named as seen from that folder, with their paths in the repository ("" outside of it).
    """
    # The file's name unescaped: a tool opens that file, and shows unprintable characters its own way.
    findings = []
    for diagnostic in diagnostics:
        file = diagnostic.place.file if diagnostic.place else None
        findings.append(finding_of(to_json(diagnostic) | {"file": file}, folder, elsewhere))
    return ordered(findings)


def findings_of_plan(data: Data, folder: str = "", elsewhere: Mapping[str, str] | None = None) -> list[Finding]:
    """Those of a plan's JSON: its errors, or its warnings and what its guards say; errors first."""
    findings = [finding_of(diagnostic, folder, elsewhere) for diagnostic in items(data, "diagnostics")]
    places = {text(change, "address"): mapping(change, "source") for change in items(data, "resource_changes")}
    findings += [
        _guard_finding(check, places, folder)
        for check in items(data, "checks")
        if check.get("status") in ("fail", "warn")
    ]
    return ordered(findings)


def finding_of(diagnostic: Mapping[str, Any], folder: str, elsewhere: Mapping[str, str] | None = None) -> Finding:
    """One diagnostic in its JSON form."""
    details = (text(diagnostic, "detail"), text(diagnostic, "hint"))
    return _placed(
        Finding(
            level="error" if diagnostic.get("severity") == "error" else "warning",
            code=text(diagnostic, "code") or "error",
            title=text(diagnostic, "summary"),
            details=tuple(detail for detail in details if detail),
            address=text(diagnostic, "address"),
        ),
        diagnostic,
        folder,
        elsewhere or {},
    )


def _guard_finding(check: Data, places: Mapping[str, Data], folder: str) -> Finding:
    """A guard's verdict, at the first object that it concerns."""
    refuses = check.get("status") == "fail"
    address = next(iter(texts(check, "addresses")), "")
    finding = Finding(
        level="error" if refuses else "warning",
        code=text(check, "name"),
        title=f"Guard {text(check, 'name')} {'refuses this plan' if refuses else 'warns'}: {text(check, 'message')}",
        details=(text(check, "reason"),) if check.get("reason") else (),
        address=address,
    )
    return _placed(finding, places.get(address, {}), folder, {})


def _placed(finding: Finding, place: Data, folder: str, elsewhere: Mapping[str, str]) -> Finding:
    """The finding with its place in the repository and its fingerprint; a place outside goes into its details."""
    file = text(place, "file")
    if not file:
        return replace(finding, fingerprint=_fingerprint(finding))
    line, column = (max(1, number(place, name) or 1) for name in ("line", "column"))
    where = elsewhere.get(file, posixpath.normpath(posixpath.join(folder, file)))
    if not where or where.startswith(("/", "../")):  # a tool knows no file outside of the repository
        finding = replace(finding, details=(*finding.details, f"in {file} line {line}, column {column}"))
        return replace(finding, fingerprint=_fingerprint(finding))
    finding = replace(finding, file=where, line=line, column=column)
    return replace(finding, fingerprint=_fingerprint(finding))


def _fingerprint(finding: Finding) -> str:
    title = _PLACES.sub(r"\1", finding.title)
    parts = "\x00".join((finding.code, finding.address or finding.file, title))
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:32]


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first, then by place."""
    return sorted(
        findings,
        key=lambda finding: (finding.level != "error", finding.file, finding.line, finding.column, finding.title),
    )
