"""The known word that a mistyped one may stand for, in time that is bounded whatever the input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Comparing two words takes the product of their lengths; a longer word is no typing error.
LONGEST = 80
#: At most this many candidates are compared.
MOST = 2000
#: The least likeness of a suggestion, from 0 to 1 (difflib's ratio).
_ALIKE = 0.6


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known word that is most like `word`, in a list; [] where none is like it, or it is too long."""
    if not 0 < len(word) <= LONGEST:
        return []
    from difflib import get_close_matches

    alike = (
        candidate
        for candidate in known
        if 0 < len(candidate) <= LONGEST and 2 * min(len(candidate), len(word)) >= _ALIKE * (len(candidate) + len(word))
    )
    return get_close_matches(word, [candidate for candidate, _ in zip(alike, range(MOST), strict=False)], 1, _ALIKE)


def guess(word: str, known: Sequence[str]) -> str:
    """The known word that `word` stands for: the same in other letters' case, else the one most like it; "" for none."""
    folded = {candidate.lower(): candidate for candidate in known}
    return folded.get(word.lower()) or next(iter(nearest(word, known)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a mistyped word, "" where no known one is similar."""
    match = guess(word[:100], sorted(known))
    return f'Did you mean "{match}"?' if match else ""
