"""All manifests of a project to one desired world; every error of every file in one run (contract §1, §2, §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mscode.address import KEY, NAME, Address
from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kind import ID, Kind, registry
from mscode.manifest.files import ProjectFiles
from mscode.manifest.nodes import MAX_BYTES, Node, key_node, parse
from mscode.manifest.people import mask_people
from mscode.manifest.problems import diagnostics_of, did_you_mean
from mscode.manifest.project import FILE, ProjectFile
from mscode.values import Ref, Scalar
from mscode.world import Desired, DesiredWorld, Lifecycle, SpecContext

DEFAULT_GLOBS = ("**/*.yaml", "**/*.yml")
COMMON = ("import", "renamedFrom", "lifecycle")
LIFECYCLE = ("preventDestroy", "ignoreChanges", "onRemoval")


@dataclass(slots=True)
class _Reading:
    """A project while it is read."""

    root: Path
    project: ProjectFile
    environment: str
    show_people: bool
    kinds: Mapping[str, Kind]
    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    objects: dict[Address, Desired] = field(default_factory=dict)
    nodes: dict[Address, Node] = field(default_factory=dict)
    declared: dict[Address, Node] = field(default_factory=dict)

    def error(
        self, node: Node | Place, summary: str, detail: str = "", hint: str = "", *, code: str, address: str = ""
    ) -> None:
        place = node.place if isinstance(node, Node) else node
        self.errors.append(Diagnostic(summary, place, detail, hint, code=code, address=address))


def load(
    root: Path, project: ProjectFile, environment: str, *, window_zone: tzinfo = UTC, show_people: bool = False
) -> DesiredWorld:
    """Every manifest below `root`; ManifestError with all errors, sorted by file, line and column."""
    reading = _Reading(root, project, environment, show_people, registry())
    files = list(_manifests(reading))
    for path in files:
        _read_file(reading, path)
    _check_references(reading)
    _check_names(reading)
    _check_moves(reading)
    if not reading.errors:
        from mscode.kinds import checks

        reading.errors.extend(checks(reading.objects, window_zone))
    if reading.errors:
        raise ManifestError(sorted(reading.errors, key=lambda d: d.sort_key()))
    warnings = sorted(reading.warnings, key=lambda d: d.sort_key())
    return DesiredWorld(project.planning(), reading.objects, len(files), warnings)


# ---- files -----------------------------------------------------------------------------------------------------------


def _manifests(reading: _Reading) -> Iterator[Path]:
    globs = reading.project.manifests or DEFAULT_GLOBS
    root = reading.root.resolve()
    found: set[Path] = set()
    for path in _walk(root, root):
        relative = path.relative_to(root).as_posix()
        if any(_matches(relative, glob) for glob in globs) and not fnmatch(path.name, "*.vars.yaml"):
            found.add(path)
    for path in sorted(found, key=lambda p: p.relative_to(root).as_posix()):
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            place = Place(path.relative_to(root).as_posix())
            reading.error(
                place,
                "The file is a link that leads out of the project",
                hint="Put the file itself here.",
                code="outside",
            )
        elif path.is_file():
            yield path


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    """Files below a folder, without hidden ones, `policies/`, other projects, and folders that are links."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            if path.name != "policies" and not (path / FILE).is_file():
                yield from _walk(path, root)
        elif path.name != FILE and not path.is_dir():
            yield path


def _matches(relative: str, glob: str) -> bool:
    """`**/` stands for any folders, also none."""
    if glob.startswith("**/"):
        return _matches(relative, glob[3:]) or any(_matches(rest, glob[3:]) for rest in _tails(relative))
    if "/" not in glob:
        return "/" not in relative and fnmatch(relative, glob)
    head, rest = glob.split("/", 1)
    first, _, tail = relative.partition("/")
    return bool(tail) and fnmatch(first, head) and _matches(tail, rest)


