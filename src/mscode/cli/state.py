"""`mscode state`: list, show, mv, pull, push, unlock."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.state import locked, reading, writing
from mscode.app.state_backend import backend_of
from mscode.app.workspace import load_environment, parse_address
from mscode.cli.frame import LazyGroup, directory_argument, json_option
from mscode.cli.frame import command as make_command
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
    """All of its commands stand in this module: they are small, and share everything."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _COMMANDS.get(cmd_name)


@make_command("list", examples=("mscode state list", "mscode state list --json"))
@directory_argument
@json_option
def _list(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the addresses that are managed in this environment."""
    entries = [
        entry for _, entry in sorted(reading(load_environment(inv, directory), inv.out.talk).known.entries.items())
    ]
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
    wanted = parse_address(address)
    entry = reading(load_environment(inv, directory), inv.out.talk).known.entries.get(wanted)
    if entry is None:
        raise MscodeError(
            f"{wanted} is not in the state", hint="`mscode state list` shows what is.", code="unknown-address"
        )
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
    """Print the whole state document, as `state push` takes it.

    It includes the key of the hashes that stand for personal values: without it a backup is worth nothing, and with it
    guesses of a number can be checked. Keep what is printed as you keep the state.
    """
    text = reading(load_environment(inv, directory), inv.out.talk).text()
    if text:
        inv.out.document(text)
    else:
        inv.out.talk("There is no state yet.")


@make_command("push", examples=("mscode state push state.json", "mscode state push --force old.json"))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@directory_argument
@click.option("--force", is_flag=True, help="Also over a newer state, another lineage, or one that cannot be read.")
def _push(inv: Invocation, file: Path, directory: Path, force: bool) -> None:
    """Put a state document in the place of this environment's, under its lock. FILE is - for the standard input.

    It must be of this project, environment and URL; without --force also of the same lineage and not older.
    """
    from mscode.state.push import read_pushed, replace_state

    environment = load_environment(inv, directory)
    document = read_pushed(_content(file), str(file))
    document.check_binding(environment.project.project, environment.name, environment.url)
    with locked(inv, environment, "state push") as (backend, _):
        is_new = replace_state(backend.storage(), document, force=force)
    inv.out.result(f"The state has serial {document.serial} now." if is_new else "The state is this one already.")


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise MscodeError(f"{file} cannot be read: {error.strerror}", code="unreadable") from None


@make_command("unlock", examples=("mscode state unlock 6f1d…",))
@click.argument("lock_id", metavar="ID")
@directory_argument
def _unlock(inv: Invocation, lock_id: str, directory: Path) -> None:
    """Break the lock with this ID. Be certain that its holder runs no more."""
    backend = backend_of(load_environment(inv, directory))
    try:
        holder = backend.unlock(lock_id)
    finally:
        backend.close()
    whose = f" It was {holder.Who}'s ({holder.Operation})." if holder.Who else ""
    inv.out.result(f"The lock is gone.{whose}")


_COMMANDS = {"list": _list, "show": _show, "mv": _mv, "pull": _pull, "push": _push, "unlock": _unlock}
command = _StateGroup(
    "state",
    _TABLE,
    help="Look at the state document: which live object is which address.",
    examples=("mscode state list", "mscode state show groups.donors"),
)
