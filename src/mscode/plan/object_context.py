"""One wanted object while it is planned: what the rules of its lifecycle need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.values import Unknown
from mscode.model.world import Desired, Live
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Note, NoteKind, Origin, Reach, Wanted
from mscode.plan.diff import wanted_fields
from mscode.plan.inputs import Diagnostics, Match, PlanInput
from mscode.plan.order import dependencies
from mscode.plan.people.projection import People
from mscode.plan.people.reach import campaign_reach, receiver_names, resolved_beside


class OfDesired(TypedDict):
    """The members of a change that say which wanted object it is of."""

    desired: Desired
    generation: int
    depends_on: frozenset[Address]
    previous_address: Address | None


class OfLive(OfDesired):
    """The same of an object that is live."""

    live: Live
    import_id: str


@dataclass(frozen=True, slots=True)
class ObjectContext:
    """The object's match, and the plan that is being made."""

    builder: PlanBuilder
    match: Match

    @property
    def inputs(self) -> PlanInput:
        return self.builder.inputs

    @property
    def kind(self) -> Kind:
        return self.address.kind

    @property
    def ids(self) -> Mapping[Address, str | Unknown]:
        return self.builder.ids

    @property
    def people(self) -> People:
        return self.builder.people

    @property
    def diagnostics(self) -> Diagnostics:
        return self.builder.diagnostics

    @property
    def address(self) -> Address:
        return self.match.desired.address

    @property
    def is_replacement_asked_for(self) -> bool:
        """Does `--replace` name it?"""
        return self.address in self.inputs.options.replace

    def desired_fields(self) -> dict[str, Any]:
        """The object's fields as they will be: live ones overlaid with the wanted. What the service computes stays where it is
        no longer wanted, as it stays where it is applied.
        """
        live, desired = self.match.live, self.match.desired
        if live is None:
            return dict(desired.fields)
        wanted = wanted_fields(self.kind, desired, self.match.entry)
        stays = {
            name for name, (_, to_default) in wanted.items() if to_default and self.kind.fields_by_name[name].computed
        }
        return {**live.fields, **{name: value for name, (value, _) in wanted.items() if name not in stays}}

    def reach(self, fields: dict[str, Any]) -> Reach:
        """The people that an object with these fields reaches, and when."""
        receivers = fields["receivers"]
        numbers = resolved_beside(fields, self.ids, self.people, self.kind, self.match.live, self.match.entry)
        return campaign_reach(fields, numbers, receiver_names(receivers), self.inputs, self.kind)

    def of_desired(self) -> OfDesired:
        """The members that every change of this object has."""
        return {
            "desired": self.match.desired,
            "generation": generation(self.match),
            "depends_on": frozenset(a for a in dependencies(self.match.desired) if a in self.builder.matches),
            "previous_address": self.match.moved_from,
        }

    def note(self, text: str, kind: NoteKind, detail: str = "") -> Note:
        return Note(str(self.address), text, kind, self.match.desired.place, detail)


@dataclass(frozen=True, slots=True)
class LiveObjectContext(ObjectContext):
    """The context of an object whose match has a live object, `live`."""

    live: Live

    @property
    def origin(self) -> Origin:
        """Who made the live object; one that was found through the intent of a create without an answer is ours."""
        entry = self.match.entry
        return entry.origin if entry else ("created" if self.match.matched_by == "intent" else "adopted")

    @property
    def is_adopted(self) -> bool:
        """Was the live object not made by mscode, as far as the state knows?"""
        return self.match.entry is None or self.match.entry.origin == "adopted"

    def of_live(self) -> OfLive:
        """The members that every change of this live object has; `import_id` is set where the state does not know it yet."""
        return {
            **self.of_desired(),
            "live": self.live,
            "import_id": "" if self.match.matched_by == "state" else self.live.id,
        }


#: The change of one object (None: nothing is done), and what else there is to know about it.
Outcome = tuple[Wanted | None, list[Note]]


def generation(match: Match) -> int:
    """The generation of the object that a match stands for; a new object gets the next one."""
    marker = match.live.status.marker if match.live else None
    if match.live is not None:
        return max(marker.generation if marker else 1, match.entry.generation if match.entry else 1)
    return (match.entry.generation + 1) if match.entry else 1
