"""What somebody may do at a point: with mscode, in the web interface, or to the process.

Each act says into `world.done` what must hold from then on. An act that finds nothing to act on says `nothing`, and its
cell ends there. One round trip cannot be promised: an act that comes right before the very request that it contradicts
(`world.label` names it) is left out, since the API has no conditional writes.
"""

from __future__ import annotations

import os
import re
import signal
import time
from typing import Any

from tests.interference.scenes import EERO, INVITE, MOVED, STRANGER
from tests.interference.world import Act, World
from tests.model.stage import RUNNING

Json = Any
_ACTS: dict[str, Act] = {}


def acts() -> dict[str, Act]:
    """Every act by its name."""
    return dict(_ACTS)


def act(function: Act) -> Act:
    _ACTS[function.__name__.replace("_", "-")] = function
    return function


def _is_contradicted(world: World, path: str) -> bool:
    """Is the request that is about to go out one that changes this very object?"""
    method = world.label.removeprefix("before ").split(" ")[0]
    return method in ("PUT", "POST", "DELETE") and path in world.label


def _campaign(world: World) -> dict[str, Json] | None:
    """The campaign to act on: the one that runs, else the newest unfinished one."""
    found = [one for one in world.campaigns() if one["state"] != "complete"]
    found.sort(key=lambda one: (one["state"] in RUNNING, int(one["rsvpCallId"])))
    return found[-1] if found else None


def _phase(campaign: dict[str, Json]) -> str:
    return str((campaign.get("meta") or {}).get("mscode", "")).rpartition(":")[2]


# ---- mscode halt -----------------------------------------------------------------------------------------------------


def _is_asked_for_later(world: World) -> bool:
    """Is it halted already, and has a run with `--resume` not read it yet? Its plan then shows the launch of what was held."""
    campaign = _campaign(world)
    has_read = any("GET /rsvp_calls" in label for label in world.labels[:-1])
    return world.resumes and not has_read and campaign is not None and campaign["state"] == "halt"


def _brake(world: World, *line: str) -> None:
    if _is_contradicted(world, "/rsvp_calls/") or _is_asked_for_later(world):
        world.done.nothing = True
        return
    ended = world.cli("halt", *line, "--dir", str(world.project))
    world.done.told.append(f"halt ended with {ended.code}: {ended.said}")
    ids = re.findall(r"Halted \[id=([0-9]+)", ended.out)
    world.done.stopped |= {("rsvpCall", found) for found in ids}
    world.done.nothing = not ids
    for found in ids:
        now = world.stage.person("GET", f"/rsvp_calls/{found}")
        assert now["state"] == "halt" and _phase(now) == "held", now


@act
def brake(world: World) -> None:
    """`mscode halt ADDRESS`."""
    _brake(world, INVITE)


@act
def brake_all(world: World) -> None:
    """`mscode halt --all`."""
    _brake(world, "--all")


# ---- in the web interface --------------------------------------------------------------------------------------------


@act
def web_halt(world: World) -> None:
    """A person presses Halt on what runs, or on what mscode has halted for an edit."""
    campaign = _campaign(world)
    means_something = campaign is not None and (campaign["state"] in RUNNING or _phase(campaign) == "edit")
    if campaign is None or not means_something or _is_contradicted(world, f"/rsvp_calls/{campaign['rsvpCallId']}"):
        world.done.nothing = True
        return
    if _phase(campaign) == "edit" and _follows_our_receivers(world):
        world.done.nothing = True
        return
    # Halted with the phase `edit`, it looks like an interrupted edit: a later plan offers to resume it, and asks for a yes.
    world.done.resumable = _phase(campaign) == "edit"
    world.put_campaign(campaign, state="halt")
    world.done.stopped.add(("rsvpCall", str(campaign["rsvpCallId"])))


def _follows_our_receivers(world: World) -> bool:
    """Is this right before the first read after receivers that mscode has posted? They move the instant of the last change,
    and a Halt on what is halted moves nothing else: within that round trip the two cannot be told apart."""
    requests = [label for label in world.labels[:-1] if " /" in label]
    return bool(requests) and requests[-1].startswith("before POST") and requests[-1].endswith("/receivers")


@act
def web_start(world: World) -> None:
    """A person starts what is halted: whom it reaches is that person's doing."""
    campaign = _campaign(world)
    if campaign is None or campaign["state"] in RUNNING:
        world.done.nothing = True
        return
    world.put_campaign(campaign, state="active")
    world.done.theirs.add(("rsvpCall", str(campaign["rsvpCallId"])))


@act
def web_edit(world: World) -> None:
    """A person changes the hours and the meta of the campaign."""
    campaign = _campaign(world)
    path = f"/rsvp_calls/{campaign['rsvpCallId']}" if campaign else ""
    if campaign is None or not _has_begun(world) or _is_contradicted(world, path):
        world.done.nothing = True
        return
    world.put_campaign(campaign, activeFrom="09:30:00")
    world.done.written[path] = {"activeFrom": "09:30:00"}


