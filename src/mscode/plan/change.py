"""A plan is data: frozen, comparable, without closures. Views show it, the engine carries it out.

Each managed address has at most one `Change`. What a change does is `action` (the verb for the object), `launch` (it also
lets phones ring, and then needs its own yes) and `halts`. A launch is its own step in the engine, after every create and
update; on paper it stands with its object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from mscode.errors import Diagnostic, Place
from mscode.model.address import Address
from mscode.model.values import ReceiverKey, RowKey
from mscode.model.world import NO_STATUS, Desired, Life, Live

if TYPE_CHECKING:
    from mscode.plan.builder import Draft
    from mscode.plan.drift.detect import Drift
    from mscode.plan.lifecycle.narrowing import Narrowing


class Action(Enum):
    """The verb, and the symbol that every format shows for it."""

    NOOP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE_DELETE_FIRST = "delete-create"  # -/+
    REPLACE_CREATE_FIRST = "create-delete"  # +/-
    FORGET = "forget"

    @property
    def replaces(self) -> bool:
        return self in (Action.REPLACE_DELETE_FIRST, Action.REPLACE_CREATE_FIRST)

    @property
    def creates(self) -> bool:
        return self is Action.CREATE or self.replaces


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in spec form; `Ref`/`Unknown` leaves are shown as addresses.

    `before` is None when the object is created, `after` is None when it goes. `to_default`: the field left the manifest.
    `secret`: it holds or held a secret, which may be another one now, so that what it was is not shown.
    """

    name: str
    before: Any
    after: Any
    forces_replacement: bool = False
    to_default: bool = False
    personal: bool = False
    long: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What happens to a group's membership: account ids that come and go, or who has no account yet."""

    add: tuple[str | Address | RowKey | ReceiverKey, ...] = ()
    remove: tuple[str, ...] = ()
    after: int = 0


@dataclass(frozen=True, slots=True)
class RowChange:
    """An account that a list creates (`live` None, all its fields) or updates (the fields that differ).

    `line` is that of its row, `who` its name while it has no id.
    """

    line: int
    who: RowKey
    fields: Mapping[str, Any]
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What happens to the accounts of a list's rows. `file` is the list's, `key` the field that finds an account."""

    file: str
    key: str
    create: tuple[RowChange, ...] = ()
    update: tuple[RowChange, ...] = ()
    unchanged: int = 0

    @property
    def total(self) -> int:
        return len(self.create) + len(self.update) + self.unchanged


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a launch may call, and when.

    `phones` are numbers in E.164 (e-mail addresses, where it is written to by e-mail) and never leave the process; `people`
    and `max_calls` count them. Instants are aware datetimes. `unit` is what each of them gets: a call or a message.
    `cents` is what it may cost, where that can be told. `redials` is the number of redials per person. `via` names each
    receiver with its people, for the plan's text: (`groups.donors`, 1204). `is_more`: the step reaches `people` more than
    are reached already.
    """

    phones: frozenset[str]
    redials: int
    first_call: datetime | None
    last_call: datetime | None
    via: tuple[tuple[str, int], ...] = ()
    is_more: bool = False
    unit: str = "call"
    cents: float | None = None

    @property
    def people(self) -> int:
        return len(self.phones)

    @property
    def max_calls(self) -> int:
        return self.people * (1 + self.redials) if self.unit == "call" else 0

    @property
    def max_messages(self) -> int:
        return 0 if self.unit == "call" else self.people


LaunchReason = Literal["first", "resume", "interrupted", "edit", "reaches-more"]


@dataclass(frozen=True, slots=True)
class Launch:
    """A step that needs its own yes.

    `reason`: first (never launched), resume (halted, asked for again), interrupted (our edit was cut short), edit (an edit
    that widens), reaches-more (new members, receivers or a changed phone in what an unfinished campaign calls).
    `widens` says in words what lets it ring more. `campaigns` are the live campaigns concerned: (address or id).
    """

    reason: LaunchReason
    reach: Reach
    widens: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()


