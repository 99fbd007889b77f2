"""The record of a launch: written and durable before the first request of its step (docs/records.md).

Terms. A *launch* is a step that lets an unfinished object reach a number it did not reach, or ring at an instant at which it would
not have rung (docs/safety.md#launches). Its *record* says what was approved: the words, the window, the people as keyed hashes,
the commit, and who approved it.

Rule. Each launch of a run has one record. All requests of its step share it, a second try after a lost answer among them, since
both let the same thing happen once. The people are those of the plan: right before the request, nobody but them may be reached
(engine/account/people.py), so nobody is rung who is not in the record. Where it cannot be written, the step fails and
nothing of it is sent; whatever rings nobody goes on.

An edit that widens nothing is no launch. Where it gives people other words to hear or read, a line of the chain says which
(`words-changed`): the record of the launch has the words of its day alone.

A record that no request followed is a launch that did not happen. A crash between the two leaves it so: the next record, or the
decision of `mscode resolve`, tells it (state/records/later.py), else the result that is read later. Where mscode itself knows, it
adds a line to the chain (`not-launched`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mscode import __version__
from mscode.errors import MscodeError, StateError
from mscode.model.address import Address
from mscode.model.calling_window import format_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.local_hours import LocalHours, split_zone
from mscode.model.privacy import hide_secrets
from mscode.plan.change import Change, Launch, Launching, Update
from mscode.plan.people.exposure import fed_by, fields_of
from mscode.plan.people.reach import fields_after
from mscode.plan.words import Words, changes_words, words_of, words_of_launch

if TYPE_CHECKING:
    from datetime import datetime

    from mscode.engine.apply.run import Run
    from mscode.engine.ringing import NotALaunch
    from mscode.model.world import Live
    from mscode.state.records import shape
    from mscode.state.records.context import RunContext
    from mscode.state.records.store import DurableRecord, LaunchRecord, RecordStore


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is the same in the records of all launches of a run: where its plan comes from, who approved it, and what was
    overridden for it.
    """

    context: RunContext
    manifests_digest: str
    plan_digest: str
    tzdata_version: str
    overrides: tuple[shape.Override, ...] = ()


def rehearsed() -> Provenance:
    """That of a run in memory, of which nothing is kept."""
    from mscode.state.records.context import RunContext

    return Provenance(RunContext(), "", "", "")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who runs it (`user@host`), and the page of the CI's job ("" for none). `secrets` are hidden in the words that are kept."""

    who: str = ""
    run: str = ""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(slots=True)
