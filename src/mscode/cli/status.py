"""`mscode status`."""

from __future__ import annotations

import json
import sys

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.completing import AddressType


@make_command(
    "status",
    examples=(
        "mscode status",
        "mscode status --active",
        "mscode status drives/spring 'rsvpCalls.*' --wide",
        "mscode --env production status rsvpCalls.invite --json",
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
@json_option
def command(inv: Invocation, names: tuple[str, ...], active: bool, wide: bool, as_json: bool) -> None:
    """Show where live campaigns and messages stand, running ones first.

    They are those that the state knows, and those that carry this project's mark. ADDRESS is an address, the name of a
    forEach, or a glob; an argument that is an existing folder is DIR, the project. Without any project, MSCODE_URL and
    MSCODE_TOKEN show the whole account. Needs no manifests and no lock. Sends nothing but GET.
    """
    from mscode.app.campaigns import CampaignSelection, folder_and_addresses, read_status
    from mscode.app.project_folder import project_folder
    from mscode.views.status.table import Frame, nothing_live, status_json, status_lines
    from mscode.views.text.width import terminal_width

    folder, addresses = folder_and_addresses(names)
    status = read_status(inv, project_folder(inv, folder), CampaignSelection.parse(addresses, only_active=active))
    if as_json:
        inv.out.document(json.dumps(status_json(status.environment, status.campaigns), indent=2))
        return
    nothing = nothing_live(has_project=status.has_project, only_active=active)
    frame = Frame(status.zone_name, terminal_width(sys.stdout), status.now, wide, nothing=nothing)
    inv.out.write_lines(status_lines(status.campaigns, frame))
