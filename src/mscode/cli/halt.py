"""`mscode halt`: the emergency brake.

It stops what it can, and then tells the rest. What else is broken (a name, a file, a list, the state, a lock) is told after
it, and only where nothing can be reached at all is nothing halted; then the message begins with these words.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from mscode.app.environment import Environment, open_client, resolve
from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.frame import command as make_command
from mscode.cli.frame import json_option
from mscode.errors import MscodeError, NotSent, UnknownOutcome, UsageError, worst
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.api.client import Client
    from mscode.engine.halt import Choice, Halted, Pulled
    from mscode.manifest.project.file import ProjectFile
    from mscode.model.address import Address
    from mscode.state.lock_info import Holder

#: Seconds that the brake waits for the state; it works without.
_PATIENCE = 3.0
_PARTLY = 6
_IN_THE_WEB = "Halt in the web interface, and try again."


@make_command(
    "halt", examples=("mscode halt rsvpCalls.invite", "mscode halt --all", "mscode --env production halt --id 303")
)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--id", "ids", multiple=True, metavar="ID", help="A campaign by its id; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Every unfinished campaign of this project.")
@click.option("--all-in-account", is_flag=True, help="Every unfinished campaign of the account, whoever made it.")
@click.option("--dir", "directory", default=None, type=click.Path(path_type=Path), help="Folder of the project.")
@json_option
def command(
    inv: Invocation,
    addresses: tuple[str, ...],
    ids: tuple[str, ...],
    everything: bool,
    all_in_account: bool,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Stop campaigns now. Asks nothing, needs no valid manifests, no state and no lock; no later apply starts them again
    without --resume.
    """
    from mscode.engine.halt import Choice

    names, refused, folder = _names(addresses, directory)
    choice = Choice(names, ids, everything, all_in_account)
    if not (names or ids or everything or all_in_account):
        raise _joined(refused or [_nothing_said()])
    try:
        with _to_the_end():
            return _pull(inv, folder, choice, refused, as_json=as_json)
    except MscodeError as error:
        raise _nothing_halted(error) from None


def _to_the_end() -> AbstractContextManager[None]:
    """A terminal that is closed does not end the brake half-way."""
    from mscode.app.state import handling, signals_that_end

    return handling([one for one in signals_that_end() if one != signal.SIGTERM], lambda number, frame: None)


def _nothing_said() -> MscodeError:
    return UsageError("Say what to halt", hint="Name addresses, --id ID, --all or --all-in-account.")


def _joined(refused: Sequence[MscodeError]) -> MscodeError:
    """Nothing of what was named can be halted: one error with all of them, a mistyped one counting as that."""
    kind = next((UsageError for one in refused if isinstance(one, UsageError)), MscodeError)
    return kind([diagnostic for one in refused for diagnostic in one.diagnostics])


def _nothing_halted(error: MscodeError) -> MscodeError:
    """The same error, and in its first words what matters to whoever pulled the brake."""
    first, *others = error.diagnostics
    words = first.summary
    if words[:1].isupper() and words[1:2].islower():
        words = words[0].lower() + words[1:]
    hint = f"{first.hint} {_IN_THE_WEB}".strip()
    error.diagnostics = (replace(first, summary=f"NOTHING WAS HALTED: {words}", hint=hint), *others)
    return error


def _pull(inv: Invocation, folder: Path, choice: Choice, refused: Sequence[MscodeError], *, as_json: bool) -> int:
    from mscode.engine.halt import pull
    from mscode.model.kind import registry

    place = _place_of(inv, folder)
    known = place.known() if choice.addresses or choice.everything_of_project or choice.everything_in_account else {}
    ours = {address: live_id for address, live_id in known.items() if address.startswith("rsvpCalls.")}
    choice = replace(choice, projects=place.names, known=ours, is_whole=not place.unread)
    looks_at_lock = choice.everything_of_project or choice.everything_in_account
    kind, target = registry()["rsvpCalls"], place.environment.target()
    told = _Told(inv, choice, as_json=as_json)
    with open_client(place.environment, is_urgent=True) as client:
        with ThreadPoolExecutor(1) as beside:
            before: Future[Holder | None] = beside.submit(place.holder if looks_at_lock else lambda: None)
            pulled = pull(client, kind, target, choice, told.halted)
        holder = place.holder() if looks_at_lock else None
        if before.result() is not None and holder is None:
            # The apply has ended meanwhile: what it launched last may not have been there yet.
            again = pull(client, kind, target, choice, told.halted)
            pulled = replace(again, halted=[*pulled.halted, *again.halted], made=again.made or pulled.made)
        told.pulled, told.refused = pulled, [*refused, *place.unknown(choice)]
        if looks_at_lock:
            told.goes_on = _tell_what_goes_on(inv, client, place.environment, replace(choice, known=known))
    code = told.tell(holder)
    place.record(inv, pulled)
    return code


