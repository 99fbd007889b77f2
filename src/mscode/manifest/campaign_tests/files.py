"""Which files below tests/ hold tests, and what is in them. Every error of every file is named in one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.manifest.campaign_tests.parts import Command, PartReader, People, Step
from mscode.manifest.campaign_tests.spec import CampaignTestSpec, ExpectSpec, TestFileHead
from mscode.manifest.load.discovery import link_target
from mscode.manifest.problems import diagnostics_of
from mscode.manifest.project.file import ProjectFile
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.source import read_bytes
from mscode.manifest.yaml.tree import Node, key_node, parse_all
from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.project_file import FILE, TESTS, is_test_file
from mscode.model.world import SpecContext

#: The commands whose code `exit` may leave out.
_WITHOUT_CODE = ("halt", "resume")


@dataclass(frozen=True, slots=True)
class CampaignTest:
    """One test as it was written. `clock` is None where it begins now, `environment` "" where it is the project's default.

    `places` are those of its parts by their path, like `expect.rings.total`. `codes` are the exit codes that its commands must
    have, in order.
    """

    name: str
    place: Place
    clock: datetime | None
    environment: str
    given: Node | None = field(repr=False)
    people: People
    steps: tuple[Step, ...]
    expect: ExpectSpec
    codes: tuple[int, ...]
    places: Mapping[str, Place] = field(repr=False)

    @property
    def file(self) -> str:
        """Its file, relative to the project."""
        return self.place.file

    def place_of(self, path: str) -> Place:
        """Where a part stands; of one that does not, where the test begins."""
        return self.places.get(path, self.place)


@dataclass(slots=True)
class CampaignTestFiles:
    """The tests of a project in the order of their files, and everything that is wrong with these. `elsewhere` are files of tests
    outside of tests/, which nobody runs.
    """

    tests: list[CampaignTest] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def read_tests(root: Path, project: ProjectFile) -> CampaignTestFiles:
    """Every test of a project."""
    files = CampaignTestFiles()
    for path in _below(root / TESTS, root, files):
        name = path.relative_to(root).as_posix()
        try:
            raw = read_bytes(path, name)
        except ManifestError as error:
            files.errors.extend(error.diagnostics)
            continue
        _FileReader(project, name, files).read(raw)
    files.errors.sort(key=Diagnostic.sort_key)
    if not files.tests and not files.errors:
        files.elsewhere = [path.relative_to(root).as_posix() for path in _walk(root)]
    return files


def _walk(folder: Path, failed: Callable[[OSError], object] | None = None) -> Iterator[Path]:
    """Files of tests in a folder and those below it, by name: none in hidden folders, other projects and linked folders. `failed`
    takes a folder that cannot be read.
    """
    for parent, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not (Path(parent) / name / FILE).exists()
        )
        yield from (Path(parent, name) for name in sorted(names) if is_test_file(name) and not name.startswith("."))


def _below(folder: Path, root: Path, files: CampaignTestFiles) -> list[Path]:
    """The files of tests below a folder, sorted by path; one that cannot be read is an error, and never left out unseen."""
    if not folder.is_dir() or (folder / FILE).exists():
        return []
    paths = []

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(root).as_posix()
        files.errors.append(Diagnostic(f"The folder cannot be read: {error.strerror}", Place(name), code="unreadable"))

    for path in _walk(folder, unreadable):
        target, place = link_target(path), Place(path.relative_to(root).as_posix())
        if target is None:
            files.errors.append(
                Diagnostic("The file is a link that leads nowhere", place, hint="Remove it.", code="unreadable")
            )
        elif not target.is_relative_to(root.resolve()):
            files.errors.append(Diagnostic("The file is a link that leads out of the project", place, code="outside"))
        elif not target.is_file():
            files.errors.append(Diagnostic("This is not a regular file", place, hint="Remove it.", code="unreadable"))
        else:
            paths.append(path)
    return sorted(paths, key=lambda path: path.relative_to(root).as_posix())


class _FileReader:
    """Reads one file into `files`."""

    def __init__(self, project: ProjectFile, name: str, files: CampaignTestFiles) -> None:
        self._project, self._name, self._files = project, name, files
        self._names: dict[str, Node] = {}
        self._parts = PartReader(project.region or "")

    def read(self, raw: bytes) -> None:
        parsed = parse_all(raw, self._name)
        self._files.errors.extend(parsed.errors)
        if parsed.complete and not parsed.documents:
            self._error(Place(self._name), "The file holds no test", "Begin with `apiVersion: mscode/v1` and `tests:`.")
        for document in parsed.documents:
            if not document.flawed:
                self._document(document)
        self._files.errors.extend(self._parts.errors)

    def _document(self, node: Node) -> None:
        if not isinstance(node.value, dict):
            self._error(node.place, "A file of tests is a mapping", "Begin with `apiVersion: mscode/v1` and `tests:`.")
            return
        try:
            content = TestFileHead.model_validate(node.data())
        except ValidationError as error:
            self._files.errors.extend(diagnostics_of(error, TestFileHead, node, ""))
            return
        for at in range(len(content.tests)):
            self._test(node.get("tests", at) or node)

    def _test(self, node: Node) -> None:
        before = self._wrong
        if not isinstance(node.value, dict):
            self._error(node.place, "A test is a mapping", "Begin with `name:`.")
            return
        steps, people = self._parts.steps(node.get("do")), self._parts.people(node.get("people"))
        self._expectations(node)
        spec = self._spec(node)
        if spec is not None:
            self._once(spec, node.get("name") or node)
            self._environment(spec, node)
        if spec is None or self._wrong > before:
            return
        codes = self._codes(spec.expect, node, [step for step in steps if isinstance(step, Command)])
        if codes is not None:
            self._files.tests.append(
                CampaignTest(
                    spec.name,
                    key_node(node, "name").place,
                    parse_instant(spec.clock) if spec.clock else None,
                    spec.environment or "",
                    node.get("given"),
                    people,
                    steps,
                    spec.expect,
                    codes,
                    dict(_places(node, ("expect", "given", "people", "environment", "do"))),
                )
            )

    @property
    def _wrong(self) -> int:
        """How many errors there are so far."""
        return len(self._files.errors) + len(self._parts.errors)

    def _spec(self, node: Node) -> CampaignTestSpec | None:
        """The test as pydantic reads it; None where it does not, which is reported."""
        data = node.data()
        if data.get("expect") is None:
            data["expect"] = {}  # `_expectations` says what is wrong with that
        zone = ZoneInfo(self._project.timezone)
        try:
            return CampaignTestSpec.model_validate(data, context=SpecContext(zone, self._project.region or ""))
        except ValidationError as error:
            self._files.errors.extend(diagnostics_of(error, CampaignTestSpec, node, ""))
            return None

    def _once(self, spec: CampaignTestSpec, at: Node) -> None:
        """Two tests of one name could not be told apart in a report."""
        if (first := self._names.setdefault(spec.name, at)) is not at:
            summary = f'There are two tests "{mask_text(spec.name)}" in this file'
            self._error(at.place, summary, f"The other one is in line {first.line + 1}. Rename one.")

    def _environment(self, spec: CampaignTestSpec, node: Node) -> None:
        names = self._project.environments
        if spec.environment and spec.environment not in names:
            hint = did_you_mean(spec.environment, names) or f"Known in {FILE}: {', '.join(names) or 'none'}."
            place = (node.get("environment") or node).place
            self._error(
                place, f'There is no environment "{mask_text(spec.environment)}"', hint, code="unknown-environment"
            )

    def _expectations(self, node: Node) -> None:
        """What pydantic does not see: that something is expected at all, and that addresses are some."""
        expect = node.get("expect")
        if expect is None or not expect.data():
            at = key_node(node, "expect") if expect is not None else node
            self._error(
                at.place, "expect: expects nothing, so that the test cannot fail", "Say what must hold in the end."
            )
        for name in ("rings", "accepts", "states"):
            part = node.get("expect", name)
            if part is not None and not part.data():
                self._error(part.place, f"expect.{name}: expects nothing", "Say what must hold, or leave it out.")
        only = node.get("expect", "rings", "only")
        nodes = only.value if only is not None and isinstance(only.value, list) else [only]
        for child in (child for child in nodes if child is not None and isinstance(child.value, str)):
            self._parts.address(child, "only")
        for name in ("accepts", "states"):
            mapping = node.get("expect", name)
            if mapping is not None and isinstance(mapping.value, dict):
                for key in mapping.keys or ():
                    at = key_node(mapping, key)
                    self._parts.address(Node(key, at.line, at.column, at.source), name)

    def _codes(self, expect: ExpectSpec, node: Node, commands: list[Command]) -> tuple[int, ...] | None:
        """The exit code that each command must have; None where `exit` has another number of codes, which is reported."""
        if expect.exit is None:
            return (0,) * len(commands)
        if len(expect.exit) == len(commands):
            return tuple(expect.exit)
        with_code = [command for command in commands if command.name not in _WITHOUT_CODE]
        if len(expect.exit) == len(with_code):
            codes = iter(expect.exit)
            return tuple(0 if command.name in _WITHOUT_CODE else next(codes) for command in commands)
        listing = ", ".join(map(str, commands)) or "none"
        self._error(
            (node.get("expect", "exit") or node).place,
            f"exit: has {len(expect.exit)} codes, and the steps have {len(commands)} commands",
            f"In order: {listing}. {' and '.join(_WITHOUT_CODE)} may be left out; advance and edit are no commands.",
        )
        return None

    def _error(self, place: Place, summary: str, hint: str, *, code: str = "campaign-test") -> None:
        self._files.errors.append(Diagnostic(summary, place, "", hint, code=code))


def _places(node: Node, names: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    """The places of parts and of what is in mappings in them, by their paths."""
    waiting = [(name, node, name) for name in names if name in node.value]
    while waiting:
        path, owner, key = waiting.pop()
        yield path, key_node(owner, key).place
        child = owner.value[key]
        if isinstance(child.value, dict) and path.startswith("expect"):
            waiting += [(f"{path}.{name}", child, name) for name in child.value]
