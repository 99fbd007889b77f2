"""Who is left out of a group, whatever source names them: the people of a do-not-call list whose action is `exclude`, and those
of the group's own `exclude`.

Rule. Whoever is left out is not among the wanted members. Who is a member is removed before anything else is done: without a
confirmation, and not counted by `maxMemberRemovals`, since a limit there would let them be called. To a group with
`exclusive: false` the do-not-call list keeps people from being added, and removes nobody: such a group keeps whom others have put
into it, and the guard refuses a launch that reaches them there. The group's own `exclude` removes them there as well.

People are compared by number, over all accounts that have it. A number that this plan changes counts as it is and as it will be:
until the account is changed, the old one is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.world import Excluded, Members
from mscode.plan.change import Note
from mscode.plan.guards.do_not_call import Suppressed, list_of
from mscode.plan.inputs import PlanInput
from mscode.plan.people.number_lines import first_places, places_of, places_text, rows_of_numbers
from mscode.plan.people.projection import People, chosen_by_reply

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One reason to be left out. `whom` follows a count of people: `of never.csv`.

    `lines` has the numbers, each with its line in `file` (no file: 0). `accounts` are left out by who they are. `removes`: whoever
    is in the group already is removed.
    """

    whom: str
    removes: bool
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    accounts: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Whom a group leaves out: each reason with the accounts that it keeps out."""

    reasons: tuple[tuple[Exclusion, frozenset[Any]], ...] = ()

    @property
    def accounts(self) -> frozenset[Any]:
        """Everybody who is left out."""
        return frozenset().union(*(accounts for _, accounts in self.reasons))

    @property
    def removed(self) -> frozenset[Any]:
        """Those who are removed if they are members."""
        return frozenset().union(*(accounts for exclusion, accounts in self.reasons if exclusion.removes))


def leave_out(
    inputs: PlanInput,
    members: Members,
    people: People,
    ids: Mapping[Address, Any],
    wanted: frozenset[Any],
    current: frozenset[str],
) -> LeftOut:
    """Who of the `wanted` and the `current` members of a group is left out of it."""
    reasons: list[tuple[Exclusion, frozenset[Any]]] = []
    for exclusion in _exclusions(inputs, members, people, ids):
        numbers = exclusion.lines.keys()
        out = {
            account
            for account in wanted | current
            if account in exclusion.accounts or not numbers.isdisjoint(people.numbers(account))
        }
        kept_out = frozenset(out if exclusion.removes else out - current)
        if kept_out:
            reasons.append((exclusion, kept_out))
    return LeftOut(tuple(reasons))


def _exclusions(inputs: PlanInput, members: Members, people: People, ids: Mapping[Address, Any]) -> Iterator[Exclusion]:
    suppressed = list_of(inputs.desired.project.guards)
    own = members.exclude or Excluded()
    if isinstance(suppressed, Suppressed) and suppressed.excludes:
        yield Exclusion(f"of {suppressed.file}", members.exclusive, suppressed.file, suppressed.lines)
    if own.lines:
        yield Exclusion(f"of {own.file}", True, own.file, own.lines)
    if own.phones:
        yield Exclusion("of members.exclude.phones", True, lines=dict.fromkeys(own.phones, 0))
    if own.replied is not None:
        accounts = chosen_by_reply(inputs, own.replied, ids)
        numbers = {number for account in accounts for number in people.numbers(account)}
        did = {"accept": "who accepted", "decline": "who declined"}.get(own.replied.reply, "who did not reply to")
        whom = f"{did} {own.replied.campaign.address}"
        yield Exclusion(whom, True, lines=dict.fromkeys(numbers, 0), accounts=frozenset(accounts))


def notes_of_left_out(builder: PlanBuilder) -> Iterator[Note]:
    """How many people are left out of each group, and their lines: `2 people of never.csv left out of groups.donors`."""
    people, reasons = builder.people, list(_reasons(builder))
    rows = rows_of_numbers(people, {number for *_, accounts in reasons for number in _numbers(people, accounts)})
    for address, exclusion, accounts in reasons:
        place = builder.matches[address].desired.place
        number = len({people.phone(account) or account for account in accounts})
        lines = exclusion.lines if exclusion.file else {}
        places = places_of(_numbers(people, accounts), exclusion.file, lines, rows)
        details = [places_text(places)] if places else []
        later = sum(people.phone(account) not in exclusion.lines for account in accounts - exclusion.accounts)
        if later:
            details.append(f"With the number that this plan gives, {count(later, 'person')} may join at the next apply")
        text = f"{count(number, 'person')} {exclusion.whom} left out of {address}"
        detail = "".join(f"{detail}. " for detail in details).rstrip()
        yield Note(str(address), text, "left-out", place, detail, number, first_places(places))


def _reasons(builder: PlanBuilder) -> Iterator[tuple[Address, Exclusion, frozenset[Any]]]:
    """Each group and reason; two reasons with one file are told once."""
    for address, left_out in sorted(builder.left_out.items()):
        merged: dict[str, tuple[Exclusion, frozenset[Any]]] = {}
        for exclusion, accounts in left_out.reasons:
            first, before = merged.get(exclusion.whom, (exclusion, frozenset()))
            merged[exclusion.whom] = (first, before | accounts)
        yield from ((address, *reason) for reason in merged.values())


def _numbers(people: People, accounts: frozenset[Any]) -> set[str]:
    return {number for account in accounts for number in people.numbers(account)}
