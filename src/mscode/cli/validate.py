"""`mscode validate`: everything that can be said of a project without the network."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from mscode import __version__
from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, format_option, json_option_saying
from mscode.cli.options import variable_options
from mscode.errors import Diagnostic
from mscode.model.plurals import count
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mscode.app.validate import ValidationOutcome
    from mscode.views.ci.findings import Finding

FORMATS = ("text", "json", "sarif", "github", "rdjsonl")


@make_command(
    "validate",
    examples=[
        "mscode validate",
        "mscode validate --format json campaigns/ > report.json",
        "mscode validate --format sarif > mscode.sarif",
    ],
)
@directory_argument
@variable_options
@format_option(*FORMATS, name="form", help="text goes to stderr, all others to stdout.")
@json_option_saying("The same as --format json.")
def command(inv: Invocation, directory: Path, form: str, as_json: bool) -> int:
    """Check manifests without the network.

    Syntax, fields, references, times, phones and files of all manifests; every error of every file in one run. Exit
    code 1 where there is one. Formats for tools: github (annotations of a workflow), sarif (code scanning), rdjsonl
    (reviewdog).
    """
    from mscode.app.validate import validate

    outcome = validate(inv, directory)
    for name, files in outcome.missing_schemas:
        # An editor is silent about a schema that it does not find. The project is valid all the same, so this is no finding.
        predicate = f" and {count(len(files) - 1, 'other file')} name" if len(files) > 1 else " names"
        text = f"{files[0]}{predicate} {name} for editors, and there is no such file."
        inv.out.info(f"Note: {text} Write it: mscode schema --restore {quote(str(directory))}")
    if as_json or form == "json":
        inv.out.document(json.dumps(report(outcome.diagnostics), indent=2))
    elif form != "text":
        _show_findings(inv, outcome, directory, form)
    elif outcome.error is not None:
        raise outcome.error
    else:
        show_diagnostics(inv.out, outcome.warnings)
        if outcome.warnings:
            inv.out.info("")
        inv.out.info(_success(outcome), "green")
    return outcome.code


def _success(outcome: ValidationOutcome) -> str:
    objects, files = count(outcome.objects, "object"), count(outcome.files, "file")
    number = len(outcome.warnings)
    warnings = f", with {count(number, 'warning')}" if number else ""
    return f"Success! {objects} in {files} {'is' if outcome.objects == 1 else 'are'} valid{warnings}."


def report(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """What `--format json` prints: the members of Terraform's `validate -json`, as far as they apply."""
    from mscode.views.diagnostics import to_json

    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    return {
        "format_version": "1.0",
        "valid": not errors,
        "errored": bool(errors),
        "error_count": errors,
        "warning_count": len(diagnostics) - errors,
        "diagnostics": [to_json(diagnostic) for diagnostic in diagnostics],
    }


def _show_findings(inv: Invocation, outcome: ValidationOutcome, directory: Path, form: str) -> None:
    """Print the findings in a format for review tools, with paths relative to the repository."""
    from mscode.app.ci import files_elsewhere, in_repository
    from mscode.views.ci.findings import findings_of

    folder = in_repository(inv, directory if directory.is_dir() else directory.parent)
    write = inv.out.command_result if form == "github" else inv.out.document
    findings = findings_of(list(outcome.diagnostics), folder, files_elsewhere(inv))
    for line in _lines_of(findings, form, folder):
        write(line)


def _lines_of(findings: list[Finding], form: str, folder: str) -> Iterable[str]:
    if form == "github":
        from mscode.views.ci.github import annotation_lines

        return annotation_lines(findings)
    from mscode.views.ci.sarif import PROJECT, rdjson_lines, sarif

    fallback = f"{folder}/{PROJECT}" if folder else PROJECT
    if form == "sarif":
        return [json.dumps(sarif(findings, __version__, fallback), indent=2)]
    return rdjson_lines(findings, fallback)
