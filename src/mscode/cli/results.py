"""`mscode results`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.campaigns import Account, open_account, unknown
from mscode.app.invocation import Invocation
from mscode.app.workspace import parse_address
from mscode.cli.frame import command as make_command
from mscode.cli.options import folder_option
from mscode.cli.status import rows
from mscode.errors import ConfigError, MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.engine.account.status import Campaign
    from mscode.views.plan.segments import Line
    from mscode.views.status.results import Person
    from mscode.views.status.table import Row


@make_command(
    "results",
    examples=("mscode results rsvpCalls.invite", "mscode results rsvpCalls.invite --format csv --out replies.csv"),
)
@click.argument("address", required=False)
@click.option("--id", "live_id", default="", metavar="ID", help="An RSVP call by its id.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the same as --format json.")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "csv"]), default="text", help="How the replies are written."
)
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
    if bool(address) == bool(live_id):
        raise UsageError("Say which campaign", hint="Name its address, or --id ID.")
    with open_account(inv, directory) as account:
        campaign = _find(account, address or "", live_id)
        people = _people(account, campaign)
    shape = "json" if as_json else shape
    written = _Written(rows([campaign])[0], people, account.environment.project.timezone)
    if out is not None:
        _write(out, written.text(shape, show_people=False))
        inv.out.talk(f"{written.count} written to {out}; phones are masked.")
    elif shape == "text":
        inv.out.pieces(written.lines(show_people=inv.show_people))
    else:
        inv.out.document(written.text(shape, show_people=inv.show_people).removesuffix("\n"))


def _find(account: Account, address: str, live_id: str) -> Campaign:
    """The campaign, read whole; MscodeError where there is none."""
    from mscode.engine.account.status import by_address, read_campaign

    section = "rsvpCalls"
    if address:
        campaigns = account.campaigns()
        named = next(by_address(campaigns, parse_address(address)), None)
        if named is None:
            raise unknown(address, campaigns)
        section, live_id = named.section, named.live.id
    kind = account.environment.kinds()[section]
    found = read_campaign(account.reader, kind, account.environment.target(), live_id, account.known)
    if found is None:
        hint = "`mscode status` shows what is live."
        raise MscodeError(f"There is no {kind.singular} with id {live_id}", hint=hint, code="unknown-id")
    return found


def _people(account: Account, campaign: Campaign) -> list[Person]:
    from mscode.engine.account.status import read_replies
    from mscode.views.status.results import Person

    found = read_replies(account.reader, account.environment.kinds(), account.environment.target(), campaign)
    return [Person(*astuple(one)) for one in found]


@dataclass(frozen=True, slots=True)
class _Written:
    """The replies in every form."""

    row: Row
    people: Sequence[Person]
    zone_name: str

    @property
    def count(self) -> str:
        from mscode.views.text.words import count

        return count(len(self.people), "receiver")

    def lines(self, *, show_people: bool) -> Iterator[Line]:
        from mscode.views.status.results import result_lines
        from mscode.views.text.masking import Privacy

        return result_lines(self.row, self.people, self.zone_name, Privacy(show_people))

    def text(self, shape: str, *, show_people: bool) -> str:
        """The whole of it, with its line end."""
        from mscode.views.plan.segments import plain
        from mscode.views.status.results import results_csv, results_json
        from mscode.views.text.masking import Privacy

        privacy = Privacy(show_people)
        if shape == "csv":
            return results_csv(self.people, privacy)
        if shape == "json":
            return json.dumps(results_json(self.row, self.people, privacy), indent=2) + "\n"
        return plain(self.lines(show_people=show_people))


def _write(path: Path, text: str) -> None:
    """For its owner's eyes alone; replaces a file of that name."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code="unwritable") from None
