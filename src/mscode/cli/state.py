"""`mscode state`: list, show, mv, pull, unlock."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mscode.cli.flow import load_environment, parse_address
from mscode.cli.frame import Invocation, LazyGroup, directory_argument, json_option
from mscode.cli.frame import command as make_command
from mscode.cli.stored import reading, writing
from mscode.errors import MscodeError
from mscode.views.state_view import entry_json, entry_lines

_HERE = "mscode.cli.state"
_TABLE = {
    "list": (f"{_HERE}_commands.list_", "List the addresses that are managed."),
    "show": (f"{_HERE}_commands.show", "Show what the state remembers of one address."),
    "mv": (f"{_HERE}_commands.mv", "Give a managed object another address."),
    "pull": (f"{_HERE}_commands.pull", "Print the state document."),
    "unlock": (f"{_HERE}_commands.unlock", "Break a lock whose holder runs no more."),
}


class _StateGroup(LazyGroup):
    """All of its commands stand in this module: they are small, and share everything."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _COMMANDS.get(cmd_name)


@make_command("list", examples=("mscode state list", "mscode state list --json"))
@directory_argument
@json_option
def _list(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the addresses that are managed in this environment."""
    entries = [entry for _, entry in sorted(reading(load_environment(inv, directory)).known.entries.items())]
    if as_json:
        inv.out.result(json.dumps([entry_json(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        inv.out.result(str(entry.address))


@make_command("show", examples=("mscode state show groups.donors",))
@click.argument("address")
@directory_argument
@json_option
def _show(inv: Invocation, address: str, directory: Path, as_json: bool) -> None:
    """Show what the state remembers of one address. Personal values are kept as hashes alone."""
    wanted = parse_address(address)
    entry = reading(load_environment(inv, directory)).known.entries.get(wanted)
    if entry is None:
        raise MscodeError(
            f"{wanted} is not in the state", hint="`mscode state list` shows what is.", code="unknown-address"
        )
    if as_json:
        inv.out.result(json.dumps(entry_json(entry), indent=2))
        return
    for line in entry_lines(entry):
        inv.out.result(line)


@make_command("mv", examples=("mscode state mv groups.donors groups.blood-donors",))
@click.argument("old")
@click.argument("new")
@directory_argument
def _mv(inv: Invocation, old: str, new: str, directory: Path) -> None:
    """Give a managed object another address, in the state alone. `renamedFrom` in its manifest does the same, reviewed."""
    before, after = parse_address(old), parse_address(new)
    if before.section != after.section:
        raise MscodeError(f"{before} cannot become {after}: the sections differ", code="bad-move")
    with writing(inv, load_environment(inv, directory), "state mv") as store:
        known = store.known.entries
        if before not in known:
            raise MscodeError(
                f"{before} is not in the state", hint="`mscode state list` shows what is.", code="unknown-address"
            )
        if after in known:
            raise MscodeError(f"{after} is in the state already, as id {known[after].id}", code="bad-move")
        store.move(before, after)
    inv.out.result(f"{before} has moved to {after}")


@make_command("pull", examples=("mscode state pull > state.json",))
@directory_argument
def _pull(inv: Invocation, directory: Path) -> None:
    """Print the state's entries as JSON, without the key of its hashes."""
    environment = load_environment(inv, directory)
    known = reading(environment).known
    document = {
        "project": environment.project.project,
        "environment": environment.name,
        "url": environment.url,
        "serial": known.serial,
        "lineage": known.lineage,
        "resources": [entry_json(entry) for _, entry in sorted(known.entries.items())],
    }
    inv.out.result(json.dumps(document, indent=2))


@make_command("unlock", examples=("mscode state unlock 6f1d…",))
@click.argument("lock_id", metavar="ID")
@directory_argument
def _unlock(inv: Invocation, lock_id: str, directory: Path) -> None:
    """Break the lock with this ID. Be certain that its holder runs no more."""
    from mscode.state.lock import unlock

    unlock(load_environment(inv, directory).state_folder(), lock_id)
    inv.out.result("The lock is gone.")


_COMMANDS = {"list": _list, "show": _show, "mv": _mv, "pull": _pull, "unlock": _unlock}
command = _StateGroup(
    "state",
    _TABLE,
    help="Look at the state document: which live object is which address.",
    examples=("mscode state list", "mscode state show groups.donors"),
)
