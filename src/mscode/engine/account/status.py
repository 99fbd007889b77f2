"""Campaigns as they are live: whatever reaches people and is known to the state, or carries this project's marker; without a
project, whatever of the account reaches people.

Read only: it takes a client that has no method but read. Needs no manifests, and no state where there are markers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from mscode.engine.account.read import ended, read_list
from mscode.engine.account.results import ReceiverReply, read_results_list, receivers_of, whole
from mscode.engine.account.target import Account
from mscode.errors import MscodeError
from mscode.model import service_json as wire
from mscode.model.address import Address
from mscode.model.kind import Kind, kind_of, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.world import Entry, Known, Live
from mscode.plan.lifecycle.progress import Progress, progress_of
from mscode.plan.lifecycle.send_status import Coming, Hold, SendStatus, coming_of, hold_of, send_status_of
from mscode.plan.people.reach import redials_of


@dataclass(frozen=True, slots=True)
class LiveCampaign:
    """One live object and where it stands.

    `address` is as the state or the marker says it, "" for one that has neither. `project` is that of its marker, "" where
    it carries none. `managed`: the state knows it. `first` is from when on it may reach people (spec form, "" where nobody
    knows), `coming` when it may from now on. `launched` is when mscode launched it last (spec form, "" where the state does not
    say). `hold` says why it is halted. `people` counts those whom it is to reach,
    `called` those of them who were called; None where that is not known, or was not read (`count_people`).
    """

    address: str
    section: str
    live: Live
    standing: SendStatus
    managed: bool
    project: str = ""
    first: str = ""
    launched: str = ""
    coming: Coming = field(default_factory=Coming)
    hold: Hold = ""
    people: int | None = None
    called: int | None = None


def read_campaigns(account: Account, known: Known, *, everything: bool = False) -> list[LiveCampaign]:
    """This project's, or with `everything` whoever's of the account, by address and then id; one list call per kind that may
    hold one."""
    sections_in_state = {address.section for address in known.entries}
    kinds = [
        kind
        for kind in registry().values()
        if kind.reaches_people and (everything or kind.carries_marker or kind.section in sections_in_state)
    ]
    lists = account.reader.map(lambda kind: read_list(account, kind), kinds)
    objects = {kind.section: listed for kind, listed in zip(kinds, lists, strict=True)}
    return campaigns_among(account, objects, known, everything=everything)


def campaigns_among(
    account: Account, objects: Mapping[str, Mapping[str, Live]], known: Known, *, everything: bool = False
) -> list[LiveCampaign]:
    """The same of objects that were read, by section and id. Reads nothing."""
    now = account.now()
    order = list(registry())
    by_id = {(address.section, entry.id): entry for address, entry in known.entries.items()}
    campaigns = [
        _campaign(registry()[section], live, account, by_id.get((section, live.id)), now)
        for section, listed in objects.items()
        if registry()[section].reaches_people
        for live in listed.values()
        if everything or (section, live.id) in by_id or _is_ours(live, account)
    ]
    return sorted(
        campaigns,
        key=lambda campaign: (order.index(campaign.section), campaign.address, len(campaign.live.id), campaign.live.id),
    )


def read_campaign(account: Account, kind: Kind, live_id: str, known: Known) -> LiveCampaign | None:
    """One by its id, whole; None where there is none."""
    raw = account.reader.find(account.path(kind, live_id), what=f"{kind.singular} {live_id}")
    if raw is None:
        return None
    now = account.now()
    entry = next((e for a, e in known.entries.items() if (a.section, e.id) == (kind.section, live_id)), None)
    return _campaign(kind, ended(kind, account.decode(kind, raw), now), account, entry, now)


def _is_ours(live: Live, account: Account) -> bool:
    marker = live.status.marker
    return marker is not None and marker.belongs_to(account.target.project, account.target.environment)


def _campaign(kind: Kind, live: Live, account: Account, entry: Entry | None, now: datetime) -> LiveCampaign:
    """`entry` is the state's of it. Without a project in the target any marker tells an address."""
    marker = live.status.marker
    tells_address = marker is not None and (not account.target.project or _is_ours(live, account))
    return LiveCampaign(
        address=str(entry.address) if entry else marker.address if marker and tells_address else "",
        section=kind.section,
        live=live,
        standing=send_status_of(kind, live),
        managed=entry is not None,
        project=marker.project if marker else "",
        first=(entry.first_call if entry else "") or str(live.fields.get("actionTime") or ""),
        launched=entry.launched_at if entry else "",
        coming=coming_of(live, now, account.target.window_zone),
        hold=hold_of(live, entry),
    )


