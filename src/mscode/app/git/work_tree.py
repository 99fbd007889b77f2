"""Whether the files of a work tree are as the commit has them: all that git tracks, and those that a plan was made of."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from mscode.app.git.ignored import Ignored
from mscode.app.git.index import FOLDER, IndexEntry, object_name, read_index, tree_of
from mscode.app.git.objects import Objects
from mscode.app.git.repository import Repository, repository_at, repository_of, text_of

#: Bytes of files that are read to compare them. A work tree of more stays unknown: a launch does not wait for it.
_MOST_READ = 1024 * 1024 * 1024
#: Bytes of a file that is not held in memory as a whole: a recording, and no text.
_LARGE = 16 * 1024 * 1024
_LINK, _SUBMODULE = 0o120000, 0o160000
#: Attributes by which git changes a file's bytes when it adds it, in ways that are not repeated here.
_CONVERTING = re.compile(r"(?m)^[^#\n]*\s(?:ident|working-tree-encoding=|filter=(?!lfs(?:\s|$)))")
#: A setting by which git does not look at whether a file is a program: its file system cannot tell.
_NO_MODES = re.compile(r"(?mi)^[ \t]*filemode[ \t]*=[ \t]*(?:false|no|off|0)\b")
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]{0,200}\n){0,8}?oid sha256:([0-9a-f]{64})\n"
)


@dataclass(frozen=True, slots=True)
class WorkTree:
    """What is checked out, and how it compares with the commit: see `RunContext`, which has these members too."""

    head: str = ""
    clean: bool | None = None
    uncommitted: tuple[str, ...] = ()


def work_tree_of(folder: Path, inputs: Iterable[str]) -> WorkTree:
    """The work tree that a project's folder lies in. `inputs` are the files that a plan was made of, relative to the folder.

    Nothing is known of it where there is no repository, or one that cannot be read.
    """
    repository = repository_of(folder)
    if repository is None:
        return WorkTree()
    head = repository.checked_out().commit
    if not head:
        return WorkTree()
    try:
        return _compared(repository, head, folder.resolve(), sorted(set(inputs)))
    except (ValueError, OSError):
        return WorkTree(head)


def _compared(repository: Repository, head: str, folder: Path, inputs: list[str]) -> WorkTree:
    algorithm = "sha1" if len(head) == 40 else "sha256"
    objects = Objects(repository.common, len(head) // 2)
    entries = read_index(repository.folder / "index", len(head) // 2)
    tree = _tree_of_commit(objects, head)
    files = _Files(repository, objects, algorithm)
    committed = _Committed(objects, tree)
    ignored = Ignored(repository)
    uncommitted, is_untracked = [], False
    tracked = {entry.path for entry in entries}
    for name in inputs:
        for path in _paths(repository, folder / name):
            blob = None if path.startswith("../") else committed.blob(os.fsencode(path).split(b"/"))
            if blob is None or not files.is_same(os.fsencode(path), *blob):
                uncommitted.append(name)
                is_untracked = is_untracked or (os.fsencode(path) not in tracked and path not in ignored)
                break
    is_clean = (
        not is_untracked
        and all(entry.is_settled for entry in entries)
        and tree_of(entries, algorithm) == tree
        and all(map(files.is_unchanged, entries))
    )
    verdict = None if not is_clean and files.converts else is_clean
    return WorkTree(head, verdict, tuple(uncommitted))


def _paths(repository: Repository, file: Path) -> Iterator[str]:
    """A file's path in the repository, and that of the link by which it is read."""
    yield os.path.relpath(file.resolve(), repository.root).replace(os.sep, "/")
    if file.is_symlink():
        yield os.path.relpath(file.parent.resolve() / file.name, repository.root).replace(os.sep, "/")


def _tree_of_commit(objects: Objects, head: str) -> bytes:
    type_, content = objects.read(bytes.fromhex(head))
    match = re.match(rb"tree ([0-9a-f]{40}(?:[0-9a-f]{24})?)\n", content)
    if type_ != "commit" or match is None:
        raise ValueError("HEAD is no commit")
    return bytes.fromhex(match[1].decode())


@dataclass
class _Committed:
    """The files of a commit, by its tree."""

    objects: Objects
    tree: bytes
    _rows: dict[bytes, dict[bytes, tuple[int, bytes]]] = field(default_factory=dict)

    def blob(self, parts: list[bytes]) -> tuple[int, bytes] | None:
        """The mode and the name of a file's blob; None where the commit has no such file."""
        mode, name = FOLDER, self.tree
        for part in parts:
            if mode != FOLDER:
                return None
            row = self._folder(name).get(part)
            if row is None:
                return None
            mode, name = row
        return mode, name

    def _folder(self, name: bytes) -> dict[bytes, tuple[int, bytes]]:
        if name not in self._rows:
            type_, content = self.objects.read(name)
            if type_ != "tree":
                raise ValueError("no tree")
            self._rows[name] = dict(_rows(content, len(name)))
        return self._rows[name]


