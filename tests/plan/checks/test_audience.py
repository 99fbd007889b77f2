"""Rules of the area `audience`, as far as the manifests alone tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.plan.change import Check
from tests.plan.checks.findings import findings


def sms(receivers: str = "[{group: donors}]", *, more: str = "") -> str:
    """A manifest of one text message; `more` are further lines at the top level."""
    return (
        f"{more}smses:\n  reminder:\n    message: See you tomorrow\n    sender: Blood\n"
        f"    actionTime: 2026-12-04 17:00:00\n    receivers: {receivers}\n"
    )


PEOPLE = """\
accounts:
  anna: {firstName: Anna, phone: "+358401234567", email: anna@blood.fi}
  bertta: {firstName: Bertta, email: bertta@blood.fi}
  cilla: {firstName: Cilla, phone: "+358401234568"}
groups: {donors: {members: {accounts: [anna, bertta, cilla]}}}
"""


def _lines(checks: list[Check]) -> list[str]:
    return [check.message for check in checks]


def test_members_without_a_phone_are_counted(tmp_path: Path) -> None:
    (check,) = findings(tmp_path, sms(more=PEOPLE), rule="audience/unreachable")
    assert check.message == "1 of 3 members of groups.donors has no phone and is not reached."
    assert (check.status, check.people, check.addresses) == ("warn", 1, ("smses.reminder",))
    assert check.place is not None
    line = (tmp_path / "all.yaml").read_text().splitlines()[check.place.line - 1]
    assert line[check.place.column - 1 :].startswith("donors}]")


def test_an_email_needs_an_address_and_no_phone(tmp_path: Path) -> None:
    letter = "emails: {letter: {subject: Hi, messageText: Hello, actionTime: 2026-12-04 17:00:00, receivers: [{group: donors}]}}\n"
    assert _lines(findings(tmp_path, PEOPLE + letter, rule="audience/unreachable")) == [
        "1 of 3 members of groups.donors has no e-mail address and is not reached."
    ]


def test_an_account_alone_is_named(tmp_path: Path) -> None:
    manifest = sms("[{account: bertta}, {account: anna}]", more=PEOPLE)
    assert _lines(findings(tmp_path, manifest, rule="audience/unreachable")) == [
        "accounts.bertta has no phone and is not reached."
    ]


def test_who_has_a_phone_or_is_not_reached_is_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, sms("[{account: anna}]", more=PEOPLE), rule="audience/unreachable") == []


@pytest.mark.parametrize("cells", ["+358401234567,Anna", "+358401234567,Anna\n+358401234568,Eero"])
def test_rows_of_a_list_with_a_phone_are_no_finding(tmp_path: Path, cells: str) -> None:
    (tmp_path / "people.csv").write_text(f"phone,firstName\n{cells}\n")
    lists = "accountLists: {people: {file: people.csv}}\ngroups: {donors: {members: {accountList: people}}}\n"
    assert findings(tmp_path, sms(more=lists), rule="audience/unreachable") == []


def test_rows_of_a_list_without_a_phone_are_counted(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,phone,lang\na@b.fi,,fi\nc@b.fi,+358401234567,fi\nd@b.fi,,sv\n")
    lists = "accountLists: {people: {file: people.csv, key: email}}\n"
    everybody = lists + "groups: {donors: {members: {accountList: people}}}\n"
    assert _lines(findings(tmp_path, sms(more=everybody), rule="audience/unreachable")) == [
        "2 of 3 members of groups.donors have no phone and are not reached."
    ]
    finnish = lists + "groups: {donors: {members: {accountList: people, where: {lang: fi}}}}\n"
    assert _lines(findings(tmp_path, sms(more=finnish), rule="audience/unreachable")) == [
        "1 of 2 members of groups.donors has no phone and is not reached."
    ]


def test_a_list_without_a_column_for_phones_is_left_to_the_plan(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email\na@b.fi\n")
    lists = (
        "accountLists: {people: {file: people.csv, key: email}}\ngroups: {donors: {members: {accountList: people}}}\n"
    )
    assert findings(tmp_path, sms(more=lists), rule="audience/unreachable") == []


def test_a_comment_that_only_a_plan_can_judge_is_not_unused(tmp_path: Path) -> None:
    manifest = sms(more="groups: {donors: {}}\n").replace(
        "    receivers", "    # mscode:allow audience/unreachable, most of them have no phone\n    receivers"
    )
    assert findings(tmp_path, manifest, rule="checks/unused-allow") == []
    assert findings(tmp_path, manifest, rule="audience/unreachable") == []


def test_a_comment_at_the_receivers_allows_it(tmp_path: Path) -> None:
    manifest = sms(more=PEOPLE).replace(
        "    receivers", "    # mscode:allow audience/unreachable, Bertta knows\n    receivers"
    )
    (check,) = findings(tmp_path, manifest, rule="audience/unreachable")
    assert (check.status, check.reason) == ("allowed", "Bertta knows")
