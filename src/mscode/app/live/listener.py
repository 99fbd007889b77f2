"""The public side of `mscode watch --listen`: takes webhooks, answers at once, and lets the follower know that something happened.

It is built as a door to which anybody has access. A campaign's path holds a secret, POST alone is taken, a body is small, nothing
that came is shown or sent back, and whatever is known of a campaign is read from the API afterwards.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request

from mscode.app.live.follow import Hint, Key
from mscode.app.live.webhooks import read_hint
from mscode.model.listener_url import SUFFIX, is_listener_url, path_secret

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from mscode.engine.account.status import LiveCampaign

#: Bytes of the largest body.
MAX_BODY = 64 * 1024
#: Seconds in which an equal body counts as the same webhook, posted again.
SAME = 600.0
#: Bodies that are remembered; of more the oldest are forgotten.
_REMEMBERED = 150_000
#: The headers of every answer. One request a connection: nobody can keep one open, and who posts opens another.
_HEADERS = [(b"content-length", b"0"), (b"connection", b"close")]
#: Seconds and bytes for what a client still sends of a body that is refused.
_LINGERING, _MOST_THROWN_AWAY = 1.0, 1024 * 1024
#: Seconds that a body may take to arrive.
_BODY_SECONDS = 10.0


class Listener:
    """An ASGI app. `base` is `listen.url` of the environment; `hint` is called with a campaign and what its webhook said.

    It knows the paths of the campaigns that `learn` was given last. `clock` gives seconds, `zone` is that of the service's
    date-times.
    """

    def __init__(
        self,
        base: str,
        hint: Callable[[Key, Hint], object],
        clock: Callable[[], float] = time.monotonic,
        zone: tzinfo = UTC,
    ) -> None:
        self._zone = zone
        self.base, self._base_path = base, urlsplit(base).path.encode()
        self._hint = hint
        self._recent = _Recent(clock)
        self._campaigns: list[tuple[bytes, Key]] = []

    @property
    def campaigns(self) -> int:
        """How many campaigns it knows a path of."""
        return len({key for _, key in self._campaigns})

    def learn(self, campaigns: Mapping[Key, LiveCampaign]) -> None:
        """Take the paths of these campaigns, and forget all others: the secrets come from what is live."""
        known = []
        for key, campaign in campaigns.items():
            urls = [str(value) for name, value in campaign.live.fields.items() if name.endswith(SUFFIX)]
            known += [(_path_of(url), key) for url in urls if is_listener_url(self.base, url)]
        self._campaigns = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        status, keys, body = await self._look(request)
        if status != 200:
            await _refuse(status, request, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b""})
        if self._recent.has(keys[0], body):
            return
        said = read_hint(body, self._zone)
        for key in keys:
            self._hint(key, said)

    async def _look(self, request: Request) -> tuple[int, list[Key], bytes]:
        """The status of the answer, the campaigns that a webhook is about, and its body."""
        if request.method != "POST":
            return 405, [], b""
        if _length(request) > MAX_BODY:
            return 413, [], b""
        keys = self._campaigns_at(request.scope["path"])
        if not keys:
            return 404, [], b""
        body = bytearray()  # may come in many chunks
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MAX_BODY:
                        return 413, [], b""
        except TimeoutError:
            return 408, [], b""
        except ClientDisconnect:
            return 400, [], b""
        return 200, keys, bytes(body)

    def _campaigns_at(self, path: str) -> list[Key]:
        """The campaigns whose path this is, with the path of `base` before it or, behind a proxy that takes it away, without. Each
        known secret is compared, in a time that says nothing of how much of one was right.
        """
        if path_secret(path) is None:
            return []
        given = path.encode("utf-8", "surrogatepass").removeprefix(self._base_path)
        return [key for known, key in self._campaigns if hmac.compare_digest(known, given)]


async def _refuse(status: int, request: Request, send: Send) -> None:
    """Answer without reading the body. What of it is on its way already is thrown away, as far as that takes no time: a connection
    that is closed before is reset, and the client may never see the answer.
    """
    allow = [(b"allow", b"POST")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, *allow]})
    if "expect" not in request.headers:  # else the body is not sent before somebody wants it
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(_LINGERING):
                thrown_away = 0
                async for chunk in request.stream():
                    thrown_away += len(chunk)
                    if thrown_away > _MOST_THROWN_AWAY:
                        break
    await send({"type": "http.response.body", "body": b""})


def _path_of(url: str) -> bytes:
    """`/receiver/<secret>` or `/state/<secret>` of a listener's URL."""
    kind, secret = path_secret(url) or ("", "")
    return f"/{kind}/{secret}".encode()


def _length(request: Request) -> int:
    """The length that a request states; 0 where it states none."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


class _Recent:
    """Which bodies came in the last ten minutes. Keeps digests, under a key of its own, so that nobody can make two bodies that
    look the same to it.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def has(self, key: Key, body: bytes) -> bool:
        """Did this body come for this campaign before? It has from now on."""
        now = self._clock()
        while self._seen and (len(self._seen) > _REMEMBERED or next(iter(self._seen.values())) <= now - SAME):
            self._seen.popitem(last=False)
        digest = hashlib.blake2b("\0".join(key).encode() + b"\0" + body, key=self._key, digest_size=16).digest()
        if digest in self._seen:
            return True
        self._seen[digest] = now
        return False
