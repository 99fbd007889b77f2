"""The chain of records: each has the digest of the one before, so that none can be changed, taken out or put in unnoticed.

A record is a line of canonical JSON (no spaces, ASCII, members in one order):

    {"n": 7, "before": D6, "at": …, "type": "launch", "about": {…}, "people": {"count", "root"}, "content": {…}, "digest": D7}

D7 = sha256 of the same line without `digest`, and with the sha256 of the content in the place of the content. So a content whose
time has passed can be erased: `erased` with its digest then stands in its place, and the chain verifies as before. The digest of
the first one's predecessor is 64 zeros.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from mscode.errors import StateError
from mscode.model.light_dataclass import dataclass
from mscode.state.document import RecordLink
from mscode.state.records.people import LeafType
from mscode.state.records.shape import (
    About,
    Audience,
    Beginning,
    Content,
    Decision,
    EntryType,
    Launch,
    Line,
    Result,
)
from mscode.state.shape import state_error

#: The digest before the first record.
START = "0" * 64
SHAPES: Mapping[EntryType, type[Content]] = {
    "beginning": Beginning,
    "launch": Launch,
    "result": Result,
    "decision": Decision,
}
_HINT = (
    "See what `mscode history verify` says, and restore the records from your copy. Where there is none, move them to another "
    "place: new records then begin, and say that earlier ones are lost."
)


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One record as it was read. `content` is None where it was erased; `year` and `number` are its document and its line there (0
    where that is not known, of the last one)."""

    line: Line
    content: Content | None
    year: int
    number: int

    @property
    def n(self) -> int:
        """Its number in the chain, from 1."""
        return self.line.n

    @property
    def id(self) -> str:
        """What people call it: `7-3fa9c1`, its number and the beginning of its digest."""
        return id_of(self.line.n, self.line.digest)

    @property
    def link(self) -> RecordLink:
        """Its number and digest."""
        return RecordLink(n=self.line.n, digest=self.line.digest)

    @property
    def place(self) -> str:
        """Where it stands: `2026.jsonl line 7`."""
        return place_of(self.year, self.number)


def leaf_type(type: EntryType) -> LeafType:
    """Whose leaves the people of a record of this type are."""
    return "result" if type == "result" else "launch"


def id_of(n: int, digest: str) -> str:
    """The id of a record: its number, and of its digest as much as makes ids of two environments differ."""
    return f"{n}-{digest[:6]}"


def place_of(year: int, number: int) -> str:
    """A line of a year's document, for people; its last one where the number is 0."""
    return f"{year}.jsonl line {number}" if number else f"The last line of {year}.jsonl"


def next_line(
    last: RecordLink | None, content: Content, type: EntryType, about: About, people: Audience | None
) -> Line:
    """The line that comes after `last` (None: the first one)."""
    head: dict[str, Any] = {
        "n": last.n + 1 if last else 1,
        "before": last.digest if last else START,
        "at": content.at,
        "type": type,
        "about": about.data(),
        "people": people.data() if people else None,
    }
    data = content.data()
    return Line.model_validate({**head, "content": data, "digest": digest_of(head, content_digest(data))})


def erased_line(line: Line) -> Line:
    """The same line without its content; its digest stays."""
    if line.content is None:
        return line
    return line.model_copy(update={"content": None, "erased": content_digest(line.content)})


def to_bytes(line: Line) -> bytes:
    """The line as it is kept, with its line end."""
    return canonical(_kept(line)) + b"\n"


def _kept(line: Line) -> dict[str, Any]:
    data = line.data()
    del data["content" if line.content is None else "erased"]
    return data


def content_digest(content: object) -> str:
    """The sha256 of a content's canonical JSON."""
    return hashlib.sha256(canonical(content)).hexdigest()


def digest_of(head: Mapping[str, Any], content: str) -> str:
    """The digest of a record: of its head (the members before the content) and the digest of its content."""
    return hashlib.sha256(canonical({**head, "content": content})).hexdigest()


def canonical(data: object) -> bytes:
    """Canonical JSON: members in their order, no spaces, ASCII."""
    return json.dumps(data, separators=(",", ":")).encode()


def parse_line(raw: bytes, place: str) -> Line:
    """A line of a document; StateError where it is none, or not in the one form in which it is written."""
    try:
        data = json.loads(raw)
        line = Line.model_validate(data, by_name=False)
    except ValidationError as error:
        raise state_error(error, place) from None
    except (ValueError, RecursionError):
        raise damaged(place, "It is not a record in JSON.") from None
    if (line.content is None) == (line.erased is None) or canonical(data) + b"\n" != raw:
        raise damaged(place, "It is not as mscode writes records.")
    return line


def own_digest(line: Line) -> str:
    """The digest that a line should have, by what stands in it."""
    head = {name: value for name, value in line.data().items() if name not in ("content", "erased", "digest")}
    return digest_of(head, line.erased or content_digest(line.content))


def entry_of(raw: bytes, year: int, number: int) -> ChainEntry:
    """A line with its content read; StateError where either cannot be read."""
    return entry_of_line(parse_line(raw, place_of(year, number)), year, number)


def entry_of_line(line: Line, year: int, number: int) -> ChainEntry:
    """The same of a line that was parsed; StateError where its content cannot be read."""
    if line.content is None:
        return ChainEntry(line, None, year, number)
    try:
        content = SHAPES[line.type].model_validate(line.content, by_name=False)
    except ValidationError as error:
        raise state_error(error, place_of(year, number)) from None
    return ChainEntry(line, content, year, number)


def lines_of(document: bytes) -> Iterator[bytes]:
    """The lines of a year's document, each with its line end. The last one lacks it where its writing was cut short."""
    # (`splitlines` would take a carriage return, which no record has, for a line end.)
    *lines, last = document.split(b"\n")
    yield from (line + b"\n" for line in lines)
    if last:
        yield last


def damaged(place: str, detail: str) -> StateError:
    """A record cannot be read, or is not what was written."""
    return StateError(f"{place} is damaged", detail=detail, hint=_HINT, code="records-damaged")
