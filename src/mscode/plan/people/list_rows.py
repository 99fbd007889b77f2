"""Rows of lists and live accounts brought together: which rows are new, which differ, and the people as they will be.

A row's account is the live one with its key (phone or e-mail). Where several lists hold one person, their rows must say the
same; the first list, by address, then carries what all of them want, so that no two steps write one account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from mscode.errors import Diagnostic, Place
from mscode.model.address import Address
from mscode.model.service_json import id_order
from mscode.model.values import RowKey
from mscode.model.world import Desired, Entry, Live, Rows, match_key
from mscode.plan.change import RowChange, RowChanges
from mscode.plan.inputs import Diagnostics, Match, PlanInput

#: So many lines are named in one warning.
_MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class RowsFound:
    """The accounts of a list's rows, by id or row, and what happens to them."""

    who: frozenset[Any]
    changes: RowChanges


@dataclass(slots=True)
class _Claim:
    """A person of more than one list, or of one whose row does something: the row's list, its line, what it wants."""

    address: Address
    file: str
    line: int
    fields: dict[str, Any]


@dataclass(slots=True)
class _ListProgress:
    """One list while its rows are gone through. `todo` maps the accounts it changes to the fields that it sets."""

    item: Desired
    rows: Rows
    who: list[Any] = field(default_factory=list)
    todo: dict[Any, tuple[int, RowKey, dict[str, Any], Live | None]] = field(default_factory=dict)


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
    changes = [RowChange(line, row_key, fields, live) for line, row_key, fields, live in progress.todo.values()]
    create = tuple(change for change in changes if change.live is None)
    update = tuple(change for change in changes if change.live is not None)
    rows = progress.rows
    counted = RowChanges(rows.file, rows.key, create, update, len(rows.values) - len(changes))
    return RowsFound(frozenset(progress.who), counted)


def now_rows(inputs: PlanInput, matches: Mapping[Address, Match], gone: Iterable[Entry]) -> dict[Address, Address]:
    """Accounts that no manifest declares any more and that are rows of a list now: their address, and the list's."""
    undeclared = {e.address: live for e in gone if (live := inputs.accounts.get(e.id)) and _is_account(e)}
    lists = (
        [(a, m.desired.rows) for a, m in sorted(matches.items()) if m.desired.rows is not None] if undeclared else []
    )
    now_listed: dict[Address, Address] = {}
    for address, rows in lists:
        keys = set(rows.keys())
        now_listed.update(
            {
                account: address
                for account, live in undeclared.items()
                if match_key(rows.key, live.fields.get(rows.key)) in keys
            }
        )
    return now_listed


def _is_account(entry: Entry) -> bool:
    return entry.address.kind.is_person


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
        for key, row, line in zip(rows.keys(), rows.values, rows.lines, strict=True):
            account = accounts_by_key.get(key)
            if account is None:
                account = self._create(progress, key, row, line)
            elif self._shared or account in self._declared or not isinstance(account, str):
                self._claim(progress, account, key, row, line)
            elif values_of(self._accounts[account]) != row:
                self._update_where_different(progress, account, key, row, line)
            progress.who.append(account)
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

    def _create(self, progress: _ListProgress, key: str, row: tuple[Any, ...], line: int) -> RowKey:
        account, fields = RowKey(progress.item.address, key), dict(zip(progress.rows.columns, row, strict=True))
        self._accounts[account] = fields
        progress.todo[account] = (line, account, fields, None)
        for name, accounts_by_key in self._by_key.items():
            if value := match_key(name, fields.get(name)):
                accounts_by_key.setdefault(value, account)
        if self._shared:
            self._claims[account] = _Claim(progress.item.address, progress.rows.file, line, fields)
        return account

    def _update_where_different(
        self, progress: _ListProgress, account: str, key: str, row: tuple[Any, ...], line: int
    ) -> None:
        """The fields that are not as the row wants them; spaces around a text say nothing."""
        before = self._accounts[account]
        changed = {
            name: value
            for name, value in zip(progress.rows.columns, row, strict=True)
            if not _is_same_text(before.get(name), value)
        }
        if changed:
            progress.todo[account] = (line, RowKey(progress.item.address, key), changed, self._live[account])
            self._accounts[account] = {**before, **changed}

    def _claim(self, progress: _ListProgress, account: Any, key: str, row: tuple[Any, ...], line: int) -> None:
        """A person whom `accounts:` or another list may own as well."""
        owner = self._declared.get(account, account if isinstance(account, Address) else None)
        if owner is not None:
            self._error(
                progress, line, f"{owner} and a row of {progress.item.address} are the same account", "two-owners"
            )
            return
        row_fields = dict(zip(progress.rows.columns, row, strict=True))
        claim = self._claims.get(account)
        if claim is None:
            self._claims[account] = _Claim(progress.item.address, progress.rows.file, line, row_fields)
            self._update_where_different(progress, account, key, row, line)
            return
        if any(
            name in claim.fields and not _is_same_text(claim.fields[name], value) for name, value in row_fields.items()
        ):
            first_place = f"{claim.file} line {claim.line}"
            self._error(progress, line, f"The row says another thing of its account than {first_place}", "two-owners")
            return
        self._extend_claim(account, claim, row_fields)

    def _extend_claim(self, account: Any, claim: _Claim, row_fields: Mapping[str, Any]) -> None:
        """What a further list wants of an account goes into the change of the first one."""
        added = {name: value for name, value in row_fields.items() if name not in claim.fields}
        claim.fields = {**claim.fields, **added}
        before = self._accounts[account]
        changed = {name: value for name, value in added.items() if not _is_same_text(before.get(name), value)}
        if changed:
            changes = self._progress[claim.address].todo
            if account in changes:
                line, key, fields, live = changes[account]
                changes[account] = (line, key, {**fields, **changed}, live)
            else:
                changes[account] = (claim.line, RowKey(claim.address, str(account)), changed, self._live[account])
            self._accounts[account] = {**before, **changed}

    # ---- what is said of rows ----------------------------------------------------------------------------------------

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
    named = ", ".join(f"{line}" for line in lines[:_MOST_LINES])
    more = f" and {len(lines) - _MOST_LINES:,} more" if len(lines) > _MOST_LINES else ""
    return f"lines {named}{more} of {file}"


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
