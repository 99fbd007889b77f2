"""Findings as SARIF 2.1.0 for code scanning, and as rdjsonl for reviewdog."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from mscode.views.findings import Finding
from mscode.views.printable import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: GitHub tells two results apart by this one.
FINGERPRINT = "primaryLocationLineHash"


def sarif(found: Sequence[Finding], version: str) -> dict[str, Any]:
    """One run with one result per finding. Results keep their fingerprints when lines move."""
    codes = sorted({one.code for one in found})
    seen: Counter[str] = Counter()
    results = []
    for one in found:
        seen[one.fingerprint] += 1
        results.append(_result(one, codes.index(one.code), seen[one.fingerprint]))
    rules = [{"id": code, "name": _name(code), "shortDescription": {"text": _words(code)}} for code in codes]
    driver = {"name": "mscode", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(found: Finding, rule: int, occurrence: int) -> dict[str, Any]:
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.level,
        "message": {"text": _message(found)},
        "locations": [_location(found)] if found.file or found.address else [],
        "partialFingerprints": {FINGERPRINT: f"{found.fingerprint}:{occurrence}"},
    }


def _location(found: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if found.file:
        uri = quote(found.file.encode("utf-8", "replace"))
        location["physicalLocation"] = {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": found.line, "startColumn": found.column},
        }
    if found.address:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(found.address), "kind": "resource"}]
    return location


def _message(found: Finding) -> str:
    """SARIF makes a link of `[text](target)`; a space keeps it text."""
    return "\n".join(visible(line) for line in found.message.split("\n")).replace("](", "] (")


def _words(code: str) -> str:
    return visible(code).replace("-", " ").replace("](", "] (").capitalize()


def _name(code: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in visible(code).split("-"))


def rdjson_lines(found: Sequence[Finding]) -> Iterator[str]:
    """One JSON object a line (rdjsonl)."""
    for one in found:
        start = {"line": one.line, "column": one.column}
        location = {"path": one.file, "range": {"start": start}} if one.file else {"path": ""}
        body = {"message": _message(one), "location": location, "severity": one.level.upper()}
        yield json.dumps(body | {"source": {"name": "mscode"}, "code": {"value": one.code}})
