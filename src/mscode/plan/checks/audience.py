"""Rules of the area `audience`: who is reached, who is not, and who was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mscode.errors import Place
from mscode.model.calling_window import day_and_time
from mscode.model.kind import kind_of
from mscode.model.plurals import count, first_of, plural
from mscode.model.service_json import id_order
from mscode.model.world import Desired
from mscode.plan.checks.context import CheckContext, field_region
from mscode.plan.checks.fictional import example_addresses, fictional_numbers
from mscode.plan.checks.number_types import FIXED_LINE, types_of
from mscode.plan.checks.reached import (
    ReceiverReach,
    guard_speaks,
    reached_by,
    receiver_region,
    receivers_of,
    where_written,
)
from mscode.plan.checks.rule import Finding, rule
from mscode.plan.people.number_lines import MOST_PLACES, first_places, lines_text
from mscode.plan.people.reach import way_of, written_end

#: So many ids are named.
_MOST_IDS = 10


@rule(
    "audience/unreachable",
    "warn",
    "receivers who have no phone, or no address where they are written to by e-mail",
    wrong="""\
accounts:
  anna: {firstName: Anna, email: anna@blood.fi}
smses:
  reminder: {receivers: [{account: anna}], …}   # a text message needs a phone""",
    right="""\
accounts:
  anna: {firstName: Anna, email: anna@blood.fi, phone: "+358401234567"}
smses:
  reminder: {receivers: [{account: anna}], …}""",
    needs="both",
    about="`validate` looks at accounts and lists whose people the manifests name one by one; whom a filter or a reply chooses "
    "only a plan knows. A list without a column for phones is left to the plan too: the live accounts may have them.",
)
def unreachable(context: CheckContext) -> Iterator[Finding]:
    """Each group or account once, with all the campaigns and messages that do not reach it."""
    if not context.is_complete:
        return
    missed: dict[tuple[str, str], list[tuple[Desired, ReceiverReach]]] = {}
    for campaign in context.campaigns():
        for receiver in receivers_of(context, campaign):
            if receiver.missing and (context.builder or receiver.is_known):
                missed.setdefault((receiver.name, campaign.kind.reached_by), []).append((campaign, receiver))
    for (name, _), pairs in missed.items():
        campaign, receiver = pairs[0]
        is_one, way = receiver.missing == 1, way_of(campaign.kind)
        subject = name
        if receiver.members > 1 or name.startswith("group"):
            subject = f"{receiver.missing:,} of {count(receiver.members, 'member')} of {name}"
        verbs = f"has no {way} and is" if is_one else f"have no {way} and are"
        regions = [receiver_region(other, reach.path) for other, reach in pairs]
        yield Finding(
            f"{subject} {verbs} not reached.",
            regions[0],
            tuple(dict.fromkeys(other.address for other, _ in pairs)),
            f"Add the missing {way if is_one else plural(way)}, or leave it if these people are not meant.",
            allow_at=tuple(regions[1:]),
            people=receiver.missing,
        )


@rule(
    "audience/email",
    "deny",
    "a live account that an e-mail reaches whose address is none, or holds two",
    wrong="anna@blood.fi; anna.virta@work.fi   (the e-mail address of a live account)",
    right="anna@blood.fi",
    needs="account",
    about="In manifests and lists such an address is an error. In the live account anybody may have typed it.",
)
def email(context: CheckContext) -> Iterator[Finding]:
    """The addresses that each e-mail reaches; accounts are named by their ids."""
    is_address = kind_of("person").fields_by_name["email"].readable
    for campaign in context.campaigns():
        if campaign.kind.reached_by != "email" or context.builder is None:
            continue
        wrong = {address for address in reached_by(context, campaign) if not is_address(address)}
        if not wrong:
            continue
        people = context.builder.people
        accounts = [account for account in people.accounts if people.reached_by(account, "email") in wrong]
        receivers = [receiver for receiver in receivers_of(context, campaign) if receiver.reached & wrong]
        region = receiver_region(campaign, receivers[0].path)
        verb = (
            "has an e-mail address that is none, or holds two"
            if len(wrong) == 1
            else "have e-mail addresses that are none, or hold two"
        )
        yield Finding(
            f"{count(len(wrong), 'person')} whom {campaign.address} reaches through "
            f"{', '.join(dict.fromkeys(receiver.name for receiver in receivers))} {verb}: {_ids(accounts)}.",
            region,
            (campaign.address,),
            "Correct it in the live account: one e-mail address, with nothing around it.",
            people=len(wrong),
        )


