"""Tokens in the system's keyring, by the URL they open. The library is an extra, and there may be no keyring at all."""

from __future__ import annotations

from typing import Any

from mscode.errors import ConfigError
from mscode.model.extras import how_to_install

_SERVICE = "mscode"
_INSTALL = f"{how_to_install('keyring')}. Or use `mscode login --print` and keep the token elsewhere."


def stored_token(url: str) -> str:
    """The token that `mscode login` kept for this URL; "" where there is none, or no keyring."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(_SERVICE, url) or ""
    except (KeyringError, RuntimeError):
        return ""


def keep_token(url: str, token: str) -> None:
    """Keep the token for this URL; ConfigError, with what to do instead, where that is not possible."""
    ring = usable_keyring()
    try:
        ring.set_password(_SERVICE, url, token)
    except Exception as error:  # each backend has its own error types, and their texts may quote the token
        summary = f"The system's keyring did not take the token ({type(error).__name__})"
        raise ConfigError(summary, hint="Unlock it, or use `mscode login --print`.", code="keyring") from None


def usable_keyring() -> Any:
    """The library with a backend that keeps something; ConfigError where there is none."""
    try:
        import keyring
    except ImportError:
        raise ConfigError("The keyring library is not installed", hint=_INSTALL, code="keyring") from None
    if getattr(keyring.get_keyring(), "priority", 0) <= 0:
        hint = "Use `mscode login --print`, and keep the token in your secret store or in MSCODE_TOKEN."
        raise ConfigError("This machine has no keyring that mscode could use", hint=hint, code="keyring")
    return keyring
