"""Posts the webhooks that the sandbox notes, to this machine alone.

The emulator notes webhooks and has no way to send anything: `create_app` makes no `Poster`. Only `mscode sandbox serve` and
`mscode sandbox clock` make one, so whatever else uses an emulator posts nothing.

A webhook is posted once its transaction is over, at most once, without a signature, and in no certain order, since many are under
way at a time (docs/service-notes.md#webhooks). Nothing is repeated, no redirect is followed, no proxy is used.
"""

import asyncio
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from time import monotonic
from urllib.parse import SplitResult, quote, urlsplit

from mscode.sandbox.faults import Faults, Rule
from mscode.sandbox.store import Store

_AT_ONCE = 32  # connections
_KEPT = 1000  # webhooks in memory: those that are late, and those that wait for a connection
_TICK = 0.1  # seconds from one look at the clock to the next
_SECONDS = 3.0  # for one post, from the connection to the first line of the answer
_LOOKUP = 2.0  # seconds for the address of a host
_OVERTAKEN = 1.0  # seconds that one waits for the next to go first
_ENOUGH = 30.0  # seconds that `mscode sandbox clock` spends on posting
_FAILURES = 3  # in a row, after which it is said that nobody is there
_PAUSE = 10.0  # seconds in which one that was silent so often is not tried again


@dataclass(frozen=True, slots=True)
class Webhook:
    """One that was noted: its row, where it goes to, and its body as JSON text."""

    id: int
    url: str
    body: str


@dataclass(slots=True)
class _Receiver:
    """A host and port that is posted to: its addresses on this machine (none: it is elsewhere), and how it has answered."""

    addresses: list[str]
    failures: int = 0  # in a row
    silences: int = 0  # of these, those that took all the time of a post
    tried_again_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Turn:
    """After which webhook's event one is posted, and which other's it sets, so that this one can follow."""

    behind: asyncio.Event | None = None
    before: asyncio.Event | None = None


