"""`accounts`: the people (contacts) of the live account. See docs/service-notes.md#accounts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from mscode.kinds.fields.e164 import is_readable, is_valid, live_e164
from mscode.kinds.fields.spec import Spec, Warned
from mscode.kinds.fields.types import Email, Phone, Text, WholeNumber, described, is_email
from mscode.model import service_json
from mscode.model.kind import Field, Kind, Post, always, as_is
from mscode.model.privacy import PUBLIC_ACCOUNT_FIELDS
from mscode.model.world import Fields, match_key


class AccountSpec(Spec):
    """A person who can be called or written to."""

    firstName: Text | None = described("First name.")
    lastName: Text | None = described("Last name.")
    nickName: Text | None = described("Nickname.")
    phone: Phone | None = described("Phone number in E.164, like +358401234567. The account is found by it.")
    email: Email | None = described("E-mail address. The account is found by it where it has no phone.")
    address: Text | None = described("Street address.")
    zip: Text | None = described("Postal code, kept as it is typed.")
    city: Text | None = described("City.")
    companyName: Text | None = described("Company.")
    website: Text | None = described("Website.")
    note: Text | None = described("Free text.")
    area: Text | None = described("Area.")
    gender: Text | None = described("Gender; the API does not say which values it knows.")
    yearOfBirth: WholeNumber | None = described("Year of birth, like 1980.")

    def warnings(self) -> Iterable[Warned]:
        if self.phone and not is_valid(self.phone):
            yield (
                ("phone",),
                "The phone number is possible, but its range is not known to be in use",
                "Check it: a call to it may fail.",
            )
        if not self.phone and not self.email:
            yield (
                (),
                "The account has neither phone nor email",
                "It cannot be found again when the state is lost; give it one.",
            )


TEXTS = (
    "firstName",
    "lastName",
    "nickName",
    "phone",
    "email",
    "address",
    "zip",
    "city",
    "companyName",
    "website",
    "note",
    "area",
    "gender",
)


_NAMES = (*TEXTS, "yearOfBirth")
#: Of them those that many people share: one copy in memory serves all.
OF_MANY = ("firstName", "lastName", "zip", "city", "area", "gender")


class _Record:
    """The fields of a live account. Dictionaries of instances of one class share their names, so that each of a million takes
    a third of the memory of a dictionary by itself.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        first, last, nick, phone, email, address, zip, city, company, website, note, area, gender, year = values
        intern = sys.intern
        self.firstName = intern(first) if type(first) is str else first or ""
        self.lastName = intern(last) if type(last) is str else last or ""
        self.nickName = nick or ""
        self.phone = phone or ""
        self.email = email or ""
        self.address = address or ""
        self.zip = intern(zip) if type(zip) is str else zip or ""
        self.city = intern(city) if type(city) is str else city or ""
        self.companyName = company or ""
        self.website = website or ""
        self.note = note or ""
        self.area = intern(area) if type(area) is str else area or ""
        self.gender = intern(gender) if type(gender) is str else gender or ""
        self.yearOfBirth = year if type(year) is int else service_json.number(year)


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    fields = _Record(service_json.members(raw, _NAMES)).__dict__
    fields["phone"] = live_e164(fields["phone"], region)
    return fields


def _encode(fields: Fields) -> dict[str, Any]:
    return {name: fields.get(name, "") or "" for name in TEXTS} | {"yearOfBirth": fields.get("yearOfBirth")}


def _identities(fields: Fields) -> list[tuple[str, str]]:
    return [(name, match_key(name, fields[name])) for name in ("phone", "email") if fields.get(name)]


def _create(fields: Fields) -> Post:
    set_fields = {name: fields[name] for name in (*TEXTS, "yearOfBirth") if fields.get(name) not in (None, "")}
    return Post("accounts", set_fields)


def _rule(name: str) -> Field:
    readable = {"phone": is_readable, "email": is_email}.get(name, always)
    return Field(name, personal=name not in PUBLIC_ACCOUNT_FIELDS, readable=readable)


ACCOUNTS = Kind(
    section="accounts",
    singular="account",
    spec=AccountSpec,
    id_field="accountId",
    collection="accounts",
    paths={"accounts": "/accounts"},
    fields=(*(_rule(name) for name in TEXTS), Field("yearOfBirth", default=None, normalize=as_is)),
    encode=_encode,
    decode=_decode,
    identities=_identities,
    create=_create,
    order=0,
    unique=("phone",),
    role="person",
    doc="People who can be called or written to.",
    example="""\
accounts:
  anna: {firstName: Anna, lastName: Virta, phone: "+358401234567", city: Helsinki, yearOfBirth: 1980}
""",
)
