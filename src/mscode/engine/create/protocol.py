"""The create protocol: nothing is made twice, and nothing that was made is forgotten (docs/protocol.md).

The API has no idempotency keys. A POST whose answer is lost may have been carried out, may not have been, or may be carried
out later; sent again on a guess it makes a second object, and for some kinds it calls people a second time.

Terms. An *intent* is a create that was begun: address, generation, operation, digest of the body, and the ids that matched
before. It is *pending* until the state knows how it ended. An outcome is *applied*, *rejected* or *unknown*, by the closed
table in api/outcome: what is not in it is unknown. *Fresh* is a live object that matches now and did not before; *held* is a
create that is never sent again by itself, because it reaches people.

Rule, in this order:

1. Read. What matches and was not in the plan is either explained by an intent, and then adopted, or stale.
2. Write the intent; it is durable before anything is sent. Creates that begin at the same time share one write.
3. Send once: no redirects, no repeats but after a 429, which says that nothing was done, and then with a look before it.
4. Applied: the id is durable before anything else is done to the object, so that a second request that fails orphans nothing.
   Rejected: the intent goes. Unknown: it stays, and never decays into rejected.
5. Unknown: look until the list has settled. A fresh match is adopted; where nothing is found, what is inert is sent once more
   in this run, and what reaches people is held, for a person to settle (`mscode resolve`).

Why not otherwise? Without the intent a crash after the POST is the same as no POST, and the next run makes a duplicate. With an
intent that any error clears, a time-out is the same as a refusal. A look at one moment proves nothing: lists lag, and requests
commit late; so two looks must agree, some time apart. Clocks decide nothing, since ours is not the service's: what is new is
told by ids. And a look alone, without the intent, cannot tell our object from somebody else's of the same name.

Which objects count is decided in plan/identity/candidates.py, what they mean in plan/identity/lost_create.py (so that a plan
shows what an apply would do); engine/create/settle.py reads until the list has settled, and engine/create/recovery.py settles
the intents of former runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mscode.engine import ringing
from mscode.engine.apply.run import Run, applied_fields, read_back, record
from mscode.engine.create.settle import (
    delete_twin,
    is_left_alone,
    list_candidates,
    names_of,
    verdict_now,
    verdict_when_settled,
)
from mscode.errors import MscodeError, StaleError, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.http.retry import backoff
from mscode.model.kind import Kind, Post, Upload
from mscode.model.light_dataclass import dataclass
from mscode.model.values import FileContent
from mscode.model.world import Intent, Live
from mscode.plan.change import Making
from mscode.plan.identity.lost_create import (
    LostCreateResult,
    is_create,
    is_identified,
    needs_manual_resolution,
    same_bodies,
    service_drops_markers,
)

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord

#: Seconds that a POST waits at most after a 429. Once it has waited so long in all, the next 429 fails its step.
LONGEST_WAIT = 60


@dataclass(frozen=True, slots=True)
class CreateThatRings:
    """What a create needs that by itself reaches people: `still_allowed` is asked right before its request, and raises where it
    is not; `launch_record` writes its record when it is certain that the request is needed.
    """

    still_allowed: Callable[[], object]
    launch_record: Callable[[], DurableRecord]


@dataclass(frozen=True, slots=True)
class _NewObject:
    """What is to be made for a change, with these fields. `rings` is None where the create reaches nobody."""

    run: Run
    change: Making
    fields: Mapping[str, Any]
    rings: CreateThatRings | None

    @property
    def kind(self) -> Kind:
        return self.change.address.kind


@dataclass(frozen=True, slots=True)
class _Create(_NewObject):
    """One create under way: what is sent, the intent that stands for it, and an upload's bytes."""

    request: Post | Upload
    intent: Intent
    content: bytes = b""


def create(run: Run, change: Making) -> Live:
    """Make the object of a change (not a campaign's: see `campaign`), whole; gives it as it is afterwards."""
    fields = run.resolved(change, change.desired.fields)
    live_id = send_create(run, change, fields)
    return finish_create(run, change, live_id, fields)


