"""When a text must stand in quotes, and how it is quoted so that every reader of YAML reads the same.

Two readers matter: mscode's, for which the field decides, and people with other tools, for which `no` is false, `09:00` is
a number to the base of sixty, `0501234567` loses its zero and `+358…` its plus sign.
"""

from __future__ import annotations

import json
import re

#: What YAML 1.1 or 1.2 takes for something else than a text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
#: Characters that mean nothing to YAML inside a plain text (a comma does inside brackets).
_HARMLESS = frozenset(" -_.,!?'()/&+;")
_SURPRISES = re.compile(
    r"\+[0-9][0-9 ().-]*\Z"  # a phone
    r"|[-+]?0[0-9_]+\Z"  # a leading zero
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z"  # a time of day
    r"|[-+]?0[xob][0-9a-fA-F_]+\Z"
    r"|[0-9][0-9_]*_[0-9_]*\Z"
)


def is_plain(text: str, *, in_flow: bool = False) -> bool:
    """May an exported text stand without quotes? Rather too few than too many."""
    return (
        bool(text)
        and text[0].isalpha()
        and text[-1] != " "
        and all(char.isalnum() or char in _HARMLESS for char in text)
        and not (in_flow and "," in text)
        and text.lower() not in _WORDS
    )


def surprises(text: str) -> bool:
    """Would a reader of YAML take this unquoted text for a number, a time or a truth value?"""
    return text.lower() in _WORDS - {"null", "true", "false", "nan", "inf"} or bool(_SURPRISES.match(text))


def quoted(text: str) -> str:
    """In double quotes, on one line; what cannot be seen (controls, bidi marks, odd spaces) as an escape."""
    return "".join(char if char.isprintable() else _escape(char) for char in json.dumps(text, ensure_ascii=False))


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
