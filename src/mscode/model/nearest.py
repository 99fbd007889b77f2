"""What somebody may have meant by a mistyped word, in time that does not run away with the input."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: Comparing two words takes the product of their lengths; what is longer is no slip of the fingers.
LONGEST = 80
#: So many candidates are compared.
MOST = 2000
#: How alike two words are that may be meant for each other, from 0 to 1.
_ALIKE = 0.6


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known word that is most like it, in a list; [] where none is like it, or it is too long to be a slip."""
    if not 0 < len(word) <= LONGEST:
        return []
    alike = (
        candidate
        for candidate in known
        if 0 < len(candidate) <= LONGEST and 2 * min(len(candidate), len(word)) >= _ALIKE * (len(candidate) + len(word))
    )
    return get_close_matches(word, [candidate for candidate, _ in zip(alike, range(MOST), strict=False)], 1, _ALIKE)
