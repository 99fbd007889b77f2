"""Contact lists as people have them: how a file was read is said, rows that cannot be read are left out, counted and handed out."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.acceptance.campaigns import Manifest
from tests.acceptance.conftest import World
from tests.workbooks import write_workbook

NAME = "Kanarialintu"
HEAD = "Puhelin;Etunimi;Synt"


def row(at: int, year: str = "1980") -> str:
    return f"+35840555{at:04};{NAME};{year}"


def listed(**settings: object) -> Manifest:
    columns = {"phone": "Puhelin", "firstName": "Etunimi", "yearOfBirth": "Synt"}
    return {
        "apiVersion": "mscode/v1",
        "accountLists": {"donors": {"file": "donors.csv", "columns": columns, **settings}},
        "groups": {"donors": {"members": {"accountList": "donors"}}},
    }


def write_csv(world: World, *rows: str, encoding: str = "utf-8") -> None:
    (world.folder / "donors.csv").write_text("\n".join((HEAD, *rows)) + "\n", encoding=encoding)


@pytest.fixture
def messy(world: World) -> World:
    """Six people applied; then one row has no readable phone, one none at all, one a bad year, one is cut short."""
    world.write(listed(onError="skip"))
    write_csv(world, *(row(at) for at in range(6)))
    assert world.apply().code == 0
    write_csv(
        world, row(0), row(1), f"040 {NAME};{NAME};1980", f";{NAME};1980", row(4, "19x0"), f"+358405550005;{NAME}"
    )
    return world


# ---- how a file was read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "settings", "said"),
    [
        ("utf-8", {}, 'UTF-8, delimiter ";"'),
        ("utf-8-sig", {}, 'UTF-8, delimiter ";"'),
        ("utf-16", {}, 'UTF-16, delimiter ";"'),
        ("cp1252", {"encoding": "cp1252"}, 'cp1252, delimiter ";"'),
    ],
)
def test_encoding_and_delimiter_are_found_and_said(
    world: World, encoding: str, settings: dict[str, str], said: str
) -> None:
    world.write(listed(**settings))
    write_csv(world, "+358405550101;Päivi;1980", encoding=encoding)
    assert f"donors.csv: 1 row ({said})" in world.look("validate", world.folder).err
    (table,) = world.look("validate", world.folder, "--json").json["tables"]
    assert table["delimiter"] == ";" and table["encoding"] == said.split(",", maxsplit=1)[0] and table["rows"] == 1
    assert f"read as:  {said}" in world.plan().out
    assert world.apply().code == 0
    assert world.service.get("/accounts")[0]["firstName"] == "Päivi"
    world.holds_the_law()


def test_how_a_do_not_call_file_was_read_is_said(world: World) -> None:
    world.write_project(guards={"doNotCall": "never.csv"})
    world.write({"apiVersion": "mscode/v1", "groups": {"a": {}}})
    (world.folder / "never.csv").write_text("name|phone\nAino|+358405550199\n", encoding="utf-16")
    assert 'never.csv: 1 row (UTF-16, delimiter "|")' in world.look("validate", world.folder).err
    assert 'never.csv is read as UTF-16, delimiter "|".' in world.plan().err
    (world.folder / "never.csv").write_text("name;phone,home\nAino;+358405550199,x\n", encoding="utf-8")
    assert "can be read in two ways" not in world.look("validate", world.folder).err  # no column `phone` either way
    assert world.look("validate", world.folder).code == 1


def test_a_workbook_is_a_list(world: World) -> None:
    world.write(listed(file="donors.xlsx"))
    write_workbook(world.folder / "donors.xlsx", [HEAD.split(";"), ["+358405550101", "Päivi", 1980]])
    assert "read as:  Excel workbook" in world.plan().out
    assert world.apply().code == 0
    (account,) = world.service.get("/accounts")
    assert (account["phone"], account["firstName"], account["yearOfBirth"]) == ("+358405550101", "Päivi", 1980)
    world.holds_the_law()


# ---- rows that cannot be read ----------------------------------------------------------------------------------------


def test_a_plan_counts_what_is_left_out_and_says_who_leaves_for_it(messy: World) -> None:
    ended = messy.look("plan", messy.folder)
    assert ended.code == 0
    assert "accountLists.donors: 4 rows of donors.csv cannot be read and are left out" in ended.out
    assert "groups.donors: 4 people leave, and 4 rows of donors.csv are left out" in ended.out
    assert "members: -4 (2 after)" in ended.out
    for line in (4, 5, 6, 7):
        assert f"Warning: Line {line} of donors.csv is left out: " in ended.err
    assert "on donors.csv line 6, column 28" in ended.err and "Synt: must be a whole number" in ended.err
    assert '"Puhelin" is empty' in ended.err and "The row has 2 cells" in ended.err
    assert NAME not in ended.said and "040 K" not in ended.said and 'Etunimi "K•••"' in ended.err


def test_an_apply_leaves_them_out_and_ends(messy: World) -> None:
    before = messy.service.get("/accounts")
    assert messy.apply().code == 0
    assert messy.service.get("/accounts") == before  # nobody is deleted or written to
    assert len(messy.service.get("/groups/1/accounts")) == 2
    messy.holds_the_law()


def test_new_rows_beside_them_are_counted_in_the_change(messy: World) -> None:
    write_csv(messy, row(0), row(7), "x;y;z")
    out = messy.plan("--json")
    (change,) = [one for one in out.json["resource_changes"] if one["address"] == "accountLists.donors"]
    assert (
        change["change"]["after"] | {"left_out": 1, "rows": 2, "create": 1, "encoding": "UTF-8", "delimiter": ";"}
        == (change["change"]["after"])
    )
    assert "left out: 1 row that cannot be read" in messy.plan().out


def test_an_account_that_moves_into_a_row_with_a_bad_cell_is_not_deleted(world: World) -> None:
    world.write({"apiVersion": "mscode/v1", "accounts": {"anna": {"phone": "+358405550001", "firstName": NAME}}})
    assert world.apply().code == 0
    world.write(listed(onError="skip"))
    write_csv(world, row(1, "19x0"))
    ended = world.plan()
    assert "0 to destroy" in ended.out and "1 to forget" in ended.out
    assert world.apply().code == 0 and len(world.service.get("/accounts")) == 1


def test_without_skip_each_is_an_error(messy: World) -> None:
    messy.write(listed())
    ended = messy.look("validate", messy.folder)
    assert ended.code == 1 and ended.err.count("Error:") == 4
    assert 'Error: Line 5: "Puhelin" is empty' in ended.err
    assert "Every row needs one (key: phone). Fill it in or remove the row." in ended.err


def test_of_many_twenty_are_shown_and_all_of_them_in_json(messy: World, tmp_path: Path) -> None:
    write_csv(messy, row(0), *(f"x{at};{NAME};1980" for at in range(33)))
    for ended in (messy.plan(), messy.look("validate", messy.folder)):
        assert ended.err.count("is left out: ") == 20 and "13 more rows of donors.csv are left out" in ended.err
    for form in ("markdown", "html"):
        drawn = messy.plan("--format", form).out
        assert drawn.count("is left out: ") == 20 and "13 more rows of donors.csv are left out" in drawn
    for ended in (messy.plan("--json"), messy.look("validate", messy.folder, "--json")):
        rows = [one for one in ended.json["diagnostics"] if one["code"] == "row-left-out"]
        assert [one["line"] for one in rows] == list(range(3, 36)) and NAME not in ended.out


def test_a_saved_plan_holds_nothing_of_them(messy: World, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert messy.plan("--out", str(file)).code == 0
    text = file.read_text()
    assert json.loads(text)["diagnostics"] and NAME not in text and "K•••" not in text


# ---- the rows themselves ---------------------------------------------------------------------------------------------


def test_the_rows_go_into_a_new_file_of_ones_own(messy: World, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    ended = messy.look("validate", messy.folder, "--rejects", file)
    assert ended.code == 0 and f"4 rows that cannot be read: {file}" in ended.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = file.read_text().splitlines()
    assert lines[0] == "file,line,column,reason,Puhelin,Etunimi,Synt"
    assert lines[1].startswith("donors.csv,4,1,") and lines[1].endswith(f",040 {NAME},{NAME},1980")
    assert len(lines) == 5


def test_they_are_handed_out_of_a_list_that_is_an_error_too(messy: World, tmp_path: Path) -> None:
    messy.write(listed())
    ended = messy.look("validate", messy.folder, "--rejects", tmp_path / "bad.csv")
    assert ended.code == 1 and len((tmp_path / "bad.csv").read_text().splitlines()) == 5


def test_no_file_is_written_over_or_through_a_link(messy: World, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    for name in ("there.csv", "link.csv"):
        assert messy.look("validate", messy.folder, "--rejects", tmp_path / name).code == 1
    assert (tmp_path / "there.csv").read_text() == "mine" and not (tmp_path / "elsewhere.csv").exists()


def test_under_ci_nothing_is_handed_out(messy: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert messy.look("validate", messy.folder, "--rejects", tmp_path / "bad.csv").code == 64
    assert not (tmp_path / "bad.csv").exists()


def test_where_nothing_is_wrong_no_file_is_written(messy: World, tmp_path: Path) -> None:
    write_csv(messy, row(0))
    ended = messy.look("validate", messy.folder, "--rejects", tmp_path / "none.csv")
    assert ended.code == 0 and "is not written" in ended.err and not (tmp_path / "none.csv").exists()
