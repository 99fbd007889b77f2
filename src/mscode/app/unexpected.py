"""What is said of an exception that no command has its own message for: a refusal of the system, or a bug."""

from __future__ import annotations

import os

from mscode import __version__
from mscode.errors import MscodeError, type_and_place


def unexpected(error: Exception) -> MscodeError:
    """The error that stands for this exception; with MSCODE_DEBUG=1 its traceback goes to stderr."""
    if os.environ.get("MSCODE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return _system(error) if isinstance(error, OSError) else _internal(error)


def _system(error: OSError) -> MscodeError:
    """The system refused an operation for which no command has its own message: on a folder, a file, a full disk."""
    event = f"{error.filename} cannot be used" if error.filename else "The system refused a file operation"
    summary = f"{event}: {error.strerror or type(error).__name__}"
    hint = "Look at the permissions of the folder, and at the room on its disk; then run it again."
    return MscodeError(summary, hint=hint, code="system")


def _internal(error: Exception) -> MscodeError:
    """A bug of mscode. The exception's text may quote people's data, so only its type and place are shown."""
    summary = f"internal error ({type_and_place(error)}), a bug of mscode {__version__}; please report it"
    return MscodeError(summary, hint="MSCODE_DEBUG=1 shows where it comes from.")
