"""`mscode results`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import format_option, json_option_saying
from mscode.cli.completing import AddressType, FileType
from mscode.cli.options import folder_option
from mscode.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mscode.app.results import Results
    from mscode.views.plan.segments import Line
    from mscode.views.status.results import Page

_FORMS = {".csv": "csv", ".json": "json"}


@make_command(
    "results",
    examples=(
        "mscode results",
        "mscode results rsvpCalls.invite",
        "mscode results 'rsvpCalls.*' --format csv --out replies.csv",
        "mscode results rsvpCalls.invite --with-people --out replies.csv",
    ),
)
@click.argument(
    "addresses",
    nargs=-1,
    metavar="[ADDRESS]...",
    type=AddressType(),
    help="Addresses, names of a forEach, or globs.",
)
@click.option("--id", "live_id", default="", metavar="ID", help="Show the RSVP call with this id.")
@json_option_saying("Print JSON; the same as --format json.")
@format_option(
    "text", "json", "csv", help="How to print the results; left out, text, or what the ending of --out says."
)
@click.option("--out", type=FileType(dir_okay=False), metavar="FILE", help="Write the results to a file.")
@click.option(
    "--with-people",
    is_flag=True,
    help="With --out: names and numbers too, in a new file that you alone can read. Asks, and is kept in the audit log.",
)
@click.option("--yes-personal-data", is_flag=True, help="Answer the question of --with-people with yes.")
@folder_option
def command(
    inv: Invocation,
    addresses: tuple[str, ...],
    live_id: str,
    as_json: bool,
    shape: str,
    out: Path | None,
    with_people: bool,
    yes_personal_data: bool,
    directory: Path,
) -> None:
    """Show the replies to campaigns, receiver by receiver and day by day, and to how many people messages went.

    ADDRESS is an address, the name of a forEach, or a glob; without one, all campaigns and messages of the project, in
    totals. Names and numbers are masked, in files too; --show-people shows them on a terminal. Without any project,
    MSCODE_URL and MSCODE_TOKEN show the whole account. Sends nothing but GET.
    """
    from mscode.app.results import ResultsRequest, read_results, refuse_people, write_people
    from mscode.model.plurals import count
    from mscode.views.status.results import Page
    from mscode.views.text.masking import Privacy
    from mscode.views.text.width import terminal_width

    _refuse_contradictions(addresses, live_id, with_people=with_people, is_confirmed=yes_personal_data)
    if with_people:
        refuse_people(inv, out, is_confirmed=yes_personal_data)
    shows_people = with_people or (inv.show_people and out is None)
    results = read_results(inv, ResultsRequest(directory, addresses, live_id, shows_people))
    form = "json" if as_json else _form(shape, out)
    page = Page(results.zone_name, Privacy(shows_people), terminal_width(sys.stdout))
    receivers = sum(len(result.people) for result in results.objects)
    if out is None and form == "text":
        inv.out.write_lines(_lines(results, page))
    elif out is None:
        inv.out.document(_text(results, form, page).removesuffix("\n"), is_json=form == "json")
    elif with_people:
        write_people(inv, results, out, lambda: _text(results, form, page), is_confirmed=yes_personal_data)
        inv.out.info(
            f"{count(receivers, 'receiver')} written to {out}, with names and numbers. You alone can read it; delete "
            "it when it is no longer needed."
        )
    else:
        _write(out, _text(results, form, page))
        inv.out.info(f"{count(receivers, 'receiver')} written to {out}; phones are masked.")


def _form(shape: str, out: Path | None) -> str:
    """The format that was asked for; else the one that the ending of the file's name says."""
    source = click.get_current_context().get_parameter_source("shape")
    is_given = source is not None and source is not click.core.ParameterSource.DEFAULT
    return shape if is_given or out is None else _FORMS.get(out.suffix.lower(), shape)


def _refuse_contradictions(addresses: tuple[str, ...], live_id: str, *, with_people: bool, is_confirmed: bool) -> None:
    if addresses and live_id:
        raise UsageError("Name campaigns by address or by --id, not by both")
    if not all(addresses):
        raise UsageError("An argument is empty", hint="A variable of the shell may not be set.")
    if is_confirmed and not with_people:
        raise UsageError("--yes-personal-data goes with --with-people alone")


def _lines(results: Results, page: Page) -> Iterator[Line]:
    from mscode.views.plan.segments import line
    from mscode.views.status.results import all_result_lines, result_lines
    from mscode.views.status.table import nothing_live

    if results.is_single:
        return result_lines(results.objects[0], page)
    if not results.objects:
        return iter([line(nothing_live(has_project=results.environment.has_project))])
    return all_result_lines(results.objects, page)


def _text(results: Results, form: str, page: Page) -> str:
    """The results as one text, with a line end."""
    from mscode.views.plan.segments import plain
    from mscode.views.status.results import all_results_json, results_csv, results_json

    if form == "csv":
        return results_csv(results.objects, page, with_address=not results.is_single)
    if form == "json":
        is_single = results.is_single
        data = results_json(results.objects[0], page) if is_single else all_results_json(results.objects, page)
        return json.dumps(data, indent=2) + "\n"
    return plain(_lines(results, page))


def _write(path: Path, text: str) -> None:
    """Write a file that its owner alone may read (mode 0600), replacing one of that name; ConfigError where that fails."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code="unwritable") from None
