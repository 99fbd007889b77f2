"""Creating: intent, one POST, three outcomes, record, then what the POST could not carry (reconcile §5).

The order is the point. The intent is durable before anything is sent, so that a lost answer is known to be one. The id is
durable before anything else is done to the object, so that a failing second request cannot orphan it. A POST is sent once:
no answer means that nobody knows, and the next plan settles it by looking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from mscode.api.outcome import RateLimited
from mscode.engine.read import read_list
from mscode.engine.run import Run, applied_fields, read_back, record
from mscode.errors import NotSent, Rejected, UnknownOutcome
from mscode.kind import Kind, Post, Upload
from mscode.plan.change import Change
from mscode.values import FileContent
from mscode.world import Intent, Live

#: How often a POST may be sent again after 429, each time after a look.
TRIES_AFTER_429 = 5
#: The budget of one request, in seconds (contract §6).
LONGEST_WAIT = 60


def create(run: Run, change: Change) -> Live:
    """Make the object of a change (not a campaign's: see `campaign`), whole; gives it as it is afterwards."""
    assert change.desired is not None
    fields = run.resolved(change.desired.fields)
    live_id = send_create(run, change, fields)
    return finish_create(run, change, live_id, fields)


def send_create(run: Run, change: Change, fields: Mapping[str, Any]) -> str:
    """The protocol up to the durable id. Rejected and NotSent drop the intent; UnknownOutcome keeps it."""
    kind = run.kind(change)
    request = kind.create(fields)
    op = uuid4().hex
    run.store.begin([_intent(run, change, kind, request, op)])
    try:
        live_id = _send(run, change, kind, request, op)
    except (Rejected, NotSent):
        run.store.settle(change.address)
        raise
    run.ids[change.address] = live_id
    record(run, change, Live(kind.section, live_id, {}, {}), origin="created")
    return live_id


def _intent(run: Run, change: Change, kind: Kind, request: Post | Upload, op: str) -> Intent:
    body = request.body if isinstance(request, Post) else {"file": request.file.sha256}
    digest = run.store.seal(dict(body))
    return Intent(change.address, change.generation, op, digest, _matching_now(run, change, kind))


def _matching_now(run: Run, change: Change, kind: Kind) -> tuple[str, ...]:
    """Ids that match before anything is sent, so that a later look can tell the new one from the old."""
    live = change.live
    return (live.id,) if live is not None and change.action.replaces else ()


def _send(run: Run, change: Change, kind: Kind, request: Post | Upload, op: str) -> str:
    for attempt in range(TRIES_AFTER_429):
        try:
            return _send_once(run, change, kind, request, op)
        except RateLimited as error:
            if attempt == TRIES_AFTER_429 - 1 or (error.retry_after or 0) > LONGEST_WAIT:
                raise
            run.stop.wait(error.retry_after or 1)
            _refuse_if_it_appeared(run, change, kind)
    raise AssertionError("unreachable")


def _refuse_if_it_appeared(run: Run, change: Change, kind: Kind) -> None:
    """After a 429, look before sending again: what is there now may be ours."""
    assert change.desired is not None
    keys = kind.identities(run.resolved(change.desired.fields))[:1]
    if keys and not kind.shared:
        lookalikes = [
            live for live in read_list(run.client, kind, run.target).values() if keys[0] in kind.identities(live.fields)
        ]
        if any(live.id != (change.live.id if change.live else "") for live in lookalikes):
            raise UnknownOutcome(
                f"{change.address}: the service asked to wait, and meanwhile one like it appeared", hint="Plan again."
            )


def _send_once(run: Run, change: Change, kind: Kind, request: Post | Upload, op: str) -> str:
    what, path = str(change.address), run.target.paths[request.path]
    if isinstance(request, Post):
        return run.client.create(path, dict(request.body), what=what, id_field=kind.id_field).id
    name = f"mscode-{op}{request.file.extension}"
    return run.client.create_upload(
        path, name, run.target.root / request.file.path, what=what, id_field=kind.id_field
    ).id


def finish_create(run: Run, change: Change, live_id: str, fields: Mapping[str, Any]) -> Live:
    """The PUT that a create may need (what a POST cannot carry), the read back, and the record of it all."""
    kind = run.kind(change)
    rest = {name for name in fields if not kind.rules[name].creatable}
    uploaded = isinstance(fields.get("file"), FileContent)
    if rest or uploaded:
        body = kind.wire({rule.name: fields.get(rule.name, rule.default) for rule in kind.fields})
        run.client.put(run.target.item(kind.collection, live_id), body, what=str(change.address))
    live, echo = read_back(run, change, live_id, fields)
    record(run, change, live, applied=applied_fields(run, change, fields), echo=echo, origin="created")
    return live
