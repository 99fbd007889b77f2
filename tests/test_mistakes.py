"""The corpus of `make mistakes`: projects with one mistake each, and correct ones (scripts/mistakes.py says how they are read)."""

from __future__ import annotations

from scripts import spoken_texts, write_checks
from scripts.mistakes import clean_projects, mistakes, said_of_clean


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
