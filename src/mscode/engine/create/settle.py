"""Reading until the lists have settled: the only way to learn what a lost answer said.

See docs/protocol.md#the-steps-of-a-create.

A list may lag behind, leave an object out for a while, or show a request that commits late. So one read proves nothing: it
counts when several in a row agree, the environment's `settleSeconds` apart in all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mscode.engine.account.details import read_like
from mscode.engine.account.directory import Directory
from mscode.engine.account.read import read_list
from mscode.errors import ApiError, UnknownOutcome
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.world import Intent, Live, Marker
from mscode.plan.change import Change, Making, Wanted
from mscode.plan.identity.candidates import Candidates
from mscode.plan.identity.lost_create import LostCreateResult, classify_lost_create, is_inert, possible_results

if TYPE_CHECKING:
    from mscode.engine.apply.run import Run

Reading = TypeVar("Reading")
Made = TypeVar("Made")
#: So many reads after the first must agree with it.
AGREEING = 3
#: After so many reads a list that never settles is given up.
MOST = 30


class MadeOnce(Generic[Made]):
    """What is made once in a run for each key, for all who ask: lists that are read, objects that several addresses share. Threads
    may share it; whoever asks for the same key waits, and for another one does not.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[object, threading.Lock] = {}
        self._made: dict[object, Made] = {}

    def at(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gave for this key; where that raised an error, the next who asks makes it."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


class NotSettledError(Exception):
    """The wait was cut short, or the reads never agreed."""


def read_until_stable(
    read: Callable[[], Reading], seconds: float, wait: Callable[[float], object], key: Callable[[Reading], object]
) -> Reading:
    """Read until the last reads agree in `key`, `seconds` apart in all; the last of them.

    `wait` sleeps, and gives something true when the run is stopped. NotSettledError then, or when there is no end to it.
    """
    last, agreed = read(), 0
    for _ in range(MOST):
        if wait(seconds / AGREEING):
            raise NotSettledError
        fresh = read()
        agreed = agreed + 1 if key(fresh) == key(last) else 0
        last = fresh
        if agreed == AGREEING:
            return last
    raise NotSettledError


def wait_until(run: Run, holds: Callable[[], bool]) -> bool:
    """Does it hold, if not at once then before what is read has settled? It is read up to `AGREEING` times more."""
    for _ in range(AGREEING):
        if holds():
            return True
        if run.stop.wait(run.target.settle_seconds / AGREEING):
            return False
    return holds()


# ---- one create of this run ------------------------------------------------------------------------------------------


def names_of(change: Wanted) -> list[Address]:
    """The address of a change, and the one that its manifest had before."""
    old = change.desired.renamed_from
    return [change.address, *([Address(change.address.section, *old.split(".", 1))] if old else [])]


def list_candidates(run: Run, kind: Kind, fields: Mapping[str, Any] | None = None) -> Candidates:
    """The list of a kind, read now; what looks like an object with these fields, whole."""

    def owns(marker: Marker | None) -> bool:
        return marker is not None and marker.belongs_to(run.target.project, run.target.environment)

    listed = read_list(run.account, kind)
    read_like(run.account, kind, listed, fields or {})
    rows = (
        (row for live in listed.values() for row in live.fields.get("receivers", ()))
        if kind.create_reaches_people
        else ()
    )
    return Candidates(kind, listed, owns, Directory(run, rows))


def verdict_now(run: Run, change: Making, kind: Kind, fields: Mapping[str, Any], intent: Intent) -> LostCreateResult:
    """What one read finds of a lost create, among what nothing else manages."""
    names = [str(name) for name in names_of(change)]
    results = possible_results(list_candidates(run, kind, fields), intent, names, fields, run.store.keyed_hash)
    return classify_lost_create(
        kind, intent, [live for live in results if kind.shared or not _is_taken(run, kind, live)]
    )


def _is_taken(run: Run, kind: Kind, live: Live) -> bool:
    """Is it managed under an address, or left alone on purpose?"""
    managing = run.store.managing(kind.section, live.id)
    return any(entry.id == live.id for entry in managing) or is_left_alone(run, kind, live)


def is_left_alone(run: Run, kind: Kind, live: Live) -> bool:
    """Was it forgotten on purpose?"""
    return any(stone.id == live.id and stone.address.section == kind.section for stone in run.store.tombstones)


def verdict_when_settled(
    run: Run, change: Making, kind: Kind, fields: Mapping[str, Any], intent: Intent, error: UnknownOutcome
) -> LostCreateResult:
    """What is found once looking has settled; `error`, the lost answer's, where it does not settle or cannot be read."""
    try:
        return read_until_stable(
            lambda: verdict_now(run, change, kind, fields, intent), run.target.settle_seconds, run.stop.wait, signature
        )
    except (NotSettledError, ApiError):
        raise error from None


def signature(result: LostCreateResult) -> Sequence[object]:
    """What two reads must agree in: which objects, and where each stands."""
    every = [*([result.adopted] if result.adopted else []), *result.duplicates, *result.ambiguous, *result.similar]
    return [(live.id, live.status.state, live.status.dials) for live in every]


def delete_twin(run: Run, kind: Kind, twin: Live, change: Change) -> None:
    """Delete a duplicate that is still as it was read: inert, with the marker of a create."""
    label = f"a twin of {change.address}"
    path = run.target.item(kind.collection, twin.id)
    raw = run.client.find(path, what=label)
    if raw is None:
        return
    fresh = run.account.decode(kind, raw)
    marker, marker_before = (live.status.marker for live in (fresh, twin))
    if not is_inert(kind, fresh) or marker != marker_before or fresh.updated_at != twin.updated_at:
        run.notice(f"a twin of it (id {twin.id}) was changed by somebody meanwhile; it is left alone", change.address)
        return
    run.client.delete(path, what=label)
    if not wait_until(run, lambda: run.client.find(path, what=label) is None):
        run.notice(
            f"a twin of it (id {twin.id}) was deleted, and is still there; the next apply looks again", change.address
        )
        return
    run.notice(f"a twin of it (id {twin.id}) was deleted; nobody was dialled by it", change.address)
