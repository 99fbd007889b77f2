"""An apply as people follow it: a line when a step begins, one when it ends, and the end (contract §4)."""

from __future__ import annotations

from collections.abc import Iterator

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
)
from mscode.views.diagnostics import render
from mscode.views.printable import visible

BEGIN = {
    "create": "Creating...",
    "replace": "Creating replacement...",
    "update": "Modifying...",
    "delete": "Destroying...",
    "launch": "Launching...",
    "halt": "Halting...",
    "import": "Importing...",
    "move": "Moving...",
    "forget": "Forgetting...",
}
END = {
    "create": "Creation complete",
    "replace": "Replacement complete",
    "update": "Modifications complete",
    "delete": "Destruction complete",
    "launch": "Launched",
    "halt": "Halted",
    "import": "Import complete",
    "move": "Move complete",
    "forget": "Forgotten",
}
STILL_EVERY = 10.0


class ApplyText:
    """Turns events into lines; remembers only when it last said that a step still goes on."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def lines(self, event: Event) -> Iterator[tuple[str, str]]:
        """Styled lines of an event."""
        if isinstance(event, Started):
            yield "", f"{event.address}: {BEGIN[event.action]}"
        elif isinstance(event, Completed):
            suffix = f" [id={visible(event.id)}]" if event.id else ""
            yield "", f"{event.address}: {END[event.action]} after {event.elapsed:.0f}s{suffix}"
        elif isinstance(event, Progress):
            yield from self._still(event)
        elif isinstance(event, Failed):
            for diagnostic in event.diagnostics:
                for at, line in enumerate(render(diagnostic)):
                    yield "red" if at == 0 else "", line if at else line.replace("Error: ", f"Error: {event.address}: ", 1)
        elif isinstance(event, Skipped):
            yield "yellow", f"{event.address}: Skipped ({visible(event.why)})"
        elif isinstance(event, Held):
            yield "yellow", f"{event.address}: Launch held ({visible(event.why)})"
        elif isinstance(event, Notice):
            yield "yellow", f"Note: {visible(event.text)}"
        elif isinstance(event, Finished):
            for line in summary_lines(event.summary):
                yield "bold", line

    def _still(self, event: Progress) -> Iterator[tuple[str, str]]:
        key = str(event.address)
        count = f"{event.done:,} of {event.total:,} {event.unit}" if event.total else f"{event.elapsed:.0f}s elapsed"
        if event.elapsed - self._said.get(key, 0.0) >= STILL_EVERY:
            self._said[key] = event.elapsed
            yield "", f"{event.address}: Still {BEGIN[event.action].lower()} [{count}]"


def summary_lines(summary: ApplySummary) -> Iterator[str]:
    """The end: `Apply complete! Resources: …`, or what is done, failed and skipped, and why."""
    if summary.complete:
        yield _destroyed(summary) if summary.destroy else _complete(summary)
        return
    failed = len(summary.failed) + len(summary.unknown)
    yield f"Apply incomplete: {summary.done} done, {failed} failed, {len(summary.skipped)} skipped."
    for word, reasons in (("failed", summary.failed), ("unknown outcome", summary.unknown), ("skipped", summary.skipped)):
        for address, why in reasons:
            yield f"  {address}: {word}: {visible(why)}"


def _destroyed(summary: ApplySummary) -> str:
    forgotten = f", {summary.forgotten} forgotten" if summary.forgotten else ""
    return f"Destroy complete! Resources: {summary.destroyed} destroyed{forgotten}."


def _complete(s: ApplySummary) -> str:
    parts = [f"{s.imported} imported"] * bool(s.imported) + [f"{s.moved} moved"] * bool(s.moved)
    parts += [f"{s.added} added", f"{s.changed} changed", f"{s.destroyed} destroyed"]
    parts += [f"{count} {word}" for count, word in ((s.forgotten, "forgotten"), (s.launched, "launched"), (s.held, "held")) if count]
    return f"Apply complete! Resources: {', '.join(parts)}."
