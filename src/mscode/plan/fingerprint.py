"""The canonical form of a plan and its digest: what would be done, not when it was looked at.

See docs/ci.md#saved-plans.

Covers actions, before, after, order, effects, the phase and the fields of what is touched and, as keyed hashes, the people
that a launch reaches. Not in it: timestamps, progress, forecasts.

Everything is an HMAC under a secret key. A plain hash would do for telling two plans apart, but a number that is hashed
among known things can be found by trying all numbers; so whoever does not have the key learns nothing from a digest.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import ListenerUrl
from mscode.model.plurals import count
from mscode.model.values import FileContent, Ref, Unknown
from mscode.plan.change import ApplyRows, Change, Delete, Plan, Replace, RowChanges

#: Bytes of the hash that stands for one person: 96 bits, so that a million people have no collision by chance.
PERSON_BYTES = 12


@dataclass(frozen=True, slots=True)
class ChangePrint:
    """One change: `what` is done (hex), without the `people` a launch reaches and the members that join, each a hash."""

    address: str
    what: str
    people: frozenset[bytes] | None = None
    joins: frozenset[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A plan in parts, so that it can be said where two plans differ. `head`: project, environment, URL, destroy (hex).

    `changes` are in the order of work.
    """

    head: str
    changes: tuple[ChangePrint, ...]

    def digest(self, key: str) -> str:
        """One HMAC-SHA256 (hex) over all of it."""
        rows = [[c.address, c.what, _hex(c.people), _hex(c.joins)] for c in self.changes]
        return keyed(key, "plan", [self.head, *rows])


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was approved: an address ("" for the whole plan), and the sentence about it."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """An approved plan beside the plan of now. `fewer`: address -> (approved, now) of launches that reach fewer people."""

    differences: tuple[Difference, ...] = ()
    fewer: Mapping[str, tuple[int, int]] | None = None


def digest(plan: Plan, key: str) -> str:
    """The digest (hex) of a plan. `key` is secret; same key, same plan, same digest."""
    return fingerprint(plan, key).digest(key)


def fingerprint(plan: Plan, key: str, salt: str = "") -> Fingerprint:
    """The parts of a plan under a secret key. With a `salt` of its own no two saved plans show that they reach the same
    person."""
    head = [plan.project, plan.environment, plan.url, plan.destroy]
    return Fingerprint(
        keyed(key, f"{salt}head", head), tuple(_change_print(c, key, salt) for c in plan.changes if c.is_shown)
    )


def keyed(key: str, label: str, value: Any) -> str:
    """HMAC-SHA256 (hex) of JSON data; hashes with different labels cannot be taken for each other."""
    return _mac(key, label, _encoder().encode(value).encode()).hex()


@cache
def _encoder() -> json.JSONEncoder:
    return json.JSONEncoder(sort_keys=True, ensure_ascii=False, check_circular=False)


def _mac(key: str, label: str, content: bytes) -> bytes:
    if not key:
        raise ValueError("a digest needs a secret key")
    return hmac.digest(key.encode(), label.encode() + b"\0" + content, "sha256")


def _hex(hashes: frozenset[bytes] | None) -> list[str]:
    return sorted(mac.hex() for mac in hashes or ())


# ---- one change ------------------------------------------------------------------------------------------------------


def _change_print(change: Change, key: str, salt: str) -> ChangePrint:
    address = str(change.address)
    phones = change.launch.reach.phones if change.launch else None
    joining = [str(m) for m in change.members.add] if change.members else None
    return ChangePrint(
        address,
        keyed(key, f"{salt}change", _content(change)),
        _hashes(phones, key, f"{salt}person {address}"),
        _hashes(joining, key, f"{salt}member {address}"),
    )


def _hashes(people: Iterable[str] | None, key: str, label: str) -> frozenset[bytes] | None:
    if people is None:
        return None
    person_key = _mac(key, label, b"")  # keyed BLAKE2 is as good a MAC, and a campaign may reach a million people
    return frozenset(
        hashlib.blake2b(person.encode(), key=person_key, digest_size=PERSON_BYTES).digest() for person in people
    )


def _content(change: Change) -> dict[str, Any]:
    """What is done, as JSON data, without the people of a launch and the members that join."""
    launch = change.launch
    # Of what was replaced earlier the phase says nothing: that object is known by its id.
    is_superseded = isinstance(change, Delete) and change.leftover == "superseded"
    marker = change.live.status.marker if change.live and not is_superseded else None
    return {
        "address": str(change.address),
        "previous": str(change.previous_address or ""),
        "action": change.action.value,
        "id": change.live.id if change.live else "",
        "import": change.import_id,
        "deletes": [change.live.id] if isinstance(change, Delete) and change.leftover else [],
        "keeps": isinstance(change, Replace) and change.keeps_old,
        "phase": marker.phase if marker else "",
        "halts": change.halts,
        "fields": [[f.name, _canonical(f.before), _canonical(f.after)] for f in change.fields],
        "live": _live(change),
        "leave": sorted(change.members.remove) if change.members else None,
        "launch": [launch.reason, sorted(launch.widens), sorted(launch.campaigns), launch.reach.redials]
        if launch
        else None,
        "rows": _rows(change.rows) if isinstance(change, ApplyRows) else None,
    }


def _rows(rows: RowChanges) -> list[Any]:
    """What happens to the accounts of a list, as one hash, for there may be a hundred thousand. It needs no key of its own:
    it stands in what is hashed under one."""
    hashed = hashlib.sha256()
    for row in (*rows.create, *rows.update):
        live_id = row.live.id if row.live else ""
        hashed.update(json.dumps([row.who.key, live_id, sorted(row.fields.items())]).encode())
    return [len(rows.create), len(rows.update), hashed.hexdigest()]


def _live(change: Change) -> dict[str, Any]:
    """The fields of what is touched, those too that no manifest sets; but not what moves as a campaign goes on."""
    if change.live is None:
        return {}
    rules = registry()[change.live.section].fields
    shown = [rule for rule in rules if not (rule.write_only or rule.append_only or rule.name == "state")]
    return {rule.name: _canonical(rule.normalize(change.live.fields.get(rule.name))) for rule in shown}


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _canonical(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in value]
    if isinstance(value, set | frozenset):
        return sorted((_canonical(v) for v in value), key=str)
    if isinstance(value, Ref):
        return f"ref:{value.section}.{value.name}"
    if isinstance(value, Unknown):
        return f"unknown:{value.address}"
    if isinstance(value, FileContent):
        return f"file:{value.sha256}"
    if isinstance(value, ListenerUrl):
        return f"listener:{value.base}"
    return value


# ---- two plans -------------------------------------------------------------------------------------------------------


def compare(approved: Fingerprint, now: Fingerprint) -> Comparison:
    """What differs. A launch that reaches fewer people than approved is no difference, nor are the members that do not
    join then; one person more is."""
    before, after = ({c.address: c for c in plan.changes} for plan in (approved, now))
    fewer = {a: n for a, c in after.items() if a in before and (n := _narrowed_launch(before[a], c)) is not None}
    differences = [Difference("", "The plan is for another project, environment or URL")] * (approved.head != now.head)
    differences += [
        Difference(a, f"The approved plan changes {a}, but it needs no change any more")
        for a in before
        if a not in after
    ]
    differences += [Difference(a, f"{a} was not to be changed by the approved plan") for a in after if a not in before]
    for address in (a for a in after if a in before):
        differences += [
            Difference(address, f"{address} {reason}")
            for reason in _differences(before[address], after[address], bool(fewer))
        ]
    if not differences and list(before) != list(after):
        differences.append(Difference("", "The order of the changes is another one"))
    return Comparison(tuple(differences), fewer)


def beyond(approved: Fingerprint, rest: Fingerprint) -> Iterator[Difference]:
    """What the rest of an approved plan, a part of which is done, would do that nobody approved. How it would be done is not
    compared: what was to be created and launched may be there by now, and waits for its launch.
    """
    if approved.head != rest.head:
        yield Difference("", "The plan is for another project, environment or URL")
    before = {change.address: change for change in approved.changes}
    for change in rest.changes:
        known = before.get(change.address)
        if known is None:
            yield Difference(change.address, f"{change.address} was not to be changed by the approved plan")
            continue
        if extra := len((change.people or frozenset()) - (known.people or frozenset())):
            text = f"{change.address} would reach {count(extra, 'person')} whom nobody approved"
            yield Difference(change.address, text)
        if (change.joins or frozenset()) - (known.joins or frozenset()):
            yield Difference(change.address, f"{change.address} would get other members")


def _narrowed_launch(approved: ChangePrint, now: ChangePrint) -> tuple[int, int] | None:
    if approved.people is None or now.people is None or not now.people < approved.people:
        return None
    return len(approved.people), len(now.people)


def _differences(approved: ChangePrint, now: ChangePrint, narrowed: bool) -> Iterable[str]:
    if approved.what != now.what:
        yield "would be changed in another way"
    extra = len((now.people or frozenset()) - (approved.people or frozenset()))
    if extra or (approved.people is None) != (now.people is None):
        yield f"would reach {count(extra, 'person')} whom nobody approved"
    joins, approved_joins = now.joins or frozenset(), approved.joins or frozenset()
    if not (joins <= approved_joins if narrowed else joins == approved_joins):
        yield "would get other members"
