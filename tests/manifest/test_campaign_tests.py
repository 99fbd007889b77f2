"""Files of tests: what is read, what is refused and where, what is given, and what an edit does to a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscode.errors import ManifestError
from mscode.manifest.campaign_tests.edit import EditError, with_edits
from mscode.manifest.campaign_tests.files import CampaignTest, CampaignTestFiles, read_tests
from mscode.manifest.campaign_tests.given import MOST, GivenReader
from mscode.manifest.campaign_tests.parts import Advance, Command, Edit
from mscode.manifest.project.file import ProjectFile, project_of
from mscode.manifest.yaml.source import overlaid, read_bytes
from mscode.manifest.yaml.tree import parse
from mscode.model.project_file import is_test_file
from mscode.model.values import Scalar
from mscode.plan.checks.fictional import fictional_numbers

PROJECT = """\
apiVersion: mscode/v1
project: drive
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments: {sandbox: {url: "sandbox:"}}
"""
#: The example of docs/testing.md, in the form of a flow.
WHOLE = """\
apiVersion: mscode/v1
tests:
  - name: at most three rings each, never after five
    clock: 2026-12-01T06:00:00Z
    environment: sandbox
    given:
      accounts: {count: 200, city: Helsinki}
    people: {answer: 70%, accept: 30%, seed: 7}
    do:
      [apply, {advance: 3d}, {halt: rsvpCalls.invite},
      {edit: campaign.yaml, with: {rsvpCalls.invite.acceptsWanted: 60}}, apply, {advance: 2d}]
    expect:
      rings: {perPerson: {max: 3}, between: ["09:00", "17:00"], weekdays: [monday, friday], only: groups.donors, total: {max: 600}}
      accepts: {rsvpCalls.invite: {min: 40}}
      states: {rsvpCalls.invite: complete}
      exit: [0, 0]
      plan: empty
"""


def project() -> ProjectFile:
    return project_of(PROJECT.encode())


def read(tmp_path: Path, text: str, name: str = "tests/a.test.yaml") -> CampaignTestFiles:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_tests(tmp_path, project())


def one(tmp_path: Path, body: str) -> CampaignTestFiles:
    """A file with one test of this body (lines below the name)."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return read(tmp_path, f"apiVersion: mscode/v1\ntests:\n  - name: a\n{lines}")


def errors(found: CampaignTestFiles) -> list[tuple[int, int, str]]:
    assert all(error.place is not None for error in found.errors)
    return [(error.place.line, error.place.column, error.summary) for error in found.errors if error.place]


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_a_whole_test_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert found.errors == []
    test: CampaignTest = found.tests[0]
    assert test.clock == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert (test.people.answer, test.people.accept, test.people.seed) == (0.7, 0.3, 7)
    assert [str(step) for step in test.steps if isinstance(step, Command)] == [
        "apply",
        "halt rsvpCalls.invite",
        "apply",
    ]
    assert [step.length for step in test.steps if isinstance(step, Advance)] == [timedelta(days=3), timedelta(days=2)]
    assert [dict(step.values) for step in test.steps if isinstance(step, Edit)] == [
        {"rsvpCalls.invite.acceptsWanted": "60"}
    ]
    # The code of a halt may be left out; it must be 0 then.
    assert test.codes == (0, 0, 0)
    assert test.place_of("expect.rings.only").line == 13


def test_a_clock_without_an_offset_is_in_the_projects_zone(tmp_path: Path) -> None:
    found = one(tmp_path, "clock: 2026-12-01 08:00\ndo: [plan]\nexpect: {plan: empty}")
    assert found.tests[0].clock == datetime(2026, 12, 1, 6, tzinfo=UTC)


