"""Before an apply plans: the intents of former runs are settled, as far as the lists show it.

See docs/protocol.md#state-table.

Whoever reads this state now holds its lock, so whatever began an intent that is still here runs no more. What it made is
adopted, deleted or held by the plan that follows; here is only what must come before it: the wait, and the one thing that
is done at once, a PUT of `halt` to a create of our own that came back dialling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from mscode.api.client import Client
from mscode.engine import ringing
from mscode.engine.account.details import read_details
from mscode.engine.account.read import read_list
from mscode.engine.account.target import Account, Target
from mscode.engine.create.settle import NotSettledError, read_until_stable, signature
from mscode.engine.halting import halting_body
from mscode.errors import UnknownOutcome
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.world import Intent, Live, LiveWorld
from mscode.plan.identity.candidates import marker_of
from mscode.plan.identity.lost_create import LostCreateResult, is_create, is_recorded
from mscode.plan.identity.matching import CandidateIndex, manifest_of, verdict_on
from mscode.plan.inputs import PlanInput
from mscode.state.store import StateStore

Objects = Mapping[str, Mapping[str, Live]]


@dataclass(frozen=True, slots=True)
class Recovery:
    """`scene_of` makes the inputs of a plan of what was read. `wait` sleeps, and gives something true when the run is
    stopped. `tell` reports what was done to an address.
    """

    client: Client
    store: StateStore
    target: Target
    scene_of: Callable[[LiveWorld], PlanInput]
    wait: Callable[[float], object]
    tell: Callable[[Address, str], object]

    @property
    def account(self) -> Account:
        return Account(self.client, self.target)

    def settle_all(self) -> None:
        """Wait until the lists have settled, halt what must not ring, and end the intents that have ended.

        UnknownOutcome when the lists do not settle, or the wait was cut short: nothing is planned on what is not settled.
        """
        intents = [i for i in self.store.known.intents.values() if i.address.section in registry()]
        if not intents:
            return
        try:
            objects = read_until_stable(
                lambda: self._read(intents),
                self.target.settle_seconds,
                self.wait,
                lambda objects: [list(self._traces(intent, objects)) for intent in intents],
            )
        except NotSettledError:
            raise UnknownOutcome(
                f"It is not settled what became of {intents[0].address}: the lists still change",
                hint="Apply again later; nothing was sent.",
            ) from None
        for intent in intents:
            if intent.address.kind.has_live_objects:  # a list's own step ends its intent
                self._end(intent, objects)

    def _read(self, intents: list[Intent]) -> Objects:
        sections = sorted({self._section(intent) for intent in intents})
        objects = {section: read_list(self.account, registry()[section]) for section in sections}
        desired = self.scene_of(LiveWorld()).desired
        read_details(self.account, objects, desired, self.store.known)
        return objects

    def _section(self, intent: Intent) -> str:
        """Where what it could have made is listed: that of a list's rows for a list, which is nowhere itself."""
        rows = intent.address.kind.rows
        return rows.section if rows else intent.address.section

    def _traces(self, intent: Intent, objects: Objects) -> Iterator[object]:
        """What two reads must agree in: what the intent could have made, or how many receivers its object has."""
        if not intent.address.kind.has_live_objects:
            yield sorted(objects[self._section(intent)])
            return
        live = self._known(intent, objects)
        if live is not None:
            yield (live.id, live.status.state, len(live.fields.get("receivers", ())))
        elif is_create(intent):
            yield from signature(self._verdict(intent, objects))

    def _verdict(self, intent: Intent, objects: Objects) -> LostCreateResult:
        inputs = self.scene_of(LiveWorld(objects))
        managed = {(entry.address.section, entry.id): entry.address for entry in inputs.known.entries.values()}
        return verdict_on(inputs, intent, manifest_of(inputs, intent.address), managed, CandidateIndex(inputs))

    def _known(self, intent: Intent, objects: Objects) -> Live | None:
        """The object, where the state knows it already."""
        entry = self.store.entry(intent.address)
        if entry is None or (is_create(intent) and not is_recorded(intent, entry)):
            return None
        return objects[intent.address.section].get(entry.id)

    def _end(self, intent: Intent, objects: Objects) -> None:
        recorded = self._known(intent, objects)
        live = recorded or (self._verdict(intent, objects).adopted if is_create(intent) else None)
        if live is not None and is_create(intent):
            self._halt_what_rings(intent, live)
        if not is_create(intent) or is_recorded(intent, self.store.entry(intent.address)):
            self.store.end_intent(intent.address)

    def _halt_what_rings(self, intent: Intent, live: Live) -> None:
        """It was made halted and nobody launched it: its phase is still `new`."""
        marker = marker_of(live)
        if not live.status.running or marker is None or marker.phase != "new":
            return
        campaign = ringing.HaltTarget(self.client, self.target, live.kind, live.id, str(intent.address))
        fresh = ringing.halt(campaign, partial(halting_body, self.client, live.kind))
        if not fresh.status.is_reported or fresh.status.running:
            raise UnknownOutcome(
                f"{intent.address} came back {live.status.state_in_words} although it was made halted, "
                f"and does not halt (id {live.id})",
                hint=f"Stop it with `mscode halt --id {live.id}`, or in the web interface.",
            )
        self.tell(
            intent.address,
            f"came back {live.status.state_in_words} although it was made halted; it is halted now, "
            f"after {count(fresh.status.dials, 'call')}",
        )
