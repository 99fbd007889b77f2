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
    import gc

    # What a command loads and reads it keeps to its end. To look through it again and again for what could be let go (a hundred
    # thousand people are a tenth of a plan's time) finds nothing.
    gc.set_threshold(50_000, 500, 20)
    code = _run(words)
    _leave_behind(code)
    gc.freeze()  # nor need the interpreter look at its end
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


def _let_pydantic_be_alone() -> None:
    """pydantic would look for plugins among everything that is installed; what a manifest means must not depend on that.

    Even where it may use none, it loads the module that looks, and with it all that reads packages: a tenth of the start of a
    command. So it gets one without plugins. A version of pydantic that asks another module goes by the variable.
    """
    from types import ModuleType

    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    name = "pydantic.plugin._loader"
    if name not in sys.modules and os.environ["PYDANTIC_DISABLE_PLUGINS"] == "1":
        loader = ModuleType(name)
        loader.__dict__["get_plugins"] = tuple
        sys.modules[name] = loader


def _run(words: Sequence[str]) -> int:
    """The exit code of one command line, also where Ctrl-C comes while its modules are loaded."""
    import signal

    _let_pydantic_be_alone()

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
