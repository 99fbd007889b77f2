"""YAML to a light tree with places.

The tree is composed from the parser's events, not from round-trip objects (seven times slower) and not recursively: every
limit is checked while it grows, so that a hostile file is refused early. A scalar keeps its text; what it means is decided
by the field it stands in. What a manifest may not use (anchors, tags, duplicate keys, …) is reported and the tree goes
on; a collection that holds such a thing is `flawed`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.manifest.yaml import parser as syntax
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.source import MAX_BYTES, Source, decode, problem
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.values import Scalar

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_NODES", "Node", "Parsed", "key_node", "no_collector", "parse", "parse_all"]

MAX_NODES = 1_000_000
MAX_DEPTH = 100
#: Reading of a file stops at this many errors.
MAX_FLAWS = 100
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
#: White space is YAML's own: behind a no-break space a # begins no comment.
_COMMENT = r"(?<![^ \t\r\n])#[^\r\n]*"
_TAB_OR_COMMENT = late_pattern(rf"{_COMMENT}|\t")
_GLUED = late_pattern(r"[^ \t\r\n]#")
_GLUED_OR_COMMENT = late_pattern(rf"{_COMMENT}|#")
_BLOCK_HEAD = late_pattern(r"[|>][-+0-9]* *(?: #.*)?(?:[\r\n]|\Z)")
_ALLOW = "mscode:allow"
_ALLOWING = late_pattern(rf"#\s*{_ALLOW}\b[ \t:]*([^\r\n]*)")
_LINE_END = late_pattern(r"[\r\n]|\Z")
_LONE = late_pattern("[\ud800-\udfff\x00]")


class Node:
    """A value with its place (line and column from 0).

    `value` is a Scalar, a list of nodes, or a dict of key text to node; `keys` are the keys' nodes. `flawed`: something
    in it was refused, so that what it says is not to be judged further.
    """

    __slots__ = ("column", "flawed", "keys", "line", "source", "value")

    def __init__(self, value: Any, line: int, column: int, source: Source, keys: dict[str, Node] | None = None) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.source = source
        self.keys = keys
        self.flawed = False

    @property
    def place(self) -> Place:
        """Where it stands, with the masked line; made anew at each call, which costs masking."""
        return self.source.place(self.line, self.column)

    def get(self, *path: Any) -> Node | None:
        """The node at a path of keys and indexes; None where there is none."""
        current: Node | None = self
        for step in path:
            current = current._child(step) if current is not None else None
        return current

    def _child(self, step: Any) -> Node | None:
        if isinstance(self.value, dict):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]  # type: ignore[no-any-return]
        return None

    def data(self) -> Any:
        """Plain data: mappings, lists, None for an unquoted null, else the Scalar."""
        value = self.value
        if isinstance(value, dict):
            return {key: child.data() for key, child in value.items()}
        if isinstance(value, list):
            return [child.data() for child in value]
        return None if value.plain and value in _NULLS else value


def key_node(mapping: Node, key: str) -> Node:
    """The node of a key itself, for errors about its name."""
    return (mapping.keys or {}).get(key, mapping)


@dataclass(slots=True)
class Parsed:
    """What a file holds: its documents, what is wrong with it, and whether it could be read to its end."""

    documents: list[Node] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    complete: bool = True


def parse(raw: bytes, file: str) -> list[Node]:
    """Every document of a file as a node; ManifestError with everything that is wrong with it as YAML."""
    parsed = parse_all(raw, file)
    if parsed.errors:
        raise ManifestError(parsed.errors)
    return parsed.documents


def parse_all(raw: bytes, file: str, *, show_people: bool = False, parser: syntax.Parser | None = None) -> Parsed:
    """Every document of a file, with its errors; never raises. `parser` takes the place of the best one."""
    try:
        source = decode(raw, file, show_people=show_people)
    except ManifestError as error:
        return Parsed([], list(error.diagnostics), complete=False)
    with no_collector():
        if parser is not None:
            return _parsed(source, parser)
        if not syntax.has_c_parser():
            return _parsed(source, syntax.pure_events)
        return _best(source)


@contextmanager
def no_collector() -> Iterator[None]:
    """Switch the garbage collector off while a tree grows: it would scan every node again and again, and free none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _best(source: Source) -> Parsed:
    """The C parser's tree; where it reports an error, the pure parser decides (see `asks_again`)."""
    composer = _Composer(source)
    try:
        return composer.run(syntax.c_events)
    except ManifestError as error:
        return composer.stopped(error)
    except Exception as error:
        if syntax.asks_again(error, source.text):
            return _parsed(source, syntax.pure_events)
        return composer.stopped(composer.translated(error))


def _parsed(source: Source, parser: syntax.Parser) -> Parsed:
    composer = _Composer(source)
    try:
        return composer.run(parser)
    except ManifestError as error:
        return composer.stopped(error)
    except Exception as error:
        # A parser in Python has more ways to fail than its own errors: chr() of a bad escape, an assertion, ….
        return composer.stopped(composer.translated(error))


