"""Reads that several steps of a run wait for at the same time, answered by one list.

Rule. Whoever asks gets what a request has read that began after the question: whatever was answered before is in it. The first
to ask reads at once. Whoever asks during that waits for its end, and then one list answers all who wait. Nothing waits for a
clock, or for others who may still ask: a step that is alone reads as it would without this.

A list confirms and refutes nothing. Of an object that was written, its row counts only where it shows all that was written.
What the list leaves out, shows otherwise or in another form, and everything where the list fails, is read by its id as if there
were no list: each step decides on its own object's page, and fails with the error of its own request.

Why not always a list? One of a hundred thousand accounts costs more than ten accounts read one by one (`ROWS_EACH`). And why not
one that was begun before the question? It may lack what was made since.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import field
from typing import Any

from mscode.engine.account.read import read_list
from mscode.engine.account.target import Account
from mscode.errors import MscodeError
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import id_text, pick
from mscode.model.world import Live

#: So many rows of a list are read for each object that is waited for: they cost about as much as the request that is saved.
ROWS_EACH = 100


@dataclass(slots=True)
class _Question:
    """`objects` and `error` are what the list gave to whoever read it for this one too; both None where nothing was listed."""

    live_id: str = ""
    is_answered: bool = False
    objects: Mapping[str, Live] | None = None
    error: MscodeError | None = None


@dataclass(slots=True)
class _Queue:
    """Who waits for the next read of a kind; `is_reading`: one is under way."""

    is_reading: bool = False
    waiting: list[_Question] = field(default_factory=list)


class SharedReads:
    """Threads may share it. `waiting` is entered while a step waits for another's read, in which time it sends nothing; `sending`
    by each thread that reads for a step that waits for several reads at once.

    `rows`: how many rows the list of a section had last.
    """

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.waiting: Callable[[], AbstractContextManager[object]] = nullcontext
        self.sending: Callable[[], AbstractContextManager[object]] = nullcontext
        self._changed = threading.Condition()
        self._queues: dict[tuple[str, str], _Queue] = defaultdict(_Queue)

    def page(self, account: Account, kind: Kind, live_id: str, label: str, shows: Callable[[Live], bool]) -> Live:
        """One object as it is now: by its page, or by its row of a list, where that `shows` all that is looked for.

        ApiError or MscodeError (`bad-form`) where its page cannot be read.
        """
        if kind.list_is_partial or self.rows.get(kind.section, 0) > ROWS_EACH * account.reader.parallelism:
            return account.decode(kind, account.page(kind, live_id, label))
        queue, own = self._queue(kind, "pages"), _Question(live_id)
        together = self._turn(queue, own)
        try:
            if len(together) == 1:
                return account.decode(kind, account.page(kind, live_id, label))
            if together and self.rows.get(kind.section, 0) <= ROWS_EACH * len(together):
                self._list_wanted(account, kind, together)
        finally:
            self._end(queue, together)
        row = own.objects.get(live_id) if own.objects is not None else None
        return row if row is not None and shows(row) else account.decode(kind, account.page(kind, live_id, label))

    def whole_list(self, account: Account, kind: Kind) -> dict[str, Live]:
        """`read_list`, by a list that was begun after this was called. Who waits for it has the same objects, or the same error."""
        queue, own = self._queue(kind, "list"), _Question()
        together = self._turn(queue, own)
        try:
            if together:
                listed = read_list(account, kind)
                for question in together:
                    question.objects = listed
        except MscodeError as error:
            for question in together:
                question.error = error
        finally:
            self._end(queue, together)
        if own.error is not None:
            raise own.error
        return dict(own.objects) if own.objects is not None else read_list(account, kind)

    def _queue(self, kind: Kind, what: str) -> _Queue:
        with self._changed:
            return self._queues[kind.section, what]

    def _turn(self, queue: _Queue, own: _Question) -> Sequence[_Question]:
        """All who wait for the next read, once the caller is to read it, itself among them; () where another has answered."""
        with self._changed:
            queue.waiting.append(own)
        while True:
            with self._changed:
                if own.is_answered:
                    return ()
                if not queue.is_reading:
                    queue.is_reading = True
                    together, queue.waiting = queue.waiting, []
                    return together
            # A step may have to wait for a slot then, and is not the one to read until it has one: what holds the slots may wait
            # for this very read.
            with self.waiting(), self._changed:
                self._changed.wait_for(lambda: own.is_answered or not queue.is_reading)

    def _end(self, queue: _Queue, together: Sequence[_Question]) -> None:
        if not together:
            return
        with self._changed:
            for question in together:
                question.is_answered = True
            queue.is_reading = False
            self._changed.notify_all()

    def _list_wanted(self, account: Account, kind: Kind, together: Sequence[_Question]) -> None:
        """Of the list, the objects that are waited for. One that fails answers nobody, and each reads its own object."""
        wanted = {question.live_id for question in together}

        def take(row: dict[str, Any]) -> Live | None:
            return account.decode(kind, row) if id_text(pick(row, kind.id_field)) in wanted else None

        with suppress(MscodeError):
            rows = account.reader.rows(account.target.paths[kind.collection], take, what=kind.section)
            self.rows[kind.section] = len(rows)
            objects = {live.id: live for live in rows if live is not None}
            for question in together:
                question.objects = objects
