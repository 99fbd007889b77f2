"""The rules as people and programs read them: `mscode checks`, and docs/checks.md from the same data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mscode.model.extras import how_to_install

if TYPE_CHECKING:
    from mscode.plan.checks.rule import Rule


#: Who asks a rule, by what it needs.
WHERE: Mapping[str, str] = {
    "manifests": "validate and plan",
    "account": "plan: it needs the live account",
    "both": "validate, as far as the manifests tell, and plan",
}


class Entry(Protocol):
    """A rule with the level and value that hold."""

    @property
    def rule(self) -> Rule: ...
    @property
    def level(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def reason(self) -> str: ...


def checks_lines(entries: Sequence[Entry], *, at_length: bool = False) -> Iterator[str]:
    """The rules as text; `at_length` with all that there is to say."""
    for at, entry in enumerate(entries):
        rule = entry.rule
        if at:
            yield ""
        value = f", value {entry.value}{f' ({rule.unit})' if rule.unit else ''}" if entry.value else ""
        yield f"{rule.id} ({entry.level}{value})"
        yield f"  {rule.finds}"
        if entry.reason:
            yield f"  {entry.reason}"
        if not rule.can_run:
            yield f"  Not run: {rule.library} is not installed. {how_to_install('checks')}"
        yield from _example("wrong", rule.wrong)
        yield from _example("right", rule.right)
        if at_length:
            yield from _at_length(rule)


def _example(word: str, example: str) -> Iterator[str]:
    lines = example.rstrip().splitlines()
    if len(lines) == 1:
        yield f"  {word}: {lines[0]}"
        return
    yield f"  {word}:"
    yield from (f"    {line}" for line in lines)


def _at_length(rule: Rule) -> Iterator[str]:
    yield ""
    if rule.about:
        yield rule.about
        yield ""
    where = WHERE[rule.needs]
    yield f"Asked by {where}."
    yield f"Set it in mscode.yaml: checks: {{{rule.id}: {{level: warn{', value: ' + (rule.value or '…') if rule.form else ''}}}}}"
    yield f"Allow one where it stands: # mscode:allow {rule.id}, REASON"
    yield f"Go on once all the same: --override {rule.id}"


def checks_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The rules for programs."""
    return [
        {
            "id": entry.rule.id,
            "level": entry.level,
            "default_level": entry.rule.level,
            "value": entry.value or None,
            "finds": entry.rule.finds,
            "about": entry.rule.about,
            "wrong": entry.rule.wrong,
            "right": entry.rule.right,
            "needs": entry.rule.needs,
            "runs": entry.rule.can_run,
        }
        for entry in entries
    ]
