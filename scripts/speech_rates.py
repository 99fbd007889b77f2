"""Measures how many characters a second a voice speaks, and writes the table of it (`python scripts/speech_rates.py`).

It needs two packages that mscode does not: espeakng-loader (the synthesizer eSpeak NG, whose samples are counted and not
played) and Django (whose translations are the texts: 50 sentences a language, the longest without placeholders). mscode uses the
table alone, so that a text takes as long on one machine as on another.
"""

from __future__ import annotations

import ctypes
import gettext
import importlib
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from mscode.plan.checks.language_tables import LANGUAGES

FILE = Path(__file__).resolve().parent.parent / "src/mscode/plan/checks/languages/speech_rates.toml"
TEXTS = 50
#: Names of languages in Django's folders and of voices in eSpeak NG, where they are others.
FOLDERS, VOICES = {"no": "nb"}, {"no": "nb", "en": "en-us"}
_ENGLISH = "de"  # any translation has the English texts as its keys
_UNFIT = re.compile(r"[%{}<>\n_|]|\d")

HEAD = """\
# Characters that a voice speaks in a second, spaces and marks included, and how far off that is for a single text: the mean
# difference in percent. Measured by scripts/speech_rates.py with eSpeak NG {version} at its own speed (175 words a minute) from
# {texts} sentences a language, of the translations of Django {django}. Other languages: the mean of these.
"""


class _Synthesizer:
    """eSpeak NG as a library that gives the samples back."""

    def __init__(self) -> None:
        loader = importlib.import_module("espeakng_loader")
        self._library = ctypes.CDLL(loader.get_library_path())
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._rate = self._library.espeak_Initialize(1, 0, str(loader.get_data_path()).encode(), 0)
        self._samples = 0

        def count(wave: object, number: int, events: object) -> int:
            self._samples += number
            return 0

        self._callback = callback(count)
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_Info.restype = ctypes.c_char_p
        self.version = self._library.espeak_Info(None).decode().split()[0]

    def seconds(self, text: str, voice: str) -> float:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise LookupError(f"eSpeak NG has no voice {voice}")
        self._samples, content = 0, text.encode()
        self._library.espeak_Synth(content, len(content) + 1, 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        return self._samples / self._rate


def texts_of(language: str) -> list[str]:
    """The sentences of a language."""
    return sorted({text for text in _translations(language) if 40 <= len(text) <= 300}, key=len)[-TEXTS:]


def _translations(language: str) -> Iterator[str]:
    root = Path(importlib.import_module("django").__file__ or "").parent
    folder = FOLDERS.get(language, _ENGLISH if language == "en" else language)
    for file in sorted(root.glob(f"**/locale/{folder}/LC_MESSAGES/django.mo")):
        with file.open("rb") as stream:
            catalog = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]
        for key, translated in catalog.items():
            text = key if language == "en" else translated
            if isinstance(text, str) and not _UNFIT.search(text):
                yield text


def table() -> str:
    """The whole file."""
    synthesizer = _Synthesizer()
    lines = [
        HEAD.format(version=synthesizer.version, texts=TEXTS, django=importlib.import_module("django").get_version())
    ]
    for language in LANGUAGES:
        texts = texts_of(language)
        seconds = [synthesizer.seconds(text, VOICES.get(language, language)) for text in texts]
        rate = sum(map(len, texts)) / sum(seconds)
        errors = [abs(len(text) / rate - heard) / heard for text, heard in zip(texts, seconds, strict=True)]
        lines.append(f"{language} = {{rate = {rate:.1f}, off = {100 * statistics.mean(errors):.0f}}}\n")
    return "".join(lines)


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
    print(FILE.name)
