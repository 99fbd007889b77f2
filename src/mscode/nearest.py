"""What somebody may have meant by a mistyped word, and globs: both in time that does not run away with the input."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import translate
from functools import lru_cache

#: Comparing two words takes the product of their lengths; what is longer is no slip of the fingers.
LONGEST = 80
#: So many candidates are compared.
MOST = 2000


def nearest(word: str, known: Iterable[str], count: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known words that are like it, the most alike first; none where it is too long to be a slip."""
    if not 0 < len(word) <= LONGEST:
        return []
    alike = (
        one
        for one in known
        if 0 < len(one) <= LONGEST and 2 * min(len(one), len(word)) >= cutoff * (len(one) + len(word))
    )
    return get_close_matches(word, [one for one, _ in zip(alike, range(MOST), strict=False)], count, cutoff)


@lru_cache(maxsize=256)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob in which `*` and `?` alone are special, for `fullmatch`. However many `*` it has, a name is read once for each."""
    return re.compile(translate(re.sub(r"\*+", "*", glob).replace("[", "[[]")), re.DOTALL)
