"""A plan as people read it: legend, changes, notes, guards, totals, and whom a launch reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mscode.model.plurals import count
from mscode.plan.change import (
    ApplyRows,
    Change,
    Check,
    Create,
    Delete,
    Halt,
    HaltAndForget,
    Launch,
    Making,
    NoOp,
    Note,
    Plan,
    Replace,
    Update,
)
from mscode.plan.people.reach import MORE_ACCEPTS
from mscode.plan.words import Words
from mscode.views.plan.alike import Layout, laid_out, likeness, named_in
from mscode.views.plan.headline import STYLES, UNKNOWN, headline, legend, symbols
from mscode.views.plan.list_rows import list_rows
from mscode.views.plan.render_context import RenderContext, plan_context
from mscode.views.plan.rows import Row, Side, field_row, render_rows
from mscode.views.plan.scalars import LONGEST_TEXT, file_content, key, quote
from mscode.views.plan.segments import EMPTY, Line, Segment, Style, line, without_utf8
from mscode.views.plan.view import ChangeView, PlanView
from mscode.views.plan.view_json import read_view
from mscode.views.rehearsal.reading import read_rehearsal
from mscode.views.rehearsal.rehearsal_text import plan_lines
from mscode.views.text.findings import VERBS, finding_lines
from mscode.views.text.masking import Mask
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import with_weekday
from mscode.views.text.width import STANDARD
from mscode.views.text.words import at_most, section_noun

#: The column, from 0, in which the place of a change stands; after a longer headline it follows two spaces on.
PLACE_COLUMN = 62
#: The kind of note of a create whose outcome is unknown: such a plan is shown even where nothing changes.
UNKNOWN_KIND = "unknown-outcome"
#: Below like changes that are counted.
MORE = "(--compact shows a line of each, --no-compact all of it)"


def render_plan(
    plan: Plan,
    *,
    show_people: bool = False,
    utf8: bool = True,
    mask: Mask | None = None,
    compact: bool | None = None,
) -> Iterator[Line]:
    """The plan's lines. `mask` masks free text (default: phone numbers and e-mail addresses), `compact` as in alike.laid_out."""
    lines = render_view(view_of(plan, show_people=show_people, mask=mask), compact)
    yield from lines if utf8 else without_utf8(lines)


def render_json(
    data: Mapping[str, Any], *, utf8: bool = True, compact: bool | None = None, width: int = STANDARD
) -> Iterator[Line]:
    """The lines of a plan in JSON, the same as of the plan itself, and of its rehearsal, in `width` columns, where it has one;
    PlanError where it is none."""
    lines = render_view(read_view(data.get("view")), compact)
    yield from lines if utf8 else without_utf8(lines)
    if "rehearsal" in data:
        below = plan_lines(read_rehearsal(data["rehearsal"]), width)
        yield from below if utf8 else without_utf8(below)


def render_view(view: PlanView, compact: bool | None = None) -> Iterator[Line]:
    """The lines of what is shown of a plan; `compact` as in alike.laid_out."""
    yield from view.opening
    layout = laid_out(view.changes, compact)
    yield from _alike(layout)
    was_short = False
    for change in layout.others:
        is_short = layout.is_short(change)
        if was_short and not is_short:
            yield EMPTY
        yield from [_one_line(change)] if is_short else _in_full(change)
        was_short = is_short
    if was_short:
        yield EMPTY
    yield from view.remarks
    if view.totals:
        yield line(Segment(view.totals, "bold"))
    yield from (line(Segment(text, "magenta")) for text in view.launch)
    yield from view.ending


def _alike(layout: Layout) -> Iterator[Line]:
    """Like changes, counted; with a line for each of them where that is asked for."""
    for alike in layout.alike:
        yield line("  ", Segment(alike.symbol, STYLES[alike.symbol]), " ", Segment(alike.headline, "bold"))
        if alike.fields:
            yield line("      ", Segment(f"fields: {alike.fields}", "dim"))
        if layout.lines:
            yield from map(_one_line, alike.changes)
            yield EMPTY
    if layout.alike and not layout.lines:
        yield line("  ", Segment(MORE, "dim"))
        yield EMPTY


def _one_line(change: ChangeView) -> Line:
    """The symbols, the headline and the place of a change that is shown short."""
    return (Segment("  "), *_marks(change), *_with_place(Segment(change.headline), 4, change.place))


def _in_full(change: ChangeView) -> Iterator[Line]:
    """All that is shown of a change."""
    yield line(*_with_place(Segment(f"  # {change.headline}", "bold"), 0, change.place))
    yield from (line(Segment(f"  # ({remark})", "dim")) for remark in change.remarks)
    yield line("  ", *_marks(change), change.address)
    yield from render_rows(change.rows)
    yield EMPTY


