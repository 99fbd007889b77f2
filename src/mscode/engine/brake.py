"""`mscode halt`, the emergency brake: stops campaigns with nothing but the API (reconcile §6).

No manifests, no state, no lock: whoever can reach the account can stop what rings. It writes phase `held`, so that no later
apply starts the campaign again without --resume.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mscode.api.client import Client
from mscode.engine.details import live_of
from mscode.engine.read import read_list
from mscode.engine.target import Target
from mscode.errors import MscodeError, Rejected
from mscode.kind import Kind, registry
from mscode.plan.reach import LATEST_START
from mscode.windows import parse_instant
from mscode.wire import id_order
from mscode.world import MARKER_KEY, Live, Marker


@dataclass(frozen=True, slots=True)
class Choice:
    """Which campaigns: by address, by id, all of this project, or all there are.

    `known` maps addresses to ids, if a state is there.
    """

    addresses: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    everything_of_project: bool = False
    everything_in_account: bool = False
    known: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Halted:
    """What became of one campaign. `was` is the state it had; `error` is empty when it is halted now. `stand_in` is the id of a
    voice file that it was given, since one that it had is gone and the service takes no halt without.
    """

    id: str
    address: str
    was: str
    error: MscodeError | None = None
    stand_in: str = ""


def pull(client: Client, kind: Kind, target: Target, choice: Choice) -> tuple[list[Halted], list[str]]:
    """Halt the chosen unfinished campaigns, in parallel; also gives the addresses and ids that were not found."""
    campaigns = read_list(client, kind, target)
    chosen, missing = _choose(campaigns, target, choice)
    return client.map(lambda live: _halt(client, kind, target, live), chosen), missing


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What reaches people and has no halt: it can only be deleted. `address` is "" where it is not known."""

    kind: Kind
    id: str
    address: str


def going_on(client: Client, kinds: Sequence[Kind], target: Target, choice: Choice) -> list[GoesOn]:
    """This project's (or the account's) unfinished objects of kinds that have no halt."""
    found = []
    for kind in kinds:
        names = {live_id: a for a, live_id in (choice.known or {}).items() if a.startswith(f"{kind.section}.")}
        for live in read_list(client, kind, target).values():
            marker = live.life.marker if live.life else None
            is_ours = marker is not None and (marker.project, marker.environment) == (
                target.project,
                target.environment,
            )
            address = names.get(live.id) or (marker.address if marker and is_ours else "")
            if live.life is not None and not live.life.finished and (address or choice.everything_in_account):
                found.append(GoesOn(kind, live.id, address))
    return found


def _choose(campaigns: Mapping[str, Live], target: Target, choice: Choice) -> tuple[list[Live], list[str]]:
    by_address = _by_address(campaigns, target, choice.known or {})
    missing = [a for a in choice.addresses if not by_address.get(a)] + [i for i in choice.ids if i not in campaigns]
    chosen = {live.id: live for a in choice.addresses for live in by_address.get(a, ())}
    chosen |= {i: campaigns[i] for i in choice.ids if i in campaigns}
    if choice.everything_of_project:
        chosen |= {live.id: live for several in by_address.values() for live in several}
    if choice.everything_in_account:
        chosen |= campaigns
    return [live for live in chosen.values() if _is_to_halt(live)], missing


def _by_address(campaigns: Mapping[str, Live], target: Target, known: Mapping[str, str]) -> dict[str, list[Live]]:
    """This project's campaigns by address: all that carry its marker, and those that the state knows."""
    found: dict[str, list[Live]] = {}
    for live in campaigns.values():
        marker = live.life.marker if live.life else None
        if marker is not None and (marker.project, marker.environment) == (target.project, target.environment):
            found.setdefault(marker.address, []).append(live)
    for address, live_id in known.items():
        if live_id in campaigns and campaigns[live_id] not in found.setdefault(address, []):
            found[address].append(campaigns[live_id])
    return found


def _is_to_halt(live: Live) -> bool:
    """Unfinished, and not halted by the brake already. One that waits for its launch is held back too."""
    if live.life is None or live.life.finished:
        return False
    return live.life.running or (live.life.marker is not None and live.life.marker.phase != "held")


def _halt(client: Client, kind: Kind, target: Target, live: Live) -> Halted:
    marker = live.life.marker if live.life else None
    address, was = (marker.address if marker else ""), str(live.fields.get("state") or "")
    stand_in = ""
    try:
        stand_in = _put_halt(client, kind, target, live, replace(marker, phase="held") if marker else None)
        now = live_of(kind, client.get(target.item(kind.collection, live.id), what=address or f"campaign {live.id}"))
        if now.fields.get("state") not in ("halt", "complete"):
            raise MscodeError(
                f"{address or live.id} is {now.fields.get('state')} after it was told to halt",
                hint="Try again at once.",
            )
    except MscodeError as error:
        return Halted(live.id, address, was, error)
    except (ValueError, TypeError, KeyError) as error:  # one that cannot be written back must not stop the others' halt
        what = f"{address or f'campaign {live.id}'} cannot be halted: {type(error).__name__} in what the service lists of it"
        return Halted(live.id, address, was, MscodeError(what, hint="Halt it in the web interface."))
    return Halted(live.id, address, was, stand_in=stand_in)


def _put_halt(client: Client, kind: Kind, target: Target, live: Live, marker: Marker | None) -> str:
    """Send the halt. A campaign whose voice file was deleted is refused as it is, and gets one that can be played: its id."""
    path, what = target.item(kind.collection, live.id), marker.address if marker else f"campaign {live.id}"
    try:
        client.put(path, halting_body(client, kind, live, marker), what=what)
    except Rejected:
        stand_in, playable = _playable(client, kind, target, live)
        if not stand_in:
            raise
        client.put(path, halting_body(client, kind, replace(live, fields=playable), marker), what=what)
        return stand_in
    return ""


def _playable(client: Client, kind: Kind, target: Target, live: Live) -> tuple[str, dict[str, Any]]:
    """Its fields with a voice file that is ready in the place of each that is gone; "" where that would change nothing."""
    voices = registry()["voiceFiles"]
    assert voices.readiness is not None and kind.plays is not None
    ready = [
        one.id
        for one in read_list(client, voices, target).values()
        if one.raw.get(voices.readiness.field) == voices.readiness.ready
    ]
    gone = [one for one in kind.plays(live.fields) if one not in ready]
    if not (ready and gone):
        return "", {}
    spare = min(ready, key=id_order)
    played = {name: one if one in ready else spare for name, one in live.fields["voiceFiles"].items()}
    return spare, {**live.fields, "voiceFiles": played}


def halting_body(client: Client, kind: Kind, live: Live, marker: Marker | None) -> dict[str, Any]:
    """Every updatable field as it is, state halt, and the marker given, where the campaign carries one."""
    fields = {name: value for name, value in live.fields.items() if not kind.rules[name].grows} | {"state": "halt"}
    meta = live.fields.get("meta")
    fields["meta"] = {
        **(meta if isinstance(meta, dict) else {}),
        **({MARKER_KEY: str(marker)} if marker else {}),
    }
    now = client.now()
    start = fields.get("startTime")
    if now and start and parse_instant(start) < now - LATEST_START:
        del fields["startTime"]
    return kind.wire(fields)


def failed(halted: Sequence[Halted]) -> list[Halted]:
    return [one for one in halted if one.error is not None]
