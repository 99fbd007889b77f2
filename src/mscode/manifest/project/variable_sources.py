"""The values that variables have in one run. Later wins: default, environment, --var-file, MSCODE_VAR_name, --var."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from mscode.errors import ConfigError, Diagnostic, Place, UsageError
from mscode.manifest.project.variables import (
    PREFIX,
    TOO_SHORT,
    from_text,
    is_secret,
    members,
    not_allowed,
    scalars,
    too_short,
    type_of,
    unknown,
    value_checks,
)
from mscode.manifest.yaml.source import Source, problem, too_large
from mscode.manifest.yaml.tree import MAX_BYTES, Node, key_node, parse_all
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.project_file import FILE
from mscode.model.values import Scalar


@dataclass(frozen=True, slots=True)
class VariableSources:
    """What the command line and the process's environment say: files in their order, (name, text) of each `--var`."""

    files: Sequence[Path] = ()
    texts: Sequence[tuple[str, str]] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


NOTHING = VariableSources()


@dataclass(slots=True)
class Values:
    """Every variable with its value.

    `declared` has the declarations, `known` the values, `broken` the names whose wrong value is reported already.
    `env` are the environment variables that `${env.NAME}` may read and that are set, `listed` all that it may read.
    `secrets` are texts that no output may show. `used` are the names of those that a manifest refers to.
    """

    declared: Mapping[str, Node] = field(default_factory=dict)
    known: dict[str, Node] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    listed: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    errors: list[Diagnostic] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


def values_of(root: Node | None, environment: str, sources: VariableSources, *, show_people: bool = False) -> Values:
    """The values in one environment; `root` is the mapping of `mscode.yaml`.

    UsageError for what the command line gives, ConfigError for what the process's environment gives; what is wrong in a
    file is among the errors.
    """
    if root is None:
        root = Node({}, 0, 0, Source(FILE, ""))
    env_vars = root.get("envVars")
    names = env_vars.value if env_vars is not None and isinstance(env_vars.value, list) else []
    listed = [str(node.value) for node in names]
    values = Values(members(root.get("variables")), listed=listed)
    values.env = {name: sources.environ[name] for name in listed if name in sources.environ}
    _from_project(values, root, environment)
    for path in sources.files:
        _from_file(values, path, show_people)
    _from_environ(values, sources.environ)
    for name, text in sources.texts:
        if name not in values.declared:
            hint = did_you_mean(name, values.declared) or "Declare it under `variables:` in mscode.yaml."
            raise UsageError(f'--var: there is no variable "{name[:80]}"', hint=hint, code="unknown-variable")
        values.known[name] = _parsed_text(values, name, text, f"--var {name}", UsageError)
    values.known = {name: _as_typed(type_of(values.declared[name]), node) for name, node in values.known.items()}
    values.broken -= values.known.keys()
    values.secrets = frozenset(_secrets(values))
    return values


def _from_project(values: Values, root: Node, environment: str) -> None:
    """Defaults and the environment's values; both were checked when `mscode.yaml` was read."""
    environment_values = root.get("environments", environment, "variables")
    for name, declaration in values.declared.items():
        for node in (
            declaration.get("default"),
            environment_values.get(name) if environment_values is not None else None,
        ):
            if node is not None and node.data() is not None:
                values.known[name] = node


def _from_file(values: Values, path: Path, show_people: bool) -> None:
    content = _read_mapping(path, show_people)
    values.errors += content if isinstance(content, list) else []
    if isinstance(content, list):
        values.broken |= set(values.declared)
        return
    for name, node in content.value.items():
        if name not in values.declared:
            values.errors.append(unknown(name, key_node(content, name), dict(values.declared)))
            continue
        problems = list(value_checks(name, values.declared[name], node))
        values.errors += _without_values(problems, values.declared[name], node)
        values.known.pop(name, None)
        if problems:
            values.broken.add(name)
        elif node.data() is not None:
            values.known[name] = node


def _without_values(diagnostics: list[Diagnostic], declaration: Node, node: Node) -> list[Diagnostic]:
    """A wrong value of a secret is no known secret, and is not shown for all that."""
    from mscode.manifest.format.grouping import hide

    texts = [str(leaf.value) for leaf in scalars(node)] if is_secret(declaration) else []
    return [hide(diagnostic, texts) for diagnostic in diagnostics]


def _read_mapping(path: Path, show_people: bool) -> Node | list[Diagnostic]:
    """The mapping that a file of variables is, or what is wrong with it."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "Correct the path."
        raise UsageError(f'--var-file: "{path}" cannot be read: {error.strerror}', hint=hint) from None
    if len(raw) > MAX_BYTES:
        return list(too_large(str(path)).diagnostics)
    parsed = parse_all(raw, path.as_posix(), show_people=show_people)
    if parsed.errors:
        return parsed.errors
    if len(parsed.documents) != 1 or not isinstance(parsed.documents[0].value, dict):
        place = parsed.documents[0].place if parsed.documents else Place(path.as_posix())
        summary, hint = "A file of variables must be one mapping of names to values", "For example: city: Espoo"
        return list(problem(place, summary, "", hint, "no-mapping").diagnostics)
    return parsed.documents[0]


def _from_environ(values: Values, environ: Mapping[str, str]) -> None:
    """An environment may hold variables of another project, so what is not declared says nothing."""
    for name in values.declared:
        if (text := environ.get(PREFIX + name)) is not None:
            values.known[name] = _parsed_text(values, name, text, PREFIX + name, ConfigError)


def _parsed_text(
    values: Values, name: str, text: str, origin: str, error: type[UsageError] | type[ConfigError]
) -> Node:
    declaration = values.declared[name]
    try:
        node = from_text(type_of(declaration), text, origin)
    except ValueError as wrong:
        raise error(f"{origin}: {wrong}", code="bad-variable") from None
    if refused := not_allowed(declaration, node):
        raise error(f"{origin}: {refused}", code="bad-variable")
    if is_secret(declaration) and any(too_short(node)):
        raise error(f"{origin}: {TOO_SHORT}", code="bad-variable")
    return node


def _as_typed(kind: str, node: Node) -> Node:
    """The declared type decides what a scalar is: a string that looks like a number stays text."""
    if not isinstance(node.value, Scalar):
        return node
    return Node(Scalar(str(node.value), plain=kind != "string"), node.line, node.column, node.source)


def _secrets(values: Values) -> Iterator[str]:
    for name, node in values.known.items():
        if is_secret(values.declared[name]):
            for leaf in scalars(node):
                yield from {str(leaf.value), str(leaf.value).strip()}
