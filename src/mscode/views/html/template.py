"""The templates of the page, and how text from outside is made safe in them.

Jinja2 escapes whatever a template prints, and before that control characters are spelled out (`finalize`). A name that the
context lacks is an error, not an empty place (`StrictUndefined`). No template marks anything as safe: only the style
sheet is `Markup`, a file of this package.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mscode.views.plan.headline import LEGEND, STYLES
from mscode.views.plan.segments import Line, Style
from mscode.views.text.printable import escape_unprintable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

#: Classes of app.css by the style of a segment.
CLASSES: dict[Style, str] = {
    "bold": "strong",
    "dim": "dim",
    "green": "comes",
    "yellow": "changes",
    "red": "goes",
    "magenta": "dials",
}


def render(template: str, **context: Any) -> str:
    """One of `templates/`, filled in."""
    return environment().get_template(template).render(**context)


@cache
def environment() -> Environment:
    """Where templates come from, and how they print."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    jinja = Environment(
        loader=PackageLoader("mscode.views.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: (
            value if isinstance(value, Markup) or not isinstance(value, str) else escape_unprintable(value)
        ),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["unstyled"] = _unstyled
    jinja.globals |= {"style_classes": CLASSES, "legend": LEGEND, "symbol_styles": STYLES}
    return jinja


def _unstyled(line: Line) -> str | None:
    """The text of a line that has no style, as most have; None of another, which its macro draws."""
    for segment in line:
        if segment.style:
            return None
    return "".join([segment.text for segment in line])


def stylesheet(*more: str) -> Markup:
    """app.css and further style sheets beside it, unescaped."""
    from importlib.resources import files

    from markupsafe import Markup

    folder = files("mscode.views.html")
    return Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in ("app.css", *more)))
