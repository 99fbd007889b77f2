"""The state document: which live object is which address, what was last applied, what is under way.

See docs/state.md.

    version 1 · serial · lineage · project · environment · url · key · resources[] · pending[] · tombstones[] · suppressed

`serial` only grows; `lineage` tells two states of the same environment apart; `key` is the random key of the hashes
that stand in the place of personal values; `suppressed` (where there is a do-not-call list) is the base64 of five bytes of
each number's hash. Every change is a small JSON record (`begin`, `put`, `settle`, `drop`, `bury`, `unbury`, `move`,
`suppress`) that `StateDocument.apply` carries out, whether it was just made or comes from the journal.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from mscode.errors import StateError
from mscode.model.address import Address
from mscode.model.world import Entry, Intent, Known, Tombstone
from mscode.state.shape import Shape, texts

VERSION = 1
One = TypeVar("One", Entry, Intent)


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

    def known(self) -> Known:
        """A copy for the planner, which later changes leave alone."""
        stones = tuple(self.tombstones)
        return Known(dict(self.entries), dict(self.intents), stones, self.serial, self.lineage, self.suppressed)

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
        for name, ours, theirs in pairs:
            if ours != theirs:
                hint = (
                    f"Put the old {name} back: every mark in the live account names it, and what it marks is not known without."
                    if name != "url"
                    else "Put the old url back, or give the environment of the other account a name of its own."
                )
                raise StateError(
                    "This state belongs to another account",
                    detail=f"It was made for {name} {ours}, not {theirs}.",
                    hint=hint,
                    code="other-account",
                )

    def bind(self, project: str, environment: str, url: str) -> None:
        """Make this state that of the account, where there is nothing in it yet; else `check_binding`.

        A run that never reached the service leaves an empty state behind: a mistyped `url` must not need a new name.
        """
        ours, theirs = (self.project, self.environment, self.url), (project, environment, url)
        if self.is_empty and ours != theirs:
            self.project, self.environment, self.url = theirs
            self.serial += 1
        self.check_binding(project, environment, url)

    @property
    def is_empty(self) -> bool:
        """Does it know of nothing that was made, begun or left alone?"""
        return not (self.entries or self.intents or self.tombstones)

    def apply(self, record: Mapping[str, Any]) -> None:
        """Carry out one record; StateError when it is none."""
        shape = Shape(record, "the record")
        shape.one_of("op", _OPERATIONS)
        _OPERATIONS[record["op"]](self, shape)
        shape.end()

    def _begin(self, record: Shape) -> None:
        self.intents.update({intent.address: intent for intent in map(intent_from, record.rows("intents"))})

    def _put(self, record: Shape) -> None:
        entry = entry_from(record.row("entry"))
        self.entries[entry.address] = entry

    def _settle(self, record: Shape) -> None:
        self.intents.pop(record.address("address"), None)

    def _drop(self, record: Shape) -> None:
        self.entries.pop(record.address("address"), None)

    def _bury(self, record: Shape) -> None:
        tombstone = tombstone_from(record.row("tombstone"))
        if tombstone not in self.tombstones:
            self.tombstones.append(tombstone)

    def _unbury(self, record: Shape) -> None:
        address = record.address("address")
        self.tombstones = [one for one in self.tombstones if one.address != address]

    def _suppress(self, record: Shape) -> None:
        self.suppressed = _unpacked(record, "suppressed")

    def _move(self, record: Shape) -> None:
        old, new = record.address("from"), record.address("to")
        if old in self.entries:
            self.entries[new] = _replaced(self.entries.pop(old), new)
        if old in self.intents:
            self.intents[new] = _replaced(self.intents.pop(old), new)


_OPERATIONS: dict[str, Callable[[StateDocument, Shape], None]] = {
    "begin": StateDocument._begin,
    "put": StateDocument._put,
    "settle": StateDocument._settle,
    "drop": StateDocument._drop,
    "bury": StateDocument._bury,
    "unbury": StateDocument._unbury,
    "move": StateDocument._move,
    "suppress": StateDocument._suppress,
}


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


def _replaced(one: One, address: Address) -> One:
    return replace(one, address=address)


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path.rstrip("/")
    ).geturl()


def to_json(document: StateDocument) -> dict[str, Any]:
    """The document as JSON data, in an order that is the same twice."""
    return {
        "version": VERSION,
        "serial": document.serial,
        "lineage": document.lineage,
        "project": document.project,
        "environment": document.environment,
        "url": document.url,
        "key": document.key,
        "resources": [entry_json(document.entries[address]) for address in sorted(document.entries)],
        "pending": [intent_json(document.intents[address]) for address in sorted(document.intents)],
        "tombstones": [tombstone_json(one) for one in document.tombstones],
        **({"suppressed": packed(document.suppressed)} if document.suppressed else {}),
    }


def from_json(data: Any, where: str) -> StateDocument:
    """Read a document; StateError that tells where it is not one. `where` names it, like its file."""
    shape = Shape(data, where)
    _check_version(shape, where)
    document = StateDocument(
        project=shape.text("project"),
        environment=shape.text("environment"),
        url=shape.text("url"),
        lineage=shape.hex("lineage", 32),
        key=shape.hex("key", 64),
        serial=shape.count("serial"),
        tombstones=[tombstone_from(row) for row in shape.rows("tombstones")],
    )
    document.entries = _by_address(map(entry_from, shape.rows("resources")), where)
    document.intents = _by_address(map(intent_from, shape.rows("pending")), where)
    if "suppressed" in data:
        document.suppressed = _unpacked(shape, "suppressed")
    shape.end()
    return document


def parse_content(content: bytes, where: str) -> Any:
    """JSON data; StateError where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        problem = str(error)
    raise StateError(
        f"{where} is not JSON", detail=problem, hint="Restore it, for example from its backup.", code="state-shape"
    )


