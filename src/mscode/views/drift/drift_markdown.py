"""Drift as Markdown, for an issue that is kept up to date and found by its first line, which never changes.

Text from outside stands only inside fences, which are longer than any run of backticks in it: there it can neither mention
people nor load an image nor act as HTML.
"""

from __future__ import annotations

import re

from mscode.plan.change import Plan
from mscode.plan.drift.detect import Cause, Drift
from mscode.views.drift.drift_text import TITLES, drift_context, headline, section
from mscode.views.plan.render_context import RenderContext
from mscode.views.plan.segments import plain
from mscode.views.text.masking import Mask

MAX_BYTES = 60_000
#: Bytes that the frame around the fences may take.
_FRAME = 2_000


def marker(project: str, environment: str) -> str:
    """The first line: an HTML comment that names project and environment."""
    return f"<!-- mscode:drift:1:{_word(project)}/{_word(environment)} -->"


def _word(text: str) -> str:
    """A name that cannot end the comment; names that differ stay different."""
    return re.sub(r"--+|[^A-Za-z0-9_.-]", lambda match: "".join(f"%{ord(char):04x}" for char in match[0]), text)


def drift_markdown(plan: Plan, *, mask: Mask | None = None, max_bytes: int = MAX_BYTES) -> str:
    """Marker, heading, counts, then the differences by cause. At most `max_bytes` of UTF-8. People are always masked."""
    context = drift_context(plan, mask=mask)
    heading = f"### mscode drift: {_code(plan.project)} in {_code(plan.environment)}"
    parts = [marker(plan.project, plan.environment), heading, f"**{headline(plan)}**"]
    remaining = max(max_bytes - _FRAME, 0)
    for cause in TITLES:
        drifts = [drift for drift in plan.drift if drift.cause is cause]
        if drifts:
            text, remaining = _fenced(drifts, context, remaining)
            title = f"{TITLES[cause]} ({len(drifts):,})"
            parts.append(
                f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
                if cause is Cause.PROGRESS
                else f"#### {title}\n\n{text}"
            )
    parts += [f"_{_safe(note.text)}._" for note in plan.notes]
    return "\n\n".join([*parts, f"_Looked at {plan.now:%Y-%m-%d %H:%M} UTC._"])


def _fenced(drifts: list[Drift], context: RenderContext, remaining: int) -> tuple[str, int]:
    """As many differences as fit in the remaining bytes, and how many bytes remain then. Each is shown whole or not at all."""
    shown: list[str] = []
    for drift in drifts:
        text = plain(section([drift], context)) + ("\n" if drift.standing is None else "")
        size = len(text.encode()) + 1
        if size > remaining:
            break
        shown.append(text)
        remaining -= size
    omitted = len(drifts) - len(shown)
    body = "".join(shown).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    more = f"\n\n_And {omitted:,} more that {'has' if omitted == 1 else 'have'} no room here._" if omitted else ""
    return (f"{fence}text\n{body}\n{fence}{more}" if shown else more.strip()), remaining


def _code(name: str) -> str:
    return f"`{_safe(name)}`"


def _safe(text: str) -> str:
    """Text in a line of Markdown: letters, digits and harmless marks."""
    return re.sub(r"[^\w .,:()/'-]", "?", text)
