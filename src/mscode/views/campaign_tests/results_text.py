"""The results of tests as pytest prints its own: a letter a test, then everything that does not hold, then the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mscode.errors import Place
from mscode.model.plurals import count
from mscode.views.campaign_tests.results import Outcome, TestFailure, TestResult
from mscode.views.diagnostics import render
from mscode.views.plan.segments import EMPTY, Line, Segment, Style, line
from mscode.views.text.printable import escape_unprintable

_LETTERS: dict[Outcome, tuple[str, Style]] = {"passed": (".", "green"), "failed": ("F", "red"), "error": ("E", "red")}


def file_line(results: Sequence[TestResult]) -> Line:
    """The tests of one file: `tests/invite.test.yaml ..F`."""
    letters = [Segment(*_LETTERS[result.outcome]) for result in results]
    return line(f"{escape_unprintable(results[0].place.file)} ", *letters)


def test_line(result: TestResult) -> Line:
    """One test by its name: `tests/invite.test.yaml: at most three rings each PASSED`."""
    style = _LETTERS[result.outcome][1]
    return line(f"{escape_unprintable(result.place.file)}: {result.name} ", Segment(result.outcome.upper(), style))


def problem_lines(results: Sequence[TestResult]) -> Iterator[Line]:
    """What does not hold, test by test, an empty line before each."""
    for result in results:
        if result.outcome == "passed":
            continue
        yield EMPTY
        word = "FAILED" if result.outcome == "failed" else "ERROR"
        yield line(Segment(word, "red"), " ", Segment(result.name, "bold"), f" ({_where(result.place)})")
        for failure in result.failures:
            yield from _failure_lines(failure)
        for diagnostic in result.errors:
            yield from (line(f"  {text}") for text in render(diagnostic))


def _failure_lines(failure: TestFailure) -> Iterator[Line]:
    yield line(f"  {_where(failure.place)}: {failure.expectation}")
    yield line("    expected: ", Segment(failure.expected, "green"))
    yield line("    actual:   ", Segment(escape_unprintable(failure.actual, 1_000), "red"))
    yield from (line(f"      {escape_unprintable(text, 500)}") for text in failure.details)


def _where(place: Place) -> str:
    return f"{escape_unprintable(place.file)}:{place.line}"


def summary(results: Sequence[TestResult], seconds: float) -> tuple[str, Style]:
    """`2 passed, 1 failed in 0.8 s`, with its colour."""
    counts = Counter(result.outcome for result in results)
    parts = [f"{counts['passed']:,} passed", f"{counts['failed']:,} failed"]
    parts += [count(counts["error"], "error")] if counts["error"] else []
    is_good = not counts["failed"] and not counts["error"]
    return f"{', '.join(parts)} in {seconds:.1f} s", "green" if is_good else "red"
