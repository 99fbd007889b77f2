"""Desired, Live and Known: the objects of the manifests, of the API, and of the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import tzinfo
from typing import Any, Literal

from mscode.errors import Diagnostic, Place
from mscode.model.address import Address
from mscode.model.email_address import folded_email
from mscode.model.kind import Kind, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import AllowComment
from mscode.model.service_json import instant
from mscode.model.table_format import NO_FORMAT, TableFormat, TableRead
from mscode.model.values import FileContent, Ref

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """`lifecycle:` of a manifest object. `on_removal` is "" or "delete"."""

    prevent_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()
    on_removal: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """The people of a campaign by their reply: `accept`, `decline`, `none` of either; or those it did not reach (`unreached`)."""

    campaign: Ref
    reply: str

    @property
    def is_unreached(self) -> bool:
        """Are they those who answered no call of the campaign?"""
        return self.reply == "unreached"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Whom a campaign was to reach, person by person (ids of accounts): `reached` answered a call, `unreached` answered none, or
    were not called. Nobody is in both, and of two accounts with one number that is reached neither is in `unreached`.
    `accepted` is how many have accepted.
    """

    reached: frozenset[str]
    unreached: frozenset[str]
    accepted: int = 0

    @property
    def people(self) -> int:
        """How many there are."""
        return len(self.reached) + len(self.unreached)