MISTAKES: list[tuple[str, list[tuple[int, int, str]]]] = [
    ("do: [aply]\nexpect: {plan: empty}", [(4, 10, 'There is no step "aply"')]),
    ("do: [halt]\nexpect: {plan: empty}", [(4, 10, "The step halt needs to know of what")]),
    ("do: [{advance: 3}]\nexpect: {plan: empty}", [(4, 20, "advance: must be a number and a unit, like 3d or 90m")]),
    ("do: [{advance: -1h}]\nexpect: {plan: empty}", [(4, 20, "advance: must be a number and a unit, like 3d or 90m")]),
    (
        "do: [{advance: 999999999w}]\nexpect: {plan: empty}",
        [(4, 20, "advance: must be a number and a unit, like 3d or 90m")],
    ),
    ("do: [{halt: rsvpCals.x}]\nexpect: {plan: empty}", [(4, 17, 'halt: there is no section "rsvpCals"')]),
    (
        "do: [{apply: --no-launch}]\nexpect: {plan: empty}",
        [(4, 18, "apply: must be a list of options, like [--only, groups.donors]")],
    ),
    (
        "do: [{aply: 1, apply: 5}]\nexpect: {plan: empty}",
        [
            (4, 11, 'There is no step "aply"'),
            (4, 27, "apply: must be a list of options, like [--only, groups.donors]"),
        ],
    ),
    (
        "do: [{advance: 1d, halt: rsvpCalls.x}]\nexpect: {plan: empty}",
        [(4, 10, "A step does one thing, and this is advance and halt")],
    ),
    (
        "do: [{}, []]\nexpect: {plan: empty}",
        [
            (4, 10, "A step is a word, or a mapping with one key"),
            (4, 14, "A step is a word, or a mapping with one key"),
        ],
    ),
    ("do: []\nexpect: {plan: empty}", [(4, 9, "do: must not be empty")]),
    ("do: [plan]", [(3, 5, "expect: expects nothing, so that the test cannot fail")]),
    ("do: [plan]\nexpect:", [(5, 5, "expect: expects nothing, so that the test cannot fail")]),
    ("do: [plan]\nexpect: {}", [(5, 5, "expect: expects nothing, so that the test cannot fail")]),
    ("do: [plan]\nexpect: {rings: {}}", [(5, 21, "expect.rings: expects nothing")]),
    (
        "do: [plan]\nexpect: {rings: {total: {min: 0}}}",
        [
            (
                5,
                29,
                "expect.rings.total: must be a number, or a mapping with `min` (above 0), `max`, or both: "
                "anything else always holds",
            )
        ],
    ),
    (
        "do: [plan]\nexpect: {rings: {total: {min: 3, max: 2}}}",
        [(5, 29, "expect.rings.total: has a `min` above its `max`")],
    ),
    ("do: [plan]\nexpect: {rings: {totl: 3}}", [(5, 22, 'Unknown field "totl"')]),
    ("do: [plan]\nexpect: {accepts: {rsvpCalls.a: {mx: 3}}}", [(5, 38, 'Unknown field "mx"')]),
    (
        "do: [plan]\nexpect: {accepts: {invite: 3}}",
        [(5, 24, 'accepts: "invite" is not an address; the form is <section>.<name>, for example rsvpCalls.invite')],
    ),
    (
        "do: [plan]\nexpect: {rings: {weekdays: [fridy]}}",
        [
            (
                5,
                32,
                'expect.rings.weekdays: "fridy" is no weekday; they are '
                "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
            )
        ],
    ),
    (
        'do: [plan]\nexpect: {rings: {between: ["17:00", "09:00"]}}',
        [
            (
                5,
                31,
                'expect.rings.between: must be two times of day, the first before the second, like ["09:00", "17:00"]',
            )
        ],
    ),
    ("do: [apply, plan]\nexpect: {exit: [0]}", [(5, 20, "exit: has 1 codes, and the steps have 2 commands")]),
    (
        "do: [apply]\nexpect: {exit: [9]}",
        [(5, 21, "expect.exit[0]: must be an exit code of mscode: 0, 1, 2, 3, 4, 5, 6, 7, 64, 130")],
    ),
    ("do: [apply]\nexpect: {plan: full}", [(5, 20, "expect.plan: must be empty")]),
    ("environment: sandbx\ndo: [apply]\nexpect: {plan: empty}", [(4, 18, 'There is no environment "sandbx"')]),
    ("clok: 2026\ndo: [apply]\nexpect: {plan: empty}", [(4, 5, 'Unknown field "clok"')]),
    ("people: {anwer: 3}\ndo: [apply]\nexpect: {plan: empty}", [(4, 14, 'Unknown field "anwer"')]),
    (
        "people: {answer: 170%}\ndo: [apply]\nexpect: {plan: empty}",
        [(4, 22, 'answer: "170%" is no share; write one from 0% to 100%, like "60%"')],
    ),
    (
        'people: {"+358401230001": [noAnswr]}\ndo: [apply]\nexpect: {plan: empty}',
        [(4, 32, '"noAnswr" is nothing that becomes of a call')],
    ),
    (
        'people: {"+358401230001": accept, "+358 40 1230001": accept}\ndo: [apply]\nexpect: {plan: empty}',
        [(4, 39, "people: this number stands twice")],
    ),
    (
        "do: [{edit: a.yaml}]\nexpect: {plan: empty}",
        [(4, 10, "with: must be a mapping of paths to new values, like {rsvpCalls.invite.acceptsWanted: 60}")],
    ),
    ("do: [{edit: a.yaml, with: {a..b: 1}}]\nexpect: {plan: empty}", [(4, 32, '"a..b" is no path of a field')]),
    (
        f"do: [{{edit: a.yaml, with: {{{'a.' * 100}b: 1}}}}]\nexpect: {{plan: empty}}",
        [(4, 32, f'"{"a." * 40}" is no path of a field')],
    ),
    ("do: [apply]\nexpect: {plan: empty, plan: empty}", [(5, 27, 'The key "plan" stands twice')]),
    ("do: [apply]\nexpect: {plan: &x empty}", [(5, 20, "Anchors and aliases are not allowed")]),
]


