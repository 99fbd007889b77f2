"""How an apply or a plan ended, for the comment of a pull request: whether anything was done, what, and what prevented the rest.

The source is the report that the command wrote (`app.ci`). Every member of it may be missing: a job can be killed before its
report is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.privacy import mask_numbers
from mscode.plan.events import Completed, Event, Finished, Held
from mscode.views.apply.apply_json import outcome_json
from mscode.views.plan.reading import Data, items, mapping, number, text, texts
from mscode.views.text.findings import is_finding, summary_of
from mscode.views.text.markdown_text import first_items, md_code, md_text

#: Lines of one list; the rest is counted.
MOST = 20
#: What stopped an apply before it did anything, by its exit code.
_CAUSES = {
    3: "What was approved is no longer what would be done.",
    4: "The state is locked by somebody else.",
    5: "A guard refuses it.",
    7: "What became of an earlier create is unknown.",
    130: "It was interrupted.",
}


@dataclass(slots=True)
class Ending:
    """Collects the events of an apply for its report: which steps were done, and how the rest ended."""

    _steps: list[dict[str, str]] = field(default_factory=list)
    _held: list[dict[str, str]] = field(default_factory=list)
    _end: dict[str, Any] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Note one event; those that say nothing of the outcome are ignored."""
        if isinstance(event, Completed):
            self._steps.append({"addr": str(event.address), "action": event.action})
        elif isinstance(event, Held):
            self._held.append({"addr": str(event.address), "reason": mask_numbers(event.why)})
        elif isinstance(event, Finished):
            self._end = {**outcome_json(event.summary), "partly": event.summary.partly}

    @property
    def outcome(self) -> dict[str, Any]:
        """So far, and with counts once the last event has come."""
        return {**self._end, "steps": self._steps, "held_launches": self._held}


def nothing_done(report: Data) -> bool:
    """Is it certain that nothing was changed? Where an apply had begun, its recorded outcome decides."""
    if report.get("began") is not True:
        return report.get("began") is False
    outcome = mapping(report, "outcome")
    counted = number(outcome, "done") == 0 and outcome.get("partly") is False
    return counted and not items(outcome, "unknown")


def was_held(report: Data) -> bool:
    """Were launches held because nobody confirmed them?"""
    return bool(number(mapping(report, "outcome"), "held"))


def apply_sentence(report: Data) -> str:
    """How an apply that did not end well ended, in one line of Markdown without the address of the job."""
    code, outcome = number(report, "exit_code"), mapping(report, "outcome")
    if nothing_done(report):
        cause = "" if report.get("began") is True and code != 130 else _CAUSES.get(code or 0, "")
        return f"❌ **The apply did not end well: nothing was done.** {cause}".rstrip()
    if number(outcome, "done") is None:
        return "❌ **The apply did not end well**, and it did not say how far it came. The state has what was done; plan again."
    done = f"{number(outcome, 'done') or 0:,} done"
    lists = {name: len(items(outcome, name)) for name in ("failed", "skipped", "unknown")}
    counts = ", ".join([done, *(f"{n:,} {name}" for name, n in lists.items() if n)])
    if outcome.get("interrupted") is True:
        return f"⚠️ **The apply was interrupted**: {counts}. The state has what was done; plan again."
    if lists["unknown"]:
        cause = "of some of it nobody knows whether it was done"
        return f"⚠️ **The apply did not end well: {cause}** ({counts}). Settle it with `mscode resolve`."
    if any(lists.values()):
        return f"❌ **The apply did not end well: it was done in part** ({counts}). The state has what was done; plan again."
    if held_count := number(outcome, "held"):
        launches = (
            "1 launch, which was held: nobody is reached by it"
            if held_count == 1
            else f"{held_count:,} launches, which were held"
        )
        return f"⚠️ **Applied, but for {launches}.**"
    return f"❌ **The apply did not end well** ({counts}). Plan again."


def details(report: Data, max_bytes: int) -> str:
    """What refused it, what failed, what was done, as lists in at most so many bytes; "" where there is nothing to say."""
    shown, size = [], 0
    lines = list(_detail_lines(report))
    for at, line in enumerate(lines):
        size += len(line.encode()) + 1
        if size > max_bytes - 60:  # room for the line below
            shown.append(f"- … {count(len(lines) - at, 'more line')}: see the job")
            break
        shown.append(line)
    return "\n".join(shown) + "\n" if shown else ""


def _refusal(check: Data) -> str:
    """What refused a plan, with a line below it for each campaign, the allowed value and the flag that goes on."""
    word = "Check" if is_finding(check) else "Guard"
    head = f"- {word} {md_code(text(check, 'name'))} refuses this plan:"
    lines = [f"  - {md_text(line, 400)}" for line in texts(check, "lines")]
    return "\n".join([f"{head} {md_text(summary_of(check), 400)}".rstrip(), *lines])


def _detail_lines(report: Data) -> Iterator[str]:
    outcome = mapping(report, "outcome")
    errors = [diagnostic for diagnostic in items(report, "diagnostics") if diagnostic.get("severity") == "error"]
    yield from first_items([_error(error) for error in errors], MOST)
    refusals = [_refusal(check) for check in items(report, "checks") if check.get("status") == "fail"]
    yield from first_items(refusals, MOST)
    for word, name in (("Unknown", "unknown"), ("Failed", "failed"), ("Held", "held_launches"), ("Skipped", "skipped")):
        steps = [
            f"- {word}: {md_code(text(step, 'addr'))}: {md_text(text(step, 'reason'), 300)}"
            for step in items(outcome, name)
        ]
        yield from first_items(steps, MOST)
    done = [
        f"- Done: {md_code(text(step, 'addr'))} ({md_text(text(step, 'action'), 20)})"
        for step in items(outcome, "steps")
    ]
    yield from first_items(done, MOST)


def _error(error: Data) -> str:
    """The item begins with our word: outside text at its start could begin a list or a heading."""
    file, line, address = text(error, "file"), number(error, "line"), text(error, "address")
    where = f" ({md_code(f'{file}:{line or 1}')})" if file else ""
    if not where and address and address not in text(error, "summary"):
        where = f" ({md_code(address)})"
    more = "".join(f"<br>{md_text(text(error, name), 400)}" for name in ("detail", "hint") if text(error, name).strip())
    return f"- Error: {md_text(text(error, 'summary'), 400)}{where}{more}"
