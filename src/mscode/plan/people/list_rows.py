"""Rows of lists and live accounts brought together: which rows are new, which differ, and the people as they will be.

A row's account is the live one with its key (phone or e-mail). Where several lists hold one person, their rows must say the
same; the first list, by address, then carries what all of them want, so that no two steps write one account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from operator import itemgetter
from typing import Any

from mscode.errors import Diagnostic, Place
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count, first_of
from mscode.model.service_json import id_order
from mscode.model.values import RowKey
from mscode.model.world import Desired, Entry, Rows, match_key
from mscode.plan.change import RowChange, RowChanges
from mscode.plan.inputs import Diagnostics, Match, PlanInput

#: So many lines are named in one warning.
_MOST_LINES = 10


@dataclass(frozen=True)
class RowsFound:
    """The account of each row of a list, an id or a RowKey, in the order of the rows; and the changes of those that a row
    creates or updates.
    """

    rows: Rows
    by_row: Sequence[Any]
    changes: RowChanges

    @cached_property
    def accounts(self) -> frozenset[Any]:
        """Everybody on the list."""
        return frozenset(self.by_row)

    def where(self, conditions: Sequence[Mapping[str, Any]], kind: Kind) -> Iterator[Any]:
        """The accounts of the rows whose cells meet all conditions; `kind` is the list's."""
        meeting = rows_meeting(self.rows, conditions, kind)
        yield from (account for account, meets in zip(self.by_row, meeting, strict=True) if meets)


def rows_meeting(rows: Rows, conditions: Sequence[Mapping[str, Any]], kind: Kind) -> Iterator[bool]:
    """Of each row of a list, whether its cells meet all conditions; `kind` is the list's."""
    selector, names = kind.list_rows.selector, list(dict.fromkeys(str(each["field"]) for each in conditions))
    columns = [rows.cells(name) for name in names]
    if selector is None or None in columns:
        raise LookupError("a condition names no column of the list")
    selects = selector(conditions)
    # People are chosen by what many of them share, so few different cells answer for all rows.
    known: dict[tuple[Any, ...], bool] = {}
    for cells in zip(*(column for column in columns if column is not None), strict=True):
        meets = known.get(cells)
        if meets is None:
            meets = known[cells] = selects(dict(zip(names, cells, strict=True)))
        yield meets


@dataclass(slots=True)
class _Claim:
    """An account's first row among several lists: its list, file and line, and the fields that all rows so far want."""

    address: Address
    file: str
    line: int
    fields: dict[str, Any]


