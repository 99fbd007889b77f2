"""The tables of languages (`languages/*.toml`), and which of them a voice or a text needs. They are part of the code: a table is
read when a rule first asks for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pkgutil import get_data
from typing import Any

from mscode.model.late_pattern import late_pattern

#: Languages with a table, those that campaigns speak most first.
LANGUAGES = ("fi", "sv", "en", "de", "fr", "es", "it", "nl", "et", "no", "da", "pl")
#: Codes that mean one of them.
SAME = {"nb": "no", "nn": "no"}
_CODE = late_pattern(r"[A-Za-z]{2,3}(?![A-Za-z])")


def language_of(voice_code: str) -> str:
    """The language of a voice code ("fi", "en-GB", "sv_female"): two or three small letters; "" where the code does not
    begin with one."""
    match = _CODE.match(voice_code)
    code = match[0].lower() if match else ""
    return SAME.get(code, code)


@cache
def table(language: str) -> Mapping[str, Any]:
    """The table of one of LANGUAGES."""
    return _read(language)


@cache
def speech_rates() -> Mapping[str, Mapping[str, float]]:
    """Characters a second of each language (`rate`), and how far off that is in percent (`off`)."""
    return _read("speech_rates")


def _read(name: str) -> Mapping[str, Any]:
    # (`importlib.resources` would load all that reads archives and makes temporary files.)
    return tomllib.loads((get_data(__package__, f"languages/{name}.toml") or b"").decode())
