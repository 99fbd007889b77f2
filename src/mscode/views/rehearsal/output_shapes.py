"""What `rehearse --json` prints: a rehearsal, and what the guards say of its plan."""

from __future__ import annotations

from typing import Annotated

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.json_schema import about
from mscode.views.plan.plan_shapes import CheckJson
from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson


class RehearsalOutputJson(RehearsalJson):
    """A plan, played to its end in a sandbox in memory."""

    checks: Annotated[list[CheckJson], about("What the guards say of the plan.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Warnings.")]
