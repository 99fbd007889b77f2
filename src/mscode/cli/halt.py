"""`mscode halt`: stops campaigns now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.model.plurals import count
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.app.halt import GoingOn, Halted, HaltOutcome
    from mscode.views.console import Out


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
    from mscode.app.halt import HaltRequest, halt, through_hangup

    with through_hangup():
        request = HaltRequest(addresses, ids, everything, all_in_account, directory)
        outcome = halt(inv, request, _Progress(inv.out, as_json).report)
        _show(inv.out, outcome, as_json=as_json)
    return outcome.code


@dataclass(frozen=True, slots=True)
class _Progress:
    """Reports each campaign as soon as it is halted; called by many threads."""

    out: Out
    as_json: bool
    _lock: Lock = field(default_factory=Lock)

    def report(self, halted: Halted) -> None:
        name = halted.address or f"{halted.kind.section} id {halted.id}"
        with self._lock:
            if not self.as_json:
                self.out.result(f"{name}: Halted [id={halted.id}, was {halted.was}]")
            if halted.stand_in:
                text = f"{name}: one of its voice files is gone; id {halted.stand_in} stands in for it, else it could not be halted"
                self.out.info(text, "yellow")


def _show(out: Out, outcome: HaltOutcome, *, as_json: bool) -> None:
    """Print the rest of the outcome: each halt was reported as it happened."""
    from mscode.model.kind import registry

    for going_on in outcome.going_on:
        _show_going_on(out, going_on)
    if as_json:
        rows = [
            {"id": halted.id, "address": halted.address, "was": halted.was, "halted": halted.error is None}
            for halted in outcome.halted
        ]
        out.document(json.dumps({"campaigns": rows, "missing": outcome.missing}, indent=2))
    if outcome.made:
        text = (
            f"Voice file id {outcome.made} was made to stand in, since the account has none that can be played. It calls "
            f"nobody; delete it when no campaign names it."
        )
        out.info(text, "yellow")
    if not (outcome.halted or outcome.problems or as_json):
        is_any_going_on = any(going_on.objects or going_on.doubts for going_on in outcome.going_on)
        singulars = " or ".join(kind.singular for kind in registry().values() if kind.can_be_halted)
        out.result(f"There is no {singulars} to halt." if is_any_going_on else "Nothing to halt.")
    show_diagnostics(out, [diagnostic for problem in outcome.problems for diagnostic in problem.diagnostics])
    if outcome.running is not None:
        _show_running(out, outcome.running)
    if outcome.other_run is not None:
        lock = outcome.other_run
        details = ", ".join(detail for detail in (lock.Who, lock.ID, lock.Info) if detail)
        article = "An" if lock.Operation[:1] in "aeiou" else "A"
        subject = f"{article} {lock.Operation}" if lock.Operation else "A run"
        out.info(f"{subject} is under way ({details}): stop it too, then halt again.", "yellow")
    if outcome.audit_problem:
        out.info(f"The halt is done, but not in the audit log: {outcome.audit_problem}", "yellow")


def _show_going_on(out: Out, going_on: GoingOn) -> None:
    """Name what goes on calling or writing, since the API has no halt for its kind."""
    kind = going_on.kind
    for doubt in going_on.doubts:
        out.info(f"Whether {kind.section} go on could not be read: {doubt}", "yellow")
    verb = "waits for its time" if kind.goes_out_once else "goes on calling"
    for message in going_on.objects:
        out.info(
            f"{message.address or kind.section} (id {message.id}) {verb}: the API has no halt for a {kind.singular}. To stop "
            f"it, take its manifest out and apply, or delete it in the web interface.",
            "yellow",
        )


def _show_running(out: Out, running: Mapping[str, Sequence[str]]) -> None:
    """List the campaigns that run in this account by project, so that a person without the project's folder can choose."""
    campaigns = count(sum(map(len, running.values())), "campaign")
    out.info(f"In this account {campaigns} may call{':' if running else '.'}")
    for project, ids in sorted(running.items()):
        first_ids = ", ".join(f"--id {live_id}" for live_id in ids[:5])
        out.info(f"  {len(ids)} of {project or 'nobody (no mark)'}: {first_ids}{', …' if len(ids) > 5 else ''}")
    out.info("To stop every one of them: mscode halt --all-in-account; to stop one: mscode halt --id ID.")
