"""Which URLs may be given a token."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from mscode.errors import ConfigError
from mscode.model.loopback import is_loopback

ALLOWED_HOSTS = "MSCODE_ALLOWED_HOSTS"


def check_url(
    url: str,
    *,
    allow_insecure: bool = False,
    allowed_hosts: str | None = None,
    what: str = "The URL of the environment",
    secret: str = "token",
) -> None:
    """ConfigError unless a secret may go to `url`; `what` and `secret` name both in the message.

    `https://`, or `http://` to this machine (anywhere with `allow_insecure`); no user, query or fragment in it.
    `allowed_hosts` is the value of MSCODE_ALLOWED_HOSTS: a comma-separated list of `host` or `host:port`; None: any.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, SplitResult("", "", "", "", "")
    if not host or parts.scheme not in ("http", "https") or not _is_plain(url):
        raise ConfigError(f"{what} cannot be used", hint="It looks like https://api.example.com/v1.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{what} holds a user or password", hint="Take it out; see `token:`.")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ConfigError(f"{what} ({_shown(parts)}) has a query or fragment", hint="Take it out.")
    if parts.scheme == "http" and not allow_insecure and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            f"{_shown(parts)} is plain http: the {secret} could be read on its way",
            hint="Use https://, or set `allowInsecure: true` for this environment.",
        )
    if allowed_hosts is not None and not _allowed(parts, allowed_hosts):
        raise ConfigError(
            f"{_shown(parts)} is not among the hosts of {ALLOWED_HOSTS}",
            detail=f"No {secret} is sent there.",
            code="host",
        )


def _is_plain(url: str) -> bool:
    """Backslashes, spaces, control characters and what is not ASCII are read differently by different URL parsers."""
    return "\\" not in url and all(33 <= ord(character) < 127 for character in url)


def _shown(parts: SplitResult) -> str:
    return f"{parts.scheme}://{_host_port(parts)}"


def _host_port(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def _allowed(parts: SplitResult, allowed_hosts: str) -> bool:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = _host_port(parts).removesuffix(f":{parts.port}")
    names = {name.strip().lower() for name in allowed_hosts.split(",") if name.strip()}
    return bool(names & {host, f"{host}:{port}"})
