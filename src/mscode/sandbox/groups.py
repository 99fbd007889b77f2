"""Groups and their members (docs/service-notes.md#groups)."""

from datetime import UTC
from typing import Any

from mscode.sandbox.dialler import touch_group
from mscode.sandbox.errors import invalid, not_found
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply, created, ok
from mscode.sandbox.store import TEXT_FIELDS, Doc, Store
from mscode.sandbox.times import restamp, stamp
from mscode.sandbox.validate import Fields, array, identifier

_ABSENT = ("area", "gender")  # and yearOfBirth: a group's list lacks them (docs/service-notes.md#lists)
_NAMES = tuple(name for name in TEXT_FIELDS if name not in _ABSENT)


def _members(time: str) -> str:
    """The query of a group's list; ``time`` is how a date-time is shown, with {} for the column."""
    pairs = [f"'{name}', {name}" for name in _NAMES]
    pairs += [f"'{name}', {time.format(name)}" for name in ("updatedAt", "createdAt")]
    ids = "'groupId', CAST(groupId AS TEXT), 'accountId', CAST(id AS TEXT)"
    return (
        f"SELECT json_group_array(json_object({ids}, {', '.join(pairs)})) "
        "FROM (SELECT * FROM members JOIN accounts ON id = accountId WHERE groupId = ? ORDER BY id)"
    )


_MEMBERS, _MEMBERS_IN_ZONE = _members("{}"), _members("in_zone({})")


def list_groups(call: Call) -> Reply:
    counts = dict(call.store.rows("SELECT groupId, count(*) FROM members GROUP BY groupId"))
    groups = call.store.all("group")
    return ok([_rendered(call, group_id, document, counts.get(group_id, 0)) for group_id, document in groups])


def read_group(call: Call) -> Reply:
    return ok(_current(call, call.found("group")))


def create_group(call: Call) -> Reply:
    group_id = add_group(call.store, call.fields(), call.now)
    return created(_current(call, group_id), f"/groups/{group_id}")


def update_group(call: Call) -> Reply:
    """Name and description are both required: a full replacement."""
    group_id = call.found("group")
    document = {**(call.store.get("group", group_id) or {}), **_written(call.fields()), "updatedAt": stamp(call.now)}
    call.store.save("group", group_id, document)
    return ok(_current(call, group_id))


def delete_group(call: Call) -> Reply:
    group_id = call.found("group")
    touch_group(call.store, group_id, call.now)
    call.store.remove("group", group_id)
    call.store.run("DELETE FROM members WHERE groupId = ?", group_id)
    return NO_CONTENT


def list_members(call: Call) -> Reply:
    sql = _MEMBERS if call.zone is UTC else _MEMBERS_IN_ZONE
    return Reply(200, call.store.row(sql, call.found("group"))[0])


def add_members(call: Call) -> Reply:
    """A bare array of ``{accountId}``; the answer has the newly added pairs only, under ``group_add_echo=all`` every pair that
    was sent (docs/service-notes.md#groups).
    """
    group_id = call.found("group")
    wanted = [_account_id(call.store, item) for item in _new_members(call)]
    added = [account_id for account_id in wanted if add_member(call.store, group_id, account_id)]
    if added:
        touch_group(call.store, group_id, call.now)
    shown = added if call.profile.group_add_echo == "new" else wanted
    return created([{"groupId": str(group_id), "accountId": str(account_id)} for account_id in shown])


def _new_members(call: Call) -> list[Any]:
    """Objects with an ``accountId``; the table's ``accountIds`` under ``group_add=object``, as its words are."""
    if call.profile.group_add == "array":
        return array(call.body, None)
    return [{"accountId": account_id} for account_id in call.fields().array("accountIds")]


def remove_member(call: Call) -> Reply:
    group_id = call.found("group")
    if not call.store.run("DELETE FROM members WHERE groupId = ? AND accountId = ?", group_id, call.id(1)):
        raise not_found()
    touch_group(call.store, group_id, call.now)
    return NO_CONTENT


def add_group(store: Store, fields: Fields, now: int) -> int:
    return store.add("group", {**_written(fields), "updatedAt": stamp(now), "createdAt": stamp(now)})


def add_member(store: Store, group_id: int, account_id: int) -> bool:
    """False where the account was in the group already."""
    return store.run("INSERT OR IGNORE INTO members VALUES (?, ?)", group_id, account_id) > 0


def _account_id(store: Store, item: object) -> int:
    account_id = identifier(Fields(item, "accountId").required("accountId"))
    if account_id is None or store.row("SELECT 1 FROM accounts WHERE id = ?", account_id) is None:
        raise invalid("no such account", "accountId")
    return account_id


def _written(fields: Fields) -> Doc:
    return {"name": fields.required_word("name"), "description": fields.required_text("description")}


def _current(call: Call, group_id: int) -> Doc:
    count = call.store.row("SELECT count(*) FROM members WHERE groupId = ?", group_id)[0]
    return _rendered(call, group_id, call.store.get("group", group_id) or {}, count)


def _rendered(call: Call, group_id: int, document: dict[str, Any], count: int) -> Doc:
    times = {name: restamp(document[name], call.zone) for name in ("updatedAt", "createdAt")}
    return {"groupId": str(group_id), **document, **times, "numberOfAccounts": count}


OPERATIONS = (
    Operation(11, "GET", "/groups/{groupId}/accounts", list_members),
    Operation(12, "POST", "/groups/{groupId}/accounts", add_members, Body.JSON),
    Operation(13, "DELETE", "/groups/{groupId}/{accountId}", remove_member),
    Operation(14, "GET", "/groups", list_groups),
    Operation(15, "GET", "/groups/{groupId}", read_group),
    Operation(16, "POST", "/groups", create_group, Body.JSON),
    Operation(17, "PUT", "/groups/{groupId}", update_group, Body.JSON),
    Operation(18, "DELETE", "/groups/{groupId}", delete_group),
)
# Under the switches ``delete_url`` and ``group_remove`` (docs/service-notes.md#deleting, docs/service-notes.md#groups).
DELETE_AS_PRINTED = Operation(18, "DELETE", "/groups/{groupId}/accounts", delete_group)
REMOVE_NESTED = Operation(13, "DELETE", "/groups/{groupId}/accounts/{accountId}", remove_member)
