"""Subusers (docs/service-notes.md#subusers) and login (docs/service-notes.md#tokens)."""

import hashlib
import secrets

from mscode.sandbox.errors import unauthorized
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply, created, ok
from mscode.sandbox.store import Doc, Store
from mscode.sandbox.times import restamp, stamp
from mscode.sandbox.validate import Fields

KIND = "subuser"
OWNER_EMAIL, OWNER_PASSWORD = "sandbox@example.com", "sandbox"  # the one user that is always there
_TEXTS = ("username", "email", "firstName", "lastName", "company", "phone")


def list_subusers(call: Call) -> Reply:
    return ok([_rendered(call, subuser_id, document) for subuser_id, document in call.store.all(KIND)])


def read_subuser(call: Call) -> Reply:
    subuser_id = call.found(KIND)
    return ok(_rendered(call, subuser_id, call.store.get(KIND, subuser_id) or {}))


def create_subuser(call: Call) -> Reply:
    fields = call.fields()
    for name in call.profile.subuser_required:
        fields.required_word(name)
    times = {"updatedAt": stamp(call.now), "createdAt": stamp(call.now)}
    document = {**dict.fromkeys(_TEXTS, ""), "authToken": _new_token(), "password": "", **times}
    document |= _written(fields, document)
    subuser_id = call.store.add(KIND, document)
    return created(_rendered(call, subuser_id, document), f"/subusers/{subuser_id}")


def update_subuser(call: Call) -> Reply:
    subuser_id = call.found(KIND)
    document = call.store.get(KIND, subuser_id) or {}
    unset = dict.fromkeys(_TEXTS, "") if call.profile.put == "replace" else {}
    document |= {**_written(call.fields(), document | unset), "updatedAt": stamp(call.now)}
    call.store.save(KIND, subuser_id, document)
    return ok(_rendered(call, subuser_id, document))


def delete_subuser(call: Call) -> Reply:
    call.store.remove(KIND, call.found(KIND))
    return NO_CONTENT


def log_in(call: Call) -> Reply:
    """A new token each time; it never expires."""
    fields = call.fields()
    if not _knows(call.store, fields.required_text("email"), fields.required_text("password")):
        raise unauthorized()
    token = _new_token()
    call.store.run("INSERT INTO tokens VALUES (?)", token)
    return created({"authToken": token})


def accepts(store: Store, token: str) -> bool:
    """Whether a token came from a login or is a subuser's own."""
    if store.row("SELECT 1 FROM tokens WHERE token = ?", token):
        return True
    sql = "SELECT 1 FROM documents WHERE kind = ? AND json_extract(body, '$.authToken') = ?"
    return store.row(sql, KIND, token) is not None


def _knows(store: Store, email: str, password: str) -> bool:
    if (email, password) == (OWNER_EMAIL, OWNER_PASSWORD):
        return True
    hashed = _hash(password)
    return any(user["email"] == email and user["password"] == hashed for _, user in store.all(KIND))


def _written(fields: Fields, before: Doc) -> Doc:
    password = fields.text("password")
    texts = {name: fields.text(name, before[name]) for name in _TEXTS}
    return {**texts, "password": _hash(password) if password else before["password"]}


def _hash(password: str) -> str:
    return hashlib.sha256(b"mscode-sandbox:" + password.encode()).hexdigest()


def _new_token() -> str:
    return secrets.token_hex(16)


def _rendered(call: Call, subuser_id: int, document: Doc) -> Doc:
    shown = ("username", "email", "firstName", "lastName", "company", "authToken", "phone")
    times = {name: restamp(document[name], call.zone) for name in ("updatedAt", "createdAt")}
    return {"subuserId": subuser_id, **{name: document[name] for name in shown}, **times}


OPERATIONS = (
    Operation(49, "GET", "/subusers", list_subusers),
    Operation(50, "GET", "/subusers/{subuserId}", read_subuser),
    Operation(51, "POST", "/subusers", create_subuser, Body.JSON),
    Operation(52, "PUT", "/subusers/{subuserId}", update_subuser, Body.JSON),
    Operation(53, "DELETE", "/subusers/{subuserId}", delete_subuser),
)
# Under the switch ``delete_url`` (docs/service-notes.md#deleting).
DELETE_AS_PRINTED = Operation(53, "DELETE", "/subusers/{subuserId}/accounts", delete_subuser)
