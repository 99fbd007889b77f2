"""Trading an e-mail address and a password for a token.

The path is a guess, so it is a setting (docs/service-notes.md#tokens).
"""

from __future__ import annotations

import time
from typing import Any

from mscode.errors import ApiError
from mscode.http.error_text import ErrorText, host_of
from mscode.http.outcome import RequestLabel, read_error
from mscode.http.response import Failure, Got
from mscode.http.session import Session, json_body
from mscode.http.token import check_token
from mscode.http.transport import Transport
from mscode.model.privacy import Masker

_MEMBERS = ("authToken", "accessToken", "token")


def log_in(base_url: str, path: str, email: str, password: str, transport: Transport | None = None) -> str:
    """The token. Sent once; ApiError that shows neither e-mail address nor password."""
    label = RequestLabel("POST", path, "login")
    session = Session(
        base_url,
        "",
        methods=("POST",),
        transport=transport,
        parallelism=1,
        budget=60.0,
        deadline=30.0,
        body_limit=1 << 20,
        clock=time.monotonic,
        sleep=None,
        on_retry=None,
    )
    try:
        got = session.once(label, json_body({"email": email, "password": password}, label))
    finally:
        session.close()
    return check_token(
        _token(label, got, ErrorText(password, Masker([email], [email, password]))), "the login's answer"
    )


def _token(label: RequestLabel, got: Got, error_text: ErrorText) -> str:
    if isinstance(got, Failure):
        raise read_error(label, got, error_text)
    if 300 <= got.status < 400:
        host = host_of(got.headers.get("location", ""))
        raise ApiError(f"{label} answered {got.status}, a redirect to {host}; redirects are not followed")
    if not got.ok:
        hints = {
            401: "Check the e-mail address and the password.",
            404: "The login's path is not documented; set `loginPath` of the environment.",
        }
        reason = f": {reason}" if (reason := error_text.of(got)) else ""
        raise ApiError(f"{label} answered {got.status}{reason}", status=got.status, hint=hints.get(got.status, ""))
    data: Any = got.data if got.readable else None
    values = [data.get(name) for name in _MEMBERS] if isinstance(data, dict) else []
    tokens = [value for value in values if isinstance(value, str) and value]
    if not tokens:
        raise ApiError(f"{label} answered {got.status} without a token", status=got.status)
    return tokens[0]
