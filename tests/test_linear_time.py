"""Whatever comes from outside is handled in time that grows with its size, not with the square of it.

Every regular expression of the sources is found by itself, and fed with texts that are made to its measure: one that is new
is tried without anybody writing a case. What loops over outside text without one is in a table of its own.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mscode
from mscode.api.answer import Answer, BadBodyError, parse_json
from mscode.api.words import Words
from mscode.errors import ManifestError
from mscode.kinds.types import *  # noqa: F403
from mscode.manifest.echo import mask_text, masked, surroundings
from mscode.manifest.fmt import Formatted, difference, formatted, manifest_shape
from mscode.manifest.nodes import parse_all
from mscode.nearest import glob_pattern, nearest
from mscode.privacy import Masker, hide_secrets, mask_numbers
from mscode.spellings import readings
from mscode.views.console import without_commands
from mscode.views.printable import visible
from mscode.views.scalars import quote
from mscode.views.word_diff import word_diff

SOURCES = Path(mscode.__file__).parent
METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
#: Of a text four times as long the time may be so many times as much, before it is taken for more than linear.
MOST = 9.0
#: Less CPU time than this says nothing.
TOO_SHORT_TO_TELL = 0.03


class Pattern(NamedTuple):
    """A pattern of the sources, and the methods that are called on it."""

    where: str
    regex: re.Pattern[str]
    methods: frozenset[str]


#: Patterns that are made when they are used, by file and function: what makes them is tried in the table below, or by its users.
MADE = {
    "nearest.py:glob_pattern",
    "manifest/find.py:_pattern",
    "manifest/fold.py:plain",
    "manifest/export/secrets.py:written",
    "kinds/e164.py:_plans",
    "sandbox/faults.py:_regex",
    "state/shape.py:_hex",
}


def _patterns() -> Iterator[Pattern]:
    used = _uses()
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module: Any = None
        for scope, node in _calls(tree):
            target = _assigned(tree, node) if scope == "" else ""
            if target:
                module = module or importlib.import_module(_module(name))
                yield Pattern(f"{name}:{target}", getattr(module, target), used.get(target, frozenset({"match"})))
                continue
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            flags = _value(node.args[1]) if method == "compile" and len(node.args) > 1 else 0
            text = _value(node.args[0])
            if isinstance(text, str | bytes):
                regex = re.compile(text.decode() if isinstance(text, bytes) else text, flags if isinstance(flags, int) else 0)
                methods = frozenset({"search" if method == "compile" else method})
                yield Pattern(f"{name}:{scope}:{node.lineno}", regex, methods)
            else:
                yield Pattern(f"{name}:{scope}", re.compile("made when it is used"), frozenset())


def _module(name: str) -> str:
    return "mscode." + name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def _calls(tree: ast.AST, scope: str = "") -> Iterator[tuple[str, ast.Call]]:
    for node in ast.iter_child_nodes(tree):
        inner = node.name if isinstance(node, ast.FunctionDef) else scope
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in (*METHODS, "compile")
        ):
            yield scope, node
        yield from _calls(node, inner)


def _assigned(tree: ast.Module, call: ast.Call) -> str:
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name):
            return node.targets[0].id
    return ""


def _value(node: ast.expr) -> Any:
    try:
        return eval(compile(ast.Expression(node), "", "eval"), {"re": re, "__builtins__": {}})
    except Exception:
        return None


def _uses() -> dict[str, frozenset[str]]:
    """The methods that are called on each name, wherever in the sources."""
    found: dict[str, set[str]] = {}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                of = node.func.value
                name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
                found.setdefault(name, set()).add(node.func.attr)
    return {name: frozenset(methods) for name, methods in found.items()}


PATTERNS = list(_patterns())


def _attacks(regex: re.Pattern[str]) -> Iterator[str]:
    """Pieces that, repeated, make it begin again and again: characters, and what stands literally in the pattern."""
    text = regex.pattern if isinstance(regex.pattern, str) else regex.pattern.decode()
    words = sorted({word for word in re.findall(r"[A-Za-z]{2,}|[^\w\s\\()\[\]{}?*+|^$.]+", text) if len(word) < 20})[:24]
    signs = ["a", "A", "0", "1", " ", "\n", "_", "-", ".", ":", "/", "@", "#", "%", "&", "<", '"', "'", "\\", "+", "(", "[", "{", "$", ","]
    yield from signs
    yield from ("a.", "a@", "1.", "1 ", "0-", "1:", "a ", ' "', "\\u0041", "%41", "&a;", "::", "//", "a=", "1,", "a\n", "\n ", "${", "://", "<a")
    yield from words
    yield from (f"{word} " for word in words)
    yield from (f"{word}1" for word in words)


def _seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _all_of(regex: re.Pattern[str], method: str, text: str) -> None:
    given: Any = text if isinstance(regex.pattern, str) else text.encode()
    if method in ("sub", "subn"):
        regex.sub(lambda found: found[0], given)
    elif method == "finditer":
        for _ in regex.finditer(given):
            pass
    else:
        getattr(regex, method)(given)


@pytest.mark.parametrize("pattern", PATTERNS, ids=[one.where for one in PATTERNS])
def test_a_pattern_reads_a_text_once(pattern: Pattern) -> None:
    if not pattern.methods:
        assert pattern.where in MADE, "a pattern that is made when it is used needs a case here"
        return
    for piece in _attacks(pattern.regex):
        for before, after in (("", ""), ("", "\x00"), ('"', "!")):
            for method in pattern.methods:
                for size in (1_000, 4_000, 16_000):
                    small, large = (
                        _seconds(lambda: _all_of(pattern.regex, method, before + piece * (n // len(piece)) + after))
                        for n in (size, 4 * size)
                    )
                    if large < TOO_SHORT_TO_TELL:
                        continue
                    assert large < MOST * max(small, TOO_SHORT_TO_TELL / 20), (pattern.where, method, piece, small, large)
                    if size == 16_000:
                        break
