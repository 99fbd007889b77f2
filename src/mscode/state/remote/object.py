"""The state as an object in S3, GCS or Azure, written by conditional writes (extra `cloud`: obstore).

    <path>          the document; replaced only where it still is the one that was read (its ETag)
    <path>.journal  the journal, likewise
    <path>.lock     the lock: its holder, or {} while nobody has it

All only change by create-only and by ETag-conditional writes, the lock too: it is never deleted, so that nobody can
delete the lock of another run. A store answers 412 where the object has changed, and 409 where another write was under way:
in both cases the present object shows whether our write is done, may be tried again, or is lost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from mscode.errors import ConfigError, StateError
from mscode.model.extras import how_to_install
from mscode.model.light_dataclass import dataclass
from mscode.state.lock_info import LockInfo, not_locked, other_id, parse_holder, refusal
from mscode.state.remote.backend import Stored, conflict

FREE = b"{}\n"
#: Seconds of one request, and how often a write that met another (409) is tried.
DEADLINE, TRIES, PAUSE = 20.0, 5, 0.1
#: A missing bucket is no empty state: the messages of S3, GCS and Azure for it.
_NO_BUCKET = re.compile(r"NoSuchBucket|bucket does not exist|ContainerNotFound", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Where:
    """`state:` of mscode.yaml. `root` is the bucket or container, like s3://bucket; `path` the object in it."""

    root: str
    path: str
    region: str = ""
    endpoint: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Where:
        """From `state:` of mscode.yaml."""
        parts = urlsplit(str(settings["url"]))
        root = f"{parts.scheme}://{parts.netloc}"
        return cls(root, parts.path.strip("/"), settings.get("region") or "", settings.get("endpoint") or "")


def open_store(where: Where, seconds: float = DEADLINE) -> Any:
    """obstore's store. Credentials come from the variables and machine roles of each cloud; ConfigError without the extra."""
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError:
        raise ConfigError("The backend `object` needs an extra", hint=how_to_install("cloud"), code="backend") from None
    config: dict[str, Any] = {}
    if where.region:
        config["region"] = where.region
    if where.endpoint:
        config["endpoint"] = where.endpoint
    options: dict[str, Any] = {
        "timeout": timedelta(seconds=seconds),
        "connect_timeout": timedelta(seconds=min(seconds, 10)),
        "allow_http": where.endpoint.startswith("http://"),
    }
    retry: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=seconds)}
    try:
        opener: Any = from_url
        return opener(where.root, config=config, client_options=options, retry_config=retry)
    except (BaseError, ValueError) as error:
        raise ConfigError(f"{where.root} cannot be opened", detail=_words(error), code="backend") from None


