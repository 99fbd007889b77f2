"""What a docstring names in backticks is there: a member, an argument, another definition, or a word of the data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "mscode"
FILES = sorted(SOURCE.rglob("*.py"))
#: Words of others: the API's page, HTTP, Python, shells.
_OF_OTHERS = frozenset(
    {
        *("latestCallAt", "noReply", "noAnswer", "authToken", "updatedAt"),  # members and values that only the API has
        *("Date", "Location"),
        *("fullmatch", "SystemExit", "class", "nohup", "yes", "closed"),
    }
)
_NAME = re.compile(r"`([A-Za-z_]\w*)(?:=\w+)?`")
#: A class describes a member of its own where a sentence begins with the name, or a colon follows it.
_DESCRIBED = re.compile(r"(?:(?<=\A)|(?<=[.;]\s)|(?<=\n))`([a-z]\w*)`|`([a-z]\w*)`(?=:)")
_CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]*)+")
_SHOUTED = re.compile(r"[A-Z][A-Z_]+")

_ASSIGNED = (ast.Assign, ast.AnnAssign)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _documented(path: Path) -> Iterator[tuple[Documented, str]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, Documented) and _NAME.search(text := ast.get_docstring(node) or ""):
            yield node, text


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Texts that the program works with, docstrings left out."""
    nodes = list(nodes)
    of_docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in of_docs:
            yield node.value


@cache
def _anywhere() -> frozenset[str]:
    """Modules, classes, functions and constants of the package, its settings, names of its keyword arguments, and its texts of
    one word: members of JSON, values, options.
    """
    found = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    for tree in map(_tree, FILES):
        found |= {node.id for part in tree.body if isinstance(part, _ASSIGNED) for node in _names(part)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.AnnAssign):
                found |= {one.id for one in _names(node.target) if _CAMEL.fullmatch(one.id)}
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
        found.update(text.removeprefix("--").replace("-", "_") for text in _texts(ast.walk(tree)))
    return frozenset(found) | _OF_OTHERS


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Name))


def _own(node: Documented) -> set[str]:
    """Every name in the body, and the words of its texts."""
    inside = list(ast.walk(node))
    names = {getattr(one, field, None) for one in inside for field in ("id", "arg", "attr", "name", "asname")}
    return {str(name) for name in names if name} | {
        word for text in _texts(inside) for word in re.findall(r"\w+", text)
    }


def _missing(path: Path) -> Iterator[str]:
    for node, text in _documented(path):
        own, elsewhere = _own(node), _anywhere()
        described = (
            {one or other for one, other in _DESCRIBED.findall(text)} if isinstance(node, ast.ClassDef) else set()
        )
        for name in _NAME.findall(text):
            is_there = name in own or (name in elsewhere and name not in described)
            if not is_there and not _SHOUTED.fullmatch(name):
                yield f"{getattr(node, 'name', path.stem)}: `{name}`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_what_a_docstring_names_is_there(path: Path) -> None:
    assert list(_missing(path)) == []
