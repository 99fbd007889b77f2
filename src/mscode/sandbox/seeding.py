"""Loading people and groups in bulk: 100 000 accounts in one transaction."""

from typing import Any

from mscode.sandbox.accounts import account_values, add_accounts
from mscode.sandbox.errors import invalid
from mscode.sandbox.groups import add_group, add_member
from mscode.sandbox.store import Store
from mscode.sandbox.validate import Fields, parse_json


def parsed(body: bytes) -> Any:
    return parse_json(body)


def load(store: Store, body: bytes, now: int) -> dict[str, int]:
    """``{"accounts": [...], "groups": [{name, description, accounts}]}``, or a bare array of accounts.

    A group's ``accounts`` are indices into ``accounts``, or phones. The answer counts what was made.
    """
    value = parse_json(body)
    fields = Fields({"accounts": value} if isinstance(value, list) else value)
    accounts = [account_values(Fields(item, "accounts")) for item in _listed(fields, "accounts")]
    last = add_accounts(store, accounts, now) if accounts else 0
    ids = range(last - len(accounts) + 1, last + 1)
    groups = [Fields(item, "groups") for item in _listed(fields, "groups")]
    members = sum(_load_group(store, group, ids, now) for group in groups)
    return {"accounts": len(accounts), "groups": len(groups), "members": members}


def _load_group(store: Store, fields: Fields, ids: range, now: int) -> int:
    """The number of members. An index counts this load's accounts from 0; a phone may be of any account."""
    named = Fields({"name": fields.get("name"), "description": fields.text("description")}, "groups")
    group_id = add_group(store, named, now)
    return sum(add_member(store, group_id, _member(store, who, ids)) for who in _listed(fields, "accounts"))


def _member(store: Store, who: object, ids: range) -> int:
    if isinstance(who, int) and 0 <= who < len(ids):
        return ids[who]
    row = store.row("SELECT min(id) FROM accounts WHERE phone = ?", who) if isinstance(who, str) else (None,)
    if row[0] is None:
        raise invalid("a member is an index into accounts, or the phone of one", "groups")
    return int(row[0])


def _listed(fields: Fields, name: str) -> list[Any]:
    return [] if fields.get(name) is None else fields.array(name)