class Objects:
    """The objects of a bucket, changed by conditional writes alone. `opener` gives a store whose requests take so many seconds at
    most. All of it raises StateError; `name` is what people read there, like s3://bucket/state.json.
    """

    def __init__(self, where: Where, opener: Callable[[Where, float], Any] = open_store, pause: float = PAUSE) -> None:
        self._where, self._opener, self._pause = where, opener, pause
        self.store = opener(where, DEADLINE)
        self.name = f"{where.root}/{where.path}"

    def get(self, path: str) -> Stored | None:
        """The object; None where there is none."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            result = obstore.get(self.store, path)
            return Stored(bytes(result.bytes()), result.meta["e_tag"] or "")
        except (BaseError, OSError) as error:
            if _is_absent(error):
                return None
            raise self._failed("read", error) from None

    def version(self, path: str) -> str | None:
        """The object's ETag, without its content; None where there is none."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            return obstore.head(self.store, path)["e_tag"] or ""
        except (BaseError, OSError) as error:
            if _is_absent(error):
                return None
            raise self._failed("read", error) from None

    def put(self, path: str, content: bytes, before: Stored | None) -> Stored | None:
        """Write where the object still is `before` (None: where there is none); None when it is not."""
        for attempt in range(TRIES):
            version = self._put_once(path, content, before)
            if version is not None:
                return Stored(content, version)
            now = self.get(path)
            if now is not None and now.content == content:
                return now
            if (now.version if now else None) != (before.version if before else None):
                return None
            time.sleep(self._pause * (attempt + 1))
        raise StateError(f"{self.name} is being written by others all the time", hint="Try again.", code="backend")

    def _put_once(self, path: str, content: bytes, before: Stored | None) -> str | None:
        """The new version; None where the store refused the condition (412), or another write was under way (409)."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        mode: Any = {"e_tag": before.version} if before else "create"
        try:
            return obstore.put(self.store, path, content, mode=mode, use_multipart=False)["e_tag"] or ""
        except (BaseError, OSError) as error:
            is_refused = isinstance(error, (AlreadyExistsError, PreconditionError, FileExistsError))
            if is_refused or "409 Conflict" in str(error):
                return None
            raise self._failed("written", error) from None

    def takes(self, path: str, content: bytes, mode: Any) -> bool:
        """Does the store carry out this write, with obstore's `mode`?"""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.put(self.store, path, content, mode=mode, use_multipart=False)
        except (BaseError, OSError):
            return False
        return True

    def paths(self, folder: str) -> list[str]:
        """The paths of the objects below a folder, which ends with "/", in their order."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            return sorted(item["path"] for chunk in obstore.list(self.store, folder, chunk_size=1000) for item in chunk)
        except (BaseError, OSError) as error:
            raise self._failed("listed", error) from None

    def folders(self, folder: str) -> list[str]:
        """The folders right below a folder, which ends with "/"."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            return sorted(obstore.list_with_delimiter(self.store, folder)["common_prefixes"])
        except (BaseError, OSError) as error:
            raise self._failed("listed", error) from None

    def delete(self, path: str) -> None:
        """Delete an object; one that is not there is deleted already."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.delete(self.store, path)
        except (BaseError, OSError) as error:
            if not _is_absent(error):
                raise self._failed("deleted", error) from None

    def _failed(self, done: str, error: Exception) -> StateError:
        return StateError(
            f"{self.name} could not be {done}",
            detail=f"{self._where.endpoint}: {_words(error)}" if self._where.endpoint else _words(error),
            hint="Look at the bucket's name and region, and at the credentials in the variables of its cloud.",
            code="backend",
        )

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on a request takes at most so many seconds: the store is opened anew with that limit."""
        self.store = self._opener(self._where, seconds)


