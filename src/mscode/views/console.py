"""Where output goes and what it may hold: colour and characters beyond ASCII only where they are welcome."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO

from mscode.model.ci import in_ci
from mscode.model.privacy import hide_secrets
from mscode.views.plan.segments import Line, Segment, Style, ansi, plain, without_utf8

#: What a CI's runner would take for a command in its log: `::name` at the start of a line, `##[name]` anywhere in it.
_COMMANDS = re.compile(r"(?m)^(?P<start>[^\S\n]*):(?=:)|##(?=\w*\[)")


def wants_colour(stream: IO[str], *, no_color: bool = False) -> bool:
    """--no-color and NO_COLOR forbid it, FORCE_COLOR asks for it; else a terminal has it, but for a dumb one and CI."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_live(stream)


def is_live(stream: IO[str]) -> bool:
    """Is it a terminal that a person looks at, where a line may be drawn anew?"""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not in_ci(os.environ)


def _has_runner() -> bool:
    """Is there a runner that reads what is written?"""
    return in_ci(os.environ) or any(os.environ.get(name) for name in ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"))


def has_utf8(stream: IO[str]) -> bool:
    return _encoding(stream).lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig", "cp65001")


def _encoding(stream: IO[str]) -> str:
    return getattr(stream, "encoding", None) or "ascii"


@dataclass(slots=True)
class Out:
    """stdout carries the result, stderr the talk. A reader that goes away (`| head`) is no error."""

    no_color: bool = False
    #: texts that no output may show; they are known once the manifests are read
    secrets: set[str] = field(default_factory=set)

    def result(self, text: str) -> None:
        """A piece of the result, with its line end."""
        _write(sys.stdout, f"{hide_secrets(text, self.secrets)}\n")

    def document(self, text: str) -> None:
        """A piece of a document, with its line end: for programs, so it is UTF-8 whatever the terminal or locale has."""
        _write(sys.stdout, f"{hide_secrets(text, self.secrets)}\n", is_document=True)

    def write_lines(self, lines: Iterable[Line]) -> None:
        """Styled lines of the result."""
        self._styled(sys.stdout, lines)

    def info(self, text: str, style: Style = "") -> None:
        """A line of talk on stderr."""
        self._styled(sys.stderr, [(Segment(text, style),)])

    def talk_pieces(self, lines: Iterable[Line]) -> None:
        """Styled lines of talk."""
        self._styled(sys.stderr, lines)

    def command(self, text: str) -> None:
        """A line on stderr that the CI's runner shall obey."""
        _write(sys.stderr, f"{text}\n", obeyed=True)

    def command_result(self, text: str) -> None:
        """The same as a piece of the result."""
        _write(sys.stdout, f"{text}\n", obeyed=True, is_document=True)

    def _styled(self, stream: IO[str], lines: Iterable[Line]) -> None:
        safe = self._without_secrets(lines) if self.secrets else lines
        shown = safe if has_utf8(stream) else without_utf8(safe)
        _write(stream, ansi(shown) if wants_colour(stream, no_color=self.no_color) else plain(shown))

    def _without_secrets(self, lines: Iterable[Line]) -> Iterator[Line]:
        """What each view masks by itself is masked here once more, whatever it was that slipped through."""
        for line in lines:
            yield tuple(replace(one, text=hide_secrets(one.text, self.secrets)) for one in line)


def without_commands(text: str) -> str:
    """The text with a space in whatever a CI's runner would obey: names and answers come from outside."""
    return _COMMANDS.sub(lambda m: f"{m['start']}: " if m["start"] is not None else "## ", text)


def _write(stream: IO[str], text: str, *, obeyed: bool = False, is_document: bool = False) -> None:
    """Write and flush; what the stream's encoding lacks is spelled out as `\\xe4`, but a document is UTF-8."""
    encoding = _encoding(stream)
    text = without_commands(text) if _has_runner() and not obeyed else text
    raw = getattr(stream, "buffer", None) if is_document and not has_utf8(stream) else None
    try:
        if raw is not None:
            stream.flush()
            raw.write(text.encode("utf-8", "backslashreplace"))
        else:
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        # Whoever reads it has gone (a pipe, a terminal that was closed), or its disk is full. An apply that ended here would
        # leave its work half done and its lock held: so it goes on in silence, and the command's end tells of a full disk.
        if not isinstance(error, BrokenPipeError) and error.errno not in _GONE:
            lost.append(error.strerror or type(error).__name__)
        _leave(stream)


_GONE = frozenset({errno.EPIPE, errno.EIO, errno.ENXIO, errno.EBADF, errno.ECONNRESET})
#: Why output could not be written, where its reader had not just gone away.
lost: list[str] = []


def _leave(stream: IO[str]) -> None:
    """The reader has gone: what is under way goes on, and nothing is printed to it any more, at exit neither."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, stream.fileno())
        with suppress(OSError):  # what it had buffered goes nowhere, and not to the next flush
            stream.flush()
    finally:
        os.close(devnull)
