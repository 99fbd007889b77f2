"""`policies/**/*.yaml`: a project's own rules over the plan's JSON, each an expression in CEL, and their tests.

A document is one policy (`name`, `level`, `message`, `expression`, `tests`); one of a file `*_test.yaml` or `*.test.yaml` holds
tests alone. What an expression means is the engine's matter (`engine.policy`); where each part of it stands is known here, so
that an error in it has a line and a column of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.kinds.fields.types import Text
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.problems import diagnostics_of
from mscode.manifest.yaml.source import problem, read_bytes
from mscode.manifest.yaml.tree import Node, parse
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import is_test_file
from mscode.model.values import core

FOLDER = "policies"
_NAME = r"^[a-z][a-z0-9-]{0,62}$"
_ENDINGS = (".yaml", ".yml")
#: What may lie beside rules: plans that tests name, and documentation.
_OTHER_ENDINGS = (".json", ".md", ".txt", ".rst")
#: Characters; a longer expression cannot be reviewed.
MAX_EXPRESSION = 4000
MAX_FILE = 1024 * 1024
MAX_POLICIES = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule. `expression` is true where a plan may be applied."""

    name: str
    level: Literal["deny", "warn"]
    message: str
    expression: str
    node: Node

    def place(self, line: int = 1, column: int = 1) -> Place:
        """The place in the file of a line and a column (from 1) of the expression."""
        return _inside(self.node, line, column)


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """A plan and what a policy should say of it: `pass` or `fail`, whatever its level."""

    name: str
    policy: str
    expect: Literal["pass", "fail"]
    plan: Any
    place: Place


@dataclass(frozen=True, slots=True)
class Policies:
    """All of a project."""

    policies: tuple[Policy, ...] = ()
    tests: tuple[PolicyTest, ...] = ()


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PolicyTestSpec(_StrictModel):
    """A plan and what a policy should say of it."""

    name: Text = Field(description="What it shows, in words.")
    policy: Text | None = Field(default=None, description="Name of the policy; one beside its policy needs none.")
    expect: Literal["pass", "fail"] = Field(description="What the policy should say of the plan, whatever its level.")
    plan: Annotated[Any, WithJsonSchema({"type": ["object", "string"]})] = Field(
        description="The plan's JSON as far as it matters, or the path of its file below `policies/`."
    )


class PolicyTestFile(_StrictModel):
    """A document of a file `*_test.yaml` or `*.test.yaml`: tests of policies that stand elsewhere."""

    apiVersion: Literal["mscode/v1"] | None = Field(default=None, description="Always mscode/v1.")
    tests: list[PolicyTestSpec] = Field(min_length=1, description="The tests.")


class PolicySpec(_StrictModel):
    """A rule over the plan's JSON."""

    apiVersion: Literal["mscode/v1"] | None = Field(default=None, description="Always mscode/v1.")
    name: Annotated[Text, Field(pattern=_NAME), WithJsonSchema({"type": "string", "pattern": _NAME})] = Field(
        description="Its name; a plan's checks have it after `policy.`."
    )
    level: Literal["deny", "warn"] = Field(default="deny", description="`deny` refuses the plan.")
    message: Text = Field(description="What people read where it does not hold.")
    expression: Text = Field(description="In CEL, of `plan`: true where the plan may be applied.")
    tests: list[PolicyTestSpec] = Field(default_factory=list, description="Its tests, for `mscode policy test`.")


def load_policies(root: Path) -> Policies:
    """Every policy of a project; ManifestError with everything that is wrong in any file."""
    reader, folder = _PolicyReader(root), root / FOLDER
    for path in reader.files(folder) if folder.exists() or folder.is_symlink() else ():
        reader.read(path)
    reader.check()
    if reader.errors:
        raise ManifestError(sorted(reader.errors, key=Diagnostic.sort_key))
    return Policies(tuple(reader.policies), tuple(reader.tests))


def _is_beside_rules(path: Path) -> bool:
    """A plan of a test or a text, and not a rule that was set aside or misnamed (`calls.yaml.txt`)."""
    name = path.name.lower()
    is_text = path.suffix.lower() in _OTHER_ENDINGS or path.name in ("README", "LICENSE", "CODEOWNERS", "OWNERS")
    return is_text and not any(f"{ending}." in name for ending in _ENDINGS)


