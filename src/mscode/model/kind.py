"""The contract of a kind of resource, and the registry of all of them.

A kind is data and a few pure functions: plan, engine, manifest, schema and docs see only this contract, so one more kind
is one more file in `kinds/`. Where a kind truly differs, the difference is a trait here, never an `if kind ==` elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.values import FileContent, Ref

if TYPE_CHECKING:
    from datetime import tzinfo

    from mscode.errors import Diagnostic
    from mscode.model.address import Address
    from mscode.model.world import CampaignStatus, Desired, Fields


#: An id that may be placed into a path (docs/service-notes.md#ids).
ID = late_pattern(r"^[A-Za-z0-9_-]{1,64}\Z")


def as_is(value: Any) -> Any:
    """A value that is compared as it is."""
    return value


def always(value: Any) -> bool:
    """True of any value."""
    return True


def text(value: Any) -> str:
    """Optional text: null, "" and absent are the same (docs/service-notes.md#values)."""
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Field:
    """One field that is compared.

    `normalize` gives the form two values are compared in (it may get `Ref`/`Unknown` leaves), `default` is what a field that
    left the manifest goes back to. `mutable=False`: a change forces a replacement. `creatable=False`: the create cannot
    carry it, a PUT follows. `personal`: says who a person is. `affects_calling`: calling depends on it, so a difference after a
    write is never excused. `multiline`: shown as a word diff. `write_only`: the service does not
    show it, so the wanted value is compared with what was applied. `append_only`: additions are made in place by an endpoint of
    their own, anything else forces a replacement. `hashed`: the state keeps a keyed hash of it, as of personal ones.
    `custom_diff`: not compared as a value: a campaign's state and receivers have rules of their own. `computed`: the service
    sets it where nobody does, so that leaving the manifest changes nothing. `readable`: could a live value be understood (a
    phone as a number)?
    """

    name: str
    default: Any = ""
    normalize: Callable[[Any], Any] = text
    mutable: bool = True
    creatable: bool = True
    personal: bool = False
    affects_calling: bool = False
    multiline: bool = False
    write_only: bool = False
    append_only: bool = False
    hashed: bool = False
    custom_diff: bool = False
    computed: bool = False
    readable: Callable[[Any], bool] = always


def no_check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterable[Diagnostic]:
    """The check of a kind whose types say everything."""
    return ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A create that sends a file: multipart to `path` (a key of the environment's paths), the id is under `files[0]`."""

    file: FileContent
    path: str


@dataclass(frozen=True, slots=True)
class Post:
    """A create that sends JSON. `path` is a key of the environment's paths."""

    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Usable only once `field` (of the raw object) is `ready`; `failed` fails the step."""

    field: str
    ready: str
    failed: str


@dataclass(frozen=True, slots=True)
class EnumeratedField:
    """A field whose values the service lists: under `path` (a key of the environment's paths), each in `member`.

    `what` names them for people, `hint` is the command that shows them.
    """

    field: str
    path: str
    member: str
    what: str
    hint: str


# ---- lifecycles: plan/lifecycle/ decides by them what becomes of an object, engine/lifecycle/ carries it out ---------


@dataclass(frozen=True, slots=True)
class ResourceLifecycle:
    """Made, changed and deleted. By itself it reaches nobody."""

    name: ClassVar[LifecycleName] = "resource"


@dataclass(frozen=True, slots=True)
class CampaignLifecycle:
    """Made halted, launched and halted by a PUT; it calls until it is complete.

    A live one gets more receivers by POSTs to `receivers_path` (a key of the environment's paths, with {id}), which also
    lists people with their replies; `encode_receivers` gives their body.
    """

    receivers_path: str
    encode_receivers: Callable[[Any], Any]
    name: ClassVar[LifecycleName] = "campaign"


@dataclass(frozen=True, slots=True)
class MessageLifecycle:
    """Its POST by itself reaches people: there is no halt and no launch PUT, so its create is the launch.

    It is sent once and held while its outcome is unknown. `by`: the member by which a person is reached. `unit`: what a
    person gets. `rings`: phones ring (☎); else people are written to (✉). `once`: it goes out at one instant, can be
    edited until then, and stays in the account afterwards; else it calls for a while, and every change replaces it.
    """

    unit: str
    by: Literal["phone", "email"] = "phone"
    rings: bool = True
    once: bool = True
    name: ClassVar[LifecycleName] = "message"


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions as a test of one account or row. `one_of`, where it is known: a field, and texts of which it has one in all that
    meet the conditions (as `scalar_text` of it), so that the others need not be asked.
    """

    selects: Callable[[Fields], bool]
    one_of: tuple[str, frozenset[str]] | None = None

    def __call__(self, fields: Fields) -> bool:
        return self.selects(fields)


@dataclass(frozen=True, slots=True)
class AccountListLifecycle:
    """A file of rows, each an object of another `section`: it has no live object of its own.

    `parser` gives, for a field and the project's region, what turns a cell (text without spaces around it) into a value,
    ValueError with what is wrong; None where the text is the value. `doubtful` gives, for a field, what says of a value
    that it is allowed and yet probably not meant, in words that follow "is" ("" where it is as it should be); None of a field
    without such values. `selector` turns conditions (of a group's `where`) into a test of one row's cells, by the names in the
    conditions. `number_parser` is the parser of a cell that holds a whole number and no text, as a workbook's can.
    """

    section: str
    parser: Callable[[str, str], Callable[[str], Any] | None]
    doubtful: Callable[[str], Callable[[Any], str] | None] = lambda name: None
    selector: Callable[[Any], Selector] | None = None
    number_parser: Callable[[str, str], Callable[[str], Any] | None] | None = None
    name: ClassVar[LifecycleName] = "account_list"


LifecycleName = Literal["resource", "campaign", "message", "account_list"]
KindLifecycle = ResourceLifecycle | CampaignLifecycle | MessageLifecycle | AccountListLifecycle

#: What other kinds need a kind for: `person` can be reached, `group` holds persons, `voice` is played by calls. One kind has
#: each role, so that its section is named nowhere else (`kind_of`).
Role = Literal["person", "group", "voice"]


@dataclass(frozen=True, slots=True)
class TextPart:
    """One part of an object that people hear or read: a text as it is, a recording, or what a voice file says.

    `role` says what it is for: a field's name, or the type of a voice file (`start`, `accept`, …). `voice_file` is a
    reference in a manifest's object and an id in a live one. `heard`: by ear; else it is read.
    """

    role: str
    text: str = ""
    heard: bool = False
    recording: FileContent | None = None
    voice_file: Ref | str = ""


def no_texts(fields: Fields) -> Sequence[TextPart]:
    """The texts of a kind that people neither hear nor read."""
    return ()


@dataclass(frozen=True, slots=True)
class Plays:
    """Which voice files an object (in spec form) plays.

    `field` names them, `ids` are theirs, and `replaced` gives the fields with another in the place of each.
    """

    field: str
    ids: Callable[[Fields], Sequence[str]]
    replaced: Callable[[Fields, Callable[[str], str]], Fields]


#: What the state keeps as the id of an object that has no live object of its own.
NO_ID = "-"


@dataclass(frozen=True, slots=True)
class Kind:
    """One section of the manifests and the API resource behind it.

    Paths are keys of the environment's `paths`; `paths` gives their defaults (docs/service-notes.md#operations), so that a
    guessed one can be set. `encode` turns spec-form fields (ids in place of references) into the API's body; `decode` the raw
    object into spec-form fields, with the region in which national phone numbers are read. `identities` gives the keys by
    which an object that the state does not know is found, best first; a later one counts only where it is unique and the
    object has no better one.
    """

    section: str
    singular: str
    spec: type[Any]
    id_field: str
    collection: str
    paths: Mapping[str, str]
    fields: tuple[Field, ...]
    encode: Callable[[Fields], dict[str, Any]]
    decode: Callable[[Fields, str], dict[str, Any]]
    identities: Callable[[Fields], Sequence[Any]]
    create: Callable[[Fields], Post | Upload]
    example: str
    order: int
    #: by which rules its objects live
    lifecycle: KindLifecycle = ResourceLifecycle()
    role: Role | None = None
    #: replacement goes create first, users are repointed, then the old one goes
    create_first: bool = True
    #: several addresses with equal identity share one live object (filters)
    shared: bool = False
    #: an unwanted one may stay behind when the service refuses the delete (docs/service-notes.md#deleting)
    delete_optional: bool = False
    #: what the API's page prints behind an object's path where its delete belongs; never sent (docs/service-notes.md#deleting)
    misprinted_delete: str = ""
    #: fields of which no two of the manifests' objects may have the same value: they would be one person
    unique: tuple[str, ...] = ()
    #: its default `name` is the manifest's key, and live names are unique per section
    name_defaults_to_key: bool = False
    readiness: Readiness | None = None
    enumerated_fields: tuple[EnumeratedField, ...] = ()
    #: conditions (of a filter) as a test of one account in spec form
    selector: Callable[[Any], Selector] | None = None
    #: `meta` carries the ownership marker, by which it is found
    carries_marker: bool = False
    read_status: Callable[[Fields], CampaignStatus] | None = None
    #: the field with the instant after which it reaches nobody any more, where the service has no state that says so
    ends: str = ""
    #: the list lacks fields, so an object that matters is read by its id (docs/service-notes.md#lists)
    list_is_partial: bool = False
    plays: Plays | None = None
    #: what an object (in spec form) has to be heard or read by people, in playing order
    texts: Callable[[Fields], Sequence[TextPart]] = no_texts
    #: what can be said of a manifest beyond its types, with all the others at hand
    check: Callable[[Desired, Mapping[Address, Desired], tzinfo], Iterable[Diagnostic]] = no_check
    doc: str = ""
    #: files that the example names, and what is in them
    example_files: Mapping[str, str] = field(default_factory=dict)
    fields_by_name: Mapping[str, Field] = field(default_factory=dict, init=False)
    personal_fields: frozenset[str] = field(default=frozenset(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields_by_name", {rule.name: rule for rule in self.fields})
        object.__setattr__(self, "personal_fields", frozenset(rule.name for rule in self.fields if rule.personal))

    # ---- what others ask: answers that follow from the lifecycle and the role ----

    @property
    def rows(self) -> AccountListLifecycle | None:
        """What its rows are, of a kind that is a file of rows; None where its objects are live themselves."""
        return self.lifecycle if isinstance(self.lifecycle, AccountListLifecycle) else None

    @property
    def list_rows(self) -> AccountListLifecycle:
        """As `rows`, of a kind that certainly is a file of rows; LookupError for any other."""
        if not isinstance(self.lifecycle, AccountListLifecycle):
            raise LookupError(f"{self.section} are no files of rows")
        return self.lifecycle

    @property
    def has_live_objects(self) -> bool:
        """False for a file of rows, of which nothing is live but the objects of the rows."""
        return not isinstance(self.lifecycle, AccountListLifecycle)

    @property
    def can_be_halted(self) -> bool:
        """Can its objects be halted and go on later? What reaches people and cannot be can only be deleted."""
        return isinstance(self.lifecycle, CampaignLifecycle)

    @property
    def create_reaches_people(self) -> bool:
        """Does its create alone reach people, so that it is the launch?"""
        return isinstance(self.lifecycle, MessageLifecycle)

    @property
    def goes_out_once(self) -> bool:
        """Does it reach people at one instant, and then never again?"""
        return isinstance(self.lifecycle, MessageLifecycle) and self.lifecycle.once

    @property
    def calls_for_a_while(self) -> bool:
        """Does it call people, and not all of them at one instant?"""
        return self.rings and not self.goes_out_once

    @property
    def counts_accepts(self) -> bool:
        """Does it say how many accepts it wants? What calls until one person accepts does not."""
        return "acceptsWanted" in self.fields_by_name

    @property
    def reaches_people(self) -> bool:
        """Do its objects call or write to people?"""
        return self.can_be_halted or self.create_reaches_people

    @property
    def rings(self) -> bool:
        """Do its objects let phones ring?"""
        return self.can_be_halted or (isinstance(self.lifecycle, MessageLifecycle) and self.lifecycle.rings)

    @property
    def unit(self) -> str:
        """What each person gets: a `call` or a `message`."""
        return self.lifecycle.unit if isinstance(self.lifecycle, MessageLifecycle) else "call"

    @property
    def reached_by(self) -> str:
        """The field of an account by which it is reached: `phone` or `email`."""
        return self.lifecycle.by if isinstance(self.lifecycle, MessageLifecycle) else "phone"

    @property
    def receivers_path(self) -> str:
        """Where a live object gets more receivers, and lists people with their replies (a key of the environment's paths,
        with {id}); "" where there is no such place.
        """
        return self.lifecycle.receivers_path if isinstance(self.lifecycle, CampaignLifecycle) else ""

    @property
    def reaching_paths(self) -> Sequence[str]:
        """The paths (keys of the environment's) to which a POST by itself can reach people."""
        return [self.collection] if self.create_reaches_people else [self.receivers_path] if self.receivers_path else []

    @property
    def is_person(self) -> bool:
        """Are its objects people who can be reached?"""
        return self.role == "person"

    @property
    def has_members(self) -> bool:
        """Are its objects groups of people?"""
        return self.role == "group"

    @property
    def is_receiver(self) -> bool:
        """May a receiver name one of its objects? Then a change of that object may let more people be reached."""
        return self.is_person or self.has_members

    def looks_at(self, other: Kind) -> bool:
        """Does planning this kind depend on the live objects of another? Derived from traits, so that no list of kinds is
        kept by hand: a kind that is missing from it would let people be reached without the confirmation of a launch.

        - Persons and groups depend on every kind that reaches people: a running object may reach more of them.
        - A kind that reaches people depends on persons and groups; one that rings also on every kind that carries the
          marker, whose objects may have rung the same people before.
        - Voice files depend on the kinds that play them.
        """
        if self.is_receiver:
            return other.is_receiver or other.reaches_people
        if self.reaches_people:
            return other.is_receiver or (self.rings and other.carries_marker)
        return self.role == "voice" and other.plays is not None

    @property
    def keeps_raw(self) -> bool:
        """Is the raw object needed beyond its fields (status, results, price, number of members)?"""
        return self.readiness is not None or self.reaches_people or self.has_members


@cache
def registry() -> Mapping[str, Kind]:
    """Every kind by its section, in the order of docs and schema.

    Imported late, since the kinds import this module and start-up pays for no kind that it does not need; and once, since
    each address asks for its kind, hundreds of times in a plan of ten objects.
    """
    kinds: Mapping[str, Kind] = import_module("mscode.kinds").KINDS
    return kinds


def kind_of(role: Role) -> Kind:
    """The kind that has a role for the others."""
    return next(kind for kind in registry().values() if kind.role == role)
