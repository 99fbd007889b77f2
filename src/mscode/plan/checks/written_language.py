"""Which language a text is written in, by the library pycld2 and by its own measure of being sure."""

from __future__ import annotations

from functools import lru_cache

from mscode.plan.checks.language_tables import LANGUAGES, SAME

#: Shorter texts are names and greetings, which belong to no language.
_LEAST = 20
#: Languages that look alike in a short text, and the letters from which on they, and those without a table, are told apart.
_ALIKE, _LEAST_ALIKE = frozenset({"no", "da", "sv"}), 60


def language_found(text: str, expected: str) -> tuple[str, str] | None:
    """The language of a text, as code and English name, where it is surely another than `expected`; else None."""
    letters = sum(map(str.isalpha, text))
    if letters < _LEAST:
        return None
    languages = _detected(text[:5000], expected)
    if not languages or any(code == expected for code, _ in languages):
        return None
    code, name = languages[0]
    is_short = letters < _LEAST_ALIKE
    if is_short and ({code, expected} <= _ALIKE or (code not in LANGUAGES and _is_latin(text))):
        return None  # a few Spanish words look like Indonesian
    return code, name


def _is_latin(text: str) -> bool:
    """Are all letters Latin? Other alphabets tell a language by themselves."""
    return all(character < "\u0250" for character in text if character.isalpha())


@lru_cache(maxsize=4096)
def _detected(text: str, expected: str) -> tuple[tuple[str, str], ...]:
    """The languages of a text, the likeliest first: code and name; none where the library is not sure. It is told which one is
    expected: what it is sure of then is no chance likeness of a short text."""
    import pycld2  # type: ignore[import-not-found, import-untyped, unused-ignore]

    try:
        is_sure, _, details = pycld2.detect(text, hintLanguage=expected)
    except pycld2.error:  # it takes no text with some control characters, and no language that it does not know
        return ()
    if not is_sure:
        return ()
    known = ((str(name), str(code), int(percent)) for name, code, percent, _ in details)
    return tuple((SAME.get(code, code), name.title()) for name, code, percent in known if code != "un" and percent)
