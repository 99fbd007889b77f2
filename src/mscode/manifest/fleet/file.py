"""`fleet.yaml`: which folders are projects of a fleet, with which token, and what holds over all of them (docs/fleet.md#fleetyaml).

It is read in two ways. `fleet_of` refuses a file with anything wrong in it. `salvage_fleet` is for `mscode fleet halt` alone and
never raises: a typing error in a guard must not keep a campaign calling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from mscode.errors import ConfigError, Diagnostic, ManifestError, Place
from mscode.kinds.fields.types import Text, WholeNumber
from mscode.manifest.problems import diagnostics_of
from mscode.manifest.project.checks import guard_checks
from mscode.manifest.project.file import ENVIRONMENT_NAME, VARIABLE, Guard
from mscode.manifest.yaml.source import problem, read_bytes
from mscode.manifest.yaml.tree import Node, parse, parse_all
from mscode.model.globs import ANY_FOLDERS
from mscode.model.project_file import FLEET_FILE

#: Guards that are judged over all projects of a run.
GUARDS = ("samePersonSameDay", "maxPeople", "maxCalls")
#: What stands for the name of a project's folder in the name of a variable.
PLACEHOLDER = "{name}"
#: The wave of a project whose entry names none.
WAVE = 2
#: Entries; what is longer is generated, and a glob says the same.
MOST_ENTRIES = 10_000
#: A week, and 1 TiB: what is more is a mistake, and a system may not be able to count to it.
MOST_SECONDS, MOST_MEGABYTES = 7 * 24 * 3600, 1024 * 1024
_GLOB = re.compile(r"[*?\[]")
_NO_NAME = re.compile(r"[^A-Z0-9]")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _path(text: str) -> str:
    """A path below `fleet.yaml` in one spelling: without `./` and slashes at the end."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if text.startswith("/") or ".." in parts or "\\" in text:
        raise ValueError("must be a folder below fleet.yaml, like clients/* or pilot")
    if not parts:
        raise ValueError(
            "must name a folder below fleet.yaml; the folder of fleet.yaml itself is no project of the fleet"
        )
    return "/".join(parts)


def _variable(template: str) -> str:
    """The text is not repeated where it is wrong: it may be a token."""
    if not VARIABLE.match(template.replace(PLACEHOLDER, "A")):
        raise ValueError(
            f"env must be the name of an environment variable, like TOKEN_{PLACEHOLDER} or TOKEN; {PLACEHOLDER} stands for "
            "the name of the project's folder"
        )
    return template


def _token(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(
            f'must not stand in the file; write {{env: "TOKEN_{PLACEHOLDER}"}}, and change the token that was written here'
        )
    return value


def _environment(name: str) -> str:
    if not ENVIRONMENT_NAME.match(name):
        raise ValueError("must be the name of an environment in mscode.yaml: letters, digits, - and _")
    return name


def _positive(number: int) -> int:
    if number < 1:
        raise ValueError("must be at least 1")
    return number


PositiveNumber = Annotated[WholeNumber, AfterValidator(_positive)]


class FleetToken(_Strict):
    """Where the tokens of the projects come from; never a token itself."""

    env: Annotated[Text, AfterValidator(_variable)] = Field(
        description="Name of an environment variable; `{name}` in it is the name of the project's folder in capitals, with what is "
        "not A-Z or 0-9 as `_`."
    )


class FleetEntry(_Strict):
    """Some projects."""

    path: Annotated[Text, AfterValidator(_path)] = Field(
        description="A folder below fleet.yaml, or a glob: of the folders that match, those that hold mscode.yaml."
    )
    environment: Annotated[Text, AfterValidator(_environment)] | None = Field(
        default=None, description="Environment of their mscode.yaml; else the one that they choose without --env."
    )
    token: Annotated[FleetToken | None, BeforeValidator(_token)] = Field(
        default=None, description="Where their tokens come from; else as their mscode.yaml says."
    )
    wave: PositiveNumber = Field(
        default=WAVE,
        description="Projects of a lower wave are applied first, and must end well before the next begins.",
    )

    @property
    def is_glob(self) -> bool:
        """Does the path stand for any number of folders?"""
        return bool(_GLOB.search(self.path))

    @property
    def depth(self) -> int | None:
        """How many folders deep the projects lie; None where they may lie at any depth."""
        parts = self.path.split("/")
        return None if ANY_FOLDERS in parts else len(parts)

    @property
    def names_folder(self) -> bool:
        """Is the name of the folder a part of the variable that holds the token?"""
        return self.token is not None and PLACEHOLDER in self.token.env

    def variable_of(self, name: str) -> str:
        """The variable that holds the token of the project in a folder of this name; "" where the entry names none."""
        return self.token.env.replace(PLACEHOLDER, _NO_NAME.sub("_", name.upper())) if self.token else ""


class FleetLimits(_Strict):
    """What the process of one project may take."""

    seconds: Annotated[PositiveNumber, Field(le=MOST_SECONDS)] = Field(
        default=1800, description="Time in seconds; a process that takes longer is asked to stop."
    )
    megabytes: Annotated[PositiveNumber, Field(le=MOST_MEGABYTES)] = Field(default=2048, description="Memory in MiB.")


class FleetFile(_Strict):
    """The projects of a fleet, and the guards over all of them."""

    apiVersion: Literal["mscode/v1"] = Field(description="mscode/v1")
    fleet: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9-]{0,38}$")] = Field(description="Name of the fleet.")
    projects: list[FleetEntry] = Field(min_length=1, max_length=MOST_ENTRIES, description="The projects.")
    guards: dict[str, Guard] = Field(
        default_factory=dict, description="Limits over all projects of a run: samePersonSameDay, maxPeople, maxCalls."
    )
    limits: FleetLimits = Field(default_factory=FleetLimits, description="What the process of each project may take.")

    _root: Node | None = PrivateAttr(default=None)

    def place(self, entry: int) -> Place:
        """Where the path of an entry stands."""
        node = self._root.get("projects", entry) if self._root is not None else None
        return (node.get("path") or node).place if node is not None else Place(FLEET_FILE)


