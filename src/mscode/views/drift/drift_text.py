"""Drift as people read it: operator action and drift of configuration like changes of a plan, progress a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mscode.model.plurals import count
from mscode.plan.change import FieldChange, Plan
from mscode.plan.drift.detect import Cause, Drift
from mscode.plan.lifecycle.send_status import SendStatus
from mscode.views.plan.render_context import RenderContext, plan_context
from mscode.views.plan.rows import Row, field_row, render_rows
from mscode.views.plan.segments import EMPTY, Line, Segment, line
from mscode.views.text.masking import Mask
from mscode.views.text.printable import escape_unprintable

TITLES = {
    Cause.OPERATOR: "Operator action",
    Cause.CONFIGURATION: "Drift of configuration",
    Cause.PROGRESS: "Progress",
}
NONE = "No drift. The live account is as it was last applied."


def render_drift(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> Iterator[Line]:
    """What `mscode drift` prints."""
    context = drift_context(plan, show_people=show_people, mask=mask)
    yield line(Segment(headline(plan), "bold"))
    yield EMPTY
    yield line(f"{_compared(plan)}.")
    for cause, title in TITLES.items():
        drifts = [drift for drift in plan.drift if drift.cause is cause]
        if drifts:
            yield EMPTY
            yield line(Segment(f"{title}:", "bold"))
            yield EMPTY
            yield from section(drifts, context)
    for note in plan.notes:
        yield EMPTY
        yield line(Segment(f"Note: {escape_unprintable(context.privacy.text(note.text))}.", "dim"))


def render_refresh(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> Iterator[Line]:
    """What `plan --refresh-only` prints, in Terraform's words."""
    context = drift_context(plan, show_people=show_people, mask=mask)
    accepted = [drift for drift in plan.drift if drift.matters and drift.accepted]
    if not accepted:
        yield line(Segment("No changes. The live account still matches the state.", "bold"))
        yield EMPTY
        yield line(f"{_compared(plan)} and found no differences to accept.")
    else:
        yield line(Segment("Note: Objects have changed outside of mscode", "bold"))
        yield EMPTY
        yield line('mscode detected the following changes made outside of mscode since the last "mscode apply":')
        yield EMPTY
        yield from section(accepted, context)
        yield EMPTY
        yield line(
            "This is a refresh-only plan, so mscode will not take any actions to undo these. If you were expecting these"
        )
        yield line(
            "changes then you can apply this plan to record the live values in the state, without changing anything live."
        )
        yield EMPTY
        yield line(Segment(refresh_line(plan), "bold"))
    refused = [drift for drift in plan.drift if drift.matters and not drift.accepted]
    for at, drift in enumerate(refused):
        if not at:
            yield EMPTY
            yield line("Not accepted into the state:")
        yield line(f"  {drift.address} {escape_unprintable(drift.text)}: {escape_unprintable(drift.why_not)}")


def refresh_line(plan: Plan) -> str:
    """`Refresh: 2 objects would be accepted into the state, 1 would leave it.`"""
    accepted = [drift for drift in plan.drift if drift.matters and drift.accepted]
    deleted = {drift.address for drift in accepted if drift.live is None}
    updated = {drift.address for drift in accepted} - deleted
    parts = [f"{count(len(updated), 'object')} would be accepted into the state"] if updated or not deleted else []
    parts += [
        f"{count(len(deleted), 'object')} would leave it"
        if updated
        else f"{count(len(deleted), 'object')} would leave the state"
    ]
    return f"Refresh: {', '.join(parts if deleted else parts[:1])}."


def headline(plan: Plan) -> str:
    """The first line: how much drift there is of either cause, progress apart; or that there is none."""
    operator, configuration = (
        sum(drift.cause is cause for drift in plan.drift) for cause in (Cause.OPERATOR, Cause.CONFIGURATION)
    )
    if not operator and not configuration:
        return NONE
    parts = [count(operator, "operator action")] if operator else []
    parts += [f"{count(configuration, 'drift')} of configuration"] if configuration else []
    return f"Drift: {', '.join(parts)}."


def _compared(plan: Plan) -> str:
    """`mscode compared 12 objects of the state with the live account (environment production)`."""
    comparison = f"{count(plan.compared, 'object')} of the state with the live account"
    return f"mscode compared {comparison} (environment {escape_unprintable(plan.environment)})"


def drift_context(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> RenderContext:
    """The context of a plan's drift: the ids that it knows are those of the objects that differ."""
    context = plan_context(plan, show_people=show_people, mask=mask)
    return replace(context, names={(drift.address.section, drift.id): drift.address for drift in plan.drift})


# ---- one section -----------------------------------------------------------------------------------------------------


def section(drifts: Sequence[Drift], context: RenderContext) -> Iterator[Line]:
    """The differences, with an empty line between those of several lines."""
    for at, drift in enumerate(drifts):
        if drift.standing is not None:
            text, numbers = (
                escape_unprintable(f"{drift.address} {context.privacy.text(drift.text)}"),
                counts(drift.standing),
            )
            yield line("  ", text, f": {numbers}" if numbers else "")
            continue
        if at:
            yield EMPTY
        yield from _difference(drift, context)


def _difference(drift: Drift, context: RenderContext) -> Iterator[Line]:
    symbol = Segment("-", "red") if drift.live is None else Segment("~", "yellow")
    yield line(Segment(f"  # {drift.address} {escape_unprintable(context.privacy.text(drift.text))}", "bold"))
    if not drift.accepted:
        yield line(Segment(f"  # (--refresh-only leaves it: {escape_unprintable(drift.why_not)})", "dim"))
    yield line("  ", symbol, " ", str(drift.address))
    rows = []
    for field in drift.fields:
        if field.hidden:
            rows.append(Row(field.name, [line(Segment("(differs; the state keeps a hash of it alone)", "dim"))]))
        else:
            change = FieldChange(field.name, field.applied, field.live, multiline=field.long)
            rows.append(field_row(change, context, "changes"))
    yield from render_rows(rows)


def counts(status: SendStatus) -> str:
    """`12 calls, 5 answered, 3 of 40 accepted`; "" before the first call."""
    if not status.dialled:
        return ""
    accepted = (
        f"{status.accepted:,} of {status.wanted:,} accepted" if status.wanted else f"{status.accepted:,} accepted"
    )
    return f"{count(status.dialled, 'call')}, {status.answered:,} answered, {accepted}"
