"""Findings as SARIF 2.1.0 for code scanning, and as rdjsonl for reviewdog."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mscode.views.ci.findings import Finding
from mscode.views.text.printable import escape_unprintable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
PROJECT = "mscode.yaml"
#: GitHub takes 25,000 results of a run and shows the worst 5,000; names of rules may have 255 characters.
MOST = 5_000
_ID, _MESSAGE = 255, 4_000
#: GitHub tells two results apart by this one.
FINGERPRINT = "primaryLocationLineHash"


def sarif(found: Sequence[Finding], version: str, fallback: str = PROJECT) -> dict[str, Any]:
    """One run with one result per finding. Results keep their fingerprints when lines move.

    `fallback` is the file for a finding that has none: code scanning refuses a whole report for one result without a place.
    """
    kept = list(found)
    if len(kept) > MOST:
        more = Finding("warning", "more-findings", f"{len(kept) - MOST + 1:,} more findings are not shown here")
        kept = [*kept[: MOST - 1], more]
    codes = {code: at for at, code in enumerate(sorted({_code(one) for one in kept}))}
    seen: Counter[str] = Counter()
    results = []
    for one in kept:
        seen[one.fingerprint] += 1
        results.append(_result(one, codes, seen[one.fingerprint], fallback))
    rules = [{"id": code, "name": _name(code), "shortDescription": {"text": _words(code)}} for code in codes]
    driver = {"name": "mscode", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(found: Finding, codes: Mapping[str, int], occurrence: int, fallback: str) -> dict[str, Any]:
    return {
        "ruleId": _code(found),
        "ruleIndex": codes[_code(found)],
        "level": found.level,
        "message": {"text": _message(found)},
        "locations": [_location(found, fallback)],
        "partialFingerprints": {FINGERPRINT: f"{found.fingerprint}:{occurrence}"},
    }


def _code(found: Finding) -> str:
    return escape_unprintable(found.code or "error", _ID)


def _location(found: Finding, fallback: str) -> dict[str, Any]:
    line, column = (max(1, found.line), max(1, found.column)) if found.file else (1, 1)
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(found.file or fallback), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line, "startColumn": column},
        }
    }
    if found.address:
        location["logicalLocations"] = [
            {"fullyQualifiedName": escape_unprintable(found.address, _ID), "kind": "resource"}
        ]
    return location


def _uri(file: str) -> str:
    """The name of a file as a relative reference; a name that is no text keeps its bytes."""
    try:
        return quote(file.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return quote(file.encode("utf-8", "replace"))


def _message(found: Finding) -> str:
    """Never empty. SARIF makes a link of `[text](target)`; a space keeps it text."""
    text = "\n".join(escape_unprintable(line) for line in found.message.split("\n")).replace(
        "](", "] ("
    ).strip() or _code(found)
    return text if len(text) <= _MESSAGE else f"{text[: _MESSAGE - 1]}…"


def _words(code: str) -> str:
    return escape_unprintable(code).replace("-", " ").replace("](", "] (").capitalize()


def _name(code: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in escape_unprintable(code).split("-"))


def rdjson_lines(found: Sequence[Finding], fallback: str = PROJECT) -> Iterator[str]:
    """One JSON object a line (rdjsonl). reviewdog, too, has no use for what has no place."""
    for one in found:
        start = {"line": max(1, one.line), "column": max(1, one.column)} if one.file else {"line": 1, "column": 1}
        path = (one.file or fallback).encode("utf-8", "replace").decode()
        location = {"path": path, "range": {"start": start}}
        body = {"message": _message(one), "location": location, "severity": one.level.upper()}
        yield json.dumps(body | {"source": {"name": "mscode"}, "code": {"value": one.code}})
