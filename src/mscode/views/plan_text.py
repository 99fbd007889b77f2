"""A plan as people read it, in Terraform's manner (contract §4). Gives styled lines; the console decides about colour."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from mscode.plan.change import Action, Change, FieldChange, Launch, MemberChange, Plan
from mscode.plan.diff import leaf_changes
from mscode.values import Ref
from mscode.views.printable import visible
from mscode.views.values import Show, people, plural

Piece = tuple[str, str]
Line = list[Piece]

LEGEND = (
    ("+", "create"),
    ("~", "update in-place"),
    ("-", "destroy"),
    ("-/+", "destroy and then create replacement"),
    ("+/-", "create replacement and then destroy"),
    ("=", "import"),
    (">", "move"),
    (".", "forget"),
    ("?", "unknown outcome"),
    ("☎", "starts dialling people"),
)
STYLE = {"+": "green", "~": "yellow", "-": "red", "-/+": "red", "+/-": "red", "=": "cyan", ">": "cyan", ".": "dim", "☎": "magenta", "?": "red"}
WORDS = {
    "accounts": "account",
    "filters": "filter",
    "groups": "group",
    "voiceFiles": "voice file",
    "rsvpCalls": "RSVP call",
}
PLACE_COLUMN = 64


def render_plan(plan: Plan, *, show_people: bool = False) -> Iterator[Line]:
    """The whole plan, line by line."""
    show = Show(plan.zone_name, plan.window_zone_name, show_people=show_people)
    if plan.shown:
        yield from _head(plan)
        for change in plan.shown:
            yield from _change(change, show)
            yield _plain("")
    yield from _notes(plan)
    yield from _checks(plan)
    if plan.shown:
        yield [("bold", totals_line(plan))]
        if plan.launches:
            yield [("magenta", launch_line(plan, show))]
    else:
        yield [("green", "No changes. Your campaigns match the live account.")]
    if plan.unmanaged:
        yield _plain("Not managed: " + ", ".join(plural(n, WORDS.get(s, s)) for s, n in plan.unmanaged.items()) + ".")


def _plain(text: str) -> Line:
    return [("", text)]


def _head(plan: Plan) -> Iterator[Line]:
    compared = f"{plural(plan.compared, 'object')} in {plural(plan.files, 'file')}"
    yield _plain(
        f"mscode compared {compared} with the live account (environment {visible(plan.environment)}). "
        "Actions are indicated with the following symbols:"
    )
    occurring = {symbol for change in plan.shown for symbol in symbols(change)}
    for symbol, meaning in LEGEND:
        if symbol in occurring:
            yield [("", "  "), (STYLE[symbol], symbol), ("", f" {meaning}")]
    yield _plain("")
    yield _plain("mscode will perform the following actions:")
    yield _plain("")


# ---- symbols and headlines -------------------------------------------------------------------------------------------


def symbols(change: Change) -> list[str]:
    """The symbols of a change, in the order in which they stand before its address."""
    marks = []
    if change.is_import:
        marks.append("=")
    if change.is_move:
        marks.append(">")
    main = _main_symbol(change)
    if main:
        marks.append(main)
    if change.launch is not None:
        marks.append("☎")
    return marks


def _main_symbol(change: Change) -> str:
    if change.halts:
        return "~"
    return {
        Action.CREATE: "+",
        Action.UPDATE: "~",
        Action.DELETE: "-",
        Action.REPLACE_DELETE_FIRST: "-/+",
        Action.REPLACE_CREATE_FIRST: "+/-",
        Action.FORGET: ".",
        Action.NOOP: "",
    }[change.action]


def headlines(change: Change) -> list[str]:
    """What will happen, in the contract's words: one line, more where it is moved or imported as well."""
    lines = []
    if change.previous_address is not None:
        lines.append(f"{change.previous_address} has moved to {change.address}")
    if change.is_import:
        lines.append(f"{change.address} will be imported")
    main = _headline(change)
    if main:
        lines.append(f"{change.address} {main}")
    return lines


def _headline(change: Change) -> str:
    if change.halts:
        return "will be halted"
    if change.action is Action.NOOP:
        return _launched(change.launch) if change.launch else ""
    if change.action is Action.UPDATE:
        return _updated(change)
    return {
        Action.CREATE: "will be created and launched" if change.launch else "will be created",
        Action.DELETE: "will be destroyed",
        Action.FORGET: "will be forgotten",
        Action.REPLACE_CREATE_FIRST: "must be replaced",
        Action.REPLACE_DELETE_FIRST: "must be replaced",
    }[change.action]


def _launched(launch: Launch) -> str:
    why = {"interrupted": " ☎ resume (edit interrupted)", "resume": " (resume)"}.get(launch.reason, "")
    return f"will be launched{why}"


def _updated(change: Change) -> str:
    launch = change.launch
    if launch is None:
        return "will be updated in-place"
    if launch.reach.is_more:
        return f"will be updated in-place and reaches {_more(launch.reach.people)}"
    if launch.reason == "edit":
        return "will be updated in-place"
    return f"will be updated in-place and {_launched(launch).removeprefix('will be ')}"


