"""The guard `doNotCall`: who stands on the project's list is not called, not written to, and not forgotten while they still are.

With `action: exclude` they are left out of every group whose members are managed (plan.people.left_out). However else a launch
would reach them, it is refused. What reaches them already goes on, for only a person can say what is worth more: it
is said in every plan, and nothing of it is edited until they are taken out. What narrows it always goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mscode.errors import Place
from mscode.model import service_json as wire
from mscode.model.kind import kind_of, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.table_format import NO_FORMAT, TableFormat
from mscode.model.world import Live
from mscode.plan.change import Change, Check, Halt, Note, Replace, Update
from mscode.plan.guards.setting import GuardSetting
from mscode.plan.lifecycle.send_status import receiver_rows
from mscode.plan.people.exposure import ActiveSender, active_senders, by_address, launched, receivers_after
from mscode.plan.people.number_lines import first_places, places_of, places_text, rows_of_numbers
from mscode.plan.people.reach import live_numbers, receiver_names, resolved_beside

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder

#: Fields that say when and how often it rings: where nothing else is changed and nothing widens, it rings less.
_TIMING = frozenset(
    {"startTime", "endTime", "activeFrom", "activeTo", "activeWeekdays", "acceptsWanted", "maxRedials", "state"}
)

#: A receiver's name and the numbers that are reached through it.
Receivers = Sequence[tuple[str, Iterable[str]]]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A do-not-call list: each number with its line in the file. `excludes`: its people are left out of groups. `format` says how
    the file was read.
    """

    file: str
    lines: Mapping[str, int]
    excludes: bool = False
    format: TableFormat = NO_FORMAT

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def with_all_of(self, more: Suppressed) -> Suppressed:
        """Both lists; a number of both has its line in this one."""
        return replace(self, lines={**more.lines, **self.lines})

    def places(self, numbers: Iterable[str], rows: Mapping[str, list[Place]]) -> list[Place]:
        """Where these people stand: in the file, and in lists, whose rows are by number (number_lines.rows_of_numbers)."""
        return places_of(numbers, self.file, self.lines, rows)


#: The guard's name in mscode.yaml.
NAME = "doNotCall"


def list_of(guards: Mapping[str, Any]) -> Any:
    """The project's list: `Suppressed` where its file was read, the file's name where it was not; None where there is none."""
    return getattr(guards.get(NAME), "value", None)