# ---- what was named --------------------------------------------------------------------------------------------------


def _names(given: Sequence[str], directory: Path | None) -> tuple[tuple[str, ...], list[MscodeError], Path]:
    """Addresses that can be halted, what is wrong with the others, and the folder: one that stands where addresses do, as
    in other commands, is taken for it (but not where it is called like an address). The empty text of a variable that is
    not set is a wrong name, and not the folder one is in.
    """
    from mscode.model.kind import registry

    names, refused, folder = [], [], directory
    for text in given:
        if folder is None and text and text.partition(".")[0] not in registry() and _is_dir(Path(text)):
            folder = Path(text)
            continue
        try:
            names.append(str(_haltable(parse_address(text))))
        except MscodeError as error:
            refused.append(error)
    return tuple(dict.fromkeys(names)), refused, folder or Path()


def _haltable(address: Address) -> Address:
    """MscodeError for what reaches people and has no halt."""
    from mscode.model.kind import registry

    kind = registry().get(address.section)
    if kind is not None and kind.sends:
        raise MscodeError(
            f"{address} cannot be halted: the API has no halt for a {kind.singular}",
            detail="It can only be deleted, before it has gone out.",
            hint=f"Take its manifest out and apply: mscode apply --only {address} (or delete it in the web interface).",
            code="no-halt",
        )
    return address


# ---- where -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Place:
    """The account, and this project in it as far as it is known. `twins` are the project's environments on the same
    account, this one among them: whoever pulls the brake need not know under which of them a campaign was launched.
    `unread` says why a state of theirs could not be read ("" where all were).
    """

    environment: Environment
    names: frozenset[str]
    where: Path
    folder: Path | None
    twins: Sequence[Environment]
    unread: str = ""

    def known(self) -> dict[str, str]:
        """Ids by address, where states can be read; the brake does not depend on them."""
        from mscode.app.state import reading

        known: dict[str, str] = {}
        for one in self.twins:
            try:
                entries = reading(one, patience=_PATIENCE).known.entries
                known = {str(address): entry.id for address, entry in entries.items()} | known
            except Exception as error:  # whatever a state is, it must not disarm the brake
                self.unread = self.unread or _words(error)
        return known

    def holder(self) -> Holder | None:
        """Who holds the lock of this project's state, where that can be found out."""
        from mscode.app.state_backend import backend_of

        for one in () if self.unread else self.twins:
            try:
                backend = backend_of(one)
                try:
                    backend.hurry(_PATIENCE)
                    if (found := backend.holder()) is not None:
                        return found
                finally:
                    backend.close()
            except Exception:  # see `known`
                continue
        return None

    def unknown(self, choice: Choice) -> list[MscodeError]:
        """Where no project is known, what was asked of it could not be done."""
        if self.names or not (choice.addresses or choice.everything_of_project):
            return []
        text = "mscode.yaml names no project" if self.folder else f"There is no mscode.yaml at or above {self.where}"
        return [MscodeError("It is not known which project's campaigns to halt", detail=f"{text}.", code="no-project")]

    def record(self, inv: Invocation, pulled: Pulled) -> None:
        """One line of the audit log, after everything is halted; a log that cannot be written changes nothing."""
        from mscode.state.audit import write_audit

        done = sorted(one.id for one in pulled.halted if one.error is None)
        if self.folder is None or not done:
            return
        try:
            write_audit(self.folder, self.environment.name, "halt", self.environment.variables, ids=done)
        except (MscodeError, OSError) as error:
            inv.out.talk(f"The halt is done, but not in the audit log: {error}", "yellow")


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, MscodeError) else type(error).__name__


