"""Account lists from end to end: thousands of people from a CSV, one change in the plan, never a deleted account."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from scripts import make_contacts

from tests.acceptance.campaigns import Manifest, drive, invite
from tests.acceptance.conftest import World

ADDRESS = "accountLists.donors"
EXAMPLE = make_contacts.FILE.parent
NAMES = ("Kanarialintu", "Tikli", "Varpunen", "Peippo")


def number(at: int) -> str:
    return f"+3584055502{at:02}"


def person(at: int, **changes: str) -> dict[str, str]:
    return {"phone": number(at), "firstName": NAMES[at % 4], "city": "Espoo", "yearOfBirth": str(1960 + at), **changes}


def write_rows(world: World, rows: list[dict[str, str]], name: str = "donors.csv") -> None:
    with (world.folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def listed(**settings: Any) -> Manifest:
    return {
        "apiVersion": "mscode/v1",
        "accountLists": {"donors": {"file": "donors.csv", **settings}},
        "groups": {"donors": {"members": {"accountList": "donors"}}},
    }


@pytest.fixture
def twelve(world: World) -> World:
    """A list of twelve, applied."""
    world.write_project(environments=_environment(world))
    world.write(listed())
    write_rows(world, [person(at) for at in range(12)])
    ended = world.apply()
    assert ended.code == 0, ended.said
    return world


def _environment(world: World) -> dict[str, Any]:
    token = {"env": "ACCEPTANCE_TOKEN"}
    return {"test": {"url": world.service.url, "token": token, "settleSeconds": 0}}


def accounts(world: World) -> dict[str, Any]:
    return {one["phone"]: one for one in world.service.get("/accounts")}


def members(world: World) -> set[str]:
    group = world.service.get("/groups")[0]["groupId"]
    return {one["phone"] for one in world.service.get(f"/groups/{group}/accounts")}


# ---- the law ---------------------------------------------------------------------------------------------------------


def test_a_list_is_one_change_and_holds_the_law(twelve: World) -> None:
    assert set(accounts(twelve)) == members(twelve) == {number(at) for at in range(12)}
    assert accounts(twelve)[number(3)]["yearOfBirth"] == 1963
    twelve.holds_the_law()
    assert twelve.state_entries() == {ADDRESS: "-", "groups.donors": "1"}


def test_a_plan_tells_counts_and_a_few_masked_examples(world: World) -> None:
    world.write(listed())
    write_rows(world, [person(at) for at in range(12)])
    said = world.plan()
    assert 'file:     "donors.csv" (12 rows)' in said.out
    assert "accounts: 12 to create, 0 to update, 0 unchanged" in said.out
    assert '+ line 2: {firstName: "K•••", phone: "+35840•••0200", city: "Espoo", yearOfBirth: 1960}' in said.out
    assert len(re.findall(r"\+ line \d+:", said.out)) == 3
    assert "(9 more)" in said.out
    assert "Plan: 2 to add, 0 to change, 0 to destroy." in said.out


def test_a_list_costs_no_get_per_row(twelve: World) -> None:
    write_rows(twelve, [person(at, city="Turku") for at in range(12)])
    twelve.service.forget_requests()
    assert twelve.apply().code == 0
    sent = twelve.service.requests()
    assert len(sent) < 12 + 12
    assert sum(one.startswith("PUT /") for one in sent) == 12
    assert not [one for one in sent if re.match(r"GET /\S*accounts/\d", one) and "groups" not in one]


# ---- what changes ----------------------------------------------------------------------------------------------------


def test_a_changed_cell_updates_its_field_alone(twelve: World) -> None:
    live_id = accounts(twelve)[number(5)]["accountId"]
    twelve.service.send("PUT", f"/accounts/{live_id}", {**accounts(twelve)[number(5)], "note": "keep me"})
    write_rows(twelve, [person(at, city="Turku" if at == 5 else "Espoo") for at in range(12)])
    said = twelve.plan()
    assert "accounts: 0 to create, 1 to update, 11 unchanged" in said.out
    assert '~ line 7: {phone: "+35840•••0205", city: "Espoo" -> "Turku"}' in said.out
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in said.out
    assert twelve.apply().code == 0
    after = accounts(twelve)[number(5)]
    assert (after["city"], after["note"], after["accountId"]) == ("Turku", "keep me", live_id)
    twelve.holds_the_law()


def test_an_empty_cell_empties_its_field(twelve: World) -> None:
    write_rows(twelve, [person(at, city="", yearOfBirth="") for at in range(12)])
    assert twelve.apply().code == 0
    assert (accounts(twelve)[number(0)]["city"], accounts(twelve)[number(0)]["yearOfBirth"]) == ("", None)
    twelve.holds_the_law()


def test_a_row_taken_out_leaves_the_group_and_not_the_account(twelve: World) -> None:
    write_rows(twelve, [person(at) for at in range(11)])
    assert twelve.changes() == {"groups.donors": (["update"], [])}
    ended = twelve.apply()
    assert ended.code == 0, ended.said
    assert members(twelve) == {number(at) for at in range(11)}
    assert number(11) in accounts(twelve)
    assert "Not managed: 1 account." in twelve.plan().out
    twelve.holds_the_law()


def test_an_account_deleted_by_somebody_is_made_again(twelve: World) -> None:
    twelve.service.send("DELETE", f"/accounts/{accounts(twelve)[number(4)]['accountId']}")
    said = twelve.plan()
    assert "accounts: 1 to create, 0 to update, 11 unchanged" in said.out
    assert twelve.apply().code == 0
    assert number(4) in members(twelve)
    twelve.holds_the_law()


def test_a_list_without_its_manifest_is_forgotten_and_its_accounts_stay(twelve: World) -> None:
    twelve.write({"apiVersion": "mscode/v1", "groups": {"donors": {}}})
    said = twelve.plan()
    assert f". {ADDRESS}" in said.out
    assert "its accounts stay in the live account" in said.out
    assert "1 to forget" in said.out
    assert twelve.apply().code == 0
    assert len(accounts(twelve)) == 12
    assert ADDRESS not in twelve.state_entries()
    twelve.write(listed())
    assert twelve.apply().code == 0
    twelve.holds_the_law()


def test_destroy_deletes_no_account_of_a_list(twelve: World) -> None:
    assert twelve.destroy().code == 0
    assert len(accounts(twelve)) == 12


def test_a_list_can_be_renamed(twelve: World) -> None:
    manifest = listed(renamedFrom="donors")
    manifest["accountLists"] = {"people": manifest["accountLists"]["donors"]}
    manifest["groups"]["donors"]["members"] = {"accountList": "people"}
    twelve.write(manifest)
    said = twelve.plan()
    assert "accountLists.donors has moved to accountLists.people" in said.out
    assert twelve.apply().code == 0
    assert set(twelve.state_entries()) == {"accountLists.people", "groups.donors"}
    twelve.holds_the_law()


def test_a_lost_state_heals_itself(twelve: World) -> None:
    twelve.lose_state()
    assert all(actions == ["no-op"] for actions, _ in twelve.changes().values())
    assert twelve.apply().code == 0
    assert set(twelve.state_entries()) == {ADDRESS, "groups.donors"}
    twelve.holds_the_law()


def test_there_is_nothing_to_import_for_a_list(twelve: World) -> None:
    ended = twelve.cli("import", ADDRESS, "5", twelve.folder)
    assert ended.code == 1
    assert f"There is nothing to import for {ADDRESS}" in ended.err


def test_a_list_can_be_forgotten_and_taken_up_again(twelve: World) -> None:
    assert twelve.cli("forget", ADDRESS, twelve.folder).code == 0
    assert twelve.apply().code == 0
    assert ADDRESS in twelve.state_entries()
    twelve.holds_the_law()


# ---- who is who ------------------------------------------------------------------------------------------------------


def test_of_two_live_accounts_with_one_key_the_lowest_id_is_taken_with_a_warning(world: World) -> None:
    world.service.control("POST", "/seed", [{"phone": number(0), "city": "Oulu"}, {"phone": number(0), "city": "Pori"}])
    world.write(listed())
    write_rows(world, [person(0)])
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert "Several live accounts have the phone of one row" in ended.err
    assert "line 2 of donors.csv" in ended.err
    assert {one["accountId"]: one["city"] for one in world.service.get("/accounts")} == {"1": "Espoo", "2": "Pori"}
    world.holds_the_law()


def test_an_account_that_was_declared_moves_into_a_list(world: World) -> None:
    world.write({"apiVersion": "mscode/v1", "accounts": {"aino": {"phone": number(0)}}})
    assert world.apply().code == 0
    world.write(listed())
    write_rows(world, [person(0), person(1)])
    said = world.plan()
    assert "accounts.aino will be forgotten" in said.out
    assert f"it is a row of {ADDRESS} now" in said.out
    assert world.apply().code == 0
    assert accounts(world)[number(0)]["accountId"] == "1"
    world.holds_the_law()


def test_an_account_that_is_declared_too_is_found_by_whatever_key(world: World) -> None:
    world.service.control("POST", "/seed", [{"phone": number(0), "email": "aino@example.com"}])
    world.write({**listed(key="email"), "accounts": {"aino": {"phone": number(0)}}})
    write_rows(world, [{"email": "aino@example.com", "city": "Espoo"}])
    ended = world.plan()
    assert ended.code == 1
    assert f"accounts.aino and a row of {ADDRESS} are the same account" in ended.err
    assert "donors.csv line 2" in ended.err


def two_lists(world: World, first: list[dict[str, str]], second: list[dict[str, str]]) -> None:
    manifest = listed()
    manifest["accountLists"]["helpers"] = {"file": "helpers.csv"}
    manifest["groups"]["helpers"] = {"members": {"accountList": "helpers"}}
    world.write(manifest)
    write_rows(world, first)
    write_rows(world, second, "helpers.csv")


def test_one_person_may_be_in_two_lists_that_agree(world: World) -> None:
    world.service.control("POST", "/seed", [{"phone": number(0), "city": "Oulu", "area": "?"}])
    first = [person(at) for at in (0, 1, 2)]
    second = [{"phone": number(at), "city": "Espoo", "area": "North"} for at in (0, 1, 9)]
    two_lists(world, first, second)
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(accounts(world)) == 4
    for at in (0, 1):
        assert (accounts(world)[number(at)]["firstName"], accounts(world)[number(at)]["area"]) == (NAMES[at], "North")
    groups = {one["name"]: one["numberOfAccounts"] for one in world.service.get("/groups")}
    assert groups == {"donors": 3, "helpers": 3}
    world.holds_the_law()


def test_two_lists_that_differ_about_a_person_are_an_error_that_names_both_rows(world: World) -> None:
    two_lists(world, [person(0), person(1)], [{"phone": number(1), "city": "Oulu"}])
    ended = world.plan()
    assert ended.code == 1
    assert "The row says another thing of its account than donors.csv line 3" in ended.err
    assert "helpers.csv line 2" in ended.err


def test_a_filter_chooses_among_the_rows_as_they_will_be(world: World) -> None:
    manifest = listed()
    manifest["filters"] = {"turku": {"conditions": [{"field": "city", "operator": "==", "value": "Turku"}]}}
    manifest["groups"]["turku"] = {"members": {"filter": "turku"}}
    world.write(manifest)
    write_rows(world, [person(at, city="Turku" if at % 2 else "Espoo") for at in range(6)])
    assert world.apply().code == 0
    world.holds_the_law()
    write_rows(world, [person(at, city="Turku" if at < 5 else "Espoo") for at in range(6)])
    assert "members: +3 -1 (5 after)" in world.plan().out
    assert world.apply("--override", "maxMemberRemovals").code == 0
    world.holds_the_law()


# ---- launches --------------------------------------------------------------------------------------------------------


def test_people_of_a_list_are_counted_where_a_campaign_calls_its_group(world: World) -> None:
    manifest = drive(acceptsWanted=1)
    manifest |= {"accountLists": listed()["accountLists"], "groups": listed()["groups"]}
    world.write(manifest)
    write_rows(world, [person(at) for at in range(7)])
    assert world.plan("--json").json["reach"]["rsvpCalls.invite"]["people"] == 7
    assert world.launch().code == 0
    world.holds_the_law()
    write_rows(world, [person(at) for at in range(9)])
    assert world.changes() == {ADDRESS: (["update"], []), "groups.donors": (["update"], ["dials"])}
    ended = world.apply()
    assert ended.code == 5, ended.said
    assert len(members(world)) == 7
    assert world.launch().code == 0
    assert len(members(world)) == 9
    world.holds_the_law()


def test_another_phone_of_a_person_whom_a_running_campaign_calls_is_a_launch(world: World) -> None:
    world.write(
        {
            **drive(),
            "accounts": {},
            "filters": {},
            **listed(key="email"),
            "rsvpCalls": {"invite": invite(acceptsWanted=1)},
        }
    )
    rows = [{"email": f"p{at}@example.com", "phone": number(at)} for at in range(3)]
    write_rows(world, rows)
    assert world.launch().code == 0
    world.holds_the_law()
    write_rows(world, [*rows[:2], {"email": "p2@example.com", "phone": number(30)}])
    assert world.changes() == {ADDRESS: (["update"], ["dials"])}
    assert world.plan("--json").json["reach"][ADDRESS]["people"] == 1
    held = world.apply()
    assert held.code == 5, held.said
    assert number(30) not in accounts(world)
    assert world.launch().code == 0
    assert number(30) in accounts(world)
    world.holds_the_law()


def test_another_address_of_a_person_to_whom_an_email_waits_is_a_launch(world: World) -> None:
    mail = {
        "subject": "Thank you",
        "messageText": "You saved a life.",
        "fromEmail": "service@example.com",
        "fromName": "Blood service",
        "actionTime": "2026-12-02T09:00:00Z",
        "receivers": [{"group": "donors"}],
    }
    world.write({**listed(), "emails": {"thanks": mail}})
    rows = [{"phone": number(at), "email": f"p{at}@example.com"} for at in range(3)]
    write_rows(world, rows)
    assert world.launch().code == 0
    world.holds_the_law()
    write_rows(world, [*rows[:2], {"phone": number(2), "email": "other@example.com"}])
    assert world.changes() == {ADDRESS: (["update"], ["dials"])}
    assert world.apply().code == 5
    assert world.launch().code == 0
    world.holds_the_law()


def test_an_email_that_nobody_manages_counts_too(world: World) -> None:
    world.write({"apiVersion": "mscode/v1", "accountLists": {"donors": {"file": "donors.csv"}}})
    rows = [{"phone": number(at), "email": f"p{at}@example.com"} for at in range(2)]
    write_rows(world, rows)
    assert world.apply().code == 0
    group = world.service.send("POST", "/groups", {"name": "by hand", "description": ""})["groupId"]
    who = accounts(world)[number(1)]["accountId"]
    world.service.send("POST", f"/groups/{group}/accounts", [{"accountId": who}])
    mail = {"subject": "Hi", "messageText": "x", "messageHtml": "", "fromEmail": "s@example.com", "fromName": ""}
    mail |= {"actionTime": "2026-12-02 09:00:00", "receivers": [{"groupId": group}]}
    world.service.send("POST", "/emails", mail)
    write_rows(world, [rows[0], {"phone": number(1), "email": "other@example.com"}])
    assert world.changes() == {ADDRESS: (["update"], ["dials"])}
    write_rows(world, [{"phone": number(0), "email": "other@example.com"}, rows[1]])
    assert world.changes() == {ADDRESS: (["update"], [])}


# ---- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(world: World) -> World:
    """A list of twelve, not applied."""
    world.write_project(environments=_environment(world))
    world.write(listed())
    write_rows(world, [person(at) for at in range(12)])
    return world


def test_bad_rows_are_all_reported_and_nothing_is_sent(ready: World) -> None:
    write_rows(ready, [person(0, phone="x"), person(1, yearOfBirth="old"), person(2), person(3, phone=number(2))])
    for command in ("validate", "plan"):
        ended = ready.cli(command, ready.folder)
        assert ended.code == 1
        for line, column in ((2, 1), (3, 27), (5, 1)):
            assert f"on donors.csv line {line}, column {column}" in ended.err
    assert ready.service.requests() == []


def test_rows_that_the_service_refuses_are_told_by_line_and_the_next_apply_goes_on(ready: World) -> None:
    body = {"error": {"code": "invalid", "message": "bad Kanarialintu +358405550200", "field": "phone"}}
    ready.service.fault(method="POST", path="/accounts", status=422, body=body, skip=4, times=3)
    ended = ready.apply("--parallelism", "1")
    assert ended.code == 6, ended.said
    assert f"{ADDRESS}: 3 of 12 accounts are not done" in ended.err + ended.out
    assert "lines 6, 7, 8 of donors.csv" in ended.err + ended.out
    for name in NAMES:
        assert name not in ended.said
    assert len(accounts(ready)) == 9
    assert ready.service.get("/groups") == []
    said = ready.plan()
    assert "accounts: 3 to create, 0 to update, 9 unchanged" in said.out
    again = ready.apply()
    assert again.code == 0, again.said
    assert len(accounts(ready)) == 12
    ready.holds_the_law()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_whose_answer_is_lost_is_looked_for_and_made_once(when: str, ready: World) -> None:
    ready.service.fault(method="POST", path="/accounts", status=500, when=when, skip=2, times=4)
    ended = ready.apply()
    assert ended.code == 0, ended.said
    assert len(ready.service.get("/accounts")) == 12
    ready.holds_the_law()


def test_an_outcome_that_stays_unknown_is_told_and_settled_by_the_next_apply(ready: World) -> None:
    ready.service.fault(method="POST", path="/accounts", status=500, skip=10, times=4)
    ended = ready.apply("--parallelism", "1")
    assert ended.code == 7, ended.said
    assert f"{ADDRESS}: 2 of 12 accounts may or may not be done" in ended.said
    ready.service.no_more_faults()
    assert ready.apply().code == 0
    assert len(ready.service.get("/accounts")) == 12
    ready.holds_the_law()


def test_a_service_without_time_is_asked_again(ready: World) -> None:
    headers = {"Retry-After": "0"}
    ready.service.fault(method="POST", path="/accounts", status=429, headers=headers, skip=2, times=3)
    ended = ready.apply()
    assert ended.code == 0, ended.said
    assert len(ready.service.get("/accounts")) == 12


def test_a_service_that_refuses_everything_is_not_asked_for_every_row(ready: World) -> None:
    write_rows(ready, [person(at) for at in range(90)])
    ready.service.fault(method="POST", path="/accounts", status=403, times=None)
    assert ready.apply("--parallelism", "2").code == 1
    assert len(ready.service.requests(writes=True)) < 20


def test_an_account_changed_since_the_plan_is_not_overwritten(twelve: World) -> None:
    from mscode.engine.lifecycle import account_list as lists

    write_rows(twelve, [person(at, city="Turku") for at in range(12)])
    before = accounts(twelve)[number(6)]
    look = lists.apply_rows

    def meanwhile(*given: Any) -> None:
        twelve.service.send("PUT", f"/accounts/{before['accountId']}", {**before, "note": "just now"})
        look(*given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mscode.engine.lifecycle.account_list.apply_rows", meanwhile)
        ended = twelve.apply()
    assert ended.code == 6, ended.said
    assert "line 8 of donors.csv" in ended.said
    after = accounts(twelve)
    assert (after[number(6)]["city"], after[number(6)]["note"]) == ("Espoo", "just now")
    assert after[number(7)]["city"] == "Turku"
    assert twelve.apply().code == 0
    twelve.holds_the_law()


def test_nothing_that_is_said_or_kept_tells_who_is_in_a_list(ready: World) -> None:
    said = [ready.plan(), ready.plan("--json"), ready.plan("--show-people"), ready.apply("--json")]
    assert said[-1].code == 0
    write_rows(ready, [person(at, firstName="Harakka") for at in range(12)])
    said += [ready.plan(), ready.plan("--json"), ready.apply(), ready.cli("state", "pull", ready.folder)]
    kept = [file.read_text("utf-8", "replace") for file in (ready.folder / ".mscode").rglob("*") if file.is_file()]
    for text in (*(ended.said for ended in said), *kept):
        for word in (*NAMES, "Harakka", "35840555020", "40555020"):
            assert word not in text


# ---- the example -----------------------------------------------------------------------------------------------------


def test_the_script_writes_the_contacts_of_the_example(tmp_path: Path) -> None:
    make_contacts.write(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == make_contacts.FILE.read_bytes()


def test_the_example_of_five_thousand_contacts_holds_the_law(tmp_path: Path, world: World) -> None:
    for file in EXAMPLE.iterdir():
        if file.is_file():
            (world.folder / file.name).write_bytes(file.read_bytes())
    (world.folder / "all.yaml").unlink(missing_ok=True)
    said = world.plan()
    assert 'file:     "donors.csv" (5,000 rows)' in said.out
    assert "accounts: 5,000 to create, 0 to update, 0 unchanged" in said.out
    ended = world.apply()
    assert ended.code == 0, ended.said
    again = world.plan("--detailed-exitcode")
    assert again.code == 0, again.said