NoteKind = Literal[
    "complete",
    "do-not-call",
    "duplicate",
    "expired",
    "gone-after-dialling",
    "group-taken-apart",
    "lost-create",
    "missed",
    "new-destination",
    "not-compared",
    "operator-halt",
    "operator-start",
    "other-environment",
    "receiver-accounts",
    "superseded",
    "unknown-outcome",
    "unlisted",
    "unseen",
    "waits",
]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know without a change: `was halted by a person; stays halted`, `is complete`, `was missed`, …."""

    address: str
    text: str
    kind: NoteKind
    place: Place | None = None
    detail: str = ""

    @property
    def line(self) -> str:
        """With its address; a text that is a sentence of its own stands behind a colon."""
        return f"{self.address}: {self.text}" if self.kind == "unlisted" else f"{self.address} {self.text}"


@dataclass(frozen=True, slots=True)
class Change:
    """What will be done to one address.

    `live` is the object as it was when planned (None for a create), `desired` None for a removal.
    `fields` are the differences (for a create: what is set). `unchanged` counts managed fields that stay. `previous_address`
    is set for a move, `import_id` for an import. `depends_on` are addresses whose changes come first.
    `rows` are those of a list, and what happens to their accounts.
    `secret` are fields of a removed object that held a secret.
    `halts`: a campaign is to be halted. `narrows`: it does nothing but take away from whom, or when, people are reached, so it
    comes first. `keeps_old`: the object that is replaced stays. `old_was_adopted`: it was not made by mscode. `delete_ids` are
    objects to delete that are not the address's own (replaced earlier, or left by a create without an answer).
    `taken` is the echo of groups among the receivers of an object that is taken in (plan.meet.taken_echo).
    `added_receivers` are those that a live campaign gets by a request of their own.
    `narrowing`: what it takes away, to be done first and without a yes.
    `lost`: what a create without an answer left: a `twin` of what it made, an `orphan` that no manifest wants, `nothing`.
    """

    address: Address
    action: Action
    place: Place | None = None
    desired: Desired | None = None
    live: Live | None = None
    fields: tuple[FieldChange, ...] = ()
    unchanged: int = 0
    members: MemberChange | None = None
    launch: Launch | None = None
    halts: bool = False
    previous_address: Address | None = None
    import_id: str = ""
    reason: str = ""
    generation: int = 1
    origin: Literal["created", "adopted"] = "created"
    depends_on: frozenset[Address] = frozenset()
    life: Life = NO_STATUS
    delete_ids: tuple[str, ...] = ()
    keeps_old: bool = False
    old_was_adopted: bool = False
    narrows: bool = False
    rows: RowChanges | None = None
    secret: frozenset[str] = frozenset()
    lost: Literal["", "twin", "orphan", "nothing"] = ""
    added_receivers: tuple[Mapping[str, Any], ...] = ()
    taken: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    narrowing: Narrowing | None = None

    @property
    def is_import(self) -> bool:
        return bool(self.import_id)

    @property
    def is_move(self) -> bool:
        return self.previous_address is not None

    @property
    def is_shown(self) -> bool:
        """Does a person see it? A no-op without a launch, a move or an import is only counted."""
        return self.action is not Action.NOOP or self.launch is not None or self.is_import or self.is_move


@dataclass(frozen=True, slots=True)
class Stranger:
    """A live object that nothing manages; `name` is "" where its kind has none."""

    section: str
    id: str
    name: str = ""


CheckStatus = Literal["pass", "fail", "warn", "overridden"]


@dataclass(frozen=True, slots=True)
class Check:
    """A guard's verdict. `status` fail means: refused (exit 5); `reason` is the project's own text."""

    name: str
    status: CheckStatus
    message: str = ""
    reason: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """The numbers of the totals line."""

    imports: int = 0
    moves: int = 0
    adds: int = 0
    changes: int = 0
    destroys: int = 0
    forgets: int = 0
    launches: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything `plan` found out, in the order in which it is done.

    `unmanaged` counts live objects per section that nothing manages; `strangers` are these, where they were asked for.
    `left_out` counts what --only and --exclude left alone, `along` names what selected objects needed.
    `compared` is the number of objects compared, `files`
    that of manifests. `now` is the service's clock. `warnings` come from validation and from planning.
    `drift` is what differs from what was last applied; with `refresh_only` it is all there is, and changes nothing live.
    `draft` is what the guards judged, so that they can be asked again before something rings (plan.anew).
    """

    project: str
    environment: str
    url: str
    zone_name: str
    window_zone_name: str
    now: datetime
    changes: tuple[Change, ...] = ()
    notes: tuple[Note, ...] = ()
    checks: tuple[Check, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    unmanaged: Mapping[str, int] = field(default_factory=dict)
    strays: int = 0
    compared: int = 0
    files: int = 0
    destroy: bool = False
    serial: int = 0
    lineage: str = ""
    left_out: int = 0
    along: tuple[str, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    drift: tuple[Drift, ...] = ()
    refresh_only: bool = False
    draft: Draft | None = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> Sequence[Change]:
        return [change for change in self.changes if change.is_shown]

    @property
    def launches(self) -> Sequence[Change]:
        return [change for change in self.changes if change.launch is not None]

    @property
    def refused(self) -> bool:
        return any(check.status == "fail" for check in self.checks)

    @property
    def is_held(self) -> bool:
        """Is there a create of which only a person can say what became of it (exit 7)?"""
        return any(note.kind == "unknown-outcome" for note in self.notes)

    @property
    def totals(self) -> Totals:
        return count_totals(self.changes)


def count_totals(changes: Sequence[Change]) -> Totals:
    """Create and launch count as one add, a launch alone and a halt as a change, a replacement as one add and one destroy."""
    return Totals(
        imports=sum(c.is_import for c in changes),
        moves=sum(c.is_move for c in changes),
        adds=sum(c.action.creates for c in changes),
        changes=sum(_is_change(c) for c in changes),
        destroys=sum(c.action is Action.DELETE or (c.action.replaces and not c.keeps_old) for c in changes),
        forgets=sum(c.action is Action.FORGET and not c.halts for c in changes),
        launches=sum(c.launch is not None for c in changes),
    )


def _is_change(change: Change) -> bool:
    if change.action is Action.NOOP:
        return change.launch is not None
    return change.action is Action.UPDATE or (change.action is Action.FORGET and change.halts)
