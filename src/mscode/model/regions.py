"""Words in a file of the project: where they begin and end, and how other words are written in their place."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Literal

from mscode.errors import Place
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass

#: How a text is written in its file: a scalar of YAML by its style, or a file that is the text itself. "": something else
#: stands there, like `${var.city}`, in whose place nothing can be put.
Style = Literal["", "plain", "single", "double", "block", "file"]

#: Unquoted YAML ends at some characters or begins something else with them; these are safe in the middle of any scalar.
_SAFE_PLAIN = late_pattern(r"[\w .;?()/'+-]+\Z")


@dataclass(frozen=True, slots=True)
class Region:
    """Words from `place` up to `end_line` and `end_column` (both from 1; the column is the one behind the last character)."""

    place: Place
    end_line: int
    end_column: int
    style: Style = ""

    def written(self, text: str) -> str | None:
        """The characters that put `text` in the place of the words; None where that cannot be said."""
        if not self.style or self.end_line != self.place.line or any(ord(char) < 32 for char in text):
            return None
        if self.style == "double":
            return text.replace("\\", "\\\\").replace('"', '\\"')
        if self.style == "single":
            return text.replace("'", "''")
        if self.style == "plain":
            return text if _SAFE_PLAIN.match(text) and not text.startswith("-") and text == text.strip() else None
        return text


class FieldPlaces(Mapping[str, Place]):
    """Where each field of an object stands, by its name."""

    @abstractmethod
    def region(self, path: str, start: int = 0, end: int | None = None) -> Region | None:
        """Where the characters from `start` to `end` of the text at `path` stand; None where nobody knows.

        `path` is a field's name, with further keys and indexes as in `operations[0].say`. Without an `end`: the whole value.
        """


@dataclass(frozen=True, slots=True)
class AllowComment:
    """A comment `# mscode:allow ID, REASON` in a file of the project. `rule` and `reason` may be "" or wrong."""

    place: Place
    rule: str
    reason: str
