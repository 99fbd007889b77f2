"""What git says of a fleet's folder: its files at an earlier commit, and what has changed since.

git is run, since only it can compare. The settings of a repository may name programs for it to start; those that a comparison
would start are switched off, and no token is in git's environment.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from mscode.errors import ConfigError, UsageError
from mscode.model.light_dataclass import dataclass

#: Seconds that one command of git may take.
_PATIENCE = 120
_SETTINGS = ("core.fsmonitor=false", "core.untrackedCache=false", "core.hooksPath=/dev/null", "protocol.allow=never")
#: Variables of git that say where the repository is, or name a program.
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
_NOBODY = re.compile(r"0{40}(?:0{24})?")


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs below a folder between a commit and the files as they are. All paths are relative to the folder (posix).

    `commit` is the one that was compared with. `prefix` is the folder's path in the repository ("" for its top, else with a slash
    at the end). `paths` are those of every file that was added, changed, deleted or renamed (both
    names). `renames` maps the old path of a renamed file to its new one. `before` maps every path at the commit to the id of its
    content.
    """

    root: Path
    commit: str
    prefix: str
    paths: frozenset[str]
    renames: Mapping[str, str]
    before: Mapping[str, str] = field(repr=False)

    def content(self, path: str) -> bytes:
        """A file as it was at the commit; b"" where there was none."""
        return self.contents([path])[path]

    def contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Files as they were at the commit, read at once; b"" for one that was not there."""
        ids = {path: self.before.get(path, "") for path in paths}
        wanted = [object_id for object_id in dict.fromkeys(ids.values()) if object_id]
        if not wanted:
            return dict.fromkeys(ids, b"")
        output = _git(
            self.root, "cat-file", "--batch", given="".join(f"{object_id}\n" for object_id in wanted).encode()
        )
        blobs = dict(zip(wanted, _blobs(output), strict=True))
        return {path: blobs.get(object_id, b"") for path, object_id in ids.items()}


def changes_since(root: Path, ref: str) -> Changes | None:
    """What has changed in a folder since its history left that of `ref`, uncommitted and untracked files included; None where
    `ref` is the commit of zeros, which a CI names as the one before the first.

    UsageError where there is no such commit, ConfigError where git cannot be asked or the histories have nothing in common.
    """
    if _NOBODY.fullmatch(ref):
        return None
    prefix = _prefix(root)
    base = _base(root, ref)
    paths, renames = _differences(root, base)
    untracked = _names(_git(root, "ls-files", "-z", "--others", "--exclude-standard"))
    entries = (entry.partition("\t") for entry in _names(_git(root, "ls-tree", "-r", "-z", base)))
    before = {path: head.split()[2] for head, _, path in entries}
    return Changes(root, base, prefix, frozenset({*paths, *untracked}), renames, before)


def _prefix(root: Path) -> str:
    """The path of a folder in its repository; ConfigError where it is in none."""
    try:
        return os.fsdecode(_git(root, "rev-parse", "--show-prefix")).removesuffix("\n")
    except subprocess.CalledProcessError as error:
        said = _last_line(error)
        raise ConfigError(
            "--changed-since needs a repository of git", detail=said, hint="See docs/fleet.md.", code="no-repository"
        ) from None


def _base(root: Path, ref: str) -> str:
    """The commit at which the history of the current one left that of `ref`: what others did to `ref` since is no change here."""
    try:
        commit = (
            _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
        )
    except (subprocess.CalledProcessError, ValueError):
        raise UsageError(
            f'--changed-since: there is no commit "{ref[:200]}" here',
            hint="Name a branch, a tag or a commit. A CI fetches little of the history: fetch-depth: 0 on GitHub, "
            "GIT_DEPTH: 0 on GitLab.",
        ) from None
    try:
        return _git(root, "merge-base", commit, "HEAD").decode().strip()
    except subprocess.CalledProcessError:
        raise ConfigError(
            f'--changed-since: the history of "{ref[:200]}" has nothing in common with that of HEAD, as far as it is here',
            hint="Fetch more of it: fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab.",
            code="no-history",
        ) from None


def _differences(root: Path, base: str) -> tuple[set[str], dict[str, str]]:
    """The paths that differ from a commit, and the renamed ones among them."""
    options = ("--no-ext-diff", "--no-textconv", "--no-color", "--relative", "--name-status", "-z", "-M")
    parts = iter(_names(_git(root, "diff", *options, base, "--")))
    paths, renames = set(), {}
    for status in parts:
        path = next(parts)
        paths.add(path)
        if status[0] in "RC":
            new = next(parts)
            paths.add(new)
            if status[0] == "R":
                renames[path] = new
    return paths, renames


def _names(output: bytes) -> list[str]:
    """What git separates by NUL."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _blobs(output: bytes) -> Iterator[bytes]:
    """The contents in the output of `cat-file --batch`: a line `id type size`, so many bytes, a line end."""
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        size = int(output[at:end].rpartition(b" ")[2])
        yield output[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    """The output of a command of git; CalledProcessError where it fails, ConfigError where there is no git or no answer."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        return subprocess.run(
            ["git", *settings, *arguments],
            cwd=root,
            input=given,
            env={**environment, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"},
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        ).stdout
    except FileNotFoundError:
        raise ConfigError("--changed-since needs git, which is not installed", code="no-git") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"git gave no answer in {_PATIENCE} s", code="no-git") from None


def _last_line(error: subprocess.CalledProcessError) -> str:
    from mscode.views.text.printable import escape_unprintable

    lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
    return escape_unprintable(lines[-1][:300]) if lines else ""
