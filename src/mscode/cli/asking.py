"""Reading a person's answer, which may also come through a pipe; None where nobody answers."""

from __future__ import annotations

import io
import os
import select
import sys

import click

from mscode.errors import Interrupted

#: Seconds to wait for a pipe. One that holds an answer has it ready; a longer wait could last for ever.
PATIENCE = 1.0


def read_answer() -> str | None:
    """The answer that is typed now, or the next line of the pipe; None where there is none. Interrupted for Ctrl-C."""
    if not sys.stdin.isatty():
        try:
            descriptor = sys.stdin.fileno()
        except (io.UnsupportedOperation, ValueError):
            line = sys.stdin.readline()
            return line.strip() if line else None
        return _piped_line(descriptor)
    try:
        return str(click.prompt("\n  Enter a value", default="", show_default=False, err=True))
    except click.Abort:
        raise Interrupted("Interrupted; nothing was sent", code="interrupted") from None


def _piped_line(descriptor: int) -> str | None:
    """One line, read byte by byte: buffering would take the answer to the next question too."""
    line = b""
    while len(line) < 100 and select.select([descriptor], [], [], PATIENCE)[0]:
        byte = os.read(descriptor, 1)
        if byte in (b"", b"\n"):
            return line.decode(errors="replace").strip() if byte or line else None
        line += byte
    return None
