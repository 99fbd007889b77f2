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
class _Draft:
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
    work = _Rows(inputs, matches, accounts, diagnostics, shared=len(lists) > 1)
    drafts = [work.go_through(item, item.rows) for item in lists if item.rows is not None]
    return {builder.item.address: _found(builder) for builder in drafts}


def _found(builder: _Draft) -> RowsFound:
    changes = [RowChange(line, who, fields, live) for line, who, fields, live in builder.todo.values()]
    create = tuple(change for change in changes if change.live is None)
    update = tuple(change for change in changes if change.live is not None)
    rows = builder.rows
    counted = RowChanges(rows.file, rows.key, create, update, len(rows.values) - len(changes))
    return RowsFound(frozenset(builder.who), counted)


def now_rows(inputs: PlanInput, matches: Mapping[Address, Match], gone: Iterable[Entry]) -> dict[Address, Address]:
    """Accounts that no manifest declares any more and that are rows of a list now: their address, and the list's."""
    left = {e.address: live for e in gone if (live := inputs.accounts.get(e.id)) and _is_account(e)}
    lists = [(a, m.desired.rows) for a, m in sorted(matches.items()) if m.desired.rows is not None] if left else []
    found: dict[Address, Address] = {}
    for address, rows in lists:
        keys = set(rows.keys())
        found.update(
            {old: address for old, live in left.items() if match_key(rows.key, live.fields.get(rows.key)) in keys}
        )
    return found


def _is_account(entry: Entry) -> bool:
    return entry.address.kind.is_person


class _Rows:
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
        self._accounts, self._found, self._shared = accounts, diagnostics, shared
        self._live = inputs.accounts
        self._declared = {m.live.id: a for a, m in matches.items() if a.kind.is_person and m.live is not None}
        self._by: dict[str, dict[str, Any]] = {}
        self._twice: dict[str, set[str]] = {}
        self._claims: dict[Any, _Claim] = {}
        self._drafts: dict[Address, _Draft] = {}

    def go_through(self, item: Desired, rows: Rows) -> _Draft:
        """Each row: nothing to do, an account to create, or one to update."""
        builder = self._drafts[item.address] = _Draft(item, rows)
        by, values_of = self._index(rows.key), _getter(rows.columns)
        several = []
        for key, row, line in zip(rows.keys(), rows.values, rows.lines, strict=True):
            who = by.get(key)
            if who is None:
                who = self._new(builder, key, row, line)
            elif self._shared or who in self._declared or not isinstance(who, str):
                self._claimed(builder, who, key, row, line)
            elif values_of(self._accounts[who]) != row:
                self._differs(builder, who, key, row, line)
            builder.who.append(who)
            if key in self._twice[rows.key]:
                several.append(line)
        self._warn_of_twins(builder, several)
        return builder

    def _index(self, key: str) -> dict[str, Any]:
        """Accounts by a key; of several with one key that with the lowest id."""
        if key not in self._by:
            by: dict[str, Any] = {}
            twice: set[str] = set()
            for who, fields in self._accounts.items():
                if value := match_key(key, fields.get(key)):
                    first = by.setdefault(value, who)
                    if first != who:
                        twice.add(value)
                        by[value] = min(first, who, key=_rank)
            self._by[key], self._twice[key] = by, twice
        return self._by[key]

    # ---- one row -----------------------------------------------------------------------------------------------------

    def _new(self, builder: _Draft, key: str, row: tuple[Any, ...], line: int) -> RowKey:
        who, fields = RowKey(builder.item.address, key), dict(zip(builder.rows.columns, row, strict=True))
        self._accounts[who] = fields
        builder.todo[who] = (line, who, fields, None)
        for name, by in self._by.items():
            if value := match_key(name, fields.get(name)):
                by.setdefault(value, who)
        if self._shared:
            self._claims[who] = _Claim(builder.item.address, builder.rows.file, line, fields)
        return who

    def _differs(self, builder: _Draft, who: str, key: str, row: tuple[Any, ...], line: int) -> None:
        """The fields that are not as the row wants them; spaces around a text say nothing."""
        before = self._accounts[who]
        changed = {
            name: value
            for name, value in zip(builder.rows.columns, row, strict=True)
            if not _is_equal(before.get(name), value)
        }
        if changed:
            builder.todo[who] = (line, RowKey(builder.item.address, key), changed, self._live[who])
            self._accounts[who] = {**before, **changed}

    def _claimed(self, builder: _Draft, who: Any, key: str, row: tuple[Any, ...], line: int) -> None:
        """A person whom `accounts:` or another list may own as well."""
        owner = self._declared.get(who, who if isinstance(who, Address) else None)
        if owner is not None:
            self._error(
                builder, line, f"{owner} and a row of {builder.item.address} are the same account", "two-owners"
            )
            return
        wanted = dict(zip(builder.rows.columns, row, strict=True))
        claim = self._claims.get(who)
        if claim is None:
            self._claims[who] = _Claim(builder.item.address, builder.rows.file, line, wanted)
            self._differs(builder, who, key, row, line)
            return
        if any(name in claim.fields and not _is_equal(claim.fields[name], value) for name, value in wanted.items()):
            there = f"{claim.file} line {claim.line}"
            self._error(builder, line, f"The row says another thing of its account than {there}", "two-owners")
            return
        self._add(who, claim, wanted)

    def _add(self, who: Any, claim: _Claim, wanted: Mapping[str, Any]) -> None:
        """What a further list wants of an account goes into the change of the first one."""
        more = {name: value for name, value in wanted.items() if name not in claim.fields}
        claim.fields = {**claim.fields, **more}
        before = self._accounts[who]
        changed = {name: value for name, value in more.items() if not _is_equal(before.get(name), value)}
        if changed:
            todo = self._drafts[claim.address].todo
            if who in todo:
                line, key, fields, live = todo[who]
                todo[who] = (line, key, {**fields, **changed}, live)
            else:
                todo[who] = (claim.line, RowKey(claim.address, str(who)), changed, self._live[who])
            self._accounts[who] = {**before, **changed}

    # ---- what is said of rows ----------------------------------------------------------------------------------------

    def _error(self, builder: _Draft, line: int, summary: str, code: str) -> None:
        place, address = Place(builder.rows.file, line), str(builder.item.address)
        hint = "An account has one owner: take one of the two out, or make them say the same."
        self._found.errors.append(Diagnostic(summary, place, hint=hint, code=code, address=address))

    def _warn_of_twins(self, builder: _Draft, lines: list[int]) -> None:
        if lines:
            key = builder.rows.key
            self._found.warn(
                builder.item,
                f"Several live accounts have the {key} of one row",
                f"The one with the lowest id is taken for {lines_of(builder.rows.file, lines)}.",
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


def _is_equal(before: Any, after: Any) -> bool:
    if before == after:
        return True
    return isinstance(after, str) and str(before or "").strip() == after


def _rank(who: Any) -> tuple[int, tuple[int, str]]:
    """Live accounts by their ids, before those that are to be made."""
    return (0, id_order(who)) if isinstance(who, str) else (1, (0, str(who)))
