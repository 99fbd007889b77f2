"""How tests ended, as every view takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mscode.errors import Diagnostic, Place
from mscode.model.light_dataclass import dataclass

Outcome = Literal["passed", "failed", "error"]


@dataclass(frozen=True, slots=True)
class TestFailure:
    """An expectation that does not hold. `place` is the expectation's, or the step's that ended otherwise; `details` are lines that
    say more (the command's own error).
    """

    expectation: str
    place: Place
    expected: str
    actual: str
    details: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a test ended. `errors` say why it could not be run to its end; it has then no failures."""

    name: str
    place: Place
    environment: str
    failures: Sequence[TestFailure] = ()
    errors: Sequence[Diagnostic] = ()
    seconds: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """In a word."""
        return "error" if self.errors else "failed" if self.failures else "passed"
