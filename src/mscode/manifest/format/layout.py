"""The canonical layout of a file: where things stand, not which. Order, comments and what is read stay as they are.

Two spaces an indentation, lists below their key too; one space after a colon; a collection in braces on one line where it
fits, else in block style; at most one empty line between things; comments where they were, as far after
what they follow as before. Texts keep their quotes and get them where YAML would surprise (`quoting`); a value that a
free-form field reads as a number or a truth value is never quoted, for that would make a text of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

from mscode.kinds.fields.shape import Shape
from mscode.manifest.format.layout_source import Document, Piece, SourceComment, SourceLayout, block_lines
from mscode.manifest.yaml.quoting import quoted, surprises
from mscode.manifest.yaml.writer import WIDTH
from mscode.model.values import Scalar, core

_NO_END = 1 << 62


def laid_out(source: SourceLayout, shape: Shape) -> str:
    """The file's text in the canonical layout. `shape` is that of each document's root."""
    return _Layout(source, shape).run()


class _Layout:
    def __init__(self, source: SourceLayout, shape: Shape) -> None:
        self._source, self._shape = source, shape
        self._out: list[str] = []
        self._comments: deque[SourceComment] = deque(source.comments)
        self._comment_starts = [comment.start for comment in source.comments]
        roots = [document.root for document in source.documents if document.root is not None]
        starts = {start for root in roots for start in _starts(root)}
        self._starts = sorted(starts | {document.start for document in source.documents})

    def run(self) -> str:
        for at, document in enumerate(self._source.documents):
            self._document(document, is_first=at == 0)
        self._write_comments(_NO_END, 0)
        return "\n".join(self._out) + "\n"

    def _document(self, document: Document, *, is_first: bool) -> None:
        root = document.root
        if not is_first or document.explicit:
            self._write_comments(document.start, 0)
            self._out += [document.directive, "---"] if document.directive else ["---"]
        if root is not None and not (root.is_scalar and not root.raw):
            self._write_comments(root.first_start(), 0)
            self._collection(root, 0, self._shape)

    # ---- collections in block style ----

    def _collection(self, node: Piece, indent: int, shape: Shape, lead: str = "", outer: int = -1) -> None:
        """`lead` is what stands before the first thing on its line; `outer` the column of the mapping around it."""
        dashes = self._dash_lines(node)
        for at, item in enumerate(node.items):
            key = node.keys[at] if node.keys is not None else None
            start = min(key.start if key else item.start, item.first_start())
            if at or not lead:
                self._write_comments(start, indent)
                self._keep_empty_line(key.line if key else dashes[at])
            head = lead if lead and not at else " " * indent
            if key is not None:
                self._entry(f"{head}{_key(key)}:", key, item, indent, shape.at(key.text), node.column)
            else:
                self._item(f"{head}-", item, indent, shape.at(at))
        self._write_closing_comments(node, indent, outer)

    def _dash_lines(self, node: Piece) -> list[int]:
        """The line of each item's dash, which may stand above the item."""
        if node.keys is not None or node.flow:
            return [item.line for item in node.items]
        dash_lines: list[int] = []
        line, lines = node.line, self._source.lines
        for item in node.items:
            while lines[line][node.column : node.column + 1] != "-" or lines[line][: node.column].strip(" -?:"):
                line += 1
            dash_lines.append(line)
            line = max(line, item.end_line if item.raw or item.items else line) + 1
        return dash_lines

    def _item(self, head: str, item: Piece, indent: int, shape: Shape) -> None:
        self._write_comments(item.first_start(), indent)
        if item.is_scalar:
            self._scalar(head, item, indent, shape)
        elif (line := self._one_line(item, shape, len(head))) is not None:
            self._finish(f"{head} {line}", item)
        elif item.keys is None:
            self._out.append(head)
            self._collection(item, indent + 2, shape)
        else:
            self._collection(item, indent + 2, shape, lead=f"{head} ")

    def _entry(self, head: str, key: Piece, value: Piece, indent: int, shape: Shape, column: int) -> None:
        if value.is_scalar and not value.raw:
            self._out.append(head + self._trailing_comment(key.end_line, key.end))
        elif value.is_scalar:
            self._write_comments(value.start, indent)
            self._scalar(head, value, indent, shape)
        elif (line := self._one_line(value, shape, len(head))) is not None:
            self._write_comments(value.start, indent)
            self._finish(f"{head} {line}", value)
        else:
            self._out.append(head + self._trailing_comment(key.end_line, key.end, before=value.first_start()))
            self._collection(value, indent + 2, shape, outer=column if value.keys is None else -1)

    def _finish(self, line: str, node: Piece) -> None:
        self._out.append(line + self._trailing_comment(node.end_line, node.end))

    # ---- scalars ----

    def _scalar(self, head: str, node: Piece, indent: int, shape: Shape) -> None:
        if node.style and node.style in "|>":
            self._block_text(head, node, indent)
        elif "\n" in node.raw:
            first, *rest = node.raw.split("\n")
            self._out.append(f"{head} {first}".rstrip())
            self._out += [f"{' ' * (indent + 2)}{line.strip(' ')}".rstrip() for line in rest]
            self._out[-1] += self._trailing_comment(node.end_line, node.end)
        else:
            self._finish(f"{head} {_scalar_text(node, shape)}".rstrip(), node)

    def _block_text(self, head: str, node: Piece, indent: int) -> None:
        lines = block_lines(node, self._source.lines)
        behind = self._trailing_comment(node.line, node.start)
        if lines is None:
            self._out.append(f"{head} {quoted(node.text)}{behind}")
            return
        digit = "2" if lines and next(line for line in lines if line).startswith(" ") else ""
        ends = len(node.text) - len(node.text.rstrip("\n"))
        keeps = "+" in node.raw.partition("\n")[0].partition("#")[0]
        chomp = "-" if not ends else "+" if keeps else ""
        self._out.append(f"{head} {node.style}{digit}{chomp}{behind}")
        self._out += [f"{' ' * (indent + 2)}{line}" if line else "" for line in lines]
        self._out += [""] * (ends - (1 if lines else 0) if chomp == "+" else 0)

    def _one_line(self, node: Piece, shape: Shape, before: int) -> str | None:
        """A collection in braces on one line; None where it is in block style, holds a comment, or does not fit."""
        if not node.flow or (node.items and self._holds_comment(node)):
            return None
        line = _flow(node, shape)
        return line if line is not None and (not node.items or before + 1 + len(line) <= WIDTH) else None

    def _holds_comment(self, node: Piece) -> bool:
        at = bisect_right(self._comment_starts, node.start)
        return at < len(self._comment_starts) and self._comment_starts[at] < node.end

    # ---- comments and empty lines ----

    def _write_closing_comments(self, node: Piece, indent: int, outer: int) -> None:
        """Comments at the end of a collection that are indented as far as it is, and inside its braces."""
        if node.flow:
            self._write_comments(node.end, indent)
            return
        following = bisect_right(self._starts, node.last_start())
        limit = self._starts[following] if following < len(self._starts) else _NO_END
        min_column = node.column + (1 if node.column == outer else 0)
        self._write_comments(limit, indent, min_column)

    def _write_comments(self, before: int, indent: int, min_column: int = 0) -> None:
        """Comments that stand before an index, each on a line of its own."""
        while self._comments and self._comments[0].start < before and self._comments[0].column >= min_column:
            comment = self._comments.popleft()
            self._keep_empty_line(comment.line)
            self._out.append(" " * indent + comment.text)

    def _trailing_comment(self, line: int, start: int, before: int = _NO_END) -> str:
        """The comment at the end of a line, after what ends there, with the spaces before it; "" where there is none."""
        if not self._comments:
            return ""
        first = self._comments[0]
        if first.alone or first.line != line or not start <= first.start < before:
            return ""
        self._comments.popleft()
        return " " * max(1, first.gap) + first.text

    def _keep_empty_line(self, line: int) -> None:
        """One empty line where there was one or more, except at the beginning of a collection."""
        lines = self._source.lines
        if line and not lines[line - 1].strip() and self._out and not _opens(self._out[-1]):
            self._out.append("")