def _tails(relative: str) -> Iterator[str]:
    parts = relative.split("/")
    return ("/".join(parts[at:]) for at in range(1, len(parts)))


def _read_file(reading: _Reading, path: Path) -> None:
    name = path.relative_to(reading.root.resolve()).as_posix()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ManifestError(
                [Diagnostic("The file is larger than 64 MiB", Place(name), hint="Split it.", code="too-large")]
            )
        documents = parse(path.read_bytes(), name)
    except ManifestError as error:
        reading.errors.extend(error.diagnostics)
        return
    except OSError as error:
        reading.error(Place(name), f"The file cannot be read: {error.strerror}", code="unreadable")
        return
    if not documents:
        reading.error(
            Place(name),
            "The manifest is empty",
            hint="Begin with `apiVersion: mscode/v1`, or remove the file.",
            code="empty",
        )
    for document in documents:
        if not reading.show_people:
            mask_people(document)
        _read_document(reading, document, path)


def _read_document(reading: _Reading, document: Node, path: Path) -> None:
    if not isinstance(document.value, dict):
        reading.error(
            document, "A manifest must be a mapping", hint="Begin with `apiVersion: mscode/v1`.", code="no-mapping"
        )
        return
    version = document.value.get("apiVersion")
    if version is None:
        reading.error(
            document, 'Missing field "apiVersion"', hint="Begin with `apiVersion: mscode/v1`.", code="missing-field"
        )
    elif version.value != "mscode/v1":
        reading.error(version, "apiVersion must be mscode/v1", code="bad-version")
    for section, node in document.value.items():
        if section == "apiVersion":
            continue
        if section not in reading.kinds:
            at = key_node(document, section)
            hint = did_you_mean(section, reading.kinds) or f"Known sections: {', '.join(reading.kinds)}."
            reading.error(at, f'Unknown section "{section}"', hint=hint, code="unknown-section")
        else:
            _read_section(reading, reading.kinds[section], node, path)


def _read_section(reading: _Reading, kind: Kind, node: Node, path: Path) -> None:
    if node.data() is None:
        return
    if not isinstance(node.value, dict):
        reading.error(node, f"{kind.section}: must be a mapping of names to objects", code="bad-value")
        return
    for name, child in node.value.items():
        at = key_node(node, name)
        if not NAME.match(name):
            hint = "A name begins with a letter; letters, digits, - and _ follow, 63 in all."
            reading.error(at, f'"{name}" cannot be a name', hint=hint, code="bad-name")
            continue
        address = Address(kind.section, name)
        if address in reading.declared:
            first = reading.declared[address].place
            detail = f"It is declared first in {first.file}, line {first.line}."
            reading.error(
                at,
                f"{address} is declared twice",
                detail,
                "Keep one of the two.",
                code="declared-twice",
                address=str(address),
            )
            continue
        reading.declared[address] = at
        _read_object(reading, kind, address, at, child, path)


# ---- one object ------------------------------------------------------------------------------------------------------


def _read_object(reading: _Reading, kind: Kind, address: Address, at: Node, node: Node, path: Path) -> None:
    if not isinstance(node.value, dict):
        reading.error(
            at,
            f"{address}: must be a mapping of fields",
            hint=f"For example:\n{kind.example.rstrip()}",
            code="bad-value",
            address=str(address),
        )
        return
    own = Node({k: v for k, v in node.value.items() if k not in COMMON}, at.line, at.column, at.source, node.keys)
    lifecycle = _lifecycle(reading, kind, node.value.get("lifecycle"), address)
    import_id = _import_id(reading, node.value.get("import"), address)
    renamed = _renamed_from(reading, node.value.get("renamedFrom"), address)
    files = ProjectFiles(reading.root, path.parent)
    planning = reading.project
    context = SpecContext(
        ZoneInfo(planning.timezone), planning.region or "", reading.environment, files.upload, files.text
    )
    try:
        spec = kind.spec.model_validate(own.data(), context=context)
    except ValidationError as error:
        reading.errors.extend(diagnostics_of(error, kind.spec, own, str(address)))
        return
    fields = spec.fields()
    if kind.named:
        fields.setdefault("name", address.name)
    places = {name: child.place for name, child in own.value.items()}
    reading.nodes[address] = own
    reading.objects[address] = Desired(address, at.place, fields, spec.members(), lifecycle, import_id, renamed, places)
    for where, summary, detail in spec.warnings():
        found = own.get(*where) or own
        reading.warnings.append(
            Diagnostic(summary, found.place, detail, severity="warning", code="doubtful", address=str(address))
        )