def _has_begun(world: World) -> bool:
    """Has the run changed anything yet? What a person wrote before its last plan is a difference that this plan mends."""
    changing = ("before POST", "before PUT", "before DELETE")
    return any(label.startswith(changing) for label in world.labels[:-1])


@act
def web_delete(world: World) -> None:
    """A person deletes the campaign: what was launched is thereby stopped."""
    campaign = _campaign(world)
    if campaign is None or campaign["state"] not in RUNNING:
        world.done.nothing = True
        return
    world.stage.person("DELETE", f"/rsvp_calls/{campaign['rsvpCallId']}")
    world.done.stopped |= {("rsvpCall", str(number)) for number in range(1, 50)}  # neither it nor another of it


@act
def web_copy(world: World) -> None:
    """A person copies the campaign, its meta with it, and starts the copy."""
    campaign = _campaign(world)
    if campaign is None:
        world.done.nothing = True
        return
    whole = world.stage.person("GET", f"/rsvp_calls/{campaign['rsvpCallId']}")
    receivers = world.stage.person("GET", f"/rsvp_calls/{campaign['rsvpCallId']}/receivers") or whole.get("receivers")
    body = {
        name: value for name, value in whole.items() if name not in ("rsvpCallId", "createdAt", "updatedAt", "stats")
    }
    made = world.stage.person("POST", "/rsvp_calls", body | {"receivers": receivers, "state": "active"})
    if not made:
        world.done.nothing = True
        return
    world.done.theirs.add(("rsvpCall", str(made["rsvpCallId"])))


# ---- people ----------------------------------------------------------------------------------------------------------


def _can_still_see(world: World) -> bool:
    """Are the people read once more before anything rings? Right before what launches, the object is read last, not they."""
    for label in world.to_come:
        if label.startswith("before GET") and "accounts" in label:
            return True
        if label.startswith(("before PUT", "before POST")) and any(path in label for path in _LAUNCHING):
            return False
    return False


#: What lets somebody be reached; adding members to a group is the last moment at which they are judged, too.
_LAUNCHING = ("/rsvp_calls/", "/calls", "/smses", "/emails", "/click_to_calls", "/groups/")


def _nothing_runs(world: World) -> bool:
    """Whoever is reached by what was set going earlier is rung by that, whatever this run does."""
    return world.began_quiet and not any(
        one.state in RUNNING or one.kind != "rsvpCall" for one in world.things().values()
    )


@act
def member_added(world: World) -> None:
    """Somebody whom no manifest has joins every group."""
    groups = world.stage.person("GET", "/groups") or []
    if not groups or not _nothing_runs(world) or not _can_still_see(world):
        world.done.nothing = True
        return
    made = world.stage.person("POST", "/accounts", {"firstName": "Sisu", "phone": STRANGER, "city": "Turku"})
    for group in groups:
        world.stage.person("POST", f"/groups/{group['groupId']}/accounts", [{"accountId": made["accountId"]}])
    world.done.never.add(STRANGER)
    world.done.joined = True


@act
def number_changed(world: World) -> None:
    """Eero's account gets a number that no plan showed."""
    mine = [one for one in world.stage.person("GET", "/accounts") or [] if one["phone"] in (EERO, MOVED)]
    if not mine or not _nothing_runs(world) or not _can_still_see(world):
        world.done.nothing = True
        return
    world.stage.person("PUT", f"/accounts/{mine[0]['accountId']}", mine[0] | {"phone": STRANGER})
    world.done.never.add(STRANGER)
    world.done.joined = True


@act
def not_to_be_called(world: World) -> None:
    """Eero is put on the do-not-call list."""
    if not _nothing_runs(world) or not _can_still_see(world):
        world.done.nothing = True
        return
    with (world.project / "never.csv").open("a") as file:
        file.write(f"{EERO}\n")
    world.done.never.add(EERO)


# ---- to the process --------------------------------------------------------------------------------------------------


def _signal(number: int) -> Act:
    def send(world: World) -> None:
        if world.stop is None or world.stop.is_set():  # nothing is carried out yet: the process just ends
            world.done.nothing = True
            return
        os.kill(os.getpid(), number)
        for _ in range(400):
            if world.stop.is_set():
                break
            time.sleep(0.005)
        world.done.signalled = True

    return send


_ACTS |= {
    "ctrl-c": _signal(signal.SIGINT),
    "sigterm": _signal(signal.SIGTERM),
    "sighup": _signal(signal.SIGHUP),
}

#: What may go wrong with the request right before the act.
FAULTS: dict[str, dict[str, Json]] = {
    "429": {"status": 429, "retry_after": 1},
    "503-before": {"status": 503, "when": "before"},
    "503-after": {"status": 503, "when": "after"},
    "reset-before": {"wire": "reset", "when": "before"},
    "reset-after": {"wire": "reset", "when": "after"},
}