def _marks(change: ChangeView) -> Iterator[Segment]:
    for symbol in change.symbols:
        yield from (Segment(symbol, STYLES[symbol]), Segment(" "))


def _with_place(title: Segment, indent: int, place: str) -> Iterator[Segment]:
    """The title, which begins in column `indent`, and the place in its column."""
    yield title
    if place:
        yield from (Segment(" " * max(2, PLACE_COLUMN - indent - len(title.text))), Segment(place, "dim"))


# ---- building the view -----------------------------------------------------------------------------------------------


def view_of(plan: Plan, *, show_people: bool = False, mask: Mask | None = None) -> PlanView:
    """Everything that is shown of a plan, masked."""
    context = plan_context(plan, show_people=show_people, mask=mask)
    named = named_in(plan)
    nothing = not plan.shown and not any(note.kind == UNKNOWN_KIND for note in plan.notes)
    return PlanView(
        opening=tuple(_nothing_to_do(plan) if nothing else _opening(plan)),
        changes=tuple(_change_view(change, context.at(change), named) for change in plan.shown),
        remarks=(*_notes(plan.notes, context), *_checks(plan.checks, context)),
        totals="" if nothing else totals_line(plan),
        launch=() if nothing else tuple(launch_line(plan)),
        ending=tuple(_ending(plan, context)),
    )


# ---- opening ---------------------------------------------------------------------------------------------------------


def _compared(plan: Plan) -> str:
    """`mscode compared 12 objects in 3 files with the live account (environment production)`."""
    where = f"with the live account (environment {escape_unprintable(plan.environment)})"
    return f"mscode compared {count(plan.compared, 'object')} in {count(plan.files, 'file')} {where}"


def _nothing_to_do(plan: Plan) -> Iterator[Line]:
    yield line(Segment("No changes. Your campaigns match the live account.", "bold"))
    yield EMPTY
    yield line(f"{_compared(plan)} and found nothing to do.")
    if any(check.status != "pass" for check in plan.checks) or plan.notes:
        yield EMPTY


def _opening(plan: Plan) -> Iterator[Line]:
    yield line(f"{_compared(plan)}. Actions are indicated with the following symbols:")
    occurring = [symbol for change in plan.shown for symbol in symbols(change)]
    unknown = [UNKNOWN for note in plan.notes if note.kind == UNKNOWN_KIND]
    for symbol, meaning in legend([*occurring, *unknown]):
        yield line("  ", Segment(symbol, STYLES[symbol]), f" {meaning}")
    yield EMPTY
    if plan.shown:
        yield line("mscode will perform the following actions:")
        yield EMPTY


# ---- one change ------------------------------------------------------------------------------------------------------


def _change_view(change: Change, context: RenderContext, named: Collection[str]) -> ChangeView:
    return ChangeView(
        address=str(change.address),
        symbols=symbols(change),
        headline=headline(change),
        place=f"{escape_unprintable(change.place.file)}:{change.place.line}" if change.place else "",
        remarks=tuple(_remarks(change, context)),
        rows=tuple(_rows(change, context)),
        like=likeness(change, named),
    )


def _remarks(change: Change, context: RenderContext) -> Iterator[str]:
    """The remarks in brackets below the headline: import, move, reason."""
    if change.is_import and not isinstance(change, NoOp):
        yield f"imported from {quote(change.import_id)}"
    if change.previous_address is not None and headline(change).startswith(f"{change.address} "):
        yield f"moved from {change.previous_address}"
    if change.reason and not change.halts:
        yield escape_unprintable(context.privacy.text(change.reason))
    if isinstance(change, Replace) and change.keeps_old:
        yield "the old one stays in the live account"


def _rows(change: Change, context: RenderContext) -> Iterator[Row]:
    if isinstance(change, NoOp) and change.is_import:
        yield Row("id", [line(quote(change.import_id))])
    side: Side = "comes" if isinstance(change, Create) else "goes" if isinstance(change, Delete) else "changes"
    for field in change.fields:
        if not (field.name == "state" and isinstance(change, Making) and change.launch):  # the headline says it
            yield field_row(field, context, side)
    if isinstance(change, ApplyRows):
        yield from list_rows(change.address.section, change.rows, context)
    if change.members is not None:
        added, removed = change.members.add, change.members.remove
        parts: list[Segment | str] = [Segment(f"+{len(added):,}", "green"), " "] if added or not removed else []
        parts += [Segment(f"-{len(removed):,}", "red"), " "] if removed else []
        yield Row("members", [line(*parts, f"({change.members.after:,} after)")])
    if change.address in context.words:
        yield Row("texts", children=[_words_row(part, context) for part in context.words[change.address]])
    yield from _launch_rows(change, change.launch, context)
    match change:
        case Update(unchanged=unchanged) | Halt(unchanged=unchanged) | Replace(unchanged=unchanged) if unchanged:
            yield Row("", remark=line(Segment(f"({count(unchanged, 'unchanged field')})", "dim")))
        case HaltAndForget():
            yield Row("", remark=line(Segment("then forgotten; its results stay", "dim")))


