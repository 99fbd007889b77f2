"""What a plan looks at: everything comes in as arguments, so that planning is a pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from mscode.address import Address
from mscode.errors import Diagnostic
from mscode.kind import Kind
from mscode.values import Ref, Unknown, replace_leaves
from mscode.world import Desired, DesiredWorld, Entry, Known, Live, LiveWorld, Marker

#: id of an address, or Unknown while it does not exist
Ids = Mapping[Address, "str | Unknown"]


@dataclass(frozen=True, slots=True)
class Options:
    """The planning options of the command line."""

    destroy: bool = False
    resume: frozenset[Address] = frozenset()
    replace: frozenset[Address] = frozenset()
    override: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_deletes: int | None = None
    list_unmanaged: bool = False
    allow_unsuppress: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment: wanted, live, known, now. `seal` turns a personal value into the state's keyed hash."""

    kinds: Mapping[str, Kind]
    desired: DesiredWorld
    live: LiveWorld
    known: Known
    environment: str
    url: str
    window_zone: tzinfo
    window_zone_name: str
    now: datetime
    seal: Callable[[Any], str]
    options: Options = Options()
    durable_state: bool = True
    #: addresses that this plan leaves alone, and what it takes along for others (plan.selection)
    left_out: frozenset[Address] = frozenset()
    along: tuple[Address, ...] = ()

    def objects(self, section: str) -> Mapping[str, Live]:
        return self.live.objects.get(section, {})

    def unfinished(self) -> Iterator[Live]:
        """Every live object, managed or not, that calls or writes to people and is not done."""
        for section, kind in self.kinds.items():
            if kind.reaches_people:
                yield from (live for live in self.objects(section).values() if live.life and not live.life.finished)

    def owns(self, marker: Marker | None) -> bool:
        """Is the marker of this project and environment?"""
        return marker is not None and (marker.project, marker.environment) == (
            self.desired.project.name,
            self.environment,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """An address and the live object it stands for.

    `how`: state, import, marker, name (identity), intent (an unfinished create explains it), or "" where there is none.
    `gone`: the state knew one that was deleted outside. `moved_from`: the address it had.
    """

    desired: Desired
    live: Live | None = None
    entry: Entry | None = None
    how: str = ""
    gone: bool = False
    moved_from: Address | None = None


@dataclass(slots=True)
class Findings:
    """Collects what is wrong or worth knowing while a plan is made."""

    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)

    def error(
        self, item: Desired | None, summary: str, detail: str = "", hint: str = "", *, code: str, at: str = ""
    ) -> None:
        place = (item.field_places.get(at) or item.place) if item else None
        address = str(item.address) if item else ""
        self.errors.append(Diagnostic(summary, place, detail, hint, code=code, address=address))

    def warn(
        self, item: Desired | None, summary: str, detail: str = "", hint: str = "", *, code: str, at: str = ""
    ) -> None:
        place = (item.field_places.get(at) or item.place) if item else None
        address = str(item.address) if item else ""
        self.warnings.append(Diagnostic(summary, place, detail, hint, "warning", code, address))


def resolve(value: Any, ids: Ids) -> Any:
    """References as ids where these are known, else as `Unknown`."""

    def change(leaf: Any) -> Any:
        return ids.get(leaf.address, Unknown(leaf.address)) if isinstance(leaf, Ref) else leaf

    return replace_leaves(value, change)


def resolve_receivers(receivers: Sequence[Mapping[str, Any]], ids: Ids) -> list[tuple[str, Any]]:
    """Each receiver as (what, value): ("group", id), ("account", id), ("phone", number) or ("email", address)."""
    return [_receiver_key(resolve(dict(receiver), ids)) for receiver in receivers]


def _receiver_key(receiver: Mapping[str, Any]) -> tuple[str, Any]:
    for key, value in receiver.items():
        if key in ("group", "groupId"):
            return ("group", value)
        if key in ("account", "accountId"):
            return ("account", value)
    return ("email", receiver["email"]) if "email" in receiver else ("phone", receiver.get("phone", ""))


def live_receiver_keys(receiver: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every way in which a live row may have been written (catalogue Q38): by group, account, phone or e-mail."""
    names = {"groupId": "group", "accountId": "account", "phone": "phone", "email": "email"}
    return ((names[key], value) for key, value in receiver.items() if key in names and value)


def id_order(text: str) -> tuple[int, str]:
    """Ids in the order of their numbers."""
    return (len(text), text)
