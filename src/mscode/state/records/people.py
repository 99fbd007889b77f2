"""The people of a record, in a binary file beside the chain: a leaf each, of a flag and 24 bytes (a launch's) or 16 (a result's).

    launch   0 · keyed hash of the person (16) · random salt (8)                       in the order of the hashes
    result   0 · dials (1), last call (4), seconds (2), reply (1) · random salt (8)    in the order of the launch's leaves
    erased   1 · the digest of what stood there (24, 16)

The chain holds one digest of each file: its root, the sha256 of the digests of all leaves. The digest of a leaf is the sha256 of
what comes after its flag, cut to the same length; since that ends with a random salt, it says nothing of the person. So one
person can be erased, and the root stays what it was.

The hash is an HMAC under the key of these records, one for a person in all launches: a question about a person costs one HMAC
and a search for 16 bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, get_args

from mscode.model.email_address import folded_email
from mscode.model.light_dataclass import dataclass

#: Whose leaves: a launch's, or a result's.
LeafType = Literal["launch", "result"]
FLAG, _HASH, _SALT = 1, 16, 8
_RESULT = struct.Struct(">BIHB")
#: Bytes of a leaf.
LEAF: Mapping[LeafType, int] = {"launch": FLAG + _HASH + _SALT, "result": FLAG + _RESULT.size + _SALT}
_KEPT, _ERASED = b"\0", b"\1"
#: What stands for a value that is not known, or too large for its bytes.
_UNKNOWN_DIALS, _UNKNOWN_SECONDS = 0xFF, 0xFFFF
Reply = Literal["unknown", "none", "accept", "decline", "other"]
_REPLIES: tuple[Reply, ...] = get_args(Reply)


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What came of a launch for one person; None and `unknown` where the service does not tell.

    `last_call` is in seconds since 1970, `seconds` the duration of that call. `reply` is `none` of somebody who pressed nothing or
    was not reached, `other` of a reply that mscode does not know.
    """

    dials: int | None = None
    last_call: int | None = None
    seconds: int | None = None
    reply: Reply = "unknown"


def person_hash(key: bytes, person: str) -> bytes:
    """The keyed hash of a number in E.164, or of an e-mail address in any spelling."""
    text = folded_email(person) if "@" in person else person
    return hmac.digest(key, text.encode(), "sha256")[:_HASH]


def launch_leaves(key: bytes, people: Iterable[str]) -> bytes:
    """The file of a launch: each person once, in the order of the hashes, which says nothing of where they stood."""
    hashes = sorted({person_hash(key, person) for person in people})
    salts = os.urandom(_SALT * len(hashes))
    return b"".join(b"\0%b%b" % (digest, salts[at * _SALT : (at + 1) * _SALT]) for at, digest in enumerate(hashes))


def result_leaves(key: bytes, launch: bytes, results: Mapping[str, PersonResult]) -> bytes:
    """The file of a result, a leaf for each of the launch's; of somebody whom `results` lacks nothing is known. Who was erased from
    the launch is erased here too."""
    by_hash = {person_hash(key, person): result for person, result in results.items()}
    unknown = PersonResult()
    leaves = []
    for leaf in _leaves(launch, "launch"):
        if leaf[:FLAG] == _ERASED:
            leaves.append(_ERASED + os.urandom(_RESULT.size + _SALT))
        else:
            result = by_hash.get(leaf[FLAG : FLAG + _HASH], unknown)
            leaves.append(_KEPT + _packed(result) + os.urandom(_SALT))
    return b"".join(leaves)


def _packed(result: PersonResult) -> bytes:
    dials = _UNKNOWN_DIALS if result.dials is None else max(0, min(result.dials, _UNKNOWN_DIALS - 1))
    seconds = _UNKNOWN_SECONDS if result.seconds is None else max(0, min(result.seconds, _UNKNOWN_SECONDS - 1))
    last_call = max(0, min(result.last_call or 0, 0xFFFFFFFF))
    return _RESULT.pack(dials, last_call, seconds, _REPLIES.index(result.reply))


def result_at(leaves: bytes, position: int) -> PersonResult | None:
    """The result at a position; None where it was erased, or the file ends before."""
    leaf = _leaf_at(leaves, "result", position)
    if not leaf or leaf[:FLAG] == _ERASED:
        return None
    dials, last_call, seconds, reply = _RESULT.unpack_from(leaf, FLAG)
    return PersonResult(
        None if dials == _UNKNOWN_DIALS else dials,
        last_call or None,
        None if seconds == _UNKNOWN_SECONDS else seconds,
        _REPLIES[reply] if reply < len(_REPLIES) else "other",
    )


def hash_at(leaves: bytes, position: int) -> str:
    """The keyed hash (hex) of the person at a position of a launch's file; "" where it was erased."""
    leaf = _leaf_at(leaves, "launch", position)
    return "" if leaf[:FLAG] == _ERASED else leaf[FLAG : FLAG + _HASH].hex()


def position_of(leaves: bytes, digest: bytes) -> int | None:
    """The position of a person, by the hash, in the file of a launch; None where the person is not in it."""
    at = leaves.find(digest)
    while at >= 0:
        position, offset = divmod(at, LEAF["launch"])
        if offset == FLAG and leaves[at - FLAG : at] == _KEPT:
            return position
        at = leaves.find(digest, at + 1)
    return None


def positions(leaves: bytes) -> dict[bytes, int]:
    """The position of everybody in the file of a launch, by the hash; without those who were erased."""
    rows = enumerate(_leaves(leaves, "launch"))
    return {leaf[FLAG : FLAG + _HASH]: position for position, leaf in rows if leaf[:FLAG] == _KEPT}


def erased(leaves: bytes, type: LeafType, position: int) -> bytes:
    """The file without what stood at this position; its root stays."""
    leaf, start = _leaf_at(leaves, type, position), position * LEAF[type]
    if leaf[:FLAG] != _KEPT:
        return leaves
    return leaves[:start] + _ERASED + _leaf_digest(leaf) + leaves[start + LEAF[type] :]


def count_of(leaves: bytes, type: LeafType) -> int:
    """How many leaves a file has, the erased ones too."""
    return len(leaves) // LEAF[type]


def root(leaves: bytes, type: LeafType) -> str:
    """The digest of all leaves (hex). ValueError where the file is no row of leaves."""
    if len(leaves) % LEAF[type]:
        raise ValueError("its length is not that of whole leaves")
    total = hashlib.sha256()
    for leaf in _leaves(leaves, type):
        if leaf[:FLAG] == _KEPT:
            total.update(_leaf_digest(leaf))
        elif leaf[:FLAG] == _ERASED:
            total.update(leaf[FLAG:])
        else:
            raise ValueError("a leaf has no flag that mscode writes")
    return total.hexdigest()


def _leaf_digest(leaf: bytes) -> bytes:
    return hashlib.sha256(leaf[FLAG:]).digest()[: len(leaf) - FLAG]


def _leaf_at(leaves: bytes, type: LeafType, position: int) -> bytes:
    """A whole leaf; b"" beyond the end."""
    leaf = leaves[position * LEAF[type] : (position + 1) * LEAF[type]]
    return leaf if len(leaf) == LEAF[type] else b""


def _leaves(leaves: bytes, type: LeafType) -> Iterator[bytes]:
    return (leaves[at : at + LEAF[type]] for at in range(0, len(leaves), LEAF[type]))
