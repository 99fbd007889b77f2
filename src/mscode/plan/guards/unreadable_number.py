"""Live accounts whose phone is no number that mscode can read: who they are, and that no launch reaches them unseen.

The service may well ring them. But they are compared with nobody: not with a do-not-call list, not with a second receiver of
the same person, not with the hours of their country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mscode.model.kind import kind_of
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
    readable = _readable(builder)
    ids = _in_order({who for who in builder.people.accounts if not readable(builder.people.phone(who))})
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
    rule, told = GuardSetting(builder, "unreadableNumber"), list[str]()
    for concerned in launched(builder):
        told += _reached(builder, concerned)
    hint = ""
    if builder.inputs.desired.project.guards.get(NAME) is not None and not GuardSetting(builder, NAME).overridden:
        rule.overridden, rule.level = False, "deny"
        hint = " They may stand on the do-not-call list: --override doNotCall is needed as well."
    told = list(dict.fromkeys(told))
    yield rule.verdict(not told, "; ".join(told) + "." + hint, *told)


def _reached(builder: PlanBuilder, concerned: Launched) -> Iterator[str]:
    """Each receiver of a launch, or of what runs and gets more people, with those of its people that cannot be read."""
    address = concerned.change.address
    kind, readable = address.kind, _readable(builder)
    if kind.reaches_people and kind.reached_by != "phone":
        return
    bad = {number for number in concerned.launch.reach.phones if not readable(number)}
    having: dict[str, set[Any]] = {}
    for who in {*builder.people.accounts, *builder.people.old_phones} if bad else ():
        if (number := builder.people.phone(who)) in bad:
            having.setdefault(number, set()).add(who)
    if not kind.reaches_people:
        bad &= having.keys()  # of what writes e-mails the addresses are among them: nobody's phone
    for name, numbers in concerned.receivers:
        if mine := bad & set(numbers):
            ids = _in_order(set().union(*(having.get(number, set()) for number in mine)))
            whom = _accounts(ids) if ids else ("1 receiver" if len(mine) == 1 else f"{len(mine):,} receivers")
            yield f"{address} would reach {whom} through {name}, whose phone cannot be read as a number"


def _readable(builder: PlanBuilder) -> Callable[[str], bool]:
    return kind_of("person").fields_by_name["phone"].readable


def _in_order(who: set[Any]) -> list[str]:
    """Ids first, by number; accounts that are still to be made by their address."""
    return sorted((str(one) for one in who), key=id_order)


def _accounts(ids: Sequence[str]) -> str:
    """`account 7`, or `12 accounts (ids 3, 7 and 10 more)`."""
    if len(ids) == 1:
        return f"1 account (id {ids[0]})"
    more = f" and {len(ids) - _MOST_IDS:,} more" if len(ids) > _MOST_IDS else ""
    return f"{len(ids):,} accounts (ids {', '.join(ids[:_MOST_IDS])}{more})"