def is_variable(name: str) -> bool:
    """Can it be the name of an environment variable?"""
    return bool(VARIABLE.match(name))


def load_fleet_file(folder: Path) -> FleetFile:
    """Read `fleet.yaml` of a folder; ConfigError where there is none, ManifestError with everything that is wrong with it."""
    return fleet_of(read_bytes(fleet_path(folder), FLEET_FILE))


def fleet_path(folder: Path) -> Path:
    """`fleet.yaml` of a folder; ConfigError where there is none, with the folder above it that has one."""
    path = folder / FLEET_FILE
    try:
        if path.is_file():
            return path
        above = next((parent for parent in folder.resolve().parents if (parent / FLEET_FILE).is_file()), None)
    except (OSError, RuntimeError, ValueError):
        above = None
    raise ConfigError(
        f"There is no {FLEET_FILE} in {str(folder)[:200]}",
        detail=f"The folder {above} above it holds one." if above is not None else "",
        hint=f"Change into that folder, or name it with -C {above}" if above is not None else "See docs/fleet.md.",
        code="no-fleet",
    )


def fleet_of(raw: bytes) -> FleetFile:
    """The content of a `fleet.yaml`; ManifestError with everything that is wrong with it."""
    documents = parse(raw, FLEET_FILE)
    if not documents or not isinstance(documents[0].value, dict):
        hint = "Begin with `apiVersion: mscode/v1`."
        raise problem(Place(FLEET_FILE), f"{FLEET_FILE} is empty or no mapping", "", hint, "empty")
    if len(documents) > 1:
        raise problem(documents[1].place, f"{FLEET_FILE} holds several documents", "", "Keep one.", "several-documents")
    node = documents[0]
    diagnostics = list(guard_checks(node, GUARDS, "a fleet"))
    try:
        fleet = FleetFile.model_validate(node.data())
    except ValidationError as error:
        diagnostics += diagnostics_of(error, FleetFile, node, "")
    if diagnostics:
        raise ManifestError(sorted(diagnostics, key=Diagnostic.sort_key))
    fleet._root = node
    return fleet


def salvage_fleet(raw: bytes) -> FleetFile:
    """The entries that can be read, without guards and limits; never raises. For `mscode fleet halt` alone."""
    documents = parse_all(raw, FLEET_FILE).documents
    root = documents[0] if documents else None
    # Not validated: no entry may be readable, and `projects` is then empty.
    fleet = FleetFile.model_construct(
        apiVersion="mscode/v1", fleet="unknown", projects=list(_salvaged(root)), guards={}, limits=FleetLimits()
    )
    fleet._root = None
    return fleet


def _salvaged(root: Node | None) -> Iterator[FleetEntry]:
    """The entries that have a path; a member that is wrong is left out of its entry."""
    listed = root.get("projects") if root is not None else None
    for node in listed.value if listed is not None and isinstance(listed.value, list) else ():
        fields = node.data() if isinstance(node.value, dict) else {}
        fields = {name: value for name, value in fields.items() if name in FleetEntry.model_fields}
        while "path" in fields:
            try:
                yield FleetEntry.model_validate(fields)
                break
            except ValidationError as error:
                invalid = {str(detail["loc"][0]) for detail in error.errors()}
                fields = {name: value for name, value in fields.items() if name not in invalid}
