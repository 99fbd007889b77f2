"""The streams that output goes to, and what it may hold: secrets never, colour and characters beyond ASCII where they are
supported, commands to a CI's runner only on purpose.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import field
from typing import IO

from mscode.model.ci import in_ci
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import hide_secrets
from mscode.views.plan.segments import Line, Segment, Style, ansi, plain, without_utf8
from mscode.views.text.wrap import wrapped

#: What a CI's runner would take for a command in its log: `::name` at the start of a line, `##[name]` anywhere in it.
_COMMANDS = late_pattern(r"(?m)^(?P<start>[^\S\n]*):(?=:)|##(?=\w*\[)")
_COMMANDS_IN_JSON = late_pattern(r"##(?=\w*\[)")


def wants_colour(stream: IO[str], *, no_color: bool = False) -> bool:
    """Is output coloured? --no-color and NO_COLOR forbid it, FORCE_COLOR demands it; else terminals have it, except in CI and dumb
    ones.
    """
    if no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_live(stream)


def is_live(stream: IO[str]) -> bool:
    """Is it a terminal of a person, where a line may be redrawn?"""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not in_ci(os.environ)


def _width_of(stream: IO[str]) -> int:
    """The columns of a person's terminal; 0 where it does not say, and in CI, where nobody sits before it."""
    if in_ci(os.environ):
        return 0
    if (columns := os.environ.get("COLUMNS", "")).isdecimal():
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def has_utf8(stream: IO[str]) -> bool:
    """Is the stream's encoding UTF-8?"""
    return _encoding(stream).lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig", "cp65001")


def _encoding(stream: IO[str]) -> str:
    return getattr(stream, "encoding", None) or "ascii"


@dataclass(slots=True)
class Out:
    """stdout carries results, stderr messages. A reader that closes its end (`| head`) is no error."""

    no_color: bool = False
    #: Texts that no output may show; they are known once the manifests are read.
    secrets: set[str] = field(default_factory=set)
    _terminals: dict[IO[str], bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def result(self, text: str) -> None:
        """A piece of the result, with its line end."""
        self._styled(sys.stdout, [(Segment(line),) for line in text.split("\n")])

    def without_secrets(self, text: str) -> str:
        """A text as it may be written to a file."""
        return hide_secrets(text, self.secrets)

    def document(self, text: str, *, is_json: bool = False, cut_at: str = "", compact: str = "") -> None:
        """A piece of a document, with its line end: for programs, so it is UTF-8 whatever the terminal or locale has. `is_json`:
        its data stays what it is where a CI's runner reads along. `cut_at` and `compact` as of `hide_secrets`."""
        shown = hide_secrets(text, self.secrets, cut_at=cut_at or ("\n" if is_json else ""), compact=compact)
        _write(sys.stdout, f"{quiet_json(shown) if is_json else shown}\n", is_document=True)

    def json(self, text: str) -> None:
        """A document that is JSON, or a line of such."""
        self.document(text, is_json=True)

    def write_lines(self, lines: Iterable[Line]) -> None:
        """Styled lines of the result."""
        self._styled(sys.stdout, lines)

    def info(self, text: str, style: Style = "") -> None:
        """A message on stderr, of one line or several."""
        self._styled(sys.stderr, [(Segment(line, style),) for line in text.split("\n")])

    def talk_pieces(self, lines: Iterable[Line]) -> None:
        """Styled lines on stderr."""
        self._styled(sys.stderr, lines)

    @property
    def message_width(self) -> int:
        """The columns of the terminal that messages go to; 0 where there is none."""
        return _width_of(sys.stderr) if self._is_terminal(sys.stderr) else 0

    def command(self, text: str) -> None:
        """A line on stderr for the CI's runner to obey."""
        _write(sys.stderr, f"{text}\n", obeyed=True)

    def command_result(self, text: str) -> None:
        """A line on stdout for the CI's runner to obey, as part of the result."""
        _write(sys.stdout, f"{text}\n", obeyed=True, is_document=True)

    def _without_secrets(self, lines: list[Line]) -> list[Line]:
        # Most often none has one; then a single look at all of them is enough. No escape goes on over the end of a line, so that
        # what stands in a segment is found in the whole as well.
        whole = "\n".join(segment.text for line in lines for segment in line)
        if hide_secrets(whole, self.secrets) == whole:
            return lines
        return [
            tuple(segment._replace(text=hide_secrets(segment.text, self.secrets)) for segment in line) for line in lines
        ]

    def _styled(self, stream: IO[str], lines: Iterable[Line]) -> None:
        if self.secrets:  # views mask secrets themselves; this catches one that a view has missed
            lines = self._without_secrets(list(lines))
        supported = lines if has_utf8(stream) else without_utf8(lines)
        if self._is_terminal(stream) and (width := _width_of(stream)):
            supported = wrapped(supported, width)
        is_forced = os.environ.get("FORCE_COLOR", "0") not in ("", "0")
        has_colour = (is_forced or self._is_terminal(stream)) and wants_colour(stream, no_color=self.no_color)
        _write(stream, ansi(supported) if has_colour else plain(supported))

    def _is_terminal(self, stream: IO[str]) -> bool:
        """Asked of a stream once: it is a question to the system, and an apply writes a line or two for each object."""
        if stream not in self._terminals:
            self._terminals[stream] = stream.isatty()
        return self._terminals[stream]


def without_commands(text: str) -> str:
    """The text with a space inside each command that a CI's runner would obey: names and responses come from outside."""
    return _COMMANDS.sub(lambda m: f"{m['start']}: " if m["start"] is not None else "## ", text)


def quiet_json(text: str) -> str:
    """JSON with the same data in which a CI's runner finds no command: it looks for `##[name]` anywhere in a log."""
    return _COMMANDS_IN_JSON.sub("\\\\u0023#", text) if "##" in text else text


def _write(stream: IO[str], text: str, *, obeyed: bool = False, is_document: bool = False) -> None:
    """Write and flush. Characters that the encoding lacks are spelled out as `\\xe4`; a document is UTF-8 in any encoding."""
    encoding = _encoding(stream)
    has_runner = in_ci(os.environ) or any(map(os.environ.get, ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")))
    text = without_commands(text) if has_runner and not obeyed else text
    raw = getattr(stream, "buffer", None) if is_document and not has_utf8(stream) else None
    try:
        if raw is not None:
            stream.flush()
            raw.write(text.encode("utf-8", "backslashreplace"))
        else:
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        # The reader has closed its end (a pipe, a terminal), or the disk is full. An apply that ended here would leave its work
        # half done and its lock held: so it goes on without output, and the command's end reports a full disk.
        if not isinstance(error, BrokenPipeError) and error.errno not in _CLOSED:
            lost.append(error.strerror or type(error).__name__)
        _discard_output(stream)


#: Errors of a stream whose reader has closed its end.
_CLOSED = frozenset({errno.EPIPE, errno.EIO, errno.ENXIO, errno.EBADF, errno.ECONNRESET})
#: Reasons why output could not be written, except that its reader had closed its end.
lost: list[str] = []


def _discard_output(stream: IO[str]) -> None:
    """From now on nothing reaches the stream's reader, at exit neither: the command goes on without one."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, stream.fileno())
        with suppress(OSError):  # into devnull, so that no later flush fails
            stream.flush()
    finally:
        os.close(devnull)
