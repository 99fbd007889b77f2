"""`mscode halt`: the emergency brake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.cli.environment import Environment, open_client, resolve
from mscode.cli.flow import parse_address
from mscode.cli.frame import Invocation, json_option, show_diagnostics
from mscode.cli.frame import command as make_command
from mscode.errors import MscodeError, UsageError, worst

if TYPE_CHECKING:
    from mscode.address import Address
    from mscode.api.client import Client
    from mscode.engine.brake import Choice, Halted
    from mscode.manifest.project import ProjectFile

#: Seconds that the brake waits for the state; it works without.
_PATIENCE = 3.0


@make_command(
    "halt", examples=("mscode halt rsvpCalls.invite", "mscode halt --all", "mscode --env production halt --id 303")
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--id", "ids", multiple=True, metavar="ID", help="A campaign by its id; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Every unfinished campaign of this project.")
@click.option("--all-in-account", is_flag=True, help="Every unfinished campaign of the account, whoever made it.")
@click.option("--dir", "directory", default=Path(), type=click.Path(path_type=Path), help="Folder of the project.")
@json_option
def command(
    inv: Invocation,
    addresses: tuple[str, ...],
    ids: tuple[str, ...],
    everything: bool,
    all_in_account: bool,
    directory: Path,
    as_json: bool,
) -> int:
    """Stop campaigns now. Asks nothing, needs no valid manifests, no state and no lock; no later apply starts them again
    without --resume.
    """
    from mscode.engine.brake import Choice, pull
    from mscode.kind import registry

    if not (addresses or ids or everything or all_in_account):
        raise UsageError("Say what to halt", hint="Name addresses, --id ID, --all or --all-in-account.")
    names = tuple(str(_haltable(parse_address(text))) for text in addresses)
    environment = _environment(inv, directory)
    known = _known(environment)
    ours = {address: live_id for address, live_id in known.items() if address.startswith("rsvpCalls.")}
    choice = Choice(names, ids, everything, all_in_account, ours)
    with open_client(environment) as client:
        halted, missing = pull(client, registry()["rsvpCalls"], environment.target(), choice)
        code = _tell(inv, halted, missing, as_json=as_json)
        if everything or all_in_account:
            _tell_what_goes_on(inv, client, environment, replace(choice, known=known))
    return code


def _tell_what_goes_on(inv: Invocation, client: Client, environment: Environment, choice: Choice) -> None:
    """What has no halt is named after all the rest is stopped; whatever goes wrong with that changes nothing."""
    from mscode.engine.brake import going_on
    from mscode.kind import registry

    for kind in (one for one in registry().values() if one.sends):
        try:
            found = going_on(client, [kind], environment.target(), choice)
        except MscodeError as error:
            inv.out.talk(f"Whether {kind.section} go on could not be read: {error}", "yellow")
            continue
        for one in found:
            what = f"{one.address or one.kind.section} (id {one.id})"
            does = "waits for its time" if kind.sends and kind.sends.once else "goes on calling"
            inv.out.talk(
                f"{what} {does}: the API has no halt for a {one.kind.singular}. To stop it, take its manifest out and apply, "
                f"or delete it in the web interface.",
                "yellow",
            )


def _haltable(address: Address) -> Address:
    """MscodeError for what reaches people and has no halt."""
    from mscode.kind import registry

    kind = registry().get(address.section)
    if kind is not None and kind.sends:
        raise MscodeError(
            f"{address} cannot be halted: the API has no halt for a {kind.singular}",
            detail="It can only be deleted, before it has gone out.",
            hint=f"Take its manifest out and apply: mscode apply --only {address} (or delete it in the web interface).",
            code="no-halt",
        )
    return address


def _environment(inv: Invocation, directory: Path) -> Environment:
    """The brake works without a readable project file too, as long as MSCODE_URL says where to go."""
    import os

    from mscode.manifest.project import load_project

    try:
        project = load_project(directory)
    except MscodeError:
        if not os.environ.get("MSCODE_URL"):
            raise
        project = _nameless()
    return resolve(project, directory, inv.env)


def _nameless() -> ProjectFile:
    from mscode.manifest.project import ProjectFile

    return ProjectFile(apiVersion="mscode/v1", project="unknown")


def _known(environment: Environment) -> dict[str, str]:
    """Ids by address, where a state can be read; the brake does not depend on it."""
    from mscode.cli.stored import reading

    try:
        return {
            str(address): entry.id for address, entry in reading(environment, patience=_PATIENCE).known.entries.items()
        }
    except (MscodeError, OSError):
        return {}


def _tell(inv: Invocation, halted: list[Halted], missing: list[str], *, as_json: bool) -> int:
    from mscode.engine.brake import failed

    if as_json:
        _tell_json(inv, halted, missing)
    for one in halted:
        name = one.address or f"rsvpCalls id {one.id}"
        if one.error is None and not as_json:
            inv.out.result(f"{name}: Halted [id={one.id}, was {one.was}]")
        elif one.error is not None:
            show_diagnostics(inv.out, one.error.diagnostics)
        if one.stand_in:
            text = f"{name}: one of its voice files is gone; id {one.stand_in} stands in for it, else it could not be halted"
            inv.out.talk(text, "yellow")
    for name in missing:
        inv.out.talk(f"Not found in the live account: {name}", "yellow")
    if not halted and not as_json:
        inv.out.result("Nothing to halt.")
    bad = failed(halted)
    codes = [one.error.exit_code for one in bad if one.error]
    return worst(*codes, 6 if bad and len(bad) < len(halted) else 0, 1 if missing else 0)


def _tell_json(inv: Invocation, halted: list[Halted], missing: list[str]) -> None:
    import json

    rows = [{"id": one.id, "address": one.address, "was": one.was, "halted": one.error is None} for one in halted]
    inv.out.result(json.dumps({"campaigns": rows, "missing": missing}, indent=2))
