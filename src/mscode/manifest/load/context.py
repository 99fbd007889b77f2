"""A project while it is read: the objects so far, and the errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.errors import Diagnostic, Place
from mscode.manifest.format.grouping import grouped_by_template, hide
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.project.file import ProjectFile
from mscode.manifest.project.variable_sources import Values
from mscode.manifest.yaml.tree import Node
from mscode.manifest.yaml.written import Alignment, aligned, region_of_file
from mscode.model.address import Address
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.regions import AllowComment, FieldPlaces, Region
from mscode.model.values import Scalar
from mscode.model.world import Desired

if TYPE_CHECKING:
    from mscode.manifest.contacts.left_out import RejectedRow

#: More errors than this are counted, not listed.
MAX_ERRORS = 1000
#: A "did you mean" compares with every known name; a file full of errors is not worth that for each.
_GUESSES = 50


@dataclass(frozen=True, slots=True)
class Template:
    """Where the name of an object with `forEach` stands, and its keys (None where they are not known)."""

    at: Node
    keys: tuple[str, ...] | None


@dataclass(slots=True)
class LoadContext:
    """`declared` has every name that was met, `objects` those that are valid; `declared_again` are those that were met
    once more: there, and where first. `complete`: every file could be read.

    `nodes` are the own fields of the valid ones, `written` the whole objects after substitution, where `keeps` asks for
    it. An object with `forEach` is among the `templates`; what it makes is among the others. `rejects`, where it is asked for,
    takes the rows of lists that cannot be read.
    """

    root: Path
    project: ProjectFile
    environment: str
    show_people: bool
    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    objects: dict[Address, Desired] = field(default_factory=dict)
    nodes: dict[Address, Node] = field(default_factory=dict)
    declared: dict[Address, Node] = field(default_factory=dict)
    declared_again: list[tuple[Address, Node, Node]] = field(default_factory=list)
    templates: dict[Address, Template] = field(default_factory=dict)
    written: dict[Address, Node] = field(default_factory=dict)
    values: Values = field(default_factory=Values)
    complete: bool = True
    files: int = 0
    keeps: bool = False
    sources: set[str] = field(default_factory=set)
    #: reads the files of the lists, once all manifests are read
    lists: list[Callable[[], None]] = field(default_factory=list)
    rejects: list[RejectedRow] | None = None
    allowed: list[AllowComment] = field(default_factory=list)

    def error(
        self, node: Node | Place, summary: str, detail: str = "", hint: str = "", *, code: str, address: str = ""
    ) -> None:
        """Add an error at a node or place; `code` is stable, for JSON output."""
        place = node.place if isinstance(node, Node) else node
        self.errors.append(Diagnostic(summary, place, detail, hint, code=code, address=address))

    def file_error(self, node: Node, error: ValueError | OSError, address: Address) -> None:
        """Add why a file cannot be used, at the node that names it."""
        reason = f"the file cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
        hint = getattr(error, "hint", "")
        self.error(node, f"file: {reason}", hint=hint, code="bad-value", address=str(address))

    @property
    def guesses(self) -> bool:
        """Are there few enough errors to say what was probably meant?"""
        return len(self.errors) < _GUESSES

    def all_errors(self) -> list[Diagnostic]:
        """Sorted by file, line and column; of very many the first ones, and how many more there are."""
        errors = self.grouped(self.errors)
        if len(errors) <= MAX_ERRORS:
            return errors
        surplus = len(errors) - MAX_ERRORS
        summary = f"There {'is' if surplus == 1 else 'are'} {count(surplus, 'more error')}"
        return [*errors[:MAX_ERRORS], Diagnostic(summary, code="more-errors")]

    def grouped(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """In order, without secrets; an error that several keys of a forEach have in common comes once."""
        keys = {address: template.keys or () for address, template in self.templates.items()}
        redacted = (hide(diagnostic, self.values.secrets) for diagnostic in diagnostics)
        return sorted(grouped_by_template(redacted, keys) if keys else redacted, key=Diagnostic.sort_key)


class Places(FieldPlaces):
    """Where each field of an object stands. A place quotes its line, which costs masking, so it is made on demand.

    `files` reads the text files that the manifest names.
    """

    __slots__ = ("_alignments", "_files", "_node")

    def __init__(self, node: Node, files: ProjectFiles) -> None:
        self._node, self._files = node, files
        self._alignments: dict[str, Alignment] = {}

    def __getitem__(self, name: str) -> Place:
        place: Place = self._node.value[name].place
        return place

    def __iter__(self) -> Iterator[str]:
        return iter(self._node.value)

    def __len__(self) -> int:
        return len(self._node.value)

    def region(self, path: str, start: int = 0, end: int | None = None) -> Region | None:
        node = _at_path(self._node, path)
        if node is None:
            return None
        named = node.get("file") if isinstance(node.value, dict) else None
        if named is not None and isinstance(named.value, Scalar):
            file, text = self._files.text_read(str(named.value))
            stop = len(text) if end is None else end
            mask = not node.source.show_people
            return region_of_file(file, text, start, stop, mask=mask) if file and start <= stop <= len(text) else None
        if not isinstance(node.value, Scalar):
            return None
        value = str(node.value)
        alignment = self._alignments.get(path)
        if alignment is None:
            alignment = self._alignments[path] = aligned(node.source, node.line, node.column, value)
        return alignment.region(node.source, start, len(value) if end is None else end)


def _at_path(node: Node | None, path: str) -> Node | None:
    """The node at a path like `operations[0].say`; keys may hold full stops and brackets themselves."""
    while node is not None and path:
        if isinstance(node.value, dict):
            keys = (
                key for key in node.value if path.startswith(key) and path[len(key) : len(key) + 1] in ("", ".", "[")
            )
            key = max(keys, key=len, default=None)
            if key is None:
                return None
            node, path = node.value[key], path[len(key) :].removeprefix(".")
        elif isinstance(node.value, list) and (index := _INDEX.match(path)):
            node, path = node.get(int(index[1])), path[index.end() :].removeprefix(".")
        else:
            return None
    return node


_INDEX = late_pattern(r"\[([0-9]{1,9})\]")
