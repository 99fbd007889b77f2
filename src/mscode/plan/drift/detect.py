"""What is live against what was last applied: three kinds of difference, kept apart (docs/drift.md).

Terms. *Applied*: what the state remembers of an object, field by field, in normal form or as a keyed hash. *Progress*: a
campaign or a message went on as it was meant to; nobody need do anything. *Operator action*: a person (or another program)
deleted an object, or halted, started or edited something that reaches people. *Drift of configuration*: another object's
fields are no longer what was applied.

Rule. The marker's phase says who halted a campaign (plan.lifecycle.campaign). Only fields that were applied are compared, each
in its normal form; the values that the service is known to return for what was sent count as equal. Manifests are not looked
at, with one exception: of receivers the state has a hash alone, so they are compared with a manifest whose receivers have that
hash.

Why not simply plan and call every change drift? A plan compares with the manifests, so an edit in git would look like an
edit in the web interface.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from mscode.model.address import Address
from mscode.model.calling_window import parse_instant
from mscode.model.kind import Field, Kind, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.world import CampaignStatus, Entry, Live
from mscode.plan.change import ApplyRows, Change, MemberChange
from mscode.plan.diff import stored, was_secret
from mscode.plan.inputs import PlanInput
from mscode.plan.lifecycle.operator_halt import is_halt, shown_state
from mscode.plan.lifecycle.passed_start import both_passed
from mscode.plan.lifecycle.send_status import SendStatus, send_status_of
from mscode.plan.people.match_receivers import resolve, same_receivers, taken_of
from mscode.plan.people.projection import PeopleNow

_NOT_WHILE_NEW = ("startTime", "endTime")


class Cause(Enum):
    """The three kinds."""

    PROGRESS = "progress"
    OPERATOR = "operator"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One field: as it was applied, and as it is live, both None where `hidden` (the state keeps a keyed hash alone)."""

    name: str
    applied: Any
    live: Any
    hidden: bool = False
    long: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that happened to one object.

    `text` follows the address (`was halted by a person`), `kind` is its slug. `live` is None where the object was deleted, `entry`
    what the state remembers. `standing` goes with progress. `accepted`: --refresh-only takes it into the state; else `why_not`
    says why it does not.
    """

    address: Address
    id: str
    cause: Cause
    text: str
    kind: str
    entry: Entry
    live: Live | None = None
    fields: tuple[FieldDrift, ...] = ()
    standing: SendStatus | None = None
    accepted: bool = True
    why_not: str = ""

    @property
    def matters(self) -> bool:
        """Is it more than progress?"""
        return self.cause is not Cause.PROGRESS


def find_drift(inputs: PlanInput) -> tuple[Drift, ...]:
    """Everything that differs from what was last applied, by address. Pure."""
    drifts: list[Drift] = []
    for _, entry in sorted(inputs.known.entries.items()):
        section = entry.address.section
        kind = registry().get(section)
        if kind is None or not kind.has_live_objects or section not in inputs.live.objects:
            continue
        live = inputs.objects(section).get(entry.id)
        if live is None:
            drifts.append(_deleted(inputs, kind, entry))
        elif not is_foreign(entry, live):
            drifts.extend(_of_object(inputs, kind, entry, live))
    return tuple(drifts)


def is_foreign(entry: Entry, live: Live | None) -> bool:
    """Is the object with the state's id another one than the state's (made at another time)?"""
    return live is not None and not live.is_made_at(entry.created_at)


def _of_object(inputs: PlanInput, kind: Kind, entry: Entry, live: Live) -> Iterator[Drift]:
    """What happened to an object that is there."""
    if kind.can_be_halted and live.status.is_reported:
        yield from _state_drift(inputs, entry, live, live.status)
    if kind.reaches_people:
        yield from _progress_drift(kind, entry, live)
    fields = tuple(_field_drifts(kind, entry, live, inputs))
    if fields:
        if kind.reaches_people:
            yield _drift(entry, live, Cause.OPERATOR, "was edited", "edited", fields=fields)
        else:
            yield _drift(entry, live, Cause.CONFIGURATION, "has changed", "changed", fields=fields)
    if _has_other_receivers(inputs, kind, entry, live):
        reason = "the state keeps no receivers"
        text = "has other receivers than were applied"
        yield replace(_drift(entry, live, Cause.OPERATOR, text, "receivers"), accepted=False, why_not=reason)


def _drift(entry: Entry, live: Live | None, cause: Cause, text: str, kind: str, **more: Any) -> Drift:
    return Drift(entry.address, entry.id, cause, text, kind, entry, live, **more)


# ---- deleted ---------------------------------------------------------------------------------------------------------


def _deleted(inputs: PlanInput, kind: Kind, entry: Entry) -> Drift:
    """The drift of a deleted object. The entry of a launched one stays: without it the object would be made and launched again,
    although a person deleted it to stop it.
    """
    if kind.reaches_people and entry.may_have_rung:
        reason = "the state keeps that it was launched, so that it is not made anew; remove its manifest to accept it"
        rang = entry.dialled > 0 or not entry.first_call or parse_instant(entry.first_call) <= inputs.now
        text = f"was deleted after it {'may have reached people' if rang else 'had been launched'}"
        return _drift(entry, None, Cause.OPERATOR, text, "deleted", accepted=False, why_not=reason)
    if entry.superseded:
        reason = "an older one of it is still in use"
        return _drift(entry, None, Cause.OPERATOR, "was deleted", "deleted", accepted=False, why_not=reason)
    return _drift(entry, None, Cause.OPERATOR, "was deleted", "deleted")


# ---- the state of a campaign -----------------------------------------------------------------------------------------


def _state_drift(inputs: PlanInput, entry: Entry, live: Live, status: CampaignStatus) -> Iterator[Drift]:
    """Somebody halted or started it. What was never launched and is halted stands as it was made."""
    applied = entry.applied.get("state")
    if status.state == "halt":
        yield from _halted(inputs, entry, live, status, applied)
    elif status.running and (is_halt(applied) or not entry.launched):
        text = "was started by a person" if is_halt(applied) else "runs although mscode never launched it"
        field = FieldDrift("state", shown_state(applied), "active")
        yield _drift(entry, live, Cause.OPERATOR, text, "started", fields=(field,))


def _halted(inputs: PlanInput, entry: Entry, live: Live, status: CampaignStatus, applied: Any) -> Iterator[Drift]:
    phase = status.marker.phase if status.marker and inputs.owns(status.marker) else ""
    if is_halt(applied) or phase == "new":
        return
    field = FieldDrift("state", "active", "halt")
    if phase == "edit":
        reason = "the next plan offers to start it again"
        text = "stands halted since an edit of mscode's that was cut short"
        yield _drift(
            entry, live, Cause.CONFIGURATION, text, "interrupted", fields=(field,), accepted=False, why_not=reason
        )
        return
    text = "was halted with `mscode halt`" if phase == "held" else "was halted by a person"
    yield _drift(entry, live, Cause.OPERATOR, text, "halted", fields=(field,))


def _progress_drift(kind: Kind, entry: Entry, live: Live) -> Iterator[Drift]:
    """It calls, has called, or was sent."""
    status = send_status_of(kind, live)
    if not (status.finished or status.state == "active" or status.dialled):
        return
    if status.state == "sent":
        text, slug = "was sent", "sent"
    elif status.missed:
        text, slug = "was missed: it ended without a single call", "missed"
    elif status.finished:
        text, slug = "is complete", "complete"
    else:
        text, slug = "is calling" if status.state == "active" else "has called people", "calling"
    yield _drift(entry, live, Cause.PROGRESS, text, slug, standing=status)


# ---- fields ----------------------------------------------------------------------------------------------------------


def _field_drifts(kind: Kind, entry: Entry, live: Live, inputs: PlanInput) -> Iterator[FieldDrift]:
    for rule in applied_rules(kind, entry, live):
        applied, now = entry.applied[rule.name], live_form(rule, live, inputs.keyed_hash)
        if not _is_unchanged(rule, applied, now, entry) and not both_passed(rule.name, applied, now, inputs.now):
            value = live.fields.get(rule.name)
            if rule.personal or rule.hashed:
                yield FieldDrift(rule.name, None, None, hidden=True)
            else:
                yield FieldDrift(rule.name, in_spec_form(applied, value), value, long=rule.multiline)


def applied_rules(kind: Kind, entry: Entry, live: Live) -> Iterator[Field]:
    """The rules of the fields that are compared. One that held a secret is kept as a hash, whatever its rule says.

    Before its launch a campaign carries stand-in times, which say nothing.
    """
    is_new = bool(live.status.state == "halt" and live.status.marker and live.status.marker.phase == "new")
    for rule in kind.fields:
        if rule.name not in entry.applied or rule.custom_diff or rule.write_only:
            continue
        if not (is_new and kind.can_be_halted and rule.name in _NOT_WHILE_NEW):
            yield replace(rule, hashed=True) if was_secret(rule, entry) else rule


def live_form(rule: Field, live: Live, seal: Any) -> Any:
    """A live value in the form in which the state keeps it."""
    return stored(rule, rule.normalize(live.fields.get(rule.name)), seal)


def _is_unchanged(rule: Field, applied: Any, now: Any, entry: Entry) -> bool:
    """Equal, computed by the service where nobody set it, or as the service is known to echo what was sent."""
    if applied == now or (rule.computed and applied in ("", None)):
        return True
    echo = None if rule.affects_calling else entry.server_values.get(rule.name)
    return echo is not None and tuple(echo) == (applied, now)


def in_spec_form(applied: Any, live: Any) -> Any:
    """An applied value in the shape of the live one: normal forms write mappings as pairs or as JSON."""
    if not isinstance(live, dict):
        return applied
    if isinstance(applied, str):
        try:
            return json.loads(applied)
        except ValueError:
            return applied
    if isinstance(applied, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in applied):
        return {str(key): value for key, value in applied}
    return applied


# ---- receivers -------------------------------------------------------------------------------------------------------


def _has_other_receivers(inputs: PlanInput, kind: Kind, entry: Entry, live: Live) -> bool:
    """Only where a manifest still says what was applied."""
    item = inputs.desired.objects.get(entry.address)
    if item is None or not kind.reaches_people or "receivers" not in live.fields:
        return False
    ids = {address: known.id for address, known in inputs.known.entries.items()}
    receivers = resolve(item.fields.get("receivers", []), ids)
    if entry.applied.get("receivers") != inputs.keyed_hash(receivers):
        return False
    return not same_receivers(live, receivers, {}, PeopleNow(inputs), taken=taken_of(entry))


# ---- what a plan tells besides ---------------------------------------------------------------------------------------


def memberships(changes: Sequence[Change], known: Mapping[Address, Entry]) -> Iterator[Drift]:
    """Groups that are not filled as their manifests want, and lists whose accounts differ from their rows.

    The state holds no members, so these differences are a plan's: a manifest that was edited since shows here too.
    """
    for change in changes:
        entry = known.get(change.address)
        if entry is None:
            continue
        rows = change.rows if isinstance(change, ApplyRows) else None
        text = ""
        if change.members:
            text = _members_text(change.members)
        elif rows and (rows.create or rows.update):
            parts = [f"{len(rows.create):,} missing"] * bool(rows.create)
            parts += [f"{len(rows.update):,} differ"] * bool(rows.update)
            text = f"has other accounts than its rows: {', '.join(parts)}"
        if text:
            reason = "the state keeps no members"
            drift = _drift(entry, change.live, Cause.CONFIGURATION, text, "members")
            yield replace(drift, accepted=False, why_not=reason)


def _members_text(members: MemberChange) -> str:
    """Which members differ. Accounts that the plan creates are no drift: the manifest is new, not the live account."""
    missing, extra = sum(isinstance(account, str) for account in members.add), len(members.remove)
    parts = [f"{missing:,} missing"] * bool(missing) + [f"{extra:,} too many"] * bool(extra)
    return f"has other members than its manifest wants: {', '.join(parts)}" if parts else ""
