"""What a guard says: a line for each campaign, the value that is allowed, and the flag that goes on."""

from __future__ import annotations

import re
from copy import deepcopy
from html import unescape
from typing import Any

import pytest

from tests.acceptance.campaigns import Manifest, drive
from tests.acceptance.conftest import World

NAMES = ("invite", "evening", "late")
HOURS = {"callingHours": {"from": "10:00", "to": "20:00", "timezone": "Europe/Helsinki"}}


def three(**changes: Any) -> Manifest:
    """Three campaigns at the same hours, each with a receiver of its own."""
    project = drive()
    for at, name in enumerate(NAMES):
        campaign = deepcopy(project["rsvpCalls"]["invite"]) | {"acceptsWanted": 1, **changes}
        project["rsvpCalls"][name] = campaign | {"receivers": [{"phone": f"+35840555019{at}"}]}
    return project


def lines_of(world: World, form: str, *options: str) -> list[str]:
    """The lines of a plan, without markup and indentation."""
    out = world.plan("--format", form, *options).out
    if form == "html":
        out = unescape(re.sub(r"<[^>]*>", "", out.replace("<li", "\n<li")))
    return [line.lstrip("> -").replace("\\", "").strip() for line in out.splitlines()]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_each_campaign_has_a_line_of_its_own(world: World, form: str) -> None:
    world.write_project(guards=HOURS)
    world.write(three(activeFrom="07:00"))
    assert world.plan().code == 5
    lines = lines_of(world, form)
    for name in NAMES:
        expected = f"rsvpCalls.{name} may call outside the hours, first on Wed 2026-12-02 09:00"
        assert [line for line in lines if line.startswith(expected)], lines
    assert "allowed: 10:00–20:00 Europe/Helsinki" in lines
    assert "To go on this once: --override callingHours" in lines
    assert max(map(len, (line for line in lines if "may call" in line))) < 100


def test_one_campaign_stands_beside_the_guard(world: World) -> None:
    world.write_project(guards=HOURS)
    world.write(drive(activeFrom="07:00"))
    lines = lines_of(world, "text")
    at = lines.index(
        "Guard callingHours refuses this plan: rsvpCalls.invite may call outside the hours, first on Wed 2026-12-02 09:00."
    )
    assert lines[at + 1 : at + 3] == [
        "allowed: 10:00–20:00 Europe/Helsinki",
        "To go on this once: --override callingHours",
    ]


@pytest.mark.parametrize(
    ("guards", "changes", "allowed"),
    [
        ({"maxPeople": 2}, {}, "allowed: 2 people"),
        ({"maxCalls": 3}, {}, "allowed: 3 calls"),
        ({"maxRedials": 1}, {}, "allowed: 1 redial"),
        (
            {"webhookHosts": ["hooks.example.com"]},
            {"receiverWebhookUrl": "https://x.example/r"},
            "allowed: https, to hooks",
        ),
        ({"acceptsWanted": {"level": "deny"}}, {"acceptsWanted": 9, "receivers": [{"group": "donors"}]}, ""),
        (
            {"callingHours": {**HOURS["callingHours"], "weekdays": ["monday", "tuesday", "friday"]}},
            {},
            "allowed: 10:00–20:00 monday–tuesday, 10:00–20:00 friday Europe/Helsinki",
        ),
    ],
)
def test_the_flag_that_a_guard_names_goes_on(
    world: World, guards: dict[str, Any], changes: dict[str, Any], allowed: str
) -> None:
    world.write_project(guards=guards)
    world.write(three(**changes) if "receivers" not in changes else drive(**changes))
    ended = world.plan()
    assert ended.code == 5, ended.said
    flags = re.findall(r"^  To go on this once: (--.*)$", ended.out, flags=re.MULTILINE)
    assert len(flags) == 1, ended.out
    assert f"  {allowed}" in ended.out
    assert world.plan(*flags[0].split()).code == 0


def test_json_has_the_lines_that_people_read(world: World) -> None:
    world.write_project(guards=HOURS)
    world.write(three(activeFrom="07:00"))
    (check,) = world.checks("callingHours")
    assert len(check["lines"]) == len(NAMES) + 2
    assert check["summary"] == ""
    assert all(name in check["message"] for name in NAMES)


def test_many_reasons_are_counted(world: World) -> None:
    project = drive()
    for at in range(30):
        campaign = deepcopy(project["rsvpCalls"]["invite"]) | {"acceptsWanted": 1, "activeFrom": "07:00"}
        project["rsvpCalls"][f"c{at}"] = campaign | {"receivers": [{"phone": f"+3584055502{at:02}"}]}
    del project["rsvpCalls"]["invite"]
    world.write_project(guards=HOURS)
    world.write(project)
    lines = lines_of(world, "text")
    assert sum("may call outside" in line for line in lines) == 20
    assert "... 10 more" in lines
