"""The JSON Schemas that also lie in schema/, printed or written where the files of a project name them for editors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mscode.app.environment import private_folder
from mscode.errors import ConfigError

NAMES = ("manifest", "project", "policy", "plan", "events", "drift")
#: Which of them have a draft-07 twin: the ones that editors use.
EDITED = ("manifest", "project", "policy")
_FILES = {f"{name}.schema.json": name for name in EDITED}
#: The line by which an editor finds a schema, and how much of a file is looked at for it.
_MODELINE = re.compile(rb"(?m)^#[ \t]{0,9}yaml-language-server:[ \t]{0,9}\$schema=([^\s]{1,500})[ \t]*\r?$")
_BEGINNING = 4_096


def restore_schemas(root: Path) -> list[str]:
    """Write the schemas that the files of a project name for editors; the names of those that were another one, or not there."""
    try:
        return [_inside(path, root) for path in named_schemas(root) if write_schema(path)]
    except OSError as error:
        raise ConfigError(f"{error.filename or root} cannot be written: {error.strerror}") from None


def missing_schemas(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Schemas that are not there, as a clone lacks what git ignores, and the files that name them."""
    for path, files in named_schemas(root).items():
        if not path.is_file():
            yield _inside(path, root), files


def named_schemas(root: Path) -> dict[Path, list[str]]:
    """Where the files of a project expect the schemas of mscode, and which files do. Only places inside the project count, and
    only files of the schemas' own names: a manifest may come from anybody, and what it names is written."""
    schemas: dict[Path, list[str]] = {}
    home = root.resolve()
    for file in _yaml_files(home):
        try:
            with file.open("rb") as opened:
                line = _MODELINE.search(opened.read(_BEGINNING))
            named = unquote(line[1].decode("utf-8")) if line else ""
            path = (file.parent / named).resolve() if named and "\0" not in named and "://" not in named else home
        except (OSError, RuntimeError, ValueError):
            continue
        if path.name in _FILES and path.is_relative_to(home):
            schemas.setdefault(path, []).append(_inside(file, root))
    return schemas


def _yaml_files(root: Path) -> Iterator[Path]:
    """Files in YAML of this project, without hidden folders and other projects."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not (here / name / "mscode.yaml").exists()
        )
        yield from (here / name for name in sorted(names) if name.endswith((".yaml", ".yml")))


def _inside(path: Path, root: Path) -> str:
    return path.relative_to(root.resolve()).as_posix()


def write_schema(path: Path) -> bool:
    """Write the schema that this file's name says, as editors take it; was it another one, or not there?"""
    text = f"{rendered(schema_of(_FILES[path.name], '07'))}\n"
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return False
    if path.parent.name == ".mscode":
        private_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def schema_of(name: str, draft: str = "2020-12") -> dict[str, Any]:
    """One schema as data."""
    if name not in EDITED:
        from mscode.views.schemas import drift_schema, events_schema, plan_schema

        return {"plan": plan_schema, "events": events_schema, "drift": drift_schema}[name]()
    from mscode.manifest.schema import as_draft_07, manifest_schema, policy_schema, project_schema

    schema = {"manifest": manifest_schema, "project": project_schema, "policy": policy_schema}[name]()
    return as_draft_07(schema) if draft == "07" else schema


def files() -> dict[str, str]:
    """Every file of schema/ that is generated: its name and text."""
    texts = {f"{name}.schema.json": f"{rendered(schema_of(name))}\n" for name in NAMES}
    twins = {f"{name}.draft-07.schema.json": f"{rendered(schema_of(name, '07'))}\n" for name in EDITED}
    return texts | twins


def rendered(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2)