def _more(count: int) -> str:
    return "1 more person" if count == 1 else f"{count:,} more people"


# ---- one change ------------------------------------------------------------------------------------------------------


def _change(change: Change, show: Show) -> Iterator[Line]:
    for at, headline in enumerate(headlines(change)):
        text = f"  # {headline}"
        place = f"{visible(change.place.file)}:{change.place.line}" if change.place and at == 0 else ""
        yield [("bold", text), ("dim", f"{' ' * max(2, PLACE_COLUMN - len(text))}{place}" if place else "")]
    marks = symbols(change)
    prefix: Line = [("", "  ")]
    for mark in marks:
        prefix += [(STYLE[mark], mark), ("", " ")]
    yield [*prefix, ("bold", str(change.address)), ("", f" [id={change.live.id}]" if change.live and not change.is_shown else "")]
    yield from _body(change, show)


def _body(change: Change, show: Show) -> Iterator[Line]:
    rows = list(_rows(change, show))
    width = max((len(name) for name, _, _ in rows), default=0) + 1
    for name, pieces, tail in rows:
        yield [("", f"      {name + ':':<{width}} "), *pieces, ("red", tail)]
    if change.unchanged and change.action in (Action.UPDATE, Action.REPLACE_CREATE_FIRST, Action.REPLACE_DELETE_FIRST):
        yield [("dim", f"      ({plural(change.unchanged, 'unchanged field')})")]
    if change.reason:
        yield [("dim", f"      ({visible(change.reason)})")]


Row = tuple[str, Line, str]


def _rows(change: Change, show: Show) -> Iterator[Row]:
    day = change.launch.reach.first_call if change.launch else None
    shown = change.fields
    for field in shown:
        if change.action is Action.DELETE:
            yield field.name, _plain(_before(field, change, show)), ""
        elif field.name == "receivers":
            yield "receivers", _plain(_receivers(field, change, show)), _forces(field)
        elif field.before is None and change.action is Action.CREATE:
            if field.name != "state" or field.after != "active":
                yield from _created(field, show, day)
        else:
            yield from _changed(field, show, day)
    if change.members is not None and change.action is not Action.DELETE:
        yield "members", _plain(members_text(change.members)), ""
    if change.launch is not None:
        yield from _launch_rows(change.launch, show)


def _forces(field: FieldChange) -> str:
    return "  # forces replacement" if field.forces_replacement else ""


def _before(field: FieldChange, change: Change, show: Show) -> str:
    if field.name == "receivers":
        return plural(len(field.before), "receiver")
    return show.field(field, field.before)


def _created(field: FieldChange, show: Show, day: Any) -> Iterator[Row]:
    if isinstance(field.after, dict) and field.name in ("voiceFiles", "actionButtons"):
        for key, value in field.after.items():
            yield f"{field.name}.{visible(str(key))}", _plain(_few(value, show)), ""
    elif field.name == "conditions":
        yield "conditions", _plain("; ".join(_condition(c, show) for c in field.after)), ""
    else:
        yield field.name, _plain(show.field(field, field.after, day)), ""


def _few(value: Any, show: Show) -> str:
    return ", ".join(show.plain(v).strip('"') for v in value) if isinstance(value, list) else show.plain(value)


def _condition(condition: dict[str, Any], show: Show) -> str:
    return f"{visible(str(condition.get('field')))} {visible(str(condition.get('operator')))} {show.plain(condition.get('value'))}"


def _changed(field: FieldChange, show: Show, day: Any) -> Iterator[Row]:
    if isinstance(field.before, dict) and isinstance(field.after, dict) and not field.to_default:
        yield from _leaves(field, show)
        return
    if field.name == "conditions":
        before, after = ("; ".join(_condition(c, show) for c in side or ()) for side in (field.before, field.after))
        yield field.name, _arrow(before, after), _forces(field)
    elif field.long and field.before and field.after and not field.personal and not field.to_default:
        yield field.name, _words(str(field.before), str(field.after), show), _forces(field)
    else:
        after = "(default)" if field.to_default else show.field(field, field.after, day)
        yield field.name, _arrow(show.field(field, field.before, day), after), _forces(field)


def _arrow(before: str, after: str) -> Line:
    return [("red", before), ("", " -> "), ("green", after)]


def _leaves(field: FieldChange, show: Show) -> Iterator[Row]:
    """Nested values leaf by leaf; a reference that stays the name and changes the object says so."""
    for path, before, after in leaf_changes(_named(field.before), _named(field.after)):
        old = "(none)" if before is None else show.plain(before)
        new = "(none)" if after is None else show.plain(after)
        yield f"{field.name}.{visible(path)}" if path else field.name, _arrow(old, new), _forces(field)


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _named(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_named(one) for one in value]
    return f"{value.address}" if isinstance(value, Ref) else value