def _place_of(inv: Invocation, directory: Path) -> _Place:
    """The nearest project at or above the folder. A project file that cannot be used is read as far as it can be."""
    from mscode.manifest.project.file import FILE, load_project
    from mscode.manifest.project.salvage import nameless, salvage

    here = directory.resolve()
    folder = next((one for one in (here, *here.parents) if _is_file(one / FILE)), None)
    if folder is None:
        project, names, problem = nameless(), frozenset[str](), None
    else:
        try:
            project, problem = load_project(folder), None
            names = frozenset({project.project})
        except MscodeError as error:
            found, problem = salvage(_content(folder / FILE)), error
            project, names = found.project, found.names
    environment = _environment(inv, project, folder or here, problem, directory)
    if problem is not None:
        text = f"{FILE} cannot be used as it is ({problem}); halting by what can be read of it: {_shown(environment, names)}"
        inv.out.talk(text, "yellow")
    elif folder is not None and folder != here:
        inv.out.talk(f"Using the project in {folder}.")
    return _Place(environment, names, here, folder, _twins(environment))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for a file
        return False


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _shown(environment: Environment, names: frozenset[str]) -> str:
    return f"project {', '.join(sorted(names)) or 'unknown'}, {environment.url}"


def _environment(
    inv: Invocation, project: ProjectFile, folder: Path, problem: MscodeError | None, directory: Path
) -> Environment:
    """MSCODE_URL is enough, whatever environment is named beside it that the project does not know."""
    from mscode.manifest.project.file import no_project

    variables, wanted = dict(inv.variables), inv.env
    if variables.get("MSCODE_URL"):
        named = wanted or variables.get("MSCODE_ENV", "")
        if named not in project.environments:
            variables.pop("MSCODE_ENV", None)
            wanted = ""
    elif not project.environments:
        raise problem or no_project(directory)
    return resolve(project, folder, wanted, variables, hide_token=inv.hide_token)


def _twins(environment: Environment) -> list[Environment]:
    found = [environment]
    variables = {name: value for name, value in environment.variables.items() if name != "MSCODE_URL"}
    for name, settings in environment.project.environments.items():
        if name != environment.name and settings.url.rstrip("/") == environment.url:
            try:
                found.append(
                    resolve(
                        environment.project, environment.project_dir, name, variables, hide_token=environment.hide_token
                    )
                )
            except MscodeError:
                continue
    return found


# ---- telling ---------------------------------------------------------------------------------------------------------


def _tell_what_goes_on(inv: Invocation, client: Client, environment: Environment, choice: Choice) -> bool:
    """What has no halt is named after all the rest is stopped. True where there is such a thing, or may be."""
    from mscode.engine.halt import going_on
    from mscode.model.kind import registry

    some = False
    for kind in (one for one in registry().values() if one.sends):
        found, doubts = going_on(client, kind, environment.target(), choice)
        some = some or bool(found or doubts)
        for doubt in doubts:
            inv.out.talk(f"Whether {kind.section} go on could not be read: {doubt}", "yellow")
        for one in found:
            what = f"{one.address or one.kind.section} (id {one.id})"
            does = "waits for its time" if kind.sends and kind.sends.once else "goes on calling"
            inv.out.talk(
                f"{what} {does}: the API has no halt for a {one.kind.singular}. To stop it, take its manifest out and apply, "
                f"or delete it in the web interface.",
                "yellow",
            )
    return some


def _nothing_pulled() -> Pulled:
    from mscode.engine.halt import Pulled

    return Pulled()


