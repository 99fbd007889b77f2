"""Adding receivers to a campaign: intent, one POST, settled by reading the campaign.

See docs/protocol.md#launches-receivers-and-halts.

It is no create, but a request that is sent twice could call people twice all the same. The intent makes the next apply wait
until it is settled what became of it; a plan then compares the receivers as always. What is added is what the plan says: the
plan matched receivers with people, and to ask again with less knowledge would be to call some of them twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mscode.engine import ringing
from mscode.engine.account.directory import Directory
from mscode.engine.apply.run import Run
from mscode.engine.create.settle import NotSettledError, read_until_stable
from mscode.engine.ringing import NotALaunch, Precondition, RingingRequest
from mscode.errors import ApiError, MscodeError, StaleError, UnknownOutcome
from mscode.model.kind import CampaignLifecycle, Kind
from mscode.model.world import Intent, Live
from mscode.plan.change import Change, Halt, Update
from mscode.plan.identity.lost_create import RECEIVERS
from mscode.plan.people.match_receivers import match_receivers, resolve_receivers, same_receivers, taken_of

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord

Rows = list[dict[str, Any]]


def added_rows(run: Run, change: Update | Halt) -> Rows:
    """The receivers that a change adds, with ids in place of references."""
    return run.resolved(change, {"receivers": list(change.added_receivers)})["receivers"]  # type: ignore[no-any-return]


def refuse_other_receivers(
    run: Run, change: Change, live: Live, wanted: Sequence[Mapping[str, Any]], *, ordered: bool = False
) -> None:
    """StaleError unless a live object has exactly these receivers (with ids in place of references)."""
    directory = Directory(run, live.fields.get("receivers", ()))
    if same_receivers(live, wanted, {}, directory, ordered=ordered):
        return
    added = resolve_receivers(match_receivers(live.fields.get("receivers", ()), wanted, {}, directory).added, {})
    empty = [group for receiver_kind, group in added if receiver_kind == "group" and not directory.members_of(group)]
    reason = (
        f": the service takes a group's members when it is written, and group {', '.join(empty)} has none"
        if empty
        else ""
    )
    raise StaleError(
        f"{change.address} did not keep receivers{reason}", hint="Look at it in the web interface.", code="not-kept"
    )


def refuse_empty_groups(run: Run, change: Change, wanted: Sequence[Mapping[str, Any]]) -> None:
    """StaleError where the service is known to take a group's members when something is written, and one of the groups (with ids
    in place of references) has none: it would be written without that group.
    """
    if not run.target.service.expands_groups:
        return
    groups = [str(value) for receiver_kind, value in resolve_receivers(wanted, {}) if receiver_kind == "group"]
    directory = Directory(run, ())
    empty = [group for group in groups if not directory.members_of(group)]
    if empty:
        raise StaleError(
            f"{change.address} is not sent: the service takes a group's members when it is written, and group "
            f"{', '.join(empty)} has none",
            detail="Who joins later would not be reached by it.",
            hint="Apply again when somebody is in it, or take it out of the receivers.",
            code="empty-group",
        )


def add_receivers(run: Run, change: Update | Halt, halted: Live, launch_record: DurableRecord | NotALaunch) -> Live:
    """POST new receivers once, while the campaign is as it was seen, which is halted; returns it as it is then. An unclear
    answer is settled by reading, and its intent stays where it cannot be. `launch_record` is that of an edit that resumes it.
    """
    rows, live_id = added_rows(run, change), halted.id
    if not rows:
        return halted
    run.store.begin(
        [Intent(change.address, change.generation, f"{RECEIVERS}{uuid4().hex}", run.store.keyed_hash(rows))]
    )
    try:
        kind = change.address.kind
        path = run.target.paths[kind.receivers_path].replace("{id}", live_id)
        request = RingingRequest("POST", path, grown_body(kind, rows))
        ringing.send(run, change, request, launch_record, Precondition(halted))
    except UnknownOutcome as error:
        if _missing_when_settled(run, change, live_id, rows, error):
            raise
    except MscodeError as error:
        if error.unsent:
            run.store.end_intent(change.address)
        raise
    grown = run.fetch(change.address.kind, live_id, str(change.address))
    if _missing(run, change, grown, rows):
        raise StaleError(
            f"{change.address}: the service took the new receivers and does not show them",
            hint="Plan again.",
            code="receivers-lost",
        )
    run.store.end_intent(change.address)
    fields = {**halted.fields, "receivers": grown.fields.get("receivers")}
    before = replace(halted, fields=fields, updated_at=grown.updated_at)  # our own doing
    ringing.refuse_differences(run.own, change.address.kind, before, grown, str(change.address))
    return grown


def grown_body(kind: Kind, rows: Rows) -> Any:
    """The body of a request that adds receivers; a LookupError where the kind has none."""
    if not isinstance(kind.lifecycle, CampaignLifecycle):
        raise LookupError(f"nothing is added to {kind.section}")
    return kind.lifecycle.encode_receivers(rows)


def _missing(run: Run, change: Change, live: Live, rows: Rows) -> int:
    """How many of the rows the campaign does not show."""
    shown = live.fields.get("receivers", ())
    return len(match_receivers(shown, rows, {}, Directory(run, shown), taken_of(run.entry(change.address))).added)


def _missing_when_settled(run: Run, change: Change, live_id: str, rows: Rows, error: UnknownOutcome) -> int:
    def count_missing() -> int:
        return _missing(run, change, run.fetch(change.address.kind, live_id, str(change.address)), rows)

    try:
        return read_until_stable(count_missing, run.target.settle_seconds, run.stop.wait, lambda count: count)
    except (NotSettledError, ApiError):
        raise error from None
