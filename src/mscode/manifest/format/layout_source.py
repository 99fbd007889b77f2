"""A file's text as a tree that remembers how it was written, and its comments, for `fmt`.

Made of ruamel's events, as `tree` is, and not of its round-trip objects: those turn `0501234567` into a number, move
comments about, and know nothing of what a field means. Here a scalar keeps its source text, so that only what `layout`
means to change is written differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from mscode.manifest.yaml import parser as syntax
from mscode.model.light_dataclass import dataclass

_COMMENT = re.compile(r"(?<![^ \t\n])#[^\n]*")
_HEAD_COMMENT = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")


@dataclass(slots=True)
class Piece:
    """A scalar (`style` "", ', ", | or >), or a collection. `start` and `end` are indexes into the text, lines from 0.

    Of a mapping `keys` go with `items`; of a list `keys` is None.
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    style: str = ""
    text: str = ""
    raw: str = ""
    flow: bool = False
    is_scalar: bool = False
    keys: list[Piece] | None = None
    items: list[Piece] = field(default_factory=list)

    def first_start(self) -> int:
        """Where the first scalar in it begins."""
        children = (self.keys or self.items)[:1]
        return children[0].first_start() if children else self.start

    def last_start(self) -> int:
        """Where the last scalar in it begins."""
        return self.items[-1].last_start() if self.items else self.start


@dataclass(frozen=True, slots=True)
class SourceComment:
    """`gap` spaces or tabs stand before it; `alone`: nothing else is on its line. Line and column from 0."""

    start: int
    line: int
    column: int
    text: str
    gap: int
    alone: bool


@dataclass(slots=True)
class Document:
    """One document; `start` is where its `---` is, or its first character. `directive` stands above its `---`."""

    start: int
    explicit: bool
    directive: str = ""
    root: Piece | None = None


@dataclass(slots=True)
class SourceLayout:
    """A file as it is written: its lines, documents and comments, in order."""

    text: str
    lines: list[str]
    documents: list[Document]
    comments: list[SourceComment]


def read(text: str) -> SourceLayout:
    """The text (line ends \\n, no BOM, and known to be without errors) as a tree."""
    documents = _tree(text)
    lines = text.split("\n")
    hidden = sorted(
        _block_region(piece, lines, text) if piece.style in "|>" else (piece.start, piece.end)
        for document in documents
        for piece in _scalars(document.root)
        if piece.style
    )
    heads = [m.start(1) for start, _ in hidden if (m := _HEAD_COMMENT.match(text, start))]
    return SourceLayout(text, lines, documents, list(_comments(text, lines, hidden, set(heads))))


def _tree(text: str) -> list[Document]:
    if not syntax.has_c_parser():
        return _composed(text, syntax.pure_events)
    try:
        return _composed(text, syntax.c_events)
    except Exception:
        return _composed(text, syntax.pure_events)


def _composed(text: str, parser: syntax.Parser) -> list[Document]:
    from ruamel.yaml import events as kinds

    documents: list[Document] = []
    stack: list[tuple[Piece, list[Piece]]] = []

    def add(piece: Piece) -> None:
        if stack:
            stack[-1][1].append(piece)
        else:
            documents[-1].root = piece

    for event in parser(text):
        if isinstance(event, kinds.DocumentStartEvent):
            directive = f"%YAML {'.'.join(map(str, event.version))}" if event.version else ""
            documents.append(Document(event.start_mark.index, bool(event.explicit), directive))
        elif isinstance(event, kinds.ScalarEvent):
            add(_scalar(event, text))
        elif isinstance(event, kinds.MappingStartEvent | kinds.SequenceStartEvent):
            mark, is_mapping = event.start_mark, isinstance(event, kinds.MappingStartEvent)
            piece = Piece(mark.index, mark.index, mark.line, mark.column, mark.line, keys=[] if is_mapping else None)
            piece.flow = bool(event.flow_style)
            stack.append((piece, []))
        elif isinstance(event, kinds.MappingEndEvent | kinds.SequenceEndEvent):
            add(_closed(*stack.pop(), event))
    return documents


def _scalar(event: Any, text: str) -> Piece:
    start, end, style = event.start_mark, event.end_mark, event.style or ""
    raw = text[start.index : end.index].rstrip() if event.value or style else ""
    end_line = start.line + raw.count("\n")
    stop = start.index + len(raw)
    return Piece(start.index, stop, start.line, start.column, end_line, style, event.value, raw, is_scalar=True)


def _closed(piece: Piece, children: list[Piece], event: Any) -> Piece:
    if piece.keys is not None:
        piece.keys, children = children[::2], children[1::2]
    piece.items = children
    last = event.end_mark if piece.flow else None
    piece.end = last.index if last else max([child.end for child in children], default=piece.start)
    piece.end_line = last.line if last else max([child.end_line for child in children], default=piece.line)
    return piece


def _scalars(piece: Piece | None) -> Iterator[Piece]:
    if piece is None:
        return
    if piece.is_scalar:
        yield piece
    for child in (*(piece.keys or ()), *piece.items):
        yield from _scalars(child)


# ---- block texts -----------------------------------------------------------------------------------------------------


def block_lines(piece: Piece, lines: list[str]) -> list[str] | None:
    """The lines of a block text without its indentation and the empty lines at its end; None where that is not certain."""
    first_of_text = next((line for line in piece.text.split("\n") if line.strip(" ")), None)
    begin = piece.line + 1
    at = next((n for n in range(begin, len(lines)) if lines[n].strip(" ")), None)
    if first_of_text is None or at is None:
        return [] if not piece.text.strip("\n") else None
    indent = _indent(lines[at]) - _indent(first_of_text)
    if indent < 1 or any(len(lines[n]) > indent for n in range(begin, at)):
        return None
    body = []
    for n in range(begin, len(lines)):
        if lines[n].strip(" ") and _indent(lines[n]) < indent:
            break
        body.append(lines[n][indent:])
    while body and not body[-1].strip(" "):
        if body.pop():
            return None
    return body


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _block_region(piece: Piece, lines: list[str], text: str) -> tuple[int, int]:
    """From its indicator to the end of its last line that is not empty; sets the end of the piece to it."""
    count = len(block_lines(piece, lines) or ()) or piece.raw.count("\n")
    end = piece.start
    for _ in range(count + 1):
        end = text.find("\n", end) + 1 or len(text) + 1
    piece.end_line, piece.end = piece.line + count, end - 1
    return piece.start, end - 1


# ---- comments --------------------------------------------------------------------------------------------------------


def _comments(text: str, lines: list[str], hidden: list[tuple[int, int]], heads: set[int]) -> Iterator[SourceComment]:
    """What begins with # outside quotes and block texts; the head of a block text may carry one too."""
    starts = [0]
    for source_line in lines:
        starts.append(starts[-1] + len(source_line) + 1)
    at = line = position = 0
    while (match := _COMMENT.search(text, position)) is not None:
        start = match.start()
        while at < len(hidden) and hidden[at][1] <= start:
            at += 1
        if at < len(hidden) and hidden[at][0] < start and start not in heads:
            # A # inside a text: behind the text a comment may follow on the same line.
            position = hidden[at][1]
            continue
        position = match.end()
        while starts[line + 1] <= start:
            line += 1
        before = text[starts[line] : start]
        gap = len(before) - len(before.rstrip())
        yield SourceComment(start, line, len(before), match.group().rstrip(), gap, not before.strip())
