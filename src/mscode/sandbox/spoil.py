"""What a rule makes of an answer, and requests that are carried out late."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate

from mscode.sandbox.alter import altered
from mscode.sandbox.asgi import JSON, Scope
from mscode.sandbox.errors import ConnectionDropped
from mscode.sandbox.faults import MUTE, Rule

Answer = tuple[int, str, dict[str, str]]  # status, content, headers


@dataclass(frozen=True, slots=True)
class Request:
    """One request with its whole body."""

    scope: Scope
    method: str
    path: str
    body: bytes


class Late:
    """Requests that were answered and not carried out; they are after so many more requests, or at a word."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int | None, Request]] = []

    def put(self, request: Request, requests: int | None) -> None:
        self._waiting.append((requests, request))

    def clear(self) -> None:
        self._waiting = []

    async def tick(self, carry_out: Callable[[Request], Awaitable[object]]) -> None:
        """One more request has come: carry out those whose turn it is."""
        counted = [(None if left is None else left - 1, request) for left, request in self._waiting]
        self._waiting = [(left, request) for left, request in counted if left != 0]
        for left, request in counted:
            if left == 0:
                await carry_out(request)

    async def commit(self, carry_out: Callable[[Request], Awaitable[object]]) -> int:
        """Carry out all that wait; their number."""
        due, self._waiting = self._waiting, []
        for _, request in due:
            await carry_out(request)
        return len(due)


def spoilt(rule: Rule, true: Answer, now: float) -> Answer:
    """The answer that a rule gives. ConnectionDropped where it goes wrong on its way."""
    status, content, headers = true
    if rule.status is not None:
        status, content, headers = rule.status, rule.body, {}
    elif rule.spoils and 200 <= status < 300:
        content = altered(content, rule.alter, rule.omit, rule.repeat)
    headers = {**headers, **{name.lower(): value for name, value in rule.headers.items()}, **_retry_after(rule, now)}
    if rule.wire:
        raise _dropped(rule, (status, content, headers), now)
    return status, content, headers


def _retry_after(rule: Rule, now: float) -> dict[str, str]:
    if rule.retry_after_date is not None:
        return {"retry-after": formatdate(now + rule.retry_after_date, usegmt=True)}
    return {} if rule.retry_after is None else {"retry-after": str(rule.retry_after)}


def _dropped(rule: Rule, answer: Answer, now: float) -> ConnectionDropped:
    message = "a fault rule breaks this connection"
    if rule.wire in MUTE:
        return ConnectionDropped(message, rule.wire)
    status, content, headers = answer
    headers = {"date": formatdate(now, usegmt=True), "content-type": JSON, **headers}
    return ConnectionDropped(message, rule.wire, status, headers, content.encode("utf-8"), rule.interval)
