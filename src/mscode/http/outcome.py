"""The outcome of a request, and the error that reports it.

The closed table (docs/protocol.md#the-steps-of-a-create), for every request that is sent once: a POST, an upload, a PUT that
starts a campaign.

    applied    2xx with a JSON or empty body and, where something is created, a plausible id
    rejected   nothing was sent (refused connection, DNS, TLS, the proxy's refusal);
               400 401 403 404 405 406 410 413 415 422 429 with a JSON or empty body
    unknown    everything else: time-outs, broken connections, 408, 409, 425, 5xx, 3xx, 2xx without an id, HTML pages

Unknown is never taken for rejected: sending it again without reading first may call thousands of people twice.
A PUT or DELETE that may be repeated is judged more simply: any 4xx except 408 and 425 is a refusal, unless an earlier try
of the same request ended unknown.
"""

from __future__ import annotations

from typing import Literal

from mscode.errors import ApiError, NotSent, Rejected, UnknownOutcome
from mscode.http.error_text import ErrorText, host_of
from mscode.http.response import BadBodyError, Failure, Got, Response
from mscode.http.retry import retry_after
from mscode.model.light_dataclass import dataclass

Outcome = Literal["applied", "rejected", "unknown"]

UNCLEAR = "It may or may not have been done."

REFUSALS = frozenset({400, 401, 403, 404, 405, 406, 410, 413, 415, 422, 429})
PASSING = frozenset({429, 502, 503, 504})
_UNCLEAR_4XX = frozenset({408, 425})

_HINTS = {
    401: "Is the token right, and for this service? See `token:` in mscode.yaml, or MSCODE_TOKEN.",
    403: "The token does not allow this.",
    404: "It is gone, or the environment's `url` is not right (does it lack a prefix like /v1?).",
    405: "The service does not offer this.",
}


class RateLimited(Rejected):
    """Refused with 429: nothing was done. `retry_after`: the wait in seconds that the service asked for."""

    def __init__(self, summary: str, *, retry_after: float | None = None, detail: str = "", hint: str = "") -> None:
        super().__init__(summary, status=429, detail=detail, hint=hint)
        self.retry_after = retry_after


class Stopped(NotSent):
    """The run was stopped before it was sent."""


@dataclass(frozen=True, slots=True)
class RequestLabel:
    """Names a request in messages: `what` names the object for people, `path` is relative to the environment's URL."""

    method: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.what}: {self.method} {self.path}"


def classify(got: Got, *, has_id: bool = True) -> Outcome:
    """The closed table above; `has_id` tells whether a create's answer names what was made."""
    if isinstance(got, Failure):
        return "unknown" if got.sent else "rejected"
    if got.ok:
        return "applied" if got.readable and has_id else "unknown"
    return "rejected" if got.status in REFUSALS and got.readable else "unknown"


def classify_repeatable(got: Got, *, unclear_before: bool) -> Outcome:
    """The same for a PUT or DELETE that was repeated; `unclear_before`: an earlier try may have been applied."""
    outcome = classify(got)
    refused = isinstance(got, Response) and 400 <= got.status < 500 and got.status not in _UNCLEAR_4XX
    if outcome != "applied" and unclear_before:
        return "unknown"
    return "rejected" if refused else outcome


def is_transient(got: Got) -> bool:
    """May the same request succeed in a moment?"""
    return got.passing if isinstance(got, Failure) else got.status in PASSING


def error_of(label: RequestLabel, got: Got, outcome: Outcome, error_text: ErrorText) -> ApiError:
    """The error for a request that was not applied. It names object, method, path, status and the service's message."""
    if isinstance(got, Failure):
        if outcome == "unknown" or (got.sent and not got.stopped):
            return UnknownOutcome(f"{label}: {got.words(error_text.clean)}", detail=UNCLEAR)
        if got.stopped:
            return Stopped(f"{label}: {error_text.clean(got.reason)}", detail="Nothing was sent.")
        return _not_sent(label, got, error_text)
    summary, hint = _summary(label, got, error_text), _HINTS.get(got.status, "")
    if outcome == "unknown":
        return UnknownOutcome(summary, status=got.status, detail=UNCLEAR)
    if got.status == 429:
        return RateLimited(summary, retry_after=retry_after(got))
    kind = Rejected if outcome == "rejected" else ApiError
    return kind(summary, status=got.status, hint=hint)


def _not_sent(label: RequestLabel, got: Failure, error_text: ErrorText) -> NotSent:
    """The summary begins with the server: a wrong url, a VPN that is off and a proxy are recognised by it."""
    text = got.words(error_text.clean)
    effect = "Nothing was changed." if got.unchanged else f"{label} was not sent."
    return NotSent(f"{text[0].upper()}{text[1:]}. {effect} {error_text.advice}")


def read_error(label: RequestLabel, got: Got, error_text: ErrorText) -> ApiError:
    """The error for a GET, which is never in doubt: it changes nothing."""
    if isinstance(got, Response) and got.status == 429:
        return error_of(label, got, "rejected", error_text)
    if isinstance(got, Response):
        return ApiError(_summary(label, got, error_text), status=got.status, hint=_HINTS.get(got.status, ""))
    if not got.sent:
        return _not_sent(label, got, error_text)
    unchanged = "Nothing was changed." if got.unchanged else ""
    return ApiError(f"{label}: {got.words(error_text.clean)}", detail=unchanged, hint=got.hint)


def _summary(label: RequestLabel, response: Response, error_text: ErrorText) -> str:
    if 300 <= response.status < 400:
        target = host_of(response.headers.get("location", ""))
        return f"{label} answered {response.status}, a redirect to {target}; redirects are not followed"
    if not response.ok:
        reason = error_text.of(response)
    elif response.empty:
        reason = "the answer is empty"
    else:
        try:
            _ = response.data
            reason = "the answer names no id"
        except BadBodyError as error:
            reason = str(error)
    return f"{label} answered {response.status}: {reason}" if reason else f"{label} answered {response.status}"
