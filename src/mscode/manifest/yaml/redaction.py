"""What may be shown of a source line.

An error quotes the line it is about, and that line may hold a person's name, a number or a secret. What is shown is
decided from the line's text and the top-level key above it, never from the parsed tree: a file that cannot be parsed is
quoted as well. Below a section of people (and wherever it is unclear what is above) only known keys and public fields are
shown; everywhere numbers, e-mail addresses and values of keys that sound like a secret are hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from mscode.model.late_pattern import late_pattern
from mscode.model.privacy import (
    DOTS,
    PUBLIC_ACCOUNT_FIELDS,
    SECRET,
    Span,
    apart,
    contacts,
    mask_numbers,
    mask_phone,
    mask_word,
)
from mscode.model.secret_spellings import readings


class Heading(NamedTuple):
    """A line (from 0) that begins in the first column, and its key ("" where it is none)."""

    line: int
    key: str


_HEADING = late_pattern(r"""["']?([A-Za-z]\w*)["']?\s*:(?:\s|\Z)""")
_SECRET_WORDS = ("token", "secret", "passw", "credential", "apikey", "api_key", "authorization")
#: A name, read once, and the colon behind it where there is one.
_NAME = late_pattern(r"""[\w-]++["']?+\s*+(:?+)""")
#: Characters of a very long line that are searched for keys.
_LOOKED_AT = 10_000
#: A variable that is declared on one line: what stands beside `secret: true` may be its value.
_SECRET_VARIABLE = late_pattern(r"""\bsecret["']?\s*:\s*["']?true\b""", re.IGNORECASE)
_DEFAULT = late_pattern(r"""\b(?:default|allowed)["']?\s*:\s*""")
_USERINFO = late_pattern(r"(?<=://)[^/\s@]*@")
_OPENS = late_pattern(r"\s*\{")
_KEY = late_pattern(r"""(["']?)([A-Za-z_][\w-]*)\1\s*:(?=\s|\Z)""")
_QUOTED = late_pattern(r""""(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?""")
_PLAIN = late_pattern(r"[^\s,{}\[\]#][^,{}\[\]#]*")
_FIELD_VALUE = r"""["']?\s*:\s+("(?:[^"\\]|\\.)*"?|'[^']*'?|\[[^\]]*\]?|[^\s,{}\[\]#][^,{}\[\]#]*)"""
_PERSONAL_VALUE = late_pattern(rf"\b(?:firstName|lastName|nickName|companyName|note){_FIELD_VALUE}")
_PERSONAL_FIELD = late_pattern(
    rf"\b(?:firstName|lastName|nickName|companyName|note|address|website|email){_FIELD_VALUE}"
)
_BETWEEN = late_pattern(r"[\s,{}\[\]]+|[-|>?:](?=\s|\Z)|[|>][-+0-9]*(?=\s|\Z)|---|\.\.\.")
_BARE_KEY = late_pattern(r"\s*[A-Za-z_][\w-]*:\s*\Z")


def headings(lines: Sequence[str]) -> list[Heading]:
    """The lines that begin in the first column, except comments."""
    entries = []
    for at, line in enumerate(lines):
        if line and line[0] not in " \t#":
            key = _HEADING.match(line)
            entries.append(Heading(at, key[1] if key else ""))
    return entries


class Surroundings(NamedTuple):
    """What masking needs to know of a file: its top-level keys, the lines that hold a secret's value, whether it has people, and
    whether it is a file of tests, in which people stand among steps and expectations.
    """

    headings: Sequence[Heading]
    hidden: Container[int]
    has_people: bool
    is_test: bool = False


def surroundings(lines: Sequence[str], text: str, *, is_test: bool = False) -> Surroundings:
    """Of one file, made once."""
    from mscode.model.kind import registry

    has_people = any(section in text and _has_people(section) for section in registry())
    hidden = frozenset(_below_secrets(lines, secret_lines(lines, text)))
    return Surroundings(headings(lines), hidden, has_people, is_test)


def masked(window: str, caret: int, line: int, around: Surroundings, show_people: bool) -> tuple[str, int]:
    """The part `window` of a line as it may be shown, and where the caret (from 0) is in it then."""
    if line in around.hidden:
        spans = [(len(window) - len(window.lstrip()), len(window), SECRET)]
    elif _BARE_KEY.match(window):
        return window, caret
    else:
        spans = list(_secrets(window))
        if not show_people:
            spans += _contacts(_blanked(window, spans))
            spans += _personal_in(window, line, around)
    return _replaced(window, caret, apart(spans))


def _personal_in(window: str, line: int, around: Surroundings) -> Iterator[Span]:
    if around.is_test:
        return _values_of(_PERSONAL_FIELD, window)
    return _personal(window) if _is_personal(line, around) else _named_personal(window, line, around)


def _replaced(window: str, caret: int, spans: Iterator[Span]) -> tuple[str, int]:
    parts: list[str] = []
    length, at, moved = 0, 0, caret
    for start, stop, text in spans:
        parts += (window[at:start], text)
        length += start - at
        if stop <= caret:
            moved += len(text) - (stop - start)
        elif start < caret:
            moved = length
        length += len(text)
        at = stop
    return "".join([*parts, window[at:]]), moved


# ---- secrets ---------------------------------------------------------------------------------------------------------


def _secrets(window: str) -> Iterator[Span]:
    if key := _secret_key(window):
        start = key + len(window[key:]) - len(window[key:].lstrip())
        if start < len(window):
            yield start, len(window), SECRET
    if _SECRET_VARIABLE.search(window) and (default := _DEFAULT.search(window)):
        yield default.end(), len(window), SECRET
    for userinfo in _USERINFO.finditer(window):
        yield userinfo.start(), userinfo.end(), f"{SECRET}@"


def _secret_key(text: str) -> int:
    """Where the first key that sounds like a secret ends, with its colon; 0 where there is none."""
    if not _sounds_secret(text):
        return 0
    return next((match.end() for match in _NAME.finditer(text) if match[1] and _sounds_secret(match[0])), 0)


def _sounds_secret(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _SECRET_WORDS)


def secret_lines(lines: Sequence[str], text: str) -> list[int]:
    """The lines (from 0) that hold a key that sounds like a secret."""
    if not _sounds_secret(text):
        return []
    return [at for at, line in enumerate(lines) if _secret_key(line[:_LOOKED_AT])]


def _below_secrets(lines: Sequence[str], secrets: Sequence[int]) -> Iterator[int]:
    """The lines that go on with the value of a secret key above them: those that are indented further, and the first
    below a key that has nothing on its own line. Each key reaches to the next one.
    """
    for key, following in zip(secrets, [*secrets[1:], len(lines)], strict=False):
        outer, is_bare, is_deeper = _indent(lines[key]), lines[key].rstrip().endswith(":"), True
        for at in range(key + 1, min(following + 1, len(lines))):
            if lines[at].strip() and _indent(lines[at]) <= outer:
                is_deeper = False
            if not is_bare and not is_deeper:
                break
            yield at
            is_bare = is_bare and not lines[at].strip()


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


# ---- people ----------------------------------------------------------------------------------------------------------


def _blanked(window: str, spans: list[Span]) -> str:
    """The window with some spans overwritten, so that `user@host` in a URL is not taken for an e-mail address."""
    parts: list[str] = []
    at = 0
    for start, stop, _ in apart(spans):
        parts += (window[at:start], "\x00" * (stop - start))
        at = stop
    return "".join([*parts, window[at:]])


@lru_cache(maxsize=1024)
def _contacts(window: str) -> tuple[Span, ...]:
    """Numbers and addresses. Remembered, since every field of a line asks for the whole line."""
    return tuple(
        (*reading.span(start, stop), mask)
        for reading in readings(window)
        for start, stop, mask in contacts(reading.text, strict=True)
    )


def masked_number(text: str) -> str:
    """A number as it was typed, masked; what stands in it between its digits goes."""
    return mask_phone(re.sub(r"[^+0-9]", "", text))


def mask_text(text: str) -> str:
    """A message that may quote a value: numbers and addresses in it are masked."""
    return mask_numbers(text, strict=True)


def _named_personal(window: str, line: int, around: Surroundings) -> Iterator[Span]:
    """Values of variables that are named as a personal field of an account is; and those by which groups choose rows."""
    if _heading(line, around) not in _personal_by_name():
        return
    yield from _values_of(_PERSONAL_VALUE, window)


def _values_of(fields: re.Pattern[str], window: str) -> Iterator[Span]:
    for value in fields.finditer(window):
        yield value.start(1), value.end(1), _masked_value(value[1])


@cache
def _personal_by_name() -> frozenset[str]:
    from mscode.model.kind import kind_of

    return frozenset({"variables", "environments", kind_of("group").section})


def _heading(line: int, around: Surroundings) -> str:
    at = bisect_right(around.headings, (line, "\U0010ffff")) - 1
    return around.headings[at].key if at >= 0 else ""


def _is_personal(line: int, around: Surroundings) -> bool:
    """Below a section of people, below a key that is no known section, or below none at all while people are about."""
    key = _heading(line, around)
    return (key not in _headings() or _has_people(key)) if key else around.has_people


def _has_people(key: str) -> bool:
    """Is it a section whose objects are people? Only its own kind is looked at, so that no other is loaded for this."""
    from mscode.model.kind import registry

    return key in registry() and any(rule.personal for rule in registry()[key].fields)


@cache
def _headings() -> frozenset[str]:
    """The top-level keys of all files that mscode reads."""
    from mscode.manifest.project.file import ProjectFile
    from mscode.model.kind import registry

    return frozenset({"apiVersion", *_RULE, *_FLEET, *registry(), *ProjectFile.model_fields})


@cache
def _known_keys() -> frozenset[str]:
    from mscode.model.kind import registry

    return _headings() | {name for kind in registry().values() for name in kind.fields_by_name} | _OWN_KEYS


#: Keys of a policy that hold no personal data; its `tests` may hold a plan with some.
_RULE = ("level", "expression")
#: Keys of fleet.yaml, which says nothing about people.
_FLEET = ("fleet", "projects", "limits")
_OWN_KEYS = frozenset({"import", "renamedFrom", "lifecycle", "preventDestroy", "ignoreChanges", "onRemoval"})


def _personal(window: str) -> Iterator[Span]:
    """Every value except those of public fields. The first key of a line is shown, and known ones, and names of mappings."""
    at, key, first = 0, "", True
    while at < len(window):
        if between := _BETWEEN.match(window, at):
            at = between.end()
            continue
        key_match = _KEY.match(window, at)
        if key_match and (first or key_match[2] in _known_keys() or _OPENS.match(window, key_match.end())):
            key, at, first = key_match[2], key_match.end(), False
            continue
        if key_match:  # an unknown key: what follows is no value of the public field before it
            key = ""
        first = False
        stop = _value_end(window, at)
        if key not in PUBLIC_ACCOUNT_FIELDS | _OWN_KEYS | {"apiVersion"} or window[at] == "#":
            yield at, stop, _masked_value(window[at:stop])
        at = stop


def _value_end(window: str, at: int) -> int:
    if window[at] == "#":
        return len(window)
    match = (_QUOTED if window[at] in "\"'" else _PLAIN).match(window, at)
    return at + len(match.group().rstrip()) if match else at + 1


def _masked_value(value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    text = value.removeprefix(quote).removesuffix(quote) if quote else value
    if value[0] == "#":
        return f"#{DOTS}"
    mask = masked_number(text) if re.match(r"\+[0-9 ().-]{7,}\Z", text) else mask_word(text)
    return f"{quote}{mask}{quote}"
