"""From a text back to its file: where each character of a scalar's value stands in the YAML that it was read from.

The parsers say where a scalar begins, and not where the third word of a folded block is. So the value is laid beside the
source once more, character by character: spaces and line ends of the two may differ (folding), escapes and doubled quotes
are one character, and `${…}` stands for whatever was put in. Each character is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mscode.errors import Place
from mscode.manifest.yaml.source import Source
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import Region, Style

_STYLES: dict[str, Style] = {"'": "single", '"': "double", "|": "block", ">": "block"}
_SPACES = " \t\r\n"
_ESCAPE = late_pattern(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(\r\n|.))", re.DOTALL)
_NAMED = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_REFERENCE = late_pattern(r"\$\{[^{}]*\}")
_END = late_pattern(r"\$\{|[\r\n\\]")
#: So much of what follows a reference is looked for in the value; a longer text would not be told apart any better.
_NEXT = 24


@dataclass(frozen=True, slots=True)
class Alignment:
    """For each character of a value the index in the source at which it begins and the one behind it; equal for a character
    that was put in by a reference. Shorter than the value where the two could not be laid beside each other.
    """

    style: Style
    starts: Sequence[int]
    ends: Sequence[int]

    def region(self, source: Source, start: int, end: int) -> Region | None:
        """The words from `start` to `end` of the value; None where they cannot be placed."""
        if not 0 <= start < end <= len(self.starts):
            return None
        line, column = source.at(self.starts[start])
        end_line, end_column = source.at(self.ends[end - 1])
        pairs = zip(self.starts[start:end], self.ends[start:end], strict=True)
        is_put_in = any(first == last for first, last in pairs)
        return Region(source.place(line, column), end_line + 1, end_column + 1, "" if is_put_in else self.style)


def aligned(source: Source, line: int, column: int, value: str) -> Alignment:
    """The scalar that begins at a line and column (from 0) and has this value."""
    if line >= len(source.starts):
        return Alignment("", [], [])
    begin = source.starts[line] + column
    style = _STYLES.get(source.text[begin : begin + 1], "plain")
    if style == "block":
        head = source.text.find("\n", begin)
        begin = len(source.text) if head < 0 else head + 1
    elif style != "plain":
        begin += 1
    first = begin
    while style == "block" and source.text.startswith(" ", first):
        first += 1
    if source.text.startswith(value, first) and "${" not in value:  # on one line, without an escape: most texts are
        stop = first + len(value)
        return Alignment(style, range(first, stop), range(first + 1, stop + 1))
    walk = _Walk(source.text, begin, style, value)
    walk.run()
    return Alignment(style, walk.starts, walk.ends)


class _Walk:
    """The source and the value side by side."""

    def __init__(self, text: str, begin: int, style: Style, value: str) -> None:
        self._text, self._at, self._style, self._value = text, begin, style, value
        self.starts: list[int] = []
        self.ends: list[int] = []

    def run(self) -> None:
        while (position := len(self.starts)) < len(self._value):
            character = self._value[position]
            if character in _SPACES:
                self._space(character)
                continue
            self._skip_spaces()
            unit, length = self._unit()
            if self._text.startswith("$${", self._at) and self._value.startswith("${", position):
                self._add(self._at, self._at + 2)
                self._add(self._at + 2, self._at + 3)
                self._at += 3
            elif self._text.startswith("${", self._at) and (reference := _REFERENCE.match(self._text, self._at)):
                self._pass(reference)
            elif unit == character:
                self._add(self._at, self._at + length)
                self._at += length
            else:
                return

    def _add(self, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)

    def _space(self, character: str) -> None:
        """A space or line end of the value: the same in the source, an escape of it, or whatever folding has left of it."""
        unit, length = self._unit()
        is_there = unit == character or (length == 1 and unit in _SPACES and unit != "")
        if is_there:
            self._add(self._at, self._at + length)
            self._at += length
        elif reference := _REFERENCE.match(self._text, self._at):
            self._pass(reference)
        else:
            self._add(self._at, self._at + 1)

    def _skip_spaces(self) -> None:
        while self._at < len(self._text):
            if self._text[self._at] in _SPACES:
                self._at += 1
            elif self._style == "double" and self._text[self._at : self._at + 2] in ("\\\n", "\\\r"):
                self._at += 2
            else:
                return

    def _unit(self) -> tuple[str, int]:
        """The character that the source has at this index, and how many characters it is written with."""
        if self._style == "single" and self._text.startswith("''", self._at):
            return "'", 2
        if self._style == "double" and (escape := _ESCAPE.match(self._text, self._at)):
            digits = escape[1] or escape[2] or escape[3]
            if digits:
                code = int(digits, 16)
                return (chr(code) if code <= 0x10FFFF else ""), escape.end() - escape.start()
            return _NAMED.get(escape[4], escape[4]), escape.end() - escape.start()
        return self._text[self._at : self._at + 1], 1

    def _pass(self, reference: re.Match[str]) -> None:
        """A reference, with those that follow it: the value goes on with whatever they stand for, up to the words behind them."""
        self._at = reference.end()
        self._skip_spaces()
        while following := _REFERENCE.match(self._text, self._at):
            self._at = following.end()
            self._skip_spaces()
        position = len(self.starts)
        words = (
            _END.split(self._text[self._at : self._at + _NEXT], maxsplit=1)[0]
            .partition(self._quote or "\0")[0]
            .rstrip()
        )
        resumes = self._value.find(words, position) if words else -1
        stop = resumes if resumes >= 0 else len(self._value)
        for _ in range(position, stop):
            self._add(reference.start(), reference.start())

    @property
    def _quote(self) -> str:
        return {"single": "'", "double": '"'}.get(self._style, "")


def region_of_file(file: str, text: str, start: int, end: int, *, mask: bool) -> Region:
    """The words from `start` to `end` of a file that is a text."""
    source = Source(file, text, show_people=not mask)
    line, column = source.at(start)
    end_line, end_column = source.at(end)
    place = source.place(line, column)
    # What is cut off at the end of the file is put at its last line by `place`; words are where they are.
    return Region(Place(file, line + 1, column + 1, place.text, place.caret), end_line + 1, end_column + 1, "file")
