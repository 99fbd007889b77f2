"""Where the files of git are, and what is checked out."""

from __future__ import annotations

import re
from pathlib import Path

from mscode.model.light_dataclass import dataclass

#: Bytes of a file of git; a repository of very many packed refs has its commit left out.
_MOST = 4 * 1024 * 1024
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = re.compile(r"ref: refs/heads/([^\x00-\x20\x7f~^:?*\[\\]{1,250})")


@dataclass(frozen=True, slots=True)
class Revision:
    """What was checked out; "" where it is not known."""

    commit: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree. `folder` holds its own files of git (HEAD, index), `common` those that it shares with other work trees."""

    root: Path
    folder: Path
    common: Path

    def checked_out(self) -> Revision:
        """The revision that HEAD names."""
        head = _first_line(self.folder / "HEAD")
        if _COMMIT.fullmatch(head):
            return Revision(head)
        match = _BRANCH.fullmatch(head)
        if match is None or ".." in match[1]:
            return Revision()
        commit = _first_line(self.common / "refs" / "heads" / match[1])
        if not _COMMIT.fullmatch(commit):
            lines = (line.partition(" ") for line in text_of(self.common / "packed-refs").splitlines())
            commit = next((name for name, _, ref in lines if ref == f"refs/heads/{match[1]}"), "")
        return Revision(commit if _COMMIT.fullmatch(commit) else "", match[1])


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder lies in; None where there is none."""
    home = folder.resolve()
    root = next((parent for parent in (home, *home.parents) if (parent / ".git").exists()), None)
    return repository_at(root) if root is not None else None


def repository_at(root: Path) -> Repository:
    """The repository whose work tree begins in a folder, which holds a `.git`."""
    path = root / ".git"
    # Of a work tree that was added, and of a submodule, `.git` is a file that names the folder.
    named = _first_line(path) if path.is_file() else ""
    folder = root / named.removeprefix("gitdir: ") if named.startswith("gitdir: ") else path
    common = _first_line(folder / "commondir")
    return Repository(root, folder, folder / common if common else folder)


def _first_line(path: Path) -> str:
    return text_of(path).partition("\n")[0].strip()


def text_of(path: Path) -> str:
    """The text of a file; "" where there is none, or one that cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST:
            return ""
        return path.read_bytes().decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
