"""Names of exported objects, made of what people call them.

An address is shown in every plan and log, so a name is never made of what says who a person is: an account is
`account-34`. What nobody has named is named by its day (`rsvp-call-2026-12-01`), and what has not even that by its kind.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mscode.manifest.yaml.quoting import is_plain
from mscode.model.address import NAME
from mscode.model.kind import Kind
from mscode.model.world import Live

#: Fields by which people know an object, best first.
TITLES = ("name", "username", "subject", "message")
#: Fields that say when something happens.
DAYS = ("startTime", "actionTime", "expiresAt")
_LONGEST = 48
#: Letters that do not come apart into a Latin one and a mark: Latin, Cyrillic, Greek.
_LETTERS = """
ß:ss æ:ae ø:o œ:oe đ:d ð:d ł:l þ:th ı:i ŋ:n
а:a б:b в:v г:g д:d е:e ж:zh з:z и:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y ь:
э:e ю:yu я:ya ё:e є:ye і:i ї:yi ґ:g ў:u
α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o
"""
_SPELLED: dict[str, str] = {pair[0]: pair[2:] for pair in _LETTERS.split()}


def slug(text: str) -> str:
    """`Verenluovuttajat Ä` becomes `verenluovuttajat-a`; "" where nothing can be spelled in Latin letters."""
    spelled = "".join(_SPELLED.get(char, char) for char in text[:500].lower())
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    spelled = "".join(_SPELLED.get(char, char) for char in bare.lower())
    return re.sub(r"[^a-z0-9]+", "-", spelled)[: _LONGEST + 1].strip("-")[:_LONGEST].strip("-")


def base_name(kind: Kind, live: Live, title: Callable[[str], str] = str) -> str:
    """The name an object would have if no other had it; `title` takes out of a text what no name may tell."""
    noun = slug(kind.singular)
    marker = live.status.marker
    former_name = marker.address.partition(".")[2].replace(".", "-") if marker else ""
    if NAME.match(former_name):
        return former_name
    for text in _titles(kind, live):
        name = slug(title(text))
        if name:
            return name if NAME.match(name) and is_plain(name) else f"{noun}-{name}"
    return noun


def _titles(kind: Kind, live: Live) -> Iterator[str]:
    personal = {rule.name for rule in kind.fields if rule.personal}
    for name in TITLES:
        if name in kind.fields_by_name and name not in personal:
            yield str(live.fields.get(name) or "")
    yield from (_conditions(value) for name, value in live.fields.items() if name == "conditions")
    days = (str(live.fields.get(name) or "")[:10] for name in DAYS if name in kind.fields_by_name)
    yield from (f"{kind.singular} {day}" for day in days if day)
    if personal:
        yield f"{kind.singular} {live.id}"


def _conditions(value: Any) -> str:
    """The conditions of a filter in words; values only of fields that do not identify a person."""
    from mscode.model.privacy import PUBLIC_ACCOUNT_FIELDS

    words: list[str] = []
    for row in value if isinstance(value, list) else ():
        field, operand = str(row.get("field")), row.get("value")
        words.append(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", field))
        if field in PUBLIC_ACCOUNT_FIELDS:
            words.extend(str(word) for word in (operand[:3] if isinstance(operand, list) else [operand]))
    return " ".join(words)


class Names:
    """Hands out names of one section; one that is taken gets -2, -3, …, in the order of asking."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, base: str) -> str:
        """The name itself, or with the first free number after it; it is taken from now on."""
        name, count = base, 1
        while name in self._taken:
            count += 1
            name = f"{base}-{count}"
        self._taken.add(name)
        return name
