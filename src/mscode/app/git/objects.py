"""Objects of a repository by their names: commits, trees, and blobs of a few bytes, loose or packed.

The formats are git's own: https://git-scm.com/docs/gitformat-pack. Whatever is not as they say is a ValueError.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

#: Bytes of one object: trees of a hundred thousand files and more; contents that are larger are compared by their names.
_MOST = 16 * 1024 * 1024
#: How many deltas may lie one above the other; git makes 50, and 4,095 at most.
_MOST_DELTAS = 4095
_TYPES = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFFSET_DELTA, _NAMED_DELTA = 6, 7


class Objects:
    """The objects below a repository's `objects`, and those of its alternates."""

    def __init__(self, common: Path, name_bytes: int) -> None:
        self._folder, self._name_bytes = common / "objects", name_bytes

    def read(self, name: bytes) -> tuple[str, bytes]:
        """The type and the content of an object; ValueError where it is not there or cannot be read."""
        try:
            for folder in self._folders:
                if (content := _loose(folder, name)) is not None:
                    return content
            for pack in self._packs:
                if (offset := pack.offset_of(name)) is not None:
                    return self._packed(pack, offset)
        except (OSError, zlib.error, struct.error, IndexError) as error:
            raise ValueError(f"{name.hex()} cannot be read: {error}") from None
        raise ValueError(f"{name.hex()} is not there")

    @cached_property
    def _folders(self) -> list[Path]:
        alternates = self._folder / "info" / "alternates"
        lines = alternates.read_text("utf-8", "replace").splitlines() if alternates.is_file() else []
        return [self._folder, *(self._folder / line for line in lines if line and not line.startswith("#"))]

    @cached_property
    def _packs(self) -> list[_Pack]:
        indexes = (index for folder in self._folders for index in (folder / "pack").glob("*.idx"))
        return [_Pack(index, self._name_bytes) for index in indexes if index.is_file()]

    def _packed(self, pack: _Pack, offset: int) -> tuple[str, bytes]:
        """An object of a pack, put together from the one that its deltas begin with."""
        deltas: list[bytes] = []
        with pack.path.open("rb") as file:
            while len(deltas) <= _MOST_DELTAS:
                kind, content, base = _entry(file, offset, self._name_bytes)
                if kind in _TYPES:
                    type_ = _TYPES[kind]
                    break
                deltas.append(content)
                if isinstance(base, int):
                    offset = base
                elif (inside := pack.offset_of(base)) is not None:
                    offset = inside
                else:  # a pack that was fetched may be made on objects that were there
                    type_, content = self.read(base)
                    break
            else:
                raise ValueError("too many deltas")
        for delta in reversed(deltas):
            content = _applied(content, delta)
        return type_, content


class _Pack:
    """A pack and its index (version 2)."""

    def __init__(self, index: Path, name_bytes: int) -> None:
        self.path, self._name_bytes = index.with_suffix(".pack"), name_bytes
        with index.open("rb") as file:
            head = file.read(8 + 256 * 4)
        if head[:8] != b"\xfftOc\0\0\0\2":
            raise ValueError("an index of an unknown version")
        self._index, self._fanout = index, struct.unpack(">256I", head[8:])

    def offset_of(self, name: bytes) -> int | None:
        """Where an object begins in the pack; None where it is not in it."""
        low, high, count = self._fanout[name[0] - 1] if name[0] else 0, self._fanout[name[0]], self._fanout[255]
        names = 8 + 256 * 4
        with self._index.open("rb") as file:
            while low < high:
                middle = (low + high) // 2
                file.seek(names + middle * self._name_bytes)
                other = file.read(self._name_bytes)
                if other == name:
                    break
                low, high = (middle + 1, high) if other < name else (low, middle)
            else:
                return None
            offsets = names + count * (self._name_bytes + 4)
            file.seek(offsets + middle * 4)
            (offset,) = struct.unpack(">I", file.read(4))
            if offset & 0x80000000:
                file.seek(offsets + count * 4 + (offset & 0x7FFFFFFF) * 8)
                (offset,) = struct.unpack(">Q", file.read(8))
        return int(offset)


def _loose(folder: Path, name: bytes) -> tuple[str, bytes] | None:
    path = folder / name.hex()[:2] / name.hex()[2:]
    if not path.is_file():
        return None
    with path.open("rb") as file:
        content = _inflated(file, _MOST)
    head, separator, content = content.partition(b"\0")
    if not separator:
        raise ValueError("an object without a head")
    return head.partition(b" ")[0].decode("ascii", "replace"), content


def _entry(file: BinaryIO, offset: int, name_bytes: int) -> tuple[int, bytes, int | bytes]:
    """An entry of a pack: its type, its content, and what a delta is made on: an offset or a name."""
    file.seek(offset)
    byte = file.read(1)[0]
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 0x80:
        byte = file.read(1)[0]
        size, shift = size | (byte & 0x7F) << shift, shift + 7
    base: int | bytes = 0
    if kind == _OFFSET_DELTA:
        byte = file.read(1)[0]
        distance = byte & 0x7F
        while byte & 0x80:
            byte = file.read(1)[0]
            distance = (distance + 1) << 7 | byte & 0x7F
        base = offset - distance
        if not 0 < base < offset:
            raise ValueError("a delta on what does not come before it")
    elif kind == _NAMED_DELTA:
        base = file.read(name_bytes)
    elif kind not in _TYPES:
        raise ValueError("an entry of an unknown type")
    if size > _MOST:
        raise ValueError("too large")
    return kind, _inflated(file, size), base


def _inflated(file: BinaryIO, most: int) -> bytes:
    inflater = zlib.decompressobj()
    parts, size = [], 0
    while not inflater.eof and (compressed := file.read(64 * 1024)):
        while compressed:
            parts.append(inflater.decompress(compressed, most + 1 - size))
            size += len(parts[-1])
            if size > most:
                raise ValueError("too large")
            compressed = inflater.unconsumed_tail
    if not inflater.eof:
        raise ValueError("cut off")
    return b"".join(parts)


def _applied(base: bytes, delta: bytes) -> bytes:
    """The content that a delta makes of its base."""
    at, _ = _size(delta, 0)
    at, size = _size(delta, at)
    if size > _MOST:
        raise ValueError("too large")
    parts = b"".join(_pieces(base, delta, at))
    if len(parts) != size:
        raise ValueError("a delta that makes something else")
    return parts


def _pieces(base: bytes, delta: bytes, at: int) -> Iterator[bytes]:
    made = 0
    while at < len(delta):
        command = delta[at]
        at += 1
        if command & 0x80:
            values = []
            for bits, widths in ((command & 15, 4), (command >> 4 & 7, 3)):
                value = 0
                for place in range(widths):
                    if bits & 1 << place:
                        value |= delta[at] << 8 * place
                        at += 1
                values.append(value)
            piece = base[values[0] : values[0] + (values[1] or 0x10000)]
        else:
            piece = delta[at : at + command]
            at += command
        made += len(piece)
        if made > _MOST:
            raise ValueError("too large")
        yield piece


def _size(delta: bytes, at: int) -> tuple[int, int]:
    """Where a size ends, and the size."""
    size = shift = 0
    while True:
        byte = delta[at]
        at += 1
        size, shift = size | (byte & 0x7F) << shift, shift + 7
        if not byte & 0x80 or shift > 63:
            return at, size