def send_create(
    run: Run,
    change: Making,
    fields: Mapping[str, Any],
    rings: CreateThatRings | None = None,
    **recorded: Any,
) -> str:
    """The protocol up to the durable id. What was certainly not sent drops the intent; UnknownOutcome keeps it.

    A campaign's intent stays until the campaign is known to be inert (`campaign.create_inert`). `recorded` is what the state
    keeps together with the id.
    """
    kind, new_object = change.address.kind, _NewObject(run, change, fields, rings)
    if not kind.shared:
        return _made(new_object, recorded)
    is_made_now = False

    def make() -> str:
        nonlocal is_made_now
        is_made_now = True
        return _made(new_object, recorded)

    live_id = run.shared.at((kind.section, tuple(kind.identities(fields))), make)
    if not is_made_now:
        run.ids[change.address] = live_id
        record(run, change, Live(kind.section, live_id, {}, {}), ended=True, origin="created", **recorded)
    return live_id


def _made(new_object: _NewObject, recorded: Mapping[str, Any]) -> str:
    run, change, kind = new_object.run, new_object.change, new_object.kind
    former_intent = _pending(run, change)
    lookalikes = _lookalikes(new_object)
    live_id = _explained(new_object, former_intent) if former_intent else ""
    if not live_id:
        _refuse_unexpected(new_object, lookalikes)
        live_id = _begin_and_send(new_object, lookalikes, former_intent)
    run.ids[change.address] = live_id
    live = Live(kind.section, live_id, {}, {})
    record(run, change, live, ended=not kind.can_be_halted, origin="created", **recorded)
    return live_id


# ---- look ------------------------------------------------------------------------------------------------------------


def _lookalikes(new_object: _NewObject) -> list[Live]:
    """What could be the object already, by the list that was read once for this kind before its first create.

    What reaches people when it is created is looked for anew before each.
    """
    run, kind = new_object.run, new_object.kind
    candidates = (
        list_candidates(run, kind, new_object.fields)
        if needs_manual_resolution(kind)
        else run.looks.at(kind.section, lambda: list_candidates(run, kind))
    )
    return list(candidates.of([str(name) for name in names_of(new_object.change)], new_object.fields))


def _pending(run: Run, change: Making) -> Intent | None:
    """The intent of a former run for this address, or for the name it had then."""
    for address in names_of(change):
        intent = run.store.intent(address)
        if intent is not None and is_create(intent):
            return intent
    return None


def _explained(new_object: _NewObject, intent: Intent) -> str:
    """The plan found nothing of a lost create, and now it is there: then it is taken, and nothing is sent."""
    verdict = verdict_now(new_object.run, new_object.change, new_object.kind, new_object.fields, intent)
    if verdict.ambiguous:
        raise _still_unknown(new_object.change, verdict, None)
    return _taken(new_object, verdict.adopted, verdict) if verdict.adopted else ""


def _refuse_unexpected(new_object: _NewObject, lookalikes: Sequence[Live]) -> None:
    """A match that the plan did not show and no intent explains: somebody made it meanwhile."""
    change, kind = new_object.change, new_object.kind
    if kind.shared or not lookalikes:
        return
    ids = [live.id for live in lookalikes if not live.status.finished and not _is_expected(new_object, live)]
    if ids:
        raise StaleError(
            f"{change.address} is not created: one like it appeared since the plan was made (id {', '.join(ids)})",
            hint="Plan again.",
            code="stale",
        )


def _is_expected(new_object: _NewObject, live: Live) -> bool:
    """Is it the object of an address, what an address had before, or left alone on purpose?"""
    run, change, kind = new_object.run, new_object.change, new_object.kind
    if change.live is not None and live.id == change.live.id:
        return True
    entries = run.store.managing(kind.section, live.id)
    if kind.create_reaches_people and not kind.carries_marker:
        # the same message to the same people, whatever address it has
        entries = [entry for entry in entries if entry.address == change.address]
    return bool(entries) or is_left_alone(run, kind, live)


# ---- intent and send -------------------------------------------------------------------------------------------------


def _begin_and_send(new_object: _NewObject, lookalikes: Sequence[Live], former_intent: Intent | None) -> str:
    run, change = new_object.run, new_object.change
    request = new_object.kind.create(new_object.fields)
    content = _planned_content(run, change, request) if isinstance(request, Upload) else b""
    intent = _intent(new_object, request, lookalikes, former_intent)
    run.store.begin([intent])
    creation = _Create(run, change, new_object.fields, new_object.rings, request, intent, content)
    try:
        return _send(creation)
    except UnknownOutcome as error:
        return _settled(creation, error)
    except MscodeError as error:
        if error.unsent and former_intent is None:  # else what was lost before may still come
            run.store.end_intent(change.address)
        raise


