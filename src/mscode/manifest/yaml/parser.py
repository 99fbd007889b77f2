"""ruamel's events of a file, and its syntax errors in plain English. With `tree`, the only modules that meet ruamel.yaml.

Its C parser is used where it is there: it is twenty times as fast, and stricter than YAML 1.2 (`{url: https://…}` without
quotes is an error to it). So the pure parser has the last word where the C parser finds an error, and errors are the same
from both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mscode.errors import ManifestError
from mscode.manifest.yaml.source import Source, problem
from mscode.model.late_pattern import late_pattern

#: Of a file larger than this (in characters) the pure parser, 3 s a MB, is not asked again; but see `_only_c_refuses`.
_ASK_AGAIN = 1_500_000

Parser = Callable[[str], Iterator[Any]]


def c_events(text: str) -> Iterator[Any]:
    """Events of the C parser; ImportError where it is not there."""
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]

    parser = CParser(text)
    while parser.check_event():
        yield parser.get_event()


def pure_events(text: str) -> Iterator[Any]:
    """Events of the parser in Python."""
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).parse(text)  # type: ignore[no-any-return]


def has_c_parser() -> bool:
    """Is the C parser there?"""
    try:
        from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return False
    return bool(CParser)


def asks_again(error: Exception, text: str) -> bool:
    """Should the pure parser read the file again after this error of the C parser?"""
    return len(text) <= _ASK_AGAIN or "found unexpected ':'" in str(error)


_BAD_ESCAPE = late_pattern(
    r"\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|U(?!000[0-9a-fA-F]|0010)[0-9a-fA-F]{8}|U0000[dD][89a-fA-F])"
)
_REFERENCE = late_pattern(r"\$\{[\w.-]{1,80}\}")
_NO_DIRECTIVES = "Directives (lines that begin with %) are not allowed"
_BAD_HEAD = "The head of a block text takes nothing but |, >, +, - and a digit"
_CHECK = "Check brackets, quotes, colons and indentation."
_DIRECTIVE = late_pattern(r"^%.*", re.MULTILINE)


def syntax_error(error: Exception, source: Source) -> ManifestError:
    """A parser's error with its place, a summary and a hint."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _without_mark(source)
    context_mark = getattr(error, "context_mark", None) or mark
    at_beginning, summary, hint = _words(f"{getattr(error, 'context', '')}: {getattr(error, 'problem', '')}")
    at = context_mark if at_beginning else mark
    line = (source.lines[at.line : at.line + 1] or [""])[0]
    char = line[at.column : at.column + 1]
    if char == "{" and at.column and source.lines[at.line][at.column - 1] == "$":
        return _quote_it(source, at.line, at.column - 1)
    if char == "\t" or not summary:
        return tab(source, at.line, at.column)
    if (odd := odd_space_above(source, at.line)) is not None:
        return odd_space(source, *odd)
    # An end of the file without a line end is a line further on to the C parser.
    place = source.place(at.line, at.column)
    detail = f"It belongs to what begins in line {context_mark.line + 1}." if context_mark.line + 1 < place.line else ""
    if detail and summary == _MISFIT:
        begins = f"the block that starts in line {context_mark.line + 1}"
        summary, detail = f"Wrong indentation: this line does not line up with {begins}", ""
    return problem(place, summary.replace("{char}", char), detail, hint, "yaml-syntax")


_MISFIT = "This does not fit what stands above"
#: Spaces that are none to YAML: a text that was copied from a web page or a word processor has them.
_ODD = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000"
ODD_SPACE = late_pattern(f"[{_ODD}]")
#: In front of a key or a list item, and behind a key's colon.
_ODD_INDENT = late_pattern(rf"[ \t]*+(?:-[ \t]*+)?[{_ODD}]")
_ODD_VALUE = late_pattern(rf"[ \t]*+(?:-[ \t]*+)?[\w.-]++:[{_ODD}]")
#: Lines above an error in which its cause is looked for.
_ABOVE = 2
_QUOTE_IT = "A ${…} inside {…} or […] must stand in quotes"


def _quote_it(source: Source, line: int, column: int) -> ManifestError:
    """Inside a flow collection the `{` of a reference begins a mapping of its own."""
    reference = _REFERENCE.match(source.lines[line], column)
    text = reference.group() if reference else "${…}"
    return problem(source.place(line, column), _QUOTE_IT, "", f'Quote it: "{text}".', "quote-it")


def _words(message: str) -> tuple[bool, str, str]:
    for pattern, at_beginning, summary, hint in _TABLE:
        if re.search(pattern, message):
            return at_beginning, summary, hint
    return False, "This is not YAML", _CHECK


def tab(source: Source, line: int, column: int) -> ManifestError:
    """The refusal of a tab outside quotes, block texts and comments."""
    hint = "Use spaces; a tab may stand only inside a quoted text, a block text or a comment."
    return problem(source.place(line, column), "A tab is not allowed here", "", hint, "tab")


def odd_space_above(source: Source, line: int) -> tuple[int, int] | None:
    """Line and column (from 0) of a space that is none to YAML, in a line or right above it, where it makes a key or a list item
    another thing; the parser notices that only in the line below.
    """
    for at in range(min(line, len(source.lines) - 1), max(-1, line - _ABOVE - 1), -1):
        if match := _ODD_INDENT.match(source.lines[at]) or _ODD_VALUE.match(source.lines[at]):
            return at, match.end() - 1
    return None


