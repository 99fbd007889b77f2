"""The command line. Importing this package is cheap on purpose: `mscode --version` pays for nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


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
    from mscode.cli.app import run

    sys.exit(run(words))
