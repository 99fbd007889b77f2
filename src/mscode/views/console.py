"""Where output goes and what it may hold: colour and characters beyond ASCII only where they are welcome."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

Piece = tuple[str, str]
_CODES = {"bold": "1", "green": "32", "yellow": "33", "red": "31", "cyan": "36", "dim": "2", "magenta": "35"}


def wants_colour(stream: IO[str], *, no_color: bool) -> bool:
    """--no-color and NO_COLOR forbid it, FORCE_COLOR asks for it, else a terminal that is no dumb one has it."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def has_utf8(stream: IO[str]) -> bool:
    return (getattr(stream, "encoding", "") or "").lower().replace("-", "") in ("utf8", "utf8sig")


@dataclass(slots=True)
class Out:
    """stdout carries the result, stderr the talk. A reader that goes away (`| head`) is no error."""

    no_color: bool = False

    def result(self, text: str) -> None:
        """A piece of the result, with its line end."""
        _write(sys.stdout, f"{text}\n")

    def pieces(self, lines: Iterable[list[Piece]]) -> None:
        """Styled lines: pieces of (style, text)."""
        colour = wants_colour(sys.stdout, no_color=self.no_color)
        for line in lines:
            self.result("".join(_styled(style, text) if colour and style else text for style, text in line))

    def talk(self, text: str, style: str = "") -> None:
        """A line of talk on stderr."""
        colour = style and wants_colour(sys.stderr, no_color=self.no_color)
        _write(sys.stderr, f"{_styled(style, text) if colour else text}\n")


def _styled(style: str, text: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def _write(stream: IO[str], text: str) -> None:
    if not has_utf8(stream):
        text = text.replace("☎", "(!)").replace("•••", "...")
        text = text.encode(stream.encoding or "ascii", "replace").decode(stream.encoding or "ascii")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The reader has gone; what is under way goes on, and nothing is printed any more.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
        os.close(devnull)