def _check_version(shape: Shape, where: str) -> None:
    version = shape.count("version")
    if version != VERSION:
        raise StateError(
            f"{where} has version {version}, and this mscode knows version {VERSION}",
            hint="Use the mscode that wrote it, or a newer one.",
            code="state-version",
        )


def _by_address(rows: Iterable[One], where: str) -> dict[Address, One]:
    found: dict[Address, One] = {}
    for row in rows:
        if row.address in found:
            raise StateError(f"{where}: {row.address} stands there twice", code="state-shape")
        found[row.address] = row
    return found


#: Hex digits that stand for one number of the do-not-call list.
_MARK = 10


def packed(marks: Iterable[str]) -> str:
    """Marks of numbers as one text: a hundred thousand take two thirds of a megabyte."""
    return base64.b64encode(bytes.fromhex("".join(marks))).decode()


def _unpacked(shape: Shape, name: str, *, absent: str | None = None) -> tuple[str, ...]:
    try:
        text = base64.b64decode(shape.text(name, absent=absent), validate=True).hex()
    except ValueError:
        raise shape.wrong(name, "base64") from None
    return tuple(text[at : at + _MARK] for at in range(0, len(text), _MARK))


def entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "address": str(entry.address),
        "id": entry.id,
        "origin": entry.origin,
        "createdAt": entry.created_at,
        "generation": entry.generation,
        "applied": dict(entry.applied),
        "echo": {name: list(pair) for name, pair in entry.echo.items()},
        "preventDestroy": entry.prevent_destroy,
        "onRemoval": entry.on_removal,
        "superseded": list(entry.superseded),
        "launched": entry.launched,
        "firstCall": entry.first_call,
        "dialled": entry.dialled,
        **({"called": packed(entry.called)} if entry.called else {}),
    }


def entry_from(shape: Shape) -> Entry:
    origin: Literal["created", "adopted"] = "adopted" if shape.one_of("origin", _ORIGINS) == "adopted" else "created"
    entry = Entry(
        address=shape.address("address"),
        id=shape.text("id"),
        origin=origin,
        created_at=shape.text("createdAt"),
        generation=shape.count("generation"),
        applied=shape.mapping("applied"),
        echo={name: _pair(shape, name, pair) for name, pair in shape.mapping("echo").items()},
        prevent_destroy=shape.flag("preventDestroy"),
        on_removal=shape.text("onRemoval"),
        superseded=texts(shape, "superseded"),
        launched=shape.flag("launched"),
        first_call=shape.text("firstCall"),
        dialled=shape.count("dialled", absent=0),
        called=_unpacked(shape, "called", absent=""),
    )
    shape.end()
    return entry


_ORIGINS = ("created", "adopted")


def _pair(shape: Shape, name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise shape.wrong(f"echo.{name}", "a list of what was sent and what came back")
    return value[0], value[1]


def intent_json(intent: Intent) -> dict[str, Any]:
    return {
        "address": str(intent.address),
        "generation": intent.generation,
        "op": intent.op,
        "bodyDigest": intent.body_digest,
        "matches": list(intent.matches),
    }


def intent_from(shape: Shape) -> Intent:
    intent = Intent(
        address=shape.address("address"),
        generation=shape.count("generation"),
        op=shape.text("op"),
        body_digest=shape.text("bodyDigest"),
        matches=texts(shape, "matches"),
    )
    shape.end()
    return intent


def tombstone_json(tombstone: Tombstone) -> dict[str, Any]:
    reached = {"reached": True} if tombstone.reached else {}
    return {"address": str(tombstone.address), "id": tombstone.id, **reached}


def tombstone_from(shape: Shape) -> Tombstone:
    tombstone = Tombstone(shape.address("address"), shape.text("id"), shape.flag("reached", absent=False))
    shape.end()
    return tombstone
