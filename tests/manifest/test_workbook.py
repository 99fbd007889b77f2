"""Excel workbooks as account lists: text is read as it stands, and whatever Excel made of a text is an error with its cell."""

from __future__ import annotations

import builtins
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.workbooks import DATE, ERROR, FORMULA, TEXT_FORMULA, Cell, Xml, write_workbook

from mscode.errors import Diagnostic, ManifestError
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.model.address import Address
from mscode.model.world import Rows

HEAD = ["Puhelin", "Etunimi", "Synt"]
FIELDS = "columns: {phone: Puhelin, firstName: Etunimi, yearOfBirth: Synt}"


def read(root: Path, fields: str = FIELDS, *, region: str = "FI", file: str = "donors.xlsx") -> Rows:
    (root / "mscode.yaml").write_text(
        f"apiVersion: mscode/v1\nproject: demo\n{f'region: {region}' if region else ''}\n"
    )
    (root / "all.yaml").write_text(f"apiVersion: mscode/v1\naccountLists:\n  donors: {{file: {file}, {fields}}}\n")
    found = load(root, load_project(root), "sandbox").objects[Address("accountLists", "donors")].rows
    assert found is not None
    return found


def rows(root: Path, cells: Sequence[Sequence[Cell]], fields: str = FIELDS, *, region: str = "FI") -> Rows:
    write_workbook(root / "donors.xlsx", [HEAD, *cells])
    return read(root, fields, region=region)


def problems(
    root: Path, cells: Sequence[Sequence[Cell]], fields: str = FIELDS, *, region: str = "FI"
) -> list[Diagnostic]:
    with pytest.raises(ManifestError) as caught:
        rows(root, cells, fields, region=region)
    return list(caught.value.diagnostics)


def problem(root: Path, fields: str = FIELDS, file: str = "donors.xlsx") -> Diagnostic:
    with pytest.raises(ManifestError) as caught:
        read(root, fields, file=file)
    (found,) = caught.value.diagnostics
    return found


def test_text_and_whole_numbers_are_read(tmp_path: Path) -> None:
    found = rows(tmp_path, [["+358405550101", "Päivi", 1980], ["040 555 0102", " Onni ", "1981"], [None, None, None]])
    assert list(found.values) == [("Päivi", "+358405550101", 1980), ("Onni", "+358405550102", 1981)]
    assert list(found.lines) == [2, 3] and str(found.format) == "Excel workbook"


@pytest.mark.parametrize(
    ("number", "region", "read_as"),
    [
        (358405550101, "FI", "+358405550101"),
        (405550101, "FI", "+358405550101"),
        (701234567, "SE", "+46701234567"),
        (46701234567, "FI", "+46701234567"),
    ],
)
def test_a_phone_that_excel_made_a_number_is_read_where_it_can_be_one_number_alone(
    tmp_path: Path, number: int, region: str, read_as: str
) -> None:
    assert rows(tmp_path, [[number, "Aino", None]], region=region).values[0][1] == read_as


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (FORMULA, "is a formula; paste it as a value"),
        (TEXT_FORMULA, "is a formula; paste it as a value"),
        (Xml("<f></f>"), "is a formula; paste it as a value"),
        (ERROR, "is an error of Excel; correct it"),
        (3.5, "is a number that is not whole"),
        (358405550101.5, "is a number that is not whole"),
        (3.58405550101e20, "is a number of more than 15 digits"),
        (True, "is TRUE or FALSE; write it as text"),
        (DATE, "is a date or a time; write it as text"),
        (112, "is a number, not text, and is no phone number that is in use"),
        (-358405550101, "is a number, not text, and is no phone number that is in use"),
    ],
)
def test_what_excel_made_of_a_cell_is_an_error_with_its_cell(tmp_path: Path, cell: Cell, words: str) -> None:
    (found,) = problems(tmp_path, [["+358405550101", "Aino", 1980], [cell, "Onni", 1981]])
    assert found.summary.startswith(f"A3: Puhelin: {words}"), found.summary
    assert found.place and (found.place.file, found.place.line, found.place.column) == ("donors.xlsx", 3, 1)


