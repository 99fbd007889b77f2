"""Whoever is lost in reading a do-not-call file is called: each line is a number, a comment, blank, or an error that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.errors import Diagnostic, ManifestError
from mscode.manifest.contacts.do_not_call import do_not_call_file

A, B, C = "+358401234560", "+358401234567", "+358501234567"


def read(folder: Path, content: str | bytes, region: str = "FI") -> list[str]:
    raw = content.encode() if isinstance(content, str) else content
    (folder / "never.csv").write_bytes(raw)
    return list(do_not_call_file(folder, "never.csv", region).lines)


def problems(folder: Path, content: str | bytes, region: str = "FI") -> list[Diagnostic]:
    with pytest.raises(ManifestError) as caught:
        read(folder, content, region)
    for one in caught.value.diagnostics:
        assert one.code == "do-not-call" and one.place and one.place.file == "never.csv"
        assert "40123" not in f"{one.summary}{one.detail}{one.hint}"
    return list(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f"{A}\n{B}\n", [A, B]),
        (f"{A}\r\n{B}", [A, B]),
        (f"{A}\r{B}\r", [A, B]),
        (f"\ufeff{A}\n\n  \n# nobody else\n  # nor they\n{B}\n", [A, B]),
        (f'"{A}"\n 040 123 4567 \n', [A, B]),
        (f"{A},\n{B},,\n", [A, B]),
        (f"phone\n{A}\n", [A]),
        (f"Name, PHONE \nAino,{A}\n# ,\n,\n", [A]),
        (f'"name","phone"\n"Virta, Anna","{A}"\n', [A]),
        (f"# asked by letter\nname,phone\nAino,{A}\n", [A]),
        (f"id,phone\n#1,{A}\n#2,{B}\n", [A, B]),
        (f"phone,asked\n{A},2026-03-01\n{B},01.02.2026\n", [A, B]),
        (f"phone,customer\n{A},100234567\n", [A]),
        ("# nobody yet\n", []),
        ("phone\n# nobody yet\n", []),
        (f"id,phone,added,cancelled,hotel\n1000234567,{A},20260105,2026-01-05 10:00,Room 401234567\n", [A]),
        (f"phone,mobile\n{A},none\n{B},ask 7\n", [A, B]),
        ("(0043) 1/1234567\n", ["+4311234567"]),
        # whatever stands between the cells, and however it is encoded
        (f"name;phone\nAino;{A}\n", [A]),
        (f"name\tphone\nAino\t{A}\n", [A]),
        (f"name|phone\nAino|{A}\n", [A]),
        (f'name;phone\n"Virta; Anna, Helsinki";{A}\n', [A]),
        (f"phone;name, first;city\n{A};Virta, Anna;Oulu\n{B};Onni;Oulu\n", [A, B]),
        (f"phone;name\n{A};Päivi\n".encode("utf-16"), [A]),
        (f"{A}\n{B}\n".encode("utf-16"), [A, B]),
        (f"phone\n{A}\n".encode("utf-32"), [A]),
    ],
)
def test_what_is_a_list_of_numbers(tmp_path: Path, content: str | bytes, found: list[str]) -> None:
    assert read(tmp_path, content) == found


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        # a quote that takes what follows into its cell
        (f'name,phone\n"Aino,{A}\nOnni,{B}\n', [2]),
        (f'name,phone\n"Aino,{A}\nOnni",{B}\n', [2]),
        (f'name,phone\nAi"no,{A}\n"Onni" ,{B}\n', [3]),
        (f'"{A}\n{B}\n', [1]),
        (f'{A}\n"{B}\n{C}"\n', [2, 3]),
        # a second number
        (f"{A},{B}\n", [1]),
        (f"{A}\n{B} {C}\n", [2]),
        (f"{A};{B}\n", [1]),
        (f"{A}\t{B}\n", [1]),
        (f"phone\n{A} / {B}\n", [2]),
        (f"name,phone\nAino,{A},{B}\n", [2]),
        # a number in another column
        (f"phone,mobile phone\n,{B}\n", [2]),
        (f"phone,mobile phone\n{A},{B}\n", [2]),
        ("phone,gsm\n+358401234560,0401234567\n", [2]),
        (f"phone,note\n{A},tel:{B}\n", [2]),
        (f'phone,mobile\n{A},"{B}, {B}"\n', [2]),
        (f"phone,Matkapuhelin\n{A},0401234567 tai 0401234568\n", [2]),
        (f"phone,note\n{A},{B} ext 5\n", [2]),
        (f"phone,note\n{A},00358401234567\n", [2]),
        (f"name,phone\n{A},Aino\n", [2]),
        # rows and columns that do not fit
        (f"name,phone\n{A}\n", [2]),
        (f"name,phone\nAino;{A}\nOnni,{B}\n", [2]),
        (f"name,phone\nVirta, Anna,{A}\n", [2]),
        (f"phone,phone\n,{A}\n", [1]),
        (f"name,phone\nAino,\nOnni,{A}\n", [2]),
        (f"name,phone\nAino,#{A}\n", [2]),
        (f"Puhelin\n{A}\n", [1]),
        (f"{A}\nphone\n{B}\n", [2]),
        # one cause, one error
        (f"sep=;\nname;phone\nAino;{A}\nOnni;{B}\n", [1]),
        (f"name,phone\nAino;{A}\nOnni;{B}\n", [1]),
        (f"phone\n{A};Aino\n{B};Onni\n", [1]),
        (f"Puhelin;Nimi\n{A};Aino\n{B};Onni\n", [1]),
        (f"# never\nPuhelin,Nimi\n{A},Aino\n", [2]),
        (f"phone;name,city\n{A};Aino,Oulu\n{B};Onni,Oulu\n", [1]),
        # no number
        (f"{A}\n358401234567.0\n3.58E+11\n04012x\n", [2, 3, 4]),
        ("46701234567\n", [1]),
        # what is no text, or broke off
        ("", [1]),
        ("\n \n", [1]),
        ("phone\n", [1]),
        ("name,phone\n,\n", [1]),
        (f"{A}\n\x00\x00\n{B}\n", [2]),
        (f"{A}\x0b{B}\n", [1]),
        (f"{A}\u2028{B}\n", [1]),
        (f"{A}\x85{B}\n", [1]),
        (f"{A}\n{B}\n".encode("utf-16-le"), [1]),
        (f"{A}\n".encode("utf-16-be"), [1]),
        (f"{A}\n{B}\n".encode("utf-16") + b"\x00", [3]),
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml" + b"\x00" * 99, [1]),
        (b"<html><table>", [1]),
        (f"{A}\nPäivi\n".encode("cp1252"), [2]),
        (f"{A}\n" + "9" * 200_000 + "\n", [2]),
    ],
)
def test_what_is_not_understood_is_an_error_with_its_line(
    tmp_path: Path, content: str | bytes, lines: list[int]
) -> None:
    assert [one.place and one.place.line for one in problems(tmp_path, content)] == lines


def test_very_many_problems_are_counted(tmp_path: Path) -> None:
    found = problems(tmp_path, f"{A}\n" + "nobody\n" * 1000)
    assert len(found) == 21 and "980 more" in found[-1].summary


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{A}\nPäivi\n".encode("cp1252"), "not UTF-8, but probably cp1252"),
        (f"phone;name\n{A};Łukasz Święcicki\n".encode("cp1250"), "not UTF-8, but probably cp1250"),
        (f"{A}\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml" + b"\x00" * 99, 'an Excel workbook Save it as "CSV UTF-8"'),
        (f"Puhelin;Nimi\n{A};Aino\n", 'names no column "phone" Name the column with the numbers "phone"'),
        (f"phone\n{A};Aino\n", 'The first line has no ";", which stands between the cells of every row'),
        (f"name,phone\nAino;{A}\n", 'The first line has "," and no ";"'),
        (f"phone;name,city\n{A};Aino,Oulu\n", 'can be read in two ways: "," and ";"'),
    ],
)
def test_one_cause_is_one_error_that_says_what_to_write(tmp_path: Path, content: str | bytes, words: str) -> None:
    (found,) = problems(tmp_path, content)
    assert words in f"{found.summary} {found.hint}"


def test_without_a_region_a_national_number_is_none(tmp_path: Path) -> None:
    assert [one.place and one.place.line for one in problems(tmp_path, f"{A}\n0401234567\n", "")] == [2]


def test_a_long_file_takes_time_by_its_length(tmp_path: Path) -> None:
    for content in (
        '"' * 1_000_000,
        "," * 1_000_000,
        "phone" + ",a" * 100_000,
        "#" * 1_000_000 + '"',
        "\n" * 1_000_000,
    ):
        (tmp_path / "never.csv").write_text(content, encoding="utf-8")
        try:
            assert list(do_not_call_file(tmp_path, "never.csv", "FI").lines) == []
        except ManifestError:
            continue


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("Lists/Never.csv", 'Did you mean "lists/never.csv"?'),
        ("lists\\never.csv", "Write / instead of \\."),
        ("x.csv", ""),
    ],
)
def test_a_path_that_leads_to_no_file_says_what_was_probably_meant(tmp_path: Path, typed: str, hint: str) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/never.csv").write_text(A)
    with pytest.raises(ManifestError) as caught:
        do_not_call_file(tmp_path, typed, "FI")
    (found,) = caught.value.diagnostics
    assert found.hint == f"Correct the path under guards.doNotCall. {hint}".rstrip()
