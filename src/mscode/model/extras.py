"""How an optional library is installed: the words for every message that asks for one."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """What to type for an extra of pyproject.toml. mscode is installed from its source tree, so it is typed there."""
    return f"Install the extra mscode[{extra}]; in the clone of mscode: pip install '.[{extra}]'"
