"""The Terraform HTTP state protocol, which GitLab and many state servers speak.

    GET address             200 the document · 204, 404 there is none
    POST address?ID=<lock>  the document anew · 409, 423 the lock is another's
    LOCK lockAddress        200 it is ours · 409, 423 somebody else's LockInfo
    UNLOCK unlockAddress    gives it back

The protocol has no conditional write: before each one the document is read again, under the lock, and one that moved stops
the run. The journal lies at `<address>-journal`. It is not locked itself: after each write of it this run asks once more for the
lock that it has, which the server must refuse, and its answer says whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from mscode.errors import StateError
from mscode.model.light_dataclass import dataclass
from mscode.state.lock_info import LockInfo, lost_lock, myself, not_locked, other_id, parse_holder, refusal
from mscode.state.remote.backend import Stored, conflict

_DONE, _TAKEN = (200, 201, 204), (409, 423)
#: The operation in a lock that is taken for an instant, to see whether it is free. It stands in other runs' messages.
_PROBE = "look"


class Wire(Protocol):
    """What sends requests (`mscode.http.state_client`); StateError where there is no answer."""

    def send(self, method: str, url: str, content: bytes | None = None) -> tuple[int, bytes]: ...

    def limit_remaining_time(self, seconds: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where document and lock are, and by which methods they change."""

    address: str
    lock_address: str
    unlock_address: str
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"
    update_method: str = "POST"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Addresses:
        """From `state:` of mscode.yaml; what it leaves out is filled in, GitLab's for `backend: gitlab`."""
        address = str(settings["address"])
        gitlab = settings["backend"] == "gitlab"
        lock_address = settings.get("lockAddress") or (f"{address.rstrip('/')}/lock" if gitlab else address)
        return cls(
            address,
            lock_address,
            settings.get("unlockAddress") or lock_address,
            settings.get("lockMethod") or ("POST" if gitlab else "LOCK"),
            settings.get("unlockMethod") or ("DELETE" if gitlab else "UNLOCK"),
            settings.get("updateMethod") or "POST",
        )


class HttpDocument:
    """One document on a server of this protocol. `noun` names it in messages: "state", "records"."""

    def __init__(self, wire: Wire, address: str, update_method: str, noun: str) -> None:
        self._wire, self._address, self._update_method, self._noun = wire, address, update_method, noun
        self.where = plain(address)

    def read(self) -> Stored | None:
        """The document; None where there is none yet."""
        status, content = self._wire.send("GET", self._address)
        if status in (204, 404) or (status == 200 and not content.strip()):
            return None
        if status != 200:
            raise self.refused("read", status)
        return Stored(content)

    def write(self, content: bytes, before: Stored | None, lock_id: str = "") -> Stored:
        """Replace `before`; read again first, since the protocol has no conditional write. `lock_id` is the lock of this very
        document, "" of one that is never locked: GitLab refuses an ID then.
        """
        self.check(before)
        return self.put(content, lock_id)

    def check(self, before: Stored | None) -> None:
        """StateError where the document is no longer `before`."""
        if not is_same(self.read(), before):
            raise conflict(self.where)

    def put(self, content: bytes, lock_id: str = "") -> Stored:
        """Replace whatever is there."""
        url = self._address
        if lock_id:
            url += f"{'&' if urlsplit(url).query else '?'}ID={quote(lock_id, safe='')}"
        status, body = self._wire.send(self._update_method, url, content)
        if status in _TAKEN and lock_id:
            raise lost_lock(parse_holder(body))
        if status not in _DONE:
            raise self.refused("written", status)
        return Stored(content)

    def refused(self, done: str, status: int) -> StateError:
        """The server did not do what was asked; `done` is what it should have been: "read", "written"."""
        hints = {
            401: "Set MSCODE_STATE_USERNAME and MSCODE_STATE_PASSWORD (or TF_HTTP_USERNAME and TF_HTTP_PASSWORD).",
            403: "The credentials may not do this; look at what the server grants them.",
            404: "Check `address` in mscode.yaml.",
        }
        summary = f"The {self._noun} at {self.where} could not be {done}: the server answered {status}"
        redirect = "It names another place; credentials are not sent there." if 300 <= status < 400 else ""
        return StateError(summary, detail=redirect, hint=hints.get(status, ""), code="backend")


