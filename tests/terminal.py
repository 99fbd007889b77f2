"""A command as a person runs it: on a terminal, which answers its questions."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PROMPT = b"Enter a value: "


def on_a_terminal(
    folder: Path, words: Sequence[str], variables: Mapping[str, str], *, columns: int = 0, answers: Sequence[str] = ()
) -> tuple[int, str]:
    """Exit code of an mscode command, and what a person sees of it. With 0 `columns`, the terminal tells no width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    # A test runner's COLUMNS would decide the width in the terminal's place.
    kept = {name: text for name, text in variables.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "mscode", *words]
    process = subprocess.Popen(command, cwd=folder, env=kept, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b"".join(_pieces(ours, answers))
    code = process.wait(timeout=60)
    os.close(ours)
    return code, seen.decode().replace("\r\n", "\n")


def _pieces(ours: int, answers: Sequence[str]) -> Iterator[bytes]:
    """What the command prints, until it ends; each question gets the next of the answers."""
    seen, answered = b"", 0
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux's word for the end
            return
        if not piece:
            return
        yield piece
        seen += piece
        if seen.count(PROMPT) > answered:
            os.write(ours, f"{answers[answered]}\n".encode())
            answered += 1