def by_address(campaigns: Sequence[LiveCampaign], address: Address) -> Iterator[LiveCampaign]:
    """The live objects of an address; the one that the state knows first, then the newest generation."""
    matching = [campaign for campaign in campaigns if campaign.address == str(address)]

    def order(campaign: LiveCampaign) -> tuple[bool, int, str]:
        marker = campaign.live.status.marker
        return not campaign.managed, -(marker.generation if marker else 0), campaign.live.id

    yield from sorted(matching, key=order)


# ---- how many people -------------------------------------------------------------------------------------------------

#: A campaign's section and id, its dials and state, and when it was last edited.
Key = tuple[str, str, int, str, str]
#: Requests that one count costs at most, besides the list of groups: an account may have thousands of campaigns.
MOST_READ = 100
#: Seconds for one of them, repeats among them: who looks where campaigns stand may be about to stop one.
MOST_SECONDS = 5.0


@dataclass(slots=True)
class ReceiversRead:
    """What was read of receivers by id, by campaign, dials and state: it stays so until it is called on. A command that
    counts again and again keeps one of these.
    """

    pages: dict[Key, Live] = field(default_factory=dict)
    results: dict[Key, list[ReceiverReply] | None] = field(default_factory=dict)

    def forget_older(self, keys: Iterable[Key]) -> None:
        """Drop what was read of the same campaigns before: who watches one call for days must not keep every list of it."""
        newest = {key[:2]: key for key in keys}
        for kept in (self.pages, self.results):
            for key in [key for key in kept if newest.get(key[:2], key) != key]:
                del kept[key]


def count_people(account: Account, campaigns: Sequence[LiveCampaign], read: ReceiversRead) -> list[LiveCampaign]:
    """The campaigns with `people` and `called`, in their order.

    A group of receivers is one row of the service; who of it was called is in a list of its own, and the list of a kind may
    leave receivers out (docs/service-notes.md#lists). These are read for the first `MOST_READ` campaigns that need it.
    Counting is worth no error: what cannot be read is not known.
    """
    with account.reader.limited(MOST_SECONDS):
        _read_each(account, campaigns, read)
        read.forget_older([_key(campaign) for campaign in campaigns])
        whole_ones = [replace(campaign, live=read.pages.get(_key(campaign), campaign.live)) for campaign in campaigns]
        receivers = [receivers_of(account, campaign.live) for campaign in whole_ones]
        sizes = _group_sizes(account) if any(map(_groups, receivers)) else {}
    return [
        _counted(campaign, of_campaign, sizes, read)
        for campaign, of_campaign in zip(whole_ones, receivers, strict=True)
    ]


def _key(campaign: LiveCampaign) -> Key:
    live = campaign.live
    return campaign.section, live.id, live.status.dials, live.status.state, live.updated_at


def _read_each(account: Account, campaigns: Sequence[LiveCampaign], read: ReceiversRead) -> None:
    """Read what counting needs beyond the lists; after the first error nothing more."""
    unreadable: list[MscodeError] = []

    def read_one(campaign: LiveCampaign) -> None:
        key, kind = _key(campaign), registry()[campaign.section]
        if unreadable:
            return
        try:
            if "receivers" not in campaign.live.fields:
                read.pages[key] = whole(account, campaign.live)
            else:
                read.results[key] = read_results_list(account, kind, campaign.live.id)
        except MscodeError as error:
            unreadable.append(error)
            read.results[key] = None  # it is tried again once more people were called

    account.reader.map(
        read_one, [campaign for campaign in campaigns if _needs_reading(account, campaign, read)][:MOST_READ]
    )


