"""The JSON Schemas that also lie in schema/, printed or written where the files of a project name them for editors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mscode.app.environment import private_folder
from mscode.errors import ConfigError
from mscode.model.late_pattern import late_pattern
from mscode.model.project_file import FILE

NAMES = (
    *("manifest", "project", "policy", "test", "fleet"),
    *(
        "plan",
        "rehearsal",
        "events",
        "drift",
        "status",
        "watch",
        "results",
        "history",
        "halt",
        "fleet-list",
        "fleet-plan",
        "fleet-apply",
        "fleet-status",
        "fleet-drift",
        "fleet-history",
        "fleet-halt",
        "error",
    ),
)
#: Those that also exist as draft-07, which editors need.
EDITED = ("manifest", "project", "policy", "test", "fleet")
_FILES = {f"{name}.schema.json": name for name in EDITED}
#: The line by which an editor finds a schema, and how many bytes of a file are searched for it.
_MODELINE = late_pattern(rb"(?m)^#[ \t]{0,9}yaml-language-server:[ \t]{0,9}\$schema=([^\s]{1,500})[ \t]*\r?$")
_BEGINNING = 4_096


def restore_schemas(root: Path) -> list[str]:
    """Write the schemas that the files of a project name for editors; the names of those that were missing or different."""
    try:
        return [_inside(path, root) for path in named_schemas(root) if write_schema(path)]
    except OSError as error:
        raise ConfigError(f"{error.filename or root} cannot be written: {error.strerror}") from None


def missing_schemas(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Schemas that do not exist (a clone lacks what git ignores), each with the files that name it."""
    for path, files in named_schemas(root).items():
        if not path.is_file():
            yield _inside(path, root), files


def named_schemas(root: Path) -> dict[Path, list[str]]:
    """The paths at which files of a project expect the schemas of mscode, each with these files.

    Only paths inside the project and with a schema's own name count: a manifest may come from anybody, and the path that it
    names is written to.
    """
    schemas: dict[Path, list[str]] = {}
    home = root.resolve()
    for file in _yaml_files(home):
        try:
            with file.open("rb") as stream:
                modeline = _MODELINE.search(stream.read(_BEGINNING))
            name = unquote(modeline[1].decode("utf-8")) if modeline else ""
            path = (file.parent / name).resolve() if name and "\0" not in name and "://" not in name else home
        except (OSError, RuntimeError, ValueError):
            continue
        if path.name in _FILES and path.is_relative_to(home):
            schemas.setdefault(path, []).append(_inside(file, root))
    return schemas


def _yaml_files(root: Path) -> Iterator[Path]:
    """The YAML files of this project, without those in hidden folders and in projects below it."""
    for folder, folders, names in os.walk(root):
        parent = Path(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not (parent / name / FILE).exists()
        )
        yield from (parent / name for name in sorted(names) if name.endswith((".yaml", ".yml")))


def _inside(path: Path, root: Path) -> str:
    return path.relative_to(root.resolve()).as_posix()


def write_schema(path: Path) -> bool:
    """Write the schema of this file's name as draft-07; False where the file holds it already."""
    text = f"{rendered(schema_of(_FILES[path.name], '07'))}\n"
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return False
    if path.parent.name == ".mscode":
        private_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def schema_of(name: str, draft: str = "2020-12") -> dict[str, Any]:
    """A schema as data; `name` is one of `NAMES`, draft `07` exists for those of `EDITED` alone."""
    if name not in EDITED:
        from mscode.views import schemas

        return {
            "plan": schemas.plan_schema,
            "rehearsal": schemas.rehearsal_schema,
            "events": schemas.events_schema,
            "drift": schemas.drift_schema,
            "status": schemas.status_schema,
            "watch": schemas.watch_schema,
            "results": schemas.results_schema,
            "history": schemas.history_schema,
            "halt": schemas.halt_schema,
            "fleet-list": schemas.fleet_list_schema,
            "fleet-plan": schemas.fleet_plan_schema,
            "fleet-apply": schemas.fleet_apply_schema,
            "fleet-status": schemas.fleet_status_schema,
            "fleet-drift": schemas.fleet_drift_schema,
            "fleet-history": schemas.fleet_history_schema,
            "fleet-halt": schemas.fleet_halt_schema,
            "error": schemas.error_schema,
        }[name]()
    from mscode.manifest import schema as forms

    makers = (forms.manifest_schema, forms.project_schema, forms.policy_schema, forms.test_schema, forms.fleet_schema)
    schema = dict(zip(EDITED, makers, strict=True))[name]()
    if name == "project":
        from mscode.sandbox.profile import switch_schemas

        service = schema["$defs"]["Service"]
        service["properties"] |= switch_schemas()
        service["additionalProperties"] = False
    return forms.as_draft_07(schema) if draft == "07" else schema


def files() -> dict[str, str]:
    """Every file of schema/ that is generated: its name and text."""
    texts = {f"{name}.schema.json": f"{rendered(schema_of(name))}\n" for name in NAMES}
    draft_07 = {f"{name}.draft-07.schema.json": f"{rendered(schema_of(name, '07'))}\n" for name in EDITED}
    return texts | draft_07


def rendered(schema: dict[str, Any]) -> str:
    """A schema as text, without a line end."""
    return json.dumps(schema, indent=2)
