"""`mscode test`, through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml

from mscode.app.campaign_tests import course, workers
from mscode.app.schemas import schema_of
from mscode.app.state import ended_like_interrupted
from mscode.manifest.yaml.tree import parse
from mscode.model.values import core

EXAMPLES = Path(__file__).parents[2] / "examples" / "campaigns"
PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
PROJECT = """\
apiVersion: mscode/v1
project: drive
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments:
  sandbox: {url: "sandbox:", windowZone: Europe/Helsinki}
  production: {url: https://api.example.com/v1, token: {env: NO_SUCH_TOKEN}, windowZone: Europe/Helsinki}
guards: {maxPeople: 400}
checks: {capacity/accepts: off}
"""
CAMPAIGN = """\
apiVersion: mscode/v1
accounts:
  anna: {firstName: Anna, phone: "+358401230001", city: Helsinki}
filters:
  city: {conditions: [{field: city, operator: ==, value: Helsinki}]}
groups:
  donors: {members: {filter: city}}
  others: {description: nobody}
voiceFiles:
  hello: {text: "Will you come? Press five for yes, or nine for no.", voiceCode: en}
rsvpCalls:
  invite:
    startTime: 2026-12-01 09:00:00
    endTime: 2026-12-04 17:00:00
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {start: hello}
    actionButtons: {accept: 5, decline: 9}
    receivers: [{group: donors}]
    acceptsWanted: 50
    maxRedials: 2
"""
#: 200 people, of whom 50 are wanted, and later 60.
WHOLE = """\
  - name: at most three rings each, never after five
    clock: 2026-12-01T06:00:00Z
    environment: sandbox
    given: {accounts: {count: 200, city: Helsinki}}
    people: {answer: 70%, accept: 30%, seed: 7}
    do:
      [apply, {advance: 3d}, {halt: rsvpCalls.invite},
      {edit: campaign.yaml, with: {rsvpCalls.invite.acceptsWanted: 60}}, apply, {advance: 2d}]
    expect:
      rings: {perPerson: {max: 3}, between: ["09:00", "17:00"], weekdays: [tuesday, friday], only: groups.donors, total: {max: 600}}
      accepts: {rsvpCalls.invite: {min: 40}}
      states: {rsvpCalls.invite: complete}
      exit: [0, 0]
      plan: empty
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "mscode.yaml").write_text(PROJECT)
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    (tmp_path / "tests").mkdir()
    return tmp_path


def write(project: Path, *tests: str, name: str = "a.test.yaml") -> Path:
    path = project / "tests" / name
    path.write_text("apiVersion: mscode/v1\ntests:\n" + "".join(tests), encoding="utf-8")
    return path


def test_of(name: str, do: str, expect: str, more: str = "") -> str:  # noqa: PT028 - no test in spite of its name
    return (
        f"  - {{name: {name}, clock: 2026-12-01T06:00:00Z, do: {do}, expect: {expect}{', ' if more else ''}{more}}}\n"
    )


test_of.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test by its name
GOOD = test_of(
    "good",
    "[apply, {advance: 4d}]",
    "{rings: {only: groups.donors, perPerson: {max: 3}}, plan: empty}",
    "given: {accounts: {count: 60, city: Helsinki}}",
)
NOBODY = test_of("nobody accepts fifty times", "[apply]", "{plan: empty}")


def results(cli: Any, project: Path, *options: str) -> dict[str, Any]:
    ended = cli("test", project, "--json", *options)
    return {"code": ended.code, "err": ended.err, **json.loads(ended.out)}


# ---- passing and failing ---------------------------------------------------------------------------------------------