def _needs_reading(account: Account, campaign: LiveCampaign, read: ReceiversRead) -> bool:
    key, kind = _key(campaign), registry()[campaign.section]
    if "receivers" not in campaign.live.fields:
        return kind.list_is_partial and key not in read.pages
    is_told = not kind.receivers_path or not campaign.standing.dialled or key in read.results
    return not is_told and bool(_groups(receivers_of(account, campaign.live)))


def _group_sizes(account: Account) -> dict[str, int | None]:
    """How many people are in each group of the account, by its id."""
    try:
        groups = read_list(account, kind_of("group")).values()
    except MscodeError:
        return {}
    return {live.id: wire.number(wire.pick(live.raw, "numberOfAccounts")) for live in groups}


def _groups(receivers: Iterable[ReceiverReply]) -> list[str]:
    """The ids of the groups that are one row for all of their people."""
    return [receiver.group_id for receiver in receivers if receiver.is_group]


def _counted(
    campaign: LiveCampaign, receivers: Sequence[ReceiverReply], sizes: Mapping[str, int | None], read: ReceiversRead
) -> LiveCampaign:
    if "receivers" not in campaign.live.fields:
        return campaign
    single = [receiver for receiver in receivers if not receiver.is_group]
    groups, results = _groups(receivers), read.results.get(_key(campaign))
    if groups and results:
        people = {receiver.account_id: receiver for receiver in (*single, *results)}
        was_called = [receiver.was_called for receiver in people.values()]
        return replace(campaign, people=len(people), called=sum(was_called))
    counts = [sizes.get(group) for group in groups]
    people_of_groups = None if None in counts else sum(count or 0 for count in counts)
    is_known = not campaign.live.kind.goes_out_once and (not groups or not campaign.standing.dialled)
    return replace(
        campaign,
        people=None if people_of_groups is None else len(single) + people_of_groups,
        called=sum(receiver.was_called for receiver in single) if is_known else None,
    )


def people_of(account: Account, campaign: LiveCampaign, read: ReceiversRead) -> dict[str, ReceiverReply] | None:
    """What came of each person of a campaign, from what `count_people` has read of it; reads nothing. By the account's id, by
    number where the service shows none. None where it tells nothing of the people in a group.
    """
    receivers = receivers_of(account, read.pages.get(_key(campaign), campaign.live))
    single = [receiver for receiver in receivers if not receiver.is_group]
    people = {receiver.account_id or receiver.phone or f"row {at}": receiver for at, receiver in enumerate(single)}
    if len(single) < len(receivers):
        replies = read.results.get(_key(campaign)) or []
        if not replies and campaign.standing.dialled:
            return None
        people |= {reply.account_id: reply for reply in replies if reply.account_id not in people}
    return people


def had_calls_left(account: Account, campaign: LiveCampaign, read: ReceiversRead) -> bool:
    """Was anybody left to call, for the first time or once more, when it came to its end? Reads nothing; what the service does not
    tell may have been.
    """
    standing, live = campaign.standing, read.pages.get(_key(campaign), campaign.live)
    if standing.wanted is not None and standing.accepted >= standing.wanted:
        return False
    people = people_of(account, campaign, read)
    if people is None or campaign.people is None or campaign.called != campaign.people:
        return True
    redials = redials_of(live.fields, live.kind)
    left = progress_of(people.values(), dialled=standing.dialled, redials=redials, is_over=False)
    return bool(left.first_calls_left or left.redials_left)


def progress(account: Account, campaign: LiveCampaign, read: ReceiversRead) -> Progress | None:
    """What came of a campaign's calls, from what `count_people` has read of it; reads nothing. None of what goes out once, and
    where the service tells nothing of the people in a group."""
    live = read.pages.get(_key(campaign), campaign.live)
    if live.kind.goes_out_once or "receivers" not in live.fields:
        return None
    people = people_of(account, campaign, read)
    if people is None:
        return None
    redials, dialled = redials_of(live.fields, live.kind), campaign.standing.dialled
    counted = progress_of(people.values(), dialled=dialled, redials=redials, is_over=campaign.standing.finished)
    if dialled or campaign.people is None or campaign.standing.finished:
        return counted
    # Nobody was called, so the service does not list the people of groups yet.
    left = campaign.people
    return replace(counted, not_called=left, first_calls_left=left, redials_left=left * redials)
