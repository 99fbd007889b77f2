"""How well text/language does on sentences that were not used to write it (`python scripts/language_figures.py`).

The sentences are those of scripts/speech_rates.py, and need the same packages: 50 a language, translations of Django. Each is asked
with the voice of its own language, where a finding is wrong, and with those of all the others, where there should be one.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.speech_rates import texts_of

from mscode.plan.checks.language_tables import LANGUAGES
from mscode.plan.checks.written_language import language_found


def figures() -> str:
    """One line: findings that are wrong, and mistakes that are named."""
    own, wrong, asked, named = 0, 0, 0, 0
    for language in LANGUAGES:
        for text in texts_of(language):
            own += 1
            wrong += language_found(text, language) is not None
            others = [voice for voice in LANGUAGES if voice != language]
            asked += len(others)
            named += sum(language_found(text, voice) is not None for voice in others)
    return f"{wrong} of {own} sentences called foreign wrongly, {named} of {asked} mistakes named"


if __name__ == "__main__":
    print(figures())
