"""How many parts a text message takes, and which characters make it so many.

Source: 3GPP TS 23.038, clauses 6.2.1 and 6.2.1.1 (the default alphabet and its extension, the national tables left out) and
TS 23.040, clause 9.2.3.24.1 (concatenated messages). Tests compare the alphabet with that of two
libraries, gsm0338 and smsutil (tests/plan/checks/gsm0338.txt).
"""

from __future__ import annotations

import unicodedata

from mscode.model.light_dataclass import dataclass

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ\u00a7"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Characters of one septet. The escape itself is none: it begins those of two.
BASIC = frozenset(_BASIC) - {"\x1b"}
#: Characters of two septets.
EXTENDED = frozenset("\f^{}\\[~]|€")

#: Septets (GSM) or UTF-16 units (UCS-2) of a message alone, and of each part of several.
GSM_ALONE, GSM_PART = 160, 153
UCS2_ALONE, UCS2_PART = 70, 67

#: What plain characters say the same: quotes, dashes, spaces and signs that word processors put in by themselves.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`‹›", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−•·", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f", ""),
        "…": "...",
        "×": "x",
        "÷": "/",
        "©": "(c)",
        "®": "(r)",
        "™": "(tm)",
        "°": " deg",
        "ç": "Ç",
        "½": "1/2",
        "¼": "1/4",
        "¾": "3/4",
    }
)


@dataclass(frozen=True, slots=True)
class Segments:
    """A message as it is sent: how many parts it takes, and its length in units of the encoding (septets or UTF-16 units)."""

    encoding: str
    parts: int
    units: int


def segments(text: str) -> Segments:
    """How a message is sent. A character of two units is never divided between parts."""
    if all(character in BASIC or character in EXTENDED for character in text):
        costs = [2 if character in EXTENDED else 1 for character in text]
        return Segments("GSM", _parts(costs, GSM_ALONE, GSM_PART), sum(costs))
    costs = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Segments("UCS-2", _parts(costs, UCS2_ALONE, UCS2_PART), sum(costs))


def _parts(costs: list[int], alone: int, part: int) -> int:
    if sum(costs) <= alone:
        return 1
    parts, room = 1, part
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, part
        room -= cost
    return parts


def foreign(text: str) -> dict[str, int]:
    """The characters that are not in the GSM alphabet, each with the index of its first place, in order."""
    first: dict[str, int] = {}
    for at, character in enumerate(text):
        if character not in BASIC and character not in EXTENDED:
            first.setdefault(character, at)
    return first


def plain(text: str) -> str:
    """The text in characters of the GSM alphabet, as far as others say the same: `“Hei”` becomes `"Hei"`, `ê` becomes `e`.

    Pictures are left out. What is of another script stays, so that the result may still hold foreign characters.
    """
    characters = []
    for character in unicodedata.normalize("NFC", text):
        if character in BASIC or character in EXTENDED:
            characters.append(character)
            continue
        replaced = character.translate(_PLAIN)
        if replaced == character:
            decomposed = unicodedata.normalize("NFKD", character)
            replaced = "".join(part for part in decomposed if not unicodedata.combining(part))
        if unicodedata.category(character) in ("So", "Sk", "Cf") and not all(part in BASIC for part in replaced):
            replaced = ""
        characters.append(replaced)
    return "".join(characters)