class _Stop(ManifestError):
    """Reading ends here; the reason is reported already."""


class _Composer:
    """A stack of open collections instead of recursion; for a mapping, the key that waits for its value."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._nodes = 0
        #: scalars by their text, those in quotes first
        self._shared: tuple[dict[str, Scalar], dict[str, Scalar]] = ({}, {})
        self._line = 0
        self._stack: list[Node] = []
        self._waiting: list[Node | None] = []
        self._parsed = Parsed()
        self._quoted: list[tuple[int, int]] | None = [] if "\t" in source.text else None
        self._scalars: list[tuple[int, int]] | None = [] if _GLUED.search(source.text) else None
        self._texts: list[tuple[int, int]] | None = [] if _ALLOW in source.text else None

    def run(self, parser: syntax.Parser) -> Parsed:
        from ruamel.yaml import events as kinds

        take: dict[Any, Callable[[Any], None]] = {
            kinds.ScalarEvent: self._scalar,
            kinds.MappingStartEvent: self._mapping,
            kinds.SequenceStartEvent: self._sequence,
            kinds.MappingEndEvent: self._close,
            kinds.SequenceEndEvent: self._close,
            kinds.AliasEvent: self._alias,
            kinds.DocumentStartEvent: self._document,
        }
        for event in parser(self._source.text):
            if (step := take.get(type(event))) is not None:
                step(event)
        self._refuse_tabs(len(self._source.text))
        self._refuse_glued_comments()
        self._note_allowing_comments()
        return self._parsed

    def stopped(self, error: ManifestError) -> Parsed:
        """No documents: the flaws so far, and the error at which reading stopped."""
        return Parsed([], [*self._parsed.errors, *error.diagnostics], complete=False)

    def translated(self, error: Exception) -> ManifestError:
        """A parser's error in plain English; a tab before it is the likelier cause."""
        mark = getattr(error, "problem_mark", None)
        try:
            self._refuse_tabs(mark.index if mark is not None else 0)
        except ManifestError as tab:
            return tab
        return syntax.syntax_error(error, self._source)

    # ---- events ----

    def _scalar(self, event: Any) -> None:
        mark, text = event.start_mark, event.value
        scalar = self._scalar_of(text, is_plain=not event.style)
        node = Node(scalar, self._line_of(mark), mark.column, self._source)
        self._count(mark)
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event, node)
        if self._scalars is not None:
            self._scalars.append((event.start_mark.index, event.end_mark.index))
        if self._texts is not None:
            # Behind the head of a block text a comment may stand; what follows in the block is text, whatever it looks like.
            is_block = event.style in ("|", ">")
            begins = _LINE_END.search(self._source.text, mark.index) if is_block else None
            self._texts.append((begins.start() if begins else mark.index, event.end_mark.index))
        if event.style:
            if self._quoted is not None:
                self._quoted.append((mark.index, event.end_mark.index))
            if event.style in "|>" and not _BLOCK_HEAD.match(self._source.text, mark.index):
                raise syntax.bad_head(self._source, mark.line, mark.column)
            if event.style == '"' and _LONE.search(text):
                raise syntax.bad_escape(self._source, mark.line, mark.column)
        self._add(node)

    def _scalar_of(self, text: str, *, is_plain: bool) -> Scalar:
        """A scalar; one for all places at which the same stands, as the fields of many like objects have it."""
        shared = self._shared[is_plain]
        scalar = shared.get(text)
        if scalar is None:
            scalar = Scalar(text, plain=is_plain)
            shared[scalar] = scalar
        return scalar

    def _line_of(self, mark: Any) -> int:
        """The line of a mark, in one number for all that stands there: of each mark it is a number of its own."""
        if mark.line != self._line:
            self._line = mark.line
        return self._line

    def _mapping(self, event: Any) -> None:
        mark = event.start_mark
        self._open(event, Node({}, self._line_of(mark), mark.column, self._source, {}))

    def _sequence(self, event: Any) -> None:
        mark = event.start_mark
        self._open(event, Node([], self._line_of(mark), mark.column, self._source))

    def _open(self, event: Any, node: Node) -> None:
        self._count(event.start_mark)
        if len(self._stack) >= MAX_DEPTH:
            raise problem(node.place, "Values are nested more than 100 levels deep", "", "Flatten them.", "too-deep")
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event, node)
        self._stack.append(node)
        self._waiting.append(None)

    def _close(self, event: Any) -> None:
        self._waiting.pop()
        self._add(self._stack.pop())

    def _alias(self, event: Any) -> None:
        node = Node(Scalar(""), event.start_mark.line, event.start_mark.column, self._source)
        self._count(event.start_mark)
        self._flaw(node, "Anchors and aliases are not allowed", hint="Write the value out.", code="alias")
        if not self._stack or (self._stack[-1].keys is not None and self._waiting[-1] is None):
            # As a key: the parsers differ in what they make of `*a: b`.
            raise _Stop([])
        self._add(node)

    def _document(self, event: Any) -> None:
        mark, is_first = event.start_mark, not self._parsed.documents
        if event.tags or event.version not in (None, (1, 2)) or (event.version and not is_first):
            if self._source.lines[mark.line][mark.column : mark.column + 1] == "%":
                raise syntax.directive(self._source, mark.line, mark.column)
            raise syntax.directives(self._source)

    def _count(self, mark: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            place = self._source.place(mark.line, mark.column)
            raise problem(place, "The file has more than 1,000,000 values", "", "Split it.", "too-many-nodes")

    # ---- the tree ----

    def _add(self, child: Node) -> None:
        if not self._stack:
            self._parsed.documents.append(child)
            return
        parent = self._stack[-1]
        if parent.keys is None:
            parent.value.append(child)
        elif (key := self._waiting[-1]) is None:
            self._waiting[-1] = child
            self._check_key(parent.keys, child)
        else:
            self._waiting[-1] = None
            # Of a key that stands twice the first value counts; a key that is no text has none. All objects share the names of
            # their fields.
            if type(key.value) is Scalar and parent.keys.setdefault(name := sys.intern(str(key.value)), key) is key:
                parent.value[name] = child

    def _check_key(self, keys: dict[str, Node], key: Node) -> None:
        if type(key.value) is not Scalar:
            self._flaw(key, "A key must be a plain text", hint="Use a name as the key.", code="bad-key")
        elif key.value.plain and key.value == "<<":
            self._flaw(key, "Merge keys (<<) are not allowed", hint="Write the fields out.", code="merge-key")
        elif key.value.plain and not key.value.isascii() and syntax.ODD_SPACE.search(key.value[:2]):
            match = syntax.ODD_SPACE.search(self._source.lines[key.line], key.column)
            raise syntax.odd_space(self._source, key.line, match.start() if match else key.column)
        elif key.value.plain and not key.value:
            self._flaw(
                key, "A key is missing before this colon", hint="Add the key, or remove the line.", code="bad-key"
            )
        elif (first := keys.get(key.value)) is not None:
            detail = f"It stands first in line {first.line + 1}, column {first.column + 1}."
            summary = f'The key "{mask_text(key.value[:80])}" stands twice'
            self._flaw(key, summary, detail, "Remove one of the two.", "duplicate-key")

    # ---- refusals ----

    def _refuse_extras(self, event: Any, node: Node) -> None:
        if event.anchor is not None:
            self._flaw(node, "Anchors and aliases are not allowed", hint="Write the value out.", code="anchor")
        if event.tag is not None:
            self._flaw(node, "Tags are not allowed", hint="Remove it; the field decides what the value is.", code="tag")

    def _flaw(self, node: Node, summary: str, detail: str = "", hint: str = "", code: str = "") -> None:
        node.flawed = True
        for parent in self._stack:
            parent.flawed = True
        self._parsed.errors.append(Diagnostic(summary, node.place, detail, hint, code=code))
        if len(self._parsed.errors) >= MAX_FLAWS:
            hint = "Mend these first."
            raise problem(node.place, f"The file has {MAX_FLAWS} errors or more", "", hint, "too-many-errors")

    def _refuse_tabs(self, end: int) -> None:
        """A tab is for quoted texts, block texts and comments. The parsers differ in where else they take one."""
        if self._quoted is None:
            return
        at = 0
        for start, stop in [*self._quoted, (end, end)]:
            for match in _TAB_OR_COMMENT.finditer(self._source.text, at, max(at, start)):
                if match.group() == "\t":
                    raise syntax.tab(self._source, *self._source.at(match.start()))
            at = max(at, stop)

    def _refuse_glued_comments(self) -> None:
        """A comment needs white space before it (YAML 1.2, section 6.6). Both parsers take one right behind a quote, a bracket or a
        comma, and what other tools make of it is not what was meant."""
        if self._scalars is None:
            return
        at = 0
        for start, stop in [*self._scalars, (len(self._source.text),) * 2]:
            for match in _GLUED_OR_COMMENT.finditer(self._source.text, at, max(at, start)):
                if match.group() == "#" and match.start() and self._source.text[match.start() - 1] not in " \t\r\n":
                    raise syntax.glued(self._source, *self._source.at(match.start()))
            at = max(at, stop)

    def _note_allowing_comments(self) -> None:
        """Comments `# mscode:allow …`, which neither parser passes on. What stands inside a text is no comment."""
        if self._texts is None:
            return
        at = 0
        for start, stop in [*self._texts, (len(self._source.text),) * 2]:
            for comment in _TAB_OR_COMMENT.finditer(self._source.text, at, max(at, start)):
                if allowing := _ALLOWING.match(comment.group()):
                    self._source.allowing.append((*self._source.at(comment.start()), allowing[1].strip()))
            at = max(at, stop)
