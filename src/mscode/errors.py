"""Every error mscode raises on purpose, and the diagnostics that carry a place.

Each with its exit code:

MscodeError                 1   the root
├── UsageError              64  the command line is wrong
├── ManifestError           1   one or more diagnostics of manifests or mscode.yaml
├── PlanError               1   the plan cannot be made: diagnostics that name addresses and ids
├── ConfigError             1   environment, URL, token
├── StateError              1   the state document cannot be read, or belongs to something else
│   └── LockedError         4   another run holds the lock
├── GuardError              5   refused by a guard
├── PartlyDone              6   one step did a part of what it should, and says which
├── StaleError              1   the object is no longer the one that was planned
├── StalePlan               3   a saved plan is no longer what would be done, or was never made so
├── ApiError                1   a request failed
│   ├── NotSent             1   nothing reached the service
│   │   └── Stopped         1   since the run was stopped (http/outcome.py)
│   ├── Rejected            1   the service refused, nothing was done
│   │   └── RateLimited     1   with 429 (http/outcome.py)
│   ├── UnknownOutcome      7   it cannot be said whether it was done
│   └── Unanswered          1   the forge gave no answer (forge/comments.py)
├── UnfitError              1   a live object cannot be halted by a PUT of what was read (engine/halting.py)
└── Interrupted             130 Ctrl-C or SIGTERM
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Literal

from mscode.model.light_dataclass import dataclass

Severity = Literal["error", "warning"]
#: The code of a warning of a row that is left out of a list. There may be a hundred thousand: people are shown a few.
ROW_LEFT_OUT = "row-left-out"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the project's files: `file` relative to the project (posix), line and column from 1, and that line's text.

    `text` may be cut and masked; `caret` is where in it the column is, from 1 (0: at `column`).
    """

    file: str
    line: int = 1
    column: int = 1
    text: str = field(default="", compare=False)
    caret: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message for a person: what (`summary`), where (`place`, `address`), what is wrong (`detail`), what to do (`hint`).

    `code` is a stable slug for programs (`unknown-field`, `bad-phone`, …).
    """

    summary: str
    place: Place | None = None
    detail: str = ""
    hint: str = ""
    severity: Severity = "error"
    code: str = "error"
    address: str = ""

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, and without one by address; what has no place comes first."""
        place = self.place or Place("", 0, 0)
        return (place.file, place.line, place.column, self.address, self.summary)


class MscodeError(Exception):
    """The root. `diagnostics` is never empty; their texts are the message for a person."""

    exit_code = 1
    #: certainly the request was not carried out
    unsent = False

    def __init__(
        self, summary: str | Sequence[Diagnostic], *, detail: str = "", hint: str = "", code: str = "error"
    ) -> None:
        if isinstance(summary, str):
            summary = [Diagnostic(summary, detail=detail, hint=hint, code=code)]
        self.diagnostics: tuple[Diagnostic, ...] = tuple(summary)
        super().__init__("; ".join(d.summary for d in self.diagnostics))


class UsageError(MscodeError):
    """The command line is wrong."""

    exit_code = 64


class ManifestError(MscodeError):
    """Manifests or mscode.yaml cannot be used; every diagnostic has its place."""


class PlanError(MscodeError):
    """The plan cannot be made without a person's decision."""


class ConfigError(MscodeError):
    """Environment, URL or token cannot be used."""


class StateError(MscodeError):
    """The state document cannot be read, written, or belongs to something else."""


class LockedError(StateError):
    """Another run holds the lock of this environment's state."""

    exit_code = 4


class GuardError(MscodeError):
    """Refused by a guard or a protection."""

    exit_code = 5


class PartlyDone(MscodeError):
    """A step of many parts did some of them; its diagnostics say which."""

    exit_code = 6


class StaleError(MscodeError):
    """The live object is not the one that was planned."""


class StalePlan(MscodeError):
    """A saved plan that must not be applied: what it was made of has changed, it has expired, or it was edited."""

    exit_code = 3


class ApiError(MscodeError):
    """A request failed. `status` is the HTTP status, or 0 when there was no answer.

    Never carries the token; the service's message is cut and masked (http/error_text.py).
    """

    def __init__(self, summary: str, *, status: int = 0, detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint, code="api")
        self.status = status


class NotSent(ApiError):
    """Nothing reached the service: refused connection, DNS, TLS."""

    unsent = True


class Rejected(ApiError):
    """The service refused, and nothing was done."""

    unsent = True


class UnknownOutcome(ApiError):
    """It cannot be said whether it was done: a time-out, a broken connection, a 5xx, an answer without an id."""

    exit_code = 7


class Interrupted(MscodeError):
    """Ctrl-C or SIGTERM."""

    exit_code = 130


class EndedBySignal(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP, as the handlers of mscode raise it.

    A type of its own, because of CPython: a plain KeyboardInterrupt that comes while a module is imported that makes a dataclass
    is remembered although it is handled, and in the end kills the process by SIGINT in place of the exit code.
    """


EXIT_ORDER = (130, 64, 7, 6, 4, 3, 5, 1, 2, 0)


def worst(*codes: int) -> int:
    """Where several exit codes hold, the first of 130, 64, 7, 6, 4, 3, 5, 1, 2, 0."""
    return min(codes, key=EXIT_ORDER.index, default=0)


def type_and_place(error: BaseException) -> str:
    """An exception's type and where it was raised, like `KeyError in mscode.plan.events, line 12`. Its text, which may quote
    people's data, is no part of it.
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f" in {last.tb_frame.f_globals.get('__name__')}, line {last.tb_lineno}" if last else ""
    return f"{type(error).__name__}{place}"
