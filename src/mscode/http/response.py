"""What comes back from one sending: a `Response` with its whole body, or a `Failure` where there is none."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count

DEPTH = 200
_JSON_TYPE = re.compile(r"(?:application|text)/(?:[\w.+-]+\+)?json", re.IGNORECASE)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BadBodyError(ValueError):
    """The body is too large, cannot be decompressed, or is no JSON; the text says which."""


class TooLargeError(BadBodyError):
    """The body is longer than it may be, or a list has more rows."""


@dataclass()
class TakenRows:
    """What was kept of the rows of a list that was decoded while it arrived. `are_objects`: each row was an object of JSON; where
    one was not, nothing of the others is of use.
    """

    items: list[Any]
    are_objects: bool = True


@dataclass(frozen=True)
class Response:
    """A complete answer: `content` is decompressed, header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    #: what is made of the parsed body before anybody reads it
    translate: Callable[[Any], Any] | None = field(default=None, compare=False, repr=False)
    #: in the place of `content`: the rows of a bare array, taken while they arrived, or why it cannot be read
    rows: TakenRows | BadBodyError | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Is the status 2xx?"""
        return 200 <= self.status < 300

    @property
    def empty(self) -> bool:
        """Is there no body, or none but white space?"""
        return self.rows is None and not self.content.strip()

    @property
    def readable(self) -> bool:
        """JSON or empty: the service's own answer, not some proxy's page."""
        return self.empty or not isinstance(self._parsed, BadBodyError)

    @property
    def data(self) -> Any:
        """The parsed body, None of an empty one; BadBodyError when it is no JSON."""
        if self.empty:
            return None
        if isinstance(self._parsed, BadBodyError):
            raise BadBodyError(str(self._parsed))
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:
        """The parsed body, or the BadBodyError that says why there is none: it is parsed once, and asked for often."""
        if self.rows is not None:
            return self.rows
        if media_type := other_media_type(self.headers):
            return BadBodyError(f"the answer is {media_type}, not JSON")
        try:
            parsed = parse_json(self.content)
        except BadBodyError as error:
            return error
        return self.translate(parsed) if self.translate else parsed


@dataclass(frozen=True, slots=True)
class Failure:
    """No complete answer. `sent` is False only where it is certain that nothing reached the service.

    `where` is the host and port that was tried, `tries` how often. `unchanged`: nothing but reads went there before, so
    that certainly nothing was changed.
    """

    reason: str
    sent: bool
    #: a broken connection or a time-out, which the next try may not meet
    passing: bool = True
    #: it was not sent on purpose: the run was stopped
    stopped: bool = False
    where: str = ""
    tries: int = 1
    unchanged: bool = False
    #: what can be done about it
    hint: str = ""
    #: the library's own error, for a client that says it in other words
    error: Exception | None = field(default=None, compare=False, repr=False)

    def words(self, clean: Callable[[str], str] = str) -> str:
        """What went wrong, for people; `clean` masks what the reason may quote."""
        tried = f"tried {count(self.tries, 'time')}"
        if self.sent:
            return f"{clean(self.reason)} ({self.where}; {tried})"
        return f"could not connect to {self.where} ({clean(self.reason)}; {tried})"


def plain_reason(error: Exception) -> str:
    """The system's message without its number: "connection refused"."""
    text = re.sub(r"^\[Errno -?\d{1,6}\] ", "", str(error))
    if not text:
        return {"ConnectTimeout": "no connection in time"}.get(type(error).__name__, type(error).__name__)
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def host_and_port(url: str) -> str:
    """The server of a URL, for people: scheme, host and port, nothing of a path or a password."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


Got = Response | Failure


def other_media_type(headers: Mapping[str, str]) -> str:
    """What an answer says that it is, where that is not JSON; else ""."""
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    return "" if _JSON_TYPE.fullmatch(media_type) else media_type


def parse_json(content: bytes) -> Any:
    """Strict JSON in UTF-8: no NaN, no Infinity, no endless nesting, no half characters; else BadBodyError."""
    try:
        text = content.decode("utf-8-sig")
        value = STRICT.decode(text)
        check_value(value, text)
    except (ValueError, RecursionError) as error:
        raise bad_body(error) from None
    return value


def check_value(value: Any, text: str, *, may_be_deep: bool = True) -> None:
    """ValueError for half characters in what was decoded from a text, RecursionError where it is nested too deeply."""
    if "\\u" in text and _SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    if may_be_deep and _is_deep(value):
        raise RecursionError


def is_flat(text: str, rows: int) -> bool:
    """Has a text of so many objects certainly nothing nested in them? By counting braces, which a text may hold as well."""
    return text.count("{") == rows and text.rfind("[") <= text.find("{")


def bad_body(error: ValueError | RecursionError) -> BadBodyError:
    """What is said of a body that could not be decoded."""
    return BadBodyError("it is nested too deeply" if isinstance(error, RecursionError) else "it is not valid JSON")


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


STRICT = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _is_deep(value: Any) -> bool:
    """Is it nested more than `DEPTH` levels deep? Level by level, so that a body of any size takes time in proportion."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEPTH):
        level = [
            item
            for container in level
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def read_body(chunks: Iterable[bytes], encoding: str, limit: int, check: Callable[[], None]) -> bytes:
    """All of a body, as `body_parts` gives it."""
    return b"".join(body_parts(chunks, encoding, limit, check))


def body_parts(chunks: Iterable[bytes], encoding: str, limit: int, check: Callable[[], None]) -> Iterator[bytes]:
    """A body as it arrives, decompressed, `limit` bytes at most: what a small gzip unpacks to counts too.

    `check` is called for every chunk, to raise when time is up.
    """
    size = 0
    for part in _decompressed(chunks, encoding.strip().lower(), limit):
        check()
        size += len(part)
        if size > limit:
            raise TooLargeError(f"the answer is larger than {limit:,} bytes")
        yield part


def _decompressed(chunks: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip"):
        raise BadBodyError("the answer is compressed in a way that was not asked for")
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    # A small gzip may unpack to gigabytes: never more of it is in memory than the limit that the caller checks.
    piece = min(limit + 1, 1 << 20)
    try:
        for chunk in chunks:
            yield stream.decompress(chunk, piece)
            while stream.unconsumed_tail:
                yield stream.decompress(stream.unconsumed_tail, piece)
    except zlib.error:
        raise BadBodyError("the answer cannot be decompressed") from None
    if not stream.eof:
        raise BadBodyError("the answer cannot be decompressed")
