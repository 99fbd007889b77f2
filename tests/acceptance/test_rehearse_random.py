"""Random projects, at random moments of their lives: a rehearsal of what the engine plans has no breach, and nothing but GET goes
out for it. What the service counts is what has arrived on its socket.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.acceptance.campaigns import WORKDAYS
from tests.acceptance.conftest import World

#: Projects of `make test`, and those of a long run, of which each test has some.
FEW, MANY, EACH = 20, 1_000, 25
ZONES = ("UTC", "Europe/Helsinki", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
DAYS = (*WORKDAYS, "saturday", "sunday")
#: Codes of a rehearsal that was made and found nothing, of a plan that a guard refuses, and of one that cannot be made.
FINE, REFUSED, NO_PLAN = 0, 5, 1


class Draw:
    """A random project, and what becomes of it."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        # Mornings and evenings of days on which clocks change, too.
        days = ("2026-11-30", "2027-03-13", "2027-03-27", "2026-10-24", "2026-10-31", "2027-04-03")
        self.now = datetime.fromisoformat(f"{random.choice(days)}T00:00:00+00:00") + timedelta(
            minutes=random.randrange(36 * 60), seconds=random.choice((0, 0, 7, 31))
        )
        self.zone = random.choice(ZONES)
        self.service = {
            "pace": random.choice((1, 7, 12, 60, 90)),
            "redial_minutes": random.choice((0, 1, 30, 240)),
            "expand_groups": random.random() < 0.2,
            "receiver_rows": random.choice(("full", "full", "account", "address")),
        }
        self.people = random.randrange(1, 9)

    def phone(self, number: int) -> str:
        return f"+3584055501{number:02}"

    def guards(self) -> dict[str, Any]:
        guards: dict[str, Any] = {"duplicatePerson": {"level": "warn"}, "acceptsWanted": {"level": "warn"}}
        if self.random.random() < 0.4:
            hours = {"from": "08:00", "to": "18:00", "timezone": self.random.choice(ZONES)}
            guards["callingHours"] = {"value": hours, "level": self.random.choice(("warn", "deny"))}
        if self.random.random() < 0.3:
            guards["countryHours"] = {"countries": ["FR"], "own": {"FI": {"from": "09:00", "to": "20:00"}}}
        return guards

    def manifest(self) -> dict[str, Any]:
        random = self.random
        accounts = {
            f"p{n}": {"phone": self.phone(n), "city": random.choice(("Espoo", "Vantaa"))} for n in range(self.people)
        }
        city = random.choice(("Espoo", "Vantaa"))
        return {
            "apiVersion": "mscode/v1",
            "accounts": accounts,
            "filters": {"near": {"conditions": [{"field": "city", "operator": "in", "value": ["Espoo", city]}]}},
            "groups": {"near": {"members": {"filter": "near"}}, "first": {"members": {"accounts": ["p0"]}}},
            "voiceFiles": {"hello": {"text": "Could you come?", "voiceCode": "en"}},
            "rsvpCalls": {f"c{at}": self.campaign() for at in range(random.randrange(1, 3))},
            **({"clickToCalls": {"desk": self.click()}} if random.random() < 0.3 else {}),
            **({"smses": {"note": self.message()}} if random.random() < 0.3 else {}),
        }

    def receivers(self) -> list[dict[str, str]]:
        every = [{"group": "first"}, {"phone": "+358405550199"}, *({"account": f"p{n}"} for n in range(self.people))]
        return [{"group": "near"}, *self.random.sample(every, self.random.randrange(0, min(4, len(every)) + 1))]

    def window(self) -> dict[str, Any]:
        opens = self.random.randrange(0, 23)
        shuts = self.random.randrange(opens + 1, 24)
        days = self.random.sample(DAYS, self.random.randrange(1, 8))
        return {
            "activeFrom": f"{opens:02}:{self.random.choice(('00', '30'))}",
            "activeTo": "23:59" if shuts == 23 else f"{shuts:02}:{self.random.choice(('31', '59'))}",
            "activeWeekdays": [day for day in DAYS if day in days],
            "actionButtons": {"accept": 5, "decline": 9},
            "receivers": self.receivers(),
            "maxRedials": self.random.randrange(0, 4),
        }

    def instant(self, first: int, last: int) -> str:
        """Minutes from now."""
        return f"{self.now + timedelta(minutes=self.random.randrange(first, last)):%Y-%m-%dT%H:%M:%SZ}"

    def campaign(self) -> dict[str, Any]:
        start = {} if self.random.random() < 0.4 else {"startTime": self.instant(5, 4 * 1440)}
        return {
            **start,
            "endTime": self.instant(4 * 1440, 9 * 1440),
            **self.window(),
            "voiceFiles": {"start": "hello"},
            "acceptsWanted": self.random.randrange(1, self.people + 1),
        }

    def click(self) -> dict[str, Any]:
        return {"expiresAt": self.instant(1440, 5 * 1440), **self.window(), "voiceFile": "hello"}

    def message(self) -> dict[str, Any]:
        return {
            "message": "See you",
            "sender": "Drive",
            "actionTime": self.instant(5, 5000),
            "receivers": self.receivers(),
        }

    def edited(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The project on another day: some people more, another window, more accepts, a campaign that is gone."""
        random, manifest = self.random, json.loads(json.dumps(manifest))
        if random.random() < 0.5:
            manifest["accounts"]["new"] = {"phone": "+358405550190", "city": "Espoo"}
        campaign = manifest["rsvpCalls"]["c0"]
        for change in random.sample(("redials", "accepts", "window", "halt", "gone"), random.randrange(0, 3)):
            if change == "redials":
                campaign["maxRedials"] = random.randrange(0, 4)
            elif change == "accepts":
                campaign["acceptsWanted"] = random.randrange(1, self.people + 1)
            elif change == "window":
                campaign |= {"activeFrom": "00:00", "activeTo": "23:59"}
            elif change == "halt":
                campaign["state"] = "halt"
            elif change == "gone" and len(manifest["rsvpCalls"]) > 1:
                manifest["rsvpCalls"].pop("c1")
        return manifest


def rehearse(world: World, told: str) -> int:
    world.service.forget_requests()
    ended = world.cli("rehearse", world.folder, "--json", "--runs", "0")
    requests = world.service.requests()
    assert {request.partition(" ")[0] for request in requests} <= {"GET"}, f"{told}: {ended.said}"
    if ended.code not in (FINE, REFUSED, NO_PLAN):
        assert ended.code == world.plan().code, f"{told}: {ended.said}"  # a create that only a person can settle
    if "could not be carried out in the rehearsal" in ended.err:  # nor can it be in the account
        assert launch(world) != FINE, f"{told}: {ended.said}"
    elif ended.code == NO_PLAN:  # a breach is that too, so it must be an error of the plan
        assert "invariants" not in ended.json, (
            f"{told}: {[one for one in ended.json['invariants'] if not one['holds']]}"
        )
        assert world.plan().code == NO_PLAN, f"{told}: {ended.said}"
    return ended.code


def launch(world: World) -> int:
    return world.launch("--override", "callingHours", "--override", "countryHours").code


def live_through(world: World, seed: int) -> list[int]:
    draw, codes = Draw(seed), list[int]()
    world.service.start_over(f"{draw.now:%Y-%m-%dT%H:%M:%SZ}")
    world.service.control("POST", "/profile", draw.service)
    environment = {
        "url": world.service.url,
        "token": {"env": "ACCEPTANCE_TOKEN"},
        "windowZone": "UTC",  # the served one reads hours so
        "service": draw.service,
        "settleSeconds": 0,
    }
    world.write_project(environments={"test": environment}, timezone=draw.zone, guards=draw.guards())
    manifest = draw.manifest()
    world.write(manifest)
    codes.append(rehearse(world, f"seed {seed}, new"))
    launched = launch(world)
    assert codes[-1] != FINE or launched == FINE, (
        f"seed {seed}: the rehearsal was fine, and the apply ended with {launched}"
    )
    moment = draw.now + timedelta(
        minutes=draw.random.choice((1, 30, 600, 1440, 3000)), seconds=draw.random.randrange(60)
    )
    world.service.at(f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    codes.append(rehearse(world, f"seed {seed}, under way"))
    draw.now = moment.astimezone(UTC)
    world.write(draw.edited(manifest))
    codes.append(rehearse(world, f"seed {seed}, edited"))
    for name in (".mscode",):
        remove(world, name)
    return codes


def remove(world: World, name: str) -> None:
    import shutil

    shutil.rmtree(world.folder / name, ignore_errors=True)


def test_random_projects(world: World) -> None:
    codes = [code for seed in range(FEW) for code in live_through(world, seed)]
    assert codes.count(FINE) > len(codes) / 2


@pytest.mark.torture
@pytest.mark.parametrize("first", range(FEW, FEW + MANY, EACH))
def test_many_random_projects(world: World, first: int) -> None:
    codes = [code for seed in range(first, first + EACH) for code in live_through(world, seed)]
    assert codes.count(FINE) > len(codes) / 2
