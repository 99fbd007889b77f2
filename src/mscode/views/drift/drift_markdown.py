"""Drift as Markdown, for an issue that is kept up to date: its first line never changes, so that the issue is found by it.

What came from outside stands inside fences alone, which are longer than any run of backticks in it: it can neither mention
people nor load an image, and no HTML of it is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mscode.plan.change import Plan
from mscode.plan.drift.detect import Cause, Drift
from mscode.views.drift.drift_text import TITLES, drift_look, headline, section
from mscode.views.plan.render_context import RenderContext
from mscode.views.plan.segments import plain
from mscode.views.text.masking import Mask

MAX_BYTES = 60_000
#: Bytes that the frame around the fences may take.
_FRAME = 2_000


def marker(project: str, environment: str) -> str:
    """The first line: a comment that nobody sees, and that names project and environment."""
    return f"<!-- mscode:drift:1:{_word(project)}/{_word(environment)} -->"


def _word(text: str) -> str:
    """A name that cannot end the comment; names that differ stay different."""
    return re.sub(r"--+|[^A-Za-z0-9_.-]", lambda found: "".join(f"%{ord(char):04x}" for char in found[0]), text)


def drift_markdown(plan: Plan, *, mask: Mask | None = None, max_bytes: int = MAX_BYTES) -> str:
    """Marker, heading, counts, then each kind of difference. At most `max_bytes` of UTF-8. People are masked always."""
    look = drift_look(plan, mask=mask)
    parts = [marker(plan.project, plan.environment), _heading(plan), f"**{headline(plan)}**"]
    left = max(max_bytes - _FRAME, 0)
    for cause in TITLES:
        found = [one for one in plan.drift if one.cause is cause]
        if found:
            text, left = _fenced(found, look, left)
            parts.append(_titled(cause, len(found), text))
    parts += [f"_{_safe(note.text)}._" for note in plan.notes]
    return "\n\n".join([*parts, f"_Looked at {plan.now:%Y-%m-%d %H:%M} UTC._"])


def _heading(plan: Plan) -> str:
    return f"### mscode drift: {_code(plan.project)} in {_code(plan.environment)}"


def _titled(cause: Cause, number: int, text: str) -> str:
    title = f"{TITLES[cause]} ({number:,})"
    if cause is Cause.PROGRESS:
        return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
    return f"#### {title}\n\n{text}"


def _fenced(found: list[Drift], context: RenderContext, left: int) -> tuple[str, int]:
    """As many of them as there is room for, and how much room stays; an object is shown whole or not at all."""
    shown: list[str] = []
    for text in _each(found, context):
        size = len(text.encode()) + 1
        if size > left:
            break
        shown.append(text)
        left -= size
    rest = len(found) - len(shown)
    body = "".join(shown).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    more = f"\n\n_And {rest:,} more that {'has' if rest == 1 else 'have'} no room here._" if rest else ""
    return (f"{fence}text\n{body}\n{fence}{more}" if shown else more.strip()), left


def _each(found: list[Drift], context: RenderContext) -> Iterator[str]:
    for one in found:
        text = plain(section([one], context))
        yield text if one.standing is not None else f"{text}\n"


def _code(name: str) -> str:
    return f"`{_safe(name)}`"


def _safe(text: str) -> str:
    """Text in a line of Markdown: letters, digits and harmless marks."""
    return re.sub(r"[^\w .,:()/'-]", "?", text)
