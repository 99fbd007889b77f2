"""Live accounts whose phone is no number that mscode can read: who they are, and that no launch reaches them unseen.

The service may well ring them. But they are compared with nobody: not with a do-not-call list, not with a second receiver of
the same person, not with the hours of their country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mscode.model.kind import kind_of
from mscode.model.plurals import count, first_of
from mscode.model.service_json import id_order
from mscode.plan.change import Check
from mscode.plan.guards.do_not_call import NAME
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.people.exposure import Launched, launched

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

#: So many ids are named.
_MOST_IDS = 10


def warn_of_unreadable(builder: PlanBuilder) -> None:
    """Says which live accounts have a phone that cannot be read, once the plan is done; never the phone."""
    readable = _readable()
    ids = _in_order({account for account in builder.people.accounts if not readable(builder.people.phone(account))})
    if ids:
        builder.diagnostics.warn(
            None,
            f"The phone of {_accounts(ids)} cannot be read as a number",
            "It is compared with no other number, and a launch that reaches it is refused.",
            "Correct it in the live account: with + and the country code, one number and nothing else.",
            code="unreadable-number",
        )


def unreadable_numbers(builder: PlanBuilder) -> Iterator[Check]:
    """No launch reaches an account whose number cannot be read.

    Whether such a number stands on the do-not-call list nobody can say, so where there is a list both are to be overridden.
    """
    rule, reasons = GuardSetting(builder, "unreadableNumber"), dict[str, list[str]]()
    for exposure in launched(builder):
        if texts := list(_reached(builder, exposure)):
            reasons.setdefault(str(exposure.change.address), []).extend(texts)
    hint, flag = "", ""
    if builder.inputs.desired.project.guards.get(NAME) is not None and not GuardSetting(builder, NAME).overridden:
        rule.overridden, rule.level = False, "deny"
        hint = " They may stand on the do-not-call list: --override doNotCall is needed as well."
        flag = "--override unreadableNumber --override doNotCall"
    sentences = list(dict.fromkeys(text for texts in reasons.values() for text in texts))
    by_campaign = ["; ".join(dict.fromkeys(texts)) for texts in reasons.values()]
    yield rule.verdict(
        not reasons, "; ".join(sentences) + "." + hint, *reasons, reasons=by_campaign, head=hint.strip(), flag=flag
    )


def _reached(builder: PlanBuilder, exposure: Launched) -> Iterator[str]:
    """Each receiver of a launch, or of what runs and gets more people, with those of its people that cannot be read."""
    address = exposure.change.address
    kind, readable = address.kind, _readable()
    if kind.reaches_people and kind.reached_by != "phone":
        return
    unreadable = {number for number in exposure.launch.reach.phones if not readable(number)}
    accounts_of: dict[str, set[Any]] = {}
    for account in {*builder.people.accounts, *builder.people.old_phones} if unreadable else ():
        if (number := builder.people.phone(account)) in unreadable:
            accounts_of.setdefault(number, set()).add(account)
    if not kind.reaches_people:
        unreadable &= accounts_of.keys()  # of what writes e-mails the addresses are among them: nobody's phone
    for name, numbers in exposure.receivers:
        if numbers_here := unreadable & set(numbers):
            ids = _in_order(set().union(*(accounts_of.get(number, set()) for number in numbers_here)))
            subject = _accounts(ids) if ids else count(len(numbers_here), "receiver")
            yield f"{address} would reach {subject} through {name}, whose phone cannot be read as a number"


def _readable() -> Callable[[str], bool]:
    return kind_of("person").fields_by_name["phone"].readable


def _in_order(accounts: set[Any]) -> list[str]:
    """Ids first, by number; accounts that are still to be made by their address."""
    return sorted((str(account) for account in accounts), key=id_order)


def _accounts(ids: Sequence[str]) -> str:
    """`account 7`, or `12 accounts (ids 3, 7 and 10 more)`."""
    if len(ids) == 1:
        return f"1 account (id {ids[0]})"
    return f"{count(len(ids), 'account')} (ids {first_of(ids, _MOST_IDS)})"
