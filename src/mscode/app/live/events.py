"""What happened between two readings of the campaigns that are followed. Everything in an event was read from the API; a webhook
decides only that it was read now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mscode.app.campaigns import LiveAccount
from mscode.app.live.follow import Hint, Key, View
from mscode.views.status.live_events import LiveEvent, PersonReply

if TYPE_CHECKING:
    from mscode.engine.account.results import ReceiverReply
    from mscode.engine.account.status import LiveCampaign
    from mscode.views.status.table import StatusRow

#: What is kept of one campaign: each person's reply as it was told last, by account or number.
Told = dict[str, str]


class EventLog:
    """Tells what happened at each reading. Keeps what it has told of people, so that each reply is told once."""

    def __init__(self, account: LiveAccount) -> None:
        self._account = account
        self._told: dict[Key, Told] = {}

    def events(self, before: View, after: View, hints: Mapping[Key, Sequence[Hint]]) -> Iterator[LiveEvent]:
        """The events of a reading, campaign by campaign; replies first, then state or progress."""
        previous = {(row.section, row.id, row.address): row for row in before.rows}
        for row in after.rows:
            old = previous.pop((row.section, row.id, row.address), None)
            of_campaign = hints.get((row.section, row.id), ())
            yield from self._of_campaign(old, row, after.campaigns.get((row.section, row.id)), of_campaign)
        for row in previous.values():
            self._told.pop((row.section, row.id), None)
            hinted = (row.section, row.id) in hints
            yield LiveEvent("state", row, row.standing.state, is_deleted=True, hinted=hinted)

    def _of_campaign(
        self, old: StatusRow | None, row: StatusRow, campaign: LiveCampaign | None, hints: Sequence[Hint]
    ) -> Iterator[LiveEvent]:
        at = _latest(hints)
        if campaign is not None:
            for person in self._new_replies(campaign, hints):
                yield LiveEvent("reply", row, person=person, hinted=bool(hints), webhook_at=at)
        if old is None or old.standing.state != row.standing.state:
            previous = old.standing.state if old else ""
            yield LiveEvent("state", row, previous, hinted=bool(hints), webhook_at=at)
        elif (old.standing, old.people, old.called) != (row.standing, row.people, row.called):
            yield LiveEvent("progress", row, hinted=bool(hints), webhook_at=at)

    def _new_replies(self, campaign: LiveCampaign, hints: Sequence[Hint]) -> Iterator[PersonReply]:
        """Replies that were not told yet; those of the first reading were given before anybody followed."""
        people = self._account.people_of(campaign)
        if people is None:
            return
        key = (campaign.section, campaign.live.id)
        is_first, told = key not in self._told, self._told.setdefault(key, {})
        # That somebody will not be called again is nothing that the API says: a webhook does, and the person's row must agree.
        without_reply = {hint.account_id for hint in hints if hint.account_id and hint.reply == "noAnswer"}
        for name, person in people.items():
            reply = _reply_of(person, is_over=name in without_reply)
            if not reply or told.get(name) == reply:
                continue
            told[name] = reply
            if not is_first:
                yield PersonReply(person.account_id, person.phone, reply, person.latest)


def _reply_of(person: ReceiverReply, *, is_over: bool) -> str:
    """What a person has replied; "" while they may still be called."""
    if person.reply not in ("", "noAnswer"):
        return person.reply
    return "noAnswer" if person.answered or (is_over and person.was_called) else ""


def _latest(hints: Sequence[Hint]) -> datetime | None:
    """The latest time that webhooks name."""
    return max((hint.at for hint in hints if hint.at is not None), default=None)
