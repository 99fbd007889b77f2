"""Which live objects an address could mean: by the marker where its kind carries one, else by identity.

The plan (whose object is this?), the check before a create is sent and the search for what a create without an answer made
all use it. A kind that needs more than its identities to distinguish objects gets it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.world import MARKER_KEY, Fields, Live, Marker
from mscode.plan.people.match_receivers import Reached, same_receivers

Owns = Callable[[Marker | None], bool]


def marker_of(live: Live) -> Marker | None:
    """The marker that an object carries, ours or another project's."""
    if live.status.is_reported:
        return live.status.marker
    meta = live.fields.get("meta")
    return Marker.parse(meta.get(MARKER_KEY)) if isinstance(meta, dict) else None


class Candidates:
    """Live objects of one kind, found by what identifies them. `owns` says whether a marker is this project's, `ids` are
    those of the addresses that receivers refer to (receivers with ids in the place of references need none), `people` are the
    accounts and groups behind their rows.

    The index is made once, on first use, so that many addresses cost one pass over the objects.
    """

    def __init__(
        self,
        kind: Kind,
        objects: Mapping[str, Live],
        owns: Owns,
        people: Reached,
        ids: Mapping[Address, str] | None = None,
    ) -> None:
        self.kind, self.objects = kind, objects
        self._people = people
        self._owns, self._ids = owns, {} if ids is None else ids
        self._index: dict[Any, list[Live]] | None = None

    def of(self, names: Collection[str], fields: Fields) -> Sequence[Live]:
        """What could be the object of these addresses (old and new name) with these fields (spec form)."""
        if self.kind.carries_marker:
            return [live for name in names for live in self._objects_by_key().get(name, ())]
        for key in self.kind.identities(fields):
            matches = self._with_best_key(key)
            if self.kind.create_reaches_people:
                # The same content may go to other people; content and receivers together identify it.
                matches = [
                    live
                    for live in matches
                    if same_receivers(live, fields.get("receivers", ()), self._ids, self._people)
                ]
            if matches:
                return matches
        return []

    def uploaded(self, op: str) -> Sequence[Live]:
        """An upload goes up under its operation's file name and is found by it until it is named
        (docs/service-notes.md#voice-files).
        """
        return [live for live in self.objects.values() if str(live.fields.get("name")).startswith(f"mscode-{op}.")]

    def _with_best_key(self, key: Any) -> Sequence[Live]:
        """An object that has a better key than this one is found by that alone (an account with a phone, not by e-mail)."""
        objects = self._objects_by_key().get(key, ())
        return objects if all(self.kind.identities(live.fields)[0] == key for live in objects) else []

    def _objects_by_key(self) -> Mapping[Any, list[Live]]:
        if self._index is None:
            self._index = {}
            for live in self.objects.values():
                marker = marker_of(live)
                keys: Iterable[Any]
                if self.kind.carries_marker:
                    keys = [marker.address] if marker is not None and self._owns(marker) else []
                else:
                    keys = self.kind.identities(live.fields)
                for key in keys:
                    self._index.setdefault(key, []).append(live)
        return self._index
