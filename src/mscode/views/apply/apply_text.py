"""An apply as people follow it: a line when a step begins, one when it ends, and the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.privacy import mask_numbers
from mscode.plan.events import (
    STOPPED,
    ApplySummary,
    Completed,
    Event,
    Failed,
    Finished,
    Held,
    Notice,
    Progress,
    RunProgress,
    Skipped,
    Started,
    StepAction,
    Stopping,
)
from mscode.views.diagnostics import render
from mscode.views.plan.segments import Style
from mscode.views.text.masking import Mask
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.words import duration

Spoken = tuple[Style, str]


@dataclass(frozen=True, slots=True)
class Verb:
    """The words of an action: while it is under way, when it is done, and as a noun."""

    doing: str
    done: str
    noun: str


VERBS: Mapping[StepAction, Verb] = {
    "create": Verb("Creating", "Creation complete", "Creation"),
    "update": Verb("Modifying", "Modifications complete", "Modification"),
    "replace": Verb("Replacing", "Replacement complete", "Replacement"),
    "delete": Verb("Destroying", "Destruction complete", "Destruction"),
    "launch": Verb("Launching", "Launched", "Launch"),
    "halt": Verb("Halting", "Halted", "Halt"),
    "import": Verb("Importing", "Import complete", "Import"),
    "move": Verb("Moving", "Move complete", "Move"),
    "forget": Verb("Forgetting", "Forgotten", "Forgetting"),
}
#: Seconds between two lines on the progress of one step, or of the whole run.
STILL_EVERY = 10.0
#: What stands after the address of a campaign that an edit left halted.
MID_EDIT = "is halted in the middle of an edit; mscode apply offers to resume it"


class ApplyText:
    """Turns events into lines of (style, text). Remembers of each object under way how far it was and when that was last said."""

    def __init__(self, mask: Mask = mask_numbers) -> None:
        self._mask = mask
        self._counts: dict[Address, Progress] = {}
        #: an object, or None for the run -> seconds since its beginning
        self._reported: dict[Address | None, float] = {}

    def lines(self, event: Event) -> Iterator[Spoken]:
        """The lines of an event: none, one, or several for an error and for the end."""
        if isinstance(event, Stopping) or (isinstance(event, Skipped) and event.why.startswith(STOPPED)):
            return  # the first was said at once, the others stand in the summary
        if isinstance(event, Progress):
            event = self._counted(event)
        if isinstance(event, Progress | RunProgress):
            key = event.address if isinstance(event, Progress) else None
            if event.elapsed - self._reported.get(key, 0.0) < STILL_EVERY:
                return
            self._reported[key] = event.elapsed
        elif isinstance(event, Completed | Failed):
            self._counts.pop(event.address, None)
            self._reported.pop(event.address, None)
        yield from spoken(event, self._mask)

    def _counted(self, event: Progress) -> Progress:
        """What only says that a step goes on gets the counts that were last heard of it."""
        if event.total:
            self._counts[event.address] = event
            return event
        last = self._counts.get(event.address)
        return event if last is None else replace(last, elapsed=max(event.elapsed, last.elapsed))


def so_far(done: int, total: int, unit: str) -> str:
    """`1,200 of 4,000 members`"""
    return f"{done:,} of {total:,} {escape_unprintable(unit)}".rstrip()


def pace(done: int, total: int, elapsed: float) -> str:
    """`120 a second, about 23s left`; "" while nothing is done. `elapsed`: seconds that took what is done."""
    if not done or elapsed <= 0:
        return ""
    rate = done / elapsed
    spoken_rate = f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:,.0f} a minute"
    return f"{spoken_rate}, {time_left(done, total, elapsed)}"


def time_left(done: int, total: int, elapsed: float) -> str:
    """`about 23s left`; "" while nothing is done."""
    return f"about {duration(round((total - done) * elapsed / done))} left" if done and elapsed > 0 else ""


@singledispatch
def spoken(event: Any, mask: Mask) -> Iterator[Spoken]:
    """The lines of one event; TypeError for a type that is not registered."""
    raise TypeError(f"{event!r} is no event of an apply")


@spoken.register
def _(event: Started, mask: Mask) -> Iterator[Spoken]:
    label = f" [{escape_unprintable(event.label)}]" if event.label else ""
    yield "", f"{event.address}: {VERBS[event.action].doing}...{label}"


@spoken.register
def _(event: Progress, mask: Mask) -> Iterator[Spoken]:
    counts = f", {so_far(event.done, event.total, event.unit)}" if event.total else ""
    doing = VERBS[event.action].doing.lower()
    text = f"{event.address}: Still {doing}... [{duration(event.elapsed)} elapsed{counts}]"
    yield "", f"{text} {pace(event.done, event.total, event.elapsed)}".rstrip()


@spoken.register
def _(event: RunProgress, mask: Mask) -> Iterator[Spoken]:
    text = f"Still applying... [{duration(event.elapsed)} elapsed, {so_far(event.done, event.total, 'steps')}]"
    yield "", f"{text} {pace(event.done, event.total, event.elapsed)}".rstrip()


@spoken.register
def _(event: Completed, mask: Mask) -> Iterator[Spoken]:
    live_id = f" [id={escape_unprintable(event.id)}]" if event.id else ""
    yield "", f"{event.address}: {VERBS[event.action].done} after {duration(round(event.elapsed))}{live_id}"


@spoken.register
def _(event: Failed, mask: Mask) -> Iterator[Spoken]:
    yield "red", f"{event.address}: {VERBS[event.action].noun} failed after {duration(round(event.elapsed))}"
    for diagnostic in event.diagnostics:
        for at, text in enumerate(render(masked(diagnostic, mask))):
            yield "red" if at == 0 else "", text


@spoken.register
def _(event: Stopping, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", event.text


@spoken.register
def _(event: Skipped, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", f"{event.address}: {VERBS[event.action].noun} skipped: {_safe(event.why, mask)}"


@spoken.register
def _(event: Held, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", f"{event.address}: Not launched: {_safe(event.why, mask)}"


@spoken.register
def _(event: Notice, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", f"{event.address or 'Note'}: {_safe(event.text, mask)}"


@spoken.register
def _(event: Finished, mask: Mask) -> Iterator[Spoken]:
    for at, text in enumerate(summary_lines(event.summary, mask)):
        yield "bold" if at == 0 else "", text


def masked(diagnostic: Diagnostic, mask: Mask) -> Diagnostic:
    """A diagnostic without phone numbers and e-mail addresses, which messages of the API may hold."""
    return replace(
        diagnostic, summary=mask(diagnostic.summary), detail=mask(diagnostic.detail), hint=mask(diagnostic.hint)
    )


def _safe(text: str, mask: Mask) -> str:
    return escape_unprintable(mask(text))


# ---- summary ---------------------------------------------------------------------------------------------------------


def summary_lines(summary: ApplySummary, mask: Mask = mask_numbers) -> Iterator[str]:
    """`Apply complete! Resources: …`, or how much is done, and each address that failed or was skipped, with the reason.

    A step whose outcome is unknown counts as failed; its line says that the outcome is unknown.
    """
    if summary.complete:
        if summary.destroy:
            more = _counted((summary.changed, "changed"), (summary.forgotten, "forgotten"))
            yield f"Destroy complete! Resources: {', '.join([f'{summary.destroyed:,} destroyed', *more])}."
            return
        before = _counted((summary.imported, "imported"), (summary.moved, "moved"))
        always = [f"{summary.added:,} added", f"{summary.changed:,} changed", f"{summary.destroyed:,} destroyed"]
        after = _counted((summary.forgotten, "forgotten"), (summary.launched, "launched"), (summary.held, "held"))
        yield f"Apply complete! Resources: {', '.join([*before, *always, *after])}."
        return
    command = "Destroy" if summary.destroy else "Apply"
    failed = len(summary.failed) + len(summary.unknown)
    yield f"{command} incomplete: {summary.done:,} done, {failed:,} failed, {len(summary.skipped):,} skipped."
    if summary.interrupted:
        yield "  Interrupted: nothing new was started; what was done is recorded."
        done = _counted(
            (summary.imported, "imported"),
            (summary.moved, "moved"),
            (summary.added, "added"),
            (summary.changed, "changed"),
            (summary.destroyed, "destroyed"),
            (summary.forgotten, "forgotten"),
            (summary.launched, "launched"),
        )
        yield f"  Done: {', '.join(done) or 'nothing'}."
    outcomes = (("failed", summary.failed), ("outcome unknown", summary.unknown), ("skipped", summary.skipped))
    for word, reasons in outcomes:
        for address, reason in reasons:
            yield f"  {address} {word}: {_safe(reason.removeprefix(f'{address}: '), mask)}"
    for address in summary.mid_edit:
        yield f"{address} {MID_EDIT}"
    if summary.interrupted:
        yield ending_of(summary)


def ending_of(summary: ApplySummary) -> str:
    """The last line of an interrupted apply: who was called or written to, and what goes on."""
    launched = ", ".join(f"{address} ({count(people, 'person')})" for address, people in summary.launches)
    unclear = ", ".join(map(str, summary.unclear_launches))
    if unclear:
        reached = f"It is not known whether {unclear} was launched; nobody else was called or written to."
    else:
        reached = f"Nobody{' else' if launched else ''} was called or written to."
    launches = f"Launched: {launched}. " if launched else ""
    return f"{launches}{reached} Run {escape_unprintable(summary.command)} again to go on."


def _counted(*pairs: tuple[int, str]) -> list[str]:
    """`3 moved` for each number above zero."""
    return [f"{number:,} {word}" for number, word in pairs if number]
