"""The results of tests as JUnit XML, which CI systems and their dashboards read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from mscode.errors import Diagnostic, Place
from mscode.views.campaign_tests.results import TestFailure, TestResult
from mscode.views.diagnostics import render
from mscode.views.text.printable import escape_unprintable

#: What XML 1.0 cannot hold, not even as a reference.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(results: Sequence[TestResult], seconds: float) -> bytes:
    """One suite for each file of tests, in UTF-8."""
    root = ET.Element("testsuites", {"name": "mscode", **_counts(results), "time": f"{seconds:.3f}"})
    for file, group in groupby(results, key=lambda result: result.place.file):
        of_file = list(group)
        seconds_of_file = sum(result.seconds for result in of_file)
        suite = ET.SubElement(
            root, "testsuite", {"name": _text(file), **_counts(of_file), "time": f"{seconds_of_file:.3f}"}
        )
        for result in of_file:
            _add_case(suite, result)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _counts(results: Iterable[TestResult]) -> dict[str, str]:
    outcomes = [result.outcome for result in results]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("error")),
        "skipped": "0",
    }


def _add_case(suite: ET.Element, result: TestResult) -> None:
    file = _text(result.place.file)
    attributes = {"name": _text(result.name), "classname": file, "file": file, "line": str(result.place.line)}
    case = ET.SubElement(suite, "testcase", {**attributes, "time": f"{result.seconds:.3f}"})
    for failure in result.failures:
        message = f"{failure.expectation}: expected {failure.expected}; {failure.actual}"
        element = ET.SubElement(case, "failure", {"message": _text(message), "type": _text(failure.expectation)})
        element.text = _text(_of_failure(failure))
    for diagnostic in result.errors:
        attributes = {"message": _text(escape_unprintable(diagnostic.summary)), "type": diagnostic.code}
        ET.SubElement(case, "error", attributes).text = _text("\n".join(render(diagnostic)))


def of_errors(diagnostics: Sequence[Diagnostic], file: str) -> list[TestResult]:
    """What a report says where no test ran: each error as a test of its file (`file` where it names none)."""
    results = []
    for diagnostic in diagnostics:
        place = diagnostic.place
        name = f"line {place.line}, column {place.column}" if place else "mscode test"
        results.append(TestResult(name, place or Place(file), "", errors=(diagnostic,)))
    return sorted(results, key=lambda result: result.place)


def _of_failure(failure: TestFailure) -> str:
    where = f"{failure.place.file}:{failure.place.line}"
    lines = [f"{where}: {failure.expectation}", f"expected: {failure.expected}", f"actual: {failure.actual}"]
    return "\n".join([*lines, *failure.details])


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
