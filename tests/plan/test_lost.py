"""What became of a lost create: the rules alone, without a service (docs/protocol.md#state-table)."""

from __future__ import annotations

from typing import Any

import pytest

from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.world import CampaignStatus, Intent, Live, Marker
from mscode.plan.identity import lost_create as lost
from mscode.plan.identity.lost_create import classify_lost_create

INVITE = "rsvpCalls.invite"


def live(
    live_id: str, *, state: str = "halt", dials: int = 0, generation: int = 1, phase: str = "new", **more: Any
) -> Live:
    marker = Marker("review", "sandbox", INVITE, generation, phase)
    fields = {rule.name: rule.default for rule in registry()["rsvpCalls"].fields} | {"state": state}
    return Live(
        "rsvpCalls", live_id, fields | more.pop("fields", {}), {}, status=CampaignStatus(state, dials, marker), **more
    )


def verdict(*found: Live, matches: tuple[str, ...] = (), generation: int = 1) -> lost.LostCreateResult:
    intent = Intent(Address("rsvpCalls", "invite"), generation, "op", "digest", matches)
    return classify_lost_create(registry()["rsvpCalls"], intent, found)


def ids(found: tuple[Live, ...]) -> list[str]:
    return [one.id for one in found]


def test_what_matched_before_is_not_what_was_made() -> None:
    assert verdict(live("3"), matches=("3",)).adopted is None
    assert verdict(live("3"), live("4"), matches=("3",)).adopted == live("4")


def test_ids_tell_what_is_new_and_clocks_do_not() -> None:
    old, new = live("4", created_at="2030-01-01T00:00:00Z"), live("5", created_at="2001-01-01T00:00:00Z")
    assert verdict(old, new, matches=("4",)).adopted == new


def test_of_several_the_one_that_is_not_inert_is_it() -> None:
    found = verdict(live("3"), live("4", state="active"), live("5"))
    assert found.adopted == live("4", state="active") and ids(found.duplicates) == ["3", "5"]
    assert verdict(live("3"), live("4", dials=1)).adopted == live("4", dials=1)


def test_of_two_that_are_not_inert_nobody_may_choose() -> None:
    found = verdict(live("10", state="active"), live("9", dials=2), live("1"))
    assert found.adopted is None and ids(found.ambiguous) == ["9", "10"] and not found.duplicates


def test_of_inert_ones_the_highest_generation_and_then_the_lowest_id_is_it() -> None:
    found = verdict(live("10"), live("9"), live("4", generation=2))
    assert found.adopted == live("4", generation=2) and not found.duplicates and ids(found.similar) == ["9", "10"]
    assert ids(verdict(live("10"), live("9")).duplicates) == ["10"]


def test_one_of_an_older_generation_is_not_what_was_made() -> None:
    found = verdict(live("4", generation=1), generation=2)
    assert found.adopted is None and ids(found.similar) == ["4"]


@pytest.mark.parametrize(
    "other",
    [
        live("5", dials=1, phase="live"),
        live("5", phase="held"),
        live("5", fields={"acceptsWanted": 9}),
        live("5", generation=2),
    ],
)
def test_only_an_inert_one_that_is_the_same_in_everything_is_a_twin(other: Live) -> None:
    assert not lost.is_twin(registry()["rsvpCalls"], live("4"), other)
    assert lost.is_twin(registry()["rsvpCalls"], live("4"), live("5"))