@pytest.mark.parametrize(("body", "expected"), MISTAKES)
def test_a_mistake_is_an_error_at_its_place(tmp_path: Path, body: str, expected: list[tuple[int, int, str]]) -> None:
    found = one(tmp_path, body)
    assert errors(found) == expected
    assert found.tests == []


def test_a_mistyped_word_gets_a_hint(tmp_path: Path) -> None:
    hints = {
        body: one(tmp_path, body).errors[0].hint
        for body in ("do: [aply]\nexpect: {plan: empty}", "clok: 1\ndo: [plan]\nexpect: {plan: empty}")
    }
    assert list(hints.values()) == ['Did you mean "apply"?', 'Did you mean "clock"?']


def test_two_tests_of_one_name_in_a_file_are_an_error(tmp_path: Path) -> None:
    body = "  - {name: a, do: [plan], expect: {plan: empty}}\n"
    found = read(tmp_path, f"apiVersion: mscode/v1\ntests:\n{body}{body}")
    assert errors(found) == [(4, 12, 'There are two tests "a" in this file')]
    assert read(tmp_path, f"apiVersion: mscode/v1\ntests:\n{body}").errors == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "apiVersion: mscode/v1\n",
        "tests: []\n",
        "- a\n",
        "a: [",
        "apiVersion: mscode/v1\ntests: [a]\n",
    ],
)
def test_a_file_without_a_test_is_an_error_with_a_place(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert errors(found) and not found.tests


def test_a_person_is_not_quoted_in_an_error(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        'given: {accounts: {ulla: {firstName: Ulla, phone: "+358401230001"}}}\ndo: [apply]\n'
        'expect: {plan: full}\npeople: {"+358401230001": [yes]}',
    )
    quoted = "".join(
        str((error.summary, error.hint, error.detail, error.place and error.place.text)) for error in found.errors
    )
    assert quoted and "0001230001" not in quoted and "401230001" not in quoted


def test_files_are_taken_in_any_case_and_none_from_another_project(tmp_path: Path) -> None:
    test = "apiVersion: mscode/v1\ntests:\n  - {name: a, do: [plan], expect: {plan: empty}}\n"
    for name in (
        "tests/b/X.TEST.Yml",
        "tests/a.test.yaml",
        "tests/.c.test.yaml",
        "tests/other/d.test.yaml",
        "tests/e.yaml",
        "f.test.yaml",
    ):
        read(tmp_path, test, name)
    (tmp_path / "tests/other/mscode.yaml").write_text(PROJECT)
    found = read_tests(tmp_path, project())
    assert [item.file for item in found.tests] == ["tests/a.test.yaml", "tests/b/X.TEST.Yml"]
    assert all(is_test_file(item.file) for item in found.tests)


def test_a_link_that_leads_nowhere_or_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.test.yaml").symlink_to("a.test.yaml")
    (tmp_path / "tests/b.test.yaml").symlink_to("c.test.yaml")
    errors = read_tests(tmp_path, project()).errors
    assert {(error.place.file, error.summary) for error in errors if error.place} == {
        (f"tests/{name}.test.yaml", "The file is a link that leads nowhere") for name in "ab"
    }


def test_a_link_that_leads_out_of_the_project_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "outside.test.yaml").write_text(WHOLE)
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    (root / "tests/a.test.yaml").symlink_to(tmp_path / "outside.test.yaml")
    assert [error.summary for error in read_tests(root, project()).errors] == [
        "The file is a link that leads out of the project"
    ]


