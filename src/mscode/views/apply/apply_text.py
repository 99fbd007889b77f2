"""An apply as people follow it: a line when a step begins, one when it ends, and the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from mscode.errors import Diagnostic
from mscode.model.privacy import mask_numbers
from mscode.plan.events import (
    ApplySummary,
    Completed,
    Event,
    Failed,
    Finished,
    Held,
    Notice,
    Progress,
    Skipped,
    Started,
    StepAction,
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
STILL_EVERY = 10.0
#: What stands after the address of a campaign that an edit left halted.
MID_EDIT = "is halted in the middle of an edit; mscode apply offers to resume it"


class ApplyText:
    """Turns events into lines of (style, text). Remembers only when it last said that a step still goes on."""

    def __init__(self, mask: Mask = mask_numbers) -> None:
        self._mask = mask
        self._said: dict[object, float] = {}

    def lines(self, event: Event) -> Iterator[Spoken]:
        """The lines of an event: none, one, or several for an error and for the end."""
        if isinstance(event, Progress) and not self._is_due(event):
            return
        yield from spoken(event, self._mask)

    def _is_due(self, event: Progress) -> bool:
        """Every ten seconds of a step, not more often."""
        key = (event.address, event.action)
        if event.elapsed - self._said.get(key, 0.0) < STILL_EVERY:
            return False
        self._said[key] = event.elapsed
        return True


@singledispatch
def spoken(event: Any, mask: Mask) -> Iterator[Spoken]:
    """The lines that say one event."""
    raise TypeError(f"{event!r} is no event of an apply")


@spoken.register
def _(event: Started, mask: Mask) -> Iterator[Spoken]:
    label = f" [{escape_unprintable(event.label)}]" if event.label else ""
    yield "", f"{event.address}: {VERBS[event.action].doing}...{label}"


@spoken.register
def _(event: Progress, mask: Mask) -> Iterator[Spoken]:
    so_far = f", {event.done:,} of {event.total:,} {escape_unprintable(event.unit)}".rstrip() if event.total else ""
    doing = VERBS[event.action].doing.lower()
    yield "", f"{event.address}: Still {doing}... [{duration(event.elapsed)} elapsed{so_far}]"


@spoken.register
def _(event: Completed, mask: Mask) -> Iterator[Spoken]:
    live_id = f" [id={escape_unprintable(event.id)}]" if event.id else ""
    yield "", f"{event.address}: {VERBS[event.action].done} after {duration(round(event.elapsed))}{live_id}"


@spoken.register
def _(event: Failed, mask: Mask) -> Iterator[Spoken]:
    yield "red", f"{event.address}: {VERBS[event.action].noun} failed after {duration(round(event.elapsed))}"
    for found in event.diagnostics:
        for at, text in enumerate(render(masked(found, mask))):
            yield "red" if at == 0 else "", text


@spoken.register
def _(event: Skipped, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", f"{event.address}: {VERBS[event.action].noun} skipped: {_safe(event.why, mask)}"


@spoken.register
def _(event: Held, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", f"{event.address}: Launch held: {_safe(event.why, mask)}"


@spoken.register
def _(event: Notice, mask: Mask) -> Iterator[Spoken]:
    yield "yellow", f"{event.address or 'Note'}: {_safe(event.text, mask)}"


@spoken.register
def _(event: Finished, mask: Mask) -> Iterator[Spoken]:
    for at, text in enumerate(summary_lines(event.summary, mask)):
        yield "bold" if at == 0 else "", text


def masked(found: Diagnostic, mask: Mask) -> Diagnostic:
    """A diagnostic without numbers or addresses of people: the API's words may hold them."""
    return replace(found, summary=mask(found.summary), detail=mask(found.detail), hint=mask(found.hint))


def _safe(text: str, mask: Callable[[str], str]) -> str:
    return escape_unprintable(mask(text))


# ---- the end ---------------------------------------------------------------------------------------------------------


def summary_lines(summary: ApplySummary, mask: Mask = mask_numbers) -> Iterator[str]:
    """`Apply complete! Resources: …`, or how much is done, and each address that failed or was skipped, with why.

    A step whose outcome is unknown counts among the failed, and says so in its line.
    """
    if summary.complete:
        yield _destroyed(summary) if summary.destroy else _complete(summary)
        return
    what = "Destroy" if summary.destroy else "Apply"
    failed = len(summary.failed) + len(summary.unknown)
    yield f"{what} incomplete: {summary.done:,} done, {failed:,} failed, {len(summary.skipped):,} skipped."
    if summary.interrupted:
        yield "  Interrupted: nothing new was started; what was done is recorded."
    words = (("failed", summary.failed), ("outcome unknown", summary.unknown), ("skipped", summary.skipped))
    for word, reasons in words:
        for address, why in reasons:
            yield f"  {address} {word}: {_safe(why, mask)}"
    for address in summary.mid_edit:
        yield f"{address} {MID_EDIT}"


def _destroyed(s: ApplySummary) -> str:
    more = _counted((s.changed, "changed"), (s.forgotten, "forgotten"))
    return f"Destroy complete! Resources: {', '.join([f'{s.destroyed:,} destroyed', *more])}."


def _complete(s: ApplySummary) -> str:
    always = [f"{s.added:,} added", f"{s.changed:,} changed", f"{s.destroyed:,} destroyed"]
    first = _counted((s.imported, "imported"), (s.moved, "moved"))
    last = _counted((s.forgotten, "forgotten"), (s.launched, "launched"), (s.held, "held"))
    return f"Apply complete! Resources: {', '.join([*first, *always, *last])}."


def _counted(*pairs: tuple[int, str]) -> list[str]:
    return [f"{number:,} {word}" for number, word in pairs if number]
