"""All manifests of a project to one desired world; every error of every file in one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.manifest.contacts.exclusions import with_numbers
from mscode.manifest.load.common_fields import import_of, lifecycle_of, renamed_from, without_common
from mscode.manifest.load.context import LoadContext, Places, Template
from mscode.manifest.load.cross_checks import (
    check_declared_once,
    check_moves,
    check_names,
    check_references,
    check_unique,
    check_where,
)
from mscode.manifest.load.discovery import manifests
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.load.for_each import EACH, keys_of, one_of
from mscode.manifest.load.substitute import OPEN, Scope, substitute
from mscode.manifest.problems import diagnostics_of
from mscode.manifest.project.file import ProjectFile
from mscode.manifest.project.variable_sources import NOTHING, VariableSources, values_of
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.source import read_bytes
from mscode.manifest.yaml.tree import Node, key_node, no_collector, parse_all
from mscode.model.address import NAME, Address
from mscode.model.kind import Kind, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import ListenerUrl
from mscode.model.nearest import did_you_mean
from mscode.model.values import Ref, walk
from mscode.model.world import Desired, DesiredWorld, Fields, Rows, SpecContext

if TYPE_CHECKING:
    from mscode.manifest.contacts.left_out import RejectedRow

_BEGIN = "Begin with `apiVersion: mscode/v1`."
_NO_MANIFEST = "If it is not a manifest, leave it out with `manifests:` in mscode.yaml."


class ReadOptions(TypedDict, total=False):
    """How the manifests of a project are read.

    `window_zone` is the zone in which the service reads calling windows. With `show_people` quoted lines are not masked (except
    secrets). `sources` are the values of variables from the command line and the process's environment. `more` are manifests that
    are not on disk yet, by their path in the project; its root need not be there then.
    """

    window_zone: tzinfo
    show_people: bool
    sources: VariableSources
    more: Mapping[str, bytes]


def load(root: Path, project: ProjectFile, environment: str, **options: Unpack[ReadOptions]) -> DesiredWorld:
    """Every manifest below `root`; ManifestError with all errors, sorted by file, line and column.

    `environment` decides which of the ids of an `import:` map counts.
    """
    return _world(read(root, project, environment, **options))


def survey(
    root: Path,
    project: ProjectFile,
    environment: str,
    *,
    rejects: list[RejectedRow] | None = None,
    **options: Unpack[ReadOptions],
) -> tuple[DesiredWorld, list[Diagnostic]]:
    """As `load`, but with the errors beside the objects that have none: what can be said of these is said in the same run.
    With errors the world is not whole, and nothing may be planned from it. `rejects` takes the rows of lists that cannot be read.
    """
    reading = _reading(root, project, environment, rejects=rejects, **options)
    return _world(reading), reading.all_errors() if reading.errors else []


def _world(reading: LoadContext) -> DesiredWorld:
    project, root = reading.project, reading.root
    warnings = reading.grouped(reading.warnings)
    world = DesiredWorld(project.planning(root), reading.objects, reading.files, warnings, reading.values.secrets)
    if project.root is not None:
        reading.allowed.extend(project.root.source.allow_comments())
    return replace(
        world,
        sources=frozenset(reading.sources),
        allow_comments=tuple(reading.allowed),
        unused_variables={
            name: node.place for name, node in reading.values.declared.items() if name not in reading.values.used
        },
    )


def read(
    root: Path, project: ProjectFile, environment: str, *, keeps: bool = False, **options: Unpack[ReadOptions]
) -> LoadContext:
    """As `load`, with everything that was read. With `keeps`, `written` has every object after substitution."""
    reading = _reading(root, project, environment, keeps=keeps, **options)
    if reading.errors:
        raise ManifestError(reading.all_errors())
    return reading


def _reading(
    root: Path,
    project: ProjectFile,
    environment: str,
    *,
    window_zone: tzinfo = UTC,
    show_people: bool = False,
    sources: VariableSources = NOTHING,
    more: Mapping[str, bytes] | None = None,
    keeps: bool = False,
    rejects: list[RejectedRow] | None = None,
) -> LoadContext:
    """Everything that was read, with its errors."""
    values = values_of(project.root, environment, sources, show_people=show_people)
    reading = LoadContext(root, project, environment, show_people, values=values, keeps=keeps, rejects=rejects)
    reading.errors.extend(values.errors)
    files = list(manifests(reading)) if not more or root.is_dir() else []
    reading.files = len(files) + len(more or ())
    with no_collector():
        for path in files:
            _read_file(reading, path)
        for name, raw in (more or {}).items():
            _read_bytes(reading, raw, name, (root / name).parent)
        _read_lists(reading)
    _check(reading, window_zone)
    return reading


def _read_lists(reading: LoadContext) -> None:
    for read_list in reading.lists:
        read_list()
    reading.lists.clear()  # each holds the whole reading


def _check(reading: LoadContext, window_zone: tzinfo) -> None:
    """What can be said of all objects together."""
    check_declared_once(reading)
    check_references(reading)
    check_where(reading)
    check_names(reading)
    check_unique(reading)
    check_moves(reading)
    if not reading.errors:
        from mscode.kinds import checks

        reading.errors.extend(checks(reading.objects, window_zone))


def load_sections(
    root: Path,
    project: ProjectFile,
    environment: str,
    sections: Node,
    folder: Path,
    *,
    window_zone: tzinfo = UTC,
    sources: VariableSources = NOTHING,
) -> DesiredWorld:
    """The objects of one mapping of sections that stands outside of the manifests, as a world of its own; as `load`. Files that it
    names are relative to `folder`.
    """
    values = values_of(project.root, environment, sources)
    reading = LoadContext(root, project, environment, False, values=values)
    reading.errors.extend(values.errors)
    if isinstance(sections.value, dict):
        _read_sections(_file_in(reading, folder, refers=OPEN in sections.source.text), sections)
    _read_lists(reading)
    _check(reading, window_zone)
    if reading.errors:
        raise ManifestError(reading.all_errors())
    return _world(reading)


@dataclass(frozen=True, slots=True)
class _File:
    """One manifest while it is read. `refers`: it holds a `${`; objects of a file without one skip substitution."""

    reading: LoadContext
    context: SpecContext
    files: ProjectFiles
    refers: bool


def _read_file(context: LoadContext, path: Path) -> None:
    name = path.relative_to(context.root.resolve()).as_posix()
    context.sources.add(name)
    try:
        raw = read_bytes(path, name)
    except ManifestError as error:
        context.errors.extend(error.diagnostics)
        context.complete = False
        return
    _read_bytes(context, raw, name, path.parent)


def _read_bytes(context: LoadContext, raw: bytes, name: str, folder: Path) -> None:
    parsed = parse_all(raw, name, show_people=context.show_people)
    context.errors.extend(parsed.errors)
    context.complete = context.complete and parsed.complete
    if parsed.complete and not parsed.documents:
        hint = "Begin with `apiVersion: mscode/v1`, or remove the file."
        context.error(Place(name), "The manifest is empty", hint=hint, code="empty")
    refers = bool(parsed.documents) and OPEN in parsed.documents[0].source.text
    file = _file_in(context, folder, refers=refers)
    if parsed.documents:
        context.allowed.extend(parsed.documents[0].source.allow_comments())
    for document in parsed.documents:
        _read_document(file, document)


def _file_in(context: LoadContext, folder: Path, *, refers: bool) -> _File:
    """A file in this folder, and what its objects are read with."""
    files, project = ProjectFiles(context.root, folder, context.sources), context.project
    spec_context = SpecContext(
        ZoneInfo(project.timezone),
        project.region or "",
        context.environment,
        files.upload,
        files.text,
        project.listen_url(context.environment),
    )
    return _File(context, spec_context, files, refers)


def _read_document(file: _File, document: Node) -> None:
    reading = file.reading
    if not isinstance(document.value, dict):
        summary = "The manifest is empty" if document.data() is None else "A manifest must be a mapping"
        reading.error(document, summary, hint=f"{_BEGIN} {_NO_MANIFEST}", code="no-mapping")
        return
    version = document.value.get("apiVersion")
    if version is None and not any(section in registry() for section in document.value):
        # Another tool's file: what stands in it is not judged.
        reading.error(document, 'Missing field "apiVersion"', hint=f"{_BEGIN} {_NO_MANIFEST}", code="missing-field")
        return
    if version is None:
        reading.error(document, 'Missing field "apiVersion"', hint=_BEGIN, code="missing-field")
    elif version.value != "mscode/v1":
        reading.error(version, "apiVersion must be mscode/v1", code="bad-version")
    _read_sections(file, document)


def _read_sections(file: _File, mapping: Node) -> None:
    """The sections of a mapping; `apiVersion` beside them is for the caller."""
    reading = file.reading
    for section, node in mapping.value.items():
        if section in registry():
            _read_section(file, registry()[section], node)
        elif section != "apiVersion":
            hint = did_you_mean(section, registry()) or f"Known sections: {', '.join(registry())}."
            summary = f'Unknown section "{mask_text(section)}"'
            reading.error(key_node(mapping, section), summary, hint=hint, code="unknown-section")


def _read_section(file: _File, kind: Kind, node: Node) -> None:
    reading = file.reading
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            if (address := _declared(reading, kind, name, key_node(node, name))) is None:
                continue
            if isinstance(child.value, dict) and EACH in child.value:
                _read_each(file, kind, address, child)
            else:
                is_to_change = file.refers and isinstance(child.value, dict) and not child.flawed
                whole = substitute(child, Scope(reading, address)) if is_to_change else child
                _read_object(file, kind, address, whole)
    elif node.data() is not None:
        reading.error(node, f"{kind.section}: must be a mapping of names to objects", code="bad-value")


def _declared(context: LoadContext, kind: Kind, name: str, at: Node) -> Address | None:
    """The address of a name that is new and can be one; else it is reported."""
    if not NAME.match(name):
        hint = "A name begins with a letter; letters, digits, - and _ follow, 63 in all."
        context.error(at, f'"{mask_text(name)}" cannot be a name', hint=hint, code="bad-name")
        return None
    address = Address(kind.section, name)
    template = context.templates.get(address)
    if (first := template.at if template else context.declared.get(address)) is not None:
        context.declared_again.append((address, at, first))
        return None
    context.declared[address] = at
    return address


def _read_each(file: _File, kind: Kind, template: Address, node: Node) -> None:
    """Every object that a forEach makes; each is declared before any of them is read."""
    reading = file.reading
    at = reading.declared.pop(template)
    values = None if node.flawed else keys_of(reading, template, node)
    reading.templates[template] = Template(at, None if values is None else tuple(values))
    for key, value in (values or {}).items():
        address = Address(template.section, template.name, key)
        reading.declared[address] = at
        _read_object(file, kind, address, one_of(reading, address, node, value))


def _read_object(file: _File, kind: Kind, address: Address, node: Node) -> None:
    reading, at = file.reading, file.reading.declared[address]
    if node.flawed:
        return
    if not isinstance(node.value, dict) and node.data() is not None:
        summary, hint = f"{address}: must be a mapping of fields", f"For example:\n{kind.example.rstrip()}"
        reading.error(at, summary, hint=hint, code="bad-value", address=str(address))
        return
    own_node = without_common(node, at)
    lifecycle = lifecycle_of(reading, kind, node.get("lifecycle"), address)
    import_id = import_of(reading, node.get("import"), address)
    renamed = renamed_from(reading, node.get("renamedFrom"), address)
    try:
        spec = kind.spec.model_validate(own_node.data(), context=file.context)
    except ValidationError as error:
        reading.errors.extend(diagnostics_of(error, kind.spec, own_node, str(address), guess=reading.guesses))
        return
    fields = spec.fields()
    if kind.name_defaults_to_key:
        fields.setdefault("name", f"{address.name} {address.key}" if address.key else address.name)
    reading.nodes[address] = own_node
    if reading.keeps:
        reading.written[address] = node
    place = at.source.name_place(at.line, at.column, address.name)
    if kind.rows:
        reading.lists.append(partial(_read_list, file, address, spec, own_node))
    reading.objects[address] = Desired(
        address,
        place,
        fields,
        with_numbers(reading, spec.members(), own_node, file.files, address),
        lifecycle,
        import_id,
        renamed,
        Places(own_node, file.files),
        secret=_secret(reading, fields),
        starts_now=spec.starts_now(),
        expect=spec.expected(),
    )
    for path, summary, hint in spec.warnings():
        place = (own_node.get(*path) or own_node).place
        reading.warnings.append(Diagnostic(summary, place, hint, "", "warning", "doubtful", str(address)))


def _read_list(file: _File, address: Address, spec: Any, node: Node) -> None:
    """The rows of a list, read once all manifests are: which columns are kept depends on the groups that choose rows."""
    from mscode.manifest.contacts.rows import rows_of

    reading = file.reading
    item = reading.objects[address]
    choosing = [
        (name, group, group.members)
        for name, group in reading.objects.items()
        if group.members and group.members.account_list and _is_of(group.members.account_list, address)
    ]
    names = {str(condition["field"]) for _, _, members in choosing for condition in members.where}
    rows = rows_of(reading, item.kind, spec, node, file.files, address, names)
    reading.objects[address] = replace(item, rows=rows)
    for name, group, members in choosing:
        if rows and members.where:
            where = tuple(_on_field(reading, name, condition, rows, item.kind) for condition in members.where)
            reading.objects[name] = replace(group, members=replace(members, where=where))


def _on_field(reading: LoadContext, group: Address, condition: Fields, rows: Rows, kind: Kind) -> Fields:
    """A condition on the header of a column that holds a field is one on the field, and its value is read as a cell is: a phone
    is a number there, and no text.
    """
    header = str(condition["field"])
    name = rows.field_by_header.get(header)
    if name is None or header in rows.columns:
        return condition
    value, parse = condition["value"], kind.list_rows.parser(name, reading.project.region or "")
    if parse is not None and condition["operator"] != "contains":
        try:
            value = [parse(text) for text in value] if isinstance(value, list | tuple) else parse(value)
        except ValueError as error:
            place = reading.nodes[group].get("members", "where") or reading.nodes[group]
            summary = f'members.where: the value of a condition on "{header}" {error}'
            reading.error(place, mask_text(summary), code="bad-value", address=str(group))
    return {**condition, "field": name, "value": value}


def _is_of(ref: Ref, address: Address) -> bool:
    """Does the reference name this address? What stands in a manifest may be no name at all."""
    return f"{ref.section}.{ref.name}" == str(address)


def _secret(context: LoadContext, fields: Fields) -> frozenset[str]:
    """The fields that hold a secret variable's value, alone or inside a text, or a URL whose path is a secret."""
    secrets = context.values.secrets
    listeners = frozenset(name for name, value in fields.items() if isinstance(value, ListenerUrl))
    if not secrets:
        return listeners
    return listeners | frozenset(
        name
        for name, value in fields.items()
        if any(isinstance(leaf, str) and any(secret in leaf for secret in secrets) for leaf in walk(value))
    )


def personal_words(objects: Iterable[Desired]) -> set[str]:
    """Personal values that the manifests hold, for masking them in the service's words."""
    words: set[str] = set()
    for item in objects:
        rules = item.kind.fields_by_name
        for name, value in item.fields.items():
            if value and name in rules and rules[name].personal:
                words.add(str(value))
            _add_phones(value, words)
        if item.members:
            _add_phones(item.members.phones, words)
            _add_phones(item.members.exclude.phones if item.members.exclude else (), words)
    return words


def _add_phones(value: Any, words: set[str]) -> None:
    """Add the phone numbers among the leaves of a value."""
    if isinstance(value, str):
        if value[:1] == "+" and value[1:].isdigit():
            words.add(value)
    elif isinstance(value, dict):
        for item in value.values():
            _add_phones(item, words)
    elif isinstance(value, list | tuple):
        for item in value:
            _add_phones(item, words)
