"""Workbooks as Excel writes them, part by part: what a library would not write (formulas with values, errors) is in them too."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Xml(NamedTuple):
    """The inside of a cell and its further attributes, as they are."""

    inside: str
    attributes: str = ""


FORMULA = Xml("<f>1+1</f><v>2</v>")
TEXT_FORMULA = Xml('<f>A1&amp;"x"</f><v>abc</v>', ' t="str"')
ERROR = Xml("<v>#N/A</v>", ' t="e"')
DATE = Xml("<v>45000</v>", ' s="1"')

Cell = str | int | float | bool | Xml | None


def write_workbook(path: Path, rows: Sequence[Sequence[Cell]], *, sheets: int = 1, before: str = "") -> None:
    """A workbook whose sheets all have these rows; `before` stands in front of a sheet's root."""
    numbers = range(1, sheets + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/s{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/s{n}.xml"/>' for n in numbers)
        + f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    cells = "".join(_row(at, row) for at, row in enumerate(rows, 1))
    sheet = f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    parts |= {f"xl/worksheets/s{n}.xml": sheet for n in numbers}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, _HEAD + text)


def _row(at: int, cells: Sequence[Cell]) -> str:
    return f'<row r="{at}">{"".join(_cell(f"{chr(65 + n)}{at}", cell) for n, cell in enumerate(cells))}</row>'


def _cell(reference: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Xml):
        return f'<c r="{reference}"{cell.attributes}>{cell.inside}</c>'
    if isinstance(cell, bool):
        return f'<c r="{reference}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{reference}"><v>{cell}</v></c>'
