"""Record a person's statement of what became of a create whose answer was lost.

See docs/protocol.md#resolving-an-unknown-outcome.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.audit import audit_and_record
from mscode.app.environment import open_reader
from mscode.app.records import open_records
from mscode.app.state import lock_state
from mscode.app.workspace import Workspace, load_work
from mscode.errors import MscodeError, UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.app.invocation import Invocation
    from mscode.model.address import Address
    from mscode.model.world import Intent
    from mscode.state.records.store import RecordStore
    from mscode.state.store import StateStore


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was recorded. `adopted_id` is the live object that the create made, "" where it made none. `is_declared`: the
    manifests have the address, so the next plan creates what was not created.
    """

    adopted_id: str
    is_declared: bool


def resolve_create(inv: Invocation, directory: Path, address: Address, adopt_id: str) -> Resolution:
    """Record that the create made the object with this id, or, for "", that it made none. Sends nothing but GET.

    MscodeError where no create of the address is unresolved, where the object cannot have come from it, or where creating it
    again may reach people twice and nobody confirms that by typing their number.
    """
    from mscode.engine.create.resolve import open_create
    from mscode.plan.inputs import Options

    workspace = load_work(inv, directory, Options())
    with (
        open_reader(workspace.environment, masker=workspace.masker()) as reader,
        lock_state(inv, workspace.environment, "resolve") as store,
    ):
        intent = open_create(store, address)
        adopted_id = _adopt(workspace, reader, store, intent, adopt_id) if adopt_id else ""
        if not adopt_id:
            _end_without_object(workspace, reader, store, intent)
    return Resolution(adopted_id, address in workspace.desired.objects)


def _adopt(workspace: Workspace, reader: Reader, store: StateStore, intent: Intent, live_id: str) -> str:
    from mscode.engine.create.resolve import adopt, record_adopted
    from mscode.model.kind import ID

    if not ID.match(live_id):
        raise UsageError(f'--adopt: "{live_id}" is not an id of the live account')
    kind = intent.address.kind
    live = adopt(workspace.environment.account(reader), kind, store, intent, live_id)
    records = open_records(workspace.environment, store)
    facts = {"address": str(intent.address), "decision": "adopt", "id": live.id}
    if launch := _launch_of(records, intent):
        facts["launch"] = launch  # it has made this object
    audit_and_record(workspace.environment, records, "resolve", **facts)
    record_adopted(store, kind, intent, live)
    return live.id


def _end_without_object(workspace: Workspace, reader: Reader, store: StateStore, intent: Intent) -> None:
    from mscode.engine.create.resolve import people_if_made_again

    people = people_if_made_again(workspace.environment.account(reader), workspace.desired, store, intent)
    if people:
        _confirm_people(workspace.inv, intent, people)
    records = open_records(workspace.environment, store)
    facts: dict[str, Any] = {"address": str(intent.address), "decision": "not-created", "people": people}
    if launch := _launch_of(records, intent):
        facts["launch"] = launch  # its record was written before the create, and nothing was sent
    audit_and_record(workspace.environment, records, "resolve", **facts)
    store.end_intent(intent.address)


def _launch_of(records: RecordStore, intent: Intent) -> str:
    """The id of the launch that a create was to be, "" for none."""
    from mscode.state.records.later import open_launches

    launch = open_launches(records.overview()).get(intent.address)
    return launch.id if launch is not None and launch.launch.generation == intent.generation else ""


def _confirm_people(inv: Invocation, intent: Intent, people: int) -> None:
    """Let the person type how many people may be reached twice: unlike a `yes`, a number cannot be typed unread."""
    reached = count(people, "person")
    typed = inv.ask(
        f"\n{intent.address} reaches {reached}. If it was created after all, making it again reaches them a second time.\n"
        "  Type the number of people to go on; anything else changes nothing.",
    )
    if typed is None:
        raise MscodeError(
            f"{intent.address} may reach {reached} twice, and there is nobody to say that this is meant",
            detail="Nothing was changed.",
            hint="Answer on a terminal, or send the number of people through a pipe.",
            code="no-terminal",
        )
    if typed.replace(",", "") != str(people):
        raise MscodeError(
            f"That is not the number of people whom {intent.address} may reach twice",
            detail="Nothing was changed.",
            code="not-confirmed",
        )
