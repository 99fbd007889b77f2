"""The last check before a request that can ring: the only way to send one that lets phones ring, or lifts a halt.

Terms. *Ringing* requests are the PUT that sets a campaign `active` (launch, resume, the end of an edit), the POST of what
reaches people by its create, receivers added to a campaign, and the PUT of a message or the change of a group or an account
by which more people are reached. A *precondition* is what the step has read and
decided on.

Rule. Between the read that a step decides on and its request lie waits, counts, writes to the state and locks; meanwhile
people act: they halt, edit in the web interface, delete. So `send` reads once more as the very last thing before
the request, after every wait, and refuses where anything differs from what was seen, where it would reach anybody else, or
where the run was stopped. The client then sends at once. Where the service asks for a pause, it waits, this module reads again, and
only then is it sent.

What does not ring can still undo what a person did: a PUT repeated after a 503 writes our fields and our marker over theirs.
So `put` reads before each try in the same way, and `halt`, which may be repeated at any time, carries the phase that was read
last, so that a `held` is never replaced.

Every ring has a record. `send` takes a launch's durable record (state/records), which is on the disk, or in the shared backend,
before it: what it says is who is reached, by which commit, and who approved it. A request that sets something going and is no
launch in the sense of docs/safety.md#launches takes the reason in its place (`NotALaunch`). Neither has a default, and a record is
made by nothing but the store that has written it, so that a launch without one does not pass the type checker.

Why not compare once, before the wait? A pause takes up to a minute, a shared state's backend longer. And why not let the
transport repeat? It knows nothing but bytes: its repeat of an edit's first PUT is a launch of what was halted meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

from mscode.api.client import Cleared, Client, Created
from mscode.engine.account.decode import is_out_of_form, live_of
from mscode.engine.account.target import Target
from mscode.engine.apply.own_changes import OwnChanges
from mscode.engine.apply.run import Run, changed_by_others
from mscode.engine.halting import (
    Form,
    HaltBody,
    Reading,
    StandIns,
    UnfitError,
    first_taken,
    forms,
    may_call,
    readings,
    rows_of,
    state_in,
)
from mscode.errors import ApiError, MscodeError, Rejected, StaleError, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import id_text, pick
from mscode.model.world import MARKER_KEY, CampaignStatus, Live, Marker
from mscode.plan.change import Change

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord

Body = Mapping[str, Any]


def nothing() -> None:
    """No further check."""


@dataclass(frozen=True, slots=True)
class Precondition:
    """What was read, and must still be so. `live` is the object that the request changes, None where it makes a new one.

    `people` reads the people again whom the request reaches, and raises where anybody was not approved; `more` checks whatever
    else the step depends on. Both come before the object itself is read, which is the very last thing.
    """

    live: Live | None = None
    people: Callable[[], object] = nothing
    more: Callable[[], object] = nothing


class NotALaunch(Enum):
    """Why a request that sets something going, or adds people, reaches nobody and at no moment more than before it.

    Each of them is looked at once more right before the request, by its precondition.
    """

    NARROWER_EDIT = "the resume of an edit that widens nothing"
    RESTORED = "an edit failed: what ran before it goes on as it was"
    STAYS_HALTED = "the campaign is halted and stays so"
    REACHES_NOBODY = "nothing that is under way reaches anybody by it"


@dataclass(frozen=True, slots=True)
class RingingRequest:
    """What is sent. `id_field`: the member of the answer that names the object that was made, "" where none is."""

    method: str
    path: str
    body: Any
    id_field: str = ""


def send(
    run: Run, change: Change, request: RingingRequest, record: DurableRecord | NotALaunch, seen: Precondition
) -> Created:
    """Send what can ring, right after a last check. StaleError where that reads anything other than `seen`.

    `record` is that of the step's launch, the same for each of its requests and for a second try.
    """

    def clear() -> Cleared:
        try:
            refuse_stopped(run, change)
            seen.more()
            seen.people()
            if seen.live is not None:
                refuse_other(run, change, seen.live)
            refuse_stopped(run, change)
        except MscodeError as error:
            error.unsent = not isinstance(error, UnknownOutcome)
            raise
        return Cleared(request.body)

    if change.launch is not None and record in (NotALaunch.NARROWER_EDIT, NotALaunch.REACHES_NOBODY):
        raise ValueError(f"{change.address} is launched, and has no record")
    label = str(change.address)
    try:
        created = run.client.ring(request.method, request.path, clear, what=label, id_field=request.id_field)
    except UnknownOutcome:
        _note_ring(run, record)
        raise
    _note_ring(run, record)
    return created


def _note_ring(run: Run, record: DurableRecord | NotALaunch) -> None:
    """The request was carried out, or nobody can say that it was not."""
    if not isinstance(record, NotALaunch):
        run.launches.may_have_rung(record)


def refuse_stopped(run: Run, change: Change) -> None:
    """Once it was stopped, a run makes nothing and lets nothing ring."""
    if run.stop.is_set():
        error = StaleError(f"{change.address}: the run was stopped", detail="It was not sent.", code="stopped")
        error.unsent = True
        raise error


def refuse_other(run: Run, change: Change, seen: Live) -> Live:
    """The object as it is now; StaleError where somebody has touched it since it was seen."""
    kind, label = seen.kind, str(change.address)
    fresh = run.fetch(kind, seen.id, label)
    refuse_differences(run.own, kind, seen, fresh, label)
    return fresh


def refuse_differences(own: OwnChanges, kind: Kind, seen: Live, fresh: Live, label: str) -> None:
    names = differences(own, kind, seen, fresh)
    if names:
        state = f" It is {fresh.status.state_in_words} and stays so." if fresh.status.is_reported else ""
        marker = seen.status.marker
        editing = marker is not None and marker.phase == "edit"
        raise StaleError(
            f"{label} was changed by somebody while mscode edited it"
            if editing
            else f"{label}: somebody changed it meanwhile",
            detail=f"Changed: {', '.join(names)}. Nothing was overwritten.{state}",
            hint="Look at it in the web interface, then plan again.",
            code="stale",
        )


def differences(own: OwnChanges, kind: Kind, seen: Live, fresh: Live) -> list[str]:
    """Names of what is no longer as it was seen, and not by what this run has done itself.

    Something that waits for its start or calls changes by itself: there its state may move on to `active`, and `updatedAt`
    moves with every call. What is halted changes by nobody but people, and there the instant of its last change must be the
    same as well, since somebody may have pressed Halt on what mscode had halted for an edit.
    """
    before, now = seen.status, fresh.status
    names = changed_by_others(own, kind, seen, fresh)
    if before.state != now.state and not (before.running and now.running):
        names.append("state")
    if before.marker != now.marker:
        names.append("mscode's marker in meta")
    if not before.running and seen.updated_at != fresh.updated_at and not names:
        names.append("when it was last changed")
    return names


# ---- what does not ring, but could undo what somebody did ------------------------------------------------------------


def put(run: Run, change: Change, seen: Live, body: Body, still_allowed: Callable[[], object] = nothing) -> Live:
    """A PUT that lets nothing ring, with a read before each try; returns the object as it is then.

    A try without a clear answer may have been carried out: then the object shows what was sent, and nothing is sent again.
    `still_allowed` is called before each read, and raises where it is not.
    """
    kind, label = change.address.kind, str(change.address)
    path = run.target.item(kind.collection, seen.id)
    tries = 0

    def checked_body() -> Body | None:
        nonlocal tries
        tries += 1
        still_allowed()
        fresh = run.fetch(kind, seen.id, label)
        if tries > 1 and is_as_sent(kind, body, fresh, run.target.region):
            return None
        refuse_differences(run.own, kind, seen, fresh, label)
        return body

    answer = run.client.put_after(path, checked_body, what=label)
    if isinstance(answer, dict) and answer.get(kind.id_field):
        return run.account.decode(kind, answer)
    return run.fetch(kind, seen.id, label)  # it answered with no object, or nothing was sent


def is_as_sent(kind: Kind, body: Body, fresh: Live, region: str) -> bool:
    """Does an object show everything that a body has set?"""
    try:
        expected = live_of(kind, {**body, kind.id_field: fresh.id}, region)
    except MscodeError:  # a body that is no whole object
        return False
    marker, now = (live.status.marker for live in (expected, fresh))
    return marker == now and all(
        rule.normalize(expected.fields.get(rule.name)) == rule.normalize(fresh.fields.get(rule.name))
        for rule in kind.fields
        if rule.name in body and not rule.write_only and not (rule.computed and body[rule.name] is None)
    )


# ---- halting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HaltTarget:
    """The campaign that is to be halted, and where. `label` names it in messages."""

    client: Client
    target: Target
    kind: Kind
    live_id: str
    label: str

    @property
    def path(self) -> str:
        """The path of its page."""
        return self.target.item(self.kind.collection, self.live_id)

    def page(self) -> Mapping[str, Any]:
        """As its page shows it. {} where the page cannot be read and the list has the campaign: then nothing says that it is
        stopped, and the readings take every member from its row.
        """
        try:
            raw: Mapping[str, Any] = self.client.get(self.path, what=self.label)
        except RateLimited:
            raise
        except ApiError as error:
            if error.status == 404 or self.row() is None:
                raise
            return {}
        return raw if isinstance(raw, dict) else {}

    def row(self) -> Mapping[str, Any] | None:
        """Its row in the list; None where the list has none, or cannot be read."""
        rows, _ = rows_of(self.client, self.target.paths[self.kind.collection], self.kind.section, self.kind.id_field)
        return next((row for row in rows if id_text(pick(row, self.kind.id_field)) == self.live_id), None)

    def is_running(self, raw: Mapping[str, Any]) -> bool:
        """By its page, and where that shows no state, by its row."""
        return CampaignStatus(state_in(raw) or state_in(self.row() or {}), 0, None).running

    def decoded(self, raw: Mapping[str, Any]) -> Live:
        """Its page in spec form; members that make the page unreadable are taken from the list. MscodeError where that does not
        help either.
        """
        try:
            return live_of(self.kind, raw, self.target.region)
        except MscodeError:
            for reading in readings(self.kind, raw, self.row):
                with suppress(MscodeError):
                    return live_of(self.kind, reading, self.target.region)
            raise


def halt(campaign: HaltTarget, body: HaltBody, phase: str = "") -> Live:
    """Stop a campaign, whatever else is missing; returns it as it is then. One that no longer rings is left as it is.

    It may be repeated at any time: each try carries the fields and the marker that were read right before it. `phase` goes
    into the marker of what still rings; left out, the phase stays as it is. What the service does not take back is sent in
    another form (engine.halting).
    """
    voices = StandIns(campaign.client, campaign.target)
    halting = _Halting(campaign, phase)
    tries = ((form, nth) for form in forms(campaign.kind, body, voices) for nth in range(_READINGS))
    try:
        return first_taken(tries, halting.put)
    finally:
        voices.describe()


def unreadable(error: MscodeError) -> bool:
    """Does the error say that a campaign's own page could not be read, or is out of form? Then it is halted by whatever else is
    known of it.
    """
    if isinstance(error, ApiError):
        return error.status != 404 and not isinstance(error, RateLimited)
    return is_out_of_form(error)


#: How many readings of one campaign there are (engine.halting.readings).
_READINGS = 3


@dataclass(slots=True)
class _Halting:
    """The tries of one halt. `body` is the last one sent, `refused` are those that the service did not take."""

    campaign: HaltTarget
    phase: str
    body: Body = field(default_factory=dict)
    refused: list[Body] = field(default_factory=list)

    def put(self, attempt: tuple[Form, int]) -> Live:
        """Halt by a PUT of this form and this reading; the campaign as it is then, its `updated_at` that of the PUT's answer.

        Even where its page is out of form it is halted first; only then is that an error.
        """
        campaign = self.campaign
        try:
            answer = campaign.client.put_after(campaign.path, lambda: self._body(*attempt), what=campaign.label)
        except UnknownOutcome:
            raw = campaign.page()
            if may_call(raw):
                raise
            return campaign.decoded(raw)
        except Rejected:
            self.refused.append(self.body)
            raise
        fresh = campaign.decoded(campaign.page())
        if isinstance(answer, dict) and answer.get(campaign.kind.id_field):
            with suppress(MscodeError):  # an answer out of form says nothing
                return replace(fresh, updated_at=live_of(campaign.kind, answer, campaign.target.region).updated_at)
        return fresh

    def _body(self, form: Form, nth: int) -> Body | None:
        """The body from what is read now, right before the PUT; None where the campaign is stopped already."""
        campaign = self.campaign
        raw = campaign.page()
        if not may_call(raw):
            return None
        reading = next(islice(readings(campaign.kind, raw, campaign.row), nth, None), None)
        if reading is None:
            raise UnfitError("There is no other reading of it")
        marker = _marker_in(raw) or _marker_in(reading)
        if marker is not None and self.phase and campaign.is_running(raw):  # what somebody has halted keeps its phase
            marker = replace(marker, phase=self.phase)
        self.body = form.body(Reading.of(campaign.kind, reading, marker))
        if self.body in self.refused:
            raise UnfitError("It was refused in this form already")
        return self.body


def _marker_in(raw: Mapping[str, Any]) -> Marker | None:
    meta = pick(raw, "meta")
    return Marker.parse(meta.get(MARKER_KEY)) if isinstance(meta, dict) else None
