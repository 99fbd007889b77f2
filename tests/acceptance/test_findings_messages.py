"""Findings of text messages and e-mails through the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World


def _reminder(**changes: Any) -> dict[str, Any]:
    """The project without its campaign, and with a text message from a sender that no network takes."""
    project = drive()
    del project["rsvpCalls"], project["voiceFiles"]
    reminder = {
        "message": "See you on Friday at ten.",
        "sender": "Blood Service Helsinki",
        "actionTime": "2026-12-03T09:00:00Z",
        "receivers": [{"group": "donors"}],
        **changes,
    }
    return {**project, "smses": {"reminder": reminder}}


def _statuses(world: World, rule: str) -> list[str]:
    return [check["status"] for check in world.checks(rule)]


def test_a_message_from_such_a_sender_is_refused_and_nothing_is_sent(world: World) -> None:
    world.write(_reminder())
    planned = world.plan()
    assert planned.code == 5
    assert 'No network takes the sender of smses.reminder: "Blood Service Helsinki" takes 22 characters' in planned.out
    world.service.forget_requests()
    assert world.launch().code == 5
    assert [request for request in world.service.requests(writes=True) if "smses" in str(request)] == []
    assert world.cli("validate", world.folder).code == 5


def test_an_override_lets_it_go_and_an_edit_of_it_is_warned_of(world: World) -> None:
    world.write(_reminder())
    assert world.launch("--override", "sms/sender").code == 0
    world.write(_reminder(message="See you on Friday at eleven."))
    assert (world.plan().code, _statuses(world, "sms/sender")) == (0, ["warn"])
    assert world.apply("--auto-approve").code == 0


def test_a_comment_allows_it(world: World) -> None:
    text = json.dumps(_reminder(), indent=1).splitlines()
    at = next(at for at, line in enumerate(text) if '"sender"' in line)
    text.insert(at, "# mscode:allow sms/sender, agreed with the network")
    (world.folder / "all.yaml").write_text("\n".join(text))
    assert (world.plan().code, _statuses(world, "sms/sender")) == (0, ["allowed"])


@pytest.mark.parametrize("subject", ["One\nBcc: all@example.org", "One\n"])
def test_a_line_break_in_a_subject_is_an_error_with_its_place(world: World, subject: str) -> None:
    project = _reminder(sender="Blood")
    project["emails"] = {
        "invitation": {
            "subject": subject,
            "messageText": "x",
            "actionTime": "2026-12-03T09:00:00Z",
            "receivers": [{"email": "anna@example.org"}],
        }
    }
    world.write(project)
    ended = world.plan()
    assert ended.code == 1
    assert "one line" in ended.said
    assert "on all.yaml line " in ended.said


def test_an_email_is_warned_of_and_goes_out(world: World) -> None:
    project = _reminder(sender="Blood")
    project["emails"] = {
        "invitation": {
            "subject": "THE BLOOD BUS",
            "messageHtml": "<p>We are <b>there.</p>",
            "actionTime": "2026-12-03T09:00:00Z",
            "receivers": [{"email": "anna@example.org"}],
        }
    }
    world.write(project)
    planned = world.plan()
    assert planned.code == 0
    assert "Check email/subject warns" in planned.out
    assert planned.out.count("Check email/body warns") == 2
    assert world.launch().code == 0
