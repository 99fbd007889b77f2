"""The replies to campaigns, receiver by receiver, and who gets messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mscode.app.campaigns import CampaignSelection, LiveAccount, open_account
from mscode.app.workspace import parse_address
from mscode.errors import MscodeError, UsageError
from mscode.model.ci import in_ci
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count, first_of
from mscode.views.text.printable import escape_unprintable

if TYPE_CHECKING:
    from mscode.app.environment import Environment
    from mscode.app.invocation import Invocation
    from mscode.engine.account.results import ReceiverReply as LiveReply
    from mscode.engine.account.status import LiveCampaign
    from mscode.model.kind import Kind
    from mscode.views.status.results import ObjectResults
    from mscode.views.status.table import StatusRow


@dataclass(frozen=True, slots=True)
class ResultsRequest:
    """Whose results: those of `names` (addresses, of a `forEach`, globs), of the campaign with `live_id`, or of all campaigns and
    messages. `with_names`: with the names of people, which are read only for a person or a file that is to have them.
    """

    directory: Path
    names: Sequence[str] = ()
    live_id: str = ""
    with_names: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """Where campaigns stand, and what each receiver replied. `is_single`: one whole address or id was asked for. Times are shown in
    the zone of this name."""

    objects: Sequence[ObjectResults]
    is_single: bool
    zone_name: str
    environment: Environment

    @property
    def people(self) -> int:
        """How many persons they tell of, each counted once."""
        return len(
            {
                receiver.account_id or receiver.phone or receiver.email
                for result in self.objects
                for receiver in result.people
                if not receiver.is_group
            }
        )


def read_results(inv: Invocation, request: ResultsRequest) -> Results:
    """MscodeError where a name or the id has no live campaign. Sends nothing but GET."""
    from mscode.app.launch_results import record_read
    from mscode.engine.account.results import read_results as read_receivers

    with open_account(inv, request.directory) as account:
        campaigns, is_single = _chosen(account, request)
        live_account = account.environment.account(account.reader)
        receivers = read_receivers(live_account, [c.live for c in campaigns], names=request.with_names)
        rows = account.to_rows(campaigns)
        objects = [
            _object_results(campaign, row, replies)
            for campaign, row, replies in zip(campaigns, rows, receivers, strict=True)
        ]
        record_read(inv, account, campaigns)
    return Results(objects, is_single, account.zone_name, account.environment)


def _object_results(campaign: LiveCampaign, row: StatusRow, replies: Sequence[LiveReply]) -> ObjectResults:
    from mscode.plan.people.prices import cents_of
    from mscode.views.status.results import ObjectResults, ReceiverReply

    people = [ReceiverReply(*astuple(reply)) for reply in replies]
    is_known = not any(receiver.is_group for receiver in people)
    row = replace(
        row,
        people=len(people) if is_known else None,
        called=sum(receiver.was_called for receiver in people) if is_known and not row.goes_out_once else None,
    )
    return ObjectResults(row, people, str(campaign.live.fields.get("actionTime") or ""), cents_of(campaign.live))


def _chosen(account: LiveAccount, request: ResultsRequest) -> tuple[list[LiveCampaign], bool]:
    """The campaigns that are meant, and whether it is the one of a whole address or an id."""
    from mscode.engine.account.status import by_address

    if request.live_id:
        return [_by_id(account, request.live_id)], True
    selection = CampaignSelection.parse(request.names)
    chosen = selection.of(account.campaigns())
    if len(selection.patterns) != 1 or selection.patterns[0].is_glob:
        return chosen, False
    exact = list(by_address(chosen, parse_address(selection.patterns[0].text)))
    if not exact:
        return chosen, False
    if len({campaign.project for campaign in exact}) > 1:
        marks = ", ".join(f"{campaign.project or 'no project'} (--id {campaign.live.id})" for campaign in exact)
        raise MscodeError(
            f"Several projects have a campaign {exact[0].address} in this account",
            detail=f"They are of {marks}.",
            hint="Name it by its id.",
            code="ambiguous-address",
        )
    return [_whole(account, exact[0])], True


def _whole(account: LiveAccount, campaign: LiveCampaign) -> LiveCampaign:
    """The campaign with its own page read, where it still has one."""
    from mscode.engine.account.status import read_campaign

    live = campaign.live
    page = read_campaign(account.environment.account(account.reader), live.kind, live.id, account.known)
    if page is None:
        raise _no_such_id(live.kind, live.id)
    return page


def _by_id(account: LiveAccount, live_id: str) -> LiveCampaign:
    from mscode.engine.account.status import read_campaign
    from mscode.model.kind import registry

    kinds = [kind for kind in registry().values() if kind.can_be_halted]
    for kind in kinds:
        campaign = read_campaign(account.environment.account(account.reader), kind, live_id, account.known)
        if campaign is not None:
            return campaign
    raise _no_such_id(kinds[0], live_id)


def _no_such_id(kind: Kind, live_id: str) -> MscodeError:
    hint = "`mscode status` shows what is live."
    return MscodeError(f"There is no {kind.singular} with id {live_id}", hint=hint, code="unknown-id")


# ---- people's data in a file -----------------------------------------------------------------------------------------


def refuse_people(inv: Invocation, out: Path | None, *, is_confirmed: bool) -> None:
    """UsageError where names and numbers must not be written, ConfigError where they could not be: no file is named, or a CI runs
    this and nobody has said in the command line that it is meant. Nothing is read or asked before this."""
    from mscode.app.private_file import refuse_unfit

    if out is None:
        raise UsageError(
            "--with-people writes names and numbers into a file alone",
            hint="Add --out FILE; on a terminal, --show-people shows them.",
        )
    if in_ci(inv.variables) and not is_confirmed:
        raise UsageError(
            "--with-people needs --yes-personal-data in CI",
            detail="Whoever can read the job's files could read people's names and numbers. Nothing was read or written.",
            hint="Leave --with-people out, or add --yes-personal-data where the file stays private.",
        )
    refuse_unfit(out)


def write_people(inv: Invocation, results: Results, out: Path, text: Callable[[], str], *, is_confirmed: bool) -> None:
    """Write results with names and numbers into a new file of mode 0600, after a `yes`, and after a line in the audit log.

    MscodeError where nobody says yes, where there is no project whose audit log could hold the line, and where the log or the
    file cannot be written; there is no file then.
    """
    from mscode.app.audit import audit
    from mscode.app.private_file import refuse_unfit, write_private_file

    if not results.environment.has_project:
        raise MscodeError(
            "--with-people needs a project: its audit log says who wrote people's data",
            detail="Nothing was written.",
            hint="Make one with `mscode init --from-account`, or leave --with-people out.",
            code="no-project",
        )
    refuse_unfit(out)
    answered: Literal["yes", "--yes-personal-data"] = "--yes-personal-data"
    if not is_confirmed:
        _confirm(inv, results, out)
        answered = "yes"
    audit(
        results.environment,
        "results-with-people",
        answered=answered,
        campaigns=[result.row.name for result in results.objects],
        people=results.people,
        file=str(out),
    )
    write_private_file(out, text())


#: A question names so many campaigns.
_NAMED = 10


def _confirm(inv: Invocation, results: Results, out: Path) -> None:
    listed = first_of((result.row.name for result in results.objects), _NAMED)
    answer = inv.ask(
        f"\nDo you want to write names and numbers of {count(results.people, 'person')} into {out}?\n"
        f"  They are those of {escape_unprintable(listed) or 'no campaign'}. The audit log keeps who wrote them. Only 'yes' will "
        "be accepted."
    )
    if answer is None:
        raise MscodeError(
            "There is nobody to ask whether names and numbers may be written",
            detail="Nothing was written.",
            hint="Add --yes-personal-data where no terminal is.",
            code="no-terminal",
        )
    if answer != "yes":
        raise MscodeError("Names and numbers were not written: the answer was not yes", code="not-confirmed")