def odd_space(source: Source, line: int, column: int) -> ManifestError:
    """The refusal of a space that is none to YAML in front of a key or a list item, or behind a colon."""
    code = f"U+{ord(source.lines[line][column]):04X}"
    name = "non-breaking space" if code in ("U+00A0", "U+202F") else "special space"
    hint = "Type ordinary spaces in its place; texts copied from web pages and word processors have such ones."
    return problem(
        source.place(line, column), f"A {name} ({code}) stands where YAML needs a space", "", hint, "odd-space"
    )


def _without_mark(source: Source) -> ManifestError:
    if _DIRECTIVE.search(source.text):
        return directives(source)
    if escape := _BAD_ESCAPE.search(source.text):
        return bad_escape(source, *source.at(escape.start()))
    return problem(source.place(0, 0), "This is not YAML", "", _CHECK, "yaml-syntax")


def bad_head(source: Source, line: int, column: int) -> ManifestError:
    """The refusal of more than indicators after the | or > of a block text."""
    tab_at = source.lines[line].find("\t", column)
    if tab_at >= 0 and not source.lines[line][column + 1 : tab_at].strip(" -+0123456789"):
        return tab(source, line, tab_at)
    return problem(source.place(line, column), _BAD_HEAD, "", "Begin the text on the next line.", "yaml-syntax")


def glued(source: Source, line: int, column: int) -> ManifestError:
    """The refusal of a comment right behind what it follows."""
    hint = "Put a space before the #; or, if it belongs to the text, put all of it in quotes."
    return problem(source.place(line, column), "A comment needs a space before its #", "", hint, "glued-comment")


def directive(source: Source, line: int, column: int) -> ManifestError:
    """The refusal of a line that begins with %."""
    return problem(source.place(line, column), _NO_DIRECTIVES, "", "Remove the line.", "directive")


def directives(source: Source) -> ManifestError:
    """The same, for the first such line of the file."""
    match = _DIRECTIVE.search(source.text)
    return directive(source, *source.at(match.start() if match else 0))


def bad_escape(source: Source, line: int, column: int) -> ManifestError:
    """The refusal of an escape that is no character."""
    hint = "Write the character itself."
    return problem(source.place(line, column), "This escape is no character", "", hint, "yaml-syntax")


#: (pattern of the parser's message, report the place where its context began, summary, hint). Both parsers' wordings.
_TABLE: tuple[tuple[str, bool, str, str], ...] = (
    (r"directive|incompatible YAML", True, _NO_DIRECTIVES, "Remove the line."),
    (
        r"alphabetic or numeric character",
        True,
        "Anchors and aliases are not allowed",
        "Quote a text that begins with & or *.",
    ),
    (
        r"scanning a tag|parsing a tag|undefined tag handle",
        True,
        "Tags are not allowed",
        "Quote a text that begins with !.",
    ),
    (r"quoted scalar: found unexpected end", True, "This quote is never closed", "Add the closing quote."),
    (r"quoted scalar: found unexpected document", True, "This quote is never closed", "Add the closing quote."),
    (r"unknown escape character", False, "This escape is unknown", r"Write \\ for a backslash, or use single quotes."),
    (
        r"hexdecimal number",
        False,
        "This escape needs hexadecimal digits",
        r"Write \\ for a backslash, or use single quotes.",
    ),
    (r"invalid Unicode character escape", False, "This escape is no character", "Write the character itself."),
    (r"cannot start any token", False, "A value cannot begin with {char}", "Put the text in quotes."),
    (r"tab character|\\t", False, "", ""),
    (
        r"expected ',' or '\]'",
        False,
        "A comma or ] is missing here",
        "Close the list that began with [, or add the comma.",
    ),
    (
        r"expected ',' or '\}'",
        False,
        "A comma or } is missing here",
        "Close the mapping that began with {, or add the comma.",
    ),
    (
        r"mapping values are not allowed",
        False,
        'A ":" is not allowed here',
        'Put a text that holds ": " in quotes, or check the indentation.',
    ),
    (
        r"(?:block )?sequence entries are not allowed",
        False,
        'A list item ("- ") is not allowed here',
        "Begin the list on a line of its own.",
    ),
    (r"mapping keys are not allowed", False, 'A "? " is not allowed here', "Put the text in quotes."),
    (
        r"could not find expected ':'",
        True,
        'A ":" is missing after this key',
        'Write "key: value", or check the indentation.',
    ),
    (
        r"indentation indicator|comment or (?:a )?line break|chomping",
        True,
        _BAD_HEAD,
        "Begin the text on the next line.",
    ),
    (r"node content", False, "A value is missing here", "Add the value, or remove what follows."),
    (
        r"<document start>",
        False,
        "This stands outside the document",
        "Check the indentation: top-level keys begin in one column.",
    ),
    (r"block collection", False, "This is not an item of the list above", "Check the indentation."),
    (
        r"block mapping",
        False,
        _MISFIT,
        "Check the indentation, and put texts that hold quotes or brackets in quotes.",
    ),
)