@dataclass(slots=True)
class _ListProgress:
    """One list while its rows are compared: the accounts so far, and the change of each account that it creates or updates."""

    item: Desired
    rows: Rows
    accounts: list[Any] = field(default_factory=list)
    changes: dict[Any, RowChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its key, the fields that it sets, its line in the file."""

    key: str
    fields: dict[str, Any]
    line: int


def project_rows(
    inputs: PlanInput,
    matches: Mapping[Address, Match],
    accounts: MutableMapping[Any, Mapping[str, Any]],
    diagnostics: Diagnostics,
) -> dict[Address, RowsFound]:
    """What each list does; `accounts` (projected, by id or address) becomes what they will be then."""
    lists = [match.desired for _, match in sorted(matches.items()) if match.desired.rows is not None]
    if not lists:
        return {}
    matcher = _RowMatcher(inputs, matches, accounts, diagnostics, shared=len(lists) > 1)
    lists_done = [matcher.go_through(item, item.rows) for item in lists if item.rows is not None]
    return {progress.item.address: _outcome(progress) for progress in lists_done}


def _outcome(progress: _ListProgress) -> RowsFound:
    """The finished list; its accounts without a change are counted as unchanged."""
    changes = progress.changes.values()
    create = tuple(change for change in changes if change.live is None)
    update = tuple(change for change in changes if change.live is not None)
    rows = progress.rows
    unchanged = len(rows.values) - len(changes)
    counted = RowChanges(rows.file, rows.key, create, update, unchanged, rows.format, len(rows.left_out))
    return RowsFound(rows, progress.accounts, counted)


def unreadable_rows(rows: Rows, leaving: Iterable[str], accounts: Mapping[Any, Mapping[str, Any]]) -> tuple[str, str]:
    """Why people may leave a group of a list's rows: text and detail of a note, "" where no row was left out or nobody leaves.

    A row that was left out counts as not there. Whose row it is can be said where its key is readable; else it may be anybody's.
    """
    gone = list(leaving)
    if not gone or not rows.left_out:
        return "", ""
    text = (
        f"{count(len(gone), 'person')} {'leaves' if len(gone) == 1 else 'leave'}, "
        f"and {count(len(rows.left_out), 'row')} of {rows.file} {'is' if len(rows.left_out) == 1 else 'are'} left out"
    )
    keys = set(rows.left_out) - {""}
    known = sum(match_key(rows.key, accounts.get(account, {}).get(rows.key)) in keys for account in gone)
    unknown = rows.left_out.count("")
    details = [f"{known:,} of them {'is' if known == 1 else 'are'} in such a row."] if known else []
    if unknown:
        details.append(
            f"Of {count(unknown, 'row')} the {rows.key} cannot be read: whose it is counts as not in the list."
        )
    return text, " ".join(details)


def now_rows(inputs: PlanInput, matches: Mapping[Address, Match], removed: Iterable[Entry]) -> dict[Address, Address]:
    """Accounts that no manifest declares any more and that are rows of a list now: their address, and the list's."""
    undeclared = {e.address: live for e in removed if (live := inputs.accounts.get(e.id)) and e.address.kind.is_person}
    lists = (
        [(a, m.desired.rows) for a, m in sorted(matches.items()) if m.desired.rows is not None] if undeclared else []
    )
    now_listed: dict[Address, Address] = {}
    for address, rows in lists:
        # The account of a row that is left out is not taken for one that nobody wants: that would delete it.
        keys = {*rows.keys(), *rows.left_out} - {""}
        now_listed.update(
            {
                account: address
                for account, live in undeclared.items()
                if match_key(rows.key, live.fields.get(rows.key)) in keys
            }
        )
    return now_listed


class _RowMatcher:
    """The people as they are so far, found by phone and by e-mail."""

    def __init__(
        self,
        inputs: PlanInput,
        matches: Mapping[Address, Match],
        accounts: MutableMapping[Any, Mapping[str, Any]],
        diagnostics: Diagnostics,
        *,
        shared: bool,
    ) -> None:
        self._accounts, self._diagnostics, self._shared = accounts, diagnostics, shared
        self._live = inputs.accounts
        self._declared = {m.live.id: a for a, m in matches.items() if a.kind.is_person and m.live is not None}
        self._by_key: dict[str, dict[str, Any]] = {}
        self._shared_keys: dict[str, set[str]] = {}
        self._claims: dict[Any, _Claim] = {}
        self._progress: dict[Address, _ListProgress] = {}

    def go_through(self, item: Desired, rows: Rows) -> _ListProgress:
        """Each row: nothing to do, an account to create, or one to update."""
        progress = self._progress[item.address] = _ListProgress(item, rows)
        accounts_by_key, values_of = self._index(rows.key), _getter(rows.columns)
        ambiguous_lines = []
        for key, values, line in zip(rows.keys(), rows.values, rows.lines, strict=True):
            account = accounts_by_key.get(key)
            may_be_shared = self._shared or account in self._declared or not isinstance(account, str)
            # Most rows of most lists say what is there already: only the others cost more than one comparison of tuples.
            if account is None or may_be_shared or values_of(self._accounts[account]) != values:
                row = _Row(key, dict(zip(rows.columns, values, strict=True)), line)
                if account is None:
                    account = self._create(progress, row)
                elif may_be_shared:
                    self._claim(progress, account, row)
                else:
                    self._update_where_different(progress, account, row)
            progress.accounts.append(account)
            if key in self._shared_keys[rows.key]:
                ambiguous_lines.append(line)
        self._warn_of_shared_keys(progress, ambiguous_lines)
        return progress

    def _index(self, key: str) -> dict[str, Any]:
        """Accounts by a key; of several with one key that with the lowest id."""
        if key not in self._by_key:
            accounts_by_key: dict[str, Any] = {}
            shared_keys: set[str] = set()
            for account, fields in self._accounts.items():
                if value := match_key(key, fields.get(key)):
                    first = accounts_by_key.setdefault(value, account)
                    if first != account:
                        shared_keys.add(value)
                        accounts_by_key[value] = min(first, account, key=_rank)
            self._by_key[key], self._shared_keys[key] = accounts_by_key, shared_keys
        return self._by_key[key]

    # ---- one row -----------------------------------------------------------------------------------------------------

    def _create(self, progress: _ListProgress, row: _Row) -> RowKey:
        """The account of a row whose key no account has; later rows find it under all its keys."""
        account, fields = RowKey(progress.item.address, row.key), row.fields
        self._accounts[account] = fields
        progress.changes[account] = RowChange(row.line, account, fields, None)
        for name, accounts_by_key in self._by_key.items():
            if value := match_key(name, fields.get(name)):
                accounts_by_key.setdefault(value, account)
        if self._shared:
            self._claims[account] = _Claim(progress.item.address, progress.rows.file, row.line, fields)
        return account

    def _update_where_different(self, progress: _ListProgress, account: str, row: _Row) -> None:
        """The fields that are not as the row wants them; spaces around a text are no difference."""
        before = self._accounts[account]
        changed = {name: value for name, value in row.fields.items() if not _is_same_text(before.get(name), value)}
        if changed:
            row_key = RowKey(progress.item.address, row.key)
            progress.changes[account] = RowChange(row.line, row_key, changed, self._live[account])
            self._accounts[account] = {**before, **changed}

    def _claim(self, progress: _ListProgress, account: Any, row: _Row) -> None:
        """A row whose account `accounts:` or another list may have as well: an error where the two differ."""
        owner = self._declared.get(account, account if isinstance(account, Address) else None)
        if owner is not None:
            self._error(
                progress, row.line, f"{owner} and a row of {progress.item.address} are the same account", "two-owners"
            )
            return
        claim = self._claims.get(account)
        if claim is None:
            self._claims[account] = _Claim(progress.item.address, progress.rows.file, row.line, row.fields)
            self._update_where_different(progress, account, row)
            return
        if any(
            name in claim.fields and not _is_same_text(claim.fields[name], value) for name, value in row.fields.items()
        ):
            first_place = f"{claim.file} line {claim.line}"
            self._error(
                progress, row.line, f"The row says another thing of its account than {first_place}", "two-owners"
            )
            return
        self._extend_claim(account, claim, row.fields)

    def _extend_claim(self, account: Any, claim: _Claim, row_fields: Mapping[str, Any]) -> None:
        """What a further list wants of an account goes into the change of the first one."""
        new_fields = {name: value for name, value in row_fields.items() if name not in claim.fields}
        claim.fields = {**claim.fields, **new_fields}
        before = self._accounts[account]
        changed = {name: value for name, value in new_fields.items() if not _is_same_text(before.get(name), value)}
        if changed:
            changes = self._progress[claim.address].changes
            change = changes.get(account)
            if change is not None:
                changes[account] = replace(change, fields={**change.fields, **changed})
            else:
                row_key = RowKey(claim.address, str(account))
                changes[account] = RowChange(claim.line, row_key, changed, self._live[account])
            self._accounts[account] = {**before, **changed}

    # ---- messages about rows -----------------------------------------------------------------------------------------

    def _error(self, progress: _ListProgress, line: int, summary: str, code: str) -> None:
        place, address = Place(progress.rows.file, line), str(progress.item.address)
        hint = "An account has one owner: take one of the two out, or make them say the same."
        self._diagnostics.errors.append(Diagnostic(summary, place, hint=hint, code=code, address=address))

    def _warn_of_shared_keys(self, progress: _ListProgress, lines: list[int]) -> None:
        if lines:
            key = progress.rows.key
            self._diagnostics.warn(
                progress.item,
                f"Several live accounts have the {key} of one row",
                f"The one with the lowest id is taken for {lines_of(progress.rows.file, lines)}.",
                "Delete the others, or leave them alone.",
                code="twins",
            )


def lines_of(file: str, lines: list[int]) -> str:
    """`line 5 of donors.csv`, `lines 5, 7 and 12 more of donors.csv`."""
    if len(lines) == 1:
        return f"line {lines[0]:,} of {file}"
    return f"lines {first_of(lines, _MOST_LINES)} of {file}"


def _getter(columns: tuple[str, ...]) -> Any:
    """Of an account's fields, those of the columns, as a tuple."""
    if len(columns) == 1:
        return lambda fields: (fields.get(columns[0]),)
    return itemgetter(*columns)


def _is_same_text(before: Any, after: Any) -> bool:
    if before == after:
        return True
    return isinstance(after, str) and str(before or "").strip() == after


def _rank(account: Any) -> tuple[int, tuple[int, str]]:
    """Live accounts by their ids, before those that are to be made."""
    return (0, id_order(account)) if isinstance(account, str) else (1, (0, str(account)))
