"""What a saved plan holds beside the plan: the part `saved`, which `apply FILE` compares. Reading, writing and schema.

The schema describes the members that other programs may read; the others are internal.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from mscode.plan.fingerprint import PERSON_BYTES, ChangePrint, Fingerprint
from mscode.views.json_schema import INSTANT, Count, about

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def _instant(value: object) -> object:
    if isinstance(value, str):
        return datetime.strptime(value, _FORM).replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else _no_text()


def _no_text() -> object:
    raise ValueError("is no text")


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value if isinstance(value, frozenset | None) else _no_text()
    content = base64.b64decode(value, validate=True)
    if len(content) % PERSON_BYTES:
        raise ValueError("is not a whole number of hashes")
    return frozenset(content[at : at + PERSON_BYTES] for at in range(0, len(content), PERSON_BYTES))


def _is_none(value: object) -> bool:
    return value is None


Expiry = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(lambda moment: moment.astimezone(UTC).strftime(_FORM)),
    WithJsonSchema({"type": "string", "pattern": INSTANT}),
]
#: Sorted, joined, in base64; each hash has PERSON_BYTES.
Hashes = Annotated[
    frozenset[bytes] | None,
    BeforeValidator(_unpacked),
    PlainSerializer(lambda hashes: base64.b64encode(b"".join(sorted(hashes or ()))).decode()),
]


class ChangePrintRow(BaseModel):
    """A `ChangePrint`; its hashes as one text each, left out where there are none to compare."""

    address: str
    what: str
    people: Hashes = Field(default=None, exclude_if=_is_none)
    joins: Hashes = Field(default=None, exclude_if=_is_none)


class SavedRun(BaseModel):
    """The run of `mscode fleet plan` that a plan was made in. `key_id` names the key of its hashes of people, `people` is the hash
    of the project's line in people.hashes, `override` are the guards over all projects that are overridden.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    key_id: str
    people: str
    override: tuple[str, ...] = ()


class Saved(BaseModel):
    """What a plan was made of. `key_from` is where the key of its hashes is from, `key_id` tells one key from another.

    `lineage` is "" where there was no state. `expires` is on the service's clock. `at` is `--at` ("" without). `options` are the
    planning options, `files` the project's files with the hash of each, `variables` the values of `--var`, sealed. `folder` is
    the project's, relative to the file's own ("" where it was elsewhere). `head` and `changes` are the plan's fingerprint.
    """

    model_config = ConfigDict(frozen=True)

    version: Annotated[Literal[1], about("Version of this part.")]
    id: SkipJsonSchema[str]
    key_from: SkipJsonSchema[Literal["state", "token"]]
    key_id: SkipJsonSchema[str]
    url: Annotated[str, about("The environment's URL.")]
    serial: Annotated[Count, about("Serial of the state.")]
    lineage: Annotated[str, about('Lineage of the state, "" where there was none.')]
    tz_version: SkipJsonSchema[str]
    expires: Annotated[Expiry, about("When it expires, in UTC, on the service's clock.")]
    at: SkipJsonSchema[str]
    options: SkipJsonSchema[dict[str, Any]]
    files: SkipJsonSchema[dict[str, str]]
    variables: SkipJsonSchema[str]
    variable_files: SkipJsonSchema[tuple[str, ...]]
    folder: SkipJsonSchema[str]
    head: SkipJsonSchema[str]
    changes: SkipJsonSchema[tuple[ChangePrintRow, ...]]
    #: None of a plan that was made alone
    run: SkipJsonSchema[SavedRun | None] = Field(default=None, exclude_if=_is_none)

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the plan that was saved."""
        changes = (ChangePrint(row.address, row.what, row.people, row.joins) for row in self.changes)
        return Fingerprint(self.head, tuple(changes))


class SavedJson(Saved):
    """In the file of `plan --out` alone: what `apply FILE` compares. Its form is mscode's own, and may change."""

    mac: Annotated[str, about("HMAC over the whole file: an edited one is refused.")]


def rows_of(changes: tuple[ChangePrint, ...]) -> tuple[ChangePrintRow, ...]:
    """The changes of a fingerprint as they are saved."""
    return tuple(ChangePrintRow.model_validate(change, from_attributes=True) for change in changes)
