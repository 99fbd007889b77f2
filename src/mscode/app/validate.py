"""Validation: every error and warning of a project that can be found without the network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mscode.app.environment import chosen_name
from mscode.app.policies import policy_problems
from mscode.app.project_folder import is_project
from mscode.app.rejects import check_rejects_file, write_rejects
from mscode.app.schemas import missing_schemas
from mscode.app.service_settings import check_services, stated_facts
from mscode.errors import Diagnostic, GuardError, ManifestError, MscodeError, worst
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.contacts.left_out import RejectedRow
    from mscode.model.table_format import TableRead
    from mscode.model.world import DesiredWorld
    from mscode.plan.change import Check
    from mscode.plan.checks.judge import Judgement


@dataclass(frozen=True, slots=True)
class ValidationOutcome:
    """Errors, warnings and findings of a project.

    `error` holds all that makes it invalid (None: it is valid, and has `objects` in `files`); `warnings` are those of a valid
    project. `checks` are what the rules find in the objects that are valid. `missing_schemas` are schemas for editors that
    are not there, each with the files that name it. `tables` are the files
    of people; `rejected` counts their rows that cannot be read, where they were asked for.
    """

    warnings: Sequence[Diagnostic] = ()
    error: MscodeError | None = None
    objects: int = 0
    files: int = 0
    missing_schemas: Sequence[tuple[str, Sequence[str]]] = ()
    checks: Sequence[Check] = ()
    tables: Sequence[TableRead] = ()
    rejected: int = 0

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """The errors, or the warnings of a valid project."""
        return self.warnings if self.error is None else self.error.diagnostics

    @property
    def refused(self) -> bool:
        """Does a finding refuse the project?"""
        return any(check.status == "fail" for check in self.checks)

    @property
    def code(self) -> int:
        """The exit code."""
        return worst(self.error.exit_code if self.error else 0, GuardError.exit_code if self.refused else 0)


def validate(
    inv: Invocation, directory: Path, override: frozenset[str] = frozenset(), rejects: Path | None = None
) -> ValidationOutcome:
    """Read a project whole, with its policies; every error of every file at once, and what the rules find in the rest.
    `override` are the ids of rules whose findings refuse nothing, `rejects` is a new file for the rows of lists that cannot be
    read.
    """
    if rejects is not None:
        check_rejects_file(inv, rejects)
    missing = tuple(missing_schemas(directory)) if is_project(directory) else ()
    rows: list[RejectedRow] = []
    try:
        world, errors, judgement = _survey(inv, directory, override, None if rejects is None else rows)
    except MscodeError as error:
        return ValidationOutcome(error=error, missing_schemas=missing)
    warnings = [*world.warnings, *judgement.diagnostics()]
    failure = ManifestError(errors) if errors else None
    if rejects is not None:
        write_rejects(rejects, rows)
    return ValidationOutcome(
        warnings,
        failure,
        len(world.objects),
        world.files,
        missing,
        judgement.checks,
        tuple(world.tables),
        len(rows),
    )


def _survey(
    inv: Invocation, directory: Path, override: frozenset[str], rejects: list[RejectedRow] | None
) -> tuple[DesiredWorld, list[Diagnostic], Judgement]:
    from mscode.manifest.load.loader import survey
    from mscode.manifest.project.file import load_project
    from mscode.plan.checks.judge import judge_manifests
    from mscode.plan.lifecycle.unfit_hours import as_written
    from mscode.plan.lifecycle.unfit_times import unfit_times

    try:
        project = load_project(directory, inv.typed_command)
    except ManifestError as error:
        raise ManifestError([*error.diagnostics, *_errors_beside(inv, directory, error)]) from None
    name = chosen_name(project, inv.env, inv.variables) or next(iter(project.environments), "default")
    check_services(project)
    # An environment that mscode.yaml does not have is no error here.
    zone_name = project.environments[name].windowZone if name in project.environments else "UTC"
    zone = ZoneInfo(zone_name)
    policy_errors = policy_problems(directory)
    world, errors = survey(
        directory,
        project,
        name,
        window_zone=zone,
        show_people=inv.show_people,
        sources=inv.given,
        rejects=rejects,
    )
    now = datetime.now(UTC)
    if not errors:
        # A plan asks this only of what it launches or widens, so that a halt always goes through.
        hours = [as_written(item, now, zone, zone_name) for item in world.objects.values()]
        service = stated_facts(project, name)
        errors = [*filter(None, hours)]
        errors += [
            error for item in world.objects.values() for error in unfit_times(item, item.fields, service, after=now)
        ]
    inv.hide(world.secrets)
    judgement = judge_manifests(world, now, zone, name, override, is_complete=not errors)
    return world, [*errors, *policy_errors], judgement


#: Keys of mscode.yaml on which the values of manifests depend: without one of them only the form of a manifest can be judged.
_DECIDE_VALUES = frozenset({"variables", "envVars", "region", "timezone", "environments"})
#: Codes of errors in the form of a manifest.
_OF_FORM = frozenset(
    {"yaml-syntax", "quote-it", "tab", "unknown-field", "unknown-section", "missing-field", "bad-version"}
)


def _errors_beside(inv: Invocation, directory: Path, error: ManifestError) -> list[Diagnostic]:
    """What is wrong in manifests and policies beside the errors of mscode.yaml, as far as that can be said without what these
    leave open.
    """
    from mscode.manifest.load.loader import survey
    from mscode.manifest.project.file import FILE, partial_project
    from mscode.manifest.yaml.source import read_bytes

    partial = partial_project(read_bytes(directory / FILE, FILE))
    if partial is None or "manifests" in partial[1]:
        return policy_problems(directory)
    project, left_out = partial
    name = chosen_name(project, inv.env, inv.variables) or next(iter(project.environments), "default")
    try:
        world, errors = survey(directory, project, name, show_people=inv.show_people, sources=inv.given)
    except MscodeError:  # the settings that are wrong are needed for it
        return policy_problems(directory)
    inv.hide(world.secrets)
    if left_out & _DECIDE_VALUES:
        errors = [each for each in errors if each.code in _OF_FORM]
    reported = {(each.summary, each.place) for each in error.diagnostics}
    return [*(each for each in errors if (each.summary, each.place) not in reported), *policy_problems(directory)]
