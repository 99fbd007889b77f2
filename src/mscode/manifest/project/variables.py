"""Variables of `mscode.yaml`: how they are declared, what a value of each type looks like, and which values may be hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from mscode.errors import Diagnostic
from mscode.kinds.fields.types import Flag, Text, whole_number
from mscode.manifest.yaml.tree import Node, key_node, parse_all
from mscode.model.late_pattern import late_pattern
from mscode.model.nearest import did_you_mean
from mscode.model.values import Scalar

Type = Literal["string", "int", "bool", "list", "map"]
TYPES: tuple[str, ...] = get_args(Type)
NAME = late_pattern(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")
#: The prefix of the environment variables that set a variable.
PREFIX = "MSCODE_VAR_"
#: Characters. A shorter text would be masked in unrelated words that happen to hold it.
SHORTEST_SECRET = 8
_FLAGS = ("true", "True", "TRUE", "false", "False", "FALSE")
_REFERENCE = late_pattern(r"(?<!\$)\$\{\s*(?:var|env|each)\.")
_WORDS = {
    "string": "must be text",
    "int": "must be a whole number",
    "bool": "must be true or false",
    "list": "must be a list",
    "map": "must be a mapping",
}


class Variable(BaseModel):
    """A value that manifests name as `${var.name}`."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    type: Type = Field(default="string", description="string (default), int, bool, list or map.")
    default: Any = Field(default=None, description="Its value where nothing else sets it; left out: it must be set.")
    description: Text | None = Field(default=None, description="What it is for.")
    allowed: list[Any] | None = Field(
        default=None, min_length=1, description="The values it may have; of a list, the values each item may have."
    )
    secret: Flag = Field(
        default=False,
        description="Hidden in every output. For texts of 8 characters or more, alone or in a list or map.",
    )


def variable_checks(root: Node) -> Iterator[Diagnostic]:
    """What is wrong with `variables:` and with the values that environments give them."""
    declared = members(root.get("variables"))
    for name, node in declared.items():
        yield from _declaration(name, node, key_node(root.get("variables") or root, name))
    for environment in members(root.get("environments")).values():
        values = environment.get("variables")
        for name, node in members(values).items():
            if name not in declared:
                yield unknown(name, key_node(values or environment, name), declared)
            elif node.data() is not None:
                yield from value_checks(name, declared[name], node)


def members(node: Node | None) -> dict[str, Node]:
    """The mapping that a node is; nothing of anything else."""
    return node.value if node is not None and isinstance(node.value, dict) else {}


def type_of(declaration: Node) -> str:
    """The declared type; "" where it is none."""
    node = declaration.get("type")
    name = node.data() if node is not None else None
    return "string" if name is None else str(name) if name in TYPES else ""


def is_secret(declaration: Node) -> bool:
    """Also where the rest of the declaration is wrong: what is meant to be hidden is hidden."""
    node = declaration.get("secret")
    return node is not None and str(node.value).lower() == "true"


def unknown(name: str, at: Node, declared: dict[str, Node]) -> Diagnostic:
    """The refusal of a value for a variable that is not declared."""
    hint = did_you_mean(name, declared) or "Declare it under `variables:` in mscode.yaml."
    return Diagnostic(f'There is no variable "{name[:80]}"', at.place, "", hint, code="unknown-variable")


def _declaration(name: str, node: Node, at: Node) -> Iterator[Diagnostic]:
    if not NAME.match(name):
        hint = "A name begins with a letter; letters, digits and _ follow, 63 in all."
        yield Diagnostic(f'"{name[:80]}" cannot be the name of a variable', at.place, "", hint, code="bad-name")
    if not isinstance(node.value, dict):
        return  # pydantic says so
    if is_secret(node) and type_of(node) in ("int", "bool"):
        hint = "Make it a string."
        yield _bad(node.get("secret") or node, f"{name}: a number or a flag cannot be secret", hint)
    allowed = node.get("allowed")
    if allowed is not None and type_of(node) == "map":
        yield _bad(allowed, f"{name}: a map takes no `allowed`", "Remove it.")
        return
    for item in allowed.value if allowed is not None and isinstance(allowed.value, list) else ():
        if reason := mistake("string" if type_of(node) == "list" else type_of(node), item):
            yield _bad(item, f"{name}: an allowed value {reason}")
    default = node.get("default")
    if default is not None and default.data() is not None:
        yield from value_checks(name, node, default)


