"""The inputs of a plan besides the live account: files of the project, planning options, the version of the time zones."""

from __future__ import annotations

import hashlib
import hmac
import typing
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.errors import UsageError
from mscode.model.address import Address
from mscode.model.project_file import FILE

if TYPE_CHECKING:
    from mscode.manifest.project.file import ProjectFile
    from mscode.model.world import DesiredWorld
    from mscode.plan.inputs import Options

#: Stands in the place of a file's hash where there is no such file (any more).
MISSING = "missing"


# ---- files -----------------------------------------------------------------------------------------------------------


def files_of(root: Path, project: ProjectFile, desired: DesiredWorld) -> set[str]:
    """Every file whose change may change the plan, by its path in the project (posix)."""
    from mscode.plan.guards.do_not_call import list_of

    files = {FILE, *desired.sources, *_below(root, "**/*.vars.yaml"), *_below(root, "policies/**/*")}
    files |= project.service_files
    if isinstance(do_not_call := list_of(project.guards), str):
        files.add(do_not_call)
    return files


def _below(root: Path, glob: str) -> Iterator[str]:
    for path in root.glob(glob):
        names = path.relative_to(root).parts
        if path.is_file() and not any(name.startswith(".") for name in names):
            yield "/".join(names)


def hashes(root: Path, names: Iterable[str], key: str) -> dict[str, str]:
    """File to the keyed hash of its bytes. Under a plain hash a phone number could be guessed in a file whose rest is known."""
    return {name: _hash(root, name, key) for name in sorted(names)}


def _hash(root: Path, name: str, key: str) -> str:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return MISSING
    try:
        with path.open("rb") as file:
            plain = hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return MISSING
    return hmac.new(key.encode(), b"file of the project\0" + plain, hashlib.sha256).hexdigest()


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """A sentence for each file that is new, gone or changed; `before` and `now` map a file to its hash."""
    sentences = []
    for name in sorted({*before, *now}):
        if before.get(name) == now.get(name):
            continue
        if before.get(name, MISSING) == MISSING:
            sentences.append(f"{name} is new")
        elif now.get(name, MISSING) == MISSING:
            sentences.append(f"{name} is gone")
        else:
            sentences.append(f"{name} has changed")
    return sentences


# ---- options ---------------------------------------------------------------------------------------------------------


def options_json(options: Options) -> dict[str, Any]:
    """The planning options that differ from none, as JSON data."""
    from mscode.plan.inputs import Options

    plain = Options()
    return {
        option.name: _option_json(value)
        for option in fields(options)
        if (value := getattr(options, option.name)) != getattr(plain, option.name)
    }


def _option_json(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [_option_json(item) for item in value]
    return str(value) if isinstance(value, Address) else value


def options_from(data: Mapping[str, Any]) -> Options:
    """What `options_json` gave; ValueError or TypeError for anything else."""
    from mscode.plan.inputs import Options

    types = typing.get_type_hints(Options)
    return Options(**{name: _option(types[name], value) for name, value in data.items()})


def _option(type_: Any, value: Any) -> Any:
    """The value of an option with this type; TypeError or ValueError where the data is another."""
    collection, members = typing.get_origin(type_), typing.get_args(type_)
    if collection in (frozenset, tuple):
        if not isinstance(value, list):
            raise TypeError
        return collection(_option(members[0], item) for item in value)
    if type_ is Address:
        return Address.parse(value)
    if not isinstance(value, type_):
        raise TypeError
    return value


# ---- variables -------------------------------------------------------------------------------------------------------


def in_project(root: Path, files: Iterable[Path]) -> list[str]:
    """`--var-file` by their paths in the project; UsageError for one outside, which no other machine would find."""
    try:
        return [file.resolve().relative_to(root.resolve()).as_posix() for file in files]
    except ValueError:
        raise UsageError(
            "A plan with --var-file can be saved only where the file lies in the project",
            hint="Move it there, for another machine has to find it when the plan is applied.",
        ) from None


# ---- time zones ------------------------------------------------------------------------------------------------------


def tz_version() -> str:
    """Version of the time zone database in use, like `2025b`; "" where nobody says."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "Europe").is_dir():
            # `tzdata.zi` begins with `# version 2025b`; `+VERSION` holds the version alone.
            for name in ("tzdata.zi", "+VERSION"):
                try:
                    with (folder / name).open(encoding="ascii", errors="replace") as file:
                        return file.readline().removeprefix("# version").strip()[:32]
                except OSError:
                    continue
            return ""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"tzdata {version('tzdata')}"
    except PackageNotFoundError:
        return ""
