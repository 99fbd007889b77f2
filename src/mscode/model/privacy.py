"""Personal data never reaches an output: the one place that masks it, and that hides secrets.

A person's number shows as `+35840•••4567`, any other personal text as its first letter and `•••`, a secret as `(secret)`.
All of them are searched for in every reading of a text (`secret_spellings`), so that an escape hides nothing from the mask.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from mscode.model.late_pattern import late_pattern
from mscode.model.listener_url import LISTENER_SECRET, SHOWN, ListenerUrl, path_secret
from mscode.model.numbers_in_text import endings, may_have_numbers, numbers_in
from mscode.model.secret_spellings import DEEPEST, has_one_reading, reading_texts, readings, undone

DOTS = "•••"
SECRET = "(secret)"
#: Account fields that do not identify a person; every other one is personal.
PUBLIC_ACCOUNT_FIELDS = frozenset({"city", "zip", "area", "gender", "yearOfBirth"})
#: A stretch of a text (from, to) and what is shown in its place.
Span = tuple[int, int, str]

#: Words, and behind them what makes an address of one. A word is read once, whether it is one or not.
_EMAIL = late_pattern(r"[\w.+-]++(@[\w-]++(?:\.[\w-]++)*+)?")
#: Members that say who a person is, as a service repeats them in its words (`firsName`: docs/service-notes.md#spellings).
#: Unquoted ones count only before `=`, for `firstName: is required` is what people need to read.
_MEMBER = late_pattern(
    r"""(?P<name>(?P<q>["'])(?:first?Name|lastName|nickName|companyName|address|website|note)\\{0,4}(?P=q)\s{0,9}[:=]\s{0,9}"""
    r"""|\b(?:first?Name|lastName|nickName|companyName|address|website|note)=)"""
    r"""(?:\\{0,4}(?P<v>["'])(?P<quoted>(?:(?!\\{0,4}(?P=v)).)*)|(?P<bare>[^\s,;&{}\[\]"'\\]+))""",
    re.DOTALL,
)


def mask_phone(phone: str) -> str:
    """`+358401234567` becomes `+35840•••4567`; a short number keeps two digits at each end."""
    return f"{phone[:6]}{DOTS}{phone[-4:]}" if len(phone) >= 12 else f"{phone[:3]}{DOTS}{phone[-2:]}"


def mask_word(text: str) -> str:
    """The first letter and three dots; nothing of nothing."""
    return f"{text[:1]}{DOTS}" if text else text


def mask_numbers(text: str, *, strict: bool = False) -> str:
    """Mask everything that may be a phone number or an e-mail address inside a text, and the credentials of URLs."""
    return _masked(_masked(text, credentials), lambda reading: contacts(reading, strict=strict))


def contacts(text: str, known: Mapping[str, Collection[str]] | None = None, *, strict: bool = False) -> Iterator[Span]:
    """The numbers and e-mail addresses in one reading of a text; `known` and `strict` are those of `numbers_in`."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if match[1]:
                yield match.start(), match.end(), mask_word(match[0])
    for number in numbers_in(text, known, strict=strict):
        yield number.start, number.stop, mask_phone(number.number)


#: Who a URL logs in as, and parameters of it that are named as a secret is.
_CREDENTIALS = late_pattern(
    r"(?<=://)[^/?#\s@\"'<>]++(?=@)"
    r"|(?<=[?&;])(?:[\w-]{0,40}(?:token|secret|passw(?:or)?d|pwd|api_?key|signature|credential)s?|key|sig|auth|code)=(?!\$\{)(?P<value>[^&#;\s\"'<>(]++)",
    re.IGNORECASE,
)


def credentials(text: str) -> Iterator[Span]:
    """The credentials of URLs: user and password, parameters that are named as a secret is, and the secret of a listener's path."""
    if "/receiver/" in text or "/state/" in text:
        for match in LISTENER_SECRET.finditer(text):
            yield match.start(), match.end(), SECRET
    if "://" in text:
        for match in _CREDENTIALS.finditer(text):
            start = match.start("value") if match["value"] else match.start()
            yield start, match.end(), SECRET


def _members(text: str) -> Iterator[Span]:
    """The values of members that identify a person."""
    if ":" not in text and "=" not in text:
        return
    for match in _MEMBER.finditer(text):
        name = "quoted" if match["v"] else "bare"
        if match[name] not in ("null", "None", ""):
            yield match.start(name), match.end(name), mask_word(match[name])


#: Without any of these a text has neither credentials, nor members, nor e-mail addresses.
_SIGNS = late_pattern("[@:=/]")


def _masked(text: str, *masks: Callable[[str], Iterable[Span]]) -> str:
    """The text with every stretch masked that a mask finds in any reading of it."""
    spans: list[Span] = []
    if has_one_reading(text):  # as most texts have
        for mask in masks:
            spans += [span for span in mask(text) if span[1] > span[0]]
        return replaced(text, spans) if spans else text
    for reading in readings(text):
        for mask in masks:
            spans += [(*reading.span(start, stop), shown) for start, stop, shown in mask(reading.text) if stop > start]
    return replaced(text, spans) if spans else text


def apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in order; of overlapping ones the first, and of two that begin together the longer."""
    end = -1
    for start, stop, text in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop, text
        elif stop > end:
            yield end, stop, ""
        end = max(end, stop)


def replaced(text: str, spans: Iterable[Span]) -> str:
    """The text with what is shown in the place of each span."""
    parts: list[str] = []
    at = 0
    for start, stop, shown in apart(spans):
        parts += (text[at:start], shown)
        at = stop
    return "".join([*parts, text[at:]])


# ---- secrets ---------------------------------------------------------------------------------------------------------

#: A piece of a secret from this many characters on is hidden too: services show its beginning or its end.
SHORTEST_PIECE = 8
#: A piece of letters alone is a word that may stand anywhere; it takes more to be a piece of a secret.
_SHORTEST_WORD = 12
_ORIGIN = late_pattern(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://(?:[^/?#\s]{0,300}@)?[^/?#\s@]{0,300}[/?#]?")


def concealed(value: object) -> str:
    """What is shown in the place of a secret value."""
    return SHOWN if isinstance(value, ListenerUrl) or path_secret(str(value)) else SECRET


def hide_secrets(text: str, secrets: Iterable[str], shown: str = SECRET, *, cut_at: str = "", compact: str = "") -> str:
    """The text without the secrets, nor what a service makes of one.

    Hidden are: a secret in any mixture of escapes (JSON, percent, HTML, several layers) and in any case; with spaces,
    line ends or invisible characters in it; in base64 or hexadecimal; and a piece of it from eight characters on that
    holds its beginning or its end, or any piece from fifteen on.

    `cut_at` is for large documents, which are searched several times as fast: a character between their parts that stands in no
    part, like the line end of JSON with a line for each value, or the `>` of HTML. `compact` is the same text without white space
    between the parts.
    """
    finder = _finder(frozenset(secret for secret in secrets if secret))
    return finder.hidden(text, shown, cut_at, compact) if finder.shortest <= len(text) else text


class _Finder:
    """Finds some secrets in texts. Their forms and pieces are prepared once."""

    def __init__(self, secrets: frozenset[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        #: short ones are searched for as they are: with spaces left out they would be found in any sentence
        self._short = sorted(
            (_lower(form) for form in forms if len(_squeezed(form)) < SHORTEST_PIECE), key=len, reverse=True
        )
        self._long = [_lower(_squeezed(form)) for form in forms if len(_squeezed(form)) >= SHORTEST_PIECE]
        self._pieces = {piece: form for form in self._long for piece in _pieces(form)}
        #: what a text has where it has a secret: who looks for the pieces of a form need not look for the form
        whole = (form for form in self._long if not any(_pieces(form)))
        self._short_signs = [_bytes(needle) for needle in self._short]
        self._long_signs = [_bytes(needle) for needle in {*self._pieces, *whole}]
        self._is_inside_parts = not any(
            _CROSSING.search(needle) for needle in (*self._short, *self._pieces, *self._long)
        )
        self.shortest = min(map(len, (*self._short, *self._long, *self._pieces)), default=1 << 62)

    def hidden(self, text: str, shown: str, cut_at: str, compact: str) -> str:
        # Most often there is none. Then no place of one is needed, and of equal parts one needs to be looked at.
        has_parts = cut_at and self._is_inside_parts
        searched = cut_at.join(dict.fromkeys((compact or text).split(cut_at))) if has_parts else text
        if not self._is_in_any(searched):
            return text
        spans = [
            reading.span(start, stop)
            for reading in readings(text)
            for start, stop in self._places_in(_lower(reading.text))
        ]
        return replaced(text, [(start, stop, shown) for start, stop in _joined(spans)]) if spans else text

    def _is_in_any(self, text: str) -> bool:
        return any(map(self._is_in, reading_texts(text)))

    def _is_in(self, reading: str) -> bool:
        """Does a secret, or a piece of one, stand in a reading of a text? Bytes are searched twice as fast as texts."""
        if self._short_signs and any(map(_bytes(reading).lower().__contains__, self._short_signs)):
            return True
        bare = _bytes(reading if reading.isascii() else _squeezed(reading)).lower().translate(None, _SPACES)
        return any(map(bare.__contains__, self._long_signs))

    def _places_in(self, text: str) -> Iterator[tuple[int, int]]:
        """Where secrets and pieces of them stand in a text; the long ones with any white space inside."""
        for needle in self._short:
            yield from ((at, at + len(needle)) for at in _places(text, needle))
        bare = _squeezed(text)
        spans = [(at, at + len(form)) for form in self._long for at in _places(bare, form)]
        for piece, form in self._pieces.items():
            spans += [_grown(bare, at, piece, form) for at in _places(bare, piece)]
        if not spans:
            return
        places = [at for at, char in enumerate(text) if not char.isspace()]
        for start, stop in spans:
            yield places[start], places[stop - 1] + 1


_finder = lru_cache(maxsize=16)(_Finder)


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, with its own escapes undone, and in its encodings."""
    read = secret
    for _ in range(DEEPEST):
        yield read
        read = undone(read)
    yield secret.replace(" ", "+")
    raw = secret.encode("utf-8", "surrogatepass")
    if len(raw) >= SHORTEST_PIECE:
        yield raw.hex()
        # In base64 a text looks differently at each of three places; the characters at its ends depend on what is around it.
        for lead in range(3):
            code = base64.b64encode(b"\0" * lead + raw).decode().rstrip("=")
            inner = code[(0, 2, 3)[lead] : len(code) if (lead + len(raw)) % 3 == 0 else -1]
            yield from {inner, inner.replace("+", "-").replace("/", "_")}


def _pieces(form: str) -> Iterator[str]:
    """The pieces by which a secret is recognised: its beginning, its end, and each stretch of eight characters between.

    Scheme and host of a URL are none of its secret.
    """
    origin = _ORIGIN.match(form)
    own = form[origin.end() :] if origin else form
    if origin and "@" in origin[0]:
        yield from _pieces(origin[0].partition("://")[2].partition("@")[0])
    for size in range(SHORTEST_PIECE, min(len(own), _SHORTEST_WORD) + 1):
        if size == _SHORTEST_WORD or not own[:size].rstrip("-_./:= ").isalpha():
            yield own[:size]
            break
    for size in range(SHORTEST_PIECE, min(len(own), _SHORTEST_WORD) + 1):
        if size == _SHORTEST_WORD or not own[-size:].lstrip("-_./:= ").isalpha():
            yield own[-size:]
            break
    for at in range(SHORTEST_PIECE, len(own) - SHORTEST_PIECE, SHORTEST_PIECE):
        if not own[at : at + SHORTEST_PIECE].isalpha():
            yield own[at : at + SHORTEST_PIECE]


def _grown(text: str, at: int, piece: str, form: str) -> tuple[int, int]:
    """From a piece of a secret to as much of the secret as stands around it."""
    inside = form.find(piece)
    start, stop = at, at + len(piece)
    first, last = inside, inside + len(piece)
    while start and first and text[start - 1] == form[first - 1]:
        start, first = start - 1, first - 1
    while stop < len(text) and last < len(form) and text[stop] == form[last]:
        stop, last = stop + 1, last + 1
    return start, stop


def _places(text: str, needle: str) -> Iterator[int]:
    at = text.find(needle)
    while at >= 0:
        yield at
        at = text.find(needle, at + len(needle))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order; those that touch are one."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _lower(text: str) -> str:
    """ASCII letters alone, so that every character stays where it is."""
    if text.isascii():
        return text.lower()
    # Of bytes, `lower` knows no other letters.
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _squeezed(text: str) -> str:
    """Without any white space."""
    return "".join(text.split())


#: The white space of ASCII.
_SPACES = b" \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
#: What stands in a secret that may go from one part of a document to the next: white space, what ends or begins the lines of
#: JSON, and the end of a tag. None of these is ever a part of an escape.
_CROSSING = late_pattern(r"[\s,{}\[\]>]")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# ---- people ----------------------------------------------------------------------------------------------------------

_TOKEN = late_pattern(r"\w+")
#: How many texts a masker keeps with what they were masked to, and the longest of them in characters.
_MOST_KEPT, _LONGEST_KEPT = 50_000, 400


class Masker:
    """Masks numbers, e-mail addresses and known personal words in any text that is about to be shown.

    `words` are personal values known from manifests and answers (names, notes, numbers, …), `secrets` are removed whole.
    """

    def __init__(self, words: Iterable[str] = (), secrets: Iterable[str] = (), *, show_people: bool = False) -> None:
        self._secrets = frozenset(secret for secret in secrets if secret)
        self._show = show_people
        #: by their first token: how far before it they begin, and how long they are
        self._words: dict[str, set[tuple[int, int]]] = {}
        self._known: set[str] = set()
        self._endings: dict[str, set[str]] = {}
        #: what texts were masked to: a plan shows the same ones several times
        self._shown: dict[str, str] = {}
        self.learn(words)

    def learn(self, words: Iterable[str]) -> None:
        """Add personal values; texts of one character are too common to be masked."""
        for word in words:
            token = _TOKEN.search(word)
            if len(word) < 2 or word in self._known or token is None:
                continue
            self._known.add(word)
            self._words.setdefault(token[0], set()).add((token.start(), len(word)))
            if sum(char.isdigit() for char in word) >= 7 and not any(char.isalpha() for char in word):
                for ending, numbers in endings([word]).items():
                    self._endings.setdefault(ending, set()).update(numbers)
        self._shown = {}  # another one: a thread that masks a text meanwhile keeps it in the old one

    def __call__(self, text: str) -> str:
        kept = self._shown
        shown = kept.get(text)
        if shown is None:
            shown = self._masked(text)
            if len(text) <= _LONGEST_KEPT and len(kept) < _MOST_KEPT:
                kept[text] = shown
        return shown

    def _masked(self, text: str) -> str:
        if self._secrets:
            text = hide_secrets(text, self._secrets)
        if has_one_reading(text) and not _SIGNS.search(text) and not may_have_numbers(text):  # as most texts of a plan
            return text if self._show or not self._words else replaced(text, self._names(text))
        text = _masked(text, credentials)
        if self._show:
            return text
        return _masked(text, _members, lambda reading: contacts(reading, self._endings), self._names)

    def _names(self, text: str) -> Iterator[Span]:
        """Known words, the longest at each place. Each token of the text is looked up once."""
        if not self._words:
            return
        done = 0
        for token in _TOKEN.finditer(text):
            for before, length in sorted(self._words.get(token[0], ()), key=lambda known: -known[1]):
                start = token.start() - before
                stop = start + length
                word = text[max(0, start) : stop]
                if start >= done and word in self._known and not _is_inside(text, start, stop):
                    yield start, stop, mask_word(word)
                    done = stop
                    break


def _is_inside(text: str, start: int, stop: int) -> bool:
    """Does a word go on before or behind start…stop?"""
    before, after = text[start - 1 : start] if start else "", text[stop : stop + 1]
    return bool(_TOKEN.match(before) or _TOKEN.match(after))