def _lifecycle(reading: _Reading, kind: Kind, node: Node | None, address: Address) -> Lifecycle:
    if node is None:
        return Lifecycle()
    if not isinstance(node.value, dict):
        reading.error(node, "lifecycle: must be a mapping", code="bad-value", address=str(address))
        return Lifecycle()
    for name in node.value:
        if name not in LIFECYCLE:
            hint = did_you_mean(name, LIFECYCLE) or f"Known here: {', '.join(LIFECYCLE)}."
            at = key_node(node, name)
            reading.error(at, f'Unknown field "{name}"', hint=hint, code="unknown-field", address=str(address))
    data = node.data()
    prevent, removal, ignored = data.get("preventDestroy"), data.get("onRemoval"), data.get("ignoreChanges")
    if prevent is not None and str(prevent) not in ("true", "false"):
        reading.error(
            node.value["preventDestroy"],
            "lifecycle.preventDestroy: must be true or false",
            code="bad-value",
            address=str(address),
        )
    if removal is not None and removal != "delete":
        reading.error(
            node.value["onRemoval"], "lifecycle.onRemoval: must be delete", code="bad-value", address=str(address)
        )
    known = {*kind.rules, *({"members"} if kind.has_members else ())}
    names = ignored if isinstance(ignored, list) else [] if ignored is None else [ignored]
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in known:
            hint = did_you_mean(str(name), known) or f"Fields of {kind.section}: {', '.join(sorted(known))}."
            found = node.get("ignoreChanges", index) or node.value["ignoreChanges"]
            reading.error(
                found,
                f'lifecycle.ignoreChanges: "{name}" is no field of {kind.section}',
                hint=hint,
                code="unknown-field",
                address=str(address),
            )
    return Lifecycle(str(prevent) == "true", tuple(str(n) for n in names), "delete" if removal == "delete" else "")


def _import_id(reading: _Reading, node: Node | None, address: Address) -> str:
    """The id for this environment; "" where the map has none."""
    if node is None or node.data() is None:
        return ""
    found = node.value.get(reading.environment) if isinstance(node.value, dict) else node
    if found is None:
        return ""
    if not isinstance(found.value, Scalar) or not ID.match(found.value):
        hint = 'Write `import: "123"`, or a mapping of environments to ids.'
        reading.error(
            found, "import: must be the id of a live object", hint=hint, code="bad-import", address=str(address)
        )
        return ""
    return str(found.value)


def _renamed_from(reading: _Reading, node: Node | None, address: Address) -> str:
    if node is None or node.data() is None:
        return ""
    name = str(node.value).removeprefix(f"{address.section}.") if isinstance(node.value, Scalar) else ""
    parts = name.split(".")
    if not NAME.match(parts[0]) or len(parts) > 2 or any(not KEY.match(part) for part in parts[1:]):
        reading.error(
            node, f"renamedFrom: must be the old name in {address.section}", code="bad-value", address=str(address)
        )
        return ""
    return name


# ---- the whole project -----------------------------------------------------------------------------------------------


