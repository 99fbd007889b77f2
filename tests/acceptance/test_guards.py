"""Guards: the plan is printed and ends with 5, apply sends nothing, `--override` is the one way round."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, Manifest, drive, quiet
from tests.acceptance.conftest import World

MANY = [{"phone": f"+3584055502{at:02d}", "city": "Helsinki"} for at in range(20)]


def _refuses(world: World, guard: str) -> None:
    """The plan says 5 and why, the apply says 5 and sends nothing but GET."""
    world.service.forget_requests()
    planned = world.plan()
    assert planned.code == 5, planned.said
    assert guard in planned.said
    applied = world.launch()
    assert applied.code == 5, applied.said
    assert world.service.requests(writes=True) == []
    checks = {check["name"]: check for check in world.plan("--json").json["checks"] if "name" in check}
    assert guard in checks, checks


def _goes_on_with(world: World, *options: str) -> None:
    ended = world.launch(*options)
    assert ended.code == 0, ended.said
    assert world.service.requests(writes=True) != []


@pytest.mark.parametrize(("guard", "limit"), [("maxPeople", 3), ("maxCalls", 11), ("maxRedials", 1)])
def test_a_launch_over_its_limit_is_refused_and_goes_with_an_override(world: World, guard: str, limit: int) -> None:
    world.write_project(guards={guard: limit})
    world.write(drive())
    _refuses(world, guard)
    _goes_on_with(world, "--override", guard)


@pytest.mark.parametrize(("guard", "limit"), [("maxPeople", 4), ("maxCalls", 12), ("maxRedials", 2)])
def test_a_launch_at_its_limit_goes(world: World, guard: str, limit: int) -> None:
    world.write_project(guards={guard: limit})
    world.write(drive())
    _goes_on_with(world)


def test_redials_are_guarded_at_five_by_default(world: World) -> None:
    world.write(drive(maxRedials=6))
    _refuses(world, "maxRedials")


def test_an_override_of_one_guard_overrides_no_other(world: World) -> None:
    world.write_project(guards={"maxPeople": 3, "maxCalls": 3})
    world.write(drive())
    assert world.launch("--override", "maxPeople").code == 5
    assert world.service.requests(writes=True) == []


def test_a_guard_that_only_warns_lets_it_go(world: World) -> None:
    world.write_project(guards={"maxPeople": {"value": 3, "level": "warn", "reason": "A small team"}})
    world.write(drive())
    planned = world.plan()
    assert planned.code == 0, planned.said
    assert "maxPeople" in planned.said
    _goes_on_with(world)


def test_a_refusal_shows_its_reason(world: World) -> None:
    world.write_project(guards={"maxPeople": {"value": 3, "reason": "A small team"}})
    world.write(drive())
    assert "A small team" in world.plan().said


def _with_spares(count: int) -> Manifest:
    manifest = quiet()
    manifest["groups"] |= {f"spare{at}": {} for at in range(count)}
    return manifest


def test_more_than_ten_deletes_are_refused_by_default(world: World) -> None:
    world.launched(_with_spares(11))
    world.write(quiet())
    _refuses(world, "maxDeletes")
    assert world.apply("--allow-deletes", "10").code == 5
    _goes_on_with(world, "--allow-deletes", "11")


def test_ten_deletes_go(world: World) -> None:
    world.launched(_with_spares(10))
    world.write(quiet())
    _goes_on_with(world)


@pytest.mark.parametrize("limit", [1, "10%"])
def test_the_limit_of_deletes_is_a_number_or_a_share(world: World, limit: Any) -> None:
    world.launched(_with_spares(2))
    world.write_project(guards={"maxDeletes": limit})
    world.write(quiet())
    _refuses(world, "maxDeletes")
    _goes_on_with(world, "--override", "maxDeletes")


def _big_group(removed: int) -> tuple[Manifest, Manifest]:
    phones = [person["phone"] for person in MANY]
    before, after = quiet(), quiet()
    before["groups"]["big"] = {"members": {"phones": phones}}
    after["groups"]["big"] = {"members": {"phones": phones[removed:]}}
    return before, after


def test_more_than_a_fifth_of_a_groups_members_are_not_removed_at_once(world: World) -> None:
    world.service.control("POST", "/seed", MANY)
    before, after = _big_group(5)
    world.launched(before)
    world.write(after)
    _refuses(world, "maxMemberRemovals")
    _goes_on_with(world, "--override", "maxMemberRemovals")
    world.holds_the_law()


def test_a_fifth_of_a_groups_members_goes(world: World) -> None:
    world.service.control("POST", "/seed", MANY)
    before, after = _big_group(4)
    world.launched(before)
    world.write(after)
    _goes_on_with(world)


def test_a_group_of_fewer_than_ten_may_lose_all_its_members(world: World) -> None:
    before, after = quiet(), quiet()
    before["groups"]["small"] = {"members": {"accounts": ["aino", "eero"]}}
    after["groups"]["small"] = {"members": {"accounts": []}}
    world.launched(before)
    world.write(after)
    _goes_on_with(world)


TWICE = {
    "group and account": [{"group": "donors"}, {"account": "aino"}],
    "group and phone": [{"group": "donors"}, {"phone": PHONES[0]}],
    "two groups": [{"group": "donors"}, {"group": "others"}],
    "group and its id": [{"group": "donors"}, {"groupId": "1"}],
}


@pytest.mark.parametrize("receivers", TWICE.values(), ids=TWICE)
def test_a_number_reached_twice_by_one_campaign_is_refused(world: World, receivers: list[Any]) -> None:
    manifest = quiet()
    manifest["groups"]["others"] = {"members": {"accounts": ["aino", "lauri"]}}
    world.launched(manifest)
    manifest["rsvpCalls"] = drive(receivers=receivers)["rsvpCalls"]
    world.write(manifest)
    planned = world.plan()
    assert planned.code == 5, planned.said
    _refuses(world, "duplicatePerson")
    assert PHONES[0] not in planned.said


def test_two_accounts_with_one_number_are_one_person(world: World) -> None:
    world.service.control("POST", "/seed", [{"phone": "+358405550299"}, {"phone": "+358405550299"}])
    world.write(drive(acceptsWanted=1, receivers=[{"accountId": "1"}, {"accountId": "2"}]))
    _refuses(world, "duplicatePerson")


def test_a_number_twice_in_one_manifest_is_an_error_of_the_manifest(world: World) -> None:
    world.write(drive(acceptsWanted=1, receivers=[{"phone": "+358405550199"}, {"phone": "+358405550199"}]))
    assert world.cli("validate", world.folder).code == 1
    assert world.plan().code == 1


def test_a_campaign_that_cannot_reach_the_accepts_it_wants_is_refused(world: World) -> None:
    world.write(drive(acceptsWanted=5))
    _refuses(world, "acceptsWanted")
    _goes_on_with(world, "--override", "acceptsWanted")


def test_an_empty_project_deletes_nothing(world: World) -> None:
    world.launched(quiet())
    world.write({"apiVersion": "mscode/v1"})
    _refuses(world, "emptyProject")
    assert len(world.state_entries()) == 9


def test_a_project_that_was_always_empty_is_no_danger(world: World) -> None:
    world.write({"apiVersion": "mscode/v1"})
    world.holds_the_law()


def test_guards_speak_only_of_what_a_plan_launches(world: World) -> None:
    world.launched(drive())
    world.write_project(guards={"maxPeople": 1, "maxCalls": 1, "maxRedials": 0})
    world.holds_the_law()


def test_an_unknown_guard_is_an_error_that_names_the_known_ones(world: World) -> None:
    world.write_project(guards={"maxPeeple": 3})
    world.write(quiet())
    ended = world.plan()
    assert ended.code == 1, ended.said
    assert "maxPeople" in ended.err


def test_an_override_of_what_is_no_guard_is_no_silent_nothing(world: World) -> None:
    world.write_project(guards={"maxPeople": 3})
    world.write(drive())
    assert world.launch("--override", "maxPeeple").code in (5, 64)
    assert world.service.requests(writes=True) == []
