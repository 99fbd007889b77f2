"""The formats of a plan, in one table: each is drawn from the plan's JSON alone, so a saved plan is shown offline as well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mscode.cli.base import format_option, json_option_saying
from mscode.cli.options import compact_option
from mscode.cli.values import Whole
from mscode.model.light_dataclass import dataclass
from mscode.views.text.width import terminal_width

if TYPE_CHECKING:
    from mscode.cli.base import AnyFunction
    from mscode.views.console import Out

Data = Mapping[str, Any]
#: Bytes of Markdown; a comment on GitHub takes 65,536 characters.
MAX_BYTES = 60_000
#: The least budget: below it not even the totals fit.
LEAST_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a plan is drawn: the budget of Markdown, the project's folder (for players of its recordings), and whether it is
    shown short (`Invocation.compact`)."""

    max_bytes: int = MAX_BYTES
    folder: Path | None = None
    compact: bool | None = None


def _json(data: Data, drawing: Drawing) -> str:
    from mscode.views.text.indented_json import indented

    return indented(data)


def _markdown(data: Data, drawing: Drawing) -> str:
    from mscode.views.plan.markdown import plan_markdown

    return plan_markdown(data, max_bytes=drawing.max_bytes, compact=drawing.compact).removesuffix("\n")


def _html(data: Data, drawing: Drawing) -> str:
    from mscode.views.html.page import plan_html

    return plan_html(data, folder=drawing.folder, compact=drawing.compact).removesuffix("\n")


def _rehearsal_markdown(data: Data, drawing: Drawing) -> str:
    from mscode.views.rehearsal.rehearsal_markdown import rehearsal_markdown

    return rehearsal_markdown(data, max_bytes=drawing.max_bytes).removesuffix("\n")


def _rehearsal_html(data: Data, drawing: Drawing) -> str:
    from mscode.views.html.page import POLICY
    from mscode.views.html.rehearsal import rehearsal_html

    return rehearsal_html(data, policy=POLICY).removesuffix("\n")


#: Every format but text, which is styled lines and no document.
DOCUMENTS: dict[str, Callable[[Data, Drawing], str]] = {"json": _json, "markdown": _markdown, "html": _html}
#: The same formats of a rehearsal.
REHEARSALS: dict[str, Callable[[Data, Drawing], str]] = {
    "json": _json,
    "markdown": _rehearsal_markdown,
    "html": _rehearsal_html,
}
FORMATS = ("text", *DOCUMENTS)


def document_options(function: AnyFunction, *, subject: str) -> AnyFunction:
    """`--format`, `--json` and `--max-bytes`: arguments `shape`, `as_json`, `max_bytes`. `subject` is what the command prints."""
    for option in (
        click.option(
            "--max-bytes",
            type=Whole(LEAST_BYTES),
            default=MAX_BYTES,
            metavar="N",
            help=f"Size limit of --format markdown (60000 bytes); a larger {subject} is shown in less detail.",
        ),
        json_option_saying("Print JSON; the same as --format json."),
        format_option(*FORMATS, help=f"How to print the {subject}."),
    ):
        function = option(function)
    return function


def format_options(function: AnyFunction, *, subject: str = "plan") -> AnyFunction:
    """`document_options` with `--compact`."""
    return compact_option(document_options(function, subject=subject), subject=subject)


def rehearsal_format_options(function: AnyFunction) -> AnyFunction:
    """`format_options` of a command that prints a rehearsal, and a plan only where a guard refuses it."""
    return format_options(function, subject="rehearsal")


def show_data(out: Out, data: Data, form: str, drawing: Drawing = Drawing()) -> None:
    """A plan's JSON on stdout, in any format; PlanError where it is none."""
    if form == "json":
        from mscode.views.text.indented_json import both_forms

        text, compact = both_forms(data)
        out.document(text, is_json=True, cut_at=",", compact=compact)
        return
    if form in DOCUMENTS:
        out.document(DOCUMENTS[form](data, drawing), cut_at=">" if form == "html" else "")
        return
    from mscode.views.plan.plan_text import render_json

    out.write_lines(render_json(data, compact=drawing.compact, width=terminal_width(sys.stdout)))


def show_rehearsal(out: Out, data: Data, form: str, drawing: Drawing = Drawing()) -> None:
    """A rehearsal's JSON on stdout, in any format; PlanError where it is none."""
    if form in REHEARSALS:
        out.document(REHEARSALS[form](data, drawing), is_json=form == "json")
        return
    from mscode.views.rehearsal.rehearsal_text import rehearsal_lines

    out.write_lines(rehearsal_lines(data, width=terminal_width(sys.stdout)))
