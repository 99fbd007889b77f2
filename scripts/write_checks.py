"""Writes docs/checks.md from the rules themselves (`python scripts/write_checks.py`): ids, levels, values, examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mscode.app.checks import ListedRule
from mscode.plan.checks.rule import rules

FILE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"

HEAD = """\
# Checks

A plan can be mechanically safe and still be wrong: the voice says "press 4" while 5 accepts, a curly quote doubles the price of a
message, a voice file is played by nobody. The rules below name such mistakes before anything rings. `mscode validate` shows all
that needs no network, `mscode plan` what concerns the objects that it creates, changes or launches. This page is generated from
the rules (`scripts/write_checks.py`); `mscode checks` prints the same, with the levels of your project.

- **deny** refuses, with exit code 5. In a plan it refuses what is a launch alone: on what is made halted, narrowed, halted or
  removed the same finding is a warning, so that no finding ever stands in the way of a stop. `validate` has no plan, so there it
  refuses for every object that is not over.
- **warn** is shown and counted. **off** asks nothing until you switch it on, by its level or its value.
- What is over (its `endTime`, `expiresAt` or `actionTime` has passed, or it is complete) raises no finding.

## Ways round

Once, for one run: `--override text/keys`, for `validate`, `plan` and `apply`. It is shown, and an apply
records it in the audit log.

For good, in `mscode.yaml`:

```yaml
checks:
  text/keys: warn
  sms/segments: {value: 2, level: deny, reason: "Two parts are in the budget."}
```

Where it stands, by a comment on the line or the one above, or on the line of the field for words inside a block of text or a file.
The reason is required:

```yaml
# mscode:allow sms/segments, the long one goes out once a year
message: …
```

What comments allow is counted; findings that would refuse without one are listed with their reasons. `{level: deny, inline: false}`
takes no comment for a rule. A comment that allows nothing any more is a warning of its own.

Some rules need libraries of the extra `checks` (in the clone of mscode: `pip install '.[checks]'`). Without them these rules are
not run, and a warning says so.

## How often they are right

`make mistakes` counts how many mistakes of a corpus are named: mistakes that people made in other systems, each a small project in
`tests/mistakes` with what must be said of it and where such a mistake was reported. [README](../README.md#mistakes) has the figure;
what is not named has its reason there. More than a hundred correct projects in eight languages, the examples among them, get no
finding.

Of spoken texts that were not used to write these rules: in 60 texts of six languages, `text/numbers` named 39 of 42 places that a
voice reads wrongly, and nothing else. 72 texts of twelve languages were given the voice of every other one: `text/language` named
746 of 792, and none with the voice of its own. `python scripts/spoken_texts.py` prints these figures.

## Rules
"""


#: Who asks a rule, by what it needs.
ASKED = {
    "manifests": "`validate` and `plan` ask it",
    "account": "`plan` asks it: it needs the live account",
    "both": "`validate` asks it as far as the manifests tell, and `plan` with the live account",
}


def checks_markdown(entries: Sequence[ListedRule]) -> Iterator[str]:
    """The rules as lines of docs/checks.md: a table, then each at length."""
    yield from ("| id | level | value | finds |", "|---|---|---|---|")
    for entry in entries:
        rule = entry.rule
        value = f"{rule.value}{f' {rule.unit}' if rule.unit else ''}" if rule.value else "text" if rule.form else ""
        anchor = rule.id.replace("/", "")
        yield f"| [`{rule.id}`](#{anchor}) | {rule.level} | {value} | {rule.finds.replace('|', chr(92) + '|')} |"
    for entry in entries:
        rule = entry.rule
        yield from ("", f"## {rule.id}", "", f"{rule.finds[:1].upper()}{rule.finds[1:]}.", "")
        if rule.about:
            yield from (rule.about, "")
        where = ASKED[rule.needs]
        value = f" Its value is {rule.value} {rule.unit}".rstrip() + "." if rule.value else ""
        library = f" It needs the extra `checks` ({rule.library})." if rule.library else ""
        yield from (f"Level {rule.level}.{value} {where[:1].upper()}{where[1:]}.{library}", "")
        for word, example in (("Wrong", rule.wrong), ("Right", rule.right)):
            yield from (f"{word}:", "", "```text", example.rstrip(), "```", "")


def reference() -> str:
    """The whole page."""
    entries = [ListedRule(rule, rule.level, rule.value) for rule in rules().values()]
    return "\n".join([HEAD, *checks_markdown(entries)]).rstrip()


if __name__ == "__main__":
    FILE.write_text(reference() + "\n", encoding="utf-8")
    print("docs/checks.md")
