"""Findings as SARIF 2.1.0 for code scanning, and as rdjsonl for reviewdog."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from mscode.model.plurals import count
from mscode.model.project_file import FILE
from mscode.views.ci.findings import Finding, fingerprints
from mscode.views.text.printable import escape_unprintable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: GitHub takes 25,000 results of a run and shows the worst 5,000; names of rules may have 255 characters.
MOST = 5_000
_ID, _MESSAGE = 255, 4_000
#: GitHub distinguishes results by this fingerprint.
FINGERPRINT = "primaryLocationLineHash"


def sarif(findings: Sequence[Finding], version: str, fallback: str = FILE) -> dict[str, Any]:
    """One run with one result per finding. Results keep their fingerprints when lines move.

    `fallback` is the file for a finding that has none: code scanning refuses a whole report for one result without a place.
    """
    reported = list(findings)
    if len(reported) > MOST:
        surplus = len(reported) - MOST + 1
        text = f"{count(surplus, 'more finding')} {'is' if surplus == 1 else 'are'} not shown here"
        more = Finding("warning", "more-findings", text)
        reported = [*reported[: MOST - 1], more]
    codes = {code: at for at, code in enumerate(sorted({_code(finding) for finding in reported}))}
    results: list[dict[str, Any]] = []
    for finding, fingerprint in fingerprints(reported):
        results.append(
            {
                "ruleId": _code(finding),
                "ruleIndex": codes[_code(finding)],
                "level": finding.level,
                "message": {"text": _message(finding)},
                "locations": [_location(finding, fallback)],
                "partialFingerprints": {FINGERPRINT: fingerprint},
                **_fixes(finding),
            }
        )
    rules = [_rule(code) for code in codes]
    driver = {"name": "mscode", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    """What code scanning shows of a rule: what a rule of `mscode checks` looks at, of any other code its words."""
    from mscode.plan.checks.rule import rules

    name = "".join(part[:1].upper() + part[1:] for part in re.split(r"[-/]", escape_unprintable(code)))
    known = rules().get(code) if "/" in code else None
    if known is None:
        description = escape_unprintable(code).replace("-", " ").replace("](", "] (").capitalize()
        return {"id": code, "name": name, "shortDescription": {"text": description}}
    text = f"{known.finds[:1].upper()}{known.finds[1:]}."
    wrong, right = (example.rstrip() for example in (known.wrong, known.right))
    explanation = f"{text}\n\n{known.about}".rstrip() + f"\n\nWrong:\n{wrong}\n\nRight:\n{right}"
    return {"id": code, "name": name, "shortDescription": {"text": text}, "help": {"text": explanation}}


def _code(finding: Finding) -> str:
    """The id of the rule that a finding breaks."""
    return escape_unprintable(finding.code or "error", _ID)


def _location(finding: Finding, fallback: str) -> dict[str, Any]:
    line, column = (max(1, finding.line), max(1, finding.column)) if finding.file else (1, 1)
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(finding.file or fallback), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line, "startColumn": column} | _end(finding),
        }
    }
    if finding.address:
        location["logicalLocations"] = [
            {"fullyQualifiedName": escape_unprintable(finding.address, _ID), "kind": "resource"}
        ]
    return location


def _end(finding: Finding) -> dict[str, int]:
    return {"endLine": finding.end[0], "endColumn": finding.end[1]} if finding.file and finding.end else {}


def _fixes(finding: Finding) -> dict[str, Any]:
    """What to write in the place of the words, where that can be said to the character."""
    if not finding.file or finding.end is None or finding.replacement is None:
        return {}
    region = {"startLine": finding.line, "startColumn": finding.column, **_end(finding)}
    change = {
        "artifactLocation": {"uri": _uri(finding.file), "uriBaseId": "%SRCROOT%"},
        "replacements": [{"deletedRegion": region, "insertedContent": {"text": finding.replacement}}],
    }
    return {"fixes": [{"description": {"text": "Write the suggestion in its place"}, "artifactChanges": [change]}]}


def _uri(file: str) -> str:
    """The name of a file as a relative reference; a name that is not valid UTF-8 keeps its bytes."""
    try:
        return quote(file.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return quote(file.encode("utf-8", "replace"))


def _message(finding: Finding) -> str:
    """Never empty. SARIF makes a link of `[text](target)`; a space keeps it text."""
    text = "\n".join(escape_unprintable(line) for line in finding.message.split("\n")).replace(
        "](", "] ("
    ).strip() or _code(finding)
    return text if len(text) <= _MESSAGE else f"{text[: _MESSAGE - 1]}…"


def rdjson_lines(findings: Sequence[Finding], fallback: str = FILE) -> Iterator[str]:
    """One JSON object a line (rdjsonl). A finding without a file gets `fallback`, as reviewdog needs a place."""
    for finding in findings:
        start = (
            {"line": max(1, finding.line), "column": max(1, finding.column)}
            if finding.file
            else {"line": 1, "column": 1}
        )
        end = {"line": finding.end[0], "column": finding.end[1]} if finding.file and finding.end else None
        reach = {"start": start} | ({"end": end} if end else {})
        path = (finding.file or fallback).encode("utf-8", "replace").decode()
        location = {"path": path, "range": reach}
        body: dict[str, Any] = {
            "message": _message(finding),
            "location": location,
            "severity": "INFO" if finding.level == "note" else finding.level.upper(),
        }
        if end and finding.replacement is not None:
            body["suggestions"] = [{"range": reach, "text": finding.replacement}]
        yield json.dumps(body | {"source": {"name": "mscode"}, "code": {"value": finding.code}})
