"""`mscode history list`, and `mscode history` alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import format_option, json_option_saying
from mscode.cli.completing import AddressType
from mscode.cli.history.options import dir_option, page_of, project_of
from mscode.cli.options import lock_option

if TYPE_CHECKING:
    from mscode.app.history.questions import Answer
    from mscode.views.history.history_shapes import HistoryJson


@make_command(
    "list",
    examples=(
        "mscode history list",
        "mscode history list rsvpCalls.invite --since 30d",
        "mscode history list --commit 1a2b3c4d --json",
        "mscode history list --refresh --format csv > launches.csv",
    ),
)
@click.argument(
    "names",
    nargs=-1,
    metavar="[DIR|ADDRESS]...",
    type=AddressType(),
    help="Addresses, names of a forEach, or globs; an existing folder is the project's (it holds mscode.yaml).",
)
@click.option(
    "--since",
    metavar="TIME",
    help="Only launches from this time on: a day or time like 2026-12-01, or how long ago, like 36h, 30d, 6m or 1y.",
)
@click.option("--commit", metavar="SHA", help="Only launches of this commit; its first digits are enough.")
@click.option(
    "--refresh", is_flag=True, help="First read from the service what has come of the launches, and record it."
)
@json_option_saying("Print JSON; the same as --format json.")
@format_option("text", "json", "csv", "markdown", "html", help="How to print them; html is a page.")
@lock_option
@dir_option
def command(
    inv: Invocation,
    names: tuple[str, ...],
    since: str | None,
    commit: str | None,
    refresh: bool,
    as_json: bool,
    shape: str,
    folder: Path | None,
) -> None:
    """List launches, newest first: when, of which commit, who started and approved each, whom it reached, and what came of it.

    ADDRESS is an address, the name of a forEach, or a glob; without one, all launches. What came of a launch is as it was
    recorded last: --refresh reads it anew and records it, which needs the token and the lock of the state, and sends nothing but
    GET to the service. It also counts calls that no launch in the records stands behind: somebody started them in the web
    interface. Needs no manifests.
    """
    from mscode.app.campaigns import folder_and_addresses
    from mscode.app.history.questions import HistoryRequest, read_history
    from mscode.views.history.words import NO_LAUNCHES, NONE_MATCHES

    named, addresses = folder_and_addresses(names)
    directory = project_of(inv, named, folder)
    answer = read_history(inv, HistoryRequest(directory, addresses, since, commit, refresh))
    form = "json" if as_json else shape
    nothing = NONE_MATCHES if addresses or since or commit else NO_LAUNCHES
    if form == "text":
        from mscode.views.history.history_text import history_lines

        inv.out.write_lines(history_lines(answer.data, page_of(answer), nothing))
    else:
        inv.out.document(_document(answer, form, nothing).removesuffix("\n"), is_json=form == "json")


def _document(answer: Answer[HistoryJson], form: str, nothing: str) -> str:
    if form == "csv":
        from mscode.views.history.history_csv import launches_csv

        return launches_csv(answer.data["launches"])
    if form == "markdown":
        from mscode.views.history.history_markdown import history_markdown

        return history_markdown(answer.data, answer.zone_name, nothing)
    if form == "html":
        from mscode import __version__
        from mscode.views.history.history_html import history_html

        return history_html(answer.data, answer.zone_name, __version__, nothing)
    return json.dumps(answer.data, indent=2)
