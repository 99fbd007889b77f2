"""Where the log goes: repeats of requests to stderr always, each request with `--verbose` or MSCODE_LOG=debug.

MSCODE_LOG_PATH names a file that takes the log in place of stderr. The file is its owner's alone (mode 0600).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import IO

from mscode.app.invocation import Invocation
from mscode.model.privacy import hide_secrets
from mscode.views.console import Out

LEVEL, PATH = "MSCODE_LOG", "MSCODE_LOG_PATH"


@contextmanager
def logging_to(inv: Invocation) -> Iterator[None]:
    """Send the log of this block where the options and variables say. What is wrong with them is a warning, never an error: a log
    must not keep a campaign from being halted.
    """
    logger = logging.getLogger("mscode")
    level, wanted = logger.level, inv.variables.get(LEVEL, "").strip().lower()
    is_debug = inv.verbose or wanted == "debug"
    if wanted not in ("", "debug"):
        inv.out.info(f"{LEVEL} can only be debug; there is no log.", "yellow")
    with ExitStack() as stack:
        handlers: list[logging.Handler] = [_ScreenHandler(inv.out)]
        if is_debug and (file := _opened(inv, stack)) is not None:
            handlers[0].setLevel(logging.WARNING)
            handlers.append(_FileHandler(file, inv.out))
        logger.setLevel(logging.DEBUG if is_debug else logging.WARNING)
        for handler in handlers:
            logger.addHandler(handler)
        try:
            yield
        finally:
            logger.setLevel(level)
            for handler in handlers:
                logger.removeHandler(handler)


def _opened(inv: Invocation, stack: ExitStack) -> IO[str] | None:
    """The file of MSCODE_LOG_PATH, to append to; None where there is none, or it cannot be written."""
    path = inv.variables.get(PATH, "")
    if not path:
        return None
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return stack.enter_context(os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no name of a file"
        inv.out.info(f"{PATH} cannot be written ({reason}); the log goes to stderr.", "yellow")
        return None


class _ScreenHandler(logging.Handler):
    """Lines on stderr. `Out` keeps secrets out of them."""

    def __init__(self, out: Out) -> None:
        super().__init__()
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        self._out.info(record.getMessage(), "yellow" if record.levelno >= logging.WARNING else "dim")


class _FileHandler(logging.Handler):
    """Lines in a file, with their time in UTC and their level."""

    def __init__(self, file: IO[str], out: Out) -> None:
        super().__init__()
        self._file, self._out = file, out

    def emit(self, record: logging.LogRecord) -> None:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = hide_secrets(record.getMessage(), self._out.secrets)
        try:
            self._file.write(f"{time} {record.levelname} {text}\n")
            self._file.flush()
        except OSError:
            return  # a full disk must not end an apply
