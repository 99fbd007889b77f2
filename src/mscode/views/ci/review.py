"""What a reviewer reads first: the changes of a plan in groups, what is destroyed and what dials before all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mscode.model.plurals import count
from mscode.views.plan.headline import DIALS, WRITES
from mscode.views.plan.view import ChangeView
from mscode.views.text.words import section_noun

#: Title -> the symbols of its changes; a change stands in the first group that has one of its symbols.
GROUPS: dict[str, frozenset[str]] = {
    "Destroyed": frozenset({"-"}),
    "Starts dialling people": frozenset({DIALS}),
    "Writes to people": frozenset({WRITES}),
    "Replaced": frozenset({"-/+", "+/-"}),
    "Created": frozenset({"+"}),
    "Updated in-place": frozenset({"~"}),
    "Imported, moved or forgotten": frozenset({"=", ">", "."}),
}


def launch_mark(changes: Sequence[ChangeView]) -> str:
    """The symbol of the launch line: a call takes precedence over a message."""
    return DIALS if any(DIALS in change.symbols for change in changes) else WRITES


def grouped(changes: Sequence[ChangeView]) -> dict[str, list[ChangeView]]:
    """The changes by the title of their group, in the order of the groups; empty groups are left out."""
    groups: dict[str, list[ChangeView]] = {title: [] for title in GROUPS}
    for change in changes:
        title = next((title for title, symbols in GROUPS.items() if symbols & set(change.symbols)), "Updated in-place")
        groups[title].append(change)
    return {title: group for title, group in groups.items() if group}


def counted(changes: Sequence[ChangeView]) -> str:
    """`3 accounts, 1 RSVP call`."""
    sections = Counter(change.address.partition(".")[0] for change in changes)
    return ", ".join(count(number, section_noun(section)) for section, number in sections.items())
