"""The state document: which live object is which address, what was last applied, what is under way.

See docs/state.md.

    version · serial · lineage · project · environment · url · key · resources[] · pending[] · tombstones[] · suppressed ·
    largestLaunch · records · savedPlan · journal

`serial` only grows; `lineage` identifies the state: two of one environment differ in it; `key` is the random key of the hashes
that stand in the place of personal values; `suppressed` (where there is a do-not-call list) is the base64 of five bytes of
each number's hash; `largestLaunch` (once something was launched) is the most people that one launch has reached; `records`
(once there are any) is the last of the environment's records (state/records); `savedPlan` is the saved plan that alone has
changed anything since it was made (docs/fleet.md#apply); `journal` is the journal beside it without which the document is not
whole (state/remote/journal.py). The version is 2 with a journal, which an mscode that knows no journals therefore refuses, else
1. Every change is a small JSON record (`begin`, `put`, `settle`, `drop`,
`bury`, `unbury`, `move`, `suppress`, `reach`, `link`, `carry`) that `StateDocument.apply` carries out, whether it was just made or
comes from the journal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.model.world import Entry, Intent, Known, Tombstone
from mscode.state.shape import (
    AddressText,
    Count,
    Echo,
    Marks,
    Object,
    Shape,
    Texts,
    hex_digits,
    known_version,
    state_error,
    wrong,
)

VERSION, WITH_JOURNAL = 1, 2
Noun = TypeVar("Noun", Entry, Intent)


def _is_empty(value: object) -> bool:
    """Members that only some documents need are left out of the others."""
    return not value


# ---- the shapes ------------------------------------------------------------------------------------------------------


class EntryRow(Shape):
    """A managed object: an `Entry`. What a version before this one did not have has a default."""

    address: AddressText
    id: str
    origin: Literal["created", "adopted"]
    created_at: str
    generation: Count
    applied: Object
    server_values: Echo = Field(alias="echo")
    prevent_destroy: bool
    on_removal: str
    superseded: Texts
    launched: bool
    first_call: str
    dialled: Count = 0
    called: Marks = Field(default=(), exclude_if=_is_empty)
    launched_at: str = Field(default="", exclude_if=_is_empty)

    def noun(self) -> Entry:
        """The object of `model/` that the row describes."""
        return Entry(**self.__dict__)


class IntentRow(Shape):
    """A create that is under way: an `Intent`."""

    address: AddressText
    generation: Count
    op: str
    body_digest: str
    matches: Texts

    def noun(self) -> Intent:
        """The object of `model/` that the row describes."""
        return Intent(**self.__dict__)


class TombstoneRow(Shape):
    """A forgotten object: a `Tombstone`."""

    address: AddressText
    id: str
    reached: bool = Field(default=False, exclude_if=_is_empty)
    called: Marks = Field(default=(), exclude_if=_is_empty)
    until: str = Field(default="", exclude_if=_is_empty)

    def noun(self) -> Tombstone:
        """The object of `model/` that the row describes."""
        return Tombstone(**self.__dict__)


class RecordLink(Shape):
    """The last record of the environment that the state knows: its number, and its digest in the chain (state/records/chain.py)."""

    n: Count
    digest: Annotated[str, hex_digits(64)]


class StateFile(Shape):
    """The whole document."""

    version: Annotated[Count, known_version(VERSION, WITH_JOURNAL)]
    serial: Count
    lineage: Annotated[str, hex_digits(32)]
    project: str
    environment: str
    url: str
    key: Annotated[str, hex_digits(64)]
    resources: list[EntryRow]
    pending: list[IntentRow]
    tombstones: list[TombstoneRow]
    suppressed: Marks = Field(default=(), exclude_if=_is_empty)
    largest_launch: Count = Field(default=0, alias="largestLaunch", exclude_if=_is_empty)
    records: RecordLink | None = Field(default=None, exclude_if=_is_empty)
    saved_plan: str = Field(default="", alias="savedPlan", exclude_if=_is_empty)
    journal: Annotated[str, hex_digits(32)] | None = Field(default=None, exclude_if=_is_empty)


# ---- the records of changes ------------------------------------------------------------------------------------------


class Begin(Shape):
    """Creates that are about to be sent."""

    op: Literal["begin"] = "begin"
    intents: list[IntentRow]


class Put(Shape):
    """What is known of an object from now on."""

    op: Literal["put"] = "put"
    entry: EntryRow


class Settle(Shape):
    """The create of an address has ended."""

    op: Literal["settle"] = "settle"
    address: AddressText


class Drop(Shape):
    """The object of an address is no longer managed."""

    op: Literal["drop"] = "drop"
    address: AddressText


class Bury(Shape):
    """An object was forgotten."""

    op: Literal["bury"] = "bury"
    tombstone: TombstoneRow


class Unbury(Shape):
    """What was forgotten under an address is so no longer."""

    op: Literal["unbury"] = "unbury"
    address: AddressText


class Move(Shape):
    """An object has another address."""

    op: Literal["move"] = "move"
    old: AddressText = Field(alias="from")
    new: AddressText = Field(alias="to")


class Suppress(Shape):
    """What stands for the numbers of the do-not-call list."""

    op: Literal["suppress"] = "suppress"
    suppressed: Marks


class Reach(Shape):
    """The most people that one launch has reached."""

    op: Literal["reach"] = "reach"
    people: Count


class LinkRecords(Shape):
    """The last record of the environment."""

    op: Literal["link"] = "link"
    records: RecordLink


class Carry(Shape):
    """Which saved plan is carried out from now on; "" for another command."""

    op: Literal["carry"] = "carry"
    plan: str


Record = Begin | Put | Settle | Drop | Bury | Unbury | Move | Suppress | Reach | LinkRecords | Carry
#: By its `op`.
_RECORDS: dict[str, type[Record]] = {record.model_fields["op"].default: record for record in get_args(Record)}


def _known_operation(op: str) -> str:
    if op not in _RECORDS:
        raise wrong(f"one of {', '.join(_RECORDS)}")
    return op


class _Operation(Shape):
    """Which record it is; a mistake in it then has the place that it has there, and not one in each of them."""

    model_config = ConfigDict(extra="ignore")

    op: Annotated[str, AfterValidator(_known_operation)]


# ---- the document ----------------------------------------------------------------------------------------------------


@dataclass
class StateDocument:
    """One environment's state. It changes by `apply` alone."""

    project: str
    environment: str
    url: str
    lineage: str = field(default_factory=lambda: uuid.uuid4().hex)
    key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    serial: int = 0
    entries: dict[Address, Entry] = field(default_factory=dict)
    intents: dict[Address, Intent] = field(default_factory=dict)
    tombstones: list[Tombstone] = field(default_factory=list)
    suppressed: tuple[str, ...] = field(default=(), repr=False)
    largest_launch: int = 0
    records: RecordLink | None = None
    saved_plan: str = ""
    #: The journal that this document needs to be whole; "" in a whole one.
    journal: str = ""

    def copy(self) -> StateDocument:
        """A document that may be changed without this one changing."""
        return replace(self, entries=dict(self.entries), intents=dict(self.intents), tombstones=list(self.tombstones))

    def known(self) -> Known:
        """A copy for the planner; later changes do not show in it."""
        stones = tuple(self.tombstones)
        return Known(
            dict(self.entries),
            dict(self.intents),
            stones,
            self.serial,
            self.lineage,
            self.suppressed,
            self.largest_launch,
        )

    def seal(self, value: Any) -> str:
        """The hash that stands for a personal value."""
        return seal(self.key, value)

    def check_binding(self, project: str, environment: str, url: str) -> None:
        """StateError when this state was made for another project, environment or URL."""
        pairs = (
            ("project", self.project, project),
            ("environment", self.environment, environment),
            ("url", _plain_url(self.url), _plain_url(url)),
        )
        for name, recorded, configured in pairs:
            if recorded != configured:
                hint = (
                    f"Put the old {name} back: every mark in the live account names it, and what it marks is not known without."
                    if name != "url"
                    else "Put the old url back, or give the environment of the other account a name of its own."
                )
                raise StateError(
                    "This state belongs to another account",
                    detail=f"It was made for {name} {recorded}, not {configured}.",
                    hint=hint,
                    code="other-account",
                )

    def bind(self, project: str, environment: str, url: str) -> None:
        """Bind the state to this project, environment and URL where there is nothing in it yet; else `check_binding`.

        A run that never reached the service leaves an empty state behind: a mistyped `url` must not need a new name.
        """
        recorded, configured = (self.project, self.environment, self.url), (project, environment, url)
        if self.is_empty and recorded != configured:
            self.project, self.environment, self.url = configured
            self.serial += 1
        self.check_binding(project, environment, url)

    @property
    def is_empty(self) -> bool:
        """Are there no entries, no intents and no tombstones?"""
        return not (self.entries or self.intents or self.tombstones)

    def apply(self, data: Mapping[str, Any]) -> None:
        """Carry out one record, as JSON data; StateError when it is none."""
        match _record(data):
            case Begin() as record:
                self.intents |= {row.address: row.noun() for row in record.intents}
            case Put() as record:
                self.entries[record.entry.address] = record.entry.noun()
            case Settle() as record:
                self.intents.pop(record.address, None)
            case Drop() as record:
                self.entries.pop(record.address, None)
            case Bury() as record:
                self.tombstones = list(dict.fromkeys([*self.tombstones, record.tombstone.noun()]))
            case Unbury() as record:
                self.tombstones = [stone for stone in self.tombstones if stone.address != record.address]
            case Move() as record:
                _move(self.entries, record.old, record.new)
                _move(self.intents, record.old, record.new)
            case Suppress() | Reach() | LinkRecords() | Carry() as record:
                self._apply_to_all(record)

    def _apply_to_all(self, record: Suppress | Reach | LinkRecords | Carry) -> None:
        """Carry out a record that is about no address."""
        match record:
            case Suppress():
                self.suppressed = record.suppressed
            case Reach():
                self.largest_launch = max(self.largest_launch, record.people)
            case LinkRecords():
                self.records = record.records
            case Carry():
                self.saved_plan = record.plan


