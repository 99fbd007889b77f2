"""The accounts of a list's rows: created and updated in parallel, and confirmed by one list, not by a GET each.

The create protocol (docs/protocol.md) for thousands at once. One intent for the whole step is durable before the first POST. A
row's POST is sent once; one without an answer is looked for in the list of accounts until that has settled, and sent once
more where its key is still missing: an account is inert, and found by its key. What fails of single rows is told by their
lines; what was done stays done, and since rows are not in the state the next plan goes on with what is missing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mscode.engine import ringing
from mscode.engine.account.people import note_who_is_brought, refuse_unless_approved_through
from mscode.engine.account.read import each_live
from mscode.engine.apply.pace import Pace
from mscode.engine.apply.run import Run, changed_by_others, record
from mscode.engine.lifecycle.entries import move
from mscode.engine.lifecycle.part import Part, not_of_lifecycle
from mscode.engine.ringing import NotALaunch, RingingRequest
from mscode.errors import ApiError, MscodeError, NotSent, PartlyDone, StaleError, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.model.kind import NO_ID, Kind, Post, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.privacy import Masker
from mscode.model.service_json import id_order
from mscode.model.world import Intent, Live, match_key
from mscode.plan.change import Action, ApplyRows, RowChange, RowChanges, Wanted
from mscode.plan.events import Progress, StepAction
from mscode.plan.people.list_rows import lines_of

if TYPE_CHECKING:
    from mscode.state.records.store import DurableRecord

#: How often rows are sent again that the service had no time for (429), each time after a look.
MOST_TURNS = 5
#: So many rows at a time, per request under way.
SLICE = 50
#: Refusals that are about the row that was sent, and say nothing of the others.
_OF_ONE_ROW = frozenset({400, 409, 413, 422})


def parts(run: Run, change: Wanted, *, waits: bool) -> Iterator[Part]:
    """The one step of a list."""
    if not isinstance(change, ApplyRows):
        raise not_of_lifecycle(change)
    action: StepAction = "move" if change.is_move else "import"
    match change.action:
        case Action.CREATE:
            action = "create"
        case Action.UPDATE:
            action = "update"
    yield Part.with_launch(action, change.launch, partial(_apply, change=change))


def _apply(run: Run, change: ApplyRows) -> None:
    """A list leaves no object but the accounts of its rows."""
    move(run, change)
    apply_rows(run, change)


def apply_rows(run: Run, change: ApplyRows) -> None:
    """Make the accounts of a list what its rows say, and record the list."""
    if change.rows.create or change.rows.update:
        _carry_out(run, change, change.rows)
    _record(run, change)


def _record(run: Run, change: ApplyRows) -> None:
    record(run, change, Live(change.address.section, NO_ID, {}, {}))


def _carry_out(run: Run, change: ApplyRows, rows: RowChanges) -> None:
    launch_record = run.launches.record_or(run, change, NotALaunch.REACHES_NOBODY)
    intent = Intent(change.address, change.generation, uuid4().hex, run.store.keyed_hash(rows.file))
    run.store.begin([intent])
    work = _RowsUnderWay(run, change, rows, launch_record)
    note_who_is_brought(run, change)
    work.go()
    if not work.left:
        return
    if work.done:
        _record(run, change)
    if work.unclear:
        run.store.begin([intent])
    else:
        run.store.end_intent(change.address)
    raise work.error()


@dataclass(frozen=True, slots=True)
class _Seen:
    """The live accounts that matter to a list: by id, and the one with the lowest id of each key."""

    by_id: Mapping[str, Live]
    by_key: Mapping[str, Live]


@dataclass(slots=True)
class _RowsUnderWay:
    """`left` maps a row that is not done to what went wrong, `unclear` are rows whose outcome nobody knows."""

    run: Run
    change: ApplyRows
    rows: RowChanges
    launch_record: DurableRecord | NotALaunch
    done: int = 0
    left: dict[int, MscodeError] = field(default_factory=dict)
    unclear: set[int] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)
    pace: Pace = field(default_factory=Pace)
    streak: int = 0

    @property
    def kind(self) -> Kind:
        """That of the rows."""
        return registry()[self.change.address.kind.list_rows.section]

    def go(self) -> None:
        """Every row: look, send, look again for what is not clear, and confirm it all."""
        rows = [*self.rows.create, *self.rows.update]
        accounts = self._look(rows)
        rows = [row for row in rows if self._is_as_planned(row, accounts)]
        sent_twice: set[int] = set()
        for _ in range(MOST_TURNS):
            unclear_rows = self._send(rows, accounts)
            if not unclear_rows or self.run.stop.is_set():
                break
            rows = self._still_missing(unclear_rows, sent_twice)
        self._confirm([row for row in (*self.rows.create, *self.rows.update) if row.line not in self.left])

    # ---- looking -----------------------------------------------------------------------------------------------------

    def _look(self, rows: Iterable[RowChange]) -> _Seen:
        """One list for all rows; of the accounts in it only those are kept that the rows mean."""
        kind, key = self.kind, self.rows.key
        rows = list(rows)
        keys = {row.who.key for row in rows if row.live is None}
        ids = {row.live.id for row in rows if row.live} | {self.run.row_ids.get(row.who, "") for row in rows}
        by_id: dict[str, Live] = {}
        by_key: dict[str, Live] = {}
        for live in each_live(self.run.account, kind):
            if live.id in ids:
                by_id[live.id] = live
            if (row_key := match_key(key, live.fields.get(key))) in keys:
                by_key[row_key] = min(live, by_key.get(row_key, live), key=lambda live: id_order(live.id))
        return _Seen(by_id, by_key)

    def _is_as_planned(self, row: RowChange, accounts: _Seen) -> bool:
        """Has nobody made or changed the account since the plan?"""
        if row.live is None:
            reason = "an account with its key appeared" if row.who.key in accounts.by_key else ""
        else:
            fresh = accounts.by_id.get(row.live.id)
            reason = (
                "its account is gone"
                if fresh is None
                else ", ".join(changed_by_others(self.run.own, self.kind, row.live, fresh))
            )
        if reason:
            detail = f"Since the plan was made: {reason}."
            self.left[row.line] = StaleError("The account is not as planned", detail=detail, code="stale")
        return not reason

    def _still_missing(self, rows: Sequence[RowChange], sent_twice: set[int]) -> list[RowChange]:
        """Of the rows without a clear outcome, those to be sent once more; what the list has is done."""
        lost = {row.line for row in rows if row.line in self.unclear}
        accounts = self._settled(rows) if lost else self._look(rows)
        missing = []
        for row in rows:
            if (live := accounts.by_key.get(row.who.key)) is not None:
                self.run.row_ids[row.who] = live.id
                self._settle(row)
            elif row.line not in sent_twice:
                missing.append(row)
        sent_twice |= lost
        return missing

    def _settled(self, rows: Sequence[RowChange]) -> _Seen:
        """The list once it has settled: every row found, or two looks that agree."""
        accounts = self._look(rows)
        for _ in range(MOST_TURNS):
            if len(accounts.by_key) == len(rows) or self.run.stop.wait(self.run.target.settle_seconds):
                break
            before, accounts = accounts, self._look(rows)
            if before.by_key.keys() == accounts.by_key.keys():
                break
        return accounts

    # ---- sending -----------------------------------------------------------------------------------------------------

    def _send(self, rows: Sequence[RowChange], accounts: _Seen) -> list[RowChange]:
        """Send rows, several at once; gives those to look for and maybe to send again."""
        unclear_rows: list[RowChange] = []
        self.streak = 0
        # What gives another number to somebody goes out in parts, each right after a look.
        size = SLICE * self.run.client.parallelism if any(map(_moves, rows)) else len(rows)
        for start in range(0, len(rows), size or 1):
            part = rows[start : start + size]
            refusal = self._refusal(part)
            if refusal is not None:
                self.left.update({row.line: refusal for row in rows[start:]})
                break
            for row, error in self.run.client.each(lambda row: self._try(row, accounts), part):
                self._note_end(row, error)
                if row.live is None and isinstance(error, UnknownOutcome | RateLimited):
                    unclear_rows.append(row)
                if self.pace.is_due(time.monotonic() - self.began):
                    self._report()
        self._report()
        return unclear_rows

    def _note_end(self, row: RowChange, error: MscodeError | None) -> None:
        if error is None:
            self._settle(row)
            return
        self.left[row.line] = error
        if isinstance(error, UnknownOutcome):
            self.unclear.add(row.line)

    def _report(self) -> None:
        total = len(self.rows.create) + len(self.rows.update)
        action: StepAction = "create" if self.change.action.creates else "update"
        elapsed = time.monotonic() - self.began
        self.run.emit(Progress(self.change.address, action, self.done, total, "accounts", elapsed))

    def _refusal(self, part: Sequence[RowChange]) -> MscodeError | None:
        """Why rows may not go out now that give another number to somebody who may be called."""
        if any(_moves(row) for row in part):
            try:
                refuse_unless_approved_through(self.run, self.change)
            except MscodeError as error:
                return error
        return None

    def _settle(self, row: RowChange) -> None:
        self.done += 1
        self.left.pop(row.line, None)
        self.unclear.discard(row.line)

    def _try(self, row: RowChange, accounts: _Seen) -> MscodeError | None:
        """In a thread. None when the row is done."""
        if self.run.stop.is_set():
            return MscodeError("The run was stopped", code="stopped")
        if self.streak >= 2 * self.run.client.parallelism:
            return MscodeError("It was not sent, since the ones before it all failed", code="not-sent")
        try:
            self._write(row, accounts)
        except MscodeError as error:
            self.streak += _is_of_all(error)
            return error
        self.streak = 0
        return None

    def _write(self, row: RowChange, accounts: _Seen) -> None:
        """One POST, or one PUT of every updatable field (docs/service-notes.md#put-carries-everything)."""
        kind, client = self.kind, self.run.client
        label = f"{self.change.address} line {row.line}"
        if row.live is None:
            post = kind.create(row.fields)
            assert isinstance(post, Post)
            path = self.run.target.paths[post.path]
            self.run.row_ids[row.who] = client.create(path, dict(post.body), what=label, id_field=kind.id_field).id
            return
        live = accounts.by_id[row.live.id]
        body, path = kind.encode({**live.fields, **row.fields}), self.run.target.item(kind.collection, row.live.id)
        if _moves(row):
            self.run.own.move(live, row.fields)
            request = RingingRequest("PUT", path, body)
            ringing.send(self.run, self.change, request, self.launch_record, ringing.Precondition(live))
        else:
            client.put(path, body, what=label)

    # ---- the end -----------------------------------------------------------------------------------------------------

    def _confirm(self, rows: Sequence[RowChange]) -> None:
        """The list shows every account as it was sent."""
        if not rows or self.run.stop.is_set():
            return
        accounts = self._look(rows)
        for row in rows:
            live = accounts.by_id.get(row.live.id if row.live else self.run.row_ids[row.who])
            names = self._not_kept(row.fields, live.fields) if live else ["the account"]
            if names:
                self.done -= 1
                detail = f"The service did not keep {', '.join(names)}."
                self.left[row.line] = MscodeError("The account is not as it was sent", detail=detail, code="not-kept")

    def _not_kept(self, sent: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
        """Names of the fields that are not as they were sent, spaces around a text aside."""
        rules = self.kind.fields_by_name
        return [
            name
            for name, value in sent.items()
            if _bare(rules[name].normalize(live.get(name))) != _bare(rules[name].normalize(value))
        ]

    def error(self) -> MscodeError:
        """What is told of the rows that are not done: how many, which lines, and what the first one met."""
        lines = sorted(self.left)
        total = len(self.rows.create) + len(self.rows.update)
        unclear = bool(self.unclear)
        outcome = "may or may not be done" if unclear else "is not done" if total == 1 else "are not done"
        summary = f"{self.change.address}: {len(lines):,} of {count(total, 'account')} {outcome}"
        first = min(self.unclear, default=lines[0])
        diagnostic = self.left[first].diagnostics[0]
        text = self._mask(first)(
            ". ".join(sentence.rstrip(".") for sentence in (diagnostic.summary, diagnostic.detail) if sentence)
        )
        detail = f"Not done: {lines_of(self.rows.file, lines)}. {text}."
        hint = "What is done stays done; apply again to go on with the rest."
        if unclear:
            return UnknownOutcome(summary, detail=detail, hint=hint)
        kind = PartlyDone if self.done else MscodeError
        return kind(summary, detail=detail, hint=hint, code=diagnostic.code)

    def _mask(self, line: int) -> Masker:
        """The service's words may repeat what was sent."""
        rows = [row for row in (*self.rows.create, *self.rows.update) if row.line == line]
        rules = self.kind.fields_by_name
        values = {str(value) for row in rows for name, value in row.fields.items() if value and rules[name].personal}
        before = {
            str(value)
            for row in rows
            if row.live
            for name, value in row.live.fields.items()
            if value and rules[name].personal
        }
        return Masker(values | before)


def _moves(row: RowChange) -> bool:
    """Does an account that is there get another number or e-mail address?"""
    return row.live is not None and bool({"phone", "email"} & row.fields.keys())


def _bare(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _is_of_all(error: MscodeError) -> bool:
    """Would the next row meet the same? (No connection, no right, no answer; not: this phone is refused.)"""
    if isinstance(error, NotSent | UnknownOutcome):
        return True
    return isinstance(error, ApiError) and not isinstance(error, RateLimited) and error.status not in _OF_ONE_ROW
