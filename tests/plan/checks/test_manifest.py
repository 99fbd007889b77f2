"""Rules of the area `manifest`."""

from __future__ import annotations

from pathlib import Path

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
