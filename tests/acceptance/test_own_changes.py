"""One plan that changes people and what reaches them: what the run has changed itself is nobody else's doing.

The service shows receivers with the number of their account, and some show each member of a group. So an account's new number
changes what every campaign shows that calls it, while that campaign is edited or launched in the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, Manifest
from tests.acceptance.conftest import World
from tests.acceptance.test_readings import MORNING, Reading, name_of, project

READINGS: list[Reading] = [
    {},
    {"receiver_rows": "account"},
    {"receiver_rows": "address"},
    {"expand_groups": True},
    {"expand_groups": True, "receiver_rows": "account"},
    {"expand_groups": True, "receiver_rows": "address"},
]
NEW = {"kaisa": "+358405550288", "aino": "+358405550289"}
STRANGER = "+358405550999"
WEBHOOK = "https://hooks.example.com/state"


def _move(manifest: Manifest) -> None:
    """One person whom the campaign names, and one of its group."""
    for name, phone in NEW.items():
        manifest["accounts"][name]["phone"] = phone


def _swap(manifest: Manifest) -> None:
    manifest["accounts"]["kaisa"]["phone"], manifest["accounts"]["lauri"]["phone"] = PHONES[5], PHONES[4]


def _leave(manifest: Manifest) -> None:
    """Somebody of the group is deleted, and somebody leaves it."""
    del manifest["accounts"]["aino"]
    manifest["groups"]["donors"]["members"]["accounts"] = ["eero", "ilmari"]


EDITS: dict[str, dict[str, Any]] = {
    "same people and times": {"stateWebhookUrl": WEBHOOK},
    "less": {"activeTo": "14:00"},
    "more": {"activeTo": "16:00"},
    "less and more": {"activeTo": "14:00", "activeFrom": "07:00"},
    "one person more": {"receivers": [{"group": "donors"}, {"account": "kaisa"}, {"phone": "+358405550277"}]},
}
PEOPLE: dict[str, Callable[[Manifest], None]] = {"move": _move, "swap": _swap, "leave": _leave}


def _campaign() -> Manifest:
    """One that calls everybody, whoever accepts."""
    manifest = project("rsvpCalls")
    manifest["rsvpCalls"]["it"] |= {"acceptsWanted": 3, "maxRedials": 1}
    return manifest


def _is_told(world: World, people: str) -> bool:
    """Rows without an id of a group that was taken apart do not tell whose they were, once the account is deleted: another plan."""
    switches = world.service.control("GET", "/profile")
    return people != "leave" or not (switches["expand_groups"] and switches["receiver_rows"] == "address")


@pytest.fixture(params=READINGS, ids=name_of)
def drive(world: World, request: pytest.FixtureRequest) -> World:
    world.service.at(MORNING)
    world.service.reads(**request.param)
    return world


def _applied_once(world: World, manifest: Manifest, *options: str) -> None:
    world.write(manifest)
    ended = world.launch(*options)
    assert ended.code == 0, ended.said
    world.holds_the_law()


def _rung(world: World) -> set[str]:
    world.service.at("2026-12-01T14:00:00Z")
    return {ring["phone"] for ring in world.service.rings()}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("people", PEOPLE)
def test_a_running_campaign_is_edited_beside_its_people(drive: World, people: str, edit: str) -> None:
    manifest = _campaign()
    drive.launched(manifest)
    PEOPLE[people](manifest)
    manifest["rsvpCalls"]["it"] |= EDITS[edit]
    if not _is_told(drive, people):
        return
    _applied_once(drive, manifest)
    assert drive.service.campaign()["state"] == "waitingToActive"
    if people == "move":
        assert _rung(drive) >= set(NEW.values())
        assert not _rung(drive) & {PHONES[0], PHONES[4]}


@pytest.mark.parametrize("people", PEOPLE)
@pytest.mark.parametrize("start", ["first", "resume", "edit and resume", "stays halted"])
def test_a_halted_campaign_is_started_beside_its_people(drive: World, people: str, start: str) -> None:
    manifest = _campaign()
    if start in ("first", "stays halted"):
        manifest["rsvpCalls"]["it"]["state"] = "halt"
    drive.launched(manifest)
    if "resume" in start:
        drive.service.halt_as_a_person()
    PEOPLE[people](manifest)
    if start == "first":
        manifest["rsvpCalls"]["it"]["state"] = "active"
    if start in ("edit and resume", "stays halted"):
        manifest["rsvpCalls"]["it"]["stateWebhookUrl"] = WEBHOOK
    if not _is_told(drive, people):
        return
    _applied_once(drive, manifest, *(["--resume=rsvpCalls.it"] if "resume" in start else []))
    if people == "move" and start != "stays halted":
        assert _rung(drive) >= set(NEW.values())
        assert not _rung(drive) & {PHONES[0], PHONES[4]}


@pytest.mark.parametrize("section", ["smses", "calls", "emails"])
def test_a_message_that_waits_is_edited_beside_its_people(drive: World, section: str) -> None:
    manifest = project(section)
    drive.launched(manifest)
    _move(manifest)
    manifest["accounts"]["kaisa"]["email"] = "kaisa@example.org"
    manifest[section]["it"]["actionTime"] = "2026-12-01T13:00:00Z"
    _applied_once(drive, manifest)
    assert len(drive.service.get(f"/{section}")) == 1


def test_a_row_of_a_list_is_an_account_too(drive: World) -> None:
    manifest = _campaign()
    manifest["accountLists"] = {"more": {"file": "more.csv", "key": "email"}}
    manifest["groups"]["more"] = {"members": {"accountList": "more"}}
    manifest["rsvpCalls"]["it"]["receivers"] = [{"group": "donors"}, {"group": "more"}]
    rows = "email,phone\n{}"
    (drive.folder / "more.csv").write_text(rows.format("olli@example.com,+358405550301\n"))
    drive.launched(manifest)
    (drive.folder / "more.csv").write_text(rows.format("olli@example.com,+358405550302\n"))
    manifest["rsvpCalls"]["it"]["stateWebhookUrl"] = WEBHOOK
    _applied_once(drive, manifest)
    assert "+358405550302" in _rung(drive)


@pytest.mark.parametrize("whose", ["kaisa", "eero"])
def test_a_number_that_somebody_else_gives_meanwhile_is_not_called(drive: World, whose: str) -> None:
    """Also where it is given to the account whose number the plan changes."""
    manifest = _campaign()
    drive.launched(manifest)
    drive.service.halt_as_a_person()
    _move(manifest)
    drive.write(manifest)

    def give() -> None:
        account = next(one for one in drive.service.get("/accounts") if one["firstName"] == whose.title())
        drive.service.send("PUT", f"/accounts/{account['accountId']}", {**account, "phone": STRANGER})

    # When both accounts are as the plan wants them, and before the launch looks.
    drive.service.before(r"PUT /accounts/\d+", lambda: drive.service.before("GET /rsvp_calls", give), nth=2)
    ended = drive.launch("--resume=rsvpCalls.it")
    assert ended.code in (5, 6), ended.said
    assert drive.service.campaign()["state"] == "halt"


@pytest.mark.parametrize("edit", ["same people and times", "more", "one person more"])
@pytest.mark.parametrize("whose", ["kaisa", "aino"])
def test_what_was_halted_for_an_edit_is_not_resumed_where_somebody_else_gives_a_number(
    drive: World, whose: str, edit: str
) -> None:
    """Right after the edit was written, to an account whose number this very run has changed."""
    manifest = _campaign()
    drive.launched(manifest)
    _move(manifest)
    manifest["rsvpCalls"]["it"] |= EDITS[edit]
    drive.write(manifest)

    def give() -> None:
        account = next(one for one in drive.service.get("/accounts") if one["firstName"] == whose.title())
        assert account["phone"] == NEW[whose], "after this run's own change"
        drive.service.send("PUT", f"/accounts/{account['accountId']}", {**account, "phone": STRANGER})

    drive.service.before("PUT /rsvp_calls/1", lambda: drive.service.before("GET /rsvp_calls/1", give), nth=2)
    ended = drive.launch("--parallelism", "1")
    assert ended.code in (1, 5, 6), ended.said
    assert drive.service.campaign()["state"] == "halt", ended.said
    assert STRANGER not in _rung(drive)


@pytest.mark.parametrize("edit", ["same people and times", "more", "one person more"])
@pytest.mark.parametrize("who", ["leaves", "joins"])
def test_who_leaves_or_joins_a_group_is_called_by_no_number_that_somebody_else_gives(
    drive: World, who: str, edit: str
) -> None:
    """Some services still call, by a group that was taken apart, whoever has left it: by the number that was approved."""
    manifest = _campaign()
    members = manifest["groups"]["donors"]["members"]
    if who == "joins":
        members["accounts"] = ["aino", "helmi"]
    drive.launched(manifest)
    members["accounts"] = ["aino", "helmi"] if who == "leaves" else ["aino", "eero", "helmi"]
    manifest["rsvpCalls"]["it"] |= EDITS[edit]
    drive.write(manifest)

    def give() -> None:
        account = next(one for one in drive.service.get("/accounts") if one["firstName"] == "Eero")
        drive.service.send("PUT", f"/accounts/{account['accountId']}", {**account, "phone": STRANGER})

    drive.service.before("PUT /rsvp_calls/1", lambda: drive.service.before("GET /rsvp_calls/1", give), nth=2)
    ended = drive.launch("--parallelism", "1")
    campaign = drive.service.campaign()
    assert campaign["state"] == "halt" or STRANGER not in _rung(drive), ended.said


def test_a_number_that_changes_while_its_campaign_is_edited_is_ours_too(drive: World) -> None:
    """Both need the yes, and neither waits for the other: a group reaches the person."""
    manifest = _campaign()
    drive.launched(manifest)
    manifest["accounts"]["aino"]["phone"] = NEW["aino"]
    manifest["rsvpCalls"]["it"] |= EDITS["one person more"]
    aino = next(one for one in drive.service.get("/accounts") if one["firstName"] == "Aino")
    drive.service.fault(method="PUT", path=f"/accounts/{aino['accountId']}", delay_ms=150)
    drive.service.fault(method="PUT", path="/rsvp_calls/1", delay_ms=400)
    _applied_once(drive, manifest)
    assert NEW["aino"] in _rung(drive)
