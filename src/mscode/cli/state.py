"""`mscode state`: list, show, mv, pull, push, unlock."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import LazyGroup, directory_argument, json_option
from mscode.cli.base import command as make_command
from mscode.errors import MscodeError
from mscode.views.status.state import entry_json, entry_lines

_HERE = "mscode.cli.state"
_TABLE = {
    "list": (f"{_HERE}_commands.list_", "List the addresses that are managed."),
    "show": (f"{_HERE}_commands.show", "Show what the state remembers of one address."),
    "mv": (f"{_HERE}_commands.mv", "Give a managed object another address."),
    "pull": (f"{_HERE}_commands.pull", "Print the state document."),
    "push": (f"{_HERE}_commands.push", "Put a state document in the place of this one."),
    "unlock": (f"{_HERE}_commands.unlock", "Break a lock whose holder runs no more."),
}


class _StateGroup(LazyGroup):
    """The `state` commands stand in one module, since each is small."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _COMMANDS.get(cmd_name)


@make_command("list", examples=("mscode state list", "mscode state list --json"))
@directory_argument
@json_option
def _list(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the addresses that are managed in this environment."""
    from mscode.app.state_edit import read_state

    entries = [entry for _, entry in sorted(read_state(inv, directory).known.entries.items())]
    if as_json:
        inv.out.document(json.dumps([entry_json(entry) for entry in entries], indent=2))
        return
    for entry in entries:
        inv.out.result(str(entry.address))


@make_command("show", examples=("mscode state show groups.donors",))
@click.argument("address")
@directory_argument
@json_option
def _show(inv: Invocation, address: str, directory: Path, as_json: bool) -> None:
    """Show what the state remembers of one address. Personal values are kept as hashes alone."""
    from mscode.app.state_edit import read_entry

    entry = read_entry(inv, directory, parse_address(address))
    if as_json:
        inv.out.document(json.dumps(entry_json(entry), indent=2))
        return
    for line in entry_lines(entry):
        inv.out.result(line)


@make_command("mv", examples=("mscode state mv groups.donors groups.blood-donors",))
@click.argument("old")
@click.argument("new")
@directory_argument
def _mv(inv: Invocation, old: str, new: str, directory: Path) -> None:
    """Give a managed object another address, in the state alone. `renamedFrom` in its manifest does the same, reviewed."""
    from mscode.app.state_edit import move_entry

    before, after = parse_address(old), parse_address(new)
    move_entry(inv, directory, before, after)
    inv.out.result(f"{before} has moved to {after}")


@make_command("pull", examples=("mscode state pull > state.json",))
@directory_argument
def _pull(inv: Invocation, directory: Path) -> None:
    """Print the whole state document, as `state push` takes it.

    It includes the key of the hashes that stand for personal values: without it a backup is worth nothing, and with it
    guesses of a number can be checked. Keep what is printed as you keep the state.
    """
    from mscode.app.state_edit import read_state

    text = read_state(inv, directory).text()
    if text:
        inv.out.document(text)
    else:
        inv.out.info("There is no state yet.")


@make_command("push", examples=("mscode state push state.json", "mscode state push --force old.json"))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@directory_argument
@click.option("--force", is_flag=True, help="Also over a newer state, another lineage, or one that cannot be read.")
def _push(inv: Invocation, file: Path, directory: Path, force: bool) -> None:
    """Put a state document in the place of this environment's, under its lock. FILE is - for the standard input.

    It must be of this project, environment and URL; without --force also of the same lineage and not older.
    """
    from mscode.app.state_edit import push_state

    def read() -> bytes:
        try:
            return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except OSError as error:
            raise MscodeError(f"{file} cannot be read: {error.strerror}", code="unreadable") from None

    outcome = push_state(inv, directory, read, str(file), force=force)
    text = f"The state has serial {outcome.serial} now." if outcome.is_new else "The state is this one already."
    inv.out.result(text)


@make_command("unlock", examples=("mscode state unlock 6f1d…",))
@click.argument("lock_id", metavar="ID")
@directory_argument
def _unlock(inv: Invocation, lock_id: str, directory: Path) -> None:
    """Break the lock with this ID. Be certain that its holder runs no more."""
    from mscode.app.state_edit import break_lock

    holder = break_lock(inv, directory, lock_id)
    whose = f" It was {holder.Who}'s ({holder.Operation})." if holder.Who else ""
    inv.out.result(f"The lock is gone.{whose}")


_COMMANDS = {"list": _list, "show": _show, "mv": _mv, "pull": _pull, "push": _push, "unlock": _unlock}
command = _StateGroup(
    "state",
    _TABLE,
    help="Look at the state document: which live object is which address.",
    examples=("mscode state list", "mscode state show groups.donors"),
)
