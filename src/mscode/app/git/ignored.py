"""Which files a repository ignores, by its `.gitignore` files and its `info/exclude`: https://git-scm.com/docs/gitignore.

What a person's own settings of git ignore everywhere is not known here. A pattern with a backslash matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from mscode.app.git.repository import Repository, text_of
from mscode.model.globs import PathGlob, path_glob


class Ignored:
    """What one repository ignores."""

    def __init__(self, repository: Repository) -> None:
        self._root = repository.root
        self._excluded = list(_rules(repository.common / "info" / "exclude"))

    def __contains__(self, path: str) -> bool:
        """Is a file ignored? `path` is relative to the root, with slashes. What lies in an ignored folder is ignored."""
        names = path.split("/")
        return any(
            self._is_ignored(names[:length], is_folder=length < len(names)) for length in range(1, len(names) + 1)
        )

    def _is_ignored(self, names: list[str], *, is_folder: bool) -> bool:
        """By the last rule that matches, where a file's rules come after those of the folders above it."""
        verdict = False
        for depth in range(-1, len(names)):
            if depth < 0:
                rules, below = self._excluded, names
            else:
                rules, below = _rules_of(self._root.joinpath(*names[:depth]) / ".gitignore"), names[depth:]
            for negates, folders_only, glob in rules:
                if (is_folder or not folders_only) and glob.matches("/".join(below)):
                    verdict = not negates
        return verdict


Rule = tuple[bool, bool, PathGlob]


@lru_cache(maxsize=1024)
def _rules_of(path: Path) -> list[Rule]:
    return list(_rules(path))


def _rules(path: Path) -> Iterator[Rule]:
    """The rules of a file: whether it takes out of what others ignore, whether it means folders alone, and its glob."""
    for line in text_of(path).splitlines():
        pattern = line.rstrip(" \t")
        if not pattern or pattern.startswith("#") or "\\" in pattern:
            continue
        negates = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        folders_only, pattern = pattern.endswith("/"), pattern.rstrip("/")
        # A pattern with a slash inside or before it begins at its file's folder, any other matches in every folder below.
        glob = pattern if "/" in pattern else f"**/{pattern}"
        try:
            if pattern:
                yield negates, folders_only, path_glob(glob)
        except (ValueError, re.error):  # brackets that match nothing
            continue
