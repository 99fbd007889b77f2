"""Jobs of a CI: whether this is one, and what a comment says of one."""

from __future__ import annotations

from collections.abc import Mapping

from mscode.model.light_dataclass import dataclass


def in_ci(variables: Mapping[str, str]) -> bool:
    """`CI` is set, and not to a value that means no: nobody is there to read a plan or to answer a question."""
    return variables.get("CI", "").strip().lower() not in ("", "0", "false", "no")


@dataclass(frozen=True, slots=True)
class Job:
    """Where the comment is written from: the commit, and the address of the CI's job ("" where unknown)."""

    commit: str = ""
    url: str = ""
