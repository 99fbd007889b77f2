"""Plans of many like objects: which changes may stand together or on one line, and how a plan is laid out with them.

What launches, reaches people, is destroyed, replaced or halted, stands for the rows of a list, or is named by a guard, a finding, a
note or a warning is always shown in full. Of all other changes those with the same verb are alike. Where a plan shows more than
`MOST_IN_FULL` changes they are counted (`500 imports: accounts 480, groups 20`); with `--compact` each of them has a line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.plan.change import Action, ApplyRows, Change, Create, Delete, Forget, Plan, Replace
from mscode.views.plan.view import ChangeView

#: What like changes are counted as, with the symbol of their verb.
SYMBOLS = {"imports": "=", "moves": ">", "creates": "+", "updates": "~", "forgets": "."}
#: A plan of more changes counts like ones; fewer than `FEW` of a verb are shown in full all the same.
MOST_IN_FULL = 100
FEW = 3


def named_in(plan: Plan) -> frozenset[str]:
    """The addresses that a guard, a finding, a note or a warning of the plan names."""
    checks = {address for check in plan.checks if check.status != "pass" for address in check.addresses}
    notes = {note.address for note in plan.notes}
    return frozenset(checks | notes | {warning.address for warning in plan.warnings})


def likeness(change: Change, named: Collection[str]) -> str:
    """What the change is counted as among like ones; "" where it is always shown in full."""
    kind = registry().get(change.address.section)
    if (
        kind is None
        or kind.reaches_people
        or change.launch is not None
        or change.halts
        or isinstance(change, Delete | Replace | ApplyRows)
        or (isinstance(change, Forget) and change.intent_only)  # what became of its create is not known
        or str(change.address) in named
    ):
        return ""
    if isinstance(change, Create):
        return "creates"
    if isinstance(change, Forget):
        return "forgets"
    if change.action is Action.NOOP:
        return "imports" if change.is_import else "moves"
    return "updates"


# ---- layout ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alike:
    """Changes that are counted together; `noun` is a key of SYMBOLS."""

    noun: str
    changes: Sequence[ChangeView]

    @property
    def symbol(self) -> str:
        """The symbol of their verb."""
        return SYMBOLS[self.noun]

    @property
    def headline(self) -> str:
        """`500 imports: accounts 480, groups 20`."""
        noun = self.noun if len(self.changes) != 1 else self.noun.removesuffix("s")
        return f"{len(self.changes):,} {noun}: {_counted(change.address.partition('.')[0] for change in self.changes)}"

    @property
    def fields(self) -> str:
        """`city 98, members 20`: the fields that updates change, and in how many objects; "" of other verbs."""
        if self.noun != "updates":
            return ""
        return _counted(row.name for change in self.changes for row in change.rows if row.name)


def _counted(names: Iterable[str]) -> str:
    """Names with their numbers, the most frequent first."""
    return ", ".join(
        f"{name} {number:,}" for name, number in sorted(Counter(names).items(), key=lambda n: (-n[1], n[0]))
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """How the changes of a plan are shown: `alike` are counted, `others` stand one by one in the order of work.

    `lines`: what may be shortened has one line, among `alike` and among `others`.
    """

    alike: Sequence[Alike]
    others: Sequence[ChangeView]
    lines: bool

    def is_short(self, change: ChangeView) -> bool:
        """Does this change, one of those that stand one by one, get a single line?"""
        return self.lines and bool(change.like)


def laid_out(changes: Sequence[ChangeView], compact: bool | None, *, most: int = MOST_IN_FULL) -> Layout:
    """The layout of a plan's changes. `compact`: None counts like changes where there are more than `most`, True gives each that
    may be shortened a line, False shows all in full."""
    by_noun: dict[str, list[ChangeView]] = {noun: [] for noun in SYMBOLS}
    for change in changes:
        if change.like:
            by_noun[change.like].append(change)
    counts = compact is not False and len(changes) > most
    alike = [Alike(noun, group) for noun, group in by_noun.items() if counts and len(group) >= FEW]
    counted = {id(change) for group in alike for change in group.changes}
    return Layout(alike, [change for change in changes if id(change) not in counted], compact is True)
