"""GitHub's workflow commands: annotations on file and line, and values for `$GITHUB_OUTPUT`.

Outside text stands only where the runner reads it as text: percent, line ends and, in properties, colon and comma are escaped;
a value of an output is closed by a word that nobody can know before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence

from mscode.views.ci.findings import Finding
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.words import count

#: GitHub shows so many annotations of a type and step, and drops the rest.
MOST = 10
_TITLE, _MESSAGE = 200, 4000


def annotation_lines(found: Sequence[Finding]) -> Iterator[str]:
    """A command a line, the worst first; one more says how many there is no room for."""
    left: list[str] = []
    for level in ("error", "warning"):
        of_level = [one for one in found if one.level == level]
        yield from map(_annotation, of_level[:MOST])
        if len(of_level) > MOST:
            left.append(count(len(of_level) - MOST, f"more {level}"))
    if left:
        yield f"::notice title=mscode::{' and '.join(left)}; the text output lists all"


def _annotation(found: Finding) -> str:
    line, column = max(1, found.line), max(1, found.column)
    place = {"file": found.file, "line": str(line), "col": str(column)} if found.file else {}
    properties = place | {"title": escape_unprintable(f"mscode: {found.code}", _TITLE)}
    written = ",".join(f"{key}={_property(escape_unprintable(value))}" for key, value in properties.items())
    message = "\n".join(escape_unprintable(line) for line in found.message.split("\n"))[:_MESSAGE]
    return f"::{found.level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def output_file(values: Mapping[str, str]) -> str:
    """What is appended to `$GITHUB_OUTPUT`; each value between delimiters of its own, made anew each time."""
    return "".join(map(_heredoc, values, values.values()))


def _heredoc(name: str, value: str) -> str:
    delimiter = f"mscode_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{escape_unprintable(value)}\n{delimiter}\n"
