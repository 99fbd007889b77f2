"""Numbers and nouns as people read them."""

from __future__ import annotations

import re


def section_noun(section: str) -> str:
    """The singular of a section in plain words: `voice file`, `RSVP call`."""
    from mscode.model.kind import registry

    kind = registry().get(section)
    if kind is not None:
        return kind.singular
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", section).lower().removesuffix("s")  # of the account, not of mscode


def duration(seconds: float) -> str:
    """`0s`, `1m5s`, `2h0m1s`: whole seconds, as Terraform writes them."""
    whole = int(seconds)
    hours, minutes, remainder = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}h{minutes}m{remainder}s"
    return f"{minutes}m{remainder}s" if minutes else f"{remainder}s"


def at_most(times: int) -> str:
    """`once`, `4 times`."""
    return "once" if times == 1 else f"{times:,} times"
