"""A plan is data: frozen, comparable, without closures. Views show it, the engine carries it out.

Each managed address has at most one change (and a delete for each object that was left over from earlier ones). A change is
one of a closed set of types, with the members that it has: code that interprets changes uses `match`, and need not check
whether a member is there. There are two interpreters, the engine (engine/apply/steps.py, engine/lifecycle/) and the views.

What may stand beside any of several verbs is a member: an import, a move, and the launch, which lets phones ring and needs
a separate confirmation. A launch is its own step in the engine, after every create and update; on paper it stands with its object.

Who looks at all changes alike asks for `address`, `action`, `desired`, `live`, `fields`, `members` and `launch`: they are
members where the verb has them, and constants of the class (None, ()) where it never has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mscode.errors import Diagnostic, Place
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import Region
from mscode.model.table_format import NO_FORMAT, TableFormat
from mscode.model.values import ReceiverKey, RowKey
from mscode.model.world import Desired, Live

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder
    from mscode.plan.drift.detect import Drift
    from mscode.plan.launch_facts import Fact
    from mscode.plan.lifecycle.narrowing import Narrowing
    from mscode.plan.words import Words


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
        """Is the object replaced, in either order?"""
        return self in (Action.REPLACE_DELETE_FIRST, Action.REPLACE_CREATE_FIRST)

    @property
    def creates(self) -> bool:
        """Does it make a new object?"""
        return self is Action.CREATE or self.replaces


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in spec form; `Ref`/`Unknown` leaves are shown as addresses.

    `before` is None when the object is created, `after` is None when it goes. `to_default`: the field left the manifest.
    `secret`: it holds or held a secret, which may be another one now, so that what it was is not shown. `written`: `after` as
    the manifest writes it, where that is not what is sent (a time of day with a zone: `10:00:00 Europe/Helsinki`).
    """

    name: str
    before: Any
    after: Any
    forces_replacement: bool = False
    to_default: bool = False
    personal: bool = False
    multiline: bool = False
    secret: bool = False
    written: str = ""


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What happens to a group's membership: account ids that come and go, or who has no account yet.

    `left_out` are those among the removed who go because the group leaves them out (plan.people.left_out).
    """

    add: tuple[str | Address | RowKey | ReceiverKey, ...] = ()
    remove: tuple[str, ...] = ()
    after: int = 0
    left_out: tuple[str, ...] = ()


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
    """What happens to the accounts of a list's rows. `file` is the list's, `key` the field that finds an account, `format` how the
    file was read; `left_out` counts its rows that cannot be read.
    """

    file: str
    key: str
    create: tuple[RowChange, ...] = ()
    update: tuple[RowChange, ...] = ()
    unchanged: int = 0
    format: TableFormat = NO_FORMAT
    left_out: int = 0

    @property
    def total(self) -> int:
        """The rows of the list."""
        return len(self.create) + len(self.update) + self.unchanged


@dataclass(frozen=True, slots=True)
class Reach:
    """The people that a launch may reach, and when.

    `phones` are numbers in E.164 (e-mail addresses, where it is written to by e-mail) and never leave the process; `people`
    and `max_calls` count them. Instants are aware datetimes. `unit` is what each of them gets: a call or a message.
    `cents` is what it may cost, where that is known. `redials` is the number of redials per person. `via` names each
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
        """How many numbers (or e-mail addresses) it reaches."""
        return len(self.phones)

    @property
    def max_calls(self) -> int:
        """The most calls it may make, redials included; 0 for messages."""
        return self.people * (1 + self.redials) if self.unit == "call" else 0

    @property
    def max_messages(self) -> int:
        """The messages it sends; 0 for calls."""
        return 0 if self.unit == "call" else self.people


LaunchReason = Literal["first", "resume", "interrupted", "edit", "reaches-more"]


@dataclass(frozen=True, slots=True)
class Launch:
    """A step that needs a separate confirmation.

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
    "continues",
    "filled-later",
    "gone-after-dialling",
    "group-taken-apart",
    "takes-members",
    "left-out",
    "lost-create",
    "missed",
    "new-destination",
    "not-compared",
    "not-judged",
    "operator-halt",
    "operator-start",
    "other-environment",
    "receiver-accounts",
    "superseded",
    "unknown-outcome",
    "unlisted",
    "unreadable-rows",
    "unseen",
    "waits",
]


#: Notes whose text names their address itself.
NAMING_THEIR_ADDRESS = frozenset({"left-out"})
#: Notes whose text is a sentence of its own.
_SENTENCES = frozenset({"unlisted", "unreadable-rows", "do-not-call"})


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know without a change: `was halted by a person; stays halted`, `is complete`, `was missed`, ….

    `people` counts those whom it is about, `places` are the lines of files that name them.
    """

    address: str
    text: str
    kind: NoteKind
    place: Place | None = None
    detail: str = ""
    people: int | None = None
    places: tuple[Place, ...] = ()

    @property
    def line(self) -> str:
        """With its address; a text that is a sentence of its own stands behind a colon, or alone where it names the address."""
        if self.kind in NAMING_THEIR_ADDRESS:
            return self.text
        return f"{self.address}: {self.text}" if self.kind in _SENTENCES else f"{self.address} {self.text}"