def _planned_content(run: Run, change: Making, upload: Upload) -> bytes:
    """The bytes that were approved: the file is read once, and what was read is what goes out."""
    try:
        content = (run.target.root / upload.file.path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MscodeError(f"{change.address}: the file {upload.file.path} cannot be read", detail=reason) from None
    if hashlib.sha256(content).hexdigest() != upload.file.sha256:
        raise StaleError(
            f"{change.address}: {upload.file.path} is not the file that was planned",
            detail="It was changed since the plan was made; nothing was sent.",
            hint="Plan again.",
            code="stale-file",
        )
    return content


def _intent(
    new_object: _NewObject, request: Post | Upload, lookalikes: Sequence[Live], former_intent: Intent | None
) -> Intent:
    """Its `matches` are the ids that match before anything is sent, so that a later look can tell the new one from the old."""
    run, change = new_object.run, new_object.change
    body = request.body if isinstance(request, Post) else {"file": request.file.sha256}
    digest, op = run.store.keyed_hash(dict(body)), former_intent.op if former_intent else uuid4().hex
    if not is_identified(new_object.kind, new_object.fields):
        lookalikes = same_bodies(list_candidates(run, new_object.kind), digest, run.store.keyed_hash)
    entry = run.entry(change.address)
    own_ids = [change.live.id] if change.live is not None else []
    own_ids += [entry.id, *entry.superseded] if entry is not None else []
    matches = dict.fromkeys(
        [*(former_intent.matches if former_intent else ()), *own_ids, *(live.id for live in lookalikes)]
    )
    return Intent(change.address, change.generation, op, digest, tuple(matches))


def _send(creation: _Create) -> str:
    """Send; after a 429, wait as long as the service asks, look, and send again."""
    if creation.rings is not None and isinstance(creation.request, Post):
        return _ring(creation, creation.rings, creation.request)
    waited = 0.0
    for attempt in count():
        try:
            return _send_once(creation)
        except RateLimited as error:
            # The service tells all that it refuses at once the same time: a further wait of its own keeps each from the others.
            wait = (error.retry_after or 0) + backoff(attempt)
            if max(waited, error.retry_after or 0) > LONGEST_WAIT or creation.run.stop.wait(wait):
                raise
            waited += wait
            # What is there now may be ours: the list decides, before anything is sent again.
            _refuse_appeared(creation, _verdict_now(creation))
    raise AssertionError("unreachable")


def _ring(creation: _Create, rings: CreateThatRings, request: Post) -> str:
    """What reaches people by its create goes out right after a last look: nobody has made one like it, and it is still
    allowed. The same again after each 429.
    """
    run, reads = creation.run, 0
    try:
        launch_record = rings.launch_record()
    except MscodeError as error:
        error.unsent = True
        raise

    def check() -> None:
        nonlocal reads
        reads += 1
        verdict = _verdict_now(creation)
        if reads > 1:
            _refuse_appeared(creation, verdict)
        elif verdict.adopted is not None or verdict.ambiguous:
            _refuse_unexpected(creation, [*verdict.ambiguous, *([verdict.adopted] if verdict.adopted else [])])
        rings.still_allowed()

    path = run.target.paths[request.path]
    ringing_request = ringing.RingingRequest("POST", path, dict(request.body), creation.kind.id_field)
    precondition = ringing.Precondition(more=check)
    return ringing.send(run, creation.change, ringing_request, launch_record, precondition).id


def _verdict_now(creation: _Create) -> LostCreateResult:
    return verdict_now(creation.run, creation.change, creation.kind, creation.fields, creation.intent)


def _refuse_appeared(creation: _Create, result: LostCreateResult) -> None:
    if result.adopted is not None or result.ambiguous:
        raise UnknownOutcome(
            f"{creation.change.address}: the service asked to wait, and meanwhile one like it appeared"
        )


def _send_once(creation: _Create) -> str:
    run, request, label = creation.run, creation.request, str(creation.change.address)
    ringing.refuse_stopped(run, creation.change)
    path = run.target.paths[request.path]
    if isinstance(request, Post):
        answer = run.client.create(path, dict(request.body), what=label, id_field=creation.kind.id_field)
        if creation.kind.can_be_halted and isinstance(answer.body, dict):
            with suppress(MscodeError):  # an answer in another form says nothing, and the campaign is read by its id
                run.left[creation.change.address] = run.account.decode(creation.kind, answer.body)
        return answer.id
    name = f"mscode-{creation.intent.op}{request.file.extension}"
    return run.client.create_upload(path, name, creation.content, what=label, id_field=creation.kind.id_field).id


# ---- unknown ---------------------------------------------------------------------------------------------------------


def _settled(creation: _Create, error: UnknownOutcome) -> str:
    """The id of what the lost POST made, or of what a second one does; UnknownOutcome where neither is to be had."""
    verdict = verdict_when_settled(
        creation.run, creation.change, creation.kind, creation.fields, creation.intent, error
    )
    if verdict.adopted is None and not verdict.ambiguous and not _is_held(creation) and not creation.run.stop.is_set():
        try:
            return _send(creation)
        except UnknownOutcome as second_error:
            error = second_error
            verdict = verdict_when_settled(
                creation.run, creation.change, creation.kind, creation.fields, creation.intent, error
            )
    if verdict.adopted is None:
        raise _still_unknown(creation.change, verdict, error, held=_is_held(creation)) from None
    return _taken(creation, verdict.adopted, verdict)


def _is_held(creation: _Create) -> bool:
    """Is it never sent again by itself? So is a campaign where the service loses the marker that it would be found by."""
    if needs_manual_resolution(creation.kind):
        return True
    section = creation.kind.section
    entries = [entry for entry in creation.run.store.known.entries.values() if entry.address.section == section]
    return service_drops_markers(creation.kind, list_candidates(creation.run, creation.kind).objects, entries)


def _taken(new_object: _NewObject, adopted: Live, result: LostCreateResult) -> str:
    """Duplicates are deleted first, while the intent still explains them."""
    run, change = new_object.run, new_object.change
    for duplicate in result.duplicates:
        delete_twin(run, new_object.kind, duplicate, change)
    for similar in result.similar:
        run.notice(f"beside it (id {adopted.id}) id {similar.id} is like it; it is left alone", change.address)
    run.notice(f"the answer to its create was lost; it was found as id {adopted.id}", change.address)
    return adopted.id


def _still_unknown(
    change: Making, result: LostCreateResult, error: UnknownOutcome | None, *, held: bool = True
) -> UnknownOutcome:
    summary = error.diagnostics[0].summary if error else f"{change.address}: its create had no answer"
    if result.ambiguous:
        detail = f"Ids {' and '.join(live.id for live in result.ambiguous)} could be it, neither of them at rest."
        hint = f"Look at them, then say which it is: `mscode resolve {change.address} --adopt ID`."
    elif held:
        detail = "Nothing of it is found, and it is not sent again by itself: it could reach people twice."
        hint = f"Look in the web interface, then `mscode resolve {change.address}` with --adopt ID or --not-created."
    else:
        detail = "Nothing of it is found so far."
        hint = "Apply again: it looks first, and makes it only where it is still not there."
    return UnknownOutcome(summary, status=error.status if error else 0, detail=detail, hint=hint)


# ---- the rest of a create --------------------------------------------------------------------------------------------


def finish_create(run: Run, change: Making, live_id: str, fields: Mapping[str, Any]) -> Live:
    """The PUT that a create may need (what a POST cannot carry), the read back, and the record of it all."""
    kind = change.address.kind
    before = {rule.name: rule.default for rule in kind.fields}
    not_created = {name for name in fields if not kind.fields_by_name[name].creatable}
    uploaded = isinstance(fields.get("file"), FileContent)
    if not_created or uploaded:
        body = kind.encode({**before, **fields})
        run.client.put(run.target.item(kind.collection, live_id), body, what=str(change.address))
    live, echo = read_back(run, change, live_id, fields, before=Live(kind.section, live_id, before, {}))
    record(run, change, live, applied=applied_fields(run, change, fields), server_values=echo, origin="created")
    return live
