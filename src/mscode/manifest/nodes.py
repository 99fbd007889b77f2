"""YAML to a light tree with places: the only module that meets ruamel.yaml.

The tree is composed from the parser's events, not from round-trip objects (seven times slower) and not recursively: every
limit is checked while it grows, so that a hostile file is refused early. A scalar keeps its text; what it means is decided
by the field it stands in. ruamel's C parser is used where it is there; errors and places are the same from both.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.privacy import mask_numbers
from mscode.values import Scalar

MAX_NODES = 1_000_000
MAX_DEPTH = 100
MAX_BYTES = 64 * 1024 * 1024
ECHO = 160
_NULLS = ("", "~", "null", "Null", "NULL")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(slots=True)
class Source:
    """One file: its path for people and its lines, from which places are made."""

    file: str
    text: str
    lines: list[str] = field(default_factory=list)

    def place(self, line: int, column: int) -> Place:
        """Line and column from 0, as the parser counts them."""
        if not self.lines:
            self.lines = re.split("\r\n|\r|\n", self.text)
        text = self.lines[line] if line < len(self.lines) else ""
        return Place(self.file, line + 1, column + 1, mask_numbers(text[: max(ECHO, column + 40)]))


@dataclass(slots=True)
class Node:
    """A value with its place. `value` is a Scalar, a list of nodes, or a dict of key text to node; `keys` are the keys' nodes."""

    value: Any
    line: int
    column: int
    source: Source
    keys: dict[str, Node] | None = None

    @property
    def place(self) -> Place:
        return self.source.place(self.line, self.column)

    def get(self, *path: Any) -> Node | None:
        """The node at a path of keys and indexes, as far as it can be followed from here."""
        here: Node | None = self
        for step in path:
            here = here._child(step) if here is not None else None
        return here

    def _child(self, step: Any) -> Node | None:
        if isinstance(self.value, dict):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]  # type: ignore[no-any-return]
        return None

    def data(self) -> Any:
        """Plain data: mappings, lists, None for an unquoted null, else the Scalar."""
        if isinstance(self.value, dict):
            return {key: child.data() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.data() for child in self.value]
        return None if self.value.plain and self.value in _NULLS else self.value


def key_node(mapping: Node, key: str) -> Node:
    """The node of a key itself, for errors about its name."""
    return (mapping.keys or {}).get(key, mapping)


def problem(place: Place, summary: str, detail: str = "", hint: str = "", code: str = "yaml") -> ManifestError:
    return ManifestError([Diagnostic(summary, place, detail, hint, code=code)])


def parse(raw: bytes, file: str) -> list[Node]:
    """Every document of a file as a node; ManifestError with the place of the first thing that is wrong."""
    source = Source(file, _decode(raw, file))
    if control := _CONTROL.search(source.text):
        line, column = _position(source.text, control.start())
        raise problem(
            source.place(line, column),
            "A control character stands in the file",
            hint="Remove it.",
            code="control-character",
        )
    was_on = gc.isenabled()
    gc.disable()
    try:
        return list(_Composer(source).documents())
    finally:
        if was_on:
            gc.enable()


