"""What a saved plan keeps of the command line, and gives back."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mscode.app import plan_inputs as inputs
from mscode.app.plan_file import seal, unseal
from mscode.errors import UsageError
from mscode.model.address import Address
from mscode.plan.inputs import Options

KEY = "ab" * 32
INVITE = Address("rsvpCalls", "invite")
#: A value other than the default for each type that an option may have.
SAMPLES: dict[str, Any] = {
    "bool": True,
    "frozenset[Address]": frozenset({INVITE, Address("groups", "donors")}),
    "frozenset[str]": frozenset({"maxPeople"}),
    "tuple[str, ...]": ("groups.*", "accounts.a*"),
    "int | None": 12,
    "str": "text",
}


@pytest.mark.parametrize("name", [one.name for one in fields(Options)])
def test_every_planning_option_survives_the_file(name: str) -> None:
    wanted = next(one.type for one in fields(Options) if one.name == name)
    options = Options(**{name: SAMPLES[str(wanted)]})
    assert inputs.options_from(json.loads(json.dumps(inputs.options_json(options)))) == options


def test_options_that_were_not_given_are_not_in_the_file() -> None:
    assert inputs.options_json(Options()) == {}


@pytest.mark.parametrize(
    "data",
    [{"resume": "rsvpCalls.invite"}, {"resume": ["no address"]}, {"destroy": 1.5}, {"other": 1}, {"override": [1]}],
)
def test_an_option_of_another_form_is_refused(data: Any) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        inputs.options_from(data)


@pytest.mark.parametrize("data", [None, [["city", "Espoo"]], [["phone", "+358405550101"], ["text", "ä" * 1000]]])
def test_what_is_sealed_can_be_opened_with_the_key_alone(data: Any) -> None:
    sealed = seal(KEY, "0a", data)
    assert unseal(KEY, "0a", sealed) == data
    assert "405550101" not in sealed
    assert not data or sealed != seal(KEY, "0b", data)


def test_a_file_of_variables_is_named_by_its_path_in_the_project(tmp_path: Path) -> None:
    assert inputs.in_project(tmp_path, [tmp_path / "vars" / "a.vars.yaml"]) == ["vars/a.vars.yaml"]


def test_a_file_of_variables_outside_the_project_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        inputs.in_project(tmp_path / "project", [tmp_path / "a.vars.yaml"])


def test_the_version_of_the_time_zones_is_known() -> None:
    assert inputs.tz_version()
