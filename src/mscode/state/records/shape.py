"""What the records of an environment hold, as JSON. No person's number, name or address is in any of it: people are keyed hashes
in files of their own (`people`).

A record is never written anew by a later version, and must stay readable for years: a member that is added needs a default.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mscode.model.calling_window import parse_instant
from mscode.state.document import RecordLink
from mscode.state.records.context import RunContext
from mscode.state.shape import AddressText, Count, NamedShape, Object, Texts, hex_digits, wrong

Digest = Annotated[str, hex_digits(64)]


def _instant(text: str) -> str:
    try:
        parse_instant(text)
    except ValueError:
        raise wrong("an instant, like 2026-12-01T09:00:00Z") from None
    return text


def _instant_or_none(text: str) -> str:
    return _instant(text) if text else text


#: `YYYY-MM-DDTHH:MM:SSZ`.
Instant = Annotated[str, AfterValidator(_instant)]
#: The same, or "" where there is none.
InstantOrNone = Annotated[str, AfterValidator(_instant_or_none)]


class Part(NamedShape):
    """A part that is played, or read. It has `words`, as they were sent, or the sha256 of a `recording`; with neither it is the
    voice file of this `live_id`, whose words mscode does not know. `role` says what it is for (`start`, `accept`, `message`, …).
    """

    role: str
    words: str = ""
    recording: str = ""
    live_id: str = ""
    language: str = ""


class Window(NamedShape):
    """When it may ring: from start to end, on these weekdays, between these hours of a zone. What does not apply is ""."""

    start: str = ""
    end: str = ""
    active_from: str = ""
    active_to: str = ""
    weekdays: Texts = ()
    zone: str = ""


class Override(NamedShape):
    """A guard, or the rule of a finding, that refused the launch and was overridden, with the reason that was given."""

    sort: Literal["guard", "finding"]
    name: str
    reason: str = ""
    summary: str = ""


class Launch(NamedShape):
    """A step that was about to let something ring, as it was approved; written before its first request.

    `address` is that of the step; of members or receivers that were added, `campaigns` are those that reach them (addresses or
    ids). `live_id` is "" where the launch itself makes the object. `reason` and `widens` say what makes it a launch
    (`plan.change.Launch`). `people` are those whom it reaches, `max_calls` the most calls it may make (0 of messages).
    `launched_until` is the last launch of the object that the state had noted until then; each is noted before its request.
    """

    at: Instant
    environment: str
    address: AddressText
    live_id: str = ""
    generation: Count = 1
    reason: str = ""
    widens: Texts = ()
    campaigns: Texts = ()
    context: RunContext
    manifests_digest: str
    plan_digest: str
    overrides: list[Override] = Field(default_factory=list)
    mscode_version: str
    tzdata_version: str
    parts: list[Part] = Field(default_factory=list)
    window: Window = Field(default_factory=Window)
    unit: str = "call"
    people: Count
    max_calls: Count
    first_call: InstantOrNone = ""
    last_call: InstantOrNone = ""
    launched_until: InstantOrNone = ""


class Totals(NamedShape):
    """What came of a launch, counted over its people. `unknown` are those of whom the service does not tell.
    `are_minimum`: of somebody who was called the service does not tell how often, and that counts as one of `dials`.
    """

    people: Count
    dialled: Count = 0
    dials: Count = 0
    are_minimum: bool = False
    answered: Count = 0
    accepts: Count = 0
    declines: Count = 0
    unknown: Count = 0


class Result(NamedShape):
    """What came of a launch, as it was read at `at`. `launch` is the launch's number in the chain, `state` that of its object then;
    `is_final`: nothing can change any more. A later result of the same launch stands in the place of this one.
    """

    at: Instant
    launch: Count
    live_id: str = ""
    state: str = ""
    is_final: bool = False
    totals: Totals


class Decision(NamedShape):
    """What a person decided against a default, or halted: a line of the audit log. `id` tells two equal ones apart."""

    at: Instant
    id: str
    who: str
    run: str = ""
    action: str
    details: Object = Field(default_factory=dict)


class Beginning(NamedShape):
    """The chain begins, or goes on beside another state. `lineage` is that of the state, `key_digest` the sha256 of the key of the
    hashes. `launched_before` are the objects (section, id) that the state knew as launched and that have no record here; `lost`
    is the last of earlier records that are gone, as the state knew it.
    """

    at: Instant
    project: str
    environment: str
    lineage: str
    key_digest: Digest
    launched_before: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    lost: RecordLink | None = None


Content = Launch | Result | Decision | Beginning
EntryType = Literal["beginning", "launch", "result", "decision"]


class About(NamedShape):
    """What a record is about. It stays when the content is erased, so that it can still be told which campaigns have their record;
    `launch` is the number of the launch whose result it is (0: none)."""

    address: str = ""
    live_id: str = ""
    launch: Count = 0


class Audience(NamedShape):
    """The people of a record: how many, and the digest of their leaves (`people.root`)."""

    count: Count
    root: Digest


class Line(NamedShape):
    """One record in the chain (`chain`). Of `content` and `erased` one is there; `erased` is the digest of a content that was
    erased when its time had passed.
    """

    n: Annotated[int, Field(ge=1)]
    before: Digest
    at: Instant
    type: EntryType
    about: About
    people: Audience | None
    content: Any = None
    erased: Annotated[str, hex_digits(64)] | None = None
    digest: Digest
