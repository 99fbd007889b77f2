"""The emulator's control plane, and accounts in bulk."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.app.emulator import UrlFormError, find_emulator, forget_states
from mscode.app.emulator_seed import read_seed
from mscode.app.invocation import Invocation
from mscode.errors import ApiError, ConfigError
from tests.app.conftest import ProjectFolder


def test_the_embedded_emulator_of_a_project_is_reset_with_the_states_in_it(launched: ProjectFolder) -> None:
    emulator = find_emulator(launched.inv, launched.folder)
    assert (emulator.zone_name, emulator.directory) == ("Europe/Helsinki", launched.folder)
    emulator.call("POST", "/reset", "")
    assert forget_states(launched.inv, emulator) == ["sandbox"]
    assert forget_states(launched.inv, emulator) == []
    assert launched.live("accounts") == []


def test_a_served_one_is_found_by_the_variable_and_has_no_states_of_ours(launched: ProjectFolder) -> None:
    inv = Invocation(variables={"MSCODE_URL": "http://127.0.0.1:9"})
    emulator = find_emulator(inv)
    assert forget_states(inv, emulator) == []
    with pytest.raises(ApiError, match="No sandbox answers"):
        emulator.call("GET", "/clock", "")
    assert find_emulator(inv, launched.folder).directory == launched.folder


def test_an_address_that_is_none_is_asked_for_nothing() -> None:
    with pytest.raises(UrlFormError):
        find_emulator(Invocation(variables={}), url="127.0.0.1:8080").call("GET", "/clock", "")


def test_accounts_come_from_csv(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("phone;firstName;yearOfBirth\n+358405550101;Anna;1980\n+358405550102;;\n")
    assert read_seed(tmp_path / "people.csv") == {
        "accounts": [
            {"phone": "+358405550101", "firstName": "Anna", "yearOfBirth": 1980},
            {"phone": "+358405550102"},
        ]
    }


@pytest.mark.parametrize(
    ("name", "text", "summary", "line"),
    [
        ("people.csv", "phone,yearOfBirth\n+358405550101,19x0\n", "yearOfBirth must be a whole number", 2),
        ("people.csv", "phone,firstNam\n", '"firstNam" is no field of an account', 1),
        ("people.csv", "phone,firstName\n+358405550101\n", "another number of columns", 2),
        ("people.json", "[\n1,]", "people.json is no JSON", 2),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, summary: str, line: int
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=summary) as caught:
        read_seed(tmp_path / name)
    place = caught.value.diagnostics[0].place
    assert place is not None
    assert (place.file, place.line) == (name, line)
