"""Rules of the area `text`."""

from __future__ import annotations

from pathlib import Path

from tests.plan.checks.findings import campaign, findings


def test_a_key_that_is_not_mapped_is_refused_with_its_place_and_the_key_that_is_meant(tmp_path: Path) -> None:
    text = "Hello from Espoo!\nPress 4\nto come, 9 to decline."
    (check,) = findings(tmp_path, campaign(text), rule="text/keys")
    assert (check.status, check.suggestion) == ("fail", "Press 5")
    assert check.message == (
        'The voice says "Press 4" to accept, and rsvpCalls.invite does not map 4 (accept: 5, decline: 9).'
    )
    assert check.place is not None and (check.place.file, check.place.line, check.place.column) == ("all.yaml", 9, 7)
    assert check.addresses == ("voiceFiles.question", "rsvpCalls.invite")


def test_a_key_of_the_other_action_is_refused(tmp_path: Path) -> None:
    (check, other) = findings(tmp_path, campaign("Press nine to come, five to decline."), rule="text/keys")
    assert (check.status, check.suggestion) == ("fail", "Press five")
    assert "maps 9 to decline" in check.message
    assert other.suggestion == "nine"


def test_the_right_keys_are_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, campaign("Press 5 to come, 9 to decline."), rule="text/keys") == []


def test_one_mention_is_one_finding_for_all_campaigns_that_play_it(tmp_path: Path) -> None:
    first = campaign("Press 4 to come.")
    body = first.split("  invite:\n")[1]
    (check,) = findings(tmp_path, f"{first}  second:\n{body}", rule="text/keys")
    assert check.addresses == ("voiceFiles.question", "rsvpCalls.invite", "rsvpCalls.second")
    assert "and 1 other campaign" in check.message
