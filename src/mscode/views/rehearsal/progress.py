"""The progress of a rehearsal on a terminal: a bar on stderr for what takes longer than a moment, and nothing anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mscode.views.console import Out, is_live

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Work that is done before this many seconds shows nothing.
_AFTER = 1.0


class RehearsalProgress:
    """Takes stages as they come: a name, how much of it is done, and of how much (0: nobody knows). A context manager, at whose
    end the bar is gone.
    """

    def __init__(self, out: Out) -> None:
        self._no_color = out.no_color
        self._is_live = is_live(sys.stderr)
        self._began = time.monotonic()
        self._drawn: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if not self._is_live or (self._drawn is None and time.monotonic() - self._began < _AFTER):
            return
        if self._drawn is None:
            self._drawn = _bar(no_color=self._no_color)
            self._drawn.start()
        if self._task is None or stage != self._stage:
            if self._task is not None:
                self._drawn.remove_task(self._task)
            self._task, self._stage = self._drawn.add_task(stage, total=total or None), stage
        self._drawn.update(self._task, completed=done, total=total or None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn is not None:
            self._drawn.stop()
        self._drawn = None


def _bar(*, no_color: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(file=sys.stderr, no_color=no_color, highlight=False)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        refresh_per_second=5,
        redirect_stdout=False,
    )
