"""An error or a warning as JSON, as it stands in plans, events, drift and reports. The descriptions are the schema's."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from mscode.errors import Severity
from mscode.views.json_schema import FromOne, about


class DiagnosticJson(TypedDict):
    """An error or a warning."""

    severity: Annotated[Severity, about("How bad it is.")]
    summary: Annotated[str, about("What.")]
    detail: Annotated[str, about("What is wrong, or empty.")]
    hint: Annotated[str, about("What to do, or empty.")]
    code: Annotated[str, about("A stable slug.")]
    address: Annotated[str, about("The object, or empty.")]
    file: Annotated[str | None, about("Relative to the project.")]
    line: Annotated[FromOne | None, about("From 1.")]
    column: Annotated[FromOne | None, about("From 1.")]
