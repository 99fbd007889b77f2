"""Plans built by hand, for the views alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from mscode.errors import Place
from mscode.model.address import Address
from mscode.model.values import Ref
from mscode.model.world import NO_STATUS, CampaignStatus, Desired, Live
from mscode.plan.change import (
    Action,
    ApplyRows,
    Change,
    Create,
    Delete,
    FieldChange,
    Forget,
    Halt,
    HaltAndForget,
    Launch,
    LaunchReason,
    MemberChange,
    NoOp,
    Plan,
    Reach,
    Replace,
    Update,
)
from mscode.views.plan.plan_text import render_plan
from mscode.views.plan.segments import plain

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)
LAST = datetime(2026, 12, 4, 15, tzinfo=UTC)


def planned(address: Address, action: Action, place: Place | None = None, **members: Any) -> Change:
    """A change by its verb. What its type asks for and the test does not care about (what is wanted, what is live) is made up:
    an object without fields.
    """
    halts = members.pop("halts", False)
    alive = members.pop("live", None) or Live(address.section, "1", {}, {}, status=members.pop("life", NO_STATUS))
    if action in (Action.DELETE, Action.FORGET):
        unwanted = {Action.DELETE: Delete, Action.FORGET: HaltAndForget if halts else Forget}[action]
        return unwanted(address=address, live=alive, **{"fields": (), **members} if unwanted is not Forget else members)
    members.setdefault("desired", Desired(address, cast(Place, place), {}))
    if "rows" in members:
        return ApplyRows(is_first=action is Action.CREATE, **members)
    if action is Action.CREATE:
        return Create(**members)
    if action.replaces:
        return Replace(live=alive, create_first=action is Action.REPLACE_CREATE_FIRST, **members)
    kinds: dict[Action, type[Any]] = {Action.NOOP: NoOp, Action.UPDATE: Halt if halts else Update}
    return kinds[action](live=alive, **({"fields": (), **members} if halts else members))  # type: ignore[no-any-return]


def plan(*changes: Change, **more: Any) -> Plan:
    """A plan of the project `blood-drive` in Helsinki, whose service reads windows in UTC."""
    base = Plan(
        "blood-drive", "sandbox", "sandbox:", "Europe/Helsinki", "UTC", NOW, changes=changes, compared=6, files=3
    )
    return replace(base, **more)


def text(*changes: Change, **more: Any) -> str:
    """What a person reads of a plan of these changes."""
    return plain(render_plan(plan(*changes, **more)))


def body(change: Change, **look: Any) -> str:
    """What stands of one change below its two head lines."""
    shown = plain(render_plan(plan(change), **look))
    after_symbol = shown.split("actions:\n\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return "\n".join(line for line in after_symbol if line.startswith("      "))


def at(name: str) -> Address:
    return Address.parse(name)


def fields(**values: Any) -> tuple[FieldChange, ...]:
    """The fields of a create."""
    return tuple(FieldChange(name, None, value) for name, value in values.items())


def changed(name: str, before: Any, after: Any, **more: Any) -> Change:
    """An update of one field."""
    return planned(at("voiceFiles.greeting"), Action.UPDATE, fields=(FieldChange(name, before, after, **more),))


def created(name: str, value: Any, **more: Any) -> Change:
    """A create of one field."""
    return planned(at("voiceFiles.greeting"), Action.CREATE, fields=(FieldChange(name, None, value, **more),))


def phones(count: int, start: int = 0) -> frozenset[str]:
    """So many fictional numbers."""
    return frozenset(f"+35840550{number:04}" for number in range(start, start + count))


def reach(people: int = 1204, **more: Any) -> Reach:
    base = Reach(phones(people), 3, FIRST, LAST, via=(("groups.donors", people),))
    return replace(base, **more)


def launch(reason: LaunchReason = "first", people: int = 1204, **more: Any) -> Launch:
    """A launch; what reaches more is counted as more."""
    widens: Sequence[str] = more.pop("widens", ())
    campaigns = more.pop("campaigns", ())
    return Launch(reason, reach(people, is_more=reason == "reaches-more", **more), tuple(widens), tuple(campaigns))


def live(section: str, live_id: str, **values: Any) -> Live:
    return Live(section, live_id, values, {})


GREETING = planned(
    at("voiceFiles.greeting"),
    Action.CREATE,
    Place("campaigns/voice.yaml", 4, 3),
    fields=fields(name="Greeting", text="Hello! This is the blood service.", voiceCode="en"),
)
DONORS = planned(
    at("groups.donors"),
    Action.UPDATE,
    Place("campaigns/groups.yaml", 9, 3),
    fields=(FieldChange("description", "Donors", "Donors in the capital region"),),
    members=MemberChange(tuple(str(n) for n in range(12)), ("101", "102", "103"), 1204),
)
INVITE_FIELDS = {
    "state": "active",
    "startTime": "2026-12-01T07:00:00Z",
    "activeFrom": "09:00:00",
    "receivers": [{"group": Ref("groups", "donors")}],
    "acceptsWanted": 40,
}
INVITE = planned(
    at("rsvpCalls.invite"),
    Action.CREATE,
    Place("campaigns/invite.yaml", 20, 3),
    fields=fields(**INVITE_FIELDS),
    launch=launch(),
)


def desired(change: Change, **values: Any) -> Desired:
    return Desired(change.address, change.place or Place("a.yaml"), values)


RUNNING = CampaignStatus("active", 12, None)