def test_a_whole_test_passes_and_nothing_is_written(cli: Any, project: Path) -> None:
    write(project, WHOLE)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    ended = cli("test", project)
    assert ended.code == 0, ended.out
    assert ended.out.startswith("tests/a.test.yaml .\n\n1 passed, 0 failed in ")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_what_fails_is_named_with_its_line_what_was_expected_and_what_the_ledger_has(cli: Any, project: Path) -> None:
    write(
        project,
        WHOLE.replace("perPerson: {max: 3}", "perPerson: 0")
        .replace("[tuesday, friday]", "[monday]")
        .replace("total: {max: 600}", "total: 3"),
    )
    ended = cli("test", project)
    assert ended.code == 1
    assert (
        "tests/a.test.yaml F\n\nFAILED at most three rings each, never after five (tests/a.test.yaml:3)\n" in ended.out
    )
    assert (
        "  tests/a.test.yaml:12: expect.rings.weekdays\n    expected: rings on monday (Europe/Helsinki)\n    actual:   "
        in ended.out
    )
    assert "0 passed, 1 failed in" in ended.out
    assert "+358" not in ended.out and "+447" not in ended.out


@pytest.mark.parametrize(
    ("expect", "path"),
    [
        ("{rings: {perPerson: {max: 0}}}", "expect.rings.perPerson"),
        ("{rings: {total: 7}}", "expect.rings.total"),
        ('{rings: {between: ["03:00", "04:00"]}}', "expect.rings.between"),
        ("{rings: {weekdays: [sunday]}}", "expect.rings.weekdays"),
        ("{rings: {only: groups.others}}", "expect.rings.only"),
        ("{rings: {only: [accounts.anna, groups.others]}}", "expect.rings.only"),
        ("{accepts: {rsvpCalls.invite: 51}}", "expect.accepts.rsvpCalls.invite"),
        ("{states: {rsvpCalls.invite: halt}}", "expect.states.rsvpCalls.invite"),
        ("{exit: [5]}", "expect.exit"),
    ],
)
def test_each_expectation_can_fail(cli: Any, project: Path, expect: str, path: str) -> None:
    write(
        project,
        test_of(
            "a",
            "[apply, {advance: 4d}]",
            expect,
            "given: {accounts: {count: 60, city: Helsinki}}, people: {answer: 100%, accept: 90%}",
        ),
    )
    outcome = results(cli, project)
    assert (outcome["code"], outcome["failed"]) == (1, 1)
    assert [failure["expectation"] for failure in outcome["tests"][0]["failures"]] == [path]


def test_a_plan_that_is_not_empty_fails(cli: Any, project: Path) -> None:
    steps = "[apply, {advance: 4d}, {edit: campaign.yaml, with: {groups.others.description: changed}}]"
    write(project, test_of("a", steps, "{plan: empty}", "given: {accounts: {count: 60, city: Helsinki}}"))
    failure = results(cli, project)["tests"][0]["failures"][0]
    assert (failure["expectation"], failure["actual"]) == ("expect.plan", "1 change: groups.others")


def test_a_command_that_ends_otherwise_fails_with_its_own_error(cli: Any, project: Path) -> None:
    write(
        project,
        NOBODY,
        test_of("broken", "[{edit: campaign.yaml, with: {groups.others.descr: x}}, plan]", "{exit: [0]}"),
    )
    refused, broken = results(cli, project)["tests"]
    assert refused["failures"][0]["expected"] == "step 1, apply, exits with 0"
    assert refused["failures"][0]["actual"] == "it exited with 5"
    assert refused["failures"][0]["details"] == [
        "Refused by acceptsWanted: rsvpCalls.invite wants 50 to accept and reaches 1 person."
    ]
    assert broken["failures"][0]["details"][0] == 'Error: campaign.yaml:8: Unknown field "descr"'
    assert broken["failures"][0]["source"] == {"file": "tests/a.test.yaml", "line": 4, "column": 125}


# ---- steps -----------------------------------------------------------------------------------------------------------

