"""What was found, as the tools of a review take it: a level, a place relative to the repository, a message of a few lines."""

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
        return "\n".join((self.title, *self.details))


def findings_of(
    found: Iterable[Diagnostic], folder: str = "", elsewhere: Mapping[str, str] | None = None
) -> list[Finding]:
    """Diagnostics as findings, errors first; `folder` is the project's, relative to the repository ("" for its root).

    `elsewhere`: files that are not named as seen from that folder, with their paths in the repository ("" outside of it).
    """
    # The name as it is: a tool looks for that file, and makes what is odd in it visible itself.
    return ordered(
        [finding_of(to_json(one) | {"file": one.place.file if one.place else None}, folder, elsewhere) for one in found]
    )


def findings_of_plan(data: Data, folder: str = "", elsewhere: Mapping[str, str] | None = None) -> list[Finding]:
    """Those of a plan's JSON: its errors, or its warnings and what its guards say; errors first."""
    found = [finding_of(one, folder, elsewhere) for one in items(data, "diagnostics")]
    places = {text(one, "address"): mapping(one, "source") for one in items(data, "resource_changes")}
    found += [_of_check(one, places, folder) for one in items(data, "checks") if one.get("status") in ("fail", "warn")]
    return ordered(found)


def finding_of(diagnostic: Mapping[str, Any], folder: str, elsewhere: Mapping[str, str] | None = None) -> Finding:
    """One diagnostic in its JSON form."""
    details = (text(diagnostic, "detail"), text(diagnostic, "hint"))
    return _placed(
        Finding(
            level="error" if diagnostic.get("severity") == "error" else "warning",
            code=text(diagnostic, "code") or "error",
            title=text(diagnostic, "summary"),
            details=tuple(one for one in details if one),
            address=text(diagnostic, "address"),
        ),
        diagnostic,
        folder,
        elsewhere or {},
    )


def _of_check(check: Data, places: Mapping[str, Data], folder: str) -> Finding:
    """A guard's verdict, at the first object that it concerns."""
    refuses = check.get("status") == "fail"
    address = next(iter(texts(check, "addresses")), "")
    found = Finding(
        level="error" if refuses else "warning",
        code=text(check, "name"),
        title=f"Guard {text(check, 'name')} {'refuses this plan' if refuses else 'warns'}: {text(check, 'message')}",
        details=(text(check, "reason"),) if check.get("reason") else (),
        address=address,
    )
    return _placed(found, places.get(address, {}), folder, {})


def _placed(found: Finding, place: Data, folder: str, elsewhere: Mapping[str, str]) -> Finding:
    file = text(place, "file")
    if not file:
        return replace(found, fingerprint=_fingerprint(found))
    line, column = (max(1, number(place, name) or 1) for name in ("line", "column"))
    where = elsewhere.get(file, posixpath.normpath(posixpath.join(folder, file)))
    if not where or where.startswith(("/", "../")):  # a tool knows no file outside of the repository
        found = replace(found, details=(*found.details, f"in {file} line {line}, column {column}"))
        return replace(found, fingerprint=_fingerprint(found))
    found = replace(found, file=where, line=line, column=column)
    return replace(found, fingerprint=_fingerprint(found))


def _fingerprint(found: Finding) -> str:
    title = _PLACES.sub(r"\1", found.title)
    parts = "\x00".join((found.code, found.address or found.file, title))
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:32]


def ordered(found: Sequence[Finding]) -> list[Finding]:
    """Errors first, then by place."""
    return sorted(found, key=lambda one: (one.level != "error", one.file, one.line, one.column, one.title))
