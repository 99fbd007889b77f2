"""The contract of a kind of resource, and the registry of all of them.

A kind is data and a few pure functions: plan, engine, manifest, schema and docs see only this contract, so one more kind
is one more file in `kinds/`. Where a kind truly differs, the difference is a trait here, never an `if kind ==` elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from mscode.model.values import FileContent

if TYPE_CHECKING:
    from datetime import tzinfo

    from mscode.errors import Diagnostic
    from mscode.model.address import Address
    from mscode.model.world import Desired, Fields, Life


#: An id that may be placed into a path (docs/service-notes.md#ids).
ID = re.compile(r"^[A-Za-z0-9_-]{1,64}\Z")


def as_is(value: Any) -> Any:
    return value


def always(value: Any) -> bool:
    return True


def text(value: Any) -> str:
    """Optional text: null, "" and absent are the same (docs/service-notes.md#values)."""
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Field:
    """One field that is compared.

    `normal` gives the form two values are compared in (it may get `Ref`/`Unknown` leaves), `default` is what a field that
    left the manifest goes back to. `mutable=False`: a change forces a replacement. `creatable=False`: the create cannot
    carry it, a PUT follows. `personal`: says who a person is. `calling`: calling depends on it, so a difference after a
    write is never excused. `long`: shown as a word diff. `unseen`: the service does not
    show it, so the wanted value is compared with what was applied. `grows`: additions are made in place by an endpoint of
    their own, anything else forces a replacement. `sealed`: the state keeps a keyed hash of it, as of personal ones.
    `matched`: not compared as a value: a campaign's state and receivers have rules of their own. `computed`: the service
    sets it where nobody does, so that leaving the manifest changes nothing. `readable`: could a live value be understood (a
    phone as a number)?
    """

    name: str
    default: Any = ""
    normal: Callable[[Any], Any] = text
    mutable: bool = True
    creatable: bool = True
    personal: bool = False
    calling: bool = False
    long: bool = False
    unseen: bool = False
    grows: bool = False
    sealed: bool = False
    matched: bool = False
    computed: bool = False
    readable: Callable[[Any], bool] = always


def no_check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterable[Diagnostic]:
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
class Listed:
    """A field whose values the service lists: under `path` (a key of the environment's paths), each in `member`.

    `what` names them for people, `hint` is the command that shows them.
    """

    field: str
    path: str
    member: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True)