@dataclass(frozen=True, slots=True)
class Excluded:
    """`exclude:` of a group's members: who is left out of it, whatever source names them.

    `file` is a file of numbers, by its path in the project once it is read; `lines` are its numbers, each with its line.
    """

    phones: tuple[str, ...] = ()
    file: str = ""
    replied: Replied | None = None
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Members:
    """`members:` of a group: the union of the sources is the wanted set.

    `where` are conditions on the rows of the account list, each {field, operator, value} as those of a filter; all must hold.
    """

    filter: Ref | None = None
    accounts: tuple[Ref, ...] = ()
    phones: tuple[str, ...] = ()
    exclusive: bool = True
    replied: Replied | None = None
    account_list: Ref | None = None
    where: tuple[Fields, ...] = ()
    exclude: Excluded | None = None

    @property
    def replies(self) -> Iterator[Replied]:
        """The replies that are read to know who is in the group."""
        yield from [self.replied] if self.replied else []
        yield from [self.exclude.replied] if self.exclude and self.exclude.replied else []

    @property
    def references(self) -> Iterator[Ref]:
        """Every object that a source refers to. Of a campaign whose people are left out only the replies are read, so that it may
        itself call the group.
        """
        yield from self.accounts
        yield from (ref for ref in (self.filter, self.account_list) if ref)
        yield from [self.replied.campaign] if self.replied else []


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a list's file: `values` holds one tuple a row, in the order of `columns` (names of account fields).

    `key` is the field that tells people apart, one of the columns; no two rows have the same. `lines` are the rows'
    lines in `file` (relative to the project), from 1. `headers` are those of all columns of the file; `more` has the cells of
    columns that are no field and that a condition of a group asks for, by header. `field_by_header` has the headers of
    `columns`. `format` says how the file was read. `left_out` has the key of each row that was left out, "" where that cannot
    be read.
    """

    file: str
    key: str
    columns: tuple[str, ...]
    values: Sequence[tuple[Any, ...]] = field(repr=False)
    lines: Sequence[int] = field(repr=False)
    headers: tuple[str, ...] = ()
    more: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    format: TableFormat = NO_FORMAT
    left_out: tuple[str, ...] = field(default=(), repr=False)
    field_by_header: Mapping[str, str] = field(default_factory=dict)

    def cells(self, name: str) -> Iterable[Any] | None:
        """The value of each row for a field of the account, else its cell below that header; None where neither is there."""
        if name in self.columns:
            at = self.columns.index(name)
            return (row[at] for row in self.values)
        return self.more.get(name)

    def keys(self) -> Iterator[str]:
        """The key of each row, as two of them are compared."""
        at = self.columns.index(self.key)
        return (match_key(self.key, row[at]) for row in self.values)


def match_key(key: str, value: object) -> str:
    """A phone or an e-mail address as people are matched by it (model.email_address)."""
    return folded_email(str(value or "")) if key == "email" else str(value or "")


@dataclass(frozen=True, slots=True)
class Desired:
    """One object as the manifests want it.

    `fields` holds only what the manifest sets, in spec form: API names, JSON data, phones in E.164, instants as
    `YYYY-MM-DDTHH:MM:SSZ`, times of day as `HH:MM:SS`, references as `Ref`, uploads as `FileContent`. A time of day that is
    written with a zone has it behind it (`10:00:00 Europe/Helsinki`) until it is planned: then `fields` has it as it is sent, and
    `local_hours` as it is written (plan/lifecycle/local_hours.py).
    `field_places` tells where each field stands. `rows` are those of a list, whose accounts they are. `secret` are the
    fields that hold a secret variable's value: the state keeps a keyed hash of them. `starts_now`: it says on purpose that it
    starts at once (`startTime: now`); its fields have no start then, as where none is written. `expect` has the shares (0 to 1) of
    `expect:`, by `answer` and `accept`, as far as they are written: for forecasts alone, it is no part of the object.
    """

    address: Address
    place: Place
    fields: Fields
    members: Members | None = None
    lifecycle: Lifecycle = Lifecycle()
    import_id: str = ""
    renamed_from: str = ""
    field_places: Mapping[str, Place] = field(default_factory=dict)
    rows: Rows | None = None
    secret: frozenset[str] = frozenset()
    local_hours: Mapping[str, str] = field(default_factory=dict)
    starts_now: bool = False
    expect: Mapping[str, float] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        return self.address.kind


@dataclass(frozen=True, slots=True)
class Marker:
    """The ownership marker in `meta.mscode`: `1:<project>/<environment>:<address>:<generation>:<phase>`
    (docs/safety.md#ownership).
    """

    project: str
    environment: str
    address: str
    generation: int
    phase: str

    def __str__(self) -> str:
        return f"1:{self.project}/{self.environment}:{self.address}:{self.generation}:{self.phase}"

    @classmethod
    def parse(cls, text: object) -> Marker | None:
        """None when it is no marker of this form."""
        parts = text.split(":") if isinstance(text, str) else []
        owner = parts[1].split("/") if len(parts) == 5 else []
        if len(owner) != 2 or parts[0] != "1" or not parts[3].isdigit() or parts[4] not in PHASES:
            return None
        return cls(owner[0], owner[1], parts[2], int(parts[3]), parts[4])

    def belongs_to(self, project: str, environment: str = "", address: object = "") -> bool:
        """Is it of this project, and of this environment of it and this address where they are given?

        The one place that decides whose an object is (docs/safety.md#ownership).
        """
        return (
            self.project == project
            and (not environment or self.environment == environment)
            and (not address or self.address == str(address))
        )


PHASES = ("new", "live", "edit", "held")
#: The key of `meta` that holds the marker.
MARKER_KEY = "mscode"
#: Of a receiver's row: the group through which the service took the person in. Who is reached is the person alone.
VIA_GROUP = "viaGroup"


#: The service's words for a state that people read in others.
_STATES = {"halt": "halted", "waitingToActive": "waiting for its start"}


def state_in_words(state: str) -> str:
    """`halted`, where the service says `halt`; its own word where it reads as it is."""
    return _STATES.get(state, state)


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """Where an object that reaches people stands: the service's state, dials so far, and whose it is.

    An object of a kind that reaches nobody has `NO_STATUS`, in which every property is False, so that no caller has to
    test for it. `is_reported` is False for it alone.
    """

    state: Literal["waitingToActive", "active", "halt", "complete"] | str
    dials: int
    marker: Marker | None
    is_reported: bool = True

    @property
    def state_in_words(self) -> str:
        """As people read it."""
        return state_in_words(self.state)

    @property
    def finished(self) -> bool:
        return self.state == "complete"

    @property
    def unfinished(self) -> bool:
        """Does it reach people, or could it yet?"""
        return self.is_reported and not self.finished

    @property
    def running(self) -> bool:
        return self.state in ("active", "waitingToActive")

    @property
    def has_begun(self) -> bool:
        """Was it ever started, by whomever? One that was made halted and never launched carries the phase `new`."""
        phase = self.marker.phase if self.marker else "new"
        return self.running or self.finished or self.dials > 0 or phase != "new"


NO_STATUS = CampaignStatus("", 0, None, is_reported=False)


@dataclass(frozen=True, slots=True)
class Live:
    """One object as the API shows it: `fields` in spec form (ids where Desired has references), `raw` as it came. `made_at` is
    `created_at` with the offset of the service's zone, where that is another one than UTC: the form that the state keeps.
    """

    section: str
    id: str
    fields: Fields
    raw: Fields
    created_at: str = ""
    updated_at: str = ""
    status: CampaignStatus = NO_STATUS
    made_at: str = ""

    @property
    def kind(self) -> Kind:
        return registry()[self.section]

    @property
    def creation(self) -> str:
        """When it was made, as the state keeps it; "" where the service does not say."""
        return self.made_at or self.created_at

    def is_made_at(self, creation: str) -> bool:
        """Was it made when the state says so? Yes where one of the two does not say.

        What reads the same on the clocks of the service is the same time: somebody may have corrected its zone since, and an hour
        may come twice.
        """
        if not creation or not self.created_at or creation == self.creation:
            return True
        return instant(creation) == self.created_at or creation[:_WALL] == self.creation[:_WALL]


#: Characters of a date and a time of day.
_WALL = 19


@dataclass(frozen=True, slots=True)
class Member:
    """An account as a group lists it: id, phone in E.164 and e-mail address in small letters ("" where it has none)."""

    account_id: str
    phone: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the state remembers of one managed object.

    `origin` is created or adopted. `applied` maps each applied field to its normal form, or to a keyed hash where it is
    personal. `server_values` maps a field to (sent, came back), both in the same hashed or plain form; of hours that are written
    with a zone, to (written, sent). `superseded` are ids of
    replaced objects that are still in use. `launched`: it was launched, or was seen under way, whoever started it.
    `first_call` is the earliest instant at which the launched campaign may ring: a forecast, which proves nothing.
    `launched_at` is when mscode launched it last (spec form, "" where it did not). `dialled`
    is the most dials that were ever read of it. `called` are parts of keyed hashes of the numbers that its launches were to
    reach, sorted: once the object is deleted, the service does not list them.
    """

    address: Address
    id: str
    origin: Literal["created", "adopted"] = "created"
    created_at: str = ""
    generation: int = 1
    applied: Fields = field(default_factory=dict)
    server_values: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    prevent_destroy: bool = False
    on_removal: str = ""
    superseded: tuple[str, ...] = ()
    launched: bool = False
    first_call: str = ""
    dialled: int = 0
    called: tuple[str, ...] = ()
    launched_at: str = ""

    @property
    def may_have_rung(self) -> bool:
        """May its object have reached anybody, as far as the state tells?"""
        return self.launched or self.dialled > 0

    def reset_for_replacement(self) -> Entry:
        """Without what its object was and did, which is not true of the one that comes in its place."""
        return replace(
            self, applied={}, server_values={}, launched=False, first_call="", dialled=0, called=(), launched_at=""
        )

    @property
    def is_reset(self) -> bool:
        """Did its object go to make room for one that is not there yet? What was imported was never written by us."""
        return self.origin == "created" and not self.applied and not self.may_have_rung


def remembered(entry: Entry, live: Live) -> Entry:
    """The entry with what its object, as it is read now, shows of having reached people. It never shrinks: a campaign that
    is deleted tomorrow shows nothing any more.
    """
    if not live.status.is_reported or live.id != entry.id:
        return entry
    if not live.is_made_at(entry.created_at):
        return entry  # an object of another account that has the same id
    dialled = max(entry.dialled, live.status.dials)
    return replace(entry, launched=entry.launched or live.status.has_begun, dialled=dialled)


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that was begun and not recorded as ended: written before anything is sent
    (docs/protocol.md#the-steps-of-a-create).
    """

    address: Address
    generation: int
    op: str
    body_digest: str
    matches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was forgotten, so that it does not come back by its name. `reached`: it may have reached people, so that its
    address is not made anew either, wherever the object has gone. `called` are those of its entry, and `until` (spec form, "" where
    nobody knows) is when it was to end: up to then nobody else calls its people either, should it be gone.
    """

    address: Address
    id: str
    reached: bool = False
    called: tuple[str, ...] = ()
    until: str = ""

    @classmethod
    def of(cls, entry: Entry, live_id: str = "", *, reached: bool | None = None) -> Tombstone:
        """Of the object of an entry, or of one that it has superseded (`live_id`), whose `called` are not kept apart."""
        has_called = entry.may_have_rung if reached is None else reached
        called = entry.called if has_called else ()
        until = next((str(entry.applied[name]) for name in ("endTime", "expiresAt") if entry.applied.get(name)), "")
        return cls(entry.address, live_id or entry.id, has_called, called, until if called else "")


def people_called_by(address: Address, live_id: str, stones: Iterable[Tombstone]) -> tuple[str, ...]:
    """The `called` of an object that was forgotten and is managed again."""
    return next(
        (stone.called for stone in stones if stone.address.section == address.section and stone.id == live_id), ()
    )


def called_before(address: Address, live_id: str, stones: Iterable[Tombstone]) -> Tombstone | None:
    """The forgotten object of an address that may have reached people, where another object is to take the address."""
    return next((stone for stone in stones if stone.address == address and stone.reached and stone.id != live_id), None)


@dataclass(frozen=True, slots=True)
class Known:
    """The state as the planner sees it. `suppressed` are parts of keyed hashes of the do-not-call list's numbers, sorted;
    `largest_launch` is the most people that one launch has reached, 0 where none is known.
    """

    entries: Mapping[Address, Entry] = field(default_factory=dict)
    intents: Mapping[Address, Intent] = field(default_factory=dict)
    tombstones: Sequence[Tombstone] = ()
    serial: int = 0
    lineage: str = ""
    suppressed: tuple[str, ...] = ()
    largest_launch: int = 0


@dataclass(frozen=True, slots=True)
class LiveWorld:
    """Everything that was read for one plan.

    `objects` maps section -> id -> Live for each section that was listed; `members` maps a group's id to its members;
    `removed` are ids of the state that a GET answered with 404. `replies` maps a campaign's id to (account id, reply) of its
    people, for the campaigns by whose replies a group is filled; `outcomes` to whom it reached, where a group is filled by that.
    """

    objects: Mapping[str, Mapping[str, Live]] = field(default_factory=dict)
    members: Mapping[str, Sequence[Member]] = field(default_factory=dict)
    removed: frozenset[tuple[str, str]] = frozenset()
    replies: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    outcomes: Mapping[str, Outcomes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """`mscode.yaml`, as far as planning needs it. `guards` maps a guard's name to its `GuardRule`, `checks` the id of a rule to
    its `CheckSetting`; `paces` are the calls a minute of one campaign, by the environments that say so; `sandboxes` are
    those that are the embedded emulator. `number_table` is the do-not-call file as it was
    read, None where there is none.
    """

    name: str
    zone: tzinfo
    zone_name: str
    region: str = ""
    guards: Mapping[str, Any] = field(default_factory=dict)
    checks: Mapping[str, CheckSetting] = field(default_factory=dict)
    paces: Mapping[str, int] = field(default_factory=dict)
    sandboxes: frozenset[str] = frozenset()
    number_table: TableRead | None = None


@dataclass(frozen=True, slots=True)
class CheckSetting:
    """What mscode.yaml says of one rule: its level and value (None: the rule's own), why, and whether comments may allow it."""

    level: Literal["deny", "warn", "off"] | None = None
    value: str | None = None
    reason: str = ""
    inline: bool = True


@dataclass(frozen=True, slots=True)
class DesiredWorld:
    """All manifests of a project together, with what validation had to warn about.

    `secrets` are texts that no output may show: the values of secret variables. `sources` are the files that were read for
    it (posix, relative to the project): manifests, and what they name. `allow_comments` are the comments in them that allow
    a finding, `unused_variables` the declared ones that no manifest refers to, with their places.
    """

    project: Project
    objects: Mapping[Address, Desired]
    files: int = 0
    warnings: Sequence[Diagnostic] = ()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    sources: frozenset[str] = frozenset()
    allow_comments: tuple[AllowComment, ...] = ()
    unused_variables: Mapping[str, Place] = field(default_factory=dict)

    @property
    def tables(self) -> Iterator[TableRead]:
        """The files of people that it was made of: those of lists, then the do-not-call file."""
        for item in self.objects.values():
            if (rows := item.rows) is not None:
                yield TableRead(rows.file, rows.format, len(rows.values), len(rows.left_out))
        if (read := self.project.number_table) is not None:
            yield read


@dataclass(frozen=True, slots=True)
class SpecContext:
    """What a spec needs while it is read (pydantic's validation context): nothing in it touches the network.

    `read_file` gives the content of an upload, `read_text` a text file, both relative to the manifest and inside the
    project; they raise ValueError with the reason. `listen_url` is `listen.url` of the environment, "" where it has none.
    """

    zone: tzinfo
    region: str = ""
    environment: str = ""
    read_file: Callable[[str], FileContent] | None = None
    read_text: Callable[[str], str] | None = None
    listen_url: str = ""
