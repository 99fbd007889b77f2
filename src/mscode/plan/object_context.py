"""One wanted object that calls or writes to people, under planning: what its rules look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mscode.model.kind import Kind
from mscode.model.world import NO_STATUS, Live
from mscode.plan.change import Action, Change, Note, NoteKind, Reach
from mscode.plan.diff import wanted_fields
from mscode.plan.inputs import Findings, Match, Scene
from mscode.plan.people.match_receivers import Ids
from mscode.plan.people.projection import People
from mscode.plan.people.reach import campaign_reach, receiver_names, resolved_beside


@dataclass(frozen=True, slots=True)
class Case:
    """Match, kind, and the world around them."""

    scene: Scene
    kind: Kind
    match: Match
    ids: Ids
    people: People
    found: Findings
    depends_on: frozenset[Any]

    @property
    def live(self) -> Live:
        assert self.match.live is not None
        return self.match.live

    @property
    def address(self) -> Any:
        return self.match.desired.address

    def after(self) -> dict[str, Any]:
        """The object's fields as they will be: live ones overlaid with the wanted."""
        live, desired = self.match.live, self.match.desired
        if live is None:
            return dict(desired.fields)
        wanted = wanted_fields(self.kind, desired, self.match.entry)
        return {**live.fields, **{name: value for name, (value, _) in wanted.items()}}

    def reach(self, fields: dict[str, Any]) -> Reach:
        """Whom an object with these fields reaches, and when."""
        receivers = fields["receivers"]
        numbers = resolved_beside(fields, self.ids, self.people, self.kind, self.match.live, self.match.entry)
        return campaign_reach(fields, numbers, receiver_names(receivers), self.scene, self.kind)

    def change(self, action: Action, **more: Any) -> Change:
        """A change of this object; `more` are the members of Change that are not the usual ones."""
        desired, live = self.match.desired, self.match.live
        base = Change(
            address=self.address,
            action=action,
            place=desired.place,
            desired=desired,
            live=live,
            life=live.life if live else NO_STATUS,
            generation=generation(self.match),
            depends_on=self.depends_on,
            previous_address=self.match.moved_from,
            import_id=live.id if live and self.match.how in ("import", "marker", "name", "intent") else "",
            origin=self.match.entry.origin
            if self.match.entry
            else ("created" if self.match.how == "intent" else "adopted"),
        )
        return replace(base, **more)

    def note(self, text: str, kind: NoteKind, detail: str = "") -> Note:
        return Note(str(self.address), text, kind, self.match.desired.place, detail)


Outcome = tuple[Change | None, list[Note]]


def generation(match: Match) -> int:
    """The generation of the object that a match stands for; a new object gets the next one."""
    marker = match.live.life.marker if match.live else None
    if match.live is not None:
        return max(marker.generation if marker else 1, match.entry.generation if match.entry else 1)
    return (match.entry.generation + 1) if match.entry else 1