@dataclass(slots=True)
class _Told:
    """What is told of it all, and the exit code. `refused` are names that cannot be halted at all."""

    inv: Invocation
    choice: Choice
    as_json: bool
    pulled: Pulled = field(default_factory=_nothing_pulled)
    refused: Sequence[MscodeError] = ()
    goes_on: bool = False
    _lock: Lock = field(default_factory=Lock)

    def halted(self, one: Halted) -> None:
        """Told by the threads that halt, as it happens."""
        name = one.address or f"rsvpCalls id {one.id}"
        with self._lock:
            if not self.as_json:
                self.inv.out.result(f"{name}: Halted [id={one.id}, was {one.was}]")
            if one.stand_in:
                text = f"{name}: one of its voice files is gone; id {one.stand_in} stands in for it, else it could not be halted"
                self.inv.out.talk(text, "yellow")

    def tell(self, holder: Holder | None) -> int:
        halted = [one for one in self.pulled.halted if one.error is None]
        problems = [one.error for one in self.pulled.halted if one.error is not None]
        problems += [*self.refused, *self.pulled.doubts]
        if not any(isinstance(doubt, NotSent) for doubt in self.pulled.doubts):  # of what was not read nobody knows
            problems += map(self._not_found, self.pulled.missing)
        self._tell_end()
        if problems and not halted and not any(one.is_unclear for one in self.pulled.halted):
            problems[0] = _nothing_halted(problems[0])
        show_diagnostics(self.inv.out, [diagnostic for one in problems for diagnostic in one.diagnostics])
        if not self.choice.projects and (self.choice.everything_of_project or self.choice.addresses):
            self._tell_who_runs()
        if holder is not None:
            run = ", ".join(part for part in (holder.Who, holder.ID, holder.Info) if part)
            what = (
                f"A{'n' if holder.Operation[:1] in 'aeiou' else ''} {holder.Operation}" if holder.Operation else "A run"
            )
            self.inv.out.talk(f"{what} is under way ({run}): stop it too, then halt again.", "yellow")
        return worst(self._code(halted, problems), UnknownOutcome.exit_code if holder is not None else 0)

    def _code(self, halted: Sequence[Halted], problems: Sequence[MscodeError]) -> int:
        if not problems:
            return 0
        unclear = any(one.is_unclear for one in self.pulled.halted)
        if unclear or (halted and self.pulled.doubts):
            return UnknownOutcome.exit_code
        return _PARTLY if halted else 1

    def _tell_end(self) -> None:
        """What is left to tell where each halt was told as it happened."""
        pulled = self.pulled
        if self.as_json:
            self._tell_json()
        if pulled.made:
            text = (
                f"Voice file id {pulled.made} was made to stand in, since the account has none that can be played. It calls "
                f"nobody; delete it when no campaign names it."
            )
            self.inv.out.talk(text, "yellow")
        is_certain = not (pulled.halted or self.refused or pulled.doubts or pulled.missing)
        if is_certain and not self.as_json:
            self.inv.out.result("There is no RSVP call to halt." if self.goes_on else "Nothing to halt.")

    def _tell_json(self) -> None:
        import json

        rows = [
            {"id": one.id, "address": one.address, "was": one.was, "halted": one.error is None}
            for one in self.pulled.halted
        ]
        self.inv.out.document(json.dumps({"campaigns": rows, "missing": self.pulled.missing}, indent=2))

    def _not_found(self, name: str) -> MscodeError:
        """Certainly not there, or not in what could be read of the list."""
        if self.pulled.doubts:
            return MscodeError(f"Not found in what could be read of the live account: {name}", code="not-found")
        return MscodeError(f"Not found in the live account: {name}", hint="See `mscode status`.", code="not-found")

    def _tell_who_runs(self) -> None:
        """Whose campaigns run in this account, so that whoever knows no more than that can choose."""
        lines = [
            f"  {len(ids)} of {mark or 'nobody (no mark)'}: {', '.join(f'--id {one}' for one in ids[:5])}"
            + (", …" if len(ids) > 5 else "")
            for mark, ids in sorted(self.pulled.running.items())
        ]
        count = sum(map(len, self.pulled.running.values()))
        self.inv.out.talk(
            f"In this account {count} campaign{'s' if count != 1 else ''} may call{':' if lines else '.'}"
        )
        for line in lines:
            self.inv.out.talk(line)
        self.inv.out.talk("To stop every one of them: mscode halt --all-in-account; to stop one: mscode halt --id ID.")