def never_shorter(now: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """The guards as they are now, with nobody taken off the list who stood on it before: in the middle of an apply people
    may be added to it, and whoever is taken off stays on it until the next one.
    """
    if NAME not in now or NAME not in before:
        return now
    return {**now, NAME: replace(now[NAME], value=list_of(now).with_all_of(list_of(before)))}


def do_not_call(builder: PlanBuilder) -> Iterator[Check]:
    """How many people who are not to be called a launch or an edit reaches, through what, and their lines; never who."""
    rule = GuardSetting(builder, NAME)
    if not isinstance(rule.value, Suppressed):
        return
    suppressed = rule.value
    hits = [
        (change, subject, verb, name, listed)
        for change, subject, receivers, verb in [*_launched(builder), *_edited(builder, suppressed)]
        for name, numbers in _with_places(receivers)
        if (listed := suppressed.lines.keys() & set(numbers))
    ]
    if not hits:
        yield rule.verdict(True, "")
        return
    reached = set[str]().union(*(listed for *_, listed in hits))
    rows = rows_of_numbers(builder.people, reached)
    reasons: dict[str, dict[str, None]] = {}
    addresses: dict[str, None] = {}
    for change, subject, verb, name, listed in hits:
        lines = places_text(suppressed.places(listed, rows))
        reasons.setdefault(subject, {})[f"{verb} {count(len(listed), 'person')} through {name} ({lines})"] = None
        addresses |= dict.fromkeys([str(change.address), *filter(_is_address, (subject, name))])
    head = f"{count(len(reached), 'person')} to be called must not be called"
    sentences = [f"{subject} {text}" for subject, texts in reasons.items() for text in texts]
    by_campaign = [f"{subject} {'; '.join(texts)}" for subject, texts in reasons.items()]
    places = first_places(suppressed.places(reached, rows))
    verdict = rule.verdict(False, f"{head}: {'; '.join(sentences)}.", *addresses, reasons=by_campaign, head=head)
    yield replace(verdict, people=len(reached), places=places)


def _with_places(receivers: Receivers) -> Receivers:
    """A receiver that is a phone by its position, in place of its number."""
    return [
        (f"phone receiver {at}" if name.startswith("phone ") else name, numbers)
        for at, (name, numbers) in enumerate(receivers, 1)
    ]


#: A change, what reaches people by it, the receivers, and how it reaches them.
_Reaching = tuple[Change, str, Receivers, str]


def _launched(builder: PlanBuilder) -> Iterator[_Reaching]:
    """Whom each launch reaches, by receiver; new people alone where others are reached already."""
    for exposure in launched(builder):
        kind, phones = exposure.change.address.kind, exposure.launch.reach.phones
        if not kind.reaches_people or kind.reached_by == "phone":
            receivers = [(name, phones & set(numbers)) for name, numbers in exposure.receivers]
            yield exposure.change, exposure.name, receivers, "would reach"


def _edited(builder: PlanBuilder, listed: Suppressed) -> Iterator[_Reaching]:
    """What is under way and would go on to reach them with another text, another recording or other buttons."""
    under_way = {(sender.live.section, sender.live.id): sender for sender in active_senders(builder)} if listed else {}
    for change in builder.changes:
        sender = under_way.get((change.live.section, change.live.id)) if change.live else None
        if sender is None or not isinstance(change, Update | Halt):
            continue
        if change.launch is None and {field.name for field in change.fields} <= _TIMING:
            continue  # it only takes moments or calls away
        if sender.by == "phone":
            yield change, sender.name, _still_reached(builder, sender, change), "is changed and would go on to reach"


def notes_of_suppressed(builder: PlanBuilder) -> Iterator[Note]:
    """What goes on to call people on the list after this plan is done."""
    rule = GuardSetting(builder, NAME)
    if not isinstance(rule.value, Suppressed) or not len(rule.value):
        return
    suppressed = rule.value
    hits = list(_still_called(builder, suppressed))
    rows = rows_of_numbers(
        builder.people, {number for *_, each in hits for listed in each.values() for number in listed}
    )
    for sender, change, listed_of in hits:
        still_called = set[str]().union(*listed_of.values())
        verb = "is" if len(still_called) == 1 else "are"
        text = (
            f"{count(len(still_called), 'person')} on the do-not-call list {verb} still to be called by {sender.name}"
        )
        receiver_texts = "; ".join(
            f"{name} ({places_text(suppressed.places(listed, rows))})" for name, listed in listed_of.items()
        )
        detail = f"Through {receiver_texts}. Take them out of it, or {_way_to_stop(sender, change)}."
        places = first_places(suppressed.places(still_called, rows))
        place = change.place if change else None
        yield Note(sender.name, text, "do-not-call", place, detail, len(still_called), places)


def _still_called(
    builder: PlanBuilder, suppressed: Suppressed
) -> Iterator[tuple[ActiveSender, Change | None, Mapping[str, set[str]]]]:
    """What goes on to call people of the list, its change, and the numbers of these people by receiver."""
    changes = {(c.live.section, c.live.id): c for c in builder.changes if c.live is not None and c.desired is not None}
    for sender in active_senders(builder):
        change = changes.get((sender.live.section, sender.live.id))
        if sender.by != "phone" or isinstance(change, Replace):
            continue
        listed_of: dict[str, set[str]] = {}
        for name, numbers in _with_places(_still_reached(builder, sender, change)):
            if listed := suppressed.lines.keys() & set(numbers):
                listed_of.setdefault(name, set()).update(listed)
        if listed_of:
            yield sender, change, listed_of


def _way_to_stop(sender: ActiveSender, change: Change | None) -> str:
    """Only an RSVP call can be halted. An id names one in its own section alone, so that `halt --id` of a message's would
    stop somebody else's campaign.
    """
    if sender.kind.can_be_halted:
        return f"stop it: `mscode halt {sender.name if change else f'--id {sender.live.id}'}`"
    if change is not None:
        return "stop it: take its manifest out, since deleting is all that stops it"
    return f"delete it in the web interface (id {sender.live.id})"


def _still_reached(builder: PlanBuilder, sender: ActiveSender, change: Change | None) -> Receivers:
    """The receivers of what is under way, as they are once the plan is done, without who has replied: they are not called
    again.
    """
    replied = _replied(sender.live, builder)
    if isinstance(change, Update | Halt):
        rows = receivers_after(change)
        entry = builder.inputs.known.entries.get(change.previous_address or change.address)
        reached = resolved_beside({"receivers": rows}, builder.ids, builder.people, sender.kind, sender.live, entry)
        names = receiver_names(rows)
    else:
        reached = live_numbers(sender.live, builder.people, sender.by)
        names = [f"{receiver_kind} {value}" for receiver_kind, value, _ in reached]
    return [
        (name, set(numbers) - replied)
        for name, (_, _, numbers) in zip(by_address(builder, names), reached, strict=True)
    ]


def _replied(live: Live, builder: PlanBuilder) -> set[str]:
    replied_rows = [row for row in receiver_rows(live) if wire.reply(row) in ("accept", "decline")]
    normal = kind_of("person").fields_by_name["phone"].normalize
    accounts = (builder.people.phone(wire.id_text(wire.pick(row, "accountId"))) for row in replied_rows)
    return {*accounts, *(str(normal(wire.pick(row, "phone")) or "") for row in replied_rows)} - {""}


def _is_address(name: str) -> bool:
    section, _, local_name = name.partition(".")
    return bool(local_name) and section in registry()