class HttpRemote:
    """One document and its lock on a server of this protocol."""

    def __init__(self, wire: Wire, addresses: Addresses) -> None:
        self._wire, self._addresses = wire, addresses
        self._document = HttpDocument(wire, addresses.address, addresses.update_method, "state")
        self._journal = HttpDocument(
            wire, beside(addresses.address, "-journal"), addresses.update_method, "journal of the state"
        )
        self._lock_id = ""
        self._holder: LockInfo | None = None
        self.where, self.journal_where = self._document.where, self._journal.where

    def read(self) -> Stored | None:
        """The document; None where there is none yet."""
        return self._document.read()

    def write(self, content: bytes, before: Stored | None) -> Stored:
        """Replace `before`, under the lock that this remote has taken."""
        return self._document.write(content, before, self._lock_id)

    def check(self, before: Stored) -> None:
        """StateError where the document is no longer `before`."""
        self._document.check(before)

    def read_journal(self) -> Stored | None:
        """The journal; None where there is none."""
        return self._journal.read()

    def write_journal(self, content: bytes, before: Stored | None, document: Stored) -> Stored:
        """Replace the journal, and then see that the lock is still this run's: whoever takes it later reads this journal."""
        if self._holder is None:
            raise lost_lock(None)
        stored = self._journal.put(content)
        status, body = self._send_lock(self._holder)
        if status in _DONE:
            # Some servers give a run its own lock again. Others had none any more: then somebody may have written meanwhile.
            self._document.check(document)
            return stored
        present = parse_holder(body)
        if present is None:
            raise StateError(f"{plain(self._addresses.lock_address)} does not tell who holds its lock", code="backend")
        if present.ID != self._holder.ID:
            raise lost_lock(present)
        return stored

    def fence_journal(self, before: Stored | None) -> None:
        """Nothing: whoever held the lock before looks at the lock after each write."""

    def lock(self, holder: LockInfo) -> None:
        """Take the lock, and make sure that the server refuses it to others."""
        status, body = self._send_lock(holder)
        present = parse_holder(body) if status in _TAKEN else None
        # Our own ID comes back where the answer to an earlier try was lost.
        if status in _TAKEN and (present is None or present.ID != holder.ID):
            raise refusal(present, f"Break it on the server, {plain(self._addresses.lock_address)}, if no mscode runs.")
        self._lock_id, self._holder = holder.ID, holder
        self._refuse_without_lock()

    def _refuse_without_lock(self) -> None:
        """A server, or a proxy before it, that grants everything locks nothing: a second lock must be refused now."""
        probe = myself(_PROBE, {})
        status, _ = self._send_lock(probe)
        if status in _DONE:
            self._send_unlock(probe)
            raise StateError(
                f"{plain(self._addresses.lock_address)} does not keep its lock: it gave it to a second run at once",
                detail="Without a lock two runs at once could call people twice. Nothing was applied.",
                hint="Set lockAddress and lockMethod as the server wants them (`backend: gitlab` fills in GitLab's).",
                code="backend",
            )

    def _send_lock(self, holder: LockInfo) -> tuple[int, bytes]:
        status, body = self._wire.send(self._addresses.lock_method, self._addresses.lock_address, holder.lock_info())
        if status in (404, 405, 501):
            raise StateError(
                f"{plain(self._addresses.lock_address)} has no lock: it answered {self._addresses.lock_method} with {status}",
                detail="Without a lock two runs at once could call people twice.",
                hint="Set lockAddress and lockMethod as the server wants them (`backend: gitlab` fills in GitLab's).",
                code="backend",
            )
        if status not in (*_DONE, *_TAKEN):
            raise self._document.refused("locked", status)
        return status, body

    def release(self, holder: LockInfo) -> None:
        """Give the lock back; one that was broken meanwhile (404, 409, 423; some servers say 400) needs no release."""
        self._lock_id, self._holder = "", None
        status, _ = self._send_unlock(holder)
        if status not in (*_DONE, *_TAKEN, 400, 404):
            raise self._document.refused("unlocked", status)

    def _send_unlock(self, holder: LockInfo) -> tuple[int, bytes]:
        return self._wire.send(self._addresses.unlock_method, self._addresses.unlock_address, holder.lock_info())

    def holder(self) -> LockInfo | None:
        """The protocol cannot ask for the holder, so the lock is taken, and given back at once."""
        probe = myself(_PROBE, {})
        status, body = self._send_lock(probe)
        if status not in _TAKEN:
            self._send_unlock(probe)
            return None
        present = parse_holder(body) or LockInfo("?", "run")
        return None if present.Operation == probe.Operation else present  # another probe of this kind

    def unlock(self, id: str) -> LockInfo:
        """The protocol cannot ask for the holder, and some servers break any lock whatever its ID: so taking it is tried first."""
        probe = myself("state unlock", {})
        status, body = self._send_lock(probe)
        if status in _DONE:
            self._send_unlock(probe)
            raise not_locked()
        present = parse_holder(body)
        if present is not None and id != present.ID:
            raise other_id(present, id, "")
        holder = present or LockInfo(id)
        status, _ = self._send_unlock(holder)
        if status not in _DONE:
            raise self._document.refused("unlocked", status)
        return holder

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on no request takes longer, and none is repeated."""
        self._wire.limit_remaining_time(seconds)

    def close(self) -> None:
        """Close connections."""
        self._wire.close()


def is_same(now: Stored | None, before: Stored | None) -> bool:
    """The same document, even where the server lays its JSON out anew."""
    if now is None or before is None:
        return now is before
    if now.content == before.content:
        return True
    try:
        return bool(json.loads(now.content) == json.loads(before.content))
    except (ValueError, RecursionError):
        return False


def beside(address: str, suffix: str) -> str:
    """The URL of a document beside another."""
    return address.rstrip("/") + suffix


def plain(url: str) -> str:
    """A URL for people: without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
