"""`mscode state show`: what the state knows, in the terms of a manifest."""

from __future__ import annotations

import pytest

from tests.acceptance.campaigns import AFTER, PHONES, WORKDAYS, drive
from tests.acceptance.conftest import World


def shown(world: World, address: str) -> list[str]:
    ended = world.cli("state", "show", address, world.folder)
    assert ended.code == 0, ended.said
    return ended.out.splitlines()


def test_a_campaign_is_shown_as_it_is_written(launched: World) -> None:
    lines = shown(launched, "rsvpCalls.invite")
    for line in (
        "# rsvpCalls.invite",
        "  voiceFiles: {start: voiceFiles.greeting}",
        "  actionButtons: {accept: 5, decline: 9}",
        "  startTime: 2026-12-01 10:00:00",
        '  activeFrom: "08:00"',
        '  activeWeekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"]',
        '  meta: {season: "winter"}',
        "  receivers: (personal)",
        "  acceptsWanted: 4",
    ):
        assert line in lines, line


def test_a_program_gets_addresses_too_and_times_in_utc(launched: World) -> None:
    applied = launched.cli("state", "show", "rsvpCalls.invite", launched.folder, "--json").json["applied"]
    assert applied["voiceFiles"] == {"start": "voiceFiles.greeting"}
    assert applied["actionButtons"] == {"accept": ["5"], "decline": ["9"]}
    assert applied["startTime"] == "2026-12-01T08:00:00Z"
    assert applied["activeWeekdays"] == WORKDAYS
    assert applied["receivers"] == "(personal)"
    [entry] = [
        one for one in launched.cli("show", launched.folder, "--json").json["resources"] if one["name"] == "invite"
    ]
    assert entry["applied"] == applied


def test_conditions_have_their_names(launched: World) -> None:
    assert '    - {field: "city", operator: "==", value: "Helsinki"}' in shown(launched, "filters.helsinki")


@pytest.mark.parametrize("operations", [[{"say": "Hello"}], {"say": ["a", 1, None]}, []])
def test_what_is_free_is_shown_as_data(world: World, operations: object) -> None:
    manifest = drive()
    receivers = [{"account": "aino"}]
    manifest["calls"] = {
        "note": {"operations": operations, "actionTime": "2026-12-01T08:00:00Z", "receivers": receivers}
    }
    world.launched(manifest)
    applied = world.cli("state", "show", "calls.note", world.folder, "--json").json["applied"]
    assert applied["operations"] == operations


def test_an_object_that_nobody_manages_keeps_its_id(launched: World) -> None:
    assert launched.cli("forget", "voiceFiles.greeting", launched.folder).code == 0
    assert '  voiceFiles: {start: {voiceFileId: "1"}}' in shown(launched, "rsvpCalls.invite")


def test_no_number_is_shown(launched: World) -> None:
    launched.service.at(AFTER)
    said = launched.cli("show", launched.folder).said + launched.cli("show", "--json", launched.folder).said
    assert not [phone for phone in PHONES if phone[1:] in said]
    assert "hmac:" not in said
