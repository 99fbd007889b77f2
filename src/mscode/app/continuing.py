"""The manifest of a campaign that goes on after one that broke off: for those whom it did not reach, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.environment import open_reader
from mscode.app.state import open_state
from mscode.app.workspace import load_environment, read_as_written
from mscode.errors import MscodeError, UsageError
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.plurals import count

if TYPE_CHECKING:
    from mscode.app.environment import Environment
    from mscode.app.invocation import Invocation
    from mscode.manifest.load.context import LoadContext
    from mscode.model.privacy import Masker
    from mscode.model.world import Known, Live, Outcomes

#: What of a campaign's manifest is not the new one's: its identity, its times, its people, and how many are wanted.
_NOT_COPIED = (
    "import",
    "renamedFrom",
    "lifecycle",
    "forEach",
    "state",
    "startTime",
    "endTime",
    "receivers",
    "acceptsWanted",
)
_NUMBERED = re.compile(r"(.*?)-([0-9]{1,4})\Z")
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Times:
    """When the new campaign calls, as `--start` and `--end` say it."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """The text of the manifest, the address of its campaign, how many people of how many it is for, and how many of them are to
    accept."""

    text: str
    address: Address
    people: int
    of: int
    wanted: int


def continue_campaign(inv: Invocation, directory: Path, address: Address, times: Times) -> Continuation:
    """The manifest of a campaign for those whom the one at `address` did not reach. Sends nothing but GET.

    UsageError where the times are none; MscodeError where there is no such campaign, where it has not finished, where nobody is
    left to be called or to accept, and where it is continued already.
    """
    environment = load_environment(inv, directory)
    reading, masker = read_as_written(inv, directory, environment)
    _refuse_unfit(reading, address)
    moments = _moments(environment, times)
    known = open_state(environment).known
    live, outcomes, now = _read(environment, reading, known, address, masker)
    if live is None:
        raise MscodeError(
            f"{address} is not in the live account", hint="`mscode plan` shows what it needs.", code="no-live"
        )
    left = _left(address, live, outcomes, now, int(reading.objects[address].fields["acceptsWanted"]))
    if _instant(moments.end) <= now:
        raise UsageError(f"--end: {times.end} has passed")
    if _instant(moments.start) < now:
        raise UsageError(f"--start: {times.start} has passed", hint="A campaign whose start has passed calls at once.")
    new = Address(address.section, _next_name(address, reading, known))
    text = _manifest(reading, address, new, moments, outcomes, left)
    return Continuation(text, new, len(outcomes.unreached), outcomes.people, left)


def _refuse_unfit(reading: LoadContext, address: Address) -> None:
    """MscodeError where the address is no campaign of the project, or where a group holds its unreached people already."""
    if not address.kind.can_be_halted:
        raise MscodeError(
            f"{address} cannot be continued",
            detail="Only an RSVP call tells person by person whom it reached.",
            code="not-a-campaign",
        )
    if address not in reading.objects:
        names = [str(other) for other in reading.objects if other.section == address.section]
        hint = did_you_mean(str(address), names) or f"The manifests declare {', '.join(names[:10]) or 'none'}."
        raise MscodeError(f"The manifests have no {address}", hint=hint, code="unknown-address")
    for other, item in reading.objects.items():
        source = item.members.replied if item.members else None
        if source is not None and source.is_unreached and source.campaign.address == address:
            raise MscodeError(
                f"{address} is continued already: {other} holds those whom it did not reach",
                detail=f"It stands in {item.place.file} line {item.place.line}. A second campaign would call them twice.",
                hint="Continue the campaign that calls this group, once it has finished.",
                code="continued-already",
            )


def _moments(environment: Environment, times: Times) -> Times:
    """Both times in spec form; UsageError where one is none, or the end is not after the start."""
    start, end = (
        _parsed(environment, option, text) for option, text in (("--start", times.start), ("--end", times.end))
    )
    if _instant(end) <= _instant(start):
        raise UsageError("--end must be after --start")
    return Times(start, end)


def _parsed(environment: Environment, option: str, text: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from mscode.kinds.fields.types import Instant
    from mscode.model.world import SpecContext

    zone = environment.project.planning().zone
    try:
        return str(TypeAdapter(Instant).validate_python(text, context=SpecContext(zone)))
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f'{option}: "{text[:80]}" {reason}') from None


def _instant(text: str) -> datetime:
    from mscode.model.calling_window import parse_instant

    return parse_instant(text)


def _read(
    environment: Environment, reading: LoadContext, known: Known, address: Address, masker: Masker
) -> tuple[Live | None, Outcomes, datetime]:
    """The live campaign (None where there is none), whom it reached, and the service's time."""
    from mscode.engine.account.outcomes import outcomes_of
    from mscode.engine.account.read import read_list
    from mscode.engine.account.replies import live_of_address
    from mscode.model.world import DesiredWorld, Outcomes

    with open_reader(environment, masker=masker) as reader:
        account = environment.account(reader)
        world = DesiredWorld(environment.project.planning(), reading.objects)
        listed = {address.section: read_list(account, address.kind)}
        live = next(iter(live_of_address(address, account, world, known, listed)), None)
        outcomes = outcomes_of(account, live) if live is not None else Outcomes(frozenset(), frozenset())
        return live, outcomes, reader.now() or datetime.now(UTC)


