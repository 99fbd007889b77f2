"""`mscode state`: list, show, mv, pull, push, unlock."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.base import DIR_HELP, LazyGroup, ProjectFolder, directory_argument, json_option
from mscode.cli.base import command as make_command
from mscode.cli.completing import AddressType, FileType
from mscode.cli.options import lock_option
from mscode.errors import MscodeError
from mscode.model.plurals import count
from mscode.views.status.state import entry_json, entry_lines

_HERE = "mscode.cli.state"
_TABLE = {
    "list": (f"{_HERE}_commands.list_", "List the managed objects."),
    "show": (f"{_HERE}_commands.show", "Show what the state knows of one object."),
    "mv": (f"{_HERE}_commands.mv", "Move an object to another address."),
    "pull": (f"{_HERE}_commands.pull", "Print the whole state as JSON."),
    "push": (f"{_HERE}_commands.push", "Replace the state with a file."),
    "unlock": (f"{_HERE}_commands.unlock", "Remove a lock that was left behind."),
}


class _StateGroup(LazyGroup):
    """The `state` commands stand in one module, since each is small."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _COMMANDS.get(cmd_name)


@make_command("list", examples=("mscode state list", "mscode state list --json"))
@directory_argument
@json_option
def _list(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the addresses of the objects that are managed in this environment."""
    from mscode.app.state_edit import read_entries

    state = read_entries(inv, directory)
    if as_json:
        inv.out.json(json.dumps([entry_json(entry, state.terms) for entry in state.entries], indent=2))
        return
    for entry in state.entries:
        inv.out.result(str(entry.address))


@make_command("show", examples=("mscode state show groups.donors",))
@click.argument("address", type=AddressType(), help="A managed object, like groups.donors.")
@directory_argument
@json_option
def _show(inv: Invocation, address: str, directory: Path, as_json: bool) -> None:
    """Show what the state knows of one object, in the terms of a manifest: addresses in place of ids, times in the project's zone.

    Personal values are kept as hashes only.
    """
    from mscode.app.state_edit import read_entry

    state = read_entry(inv, directory, parse_address(address))
    [entry] = state.entries
    if as_json:
        inv.out.json(json.dumps(entry_json(entry, state.terms), indent=2))
        return
    for line in entry_lines(entry, state.terms):
        inv.out.result(line)


@make_command("mv", examples=("mscode state mv groups.donors groups.blood-donors",), asks_for_parent=True)
@click.argument("old", type=AddressType(), help="The present address.")
@click.argument("new", type=AddressType(), help="The new address, of the same section.")
@directory_argument
@lock_option
def _mv(inv: Invocation, old: str, new: str, directory: Path) -> None:
    """Move an object to another address, in the state only. Nothing live is changed.

    `renamedFrom:` in the manifest does the same, and is reviewed with it.
    """
    from mscode.app.state_edit import move_entry

    before, after = parse_address(old), parse_address(new)
    move_entry(inv, directory, before, after)
    inv.out.result(f"{before} has moved to {after}")


@make_command("pull", examples=("mscode state pull > state.json", "mscode state pull --records copy > state.json"))
@directory_argument
@click.option(
    "--records",
    type=FileType(folders_only=True, file_okay=False),
    metavar="FOLDER",
    help="Also write a copy of the records of launches into this folder: a new one, or one with an earlier copy of them.",
)
def _pull(inv: Invocation, directory: Path, records: Path | None) -> None:
    """Print the whole state as JSON, for a backup that `mscode state push` can restore.

    It includes the key of the hashes that stand for personal values, with which guesses of a number can be checked: keep the
    output as safe as the state itself. A copy of the records includes theirs.
    """
    from mscode.app.state_edit import read_state, save_records

    if records is not None:
        saved = save_records(inv, directory, records)
        inv.out.info(f"{count(saved, 'record')} in {records}." if saved else "There are no records yet.")
    text = read_state(inv, directory).text()
    if text:
        inv.out.json(text)
    else:
        inv.out.info("There is no state yet.")


_FOLDER_ALONE = "mscode.cli.state.folder_alone"


def _not_a_folder(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """FILE may be left out before DIR: a folder in its place is DIR, which is read after it."""
    if value is None or not value.is_dir():
        return value
    ctx.meta[_FOLDER_ALONE] = value
    return None


def _folder_alone(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    return value or ctx.meta.get(_FOLDER_ALONE)


@make_command(
    "push",
    examples=(
        "mscode state push state.json",
        "mscode state push state.json --records copy",
        "mscode state push --force old.json",
    ),
    asks_for_parent=True,
)
@click.argument(
    "file",
    required=False,
    type=FileType(allow_dash=True),
    callback=_not_a_folder,
    help="A file as `mscode state pull` prints it; - for the standard input. With --records it may be left out.",
)
@click.argument(
    "directory",
    metavar="[DIR]",
    required=False,
    type=ProjectFolder(folders_only=True),
    callback=_folder_alone,
    help=DIR_HELP,
)
@lock_option
@click.option(
    "--records",
    type=FileType(folders_only=True, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Also take up the records of launches in this folder, which `mscode state pull --records` wrote.",
)
@click.option(
    "--force", is_flag=True, help="Replace also a newer state, one of another lineage, or one that cannot be read."
)
def _push(inv: Invocation, file: Path | None, directory: Path, records: Path | None, force: bool) -> None:
    """Replace the state of this environment with a file, and with --records its records with a folder.

    The file must be of this project, environment and URL, and without --force of the same lineage and not older. Records that are
    there already stay as they are, so that what was erased stays erased; --force replaces them.
    """
    from mscode.app.state_edit import Pushed, push_state

    if file is None and records is None:
        raise click.UsageError("Missing argument 'FILE'.")

    def read() -> bytes:
        try:
            return sys.stdin.buffer.read() if str(file) == "-" else Path(str(file)).read_bytes()
        except OSError as error:
            raise MscodeError(f"{file} cannot be read: {error.strerror}", code="unreadable") from None

    outcome = push_state(inv, directory, Pushed(read, str(file)) if file else None, records, force=force)
    if outcome.new_records is not None:
        words = f"took up {count(outcome.new_records, 'record')}" if outcome.new_records else "are these already"
        inv.out.result(f"The records {words}.")
    if outcome.serial is not None:
        text = f"The state has serial {outcome.serial} now." if outcome.is_new else "The state is this one already."
        inv.out.result(text)


@make_command("unlock", examples=("mscode state unlock 6f1d…",))
@click.argument("lock_id", metavar="ID", help="The ID of the lock, which the message about it names.")
@directory_argument
def _unlock(inv: Invocation, lock_id: str, directory: Path) -> None:
    """Remove a lock that a run has left behind. Make sure first that the run has ended: two at once can call people twice."""
    from mscode.app.state_edit import break_lock

    holder = break_lock(inv, directory, lock_id)
    whose = f" It was {holder.Who}'s ({holder.Operation})." if holder.Who else ""
    inv.out.result(f"The lock is gone.{whose}")


_COMMANDS = {"list": _list, "show": _show, "mv": _mv, "pull": _pull, "push": _push, "unlock": _unlock}
command = _StateGroup(
    "state",
    _TABLE,
    help="Inspect and repair the state, which knows the live object of each address.",
    examples=("mscode state list", "mscode state show groups.donors"),
)
