"""The corpus of `make mistakes`: projects with one mistake each, and correct ones (scripts/mistakes.py says how they are read)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scripts import spoken_texts, write_checks
from scripts.mistakes import LEAST, ROOT, Outcome, clean_projects, mistakes, outcomes, said_of_clean

from mscode.plan.checks.rule import rules


@pytest.fixture(scope="module")
def ended() -> Sequence[Outcome]:
    return list(outcomes(list(mistakes())))


def test_a_mistake_that_is_not_named_has_its_reason(ended: Sequence[Outcome]) -> None:
    unnamed = {outcome.mistake.name: outcome.reason for outcome in ended if not outcome.is_named}
    assert unnamed == {outcome.mistake.name: outcome.mistake.unnamed for outcome in ended if outcome.mistake.unnamed}


def test_the_readme_has_the_figure(ended: Sequence[Outcome]) -> None:
    named = sum(outcome.is_named for outcome in ended)
    assert named * 100 >= LEAST * len(ended)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"a corpus of {len(ended)} mistakes" in readme
    assert f"named before anything rings: {named} of {len(ended)}" in readme


def test_every_rule_names_a_mistake(ended: Sequence[Outcome]) -> None:
    assert set(rules()) <= {outcome.mistake.expected[0] for outcome in ended if outcome.is_named}


def test_most_mistakes_have_been_reported_somewhere() -> None:
    assert sum("://" in mistake.why for mistake in mistakes()) >= 70


def test_correct_projects_have_no_finding_that_is_not_meant() -> None:
    projects = clean_projects()
    said = [(project.name, *verdict) for project, verdict in said_of_clean(projects)]
    assert len(projects) >= 100
    assert len(said) * 100 <= len(projects)
    assert all(level == "warn" for _, _, level, _ in said)


def test_the_page_of_the_checks_has_the_figures_of_spoken_texts() -> None:
    total = spoken_texts.figures(spoken_texts.TEXTS / "last.txt")
    page = " ".join(write_checks.HEAD.split())
    assert f"named {total.named} of {total.marked} places" in page
    assert f"named {total.wrong_named} of {total.wrong_voices}, and none" in page
    assert (total.beside, total.right_named) == (0, 0)