PEOPLE = "given: {accounts: {count: 60, city: Helsinki}}"
STEPS = [
    ("[{apply: [--no-launch]}, {advance: 4d}]", "{rings: {total: 0}, exit: [0]}"),
    ("[{apply: [--auto-approve]}, {advance: 4d}]", "{rings: {total: 0}, exit: [5]}"),
    ("[{apply: [--only, groups.*]}, {advance: 4d}]", "{rings: {total: 0}}"),
    ("[{plan: [--detailed-exitcode]}, apply, {plan: [--detailed-exitcode]}]", "{exit: [2, 0, 0]}"),
    ("[apply, {halt: rsvpCalls.invite}, apply, {advance: 4d}]", "{rings: {total: 0}, exit: [0, 0, 0]}"),
    ("[apply, {halt: rsvpCalls.invite}, apply, {advance: 4d}]", "{rings: {total: 0}, exit: [0, 0]}"),
    ("[apply, {halt: rsvpCalls.invite}, {resume: rsvpCalls.invite}, {advance: 4d}]", "{rings: {total: {min: 40}}}"),
    ("[{halt: rsvpCalls.invite}]", "{exit: [1]}"),
    ("[apply, {destroy: [--allow-deletes, '9']}, {advance: 4d}]", "{rings: {total: 0}, exit: [0, 0]}"),
    ("[{edit: mscode.yaml, with: {guards.maxPeople: 60}}, apply, {advance: 4d}]", "{exit: [5], rings: {total: 0}}"),
    (
        "[{edit: campaign.yaml, with: {rsvpCalls.invite: null}}, apply, {advance: 4d}]",
        "{rings: {total: 0}, plan: empty}",
    ),
    (
        "[{edit: mscode.yaml, with: {guards.maxPeople: 60}}, {apply: [--override, maxPeople]}, {advance: 4d}]",
        "{rings: {total: {min: 50}}}",
    ),
    (
        "[{advance: 60m}, {advance: +30m}, apply, {advance: 36s}, {advance: 1w}]",
        '{rings: {between: ["09:30", "17:00"]}}',
    ),
]


@pytest.mark.parametrize(("do", "expect"), STEPS)
def test_steps(cli: Any, project: Path, do: str, expect: str) -> None:
    write(project, test_of("a", do, expect, PEOPLE))
    ended = cli("test", project)
    assert ended.code == 0, ended.out


def test_an_edit_is_seen_by_its_own_test_alone(cli: Any, project: Path) -> None:
    before = (project / "campaign.yaml").read_bytes()
    write(
        project,
        test_of(
            "edits",
            "[{edit: campaign.yaml, with: {rsvpCalls.invite.acceptsWanted: 5}}, apply, {advance: 4d}]",
            "{accepts: {rsvpCalls.invite: 5}}",
            f"{PEOPLE}, people: {{answer: 100%, accept: 90%}}",
        ),
        test_of(
            "does not",
            "[apply, {advance: 4d}]",
            "{accepts: {rsvpCalls.invite: 50}}",
            f"{PEOPLE}, people: {{answer: 100%, accept: 90%}}",
        ),
    )
    ended = cli("test", project)
    assert ended.code == 0, ended.out
    assert (project / "campaign.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "summary"),
    [
        ("campain.yaml", 'edit: the file "campain.yaml" does not exist'),
        ("../campaign.yaml", 'edit: "../campaign.yaml" lies outside the project'),
        ("/etc/passwd", 'edit: "/etc/passwd" lies outside the project'),
        (".", 'edit: "." lies outside the project'),
        ("loop.yml", 'edit: the file "loop.yml" does not exist'),
        ("a" * 300, f'edit: the file "{"a" * 300}" does not exist'),
    ],
)
def test_an_edit_of_what_is_no_file_of_the_project_is_an_error(
    cli: Any, project: Path, file: str, summary: str
) -> None:
    (project / "loop.yml").symlink_to("loop.yml")
    write(project, test_of("a", f"[{{edit: {file}, with: {{a: 1}}}}]", "{plan: empty}"))
    outcome = results(cli, project)
    assert (outcome["code"], outcome["errors"]) == (1, 1)
    assert outcome["tests"][0]["diagnostics"][0]["summary"] == summary


def test_options_of_a_step_are_read_as_its_command_reads_them(cli: Any, project: Path) -> None:
    write(project, test_of("a", "[{apply: [--only]}, {plan: [--alow]}, {apply: [-C, /tmp]}]", "{plan: empty}"))
    ended = cli("test", project)
    assert ended.code == 1 and "tests/a.test.yaml line 3" in ended.err
    assert "apply: Option '--only' requires an argument." in ended.err


# ---- the account before, and people ----------------------------------------------------------------------------------


