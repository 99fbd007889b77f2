"""One run of an apply: what every step works with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mscode.api.client import Client
from mscode.engine.account.shared_reads import SharedReads
from mscode.engine.account.target import Account, Decoded, Target
from mscode.engine.apply.own_changes import OwnChanges
from mscode.engine.create.settle import MadeOnce, names_of, wait_until
from mscode.errors import MscodeError, StaleError
from mscode.model.address import Address
from mscode.model.kind import Field, Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import ListenerUrl, is_listener_url, listener_url
from mscode.model.local_hours import FIELDS as HOURS
from mscode.plan.change import Change, Check, Halt, Making, Plan, Update, Wanted
from mscode.plan.diff import sealed_for, stored
from mscode.plan.events import Event, Notice
from mscode.plan.guards.called_already import called_before_us, called_by
from mscode.plan.identity.candidates import Candidates
from mscode.plan.lifecycle.passed_start import both_passed
from mscode.plan.people.match_receivers import match_receivers, resolve, taken_before, taken_echo, taken_of

if TYPE_CHECKING:
    from mscode.engine.launch_record import LaunchRecords
    from mscode.state.store import StateStore
from mscode.model.values import ReceiverKey, RowKey, Unknown, walk
from mscode.model.world import CheckSetting, Entry, Fields, Live, Marker, Tombstone, people_called_by, remembered


@dataclass(slots=True)
class Run:
    """`ids` and `row_ids` grow while objects are created; `emit` may be called from any thread; `stop` is set by Ctrl-C
    and --fail-fast.
    """

    client: Client
    store: StateStore
    target: Target
    plan: Plan
    launches: LaunchRecords
    emit: Callable[[Event], None]
    ids: dict[Address, str] = field(default_factory=dict)
    row_ids: dict[RowKey | ReceiverKey, str] = field(default_factory=dict)
    #: held while accounts of receivers are made
    making: threading.Lock = field(default_factory=threading.Lock)
    stop: threading.Event = field(default_factory=threading.Event)
    interrupted: bool = False
    #: what a person was told when a signal asked the run to stop; the events have it next
    stopping: str = ""
    #: the command that goes on after an interrupt
    command: str = "mscode apply"
    #: lists that were read once, each when it was first asked for, by section
    looks: MadeOnce[Candidates] = field(default_factory=MadeOnce)
    #: the ids of what addresses with equal content share (filters), by that content
    shared: MadeOnce[str] = field(default_factory=MadeOnce)
    #: what several steps read at the same time
    reads: SharedReads = field(default_factory=SharedReads)
    #: what mscode.yaml says of guards, read again with the files that it names: all of these have to let a launch go. None: as
    #: when the plan was made
    guards: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    #: the same of `checks:`, by rule
    checks: Callable[[], Sequence[Mapping[str, CheckSetting]]] | None = None
    #: what the project's own rules say of a plan
    policies: Callable[[Plan], Sequence[Check]] = lambda plan: ()
    #: objects whose narrowing part is done, as it left them: what the rest of the step goes on from
    narrowed: dict[Address, Live] = field(default_factory=dict)
    #: campaigns as this run's own steps have left them; whatever differs from that is somebody else's doing
    left: dict[Address, Live] = field(default_factory=dict)
    #: the same of those that are replaced
    retired: dict[Address, Live] = field(default_factory=dict)
    decoded: Decoded = field(default_factory=Decoded)
    #: what it has done to people, which others' objects show
    own: OwnChanges = field(default_factory=OwnChanges)
    #: campaigns that were left halted between the halt of an edit and its resume
    mid_edit: set[Address] = field(default_factory=set)

    @property
    def account(self) -> Account:
        """The live account, for what only reads it."""
        return Account(self.client, self.target, self.decoded)

    def id_of(self, account: str | Address | RowKey | ReceiverKey) -> str:
        """The id of an account that may be made in this run; "" while it is not."""
        if isinstance(account, str):
            return account
        return self.ids.get(account, "") if isinstance(account, Address) else self.row_ids.get(account, "")

    def now(self) -> datetime:
        """The service's clock, else the machine's."""
        return self.account.now()

    def entry(self, address: Address) -> Entry | None:
        return self.store.entry(address)

    def saw(self, live: Live) -> None:
        """Keep what an object that was just read shows of having reached people: it may be gone the next time."""
        self.store.saw([live])

    def notice(self, text: str, address: Address) -> None:
        """Something worth knowing of an address; views begin with the address, so the text does not."""
        self.emit(Notice(text, address))

    def marker(self, change: Change, phase: str) -> Marker:
        return Marker(self.target.project, self.target.environment, str(change.address), change.generation, phase)

    def fetch(self, kind: Kind, live_id: str, what: str) -> Live:
        """One object, read by its id."""
        return self.account.decode(kind, self.account.page(kind, live_id, what))

    def resolved(self, change: Wanted, fields: Fields) -> dict[str, Any]:
        """Fields of a change's object with every reference as an id, and the listener's URLs as they are sent; a missing id means
        that a dependency was not made.
        """
        values = {
            name: self._listener_url(change, name, value.base)
            if isinstance(value, ListenerUrl)
            else resolve(value, self.ids)
            for name, value in fields.items()
        }
        for leaf in walk(values):
            if isinstance(leaf, Unknown):
                raise MscodeError(f"{leaf.address} has no id yet, so it cannot be referred to")
        return values

    def _listener_url(self, change: Wanted, name: str, base: str) -> str:
        """The URL that the live object has where that is the listener's, so that it keeps its path; else one whose secret is made
        under the state's key, the same in every attempt.
        """
        live = self.left.get(change.address) or (None if isinstance(change, Making) else change.live)
        current = str(live.fields.get(name) or "") if live is not None else ""
        if is_listener_url(base, current):
            return current
        sealed = self.store.keyed_hash(["listener", str(change.address), change.generation])
        url = listener_url(base, name, sealed.removeprefix("hmac:")[:32])
        self.target.hide_listener(url)
        return url


def wanted(run: Run, change: Update | Halt) -> dict[str, Any]:
    """What an update sets, resolved: the differences, and defaults for fields that left the manifest."""
    kind = change.address.kind
    values = {
        f.name: kind.fields_by_name[f.name].default if f.to_default else f.after
        for f in change.fields
        if f.name in kind.fields_by_name
    }
    return run.resolved(change, values)


def changed_by_others(own: OwnChanges, kind: Kind, planned: Live, fresh: Live) -> list[str]:
    """Names of the fields in which the object is no longer what was planned on, and not by what this run has done."""
    return [
        rule.name
        for rule in kind.fields
        if not rule.write_only
        and rule.name != "state"
        and rule.normalize(planned.fields.get(rule.name)) != rule.normalize(fresh.fields.get(rule.name))
        and not (
            rule.name == "receivers"
            and own.explain(planned.fields.get("receivers") or (), fresh.fields.get("receivers") or ())
        )
    ]


def refuse_stale(own: OwnChanges, kind: Kind, planned: Live, fresh: Live, label: str) -> None:
    """StaleError when somebody changed the object since the plan."""
    names = changed_by_others(own, kind, planned, fresh)
    if names:
        raise StaleError(
            f"{label} was changed since the plan was made",
            detail=f"Somebody changed {', '.join(names)} meanwhile; nothing was overwritten.",
            hint="Plan again and look at the difference.",
            code="stale",
        )


def applied_fields(run: Run, change: Wanted, fields: Fields) -> dict[str, Any]:
    """What the state remembers of applied fields: normal forms, hashed where personal."""
    kind = change.address.kind
    return {
        name: stored(
            sealed_for(change.desired, kind.fields_by_name[name]),
            kind.fields_by_name[name].normalize(value),
            run.store.keyed_hash,
        )
        for name, value in fields.items()
        # A start that became null (`startTime: now`) is remembered as one that is left out.
        if name in kind.fields_by_name and value is not None
    }


def read_back(
    run: Run, change: Wanted, live_id: str, sent: Fields, *, before: Live | None = None, read: Live | None = None
) -> tuple[Live, dict[str, tuple[Any, Any]]]:
    """Read an object after a write. Gives it and the echo: fields that the service keeps in another form.

    A field on which calling depends has no echo: a difference there is an error. `before` is the object without what was
    sent (with its defaults, where it was just made): what is still as it was there was not written, and is an error too.
    `read`: the object, where the step has read it since the write.
    """
    fresh = read or _read_until_written(run, change, live_id, sent, before)
    echo = _taken_apart(run, change, fresh, before)
    for rule, value in _compared(change, sent):
        name = rule.name
        before, after = rule.normalize(value), rule.normalize(fresh.fields.get(name))
        is_of_the_past = both_passed(name, value, fresh.fields.get(name), run.now())
        if before == after or is_of_the_past or (name == "startTime" and not value):
            continue
        if rule.affects_calling:
            raise StaleError(
                f"{change.address} did not keep {name}",
                detail="The service stored another value than was sent, and calling depends on it.",
                hint="Look at the object in the web interface; it is left halted.",
                code="not-kept",
            )
        echo[name] = (stored(rule, before, run.store.keyed_hash), stored(rule, after, run.store.keyed_hash))
    return fresh, echo


def _taken_apart(run: Run, change: Wanted, live: Live, before: Live | None) -> dict[str, tuple[Any, Any]]:
    """As an echo: the people whom the service took of groups among the receivers, where its rows do not name the group.

    What its rows told before a write is not forgotten: people who are written again are written as people.
    """
    from mscode.engine.account.directory import Directory

    receivers = run.resolved(change, {"receivers": change.desired.fields.get("receivers", ())})["receivers"]
    if not any("group" in receiver or "groupId" in receiver for receiver in receivers):
        return {}
    live_rows, entry = live.fields.get("receivers", ()), run.entry(change.address)
    known_members = taken_of(entry) if entry is not None and entry.id == live.id else {}
    known_members = taken_before(before.fields.get("receivers", ()) if before else (), known_members)
    directory = Directory(run, live_rows)
    meeting = match_receivers(live_rows, receivers, {}, directory, known_members)
    return taken_echo(live_rows, meeting, is_empty=lambda group: not directory.members_of(group))


def _read_until_written(run: Run, change: Wanted, live_id: str, sent: Fields, before: Live | None) -> Live:
    """The object once it shows what was written: an answer may say "done" and mean it not, or a read may lag behind."""
    kind, reads, label = change.address.kind, list[Live](), str(change.address)

    def shows_all(live: Live) -> bool:
        return all(rule.normalize(value) == rule.normalize(live.fields.get(rule.name)) for rule, value in compared)

    compared = list(_compared(change, sent))

    def is_written() -> bool:
        is_shared = not (reads or kind.reaches_people)
        live = (
            run.reads.page(run.account, kind, live_id, label, shows_all)
            if is_shared
            else run.fetch(kind, live_id, label)
        )
        reads.append(live)
        return not (before and _unwritten(kind, sent, before, reads[-1]))

    if not wait_until(run, is_written) and before is not None:
        raise StaleError(
            f"{change.address} did not keep {', '.join(_unwritten(kind, sent, before, reads[-1]))}",
            detail="The service answered that it was done, and shows the value from before.",
            hint="Apply again; if it stays so, look at it in the web interface.",
            code="not-kept",
        )
    return reads[-1]


def _compared(change: Wanted, sent: Fields) -> Iterator[tuple[Field, Any]]:
    """The fields that were sent and can be compared with what is read, with the rule of each and what was sent."""
    for name, value in sent.items():
        rule = change.address.kind.fields_by_name.get(name)
        if rule is not None and not rule.write_only and not rule.custom_diff:
            yield sealed_for(change.desired, rule), value


def _unwritten(kind: Kind, sent: Fields, before: Live, fresh: Live) -> list[str]:
    """The fields that are what they were, though something else was sent: another form of the old value is none.

    Where `updatedAt` moved something was written, and what the service made of it is its own form.
    """
    if before.updated_at and fresh.updated_at != before.updated_at:
        return []
    names = []
    for name in sent.keys() & kind.fields_by_name.keys():
        rule = kind.fields_by_name[name]
        values = (rule.normalize(fields.get(name, rule.default)) for fields in (sent, before.fields, fresh.fields))
        sent_value, old_value, live_value = values
        if (
            not (rule.write_only or rule.custom_diff or rule.affects_calling)
            and live_value == old_value
            and _bare(live_value) != _bare(sent_value)
        ):
            names.append(name)
    return sorted(names)


def _bare(value: Any) -> Any:
    """A text without case and white space."""
    return "".join(value.split()).casefold() if isinstance(value, str) else value


def record(run: Run, change: Wanted, live: Live, *, ended: bool = True, **more: Any) -> Entry:
    """Write the entry of an address to the state, durably; with `ended`, a create that was begun for it has ended.

    An object that was replaced and is neither superseded nor gone is left alone for good.
    """
    entry = run.entry(change.address)
    if entry is None:
        called = people_called_by(change.address, live.id, run.store.tombstones)
        entry = Entry(change.address, live.id, origin=change.origin, called=called)
    if entry.id not in (live.id, *entry.superseded) and change.live is not None:
        run.store.add_tombstone(Tombstone.of(entry, reached=remembered(entry, change.live).may_have_rung))
    if entry.id != live.id:  # what the old one was and did is not the new one's
        entry = entry.reset_for_replacement()
    lifecycle = change.desired.lifecycle
    entry = replace(
        entry,
        id=live.id,
        created_at=live.creation or (entry.created_at if entry.id == live.id else ""),
        generation=change.generation,
        prevent_destroy=lifecycle.prevent_destroy,
        on_removal=lifecycle.on_removal,
        called=called_by(change, entry.called, run.store.keyed_hash) if change.address.kind.carries_marker else (),
        **more,
    )
    entry = replace(entry, server_values=_with_hours_sent(change, entry))
    if change.address.kind.carries_marker and not entry.called and run.plan.builder is not None:
        entry = replace(entry, called=called_before_us(run.plan.builder, live, run.store.keyed_hash))
    entry = remembered(entry, live)
    run.store.put(entry)
    for address in names_of(change) if ended else ():
        run.store.end_intent(address)
    return entry


def _with_hours_sent(change: Wanted, entry: Entry) -> dict[str, tuple[Any, Any]]:
    """What the service was sent for hours that are written with a zone: on another day it would be something else."""
    item, values = change.desired, dict(entry.server_values)
    for name, sent in entry.applied.items():
        if name in item.local_hours and sent == item.fields.get(name):
            values[name] = (item.local_hours[name], sent)
        elif name in HOURS:
            values.pop(name, None)
    return values