def _words(before: str, after: str, show: Show) -> Line:
    """A word diff: `[-old-]{+new+}`."""
    old, new = show.plain(before)[1:-1].split(" "), show.plain(after)[1:-1].split(" ")
    line: Line = [("", '"')]
    for op, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        space = " " if len(line) > 1 else ""
        if op == "equal":
            line.append(("", space + " ".join(old[a:b])))
            continue
        if b > a:
            line += [("", space), ("red", f"[-{' '.join(old[a:b])}-]")]
            space = ""
        if d > c:
            line += [("", space), ("green", f"{{+{' '.join(new[c:d])}+}}")]
    return [*line, ("", '"')]


def members_text(members: MemberChange) -> str:
    """`+12 -3 (1,204 after)`."""
    added = [f"+{len(members.add):,}"] if members.add or not members.remove else []
    removed = [f"-{len(members.remove):,}"] if members.remove else []
    return f"{' '.join(added + removed)} ({members.after:,} after)"


def _receivers(field: FieldChange, change: Change, show: Show) -> str:
    counts = dict(change.launch.reach.via) if change.launch else {}
    if change.action is Action.CREATE or (change.launch and not change.launch.reach.is_more and not field.before):
        return _listed([_receiver(r, show, counts) for r in field.after])
    before, after = ([_receiver(r, show, {}) for r in side or ()] for side in (field.before, field.after))
    signs = [f"-{r}" for r in before if r not in after] + [f"+{r}" for r in after if r not in before]
    return _listed(signs)


def _listed(items: list[str]) -> str:
    return ", ".join(items[:10]) + (f", … {len(items) - 10:,} more" if len(items) > 10 else "")


def _receiver(receiver: dict[str, Any], show: Show, counts: dict[str, int]) -> str:
    key, value = next(iter(receiver.items()))
    name = str(value.address) if isinstance(value, Ref) else f"{key.removesuffix('Id')} {show.personal(value)[1:-1] if key == 'phone' else visible(str(value))}"
    label = str(value.address) if isinstance(value, Ref) else f"{key.removesuffix('Id')} {value}"
    return f"{name} ({people(counts[label])})" if label in counts and key.startswith("group") else name


def _launch_rows(launch: Launch, show: Show) -> Iterator[Row]:
    reach = launch.reach
    times = "once" if reach.redials == 0 else f"at most {reach.redials + 1} times"
    first = show.moment(reach.first_call)
    last = show.moment(reach.last_call, zone=False)
    more = "more " if reach.is_more else ""
    count = people(reach.people).replace(" ", f" {more}", 1) if more else people(reach.people)
    if launch.widens:
        yield "calls more", _plain(", ".join(launch.widens)), ""
    if launch.campaigns and launch.reason == "reaches-more":
        yield "called by", _plain(", ".join(visible(c) for c in launch.campaigns)), ""
    yield "calls", [("magenta", f"{count}, {times} each, first call {first}, last {last}")], ""


# ---- the end of a plan -----------------------------------------------------------------------------------------------


def _notes(plan: Plan) -> Iterator[Line]:
    for note in plan.notes:
        yield [("yellow", f"Note: {note.address} {visible(note.text)}")]
        if note.detail:
            yield _plain(f"  {visible(note.detail)}")
    if plan.strays:
        yield [("yellow", f"Note: {plural(plan.strays, 'live campaign')} with this project's marker, known to neither state nor manifests")]
    if plan.notes or plan.strays:
        yield _plain("")


def _checks(plan: Plan) -> Iterator[Line]:
    told = [check for check in plan.checks if check.status != "pass"]
    for check in told:
        verb = {"fail": "refuses this plan", "warn": "warns", "overridden": "was overridden"}[check.status]
        style = "red" if check.status == "fail" else "yellow"
        yield [(style, f"Guard {check.name} {verb}: {visible(check.message)}")]
        if check.reason:
            yield _plain(f"  Reason: {visible(check.reason)}")
    if told:
        yield _plain("")


def totals_line(plan: Plan) -> str:
    """`Plan: 2 to add, 1 to change, 0 to destroy.`"""
    t = plan.totals
    first = [f"{t.imports} to import"] * bool(t.imports) + [f"{t.moves} to move"] * bool(t.moves)
    last = [f"{t.forgets} to forget"] * bool(t.forgets)
    return "Plan: " + ", ".join([*first, f"{t.adds} to add", f"{t.changes} to change", f"{t.destroys} to destroy", *last]) + "."


def launch_line(plan: Plan, show: Show) -> str:
    """`Launch: 1 campaign, 1,204 people, at most 4,816 calls, first call Tue …`"""
    reaches = [c.launch.reach for c in plan.launches if c.launch]
    names = {name for c in plan.launches if c.launch for name in (c.launch.campaigns or (str(c.address),))}
    count = len(frozenset().union(*(r.phones for r in reaches)))
    calls = sum(r.max_calls for r in reaches)
    first = min((r.first_call for r in reaches if r.first_call), default=None)
    return (
        f"Launch: {plural(len(names), 'campaign')}, {people(count)}, at most {plural(calls, 'call')}, first call {show.moment(first)}."
    )
