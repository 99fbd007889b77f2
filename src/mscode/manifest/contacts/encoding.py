"""How a file of people is encoded: its byte order mark says so, else it is UTF-8, else an error names what it probably is.

A guess decides nothing. A byte read in the wrong encoding is another name on somebody's row, so where a file is not UTF-8 a
person writes the encoding down.
"""

from __future__ import annotations

import unicodedata

from mscode.model.late_pattern import late_pattern

#: Byte order marks. The mark of little-endian UTF-32 begins with that of UTF-16, so UTF-32 comes first.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
#: What files of people are encoded in, the most common first. Any other guess of a few names would be chance.
_LIKELY = (
    "cp1252",
    "cp1250",
    "cp1257",
    "cp1254",
    "cp1251",
    "cp1253",
    "mac_roman",
    "koi8_r",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
)
#: Bytes that are looked at for a guess.
_SAMPLE = 65_536
_LINE_END = late_pattern(rb"[\r\n]+")
#: Digits and delimiters say nothing about an encoding.
_NO_WORD = late_pattern(rb"[\x00-\x40\x5b-\x60\x7b-\x7f]+")


def marked(head: bytes) -> str:
    """The encoding that a byte order mark names; "" without one."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")


def utf16_without_mark(head: bytes) -> str:
    """`utf-16-le` or `utf-16-be` where half of every delimiter, digit and line end is a zero; else ""."""
    low, high = head[0:1000:2].count(0), head[1:1000:2].count(0)
    pairs = min(len(head), 1000) // 2
    if pairs and min(low, high) * 10 < max(low, high) and max(low, high) * 3 > pairs:
        return "utf-16-le" if high > low else "utf-16-be"
    return ""


def likely(raw: bytes) -> str:
    """What text without a mark is probably encoded in: `utf-8` where it can be that, for hardly any other text can."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _guess(raw)
    return "utf-8"


def _guess(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = bytearray()
    for line in _LINE_END.split(raw):
        if not line.isascii():
            sample += _NO_WORD.sub(b" ", line[:_SAMPLE]) + b"\n"
        if len(sample) >= _SAMPLE:
            break
    matches = from_bytes(bytes(sample), cp_isolation=list(_LIKELY), threshold=0.5)
    ranked = [
        (round(match.chaos, 1), _symbols(str(match)), _LIKELY.index(name), name)
        for match in matches
        for name in match.could_be_from_charset
        if name in _LIKELY
    ]
    return min(ranked)[-1] if ranked else "cp1252"


def _symbols(text: str) -> int:
    """Characters beyond ASCII that are no letters: names have few of them."""
    return sum(not char.isascii() and unicodedata.category(char)[0] not in "LM" for char in text)