def test_a_number_of_two_countries_is_an_error(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, [[4570123456, "Aino", None]])
    assert "can be read as two phone numbers" in found.summary
    (found,) = problems(tmp_path, [[358405550101, "Aino", None]], region="")
    assert "without + and country code" in found.summary


def test_what_is_wrong_in_a_column_that_is_not_used_does_no_harm(tmp_path: Path) -> None:
    assert len(rows(tmp_path, [["+358405550101", FORMULA, ERROR]], "columns: {phone: Puhelin}").values) == 1


def test_rows_are_left_out_with_their_cells(tmp_path: Path) -> None:
    write_workbook(
        tmp_path / "donors.xlsx", [HEAD, ["+358405550101", "Aino", FORMULA], ["+358405550102", "Onni", 1980]]
    )
    found = read(tmp_path, f"{FIELDS}, onError: skip")
    assert len(found.values) == 1 and found.left_out == ("+358405550101",)


def test_a_workbook_of_several_sheets_is_one_error(tmp_path: Path) -> None:
    write_workbook(tmp_path / "donors.xlsx", [HEAD], sheets=3)
    found = problem(tmp_path)
    assert found.summary == "The workbook has 3 sheets, and a list is one" and "CSV UTF-8" in found.hint


@pytest.mark.parametrize("setting", ["delimiter: ';'", "encoding: utf-8"])
def test_settings_of_csv_files_are_none_of_a_workbook(tmp_path: Path, setting: str) -> None:
    write_workbook(tmp_path / "donors.xlsx", [HEAD])
    assert f"A workbook has no {setting.partition(':')[0]}" in problem(tmp_path, f"{FIELDS}, {setting}").summary


def test_an_unmapped_header_is_one_error(tmp_path: Path) -> None:
    write_workbook(tmp_path / "donors.xlsx", [HEAD, ["+358405550101", "Aino", 1980]])
    found = problem(tmp_path, "key: phone")
    assert 'There is no column "phone"' in found.summary
    assert "Write columns: {phone: Puhelin} in all.yaml line 3." in found.hint


def test_a_workbook_under_another_name_is_named(tmp_path: Path) -> None:
    write_workbook(tmp_path / "donors.csv", [HEAD])
    assert problem(tmp_path, file="donors.csv").summary == "This is an Excel workbook"
    (tmp_path / "donors.xlsx").write_text("phone\n+358405550101\n")
    assert problem(tmp_path).summary == "This is no Excel workbook that can be read"


def test_without_the_extra_the_error_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_workbook(tmp_path / "donors.xlsx", [HEAD])
    whole = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "python_calamine":
            raise ImportError(name)
        return whole(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    found = problem(tmp_path)
    assert found.code == "extra" and "mscode[xlsx]" in found.hint


# ---- hostile ---------------------------------------------------------------------------------------------------------


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    write_workbook(tmp_path / "donors.xlsx", [HEAD], before=laughs)
    assert "document type" in problem(tmp_path).summary


def test_a_cell_at_the_end_of_the_sheet_takes_no_memory(tmp_path: Path) -> None:
    write_workbook(tmp_path / "donors.xlsx", [HEAD, [Xml('</c><c r="XFD1048576"><v>1</v>')]])
    assert "goes to column XFD and row 1,048,576" in problem(tmp_path).summary


def test_an_archive_that_is_broken_or_lies_about_its_size_is_no_workbook(tmp_path: Path) -> None:
    write_workbook(tmp_path / "whole.xlsx", [HEAD, *[["+358405550101", "Aino", 1980]] * 500])
    raw = (tmp_path / "whole.xlsx").read_bytes()
    for broken in (raw[:-100], raw[: len(raw) // 2], raw.replace(b"</", b"<<"), b"PK\x03\x04" + b"\x00" * 500):
        (tmp_path / "donors.xlsx").write_bytes(broken)
        if broken != raw:
            assert problem(tmp_path).summary == "This is no Excel workbook that can be read"
    with zipfile.ZipFile(tmp_path / "donors.xlsx", "w") as archive:
        archive.writestr("a.txt", "a")
    assert "has 0 sheets" in problem(tmp_path).summary
