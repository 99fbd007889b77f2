"""One live object as the mapping that a person would have written into a manifest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import tzinfo
from typing import Any

from mscode.kinds.fields.shape import Shape, spec_shape
from mscode.kinds.fields.types import RefersTo
from mscode.manifest.export.secrets import Secrets
from mscode.model.address import Address
from mscode.model.kind import Kind, kind_of
from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import SUFFIX, is_listener_url
from mscode.model.privacy import PUBLIC_ACCOUNT_FIELDS
from mscode.model.values import Scalar
from mscode.model.world import MARKER_KEY, Live, Member
from mscode.plan.people.match_receivers import as_written

#: (section, id) of every object that will have a manifest -> its address
Addresses = Mapping[tuple[str, str], Address]


class CannotWriteError(ValueError):
    """No manifest can say what this object is; the text is why."""


@dataclass(frozen=True, slots=True)
class Writer:
    """What all objects of one export are written with. `people`: data of persons too."""

    environment: str
    zone: tzinfo
    addresses: Addresses
    people: bool
    members: Mapping[str, tuple[Member, ...]]
    secrets: Secrets = field(default_factory=Secrets)
    #: where the service reaches `mscode watch --listen`, "" where nothing says it
    listen_url: str = ""
    #: fields that held a secret when they were applied, by (section, id)
    sealed: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    def written(self, kind: Kind, live: Live) -> dict[str, Any]:
        """The object's mapping with `import:` first; CannotWriteError where there is none.

        A field with a secret that no variable has is left out, and its changes are left alone: its live value stays.
        """
        self._refuse_unwritable(kind, live)
        name = self.addresses[kind.section, live.id].name
        mapping: dict[str, Any] = {"import": self._id(live.id)}
        blanks: list[str] = []
        for field_name, shape in spec_shape(kind.spec).fields.items():
            if field_name in kind.fields_by_name and self._is_written(kind, live, field_name, name, shape):
                value = live.fields[field_name]
                text = self._value(as_written(value) if field_name == "receivers" else value, shape)
                if is_listener_url(self.listen_url, str(value)) and field_name.endswith(SUFFIX):
                    mapping[field_name] = {"listen": True}
                elif not self._shows_secret(kind, live, field_name, text):
                    mapping[field_name] = text
                elif shape.required:
                    raise CannotWriteError(f"{field_name} holds a secret that no secret variable of the project has")
                else:
                    blanks.append(field_name)
        if blanks:
            mapping["lifecycle"] = {"ignoreChanges": blanks}
        if kind.has_members and self.people and (members := self._members(live.id)):
            mapping["members"] = members
        return mapping

    def _refuse_unwritable(self, kind: Kind, live: Live) -> None:
        if _is_unwritable(live.fields):
            raise CannotWriteError("it holds a character that YAML cannot write")
        if kind.selector is not None and not self.people:
            conditions = live.fields.get("conditions") or ()
            if any(row.get("field") not in PUBLIC_ACCOUNT_FIELDS for row in conditions):
                raise CannotWriteError("its conditions name people; --people writes it")

    def _shows_secret(self, kind: Kind, live: Live, name: str, text: Any) -> bool:
        """Does what would be written hold a secret, or did the field hold one when it was applied?"""
        was_secret = name in self.sealed.get((kind.section, live.id), ())
        return (was_secret and not self.secrets.are_named_in(text)) or self.secrets.show_in(text)

    def _is_written(self, kind: Kind, live: Live, field: str, name: str, shape: Shape) -> bool:
        """Defaults are left out, a `name` that is the key too, and a campaign's state unless it is halted."""
        rule, value = kind.fields_by_name[field], live.fields.get(field)
        if value is None or value == "":
            return False
        if kind.read_status is not None and field == "state":
            return bool(value == "halt")
        if kind.name_defaults_to_key and field == "name":
            return bool(value != name)
        return shape.required or bool(rule.normalize(value) != rule.normalize(rule.default))

    def _id(self, live_id: str) -> dict[str, str]:
        return {self.environment: live_id}

    def _value(self, value: Any, shape: Shape) -> Any:
        if shape.refers is not None:
            return self._reference(str(value), shape.refers)
        if shape.written is not None:
            return self._text(shape.written.form(value, self.zone))
        if isinstance(value, Mapping):
            return self._mapping(value, shape)
        if isinstance(value, list | tuple):
            return [self._value(item, shape.at(0)) for item in value]
        return self._text(value)

    def _mapping(self, value: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
        if any(member.refers is not None for member in shape.fields.values()):
            return self._row(value, shape)
        names = shape.fields or value
        return {
            key: self._value(item, shape.at(key)) for key, item in value.items() if key in names and key != MARKER_KEY
        }

    def _row(self, row: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
        """A receiver: `groupId` is one of `group` where that is declared, and so on; a person is written as an account."""
        for name, member in shape.fields.items():
            live_id = str(row.get(f"{name}Id") or "")
            if member.refers is not None and live_id:
                address = self.addresses.get((member.refers.section, live_id))
                if address is not None:
                    return {name: address.name}
                if f"{name}Id" not in shape.fields:
                    raise CannotWriteError(f"it names {member.refers.section} id {live_id}, which is not exported")
                return {f"{name}Id": self._id(live_id)}
        if not self.people:
            raise CannotWriteError("it names a person; --people writes it")
        return {key: self._text(item) for key, item in row.items() if key in shape.fields and item}

    def _text(self, value: Any) -> Any:
        """Live texts with `${` escaped, except secrets, which become references to their variables."""
        if isinstance(value, Mapping):
            return {key: self._text(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._text(item) for item in value]
        return self.secrets.written(value) if isinstance(value, str) and not isinstance(value, Scalar) else value

    def _reference(self, live_id: str, refers: RefersTo) -> Any:
        address = self.addresses.get((refers.section, live_id))
        if address is not None:
            return address.name
        if not refers.literal:
            raise CannotWriteError(f"it names {refers.section} id {live_id}, which is not exported")
        return {refers.literal: self._id(live_id)}

    def _members(self, group_id: str) -> dict[str, Any]:
        """The accounts of a group. Where one of them has no manifest, the rest may not push it out."""
        members = self.members.get(group_id, ())
        addresses = [self.addresses.get((kind_of("person").section, member.account_id)) for member in members]
        names = sorted((address.name for address in addresses if address), key=lambda name: (len(name), name))
        if not names:
            return {}
        return {"accounts": names} if len(names) == len(members) else {"accounts": names, "exclusive": False}


def of_people(kind: Kind) -> bool:
    """Are its objects people? They have personal fields and no receivers."""
    return any(rule.personal for rule in kind.fields) and "receivers" not in kind.fields_by_name


def references(kind: Kind, live: Live, members: Mapping[str, tuple[Member, ...]]) -> list[tuple[str, str]]:
    """(section, id) of everything that an object names, in the order of its fields."""
    targets: list[tuple[str, str]] = []
    for name, shape in spec_shape(kind.spec).fields.items():
        value = live.fields.get(name)
        targets.extend(_targets(as_written(value) if name == "receivers" and value else value, shape))
    if kind.has_members:
        targets.extend((kind_of("person").section, member.account_id) for member in members.get(live.id, ()))
    return targets


def _targets(value: Any, shape: Shape) -> list[tuple[str, str]]:
    if shape.refers is not None:
        return [(shape.refers.section, str(value))] if value else []
    if isinstance(value, Mapping):
        targets = [target for key, item in value.items() for target in _targets(item, shape.at(key))]
        ids = ((member.refers, value.get(f"{name}Id")) for name, member in shape.fields.items())
        return targets + [(refers.section, str(live_id)) for refers, live_id in ids if refers and live_id]
    if isinstance(value, list | tuple):
        return [target for item in value for target in _targets(item, shape.at(0))]
    return []


def _is_unwritable(value: Any) -> bool:
    """A NUL, or half of a surrogate pair, anywhere in it."""
    if isinstance(value, Mapping):
        return any(_is_unwritable(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return any(map(_is_unwritable, value))
    return isinstance(value, str) and any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in value)
