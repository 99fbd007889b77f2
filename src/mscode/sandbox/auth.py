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
        in_body = posted if isinstance(posted, str) and self._store.profile.post_token == "on" else None
        ways = [*self._header_tokens(operation, headers), query.get("access_token"), in_body]
        if self._store.profile.auth_header == "strict17" and operation.number in AUTHENTICATION_TOKEN:
            ways = ways[:1]
        token = next((way for way in ways if way is not None), None)
        if token is None or not self._opens(token):
            raise unauthorized()

    def _header_tokens(self, operation: Operation, headers: Mapping[str, str]) -> list[str | None]:
        """The tokens of the headers that an operation heeds, the first one first."""
        access, authentication = headers.get("x-access-token"), headers.get("x-authentication-token")
        if operation.number not in AUTHENTICATION_TOKEN or self._store.profile.auth_header == "access_only":
            return [access]
        is_strict = self._store.profile.auth_header == "strict17"
        return [authentication] if is_strict else [access, authentication]

    def _opens(self, token: str) -> bool:
        same = hmac.compare_digest(token.encode("utf-8", "replace"), (self._required or "").encode())
        return bool(token) and (same or subusers.accepts(self._store, token))