# ---- given -----------------------------------------------------------------------------------------------------------


def given_of(tmp_path: Path, text: str) -> Any:
    return GivenReader(tmp_path, project(), "sandbox").read(parse(text.encode(), "tests/a.test.yaml")[0], tmp_path)


def test_counted_people_have_the_fields_and_numbers_that_are_nobodys(tmp_path: Path) -> None:
    people = given_of(tmp_path, "accounts: {count: 1200, city: Helsinki}").people
    phones = [person["phone"] for person in people]
    assert len(set(phones)) == 1200 and fictional_numbers(phones) == set(phones)
    assert {person["city"] for person in people} == {"Helsinki"}
    assert len({person["email"] for person in people}) == 1200


def test_people_may_be_counted_under_names_beside_others(tmp_path: Path) -> None:
    result = given_of(
        tmp_path,
        'accounts:\n  many: {count: 3, phone: "+35840555", city: Oulu}\n  more: {count: 2}\n'
        '  ulla: {phone: "+358405550001", city: Turku}\ngroups:\n  old: {members: {accounts: [ulla]}}\n',
    )
    assert [person["phone"] for person in result.people][:3] == ["+358405550000", "+358405550002", "+358405550003"]
    assert len(result.people) == 5
    assert sorted(map(str, result.world.objects)) == ["accounts.ulla", "groups.old"]


@pytest.mark.parametrize(
    ("text", "line", "column", "summary"),
    [
        ("accounts: {count: 0}", 1, 19, "count: must be a whole number from 1"),
        (f"accounts: {{count: {MOST + 1}}}", 1, 19, "count: must be a whole number from 1"),
        ("accounts: {count: 2, citty: x}", 1, 22, 'Unknown field "citty"'),
        ("accounts: {count: 2, email: a@example.com}", 1, 22, "Each person has an e-mail address of their own"),
        ('accounts: {count: 2, phone: "+1"}', 1, 29, "phone: 4 more digits behind this are no phone number"),
        ("acounts: {count: 2}", 1, 1, 'Unknown section "acounts"'),
        ("groups: {a: {members: {accounts: [nobody]}}}", 1, 35, ""),
        ("[]", 1, 1, "given: must be a mapping of sections"),
    ],
)
def test_what_cannot_be_given_is_an_error_at_its_place(
    tmp_path: Path, text: str, line: int, column: int, summary: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        given_of(tmp_path, text)
    error = caught.value.diagnostics[0]
    assert error.place is not None and (error.place.line, error.place.column) == (line, column)
    assert error.summary.startswith(summary)


# ---- edits -----------------------------------------------------------------------------------------------------------

MANIFEST = """\
# head
apiVersion: mscode/v1
rsvpCalls:
  invite:
    startTime: 2026-12-01 10:00:00
    # mscode:allow time/night, because
    activeWeekdays: [monday, tuesday]   # days
    receivers:
      - group: donors
      # a person
      - phone: "+358401234567"
    voiceFiles: {start: a, end: b}
    text: >-
      hello
      there

    acceptsWanted: 60    # sixty
    empty:
  other: {acceptsWanted: 3}
groups:
  donors: {}
"""


def plain(text: str) -> Scalar:
    return Scalar(text)


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        ("rsvpCalls.invite.acceptsWanted", plain("3"), "acceptsWanted: 60    # sixty", "acceptsWanted: 3    # sixty"),
        ("rsvpCalls.invite.acceptsWanted", None, "    acceptsWanted: 60    # sixty\n", ""),
        ("rsvpCalls.invite.startTime", None, "    startTime: 2026-12-01 10:00:00\n", ""),
        ("rsvpCalls.invite.startTime", plain("2026-12-02 10:00:00"), "2026-12-01 10:00:00", '"2026-12-02 10:00:00"'),
        ("rsvpCalls.invite.activeWeekdays", [plain("friday")], "[monday, tuesday]   #", "[friday]   #"),
        (
            "rsvpCalls.invite.receivers",
            [{"phone": Scalar("+358401234567", plain=False)}],
            'receivers:\n      - group: donors\n      # a person\n      - phone: "+358401234567"',
            'receivers: [{phone: "+358401234567"}]',
        ),
        ("rsvpCalls.invite.voiceFiles.end", None, "{start: a, end: b}", "{start: a}"),
        ("rsvpCalls.invite.voiceFiles.start", None, "{start: a, end: b}", "{end: b}"),
        ("rsvpCalls.invite.text", plain("a: b"), "text: >-\n      hello\n      there\n", 'text: "a: b"\n'),
        ("rsvpCalls.invite.empty", plain("x"), "empty:\n", "empty: x\n"),
        ("rsvpCalls.invite.meta.a", plain("1"), "    startTime", "    meta: {a: 1}\n    startTime"),
        ("rsvpCalls.other", None, "  other: {acceptsWanted: 3}\n", ""),
        ("groups.donors", None, "  donors: {}", "  {}"),
        ("groups.donors.name", plain("Hello, you"), "donors: {}", 'donors: {name: "Hello, you"}'),
        ("smses.x.message", plain("hi"), "apiVersion", "smses: {x: {message: hi}}\napiVersion"),
    ],
)
def test_an_edit_changes_one_value_and_keeps_the_rest(path: str, value: Any, before: str, after: str) -> None:
    assert before in MANIFEST
    assert with_edits(MANIFEST.encode(), "a.yaml", {path: value}).decode() == MANIFEST.replace(before, after, 1)