class _PolicyReader:
    """Collects policies, tests and errors, file by file."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.policies: list[Policy] = []
        self.tests: list[PolicyTest] = []
        self.errors: list[Diagnostic] = []

    def files(self, folder: Path) -> Iterator[Path]:
        """Every file of rules in a folder and those below it, in order. A file that looks like one and is not read is an
        error: a rule that is not evaluated allows everything.
        """
        if folder.is_symlink() and not self._is_inside(folder):
            self._error(
                self._place(folder), "The folder is a link that leads out of the project", "Put the files here."
            )
            return
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self._error(self._place(folder), f"The folder cannot be read: {error.strerror}", "It may hold rules.")
            return
        for path in entries:
            if path.name.startswith("."):
                continue
            if path.is_dir() and path.is_symlink():
                self._error(
                    self._place(path), "The folder is a link, and is not looked into", "Put the folder itself here."
                )
            elif path.is_dir():
                yield from self.files(path)
            elif path.suffix.lower() in _ENDINGS:
                yield path
            elif not _is_beside_rules(path):
                hint = "Name it *.yaml if it is one; else keep it elsewhere, or name it *.md, *.txt or *.json."
                self._error(self._place(path), "The file is not read as a rule, by its ending", hint)

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root.resolve())

    def _place(self, path: Path) -> Place:
        return Place(path.relative_to(self._root).as_posix())

    def read(self, path: Path) -> None:
        file = path.relative_to(self._root).as_posix()
        try:
            documents = parse(self._bytes(path), file)
        except ManifestError as error:
            self.errors += error.diagnostics
            return
        if not documents:
            self._error(Place(file), "The file holds no policy", "Write one, or remove the file.")
        for node in documents:
            self._document(node, only_tests=path.stem.endswith("_test") or is_test_file(path.name))

    def _bytes(self, path: Path) -> bytes:
        place = self._place(path)
        if not self._is_inside(path) or not path.is_file():
            raise problem(
                place, "A policy must be a file inside the project", "", "Put the file itself there.", "policy"
            )
        if path.stat().st_size > MAX_FILE:
            raise problem(
                place, "The file is larger than 1 MiB", "", "Put plans of tests into files of their own.", "policy"
            )
        return read_bytes(path, place.file)

    def _document(self, node: Node, *, only_tests: bool) -> None:
        model: type[PolicyTestFile | PolicySpec] = PolicyTestFile if only_tests else PolicySpec
        if not isinstance(node.value, dict):
            self._error(node.place, "A policy is a mapping", "Begin with `name:`.")
            return
        try:
            spec = model.model_validate(node.data())
        except ValidationError as error:
            self.errors += diagnostics_of(error, model, node, "")
            return
        if isinstance(spec, PolicySpec):
            self._policy(spec, node)
        for at, test in enumerate(spec.tests):
            self._test(test, node.get("tests", at) or node, getattr(spec, "name", ""))

    def _policy(self, spec: PolicySpec, node: Node) -> None:
        at = node.get("expression") or node
        if len(spec.expression) > MAX_EXPRESSION:
            self._error(
                at.place, f"The expression is longer than {MAX_EXPRESSION:,} characters", "Make two policies of it."
            )
        if any(policy.name == spec.name for policy in self.policies):
            self._error((node.get("name") or node).place, f'There are two policies "{spec.name}"', "Rename one.")
        if len(self.policies) == MAX_POLICIES:
            self._error(node.place, f"There are more than {MAX_POLICIES} policies", "Join some with &&.")
        self.policies.append(Policy(spec.name, spec.level, spec.message, str(spec.expression), at))

    def _test(self, test: PolicyTestSpec, node: Node, owner: str) -> None:
        name = test.policy or owner
        if not name:
            self._error(node.place, "The test names no policy", "Add `policy: NAME`.")
            return
        try:
            plan = self._plan(test.plan)
        except ValueError as error:
            self._error((node.get("plan") or node).place, f"plan: {error}", "It is a plan's JSON, or the path of one.")
            return
        self.tests.append(PolicyTest(str(test.name), str(name), test.expect, plan, node.place))

    def _plan(self, plan: Any) -> Any:
        """A plan that stands in the test, or the file that is named, relative to `policies/`."""
        if isinstance(plan, dict):
            return core(plan)
        if not isinstance(plan, str):
            raise ValueError("is neither a mapping nor the path of a file")
        try:
            return json.loads(ProjectFiles(self._root, self._root / FOLDER).text(str(plan)))
        except json.JSONDecodeError as error:
            raise ValueError(f'the file "{plan}" is no JSON (line {error.lineno})') from None
        except RecursionError:
            raise ValueError(f'the file "{plan}" is nested too deep') from None

    def check(self) -> None:
        """Tests of policies that are not there."""
        names = {policy.name for policy in self.policies}
        if not self.errors:
            for test in self.tests:
                if test.policy not in names:
                    listing = ", ".join(sorted(names)) or "none"
                    self._error(test.place, f'There is no policy "{test.policy}"', f"Known: {listing}.")

    def _error(self, place: Place, summary: str, hint: str) -> None:
        self.errors.append(Diagnostic(summary, place, "", hint, code="policy"))


# ---- places inside an expression -------------------------------------------------------------------------------------


def _inside(node: Node, line: int, column: int) -> Place:
    """A block text begins on the line below its indicator, indented; a folded one is a single line to CEL. Others begin at the
    node itself.
    """
    lines = node.source.lines
    style = lines[node.line][node.column : node.column + 1]
    if style not in ("|", ">"):
        offset = column - 1 + (style in ("'", '"')) if line == 1 else 0
        return node.source.place(node.line, node.column + offset)
    body = list(_block(lines, node.line + 1))
    indent = min((len(text) - len(text.lstrip()) for _, text in body if text.strip()), default=0)
    if style == "|":
        at = node.line + line
        return node.source.place(at, indent + column - 1) if at < len(lines) else node.place
    return _folded(node, body, indent, line, column)


def _folded(node: Node, body: list[tuple[int, str]], indent: int, line: int, column: int) -> Place:
    """The line of a folded block in which a column lies: each line end counts as one space."""
    remaining = column - 1
    for at, text in body if line == 1 else ():
        length = len(text) - indent
        if remaining <= length:
            return node.source.place(at, indent + remaining)
        remaining -= length + 1
    return node.place


def _block(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    """Lines of a block text with their numbers, from the first to the last that is indented like it."""
    first = next((text for text in lines[start:] if text.strip()), "")
    indent = len(first) - len(first.lstrip())
    for at in range(start, len(lines)):
        if lines[at].strip() and len(lines[at]) - len(lines[at].lstrip()) < indent:
            return
        yield at, lines[at]
