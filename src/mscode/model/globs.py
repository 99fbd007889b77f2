"""Globs of addresses (`--only`, `--exclude`) and of paths (`manifests:`).

wcmatch reads the pattern of one name, and its expressions take a name in time in proportion to it, however many `*` there
are. Its `**` does not: each one more multiplies the time. So what may stand between the names of a path is compared here,
name by name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass

ANY_FOLDERS = "**"
#: `*.yaml`, `drives`: most projects have no other globs, and wcmatch takes longer to load than a small project to read. What is
#: made of them is the library's own expression.
_PLAIN = late_pattern(r"(?:\*\.)?[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@lru_cache(maxsize=256)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob in which `*` and `?` alone are special, for `fullmatch`. Both match any character, a slash too."""
    return _compiled(glob.replace("\\", r"\\").replace("[", r"\["))


def _compiled(glob: str) -> re.Pattern[str]:
    if _PLAIN.fullmatch(glob):
        any_name = "(?=.).*?" if glob.startswith("*") else ""
        return re.compile(f"^(?s:{any_name}{re.escape(glob.removeprefix('*'))})$")
    from wcmatch import fnmatch

    included, _excluded = fnmatch.translate(glob, flags=fnmatch.CASE | fnmatch.FORCEUNIX | fnmatch.DOTMATCH)
    return re.compile(included[0])


@dataclass(frozen=True, slots=True)
class PathGlob:
    """`groups`: the patterns of the names before, between and after the `**` of a glob, each of which stands for any
    folders, also none.
    """

    groups: tuple[tuple[re.Pattern[str], ...], ...]

    def matches(self, path: str) -> bool:
        """Does a whole path match, its parts separated by slashes?"""
        names = path.split("/")
        first, *middle = self.groups
        last = middle.pop() if middle else ()
        at, end = len(first), len(names) - len(last)
        if at > end or not _match_at(first, names, 0) or not _match_at(last, names, end):
            return False
        if len(self.groups) == 1:
            return at == end
        for group in middle:  # the first place where a group fits leaves most to the groups after it
            while at + len(group) <= end and not _match_at(group, names, at):
                at += 1
            at += len(group)
        return at <= end


def _match_at(group: Sequence[re.Pattern[str]], names: Sequence[str], at: int) -> bool:
    return all(pattern.fullmatch(name) for pattern, name in zip(group, names[at : at + len(group)], strict=True))


@lru_cache(maxsize=256)
def path_glob(glob: str) -> PathGlob:
    """A glob of paths: `**` stands for any folders; `*`, `?` and `[a-z]` stay inside one name. At the end `**` is whatever
    lies below.
    """
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    if parts and parts[-1] == ANY_FOLDERS:
        parts.append("*")
    groups: list[list[re.Pattern[str]]] = [[]]
    for part in parts:
        if part == ANY_FOLDERS:
            groups.append([])
        else:
            # `!` alone turns a set round; and there are no classes with names in one
            groups[-1].append(_compiled(part.replace("\\", r"\\").replace("[^", r"[\^").replace("[:", r"[\:")))
    return PathGlob(tuple(map(tuple, groups)))