@pytest.mark.parametrize(
    ("path", "value", "hint"),
    [
        ("rsvpCalls.invite.acceptsWanted.x", plain("1"), "Give it a new value as a whole."),
        ("rsvpCalls.invite.receivers.0", plain("1"), "Give it a new value as a whole."),
        ("rsvpCalls.invite.empty.x", plain("1"), "Give it a whole mapping."),
        ("rsvpCalls.invit", None, 'Did you mean "invite"?'),
    ],
)
def test_an_edit_that_leads_nowhere_is_an_error(path: str, value: Any, hint: str) -> None:
    with pytest.raises(EditError) as caught:
        with_edits(MANIFEST.encode(), "a.yaml", {path: value})
    assert (caught.value.path, caught.value.hint) == (path, hint)


def test_an_edit_of_a_file_of_several_documents_is_of_the_one_that_has_the_object() -> None:
    raw = b"apiVersion: mscode/v1\ngroups: {a: {}}\n---\napiVersion: mscode/v1\ngroups: {b: {description: x}}\n"
    assert with_edits(raw, "a.yaml", {"groups.b.description": plain("y")}) == raw.replace(
        b"description: x", b"description: y"
    )


_NAMES = st.sampled_from(["a", "b", "c"])
_LEAVES = st.one_of(
    st.integers(0, 99).map(lambda n: Scalar(str(n))), st.text(max_size=8).map(lambda t: Scalar(t, plain=False))
)
_DATA = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(_NAMES, st.dictionaries(_NAMES, _DATA, min_size=1, max_size=3), min_size=1, max_size=3),
    _NAMES,
    _NAMES,
    st.none() | _DATA,
)
def test_what_an_edit_writes_says_what_was_meant_or_is_refused(
    data: dict[str, Any], first: str, second: str, value: Any
) -> None:
    """Whatever comes out is read back as the data with the one change (`with_edits` compares them itself)."""
    from mscode.manifest.yaml.writer import mapping

    text = "\n".join(mapping({"apiVersion": Scalar("mscode/v1"), **data})) + "\n"
    try:
        after = with_edits(text.encode(), "a.yaml", {f"{first}.{second}": value})
    except (EditError, ManifestError):
        return
    read_back = parse(after, "a.yaml")[0].data()
    present = read_back.get(first) or {}
    assert (second in present) == (value is not None)


def test_files_are_laid_over_for_a_block_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"on the disk")
    with overlaid({path.resolve(): b"edited"}):
        assert read_bytes(path, "a.yaml") == b"edited"
    assert read_bytes(path, "a.yaml") == b"on the disk" == path.read_bytes()
