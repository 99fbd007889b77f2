"""What makes two plans the same, and what a digest gives away."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from mscode.model.address import Address
from mscode.plan.change import Action, Change, Launch, MemberChange, Plan, Reach
from mscode.plan.fingerprint import beyond, compare, digest, fingerprint
from tests.views.plans import NOW, plan, planned

KEY, OTHER = "ab" * 32, "cd" * 32
PHONES = frozenset({"+358405550101", "+358405550102", "+358405550103"})
GROUP, INVITE = Address("groups", "donors"), Address("rsvpCalls", "invite")


def _plan(phones: frozenset[str] = PHONES, joining: tuple[str, ...] = ("1", "2", "3"), **reach: object) -> Plan:
    to = Reach(phones, redials=2, first_call=NOW, last_call=NOW, **reach)  # type: ignore[arg-type]
    return plan(
        planned(GROUP, Action.CREATE, members=MemberChange(joining, (), len(joining))),
        planned(INVITE, Action.CREATE, launch=Launch("first", to)),
    )


def test_the_same_plan_at_another_time_has_the_same_digest() -> None:
    later = replace(_plan(), now=NOW + timedelta(hours=1), serial=7, notes=(), compared=99)
    assert digest(later, KEY) == digest(_plan(), KEY)
    assert re.fullmatch(r"[0-9a-f]{64}", digest(_plan(), KEY))


def test_a_digest_needs_the_key() -> None:
    assert digest(_plan(), KEY) != digest(_plan(), OTHER)
    with pytest.raises(ValueError, match="secret key"):
        digest(_plan(), "")


@pytest.mark.parametrize(
    "other",
    [
        replace(_plan(), url="https://other.example.com"),
        replace(_plan(), environment="other"),
        replace(_plan(), destroy=True),
        replace(_plan(), changes=_plan().changes[::-1]),
        replace(_plan(), changes=_plan().changes[1:]),
        _plan(PHONES | {"+358405550104"}),
        _plan(PHONES - {"+358405550103"}),
        _plan(joining=("1", "2", "4")),
        replace(_plan(), changes=(_plan().changes[0], planned(INVITE, Action.CREATE))),
    ],
)
def test_what_would_be_done_otherwise_has_another_digest(other: Plan) -> None:
    assert digest(other, KEY) != digest(_plan(), KEY)


def test_a_halt_is_another_plan_than_an_update() -> None:
    assert digest(plan(planned(INVITE, Action.UPDATE)), KEY) != digest(
        plan(planned(INVITE, Action.UPDATE, halts=True)), KEY
    )


def test_saved_parts_of_two_plans_have_nothing_in_common_but_who_has_the_key_compares_them() -> None:
    one, two = (fingerprint(_plan(), KEY, salt) for salt in ("01", "02"))
    assert one.head != two.head
    assert not (one.changes[1].people or frozenset()) & (two.changes[1].people or frozenset())
    assert compare(one, fingerprint(_plan(), KEY, "01")).differences == ()


def _compared(now: Plan) -> tuple[list[str], dict[str, tuple[int, int]]]:
    found = compare(fingerprint(_plan(), KEY), fingerprint(now, KEY))
    return [one.text for one in found.differences], dict(found.fewer or {})


def test_fewer_people_are_no_difference() -> None:
    fewer = PHONES - {"+358405550103"}
    assert _compared(_plan(fewer, ("1", "2"))) == ([], {"rsvpCalls.invite": (3, 2)})


def test_a_group_with_fewer_members_is_one_where_the_calls_are_not_fewer() -> None:
    assert _compared(_plan(PHONES, ("1", "2")))[0] == ["groups.donors would get other members"]


def test_members_that_nobody_approved_are_a_difference_whoever_is_called() -> None:
    assert _compared(_plan(PHONES - {"+358405550103"}, ("1", "4")))[0] == ["groups.donors would get other members"]


def test_one_person_more_is_counted() -> None:
    more = PHONES - {"+358405550103"} | {"+358405550104", "+358405550105"}
    assert _compared(_plan(more))[0] == ["rsvpCalls.invite would reach 2 people whom nobody approved"]


def test_each_address_that_differs_is_named() -> None:
    other = plan(_plan().changes[0], planned(Address("groups", "more"), Action.CREATE))
    assert _compared(other)[0] == [
        "The approved plan changes rsvpCalls.invite, but it needs no change any more",
        "groups.more was not to be changed by the approved plan",
    ]


def test_another_order_is_named() -> None:
    assert _compared(replace(_plan(), changes=_plan().changes[::-1]))[0] == ["The order of the changes is another one"]


def test_a_wider_launch_is_another_change() -> None:
    to = Reach(PHONES, redials=5, first_call=NOW, last_call=NOW)
    wider = plan(_plan().changes[0], replace(_plan().changes[1], launch=Launch("first", to)))
    assert _compared(wider)[0] == ["rsvpCalls.invite would be changed in another way"]


# ---- the rest of a plan ------------------------------------------------------------------------------------------------


def _rest(*changes: Change) -> list[str]:
    return [found.text for found in beyond(fingerprint(_plan(), KEY), fingerprint(plan(*changes), KEY))]


def _launch(phones: frozenset[str]) -> Launch:
    return Launch("first", Reach(phones, redials=2, first_call=NOW, last_call=NOW))


def test_the_rest_of_a_plan_may_do_what_was_approved_in_whatever_form_it_is_left() -> None:
    assert _rest() == []
    # It was created, and waits for its launch; fewer people may be left.
    assert _rest(planned(INVITE, Action.UPDATE, launch=_launch(PHONES))) == []
    assert _rest(planned(INVITE, Action.CREATE, launch=_launch(PHONES - {"+358405550103"}))) == []
    assert _rest(planned(GROUP, Action.UPDATE, members=MemberChange(("3",), (), 3))) == []


def test_the_rest_of_a_plan_does_nothing_that_nobody_approved() -> None:
    assert _rest(planned(Address("groups", "others"), Action.CREATE)) == [
        "groups.others was not to be changed by the approved plan"
    ]
    assert _rest(planned(INVITE, Action.UPDATE, launch=_launch(PHONES | {"+358405550104"}))) == [
        "rsvpCalls.invite would reach 1 person whom nobody approved"
    ]
    assert _rest(planned(GROUP, Action.UPDATE, launch=_launch(PHONES))) == [
        "groups.donors would reach 3 people whom nobody approved"
    ]
    assert _rest(planned(GROUP, Action.UPDATE, members=MemberChange(("4",), (), 4))) == [
        "groups.donors would get other members"
    ]
    other = replace(plan(), url="https://other.example.com")
    assert [found.text for found in beyond(fingerprint(_plan(), KEY), fingerprint(other, KEY))] == [
        "The plan is for another project, environment or URL"
    ]
