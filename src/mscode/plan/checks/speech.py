"""How long a text is to hear: by a table of characters a second, the same on every machine (languages/speech_rates.toml)."""

from __future__ import annotations

from collections.abc import Mapping

from mscode.model.late_pattern import late_pattern
from mscode.plan.checks.language_tables import speech_rates

_DIGIT = late_pattern(r"\d")
#: A digit is heard as its word, or as a part of one: about so many characters.
_A_DIGIT = 5


def seconds(text: str, language: str) -> float:
    """Seconds, about: how far off the table is stands in it; how fast the service's own voices speak is not known."""
    characters = len(" ".join(text.split())) + (_A_DIGIT - 1) * len(_DIGIT.findall(text))
    rates: Mapping[str, Mapping[str, float]] = speech_rates()
    known = rates.get(language)
    rate = known["rate"] if known else sum(entry["rate"] for entry in rates.values()) / len(rates)
    return characters / rate


def shown_seconds(text: str, language: str) -> int:
    """Whole seconds, at least one of a text that says anything."""
    return max(1, round(seconds(text, language))) if text.strip() else 0
