"""Is this a CI job? Asked wherever nobody is there to look or to answer."""

from __future__ import annotations

from collections.abc import Mapping


def in_ci(variables: Mapping[str, str]) -> bool:
    """`CI` is set, and not to something that means no."""
    return variables.get("CI", "").strip().lower() not in ("", "0", "false", "no")
