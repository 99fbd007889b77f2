"""What is shown of a plan, whatever the format: masked lines in the order in which people read them.

Built from a plan once (`plan_text.view_of`), kept in its JSON (`view_json`), and drawn as text, Markdown or HTML; so a plan
that was saved is shown offline as it was when it was made.
"""

from __future__ import annotations

from mscode.model.light_dataclass import dataclass
from mscode.views.plan.rows import Row
from mscode.views.plan.segments import Line


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: `symbols` with that of its verb first, `place` as `file:line` ("" where there is none).

    `remarks` stand in brackets below the headline, `rows` are its fields and whom its launch reaches. `like` is what it is counted
    as among many like changes, "" where it is always shown in full (alike.py).
    """

    address: str
    symbols: tuple[str, ...]
    headline: str
    place: str = ""
    remarks: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    like: str = ""


@dataclass(frozen=True, slots=True)
class PlanView:
    """A whole plan. `totals` is "" and `launch` empty where there is nothing to do.

    In text, `opening` stands above the changes, and `remarks` (notes and guards) and `ending` (what is not managed) below them.
    """

    opening: tuple[Line, ...]
    changes: tuple[ChangeView, ...] = ()
    remarks: tuple[Line, ...] = ()
    totals: str = ""
    launch: tuple[str, ...] = ()
    ending: tuple[Line, ...] = ()
