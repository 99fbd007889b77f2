"""Tests about the codebase itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import grimp
import pytest

from mscode import kinds
from tests.commands import COMMANDS

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
HEAVY = (
    "click",
    "deepdiff",
    "httpx",
    "jinja2",
    "phonenumbers",
    "pydantic",
    "rich",
    "ruamel",
    "starlette",
    "uvicorn",
    "wcmatch",
)

source_files = pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT / "src").as_posix())


# ---- floors ----------------------------------------------------------------------------------------------------------


def test_a_module_imports_only_from_lower_floors() -> None:
    """The contracts are in pyproject.toml."""
    call = "lint_imports(is_debug_mode=False, no_cache=True)"
    program = f"import sys; from importlinter.cli import lint_imports; sys.exit({call})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_the_floors_name_every_module_and_library_as_the_import_graph_does() -> None:
    """A misspelt name in a contract would hold nothing."""
    graph = grimp.build_graph("mscode", include_external_packages=True, cache_dir=None)
    for library in (
        "click",
        "deepdiff",
        "httpcore",
        "httpx",
        "os",
        "pathlib",
        "ruamel",
        "starlette",
        "time",
        "uvicorn",
    ):
        assert library in graph.modules
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name for layer in layers for name in re.split(r" [|:] ", layer)}
    exempt = {"mscode.__main__"}
    assert named == graph.find_children("mscode") - exempt


# ---- start-up --------------------------------------------------------------------------------------------------------


def _imported(*arguments: str) -> set[str]:
    line = [sys.executable, "-X", "importtime", "-m", "mscode", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return {row.rpartition("|")[2].strip().partition(".")[0] for row in done.stderr.splitlines() if "|" in row}


def test_the_version_costs_no_library() -> None:
    assert not _imported("--version") & set(HEAVY)


def test_help_costs_no_library_but_click() -> None:
    assert _imported("--help") & set(HEAVY) == {"click"}


# ---- commands --------------------------------------------------------------------------------------------------------


every_command = pytest.mark.parametrize(("words", "command"), COMMANDS.items(), ids=list(COMMANDS))


@every_command
def test_every_command_has_help_with_an_example_of_its_own(words: str, command: click.Command) -> None:
    assert command.help
    examples = getattr(command, "examples", ())
    assert examples
    assert all(re.match(rf"mscode (--env \S+ )?{words}\b", example) for example in examples)


@every_command
def test_every_option_in_an_example_exists(words: str, command: click.Command) -> None:
    known = {name for param in command.params for name in param.opts} | {"--help", "--dir", "--port"}
    for example in getattr(command, "examples", ()):
        used = re.findall(r"(?<!\S)--[a-z][a-z-]*", example)
        assert set(used) <= known, f"{words}: {example}"


# ---- the shape of the code -------------------------------------------------------------------------------------------


@source_files
def test_a_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree)


@source_files
def test_public_classes_and_longer_functions_say_what_they_are_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [node.name for node in tree.body if _needs_words(node) and not ast.get_docstring(node)]
    assert silent == []


def _needs_words(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return not node.name.startswith("_")
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function and not node.name.startswith("_") and len(node.body) > 10


# ---- what may not be in the repository -------------------------------------------------------------------------------

_LEFT_OUT = {".git", ".venv", ".mscode", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__"}
_TEXT = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".sh", ".svg", ".csv", ""}
#: Absolute paths of somebody's machine, and hosts of package indexes. Put together so that this file is clean too.
FORBIDDEN = re.compile(
    "|".join(
        [
            "/" + "work/",
            "/" + "root/",
            "/" + "home/",
            "/" + "Users/",
            "C:" + r"\\",
            r"pypi\." + "org",
            "python" + "hosted",
        ]
    )
)


def _files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = set(path.relative_to(ROOT).parts)
        if path.is_file() and not parts & _LEFT_OUT and path.suffix in _TEXT:
            yield path


def test_no_file_names_a_machines_paths_or_a_package_index() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{at}"
        for path in _files()
        for at, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


def test_every_constraint_is_an_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line) for line in lines)


# ---- one room a rule -------------------------------------------------------------------------------------------------


def test_one_function_says_whether_this_is_a_ci_job() -> None:
    asking = [
        path.relative_to(ROOT / "src" / "mscode").as_posix()
        for path in SOURCES
        if re.search(r"""["']CI["']""", path.read_text())
    ]
    assert asking == ["model/ci.py"]


# ---- dead names ------------------------------------------------------------------------------------------------------

#: What is looked up by its name: commands, operations of the sandbox.
_LOOKED_UP = frozenset({"command", "OPERATIONS", "_"})


def _registers(decorator: ast.expr) -> bool:
    """Is it the decorator of a rule, which the registry calls?"""
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "rule"


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not any(_registers(decorator) for decorator in node.decorator_list):
                yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_nothing_is_defined_that_the_package_does_not_use() -> None:
    trees = {path: ast.parse(path.read_text()) for path in SOURCES}
    read: dict[Path, set[str]] = {}
    from_elsewhere: set[str] = set()
    for path, tree in trees.items():
        nodes = list(ast.walk(tree))
        read[path] = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        from_elsewhere |= {name.name for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names}
        from_elsewhere |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    looked_up = _LOOKED_UP | {name for _, name in kinds._ALL.values()}
    dead = [
        f"{path.relative_to(ROOT / 'src')}: {name}"
        for path, tree in trees.items()
        for name in _defined(tree)
        if name not in read[path] | from_elsewhere | looked_up and not name.startswith("__")
    ]
    assert dead == []
