"""Drift as people read it: operator action and drift of configuration like changes of a plan, progress a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mscode.plan.change import FieldChange, Plan
from mscode.plan.drift.detect import Cause, Drift, FieldDrift
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.plan.render_context import RenderContext, look_at
from mscode.views.plan.rows import Row, field_row, render_rows
from mscode.views.plan.segments import EMPTY, Line, Segment, line
from mscode.views.text.masking import Mask
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.words import count

TITLES = {
    Cause.OPERATOR: "Operator action",
    Cause.CONFIGURATION: "Drift of configuration",
    Cause.PROGRESS: "Progress",
}
NONE = "No drift. The live account is as it was last applied."


def render_drift(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> Iterator[Line]:
    """What `mscode drift` prints."""
    look = drift_look(plan, show_people=show_people, mask=mask)
    yield line(Segment(headline(plan), "bold"))
    yield EMPTY
    yield line(f"{_compared(plan)}.")
    for cause, title in TITLES.items():
        found = [one for one in plan.drift if one.cause is cause]
        if found:
            yield EMPTY
            yield line(Segment(f"{title}:", "bold"))
            yield EMPTY
            yield from section(found, look)
    yield from _notes(plan, look)


def render_refresh(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> Iterator[Line]:
    """What `plan --refresh-only` prints, in Terraform's words."""
    look = drift_look(plan, show_people=show_people, mask=mask)
    found = [one for one in plan.drift if one.matters and one.accepted]
    if not found:
        yield line(Segment("No changes. The live account still matches the state.", "bold"))
        yield EMPTY
        yield line(f"{_compared(plan)} and found no differences to accept.")
    else:
        yield line(Segment("Note: Objects have changed outside of mscode", "bold"))
        yield EMPTY
        yield line('mscode detected the following changes made outside of mscode since the last "mscode apply":')
        yield EMPTY
        yield from section(found, look)
        yield EMPTY
        yield line(
            "This is a refresh-only plan, so mscode will not take any actions to undo these. If you were expecting these"
        )
        yield line(
            "changes then you can apply this plan to record the live values in the state, without changing anything live."
        )
        yield EMPTY
        yield line(Segment(refresh_line(plan), "bold"))
    yield from _left(plan)


def refresh_line(plan: Plan) -> str:
    """`Refresh: 2 objects would be accepted into the state, 1 would leave it.`"""
    found = [one for one in plan.drift if one.matters and one.accepted]
    gone = {one.address for one in found if one.live is None}
    stay = {one.address for one in found} - gone
    parts = [f"{count(len(stay), 'object')} would be accepted into the state"] if stay or not gone else []
    parts += [
        f"{count(len(gone), 'object')} would leave it"
        if stay
        else f"{count(len(gone), 'object')} would leave the state"
    ]
    return f"Refresh: {', '.join(parts if gone else parts[:1])}."


def headline(plan: Plan) -> str:
    """The first line: counts of what matters, or that there is nothing."""
    operator, configuration = (_many(plan, cause) for cause in (Cause.OPERATOR, Cause.CONFIGURATION))
    if not operator and not configuration:
        return NONE
    parts = [count(operator, "operator action")] if operator else []
    parts += [f"{count(configuration, 'drift')} of configuration"] if configuration else []
    return f"Drift: {', '.join(parts)}."


def _many(plan: Plan, cause: Cause) -> int:
    return sum(one.cause is cause for one in plan.drift)


def _compared(plan: Plan) -> str:
    what = f"{count(plan.compared, 'object')} of the state with the live account"
    return f"mscode compared {what} (environment {escape_unprintable(plan.environment)})"


def drift_look(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> RenderContext:
    """The look at what differs: ids are known by the addresses of what differs."""
    look = look_at(plan, show_people=show_people, mask=mask)
    return replace(look, names={(one.address.section, one.id): one.address for one in plan.drift})


# ---- one section -----------------------------------------------------------------------------------------------------


def section(found: Sequence[Drift], context: RenderContext) -> Iterator[Line]:
    """Each of them, a blank line between those that take several."""
    for at, one in enumerate(found):
        if one.standing is not None:
            yield line(
                "  ", escape_unprintable(f"{one.address} {context.privacy.text(one.text)}"), _counts(one.standing)
            )
            continue
        if at:
            yield EMPTY
        yield from _differing(one, context)


def _differing(one: Drift, context: RenderContext) -> Iterator[Line]:
    symbol = Segment("-", "red") if one.live is None else Segment("~", "yellow")
    yield line(Segment(f"  # {one.address} {escape_unprintable(context.privacy.text(one.text))}", "bold"))
    if not one.accepted:
        yield line(Segment(f"  # (--refresh-only leaves it: {escape_unprintable(one.why_not)})", "dim"))
    yield line("  ", symbol, " ", str(one.address))
    yield from render_rows([_row(field, context) for field in one.fields])


def _row(field: FieldDrift, context: RenderContext) -> Row:
    if field.hidden:
        return Row(field.name, [line(Segment("(differs; the state keeps a hash of it alone)", "dim"))])
    return field_row(FieldChange(field.name, field.applied, field.live, multiline=field.long), context, "changes")


def _counts(now: SendStatus) -> str:
    """`: 12 calls, 5 answered, 3 of 40 accepted`, nothing where nothing is counted."""
    text = counts(now)
    return f": {text}" if text else ""


def counts(now: SendStatus) -> str:
    """`12 calls, 5 answered, 3 of 40 accepted`; "" where nothing was called yet."""
    if not now.dialled:
        return ""
    accepted = f"{now.accepted:,} of {now.wanted:,} accepted" if now.wanted else f"{now.accepted:,} accepted"
    return f"{count(now.dialled, 'call')}, {now.answered:,} answered, {accepted}"


# ---- what stands below -----------------------------------------------------------------------------------------------


def _notes(plan: Plan, context: RenderContext) -> Iterator[Line]:
    for note in plan.notes:
        yield EMPTY
        yield line(Segment(f"Note: {escape_unprintable(context.privacy.text(note.text))}.", "dim"))


def _left(plan: Plan) -> Iterator[Line]:
    """What is different and cannot be taken into the state."""
    left: Iterable[Drift] = [one for one in plan.drift if one.matters and not one.accepted]
    for at, one in enumerate(left):
        if not at:
            yield EMPTY
            yield line("Not accepted into the state:")
        yield line(f"  {one.address} {escape_unprintable(one.text)}: {escape_unprintable(one.why_not)}")
