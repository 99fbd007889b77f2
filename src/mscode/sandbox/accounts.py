"""Accounts: people that can be reached (docs/service-notes.md#accounts)."""

from datetime import UTC
from typing import Any

from mscode.sandbox.dialler import touch_account
from mscode.sandbox.errors import invalid, not_found
from mscode.sandbox.filters import matcher
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply
from mscode.sandbox.store import TEXT_FIELDS, Store
from mscode.sandbox.times import restamp, stamp
from mscode.sandbox.validate import Fields, identifier

_COLUMNS = (*TEXT_FIELDS, "yearOfBirth")
_NEW = (*[""] * len(TEXT_FIELDS), None)
_INSERT = (
    f"INSERT INTO accounts ({', '.join(_COLUMNS)}, updatedAt, createdAt) "
    f"VALUES ({', '.join('?' * (len(_COLUMNS) + 2))})"
)
_UPDATE = f"UPDATE accounts SET {', '.join(f'{name} = ?' for name in _COLUMNS)}, updatedAt = ? WHERE id = ?"


def _as_json(time: str) -> str:
    """An account written by SQLite itself: a list of 100 000 never becomes 100 000 Python objects. ``time`` is how a date-time
    is shown, with {} for the column.
    """
    pairs = [f"'{name}', {name}" for name in _COLUMNS]
    pairs += [f"'{name}', {time.format(name)}" for name in ("updatedAt", "createdAt")]
    return f"json_object('accountId', CAST(id AS TEXT), {', '.join(pairs)})"


_AS_JSON, _AS_JSON_IN_ZONE = _as_json("{}"), _as_json("in_zone({})")


def list_accounts(call: Call) -> Reply:
    sql = f"SELECT json_group_array({_shown(call.store)}) FROM (SELECT * FROM accounts ORDER BY id)"
    return Reply(200, call.store.row(sql)[0])


def read_account(call: Call) -> Reply:
    return Reply(200, _rendered(call.store, call.id()))


def create_account(call: Call) -> Reply:
    account_id = add_account(call.store, account_values(call.fields()), call.now)
    return Reply(201, _rendered(call.store, account_id), f"/accounts/{account_id}")


def update_account(call: Call) -> Reply:
    """Omitted fields keep their values (docs/service-notes.md#put-carries-everything), or lose them under ``put=replace``."""
    account_id = call.id()
    before = call.store.row(f"SELECT {', '.join(_COLUMNS)} FROM accounts WHERE id = ?", account_id)
    if before is None:
        raise not_found()
    values = account_values(call.fields(), before if call.profile.put == "keep" else _NEW)
    call.store.run(_UPDATE, *values, stamp(call.now), account_id)
    touch_account(call.store, call.now)
    return Reply(200, _rendered(call.store, account_id))


def delete_account(call: Call) -> Reply:
    if not call.store.run("DELETE FROM accounts WHERE id = ?", call.id()):
        raise not_found()
    call.store.run("DELETE FROM members WHERE accountId = ?", call.id())
    touch_account(call.store, call.now)
    return NO_CONTENT


def delete_accounts(call: Call) -> Reply:
    """Exactly one of ``?all`` and ``?filterId=``; a bare DELETE deletes nothing, but for the switch ``bare_delete``
    (docs/service-notes.md#deleting).
    """
    if not call.query.keys() & {"all", "filterId"} and call.profile.bare_delete == "all":
        call.query["all"] = ""
    if ("all" in call.query) == ("filterId" in call.query):
        raise invalid("give either all or filterId", "all")
    if "all" in call.query:
        _delete_all(call)
    else:
        _delete_matching(call)
    touch_account(call.store, call.now)
    return NO_CONTENT


def _delete_all(call: Call) -> None:
    if call.query["all"]:
        raise invalid("all takes no value", "all")
    call.store.run("DELETE FROM accounts")
    call.store.run("DELETE FROM members")


def _delete_matching(call: Call) -> None:
    document = call.store.get("filter", identifier(call.query["filterId"]))
    if document is None:
        raise not_found("no such filter")
    matches = matcher(document["filters"], call.profile)
    names = ("id", *_COLUMNS, "updatedAt", "createdAt")
    rows = call.store.rows(f"SELECT {', '.join(names)} FROM accounts")
    doomed = [(row[0],) for row in rows if matches(_comparable(call, dict(zip(names, row, strict=True))))]
    call.store.run_many("DELETE FROM accounts WHERE id = ?", doomed)
    call.store.run_many("DELETE FROM members WHERE accountId = ?", doomed)


def _comparable(call: Call, account: dict[str, Any]) -> dict[str, Any]:
    """An account as a filter compares it: what is shown of it."""
    times = {name: restamp(account[name], call.zone) for name in ("updatedAt", "createdAt")}
    return {**account, **times, "accountId": account["id"]}


def account_values(fields: Fields, before: tuple[Any, ...] = _NEW) -> tuple[Any, ...]:
    """The 14 writable fields in the order of the table; what the body leaves out is taken from ``before``."""
    texts = [fields.text(name, default) for name, default in zip(TEXT_FIELDS, before, strict=False)]
    year = fields.optional_integer("yearOfBirth", None) if fields.has("yearOfBirth") else before[-1]
    return (*texts, year)


def add_account(store: Store, values: tuple[Any, ...], now: int) -> int:
    return store.insert(_INSERT, *values, stamp(now), stamp(now))


def add_accounts(store: Store, many: list[tuple[Any, ...]], now: int) -> int:
    """Load in bulk; the id of the last one."""
    times = (stamp(now), stamp(now))
    store.run_many(_INSERT, ((*values, *times) for values in many))
    return int(store.row("SELECT max(id) FROM accounts")[0] or 0)


def _rendered(store: Store, account_id: int | None) -> str:
    row = store.row(f"SELECT {_shown(store)} FROM accounts WHERE id = ?", account_id)
    if row is None:
        raise not_found()
    return str(row[0])


def _shown(store: Store) -> str:
    return _AS_JSON if store.zone is UTC else _AS_JSON_IN_ZONE


OPERATIONS = (
    Operation(1, "GET", "/accounts", list_accounts),
    Operation(2, "GET", "/accounts/{accountId}", read_account),
    Operation(3, "POST", "/accounts", create_account, Body.JSON),
    Operation(4, "PUT", "/accounts/{accountId}", update_account, Body.JSON),
    Operation(5, "DELETE", "/accounts/{accountId}", delete_account),
    Operation(6, "DELETE", "/accounts", delete_accounts),
)
