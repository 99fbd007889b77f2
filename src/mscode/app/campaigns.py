"""Where a project's live campaigns stand, with or without a state, without manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import Environment, open_reader
from mscode.app.invocation import Invocation
from mscode.app.state import open_state
from mscode.app.workspace import load_environment, parse_address
from mscode.errors import MscodeError, StateError
from mscode.model.nearest import nearest

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.engine.account.status import LiveCampaign
    from mscode.model.world import Known
    from mscode.views.status.table import StatusRow


@dataclass(frozen=True, slots=True)
class ProjectAccount:
    """The account of a project, open for reading; `known` is what the state says of it."""

    reader: Reader
    environment: Environment
    known: Known

    @property
    def zone_name(self) -> str:
        """The project's time zone, in which its times are shown."""
        return self.environment.project.timezone

    def campaigns(self) -> list[LiveCampaign]:
        """This project's campaigns, as they stand now."""
        from mscode.engine.account.status import read_campaigns

        return read_campaigns(self.environment.account(self.reader), self.known)


@contextmanager
def open_account(inv: Invocation, directory: Path) -> Iterator[ProjectAccount]:
    """The account of a project's environment, open for reading. Works with or without a state; sends nothing but GET."""
    from mscode.model.privacy import Masker
    from mscode.model.world import Known

    environment = load_environment(inv, directory)
    try:
        known = open_state(environment, inv.out.info).known
    except (StateError, OSError) as error:
        # The marks in the live account tell this project's campaigns without it.
        known = Known()
        inv.out.info(
            f"The state cannot be read, so only campaigns with this project's mark are found: {error}", "yellow"
        )
    with open_reader(environment, masker=Masker(show_people=inv.show_people)) as reader:
        yield ProjectAccount(reader, environment, known)


@dataclass(frozen=True, slots=True)
class Status:
    """The campaigns of an environment. Times are shown in the zone of this name."""

    environment: str
    campaigns: Sequence[StatusRow]
    zone_name: str


def read_status(inv: Invocation, directory: Path) -> Status:
    """Where the campaigns stand that the state knows, and those that carry the project's mark. Sends nothing but GET."""
    with open_account(inv, directory) as account:
        return Status(account.environment.name, to_rows(account.campaigns()), account.zone_name)


def to_rows(campaigns: Iterable[LiveCampaign]) -> list[StatusRow]:
    """Campaigns as rows of the table that the views draw."""
    from mscode.views.status.table import StatusRow

    return [
        StatusRow(
            campaign.address,
            campaign.section,
            campaign.live.id,
            campaign.managed,
            campaign.standing,
            campaign.first,
            campaign.next,
            campaign.last,
        )
        for campaign in campaigns
    ]


def select(campaigns: Sequence[LiveCampaign], names: Iterable[str]) -> list[LiveCampaign]:
    """The campaigns with these addresses, all where none is given; MscodeError for an address without a live campaign."""
    addresses = [str(parse_address(name)) for name in names]
    if not addresses:
        return list(campaigns)
    live = {campaign.address for campaign in campaigns}
    errors = [unknown_campaign(address, campaigns) for address in addresses if address not in live]
    if errors:
        raise MscodeError([diagnostic for error in errors for diagnostic in error.diagnostics])
    return [campaign for campaign in campaigns if campaign.address in addresses]


def unknown_campaign(name: str, campaigns: Sequence[LiveCampaign]) -> MscodeError:
    """The error for an address that no live campaign of this project has."""
    addresses = sorted({campaign.address for campaign in campaigns})
    similar = nearest(name, addresses)
    hint = f'Did you mean "{similar[0]}"?' if similar else f"Live are: {', '.join(addresses) or 'none'}."
    return MscodeError(f"There is no live campaign {name}", hint=hint, code="unknown-address")