def test_what_is_given_is_in_the_account_and_managed_by_nobody(cli: Any, project: Path) -> None:
    write(
        project,
        """\
  - name: a
    clock: 2026-12-01T06:00:00Z
    given:
      accounts:
        many: {count: 58, city: Helsinki}
        ulla: {firstName: Ulla, phone: "+358401230009", city: Helsinki}
      groups: {old: {description: an old one, members: {accounts: [ulla]}}}
    people: {answer: 0%, "+358401230009": [noAnswer, accept], "+358401230001": decline}
    do: [{plan: [--detailed-exitcode]}, apply, {advance: 4d}, {destroy: [--allow-deletes, 9]}]
    expect:
      exit: [2, 0, 0]
      rings: {total: 177, only: groups.donors}
      accepts: {rsvpCalls.invite: 1}
      states: {rsvpCalls.invite: complete}
  - name: the old group stays
    clock: 2026-12-01T06:00:00Z
    given:
      accounts: {ulla: {firstName: Ulla, phone: "+358401230009", city: Helsinki}}
      groups: {old: {description: an old one, members: {accounts: [ulla]}}}
    do: [{edit: campaign.yaml, with: {rsvpCalls.invite.acceptsWanted: 1}}, apply, {advance: 4d}]
    expect: {rings: {only: [groups.old, accounts.anna]}}
""",
    )
    first, second = results(cli, project)["tests"]
    # The campaign of the first was deleted by its last step: all else holds.
    assert [failure["actual"] for failure in first["failures"]] == ["rsvpCalls.invite is not in the account"]
    assert second["outcome"] == "passed", second


def test_somebody_elses_campaign_may_be_given(cli: Any, project: Path) -> None:
    theirs = CAMPAIGN.replace("acceptsWanted: 50", "acceptsWanted: 1").replace("invite:", "theirs:").splitlines()[1:]
    body = "".join(f"      {line}\n" for line in theirs)
    write(
        project,
        f"  - name: a\n    clock: 2026-12-01T06:00:00Z\n    people: {{answer: 0%}}\n    given:\n{body}"
        "    do: [{advance: 4h}, {apply: [--only, groups.others]}]\n    expect:\n"
        "      rings: {total: 3, only: accounts.anna}\n      accepts: {rsvpCalls.theirs: 0}\n"
        "      states: {rsvpCalls.theirs: complete}\n",
    )
    ended = cli("test", project)
    assert ended.code == 0, ended.out


def test_what_is_given_bears_no_mark(project: Path) -> None:
    """Nothing in the account says that anybody manages it, so no project's commands take it for their own."""
    from mscode.app.campaign_tests import account
    from mscode.app.environment import resolve
    from mscode.app.invocation import Invocation
    from mscode.app.rehearsal.lab import Lab
    from mscode.manifest.campaign_tests.given import GivenReader
    from mscode.manifest.project.file import load_project

    file = load_project(project)
    environment = resolve(file, project, "sandbox", {}, hide_token=lambda token: None)
    sections = parse(CAMPAIGN.replace("acceptsWanted: 50", "acceptsWanted: 1").encode(), "tests/a.test.yaml")[0]
    with Lab(environment, Invocation(), datetime(2026, 12, 1, 6, tzinfo=UTC)) as lab:
        ids = account.put(GivenReader(project, file, "sandbox").read(sections, project), lab)
        bodies = [str(body) for (body,) in lab.store.rows("SELECT body FROM documents")]
        assert "rsvpCalls.invite" in ids and bodies
        assert not any("mscode" in body for body in bodies)
        assert lab.document() is None, "nothing of it is in the state"


def test_only_is_about_the_group_as_it_was_when_the_phone_rang(cli: Any, project: Path) -> None:
    """Whoever has left it since, or is gone from the account, was in it then."""
    out = "{edit: campaign.yaml, with: {accounts.anna.city: Oulu}}"
    wanted = "{edit: campaign.yaml, with: {rsvpCalls.invite.acceptsWanted: 1}}"
    write(
        project,
        test_of(
            "a",
            f"[{wanted}, apply, {{advance: 4d}}, {out}, apply]",
            "{rings: {only: groups.donors, total: 3}}",
            "people: {answer: 0%}",
        ),
    )
    ended = cli("test", project)
    assert ended.code == 0, ended.out