Origin = Literal["created", "adopted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDesired:
    """What every change of an object has that the manifests want.

    `depends_on` are addresses whose changes come first. `previous_address` is set for a move: the state knows the object
    under that one. `generation` is that of the object when the change is done.
    """

    desired: Desired
    reason: str = ""
    generation: int = 1
    depends_on: frozenset[Address] = frozenset()
    previous_address: Address | None = None

    secret: ClassVar[frozenset[str]] = frozenset()
    halts: ClassVar[bool] = False

    @property
    def address(self) -> Address:
        """The address of the wanted object."""
        return self.desired.address

    @property
    def place(self) -> Place | None:
        """The place of its manifest."""
        return self.desired.place

    @property
    def is_move(self) -> bool:
        """Did `renamedFrom` give it another address?"""
        return self.previous_address is not None

    @property
    def is_import(self) -> bool:
        """Is a live object brought under management?"""
        return False

    @property
    def is_shown(self) -> bool:
        """Does a person see it, or is it only counted?"""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_OfDesired):
    """Nothing of it is live yet. `fields` are those that are set."""

    fields: tuple[FieldChange, ...] = ()
    members: MemberChange | None = None
    launch: Launch | None = None

    action: ClassVar[Action] = Action.CREATE
    live: ClassVar[None] = None
    import_id: ClassVar[str] = ""
    origin: ClassVar[Origin] = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRows(_OfDesired):
    """The accounts of a list's rows are made what the rows say; the list itself is nothing live.

    `is_first`: the state does not know the list yet.
    """

    rows: RowChanges
    is_first: bool = False
    launch: Launch | None = None

    fields: ClassVar[tuple[FieldChange, ...]] = ()
    live: ClassVar[None] = None
    members: ClassVar[None] = None
    import_id: ClassVar[str] = ""
    origin: ClassVar[Origin] = "created"

    @property
    def action(self) -> Action:
        """A create for the first accounts of a list, then updates; no-op where all rows are there already."""
        if self.rows.create and self.is_first:
            return Action.CREATE
        return Action.UPDATE if self.rows.create or self.rows.update else Action.NOOP

    @property
    def is_shown(self) -> bool:
        """Does a plan show it, or only count it?"""
        return self.action is not Action.NOOP or self.launch is not None or self.is_move


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfLive(_OfDesired):
    """What a change has of an object that is live: `live` is the object as it was when planned.

    `unchanged` counts managed fields that stay. `import_id` is set for an import: the state does not know it yet.
    """

    live: Live
    unchanged: int = 0
    import_id: str = ""

    @property
    def is_import(self) -> bool:
        """Is a live object brought under management?"""
        return bool(self.import_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOp(_OfLive):
    """The object stays as it is. It may be imported or moved, which the state alone learns, and a campaign be launched.

    `taken` are the server values of groups among the receivers of an object that is imported
    (plan.people.match_receivers.taken_echo).
    """

    launch: Launch | None = None
    origin: Origin = "created"
    taken: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    action: ClassVar[Action] = Action.NOOP
    fields: ClassVar[tuple[FieldChange, ...]] = ()
    members: ClassVar[None] = None

    @property
    def is_shown(self) -> bool:
        """Does a plan show it, or only count it?"""
        return self.launch is not None or self.is_import or self.is_move


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_OfLive):
    """Changed in place. `fields` are the differences.

    `added_receivers` are those that a live campaign gets by a request of their own. `narrowing` is what it takes away, to be
    done first and without a confirmation.
    """

    fields: tuple[FieldChange, ...] = ()
    members: MemberChange | None = None
    launch: Launch | None = None
    origin: Origin = "created"
    added_receivers: tuple[Mapping[str, Any], ...] = ()
    narrowing: Narrowing | None = None

    action: ClassVar[Action] = Action.UPDATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt(_OfLive):
    """A campaign that calls people is halted, because the manifest says so; what else the manifest changes comes after it.

    `fields` are the differences, the state first. `added_receivers` and `taken` as above.
    """

    fields: tuple[FieldChange, ...]
    origin: Origin = "created"
    added_receivers: tuple[Mapping[str, Any], ...] = ()
    taken: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    action: ClassVar[Action] = Action.UPDATE
    halts: ClassVar[bool] = True
    launch: ClassVar[None] = None
    members: ClassVar[None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(_OfLive):
    """A new object comes in the place of `live`. `fields` are the differences.

    `create_first`: the new one is made before the old one goes. `keeps_old`: the old one stays. `old_was_adopted`: it was not
    made by mscode. `stops_first`: it is stopped before anything else, for the new one reaches fewer people, or less often.
    """

    create_first: bool
    fields: tuple[FieldChange, ...] = ()
    members: MemberChange | None = None
    launch: Launch | None = None
    keeps_old: bool = False
    old_was_adopted: bool = False
    stops_first: bool = False

    origin: ClassVar[Origin] = "created"

    @property
    def action(self) -> Action:
        return Action.REPLACE_CREATE_FIRST if self.create_first else Action.REPLACE_DELETE_FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unwanted:
    """What every change of an object has that no manifest wants. `secret` are its fields that held a secret."""

    address: Address
    reason: str = ""
    generation: int = 1
    secret: frozenset[str] = frozenset()

    desired: ClassVar[None] = None
    place: ClassVar[None] = None
    launch: ClassVar[None] = None
    members: ClassVar[None] = None
    depends_on: ClassVar[frozenset[Address]] = frozenset()
    previous_address: ClassVar[None] = None
    import_id: ClassVar[str] = ""
    is_import: ClassVar[bool] = False
    is_move: ClassVar[bool] = False
    is_shown: ClassVar[bool] = True
    halts: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Unwanted):
    """The object goes. `fields` are what is lost with it.

    `narrows`: people may be reached by it or through it, so it goes before anything else. `leftover`: it is not the address's
    own object: one that was `superseded` (replaced and kept for its users), or what a create without an answer left, a `twin`
    of what it made or an `orphan` that no manifest wants.
    """

    live: Live
    fields: tuple[FieldChange, ...] = ()
    narrows: bool = False
    leftover: Literal["", "superseded", "twin", "orphan"] = ""

    action: ClassVar[Action] = Action.DELETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(_Unwanted):
    """The state forgets the address; what is live stays. `live` is None where nothing is.

    `intent_only`: all that is forgotten is that a create was begun, whose answer was lost.
    """

    live: Live | None = None
    intent_only: bool = False

    action: ClassVar[Action] = Action.FORGET
    fields: ClassVar[tuple[FieldChange, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltAndForget(_Unwanted):
    """A campaign that calls people and that no manifest wants any more is halted, then forgotten; its results stay.

    `fields` are its state, before and after.
    """

    live: Live
    fields: tuple[FieldChange, ...]

    action: ClassVar[Action] = Action.FORGET
    halts: ClassVar[bool] = True


#: Every change there is: whoever interprets them does so with `match`.
Change = NoOp | Create | Update | Halt | Replace | ApplyRows | Delete | Forget | HaltAndForget
#: The changes of objects that the manifests want.
Wanted = NoOp | Create | Update | Halt | Replace | ApplyRows
#: The changes that make an object.
Making = Create | Replace
#: The changes that may need the confirmation of a launch.
Launching = NoOp | Create | Update | Replace | ApplyRows


def with_launch(change: Change, launch: Launch | None) -> Change:
    """The change with this launch in place of its own; what never launches is given back as it is."""
    return replace(change, launch=launch) if isinstance(change, Launching) else change


@dataclass(frozen=True, slots=True)
class UnmanagedObject:
    """A live object that nothing manages; `name` is "" where its kind has none."""

    section: str
    id: str
    name: str = ""


CheckStatus = Literal["pass", "fail", "warn", "overridden", "allowed"]


#: Before the options with which a plan goes on that a guard refuses.
TO_GO_ON = "To go on this once: "
#: So many reasons of one guard stand one by one where people read them.
MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Check:
    """A guard's verdict, or a finding of a rule (plan/checks). `status` fail means: refused (exit 5); `reason` is the project's
    own text.

    `people` counts those whom it is about, where it is about people; `places` are the lines of files that name them.
    Of a finding alone: `region` are the words meant, `hint` says what to do, `suggestion` is the text to put in their place.
    `denies`: one that is allowed by a comment would refuse without it. `is_finding`: it is a rule's, and no guard's.

    `message` says all of it in one sentence. For people it is taken apart: `reasons` are one for each campaign, behind `head`
    where they have something in common; `allowed` is the value that would pass, `flag` what lets this one plan go on.
    """

    name: str
    status: CheckStatus
    message: str = ""
    reason: str = ""
    addresses: tuple[str, ...] = ()
    people: int | None = None
    places: tuple[Place, ...] = ()
    region: Region | None = None
    hint: str = ""
    suggestion: str = ""
    denies: bool = False
    is_finding: bool = False
    head: str = ""
    reasons: tuple[str, ...] = ()
    allowed: str = ""
    flag: str = ""

    @property
    def place(self) -> Place | None:
        """Where the words of a finding begin."""
        return self.region.place if self.region else None

    @property
    def summary(self) -> str:
        """What stands beside the guard's name: the whole message, but of several reasons only what they have in common."""
        return self.message if len(self.reasons) < 2 else self.head

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands below it, a line each: the reasons where there are several, the allowed value, and how to go on."""
        reasons = self.reasons if len(self.reasons) > 1 else ()
        more = len(reasons) - MOST_REASONS
        lines = [*reasons[:MOST_REASONS], *([f"... {more:,} more"] if more > 0 else [])]
        lines += [f"allowed: {self.allowed}"] if self.allowed and self.status != "pass" else []
        lines += [f"{TO_GO_ON}{self.flag}"] if self.flag and self.status == "fail" else []
        return tuple(lines)


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

    `unmanaged` counts live objects per section that nothing manages; `unmanaged_objects` are these, where they were asked for.
    `excluded` counts what --only and --exclude left alone, `included_dependencies` names what selected objects needed.
    `compared` is the number of objects compared, `files`
    that of manifests. `now` is the service's clock. `warnings` come from validation and from planning.
    `drift` is what differs from what was last applied; with `refresh_only` it is all there is, and changes nothing live.
    `words` are what people will hear of its campaigns, `facts` what a reviewer asks first of them; both by address.
    `builder` is what the guards judged, so that they can be asked again before something rings (plan/guards/judged_again.py).
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
    orphaned_objects: int = 0
    compared: int = 0
    files: int = 0
    destroy: bool = False
    serial: int = 0
    lineage: str = ""
    excluded: int = 0
    included_dependencies: tuple[str, ...] = ()
    unmanaged_objects: tuple[UnmanagedObject, ...] = ()
    drift: tuple[Drift, ...] = ()
    refresh_only: bool = False
    words: Mapping[Address, tuple[Words, ...]] = field(default_factory=dict)
    facts: Mapping[Address, tuple[Fact, ...]] = field(default_factory=dict)
    builder: PlanBuilder | None = field(default=None, compare=False, repr=False)

    @property
    def shown(self) -> Sequence[Change]:
        """The changes that a plan shows, in the order of work."""
        return [change for change in self.changes if change.is_shown]

    @property
    def launches(self) -> Sequence[Change]:
        """The changes with a launch, in the order of work."""
        return [change for change in self.changes if change.launch is not None]

    @property
    def refused(self) -> bool:
        """Does a guard refuse the plan?"""
        return any(check.status == "fail" for check in self.checks)

    @property
    def is_held(self) -> bool:
        """Is there a create of which only a person can say what became of it (exit 7)?"""
        return any(note.kind == "unknown-outcome" for note in self.notes)

    @property
    def totals(self) -> Totals:
        """The counts of its changes."""
        return count_totals(self.changes)


def count_totals(changes: Sequence[Change]) -> Totals:
    """Create and launch count as one add, a launch alone and a halt as a change, a replacement as one add and one destroy."""
    return Totals(
        imports=sum(c.is_import for c in changes),
        moves=sum(c.is_move for c in changes),
        adds=sum(c.action.creates for c in changes),
        changes=sum(_is_change(c) for c in changes),
        destroys=sum(destroys(c) for c in changes),
        forgets=sum(isinstance(c, Forget) for c in changes),
        launches=sum(c.launch is not None for c in changes),
    )


def destroys(change: Change) -> bool:
    """Is there less in the live account after it, of what was there before?"""
    match change:
        case Delete():
            return True
        case Replace(keeps_old=keeps_old):
            return not keeps_old
        case _:
            return False


def _is_change(change: Change) -> bool:
    match change:
        case NoOp(launch=launch):
            return launch is not None
        case ApplyRows():
            return change.action is Action.UPDATE or (change.action is Action.NOOP and change.launch is not None)
        case Update() | Halt() | HaltAndForget():
            return True
        case _:
            return False
