"""The sandbox is a second reading of the API's page: it must not see the first one."""

import ast
import subprocess
import sys
from pathlib import Path

import mscode.sandbox

SOURCES = sorted(Path(mscode.sandbox.__path__[0]).glob("**/*.py"))
ALLOWED = {"starlette", "uvicorn", "mscode"} | set(sys.stdlib_module_names)


def imported(source: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(source.read_text("utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) if node.module}


def test_it_imports_nothing_of_mscode_but_itself() -> None:
    found = {name for source in SOURCES for name in imported(source)}
    assert {name.partition(".")[0] for name in found} <= ALLOWED
    assert all(name.startswith("mscode.sandbox") for name in found if name.partition(".")[0] == "mscode")


def test_the_embedded_sandbox_loads_neither_server_nor_client() -> None:
    code = (
        "import sys, mscode.sandbox.app; print(sorted({'uvicorn', 'httpx', 'pydantic', 'jinja2'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
