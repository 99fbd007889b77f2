"""Who is still reached though no list and no manifest has them: a plan says so, with or without changes."""

from __future__ import annotations

from tests.acceptance.campaigns import PHONES, Manifest, invite
from tests.acceptance.conftest import World

ROWS = ["phone,firstName,note", f"{PHONES[0]},Aino,fi", f"{PHONES[1]},Eero,fi", f"{PHONES[2]},John,en"]
SAID = "Warning: filters.fi also catches 1 account that no list and no manifest of this project has"
REACHED = "It is a member of groups.fi, and rsvpCalls.c reaches it."


def split_by_language(**members: object) -> Manifest:
    return {
        "apiVersion": "mscode/v1",
        "accountLists": {"l": {"file": "l.csv"}},
        "filters": {"fi": {"conditions": [{"field": "note", "operator": "==", "value": "fi"}]}},
        "groups": {"fi": {"members": {"filter": "fi", **members}}},
        "voiceFiles": {"greeting": {"text": "Hei", "voiceCode": "fi"}},
        "rsvpCalls": {"c": invite(receivers=[{"group": "fi"}], acceptsWanted=1)},
    }


def rows(world: World, *lines: str) -> None:
    (world.folder / "l.csv").write_text("\n".join(lines) + "\n")


def applied(world: World, manifest: Manifest) -> None:
    rows(world, *ROWS)
    world.write(manifest)
    ended = world.apply("--no-launch")
    assert ended.code == 0, ended.said
    assert "also catches" not in world.plan().said


def test_a_row_that_was_taken_out_is_told_of_as_long_as_its_account_is_reached(world: World) -> None:
    applied(world, split_by_language())
    rows(world, *(line for line in ROWS if "Eero" not in line))
    ended = world.plan()
    assert SAID in ended.err and REACHED in ended.err
    (warning,) = [one for one in world.plan("--json").json["diagnostics"] if one["code"] == "unlisted"]
    assert warning["address"] == "groups.fi" and f"Warning: {warning['summary']}" == SAID
    assert world.launch().code == 0
    assert SAID in world.plan().err  # no changes, and still


def test_an_account_that_left_the_manifests_and_stays_is_told_of_too(world: World) -> None:
    world.service.send("POST", "/accounts", {"phone": PHONES[4], "note": "fi"})
    manifest = split_by_language()
    manifest["accounts"] = {"kaisa": {"phone": PHONES[4], "note": "fi", "firstName": ""}}
    manifest["accounts"]["kaisa"].pop("firstName")
    applied(world, manifest)
    del manifest["accounts"]
    world.write(manifest)
    assert SAID in world.plan().err


def test_members_that_no_source_names_and_that_are_kept_are_told_of(world: World) -> None:
    manifest = split_by_language(exclusive=False)
    applied(world, manifest)
    stranger = world.service.send("POST", "/accounts", {"phone": PHONES[5]})["accountId"]
    world.service.send("POST", "/groups/1/accounts", [{"accountId": stranger}])
    said = "groups.fi: it keeps 1 account that no list and no manifest of this project has; rsvpCalls.c reaches it"
    assert said in world.plan().out


def test_nothing_is_said_where_somebody_names_them(world: World) -> None:
    manifest = split_by_language()
    applied(world, manifest)
    rows(world, *(line for line in ROWS if "Eero" not in line))
    manifest["accounts"] = {"eero": {"phone": PHONES[1]}}
    world.write(manifest)
    assert "also catches" not in world.plan("--override", "acceptsWanted").said


def test_a_filter_whose_group_nothing_calls_is_told_of_as_well(world: World) -> None:
    manifest = split_by_language()
    applied(world, manifest)
    rows(world, *(line for line in ROWS if "Eero" not in line))
    manifest["rsvpCalls"]["c"]["receivers"] = [{"phone": PHONES[0]}]
    world.write(manifest)
    ended = world.plan()
    assert SAID in ended.err and "It is a member of groups.fi." in ended.err


def test_a_group_that_chooses_rows_of_the_list_loses_whoever_is_taken_out_of_it(world: World) -> None:
    manifest = split_by_language()
    del manifest["filters"]
    manifest["groups"]["fi"]["members"] = {"accountList": "l", "where": {"note": "fi"}}
    applied(world, manifest)
    assert world.launch().code == 0
    rows(world, *(line for line in ROWS if "Eero" not in line))
    ended = world.apply("--no-launch")  # whoever is taken out needs nobody's yes
    assert ended.code == 0 and "members: -1 (1 after)" in ended.out, ended.said
    assert [one["phone"] for one in world.service.get("/groups/1/accounts")] == [PHONES[0]]
    world.holds_the_law()


def test_a_project_that_keeps_no_people_lives_off_those_there_are(world: World) -> None:
    world.service.send("POST", "/accounts", {"phone": PHONES[0], "note": "fi"})
    manifest = split_by_language()
    del manifest["accountLists"]
    world.write(manifest)
    ended = world.plan()
    assert ended.code == 0 and "also catches" not in ended.said, ended.said
