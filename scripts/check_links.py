"""Checks that every relative link of the project's pages leads to a file, and every anchor to a heading
(`python scripts/check_links.py`; run by `make check`). It reads Markdown as GitHub does and asks no network.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that a reader may open: README, CHANGELOG, the documents, the examples' READMEs."""
    return [
        root / "README.md",
        root / "CHANGELOG.md",
        *sorted((root / "docs").rglob("*.md")),
        *sorted((root / "examples").rglob("*.md")),
    ]


def slug(title: str) -> str:
    """The anchor that GitHub gives to a heading: lower case, no punctuation, a hyphen for each space."""
    return re.sub(r"[^\w -]", "", title.strip().lower()).replace(" ", "-")


@cache
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings; of two equal headings the second ends in -1, the third in -2."""
    seen: dict[str, int] = {}
    tokens = _tokens(page)
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            name = slug("".join(child.content for child in inline.children or ()))
            count = seen.get(name, 0)
            seen[name] = count + 1
            if count:
                seen[f"{name}-{count}"] = 1
    return frozenset(seen)


def links(page: Path) -> Iterator[tuple[int, str]]:
    """(line, target) of each link and picture of a page, those in blocks of code left out."""
    for token in _tokens(page):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                yield (token.map or [0])[0] + 1, str(target)


def broken(page: Path, root: Path = ROOT) -> list[str]:
    """A line for each link of the page that leads nowhere: `page:line: target: reason`."""
    problems = []
    for line, target in links(page):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not file.is_relative_to(root) or not file.exists():
            reason = "no such file"
        elif parts.fragment and (file.suffix != ".md" or parts.fragment not in anchors(file)):
            reason = "no such heading"
        else:
            continue
        problems.append(f"{page.relative_to(root)}:{line}: {target}: {reason}")
    return problems


if __name__ == "__main__":
    found = [problem for page in pages() for problem in broken(page)]
    print("\n".join(found) or f"Links: {len(pages())} pages, every link leads somewhere.")
    sys.exit(1 if found else 0)
