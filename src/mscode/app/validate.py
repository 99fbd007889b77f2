"""Validation: every error and warning of a project that can be found without the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mscode.app.environment import chosen_name
from mscode.app.policies import policy_problems
from mscode.app.schemas import missing_schemas
from mscode.errors import Diagnostic, ManifestError, MscodeError

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.model.world import DesiredWorld


@dataclass(frozen=True, slots=True)
class ValidationOutcome:
    """Errors and warnings of a project.

    `error` holds all that makes it invalid (None: it is valid, and has `objects` in `files`); `warnings` are those of a valid
    project. `missing_schemas` are schemas for editors that are not there, each with the files that name it.
    """

    warnings: Sequence[Diagnostic] = ()
    error: MscodeError | None = None
    objects: int = 0
    files: int = 0
    missing_schemas: Sequence[tuple[str, Sequence[str]]] = ()

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """The errors, or the warnings of a valid project."""
        return self.warnings if self.error is None else self.error.diagnostics

    @property
    def code(self) -> int:
        """The exit code."""
        return self.error.exit_code if self.error is not None else 0


def validate(inv: Invocation, directory: Path) -> ValidationOutcome:
    """Read a project whole, with its policies; every error of every file at once."""
    try:
        is_project = (directory / "mscode.yaml").is_file()
    except (OSError, ValueError):
        is_project = False  # loading the project reports the path
    missing = tuple(missing_schemas(directory)) if is_project else ()
    try:
        world = _load(inv, directory)
    except MscodeError as error:
        return ValidationOutcome(error=error, missing_schemas=missing)
    return ValidationOutcome(world.warnings, None, len(world.objects), world.files, missing)


def _load(inv: Invocation, directory: Path) -> DesiredWorld:
    from mscode.manifest.load.loader import load
    from mscode.manifest.project.file import load_project
    from mscode.plan.lifecycle.unfit_hours import as_written

    project = load_project(directory, inv.typed_command)
    name = chosen_name(project, inv.env, inv.variables) or next(iter(project.environments), "default")
    # An environment that mscode.yaml does not have is no error here.
    zone_name = project.environments[name].windowZone if name in project.environments else "UTC"
    zone = ZoneInfo(zone_name)
    policy_errors = policy_problems(directory)
    try:
        world = load(directory, project, name, window_zone=zone, show_people=inv.show_people, sources=inv.given)
    except ManifestError as error:
        raise ManifestError([*error.diagnostics, *policy_errors]) from None
    # A plan asks this only of what it launches or widens, so that a halt always goes through.
    hours = [as_written(item, datetime.now(UTC), zone, zone_name) for item in world.objects.values()]
    if errors := [*filter(None, hours), *policy_errors]:
        raise ManifestError(errors)
    inv.hide(world.secrets)
    return world