def value_checks(name: str, declaration: Node, node: Node) -> Iterator[Diagnostic]:
    """What is wrong with one value of a variable. A secret's value is not repeated."""
    reason = mistake(type_of(declaration), node) or not_allowed(declaration, node) or _not_plain(node)
    if reason:
        yield _bad(node, f"{name}: {reason}")
    elif is_secret(declaration) and type_of(declaration) not in ("int", "bool"):
        yield from (_bad(leaf, f"{name}: {TOO_SHORT}", TOO_SHORT_HINT) for leaf in too_short(node))


TOO_SHORT = f"a secret has {SHORTEST_SECRET} characters or more"
TOO_SHORT_HINT = "A shorter one cannot be hidden; keep what is no secret in a variable of its own."


def too_short(node: Node) -> Iterator[Node]:
    """Texts of a secret that are too short to be hidden."""
    return (leaf for leaf in scalars(node) if len(leaf.value) < SHORTEST_SECRET)


def mistake(kind: str, node: Node) -> str:
    """What is wrong with a value for a type, in words that follow its name; "" where it fits."""
    value = node.value
    if kind in ("list", "map"):
        return "" if isinstance(value, list if kind == "list" else dict) else _WORDS[kind]
    if kind and (not isinstance(value, Scalar) or node.data() is None):
        return _WORDS[kind]
    if kind == "bool" and str(value) not in _FLAGS:
        return _WORDS[kind]
    if kind == "int":
        try:
            whole_number(value)
        except ValueError as error:
            return str(error)
    return ""


def not_allowed(declaration: Node, node: Node) -> str:
    """ "" where a value is among the allowed ones, or there are none."""
    allowed, kind = declaration.get("allowed"), type_of(declaration)
    if allowed is None or not isinstance(allowed.value, list) or not kind or kind == "map":
        return ""
    allowed_values = [_comparable(kind, item) for item in allowed.value]
    if all(_comparable(kind, item) in allowed_values for item in (node.value if kind == "list" else [node])):
        return ""
    if is_secret(declaration):
        return "is not an allowed value"
    listing = ", ".join(str(item.data()) for item in allowed.value[:20])
    return f"must be {'of' if kind == 'list' else 'one of'} {listing}"


def _comparable(kind: str, node: Node) -> Any:
    value = node.data()
    if kind == "int" and not mistake("int", node):
        return whole_number(value)
    return str(value).lower() if kind == "bool" else value


def _not_plain(node: Node) -> str:
    """A value with `${var.…}` is refused: values of variables are never searched for references."""
    if any(_REFERENCE.search(leaf.value) for leaf in scalars(node)):
        return "the value of a variable cannot refer to another; ${…} is for manifests"
    return ""


def scalars(node: Node) -> Iterator[Node]:
    """Every scalar of a value except null."""
    if isinstance(node.value, dict):
        for child in node.value.values():
            yield from scalars(child)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from scalars(child)
    elif node.data() is not None:
        yield node


def from_text(kind: str, text: str, origin: str) -> Node:
    """A value from text (command line, environment), read for the variable's type; ValueError with the reason.

    A list or map is written as YAML, like `[espoo, turku]`. `origin` says where it came from.
    """
    from mscode.manifest.yaml.source import Source

    if kind not in ("list", "map"):
        typed = Scalar(text, plain=False) if kind == "string" else Scalar(text.strip())
        node = Node(typed, 0, 0, Source(origin, text))
    else:
        parsed = parse_all(text.encode("utf-8", "replace"), origin)
        if parsed.errors or len(parsed.documents) != 1 or mistake(kind, parsed.documents[0]):
            example = "[espoo, turku]" if kind == "list" else "{espoo: 40, turku: 20}"
            raise ValueError(f"{_WORDS[kind]} in YAML, like '{example}'")
        node = parsed.documents[0]
    if reason := mistake(kind, node):
        raise ValueError(reason)
    return node


def secret_texts(root: Node) -> set[str]:
    """Values of secret variables that stand in `mscode.yaml` itself."""
    texts: set[str] = set()
    environments = members(root.get("environments")).values()
    for name, declaration in members(root.get("variables")).items():
        if is_secret(declaration):
            nodes = [declaration.get("default"), *(environment.get("variables", name) for environment in environments)]
            texts |= {str(leaf.value) for node in nodes if node is not None for leaf in scalars(node)}
    return texts


def _bad(node: Node, summary: str, hint: str = "") -> Diagnostic:
    return Diagnostic(f"variables: {summary}", node.place, "", hint, code="bad-variable")
