"""`mscode fmt`: a project's files in the canonical layout, with proof that nothing but the layout changed."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kinds.fields.shape import FREE, Shape, spec_shape
from mscode.manifest.format.layout import laid_out
from mscode.manifest.format.layout_source import SourceLayout, read
from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.discovery import manifests
from mscode.manifest.project.file import FILE, ProjectFile, no_project
from mscode.manifest.yaml.redaction import masked, surroundings
from mscode.manifest.yaml.source import problem, read_bytes
from mscode.manifest.yaml.tree import Node, parse_all
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Formatted:
    """One file: what was read and what it should be; `errors` where it cannot be read, and then both are the same."""

    path: Path
    name: str
    before: bytes
    after: bytes
    errors: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> bool:
        """Does the canonical layout differ from the file?"""
        return self.before != self.after


def format_project(root: Path, *, show_people: bool = False) -> Iterator[Formatted]:
    """`mscode.yaml` and every manifest; ConfigError where the folder holds no project."""
    if not (root / FILE).is_file():
        raise no_project(root, "mscode fmt")
    first = _file(root / FILE, FILE, FREE, show_people)
    yield first
    shape = manifest_shape()
    reading = _reading(root, first, show_people)
    for path in manifests(reading):
        name = path.relative_to(root.resolve()).as_posix()
        yield _file(path, name, shape, show_people)
    for error in reading.errors:
        place = error.place or Place(FILE)
        yield Formatted(root / place.file, place.file, b"", b"", (error,))


def manifest_shape() -> Shape:
    """A manifest's root: sections of objects. What no kind knows is free-form."""
    sections = {section: Shape(items=spec_shape(kind.spec)) for section, kind in registry().items()}
    return Shape(fields={"apiVersion": Shape(), **sections})


def formatted(raw: bytes, name: str, shape: Shape, *, show_people: bool = False) -> bytes:
    """The file's bytes in the canonical layout: UTF-8 without BOM, line ends \\n; ManifestError for one with errors."""
    parsed = parse_all(raw, name, show_people=show_people)
    if parsed.errors:
        raise ManifestError(parsed.errors)
    for document in parsed.documents:
        if not isinstance(document.value, dict) and document.data() is not None:
            raise problem(document.place, "The file must hold mappings", code="no-mapping")
    if not any(document.data() for document in parsed.documents):
        return raw
    text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    source = read(text)
    after = laid_out(source, shape).encode()
    _prove(name, parsed.documents, source, after)
    return after


def _prove(name: str, before: list[Node], source: SourceLayout, raw: bytes) -> None:
    """ManifestError unless the new text has the same data and the same comments."""
    after = parse_all(raw, name)
    is_same = not after.errors and [document.data() for document in before] == [
        document.data() for document in after.documents
    ]
    if not is_same or _comments(source) != _comments(read(raw.decode())):
        hint = "Please report it. The file is left as it is."
        raise problem(Place(name), "The file cannot be laid out without changing what it says", "", hint, "layout")


def _comments(source: SourceLayout) -> list[str]:
    return sorted(comment.text for comment in source.comments)


def _reading(root: Path, first: Formatted, show_people: bool) -> LoadContext:
    """Enough of the project to find its manifests, also where `mscode.yaml` has errors."""
    documents = parse_all(first.before, FILE).documents
    globs = documents[0].get("manifests") if documents else None
    data = globs.data() if globs is not None else None
    texts = [str(glob) for glob in data if isinstance(glob, str)] if isinstance(data, list) else None
    project = ProjectFile.model_construct(manifests=texts or None)
    return LoadContext(root, project, "", show_people)


def _file(path: Path, name: str, shape: Shape, show_people: bool) -> Formatted:
    try:
        raw = read_bytes(path, name)
    except ManifestError as error:
        return Formatted(path, name, b"", b"", error.diagnostics)
    try:
        return Formatted(path, name, raw, formatted(raw, name, shape, show_people=show_people))
    except ManifestError as error:
        return Formatted(path, name, raw, raw, error.diagnostics)


# ---- what would change -----------------------------------------------------------------------------------------------

#: Unchanged lines that a diff shows around a change.
_AROUND = 3
#: Pairs of lines: comparing takes time in proportion to their number.
_MOST_COMPARED = 4_000_000


def difference(file: Formatted, *, show_people: bool = False) -> Iterator[str]:
    """A unified diff of a file, its lines masked as every quoted line is."""
    before, after = _sides(file)
    masked_sides = [_masked(side, show_people) for side in (before, after)]
    yield f"--- {file.name}"
    yield f"+++ {file.name}"
    for group in _compared(before, after).get_grouped_opcodes(_AROUND):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                yield from (f" {line}" for line in masked_sides[0][old:old_end])
                continue
            yield from (f"-{line}" for line in masked_sides[0][old:old_end])
            yield from (f"+{line}" for line in masked_sides[1][new:new_end])
    if not file.before.endswith(b"\n"):
        yield "+ a line end at the end of the file"


def _compared(before: list[str], after: list[str]) -> Any:
    """Line by line, without the equal lines at both ends; more than _MOST_COMPARED between them are one change."""
    head = next(
        (at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new),
        min(len(before), len(after)),
    )
    limit = min(len(before), len(after)) - head
    tail = next((at for at in range(limit) if before[-1 - at] != after[-1 - at]), limit)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    changes: list[tuple[Any, int, int, int, int]] = [("replace", 0, len(old), 0, len(new))]
    if len(old) * len(new) <= _MOST_COMPARED:
        changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    matcher: Any = SequenceMatcher(None, before, after, autojunk=False)
    codes = [
        ("equal", 0, head, 0, head),
        *((tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in changes),
    ]
    end = ("equal", len(before) - tail, len(before), len(after) - tail, len(after))
    matcher.opcodes = [code for code in (*codes, end) if code[2] > code[1] or code[4] > code[3]]
    return matcher


def _sides(file: Formatted) -> tuple[list[str], list[str]]:
    """The lines before and after; a \r and a BOM stay visible as differences."""
    return file.before.decode().removesuffix("\n").split("\n"), file.after.decode().removesuffix("\n").split("\n")


def _range(start: int, end: int) -> str:
    return f"{start + 1},{end - start}" if end - start != 1 else f"{start + 1}"


def _masked(lines: list[str], show_people: bool) -> list[str]:
    around = surroundings([line.removeprefix("\ufeff") for line in lines], "\n".join(lines))
    return [masked(line, 0, at, around, show_people)[0] for at, line in enumerate(lines)]