# ---- what is run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.test.yaml", "X.TEST.YAML", "x.Test.Yml", "deep/x.test.yml"])
def test_files_of_tests_are_no_manifests_wherever_they_lie(cli: Any, project: Path, name: str) -> None:
    for folder in (project, project / "campaigns", project / "tests"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("this is no manifest")
    assert (
        cli("validate", project).err.splitlines(keepends=True)[-1]
        == "Success! 6 objects in 1 file are valid, with 1 warning.\n"
    )


def test_no_test_is_exit_1(cli: Any, project: Path) -> None:
    ended = cli("test", project)
    assert (ended.code, ended.out) == (1, "") and ended.err.startswith("Error: No test was found in tests/\n")
    (project / "campaign.test.yaml").write_text("apiVersion: mscode/v1\n")
    assert "campaign.test.yaml lies elsewhere." in cli("test", project).err


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("good", ["good"]),
        ("*accepts*", ["nobody accepts fifty times"]),
        ("tests/a.*", ["good", "nobody accepts fifty times"]),
        ("b.test.yaml", ["b"]),
    ],
)
def test_only_chooses_by_file_and_by_name(cli: Any, project: Path, glob: str, names: list[str]) -> None:
    write(project, GOOD, NOBODY)
    write(project, test_of("b", "[plan]", "{exit: [5]}"), name="b.test.yaml")
    assert [test["name"] for test in results(cli, project, "--only", glob)["tests"]] == names


def test_only_that_matches_nothing_is_exit_1(cli: Any, project: Path) -> None:
    write(project, GOOD)
    ended = cli("test", project, "--only", "bad*")
    assert ended.code == 1 and 'Error: No test matches "bad*"' in ended.err


def test_an_error_in_any_file_stops_all_before_they_run(cli: Any, project: Path) -> None:
    write(project, GOOD)
    write(project, "  - {name: a, do: [aply], expect: {plan: empty}}\n", name="b.test.yaml")
    ended = cli("test", project)
    assert (ended.code, ended.out) == (1, "")
    assert 'Error: There is no step "aply"\n  on tests/b.test.yaml line 3, column 20\n' in ended.err


@pytest.mark.parametrize(
    ("expect", "summary"),
    [
        ("{rings: {only: groups.doners}}", "groups.doners is neither in the project nor given"),
        ("{accepts: {rsvpCalls.invit: {max: 3}}}", "rsvpCalls.invit is neither in the project nor given"),
        ("{states: {rsvpCalls.invit: halt}}", "rsvpCalls.invit is neither in the project nor given"),
        ("{states: {groups.donors: halt}}", "groups.donors reaches nobody, and has no state"),
        ("{rings: {only: rsvpCalls.invite}}", "rsvpCalls.invite is no group, account or list of people"),
        ("{accepts: {groups.donors: {max: 3}}}", "groups.donors is nothing that people accept"),
    ],
)
def test_an_expectation_of_what_is_not_there_is_an_error_and_no_pass(
    cli: Any, project: Path, expect: str, summary: str
) -> None:
    write(project, test_of("a", "[{advance: 1d}]", expect))
    outcome = results(cli, project)
    assert (outcome["code"], outcome["errors"], outcome["passed"]) == (1, 1, 0)
    assert outcome["tests"][0]["diagnostics"][0]["summary"] == summary
    assert outcome["tests"][0]["diagnostics"][0]["line"] == 3


