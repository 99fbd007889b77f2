"""What comments and pages refer to exists: every `docs/page.md#section`, every file that the development page names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts.check_links import anchors

from mscode.sandbox.profile import switches

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "tests", "scripts", "benchmarks", "docs", "examples", "schema", ".ci")
SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".sh", ".txt", ".json"}
FILES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml")),
    *(
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in SUFFIXES and path.is_file() and path != Path(__file__) and "__pycache__" not in path.parts
    ),
]
DEVELOPMENT = ROOT / "docs" / "development.md"

CITATION = re.compile(r"(?<![\w/.-])docs/(?P<page>(?:how-to/)?[\w-]+\.\w+)(?:#(?P<section>[\w-]+))?")
#: The ways in which documents were cited that are not in the repository: by section, by number, by name. The project's own
#: pages have no numbered sections.
ABSENT = re.compile(
    r"§|(?<![#\w&-])Q\d\d(?![\w-])|\bcatalogues?\b|\b(?:contract|reconcile|design|brief)\s+(?:§|section\b|\d)"
    r"|\bseed\s+(?:§|section\b)"  # `--seed 7` is an option
    r"|(?:of|to|by)[ _]the[ _]contract\b|\bcontract's\b|\barchitecture\.md\b|\b(?:contract|reconcile|catalogue|promises)\.md\b"
    r"|\(issue[: ]|\bissue #?\d+\b|\bops? \d",
    re.IGNORECASE,
)


def _lines(pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        for found in pattern.finditer(text):
            yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {found.group()}", found


def _leads_nowhere(page: str, section: str | None) -> bool:
    file = ROOT / "docs" / page
    return not file.is_file() or (section is not None and section not in anchors(file))


def test_every_citation_of_a_page_leads_to_a_section() -> None:
    assert [where for where, found in _lines(CITATION) if _leads_nowhere(found["page"], found["section"])] == []


def test_the_code_cites_its_notes_of_the_service() -> None:
    """Else the pattern of a citation would be wrong, and the test above would find none."""
    cited = {found["section"] for where, found in _lines(CITATION) if found["page"] == "service-notes.md"}
    assert len(cited) > 20


def test_nothing_refers_to_a_document_that_is_not_here() -> None:
    assert [where for where, _ in _lines(ABSENT)] == []


@pytest.mark.parametrize(
    "text",
    [
        "as the page says (Q03)",
        "see catalogue 4.2",
        "§5.1",
        "the rules of reconcile 5",
        "an exit code of the contract",
        "(issue: nobody is called twice)",
        "see issue 12",
        "Ops 7-10",
        "architecture.md",
    ],
)
def test_a_reference_to_an_absent_document_is_seen(text: str) -> None:
    assert ABSENT.search(text)


@pytest.mark.parametrize("text", ["one issue that is kept up to date", "#Q03", "the import contracts", "3 drops 4"])
def test_words_that_cite_nothing_are_left_alone(text: str) -> None:
    assert not ABSENT.search(text)


def test_every_section_of_the_service_notes_stands_once() -> None:
    text = (ROOT / "docs" / "service-notes.md").read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert sorted(set(titles)) == sorted(titles)


def test_every_switch_of_the_sandbox_stands_in_the_service_notes() -> None:
    text = (ROOT / "docs" / "service-notes.md").read_text(encoding="utf-8")
    table = text[text.index("## Open questions") :]
    assert set(re.findall(r"\| `(\w+)` \|$", table, re.MULTILINE)) == {name for name, _, _ in switches()} - {
        "pace",
        "redial_minutes",
        "webhooks",
    }  # no reading of the page: it says nothing of these


# ---- the development page --------------------------------------------------------------------------------------------


def _named() -> list[tuple[str, tuple[str, ...]]]:
    """Every file that the page names, and the names in brackets behind it."""
    text = DEVELOPMENT.read_text(encoding="utf-8")
    found = re.findall(r"`([\w./-]+\.py)`(?: \(((?:`[\w.]+`(?:, )?)+)\))?", text)
    return [(file, tuple(re.findall(r"`([\w.]+)`", names))) for file, names in found]


@pytest.mark.parametrize(("file", "names"), _named())
def test_a_file_of_the_development_page_exists_and_has_what_is_named_in_it(file: str, names: tuple[str, ...]) -> None:
    candidates = [path for path in FILES if f"/{path.as_posix()}".endswith(f"/{file}")]
    assert candidates or (ROOT / file).is_file()
    texts = [path.read_text(encoding="utf-8") for path in candidates]
    for name in names:
        own = name.rpartition(".")[2]
        assert any(re.search(rf"^\s*(?:def|class) {own}\b", text, re.MULTILINE) for text in texts), f"{file}: {name}"


def test_a_package_of_the_development_page_exists_and_none_is_missing() -> None:
    text = DEVELOPMENT.read_text(encoding="utf-8")
    layout = text[text.index("## Layout") : text.index("## How to add a kind")]
    named = set(re.findall(r"^\| `(\w+)/` \|", layout, re.MULTILINE))
    assert named == {path.parent.name for path in (ROOT / "src" / "mscode").glob("*/__init__.py")}
