"""Rows of a list that cannot be read: left out with a warning each (`onError: skip`), and handed out to whoever asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from mscode.errors import ROW_LEFT_OUT, Diagnostic, Place
from mscode.manifest.yaml.redaction import mask_text
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import mask_word

#: Cells of one row whose values are shown, masked.
_MOST_CELLS = 30


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: where, what, what to do, and the stable code of the problem."""

    place: Place
    summary: str
    hint: str
    code: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row as it stands in its file, with the place and the reasons of its refusal. Its cells are people's data."""

    file: str
    headers: tuple[str, ...]
    line: int
    column: int
    reason: str
    cells: tuple[str, ...] = field(repr=False)


class LeftOut:
    """The rows of one list that cannot be read. `keys` has the key of each that was left out, "" where that is what cannot be
    read; `rejects` takes all of them where somebody asks for the rows themselves.
    """

    def __init__(self, name: str, address: str, rejects: list[RejectedRow] | None) -> None:
        self.headers: Sequence[str] = ()
        self.used: Sequence[tuple[int, str]] = ()
        self.warnings: list[Diagnostic] = []
        self.keys: list[str] = []
        self._name, self._address, self._rejects = name, address, rejects

    def add(self, cells: Sequence[str], line: int, faults: Sequence[RowFault], key: str) -> None:
        """Leave a row out: its line and column, the reasons, and its values masked."""
        self.keys.append(key)
        reasons = mask_text(_reasons(faults, line))
        summary = f"Line {line} of {self._name} is left out: {reasons}"
        detail = f"Its values: {self._masked(cells)}"
        warning = Diagnostic(summary, faults[0].place, detail, faults[0].hint, "warning", ROW_LEFT_OUT, self._address)
        self.warnings.append(warning)

    def _masked(self, cells: Sequence[str]) -> str:
        """The values of the used columns, nothing of each but its first letter. The cells of a row with too many or too few
        may be anybody's, so they have no names.
        """
        if len(cells) != len(self.headers):
            return ", ".join(f'"{mask_word(cell.strip())}"' for cell in cells[:_MOST_CELLS] if cell.strip())
        return ", ".join(
            f'{mask_text(header)} "{mask_word(cells[at].strip())}"' for at, header in self.used if cells[at].strip()
        )

    def reject(self, cells: Sequence[str], line: int, faults: Sequence[RowFault]) -> None:
        """Keep a row for whoever asks for the rows themselves."""
        if self._rejects is not None:
            column, reason = faults[0].place.column, _reasons(faults, line)
            self._rejects.append(RejectedRow(self._name, tuple(self.headers), line, column, reason, tuple(cells)))


def _reasons(faults: Sequence[RowFault], line: int) -> str:
    """What is wrong, without the line where that is said already."""
    return "; ".join(fault.summary.removeprefix(f"Line {line}: ") for fault in faults)
