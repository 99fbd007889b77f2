"""A walk through a call or a message: what people hear or read in that order, which keys a text names, and what these do.

Made of what a plan makes, changes or launches, and only where somebody looks: the page of a plan shows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import Region
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Change, Check, Halt, NoOp, Plan, Wanted
from mscode.plan.checks.context import written_region
from mscode.plan.checks.gsm0338 import Segments, segments
from mscode.plan.checks.spoken_keys import AFTER_REPLY, Buttons, action_of, is_right, mentions
from mscode.plan.people.reach import fields_after
from mscode.plan.words import Words, words_of

#: The areas of rules that look at texts; what other rules find stands with the guards alone.
_OF_TEXTS = ("text", "sms", "email")


@dataclass(frozen=True, slots=True)
class SpokenKey:
    """A key that a text names: its words, the key, the action that the text says it is for ("" where it does not say), the action
    that it has ("" where it has none), and whether the two agree.
    """

    words: str
    key: str
    said: str
    mapped: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a walk. `checks` are the positions of its findings among the plan's checks. `after_reply`: it is played once a
    key has been pressed, or when nobody more is wanted.
    """

    words: Words
    after_reply: bool
    keys: tuple[SpokenKey, ...] = ()
    checks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """What one campaign or message lets people hear or read.

    `shown_at` is the change that lets it: its own, or that of a group whose new members it reaches. `checks` are findings of its
    texts that stand at none of them alone. `sent` is how a text message is sent.
    """

    address: Address
    shown_at: Address
    rings: bool
    buttons: Buttons
    steps: tuple[Step, ...]
    checks: tuple[int, ...] = ()
    sent: Segments | None = None


def walks(plan: Plan) -> Iterator[Walk]:
    """A walk for each campaign and message that the plan makes, changes or launches, in the order of its changes."""
    builder = plan.builder
    if builder is None:
        return
    by_campaign: dict[str, list[int]] = {}
    for at, check in enumerate(plan.checks):
        if check.is_finding and check.name.partition("/")[0] in _OF_TEXTS:
            for name in check.addresses:
                by_campaign.setdefault(name, []).append(at)
    wanted = {str(change.address): change for change in plan.changes if change.desired is not None}
    shown_at: dict[str, Address] = {name: change.address for name, change in wanted.items() if _is_own(change)}
    for change in plan.launches:
        for name in change.launch.campaigns if change.launch else ():
            shown_at.setdefault(name, change.address)
    for name, address in shown_at.items():
        walked = wanted.get(name)
        if walked is not None and walked.address.kind.reaches_people:
            yield _walk(builder, plan.checks, walked, address, by_campaign.get(name, []))


def _is_own(change: Change) -> bool:
    """Does the change stand at what it lets people hear: is it made, changed or launched?"""
    return change.launch is not None or not isinstance(change, NoOp | Halt)


def _walk(builder: PlanBuilder, checks: tuple[Check, ...], change: Wanted, shown_at: Address, found: list[int]) -> Walk:
    kind, fields = change.address.kind, fields_after(change)
    buttons: Buttons = fields.get("actionButtons") or {}
    steps, at_steps = [], set[int]()
    for words in words_of(builder, change):
        region = _region(builder, words)
        inside = tuple(at for at in found if region and _is_inside(checks[at].region, region))
        at_steps |= set(inside)
        steps.append(
            Step(
                words,
                bool(buttons) and words.role in AFTER_REPLY,
                tuple(_keys(words, buttons)) if buttons else (),
                inside,
            )
        )
    written = [step.words.text for step in steps if step.words.text]
    is_sms = kind.reached_by == "phone" and not kind.rings and written
    return Walk(
        change.address,
        shown_at,
        kind.rings,
        buttons,
        tuple(steps),
        tuple(at for at in found if at not in at_steps),
        segments(written[0]) if is_sms else None,
    )


def _keys(words: Words, buttons: Buttons) -> Iterator[SpokenKey]:
    for mention in mentions(words.text, words.language):
        said = " ".join(words.text[mention.start : mention.end].split())
        mapped = action_of(mention.key, buttons)
        yield SpokenKey(said, mention.key, mention.action, mapped, is_right(mention, buttons))


def _region(builder: PlanBuilder, words: Words) -> Region | None:
    """Where the text stands as a whole; None where no manifest has it."""
    item = builder.inputs.whole.objects.get(words.origin) if words.origin else None
    return written_region(item, words.path) if item and words.text else None


def _is_inside(part: Region | None, whole: Region) -> bool:
    if part is None or part.place.file != whole.place.file:
        return False
    begins = (part.place.line, part.place.column)
    return (whole.place.line, whole.place.column) <= begins < (whole.end_line, max(1, whole.end_column)) or begins == (
        whole.place.line,
        whole.place.column,
    )