def _refs_with_places(item: Desired, node: Node) -> Iterator[tuple[Ref, Place]]:
    def walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Ref, Place]]:
        if isinstance(value, Ref):
            yield value, (node.get(*path) or node).place
        elif isinstance(value, dict):
            for key, child in value.items():
                yield from walk(child, (*path, key))
        elif isinstance(value, list | tuple):
            for at, child in enumerate(value):
                yield from walk(child, (*path, at))

    yield from walk(dict(item.fields), ())
    if item.members is not None:
        if item.members.filter is not None:
            yield item.members.filter, (node.get("members", "filter") or node).place
        yield from walk(item.members.accounts, ("members", "accounts"))


def _check_references(reading: _Reading) -> None:
    for address, item in reading.objects.items():
        for ref, place in _refs_with_places(item, reading.nodes[address]):
            if (
                not any(str(known) == f"{ref.section}.{ref.name}" for known in (_address(ref),))
                or _address(ref) not in reading.declared
            ):
                _missing_reference(reading, address, ref, place)


def _address(ref: Ref) -> Address:
    return Address(ref.section, *ref.name.split(".", 1)) if ref.name.count(".") <= 1 else Address(ref.section, ref.name)


def _missing_reference(reading: _Reading, address: Address, ref: Ref, place: Place) -> None:
    elsewhere = [known for known in reading.declared if known.name == ref.name]
    singular = reading.kinds[ref.section].singular
    if elsewhere:
        detail = f"{elsewhere[0]} is a {reading.kinds[elsewhere[0].section].singular}, and a {singular} is needed here."
        reading.error(
            place, f"{ref.section}.{ref.name} does not exist", detail, code="missing-reference", address=str(address)
        )
        return
    names = [known.name for known in reading.declared if known.section == ref.section]
    hint = did_you_mean(ref.name, names) or f"Declare it under `{ref.section}:`."
    reading.error(
        place, f"{ref.section}.{ref.name} does not exist", hint=hint, code="missing-reference", address=str(address)
    )


def _check_names(reading: _Reading) -> None:
    """Live names are unique per section, for they are how an object is found again."""
    seen: dict[tuple[str, str], Address] = {}
    for address, item in reading.objects.items():
        if not reading.kinds[address.section].named:
            continue
        name = str(item.fields["name"])
        first = seen.setdefault((address.section, name), address)
        if first != address:
            place = item.field_places.get("name", item.place)
            hint = "Give one of the two another `name`."
            reading.error(
                place,
                f'{address} and {first} have the same name "{name}"',
                hint=hint,
                code="same-name",
                address=str(address),
            )


def _check_moves(reading: _Reading) -> None:
    origins: dict[tuple[str, str], Address] = {}
    imports: dict[tuple[str, str], Address] = {}
    for address, item in reading.objects.items():
        if item.renamed_from:
            old = Address(address.section, *item.renamed_from.split(".", 1))
            if old in reading.declared:
                reading.error(
                    item.place,
                    f"{address} says it was {old}, and {old} is still declared",
                    hint="Remove one.",
                    code="renamed-exists",
                    address=str(address),
                )
            _once(reading, origins, (address.section, item.renamed_from), item, f"says it was {old}")
        if item.import_id:
            _once(reading, imports, (address.section, item.import_id), item, f"imports id {item.import_id}")


def _once(
    reading: _Reading, seen: dict[tuple[str, str], Address], key: tuple[str, str], item: Desired, what: str
) -> None:
    first = seen.setdefault(key, item.address)
    if first != item.address:
        reading.error(
            item.place,
            f"{item.address} {what}, and so does {first}",
            hint="Keep one of the two.",
            code="same-origin",
            address=str(item.address),
        )


def personal_words(objects: Iterable[Desired]) -> set[str]:
    """Personal values that the manifests hold, for masking them in the service's words."""
    kinds = registry()
    words: set[str] = set()
    for item in objects:
        for name, value in item.fields.items():
            rule = kinds[item.address.section].rules.get(name)
            if rule is not None and rule.personal and value:
                words.add(str(value))
    return words
