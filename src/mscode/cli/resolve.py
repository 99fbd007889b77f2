"""`mscode resolve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.workspace import Work, load_work, parse_address
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.cli.options import options_of
from mscode.errors import MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.model.world import Intent
    from mscode.state.store import StateStore


@make_command(
    "resolve",
    examples=("mscode resolve clickToCalls.survey --adopt 17", "mscode resolve clickToCalls.survey --not-created"),
)
@click.argument("address")
@directory_argument
@click.option(
    "--adopt", "adopt_id", default="", metavar="ID", help="It was created: it is the live object with this id."
)
@click.option("--not-created", is_flag=True, help="It was not created, and may be sent again.")
def command(inv: Invocation, address: str, directory: Path, adopt_id: str, not_created: bool) -> None:
    """Say what became of a create whose answer was lost and which plan shows with a `?`. Sends nothing but GET."""
    from mscode.app.state import writing
    from mscode.engine.create.resolve import open_create

    wanted = parse_address(address)
    if bool(adopt_id) == not_created:
        raise UsageError("Say one of the two: --adopt ID, or --not-created")
    work = load_work(inv, directory, options_of())
    with (
        open_reader(work.environment, masker=work.masker()) as reader,
        writing(inv, work.environment, "resolve") as store,
    ):
        intent = open_create(store, wanted)
        if adopt_id:
            _adopt(work, reader, store, intent, adopt_id)
        else:
            _not_created(work, reader, store, intent)


def _adopt(work: Work, reader: Reader, store: StateStore, intent: Intent, live_id: str) -> None:
    from mscode.engine.create.resolve import adopt, record_adopted
    from mscode.model.kind import ID

    if not ID.match(live_id):
        raise UsageError(f'--adopt: "{live_id}" is not an id of the live account')
    kind = intent.address.kind
    live = adopt(work.environment.account(reader), kind, store, intent, live_id)
    _audit(work, intent, decision="adopt", id=live.id)
    record_adopted(store, kind, intent, live)
    work.inv.out.result(f"{intent.address}: Resolved, it was created [id={live.id}]")
    work.inv.out.talk("`mscode plan` shows how it differs from its manifest.")


def _not_created(work: Work, reader: Reader, store: StateStore, intent: Intent) -> None:
    from mscode.engine.create.resolve import people_if_made_again

    people = people_if_made_again(work.environment.account(reader), work.desired, store, intent)
    if people:
        _wants_the_number(work.inv, intent, people)
    _audit(work, intent, decision="not-created", people=people)
    store.settle(intent.address)
    work.inv.out.result(f"{intent.address}: Resolved, it was not created")
    if intent.address in work.desired.objects:
        work.inv.out.talk("The next plan creates it; where that reaches people, it asks for its own yes.")


def _wants_the_number(inv: Invocation, intent: Intent, people: int) -> None:
    """A number cannot be typed without having been read; a `yes` can."""
    who = "1 person" if people == 1 else f"{people:,} people"
    typed = inv.ask(
        f"\n{intent.address} reaches {who}. If it was created after all, making it again reaches them a second time.\n"
        "  Type the number of people to go on; anything else changes nothing.",
    )
    if typed is None:
        raise MscodeError(
            f"{intent.address} may reach {who} twice, and there is nobody to say that this is meant",
            detail="Nothing was changed.",
            hint="Answer on a terminal, or send the number of people through a pipe.",
            code="no-terminal",
        )
    if typed.replace(",", "") != str(people):
        raise MscodeError(
            f"That is not the number of people whom {intent.address} may reach twice",
            detail="Nothing was changed.",
            code="not-confirmed",
        )


def _audit(work: Work, intent: Intent, **what: object) -> None:
    from mscode.state.audit import write_audit

    environment = work.environment
    address = str(intent.address)
    write_audit(environment.project_dir, environment.name, "resolve", environment.variables, address=address, **what)
