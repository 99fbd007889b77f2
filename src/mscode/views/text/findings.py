"""Findings as people read them, in any format: which are shown one by one, which are counted, and in what words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from mscode.errors import Diagnostic
from mscode.model.plurals import count
from mscode.plan.change import TO_GO_ON, Check
from mscode.views.plan.reading import Data, items, mapping, number, text

_C = TypeVar("_C")

#: What a guard or a finding does, by its status.
VERBS = {"fail": "refuses this plan", "warn": "warns", "overridden": "was overridden", "allowed": "is allowed"}
#: So many findings of one id are shown one by one.
MOST = 20


def shown(checks: Sequence[_C], facts: Callable[[_C], tuple[str, str, bool]]) -> tuple[list[_C], list[str]]:
    """Which findings are shown one by one, in their order, and sentences that count the others. `facts` gives the id of a
    finding, its status, and whether it would refuse.

    Of those that a comment allows, only the ones that would refuse without it are shown.
    """
    each, counts, allowed = list[_C](), Counter[str](), 0
    for check in checks:
        name, status, denies = facts(check)
        allowed += status == "allowed"
        if status == "allowed" and not denies:
            continue
        counts[name] += 1
        if counts[name] <= MOST:
            each.append(check)
    sentences = [
        f"{count(number - MOST, 'more finding')} of {name}." for name, number in counts.items() if number > MOST
    ]
    if allowed:
        sentences.append(f"{count(allowed, 'finding')} allowed in the manifests.")
    return each, sentences


def to_go_on(refusing: Iterable[str]) -> list[str]:
    """The sentence that says how a plan goes on that rules of these ids refuse, as for a guard; none without one."""
    flags = " ".join(f"--override {name}" for name in dict.fromkeys(refusing))
    return [f"{TO_GO_ON}{flags}"] if flags else []


def _facts(check: Check) -> tuple[str, str, bool]:
    return check.name, check.status, check.denies


def finding_lines(checks: Sequence[Check], mask: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """The lines of findings in a plan's text, each with the status that colours it ("" for a count)."""
    each, sentences = shown(checks, _facts)
    for check in each:
        reason = f" ({mask(check.reason)})" if check.reason else ""
        yield f"Check {check.name} {VERBS[check.status]}: {mask(check.message)}{reason}", check.status
        if check.place:
            yield f"  on {check.place.file} line {check.place.line}, column {check.place.column}", ""
        if check.status == "allowed":
            continue
        if check.hint:
            yield f"  {mask(check.hint)}", ""
        if check.suggestion:
            yield f"  Suggestion: {mask(' '.join(check.suggestion.split()))}", ""
    sentences += to_go_on(check.name for check in checks if check.status == "fail")
    yield from ((sentence, "") for sentence in sentences)


def finding_diagnostics(checks: Sequence[Check], mask: Callable[[str], str]) -> tuple[list[Diagnostic], list[str]]:
    """Findings as `validate` shows them: each with its line and a caret, and sentences that count what is not shown."""
    each, sentences = shown(checks, _facts)
    diagnostics = []
    for check in each:
        verb = {"overridden": " was overridden", "allowed": " is allowed"}.get(check.status, "")
        reason = f" ({mask(check.reason)})" if check.reason else ""
        suggestion = f"Suggestion: {mask(' '.join(check.suggestion.split()))}" if check.suggestion else ""
        details = ("", "") if check.status == "allowed" else (mask(check.hint), suggestion)
        diagnostics.append(
            Diagnostic(
                f"{check.name}{verb}: {mask(check.message)}{reason}",
                check.place,
                *details,
                "error" if check.status == "fail" else "warning",
                check.name,
                next(iter(check.addresses), ""),
            )
        )
    return diagnostics, sentences


def shown_data(data: Data) -> tuple[list[Data], list[str]]:
    """As `shown`, of the findings among the checks of a plan's JSON; where they refuse it, also how it goes on."""
    findings = [check for check in items(data, "checks") if is_finding(check)]
    each, sentences = shown(
        findings, lambda check: (text(check, "name"), text(check, "status"), check.get("denies") is True)
    )
    sentences += to_go_on(text(check, "name") for check in findings if check.get("status") == "fail")
    return each, sentences


def guards_in(data: Data) -> list[Data]:
    """The verdicts of guards and policies among the checks of a plan's JSON."""
    return [check for check in items(data, "checks") if not is_finding(check)]


def refusals_first(checks: Sequence[Data]) -> list[Data]:
    """Those checks of a plan's JSON that did not simply pass, refusals first: in the order of `VERBS`."""
    return [check for status in VERBS for check in checks if check.get("status") == status]


def is_finding(check: Data) -> bool:
    """Is a check of a plan's JSON a rule's? A guard's verdict says of no place that it has one or none."""
    return "source" in check


def summary_of(check: Data) -> str:
    """What people read of a verdict in a plan's JSON: what several reasons have in common, else its message."""
    return text(check, "summary" if "summary" in check else "message")


def place_of(check: Data) -> str:
    """`campaigns/voice.yaml:6:20` of a finding in a plan's JSON; "" where it has no place."""
    source = mapping(check, "source")
    file = text(source, "file")
    return f"{file}:{number(source, 'line') or 1}:{number(source, 'column') or 1}" if file else ""
