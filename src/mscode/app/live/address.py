"""Where a server of `watch` listens, as its options say it."""

from __future__ import annotations

import re

from mscode.errors import UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.loopback import is_loopback

_LOOPBACK = "127.0.0.1"
_FORM = re.compile(r"(?:(?:\[(?P<v6>[0-9A-Fa-f:.%]{2,60})\]|(?P<host>[A-Za-z0-9_.-]{1,253})):)?(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens; port 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def parse(cls, text: str, option: str) -> Address:
        """Read `8080`, `0.0.0.0:8080` or `[::1]:8080`, the value of this option: on this machine alone unless a host is named.
        UsageError for anything else."""
        match = _FORM.fullmatch(text)
        if match is None or int(match["port"]) > 65535:
            hint = f"For example {option} 8080, or {option} 0.0.0.0:8080 for every address of this machine."
            raise UsageError(f"{option} takes [HOST:]PORT", hint=hint)
        return cls(match["v6"] or match["host"] or _LOOPBACK, int(match["port"]))

    @property
    def is_local(self) -> bool:
        """Does it take connections from this machine alone?"""
        return is_loopback(self.host)