def _rows(content: bytes, name_bytes: int) -> Iterator[tuple[bytes, tuple[int, bytes]]]:
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].partition(b" ")
        at = end + 1 + name_bytes
        yield name, (int(mode, 8), content[end + 1 : at])


class _Files:
    """The files of a work tree, beside blobs."""

    def __init__(self, repository: Repository, objects: Objects, algorithm: str) -> None:
        self._repository, self._objects, self._algorithm = repository, objects, algorithm
        self._left = _MOST_READ
        index = (repository.folder / "index").stat()
        self._indexed = divmod(index.st_mtime_ns, 1_000_000_000)
        self._has_modes = os.name != "nt" and _NO_MODES.search(text_of(repository.common / "config")) is None
        attributes = (repository.root / ".gitattributes", repository.common / "info" / "attributes")
        #: may git change the bytes of files when it adds them?
        self.converts = any(_CONVERTING.search(text_of(path)) for path in attributes)
        self.is_same = lru_cache(maxsize=4096)(self._is_same)

    def is_unchanged(self, entry: IndexEntry) -> bool:
        """Is a tracked file as it was added? By its size and time, as git does, where the index is younger than that."""
        if not entry.is_looked_at:
            return True
        path = self._path(entry.path)
        if entry.mode == _SUBMODULE:
            present = repository_at(path).checked_out().commit if (path / ".git").exists() else ""
            return present in ("", entry.name.hex())
        try:
            status = path.lstat()
        except OSError:
            return False
        modified = divmod(status.st_mtime_ns, 1_000_000_000)
        # A file system or a git without nanoseconds writes 0.
        is_same_time = modified[0] == entry.modified[0] and entry.modified[1] in (0, modified[1])
        is_regular = stat.S_ISREG(status.st_mode) == (entry.mode != _LINK)
        if is_same_time and is_regular and status.st_size & 0xFFFFFFFF == entry.size and modified < self._indexed:
            return entry.mode == _LINK or self._is_same_mode(status.st_mode, entry.mode)
        return self.is_same(entry.path, entry.mode, entry.name)

    def _is_same_mode(self, present: int, added: int) -> bool:
        """Is a file a program now where it was one, and none where it was none?"""
        return not self._has_modes or bool(present & 0o100) == bool(added & 0o100)

    def _is_same(self, name: bytes, mode: int, blob: bytes) -> bool:
        """Would git add a file as this blob? ValueError where too much would be read."""
        path = self._path(name)
        try:
            status = path.lstat()
            if mode == _LINK:
                target = os.fsencode(path.readlink())
                return object_name("blob", target, self._algorithm) == blob
            if not stat.S_ISREG(status.st_mode):
                return False
            if not self._is_same_mode(status.st_mode, mode):
                return False
            self._left -= status.st_size
            if self._left < 0:
                raise ValueError("too much to compare")
            names = self._names(path, status.st_size)
        except OSError:
            return False
        # A checkout may put what a pointer of Git LFS stands for in its place.
        return blob in names[:-1] or names[-1].hex().encode() == self._pointed_at(blob)

    def _names(self, path: Path, size: int) -> tuple[bytes, ...]:
        """The names that a file's blob may have: as it is, and, of a file that is no large one, with the ends of its lines as git
        keeps them; at last the SHA-256 of its bytes."""
        if size <= _LARGE:
            content = path.read_bytes()
            variants = {content, content.replace(b"\r\n", b"\n")}
            names = (object_name("blob", variant, self._algorithm) for variant in variants)
            return *names, hashlib.sha256(content).digest()
        blob, plain = hashlib.new(self._algorithm, b"blob %d\0" % size, usedforsecurity=False), hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(1024 * 1024):
                blob.update(piece)
                plain.update(piece)
        return blob.digest(), plain.digest()

    def _pointed_at(self, blob: bytes) -> bytes:
        """The SHA-256 that a pointer of Git LFS names; empty where a blob is none."""
        try:
            type_, content = self._objects.read(blob)
        except ValueError:
            return b""
        match = _POINTER.match(content) if type_ == "blob" and len(content) < 2048 else None
        return match[1] if match is not None else b""

    def _path(self, name: bytes) -> Path:
        return self._repository.root / os.fsdecode(name)
