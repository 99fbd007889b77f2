"""`groups`: named sets of accounts, and who is in them. See docs/service-notes.md#groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field as ModelField
from pydantic import model_validator

from mscode.kinds.fields.spec import Spec, plain
from mscode.kinds.fields.types import AccountListRef, AccountRef, FilterRef, Flag, Phone, RsvpCallRef, Text, described
from mscode.kinds.filters import Where
from mscode.model import service_json
from mscode.model.kind import Field, Kind, Post
from mscode.model.world import Excluded, Fields, Members, Replied


class RepliedSpec(Spec):
    """The people of a declared RSVP call, by their reply when it is planned."""

    campaign: RsvpCallRef = ModelField(description="A declared RSVP call.")
    reply: Literal["accept", "decline", "none", "unreached"] = ModelField(
        description="Those who accepted, who declined, or who have done neither (`none`). `unreached`: those who answered no call "
        "of it, or were not called; a launch to them waits until the call has finished."
    )


class ExcludeSpec(Spec):
    """Who is left out of the group, whatever source names them. Who is in it is removed, also where `exclusive` is false."""

    phones: list[Phone] | None = described("People with these numbers.")
    file: Text | None = described(
        "A file of numbers, relative to this manifest, in the form of a do-not-call file and read as strictly."
    )
    replied: RepliedSpec | None = described("The people of an RSVP call who replied so.")

    @model_validator(mode="after")
    def _names_somebody(self) -> ExcludeSpec:
        if self.phones is None and self.file is None and self.replied is None:
            raise ValueError("exclude takes phones, file or replied")
        return self

    def excluded(self) -> Excluded:
        """As the planner takes it; the file is not read yet."""
        return Excluded(tuple(self.phones or ()), self.file or "", _replied(self.replied))


def _replied(spec: RepliedSpec | None) -> Replied | None:
    return Replied(spec.campaign, spec.reply) if spec else None


class MembersSpec(Spec):
    """Who is in the group: the union of the sources is the wanted set."""

    filter: FilterRef | None = described("A declared filter: every account that matches once the plan is done.")
    accounts: list[AccountRef] | None = described("Accounts declared in this project.")
    phones: list[Phone] | None = described("Accounts that exist already, by their phone.")
    replied: RepliedSpec | None = described(
        "The people of an RSVP call by their reply: `{campaign: invite, reply: accept}`. `reply` is `accept`, `decline`, `none` "
        "(neither of them so far) or `unreached` (they answered no call of it, or were not called; a launch to them waits until "
        "the call has finished)."
    )
    accountList: AccountListRef | None = described("A declared account list: the accounts of its rows.")
    where: Where | None = described(
        "Of the account list only rows whose cells hold these values: `{lang: fi, city: [Espoo, Vantaa]}`, or a list of "
        "conditions as in `filters`. A name is a field of the account, or else the header of a column."
    )
    exclude: ExcludeSpec | None = described(
        "People who are left out, whatever source names them: `{phones: [+358405550100], file: never.csv, "
        "replied: {campaign: invite, reply: decline}}`. The file is read as strictly as a do-not-call file. "
        "They are removed first, also where `exclusive` is false."
    )
    exclusive: Flag | None = ModelField(
        default=None, description="true (default): members outside the set are removed; false: accounts are only added."
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> MembersSpec:
        if self.where is not None and self.accountList is None:
            raise ValueError("where chooses rows of an account list, so it needs accountList beside it")
        sources = (self.filter, self.accounts, self.phones, self.replied, self.accountList)
        if self.exclude is not None and self.exclusive is not False and all(source is None for source in sources):
            raise ValueError(
                "exclude alone would remove everybody: name the members too, or write `exclusive: false` to keep the others"
            )
        return self


class GroupSpec(Spec):
    """A named set of accounts."""

    name: Text | None = described("Name in the live account. Default: the key.")
    description: Text | None = described("Description. Default: empty.")
    members_: MembersSpec | None = ModelField(
        default=None, alias="members", description="Left out: membership is not managed."
    )

    def fields(self) -> dict[str, Any]:
        return {name: value for name in ("name", "description") if (value := getattr(self, name)) is not None}

    def members(self) -> Members | None:
        members = self.members_
        if members is None:
            return None
        return Members(
            filter=members.filter,
            accounts=tuple(members.accounts or ()),
            phones=tuple(members.phones or ()),
            exclusive=members.exclusive is not False,
            replied=_replied(members.replied),
            account_list=members.accountList,
            where=tuple(plain(members.where or [])),
            exclude=members.exclude.excluded() if members.exclude else None,
        )


def _encode(fields: Fields) -> dict[str, Any]:
    # Both are required on create and update alike; an empty description is still sent (docs/service-notes.md#groups).
    return {"name": fields["name"], "description": fields.get("description") or ""}


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    return {name: service_json.pick(raw, name) or "" for name in ("name", "description")}


def member_bodies(account_ids: Sequence[str]) -> tuple[Any, ...]:
    """The bodies that may add accounts to a group, the likeliest first: the page's example is a bare array of objects, its table
    names a parameter `accountIds`, "Array of accountIds" (docs/service-notes.md#groups). Members that are in the group already are
    ignored, so each may be sent in turn until one is not refused.
    """
    objects = [{"accountId": account_id} for account_id in account_ids]
    return objects, {"accountIds": list(account_ids)}, {"accountIds": objects}


GROUPS = Kind(
    section="groups",
    singular="group",
    spec=GroupSpec,
    id_field="groupId",
    collection="groups",
    paths={"groups": "/groups"},
    fields=(Field("name"), Field("description", multiline=True)),
    encode=_encode,
    decode=_decode,
    identities=lambda fields: [fields["name"]] if fields.get("name") else [],
    create=lambda fields: Post("groups", _encode(fields)),
    order=2,
    role="group",
    name_defaults_to_key=True,
    misprinted_delete="/accounts",
    doc="Named sets of accounts.",
    example="""\
groups:
  donors:
    name: Blood donors
    description: Donors in the capital region
    members: {filter: helsinki-adults}
""",
)
