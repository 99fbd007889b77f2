"""`mscode results`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import format_option, json_option_saying
from mscode.cli.options import folder_option
from mscode.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from mscode.app.results import Results
    from mscode.views.text.masking import Privacy


@make_command(
    "results",
    examples=("mscode results rsvpCalls.invite", "mscode results rsvpCalls.invite --format csv --out replies.csv"),
)
@click.argument("address", required=False)
@click.option("--id", "live_id", default="", metavar="ID", help="An RSVP call by its id.")
@json_option_saying("Print JSON; the same as --format json.")
@format_option("text", "json", "csv", help="How the replies are written.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=None, metavar="FILE", help="Write them to a file."
)
@folder_option
def command(
    inv: Invocation, address: str | None, live_id: str, as_json: bool, shape: str, out: Path | None, directory: Path
) -> None:
    """Fetch the replies to a campaign, receiver by receiver. Sends nothing but GET.

    Phones are masked, in files always; --show-people shows them on a terminal.
    """
    from mscode.app.results import read_results
    from mscode.model.plurals import count
    from mscode.views.status.results import result_lines
    from mscode.views.text.masking import Privacy

    if bool(address) == bool(live_id):
        raise UsageError("Say which campaign", hint="Name its address, or --id ID.")
    results = read_results(inv, directory, address=address or "", live_id=live_id)
    shape = "json" if as_json else shape
    if out is not None:
        _write(out, _text(results, shape, Privacy()))
        inv.out.info(f"{count(len(results.people), 'receiver')} written to {out}; phones are masked.")
    elif shape == "text":
        privacy = Privacy(inv.show_people)
        inv.out.write_lines(result_lines(results.campaign, results.people, results.zone_name, privacy))
    else:
        inv.out.document(_text(results, shape, Privacy(inv.show_people)).removesuffix("\n"))


def _text(results: Results, shape: str, privacy: Privacy) -> str:
    """The results as one text, with a line end."""
    from mscode.views.plan.segments import plain
    from mscode.views.status.results import result_lines, results_csv, results_json

    if shape == "csv":
        return results_csv(results.people, privacy)
    if shape == "json":
        return json.dumps(results_json(results.campaign, results.people, privacy), indent=2) + "\n"
    return plain(result_lines(results.campaign, results.people, results.zone_name, privacy))


def _write(path: Path, text: str) -> None:
    """Write a file that its owner alone may read (mode 0600), replacing one of that name; ConfigError where that fails."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code="unwritable") from None
