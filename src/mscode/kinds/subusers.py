"""`subusers`: users below the account's own (docs/service-notes.md#subusers).

Experimental: the API's page shows no body for creating and updating one, so mscode sends the members that it
reads back. `authToken`, which the service returns with each, is a live credential: it is never read into anything.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field as ModelField

from mscode.kinds.fields.e164 import live_e164
from mscode.kinds.fields.spec import Spec
from mscode.kinds.fields.types import Email, Phone, Text, described
from mscode.model import service_json
from mscode.model.kind import Field, Kind, Post, text
from mscode.model.world import Fields

_TEXTS = ("username", "email", "firstName", "lastName", "company", "phone")


class SubuserSpec(Spec):
    """A user below the account's own. Experimental: the API does not say what it takes."""

    username: Text = ModelField(min_length=1, description="The login name, by which it is found.")
    email: Email = ModelField(description="E-mail address.")
    firstName: Text | None = described("First name.")
    lastName: Text | None = described("Last name.")
    company: Text | None = described("Company.")
    phone: Phone | None = described("Phone number in E.164.")


def _encode(fields: Fields) -> dict[str, Any]:
    return {name: fields.get(name) or "" for name in _TEXTS}


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    fields: dict[str, Any] = {name: str(service_json.pick(raw, name) or "") for name in _TEXTS}
    return fields | {"phone": live_e164(fields["phone"], region)}


def _create(fields: Fields) -> Post:
    return Post("subusers", {name: fields[name] for name in _TEXTS if fields.get(name)})


SUBUSERS = Kind(
    section="subusers",
    singular="subuser",
    spec=SubuserSpec,
    id_field="subuserId",
    collection="subusers",
    paths={"subusers": "/subusers"},
    fields=(
        Field("username", hashed=True),  # often an e-mail address
        *(Field(name, personal=True) for name in ("email", "firstName", "lastName")),
        Field("company"),
        Field("phone", personal=True),
    ),
    encode=_encode,
    decode=_decode,
    identities=lambda fields: [text(fields["username"])] if fields.get("username") else [],
    create=_create,
    order=10,
    misprinted_delete="/accounts",
    doc="Users below the account's own (experimental: the API does not say what it takes).",
    example="""\
subusers:
  helsinki-desk: {username: helsinki-desk, email: desk@example.com, company: City of Helsinki}
""",
)