def test_any_environment_is_tested_in_memory_without_its_token(
    cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSCODE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("MSCODE_TOKEN", "a-token-of-somebody")
    write(project, test_of("a", "[apply, {advance: 4d}]", "{plan: empty}", f"environment: production, {PEOPLE}"))
    ended = cli("test", project)
    assert ended.code == 0, ended.out
    assert ended.err == "Environment production was tested in memory: nothing was sent to https://api.example.com/v1.\n"


# ---- outputs ---------------------------------------------------------------------------------------------------------


def test_a_junit_report_is_read_back(cli: Any, project: Path, tmp_path: Path) -> None:
    write(project, GOOD, NOBODY, test_of("gone", "[{edit: no.yaml, with: {a: 1}}]", "{plan: empty}"))
    write(project, test_of('"odd <&> \\U0001F600"', "[plan]", "{exit: [5]}"), name="b.test.yaml")
    report = tmp_path / "report.xml"
    assert cli("test", project, "--junit", report).code == 1
    suites = list(JUnitXml.fromfile(str(report)))
    assert [(suite.name, suite.tests, suite.failures, suite.errors) for suite in suites] == [
        ("tests/a.test.yaml", 3, 1, 1),
        ("tests/b.test.yaml", 1, 0, 0),
    ]
    good, failed, gone = suites[0]
    assert (good.name, good.classname, good.result) == ("good", "tests/a.test.yaml", [])
    assert [type(result) for result in failed.result] == [Failure] and failed.result[0].type == "do"
    assert "expected: step 1, apply, exits with 0" in failed.result[0].text
    assert [type(result) for result in gone.result] == [Error] and "does not exist" in gone.result[0].message
    assert [case.name for case in suites[1]] == ["odd <&> \U0001f600"]


def test_a_report_makes_its_folder_and_one_that_cannot_be_written_takes_nobody_the_results(
    cli: Any, project: Path, tmp_path: Path
) -> None:
    write(project, GOOD)
    assert cli("test", project, "--junit", tmp_path / "reports/of/today.xml").code == 0
    assert JUnitXml.fromfile(str(tmp_path / "reports/of/today.xml")).tests == 1
    ended = cli("test", project, "--junit", project / "mscode.yaml/report.xml")
    assert ended.code == 1 and "1 passed, 0 failed" in ended.out and "Error: " in ended.err
    ended = cli("test", project, "--json", "--junit", project / "mscode.yaml/report.xml")
    assert ended.code == 1 and json.loads(ended.out)["errored"]
    write(project, "  - {name: a, do: [aply], expect: {plan: empty}}\n")
    ended = cli("test", project, "--junit", project / "mscode.yaml/report.xml")
    assert ended.code == 1 and 'There is no step "aply"' in ended.err


def test_a_junit_report_says_too_why_nothing_ran(cli: Any, project: Path, tmp_path: Path) -> None:
    write(project, "  - {name: a, do: [aply], expect: {plan: empty}}\n")
    report = tmp_path / "report.xml"
    assert cli("test", project, "--junit", report).code == 1
    (suite,) = JUnitXml.fromfile(str(report))
    assert (suite.name, suite.errors) == ("tests/a.test.yaml", 1)
    assert [case.result[0].message for case in suite] == ['There is no step "aply"']


def test_the_json_has_all_of_it(cli: Any, project: Path) -> None:
    write(project, GOOD, NOBODY)
    outcome = results(cli, project)
    assert (outcome["code"], outcome["passed"], outcome["failed"], outcome["errors"]) == (1, 1, 1, 0)
    assert outcome["tests"][0]["source"] == {"file": "tests/a.test.yaml", "line": 3, "column": 6}
    assert outcome["err"] == ""


def test_names_are_printed_on_request_and_numbers_never(cli: Any, project: Path) -> None:
    write(project, test_of('"rings +358401230001 once"', "[plan]", "{exit: [5]}"))
    ended = cli("test", project, "-v")
    assert ended.out.splitlines()[0] == "tests/a.test.yaml: rings +35840•••0001 once PASSED"
    assert ended.err == "", "a test's requests are not logged: they go to nobody"


def test_no_output_has_a_secret(cli: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that lacks a voice says which one: here a secret, in the project or in what is given."""
    monkeypatch.setenv("MSCODE_VAR_code", "a-long-secret")
    settings = PROJECT.replace('"sandbox:", ', '"sandbox:", service: {voice_codes: [en]}, ', 1)
    (project / "mscode.yaml").write_text(settings + "variables: {code: {secret: true}}\n")
    voice = '{text: Hello, voiceCode: "${var.code}"}'
    write(
        project,
        test_of("a", f"[{{edit: campaign.yaml, with: {{voiceFiles.hello: {voice}}}}}, apply]", "{rings: {total: 1}}"),
        test_of("b", "[apply]", "{rings: {total: 1}}", f"given: {{voiceFiles: {{other: {voice}}}}}"),
    )
    for options in ((), ("--json",)):
        ended = cli("test", project, *options, "--junit", tmp_path / "r.xml")
        assert ended.code == 1 and ended.out.count("(secret)") == 2, ended.out
        assert "a-long-secret" not in ended.out + ended.err + (tmp_path / "r.xml").read_text()


def test_the_schema_takes_what_is_read(project: Path) -> None:
    path = write(project, WHOLE, GOOD)
    validator = jsonschema.Draft202012Validator(schema_of("test"))
    validator.validate(core(parse(path.read_bytes(), "a")[0].data()))
    for wrong in ({"tests": []}, {"apiVersion": "mscode/v1", "tests": [{"name": "a", "do": ["aply"], "expect": {}}]}):
        assert not validator.is_valid(wrong)


def test_the_example_of_the_page_passes(cli: Any, project: Path) -> None:
    block = PAGE.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    (project / "tests/page.test.yaml").write_text(block, encoding="utf-8")
    ended = cli("test", project)
    assert ended.code == 0, ended.out


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/mscode.yaml")))
def test_each_example_has_tests_that_pass(cli: Any, name: str) -> None:
    ended = cli("test", EXAMPLES / name)
    assert ended.code == 0, ended.out


# ---- processes -------------------------------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_tests_whatever_ends_first(
    cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "usable_processors", lambda: 3)
    write(project, GOOD, *(test_of(f"quick {n}", "[{advance: 1d}]", "{rings: {total: 0}}") for n in range(5)))
    assert [test["name"] for test in results(cli, project)["tests"]] == ["good", *(f"quick {n}" for n in range(5))]


def test_a_process_that_dies_takes_one_test_with_it(cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(job: Any) -> Any:
        if job.test.name == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        return course.run_test(job)

    monkeypatch.setattr(workers, "usable_processors", lambda: 2)
    monkeypatch.setattr(workers, "run_test", run)
    write(project, *(test_of(name, "[{advance: 1d}]", "{rings: {total: 0}}") for name in ("a", "dies", "b", "c")))
    outcome = results(cli, project)
    assert [test["outcome"] for test in outcome["tests"]] == ["passed", "error", "passed", "passed"]
    assert outcome["tests"][1]["diagnostics"][0]["summary"] == "The process that ran this test has ended (signal 9)"


def test_a_process_that_a_signal_ends_in_a_command_says_nothing(
    cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM goes to every process of the group. One that prints where in its code it was has exit code 1."""

    def run(job: Any) -> None:
        with ended_like_interrupted():
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()

    monkeypatch.setattr(workers, "usable_processors", lambda: 2)
    monkeypatch.setattr(workers, "run_test", run)
    write(project, *(test_of(name, "[{advance: 1d}]", "{rings: {total: 0}}") for name in ("a", "b")))
    summaries = [test["diagnostics"][0]["summary"] for test in results(cli, project)["tests"]]
    assert summaries == ["The process that ran this test has ended (exit code 0)"] * 2


def test_a_bug_is_an_error_of_its_test_in_a_line(cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("+358401230001")

    monkeypatch.setattr(course, "failures_of", fail)
    write(project, test_of("a", "[{advance: 1d}]", "{rings: {total: 0}}"))
    ended = cli("test", project)
    assert ended.code == 1 and "internal error (RuntimeError in " in ended.out and "+358401230001" not in ended.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything(project: Path, number: int) -> None:
    write(
        project,
        *(
            test_of(
                f"long {n}",
                "[apply, {advance: 4d}]",
                "{plan: empty}",
                "given: {accounts: {count: 380, city: Helsinki}}",
            )
            for n in range(30)
        ),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "mscode", "test", str(project)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not _children(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = _children(process.pid)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and err.startswith("Error: Interrupted: ")
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


def _children(pid: int) -> list[int]:
    return (
        [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        if Path(f"/proc/{pid}").exists()
        else []
    )
