"""Findings for review tools: a level, a place relative to the repository, a message of a few lines."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from mscode.errors import Diagnostic
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import Region
from mscode.views.diagnostics import to_json
from mscode.views.plan.reading import Data, items, mapping, number, text, texts
from mscode.views.text.findings import guards_in, shown_data

Level = Literal["error", "warning", "note"]
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
    #: where the words end (line, column from 1; the column behind the last one), and what to write in their place
    end: tuple[int, int] | None = None
    replacement: str | None = None

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
        _guard_finding(check, places, folder) for check in guards_in(data) if check.get("status") in ("fail", "warn")
    ]
    shown, sentences = shown_data(data)
    findings += [finding for check in shown if (finding := finding_of_check(check, folder)) is not None]
    findings += allowed_of(shown, folder)
    findings += [Finding("warning", "checks", sentence) for sentence in sentences if "more" in sentence]
    return ordered(findings)


def finding_of_check(check: Data, folder: str, region: Region | None = None) -> Finding | None:
    """A finding of a rule in its JSON form; None where nothing is to be done about it. `region` says where its words end."""
    status = text(check, "status")
    if status not in ("fail", "warn"):
        return None
    suggestion = " ".join(text(check, "suggestion").split())
    details = (
        text(check, "hint"),
        f"Suggestion: {suggestion}" if suggestion else "",
        text(check, "reason"),
    )
    finding = _placed(
        Finding(
            level="error" if status == "fail" else "warning",
            code=text(check, "name"),
            title=text(check, "message"),
            details=tuple(detail for detail in details if detail),
            address=next(iter(texts(check, "addresses")), ""),
        ),
        mapping(check, "source"),
        folder,
        {},
    )
    if region is None or not finding.file or (region.end_line, region.end_column) == (finding.line, finding.column):
        return finding
    suggested = text(check, "suggestion")
    replacement = region.written(suggested) if suggested else None
    return replace(finding, end=(region.end_line, region.end_column), replacement=replacement)


def allowed_of(checks: Iterable[Data], folder: str) -> list[Finding]:
    """The findings that a comment allows and that would refuse without it, each with its reason."""
    return [
        _placed(
            Finding(
                "note", text(check, "name"), text(check, "message"), (f"Allowed: {text(check, 'reason')}",),
                address=next(iter(texts(check, "addresses")), ""),
            ),
            mapping(check, "source"),
            folder,
            {},
        )
        for check in checks
        if check.get("status") == "allowed" and check.get("denies") is True
    ]  # fmt: skip


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


def fingerprints(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each with its fingerprint, numbered among equal ones: a tool takes two findings with the same one for one."""
    occurrences: Counter[str] = Counter()
    for finding in findings:
        occurrences[finding.fingerprint] += 1
        yield finding, f"{finding.fingerprint}:{occurrences[finding.fingerprint]}"


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first, then by place."""
    return sorted(
        findings,
        key=lambda finding: (
            ("error", "warning", "note").index(finding.level),
            finding.file,
            finding.line,
            finding.column,
            finding.title,
        ),
    )
