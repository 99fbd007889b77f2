"""Rules of the area `manifest`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.plan.change import Check
from tests.plan.checks.findings import campaign, findings


def _unused(folder: Path, manifest: str, settings: str = "") -> list[str]:
    return [check.message for check in findings(folder, manifest, settings=settings, rule="manifest/unused")]


def test_what_nothing_uses_is_named(tmp_path: Path) -> None:
    manifest = """\
        filters: {adults: {conditions: [{field: yearOfBirth, operator: "<=", value: 2008}]}}
        groups: {donors: {}}
        voiceFiles: {hello: {text: Hello there, voiceCode: en}}
        """
    settings = "variables: {city: {default: Espoo}}\n"
    assert sorted(_unused(tmp_path, manifest, settings)) == [
        "Nothing uses filters.adults.",
        "Nothing uses groups.donors.",
        "Nothing uses the variable city.",
        "Nothing uses voiceFiles.hello.",
    ]


def test_what_is_used_is_no_finding(tmp_path: Path) -> None:
    settings = "variables: {city: {default: Espoo}}\n"
    assert _unused(tmp_path, campaign("Hello from ${var.city}"), settings) == []


def test_a_list_is_used_where_the_filter_of_a_group_takes_one_of_its_rows(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("phone,city\n+358401234567,Espoo\n")
    manifest = """\
        accountLists: {people: {file: people.csv, key: phone}}
        filters: {there: {conditions: [{field: city, operator: "==", value: CITY}]}}
        groups: {donors: {members: {filter: there}}}
        """
    assert _unused(tmp_path, manifest.replace("CITY", "Espoo")) == ["Nothing uses groups.donors."]
    assert "Nothing uses accountLists.people." in _unused(tmp_path, manifest.replace("CITY", "Turku"))


def _same(folder: Path, manifest: str) -> list[Check]:
    return findings(folder, manifest, rule="manifest/same-name")


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("donors", "Donors", "case"),
        ("donors", "d0nors", "look-alike letters"),
        ("listA1", "listAl", "look-alike letters"),
        ("listAI", "listAl", "look-alike letters"),
        ("modern", "modem", "look-alike letters"),
    ],
)
def test_names_that_are_taken_for_one_another_are_named(tmp_path: Path, one: str, other: str, how: str) -> None:
    (check,) = _same(tmp_path, f"groups:\n  {one}: {{}}\n  {other}: {{}}\n")
    assert check.message == f'The names "{other}" and "{one}" in groups differ by {how} alone.'
    assert check.place is not None
    assert (check.status, check.place.line) == ("warn", 4)
    assert set(check.addresses) == {f"groups.{one}", f"groups.{other}"}


@pytest.mark.parametrize(("one", "other"), [("donors", "donor"), ("fi", "fl"), ("a1", "a2"), ("a-b", "a_b")])
def test_names_that_differ_otherwise_are_no_finding(tmp_path: Path, one: str, other: str) -> None:
    assert _same(tmp_path, f"groups:\n  {one}: {{}}\n  {other}: {{}}\n") == []


def test_the_same_name_in_two_sections_is_no_finding(tmp_path: Path) -> None:
    manifest = "groups: {hello: {}}\nvoiceFiles: {Hello: {text: Hello there, voiceCode: en, name: Hi}}\n"
    assert _same(tmp_path, manifest) == []


def test_the_names_in_the_account_are_compared_too(tmp_path: Path) -> None:
    manifest = 'groups:\n  one:\n    name: Donors\n  two:\n    name: "D\u043en\u043ers"\n'
    (check,) = _same(tmp_path, manifest)
    assert check.message == 'The names "D\u043en\u043ers" and "Donors" in groups differ by look-alike letters alone.'
    assert check.place is not None
    assert check.place.line == 6


def test_thousands_of_names_are_compared_at_once(tmp_path: Path) -> None:
    manifest = "groups:\n" + "".join(f"  g{'I' * (at % 7)}{at}x: {{}}\n" for at in range(2000))
    assert len(_same(tmp_path, manifest)) < 2000