def _decode(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        raise problem(Place(file), "The file is larger than 64 MiB", hint="Split it.", code="too-large")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(raw[: error.start].decode("utf-8", "replace"), None)
        raise problem(
            Place(file, line + 1, column + 1), "The file is not UTF-8", hint="Save it as UTF-8.", code="not-utf8"
        ) from None


def _position(text: str, at: int | None) -> tuple[int, int]:
    before = text[:at]
    lines = re.split("\r\n|\r|\n", before)
    return len(lines) - 1, len(lines[-1])


def events(text: str) -> Iterator[Any]:
    """The parser's events, from the C parser where it is there."""
    try:
        from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        from ruamel.yaml import YAML

        yield from YAML(typ="safe", pure=True).parse(text)
        return
    parser = CParser(text)
    while parser.check_event():
        yield parser.get_event()


class _Composer:
    """A stack of open collections instead of recursion."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._nodes = 0
        self._stack: list[_Open] = []
        self._documents: list[Node] = []

    def documents(self) -> list[Node]:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            for event in events(self._source.text):
                self._take(event)
        except MarkedYAMLError as error:
            raise self._syntax(error) from None
        except (YAMLError, ValueError, RecursionError) as error:
            raise problem(
                Place(self._source.file), f"The file is not YAML: {str(error).splitlines()[0]}", code="yaml-syntax"
            ) from None
        return self._documents

    def _syntax(self, error: Any) -> ManifestError:
        mark = error.problem_mark or error.context_mark
        place = self._source.place(mark.line, mark.column) if mark else Place(self._source.file)
        what = str(error.problem or error.context or "it cannot be read")
        if "\\t" in what or "tab character" in what:
            return problem(
                place, "A tab indents this line", hint="Indent with spaces; YAML does not allow tabs.", code="tab"
            )
        context = f" {error.context}" if error.context else ""
        return problem(
            place,
            f"YAML: {what}{context}",
            hint="Check brackets, quotes, colons and indentation here.",
            code="yaml-syntax",
        )

    def _take(self, event: Any) -> None:
        name = type(event).__name__
        if name == "ScalarEvent":
            self._refuse_extras(event)
            self._add(self._node(event, Scalar(event.value, plain=not event.style)))
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self._refuse_extras(event)
            self._open(event, name)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self._close()
        elif name == "AliasEvent":
            raise problem(
                self._at(event), "Anchors and aliases are not allowed", hint="Write the value out.", code="alias"
            )
        elif name == "DocumentStartEvent":
            self._refuse_directives(event)

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            raise problem(
                self._at(event), "Anchors and aliases are not allowed", hint="Write the value out.", code="anchor"
            )
        if getattr(event, "tag", None) is not None:
            hint = "Remove the tag; the field decides what the value is."
            raise problem(self._at(event), f"Tags are not allowed: {event.tag}", hint=hint, code="tag")
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise problem(
                self._at(event), "The file has more than 1,000,000 values", hint="Split it.", code="too-many-nodes"
            )

    def _refuse_directives(self, event: Any) -> None:
        if getattr(event, "tags", None):
            raise problem(
                self._at(event), "Tags are not allowed: a %TAG directive", hint="Remove the line.", code="tag"
            )

    def _at(self, event: Any) -> Place:
        return self._source.place(event.start_mark.line, event.start_mark.column)

    def _node(self, event: Any, value: Any) -> Node:
        return Node(value, event.start_mark.line, event.start_mark.column, self._source)

    def _open(self, event: Any, name: str) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise problem(
                self._at(event), "Values are nested more than 100 levels deep", hint="Flatten them.", code="too-deep"
            )
        node = self._node(event, {} if name == "MappingStartEvent" else [])
        node.keys = {} if name == "MappingStartEvent" else None
        self._stack.append(_Open(node))

    def _close(self) -> None:
        self._add(self._stack.pop().node)

    def _add(self, node: Node) -> None:
        if self._stack:
            self._stack[-1].take(node)
        else:
            self._documents.append(node)


@dataclass(slots=True)
class _Open:
    """A collection that is still being read; for a mapping, the key that waits for its value."""

    node: Node
    key: Node | None = None

    def take(self, child: Node) -> None:
        if isinstance(self.node.value, list):
            self.node.value.append(child)
        elif self.key is None:
            self._take_key(child)
        else:
            self.node.value[str(self.key.value)] = child
            self.key = None

    def _take_key(self, child: Node) -> None:
        if not isinstance(child.value, Scalar):
            raise problem(
                child.place,
                "A key must be a plain text",
                hint="Use a name as the key; quote a value that holds ${…}.",
                code="bad-key",
            )
        if child.value == "<<" and child.value.plain:
            raise problem(
                child.place, "Merge keys (<<) are not allowed", hint="Write the fields out.", code="merge-key"
            )
        assert self.node.keys is not None
        first = self.node.keys.get(str(child.value))
        if first is not None:
            detail = f"It stands first in line {first.line + 1}, column {first.column + 1}."
            raise problem(
                child.place, f'The key "{child.value}" stands twice', detail, "Remove one of the two.", "duplicate-key"
            )
        self.node.keys[str(child.value)] = child
        self.key = child
