"""What stands in a text where something was to be put in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mscode.model.late_pattern import late_pattern

_MOST, _MOST_OF_ONE = 100_000, 50
#: Each with the signs of which a text holds one where it can match: it is compiled for such a text alone.
_PATTERNS = (
    (("{", "<%"), late_pattern(r"\{\{[^{}\n]{0,80}\}\}|\$\{[^{}\n]{0,80}\}|<%=?[^%\n]{0,80}%>")),
    (("{",), late_pattern(r"\{(?:[A-Za-zÀ-ÿ_][\wÀ-ÿ .-]{0,40}|\d{0,2})\}")),
    (("%",), late_pattern(r"(?<![\d%])%(?:\([A-Za-z_]\w{0,40}\))?[sdif](?![A-Za-z])|%[A-Za-z][A-Za-z_]{1,40}%")),
    # Words of mailing programs: *|FNAME|*, %recipient.first%, %%First Name%%, ::subscriber.first_name::, [[name]], ((name)), #NAME#
    (("*|", "#"), late_pattern(r"\*\|[A-Z][A-Z0-9:_ ]{0,40}\|\*|(?<![#\w])#[A-Z][A-Z_]{1,30}#(?![#\w])")),
    (
        ("%", "::"),
        late_pattern(
            r"%[A-Za-z]\w{0,30}(?:\.\w{1,30}){1,3}%|%%[A-Za-z][\w .]{0,40}%%|::[A-Za-z]\w{0,30}(?:\.\w{1,30}){0,3}::"
        ),
    ),
    (("((", "[["), late_pattern(r"\(\([A-Za-z_][\w .]{0,40}\)\)|\[\[[A-Za-z_][\w .]{0,60}\]\](?!\()")),
    (("[",), late_pattern(r"\[(?:[A-ZÅÄÖÉÜ][A-ZÅÄÖÉÜ0-9_ -]{1,40})\]")),
    (
        ("[",),
        late_pattern(
            r"\[(?:insert|your|first|last|full|etu|suku|för|efter|vor|nach|pré)[ _-]?[^\[\]\n]{0,40}\]"
            r"|\[(?:name|date|time|place|city|nimi|aika|paikka|namn|datum|tid|name des|nom|nombre|fecha)\]",
            re.IGNORECASE,
        ),
    ),
    (("<", "&lt;"), late_pattern(r"<([A-Za-zÀ-ÿ_][\wÀ-ÿ -]{0,40})>|&lt;[A-Za-z_][\w -]{0,40}&gt;")),
    (
        ("XXX", "FIXME", "TBD", "TBA", "xx"),
        late_pattern(r"\b(?:XXX+|FIXME|TBD|TBA)\b|\bxx[.:/-]xx(?:[.:/-]xx(?:xx)?)?\b"),
    ),
)
_LOREM = late_pattern(r"\blorem\s+ipsum\b", re.IGNORECASE)
_TODO = late_pattern(r"\bTODO\b")
#: In these languages it is a word: all, everything.
_TODO_IS_A_WORD = ("es", "pt", "gl", "ca")
_NOT_READ = late_pattern(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = late_pattern(r"</?[A-Za-z][^<>]{0,2000}>")
#: The elements of HTML: the WHATWG standard's index, and the obsolete ones that e-mails still have.
_ELEMENT_NAMES = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button canvas "
    "caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption "
    "figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend "
    "li link main map mark marquee menu meta meter nav noframes noscript object ol optgroup option output p param picture pre "
    "progress q rp rt ruby s samp script search section select slot small source span strike strong style sub summary sup svg "
    "table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr"
)
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())


def placeholders(text: str, language: str, *, is_html: bool) -> Iterator[tuple[int, int]]:
    """The first and last place of each, in order. `language` is that of its voice, "" where nobody knows."""
    read = _blanked(text[:_MOST]) if is_html else text[:_MOST]
    patterns = [pattern for signs, pattern in _PATTERNS if any(sign in read for sign in signs)]
    if "lorem" in read.lower():
        patterns.append(_LOREM)
    if "TODO" in read and not _is_a_word(read, language):
        patterns.append(_TODO)
    taken, spans = bytearray(len(read)), list[tuple[int, int]]()
    for pattern in patterns:
        for match in pattern.finditer(read):
            is_element = pattern.groups and (match[1] or "").split(" ")[0].lower() in _ELEMENTS
            if not is_element and not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
                spans.append(match.span())
    yield from sorted(spans)[:_MOST_OF_ONE]


def _is_a_word(text: str, language: str) -> bool:
    """Is TODO a word of the text's language? Where there is no voice, its common words tell."""
    if language:
        return language in _TODO_IS_A_WORD
    words = re.findall(r"\b(?:el|la|los|las|para|con|por|una|que|você|não|uma|está|su)\b", text[:2000].lower())
    return len(words) >= 2


def _blanked(html: str) -> str:
    """The HTML with spaces in the place of what nobody reads: comments, scripts, styles, and attributes."""
    html = _NOT_READ.sub(lambda match: " " * len(match[0]), html)
    return _TAG.sub(lambda match: _name_alone(match[0]), html)


def _name_alone(tag: str) -> str:
    name = re.match(r"</?([A-Za-z][\w]*)", tag)
    is_element = name is not None and name[1].lower() in _ELEMENTS
    return " " * len(tag) if is_element else tag
