"""Which events a reading makes; who replied is what the API says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from mscode.app.live.events import EventLog
from mscode.app.live.follow import Hint, Key, View
from mscode.engine.account.results import ReceiverReply
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.status.live_events import LiveEvent
from mscode.views.status.table import StatusRow

KEY = ("rsvpCalls", "1")
CALLED = {"answered": False, "dialled": 1, "latest": "2026-12-01T08:00:00Z"}


class Account:
    """What came of each person of the one campaign."""

    def __init__(self) -> None:
        self.people: dict[str, ReceiverReply] | None = {}
        self.log = EventLog(self)  # type: ignore[arg-type]
        self.view = View()

    def people_of(self, campaign: Any) -> dict[str, ReceiverReply] | None:
        return self.people

    def read(
        self, state: str = "active", dialled: int = 0, hints: Mapping[Key, Sequence[Hint]] | None = None
    ) -> list[LiveEvent]:
        row = StatusRow("rsvpCalls.invite", *KEY, True, SendStatus(state, False, dialled=dialled))
        campaign: Any = SimpleNamespace(section=KEY[0], live=SimpleNamespace(id=KEY[1]))
        before, self.view = self.view, View(self.view.number + 1, [row], {KEY: campaign})
        return list(self.log.events(before, self.view, hints or {}))

    def answers(self, **replies: str) -> None:
        self.people = {
            name: ReceiverReply(name, phone="+358401234567", reply=reply, **(CALLED | {"answered": reply == "accept"}))  # type: ignore[arg-type]
            for name, reply in replies.items()
        }


def _types(events: list[LiveEvent]) -> list[str]:
    return [event.type for event in events]


def test_what_was_there_at_first_is_a_state_and_no_reply() -> None:
    account = Account()
    account.answers(a="accept", b="noAnswer")
    assert _types(account.read(dialled=2)) == ["state"]
    assert account.read(dialled=2) == []


def test_a_change_of_figures_is_progress_and_one_of_state_is_a_state() -> None:
    account = Account()
    account.read()
    assert _types(account.read(dialled=1)) == ["progress"]
    [event] = account.read("complete", dialled=2)
    assert (event.type, event.previous, event.is_deleted) == ("state", "active", False)


def test_each_reply_is_told_once() -> None:
    account = Account()
    account.read()
    account.answers(a="accept", b="decline")
    events = account.read(dialled=2)
    assert _types(events) == ["reply", "reply", "progress"]
    assert [event.person.reply for event in events if event.person] == ["accept", "decline"]
    assert account.read(dialled=2, hints={KEY: [Hint("receiver", "a", "accept")]}) == []


def test_a_webhook_alone_makes_no_reply() -> None:
    account = Account()
    account.answers(a="noAnswer")
    account.read()
    account.people = {"a": ReceiverReply("a", phone="+358401234567", reply="noAnswer", dialled=0)}
    forged = [Hint("receiver", "a", "accept"), Hint("receiver", "a", "noAnswer"), Hint("receiver", "zz", "accept")]
    assert account.read(hints={KEY: forged}) == [], "nobody was called yet"


def test_that_somebody_gave_no_reply_needs_both() -> None:
    account = Account()
    account.read()
    account.answers(a="noAnswer", b="noAnswer")
    assert _types(account.read(dialled=2)) == ["progress"], "they may still be called"
    at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    [event] = account.read(dialled=2, hints={KEY: [Hint("receiver", "b", "noAnswer", at)]})
    assert event.person is not None
    assert (event.type, event.person.account_id, event.person.reply) == ("reply", "b", "noAnswer")
    assert (event.hinted, event.webhook_at) == (True, at)


def test_a_campaign_that_is_gone_is_a_state() -> None:
    account = Account()
    account.read()
    [event] = account.log.events(account.view, View(2), {})
    assert (event.type, event.is_deleted, event.row.id) == ("state", True, "1")
    assert event.message == "rsvpCalls.invite: deleted"


def test_people_of_whom_nothing_is_told_make_no_events() -> None:
    account = Account()
    account.people = None
    account.read()
    assert _types(account.read(dialled=1)) == ["progress"]