def _words_row(part: Words, context: RenderContext) -> Row:
    """`start: "Hello! This is the blood service."`: what people hear of a campaign, one part of it."""
    if part.recording is not None:
        return Row(key(part.role), [line(file_content(part.recording))])
    if part.text:
        seconds = f" (about {count(part.seconds, 'second')})"
        return Row(
            key(part.role), [line(quote(context.privacy.text(part.text), LONGEST_TEXT), Segment(seconds, "dim"))]
        )
    return Row(
        key(part.role), [line(f"voice file {quote(part.live_id)}", Segment(" (its words are not known)", "dim"))]
    )


def _launch_rows(change: Change, launch: Launch | None, context: RenderContext) -> Iterator[Row]:
    """Whom a launch reaches and when; and what a reviewer asks first, of what is not launched yet as well."""
    if launch is not None:
        yield from _reach_rows(change, launch, context)
    for fact in context.facts.get(change.address, ()):
        yield Row(fact.label, [line(escape_unprintable(context.privacy.text(fact.text)))])


def _reach_rows(change: Change, launch: Launch, context: RenderContext) -> Iterator[Row]:
    if campaigns := [name for name in launch.campaigns if name != str(change.address)]:
        yield Row("campaigns", [line(", ".join(map(escape_unprintable, campaigns)))])
    if launch.widens:
        yield Row(_more_label(launch), [line(escape_unprintable(", ".join(launch.widens)))])
    if launch.reach.unit == "call":
        yield Row("calls", [line(_calls(launch, context))])
    else:  # `1,204 people, one each, sent Tue 2026-12-01 11:00 Europe/Helsinki`
        parts = [count(launch.reach.people, "more person" if launch.reach.is_more else "person"), "one each"]
        parts += [f"sent {_moment(launch.reach.first_call, context)}"] if launch.reach.first_call else []
        yield Row("messages", [line(", ".join(parts))])
    if launch.reach.cents is not None:
        cents = f"{launch.reach.cents:,.10g} cents"  # the service names no currency
        yield Row("price", [line(f"about {cents} (what an earlier one was estimated at, per person)")])


def _more_label(launch: Launch) -> str:
    """What the aspects are of: more people of a campaign, more people by messages, or more calls."""
    if any(aspect.startswith(MORE_ACCEPTS) for aspect in launch.widens):
        return "reaches more people"
    return "calls more" if launch.reach.unit == "call" else "reaches more"


def _calls(launch: Launch, context: RenderContext) -> str:
    """`1,204 people, at most 4 times each, first call Tue 2026-12-01 11:00 Europe/Helsinki, last …`."""
    reach = launch.reach
    parts = [
        count(reach.people, "more person" if reach.is_more else "person"),
        f"at most {at_most(1 + reach.redials)} each",
    ]
    if reach.first_call:
        parts.append(f"first call {_moment(reach.first_call, context)}")
    if reach.last_call and reach.last_call != reach.first_call:
        parts.append(f"last {with_weekday(reach.last_call, context.zone)}")
    return ", ".join(parts)


def _moment(moment: datetime, context: RenderContext) -> str:
    return f"{with_weekday(moment, context.zone)} {context.zone_name}"


# ---- notes, guards, totals, what is not managed ----------------------------------------------------------------------


def _notes(notes: Sequence[Note], context: RenderContext) -> Iterator[Line]:
    if not notes:
        return
    yield line("Notes:")
    for note in notes:
        unknown: list[Segment | str] = [Segment(UNKNOWN, STYLES[UNKNOWN]), " "] if note.kind == UNKNOWN_KIND else []
        yield line("  ", *unknown, escape_unprintable(replace(note, text=context.privacy.text(note.text)).line))
        if note.detail:
            yield line("    ", Segment(escape_unprintable(context.privacy.text(note.detail)), "dim"))
    yield EMPTY