class ObjectRemote:
    """One document and its lock in a bucket; `opener` and `pause` as `Objects` takes them."""

    def __init__(self, where: Where, opener: Callable[[Where, float], Any] = open_store, pause: float = PAUSE) -> None:
        self._where, self._objects = where, Objects(where, opener, pause)
        self._lock_path, self._journal_path = f"{where.path}.lock", f"{where.path}.journal"
        self.where, self.journal_where = self._objects.name, f"{self._objects.name}.journal"

    def read(self) -> Stored | None:
        """The document; None where there is none yet."""
        return self._objects.get(self._where.path)

    def write(self, content: bytes, before: Stored | None) -> Stored:
        """Replace `before`. The condition is on the document, not on the lock: of two runs that both believe to hold the lock, one
        is refused.
        """
        written = self._objects.put(self._where.path, content, before)
        if written is None:
            raise conflict(self.where)
        return written

    def check(self, before: Stored) -> None:
        """StateError where the document is no longer `before`."""
        if self._objects.version(self._where.path) != before.version:
            raise conflict(self.where)

    def read_journal(self) -> Stored | None:
        """The journal; None where there is none."""
        return self._objects.get(self._journal_path)

    def write_journal(self, content: bytes, before: Stored | None, document: Stored) -> Stored:
        """Replace the journal, where it still is `before`: a run that holds the lock after this one has changed it
        (`fence_journal`).
        """
        written = self._objects.put(self._journal_path, content, before)
        if written is None:
            raise conflict(self.journal_where)
        return written

    def fence_journal(self, before: Stored | None) -> None:
        """Write the journal anew as it is, but for a line end, which no reader minds: it has another version then."""
        now = self._objects.get(self._journal_path)
        if now is None:
            return
        is_other = before is not None and now.version != before.version
        if is_other or self._objects.put(self._journal_path, now.content + b"\n", now) is None:
            raise conflict(self.journal_where)

    def lock(self, holder: LockInfo) -> None:
        """Take the lock, and make sure that the store honours conditions."""
        content = holder.lock_info()
        stored = self._objects.get(self._lock_path)
        written = self._objects.put(self._lock_path, content, stored) if stored is None or _is_free(stored) else None
        if written is None:
            stored = self._objects.get(self._lock_path)
            raise refusal(parse_holder(stored.content) if stored else None, self._by_hand())
        self._refuse_without_conditions(content)

    def _refuse_without_conditions(self, content: bytes) -> None:
        """Some servers that speak S3 ignore the conditions and answer 200: there two runs would hold the lock at once, and neither
        would know. So writes that must be refused are tried on our own lock; one that succeeds writes the same content.
        """
        conditions: dict[str, Any] = {
            "If-None-Match": "create",
            "If-Match": {"e_tag": '"00000000000000000000000000000000"'},
        }
        for name, mode in conditions.items():
            if self._objects.takes(self._lock_path, content, mode):
                raise StateError(
                    f"{self._named()} does not honour conditional writes",
                    detail=f"It took a write whose condition ({name}) does not hold. Without conditions two runs at once "
                    "could call people twice. Nothing was applied.",
                    hint="Keep the state in a store that answers 412 then (AWS S3, GCS, Azure, MinIO), or use another backend.",
                    code="backend",
                )

    def release(self, holder: LockInfo) -> None:
        """Give the lock back, if its content is ours: the answer with the version of our write may have been lost."""
        stored = self._objects.get(self._lock_path)
        if stored is not None and stored.content == holder.lock_info():
            self._objects.put(self._lock_path, FREE, stored)

    def holder(self) -> LockInfo | None:
        """The present holder of the lock; None where it is free."""
        stored = self._objects.get(self._lock_path)
        return None if stored is None or _is_free(stored) else parse_holder(stored.content) or LockInfo("?", "run")

    def unlock(self, id: str) -> LockInfo:
        """Break the lock with exactly this ID, and return its holder. StateError for another ID, or no lock."""
        stored = self._objects.get(self._lock_path)
        if stored is None or _is_free(stored):
            raise not_locked()
        holder = parse_holder(stored.content)
        if holder is None or id != holder.ID:
            raise other_id(holder, id, self._by_hand())
        if self._objects.put(self._lock_path, FREE, stored) is None:
            raise not_locked()
        return holder

    def _named(self) -> str:
        return f"{self.where} at {self._where.endpoint}" if self._where.endpoint else self.where

    def _by_hand(self) -> str:
        return f"Remove {self._where.root}/{self._lock_path} by hand if no mscode runs."

    def limit_remaining_time(self, seconds: float) -> None:
        """From now on a request takes at most so many seconds."""
        self._objects.limit_remaining_time(seconds)

    def close(self) -> None:
        """Nothing: obstore closes its connections itself."""


def _is_absent(error: Exception) -> bool:
    """Is the object missing, and not the bucket?"""
    from obstore.exceptions import NotFoundError

    return isinstance(error, (NotFoundError, FileNotFoundError)) and not _NO_BUCKET.search(str(error))


def _is_free(stored: Stored) -> bool:
    return stored.content.strip() in (b"", b"{}")


def _words(error: Exception) -> str:
    """obstore's message without its debug dump, and without queries, which may be signed."""
    first = str(error).split("\n", 1)[0].split("Debug source", 1)[0].partition(": <")[0]
    return re.sub(r"\?\S+", "", first).strip()[:300]
