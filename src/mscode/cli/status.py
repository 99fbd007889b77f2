"""`mscode status`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import format_option, json_option_saying
from mscode.cli.completing import AddressType, FileType
from mscode.errors import UsageError

if TYPE_CHECKING:
    from mscode.app.campaigns import CampaignSelection


@make_command(
    "status",
    examples=(
        "mscode status",
        "mscode status --active",
        "mscode status drives/spring 'rsvpCalls.*' --wide",
        "mscode --env production status rsvpCalls.invite --json",
        "mscode status --format html --out public",
    ),
)
@click.argument(
    "names",
    nargs=-1,
    metavar="[DIR|ADDRESS]...",
    type=AddressType(),
    help="Addresses, names of a forEach, or globs; an existing folder is the project's (it holds mscode.yaml).",
)
@click.option("--active", is_flag=True, help="Show only what may reach people as it stands.")
@click.option("--wide", is_flag=True, help="Show all columns, however narrow the terminal is.")
@json_option_saying("Print JSON; the same as --format json.")
@format_option("text", "json", "html", help="How to show them; html is a page.")
@click.option(
    "--out",
    metavar="DIR",
    type=FileType(folders_only=True),
    help="With --format html: write the page into this folder, as index.html; left out, it is printed.",
)
@click.option(
    "--rehearsal",
    metavar="FILE",
    type=FileType(exists=True, dir_okay=False),
    help="With --format html: show beside the accepts what this JSON of `mscode rehearse` expects.",
)
def command(
    inv: Invocation,
    names: tuple[str, ...],
    active: bool,
    wide: bool,
    as_json: bool,
    shape: str,
    out: Path | None,
    rehearsal: Path | None,
) -> None:
    """Show where live campaigns and messages stand, running ones first.

    They are those that the state knows, and those that carry this project's mark. ADDRESS is an address, the name of a
    forEach, or a glob; an argument that is an existing folder is DIR, the project. Without any project, MSCODE_URL and
    MSCODE_TOKEN show the whole account. Needs no manifests and no lock. Sends nothing but GET.

    With --format html it makes a page for whoever is on duty, which needs no server and no script, and shows nobody's name
    or number.
    """
    from mscode.app.campaigns import CampaignSelection, folder_and_addresses
    from mscode.app.project_folder import project_folder

    shape = "json" if as_json else shape
    _refuse_without_page(shape, out=out, rehearsal=rehearsal)
    folder, addresses = folder_and_addresses(names)
    directory, selection = project_folder(inv, folder), CampaignSelection.parse(addresses, only_active=active)
    if shape == "html":
        _show_page(inv, directory, selection, out, rehearsal)
    else:
        _show_status(inv, directory, selection, as_json=shape == "json", wide=wide)


def _refuse_without_page(shape: str, **options: Path | None) -> None:
    """UsageError for options of the page where none is made."""
    for name, value in options.items():
        if value is not None and shape != "html":
            raise UsageError(f"--{name} goes with --format html alone", hint="Add --format html, or leave it out.")


def _show_page(
    inv: Invocation, directory: Path, selection: CampaignSelection, out: Path | None, rehearsal: Path | None
) -> None:
    from mscode.app.live.page_folder import write_page
    from mscode.app.live.snapshot import read_page
    from mscode.views.live.page import GENERATOR, live_html

    html = live_html(read_page(inv, directory, selection, rehearsal))
    if out is None:
        inv.out.document(html.removesuffix("\n"))
        return
    path = write_page(out, inv.out.without_secrets(html), GENERATOR)
    inv.out.info(f"Wrote {path}")


def _show_status(inv: Invocation, directory: Path, selection: CampaignSelection, *, as_json: bool, wide: bool) -> None:
    from mscode.app.campaigns import read_status
    from mscode.views.status.table import Frame, nothing_live, status_json, status_lines
    from mscode.views.text.width import terminal_width

    status = read_status(inv, directory, selection)
    if as_json:
        inv.out.json(json.dumps(status_json(status.environment, status.campaigns), indent=2))
        return
    nothing = nothing_live(has_project=status.has_project, only_active=selection.only_active)
    frame = Frame(status.zone_name, terminal_width(sys.stdout), status.now, wide, nothing=nothing)
    inv.out.write_lines(status_lines(status.campaigns, frame))
