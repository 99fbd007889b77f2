"""Members chosen from a list by the cells of its rows: `members: {accountList: …, where: …}`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, Manifest
from tests.acceptance.conftest import World

ROWS = (
    "Puhelin;Kieli;Kunta;zip;Etunimi",
    f"{PHONES[0]};fi;Espoo;00100;Aino",
    f"{PHONES[1]};fi;Vantaa;100;Eero",
    f"{PHONES[2]};sv;Espoo;02100;Helmi",
    f"{PHONES[3]};;Oulu;;Ilmari",
    "040 5550104;fi;Oulu;90100;Kaisa",
)
COLUMNS = {"phone": "Puhelin", "city": "Kunta", "firstName": "Etunimi"}


def chosen_by(where: Any, **members: Any) -> Manifest:
    return {
        "apiVersion": "mscode/v1",
        "accountLists": {"audience": {"file": "l.csv", "delimiter": ";", "columns": COLUMNS}},
        "groups": {"g": {"members": {"accountList": "audience", "where": where, **members}}},
    }


@pytest.fixture
def project(world: World) -> World:
    world.write_project(region="FI")
    (world.folder / "l.csv").write_text("\n".join(ROWS) + "\n")
    return world


def members(world: World) -> set[str]:
    return {one["phone"] for one in world.service.get("/groups/1/accounts")}


@pytest.mark.parametrize(
    ("where", "at"),
    [
        ({"Kieli": "fi"}, {0, 1, 4}),
        ({"Kieli": ["fi", "sv"], "city": "Espoo"}, {0, 2}),
        ({"city": ["Espoo", "Vantaa"], "Kieli": "fi"}, {0, 1}),
        ({"zip": "00100"}, {0}),
        ({"phone": "0405550104"}, {4}),
        ({"phone": ["+358 40 555 0100", "00358405550101"]}, {0, 1}),
        ({"Puhelin": "0405550104"}, {4}),
        ({"Puhelin": [PHONES[0], "00358405550101"]}, {0, 1}),
        ([{"field": "Puhelin", "operator": "!=", "value": "040 555 0104"}], {0, 1, 2, 3}),
        ({"Kunta": "Espoo", "Etunimi": "Aino"}, {0}),
        ([{"field": "Kieli", "operator": "!=", "value": "fi"}], {2, 3}),
        ([{"field": "Kunta", "operator": "contains", "value": "ant"}], {1}),
        ([{"field": "zip", "operator": ">=", "value": 2100}, {"field": "Kieli", "operator": "==", "value": "fi"}], {4}),
    ],
)
def test_the_rows_whose_cells_hold_the_values_are_members(project: World, where: Any, at: set[int]) -> None:
    project.write(chosen_by(where))
    ended = project.apply()
    assert ended.code == 0, ended.said
    assert members(project) == {PHONES[index] for index in at}
    project.holds_the_law()


def test_what_is_typed_without_quotes_is_compared_as_it_is_typed(project: World) -> None:
    (project.folder / "all.yaml").write_text(
        "apiVersion: mscode/v1\n"
        'accountLists: {audience: {file: l.csv, delimiter: ";", columns: {phone: Puhelin}}}\n'
        "groups: {g: {members: {accountList: audience, where: {zip: 00100}}}}\n"
    )
    assert project.apply().code == 0
    assert members(project) == {PHONES[0]}


def test_the_sources_still_unite_and_a_row_that_goes_leaves(project: World) -> None:
    manifest = chosen_by({"Kieli": "sv"}, accounts=["lauri"])
    manifest["accounts"] = {"lauri": {"phone": PHONES[5]}}
    project.write(manifest)
    assert project.apply().code == 0
    assert members(project) == {PHONES[2], PHONES[5]}
    (project.folder / "l.csv").write_text("\n".join(row for row in ROWS if "Helmi" not in row) + "\n")
    ended = project.apply()
    assert ended.code == 0 and "members: -1 (1 after)" in ended.out, ended.said
    assert members(project) == {PHONES[5]}
    project.holds_the_law()


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"Kileli": "fi"}, 'where: "Kileli" is no field of accountLists.audience and no header of l.csv'),
        ({"Kileli": "fi"}, 'Did you mean "Kieli"?'),
        ({"ctiy": "fi"}, 'Did you mean "city"?'),
        ({"lastName": "Virta"}, 'where: "lastName" is no field of accountLists.audience'),
        (
            [{"field": "xxxxxxxx", "operator": "==", "value": "1"}],
            "Its columns: firstName, phone, city, Puhelin, Kieli",
        ),
        ({}, "must not be empty"),
        ([], "must not be empty"),
        ({"Kieli": []}, '"Kieli" takes a value or a list of values'),
        ({"Kieli": ""}, '"Kieli" takes a value or a list of values'),
        ({"Kieli": None}, '"Kieli" takes a value or a list of values'),
        ({"Kieli": {"operator": "=="}}, '"Kieli" takes a value or a list of values'),
        ({"phone": "040"}, "the value of a condition on phone"),
        ({"Puhelin": "040"}, 'the value of a condition on "Puhelin" is not a possible phone number'),
        ([{"field": "Kieli", "operator": "==", "value": ["fi"]}], "takes one value"),
        ([{"field": "Kieli", "operator": "~", "value": "fi"}], "operator: must be"),
        ("fi", "must be a list"),
    ],
)
def test_what_chooses_nothing_that_is_there_is_an_error(project: World, where: Any, said: str) -> None:
    project.write(chosen_by(where))
    ended = project.cli("validate", project.folder)
    assert ended.code == 1 and said in ended.said, ended.said


def test_conditions_without_a_list_are_an_error(project: World) -> None:
    manifest = chosen_by({"Kieli": "fi"}, phones=[PHONES[0]])
    del manifest["groups"]["g"]["members"]["accountList"]
    project.write(manifest)
    ended = project.cli("validate", project.folder)
    assert ended.code == 1 and "it needs accountList beside it" in ended.said, ended.said


def test_a_value_that_no_row_has_warns(project: World) -> None:
    project.write(chosen_by({"Kieli": "FI"}))
    ended = project.plan()
    assert ended.code == 0
    assert "No row of accountLists.audience has what members.where of groups.g asks for" in ended.err


def test_a_header_that_only_a_group_asks_for_is_no_unused_column(project: World) -> None:
    manifest = chosen_by({"Kieli": "fi"})
    del manifest["accountLists"]["audience"]["columns"]
    (project.folder / "l.csv").write_text(f"phone;Kieli;Muu\n{PHONES[0]};fi;x\n")
    project.write(manifest)
    ended = project.cli("validate", project.folder)
    assert ended.code == 0 and '"Muu"' in ended.said and '"Kieli"' not in ended.said, ended.said


def test_a_header_that_stands_twice_cannot_be_asked_for(project: World) -> None:
    (project.folder / "l.csv").write_text(f"Puhelin;Kunta;Etunimi;Kieli;Kieli\n{PHONES[0]};Espoo;Aino;fi;sv\n")
    project.write(chosen_by({"Kieli": "fi"}))
    ended = project.cli("validate", project.folder)
    assert ended.code == 1 and 'Two columns are named "Kieli"' in ended.said, ended.said


def test_each_key_of_a_group_may_choose_its_own_rows(project: World) -> None:
    manifest = chosen_by({"Kieli": "${each.key}"})
    manifest["groups"]["g"]["forEach"] = ["fi", "sv"]
    manifest["groups"]["g"]["name"] = "g ${each.key}"
    project.write(manifest)
    ended = project.apply()
    assert ended.code == 0, ended.said
    assert {one["name"]: one["numberOfAccounts"] for one in project.service.get("/groups")} == {"g fi": 3, "g sv": 1}
