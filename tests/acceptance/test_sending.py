"""Calls, text messages, e-mails and click-to-calls: sent once, found again, edited while they wait."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, PHONES, Manifest, desk, people
from tests.acceptance.conftest import World

TUESDAY = "2026-12-01T08:00:00Z"
GROUP = [{"group": "donors"}]
CLICK = desk([{"account": "aino"}, {"account": "eero"}], maxRedials=1)
ONE_OF_EACH: Manifest = {
    "calls": {"notice": {"operations": [{"say": "We close early"}], "actionTime": TUESDAY, "receivers": GROUP}},
    "smses": {
        "reminder": {"message": "See you tomorrow", "sender": "Blood", "actionTime": TUESDAY, "receivers": GROUP}
    },
    "emails": {
        "letter": {
            "subject": "The bus comes",
            "messageText": "On Tuesday",
            "fromEmail": "blood@example.com",
            "actionTime": TUESDAY,
            "receivers": GROUP,
        }
    },
    "clickToCalls": {"desk": CLICK},
}
PATHS = {"calls": "/calls", "smses": "/smses", "emails": "/emails", "clickToCalls": "/click_to_calls"}
ONCE = ("calls", "smses", "emails")


def project(*sections: str) -> Manifest:
    """Four people in a group, and one object of each of these sections."""
    persons = {
        name: {**fields, "email": f"{name}@example.com"}
        for name, fields in people().items()
        if fields["city"] == "Helsinki"
    }
    return {
        "apiVersion": "mscode/v1",
        "accounts": persons,
        "groups": {"donors": {"members": {"accounts": list(persons)}}},
        "voiceFiles": {"greeting": {"text": "Hello", "voiceCode": "en"}},
        **{section: deepcopy(ONE_OF_EACH[section]) for section in sections},
    }


def only(manifest: Manifest, section: str) -> dict[str, Any]:
    return next(iter(manifest[section].values()))


every = pytest.mark.parametrize("section", sorted(PATHS))
once = pytest.mark.parametrize("section", ONCE)


@every
def test_the_create_is_the_launch_and_the_law_holds(world: World, section: str) -> None:
    world.write(project(section))
    address = f"{section}.{next(iter(ONE_OF_EACH[section]))}"
    plan = world.plan("--json").json
    assert plan["reach"][address]["people"] == (2 if section == "clickToCalls" else 4)
    assert world.changes()[address] == (["create"], ["dials"])
    held = world.apply()
    assert held.code == 5
    assert world.service.get(PATHS[section]) == []
    assert world.launch().code == 0
    assert len(world.service.get(PATHS[section])) == 1
    world.holds_the_law()


@every
def test_what_has_gone_out_is_done_and_never_sent_again(world: World, section: str) -> None:
    world.launched(project(section))
    world.service.at(AFTER)
    rung = world.service.rings()
    assert rung
    world.holds_the_law()
    changed = project(section)
    only(changed, section)["receivers"] = [{"account": "helmi"}]
    world.write(changed)
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "its manifest's changes are not applied" in ended.err + ended.out
    assert world.service.rings() == rung
    assert len(world.service.get(PATHS[section])) == 1


@once
def test_lost_state_finds_it_again_at_any_age(world: World, section: str) -> None:
    world.launched(project(section))
    world.service.at(AFTER)
    world.lose_state()
    assert {actions[0] for actions, _ in world.changes().values()} <= {"no-op"}
    assert world.apply().code == 0
    assert len(world.service.get(PATHS[section])) == 1
    world.holds_the_law()


def test_lost_state_finds_a_click_to_call_by_its_marker(world: World) -> None:
    world.launched(project("clickToCalls"))
    world.lose_state()
    assert world.apply().code == 0
    assert len(world.service.get("/click_to_calls")) == 1
    world.holds_the_law()


@once
def test_a_time_that_has_passed_without_a_live_one_is_an_error(world: World, section: str) -> None:
    world.service.at(AFTER)
    world.write(project(section))
    ended = world.plan()
    assert ended.code == 1
    assert "was never sent" in ended.err
    assert "Set a new time, or remove it" in ended.err


def test_an_expired_click_to_call_is_a_warning_and_no_step(world: World) -> None:
    world.service.at(AFTER)
    world.write(project("clickToCalls"))
    ended = world.plan()
    assert ended.code == 0
    assert "clickToCalls.desk is expired" in ended.out + ended.err


@once
def test_another_time_is_an_edit_that_needs_the_launch_yes(world: World, section: str) -> None:
    manifest = project(section)
    world.launched(manifest)
    only(manifest, section)["actionTime"] = "2026-12-02T08:00:00Z"
    world.write(manifest)
    ((actions, effects),) = world.changes().values()
    assert (actions, effects) == (["update"], ["dials"])
    assert world.launch().code == 0
    assert world.service.get(PATHS[section])[0]["actionTime"] == "2026-12-02 08:00:00"
    world.holds_the_law()


def test_another_text_is_an_edit_and_no_launch(world: World) -> None:
    manifest = project("smses")
    world.launched(manifest)
    only(manifest, "smses")["message"] = "See you on Tuesday"
    world.write(manifest)
    assert world.changes() == {"smses.reminder": (["update"], [])}
    assert world.apply().code == 0
    world.holds_the_law()


@once
def test_new_receivers_are_a_launch_and_fewer_are_not(world: World, section: str) -> None:
    manifest = project(section)
    only(manifest, section)["receivers"] = [{"account": "aino"}]
    world.launched(manifest)
    only(manifest, section)["receivers"] = [{"account": "aino"}, {"account": "eero"}]
    world.write(manifest)
    ((actions, effects),) = world.changes().values()
    assert (actions, effects) == (["update"], ["dials"])
    assert world.launch().code == 0
    only(manifest, section)["receivers"] = [{"account": "eero"}]
    world.write(manifest)
    ((actions, effects),) = world.changes().values()
    assert (actions, effects) == (["update"], [])
    assert world.apply().code == 0
    world.holds_the_law()
    world.service.at(AFTER)
    assert len(world.service.rings()) == 1


@once
def test_new_members_of_its_group_are_a_launch_too(world: World, section: str) -> None:
    manifest = project(section)
    manifest["accounts"]["kaisa"] = {**people()["kaisa"], "email": "kaisa@example.com"}
    world.launched(manifest)
    manifest["groups"]["donors"]["members"]["accounts"].append("kaisa")
    world.write(manifest)
    plan = world.plan("--json").json
    assert plan["reach"]["groups.donors"]["people"] == 1
    assert world.apply().code == 5
    world.service.at(AFTER)
    assert len(world.service.rings()) == 4


@once
def test_removal_takes_back_what_waits_and_forgets_what_went_out(world: World, section: str) -> None:
    world.launched(project(section))
    world.write(project())
    assert world.apply().code == 0
    assert world.service.get(PATHS[section]) == []
    world.service.at("2026-12-01T06:00:00Z")
    world.launched(project(section))
    world.service.at(AFTER)
    world.write(project())
    ended = world.apply()
    assert ended.code == 0, ended.said
    assert len(world.service.get(PATHS[section])) == 1
    world.holds_the_law()


def test_an_undialled_click_to_call_is_replaced_the_old_one_first(world: World) -> None:
    manifest = project("clickToCalls")
    world.service.at("2026-11-29T06:00:00Z")  # a Sunday
    world.launched(manifest)
    manifest["clickToCalls"]["desk"]["receivers"].reverse()
    world.write(manifest)
    assert world.changes() == {"clickToCalls.desk": (["delete", "create"], ["dials"])}
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "1 added, 0 changed, 1 destroyed, 1 launched" in ended.out
    (left,) = world.service.get("/click_to_calls")
    assert [row["phone"] for row in left["receivers"]] == [PHONES[1], PHONES[0]]
    world.holds_the_law()


def test_a_click_to_call_that_has_dialled_is_replaced_on_request_alone(world: World) -> None:
    manifest = project("clickToCalls")
    manifest["clickToCalls"]["desk"]["receivers"] = [{"account": name} for name in ("aino", "eero", "helmi", "ilmari")]
    world.launched(manifest)
    world.service.at("2026-11-30T08:00:00Z")
    dialled = len(world.service.rings())
    assert dialled
    manifest["clickToCalls"]["desk"]["maxRedials"] = 2
    world.write(manifest)
    refused = world.plan()
    if "is complete" not in refused.said:
        assert refused.code == 1
        assert "--replace clickToCalls.desk" in refused.err
    ended = world.launch("--replace", "clickToCalls.desk")
    assert ended.code == 0, ended.said
    world.holds_the_law()


def test_a_lost_answer_is_held_and_shown_as_unknown(world: World) -> None:
    world.write(project("smses"))
    world.service.fault(method="POST", path="/smses", status=503, when="before", times=1)
    assert world.launch().code == 7
    world.service.no_more_faults()
    ended = world.plan()
    assert ended.code == 7
    assert "? smses.reminder outcome unknown" in ended.out
    assert world.launch().code == 7
    assert world.service.get("/smses") == []


def test_a_lost_answer_of_a_create_that_was_done_is_adopted(world: World) -> None:
    world.write(project("smses"))
    world.service.fault(method="POST", path="/smses", status=503, when="after", times=1)
    assert world.launch().code in (0, 7)
    world.service.no_more_faults()
    assert world.launch().code == 0
    assert len(world.service.get("/smses")) == 1
    world.holds_the_law()


def test_the_same_address_twice_is_refused(world: World) -> None:
    manifest = project("emails")
    only(manifest, "emails")["receivers"] = [{"account": "aino"}, {"email": "AINO@example.com"}]
    world.write(manifest)
    ended = world.cli("validate", world.folder)
    assert ended.code == 1
    assert "The same receiver stands twice" in ended.err
    only(manifest, "emails")["receivers"] = [{"group": "donors"}, {"email": "aino@example.com"}]
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5
    assert "duplicatePerson" in ended.out


def test_the_price_is_told_after_a_create_and_estimated_before_the_next(world: World) -> None:
    manifest = project("smses")
    only(manifest, "smses")["receivers"] = [{"account": "aino"}, {"account": "eero"}]
    world.write(manifest)
    assert "price" not in world.plan().out
    ended = world.launch()
    assert "its price at 15 cents" in ended.said
    manifest["smses"]["second"] = {**only(manifest, "smses"), "message": "And another", "receivers": GROUP}
    world.write(manifest)
    assert "about 30 cents" in world.plan().out


def test_mailings_have_words_and_a_symbol_of_their_own(world: World) -> None:
    world.write(project("smses", "emails", "calls"))
    ended = world.plan()
    assert "+ ✉ smses.reminder" in ended.out
    assert "+ ☎ calls.notice" in ended.out
    assert "✉ writes to people" in ended.out
    assert "messages:   4 people, one each, sent Tue 2026-12-01 10:00 Europe/Helsinki" in ended.out
    expected = "Launch: 1 campaign, 2 mailings, 8 people, at most 4 calls, 8 messages, first call Tue 2026-12-01 10:00"
    assert expected in ended.out


def test_subusers_are_created_edited_and_deleted_without_their_token(world: World) -> None:
    manifest = {**project(), "subusers": {"desk": {"username": "desk", "email": "desk@example.com", "company": "City"}}}
    world.launched(manifest)
    token = world.service.get("/subusers")[0]["authToken"]
    manifest["subusers"]["desk"]["company"] = "Town"
    world.write(manifest)
    said = world.plan().said + world.plan("--json").said + world.apply().said
    assert world.service.get("/subusers")[0]["company"] == "Town"
    world.holds_the_law()
    del manifest["subusers"]
    world.write(manifest)
    said += world.apply().said
    assert world.service.get("/subusers") == []
    assert token not in said
    kept = [path.read_text("utf-8", "replace") for path in (world.folder / ".mscode").rglob("*") if path.is_file()]
    assert not any(token in text for text in kept)


def test_an_import_reads_what_the_list_does_not_show(world: World) -> None:
    manifest = project("smses")
    world.launched(manifest)
    world.lose_state()
    only(manifest, "smses")["import"] = world.service.get("/smses/1")["smsId"]
    only(manifest, "smses")["message"] = "Another text"
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 0, ended.said
    assert "smses.reminder will be updated in-place" in ended.out
    assert '(imported from "1")' in ended.out
    assert world.apply().code == 0
    world.holds_the_law()


def test_an_id_of_another_kind_is_told_as_one(world: World) -> None:
    manifest = project("smses")
    world.launched(manifest)
    manifest["groups"]["more"] = {"import": "4"}
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 1
    assert "there is no group with id 4" in ended.err
    assert "That id is one of another kind: account." in ended.err


def test_what_has_no_halt_says_so(world: World) -> None:
    world.launched(project("clickToCalls"))
    ended = world.cli("halt", "clickToCalls.desk", "--dir", world.folder)
    assert ended.code == 1
    assert "the API has no halt for a click-to-call" in ended.err


def test_what_reaches_nobody_is_told(world: World) -> None:
    manifest = project("emails")
    for account in manifest["accounts"].values():
        del account["email"]
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 5, ended.said
    assert "Check audience/nobody refuses this plan: emails.letter reaches nobody" in ended.out
    assert "none of its receivers has an e-mail address" in ended.out


@every
def test_what_a_person_has_deleted_before_its_time_is_not_made_again(world: World, section: str) -> None:
    world.launched(project(section))
    world.service.send("DELETE", f"{PATHS[section]}/1")
    ended = world.plan("--detailed-exitcode")
    assert ended.code == 0, ended.said
    assert "was deleted by a person; it is not made again" in ended.out
    assert world.launch().code == 0
    assert world.service.get(PATHS[section]) == []
    address = f"{section}.{next(iter(ONE_OF_EACH[section]))}"
    assert world.launch("--replace", address).code == 0
    assert len(world.service.get(PATHS[section])) == 1
    world.holds_the_law()


@every
def test_what_was_imported_and_then_deleted_by_a_person_is_not_made_either(world: World, section: str) -> None:
    world.launched(project(section))
    address = f"{section}.{next(iter(ONE_OF_EACH[section]))}"
    assert world.cli("forget", address, world.folder).code == 0
    assert world.cli("import", address, "1", world.folder).code == 0
    world.service.send("DELETE", f"{PATHS[section]}/1")
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "it is not made again" in ended.out
    assert world.service.get(PATHS[section]) == []


@every
def test_a_replacement_that_broke_off_after_the_old_one_went_goes_on_with_its_own_yes(
    world: World, section: str
) -> None:
    world.launched(project(section))
    address = f"{section}.{next(iter(ONE_OF_EACH[section]))}"
    looks = (
        2 if section in ("calls", "smses") else 1
    )  # before it goes: those whose list is not whole are read one by one
    world.service.fault(method="GET", path=f"{PATHS[section]}/1", skip=looks, status=200, body="<html></html>")
    assert world.launch("--replace", address).code in (1, 6)
    assert world.service.get(PATHS[section]) == []
    assert world.apply().code == 5
    assert world.service.get(PATHS[section]) == []
    assert world.launch().code == 0
    assert len(world.service.get(PATHS[section])) == 1
    world.holds_the_law()


@once
def test_a_receiver_whose_account_was_deleted_does_not_keep_the_others_from_an_edit(world: World, section: str) -> None:
    manifest = project(section)
    only(manifest, section)["receivers"] = [{"account": "aino"}, {"account": "eero"}]
    world.launched(manifest)
    world.service.send("DELETE", f"/accounts/{world.state_entries()['accounts.aino']}")
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()
