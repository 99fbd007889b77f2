"""Whom a campaign reached and whom it did not, person by person, for a group of those who are to be called again.

See docs/service-notes.md#receivers-and-results-of-an-rsvp-call.

Somebody is unreached only where the service says so of this person: a row of their own with `answered` 0, no reply and no
time talked. What the service does not tell, or tells in a form that cannot be read, is an error: nobody is called a second time
for want of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mscode.engine.account.replies import campaigns_of, ids_by_number, rows_of_people
from mscode.engine.account.target import Account
from mscode.errors import PlanError
from mscode.kinds.fields.e164 import live_e164
from mscode.kinds.fields.receivers import rows
from mscode.model import service_json as wire
from mscode.model.kind import kind_of, registry
from mscode.model.plurals import count
from mscode.model.world import DesiredWorld, Fields, Known, Live, Member, Outcomes

_REPLIES = ("accept", "decline", "noAnswer", "")


def read_outcomes(
    account: Account,
    desired: DesiredWorld,
    known: Known,
    objects: Mapping[str, Mapping[str, Live]],
    members: Mapping[str, Sequence[Member]],
) -> dict[str, Outcomes]:
    """Campaign's id -> whom it reached, for each live campaign by whose unreached people a group is filled.

    `members` are those of the groups that it calls. PlanError where it cannot be told of everybody.
    """
    campaigns = campaigns_of(account, desired, known, objects, lambda replied: replied.is_unreached)
    if not campaigns:
        return {}
    people = objects.get(kind_of("person").section, {})
    id_of_number = ids_by_number(objects)
    lists = account.reader.map(lambda live: rows_of_people(account, live), campaigns)
    return {
        live.id: _Campaign(account, live, people, id_of_number).outcomes(results, members)
        for live, results in zip(campaigns, lists, strict=True)
    }


def groups_of_continued(
    account: Account, desired: DesiredWorld, known: Known, objects: Mapping[str, Mapping[str, Live]]
) -> Iterator[str]:
    """The groups that those campaigns call."""
    for live in campaigns_of(account, desired, known, objects, lambda replied: replied.is_unreached):
        yield from _groups_called_by(live)


def outcomes_of(account: Account, live: Live) -> Outcomes:
    """Whom one campaign reached; PlanError where it cannot be told of everybody. Reads what that takes."""
    from mscode.engine.account.read import read_list, read_members

    section = kind_of("person").section
    people = read_list(account, registry()[section])
    members = {group: read_members(account, group) for group in sorted(_groups_called_by(live))}
    campaign = _Campaign(account, live, people, ids_by_number({section: people}))
    return campaign.outcomes(rows_of_people(account, live), members)


class _Campaign:
    """One campaign, and the live accounts by id and by number."""

    def __init__(
        self, account: Account, live: Live, people: Mapping[str, Live], id_of_number: Mapping[str, str]
    ) -> None:
        self.account, self.live, self.people, self.id_of_number = account, live, people, id_of_number

    def outcomes(self, results: Sequence[Fields], members: Mapping[str, Sequence[Member]]) -> Outcomes:
        """`results` are the rows of its people: its own, or those of the list of replies where it calls groups."""
        own = [row for row in rows(wire.pick(self.live.raw, "receivers")) if not _is_group(row)]
        outcomes: dict[str, bool] = {}
        accepted: set[str] = set()
        for row in (*own, *(row for row in results if not _is_group(row))):
            account_id = self._account(row)
            outcomes[account_id] = _was_reached(row, self) or outcomes.get(account_id, False)
            if wire.reply(row) == "accept":
                accepted.add(account_id)
        self._refuse_untold(outcomes, members)
        reached = {account_id for account_id, was_reached in outcomes.items() if was_reached}
        return Outcomes(frozenset(reached), frozenset(self._unreached(outcomes, reached)), len(accepted))

    def _account(self, row: Fields) -> str:
        number = live_e164(
            str(wire.pick(row, "phone") or wire.pick(row, "phoneNumber") or ""), self.account.target.region
        )
        account_id = wire.id_text(wire.pick(row, "accountId")) or self.id_of_number.get(number, "")
        if not account_id:
            raise self.untold("a row names neither an account nor the number of one")
        return account_id

    def _refuse_untold(self, outcomes: Mapping[str, bool], members: Mapping[str, Sequence[Member]]) -> None:
        """Everybody in a group that it calls has a row."""
        untold = {
            member.account_id
            for group in _groups_called_by(self.live)
            for member in members.get(group, ())
            if member.phone and member.account_id not in outcomes
        }
        if untold:
            raise self.untold(f"nothing is told of {count(len(untold), 'person')} in the groups that it calls")

    def _unreached(self, outcomes: Mapping[str, bool], reached: Iterable[str]) -> Iterator[str]:
        """Those who are still in the account and have a number; of several accounts with one number the one with the lowest id,
        and none where the number was reached through another.
        """
        numbers = {self._number(account_id) for account_id in reached}
        for account_id in sorted(outcomes, key=wire.id_order):
            number = "" if outcomes[account_id] else self._number(account_id)
            if number and number not in numbers:
                numbers.add(number)
                yield account_id

    def _number(self, account_id: str) -> str:
        person = self.people.get(account_id)
        number = str(person.fields.get("phone") or "") if person is not None else ""
        if person is not None and number and not person.kind.fields_by_name["phone"].readable(number):
            raise self.untold(
                f"the number of account {account_id} cannot be read, so it may be somebody's who was reached"
            )
        return number

    def untold(self, reason: str) -> PlanError:
        """Why it cannot be said whom the campaign reached."""
        return PlanError(
            f"Whom {self.live.section} id {self.live.id} reached cannot be told person by person",
            detail=f"{reason[:1].upper()}{reason[1:]}. Without that, nobody counts as unreached.",
            hint="Look at its receivers in the web interface; `reply: none` takes all who neither accepted nor declined.",
            code="outcomes",
        )


def _groups_called_by(live: Live) -> set[str]:
    return {str(row["groupId"]) for row in live.fields.get("receivers", ()) if "groupId" in row}


def _is_group(row: Fields) -> bool:
    """Does a row stand for a whole group?"""
    return bool(wire.id_text(wire.pick(row, "groupId"))) and not wire.id_text(wire.pick(row, "accountId"))


def _was_reached(row: Fields, campaign: _Campaign) -> bool:
    reply, answered = wire.reply(row), wire.pick(row, "answered")
    seconds = wire.pick(row, "callDuration")
    if reply not in _REPLIES or str(answered).strip().lower() not in ("0", "1", "true", "false"):
        raise campaign.untold("a row has a reply, or a mark of whether it was answered, that cannot be read")
    if seconds not in (None, "") and wire.number(seconds) is None:
        raise campaign.untold("a row has a length of the call that cannot be read")
    return reply in ("accept", "decline") or wire.flag(answered) or bool(wire.number(seconds))
