"""Which files of a project are manifests. A file that cannot be read is an error, never "absent"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mscode.errors import Place
from mscode.manifest.load.context import LoadContext
from mscode.manifest.project.file import FILE
from mscode.model.globs import PathGlob, path_glob
from mscode.model.project_file import is_test_file

RULES = "policies"
DEFAULT_GLOBS = ("**/*.yaml", "**/*.yml")


def manifests(context: LoadContext) -> Iterator[Path]:
    """Every manifest, absolute, sorted by its path inside the project; what cannot be one is reported."""
    root = context.root.resolve()
    globs = [path_glob(glob) for glob in context.project.manifests or DEFAULT_GLOBS]
    others = {root / name for name in context.project.service_files}
    paths = [path for path in _walk(context, root, root) if path not in others and _is_manifest(path, root, globs)]
    files = {path for path in paths if not path.is_symlink()}
    for path in sorted(paths, key=lambda item: item.relative_to(root).as_posix()):
        if _is_usable(context, path, root) and (path in files or link_target(path) not in files):
            yield path


def _is_manifest(path: Path, root: Path, globs: list[PathGlob]) -> bool:
    """Endings count without the case of their letters: a system that does not tell `A.YAML` from `A.yaml` gives either."""
    relative = path.relative_to(root).as_posix()
    lowered = relative.removesuffix(path.suffix) + path.suffix.lower()
    is_other = path.name.lower().endswith(".vars.yaml") or is_test_file(path.name)
    return not is_other and any(glob.matches(name) for glob in globs for name in (relative, lowered))


def link_target(path: Path) -> Path | None:
    """What a path leads to through links; None for links that lead nowhere or to themselves."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def _is_usable(context: LoadContext, path: Path, root: Path) -> bool:
    """A regular file, or a link to one inside the project."""
    place, target = Place(path.relative_to(root).as_posix()), link_target(path)
    if target is None:
        context.error(place, "The file is a link that leads nowhere", hint="Remove it.", code="unreadable")
    elif not target.is_relative_to(root):
        hint = "Put the file itself here."
        context.error(place, "The file is a link that leads out of the project", hint=hint, code="outside")
    elif not target.is_file():
        context.error(place, "This is not a regular file", hint="Remove it, or narrow `manifests:`.", code="unreadable")
    else:
        return True
    context.complete = False
    return False


def _walk(context: LoadContext, folder: Path, root: Path) -> Iterator[Path]:
    """All files, except hidden ones, `policies/`, other projects, and what is reached through links to folders."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        name = folder.relative_to(root).as_posix()
        context.error(Place(name), f"The folder cannot be read: {error.strerror}", code="unreadable")
        context.complete = False
        return
    for path in entries:
        if path.name.startswith(".") or path.name == FILE:
            continue
        if not path.is_dir():
            yield path
        elif path.is_symlink():
            _refuse_outside(context, path, root)
        elif path.name == RULES:
            _refuse_rules_elsewhere(context, path, root)
        elif not (path / FILE).exists():
            yield from _walk(context, path, root)


def _refuse_rules_elsewhere(context: LoadContext, folder: Path, root: Path) -> None:
    """Rules lie beside mscode.yaml. A folder of that name further down is read neither for rules nor for manifests."""
    if folder.parent == root:
        return
    rule_file = next((path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".yaml", ".yml")), None)
    if rule_file is not None:
        place = Place(rule_file.relative_to(root).as_posix())
        summary = "A folder `policies` inside another folder is not read"
        hint = "Rules belong into policies/ beside mscode.yaml; for manifests give the folder another name."
        context.error(place, summary, hint=hint, code="not-read")
        context.complete = False


def _refuse_outside(context: LoadContext, path: Path, root: Path) -> None:
    """A link to a folder inside the project is passed over: the files in it are read at their own path."""
    target = link_target(path)
    if target is None or not target.is_relative_to(root):
        place = Place(path.relative_to(root).as_posix())
        hint = "Put the folder itself here."
        context.error(place, "The folder is a link that leads out of the project", hint=hint, code="outside")
        context.complete = False
