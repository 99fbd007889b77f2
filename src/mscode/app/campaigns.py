"""Where live campaigns stand: a project's, with or without a state and without manifests; or a whole account's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import Environment, open_reader
from mscode.app.history.references import LaunchesRead, NoLaunches
from mscode.app.invocation import Invocation
from mscode.app.project_folder import is_there
from mscode.app.state import open_state
from mscode.app.workspace import load_account
from mscode.errors import MscodeError, StateError, UsageError
from mscode.model.address_pattern import AddressPattern, is_glob
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import nearest
from mscode.model.plurals import first_of

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.engine.account.results import ReceiverReply
    from mscode.engine.account.status import LiveCampaign, ReceiversRead
    from mscode.model.world import Known
    from mscode.views.status.table import StatusRow


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read at one time: the live campaigns, people counted, and a row for each of them and for each of those whose create
    has an unknown outcome; running ones first."""

    campaigns: Sequence[LiveCampaign] = ()
    rows: Sequence[StatusRow] = ()


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """The account of a project, open for reading; `known` is what the state says of it. Without a project all of the account is
    meant, whoever made it. `receivers_read` keeps what was read to count people, `launches` gives the last ones in the records.
    """

    reader: Reader
    environment: Environment
    known: Known
    receivers_read: ReceiversRead = field(compare=False)
    launches: LaunchesRead | NoLaunches = field(default=NoLaunches(), compare=False)

    @property
    def zone_name(self) -> str:
        """The project's time zone, in which its times are shown."""
        return self.environment.project.timezone

    def now(self) -> datetime:
        """The service's clock."""
        return self.environment.account(self.reader).now()

    def campaigns(self) -> list[LiveCampaign]:
        """The campaigns as they stand now; their people are not counted."""
        from mscode.engine.account.status import read_campaigns

        everything = not self.environment.has_project
        return read_campaigns(self.environment.account(self.reader), self.known, everything=everything)

    def read(self, selection: CampaignSelection) -> Reading:
        """The chosen ones with their people counted, running ones first, and those whose create has an unknown outcome."""
        from mscode.views.status.table import in_order

        campaigns = self.campaigns()
        rows = self.to_rows(selection.of(campaigns, self.unknown_addresses()))
        rows += self._unknown_rows(selection)
        if selection.only_active:
            rows = [row for row in rows if row.is_active]
        live = {(campaign.section, campaign.live.id): campaign for campaign in campaigns}
        chosen = [live[row.section, row.id] for row in in_order(rows) if (row.section, row.id) in live]
        unknown = [row for row in rows if row.standing.state == "unknown"]
        return self.as_reading(self._counted(chosen), unknown)

    def read_by_id(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], LiveCampaign | None]:
        """Campaigns by section and id, each read by its id, people counted; None for one that is gone."""
        from mscode.engine.account.status import read_campaign
        from mscode.model.kind import registry

        account = self.environment.account(self.reader)
        read = self.reader.map(lambda key: read_campaign(account, registry()[key[0]], key[1], self.known), keys)
        counted = self._counted([campaign for campaign in read if campaign is not None])
        return dict.fromkeys(keys) | {(campaign.section, campaign.live.id): campaign for campaign in counted}

    def people_of(self, campaign: LiveCampaign) -> dict[str, ReceiverReply] | None:
        """What came of each person of a campaign that was read, by account or number; None where the service does not tell. Reads
        nothing."""
        from mscode.engine.account.status import people_of

        return people_of(self.environment.account(self.reader), campaign, self.receivers_read)

    def _counted(self, campaigns: Sequence[LiveCampaign]) -> list[LiveCampaign]:
        from mscode.engine.account.status import count_people

        return count_people(self.environment.account(self.reader), campaigns, self.receivers_read)

    def as_reading(self, campaigns: Sequence[LiveCampaign], unknown: Sequence[StatusRow]) -> Reading:
        """Counted campaigns with their rows; `unknown` are the rows of those whose create has an unknown outcome."""
        from mscode.views.status.table import in_order

        return Reading(campaigns, in_order([*self.to_rows(campaigns), *unknown]))

    def rows(self, selection: CampaignSelection) -> list[StatusRow]:
        """The rows of a reading."""
        return list(self.read(selection).rows)

    def to_rows(self, campaigns: Iterable[LiveCampaign]) -> list[StatusRow]:
        """Campaigns as rows of the table that the views draw."""
        from mscode.views.status.table import StatusRow

        launches = self.launches()
        return [
            StatusRow(
                address=campaign.address,
                section=campaign.section,
                id=campaign.live.id,
                managed=campaign.managed,
                standing=campaign.standing,
                first=campaign.first,
                coming=campaign.coming.first,
                until=campaign.coming.until,
                last=campaign.coming.last,
                # Whoever a halt would have spared was called: it went on, whatever its mark still says.
                hold="" if self._called_all_it_could(campaign) else campaign.hold,
                people=campaign.people,
                called=campaign.called,
                project=None if self.environment.has_project else campaign.project,
                launch=launches.of_object(
                    campaign.section, campaign.live.id, campaign.address, managed=campaign.managed
                ),
            )
            for campaign in campaigns
        ]

    def _called_all_it_could(self, campaign: LiveCampaign) -> bool:
        from mscode.engine.account.status import had_calls_left

        if not campaign.hold or campaign.standing.state != "complete" or not campaign.people:
            return False
        return not had_calls_left(self.environment.account(self.reader), campaign, self.receivers_read)

    def unknown_addresses(self) -> list[str]:
        """What reaches people and was created with an answer that was lost: the state does not know whether it is there."""
        return sorted(str(address) for address in self.known.intents if address.kind.reaches_people)

    def _unknown_rows(self, selection: CampaignSelection) -> list[StatusRow]:
        from mscode.plan.lifecycle.send_status import SendStatus
        from mscode.views.status.table import StatusRow

        status = SendStatus("unknown", finished=False)
        return [
            StatusRow(address, address.partition(".")[0], "", True, status)
            for address in self.unknown_addresses()
            if selection.matches(address)
        ]


