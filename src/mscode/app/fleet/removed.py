"""What a project that a fleet has no more still has live, and the command that takes it down. Nothing is destroyed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING

from mscode.app.environment import open_reader, resolve
from mscode.app.fleet.changes import GoneProject
from mscode.app.state import open_state
from mscode.errors import ConfigError, MscodeError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.project_file import EMBEDDED

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.manifest.project.file import ProjectFile
    from mscode.state.store import StateStore


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a removed project.

    `live` counts its live objects by section; None where that is not known. `calling` counts those of them that may still reach
    people. `reason` says why something is not known ("" where all is). `command` takes it down, typed in the folder of fleet.yaml.
    """

    gone: GoneProject
    live: Mapping[str, int] | None
    calling: int
    reason: str
    command: str


def remains_of(inv: Invocation, gone: GoneProject, commit: str) -> Remains:
    """Look what a removed project has live. Sends nothing but GET, with its own token, to its URL as it was at `commit`."""
    try:
        live, calling, store = _read(inv, gone)
    except MscodeError as error:
        return Remains(gone, None, 0, error.diagnostics[0].summary, _command(gone, commit, "destroy"))
    if store is None:
        return Remains(gone, None, 0, "the embedded sandbox of its folder is gone", _command(gone, commit, "destroy"))
    if not store.known.serial:
        # A destroy leaves alone what no state knows; a halt goes by the marks too.
        reason = "its state is not there, so only what carries its mark is counted, and a halt is all that can be done for it"
        return Remains(gone, live, calling, reason, _command(gone, commit, "halt --all"))
    unknown = len(store.known.intents)
    reason = f"{count(unknown, 'create')} of unknown outcome" if unknown else ""
    return Remains(gone, live, calling, reason, _command(gone, commit, "destroy"))


def _read(inv: Invocation, gone: GoneProject) -> tuple[dict[str, int], int, StateStore | None]:
    """Live objects by section, how many may still reach people, and the state; None for that where there is no account either."""
    from mscode.app.campaigns import LiveAccount
    from mscode.engine.account.status import ReceiversRead
    from mscode.engine.session import PlanRequest, read_and_plan
    from mscode.manifest.project.file import project_of
    from mscode.model.world import DesiredWorld
    from mscode.plan.inputs import Options

    # Guards and rules name files that are not there any more; a count asks neither.
    file = project_of(gone.project_file).model_copy(update={"guards": {}, "checks": {}})
    folder, name = gone.project.folder, gone.project.chosen_environment
    environment = resolve(file, folder, name, _variables(inv, gone, file), hide_token=inv.hide_token)
    if environment.embedded and not (folder / ".mscode").exists():
        return {}, 0, None
    store = open_state(environment)
    with open_reader(environment, of_copy=True) as reader:
        request = PlanRequest(DesiredWorld(file.planning(), {}), store.known, store.keyed_hash, Options(destroy=True))
        plan = read_and_plan(environment.account(reader), request)
        account = LiveAccount(reader, environment, store.known, ReceiversRead())
        campaigns = account.campaigns()
        calling = sum(row.is_active for row in account.to_rows(campaigns))
    managed = {(change.address.section, change.live.id) for change in plan.changes if change.live is not None}
    marked = {(campaign.section, campaign.live.id) for campaign in campaigns}
    live = Counter(section for section, _ in sorted(managed | marked))
    return dict(live), calling, store


def _variables(inv: Invocation, gone: GoneProject, file: ProjectFile) -> dict[str, str]:
    """The variables of the project's process, with its token as MSCODE_TOKEN; ConfigError where that is not there."""
    variables = {key: value for key, value in inv.variables.items() if key not in ("MSCODE_TOKEN", "MSCODE_ENV")}
    variable = gone.project.token_variable
    settings = file.environments.get(gone.project.chosen_environment)
    if not variable or (settings is not None and settings.url == EMBEDDED):
        return variables
    if not (token := inv.variables.get(variable, "").strip()):
        raise ConfigError(f"{variable}, which holds its token, is not set", code="token")
    return {**variables, "MSCODE_TOKEN": token}


def _command(gone: GoneProject, commit: str, verb: str) -> str:
    """The command line that stops a removed project: `destroy` or `halt --all`.

    Its files are brought back beside what is left of its folder (a state of the backend `local`); where another project has
    taken its folder, in a work tree of their own, with a copy of that.
    """
    project, path = gone.project, quote(gone.project.path)
    words = [f'MSCODE_TOKEN="${project.token_variable}"'] if project.token_variable else []
    words += [
        "mscode",
        *(["--env", quote(project.chosen_environment)] if project.chosen_environment else []),
        verb,
    ]
    command = " ".join(words)
    if gone.is_here:
        return f"{command} {path}"
    if gone.is_replaced:
        tree = quote(f"../{project.project}-{commit[:12]}")
        folder = f"{tree}/{quote(gone.in_repository)}"
        # Git does not bring back a state of the backend `local`, without which a destroy leaves everything alone.
        state = f"cp -R {path}/.mscode {folder}/ && " if (project.folder / ".mscode").exists() else ""
        return f"git worktree add --detach {tree} {commit} && {state}{command} {folder}"
    return f"git restore --source={commit} -- {path} && {command} {path}"
