"""Brings docs/review.md up to date: its example in Markdown, and the pictures of its page (`python scripts/review.py`).

The example is that of scripts/picture.py: a pull request that launches Helsinki's campaign, lets Tampere's ring more people
and changes a text. The pictures need chromium and chromedriver, and are left as they are where those are missing.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import browser, picture

ROOT = picture.ROOT
PAGE = ROOT / "docs" / "review.md"
#: Picture -> width of the screen, height that is shown.
PICTURES = {"review-desktop.png": (820, 1180), "review-phone.png": (390, 1180)}
BEGIN, END = "<!-- example: scripts/review.py -->", "<!-- end of the example -->"


def planned(form: str) -> str:
    """What `mscode plan --format` prints for the example."""
    return picture.planned("--format", form)


def example(markdown: str) -> str:
    """The plan as a pull request shows it."""
    return f"{BEGIN}\n\n{steady(markdown)}\n{END}"


def steady(markdown: str) -> str:
    """Without what differs from run to run."""
    markdown = re.sub(r"planned at `[^`]*`", "planned at `2026-11-30T06:00:00Z`", markdown)
    markdown = re.sub(r"launch `(\d+)-[0-9a-f]{6}`", r"launch `\1-3fa9c1`", markdown)
    markdown = re.sub(
        r"(of an unknown commit|of commit `[^`]*`), at `[^`]*`", r"\1, at `2026-11-30T05:00:00Z`", markdown
    )
    markdown = re.sub(r"<sub>mscode `[^`]*`", "<sub>mscode `1.2.3`", markdown)
    return re.sub(r"digest `[0-9a-f]{64}`", f"digest `{'0' * 8}…`", markdown)


def shown(page: str) -> str:
    """The example that the page shows now."""
    return page[page.index(BEGIN) : page.index(END) + len(END)]


def _take_pictures() -> None:
    with tempfile.TemporaryDirectory(prefix="mscode-review-") as temporary, browser.driver() as url:
        file = Path(temporary) / "plan.html"
        file.write_text(planned("html"), encoding="utf-8")
        window = browser.Browser(url, Path(temporary) / "profile")
        for name, (width, height) in PICTURES.items():
            window.open(file, width)
            (PAGE.parent / name).write_bytes(window.picture(height))
            print(f"docs/{name}")
        window.close()


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.replace(shown(text), example(planned("markdown"))), encoding="utf-8")
    print("docs/review.md")
    if browser.CHROMEDRIVER.exists():
        _take_pictures()
