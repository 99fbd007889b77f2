"""Asking a person. An answer may also come through a pipe; where nobody answers, there is none."""

from __future__ import annotations

import io
import os
import select
import sys

import click

from mscode.errors import Interrupted

#: A pipe that holds an answer has it ready; nothing waits for one that may never come.
PATIENCE = 1.0


def read_answer() -> str | None:
    """What is typed now, or stands next in the pipe; None where there is nothing. Interrupted for Ctrl-C."""
    if not sys.stdin.isatty():
        return _piped_line()
    try:
        return str(click.prompt("\n  Enter a value", default="", show_default=False, err=True))
    except click.Abort:
        raise Interrupted("Interrupted; nothing was sent", code="interrupted") from None


def _piped_line() -> str | None:
    try:
        descriptor = sys.stdin.fileno()
    except (io.UnsupportedOperation, ValueError):
        line = sys.stdin.readline()
        return line.strip() if line else None
    return _line_of(descriptor)


def _line_of(descriptor: int) -> str | None:
    """One line, byte by byte, so that the next question finds the next one."""
    line = b""
    while len(line) < 100 and select.select([descriptor], [], [], PATIENCE)[0]:
        byte = os.read(descriptor, 1)
        if byte in (b"", b"\n"):
            return line.decode(errors="replace").strip() if byte or line else None
        line += byte
    return None