class Sends:
    """A kind whose POST by itself reaches people: there is no halt and no launch PUT, so its create is the launch.

    It is sent once and held while its outcome is unknown. `by`: the member by which a person is reached. `unit`: what a
    person gets. `rings`: phones ring (☎); else people are written to (✉). `once`: it goes out at one instant, can be
    edited until then, and stays in the account afterwards; else it calls for a while, and every change replaces it.
    """

    unit: str
    by: Literal["phone", "email"] = "phone"
    rings: bool = True
    once: bool = True


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Of a kind that is a file of rows, each an object of another `section`: it has no live object of its own.

    `parser` gives, for a field and the project's region, what turns a cell (text without spaces around it) into a value,
    ValueError with what is wrong; None where the text is the value. `doubtful` says of a field's value that it is allowed
    and yet probably not meant, in words that follow "is"; "" where it is as it should be.
    """

    section: str
    parser: Callable[[str, str], Callable[[str], Any] | None]
    doubtful: Callable[[str, Any], str] = lambda name, value: ""


#: By which rules its objects live: plan/lifecycle/ decides what becomes of them, engine/lifecycle/ carries it out.
LifecycleName = Literal["resource", "campaign", "message", "account_list"]
#: What the state keeps as the id of an object that has no live object of its own.
NO_ID = "-"


@dataclass(frozen=True, slots=True)
class Kind:
    """One section of the manifests and the API resource behind it.

    Paths are keys of the environment's `paths`; `paths` gives their defaults (docs/service-notes.md#operations), so that a
    guessed one can be set. `wire` turns spec-form fields (ids in place of references) into the API's body; `unwire` the raw
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
    wire: Callable[[Fields], dict[str, Any]]
    unwire: Callable[[Fields, str], dict[str, Any]]
    identities: Callable[[Fields], Sequence[Any]]
    create: Callable[[Fields], Post | Upload]
    example: str
    order: int
    #: a receiver may be one of these, so people are reached through it: a change of it may let more of them be reached
    is_receiver: bool = False
    #: replacement goes create first, users are repointed, then the old one goes
    create_first: bool = True
    #: several addresses with equal identity share one live object (filters)
    shared: bool = False
    #: an unwanted one may stay behind when the service refuses the delete (docs/service-notes.md#deleting)
    delete_optional: bool = False
    #: fields of which no two of the manifests' objects may have the same value: they would be one person
    unique: tuple[str, ...] = ()
    #: its default `name` is the manifest's key, and live names are unique per section
    named: bool = False
    readiness: Readiness | None = None
    listed: tuple[Listed, ...] = ()
    has_members: bool = False
    #: conditions (of a filter) as a test of one account in spec form
    selector: Callable[[Any], Callable[[Fields], bool]] | None = None
    #: wire form of additions to the field that grows, and the path they go to (with {id})
    grow: Callable[[Any], Any] | None = None
    grow_path: str = ""
    #: it is a file of rows, and nothing of it is live but the objects of these
    rows: RowsOf | None = None
    is_campaign: bool = False
    sends: Sends | None = None
    #: `meta` carries the ownership marker, by which it is found
    marked: bool = False
    life: Callable[[Fields], Life] | None = None
    #: the field with the instant after which it reaches nobody any more, where the service has no state that says so
    ends: str = ""
    #: the list lacks fields, so an object that matters is read by its id (docs/service-notes.md#lists)
    has_detail: bool = False
    #: ids of the voice files that an object (in spec form) plays
    plays: Callable[[Fields], Sequence[str]] | None = None
    #: what can be said of a manifest beyond its types, with all the others at hand
    check: Callable[[Desired, Mapping[Address, Desired], tzinfo], Iterable[Diagnostic]] = no_check
    doc: str = ""
    #: files that the example names, and what is in them
    example_files: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Field] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", {rule.name: rule for rule in self.fields})

    @property
    def lifecycle(self) -> LifecycleName:
        """What becomes of its objects, and how."""
        if self.rows is not None:
            return "account_list"
        if self.is_campaign:
            return "campaign"
        return "message" if self.sends is not None else "resource"

    @property
    def list_rows(self) -> RowsOf:
        """`rows`, of a kind whose lifecycle is `account_list`; LookupError for any other."""
        if self.rows is None:
            raise LookupError(f"{self.section} are no files of rows")
        return self.rows

    @property
    def reaches_people(self) -> bool:
        """Do its objects call or write to people?"""
        return self.is_campaign or self.sends is not None

    @property
    def rings(self) -> bool:
        """Do its objects let phones ring?"""
        return self.is_campaign or (self.sends is not None and self.sends.rings)

    def looks_at(self, other: Kind) -> bool:
        """Does planning this kind depend on what is live of another? Derived from traits, so that no list of kinds is kept by
        hand: one that is missing from it would let people be reached without a launch's yes.

        What people are reached through looks at everything that reaches people, for through it something that runs may reach
        more of them. What reaches people looks at whom it reaches, and what lets phones ring at whatever carries this
        project's mark and may have rung the same people before. What gets ready looks at what plays it.
        """
        if self.is_receiver:
            return other.is_receiver or other.reaches_people
        if self.reaches_people:
            return other.is_receiver or (self.rings and other.marked)
        return self.readiness is not None and other.plays is not None

    @property
    def keeps_raw(self) -> bool:
        """Is the object as it came of use beyond its fields (status, results, price, number of members)?"""
        return self.readiness is not None or self.reaches_people or self.has_members


def registry() -> Mapping[str, Kind]:
    """Every kind by its section, in the order of docs and schema.

    Found by name and late: the kinds import this module, and start-up pays for no kind that it does not need.
    """
    kinds: Mapping[str, Kind] = import_module("mscode.kinds").KINDS
    return kinds
