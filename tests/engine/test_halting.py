"""The forms of a request that halts: one room for the brake and for an apply, and the one that changes least first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mscode.engine.halting import Form, Reading, StandIns, UnfitError, first_taken, forms, halting_body
from mscode.errors import MscodeError, Rejected
from mscode.model.kind import registry
from tests.engine.review_world import World
from tests.engine.test_review import TOMORROW, campaign
from tests.engine.test_ringing import played_nothing

KIND = registry()["rsvpCalls"]


def in_turn(world: World, raw: Mapping[str, Any]) -> list[tuple[Form, Any]]:
    """Each form, with the body that it makes of a campaign (None: it has none)."""
    known = Reading.of(KIND, raw, None)
    client = world.mscode
    voices = StandIns(client, world.environment.target())
    found = []
    for form in forms(KIND, lambda live, marker: halting_body(client, KIND, live, marker), voices):
        try:
            found.append((form, form.body(known)))
        except UnfitError:
            found.append((form, None))
    return found


def test_nothing_is_made_while_a_voice_file_is_there(world: World) -> None:
    world.write(campaign(TOMORROW))
    assert world.apply().complete
    raw = world.campaign()
    bodies = [body for _, body in in_turn(world, raw)]
    assert len(bodies) == 4 and len(world.all("/voice_files")) == 1
    whole, stand_in, came, alone = bodies
    assert stand_in is None  # none is gone
    assert {one["state"] for one in (whole, came, alone)} == {"halt"}
    assert set(alone) == {"state", "meta"} and set(alone) < set(came)


def test_at_last_one_is_made_that_says_what_it_is_for(world: World) -> None:
    played_nothing(world, campaign(TOMORROW))
    form, body = in_turn(world, world.campaign())[-1]
    (made,) = world.all("/voice_files")
    assert form.stand_in == made["voiceFileId"] and made["status"] == "ready" and "stand-in" in made["name"]
    assert made["voiceFileId"] in str(body["voiceFiles"])


def test_an_apply_says_of_its_own_what_it_is_for_too(world: World) -> None:
    played_nothing(world, campaign(TOMORROW, accepts=2))
    world.write(campaign(f"{TOMORROW}\n    state: halt", accepts=2))
    assert world.apply().complete
    (made,) = [one for one in world.all("/voice_files") if "stand-in" in one["name"]]
    assert "halt a campaign" in made["description"]


@pytest.mark.parametrize("members", [{"voiceFiles": None}, {"state": 7}, {"activeFrom": 9}, {"meta": [1]}], ids=str)
def test_what_is_out_of_form_has_a_form_all_the_same(world: World, members: dict[str, Any]) -> None:
    world.write(campaign(TOMORROW))
    assert world.apply().complete
    bodies = [body for _, body in in_turn(world, {**world.campaign(), **members}) if body is not None]
    assert bodies and all(body["state"] == "halt" for body in bodies)


def test_the_first_refusal_is_told_and_a_token_that_may_not_write_ends_it() -> None:
    asked: list[int] = []

    def send(status: int) -> int:
        asked.append(status)
        if status == 0:
            raise UnfitError("not so")
        if status >= 400:
            raise Rejected(str(status), status=status)
        return status

    assert first_taken([0, 400, 409, 200, 422], send) == 200
    for statuses, told in (([0, 400, 409], "400"), ([0], "not so"), ([400, 403, 200], "403")):
        asked.clear()
        with pytest.raises(MscodeError, match=told):
            first_taken(statuses, send)
    assert asked == [400, 403]