def _ids(accounts: list[object]) -> str:
    """`account 7`, or `accounts 3, 7 and 10 more`."""
    ids = sorted(map(str, accounts), key=id_order)
    if len(ids) == 1:
        return f"account {ids[0]}"
    return f"accounts {first_of(ids, _MOST_IDS)}"


@rule(
    "audience/nobody",
    "deny",
    "a launch that reaches nobody, and whose receivers nothing can fill later",
    wrong="""\
groups:
  donors: {members: {accounts: []}}
smses:
  reminder: {receivers: [{group: donors}], …}""",
    right="""\
groups:
  donors: {members: {accounts: [anna]}}
smses:
  reminder: {receivers: [{group: donors}], …}""",
    needs="account",
    about="Where a group is filled by replies, is not managed, or is a `groupId`, it can be filled before anything goes out: there "
    "the level is at most warn, and the finding says until when to apply again. Silent where the guard `acceptsWanted` "
    "speaks, which refuses a call that cannot get the acceptances it wants.",
)
def nobody(context: CheckContext) -> Iterator[Finding]:
    """Campaigns and messages whose receivers all together are nobody. Only their own launch is refused: what is under way and
    gets people through a group is not judged by whom it has without them.
    """
    for campaign in context.campaigns():
        if reached_by(context, campaign) or guard_speaks(context, "acceptsWanted", campaign.address):
            continue
        what = "an e-mail address" if campaign.kind.reached_by == "email" else "a phone number"
        change = context.change_of(campaign.address)
        is_launch = change is not None and change.launch is not None
        can_fill = any(receiver.fills_later for receiver in receivers_of(context, campaign))
        yield Finding(
            f"{campaign.address} reaches nobody. Right now none of its receivers has {what}.",
            field_region(campaign, "receivers"),
            (campaign.address,),
            f"If a group fills later, apply again{_deadline(context, campaign)}."
            if can_fill
            else f"Name receivers who have {what}, or take it out of the manifests.",
            at_most="deny" if is_launch and not can_fill else "warn",
        )


def _deadline(context: CheckContext, campaign: Desired) -> str:
    """` before 11 Dec 12:00`: until when somebody who joins a group is still reached; "" where nothing says it."""
    end = written_end(campaign.fields)
    return f" before {day_and_time(end, context.project.zone, context.now)}" if end else ""


@rule(
    "audience/number-type",
    "warn",
    "a text message to a fixed line, and anything to premium-rate, shared-cost, personal, pager or voicemail numbers",
    wrong="""\
smses:
  reminder: {receivers: [{phone: "+35891234567"}], …}   # a fixed line in Helsinki""",
    right="""\
smses:
  reminder: {receivers: [{phone: "+358401234567"}], …}""",
    needs="both",
    about="What a number is follows from its first digits, by the data of libphonenumber. In some countries they tell mobiles and "
    "fixed lines not apart (North America): such a number is no finding.",
)
def number_type(context: CheckContext) -> Iterator[Finding]:
    """The numbers that are reached, and no others; one finding for each campaign and type."""
    campaigns = [campaign for campaign in context.campaigns() if campaign.kind.reached_by == "phone"]
    # Of people who are called as well as written to, each number is looked at once.
    has_texts = any(not campaign.kind.rings for campaign in campaigns)
    for campaign in campaigns:
        reached = reached_by(context, campaign)
        types = context.cached((types_of, reached), partial(types_of, reached, fixed_lines=has_texts))
        numbers_by_type: dict[str, set[str]] = {}
        for number, name in types.items():
            if name != FIXED_LINE or not campaign.kind.rings:
                numbers_by_type.setdefault(name, set()).add(number)
        for name, numbers in sorted(numbers_by_type.items()):
            problem = ", where no text message arrives" if name == FIXED_LINE else ""
            yield _about_numbers(
                context,
                campaign,
                numbers,
                f"{campaign.address} reaches {count(len(numbers), name)}{problem}",
                "Take them out, or write the mobiles of these people."
                if name == FIXED_LINE
                else "Take them out: calling or writing to them costs, or reaches nobody.",
            )


