"""The commit and the branch that a plan is made of, where they are known: as a CI says, else as the `.git` above the project does.

Files of git are read, and git itself is not run: the settings of a repository may name programs that git then starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: Bytes of a file of git; a repository of very many packed refs has its commit left out.
_MOST = 4 * 1024 * 1024
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = re.compile(r"ref: refs/heads/([^\x00-\x20\x7f~^:?*\[\\]{1,250})")


@dataclass(frozen=True, slots=True)
class Revision:
    """What was checked out; "" where it is not known."""

    commit: str = ""
    branch: str = ""


def revision_of(folder: Path, variables: Mapping[str, str]) -> Revision:
    """The revision of a project's folder. A CI's variables come first: a pull request's job checks out a merge that nobody made."""
    from mscode.forge.ci_job import revision_of_job

    commit, branch = revision_of_job(variables)
    if commit:
        return Revision(commit, branch)
    home = folder.resolve()
    for parent in (home, *home.parents):
        if (parent / ".git").exists():
            return _in_git(_git_folder(parent / ".git"))
    return Revision()


def _git_folder(path: Path) -> Path:
    """The folder of git's files: `.git` itself, or, of a worktree and of a submodule, the one that the file `.git` names."""
    named = _first_line(path) if path.is_file() else ""
    return path.parent / named.removeprefix("gitdir: ") if named.startswith("gitdir: ") else path


def _in_git(folder: Path) -> Revision:
    head = _first_line(folder / "HEAD")
    if _COMMIT.fullmatch(head):
        return Revision(head)
    match = _BRANCH.fullmatch(head)
    if match is None or ".." in match[1]:
        return Revision()
    # A worktree has a HEAD of its own and shares the rest.
    common = _first_line(folder / "commondir")
    shared = folder / common if common else folder
    commit = _first_line(shared / "refs" / "heads" / match[1])
    if not _COMMIT.fullmatch(commit):
        lines = (line.partition(" ") for line in _text(shared / "packed-refs").splitlines())
        commit = next((name for name, _, ref in lines if ref == f"refs/heads/{match[1]}"), "")
    return Revision(commit if _COMMIT.fullmatch(commit) else "", match[1])


def _first_line(path: Path) -> str:
    return _text(path).partition("\n")[0].strip()


def _text(path: Path) -> str:
    """The text of a file; "" where there is none, or one that cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST:
            return ""
        return path.read_bytes().decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
