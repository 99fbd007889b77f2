"""Who may call: the token and its ways in (docs/service-notes.md#tokens)."""

import hmac
from collections.abc import Mapping

from mscode.sandbox import subusers
from mscode.sandbox.errors import unauthorized
from mscode.sandbox.operation import Operation
from mscode.sandbox.operations import AUTHENTICATION_TOKEN, LOGIN
from mscode.sandbox.store import Store


class Gate:
    """``required`` is the token that always opens; None opens to everybody."""

    def __init__(self, store: Store, required: str | None) -> None:
        self._store = store
        self._required = required

    def check(self, operation: Operation, headers: Mapping[str, str], query: Mapping[str, str], posted: object) -> None:
        """401 without a valid token. The first way that is used decides; login needs none."""
        if self._required is None or operation.number == LOGIN:
            return
        ways = [headers.get("x-access-token")]
        if operation.number in AUTHENTICATION_TOKEN:
            ways.append(headers.get("x-authentication-token"))
        ways += [query.get("access_token"), posted if isinstance(posted, str) else None]
        token = next((way for way in ways if way is not None), None)
        if token is None or not self._opens(token):
            raise unauthorized()

    def _opens(self, token: str) -> bool:
        same = hmac.compare_digest(token.encode("utf-8", "replace"), (self._required or "").encode())
        return bool(token) and (same or subusers.accepts(self._store, token))
