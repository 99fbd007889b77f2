"""Findings for the tools of a review: annotations, SARIF, rdjsonl."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from mscode.errors import Diagnostic, Place
from mscode.plan.change import Check
from mscode.views.ci.findings import findings_of, findings_of_plan
from mscode.views.ci.github import annotation_lines
from mscode.views.ci.job import outputs_of
from mscode.views.ci.sarif import rdjson_lines, sarif
from mscode.views.plan.plan_json import error_json, plan_json
from tests.views.plans import GREETING, INVITE, NOW, plan

PLACE = Place("campaigns/voice.yaml", 6, 11)
UNKNOWN = Diagnostic(
    'Unknown field "txt"', PLACE, hint='Did you mean "text"?', code="unknown-field", address="voiceFiles.greeting"
)
LONG = Diagnostic(
    "The text has 85 words", Place("a.yaml", 3, 1), severity="warning", code="long-text", address="voiceFiles.b"
)


def lines(*found: Diagnostic, folder: str = "") -> list[str]:
    return list(annotation_lines(findings_of(found, folder)))


# ---- GitHub ----------------------------------------------------------------------------------------------------------


def test_an_error_is_annotated_at_file_line_and_column() -> None:
    assert lines(UNKNOWN) == [
        "::error file=campaigns/voice.yaml,line=6,col=11,title=mscode%3A unknown-field::"
        'Unknown field "txt"%0ADid you mean "text"?'
    ]


def test_files_are_named_as_in_the_repository() -> None:
    assert "file=drives/autumn/campaigns/voice.yaml," in lines(UNKNOWN, folder="drives/autumn")[0]


def test_errors_come_before_warnings() -> None:
    assert [line.split()[0] for line in lines(LONG, UNKNOWN)] == ["::error", "::warning"]


def test_at_most_ten_of_a_type_and_the_rest_is_counted() -> None:
    errors = [replace(UNKNOWN, place=Place("a.yaml", n)) for n in range(1, 13)]
    warnings = [replace(LONG, place=Place("b.yaml", n)) for n in range(1, 12)]
    found = lines(*warnings, *errors)
    assert [line.split()[0] for line in found] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"]
    assert found[-1] == "::notice title=mscode::2 more errors and 1 more warning; the text output lists all"


def test_what_has_no_place_has_no_file() -> None:
    assert lines(Diagnostic("No environment was named", code="no-environment")) == [
        "::error title=mscode%3A no-environment::No environment was named"
    ]


def test_percent_colon_comma_and_line_ends_are_escaped() -> None:
    odd = Diagnostic("100%\r\n::error::x", Place("a,b:c%.yaml", 1), code="x,y:z")
    assert lines(odd) == [
        r"::error file=a%2Cb%3Ac%25.yaml,line=1,col=1,title=mscode%3A x%2Cy%3Az::100%25\r\n::error::x"
    ]


# ---- of a plan -------------------------------------------------------------------------------------------------------


def _data(**more: Any) -> dict[str, Any]:
    return plan_json(plan(GREETING, INVITE, **more), timestamp=NOW, mscode_version="0.1.0", digest="0")


def test_guards_are_found_at_the_first_object_that_they_concern() -> None:
    checks = (
        Check("maxPeople", "warn", "Many people", "agreed", ("rsvpCalls.invite", "voiceFiles.greeting")),
        Check("maxCalls", "fail", "Too many calls"),
        Check("maxDeletes", "pass"),
        Check("webhookHosts", "overridden", "x"),
    )
    found = findings_of_plan(_data(checks=checks, warnings=(LONG,)))
    assert [(one.level, one.code, one.file, one.line) for one in found] == [
        ("error", "maxCalls", "", 1),
        ("warning", "long-text", "a.yaml", 3),
        ("warning", "maxPeople", "campaigns/invite.yaml", 20),
    ]
    assert found[0].message == "Guard maxCalls refuses this plan: Too many calls"
    assert found[2].message == "Guard maxPeople warns: Many people\nagreed"


def test_outputs_are_the_numbers_of_the_totals_line() -> None:
    assert outputs_of(_data(), plan_path="plan.json") == {
        "changes": "true",
        "to_add": "2",
        "to_change": "0",
        "to_destroy": "0",
        "to_launch": "1",
        "digest": "0",
        "plan_path": "plan.json",
        "failure_reason": "",
    }


def test_outputs_of_no_plan_say_why() -> None:
    found = outputs_of(error_json([]), exit_code=4)
    assert found.pop("failure_reason") == "state-locked"
    assert set(found.values()) == {""}


# ---- SARIF -----------------------------------------------------------------------------------------------------------

#: The members of SARIF 2.1.0 that are used, as strictly as its own schema has them.
TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}
REGION = {
    "type": "object",
    "properties": {"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}},
    "required": ["startLine"],
    "additionalProperties": False,
}
ARTIFACT = {
    "type": "object",
    "properties": {"uri": {"type": "string", "pattern": r"^[^\s\\]+$"}, "uriBaseId": {"const": "%SRCROOT%"}},
    "required": ["uri", "uriBaseId"],
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "properties": {
        "physicalLocation": {
            "type": "object",
            "properties": {"artifactLocation": ARTIFACT, "region": REGION},
            "required": ["artifactLocation", "region"],
            "additionalProperties": False,
        },
        "logicalLocations": {"type": "array", "uniqueItems": True},
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": TEXT},
    "required": ["id"],
    "additionalProperties": False,
}


def report(*found: Diagnostic) -> dict[str, Any]:
    shown = sarif(findings_of(found), "0.1.0")
    assert (shown["version"], len(shown["runs"])) == ("2.1.0", 1)
    run = shown["runs"][0]
    assert set(run) == {"tool", "columnKind", "results"}
    for schema, values in ((RESULT, run["results"]), (RULE, run["tool"]["driver"]["rules"])):
        for value in values:
            jsonschema.validate(value, schema)
    return run


def test_each_finding_is_a_result_of_a_rule_at_a_place() -> None:
    run = report(LONG, UNKNOWN)
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["long-text", "unknown-field"]
    first = run["results"][0]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("unknown-field", 1, "error")
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 11}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "voiceFiles.greeting"


def _fingerprints(*found: Diagnostic) -> list[str]:
    return [one["partialFingerprints"]["primaryLocationLineHash"] for one in report(*found)["results"]]


def test_a_fingerprint_stays_when_lines_move_and_differs_for_another_object() -> None:
    moved = replace(UNKNOWN, place=Place("campaigns/voice.yaml", 60, 3))
    other = replace(UNKNOWN, address="voiceFiles.bye")
    assert _fingerprints(UNKNOWN) == _fingerprints(moved)
    assert _fingerprints(UNKNOWN) != _fingerprints(other)
    at_three, at_nine = (replace(UNKNOWN, summary=f"Also declared on line {n}") for n in (3, 9))
    assert _fingerprints(at_three) == _fingerprints(at_nine)


def test_two_findings_of_one_kind_in_one_object_are_told_apart() -> None:
    both = _fingerprints(UNKNOWN, replace(UNKNOWN, place=Place("campaigns/voice.yaml", 9)))
    assert len(set(both)) == 2
    assert [one.rpartition(":")[2] for one in both] == ["1", "2"]


def _file_and_line(run: dict[str, Any], at: int = 0) -> tuple[str, int]:
    physical = run["results"][at]["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


def test_what_has_no_place_is_a_result_in_the_project_file() -> None:
    assert _file_and_line(report(Diagnostic("No environment was named"))) == ("mscode.yaml", 1)
    assert _file_and_line(report(Diagnostic("No group", address="groups.a"))) == ("mscode.yaml", 1)
    below = sarif(findings_of([Diagnostic("x")]), "0.1.0", "drives/a b/mscode.yaml")["runs"][0]
    assert _file_and_line(below) == ("drives/a%20b/mscode.yaml", 1)


@pytest.mark.parametrize("file", ["/etc/x.vars.yaml", "../x.vars.yaml", "a/../../x.yaml", "elsewhere.yaml"])
def test_a_file_outside_of_the_repository_is_named_in_the_message(file: str) -> None:
    odd = replace(UNKNOWN, place=Place(file, 3, 2))
    (found,) = findings_of([odd], elsewhere={"elsewhere.yaml": ""})
    assert found.file == "" and f"in {file} line 3, column 2" in found.message
    assert _file_and_line(sarif([found], "0.1.0")["runs"][0]) == ("mscode.yaml", 1)


def test_a_file_that_was_named_from_elsewhere_is_found_in_the_repository() -> None:
    (found,) = findings_of([replace(UNKNOWN, place=Place("x.yaml"))], "drives", {"x.yaml": "vars/x.yaml"})
    assert found.file == "vars/x.yaml"


@pytest.mark.parametrize(("line", "column"), [(0, 0), (-3, -1)])
def test_lines_and_columns_count_from_one(line: int, column: int) -> None:
    odd = replace(UNKNOWN, place=Place("a.yaml", line, column))
    assert report(odd)["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}
    bare = replace(findings_of([UNKNOWN])[0], line=line, column=column)
    region = sarif([bare], "0.1.0")["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1}
    assert ",line=1,col=1," in next(annotation_lines([bare]))
    (line_of_json,) = rdjson_lines([bare])
    assert json.loads(line_of_json)["location"]["range"]["start"] == {"line": 1, "column": 1}


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/ä#?%.yaml", "a%20b/%C3%A4%23%3F%25.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("👩\u200d🚒.yaml", "%F0%9F%91%A9%E2%80%8D%F0%9F%9A%92.yaml"),
        ("caf\udce9.yaml", "caf%E9.yaml"),
        ("\ud800.yaml", "%3F.yaml"),
    ],
)
def test_a_uri_holds_the_name_as_it_is(file: str, uri: str) -> None:
    assert _file_and_line(report(replace(UNKNOWN, place=Place(file))))[0] == uri


def test_a_report_is_never_too_large_and_says_what_it_leaves_out() -> None:
    found = [
        replace(UNKNOWN, summary=f"{n} " + "x" * 9_000, place=Place("a.yaml", n), severity="error")
        for n in range(1, 5_900)
    ]
    found += [Diagnostic("a warning", severity="warning"), Diagnostic("x", code="y" * 900)]
    run = sarif(findings_of(found), "0.1.0")["runs"][0]
    assert len(run["results"]) == 5_000
    assert run["results"][-1]["message"]["text"] == "902 more findings are not shown here"
    assert max(len(one["message"]["text"]) for one in run["results"]) == 4_000
    assert max(len(rule["name"]) for rule in run["tool"]["driver"]["rules"]) <= 255


def test_a_message_is_never_empty() -> None:
    assert report(Diagnostic("", UNKNOWN.place, code="odd"))["results"][0]["message"] == {"text": "odd"}


def test_a_file_name_becomes_a_uri() -> None:
    odd = replace(UNKNOWN, place=Place("a b/ä#?.yaml", 1))
    location = report(odd)["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "a%20b/%C3%A4%23%3F.yaml"


def test_no_project_gives_a_report_without_results() -> None:
    assert report()["results"] == []


# ---- reviewdog -------------------------------------------------------------------------------------------------------


def test_rdjsonl_has_a_finding_a_line() -> None:
    (line,) = rdjson_lines(findings_of([UNKNOWN]))
    assert json.loads(line) == {
        "message": 'Unknown field "txt"\nDid you mean "text"?',
        "location": {"path": "campaigns/voice.yaml", "range": {"start": {"line": 6, "column": 11}}},
        "severity": "ERROR",
        "source": {"name": "mscode"},
        "code": {"value": "unknown-field"},
    }


def test_reviewdog_is_given_a_place_for_everything() -> None:
    (line,) = rdjson_lines(findings_of([Diagnostic("No environment was named")]), "drives/mscode.yaml")
    assert json.loads(line)["location"] == {"path": "drives/mscode.yaml", "range": {"start": {"line": 1, "column": 1}}}


@pytest.mark.parametrize(("severity", "word"), [("error", "ERROR"), ("warning", "WARNING")])
def test_reviewdog_has_words_of_its_own_for_how_bad_it_is(severity: Any, word: str) -> None:
    (line,) = rdjson_lines(findings_of([replace(UNKNOWN, severity=severity, place=None)]))
    assert json.loads(line)["severity"] == word