def _opens(line: str) -> bool:
    """No empty line below an empty line, a separator, or what begins a collection."""
    bare = line.partition(" #")[0].rstrip() if not line.lstrip().startswith("#") else line
    return not line or line == "---" or bare.endswith(":")


def _starts(node: Piece) -> Iterator[int]:
    yield node.start
    for child in (*(node.keys or ()), *node.items):
        yield from _starts(child)


def _key(key: Piece) -> str:
    if key.style in ("|", ">") or "\n" in key.raw:
        return quoted(key.text)
    return _scalar_text(key, Shape())


def _scalar_text(node: Piece, shape: Shape) -> str:
    """A scalar of one line: quoted where YAML would surprise, its own quotes else (double ones where they need no escape)."""
    if node.style == "'" and not set("\"\\'") & set(node.text) and node.text.isprintable():
        return f'"{node.text}"'
    if node.style or not surprises(node.text):
        return node.raw
    return node.raw if shape.free and not isinstance(core(Scalar(node.text)), str) else quoted(node.text)


def _flow(node: Piece, shape: Shape) -> str | None:
    """None where something in it takes more than one line, or is nothing."""
    if node.is_scalar:
        return None if "\n" in node.raw or not node.raw else _scalar_text(node, shape)
    if node.keys is None:
        parts = [_flow(item, shape.at(at)) for at, item in enumerate(node.items)]
        return None if None in parts else f"[{', '.join(part or '' for part in parts)}]"
    pairs = []
    for key, item in zip(node.keys, node.items, strict=True):
        value = _flow(item, shape.at(key.text))
        if value is None or "\n" in key.raw or not key.raw:
            return None
        pairs.append(f"{_key(key)}: {value}")
    return f"{{{', '.join(pairs)}}}"
