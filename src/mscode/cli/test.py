"""`mscode test`: the tests of a project's campaigns, each in an account in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import VAR_TEXTS, directory_argument, json_option
from mscode.cli.base import command as make_command
from mscode.cli.completing import FileType
from mscode.cli.options import options_of, variable_options
from mscode.errors import MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.app.campaign_tests.jobs import Command, CommandOptions
    from mscode.app.campaign_tests.run import TestsOutcome
    from mscode.views.campaign_tests.results import TestResult

_PLANNING = ("only", "exclude", "resume", "replace", "override", "allow_unsuppress", "allow_deletes", "var")
_ANSWERS = ("auto_approve", "allow_launch", "no_launch")
#: The options that a step may have, by its command.
_TAKEN: Mapping[str, Sequence[str]] = {
    "apply": (*_PLANNING, *_ANSWERS, "parallelism", "fail_fast"),
    "plan": (*_PLANNING, "detailed_exitcode", "destroy"),
    "destroy": ("only", "exclude", "override", "allow_deletes", "var", *_ANSWERS, "parallelism", "fail_fast"),
}


@make_command(
    "test",
    examples=[
        "mscode test",
        "mscode test --only '*never after five*'",
        "mscode test --only 'tests/invite*' -v",
        "mscode test --junit report.xml drives/spring",
    ],
)
@directory_argument
@variable_options
@click.option(
    "--only",
    multiple=True,
    metavar="GLOB",
    help="Run only the tests whose file or name matches (with * and ?). May be repeated.",
)
@click.option("--junit", metavar="FILE", type=FileType(dir_okay=False), help="Write the results as JUnit XML too.")
@json_option
def command(inv: Invocation, directory: Path, only: tuple[str, ...], junit: Path | None, as_json: bool) -> int:
    """Run the tests of the project's campaigns: the files *.test.yaml below tests/. Exits with 1 where one fails.

    Each test applies the project to a sandbox in memory, lets time pass, and looks at who was rung and when. Nothing is sent to
    anybody, and nothing is written. Prints a letter for each test, with -v its name.
    """
    from mscode.app.campaign_tests.run import run_tests

    progress = _Progress(inv, as_json)
    try:
        outcome = run_tests(inv, directory, only, read_options, progress.report)
    except MscodeError as error:
        with suppress(OSError):  # why nothing ran matters more than that its report cannot be written
            _write_errors(junit, error)
        raise
    progress.end()
    if not as_json:
        _show(inv, outcome)  # first: a report that cannot be written takes nobody the results
    _write_junit(junit, outcome)
    if as_json:
        from mscode.views.campaign_tests.results_json import results_json

        inv.out.json(json.dumps(results_json(outcome.results, outcome.seconds), indent=2))
    return outcome.exit_code


class _Progress:
    """Shows each test as soon as it and those before it have ended; without `-v` those of a file in one line."""

    def __init__(self, inv: Invocation, as_json: bool) -> None:
        self._inv, self._silent = inv, as_json
        self._of_file: list[TestResult] = []

    def report(self, result: TestResult) -> None:
        from mscode.views.campaign_tests.results_text import test_line

        if self._silent:
            return
        if self._inv.verbose:
            self._inv.out.write_lines([test_line(result)])
            return
        if self._of_file and self._of_file[0].place.file != result.place.file:
            self.end()
        self._of_file.append(result)

    def end(self) -> None:
        """Show what is not shown yet."""
        from mscode.views.campaign_tests.results_text import file_line

        if self._of_file:
            self._inv.out.write_lines([file_line(self._of_file)])
            self._of_file = []


def _show(inv: Invocation, outcome: TestsOutcome) -> None:
    from mscode.views.campaign_tests.results_text import problem_lines, summary
    from mscode.views.plan.segments import EMPTY, Segment

    inv.out.write_lines(problem_lines(outcome.results))
    for name, url in outcome.live.items():
        inv.out.info(f"Environment {name} was tested in memory: nothing was sent to {url}.")
    inv.out.write_lines([EMPTY, (Segment(*summary(outcome.results, outcome.seconds)),)])


def _write_junit(file: Path | None, outcome: TestsOutcome) -> None:
    if file is not None:
        from mscode.views.campaign_tests.junit import junit_xml

        _write(file, junit_xml(outcome.results, outcome.seconds))


def _write_errors(file: Path | None, error: MscodeError) -> None:
    """A report says too why no test ran: an older one in its place would be read as this run's."""
    if file is not None:
        from mscode.model.project_file import FILE
        from mscode.views.campaign_tests.junit import junit_xml, of_errors

        _write(file, junit_xml(of_errors(error.diagnostics, FILE), 0.0))


def _write(file: Path, report: bytes) -> None:
    """Write the report; its folder is made where it is missing, as pytest makes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(report)


def read_options(step: Command) -> CommandOptions:
    """The options of a step, as the command line of its command reads them; UsageError for one that a step does not take.

    A step is always approved. It may launch, unless its options say something else about the two questions.
    """
    from mscode.app.approval import ApplyOptions
    from mscode.app.campaign_tests.jobs import CommandOptions

    if step.name == "halt":
        return CommandOptions(options_of())
    if step.name == "resume":
        return CommandOptions(options_of(resume=[step.address]))
    values, variables = _parsed(step)
    planning = {name: values[name] for name in ("only", "exclude", "resume", "replace", "override") if name in values}
    options = options_of(
        **planning,
        destroy=step.name == "destroy" or bool(values.get("destroy")),
        allow_deletes=values.get("allow_deletes"),
        allow_unsuppress=bool(values.get("allow_unsuppress")),
    )
    is_silent = not any(values.get(name) for name in _ANSWERS)
    if values.get("allow_launch") and values.get("no_launch"):
        raise UsageError("--allow-launch and --no-launch exclude each other")
    applying = ApplyOptions(
        auto_approve=True,
        allow_launch=is_silent or bool(values.get("allow_launch")),
        no_launch=bool(values.get("no_launch")),
        fail_fast=bool(values.get("fail_fast")),
    )
    return CommandOptions(options, applying, bool(values.get("detailed_exitcode")), variables)


def _parsed(step: Command) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
    """The values of a step's options by their names, and the pairs of its `--var`."""
    from mscode.cli.apply import command as apply
    from mscode.cli.destroy import command as destroy
    from mscode.cli.plan import command as plan

    full = {"apply": apply, "plan": plan, "destroy": destroy}[step.name]
    params = [param for param in full.params if param.name in _TAKEN[step.name]]
    reader = click.Command(step.name, params=params, add_help_option=False)
    try:
        context = reader.make_context(step.name, list(step.options))
    except click.UsageError as error:
        options = sorted(option for param in params for option in param.opts)
        raise UsageError(error.format_message(), hint=f"A step takes {', '.join(options)}.") from None
    return context.params, context.meta.get(VAR_TEXTS, ())
