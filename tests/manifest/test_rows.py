"""CSV files of account lists: what their rows are, and every problem with its place."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mscode.errors import Diagnostic, ManifestError
from mscode.manifest.contacts import csv_table
from mscode.manifest.contacts.rows import MOST_PROBLEMS, _ListReader
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.model.address import Address
from mscode.model.world import DesiredWorld, Rows

PROJECT = "apiVersion: mscode/v1\nproject: demo\n"
LIST = Address("accountLists", "donors")
FINNISH = 'columns: {phone: Puhelin, firstName: Etunimi, yearOfBirth: Synt}, delimiter: ";"'
HEAD = "Puhelin;Etunimi;Synt\n"


def world(
    root: Path, csv: str | bytes, fields: str = FINNISH, *, project: str = PROJECT, more: str = ""
) -> DesiredWorld:
    (root / "mscode.yaml").write_text(project)
    (root / "all.yaml").write_text(
        f"apiVersion: mscode/v1\naccountLists:\n  donors: {{file: donors.csv, {fields}}}\n{more}"
    )
    (root / "donors.csv").write_bytes(csv if isinstance(csv, bytes) else csv.encode())
    return load(root, load_project(root), "sandbox")


def rows(root: Path, csv: str | bytes, fields: str = FINNISH, *, project: str = PROJECT) -> Rows:
    found = world(root, csv, fields, project=project).objects[LIST].rows
    assert found is not None
    return found


def problems(root: Path, csv: str | bytes, fields: str = FINNISH, *, more: str = "") -> list[Diagnostic]:
    with pytest.raises(ManifestError) as caught:
        world(root, csv, fields, more=more)
    return list(caught.value.diagnostics)


def places(found: list[Diagnostic]) -> list[tuple[str, int, int]]:
    return [(one.place.file, one.place.line, one.place.column) for one in found if one.place]


# ---- blocks ----------------------------------------------------------------------------------------------------------

GOOD = "+35840555{at:04};Aino{at};19{year}\n"
ODD = [
    "+358405550001;Aino;1980\n",
    ";Aino;1980\n",
    "\n",
    ";;\n",
    "+3584055501;Aino\n",
    "+358405559999;Aino;198O\n",
    "12345;Aino;\n",
    '"+358405558888";" Aino ";"1980"\n',
    '+358405557777;"Aino\nAnna";1980\n',
    '+358405556666;"Aino;1980\n+358405556667;Anna;1981"\n',
    "+358405555555;Ai\x01no;1980\n",
    "+358005550001;Aino;1980\n",
    " +358405554444 ; Aino; \r\n",
    '+358405553333;"Aino;1980\n',
]


@pytest.mark.parametrize("on_error", ["fail", "skip"])
@pytest.mark.parametrize("seed", range(12))
def test_rows_read_together_are_those_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, on_error: str
) -> None:
    choice = random.Random(seed)
    lines = [GOOD.format(at=at, year=choice.randrange(10, 99)) for at in range(choice.randrange(40))]
    for _ in range(choice.randrange(3)):
        lines.insert(choice.randrange(len(lines) + 1), choice.choice(ODD))
    text = HEAD + "".join(lines)
    content = text.encode() + (b"\xff\n" if seed % 6 == 5 else b"")

    def outcome() -> object:
        try:
            read = world(tmp_path, content, f"{FINNISH}, onError: {on_error}")
        except ManifestError as error:
            return error.diagnostics
        rows = read.objects[LIST].rows
        assert rows is not None
        return list(rows.values), list(rows.lines), rows.left_out, read.warnings

    monkeypatch.setattr(csv_table, "LINES", choice.choice([1, 3, 8, 1024]))
    together = outcome()
    monkeypatch.setattr(_ListReader, "_take_together", lambda self, block: False)
    monkeypatch.setattr(csv_table, "LINES", 1)
    assert outcome() == together


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_rows_are_tuples_in_the_order_of_the_accounts_fields(tmp_path: Path) -> None:
    found = rows(tmp_path, HEAD + "+358405550101;Aino;1980\n+358405550102; Onni ;\n")
    assert found.columns == ("firstName", "phone", "yearOfBirth")
    assert list(found.values) == [("Aino", "+358405550101", 1980), ("Onni", "+358405550102", None)]
    assert list(found.lines) == [2, 3]


def test_headers_that_are_names_of_fields_need_no_columns(tmp_path: Path) -> None:
    found = rows(tmp_path, "phone,city\n+358405550101,Espoo\n", "key: phone")
    assert found.columns == ("phone", "city")


def test_a_column_that_is_no_field_is_told_and_left_out(tmp_path: Path) -> None:
    found = world(tmp_path, "phone,fistName\n+358405550101,Aino\n", "key: phone")
    (warning,) = found.warnings
    assert 'Did you mean "firstName"?' in warning.hint
    assert '"fistName"' in warning.detail


def test_lines_are_those_of_the_file_also_after_a_cell_of_two_lines_and_an_empty_one(tmp_path: Path) -> None:
    found = rows(tmp_path, HEAD + '+358405550101;"Ai\nno";\n\n;;\n+358405550102;Onni;\n')
    assert list(found.lines) == [2, 6]


@pytest.mark.parametrize(
    ("encoding", "setting"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "UTF-16"), ("latin-1", "iso8859-1")],
)
def test_encodings(encoding: str, setting: str, tmp_path: Path) -> None:
    text = "Puhelin;Etunimi;Synt\n+358405550101;Päivö;\n"
    found = rows(tmp_path, text.encode(encoding), f"{FINNISH}, encoding: {setting}")
    assert found.values[0][0] == "Päivö"


def test_a_national_number_is_read_in_the_projects_region(tmp_path: Path) -> None:
    found = rows(tmp_path, HEAD + "040 555 0101;Aino;\n", project=PROJECT + "region: FI\n")
    assert found.values[0][1] == "+358405550101"


def test_a_list_can_be_keyed_by_email_whatever_the_case_of_letters(tmp_path: Path) -> None:
    found = rows(tmp_path, "email,city\nAino@Example.com,Espoo\n", "key: email")
    assert list(found.keys()) == ["aino@example.com"]
    assert found.values[0][0] == "Aino@Example.com"


def test_a_list_without_rows_is_told(tmp_path: Path) -> None:
    assert [one.code for one in world(tmp_path, HEAD).warnings] == ["empty"]


# ---- problems --------------------------------------------------------------------------------------------------------


def test_all_problems_of_all_rows_come_in_one_run_with_line_and_column(tmp_path: Path) -> None:
    csv = HEAD + '0405550101;Aino;19x0\n"+358405550102";"O;n\nni";abc\n;Eino;1980\n+358405550103;Elsa\n'
    found = problems(tmp_path, csv)
    assert places(found) == [
        ("donors.csv", 2, 1),
        ("donors.csv", 2, 17),
        ("donors.csv", 4, 5),
        ("donors.csv", 5, 1),
        ("donors.csv", 6, 1),
    ]
    assert [one.summary.partition(":")[0] for one in found[:3]] == ["Puhelin", "Synt", "Synt"]
    assert found[3].summary == 'Line 5: "Puhelin" is empty'
    assert found[3].hint == "Every row needs one (key: phone). Fill it in or remove the row."


def test_two_rows_with_one_key_are_an_error_that_names_both(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "+358405550101;Aino;\n+358405550102;Onni;\n+358 40 555 0101;Elsa;\n")
    assert [one.summary for one in found] == ["Puhelin: lines 2 and 4 have the same phone"]
    assert places(found) == [("donors.csv", 4, 1)]


def test_a_row_with_another_problem_is_still_compared_with_the_others(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "+358405550101;Aino;x\n+358405550101;Onni;y\n")
    assert [one.code for one in found] == ["bad-value", "same-key", "bad-value"]


def test_of_very_many_problems_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "x;Aino;\n" * (MOST_PROBLEMS + 7))
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1].summary == "donors.csv has 7 more problems"


def test_no_cell_is_ever_quoted(tmp_path: Path) -> None:
    csv = HEAD + "+35840555010;Kanarialintu;Kanarialintu\nKanarialintu;Kanarialintu;1\n"
    told = repr(problems(tmp_path, csv))
    assert "Kanarialintu" not in told
    assert "35840555010" not in told


@pytest.mark.parametrize(
    ("csv", "code"),
    [
        ("", "empty"),
        ("Puhelin,Etunimi,Synt\n", "missing-column"),
        ("Puhelin;Puhelin;Etunimi;Synt\n", "same-column"),
        (HEAD + '+358405550101;"Aino;1980\n', "csv"),
        (HEAD + '"+358405550101"x;Aino;1980\n', "csv"),
        (HEAD + "+358405550101;Ai\x00no;1980\n", "character"),
        ("Puhelin;Etunimi;Synt\n+358405550101;Päivi;\n".encode("cp1252"), "encoding"),
    ],
)
def test_a_file_that_is_no_such_table(csv: str | bytes, code: str, tmp_path: Path) -> None:
    found = problems(tmp_path, csv)
    assert code in [one.code for one in found]
    assert all(one.place and one.place.file == "donors.csv" for one in found)


def test_a_byte_of_another_encoding_has_its_place(tmp_path: Path) -> None:
    found = problems(tmp_path, (HEAD + "+358405550101;Aino;\n+358405550102;Päivi;\n").encode("cp1252"))
    assert places(found) == [("donors.csv", 3, 16)]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ("delimiter: ';;'", "one character"),
        ("delimiter: a", "one character"),
        ("encoding: klingon", "no known encoding"),
        ("encoding: rot13", "no encoding of text"),
        ("encoding: idna", "no encoding of text"),
        ("key: city", "phone or email"),
        ("columns: {firstName: A}", "column of phone"),
        ("key: email, columns: {phone: A}", "column of email"),
        ("columns: {phone: A, city: A}", "same column"),
        ("columns: {phon: A}", 'Did you mean "phone"?'),
        ("import: '12'", "nothing to import"),
        ("lifecycle: {onRemoval: delete}", "never deletes"),
        ("lifecycle: {ignoreChanges: [city]}", "no field of accountLists"),
    ],
)
def test_settings_that_make_no_sense(fields: str, word: str, tmp_path: Path) -> None:
    found = problems(tmp_path, "phone\n+358405550101\n", fields)
    assert any(word in f"{one.summary} {one.hint}" for one in found), found
    assert all(one.place and one.place.file == "all.yaml" for one in found)


@pytest.mark.parametrize("file", ["../donors.csv", "nowhere.csv", "."])
def test_a_file_that_cannot_be_used(file: str, tmp_path: Path) -> None:
    (tmp_path / "donors.csv").write_text("phone\n")
    root = tmp_path / "project"
    root.mkdir()
    (root / "mscode.yaml").write_text(PROJECT)
    (root / "all.yaml").write_text(f"apiVersion: mscode/v1\naccountLists:\n  donors: {{file: '{file}'}}\n")
    with pytest.raises(ManifestError) as caught:
        load(root, load_project(root), "sandbox")
    assert [one.place and one.place.file for one in caught.value.diagnostics] == ["all.yaml"]


def test_an_account_that_is_declared_as_well_has_two_owners(tmp_path: Path) -> None:
    more = 'accounts:\n  aino: {phone: "+358405550101"}\n'
    found = problems(tmp_path, HEAD + "+358405550102;Onni;\n+358405550101;Aino;\n", more=more)
    assert [(one.code, one.place and one.place.line) for one in found] == [("two-owners", 3)]
    assert "accounts.aino" in found[0].summary
    assert "all.yaml, line 5" in found[0].hint


def test_a_group_refers_to_a_list_that_is_declared(tmp_path: Path) -> None:
    more = "groups:\n  donors: {members: {accountList: doners}}\n"
    found = problems(tmp_path, HEAD, more=more)
    assert [one.code for one in found] == ["missing-reference"]


# ---- one cause, one error --------------------------------------------------------------------------------------------

ROW = "+358405550101;Päivi;1980\n"
FOUND = FINNISH.replace(', delimiter: ";"', "")
COMMAS = f'{FOUND}, delimiter: ","'
XLSX = b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml" + b"\x00" * 99
ODS = b"PK\x03\x04\x14\x00\x00\x08mimetypeapplication/vnd.oasis.opendocument.spreadsheet" + b"\x00" * 99


@pytest.mark.parametrize(
    ("content", "fields", "summary", "hint"),
    [
        (HEAD + ROW, COMMAS, 'The header line has no "," but 2 ";"', 'Set delimiter: ";" in all.yaml line 3.'),
        (
            HEAD + ROW,
            'delimiter: ","',
            'The header line has no "," but 2 ";"',
            'Set delimiter: ";" in all.yaml line 3.',
        ),
        (
            (HEAD + ROW).replace(";", "\t"),
            FINNISH,
            'The header line has no ";" but 2 tab',
            'Set delimiter: "\\t" in all.yaml line 3.',
        ),
        (
            (HEAD + ROW).replace(";", "|"),
            COMMAS,
            'The header line has no "," but 2 "|"',
            'Set delimiter: "|" in all.yaml line 3.',
        ),
        (
            'Puhelin;Etunimi;Synt;"a,b";x,y\n',
            COMMAS,
            'The header line has 1 "," and 4 ";"',
            'Set delimiter: ";" in all.yaml line 3.',
        ),
        (
            '"Puhelin";"Etunimi";"Synt"\n',
            COMMAS,
            'The header line has no "," but 2 ";"',
            'Set delimiter: ";" in all.yaml line 3.',
        ),
        ("sep=;\n" + HEAD + ROW, FINNISH, "The first line says which delimiter", "Remove that line."),
        (XLSX, FINNISH, "This is an Excel workbook", 'Save it as "CSV UTF-8"'),
        (XLSX, f"{FINNISH}, encoding: latin-1", "This is an Excel workbook", 'Save it as "CSV UTF-8"'),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, FINNISH, "This is an Excel workbook", 'Save it as "CSV UTF-8"'),
        (ODS, FINNISH, "This is an OpenDocument spreadsheet", 'Save it as "CSV UTF-8"'),
        (b"\n<html><table>", FINNISH, "This is a web page or XML", 'Save it as "CSV UTF-8"'),
        (
            (HEAD + ROW).encode("utf-16"),
            f"{FINNISH}, encoding: utf-8",
            "This is UTF-16, not utf-8",
            "Set encoding: utf-16 in all.yaml line 3.",
        ),
        (
            (HEAD + ROW).encode("utf-16"),
            f"{FINNISH}, encoding: cp1252",
            "This is UTF-16, not cp1252",
            "Set encoding: utf-16 in all.yaml line 3.",
        ),
        (
            (HEAD + ROW).encode("utf-16"),
            f"{FINNISH}, encoding: utf-16-be",
            "This is UTF-16, not utf-16-be",
            "Set encoding: utf-16 in",
        ),
        (
            (HEAD + ROW).encode("utf-16-le"),
            f"{FINNISH}, encoding: latin-1",
            "This is UTF-16, not iso8859-1",
            "Set encoding: utf-16-le in",
        ),
        (
            (HEAD + ROW).encode("utf-16-be"),
            f"{FINNISH}, encoding: utf-16",
            "This is UTF-16, not utf-16",
            "Set encoding: utf-16-be in",
        ),
        (
            (HEAD + ROW).encode("utf-16-le"),
            FINNISH,
            "This is UTF-16 without a byte order mark",
            "Set encoding: utf-16-le",
        ),
        (
            (HEAD + ROW).encode("utf-32"),
            f"{FINNISH}, encoding: utf-8",
            "This is UTF-32, not utf-8",
            "Set encoding: utf-32 in",
        ),
        (
            (HEAD + ROW).encode("utf-8-sig"),
            f"{FINNISH}, encoding: cp1252",
            "The file is UTF-8 with a byte order mark, not cp1252",
            "Set encoding: utf-8 in all.yaml line 3.",
        ),
        (
            HEAD + ROW,
            f"{FINNISH}, encoding: utf-16",
            "The file is not UTF-16",
            "Set encoding: utf-8 in all.yaml line 3.",
        ),
        (
            (HEAD + ROW).encode("cp1252"),
            f"{FINNISH}, encoding: utf-16",
            "The file is not UTF-16",
            "Set encoding: cp1252 in all.yaml line 3.",
        ),
        ((HEAD + ROW).encode("cp1252"), FINNISH, "The file is not UTF-8", "Set encoding: cp1252 in all.yaml line 3."),
        (
            (HEAD + ROW.replace("Päivi", "Łukasz Święcicki")).encode("cp1250"),
            FINNISH,
            "The file is not UTF-8",
            "Set encoding: cp1250 in all.yaml line 3.",
        ),
        (
            (HEAD + ROW.replace("Päivi", "Ольга Смирнова")).encode("cp1251"),
            FINNISH,
            "The file is not UTF-8",
            "Set encoding: cp1251 in all.yaml line 3.",
        ),
        (
            (HEAD + ROW).encode("utf-8-sig").replace("ä".encode(), b"\xe4"),
            FINNISH,
            "The file is not UTF-8",
            "Set encoding: cp1252 in all.yaml line 3.",
        ),
        # a delimiter that is not written down, and cannot be found
        (
            "Puhelin;Etunimi,Synt\n+358405550101;Aino,1980\n",
            FOUND.replace("Etunimi", "'Etunimi,Synt'").replace(", yearOfBirth: Synt", ""),
            'Between the cells may stand "," or ";"',
            'Set delimiter: ";" in all.yaml line 3.',
        ),
        (
            "Puhelin;Etunimi;Synt;a,b\n+358405550101;Aino;1980\n+358405550102;Onni;1981;x,y\n",
            FOUND,
            'No delimiter fits every row: with ";", line 2 has not as many cells',
            'Set delimiter: ";" in all.yaml line 3.',
        ),
        (
            "Puhelin,Etunimi,Synt\n" + ROW * 2,
            FOUND,
            'The header line has "," and no ";", which stands between the cells of every row',
            "Name every column in the first line",
        ),
        ("phone\n" + ROW * 2, "key: phone", 'The header line has no ";"', "Name every column in the first line"),
        # a header line that names other columns
        (
            HEAD + ROW,
            "key: phone",
            'There is no column "phone" (for phone)',
            "The first line must name the columns. Write columns: {phone: Puhelin} in all.yaml line 3.",
        ),
        (
            "A;B;C\n" + ROW,
            "key: phone",
            'There is no column "phone"',
            "The first line must name the columns. Write columns: {phone: HEADER OF",
        ),
        (
            "A;B;C\n" + ROW,
            FINNISH,
            'There are no columns "Etunimi" (for firstName), "Puhelin" (for phone), "Synt"',
            "The first line must name the columns. Correct `columns:` in all.yaml line 3.",
        ),
        (ROW * 2, FINNISH, 'There are no columns "Etunimi"', "The first line must name"),
        (HEAD + ROW, f"{FINNISH}, encoding: ascii", "The file is not ascii", "Set encoding: utf-8 in all.yaml line 3."),
        (
            HEAD.replace("Etunimi", "Etunimiä") + ROW,
            f"{FINNISH.replace('Etunimi', 'Etunimiä')}, encoding: latin-1",
            "The file is UTF-8, not iso8859-1",
            "Set encoding: utf-8 in all.yaml line 3.",
        ),
    ],
)
def test_one_cause_is_one_error_that_says_what_to_write(
    tmp_path: Path, content: str | bytes, fields: str, summary: str, hint: str
) -> None:
    (found,) = problems(tmp_path, content, fields)
    assert found.summary.startswith(summary) and found.hint.startswith(hint)
    assert found.place is not None and found.place.file == "donors.csv"
    assert "Did you mean" not in f"{found.summary}{found.hint}"


def test_the_line_to_change_is_that_of_the_setting_where_there_is_one(tmp_path: Path) -> None:
    block = "\n    file: donors.csv\n    columns: {phone: Puhelin}\n    delimiter: ','\n"
    (tmp_path / "donors.csv").write_text(HEAD + ROW)
    (tmp_path / "mscode.yaml").write_text(PROJECT)
    (tmp_path / "all.yaml").write_text(f"apiVersion: mscode/v1\naccountLists:\n  donors:{block}")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, load_project(tmp_path), "sandbox")
    (found,) = caught.value.diagnostics
    assert found.hint == 'Set delimiter: ";" in all.yaml line 6.'


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ("Puhelin;Etunim;Synt\n", FINNISH),  # a column of another name is what it is
        ("Puhelin;Etunimi|;Synt\n", FINNISH),
        ("Puhelin|koti;Etunimi;Synt\n", FINNISH),
        ("Matkapuhelin\n", "columns: {phone: Puhelin}"),
    ],
)
def test_a_column_of_another_name_is_no_matter_of_the_file(tmp_path: Path, content: str, fields: str) -> None:
    assert {one.code for one in problems(tmp_path, content, fields)} == {"missing-column"}
    assert all("There is no column" in one.summary for one in problems(tmp_path, content, fields))
    assert len(problems(tmp_path, content, fields)) == 1


def test_no_name_is_suggested_that_is_none(tmp_path: Path) -> None:
    found = problems(tmp_path, "Puhelin|x;Etunimi\x07;Synt\n", FINNISH)
    assert len(found) == 1 and not any("Did you mean" in one.hint for one in found)


def test_a_long_first_line_is_read_in_linear_time(tmp_path: Path) -> None:
    for line in ('"' * 1_000_000, ";" * 1_000_000, "<" * 1_000_000, " " * 1_000_000 + "x", '";' * 500_000):
        assert problems(tmp_path, f"{line}\n", COMMAS)


# ---- numbers and addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["358401234567.0", "3.58E+11", "45", "040 1234567 / 050 1234567", "0401234567 x2"])
def test_a_cell_that_is_no_number_is_an_error(tmp_path: Path, cell: str) -> None:
    found = problems(tmp_path, f"phone,city\n+358401234560,Espoo\n{cell},Turku\n", "key: phone")
    assert places(found) == [("donors.csv", 3, 1)]


def test_a_number_in_no_known_range_is_a_warning_with_its_lines(tmp_path: Path) -> None:
    """Eight digits behind +55 11 was a mobile phone once."""
    found = world(tmp_path, "phone\n+551187654321\n+358401234560\n+551187654322\n", "key: phone")
    [warning] = [one for one in found.warnings if one.code == "doubtful"]
    assert "lines 2, 4" in warning.summary and warning.place and warning.place.line == 2


@pytest.mark.parametrize(
    "cell",
    [
        "joseph-email.com", "n/a", "-", "Anna <anna@example.com>", '"a@example.com; b@example.com"', "anna@localhost",
        "anna@example.com.", "a..b@example.com", "mailto:anna@example.com", "anna @example.com", "@example.com", "anna@",
        '"a@example.com,b@example.com"', "anna@exa_mple.com", f"{'a' * 65}@example.com",
    ],
)  # fmt: skip
def test_a_cell_that_is_no_email_address_is_an_error(tmp_path: Path, cell: str) -> None:
    found = problems(tmp_path, f"email,city\nanna@example.com,Espoo\n{cell},Turku\n", "key: email")
    assert [one.place and one.place.line for one in found] == [3]
    found = problems(tmp_path, f"phone,email\n+358401234560,anna@example.com\n+358401234561,{cell}\n", "key: phone")
    assert [one.place and one.place.line for one in found] == [3]


def test_email_addresses_of_all_forms_are_taken_as_they_are_typed(tmp_path: Path) -> None:
    typed = [
        "Anna.Virta+news@Example.COM",
        "o'neil@example.com",
        "äiti@esimerkki.fi",
        "anna@xn--hxajbheg2az3al.xn--jxalpdlp",
    ]
    found = rows(tmp_path, "email\n" + "\n".join(typed) + "\n", "key: email")
    assert [row[0] for row in found.values] == typed


@pytest.mark.parametrize(
    "text",
    [
        'name,phone\n"Aino,+358401234560\nOnni",+358401234561\nEero,+358401234562\n',
        'phone,name\n+358401234560,"Aino\n+358401234561,Onni\n+358401234562,Eero"\n+358401234563,Veikko\n',
    ],
)
def test_a_quote_that_takes_rows_into_its_cell_is_an_error(tmp_path: Path, text: str) -> None:
    found = problems(tmp_path, text, "key: phone, columns: {phone: phone, lastName: name}")
    assert [(one.code, one.place and one.place.line) for one in found] == [("csv", 2)]


def test_a_text_of_several_lines_is_a_cell(tmp_path: Path) -> None:
    text = 'phone,note\n+358401234560,"likes tea, coffee\nand milk, too"\n'
    assert rows(tmp_path, text, "key: phone").values[0] == ("+358401234560", "likes tea, coffee\nand milk, too")


# ---- rows that are left out ------------------------------------------------------------------------------------------

SKIP = f"{FOUND}, onError: skip"


def test_rows_that_cannot_be_read_are_left_out_with_their_keys(tmp_path: Path) -> None:
    csv = HEAD + "+358405550101;Aino;1980\nx;Onni;1981\n;Esa;1982\n+358405550104;Elsa;x\n+358405550105;Kai\n"
    found = world(tmp_path, csv, SKIP)
    listed = found.objects[LIST].rows
    assert listed is not None and list(listed.lines) == [2] and listed.left_out == ("", "", "+358405550104", "")
    left_out = [one for one in found.warnings if one.code == "row-left-out"]
    assert [(one.place.line, one.place.column) for one in left_out if one.place] == [(3, 1), (4, 1), (5, 20), (6, 1)]
    assert left_out[1].summary == 'Line 4 of donors.csv is left out: "Puhelin" is empty'
    assert left_out[0].detail == 'Its values: Etunimi "O•••", Puhelin "x•••", Synt "1•••"'
    assert "Onni" not in repr(found.warnings)


def test_of_two_rows_with_one_key_the_second_is_left_out(tmp_path: Path) -> None:
    found = rows(tmp_path, HEAD + "+358405550101;Aino;\n+358405550101;Onni;\n", SKIP)
    assert list(found.lines) == [2] and found.left_out == ("+358405550101",)


@pytest.mark.parametrize(
    ("csv", "code"),
    [
        (HEAD + '+358405550101;"Aino;1980\n', "csv"),
        (HEAD + '+358405550101;"Aino;1980\n+358405550102;Onni";1980\n', "csv"),
        ("Puhelin;Etunimi,Synt;x\n+358405550101;Aino;1980\n", "missing-column"),
        (HEAD + "+358405550101;Aino;1980\n" * 2 + "+358405550101;Aino\n" * 11, "delimiter"),
        ((HEAD + "+358405550101;Päivi;1980\n").encode("cp1252"), "encoding"),
    ],
)
def test_what_concerns_the_whole_file_stays_an_error(tmp_path: Path, csv: str | bytes, code: str) -> None:
    assert [one.code for one in problems(tmp_path, csv, SKIP)] == [code]


def test_with_a_delimiter_that_is_written_down_most_rows_may_be_left_out(tmp_path: Path) -> None:
    csv = HEAD + "+358405550101;Aino;1980\n" + "+358405550102;Onni\n" * 11
    assert len(rows(tmp_path, csv, f"{FINNISH}, onError: skip").left_out) == 11


# ---- delimiters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("csv", "delimiter"),
    [
        ("phone;city\n+358405550101;Espoo\n", ";"),
        ("phone\tcity\n+358405550101\tEspoo\n", "\t"),
        ("phone|city\n+358405550101|Espoo\n", "|"),
        ("phone,city\n+358405550101,Espoo\n", ","),
        ("phone\n+358405550101\n", ""),
        ('phone;note\n+358405550101;"tea, coffee;\nand milk, too"\n', ";"),
        ('"phone";"a,b"\n+358405550101;x\n', ";"),
        ("phone;note, free\n+358405550101;tea\n+358405550102;tea, milk\n", ";"),
        ("\n\nphone;city\n;\n+358405550101;Espoo\n;;;\n"[:-5] + "\n", ";"),
    ],
)
def test_the_delimiter_is_the_one_that_header_and_rows_agree_on(tmp_path: Path, csv: str, delimiter: str) -> None:
    found = rows(tmp_path, csv, "key: phone")
    assert found.format.delimiter == delimiter and found.format.is_found
    assert found.values[0][found.columns.index("phone")] == "+358405550101"


def test_columns_that_are_not_used_and_are_names_of_fields_are_named(tmp_path: Path) -> None:
    found = world(tmp_path, "Puhelin;city;Email;x\n+358405550101;Espoo;a@example.com;1\n", "columns: {phone: Puhelin}")
    (warning,) = [one for one in found.warnings if one.code == "unused-column"]
    assert warning.detail == 'They are not used: "city", "Email".'
    assert warning.hint.endswith("like columns: {city: city}.")
