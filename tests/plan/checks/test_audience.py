"""Rules of the area `audience`, as far as the manifests alone tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.plan.change import Check
from mscode.plan.checks.number_types import types_of
from tests.plan.checks.findings import campaign, findings


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


# ---- audience/number-type --------------------------------------------------------------------------------------------


def test_a_text_message_to_a_fixed_line_is_named_with_its_place(tmp_path: Path) -> None:
    manifest = sms('[{phone: "+358401234567"}, {phone: "+35891234567"}]')
    (check,) = findings(tmp_path, manifest, rule="audience/number-type")
    assert (check.status, check.people) == ("warn", 1)
    assert check.message == ("smses.reminder reaches 1 fixed line, where no text message arrives: all.yaml line 7.")
    assert check.place is not None
    line = (tmp_path / "all.yaml").read_text().splitlines()[check.place.line - 1]
    assert line[check.place.column - 1 :].startswith("+35891234567")


def test_calls_may_go_to_fixed_lines(tmp_path: Path) -> None:
    assert findings(tmp_path, _call("+35891234567"), rule="audience/number-type") == []


def _call(*phones: str) -> str:
    receivers = ", ".join(f'{{phone: "{phone}"}}' for phone in phones)
    return campaign("Press five to come, nine to decline.").replace("[{group: donors}]", f"[{receivers}]")


@pytest.mark.parametrize(
    ("phone", "name"),
    [
        ("+35860012345", "premium-rate number"),
        ("+19005551234", "premium-rate number"),
        ("+4918012345678", "shared-cost number"),
        ("+447012345678", "personal number"),
        ("+447640123456", "pager"),
    ],
)
def test_numbers_that_cost_or_are_nobodys_phone_are_named(tmp_path: Path, phone: str, name: str) -> None:
    for manifest in (_call(phone, "+358401234567"), sms(f'[{{phone: "{phone}"}}]')):
        (check,) = findings(tmp_path, manifest, rule="audience/number-type")
        assert f"reaches 1 {name}: all.yaml line" in check.message


@pytest.mark.parametrize("phone", ["+358401234567", "+12025551234", "+4915123456789", "+447400123456", "+33612345678"])
def test_mobiles_are_no_finding(tmp_path: Path, phone: str) -> None:
    assert findings(tmp_path, sms(f'[{{phone: "{phone}"}}]'), rule="audience/number-type") == []


def test_lines_of_a_list_are_counted_and_named_and_no_number_is_shown(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        "phone,lang\n+35891234567,fi\n+358401234567,fi\n+35891234568,fi\n+35891234569,sv\n"
    )
    lists = "accountLists: {people: {file: people.csv}}\n"
    lists += "groups: {donors: {members: {accountList: people, where: {lang: fi}}}}\n"
    (check,) = findings(tmp_path, sms(more=lists), rule="audience/number-type")
    assert check.message == (
        "smses.reminder reaches 2 fixed lines, where no text message arrives: people.csv lines 2, 4."
    )
    assert [(place.file, place.line) for place in check.places] == [("people.csv", 2), ("people.csv", 4)]
    assert check.people == 2


def test_rows_that_nothing_reaches_are_not_asked(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("phone\n+35891234567\n")
    lists = "accountLists: {people: {file: people.csv}}\ngroups: {others: {members: {accountList: people}}}\n"
    manifest = sms('[{phone: "+358401234567"}]', more=lists)
    assert findings(tmp_path, manifest, rule="audience/number-type") == []


def test_excluded_people_are_not_reached(tmp_path: Path) -> None:
    people = PEOPLE.replace("+358401234568", "+35891234567")
    excluding = people.replace("[anna, bertta, cilla]", "[anna, cilla], exclude: {phones: ['+35891234567']}")
    assert len(findings(tmp_path, sms(more=people), rule="audience/number-type")) == 1
    assert findings(tmp_path, sms(more=excluding), rule="audience/number-type") == []


def test_the_library_is_asked_once_for_each_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    import phonenumbers

    asked: list[object] = []
    number_type = phonenumbers.number_type
    monkeypatch.setattr(phonenumbers, "number_type", lambda number: asked.append(number) or number_type(number))
    numbers = [f"+3589{at:07}" for at in range(2_000_000, 2_010_000)] + [f"+35840{at:07}" for at in range(10_000)]
    types = types_of(numbers, fixed_lines=True)
    assert (len(types), set(types.values())) == (10_000, {"fixed line"})
    assert len(asked) <= 10


@pytest.mark.parametrize(
    "region", ["FI", "SE", "NO", "DE", "GB", "US", "FR", "ES", "IT", "NL", "EE", "DK", "PL", "AU", "JP"]
)
def test_types_are_those_of_the_library(region: str) -> None:
    import phonenumbers

    names = {0: "fixed line", 4: "premium-rate number", 5: "shared-cost number", 7: "personal number", 8: "pager"}
    for number_type in range(11):
        example = phonenumbers.example_number_for_type(region, number_type)
        if example is not None:
            number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            expected = names.get(phonenumbers.number_type(example), "")
            if phonenumbers.number_type(example) == 10:
                expected = "voicemail number"
            assert types_of([number], fixed_lines=True).get(number, "") == expected


def test_what_is_no_number_has_no_type() -> None:
    assert types_of(["", "+", "abc", "+٣٥٨٤٠", "+" + "9" * 400, "+999123456", "0401234567"], fixed_lines=True) == {}


# ---- audience/fictional ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "phone", ["+12025550100", "+12025550199", "+447700900461", "+33199001234", "+493023125001", "+46701740699"]
)
def test_a_number_of_fiction_is_named_where_phones_ring(tmp_path: Path, phone: str) -> None:
    (check,) = findings(tmp_path, _call(phone), rule="audience/fictional")
    assert check.status == "warn"
    assert "rsvpCalls.invite reaches 1 number of ranges that are set aside for fiction: all.yaml line" in check.message
    assert phone not in check.message
    assert findings(tmp_path, _call(phone), rule="audience/fictional", environment="sandbox") == []


@pytest.mark.parametrize("phone", ["+12025550200", "+12025551212", "+447700901461", "+46701740604", "+358405550100"])
def test_its_neighbour_is_no_finding(tmp_path: Path, phone: str) -> None:
    assert findings(tmp_path, _call(phone), rule="audience/fictional") == []


@pytest.mark.parametrize(
    ("address", "is_example"),
    [
        ("a@example.com", True),
        ("a@MAIL.Example.org", True),
        ("a@clinic.example", True),
        ("a@host.test", True),
        ("a@myexample.com", False),
        ("example@blood.fi", False),
        ("a@example.blood.fi", False),
    ],
)
def test_addresses_of_examples(tmp_path: Path, address: str, is_example: bool) -> None:
    letter = (
        "emails: {letter: {subject: Hi, messageText: Hello, actionTime: 2026-12-04 17:00:00, "
        f"receivers: [{{email: {address}}}]}}}}\n"
    )
    checks = findings(tmp_path, letter, rule="audience/fictional")
    assert len(checks) == is_example
    assert all("reaches 1 address of domains that are set aside" in check.message for check in checks)
