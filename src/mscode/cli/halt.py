"""`mscode halt`: stops campaigns now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.completing import AddressType, FileType
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.diagnostics import show_diagnostics, to_json
from mscode.views.text.printable import escape_unprintable

if TYPE_CHECKING:
    from mscode.app.environment import Environment
    from mscode.app.halt import Halted, HaltOutcome
    from mscode.errors import Diagnostic
    from mscode.views.console import Out
    from mscode.views.status.halt_shapes import HaltCountsJson, HaltJson

#: So many errors are shown; the last line names everything that was not halted.
_MOST_ERRORS = 20


@make_command(
    "halt",
    examples=(
        "mscode halt rsvpCalls.invite",
        "mscode halt 'rsvpCalls.spring-*' rsvpCalls.invite",
        "mscode halt --all",
        "mscode --env production halt --id 303",
    ),
)
@click.argument(
    "addresses",
    nargs=-1,
    metavar="[ADDRESS|GLOB]...",
    type=AddressType(can_be_halted=True),
    help="Addresses, names of a forEach, or globs with * and ?.",
)
@click.option("--id", "ids", multiple=True, metavar="ID", help="Halt the campaign with this id. May be repeated.")
@click.option("--all", "everything", is_flag=True, help="Halt every unfinished campaign of this project.")
@click.option("--all-in-account", is_flag=True, help="Halt every unfinished campaign of the account, whoever made it.")
@click.option(
    "--dir",
    "directory",
    metavar="DIR",
    type=FileType(folders_only=True),
    help="Folder of the project, or one below it; the current one when left out.",
)
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
    """Stop campaigns now. Asks nothing, and works without valid manifests, state or lock.

    The name of a forEach means all that it has made. The last line says how many campaigns are halted, and names those that are
    not. No later apply starts a halted campaign again without --resume.
    """
    from mscode.app.halt import HaltRequest, halt, through_hangup

    with through_hangup():
        request = HaltRequest(addresses, ids, everything, all_in_account, directory)
        progress = _Progress(inv.out, as_json)
        outcome = halt(inv, request, progress.report, progress.begin)
        _show(inv.out, outcome, bool(addresses or ids), as_json=as_json)
    return outcome.code


@dataclass(frozen=True, slots=True)
class _Progress:
    """Reports where campaigns are halted, and each one as soon as it is halted; `report` is called by many threads."""

    out: Out
    as_json: bool
    _lock: Lock = field(default_factory=Lock)

    def begin(self, environment: Environment) -> None:
        text = f"Halting in environment {environment.name} ({escape_unprintable(environment.url)})."
        (self.out.info if self.as_json else self.out.result)(text)

    def report(self, halted: Halted) -> None:
        with self._lock:
            if not self.as_json:
                self.out.result(halted_line(halted))
            if text := stand_in_line(halted):
                self.out.info(text, "yellow")


def halted_line(halted: Halted) -> str:
    """What is said of a campaign as soon as it is halted."""
    was = escape_unprintable(halted.was, 80)
    return f"{_name_of(halted)}: Halted [id={escape_unprintable(halted.id, 80)}, was {was}]"


def stand_in_line(halted: Halted) -> str:
    """What is said of a voice file that stands in for one that is gone; "" where none does."""
    if not halted.stand_in:
        return ""
    return (
        f"{_name_of(halted)}: one of its voice files is gone; id {halted.stand_in} stands in for it, else it could not be "
        "halted"
    )


def _name_of(halted: Halted) -> str:
    return halted.address or f"{halted.kind.section} id {escape_unprintable(halted.id, 80)}"


def _show(out: Out, outcome: HaltOutcome, has_named: bool, *, as_json: bool) -> None:
    """Print the rest of the outcome: each halt was reported as it happened. The last line comes last of all."""
    report = halt_json(outcome)
    if has_named and not as_json:
        for row in outcome.at_rest:
            name = row.address or f"{row.section} id {escape_unprintable(row.id, 80)}"
            out.result(
                f"{name}: {'Finished' if row.is_finished else 'Already halted'} [id={escape_unprintable(row.id, 80)}]"
            )
    for text in _going_on_lines(outcome):
        out.info(text, "yellow")
    if as_json:
        out.json(json.dumps(report, indent=2))
    for text in _stand_in_lines(outcome):
        out.info(text, "yellow")
    diagnostics = [diagnostic for problem in outcome.problems for diagnostic in problem.diagnostics]
    show_errors(out, diagnostics)
    if outcome.running is not None:
        _show_running(out, outcome.running)
    for text in _circumstances(outcome):
        out.info(text, "yellow")
    (out.info if as_json else out.result)(report["summary"])


def show_errors(out: Out, diagnostics: Sequence[Diagnostic]) -> None:
    """Show the first errors, and how many more there are."""
    show_diagnostics(out, diagnostics[:_MOST_ERRORS])
    if len(diagnostics) > _MOST_ERRORS:
        out.info(f"\nAnd {count(len(diagnostics) - _MOST_ERRORS, 'more error')}; --json has all of them.", "red")


def notes_of(outcome: HaltOutcome) -> list[str]:
    """What a person must know beside the campaigns and the errors, a line each."""
    return [*_going_on_lines(outcome), *_stand_in_lines(outcome), *_circumstances(outcome)]


def _stand_in_lines(outcome: HaltOutcome) -> list[str]:
    if not outcome.made:
        return []
    return [
        f"Voice file id {outcome.made} was made to stand in, since the account has none that can be played. It calls "
        "nobody; delete it when no campaign names it."
    ]


def _circumstances(outcome: HaltOutcome) -> list[str]:
    """A run under way, and an audit log that could not be written."""
    lines = []
    if outcome.other_run is not None:
        lock = outcome.other_run
        details = ", ".join(detail for detail in (lock.Who, lock.ID, lock.Info) if detail)
        article = "An" if lock.Operation[:1] in "aeiou" else "A"
        subject = f"{article} {lock.Operation}" if lock.Operation else "A run"
        text = f"{subject} is under way ({details}): stop it too, then halt again."
        lines.append(escape_unprintable(text, 500))
    if outcome.audit_problem:
        lines.append(f"The halt is done, but not in the audit log: {outcome.audit_problem}")
    return lines


def halt_json(outcome: HaltOutcome) -> HaltJson:
    """What `--json` prints; its summary is the last line in any case."""
    from mscode.views.status.halt import last_line

    def label(name: str) -> str:
        return f"{escape_unprintable(name, 200)}{' (no campaign)' if name in outcome.no_campaigns else ''}"

    may_call = any(name not in outcome.no_campaigns for name in outcome.not_halted)
    counts: HaltCountsJson = {
        "halted": sum(halted.error is None for halted in outcome.halted),
        "already_halted": sum(not row.is_finished for row in outcome.at_rest),
        "not_halted": len(outcome.not_halted),
    }
    diagnostics = [to_json(diagnostic) for problem in outcome.problems for diagnostic in problem.diagnostics]
    return {
        "environment": outcome.environment.name,
        "url": outcome.environment.url,
        "campaigns": [
            {"id": halted.id, "address": halted.address, "was": halted.was, "halted": halted.error is None}
            for halted in outcome.halted
        ],
        "at_rest": [{"id": row.id, "address": row.address, "state": row.state} for row in outcome.at_rest],
        "missing": list(outcome.missing),
        "not_halted": list(outcome.not_halted),
        "without_halt": [
            {"id": message.id, "address": message.address, "type": message.kind.section}
            for message in outcome.going_on.objects
        ],
        "running": None if outcome.running is None else {name: list(ids) for name, ids in outcome.running.items()},
        "counts": counts,
        "summary": last_line(counts, list(map(label, outcome.not_halted)), may_call=may_call),
        "errored": bool(outcome.problems),
        "diagnostics": diagnostics,
    }


def _going_on_lines(outcome: HaltOutcome) -> list[str]:
    """Count and name, in one line, what goes on calling or writing since the API has no halt for it. What was asked for by
    name is among the errors.
    """
    from mscode.app.halt import STOP_WITHOUT_HALT, without_halt_text

    lines, going_on = [], outcome.going_on
    if going_on.doubts:
        reasons = ", ".join(dict.fromkeys(doubt.diagnostics[0].summary for doubt in going_on.doubts))
        lines.append(f"Whether messages are still to go out could not be read: {escape_unprintable(reasons, 500)}")
    objects = [
        (found.address or f"{found.kind.section} id {escape_unprintable(found.id, 80)}", found.kind.section)
        for found in going_on.objects
        if not found.address or found.address not in outcome.not_halted
    ]
    if objects:
        lines.append(f"{without_halt_text(objects)}. {STOP_WITHOUT_HALT}")
    return lines


def _show_running(out: Out, running: Mapping[str, Sequence[str]]) -> None:
    """List the campaigns that run in this account by project, so that a person without the project's folder can choose."""
    campaigns = count(sum(map(len, running.values())), "campaign")
    out.info(f"In this account {campaigns} may call{':' if running else '.'}")
    for project, ids in sorted(running.items()):
        first_ids = ", ".join(f"--id {escape_unprintable(live_id, 80)}" for live_id in ids[:5])
        out.info(f"  {len(ids)} of {project or 'nobody (no mark)'}: {first_ids}{', …' if len(ids) > 5 else ''}")
    if running:
        out.info("To stop every one of them: mscode halt --all-in-account; to stop one: mscode halt --id ID.")
