"""`mscode test`: the tests below tests/, each in a laboratory of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mscode.app.campaign_tests.jobs import CommandOptions, Job
from mscode.app.environment import chosen_name
from mscode.app.service_settings import check_services
from mscode.app.state import ended_like_interrupted
from mscode.errors import ConfigError, Diagnostic, Interrupted, ManifestError, MscodeError, UsageError
from mscode.model.globs import glob_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import FILE, TESTS
from mscode.views.campaign_tests.results import TestResult

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.campaign_tests.files import CampaignTest
    from mscode.manifest.campaign_tests.parts import Command
    from mscode.manifest.project.file import ProjectFile

#: What would lead a test to a live account, or choose another environment than the project's.
_OF_LIVE_ACCOUNTS = ("MSCODE_URL", "MSCODE_TOKEN", "MSCODE_ENV", "MSCODE_ALLOWED_HOSTS")
#: Reads the options of a command as its command line does; UsageError for one that it does not take.
ReadOptions = Callable[["Command"], CommandOptions]


@dataclass(frozen=True, slots=True)
class TestsOutcome:
    """The results in the order of files and tests, how long it took, and the environments (with their urls) that are no sandbox."""

    results: Sequence[TestResult]
    seconds: float
    live: Mapping[str, str]

    @property
    def exit_code(self) -> int:
        """1 where a test fails or cannot be run."""
        return 0 if all(result.outcome == "passed" for result in self.results) else 1


def run_tests(
    inv: Invocation,
    directory: Path,
    only: Sequence[str],
    read_options: ReadOptions,
    report: Callable[[TestResult], object] = lambda result: None,
) -> TestsOutcome:
    """Run the tests of a project; nothing is sent, and nothing is written. `only`: those whose file or name matches one of these
    globs. `report` is called with each result, in the order of the tests.

    ManifestError with everything that is wrong in the files of tests, before any of them runs; ConfigError where there is no test;
    Interrupted for Ctrl-C.
    """
    from mscode.app.campaign_tests.workers import run_jobs, usable_processors
    from mscode.manifest.project.file import load_project

    began = time.monotonic()
    project = load_project(directory, inv.typed_command)
    check_services(project)
    jobs = _jobs(inv, directory, project, only, read_options)
    results: list[TestResult] = []
    with _interrupted(results, len(jobs)):
        for result in run_jobs(jobs, usable_processors()):
            results.append(result)
            report(result)
    urls = {job.environment: project.environments[job.environment].url for job in jobs}
    live = {name: url for name, url in urls.items() if name not in project.embedded()}
    return TestsOutcome(results, time.monotonic() - began, live)


@contextmanager
def _interrupted(results: Sequence[TestResult], number: int) -> Iterator[None]:
    try:
        with ended_like_interrupted():
            yield
    except KeyboardInterrupt:
        summary = f"Interrupted: {len(results)} of {number} tests had ended"
        raise Interrupted(summary, hint="Nothing of them is left behind.", code="interrupted") from None


def _jobs(
    inv: Invocation, directory: Path, project: ProjectFile, only: Sequence[str], read_options: ReadOptions
) -> list[Job]:
    from mscode.manifest.campaign_tests.files import read_tests

    files = read_tests(directory, project)
    errors = list(files.errors)
    variables = {name: text for name, text in inv.variables.items() if name not in _OF_LIVE_ACCOUNTS}
    jobs = []
    for test in files.tests:
        try:
            environment = _environment_of(test, project, inv)
            _check_given(test, directory, project, environment, inv)
            options = dict(_options(test, read_options))
        except MscodeError as error:
            errors.extend(error.diagnostics)
            continue
        if not only or _is_chosen(test, only):
            jobs.append(Job(test, directory, environment, options, variables, inv.var_texts, inv.var_files))
    if errors:
        raise ManifestError(sorted(dict.fromkeys(errors), key=Diagnostic.sort_key))
    if not jobs:
        raise _no_test(bool(files.tests), files.elsewhere, only)
    return jobs


def _options(test: CampaignTest, read_options: ReadOptions) -> Iterator[tuple[int, CommandOptions]]:
    """The options of each command, by its position among the steps."""
    from mscode.manifest.campaign_tests.parts import Command

    for at, step in enumerate(test.steps):
        if isinstance(step, Command):
            try:
                yield at, read_options(step)
            except UsageError as error:
                first = error.diagnostics[0]
                raise ManifestError(
                    [Diagnostic(f"{step.name}: {first.summary}", step.place, hint=first.hint)]
                ) from None


def _environment_of(test: CampaignTest, project: ProjectFile, inv: Invocation) -> str:
    """The name of a test's environment: its own, else as for any command; an account of MSCODE_URL alone is none of a test's."""
    variables = {name: text for name, text in inv.variables.items() if name != "MSCODE_URL"}
    name = test.environment or chosen_name(project, inv.env, variables)
    if not name:
        hint = f"Write `environment:` into it, use --env, or set `defaultEnvironment` in {FILE}."
        raise ManifestError([Diagnostic("The test names no environment", test.place, hint=hint)])
    if name not in project.environments:
        project.environment(name)  # says which there are
    return name


def _check_given(test: CampaignTest, directory: Path, project: ProjectFile, name: str, inv: Invocation) -> None:
    """ManifestError for what is wrong with what is given, before any test runs."""
    from mscode.manifest.campaign_tests.given import GivenReader

    if test.given is not None:
        zone = ZoneInfo(project.environments[name].windowZone)
        GivenReader(directory, project, name, zone, inv.given).read(test.given, (directory / test.file).parent)


def _is_chosen(test: CampaignTest, globs: Sequence[str]) -> bool:
    """Does a glob match its file (with or without its folders), or its name?"""
    names = (test.file, PurePosixPath(test.file).name, test.name)
    return any(glob_pattern(glob).fullmatch(name) for glob in globs for name in names)


def _no_test(has_others: bool, elsewhere: Sequence[str], only: Sequence[str]) -> ConfigError:
    summary = f"No test was found in {TESTS}/"
    if has_others:
        globs = ", ".join(f'"{glob[:80]}"' for glob in only)
        hint = "--only takes globs of files like tests/invite.test.yaml, and of names of tests."
        return ConfigError(f"No test matches {globs}", hint=hint, code="no-tests")
    if elsewhere:
        listing = f"{elsewhere[0]} lies" if len(elsewhere) == 1 else f"{elsewhere[0]} and {len(elsewhere) - 1} more lie"
        return ConfigError(
            summary,
            detail=f"{listing} elsewhere.",
            hint=f"Move it below {TESTS}/.",
            code="no-tests",
        )
    hint = (
        f"Write one into {TESTS}/, for example {TESTS}/campaign.test.yaml; `mscode init` writes one into a new project."
    )
    return ConfigError(summary, hint=hint, code="no-tests")
