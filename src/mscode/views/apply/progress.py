"""Following an apply on the console: lines, and on a terminal a bar for what takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from mscode.model.address import Address
from mscode.model.privacy import mask_numbers
from mscode.plan.events import Completed, Event, Failed, Finished, Notice, Progress, RunProgress, Skipped
from mscode.views.apply.apply_text import VERBS, ApplyText, pace, so_far, time_left
from mscode.views.console import Out, is_live
from mscode.views.plan.segments import EMPTY, Segment
from mscode.views.text.masking import Mask
from mscode.views.text.width import cut, display_width

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

#: Work that is done before this many seconds gets no bar.
BAR_AFTER = 2.0
#: Columns of a bar, and of a terminal that has room for one.
BAR_WIDTH, WIDE = 20, 100


class Follower:
    """Shows events as they come, from any thread. A context manager.

    Progress and the end go to stdout, as Terraform writes them; failures, notices, what was skipped, and bars to stderr.
    """

    def __init__(self, out: Out, mask: Mask = mask_numbers) -> None:
        self._out, self._text = out, ApplyText(mask)
        self._bars = Bars(no_color=out.no_color) if is_live(sys.stderr) else None
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        with self._lock:
            if self._bars is not None:
                self._bars.show(event)
            if self._bars is None or not self._bars.has(event):
                lines = [(Segment(text, style),) for style, text in self._text.lines(event)]
                if isinstance(event, Failed | Notice | Skipped):
                    self._out.talk_pieces(lines)
                elif lines:
                    self._out.write_lines([EMPTY, *lines] if isinstance(event, Finished) else lines)

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.close()


class Bars:
    """One bar per object whose step has a known length, and one for a run of many steps, drawn by rich, which is loaded with the
    first of them.

    While bars are drawn, rich stands in for sys.stderr, and for sys.stdout where that is a terminal too, so that lines
    appear above them.
    """

    def __init__(self, *, no_color: bool) -> None:
        self._no_color = no_color
        self._drawn: RichProgress | None = None
        #: an object, or None for the run
        self._tasks: dict[Address | None, TaskID] = {}

    def has(self, event: Event) -> bool:
        """Does a bar show the progress that this event reports?"""
        return isinstance(event, Progress | RunProgress) and _bar_of(event) in self._tasks

    def show(self, event: Event) -> None:
        """Draw, advance or remove the bar of the event's object; the end of the apply removes all bars."""
        if isinstance(event, Progress | RunProgress):
            if event.total and event.elapsed >= BAR_AFTER:
                self._advance(event)
        elif isinstance(event, Completed | Failed):
            task = self._tasks.pop(event.address, None)
            if task is not None and self._drawn is not None:
                self._drawn.remove_task(task)
        elif isinstance(event, Finished):
            self.close()

    def _advance(self, event: Progress | RunProgress) -> None:
        if self._drawn is None:
            self._drawn = _rich_progress(no_color=self._no_color)
            self._drawn.start()
        bar, text = _bar_of(event), _bar_text(event, self._drawn.console.width)
        if bar not in self._tasks:
            self._tasks[bar] = self._drawn.add_task(text, total=event.total)
        self._drawn.update(self._tasks[bar], description=text, completed=event.done, total=event.total)

    def close(self) -> None:
        """Remove all bars."""
        if self._drawn is not None:
            self._drawn.stop()
        self._drawn = None
        self._tasks.clear()


def _bar_of(event: Progress | RunProgress) -> Address | None:
    return event.address if isinstance(event, Progress) else None


def _bar_text(event: Progress | RunProgress, width: int) -> str:
    """What stands before a bar, in a terminal so many columns wide: where it does not fit, the name of the object is cut, then
    how fast it goes is left out, then when it ends.
    """
    name = f"{event.address}: {VERBS[event.action].doing}" if isinstance(event, Progress) else "Applying"
    unit = event.unit if isinstance(event, Progress) else "steps"
    far, so_long = so_far(event.done, event.total, unit), (event.done, event.total, event.elapsed)
    texts = [", ".join(filter(None, (far, end))) for end in (pace(*so_long), time_left(*so_long), "")]
    for_words = width - (BAR_WIDTH + 1 if width >= WIDE else 0) - len(", ")
    text = next((text for text in texts if display_width(text) < for_words), far)
    return f"{cut(name, max(for_words - display_width(text), 1))}, {text}"


def _rich_progress(*, no_color: bool) -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(file=sys.stderr, no_color=no_color, highlight=False)
    return Progress(
        TextColumn("{task.description}", markup=False),
        # Where there is little room, the words say more than the bar.
        *((BarColumn(bar_width=BAR_WIDTH),) if console.width >= WIDE else ()),
        console=console,
        transient=True,
        refresh_per_second=5,
        redirect_stdout=sys.stdout.isatty(),
    )