def _record(data: Mapping[str, Any]) -> Record:
    op = data.get("op") if isinstance(data, dict) else None
    shape = _RECORDS.get(op) if isinstance(op, str) else None
    try:
        return (shape or _RECORDS[_Operation.model_validate(data).op]).model_validate(data)
    except ValidationError as error:
        raise state_error(error, "the record") from None


def _move(nouns: dict[Address, Noun], old: Address, new: Address) -> None:
    if old in nouns:
        nouns[new] = replace(nouns.pop(old), address=new)


def seal(key: str, value: Any) -> str:
    """`hmac:<hex>`, HMAC-SHA256 under `key` (hex) over the value's canonical JSON: equal values, equal texts."""
    canonical = json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()
    return f"hmac:{hmac.new(bytes.fromhex(key), canonical, hashlib.sha256).hexdigest()}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=repr)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path.rstrip("/")
    ).geturl()


def to_json(document: StateDocument) -> dict[str, Any]:
    """The document as JSON data, in a stable order."""
    return _file(document).data()


def to_text(document: StateDocument) -> str:
    """The document as JSON text, indented by two spaces."""
    return _file(document).text(indent=2)


def _file(document: StateDocument) -> StateFile:
    return StateFile(
        version=WITH_JOURNAL if document.journal else VERSION,
        serial=document.serial,
        lineage=document.lineage,
        project=document.project,
        environment=document.environment,
        url=document.url,
        key=document.key,
        resources=[EntryRow.of(document.entries[address]) for address in sorted(document.entries)],
        pending=[IntentRow.of(document.intents[address]) for address in sorted(document.intents)],
        tombstones=[TombstoneRow.of(stone) for stone in document.tombstones],
        suppressed=document.suppressed,
        largestLaunch=document.largest_launch,
        records=document.records,
        savedPlan=document.saved_plan,
        journal=document.journal or None,
    )


