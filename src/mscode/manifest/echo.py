"""What may be shown of a source line.

An error echoes the line it is about, and that line may hold a person's name, a number or a secret. What is shown is
decided from the line's text and the top-level key above it, never from the parsed tree: a file that cannot be parsed is
echoed as well. Below a section of people (and wherever it is unclear what is above) only known keys and public fields are
shown; everywhere numbers, e-mail addresses and values of keys that sound like a secret are hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from mscode.privacy import DOTS, PUBLIC_ACCOUNT_FIELDS, mask_numbers, mask_phone, mask_word

SECRET = "(secret)"
#: A stretch of a line (from, to) and what is shown in its place.
Span = tuple[int, int, str]


class Heading(NamedTuple):
    """A line (from 0) that begins in the first column, and its key ("" where it is none)."""

    line: int
    key: str


_HEADING = re.compile(r"""["']?([A-Za-z]\w*)["']?\s*:(?:\s|\Z)""")
_SECRET_WORDS = ("token", "secret", "passw", "credential", "apikey", "api_key", "authorization")
_SECRET_KEY = re.compile(rf"""(?:{"|".join(_SECRET_WORDS)})[\w-]*["']?\s*:""", re.IGNORECASE)
#: Of a very long line only so much is looked at for keys.
_LOOKED_AT = 10_000
#: A variable that is declared on one line: what stands beside `secret: true` may be its value.
_SECRET_VARIABLE = re.compile(r"""\bsecret["']?\s*:\s*["']?true\b""", re.IGNORECASE)
_DEFAULT = re.compile(r"""\b(?:default|allowed)["']?\s*:\s*""")
_USERINFO = re.compile(r"(?<=://)[^/\s@]*@")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_NUMBER = re.compile(r"(?<![\w.+])\+?\(?[0-9][0-9 ().\-/]{4,}[0-9](?![0-9])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d?)?\Z")
_KEY = re.compile(r"""(["']?)([A-Za-z_][\w-]*)\1\s*:(?=\s|\Z)""")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?""")
_PLAIN = re.compile(r"[^\s,{}\[\]#][^,{}\[\]#]*")
_PERSONAL_VALUE = re.compile(
    r"""\b(?:firstName|lastName|nickName|companyName|note)["']?\s*:\s+("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,{}\[\]#][^,{}\[\]#]*)"""
)
_BETWEEN = re.compile(r"[\s,{}\[\]]+|[-|>?:](?=\s|\Z)|[|>][-+0-9]*(?=\s|\Z)|---|\.\.\.")
_BARE_KEY = re.compile(r"\s*[A-Za-z_][\w-]*:\s*\Z")


def headings(lines: Sequence[str]) -> list[Heading]:
    """The lines that begin in the first column, but comments."""
    found = []
    for at, line in enumerate(lines):
        if line and line[0] not in " \t#":
            key = _HEADING.match(line)
            found.append(Heading(at, key[1] if key else ""))
    return found


class Surroundings(NamedTuple):
    """What decides about a line: the file's lines, its top-level keys, and where keys of secrets are."""

    lines: Sequence[str]
    headings: Sequence[Heading]
    secrets: Sequence[int]
    has_people: bool


def surroundings(lines: Sequence[str], text: str) -> Surroundings:
    """Of one file, made once."""
    has_people = any(section in text for section in _personal_sections())
    return Surroundings(lines, headings(lines), secret_lines(lines, text), has_people)


def masked(window: str, caret: int, line: int, around: Surroundings, show_people: bool) -> tuple[str, int]:
    """The part `window` of a line as it may be shown, and where the caret (from 0) is in it then."""
    if _below_secret(around.lines, line, around.secrets):
        spans = [(len(window) - len(window.lstrip()), len(window), SECRET)]
    elif _BARE_KEY.match(window):
        return window, caret
    else:
        spans = list(_secrets(window))
        if not show_people:
            spans += _contacts(window)
            spans += _personal(window) if _is_personal(line, around) else _named_personal(window, line, around)
    return _replaced(window, caret, _apart(spans))


def _apart(spans: list[Span]) -> Iterator[Span]:
    """The spans in order; of overlapping ones the first, and of two that begin together the longer."""
    end = -1
    for start, stop, text in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop, text
        elif stop > end:
            yield end, stop, ""
        end = max(end, stop)


def _replaced(window: str, caret: int, spans: Iterator[Span]) -> tuple[str, int]:
    shown, at, moved = "", 0, caret
    for start, stop, text in spans:
        shown += window[at:start]
        if stop <= caret:
            moved += len(text) - (stop - start)
        elif start < caret:
            moved = len(shown)
        shown += text
        at = stop
    return shown + window[at:], moved


# ---- secrets ---------------------------------------------------------------------------------------------------------


def _secrets(window: str) -> Iterator[Span]:
    if key := _SECRET_KEY.search(window):
        start = key.end() + len(window[key.end() :]) - len(window[key.end() :].lstrip())
        if start < len(window):
            yield start, len(window), SECRET
    if _SECRET_VARIABLE.search(window) and (default := _DEFAULT.search(window)):
        yield default.end(), len(window), SECRET
    for found in _USERINFO.finditer(window):
        yield found.start(), found.end(), f"{SECRET}@"


def secret_lines(lines: Sequence[str], text: str) -> list[int]:
    """The lines (from 0) that hold a key that sounds like a secret."""
    lowered = text.lower()
    if not any(word in lowered for word in _SECRET_WORDS):
        return []
    return [at for at, line in enumerate(lines) if _SECRET_KEY.search(line[:_LOOKED_AT])]


def _below_secret(lines: Sequence[str], line: int, secrets: Sequence[int]) -> bool:
    """Does the line go on with the value of a secret key, from a line above?"""
    at = bisect_left(secrets, line) - 1
    if at < 0:
        return False
    key, between = secrets[at], range(secrets[at] + 1, line + 1)
    if not any(lines[one].strip() for one in between[:-1]) and lines[key].rstrip().endswith(":"):
        return True
    outer = _indent(lines[key])
    return all(_indent(lines[one]) > outer for one in between if lines[one].strip())


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


# ---- people ----------------------------------------------------------------------------------------------------------


def _contacts(window: str) -> Iterator[Span]:
    for found in _EMAIL.finditer(window):
        yield found.start(), found.end(), mask_word(found.group())
    for found in _NUMBER.finditer(window):
        if _looks_like_a_phone(found.group()):
            yield found.start(), found.end(), masked_number(found.group())


def _looks_like_a_phone(text: str) -> bool:
    digits = sum(c.isdigit() for c in text)
    if _DATE.match(text) or digits < 7:
        return False
    return digits >= 9 or text[0] in "+0(" or digits < len(text)


def masked_number(text: str) -> str:
    """A number as it was typed, masked; what stands in it between its digits goes."""
    return mask_phone(re.sub(r"[^+0-9]", "", text))


def mask_text(text: str) -> str:
    """A message that may quote a value: numbers and addresses in it are masked."""
    if not any(c.isdigit() or c == "@" for c in text):
        return text
    return mask_numbers(_replaced(text, 0, _apart(list(_contacts(text))))[0])


def _named_personal(window: str, line: int, around: Surroundings) -> Iterator[Span]:
    """Values of variables that are named as a personal field of an account is."""
    if _heading(line, around) not in ("variables", "environments"):
        return
    for found in _PERSONAL_VALUE.finditer(window):
        yield found.start(1), found.end(1), _hidden(found[1])


def _heading(line: int, around: Surroundings) -> str:
    at = bisect_right(around.headings, (line, "\U0010ffff")) - 1
    return around.headings[at].key if at >= 0 else ""


def _is_personal(line: int, around: Surroundings) -> bool:
    """Below a section of people, below a key that is no known section, or below none at all while people are about."""
    key = _heading(line, around)
    return key not in _harmless() if key else around.has_people


@cache
def _personal_sections() -> frozenset[str]:
    """Sections whose objects are people."""
    from mscode.kind import registry

    return frozenset(kind.section for kind in registry().values() if any(rule.personal for rule in kind.fields))


@cache
def _harmless() -> frozenset[str]:
    from mscode.kind import registry
    from mscode.manifest.project import ProjectFile

    return frozenset({"apiVersion", *_RULE, *registry(), *ProjectFile.model_fields} - _personal_sections())


@cache
def _known_keys() -> frozenset[str]:
    from mscode.kind import registry
    from mscode.manifest.project import ProjectFile

    fields = {name for kind in registry().values() for name in kind.rules}
    return _harmless() | fields | set(ProjectFile.model_fields) | _OWN_KEYS | _personal_sections()


#: Keys of a policy below which nobody's data stands; its tests may hold a plan's.
_RULE = ("level", "expression")
_OWN_KEYS = frozenset({"import", "renamedFrom", "lifecycle", "preventDestroy", "ignoreChanges", "onRemoval"})


def _personal(window: str) -> Iterator[Span]:
    """Every value but those of public fields. The first key of a line is shown, and known ones, and names of mappings."""
    at, key, first = 0, "", True
    while at < len(window):
        if between := _BETWEEN.match(window, at):
            at = between.end()
            continue
        found = _KEY.match(window, at)
        if found and (first or found[2] in _known_keys() or window[found.end() :].lstrip()[:1] == "{"):
            key, at, first = found[2], found.end(), False
            continue
        if found:  # an unknown key: what follows is no value of the public field before it
            key = ""
        first = False
        stop = _value_end(window, at)
        if key not in PUBLIC_ACCOUNT_FIELDS | _OWN_KEYS | {"apiVersion"} or window[at] == "#":
            yield at, stop, _hidden(window[at:stop])
        at = stop


def _value_end(window: str, at: int) -> int:
    if window[at] == "#":
        return len(window)
    found = (_QUOTED if window[at] in "\"'" else _PLAIN).match(window, at)
    return at + len(found.group().rstrip()) if found else at + 1


def _hidden(value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    inner = value.removeprefix(quote).removesuffix(quote) if quote else value
    if value[0] == "#":
        return f"#{DOTS}"
    shown = masked_number(inner) if re.match(r"\+[0-9 ().-]{7,}\Z", inner) else mask_word(inner)
    return f"{quote}{shown}{quote}"
