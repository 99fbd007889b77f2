"""A number is one person however it is spelled: in the live account, in filters, in files; what is no number calls nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, drive, quiet
from tests.acceptance.conftest import World

AINO = PHONES[0]
SPELLINGS = [
    "0405550100",
    "040-555 0100",
    "00358405550100",
    "+358 40-555 0100",
    "+358 (0)40 555 0100",
    "(040) 5550100",
    "tel:+358-40-5550100",
    "+358\u00a040\u202f5550100",
    "\u200e+358405550100\u200b",
    "358405550100",
]


def live_account(world: World, phone: str, **fields: Any) -> str:
    made = world.service.send("POST", "/accounts", {"firstName": "Aino", "city": "Helsinki", "phone": phone, **fields})
    return str(made["accountId"])


def to(world: World, *receivers: dict[str, Any], **project: Any) -> None:
    """A campaign to these receivers; the project reads numbers in Finland."""
    world.write_project(region="FI", **project)
    manifest = drive(receivers=list(receivers), acceptsWanted=1)
    world.write({name: manifest[name] for name in ("apiVersion", "voiceFiles", "rsvpCalls")})


# ---- live accounts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_an_account_in_another_spelling_is_the_declared_one(world: World, spelled: str) -> None:
    world.write_project(region="FI")
    live_id = live_account(world, spelled, yearOfBirth=1960)
    manifest = quiet()
    manifest["accounts"] = {"aino": {"firstName": "Aino", "city": "Helsinki", "phone": AINO, "yearOfBirth": 1960}}
    world.write(manifest)
    assert world.apply().code == 0
    assert [one["accountId"] for one in world.service.get("/accounts")] == [live_id]
    assert world.service.get("/accounts")[0]["phone"] == spelled, "a spelling alone is no reason to write"
    world.holds_the_law()


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_row_of_a_list_finds_the_account_in_another_spelling(world: World, spelled: str) -> None:
    world.write_project(region="FI")
    live_account(world, spelled)
    world.write({"apiVersion": "mscode/v1", "accountLists": {"donors": {"file": "donors.csv"}}})
    (world.folder / "donors.csv").write_text(f"phone,firstName\n{AINO},Aino\n")
    assert world.apply().code == 0
    assert len(world.service.get("/accounts")) == 1
    world.holds_the_law()


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_the_do_not_call_list_sees_another_spelling(world: World, spelled: str) -> None:
    (world.folder / "never.csv").write_text(f"{AINO}\n")
    to(world, {"accountId": live_account(world, spelled)}, guards={"doNotCall": "never.csv"})
    ended = world.plan()
    assert ended.code == 5 and "Guard doNotCall refuses this plan: 1 person" in ended.said


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_one_person_in_two_spellings_is_not_called_twice(world: World, spelled: str) -> None:
    first, second = live_account(world, AINO), live_account(world, spelled)
    for receivers in ([{"accountId": first}, {"accountId": second}], [{"accountId": second}, {"phone": AINO}]):
        to(world, *receivers)
        ended = world.plan()
        assert ended.code == 5 and "duplicatePerson" in ended.said, ended.said


def test_a_person_who_spells_a_number_anew_changes_nothing(world: World) -> None:
    world.write_project(region="FI")
    world.launched(drive())
    account = next(one for one in world.service.get("/accounts") if one["phone"] == AINO)
    world.service.send("PUT", f"/accounts/{account['accountId']}", {**account, "phone": "040 555 0100"})
    world.holds_the_law()
    drift = world.cli("drift", world.folder, "--detailed-exitcode")
    assert drift.code == 0, drift.said


def test_an_update_of_another_field_leaves_one_account(world: World) -> None:
    world.write_project(region="FI")
    live_id = live_account(world, "040 555 0100", city="Turku")
    manifest = quiet()
    manifest["accounts"] = {"aino": {"firstName": "Aino", "city": "Helsinki", "phone": AINO, "import": live_id}}
    world.write(manifest)
    assert world.apply().code == 0
    [account] = world.service.get("/accounts")
    assert account["city"] == "Helsinki"
    world.holds_the_law()


def test_a_group_is_launched_to_the_numbers_of_its_members_however_they_are_spelled(world: World) -> None:
    """Who is in it is read anew right before the launch, by the list of its members."""
    world.write_project(region="FI")
    live_account(world, "040 555 0109")
    world.launched(drive(acceptsWanted=5))
    world.holds_the_law()


# ---- what cannot be read ---------------------------------------------------------------------------------------------

UNREADABLE = [
    "040 5550100 / 040 5550101",
    "n/a",
    "0405550100 (koti)",
    "358405550100.0",
    "5550100",
    "+358405550100 ext. 2",
]


@pytest.mark.parametrize("spelled", UNREADABLE)
def test_a_launch_that_reaches_a_phone_that_is_no_number_is_refused(world: World, spelled: str) -> None:
    live_id = live_account(world, spelled)
    to(world, {"accountId": live_id}, {"phone": PHONES[1]})
    if spelled == "5550100":
        world.write_project()  # of no region, so that it may be anybody's
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert f"unreadableNumber refuses this plan: rsvpCalls.invite would reach 1 account (id {live_id})" in ended.said
    assert f"The phone of 1 account (id {live_id}) cannot be read as a number" in ended.said
    assert spelled not in ended.said
    assert world.launch().code == 5 and world.service.get("/rsvp_calls") == []
    assert world.plan("--override", "unreadableNumber").code == 0


def test_where_there_is_a_do_not_call_list_two_overrides_are_needed(world: World) -> None:
    (world.folder / "never.csv").write_text(f"{PHONES[5]}\n")
    to(world, {"accountId": live_account(world, "n/a")}, guards={"doNotCall": "never.csv"})
    for names, code in [
        (("unreadableNumber",), 5),
        (("doNotCall",), 5),
        (("unreadableNumber", "doNotCall"), 0),
    ]:
        options = [word for name in names for word in ("--override", name)]
        assert world.plan(*options).code == code
    to(
        world,
        {"accountId": "1"},
        guards={"doNotCall": "never.csv", "unreadableNumber": {"level": "warn"}},
    )
    assert world.plan().code == 5


def test_a_group_that_a_running_campaign_calls_takes_in_nobody_who_cannot_be_read(world: World) -> None:
    world.write_project(region="FI")
    world.launched(drive())
    live_id = live_account(world, "040 5550108 / 040 5550109")
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert f"unreadableNumber refuses this plan: groups.donors would reach 1 account (id {live_id})" in ended.said


def test_an_account_without_a_phone_is_not_one_that_cannot_be_read(world: World) -> None:
    live_id = live_account(world, "", email="aino@example.com")
    to(world, {"accountId": live_id}, {"phone": PHONES[1]})
    ended = world.plan()
    assert ended.code == 0 and "cannot be read" not in ended.said


# ---- what was typed arrives ------------------------------------------------------------------------------------------


def typed(world: World, text: str) -> None:
    world.write_project(region="FI", variables={"door": {"default": "0401230001"}, "codes": {"type": "list"}})
    (world.folder / "vars.vars.yaml").write_text("codes: [0401230001, 30]\n")
    (world.folder / "all.yaml").write_text(f"apiVersion: mscode/v1\n{text}")


@pytest.mark.parametrize(
    ("condition", "members"),
    [
        ('phone, operator: "!=", value: 0405550100', 5),
        ('phone, operator: "!=", value: +358405550100', 5),
        ('phone, operator: "!=", value: "040-555 0100"', 5),
        ('phone, operator: "==", value: 00358405550100', 1),
        ("phone, operator: in, value: [0405550100, +358405550101, tel:+358-40-5550102]", 3),
        ("phone, operator: contains, value: 0555010", 6),
        ('zip, operator: "==", value: 00100', 1),
        ("zip, operator: in, value: [00100, 00200]", 2),
        ('zip, operator: "!=", value: 00100', 5),
    ],
)
def test_a_value_of_a_filter_is_what_was_typed(world: World, condition: str, members: int) -> None:
    typed(
        world,
        f"filters:\n  chosen: {{conditions: [{{field: {condition}}}]}}\ngroups: {{g: {{members: {{filter: chosen}}}}}}\n",
    )
    for at, phone in enumerate(PHONES):
        zip_code = ("00100", "00200")[at] if at < 2 else "33100"
        live_account(world, phone if at else "040 5550100", zip=zip_code)
    ended = world.apply("--var-file", str(world.folder / "vars.vars.yaml"))
    assert ended.code == 0, ended.said
    assert world.service.get("/groups")[0]["numberOfAccounts"] == members
    plan = world.plan("--detailed-exitcode", "--var-file", str(world.folder / "vars.vars.yaml"))
    assert plan.code == 0, plan.said


@pytest.mark.parametrize("value", ["100", "call me", "+15551234", "0405550100.0"])
def test_a_phone_of_a_filter_that_is_no_number_is_an_error(world: World, value: str) -> None:
    typed(world, f'filters:\n  f: {{conditions: [{{field: phone, operator: "!=", value: {value}}}]}}\n')
    ended = world.cli("validate", world.folder, "--var-file", str(world.folder / "vars.vars.yaml"))
    assert ended.code == 1 and "the value of a condition on phone" in ended.said


def test_filters_of_one_meaning_are_one(world: World) -> None:
    typed(
        world,
        "filters:\n"
        "  a: {conditions: [{field: city, operator: in, value: [Oulu, Espoo]}, {field: zip, operator: '!=', value: 00100}]}\n"
        "  b:\n"
        "    conditions:\n"
        "      - {field: zip, operator: '!=', value: '00100'}\n"
        "      - {field: city, operator: in, value: [Espoo, Oulu, Oulu]}\n"
        "  c: {conditions: [{field: phone, operator: in, value: [0405550100, 040-555 0101]}]}\n"
        "  d: {conditions: [{field: phone, operator: in, value: [+358405550101, +358405550100]}]}\n",
    )
    options = ("--var-file", str(world.folder / "vars.vars.yaml"))
    assert world.apply(*options).code == 0
    assert len(world.service.get("/accounts/filters")) == 2
    assert world.plan("--detailed-exitcode", *options).code == 0
    text = (world.folder / "all.yaml").read_text()
    (world.folder / "all.yaml").write_text(text.replace("[Oulu, Espoo]", "[Espoo, Oulu]"))
    assert world.plan("--detailed-exitcode", *options).code == 0


def test_operations_go_out_as_they_were_typed(world: World) -> None:
    typed(
        world,
        "calls:\n"
        "  notice:\n"
        "    operations:\n"
        "      - {number: 0401230001, to: +358401230001, timeout: 30, volume: 1.5, off: -3, zero: 0, on: true}\n"
        '      - {deep: {list: [007, 00, 5, "5"]}, door: "${var.door}", given: "${var.codes}", text: "call ${var.door}"}\n'
        "    actionTime: 2026-12-01T09:00:00Z\n"
        "    receivers: [{phone: 040-555 0100}]\n",
    )
    options = ("--var-file", str(world.folder / "vars.vars.yaml"))
    ended = world.launch(*options)
    assert ended.code == 0, ended.said
    [call] = world.service.get("/calls")
    assert json.loads(call["operations"]) == [
        {"number": "0401230001", "to": "+358401230001", "timeout": 30, "volume": 1.5, "off": -3, "zero": 0, "on": True},
        {
            "deep": {"list": ["007", "00", 5, "5"]},
            "door": "0401230001",
            "given": ["0401230001", 30],
            "text": "call 0401230001",
        },
    ]
    assert world.plan("--detailed-exitcode", *options).code == 0


def test_two_accounts_of_one_number_are_an_error(world: World) -> None:
    typed(
        world,
        'accounts:\n  p12: {phone: "+358 (0)40 555 1239"}\n  p13: {phone: "00358405551239"}\n'
        "groups: {g: {members: {accounts: [p12, p13]}}}\n",
    )
    ended = world.cli("validate", world.folder, "--var-file", str(world.folder / "vars.vars.yaml"))
    assert ended.code == 1 and "accounts.p13 and accounts.p12 have the same phone" in ended.said


def test_a_row_and_an_account_of_one_number_are_not_both_called(world: World) -> None:
    """By whatever a list finds its accounts: two accounts with one number make one person twice."""
    for key, row in (("phone", "040-555 0100,x@example.com"), ("email", "0405550100,other@example.com")):
        manifest = drive(receivers=[{"group": "donors"}], acceptsWanted=1)
        manifest["accounts"] = {"aino": {"firstName": "Aino", "phone": AINO, "email": "aino@example.com"}}
        manifest["accountLists"] = {"donors": {"file": "donors.csv", "key": key}}
        manifest["groups"] = {"donors": {"members": {"accounts": ["aino"], "accountList": "donors"}}}
        del manifest["filters"]
        world.write_project(region="FI")
        world.write(manifest)
        (world.folder / "donors.csv").write_text(f"phone,email\n{row}\n")
        ended = world.plan()
        assert ended.code in (1, 5), ended.said
        assert "have the same phone" in ended.said or "duplicatePerson" in ended.said
