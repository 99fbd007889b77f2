"""All manifests of a project to one desired world; every error of every file in one run (contract §1, §2, §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mscode.address import NAME, Address
from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kind import Kind, registry
from mscode.manifest.common import import_of, lifecycle_of, renamed_from, without_common
from mscode.manifest.echo import mask_text
from mscode.manifest.files import ProjectFiles
from mscode.manifest.find import manifests
from mscode.manifest.nodes import MAX_BYTES, Node, key_node, no_collector, parse_all
from mscode.manifest.problems import diagnostics_of, did_you_mean
from mscode.manifest.project import ProjectFile
from mscode.manifest.reading import Places, Reading
from mscode.manifest.source import too_large
from mscode.manifest.whole import check_moves, check_names, check_references
from mscode.world import Desired, DesiredWorld, SpecContext

_BEGIN = "Begin with `apiVersion: mscode/v1`."


def load(
    root: Path, project: ProjectFile, environment: str, *, window_zone: tzinfo = UTC, show_people: bool = False
) -> DesiredWorld:
    """Every manifest below `root`; ManifestError with all errors, sorted by file, line and column.

    `environment` decides which of the ids of an `import:` map counts, `window_zone` is the zone in which the service
    reads calling windows. With `show_people` echoed lines are not masked (but for secrets).
    """
    reading = Reading(root, project, environment, show_people, registry())
    files = list(manifests(reading))
    with no_collector():
        for path in files:
            _read_file(reading, path)
    check_references(reading)
    check_names(reading)
    check_moves(reading)
    if not reading.errors:
        from mscode.kinds import checks

        reading.errors.extend(checks(reading.objects, window_zone))
    if reading.errors:
        raise ManifestError(reading.all_errors())
    warnings = sorted(reading.warnings, key=Diagnostic.sort_key)
    return DesiredWorld(project.planning(root), reading.objects, len(files), warnings, frozenset(reading.sources))


@dataclass(frozen=True, slots=True)
class _File:
    """One manifest while it is read."""

    reading: Reading
    context: SpecContext


def _read_file(reading: Reading, path: Path) -> None:
    name = path.relative_to(reading.root.resolve()).as_posix()
    reading.sources.add(name)
    try:
        raw = _bytes(path, name)
    except OSError as error:
        reading.error(Place(name), f"The file cannot be read: {error.strerror}", code="unreadable")
        reading.complete = False
        return
    except ManifestError as error:
        reading.errors.extend(error.diagnostics)
        reading.complete = False
        return
    parsed = parse_all(raw, name, show_people=reading.show_people)
    reading.errors.extend(parsed.errors)
    reading.complete = reading.complete and parsed.complete
    if parsed.complete and not parsed.documents:
        hint = "Begin with `apiVersion: mscode/v1`, or remove the file."
        reading.error(Place(name), "The manifest is empty", hint=hint, code="empty")
    file = _File(reading, _context(reading, path.parent))
    for document in parsed.documents:
        _read_document(file, document)


def _bytes(path: Path, name: str) -> bytes:
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise too_large(name)
    return raw


def _context(reading: Reading, folder: Path) -> SpecContext:
    files = ProjectFiles(reading.root, folder, reading.sources)
    zone = ZoneInfo(reading.project.timezone)
    return SpecContext(zone, reading.project.region or "", reading.environment, files.upload, files.text)


def _read_document(file: _File, document: Node) -> None:
    reading = file.reading
    if not isinstance(document.value, dict):
        summary = "The manifest is empty" if document.data() is None else "A manifest must be a mapping"
        reading.error(document, summary, hint=_BEGIN, code="no-mapping")
        return
    _check_version(reading, document)
    for section, node in document.value.items():
        if section in reading.kinds:
            _read_section(file, reading.kinds[section], node)
        elif section != "apiVersion":
            hint = did_you_mean(section, reading.kinds) or f"Known sections: {', '.join(reading.kinds)}."
            summary = f'Unknown section "{mask_text(section)}"'
            reading.error(key_node(document, section), summary, hint=hint, code="unknown-section")


def _check_version(reading: Reading, document: Node) -> None:
    version = document.value.get("apiVersion")
    if version is None:
        reading.error(document, 'Missing field "apiVersion"', hint=_BEGIN, code="missing-field")
    elif version.value != "mscode/v1":
        reading.error(version, "apiVersion must be mscode/v1", code="bad-version")


def _read_section(file: _File, kind: Kind, node: Node) -> None:
    reading = file.reading
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            if (address := _declared(reading, kind, name, key_node(node, name))) is not None:
                _read_object(file, kind, address, child)
    elif node.data() is not None:
        reading.error(node, f"{kind.section}: must be a mapping of names to objects", code="bad-value")


def _declared(reading: Reading, kind: Kind, name: str, at: Node) -> Address | None:
    """The address of a name that is new and can be one; else it is reported."""
    if not NAME.match(name):
        hint = "A name begins with a letter; letters, digits, - and _ follow, 63 in all."
        reading.error(at, f'"{mask_text(name)}" cannot be a name', hint=hint, code="bad-name")
        return None
    address = Address(kind.section, name)
    if (first := reading.declared.get(address)) is not None:
        detail = f"It is declared first in {first.place.file}, line {first.place.line}."
        summary = f"{address} is declared twice"
        reading.error(at, summary, detail, "Keep one of the two.", code="declared-twice", address=str(address))
        return None
    reading.declared[address] = at
    return address


def _read_object(file: _File, kind: Kind, address: Address, node: Node) -> None:
    reading, at = file.reading, file.reading.declared[address]
    if node.flawed:
        return
    if not isinstance(node.value, dict) and node.data() is not None:
        summary, hint = f"{address}: must be a mapping of fields", f"For example:\n{kind.example.rstrip()}"
        reading.error(at, summary, hint=hint, code="bad-value", address=str(address))
        return
    own = without_common(node, at)
    lifecycle = lifecycle_of(reading, kind, node.get("lifecycle"), address)
    import_id = import_of(reading, node.get("import"), address)
    renamed = renamed_from(reading, node.get("renamedFrom"), address)
    try:
        spec = kind.spec.model_validate(own.data(), context=file.context)
    except ValidationError as error:
        reading.errors.extend(diagnostics_of(error, kind.spec, own, str(address), guess=reading.guesses))
        return
    fields = spec.fields()
    if kind.named:
        fields.setdefault("name", address.name)
    reading.nodes[address] = own
    place = at.source.name_place(at.line, at.column, address.name)
    reading.objects[address] = Desired(
        address, place, fields, spec.members(), lifecycle, import_id, renamed, Places(own)
    )
    for where, summary, hint in spec.warnings():
        place = (own.get(*where) or own).place
        reading.warnings.append(Diagnostic(summary, place, hint, "", "warning", "doubtful", str(address)))


def personal_words(objects: Iterable[Desired]) -> set[str]:
    """Personal values that the manifests hold, for masking them in the service's words."""
    kinds = registry()
    words: set[str] = set()
    for item in objects:
        rules = kinds[item.address.section].rules
        words.update(
            str(value) for name, value in item.fields.items() if value and name in rules and rules[name].personal
        )
    return words