class Poster:
    """Posts what waits in a store. `tell` takes a line for a person: what is not sent, said once for each receiver."""

    def __init__(self, store: Store, faults: Faults, tell: Callable[[str], object]) -> None:
        self._store, self._faults, self._tell = store, faults, tell
        self._receivers: dict[tuple[str, int], _Receiver] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._overtaken: asyncio.Event | None = None

    async def serve(self, play: Callable[[], object]) -> None:
        """Until it is cancelled: have played what is due, and post. A database that is locked or full is tried again."""
        while True:
            if self._store.switches.posts_webhooks:
                with suppress(sqlite3.Error):
                    play()
                    self._start()
            await asyncio.sleep(_TICK)

    async def empty(self) -> None:
        """Post all that waits, for half a minute at most; what is left then waits on."""
        try:
            async with asyncio.timeout(_ENOUGH):
                while self._start() or self._tasks:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self._tell("Webhooks still wait, since they are taken slowly; the next `mscode sandbox clock` posts them.")
        finally:
            for task in self._tasks:
                task.cancel()

    # What waits

    def _start(self) -> int:
        """Take what waits, as much as memory may hold, and start to post it; how many that were."""
        taken = self._take(_KEPT - len(self._tasks))
        for webhook in taken:
            rule = self._faults.of_webhook(_split(webhook.url).path)
            task = asyncio.ensure_future(self._go(webhook, rule, self._turn(rule)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(taken)

    def _take(self, most: int) -> list[Webhook]:
        """In the order in which they were noted. Whoever takes one posts it: others may use the same database."""
        if most <= 0 or self._store.row("SELECT 1 FROM unposted LIMIT 1") is None:
            return []
        with self._store.transaction(write=True):
            sql = "SELECT id, url, body FROM webhooks WHERE id IN (SELECT id FROM unposted ORDER BY id LIMIT ?) ORDER BY id"
            taken = [Webhook(*row) for row in self._store.rows(sql, most)]
            self._store.run_many("DELETE FROM unposted WHERE id = ?", [(webhook.id,) for webhook in taken])
        return taken

    def _turn(self, rule: Rule | None) -> _Turn:
        """A webhook that is to be overtaken waits for the one after it, which waits for none."""
        if rule and rule.webhook == "reorder" and self._overtaken is None:
            self._overtaken = asyncio.Event()
            return _Turn(behind=self._overtaken)
        overtaken, self._overtaken = self._overtaken, None
        return _Turn(before=overtaken)

    async def _go(self, webhook: Webhook, rule: Rule | None, turn: _Turn) -> None:
        fault = rule.webhook if rule else ""
        try:
            if turn.behind is not None:
                await self._wait_for(turn.behind)
            if rule and fault == "late":
                await asyncio.sleep(rule.delay)
            if fault == "drop" or not self._is_noted(webhook):
                return
            for _ in range(2 if fault == "double" else 1):
                await self._post(webhook)
        finally:
            if turn.before is not None:
                turn.before.set()

    async def _wait_for(self, next_one: asyncio.Event) -> None:
        """Until the next webhook has gone out; none may follow."""
        with suppress(TimeoutError):
            await asyncio.wait_for(next_one.wait(), _OVERTAKEN)
        if self._overtaken is next_one:
            self._overtaken = None

    def _is_noted(self, webhook: Webhook) -> bool:
        """Not after a reset: nothing that came before it is sent."""
        with suppress(sqlite3.Error):
            sql = "SELECT 1 FROM webhooks WHERE id = ? AND body = ?"
            return self._store.row(sql, webhook.id, webhook.body) is not None
        return False

    # Posting

    async def _post(self, webhook: Webhook) -> None:
        parts = _split(webhook.url)
        host, port = parts.hostname or "", _port(parts)
        async with self._slots:
            receiver = await self._receiver(host, port)
            if not receiver.addresses or monotonic() < receiver.tried_again_at:
                return
            begun = monotonic()
            if await _answered(parts, port, receiver.addresses, webhook.body.encode()):
                receiver.failures = receiver.silences = 0
                return
            receiver.failures += 1
            # One that refuses costs no time, and is posted to from the moment it is there.
            receiver.silences += monotonic() - begun >= _SECONDS
            if receiver.silences >= _FAILURES:
                receiver.silences, receiver.tried_again_at = 0, monotonic() + _PAUSE
            if receiver.failures == _FAILURES:
                self._tell(f"Nothing takes webhooks at {shown_host(host)}:{port}; those to it are lost until it does.")

    async def _receiver(self, host: str, port: int) -> _Receiver:
        key = (host, port)
        if key not in self._receivers:
            if len(self._receivers) >= _KEPT:
                self._receivers.clear()
            addresses = await _addresses(host) if port else []
            if key in self._receivers:  # another task was first
                return self._receivers[key]
            local = addresses if all(map(_is_local, addresses)) else []
            self._receivers[key] = _Receiver(local)
            if not local:
                shown = shown_host(host) if host else "an address that cannot be read"
                self._tell(f"Webhooks to {shown} are not sent: the sandbox posts to this machine alone.")
        return self._receivers[key]


async def _answered(parts: SplitResult, port: int, addresses: list[str], body: bytes) -> bool:
    """Was the body taken at one of the addresses, whatever status says so? What a receiver answers is read no further."""
    for address in addresses:
        try:
            async with asyncio.timeout(_SECONDS):
                return await _exchanged(parts, port, address, body)
        except (OSError, ValueError):  # TimeoutError is an OSError; ValueError: no line ends where one should
            continue
    return False


async def _exchanged(parts: SplitResult, port: int, address: str, body: bytes) -> bool:
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    context = ssl.create_default_context() if is_secure else None
    reader, writer = await asyncio.open_connection(
        address, port, ssl=context, server_hostname=host if is_secure else None
    )
    try:
        writer.write(_head(parts, host, port, len(body)) + body)
        await writer.drain()
        return (await reader.readline()).startswith(b"HTTP/")
    finally:
        writer.close()


def _head(parts: SplitResult, host: str, port: int, length: int) -> bytes:
    # The path is whatever a client of the API wrote: as a part of a request it must be one word.
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?')}" if parts.query else ""
    lines = [
        f"POST {path}{query} HTTP/1.1",
        f"Host: {shown_host(host)}:{port}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace")


# ---- addresses -------------------------------------------------------------------------------------------------------


async def _addresses(host: str) -> list[str]:
    """The addresses of a host; none where it has none, or where nobody says in time. The thread that asks may be left behind: it
    must hold up neither the sandbox nor its end.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def give(found: list[str]) -> None:
        if not answer.done():
            answer.set_result(list(dict.fromkeys(found)))

    def ask() -> None:
        try:
            found = [str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError):
            found = []
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(give, found)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return await asyncio.wait_for(answer, _LOOKUP)
    except TimeoutError:
        return []


def _is_local(address: str) -> bool:
    """Does what is sent there stay on this machine?"""
    known = ip_address(address.partition("%")[0])
    mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
    return (mapped or known).is_loopback


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _port(parts: SplitResult) -> int:
    """0 for what is no URL to post to: another scheme, a host with signs that no host has."""
    host = parts.hostname or ""
    is_plain = host.isascii() and all(character.isalnum() or character in "-.:%" for character in host)
    if not host or not is_plain or parts.scheme not in ("http", "https"):
        return 0
    return parts.port or (443 if parts.scheme == "https" else 80)


def shown_host(host: str) -> str:
    """A host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
