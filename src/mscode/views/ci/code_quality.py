"""Findings as GitLab reads them: a Code Quality report, which a merge request shows beside the lines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from mscode.views.ci.findings import Finding, fingerprints
from mscode.views.text.printable import escape_unprintable

_SEVERITIES = {"error": "blocker", "warning": "minor", "note": "info"}
_MESSAGE, _ID = 4_000, 255


def code_quality(findings: Sequence[Finding], fallback: str) -> list[dict[str, Any]]:
    """One object a finding. One without a file gets `fallback`, since GitLab drops what has no place."""
    rows = []
    for finding, fingerprint in fingerprints(findings):
        description = escape_unprintable(" ".join(finding.message.split()))[:_MESSAGE]
        rows.append(
            {
                "description": description or finding.code,
                "check_name": escape_unprintable(finding.code or "error", _ID),
                "fingerprint": hashlib.sha256(fingerprint.encode("utf-8", "replace")).hexdigest(),
                "severity": _SEVERITIES[finding.level],
                "location": {
                    "path": (finding.file or fallback).encode("utf-8", "replace").decode(),
                    "lines": {"begin": max(1, finding.line) if finding.file else 1},
                },
            }
        )
    return rows
