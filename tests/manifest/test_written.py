"""Where words of a text stand in their file, however YAML writes the text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.manifest.yaml.source import Source
from mscode.manifest.yaml.written import aligned
from mscode.model.regions import FieldPlaces, Region

_HEAD = "apiVersion: mscode/v1\nvoiceFiles:\n  v:\n    voiceCode: en\n"


def _region(folder: Path, text: str, word: str) -> Region:
    """The place of a word in the text of a voice file; `text` is the field as its manifest writes it."""
    (folder / "mscode.yaml").write_text(
        "apiVersion: mscode/v1\nproject: demo\nvariables: {city: {default: Espoo}, empty: {default: ''}}\n"
    )
    (folder / "all.yaml").write_text(f"{_HEAD}    text: {text}\n", encoding="utf-8")
    (item,) = load(folder, load_project(folder), "test").objects.values()
    value, places = str(item.fields["text"]), item.field_places
    assert isinstance(places, FieldPlaces)
    start = value.index(word)
    region = places.region("text", start, start + len(word))
    assert region is not None
    return region


@pytest.mark.parametrize(
    ("text", "line", "column", "style"),
    [
        ("Say Press 4 now", 5, 15, "plain"),
        ("'It''s Press 4 now'", 5, 18, "single"),
        ('"\\u00e4 \\"x\\" Press 4 now"', 5, 25, "double"),
        ('"one\\n  Press 4 now"', 5, 19, "double"),
        ("|\n      Say it.\n      Now Press 4 now", 7, 11, "block"),
        (">-\n      Say it.\n      Now Press 4\n      now", 7, 11, "block"),
        (">\n\n      Say it.\n\n        Now Press 4 now", 9, 13, "block"),
        ("|2\n      Say Press 4 now", 6, 11, "block"),
        ("Say it and\n      then Press 4 now", 6, 12, "plain"),
        ('"Say it \\\n      then Press 4 now"', 6, 12, "double"),
        ("Hello ${var.city}, Press 4 now", 5, 30, "plain"),
        ("'${var.empty} ${var.city} Press 4 now'", 5, 37, "single"),
        ("Costs $${x} Press 4 now", 5, 23, "plain"),
        ("|\n      ${var.city}\n      Press 4 now", 7, 7, "block"),
    ],
)
def test_words_are_found_in_any_scalar(tmp_path: Path, text: str, line: int, column: int, style: str) -> None:
    region = _region(tmp_path, text, "Press 4")
    assert (region.place.line, region.place.column, region.style) == (line, column, style)
    source = (tmp_path / "all.yaml").read_text().splitlines()[region.place.line - 1]
    assert source[region.place.column - 1 : region.end_column - 1] == "Press 4"


def test_words_of_a_text_file_are_found_there(tmp_path: Path) -> None:
    (tmp_path / "say.txt").write_bytes("\ufeffHello.\r\nNow Press 4 now\n".encode())
    region = _region(tmp_path, "{file: say.txt}", "Press 4")
    assert (region.place.file, region.place.line, region.place.column, region.style) == ("say.txt", 2, 5, "file")


def test_nothing_is_put_in_the_place_of_what_a_variable_gave(tmp_path: Path) -> None:
    region = _region(tmp_path, "Hello ${var.city} now", "Espoo")
    assert (region.place.line, region.place.column, region.style) == (5, 17, "")
    assert region.written("Turku") is None


@pytest.mark.parametrize(
    ("style", "text", "written"),
    [
        ("double", 'say "5"', 'say \\"5\\"'),
        ("single", "it's", "it''s"),
        ("plain", "Press 5", "Press 5"),
        ("plain", "now: 5", None),
        ("plain", "- 5", None),
        ("plain", "a, b", None),
        ("block", "now: 5", "now: 5"),
        ("block", "a\nb", None),
        ("", "Press 5", None),
    ],
)
def test_what_is_written_in_the_place_of_words_is_the_same_text_to_yaml(
    style: str, text: str, written: str | None
) -> None:
    from mscode.errors import Place

    assert Region(Place("a", 1, 1), 1, 5, style).written(text) == written  # type: ignore[arg-type]


def test_a_value_that_does_not_stand_there_has_no_place() -> None:
    source = Source("a.yaml", "text: Hello")
    assert aligned(source, 0, 6, "Good bye").region(source, 0, 4) is None
    assert aligned(source, 9, 0, "x").region(source, 0, 1) is None


@pytest.mark.parametrize("piece", ["${var.a} ", "${", "\\\\", "''", "\n      ", "$${", "${a}x"])
def test_a_long_text_is_laid_beside_its_source_in_linear_time(piece: str) -> None:
    begin = time.perf_counter()
    text = piece * (200_000 // len(piece))
    for quote in ("", "'", '"', "|\n  "):
        source = Source("a.yaml", f"{quote}{text}")
        aligned(source, 0, 0, "x " * 50_000)
        aligned(source, 0, 0, text)
    assert time.perf_counter() - begin < 20
