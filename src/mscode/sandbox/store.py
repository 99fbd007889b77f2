"""The SQLite file: schema, one transaction per request, and documents kept as JSON.

Accounts and memberships have columns of their own, since there may be 100 000 of them and lists are put together in
SQL. Every other kind is a JSON document with the epoch second at which the dialler has to look at it (``due``).
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from mscode.sandbox.answers import Answers
from mscode.sandbox.profile import Profile, Switches
from mscode.sandbox.times import restamp

Doc = dict[str, Any]

TEXT_FIELDS = (
    "firstName", "lastName", "nickName", "phone", "email", "address", "zip", "city", "companyName", "website", "note",
    "area", "gender",
)  # fmt: skip
MEMORY = ":memory:"
MEMORY_TOKEN = "sandbox-memory"
_VERSION = 2
_TABLES = (
    "accounts",
    "members",
    "documents",
    "counters",
    "receivers",
    "progress",
    "rings",
    "webhooks",
    "unposted",
    "tokens",
)

#: Webhooks that wait to be posted (posting.py); the first version had none.
_UNPOSTED = "CREATE TABLE unposted (id INTEGER PRIMARY KEY)"
_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, {", ".join(f"{name} TEXT NOT NULL" for name in TEXT_FIELDS)},
    yearOfBirth INTEGER, updatedAt TEXT NOT NULL, createdAt TEXT NOT NULL);
CREATE INDEX accounts_phone ON accounts (phone);
CREATE INDEX accounts_email ON accounts (email);
CREATE TABLE members (groupId INTEGER, accountId INTEGER, PRIMARY KEY (groupId, accountId)) WITHOUT ROWID;
CREATE INDEX members_account ON members (accountId);
CREATE TABLE counters (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    kind TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, due INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX documents_due ON documents (due) WHERE due IS NOT NULL;
CREATE TABLE receivers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, owner INTEGER NOT NULL, accountId INTEGER,
    groupId INTEGER, at INTEGER NOT NULL);
CREATE INDEX receivers_owner ON receivers (kind, owner);
CREATE INDEX receivers_group ON receivers (groupId);
CREATE TABLE progress (
    receiver INTEGER, accountId INTEGER, attempts INTEGER NOT NULL, answered INTEGER NOT NULL, reply TEXT NOT NULL,
    duration INTEGER NOT NULL, latestAt INTEGER NOT NULL, PRIMARY KEY (receiver, accountId)) WITHOUT ROWID;
CREATE TABLE rings (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, owner INTEGER NOT NULL, receiver INTEGER NOT NULL,
    accountId INTEGER NOT NULL, address TEXT NOT NULL, answered INTEGER NOT NULL, reply TEXT NOT NULL);
CREATE TABLE webhooks (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, owner INTEGER NOT NULL, url TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE tokens (token TEXT PRIMARY KEY) WITHOUT ROWID;
{_UNPOSTED};
"""


def to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Store:
    """One connection to one sandbox database; other processes may have theirs.

    ``switches`` holds the reading of the API in force, ``window_zone`` is the zone of the service's calling hours.
    ``answers`` are how the people behave; they may be replaced at any time.
    """

    def __init__(
        self,
        path: str | Path,
        switches: Switches | None = None,
        window_zone: tzinfo = UTC,
        answers: Answers | None = None,
    ) -> None:
        self.path = str(path)
        self.switches = switches or Switches()
        self.window_zone = window_zone
        self.answers = answers or Answers()
        if self.path != MEMORY:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.create_function("in_zone", 1, lambda text: restamp(text, self.zone))
        try:
            self._create_schema()
        except BaseException:
            self._connection.close()
            raise

    def _create_schema(self) -> None:
        if self._version() == _VERSION:
            return
        if self.path != MEMORY:
            self._connection.execute("PRAGMA journal_mode = WAL")
        with self.transaction(write=True):
            if self._version() == _VERSION:  # another process was first
                return
            if self._version() == 1:
                self._connection.execute(_UNPOSTED)
                self._connection.execute(f"PRAGMA user_version = {_VERSION}")
                return
            if self._version():
                raise ValueError(f"{self.path}: made by another version of the sandbox; remove it")
            for statement in _SCHEMA.split(";\n"):
                self._connection.execute(statement)
            token = MEMORY_TOKEN if self.path == MEMORY else f"sandbox-{secrets.token_hex(16)}"
            self.set_meta("token", token)
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @property
    def profile(self) -> Profile:
        """The reading of the API in force."""
        return self.switches.profile

    @property
    def zone(self) -> tzinfo:
        """Of the date-times whose zone the page does not state."""
        return self.profile.time_zone

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def copy(self) -> "Store":
        """A store of its own in memory, as this one is now."""
        twin = Store(MEMORY, self.switches, self.window_zone, self.answers)
        self.copy_into(twin)
        return twin

    def copy_into(self, other: "Store") -> None:
        """Make another store what this one is now, whatever it held."""
        with self._lock, other._lock:
            self._connection.backup(other._connection)

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[None]:
        """All or nothing. A writer takes the write lock at once, so that it never fails half-way for want of it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> Any:
        with self._lock:
            return self._connection.execute(sql, values).fetchone()

    def run(self, sql: str, *values: object) -> int:
        """The number of rows changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: object) -> int:
        """The id of the new row."""
        return self._connection.execute(sql, values).lastrowid or 0

    def run_many(self, sql: str, values: Iterable[tuple[object, ...]]) -> None:
        self._connection.executemany(sql, values)

    def meta(self, key: str) -> str | None:
        row = self.row("SELECT value FROM meta WHERE key = ?", key)
        return str(row[0]) if row else None

    def set_meta(self, key: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def token(self) -> str:
        return self.meta("token") or ""

    def empty(self) -> None:
        """Forget everything but the token and the clock; ids start again."""
        for table in _TABLES:
            self.run(f"DELETE FROM {table}")
        self.run("DELETE FROM sqlite_sequence")

    # Documents

    def add(self, kind: str, body: Doc, due: int | None = None) -> int:
        sql = "INSERT INTO counters VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last"
        new_id = int(self._connection.execute(sql, (kind,)).fetchall()[0][0])
        self.run("INSERT INTO documents VALUES (?, ?, ?, ?)", kind, new_id, to_json(body), due)
        return new_id

    def get(self, kind: str, object_id: int | None) -> Doc | None:
        row = self.row("SELECT body FROM documents WHERE kind = ? AND id = ?", kind, object_id)
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> list[tuple[int, Doc]]:
        found = self.rows("SELECT id, body FROM documents WHERE kind = ? ORDER BY id", kind)
        return [(object_id, json.loads(body)) for object_id, body in found]

    def save(self, kind: str, object_id: int, body: Doc, due: int | None = None) -> None:
        sql = "UPDATE documents SET body = ?, due = ? WHERE kind = ? AND id = ?"
        self.run(sql, to_json(body), due, kind, object_id)

    def remove(self, kind: str, object_id: int | None) -> bool:
        return self.run("DELETE FROM documents WHERE kind = ? AND id = ?", kind, object_id) > 0

    def exists(self, kind: str, object_id: int | None) -> bool:
        return self.row("SELECT 1 FROM documents WHERE kind = ? AND id = ?", kind, object_id) is not None
