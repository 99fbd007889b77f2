"""The command line. Importing this package is cheap on purpose: `mscode --version` pays for nothing else."""

from __future__ import annotations

import os
import sys

# As `typing` has it for type checkers; to import that module would take longer than all the rest of `mscode --version`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: runs one command and exits with its code. `arguments` are those of the process when left out."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words in (["--version"], ["-V"], ["version"]):
        from mscode import __version__

        print(f"mscode {__version__}")
        return
    if instruction := os.environ.get("_MSCODE_COMPLETE"):
        from mscode.cli.completing import answer

        sys.exit(answer(instruction))
    code = _run(words)
    _leave_behind(code)
    sys.exit(code)


def _leave_behind(code: int) -> None:
    """End the process at once where `fleet halt` has given up a thread that may never end, such as one that looks up a host: the
    interpreter would wait for it.
    """
    halting = sys.modules.get("mscode.app.fleet.halt")
    if halting is not None and halting.left_behind:
        from contextlib import suppress

        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _run(words: Sequence[str]) -> int:
    """The exit code of one command line, also where Ctrl-C comes while its modules are loaded."""
    import signal

    # pydantic would look for plugins among everything that is installed; what a manifest means must not depend on that.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

    from mscode.errors import EndedBySignal, Interrupted

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise EndedBySignal

    if (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # else the caller wants none, as of a job of a script
        signal.signal(signal.SIGINT, interrupt)
    try:
        from mscode.cli.app import run

        return run(words)
    except EndedBySignal:
        print("\nInterrupted.", file=sys.stderr)
        return Interrupted.exit_code
