"""What `mscode validate` has found, as data and as findings for review tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mscode.app.ci import files_elsewhere

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.app.validate import ValidationOutcome
    from mscode.plan.change import Check
    from mscode.views.ci.findings import Finding


def mask_of(inv: Invocation) -> Callable[[str], str]:
    """Masks numbers in what rules say, unless people are to be shown."""
    from mscode.model.privacy import mask_numbers

    return str if inv.show_people else mask_numbers


def warning_findings(checks: Sequence[Check]) -> int:
    """How many findings are shown and refuse nothing."""
    return sum(check.status in ("warn", "overridden") for check in checks)


def report(outcome: ValidationOutcome, mask: Callable[[str], str]) -> dict[str, Any]:
    """What `--format json` prints: the members of Terraform's `validate -json`, as far as they apply, the findings in the
    form of a plan's `checks` (those that warn are counted among the warnings), and how the files of people were read.
    """
    from mscode.views.diagnostics import to_json
    from mscode.views.plan.plan_json import check_json

    errors = sum(diagnostic.severity == "error" for diagnostic in outcome.diagnostics)
    return {
        "format_version": "1.0",
        "valid": not errors and not outcome.refused,
        "errored": bool(errors),
        "error_count": errors,
        "warning_count": len(outcome.diagnostics) - errors + warning_findings(outcome.checks),
        "diagnostics": [to_json(diagnostic) for diagnostic in outcome.diagnostics],
        "checks": [check_json(check, mask) for check in outcome.checks],
        "tables": [
            {
                "file": table.file,
                "encoding": table.format.encoding_name,
                "delimiter": table.format.delimiter,
                "rows": table.rows,
                "left_out": table.left_out,
            }
            for table in outcome.tables
        ],
    }


def findings_in(inv: Invocation, outcome: ValidationOutcome, folder: str) -> list[Finding]:
    """Everything that was found, errors first; `folder` is the project's, relative to the repository."""
    from mscode.views.ci.findings import allowed_of, finding_of_check, findings_of, ordered
    from mscode.views.plan.plan_json import check_json

    findings = findings_of(list(outcome.diagnostics), folder, files_elsewhere(inv))
    checks = [(check_json(check, mask_of(inv)), check.region) for check in outcome.checks]
    of_rules = [finding_of_check(data, folder, region) for data, region in checks]
    return ordered([*findings, *filter(None, of_rules), *allowed_of([data for data, _ in checks], folder)])
