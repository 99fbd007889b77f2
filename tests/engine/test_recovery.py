"""What former runs left open: settled by the next plan and apply, and nothing is rung twice (docs/protocol.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mscode.engine.create.settle import AGREEING, MOST
from mscode.errors import PlanError, UnknownOutcome
from mscode.model.address import Address
from mscode.plan.change import Action, Delete, Forget
from mscode.plan.inputs import Options
from tests.engine.review_world import World, change_of
from tests.engine.test_review import TOMORROW, campaign

GROUP = "groups: {donors: {description: Donors}}"
INVITE = "rsvpCalls.invite"


def names(world: World, path: str = "/groups") -> list[str]:
    return [one.get("name", "") for one in world.all(path)]


# ---- the next run ----------------------------------------------------------------------------------------------------


def test_a_create_that_was_done_before_the_crash_is_taken_in(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.at("2025-01-01T00:00:00Z")  # a clock that jumps decides nothing
    change = change_of(world.plan(), "groups.donors")
    assert (change.import_id, change.origin) == ("1", "created") and "when the answer was lost" in change.reason
    assert world.apply().imported == 1
    assert world.posts("/groups") == 1 and not world.plan().shown and world.intents() == []


def test_a_create_that_was_not_done_before_the_crash_is_shown_again(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    change = change_of(world.plan(), "groups.donors")
    assert change.action is Action.CREATE and "nothing of it is found" in change.reason
    assert world.apply().added == 1
    assert names(world) == ["donors"] and world.intents() == []


def test_an_account_that_nothing_identifies_is_found_by_all_that_was_sent(world: World) -> None:
    world.client.post("/accounts", {"firstName": "Nobody"}, what="somebody else")
    world.write("accounts: {nobody: {firstName: Nobody}}")
    world.crash("POST", "/accounts")
    assert change_of(world.plan(), "accounts.nobody").import_id == "2"
    assert world.apply().complete and len(world.all("/accounts")) == 2 and not world.plan().shown


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_plan_shows_what_it_would_settle_and_changes_nothing(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.crash("POST", "/rsvp_calls")
    files = files_in(world.environment.folder)
    world.transport.sent.clear()
    assert change_of(world.plan(), INVITE).import_id == "1"
    assert {method for method, _, _ in world.transport.sent} == {"GET"}
    assert files == files_in(world.environment.folder)


def test_an_apply_waits_until_the_lists_settle_before_it_plans(world: World) -> None:
    project = world.folder / "mscode.yaml"
    project.write_text(project.read_text().replace("settleSeconds: 0", "settleSeconds: 12"))
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.fault(method="GET", path="/groups", status=200, body=[], times=2)
    assert world.apply().imported == 1
    assert sum(world.waits[-AGREEING:]) == pytest.approx(12) and len(world.waits) == AGREEING + 2
    assert world.posts("/groups") == 1


def test_an_apply_with_nothing_open_waits_for_nothing(world: World) -> None:
    world.write(GROUP)
    world.apply()
    assert world.waits == []


def test_nothing_is_planned_on_lists_that_do_not_settle(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    real = world.all("/groups")
    for _ in range(MOST):
        world.fault(method="GET", path="/groups", status=200, body=[])
        world.fault(method="GET", path="/groups", status=200, body=real)
    world.transport.sent.clear()
    with pytest.raises(UnknownOutcome, match="not settled"):
        world.apply()
    assert {method for method, _, _ in world.transport.sent} == {"GET"}


def test_one_that_appears_after_the_plan_is_taken_and_not_made_again(world: World) -> None:
    """The lists had settled without it, and then the old request was carried out after all."""
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    body = next(body for method, path, body in [("POST", "/groups", {"name": "donors", "description": "Donors"})])
    summary = world.apply(meanwhile=lambda: world.client.post("/groups", body, what="late"))
    assert summary.complete and world.posts("/groups") == 1 and names(world) == ["donors"]
    assert not world.plan().shown


def test_a_create_whose_manifest_is_gone_is_taken_back(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.client.post("/groups", {"name": "donors", "description": "Somebody else's"}, what="test")
    world.write("groups: {}")
    (change,) = world.plan().shown
    assert isinstance(change, Delete)
    assert (change.leftover, change.live.id) == ("orphan", "1")
    assert "no manifest wants it" in change.reason
    assert world.apply(Options(override=frozenset({"emptyProject"}))).destroyed == 1
    assert [one["description"] for one in world.all("/groups")] == ["Somebody else's"] and world.intents() == []


def test_a_campaign_whose_manifest_is_gone_is_taken_back(world: World) -> None:
    text = campaign(TOMORROW)
    world.write(text)
    world.crash("POST", "/rsvp_calls")
    world.write(text[: text.index("rsvpCalls:")])
    assert world.apply().destroyed == 1
    assert world.all("/rsvp_calls") == [] and world.intents() == [] and not world.plan().shown


def test_a_create_of_which_nothing_is_found_and_that_nobody_wants_is_forgotten(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    world.write("groups: {}")
    (change,) = world.plan().shown
    assert isinstance(change, Forget) and change.intent_only
    assert world.apply().forgotten == 1 and world.intents() == []


def test_a_held_create_whose_manifest_is_gone_stays_held(world: World, holds: Any) -> None:
    holds("groups")
    world.write(GROUP)
    world.crash("POST", "/groups", "before")
    world.write("groups: {}")
    plan = world.plan()
    assert plan.is_held and not plan.shown
    world.apply()
    assert world.intents() == ["groups.donors"]


def test_destroy_takes_back_what_was_being_created(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    assert world.apply(Options(destroy=True)).destroyed == 1
    assert world.all("/groups") == [] and world.intents() == []


def test_a_create_whose_manifest_got_another_name_is_found_under_it(world: World) -> None:
    world.write(GROUP)
    world.crash("POST", "/groups")
    world.write("groups: {givers: {name: donors, description: Donors, renamedFrom: donors}}")
    assert change_of(world.plan(), "groups.givers").import_id == "1"
    assert world.apply().complete
    assert world.posts("/groups") == 1 and world.intents() == [] and not world.plan().shown


def test_one_that_was_deleted_and_is_being_made_again_has_no_twin(world: World) -> None:
    world.write(GROUP)
    world.apply()
    world.client.delete("/groups/1", what="test")
    world.crash("POST", "/groups")
    assert change_of(world.plan(), "groups.donors").import_id == "2"
    assert world.apply().complete and world.posts("/groups") == 2 and not world.plan().shown


def test_a_replacement_that_keeps_the_old_one_is_found_after_a_crash(world: World) -> None:
    world.write(campaign(accepts=3, members="anna, erik"))
    world.apply()
    world.at("2026-12-01T09:00:02Z")
    assert world.rung()
    again = Options(replace=frozenset({Address("rsvpCalls", "invite")}), override=frozenset({"acceptsWanted"}))
    world.crash("POST", "/rsvp_calls", options=again)
    assert change_of(world.plan(), INVITE).import_id == "2"
    assert world.apply().launched == 1
    assert world.posts("/rsvp_calls") == 2 and not world.plan().shown


# ---- made halted, and yet dialling -----------------------------------------------------------------------------------


def make_active(world: World, when: str) -> None:
    """The service takes a campaign that is made halted, and starts it."""

    def start(method: str, path: str, body: Any) -> None:
        if method == "POST" and path == "/rsvp_calls":
            world.put("/rsvp_calls/1", state="active")

    setattr(world.transport, when, start)


@pytest.mark.parametrize("crash_at", ["/rsvp_calls", "/rsvp_calls/1"])
def test_a_create_of_our_own_that_came_back_dialling_is_halted_before_anything_else(
    world: World, crash_at: str
) -> None:
    world.write(campaign(TOMORROW))
    if crash_at == "/rsvp_calls":
        world.crash("POST", crash_at)
    else:
        world.crash("GET", crash_at, "before")
    world.person_sets("active")
    world.transport.sent.clear()
    summary = world.apply(launch=False)
    first = next((m, p, b) for m, p, b in world.transport.sent if m != "GET")
    assert first[:2] == ("PUT", "/rsvp_calls/1") and first[2]["state"] == "halt"
    assert summary.held == 1 and world.campaign()["state"] == "halt" and world.intents() == []
    assert any("came back waiting for its start" in note for note in world.notes)


# ---- second objects --------------------------------------------------------------------------------------------------


def copied(world: World) -> None:
    """Somebody copies the campaign in the web interface, with all its meta."""
    body = {k: v for k, v in world.campaign().items() if k not in ("rsvpCallId", "stats", "createdAt", "updatedAt")}
    body["receivers"] = [{"phone": "+358405550777"}]
    world.client.post("/rsvp_calls", {**body, "state": "halt"}, what="test")


def test_a_second_object_of_one_address_is_told_in_every_plan(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    copied(world)
    (note,) = world.plan().notes
    assert note.kind == "duplicate" and "is id 1, and id 2 carries its mark as well" in note.text
    assert not world.plan().shown


def test_what_is_there_twice_is_not_launched(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    copied(world)
    with pytest.raises(PlanError, match="is id 1, and id 2 carries its mark as well"):
        world.plan()


# ---- what rings and is no create -------------------------------------------------------------------------------------


def launch_reason(world: World) -> str:
    change = change_of(world.plan(), INVITE)
    return change.launch.reason if change.launch else ""


def test_a_launch_that_was_not_sent_before_the_crash_is_shown_again(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.crash("PUT", "/rsvp_calls/1", "before")
    with world.state() as store:
        entry = store.entry(Address("rsvpCalls", "invite"))
    assert entry is not None and entry.launched and launch_reason(world) == "first"
    assert world.apply(launch=False).held == 1 and world.campaign()["state"] == "halt"
    assert world.apply().launched == 1


def test_a_launch_that_was_sent_before_the_crash_is_done(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.crash("PUT", "/rsvp_calls/1")
    assert launch_reason(world) == "" and not world.plan().shown
    assert world.apply(launch=False).complete and world.campaign()["state"] == "waitingToActive"


def test_a_launch_without_an_answer_is_not_sent_over_a_persons_halt(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply(launch=False)
    world.fault(method="PUT", path="/rsvp_calls/1", when="after", status=503)
    sent: list[str] = []

    def halt(method: str, path: str, body: Any) -> None:
        if sent:
            world.transport.before = None
            world.brake(INVITE)
        elif method == "PUT" and body["state"] == "active":
            sent.append(path)

    world.apply(on_run=lambda run: setattr(world.transport, "before", halt))
    assert sent and world.campaign()["state"] == "halt"


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_edit_that_was_cut_short_is_not_resumed_by_itself(world: World, when: str, nth: int) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(f"{TOMORROW}\n    maxRedials: 1"))
    world.crash("PUT", "/rsvp_calls/1", when, nth=nth)
    halted = world.campaign()["state"] == "halt"
    assert launch_reason(world) == ("interrupted" if halted else "")
    world.apply(launch=False)
    assert (world.campaign()["state"] == "halt") is halted
    assert world.apply().complete and world.campaign()["state"] == "waitingToActive"
    assert world.campaign()["maxRedials"] in (1, "1") and not world.plan().shown


MORE = '{group: donors}, {phone: "+358405550199"}, {phone: "+358405550188"}'


@pytest.mark.parametrize("when", ["before", "after"])
def test_receivers_that_were_being_added_at_the_crash_are_added_once(world: World, when: str) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers=MORE))
    world.crash("POST", "/rsvp_calls/1/receivers", when)
    assert world.intents() == [INVITE] and not world.plan().is_held
    assert launch_reason(world) == "interrupted"
    assert world.apply().complete
    assert len(world.waits) == AGREEING and world.intents() == []
    assert len(world.campaign()["receivers"]) == 3 and not world.plan().shown


def test_receivers_whose_answer_is_lost_are_looked_for_until_it_settles(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    before = world.campaign()
    world.write(campaign(TOMORROW, receivers=MORE))
    world.fault(method="POST", path="/rsvp_calls/1/receivers", when="after", drop=True)
    editing = {**before, "state": "halt", "meta": {"mscode": before["meta"]["mscode"].replace(":live", ":edit")}}
    assert editing["meta"]["mscode"].endswith(":edit")
    assert world.apply().complete
    assert world.posts("/rsvp_calls/1/receivers") == 1 and len(world.campaign()["receivers"]) == 3


def test_receivers_of_which_nothing_is_known_keep_their_intent(world: World) -> None:
    world.write(campaign(TOMORROW))
    world.apply()
    world.write(campaign(TOMORROW, receivers=MORE))
    world.fault(method="POST", path="/rsvp_calls/1/receivers", status=503)
    assert world.apply().unknown and world.intents() == [INVITE]
    assert world.posts("/rsvp_calls/1/receivers") == 1
    assert world.apply().complete and world.intents() == [] and len(world.campaign()["receivers"]) == 3
