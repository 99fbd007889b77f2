"""The people of a fleet's plans, as hashes: what finds the same person in two projects without a number leaving either.

The file `people.hashes` in the folder of a run has a line of JSON for the run, and one for each project whose plan lets anybody be
called. It holds no number; but whoever has the key can try all numbers, so the file is its owner's alone, and the key is in none.
The plan of a project has the hash of its line, under the `mac` of the plan: a line cannot be exchanged without being noticed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from mscode.app.private_file import write_private_file
from mscode.errors import ConfigError, MscodeError, StalePlan
from mscode.plan.guards.over_projects import HashedCalls, ProjectReach

if TYPE_CHECKING:
    from mscode.plan.change import Plan

FILE = "people.hashes"
VARIABLE = "MSCODE_FLEET_KEY"
_LEAST_KEY = 32
#: Bytes of the hash of a person: no two of a billion people have the same one by chance.
_BYTES = 16
_MOST_BYTES = 2**31


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value
    content = base64.b64decode(value, validate=True)
    if len(content) % _BYTES:
        raise ValueError("is not a whole number of hashes")
    return frozenset(content[at : at + _BYTES] for at in range(0, len(content), _BYTES))


_Hashes = Annotated[
    frozenset[bytes],
    BeforeValidator(_unpacked),
    PlainSerializer(lambda hashes: base64.b64encode(b"".join(sorted(hashes))).decode()),
]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _DaysRow(_Shape):
    first: int
    last: int
    people: _Hashes


class _CallsRow(_Shape):
    address: str
    is_new: bool
    days: tuple[_DaysRow, ...]


class _ProjectRow(_Shape):
    path: str
    people: _Hashes
    max_calls: int
    launches: tuple[str, ...]
    calls: tuple[_CallsRow, ...]


class _Head(_Shape):
    """The first line."""

    version: int
    key_id: str


# ---- the key ---------------------------------------------------------------------------------------------------------


def fleet_key(variables: Mapping[str, str], *, is_shard: bool) -> bytes:
    """The key of a run: MSCODE_FLEET_KEY, or a new one where nothing else has to find the same people. ConfigError where it is too
    short, or where a shard has none.
    """
    text = variables.get(VARIABLE, "")
    if len(text.encode()) >= _LEAST_KEY:
        return hashlib.sha256(text.encode()).digest()
    make = f"Make one with `openssl rand -base64 {_LEAST_KEY}`, and keep it as a secret of the CI."
    if text:
        raise ConfigError(f"{VARIABLE} is shorter than {_LEAST_KEY} bytes", hint=make, code="fleet-key")
    if is_shard:
        raise ConfigError(
            f"{VARIABLE} is not set",
            detail="Shards find the same person in two projects by hashes under one key.",
            hint=make,
            code="fleet-key",
        )
    return secrets.token_bytes(_LEAST_KEY)


def key_id(key: bytes) -> str:
    """A name of the key by which it is told from another; nothing of the key can be derived from it."""
    return blake2b(b"the name of this key", key=key, digest_size=8).hexdigest()


# ---- in the process of a project -------------------------------------------------------------------------------------


def people_line(path: str, plan: Plan, key: bytes) -> str:
    """The line of a project: whom its plan lets be called, and when."""
    from mscode.plan.people.calling_days import calling_days

    def hashed(numbers: Iterable[str]) -> frozenset[bytes]:
        return frozenset(blake2b(number.encode(), key=key, digest_size=_BYTES).digest() for number in numbers)

    reaches = {str(change.address): change.launch.reach for change in plan.changes if change.launch is not None}
    row = _ProjectRow(
        path=path,
        people=hashed(frozenset().union(*(reach.phones for reach in reaches.values()))),
        max_calls=sum(reach.max_calls for reach in reaches.values()),
        launches=tuple(reaches),
        calls=tuple(
            _CallsRow(
                address=calls.address,
                is_new=calls.is_new,
                days=tuple(
                    _DaysRow(first=first, last=last, people=hashed(people))
                    for (first, last), people in sorted(calls.people.items())
                ),
            )
            for calls in (calling_days(plan.builder) if plan.builder is not None else ())
        ),
    )
    return row.model_dump_json()


def line_hash(line: str) -> str:
    """What a project's plan holds of its line."""
    return hashlib.sha256(line.encode()).hexdigest()


# ---- the file --------------------------------------------------------------------------------------------------------


def write_people(folder: Path, key_name: str, lines: Iterable[str]) -> None:
    """Write the file of a run, readable by its owner alone; an earlier one goes."""
    path = folder / FILE
    path.unlink(missing_ok=True)
    head = _Head(version=1, key_id=key_name).model_dump_json()
    write_private_file(path, "".join(f"{line}\n" for line in (head, *lines)))


def read_people(folder: Path) -> tuple[str, dict[str, str]]:
    """The name of the key, and each project's line by the project's path. StalePlan where the file is none of a run."""
    path = folder / FILE
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        return _Head.model_validate_json(head).key_id, {_path_of(line): line for line in lines}
    except OSError as error:
        raise StalePlan(f"{path} cannot be read: {error.strerror}", hint=ANEW, code="stale-plan") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise StalePlan(f"{path} is no file of `mscode fleet plan`", hint=ANEW, code="stale-plan") from None


#: What to do about a folder that cannot be used.
ANEW = "Make new plans: mscode fleet plan --out DIR"


def _path_of(line: str) -> str:
    path = json.loads(line)["path"]
    if not isinstance(path, str):
        raise ValueError("is no path")
    return path


def reach_of(line: str) -> ProjectReach:
    """What a line says; MscodeError where it is none."""
    try:
        row = _ProjectRow.model_validate_json(line)
    except ValidationError:
        raise MscodeError(f"A line of {FILE} cannot be read", hint=ANEW, code="stale-plan") from None
    return ProjectReach(
        row.path,
        row.people,
        row.max_calls,
        row.launches,
        tuple(
            HashedCalls(calls.address, calls.is_new, {(days.first, days.last): days.people for days in calls.days})
            for calls in row.calls
        ),
    )


def reaches_of(lines: Iterable[str]) -> Sequence[ProjectReach]:
    """The same of several lines, sorted by path."""
    return sorted(map(reach_of, lines), key=lambda reach: reach.path)
