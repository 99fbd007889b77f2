"""Symbols and headlines of changes: one table of symbols with its legend, and the sentence on top of each change."""

from __future__ import annotations

from collections.abc import Iterable

from mscode.model.plurals import count
from mscode.plan.change import Action, Change, Delete, Forget, Halt, HaltAndForget, Launch, Replace
from mscode.views.plan.segments import Style

DIALS = "☎"
WRITES = "✉"
UNKNOWN = "?"
#: Symbol -> what the legend says, in the legend's order.
LEGEND: dict[str, str] = {
    "+": "create",
    "~": "update in-place",
    "-": "destroy",
    "-/+": "destroy and then create replacement",
    "+/-": "create replacement and then destroy",
    "=": "import",
    ">": "move",
    ".": "forget",
    UNKNOWN: "unknown outcome",
    DIALS: "starts dialling people",
    WRITES: "writes to people",
}
STYLES: dict[str, Style] = {
    "+": "green",
    "~": "yellow",
    "-": "red",
    "-/+": "red",
    "+/-": "green",
    "=": "dim",
    ">": "dim",
    ".": "dim",
    UNKNOWN: "yellow",
    DIALS: "magenta",
    WRITES: "magenta",
}
_SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.REPLACE_DELETE_FIRST: "-/+",
    Action.REPLACE_CREATE_FIRST: "+/-",
    Action.FORGET: ".",
}
#: How a headline ends where a halted campaign is resumed, by the reason of its launch.
_RESUMES = {"resume": "", "interrupted": ": resume (edit interrupted)"}


def symbols(change: Change) -> tuple[str, ...]:
    """The symbols of a change, that of its verb first."""
    if change.halts:
        verb = "~"
    elif change.action is not Action.NOOP:
        verb = _SYMBOLS[change.action]
    else:
        verb = "=" if change.is_import else ">" if change.is_move else ""
    launch = "" if change.launch is None else DIALS if change.launch.reach.unit == "call" else WRITES
    return tuple(symbol for symbol in (verb, launch) if symbol)


def legend(occurring: Iterable[str]) -> list[tuple[str, str]]:
    """Symbol and meaning of those that occur, in the legend's order."""
    present = set(occurring)
    return [(symbol, meaning) for symbol, meaning in LEGEND.items() if symbol in present]


def headline(change: Change) -> str:
    """`rsvpCalls.invite will be created and launched`."""
    if change.action is Action.NOOP and change.previous_address is not None and change.launch is None:
        return f"{change.previous_address} has moved to {change.address}"
    return f"{change.address} {_predicate(change)}"


def _predicate(change: Change) -> str:
    launch = change.launch
    match change:
        case Halt() | HaltAndForget():
            return "will be halted"
        case Delete():
            return "will be destroyed"
        case Forget():
            return "will be forgotten"
        case Replace():
            return "must be replaced" + (" and launched" if launch else "")
    match change.action:
        case Action.CREATE:
            return "will be created" + (" and launched" if launch else "")
        case Action.UPDATE:
            return f"will be updated in-place{_and_launched(launch)}"
        case _:
            return _launched(change, launch) if launch else "will be imported"


def _launched(change: Change, launch: Launch) -> str:
    """The predicate of a change that launches and sets no field."""
    if launch.reason == "reaches-more":
        return _more(launch).removeprefix("and ") or "will be launched"
    verb = "will be imported and launched" if change.is_import else "will be launched"
    return verb + _RESUMES.get(launch.reason, "")


def _and_launched(launch: Launch | None) -> str:
    """The launch of an update in its headline; "" without one, and for an edit that reaches nobody new: its rows say the rest."""
    if launch is None:
        return ""
    if launch.reason in ("edit", "reaches-more"):
        return f" {_more(launch)}" if _more(launch) else ""
    return " and launched" + _RESUMES.get(launch.reason, "")


def _more(launch: Launch) -> str:
    """`and reaches 12 more people`; "" where nobody is added."""
    return (
        f"and reaches {count(launch.reach.people, 'more person')}"
        if launch.reach.is_more and launch.reach.people
        else ""
    )
