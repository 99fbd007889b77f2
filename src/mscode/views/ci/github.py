"""GitHub's workflow commands: annotations on file and line, and values for `$GITHUB_OUTPUT`.

Outside text stands only where the runner reads it as text: percent, line ends and, in properties, colon and comma are escaped;
a value of an output ends at a random delimiter, which no value can contain on purpose.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence

from mscode.model.plurals import count
from mscode.views.ci.findings import Finding
from mscode.views.text.printable import escape_unprintable

#: GitHub shows so many annotations of a type and step, and drops the rest.
MOST = 10
_TITLE, _MESSAGE = 200, 4000


def annotation_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """A command a line, the worst first; one more says how many there is no room for."""
    omissions: list[str] = []
    for level in ("error", "warning", "note"):
        of_level = [finding for finding in findings if finding.level == level]
        yield from map(_annotation, of_level[:MOST])
        if len(of_level) > MOST:
            omissions.append(count(len(of_level) - MOST, f"more {level}"))
    if omissions:
        yield f"::notice title=mscode::{' and '.join(omissions)}; the text output lists all"


def _annotation(finding: Finding) -> str:
    line, column = max(1, finding.line), max(1, finding.column)
    place = {"file": finding.file, "line": str(line), "col": str(column)} if finding.file else {}
    properties = place | {"title": escape_unprintable(f"mscode: {finding.code}", _TITLE)}
    encoded = ",".join(
        f"{key}={_escape_data(escape_unprintable(value)).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in properties.items()
    )
    message = "\n".join(escape_unprintable(line) for line in finding.message.split("\n"))[:_MESSAGE]
    command = "notice" if finding.level == "note" else finding.level
    return f"::{command} {encoded}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    """The text with what would end a workflow command, or begin one, escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")


def output_file(values: Mapping[str, str]) -> str:
    """What is appended to `$GITHUB_OUTPUT`; each value has a random delimiter, so that no value can end early."""
    parts = []
    for name, value in values.items():
        delimiter = f"mscode_{secrets.token_hex(16)}"
        parts.append(f"{name}<<{delimiter}\n{escape_unprintable(value)}\n{delimiter}\n")
    return "".join(parts)
