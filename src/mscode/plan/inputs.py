"""What a plan is made from: everything is an argument, so that planning is a pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.kind import kind_of, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.service_facts import LITERAL, ServiceFacts
from mscode.model.world import Desired, DesiredWorld, Entry, Known, Live, LiveWorld, Marker

if TYPE_CHECKING:
    from mscode.plan.identity.lost_create import LostCreateResult


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
class PlanInput:
    """The wanted, live and known objects at one moment. `keyed_hash` turns a personal value into the state's keyed hash."""

    desired: DesiredWorld
    live: LiveWorld
    known: Known
    environment: str
    url: str
    window_zone: tzinfo
    window_zone_name: str
    now: datetime
    keyed_hash: Callable[[Any], str]
    options: Options = Options()
    durable_state: bool = True
    #: addresses that this plan leaves alone, and what it takes along for others (plan.selection)
    excluded: frozenset[Address] = frozenset()
    included_dependencies: tuple[Address, ...] = ()
    #: what the manifests declare, selected or not, under the names it has and had
    declared: frozenset[Address] = frozenset()
    #: what is known of the service beforehand
    service: ServiceFacts = LITERAL
    #: the wanted objects before a selection; None: there was none
    whole_desired: DesiredWorld | None = None

    @property
    def whole(self) -> DesiredWorld:
        """Every wanted object, selected or not: what uses an object may be left out of a plan."""
        return self.whole_desired or self.desired

    def objects(self, section: str) -> Mapping[str, Live]:
        """The live objects of a section, by id."""
        return self.live.objects.get(section, {})

    @property
    def accounts(self) -> Mapping[str, Live]:
        """The live accounts, by id."""
        return self.objects(kind_of("person").section)

    def unfinished(self) -> Iterator[Live]:
        """Every live object, managed or not, that calls or writes to people and is not done."""
        for section, kind in registry().items():
            if kind.reaches_people:
                yield from (live for live in self.objects(section).values() if live.status.unfinished)

    def owns(self, marker: Marker | None, address: Address | None = None) -> bool:
        """Is the marker of this project and environment, and of this address where one is given?"""
        return marker is not None and marker.belongs_to(self.desired.project.name, self.environment, address or "")


@dataclass(frozen=True, slots=True)
class Match:
    """An address and the live object it stands for.

    `matched_by`: state, import, marker, name (identity), intent (an unfinished create explains it), or "" where there is none.
    `removed`: the state knew one that was deleted outside. `before`: what the state knew under this address, where another
    object stands for it now. `moved_from`: the address it had.
    """

    desired: Desired
    live: Live | None = None
    entry: Entry | None = None
    matched_by: str = ""
    removed: bool = False
    moved_from: Address | None = None
    before: Entry | None = None


@dataclass(slots=True)
class Diagnostics:
    """Errors and warnings collected while a plan is made. `lost`: the results of creates without an answer, by address."""

    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    lost: dict[Address, LostCreateResult] = field(default_factory=dict)

    def error(
        self, item: Desired | None, summary: str, detail: str = "", hint: str = "", *, code: str, at: str = ""
    ) -> None:
        """An error at the field `at` of a manifest (or at the manifest); the plan is refused once everything is compared."""
        place = (item.field_places.get(at) or item.place) if item else None
        address = str(item.address) if item else ""
        self.errors.append(Diagnostic(summary, place, detail, hint, code=code, address=address))

    def warn(
        self, item: Desired | None, summary: str, detail: str = "", hint: str = "", *, code: str, at: str = ""
    ) -> None:
        """A warning, at the same place."""
        place = (item.field_places.get(at) or item.place) if item else None
        address = str(item.address) if item else ""
        self.warnings.append(Diagnostic(summary, place, detail, hint, "warning", code, address))
