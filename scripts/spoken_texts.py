"""How often text/numbers and text/language are right, of texts that were not used to write them.

    python scripts/spoken_texts.py          both files, one after the other

tests/mistakes/texts has two files, a text a line behind its language; what a voice reads wrongly stands between ⟦ and ⟧.
Neither was used to write the rules. first.txt may be looked at when a rule is changed; last.txt is opened when it is finished, and
its figures are those of docs/checks.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mscode.plan.checks.language_tables import LANGUAGES, table
from mscode.plan.checks.spoken_numbers import misreadings
from mscode.plan.checks.written_language import language_found

TEXTS = Path(__file__).resolve().parents[1] / "tests" / "mistakes" / "texts"
_MARKED = re.compile("⟦([^⟧]*)⟧")
#: The languages for which text/numbers has a table of its own.
_READ = [language for language in LANGUAGES if "numbers" in table(language)]


@dataclass
class Figures:
    """What was named of a file: places that are misread, and texts whose voice speaks another language; each with what was
    named and should not have been."""

    marked: int = 0
    named: int = 0
    beside: int = 0
    wrong_voices: int = 0
    wrong_named: int = 0
    right_voices: int = 0
    right_named: int = 0

    def count_voices(self, text: str, language: str) -> None:
        """Gives a text the voice of every language. A voice is wrong in each language but the text's own."""
        self.right_voices += 1
        self.right_named += language_found(text, language) is not None
        others = [code for code in LANGUAGES if code != language]
        self.wrong_voices += len(others)
        self.wrong_named += sum(language_found(text, code) is not None for code in others)

    def lines(self) -> Iterator[str]:
        yield f"text/numbers: {self.named} of {self.marked} named, {self.beside} beside"
        yield (
            f"text/language: {self.wrong_named} of {self.wrong_voices} wrong voices named, "
            f"{self.right_named} of {self.right_voices} right ones"
        )


def figures(file: Path) -> Figures:
    """Those of one file."""
    total = Figures()
    for line in file.read_text(encoding="utf-8").splitlines():
        language, _, marked = line.partition(" ")
        text = _MARKED.sub(r"\1", marked)
        if language in _READ:
            _count_numbers(total, marked, text, language)
        total.count_voices(text, language)
    return total


def _count_numbers(total: Figures, marked: str, text: str, language: str) -> None:
    spans, removed = [], 0
    for match in _MARKED.finditer(marked):
        spans.append((match.start() - removed, match.end() - removed - 2))
        removed += 2
    said = [(misreading.start, misreading.end) for misreading in misreadings(text, language)]
    total.marked += len(spans)
    total.named += sum(any(start < end_ and start_ < end for start_, end_ in said) for start, end in spans)
    total.beside += sum(not any(start < end_ and start_ < end for start, end in spans) for start_, end_ in said)


if __name__ == "__main__":
    for name in ("first.txt", "last.txt"):
        for line in figures(TEXTS / name).lines():
            print(f"{name}: {line}")
