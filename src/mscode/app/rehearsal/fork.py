"""The fork of a live account: what a plan has read of it, put into the emulator of a laboratory with the same ids.

Read only towards the live account: it takes a client that has no method but read. Most was read for the plan already; what is
read here are the replies of people in groups, the members of groups that something under way calls, and the voice files that
something plays. Nothing of it leaves this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mscode.app.rehearsal.lab import Lab, emulated
from mscode.errors import ApiError, MscodeError
from mscode.model import service_json as wire
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Kind, kind_of, registry
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.engine.account.results import ReceiverReply
    from mscode.engine.account.target import Account
    from mscode.model.world import Live, LiveWorld, Member
    from mscode.plan.change import Plan
    from mscode.plan.inputs import PlanInput
    from mscode.sandbox.fork import CopiedDial, CopiedObject, CopiedReceiver

#: Stands for the people of a group that has none any more.
_NOBODY = 0
#: The instants of objects that reach people, by the names of the API.
_INSTANTS = ("startTime", "endTime", "expiresAt", "actionTime")


@dataclass(slots=True)
class Reading:
    """What is known of the live account. `replies` are those of people in groups, by section and id of the campaign; None where
    the service has no such list. `notes` say what the copy does not have.
    """

    objects: dict[str, Mapping[str, Live]]
    members: dict[str, Sequence[Member]]
    replies: dict[tuple[str, str], Sequence[ReceiverReply] | None] = field(default_factory=dict)
    voice_codes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_for_fork(account: Account, plan: Plan, inputs: PlanInput) -> Reading:
    """What the plan has read, and what else the calls of a rehearsal depend on."""
    from mscode.engine.account.read import read_list, read_members
    from mscode.engine.account.results import read_results_list

    live: LiveWorld = inputs.live
    reading = Reading(dict(live.objects), dict(live.members))
    voice = kind_of("voice")
    plays = any(change.desired is not None and change.address.kind.plays is not None for change in plan.changes)
    if plays and voice.section not in reading.objects:
        reading.objects[voice.section] = read_list(account, voice)
    under_way = [one for one in inputs.unfinished() if any(_is_group(row) for row in one.fields.get("receivers", ()))]
    groups = (
        dict.fromkeys(row["groupId"] for one in under_way for row in one.fields["receivers"] if _is_group(row)).keys()
        & reading.objects.get(kind_of("group").section, {}).keys() - reading.members.keys()
    )
    reading.members |= zip(groups, account.reader.map(lambda group: read_members(account, group), groups), strict=True)
    called = [one for one in under_way if one.status.dials and one.kind.receivers_path]
    lists = account.reader.map(lambda one: read_results_list(account, one.kind, one.id), called)
    reading.replies = {(one.section, one.id): rows for one, rows in zip(called, lists, strict=True)}
    if any(change.action.creates and change.address.kind is voice for change in plan.changes):
        reading.voice_codes = _voice_codes(account, voice)
    return reading


def _is_group(row: Mapping[str, Any]) -> bool:
    return "groupId" in row


def _voice_codes(account: Account, voice: Kind) -> list[str]:
    """The codes that the service lists; none where it has no list."""
    codes: list[str] = []
    for listed in voice.enumerated_fields:
        try:
            rows = account.reader.list(account.target.paths[listed.path], what=listed.what)
        except ApiError:
            continue
        codes += [str(row[listed.member]) for row in rows if row.get(listed.member)]
    return codes


def fork_into(lab: Lab, account: Account, reading: Reading, now: datetime) -> None:
    """Put what was read into the emulator of a laboratory whose clock stands at `now`."""
    from mscode.sandbox.fork import copy_into

    if reading.voice_codes:
        switches = lab.store.switches
        switches.profile = replace(switches.profile, voice_codes=tuple(reading.voice_codes))
    copy = _Copy(account, reading, int(now.timestamp()))
    with lab.store.transaction(write=True):
        copy_into(lab.store, copy.objects(), copy.now)


class _Copy:
    """The objects of a reading in the form in which the emulator takes them. `now` is in epoch seconds."""

    def __init__(self, account: Account, reading: Reading, now: int) -> None:
        self.account, self.reading, self.now = account, reading, now
        person = kind_of("person")
        self._listed = reading.objects.get(person.section, {})
        #: accounts that only a group or a receiver shows, by id: number and e-mail address
        self._others: dict[str, tuple[str, str]] = {}
        self._by_address: dict[tuple[str, str], str] = {}
        self._highest = 0
        for live in self._listed.values():
            for by in ("phone", "email"):
                if live.fields.get(by):
                    self._by_address.setdefault((by, str(live.fields[by])), live.id)
        for members in reading.members.values():
            for member in members:
                self._know(member.account_id, member.phone, member.email)

    def _know(self, account_id: str, phone: str, email: str) -> None:
        if account_id in self._listed:
            return
        before = self._others.get(account_id, ("", ""))
        self._others[account_id] = (phone or before[0], email or before[1])
        for by, address in (("phone", phone), ("email", email)):
            if address:
                self._by_address.setdefault((by, address), account_id)

    def objects(self) -> dict[str, Iterable[CopiedObject]]:
        """Every object, by the emulator's name of its kind; accounts last, since receivers may show others."""
        copied: dict[str, Iterable[CopiedObject]] = {}
        for section, listed in self.reading.objects.items():
            kind = registry()[section]
            if not kind.is_person:
                copied[emulated(section)] = [
                    one for live in listed.values() if (one := self._object(kind, live)) is not None
                ]
        copied[emulated(kind_of("person").section)] = self._accounts()
        return copied

    def _accounts(self) -> Iterator[CopiedObject]:
        person = kind_of("person")
        for live in self._listed.values():
            if (one := self._object(person, live)) is not None:
                yield one
        for account_id, (phone, email) in self._others.items():
            yield self._plain(_number(account_id), {"phone": phone, "email": email}, self.now, self.now)

    def _object(self, kind: Kind, live: Live) -> CopiedObject | None:
        """None of an object out of form, which a note names."""
        created = _epoch(live.created_at) or self.now
        try:
            body = {**live.fields, **kind.encode(live.fields)}
        except (KeyError, TypeError, ValueError):
            self.reading.notes.append(f"{kind.section} id {live.id} is out of form, and left out of the rehearsal.")
            return None
        one = self._plain(_number(live.id), body, created, _epoch(live.updated_at) or created)
        one["instants"] = {name: at for name in _INSTANTS if (at := _epoch(live.fields.get(name)))}
        one["failed"] = (
            kind.readiness is not None and wire.pick(live.raw, kind.readiness.field) == kind.readiness.failed
        )
        if kind.has_members:
            one["members"] = [_number(member.account_id) for member in self.reading.members.get(live.id, ())]
        if kind.reaches_people:
            one["state"] = live.status.state
            one["receivers"] = self._receivers(live)
            one["stats"] = _stats(live, one["receivers"])
        return one

    @staticmethod
    def _plain(live_id: int, body: Mapping[str, Any], created: int, updated: int) -> CopiedObject:
        return {
            "id": live_id,
            "body": body,
            "instants": {},
            "created": created,
            "updated": updated,
            "state": "",
            "stats": {},
            "receivers": [],
            "members": [],
            "failed": False,
        }

    # ---- receivers ----

    def _receivers(self, live: Live) -> list[CopiedReceiver]:
        from mscode.engine.account.results import receivers_of

        if "receivers" not in live.fields:
            return []
        rows = receivers_of(self.account, live)
        receivers: list[CopiedReceiver] = []
        groups: list[tuple[ReceiverReply, CopiedReceiver]] = []
        for row in rows:
            account_id = row.account_id or (self._account_of(row) if not row.group_id else "")
            if account_id:
                self._know(account_id, row.phone, row.email)
                number = _number(account_id)
                dials = [self._dial(number, row, row.dialled or 1)] if row.was_called else []
                group = _number(row.group_id) if row.group_id else None
                receivers.append({"account": number, "group": group, "dials": dials})
            elif row.group_id:
                receivers.append({"account": None, "group": _number(row.group_id), "dials": []})
                groups.append((row, receivers[-1]))
        if groups:
            self._add_dials_in_groups(live, receivers, groups)
        return receivers

    def _account_of(self, row: ReceiverReply) -> str:
        """The account of a row that shows an address alone; one of its own where nobody has it."""
        for key in (("phone", row.phone), ("email", row.email)):
            if key[1] and key in self._by_address:
                return self._by_address[key]
        if not (row.phone or row.email):
            return ""
        self._highest = self._highest or max((_number(one) for one in (*self._listed, *self._others)), default=0)
        self._highest += 1
        self._know(str(self._highest), row.phone, row.email)
        return str(self._highest)

    def _dial(self, account: int, row: ReceiverReply, attempts: int) -> CopiedDial:
        return {
            "account": account,
            "attempts": attempts,
            "answered": int(row.answered),
            "reply": row.reply or "noAnswer",
            "duration": row.seconds,
            "latest": _epoch(row.latest) or self.now,
        }

    def _add_dials_in_groups(
        self, live: Live, receivers: Sequence[CopiedReceiver], groups: Sequence[tuple[ReceiverReply, CopiedReceiver]]
    ) -> None:
        """Who of a group was called, as the list of replies says. How often each was is not said: everybody once, and the rest of
        the group's dials one by one to those who have not answered.
        """
        if (live.section, live.id) not in self.reading.replies:
            self._estimate_dials_in_groups(live, groups)
            return
        replies = self.reading.replies[live.section, live.id]
        if replies is None:
            self.reading.notes.append(
                f"{live.section} id {live.id} has called people of groups, and the service does not say whom: the rehearsal "
                "takes those for called who come first."
            )
            self._estimate_dials_in_groups(live, groups)
            return
        single = {receiver["account"] for receiver in receivers}
        called = [row for row in replies if row.was_called and row.account_id and _number(row.account_id) not in single]
        at_most = 1 + int(live.fields.get("maxRedials") or 0)
        dials = sum(row.dialled or 0 for row, _ in groups)
        attempts = _shared_out(dials, [row.answered for row in called], at_most)
        attempts = [row.dialled or shared for row, shared in zip(called, attempts, strict=True)]
        group_of = {
            member.account_id: group
            for _, group in reversed(groups)
            for member in self.reading.members.get(str(group["group"]), ())
        }
        for row, tries in zip(called, attempts, strict=True):
            # Who was called and has left since belongs to one of them all the same.
            group = group_of.get(row.account_id, groups[0][1])
            group["dials"].append(self._dial(_number(row.account_id), row, tries))

    def _estimate_dials_in_groups(self, live: Live, groups: Sequence[tuple[ReceiverReply, CopiedReceiver]]) -> None:
        """The dials of each group's row, where nobody says who was called: those who come first, and the reply that the row shows
        is that of the last of them.
        """
        at_most = 1 + int(live.fields.get("maxRedials") or 0)
        for row, group in groups:
            if not row.was_called:
                continue
            dials = row.dialled or 1
            members = sorted(
                self.reading.members.get(row.group_id, ()), key=lambda member: (member.phone, member.account_id)
            )
            accounts = [_number(member.account_id) for member in members if member.phone][:dials] or [_NOBODY]
            attempts = _shared_out(dials, [False] * len(accounts), max(at_most, -(-dials // len(accounts))))
            for account, tries in zip(accounts, attempts, strict=True):
                is_last = account == accounts[-1]
                shown = row if is_last else replace(row, answered=False, reply="noAnswer", seconds=0)
                group["dials"].append(self._dial(account, shown, tries))


def _shared_out(dials: int, answered: Sequence[bool], at_most: int) -> list[int]:
    """How often each was dialled: once at least, and `dials` in all as far as `at_most` each allows."""
    attempts = [1] * len(answered)
    order = [*(at for at, yes in enumerate(answered) if not yes), *(at for at, yes in enumerate(answered) if yes)]
    remaining = dials - len(answered)
    for _ in range(1, at_most):
        for at in order:
            if remaining <= 0:
                return attempts
            attempts[at] += 1
            remaining -= 1
    return attempts


def _stats(live: Live, receivers: Sequence[CopiedReceiver]) -> dict[str, int]:
    """The counts of a campaign as it shows them; of what it does not count, those of its receivers."""
    dials = [dial for receiver in receivers for dial in receiver["dials"]]
    shown = wire.pick(live.raw, "stats")
    shown = shown if isinstance(shown, dict) else {}

    def count(name: str, counted: int) -> int:
        number = wire.number(wire.pick(shown, name))
        return counted if number is None else number

    return {
        "dialed": max(wire.dial_count(shown), sum(dial["attempts"] for dial in dials)),
        "answered": count("answeredCalls", sum(dial["answered"] for dial in dials)),
        "duration": count("totalDuration", sum(dial["duration"] for dial in dials)),
        "accepts": count("acceptsReceived", sum(dial["reply"] == "accept" for dial in dials)),
        "declines": count("declinesAndNoRepliesReceived", sum(dial["reply"] == "decline" for dial in dials)),
    }


def _number(live_id: str) -> int:
    """An id as the emulator keeps it. MscodeError for one that is no number: a copy could not have it."""
    if not (live_id.isascii() and live_id.isdecimal() and len(live_id) <= 18) or str(int(live_id)) != live_id:
        raise MscodeError(
            "This account cannot be rehearsed: its ids are no whole numbers",
            detail=f'One of them is "{live_id[:64]}", and the emulator numbers its objects.',
            code="rehearsal-ids",
        )
    return int(live_id)


def _epoch(text: object) -> int:
    """Epoch seconds of an instant in spec form, 0 of none."""
    return int(parse_instant(text).timestamp()) if isinstance(text, str) and text else 0