def _left(address: Address, live: Live, outcomes: Outcomes, now: datetime, wanted: int) -> int:
    """How many are still to accept. MscodeError where it has not finished, or there is nothing left to do."""
    from mscode.plan.guards.unfinished_campaign import has_finished

    if not has_finished(live, now):
        raise MscodeError(
            f"{address} has not finished: it is {live.status.state_in_words}",
            detail="It may still call those whom it has not reached, and they would be called twice.",
            hint="Wait until it is complete, or halt it and wait until its end has passed.",
            code="not-finished",
        )
    if outcomes.accepted >= wanted:
        raise MscodeError(
            f"Nothing is left of {address}: {count(outcomes.accepted, 'person')} accepted, of {wanted:,} wanted",
            code="nothing-left",
        )
    if not outcomes.unreached:
        raise MscodeError(
            f"Nobody is left of {address}: each of its {count(outcomes.people, 'person')} was reached",
            code="nobody-left",
        )
    return wanted - outcomes.accepted


def _next_name(address: Address, reading: LoadContext, known: Known) -> str:
    """The name with the next number (invite-2, invite-3) that neither manifests nor state have."""
    from mscode.model.kind import kind_of

    base = f"{address.name}-{address.key}" if address.key else address.name
    numbered = _NUMBERED.match(base)
    stem, number = (numbered[1], int(numbered[2])) if numbered and int(numbered[2]) > 1 else (base, 1)
    taken = {
        known_address.name
        for known_address in (*reading.declared, *known.entries, *known.intents, *(s.address for s in known.tombstones))
        if known_address.section == address.section
    }
    groups = {declared.name for declared in reading.declared if declared.section == kind_of("group").section}
    while True:
        number += 1
        name = f"{stem[: _LONGEST_NAME - len(_GROUP_SUFFIX) - 6]}-{number}"
        if name not in taken and f"{name}{_GROUP_SUFFIX}" not in groups:
            return name


_GROUP_SUFFIX = "-unreached"


def _manifest(reading: LoadContext, address: Address, new: Address, times: Times, outcomes: Outcomes, left: int) -> str:
    from mscode.kinds.fields.shape import spec_shape
    from mscode.manifest.export.secrets import secrets_of
    from mscode.manifest.yaml.writer import mapping
    from mscode.model.kind import kind_of
    from mscode.model.values import Scalar, replace_leaves

    secrets = secrets_of(reading.values)

    def as_written(leaf: Any) -> Any:
        """Secret variables by their names; a scalar keeps its quotes, or has none."""
        written = secrets.written(str(leaf)) if isinstance(leaf, str) else leaf
        return leaf if written == leaf else written

    group = f"{new.name}{_GROUP_SUFFIX}"
    zone = reading.project.planning().zone
    fields = spec_shape(address.kind.spec).fields

    def moment(name: str, text: str) -> Any:
        shape = fields[name].written
        return shape.form(text, zone) if shape is not None else Scalar(text)

    written: Mapping[str, Any] = reading.written[address].data() or {}
    copied = {name: replace_leaves(value, as_written) for name, value in written.items() if name not in _NOT_COPIED}
    source = f"{address.name}.{address.key}" if address.key else address.name
    campaign = {
        "startTime": moment("startTime", times.start),
        "endTime": moment("endTime", times.end),
        **copied,
        "receivers": [{"group": group}],
        "acceptsWanted": left,
    }
    members = {"replied": {"campaign": source, "reply": "unreached"}}
    data = {
        "apiVersion": Scalar("mscode/v1"),
        kind_of("group").section: {
            group: {"description": f"Those whom {address} did not reach", "members": members},
        },
        address.section: {new.name: campaign},
    }
    head = (
        f"# Continues {address}, which reached {len(outcomes.reached):,} of {count(outcomes.people, 'person')}; "
        f"{outcomes.accepted:,} accepted. Written by `mscode continue`.\n"
    )
    return head + "\n".join(mapping(data)) + "\n"


def write_manifest(path: Path, text: str) -> None:
    """Write the manifest into a new file; ConfigError where one is there already, or where it cannot be written."""
    from mscode.app.export import write_new

    write_new(path.parent, {path.name: text})
