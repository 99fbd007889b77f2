"""Receivers of calls, campaigns and messages: the people that they reach (docs/service-notes.md#receivers).

A receiver is written as exactly one of a group, an account, and a phone or an e-mail address; it is read back as a row
that may hold several of them. A service may also take a group apart when it is written, and show a row for each person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import model_validator

from mscode.errors import Diagnostic
from mscode.kinds.fields.e164 import is_valid, live_e164
from mscode.kinds.fields.spec import Spec, Warned
from mscode.kinds.fields.types import AccountRef, Email, GroupRef, LiveId, Phone, described
from mscode.model import service_json
from mscode.model.address import Address
from mscode.model.values import Ref
from mscode.model.world import VIA_GROUP, Desired, match_key

_NAMES = {"group": "groupId", "account": "accountId"}


class _Known(Spec):
    """Someone the account knows: a group or an account, declared here or not."""

    group: GroupRef | None = described("A declared group.")
    groupId: LiveId | None = described("The id of a group that is not managed, or a mapping of environments to ids.")
    account: AccountRef | None = described("A declared account.")
    accountId: LiveId | None = described(
        "The id of an account that is not managed, or a mapping of environments to ids."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> _Known:
        if len(self.model_fields_set) != 1:
            names = list(type(self).model_fields)
            raise ValueError(f"a receiver is exactly one of {', '.join(names[:-1])} and {names[-1]}")
        return self


class Receiver(_Known):
    """Someone to be called: exactly one of the five."""

    phone: Phone | None = described("A phone number in E.164. The service makes an account of it where none has it.")


class EmailReceiver(_Known):
    """Someone to be written to: exactly one of the five."""

    email: Email | None = described("An e-mail address.")


def unknown_ranges(receivers: Iterable[Receiver]) -> Iterator[Warned]:
    """Warnings for numbers that are possible and in no known range."""
    for at, receiver in enumerate(receivers):
        if receiver.phone and not is_valid(receiver.phone):
            yield (
                ("receivers", at, "phone"),
                "The phone number is possible, but its range is not known to be in use",
                "Check it: a call to it may fail.",
            )


# ---- the API's form --------------------------------------------------------------------------------------------------


def encode_receivers(receivers: Sequence[Mapping[str, Any]], by: str = "phone") -> list[dict[str, Any]]:
    """Receivers with ids in place of references, as they are written: each by one member, the surest it has. `by` is what
    people are reached by, `phone` or `email`; a row that shows both and no id is written by that.
    """
    bodies: list[dict[str, Any]] = []
    for receiver in receivers:
        members = {_NAMES.get(key, key): value for key, value in receiver.items()}
        name = next(name for name in ("groupId", "accountId", by, "phone", "email") if members.get(name))
        bodies.append({name: members[name]})
    return bodies


def decode_receivers(value: Any, region: str) -> list[dict[str, str]]:
    """Receivers in spec form (ids in place of references) from the rows of the service."""
    return [_decode_receiver(row, region) for row in rows(value)]


def rows(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return (row for row in (value if isinstance(value, list) else ()) if isinstance(row, dict))


def _decode_receiver(row: Mapping[str, Any], region: str) -> dict[str, str]:
    """A row with a group is that group; with an account beside it, a person who was reached through it
    (docs/service-notes.md#receivers).
    """
    group, account = service_json.id_text(row.get("groupId")), service_json.id_text(row.get("accountId"))
    if group and not account:
        return {"groupId": group}
    phone, email = live_e164(str(row.get("phone") or ""), region), str(row.get("email") or "")
    members = (("accountId", account), ("phone", phone), ("email", email), (VIA_GROUP, group))
    return {key: value for key, value in members if value}


# ---- checks ----------------------------------------------------------------------------------------------------------


def reached_once(item: Desired, world: Mapping[Address, Desired], by: str = "phone") -> Iterator[Diagnostic]:
    """An error for each receiver that reaches an address which one before it reaches. Groups are left to the plan."""
    positions: dict[Any, int] = {}
    for at, receiver in enumerate(item.fields["receivers"], 1):
        key = _direct(receiver, world, by) or repr(sorted(receiver.items(), key=str))
        if key in positions:
            noun = {"phone": "number", "email": "address"}[by]
            yield Diagnostic(
                "The same receiver stands twice",
                item.field_places.get("receivers", item.place),
                f"Receivers {positions[key]} and {at} reach the same {noun}; a {noun} may be reached once per campaign.",
                "Remove one of them.",
                code="duplicate-receiver",
                address=str(item.address),
            )
        positions.setdefault(key, at)


def _direct(receiver: Mapping[str, Any], world: Mapping[Address, Desired], by: str) -> str:
    """The phone or e-mail address of a receiver as far as the manifests say it; "" for a group and for an id."""
    if by in receiver:
        return match_key(by, receiver[by])
    account = receiver.get("account")
    desired = world.get(account.address) if isinstance(account, Ref) else None
    return match_key(by, desired.fields.get(by)) if desired else ""