@rule(
    "audience/fictional",
    "warn",
    "numbers of ranges set aside for fiction, and addresses at example.*, in an environment that is no sandbox",
    wrong="""\
smses:
  reminder: {receivers: [{phone: "+12025550123"}], …}   # 555-0100 to 555-0199 are nobody's""",
    right="""\
smses:
  reminder: {receivers: [{phone: "+358401234567"}], …}""",
    needs="both",
    about="Ranges of North America, the United Kingdom, Ireland, France, Germany, Sweden and Australia are known. Domains: "
    "`example.com` and every other `example.*`, and those that end in .example, .test, .invalid or .localhost.",
)
def fictional(context: CheckContext) -> Iterator[Finding]:
    """The numbers and addresses that are reached; one finding for each campaign and message."""
    if context.is_sandbox:
        return
    for campaign in context.campaigns():
        is_by_phone = campaign.kind.reached_by == "phone"
        reached = reached_by(context, campaign)
        invented_of = fictional_numbers if is_by_phone else example_addresses
        invented = context.cached((invented_of, reached), partial(invented_of, reached))
        if invented:
            noun = "number" if is_by_phone else "address"
            kept = (
                "of ranges that are set aside for fiction"
                if is_by_phone
                else "of domains that are set aside for examples"
            )
            yield _about_numbers(
                context,
                campaign,
                invented,
                f"{campaign.address} reaches {count(len(invented), noun)} {kept}",
                "Write those of the people who are meant, or take them out.",
            )


def _about_numbers(context: CheckContext, campaign: Desired, numbers: set[str], problem: str, hint: str) -> Finding:
    """A finding about some of the numbers or addresses that a campaign reaches: where they stand in files, and how many."""
    written = where_written(context, campaign, numbers)
    regions = written.regions
    through = [
        receiver_region(campaign, receiver.path)
        for receiver in receivers_of(context, campaign)
        if receiver.reached & numbers
    ]
    in_manifests = sorted({region.place for region in regions if region.place.file not in written.lines})
    lines: dict[str, list[int]] = {}
    for place in in_manifests:
        lines.setdefault(place.file, []).append(place.line)
    where = f": {lines_text(sorted({**lines, **written.lines}.items()))}" if regions else ""
    # No more of a list are made than can be kept.
    in_lists = [Place(file, line) for file, of_file in written.lines.items() for line in of_file[:MOST_PLACES]]
    return Finding(
        f"{problem}{where}.",
        next(iter(regions), through[0] if through else field_region(campaign, "receivers")),
        (campaign.address,),
        hint,
        allow_at=(*regions[1:], *through),
        people=len(numbers),
        places=first_places(sorted([*in_manifests, *in_lists])),
    )


@rule(
    "audience/jump",
    "warn",
    "a launch that reaches more than its value times as many people as the largest launch so far",
    wrong="""\
groups:
  donors: {members: {filter: everybody}}   # 12,000 people; the largest launch so far reached 900""",
    right="""\
groups:
  donors: {members: {filter: helsinki}}    # 1,100 people""",
    value="3",
    form="number",
    unit="times",
    needs="account",
    about="The state keeps how many people the largest launch of the project in the environment has reached, from the first launch "
    "with this version on. Until then there is nothing to compare with, and no finding.",
)
def jump(context: CheckContext) -> Iterator[Finding]:
    """Each launch by itself; it stands at the campaign that reaches the people."""
    builder, times = context.builder, context.limit()
    largest = builder.inputs.known.largest_launch if builder else 0
    if builder is None or times is None or not largest:
        return
    for change in builder.changes:
        if change.launch is None or change.launch.reach.people <= times * largest:
            continue
        names = {str(change.address), *change.launch.campaigns}
        campaigns = [campaign for campaign in context.campaigns() if str(campaign.address) in names]
        item = next(iter(campaigns), change.desired)
        if item is None:
            continue
        people = change.launch.reach.people
        yield Finding(
            f"{item.address} reaches {count(people, 'person')}{' more' if change.launch.reach.is_more else ''}, and the largest "
            f"launch so far reached {largest:,}: more than {times} times as many.",
            field_region(item, "receivers" if item.kind.reaches_people else "members"),
            tuple(dict.fromkeys((*(campaign.address for campaign in campaigns), change.address))),
            "Look at who is reached before you launch it.",
            people=people,
        )