@contextmanager
def open_account(inv: Invocation, directory: Path) -> Iterator[LiveAccount]:
    """The account of a project's environment, or the one that MSCODE_URL names, open for reading. Works with or without a state;
    sends nothing but GET."""
    from mscode.engine.account.status import ReceiversRead
    from mscode.model.privacy import Masker
    from mscode.model.world import Known

    environment = load_account(inv, directory)
    known = Known()
    try:
        if environment.has_project:
            known = open_state(environment, inv.out.info).known
    except (StateError, OSError) as error:
        # The marks in the live account tell this project's campaigns without it.
        inv.out.info(
            f"The state cannot be read, so only campaigns with this project's mark are found: {error}", "yellow"
        )
    with open_reader(environment, masker=Masker(show_people=inv.show_people)) as reader:
        yield LiveAccount(reader, environment, known, ReceiversRead(), LaunchesRead(inv, environment))


# ---- which of them ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignSelection:
    """Which campaigns are meant: those of these patterns, all where there is none; `only_active`: of them those that may reach
    people as they stand."""

    patterns: Sequence[AddressPattern] = ()
    only_active: bool = False

    @classmethod
    def parse(cls, texts: Iterable[str], *, only_active: bool = False) -> CampaignSelection:
        """Read addresses, names of a `forEach` and globs; UsageError for a text that is none."""
        try:
            return cls([AddressPattern.parse(text) for text in texts], only_active)
        except ValueError as error:
            raise UsageError(str(error)) from None

    def matches(self, address: str) -> bool:
        """Is the object of this address meant?"""
        return not self.patterns or any(pattern.matches(address) for pattern in self.patterns)

    def of(self, campaigns: Sequence[LiveCampaign], others: Sequence[str] = ()) -> list[LiveCampaign]:
        """Those of live campaigns that are meant; MscodeError for each pattern that matches neither one of them nor one of the
        `others`, which are addresses."""
        addresses = [*(campaign.address for campaign in campaigns), *others]
        errors = [
            unknown_campaign(pattern.text, addresses)
            for pattern in self.patterns
            if not any(pattern.matches(address) for address in addresses)
        ]
        if errors:
            raise MscodeError([diagnostic for error in errors for diagnostic in error.diagnostics])
        return [campaign for campaign in campaigns if self.matches(campaign.address)]


#: An error lists at most so many addresses.
_LISTED = 20


def unknown_campaign(text: str, addresses: Iterable[str]) -> MscodeError:
    """The error for an address or a glob that none of these live addresses matches."""
    live = sorted({address for address in addresses if address})
    similar = nearest(text, live)
    hint = f'Did you mean "{similar[0]}"?' if similar else f"Live are: {first_of(live, _LISTED) or 'none'}."
    summary = f"No live campaign matches {text}" if is_glob(text) else f"There is no live campaign {text}"
    return MscodeError(summary, hint=hint, code="unknown-address")


# ---- status ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Status:
    """The campaigns of an environment, running ones first. Times are shown in the zone of this name; `now` is the service's
    clock. `has_project` is False of a whole account."""

    environment: str
    campaigns: Sequence[StatusRow]
    zone_name: str
    now: datetime
    has_project: bool


def read_status(inv: Invocation, directory: Path, selection: CampaignSelection) -> Status:
    """Where the campaigns stand that the state knows, and those that carry the project's mark. Records what came of launches that
    are over, and sends nothing but GET to the service."""
    from mscode.app.launch_results import record_read

    with open_account(inv, directory) as account:
        reading = account.read(selection)
        rows = list(reading.rows)
        record_read(inv, account, reading.campaigns)
        environment = account.environment
        return Status(environment.name, rows, account.zone_name, account.now(), environment.has_project)


def folder_and_addresses(texts: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Arguments that are addresses, one of which may be the project's folder (None where there is none): whatever is a folder that
    exists.

    UsageError for a second folder and for an empty text, as a shell makes it of a variable that is not set; a text that looks
    like a path and is none is taken for the folder, whose error says so.
    """
    folders: list[str] = []
    addresses: list[str] = []
    for text in texts:
        if not text:
            raise UsageError("An argument is empty", hint="A variable of the shell may not be set.")
        path = Path(text)
        (folders if is_there(path.is_dir) or _looks_like_a_path(text) else addresses).append(text)
    if len(folders) > 1:
        raise UsageError(f"Two folders were named: {folders[0]} and {folders[1]}", hint="A project is one folder.")
    return Path(folders[0]) if folders else None, addresses


def _looks_like_a_path(text: str) -> bool:
    from mscode.model.kind import registry

    return "/" in text or (
        not is_glob(text) and text.partition(".")[0] not in registry() and is_there(Path(text).is_file)
    )
