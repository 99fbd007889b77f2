"""What a launch may not call again: which live objects with this project's mark nothing here stands for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mscode.model.address import Address
from mscode.model.world import CampaignStatus, Intent, Known, Live, Marker
from mscode.plan.guards.called_already import marked_elsewhere

DESK = Address.parse("clickToCalls.desk")


def _draft(known: Known) -> Any:
    """A plan that finds one click-to-call with the mark of `desk`, which no match stands for."""
    life = CampaignStatus("active", 0, Marker("drive", "test", str(DESK), 1, "live"))
    live = Live("clickToCalls", "7", {}, {}, status=life)
    inputs = SimpleNamespace(
        known=known,
        excluded=frozenset(),
        declared=frozenset({DESK}),
        desired=SimpleNamespace(project=SimpleNamespace(name="drive")),
        objects=lambda section: {"7": live} if section == "clickToCalls" else {},
        owns=lambda marker: (marker.project, marker.environment) == ("drive", "test"),
    )
    return SimpleNamespace(inputs=inputs, matches={})


def test_what_is_being_made_is_no_old_caller() -> None:
    """Its answer was lost: the state has no id of it yet, and its own launch must not be refused because of it."""
    intent = Intent(DESK, 1, "create", "digest")
    assert list(marked_elsewhere(_draft(Known(intents={DESK: intent})))) == []


def test_what_nothing_stands_for_is_one() -> None:
    ((live, marker),) = marked_elsewhere(_draft(Known()))
    assert (live.id, marker.address) == ("7", "clickToCalls.desk")
