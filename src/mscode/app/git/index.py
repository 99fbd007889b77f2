"""The index of a work tree: the files that git tracks, as they were last added. Format: https://git-scm.com/docs/index-format."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from mscode.model.light_dataclass import dataclass

_MOST = 256 * 1024 * 1024
_ASSUME_VALID, _EXTENDED, _STAGES, _SKIP_WORKTREE, _INTENT_TO_ADD = 0x8000, 0x4000, 0x3000, 0x4000, 0x2000
FOLDER = 0o40000


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A tracked file. `name` is that of its blob, `modified` its time in seconds and nanoseconds, and `size` its size modulo 2³²,
    when it was last compared. `is_settled`: it has no conflict, and more of it than its path was added. `is_looked_at` is False
    of a file that git was told not to compare with the work tree.
    """

    path: bytes
    mode: int
    name: bytes
    modified: tuple[int, int]
    size: int
    is_settled: bool
    is_looked_at: bool


def read_index(path: Path, name_bytes: int) -> list[IndexEntry]:
    """The entries in their order, which is that of their paths; none where there is no index. ValueError for one that is not as
    the format says, or that keeps a part of itself in another file.
    """
    try:
        if not path.is_file():
            return []
        if path.stat().st_size > _MOST:
            raise ValueError("too large")
        data = path.read_bytes()
        signature, version, count = struct.unpack_from(">4sII", data)
        if signature != b"DIRC" or version not in (2, 3, 4):
            raise ValueError("an index of an unknown version")
        at = 12
        entries: list[IndexEntry] = []
        for _ in range(count):
            previous = entries[-1].path if entries else b""
            at, entry = _entry(data, at, version, name_bytes, previous)
            entries.append(entry)
        _refuse_extensions(data, at, name_bytes)
    except (OSError, struct.error, IndexError) as error:
        raise ValueError(f"the index cannot be read: {error}") from None
    return entries


def _entry(data: bytes, start: int, version: int, name_bytes: int, previous: bytes) -> tuple[int, IndexEntry]:
    """Where the next entry begins, and this one."""
    _, _, seconds, nanoseconds, _, _, mode, _, _, size = struct.unpack_from(">10I", data, start)
    at = start + 40 + name_bytes
    name = data[at - name_bytes : at]
    (flags,), more = struct.unpack_from(">H", data, at), 0
    at += 2
    if flags & _EXTENDED:
        (more,) = struct.unpack_from(">H", data, at)
        at += 2
    if version == 4:
        at, shared = _shared(data, at, previous)
        end = data.index(b"\0", at)
        path, following = shared + data[at:end], end + 1
    else:
        end = data.index(b"\0", at)
        path, following = data[at:end], start + (end - start + 8) // 8 * 8
    is_settled = not flags & _STAGES and not more & _INTENT_TO_ADD
    is_looked_at = not flags & _ASSUME_VALID and not more & _SKIP_WORKTREE
    return following, IndexEntry(path, mode, name, (seconds, nanoseconds), size, is_settled, is_looked_at)


def _shared(data: bytes, at: int, previous: bytes) -> tuple[int, bytes]:
    """What a path of version 4 has of the one before it."""
    byte = data[at]
    at, dropped = at + 1, byte & 0x7F
    while byte & 0x80:
        byte = data[at]
        at, dropped = at + 1, (dropped + 1) << 7 | byte & 0x7F
    if dropped > len(previous):
        raise ValueError("a path that is shorter than nothing")
    return at, previous[: len(previous) - dropped]


def _refuse_extensions(data: bytes, at: int, name_bytes: int) -> None:
    """ValueError for an extension without which the entries cannot be understood; a name of capitals is one to be skipped."""
    while at + 8 <= len(data) - name_bytes:
        name, size = struct.unpack_from(">4sI", data, at)
        if not name[:1].isupper() and name != b"sdir":
            raise ValueError("an index with an extension that is not known")
        at += 8 + size


def tree_of(entries: Sequence[IndexEntry], algorithm: str) -> bytes:
    """The name of the tree that a commit of these entries would have."""
    folders: list[tuple[bytes, list[bytes]]] = [(b"", [])]
    for parts, entry in _split(entries):
        while len(folders) > 1 and [name for name, _ in folders[1:]] != parts[: len(folders) - 1]:
            _close(folders, algorithm)
        folders.extend((part, []) for part in parts[len(folders) - 1 : -1])
        folders[-1][1].append(b"%o %s\0%s" % (entry.mode, parts[-1], entry.name))
    while len(folders) > 1:
        _close(folders, algorithm)
    return object_name("tree", b"".join(folders[0][1]), algorithm)


def _split(entries: Sequence[IndexEntry]) -> Iterator[tuple[list[bytes], IndexEntry]]:
    for entry in entries:
        # Of a folder that a sparse checkout leaves out there is one entry, whose path ends with a slash.
        parts = entry.path.rstrip(b"/").split(b"/")
        if len(parts) > 1000:
            raise ValueError("a path of too many folders")
        yield parts, entry


def _close(folders: list[tuple[bytes, list[bytes]]], algorithm: str) -> None:
    name, rows = folders.pop()
    tree = object_name("tree", b"".join(rows), algorithm)
    folders[-1][1].append(b"%o %s\0%s" % (FOLDER, name, tree))


def object_name(type_: str, content: bytes, algorithm: str) -> bytes:
    """The name of an object."""
    return hashlib.new(
        algorithm, b"%s %d\0%s" % (type_.encode(), len(content), content), usedforsecurity=False
    ).digest()
