"""Reading a person's answer, which may also come through a pipe; None where nobody answers."""

from __future__ import annotations

import io
import os
import select
import sys

import click

from mscode.app.invocation import Invocation
from mscode.errors import Interrupted

#: Bytes of a piped line at most; an e-mail address has 254 characters.
_LONGEST = 400
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


def read_person(inv: Invocation) -> str | None:
    """The number or e-mail address of a person, asked for on a terminal (not with --no-input), else the first line of the pipe;
    None where there is none."""
    if sys.stdin.isatty():
        if inv.no_input:
            return None
        inv.out.info("Phone number or e-mail address of the person:")
    return read_answer()


def _piped_line(descriptor: int) -> str | None:
    """One line, read byte by byte: buffering would take the answer to the next question too."""
    line = b""
    while len(line) < _LONGEST and select.select([descriptor], [], [], PATIENCE)[0]:
        byte = os.read(descriptor, 1)
        if byte in (b"", b"\n"):
            return line.decode(errors="replace").strip() if byte or line else None
        line += byte
    return None
