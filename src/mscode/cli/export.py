"""`mscode export`: manifests for what lives in the account already."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_option
from mscode.cli.completing import FileType
from mscode.cli.options import variable_options

if TYPE_CHECKING:
    from mscode.app.export import ExportOutcome

#: The common reasons for leaving an object out, in words.
_REASONS = {
    "people": "personal data; --people writes them",
    "history": "history: finished, sent or expired; --only with the exact address writes one",
    "managed": "managed already",
    "failed": "the service failed to make them",
}

#: So many objects that are left out for one reason get a line each; more are counted.
_NAMED = 5


@make_command(
    "export",
    examples=(
        "mscode export --out exported",
        "mscode --env production export --out exported --unmanaged --split campaign",
        "mscode export --out exported --only 'rsvpCalls.*' --only groups.donors",
    ),
)
@directory_argument
@click.option(
    "--out",
    metavar="DIR",
    type=FileType(folders_only=True),
    help="Write into this folder; left out, into the project's own.",
)
@click.option("--unmanaged", is_flag=True, help="Write only what no project manages.")
@click.option(
    "--only",
    multiple=True,
    metavar="GLOB",
    help="Write only the objects whose address matches, and what they use. May be repeated.",
)
@click.option("--people", is_flag=True, help="Write accounts, members and other data of persons too.")
@click.option("--split", type=click.Choice(["campaign"]), help="Write one file per campaign, with what it alone uses.")
@json_option
@variable_options
def command(
    inv: Invocation,
    directory: Path,
    out: Path | None,
    unmanaged: bool,
    only: tuple[str, ...],
    people: bool,
    split: str | None,
    as_json: bool,
) -> None:
    """Write manifests for the objects of the live account. Nothing live is changed.

    Each object gets `import:` with its id, so a plan of what was written shows only imports, and applying it changes nothing.
    Existing files are never overwritten. A folder without mscode.yaml gets one. Without any project, MSCODE_URL and MSCODE_TOKEN
    say which account.

    A text that is the value of a secret variable of the project is written as ${var.NAME}. A field with any other secret is left
    out and named.
    """
    from mscode.app.export import ExportRequest, export_account

    target = directory if out is None else out
    outcome = export_account(inv, ExportRequest(directory, target, people, unmanaged, only, split is not None))
    if as_json:
        inv.out.json(json.dumps(_report(outcome), indent=2))
    else:
        for name in outcome.files:
            inv.out.result(str(outcome.out / name))
    summarize(inv, outcome)


def summarize(inv: Invocation, outcome: ExportOutcome) -> None:
    """Say on stderr what the files hold and what was left out."""
    for name in outcome.unset_secrets:
        inv.out.info(
            f"Warning: the secret variable {name} has no value here, so its text cannot be told from others. "
            "Look through the files before you commit them.",
            "yellow",
        )
    out, export = outcome.out, outcome.export
    if not export.objects:
        inv.out.info("Nothing to export.")
    else:
        inv.out.info(f"Exported {_counted(Counter(address.section for address in export.objects))}.")
    if export.came_along:
        inv.out.info(f"Came along, for what was selected names them: {', '.join(map(str, export.came_along))}.")
    for reason, words in _REASONS.items():
        counts = Counter(item.section for item in export.left_out if item.why == reason)
        if counts:
            inv.out.info(f"Left out {_counted(counts)} ({words}).", "yellow")
    for text in _indescribable(outcome):
        inv.out.info(text, "yellow")
    for omission in export.blanks:
        inv.out.info(
            f"Warning: {out / omission.file}: {omission.field} of {omission.address} holds a secret and is left out; its changes "
            "are ignored. Keep the secret in a variable with `secret: true`, and write the field with ${var.NAME}.",
            "yellow",
        )
    if export.objects:
        inv.out.info(
            f"Next: `mscode plan {out}` shows them as imports, `mscode apply {out}` takes them under management."
        )


def _indescribable(outcome: ExportOutcome) -> Iterator[str]:
    """What no manifest can describe: a line for each object, or for many with the same reason."""
    ids_by_reason: dict[tuple[str, str], list[str]] = {}
    for item in outcome.export.left_out:
        if item.why not in _REASONS:
            ids_by_reason.setdefault((item.section, _printable(item.why)), []).append(item.id)
    for (section, reason), ids in ids_by_reason.items():
        if len(ids) > _NAMED:
            named = f"id {', '.join(ids[:_NAMED])}, …"
            yield f"Left out {_counted({section: len(ids)})} ({named}): {reason}. `mscode export --json` names each."
        else:
            yield from (f"Left out {section} id {live_id}: {reason}." for live_id in ids)


def _report(outcome: ExportOutcome) -> dict[str, object]:
    """What `--json` prints."""
    export = outcome.export
    return {
        "out": str(outcome.out),
        "files": outcome.files,
        "objects": [{"address": str(address), "id": live_id} for address, live_id in export.objects.items()],
        "came_along": [str(address) for address in export.came_along],
        "left_out_fields": [
            {"file": omission.file, "address": str(omission.address), "field": omission.field}
            for omission in export.blanks
        ],
        "left_out": [
            {"section": item.section, "id": item.id, "why": _REASONS.get(item.why) or _printable(item.why)}
            for item in export.left_out
        ],
    }


def _counted(counts: Mapping[str, int]) -> str:
    from mscode.model.plurals import count
    from mscode.views.text.words import section_noun

    return ", ".join(count(number, section_noun(section)) for section, number in counts.items())


def _printable(reason: str) -> str:
    """A reason for one object, masked and escaped: it may quote live values."""
    from mscode.model.privacy import mask_numbers
    from mscode.views.text.printable import escape_unprintable

    return escape_unprintable(mask_numbers(reason), limit=300)