def read_document(content: bytes, where: str, *, is_part: bool = False) -> StateDocument:
    """Read a document; StateError with the member that is wrong. `where` names the document, like its file. `is_part`: also one
    that needs a journal, which the caller then reads.
    """
    try:
        document = _document(StateFile.model_validate_json(content), where)
    except ValidationError:
        # Python's own reader takes what this one does not (half of a surrogate pair), and says where it is no JSON.
        document = from_json(parse_content(content, where), where)
    if document.journal and not is_part:
        raise StateError(
            f"{where} is not the whole state",
            detail=f"A run was under way when it was copied: what came after serial {document.serial} is in a journal beside it.",
            hint="`mscode state pull` in the environment that it is from gives the whole state. To push it without: --force.",
            code="state-part",
        )
    return document


def from_json(data: Any, where: str) -> StateDocument:
    """`read_document` for parsed JSON."""
    try:
        file = StateFile.model_validate(data)
    except ValidationError as error:
        raise state_error(error, where) from None
    return _document(file, where)


def _document(file: StateFile, where: str) -> StateDocument:
    if (file.version == WITH_JOURNAL) != bool(file.journal):
        raise StateError(
            f"{where} has version {file.version}, and this mscode knows version {VERSION}, with `journal` version {WITH_JOURNAL}",
            hint="Use the mscode that wrote it, or a newer one.",
            code="state-version",
        )
    return StateDocument(
        project=file.project,
        environment=file.environment,
        url=file.url,
        lineage=file.lineage,
        key=file.key,
        serial=file.serial,
        entries=_by_address((row.noun() for row in file.resources), where),
        intents=_by_address((row.noun() for row in file.pending), where),
        tombstones=[row.noun() for row in file.tombstones],
        suppressed=file.suppressed,
        largest_launch=file.largest_launch,
        records=file.records,
        saved_plan=file.saved_plan,
        journal=file.journal or "",
    )


def legible_serial(content: bytes) -> int:
    """The serial of a document that may be of another shape or version; 0 where it has none, or is not even JSON."""
    with suppress(StateError):
        data = parse_content(content, "")
        serial = data.get("serial") if isinstance(data, dict) else None
        if isinstance(serial, int) and not isinstance(serial, bool):
            return max(serial, 0)
    return 0


def parse_content(content: bytes, where: str) -> Any:
    """JSON data; StateError where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        problem = str(error)
    raise StateError(
        f"{where} is not JSON", detail=problem, hint="Restore it, for example from its backup.", code="state-shape"
    )


def _by_address(nouns: Iterable[Noun], where: str) -> dict[Address, Noun]:
    by_address: dict[Address, Noun] = {}
    for noun in nouns:
        if noun.address in by_address:
            raise StateError(f"{where}: {noun.address} stands there twice", code="state-shape")
        by_address[noun.address] = noun
    return by_address