def _checks(checks: Sequence[Check], context: RenderContext) -> Iterator[Line]:
    open_guards = [check for check in checks if check.status != "pass" and not check.is_finding]
    for check in open_guards:
        verb = VERBS[check.status]
        reason = f" ({context.privacy.text(check.reason)})" if check.reason else ""
        summary = context.privacy.text(check.summary)
        text = f"Guard {check.name} {verb}: {summary}{reason}" if summary else f"Guard {check.name} {verb}{reason}:"
        style: Style = "red" if check.status == "fail" else "yellow"
        yield line(Segment(escape_unprintable(text), style))
        yield from (line(Segment(f"  {escape_unprintable(context.privacy.text(more))}", style)) for more in check.lines)
    if open_guards:
        yield EMPTY
    findings = list(finding_lines([check for check in checks if check.is_finding], context.privacy.text))
    for text, status in findings:
        colour: Style = "red" if status == "fail" else "yellow" if status in ("warn", "overridden") else "dim"
        yield line(Segment(escape_unprintable(text), colour))
    if findings:
        yield EMPTY


def totals_line(plan: Plan) -> str:
    """`Plan: 2 to add, 1 to change, 0 to destroy.`"""
    totals = plan.totals
    parts = [f"{n:,} to {verb}" for n, verb in ((totals.imports, "import"), (totals.moves, "move")) if n]
    parts += [f"{totals.adds:,} to add", f"{totals.changes:,} to change", f"{totals.destroys:,} to destroy"]
    parts += [f"{totals.forgets:,} to forget"] if totals.forgets else []
    return f"Plan: {', '.join(parts)}."


def launch_line(plan: Plan) -> Iterator[str]:
    """`Launch: 1 campaign, 1,204 people, at most 4,816 calls, first call …`: one line where the plan dials, else none.

    What is sent as messages counts as a mailing: `1 mailing, 1,204 people, 1,204 messages, first message …`. Each person counts
    once, whatever number of launches reaches them; calls are those of all campaigns together.
    """
    launches = [(c, c.launch) for c in plan.changes if c.launch is not None]
    if not launches:
        return
    calling = [(c, launch) for c, launch in launches if launch.reach.unit == "call"]
    writing = [(c, launch) for c, launch in launches if launch.reach.unit != "call"]
    people = len(frozenset[str]().union(*(launch.reach.phones for _, launch in launches)))
    calls = sum(launch.reach.max_calls for _, launch in calling)
    messages = sum(launch.reach.max_messages for _, launch in writing)
    parts = [count(len(_launched(calling)), "campaign")] if calling else []
    parts += [count(len(_launched(writing)), "mailing")] if writing else []
    parts += [count(people, "person")]
    parts += [f"at most {count(calls, 'call')}"] if calling else []
    parts += [count(messages, "message")] if writing else []
    context = plan_context(plan, show_people=False, mask=None)
    parts += [*_first(calling, "first call", context), *_first(writing, "first message", context)]
    yield f"Launch: {', '.join(parts)}."


Launches = Sequence[tuple[Change, Launch]]


def _launched(launches: Launches) -> set[str]:
    """The campaigns or mailings that start: of a group whose new members are reached, those that reach them."""
    return {name for change, launch in launches for name in launch.campaigns or (str(change.address),)}


def _first(launches: Launches, label: str, context: RenderContext) -> Iterator[str]:
    first = min((launch.reach.first_call for _, launch in launches if launch.reach.first_call), default=None)
    if first:
        yield f"{label} {_moment(first, context)}"


def _ending(plan: Plan, context: RenderContext) -> Iterator[Line]:
    """What --only and --exclude left out, which dependencies the selection includes, and what is not managed."""
    if plan.included_dependencies:
        yield line(
            f"Taken along, as what was selected uses it: {', '.join(map(escape_unprintable, plan.included_dependencies))}."
        )
    if plan.excluded:
        yield line(f"Left out by --only and --exclude: {count(plan.excluded, 'object')}.")
    counts = [count(n, section_noun(section)) for section, n in plan.unmanaged.items() if n]
    if counts or plan.orphaned_objects:
        yield EMPTY
    if counts:
        yield line(f"Not managed: {', '.join(counts)}.")
    for live in plan.unmanaged_objects:
        name = f" {quote(context.privacy.text(live.name))}" if live.name else ""
        yield line(f"  {live.section} id {escape_unprintable(live.id)}{name}")
    if plan.orphaned_objects:
        remark = "carries this project's marker, but neither state nor manifests know it; it is left alone"
        if plan.orphaned_objects > 1:
            remark = "carry this project's marker, but neither state nor manifests know them; they are left alone"
        yield line(f"Strays: {count(plan.orphaned_objects, 'object')} {remark}.")
