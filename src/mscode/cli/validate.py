"""`mscode validate`: everything that can be said of a project without the network."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from mscode import __version__
from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, format_option, json_option_saying
from mscode.cli.completing import FileType
from mscode.cli.options import variable_options
from mscode.model.plurals import count
from mscode.model.project_file import FILE
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mscode.app.validate import ValidationOutcome
    from mscode.model.table_format import TableRead
    from mscode.views.ci.findings import Finding

FORMATS = ("text", "json", "sarif", "github", "rdjsonl", "gitlab")


@make_command(
    "validate",
    examples=[
        "mscode validate",
        "mscode validate --format json drives/spring > report.json",
        "mscode validate --format sarif > mscode.sarif",
        "mscode validate --override text/keys",
        "mscode validate --rejects bad-rows.csv",
    ],
)
@directory_argument
@variable_options
@format_option(*FORMATS, name="form", help="How to print the findings: text to stderr, all others to stdout.")
@click.option(
    "--override",
    multiple=True,
    metavar="ID",
    help="Go on although this rule refuses; shown and counted. May be repeated.",
)
@json_option_saying("Print JSON; the same as --format json.")
@click.option(
    "--rejects",
    metavar="FILE",
    type=FileType(),
    help="Write the rows of account lists that cannot be read into a new file that you alone can read. Not under CI.",
)
def command(
    inv: Invocation, directory: Path, form: str, override: tuple[str, ...], as_json: bool, rejects: Path | None
) -> int:
    """Check the manifests, without the network.

    Checks syntax, fields, references, times, phone numbers and files, and reports every error of every file in one run; exits with
    1 where there is one. Then applies the rules that `mscode checks` lists; exits with 5 where one refuses.

    Formats for tools: github (annotations of a workflow), sarif (code scanning), rdjsonl (reviewdog), gitlab (Code Quality).
    """
    from mscode.app.policies import overridden
    from mscode.app.validate import validate
    from mscode.app.validation_report import mask_of, report

    outcome = validate(inv, directory, overridden(override), rejects)
    if rejects is not None:
        rows = f"{count(outcome.rejected, 'row')} that cannot be read"
        inv.out.info(
            f"{rows}: {rejects}" if outcome.rejected else f"No row that cannot be read; {rejects} is not written."
        )
    for name, files in outcome.missing_schemas:
        # An editor is silent about a schema that it does not find. The project is valid all the same, so this is no finding.
        predicate = f" and {count(len(files) - 1, 'other file')} name" if len(files) > 1 else " names"
        text = f"{files[0]}{predicate} {name} for editors, and there is no such file."
        inv.out.info(f"Note: {text} Write it: mscode schema --restore {quote(str(directory))}")
    if as_json or form == "json":
        inv.out.json(json.dumps(report(outcome, mask_of(inv)), indent=2))
    elif form != "text":
        _show_findings(inv, outcome, directory, form)
    elif outcome.error is not None and not outcome.checks:
        raise outcome.error
    else:
        _show_text(inv, outcome)
    return outcome.code


def _show_text(inv: Invocation, outcome: ValidationOutcome) -> None:
    from mscode.app.validation_report import mask_of
    from mscode.views.text.findings import finding_diagnostics

    findings, sentences = finding_diagnostics(outcome.checks, mask_of(inv))
    diagnostics = [*outcome.diagnostics, *findings]
    show_diagnostics(inv.out, diagnostics)
    if diagnostics:
        inv.out.info("")
    for sentence in sentences:
        inv.out.info(sentence)
    if outcome.refused:
        refusing = sorted({check.name for check in outcome.checks if check.status == "fail"})
        inv.out.info(f"Refused by {', '.join(refusing)}; `--override {refusing[0]}` goes on all the same.", "red")
    elif outcome.error is None:
        for table in outcome.tables:
            inv.out.info(_read(table))
        inv.out.info(_success(outcome), "green")


def _success(outcome: ValidationOutcome) -> str:
    from mscode.app.validation_report import warning_findings

    objects, files = count(outcome.objects, "object"), count(outcome.files, "file")
    number = len(outcome.warnings) + warning_findings(outcome.checks)
    warnings = f", with {count(number, 'warning')}" if number else ""
    return f"Success! {objects} in {files} {'is' if outcome.objects == 1 else 'are'} valid{warnings}."


def _read(table: TableRead) -> str:
    """`donors.csv: 5,000 rows (UTF-8, delimiter ";"), 3 left out`"""
    left_out = f", {table.left_out:,} left out" if table.left_out else ""
    return f"{table.file}: {count(table.rows, 'row')} ({table.format}){left_out}"


def _show_findings(inv: Invocation, outcome: ValidationOutcome, directory: Path, form: str) -> None:
    """Print the findings in a format for review tools, with paths relative to the repository."""
    from mscode.app.ci import in_repository
    from mscode.app.validation_report import findings_in

    folder = in_repository(inv, directory if directory.is_dir() else directory.parent)
    show_findings(inv, findings_in(inv, outcome, folder), form, f"{folder}/{FILE}" if folder else FILE)


def show_findings(inv: Invocation, findings: list[Finding], form: str, fallback: str) -> None:
    """Print findings in one of `FORMATS` but text and json; `fallback` is the file of those that have no place."""
    write = inv.out.command_result if form == "github" else inv.out.json
    for line in _lines_of(findings, form, fallback):
        write(line)


def _lines_of(findings: list[Finding], form: str, fallback: str) -> Iterable[str]:
    if form == "github":
        from mscode.views.ci.github import annotation_lines

        return annotation_lines(findings)
    from mscode.views.ci.sarif import rdjson_lines, sarif

    if form == "gitlab":
        from mscode.views.ci.code_quality import code_quality

        return [json.dumps(code_quality(findings, fallback), indent=2)]
    if form == "sarif":
        return [json.dumps(sarif(findings, __version__, fallback), indent=2)]
    return rdjson_lines(findings, fallback)