class LaunchRecords:
    """The records of one run's launches. Several threads share it: each address is worked on by one of them at a time."""

    store: RecordStore
    #: None of a plan that launches nothing, or whose launches are held
    provenance: Provenance | None
    writer: Writer = Writer()
    #: with the id of its live object, "" where there was none yet
    _written: dict[Address, tuple[DurableRecord, str]] = field(default_factory=dict)
    #: the numbers of records of which a request may have been carried out
    _rung: set[int] = field(default_factory=set)
    #: the launches of former runs whose live object no record names; None until they are asked for
    _open: dict[Address, LaunchRecord] | None = None

    def record(self, run: Run, change: Launching, planned: Launch) -> DurableRecord:
        """The record of a change's launch, durable. MscodeError where it cannot be written: then nothing of its step is sent."""
        if change.address not in self._written:
            launch = self._launch(run, change, planned)
            try:
                record = self.store.write_launch(launch, planned.reach.phones)
            except MscodeError as error:
                raise _not_recorded(change, error) from None
            self._written[change.address] = record, launch.live_id
        return self._written[change.address][0]

    def record_or(self, run: Run, change: Launching, reason: NotALaunch) -> DurableRecord | NotALaunch:
        """The same, or the reason of a change that is no launch."""
        return self.record(run, change, change.launch) if change.launch is not None else reason

    def may_have_rung(self, record: DurableRecord) -> None:
        """A request with this record was carried out, or nobody can say that it was not."""
        self._rung.add(record.n)

    def end(self, run: Run, change: Change, live: Live | None, error: MscodeError | None) -> None:
        """The step of a launch has ended, with what it left or with an error. What its record could not say is added: the id of
        what the launch itself has made, or that nothing was sent.
        """
        if change.address not in self._written:
            if live is not None:  # it was there: what a former run has sent was found after all
                self.adopt(run, change, live)
            return
        record, live_id = self._written[change.address]
        if record.n not in self._rung:
            reason = error.diagnostics[0].code if error is not None else ""
            self._add(run, change, "not-launched", launch=record.id, reason=reason)
        elif live is not None and not live_id:
            self._add(run, change, "made", launch=record.id, id=live.id)

    def adopt(self, run: Run, change: Change, live: Live) -> None:
        """What reaches people by its create was found, whose answer was lost: the record of its launch has no live id."""
        from mscode.state.records.later import open_launches

        if not change.address.kind.create_reaches_people:
            return
        if self._open is None:
            try:
                self._open = open_launches(self.store.overview())
            except MscodeError as error:
                self._tell_incomplete(run, change, error)
                return
        record = self._open.get(change.address)
        if record is not None and record.launch.generation == change.generation:
            self._add(run, change, "made", launch=record.id, id=live.id)

    def note_words(self, run: Run, change: Update) -> None:
        """By an edit that is no launch, people hear or read other words from now on: the service has them, and shows them."""
        builder = run.plan.builder
        if builder is not None and change.launch is None and changes_words(builder, change):
            parts = self._parts(words_of(builder, change))
            self._add(run, change, "words-changed", id=change.live.id, words=[part.data() for part in parts])

    def _add(self, run: Run, change: Change, action: str, **details: Any) -> None:
        """What happened has happened: a line that cannot be written is told, and fails nothing."""
        from mscode.state.records.shape import Decision

        decision = Decision(
            at=format_instant(run.now()),
            id=uuid4().hex,
            who=self.writer.who,
            run=self.writer.run,
            action=action,
            details={"address": str(change.address), **details},
        )
        try:
            self.store.write_decision(decision)
        except MscodeError as error:
            self._tell_incomplete(run, change, error)

    @staticmethod
    def _tell_incomplete(run: Run, change: Change, error: MscodeError) -> None:
        run.notice(f"its record could not be completed: {error.diagnostics[0].summary}", change.address)

    def _launch(self, run: Run, change: Launching, planned: Launch) -> shape.Launch:
        from mscode.state.records import shape

        provenance = self.provenance
        if provenance is None:
            raise ValueError("a launch that nobody approved")
        reach, builder, entry = planned.reach, run.plan.builder, run.entry(change.address)
        parts = words_of_launch(builder, change, planned) if builder is not None else ()
        return shape.Launch(
            at=format_instant(run.now()),
            environment=run.target.environment,
            address=change.address,
            live_id=_live_id(run, change),
            generation=change.generation,
            reason=planned.reason,
            widens=planned.widens,
            campaigns=() if change.address.kind.reaches_people else planned.campaigns,
            context=provenance.context,
            manifests_digest=provenance.manifests_digest,
            plan_digest=provenance.plan_digest,
            overrides=list(provenance.overrides),
            mscode_version=__version__,
            tzdata_version=provenance.tzdata_version,
            parts=self._parts(parts),
            window=_window(run, change, planned),
            unit=reach.unit,
            people=reach.people,
            max_calls=reach.max_calls,
            first_call=_text(reach.first_call),
            last_call=_text(reach.last_call),
            launched_until=entry.launched_at if entry is not None else "",
        )

    def _parts(self, parts: Iterable[Words]) -> list[shape.Part]:
        from mscode.state.records import shape

        return [
            shape.Part(
                role=part.role,
                words=hide_secrets(part.text, self.writer.secrets),
                recording=part.recording.sha256 if part.recording else "",
                live_id=part.live_id,
                language=part.language,
            )
            for part in parts
        ]


def _not_recorded(change: Change, error: MscodeError) -> StateError:
    first = error.diagnostics[0]
    reason = f"{first.summary.rstrip('.')}. {first.detail}".strip()
    return StateError(
        f"{change.address} is not launched: its record cannot be written",
        detail=f"{reason} Nothing of this step was sent; whatever calls nobody goes on.",
        hint=first.hint or "See that the records can be written, then apply again: the launch is shown once more.",
        code="not-recorded",
    )


def _live_id(run: Run, change: Launching) -> str:
    """ "" of what the launch itself makes."""
    if change.address.kind.create_reaches_people and change.action.creates:
        return ""
    return run.ids.get(change.address, "")


def _text(moment: datetime | None) -> str:
    return format_instant(moment) if moment else ""


def _window(run: Run, change: Launching, planned: Launch) -> shape.Window:
    """When what rings may ring. Of several campaigns that reach more people by one change, first and last call say it together."""
    from mscode.state.records import shape

    fields = _ringing_fields(run, change, planned)
    hours = LocalHours.of(fields)
    opens, shuts = (split_zone(str(fields.get(name) or ""))[0] for name in ("activeFrom", "activeTo"))
    start = fields.get("actionTime") or fields.get("startTime")
    end = fields.get(change.address.kind.ends) or fields.get("endTime")
    return shape.Window(
        start=str(start or ""),
        end=str(end or ""),
        active_from=opens,
        active_to=shuts,
        weekdays=tuple(fields.get("activeWeekdays") or ()),
        zone=(hours.zone_name if hours else run.target.window_zone_name) if opens else "",
    )


def _ringing_fields(run: Run, change: Launching, planned: Launch) -> Mapping[str, Any]:
    if change.address.kind.reaches_people:
        return fields_after(change)
    builder = run.plan.builder
    senders = fed_by(builder, planned) if builder is not None else []
    return fields_of(builder, senders[0]) if builder is not None and len(senders) == 1 else {}
