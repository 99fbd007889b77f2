"""The results of tests as `mscode test --json` prints them, member by member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from typing_extensions import TypedDict

from mscode import __version__
from mscode.errors import Place
from mscode.views.campaign_tests.results import TestFailure, TestResult
from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.diagnostics import to_json
from mscode.views.json_schema import about
from mscode.views.text.printable import escape_unprintable


class TestPlaceJson(TypedDict):
    """A place in a file of tests."""

    file: Annotated[str, about("Its path in the project.")]
    line: Annotated[int, about("From 1.")]
    column: Annotated[int, about("From 1.")]


class TestFailureJson(TypedDict):
    """An expectation that does not hold."""

    expectation: Annotated[
        str, about("Its path in the test, like expect.rings.total; `do` where a command ended otherwise.")
    ]
    expected: Annotated[str, about("What was expected, in words.")]
    actual: Annotated[str, about("What there is: times and counts, nobody's number.")]
    details: Annotated[list[str], about("What a command said of its end.")]
    source: TestPlaceJson


class TestResultJson(TypedDict):
    """How a test ended."""

    name: str
    environment: Annotated[str, about("The environment whose settings held; nothing was sent to it.")]
    outcome: Annotated[Literal["passed", "failed", "error"], about("error: it could not be run to its end.")]
    seconds: Annotated[float, about("How long it took.")]
    failures: list[TestFailureJson]
    diagnostics: Annotated[list[DiagnosticJson], about("Why it could not be run to its end.")]
    source: TestPlaceJson


class TestsJson(TypedDict):
    """What `mscode test --json` prints."""

    format_version: Literal["1.0"]
    mscode_version: str
    passed: int
    failed: int
    errors: int
    seconds: Annotated[float, about("How long all of them took.")]
    tests: list[TestResultJson]


def results_json(results: Sequence[TestResult], seconds: float) -> TestsJson:
    """Counts, and each test with what does not hold."""
    counts = Counter(result.outcome for result in results)
    return {
        "format_version": "1.0",
        "mscode_version": __version__,
        "passed": counts["passed"],
        "failed": counts["failed"],
        "errors": counts["error"],
        "seconds": round(seconds, 3),
        "tests": [_result(result) for result in results],
    }


def _result(result: TestResult) -> TestResultJson:
    return {
        "name": result.name,
        "environment": result.environment,
        "outcome": result.outcome,
        "seconds": round(result.seconds, 3),
        "failures": [_failure(failure) for failure in result.failures],
        "diagnostics": [to_json(diagnostic) for diagnostic in result.errors],
        "source": _place(result.place),
    }


def _failure(failure: TestFailure) -> TestFailureJson:
    return {
        "expectation": failure.expectation,
        "expected": failure.expected,
        "actual": failure.actual,
        "details": [escape_unprintable(line) for line in failure.details],
        "source": _place(failure.place),
    }


def _place(place: Place) -> TestPlaceJson:
    return {"file": escape_unprintable(place.file), "line": place.line, "column": place.column}
