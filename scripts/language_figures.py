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
from scripts.spoken_texts import Figures

from mscode.plan.checks.language_tables import LANGUAGES


def figures() -> str:
    """One line: findings that are wrong, and mistakes that are named."""
    total = Figures()
    for language in LANGUAGES:
        for text in texts_of(language):
            total.count_voices(text, language)
    return (
        f"{total.right_named} of {total.right_voices} sentences called foreign wrongly, "
        f"{total.wrong_named} of {total.wrong_voices} mistakes named"
    )


if __name__ == "__main__":
    print(figures())
