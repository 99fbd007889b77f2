"""Where the value of a variable comes from, what its type makes of it, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mscode.errors import ConfigError, Diagnostic, ManifestError, MscodeError, UsageError
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.manifest.project.variable_sources import VariableSources
from mscode.model.address import Address
from mscode.model.world import Desired

HEAD = "apiVersion: mscode/v1\n"
GROUP = f"{HEAD}groups:\n  donors:\n    description: ${{var.city}}\n"


OF_TEST = ", variables: {city: of test}"


def write(root: Path, variables: str, manifest: str = GROUP, more: str = "", of_test: str = "") -> Path:
    """The variables begin in line 7 of mscode.yaml."""
    live, test = "live: {url: 'https://x.example.com/v1'}", f"test: {{url: 'sandbox:'{of_test}}}"
    environments = f"environments:\n  {live}\n  {test}\n"
    (root / "mscode.yaml").write_text(
        f"{HEAD}project: demo\n{environments}{more}variables:\n{variables}", encoding="utf-8"
    )
    (root / "a.yaml").write_text(manifest, encoding="utf-8")
    return root


def only(root: Path, environment: str = "live", **given: Any) -> Desired:
    """The one object of the project."""
    (found,) = load(root, load_project(root), environment, sources=VariableSources(**given)).objects.values()
    return found


def city(root: Path, environment: str = "live", **given: Any) -> Any:
    return only(root, environment, **given).fields["description"]


def error(root: Path, **given: Any) -> Diagnostic:
    with pytest.raises(MscodeError) as caught:
        only(root, **given)
    (found,) = caught.value.diagnostics
    return found


def test_each_source_wins_over_those_before_it(tmp_path: Path) -> None:
    root = write(tmp_path, "  city: {default: of default}\n", of_test=OF_TEST)
    (root / "one.vars.yaml").write_text("city: of file\n")
    (root / "two.vars.yaml").write_text("city: of second file\n")
    one, two, environ = root / "one.vars.yaml", root / "two.vars.yaml", {"MSCODE_VAR_city": "of process"}
    assert city(root) == "of default"
    assert city(root, "test") == "of test"
    assert city(root, "test", files=[one]) == "of file"
    assert city(root, "test", files=[one, two]) == "of second file"
    assert city(root, "test", files=[one], environ=environ) == "of process"
    assert city(root, "test", files=[one], environ=environ, texts=[("city", "typed")]) == "typed"
    assert city(root, texts=[("city", "first"), ("city", "last")]) == "last"


@pytest.mark.parametrize("text", ["0501234567", "+358401234567", "no", "1_000", "null", "", " x ", "[a]", "12:30:45"])
def test_a_string_is_what_was_typed(text: str, tmp_path: Path) -> None:
    root = write(tmp_path, "  city: {type: string}\n", f"{HEAD}groups:\n  donors: {{description: 'x${{var.city}}x'}}\n")
    assert city(root, texts=[("city", text)]) == f"x{text}x"
    assert city(root, environ={"MSCODE_VAR_city": text}) == f"x{text}x"


def test_a_phone_from_an_unquoted_default_keeps_its_digits(tmp_path: Path) -> None:
    manifest = f"{HEAD}accounts:\n  anna: {{phone: '${{var.phone}}', zip: '${{var.zip}}'}}\n"
    fields = only(write(tmp_path, "  phone: {default: +358401234567}\n  zip: {default: 00100}\n", manifest)).fields
    assert (fields["phone"], fields["zip"]) == ("+358401234567", "00100")


META = f"""{HEAD}rsvpCalls:
  invite:
    endTime: 2026-12-04 17:00:00
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: ${{var.days}}
    voiceFiles: {{start: greeting}}
    actionButtons: {{accept: 5}}
    receivers: [{{phone: "+358401234567"}}]
    acceptsWanted: ${{var.wanted}}
    meta:
      text: ${{var.text}}
      wanted: "${{var.wanted}}"
      flag: ${{var.flag}}
      map: ${{var.map}}
      part: n ${{var.wanted}}
voiceFiles:
  greeting: {{text: Hi, voiceCode: en}}
"""
TYPED = """\
  text: {type: string, default: 12}
  wanted: {type: int, default: 1}
  flag: {type: bool, default: true}
  days: {type: list, default: [monday]}
  map: {type: map, default: {a: 1, b: [x, "2"], c: null}}
"""


def test_a_whole_value_keeps_its_type_and_a_part_of_a_text_is_text(tmp_path: Path) -> None:
    objects = load(write(tmp_path, TYPED, META), load_project(tmp_path), "live").objects
    fields = objects[Address("rsvpCalls", "invite")].fields
    assert fields["activeWeekdays"] == ["monday"] and fields["acceptsWanted"] == 1
    assert fields["meta"] == {
        "text": "12",
        "wanted": 1,
        "flag": True,
        "map": {"a": 1, "b": ["x", "2"], "c": None},
        "part": "n 1",
    }


def test_lists_maps_numbers_and_flags_can_be_typed_on_the_command_line(tmp_path: Path) -> None:
    texts = [("wanted", " 1 "), ("flag", "false"), ("days", "[friday, monday]"), ("map", "{z: no}")]
    objects = load(
        write(tmp_path, TYPED, META), load_project(tmp_path), "live", sources=VariableSources(texts=texts)
    ).objects
    fields = objects[Address("rsvpCalls", "invite")].fields
    assert (fields["activeWeekdays"], fields["acceptsWanted"]) == (["monday", "friday"], 1)
    assert (fields["meta"]["flag"], fields["meta"]["map"]) == (False, {"z": "no"})


# ---- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declaration", "summary"),
    [
        ("{type: int, default: ^many}", "variables: city: must be a whole number"),
        ("{type: bool, default: ^1}", "variables: city: must be true or false"),
        ("{type: list, default: ^a}", "variables: city: must be a list"),
        ("{type: map, default: ^[a]}", "variables: city: must be a mapping"),
        ("{default: ^{a: 1}}", "variables: city: must be text"),
        ("{default: ^b, allowed: [a, c]}", "variables: city: must be one of a, c"),
        ("{type: int, default: ^05, allowed: [4]}", "variables: city: must be one of 4"),
        ("{type: list, default: ^[a, b], allowed: [a]}", "variables: city: must be of a"),
        ("{type: int, allowed: [^x]}", "variables: city: an allowed value must be a whole number"),
        ("{type: map, allowed: ^[x]}", "variables: city: a map takes no `allowed`"),
        ("{type: ^text}", "variables.city.type: must be string, int, bool, list or map"),
        ("{^defualt: a}", 'Unknown field "defualt"'),
        ("{type: int, secret: ^true}", "variables: city: a number or a flag cannot be secret"),
        (
            "{default: ^'${var.other}'}",
            "variables: city: the value of a variable cannot refer to another; ${…} is for manifests",
        ),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(declaration: str, summary: str, tmp_path: Path) -> None:
    """`^` stands before the place."""
    line = f"  city: {declaration}"
    found = error(write(tmp_path, line.replace("^", "") + "\n"))
    assert found.summary == summary
    assert found.place and (found.place.file, found.place.line) == ("mscode.yaml", 7)
    assert found.place.column == line.index("^") + 1


def test_a_value_of_an_environment_is_checked_for_every_environment(tmp_path: Path) -> None:
    found = error(write(tmp_path, "  city: {allowed: [a], default: a}\n", of_test=OF_TEST))
    assert (found.summary, found.place and found.place.line) == ("variables: city: must be one of a", 5)


def test_an_environments_unknown_variable_says_which_was_meant(tmp_path: Path) -> None:
    found = error(write(tmp_path, "  cities: {default: a}\n", of_test=OF_TEST))
    assert (found.summary, found.hint) == ('There is no variable "city"', 'Did you mean "cities"?')


@pytest.mark.parametrize(
    ("given", "kind", "summary"),
    [
        ({"texts": [("ctiy", "x")]}, UsageError, '--var: there is no variable "ctiy"'),
        ({"texts": [("city", "x")]}, UsageError, "--var city: must be one of a, b"),
        ({"environ": {"MSCODE_VAR_city": "x"}}, ConfigError, "MSCODE_VAR_city: must be one of a, b"),
        ({"texts": [("days", "monday")]}, UsageError, "--var days: must be a list in YAML, like '[espoo, turku]'"),
        ({"texts": [("days", "[monday")]}, UsageError, "--var days: must be a list in YAML, like '[espoo, turku]'"),
        ({"texts": [("n", "1.5")]}, UsageError, "--var n: must be a whole number"),
        ({"files": [Path("nowhere.yaml")]}, UsageError, '--var-file: "nowhere.yaml" cannot be read: No such file or directory'),
    ],
)  # fmt: skip
def test_a_wrong_value_of_the_command_line_names_the_variable(
    given: dict[str, Any], kind: type[MscodeError], summary: str, tmp_path: Path
) -> None:
    root = write(tmp_path, "  city: {default: a, allowed: [a, b]}\n  days: {type: list}\n  n: {type: int}\n")
    with pytest.raises(kind) as caught:
        only(root, **given)
    assert [one.summary for one in caught.value.diagnostics] == [summary]


def test_variables_of_other_projects_in_the_process_say_nothing(tmp_path: Path) -> None:
    assert city(write(tmp_path, "  city: {default: a}\n"), environ={"MSCODE_VAR_other": "x"}) == "a"


@pytest.mark.parametrize(
    ("text", "summary", "line"),
    [
        ("ctiy: x\n", 'There is no variable "ctiy"', 1),
        ("# c\ncity: [x]\n", "variables: city: must be text", 2),
        ("- city\n", "A file of variables must be one mapping of names to values", 1),
        ("", "A file of variables must be one mapping of names to values", 1),
        ("city: a\ncity: b\n", 'The key "city" stands twice', 2),
        ("city: [a\n", "A comma or ] is missing here", 1),
    ],
)
def test_what_is_wrong_with_a_file_of_variables_has_its_place_in_it(
    text: str, summary: str, line: int, tmp_path: Path
) -> None:
    root = write(tmp_path, "  city: {default: a}\n")
    file = root / "live.vars.yaml"
    file.write_text(text)
    found = error(root, files=[file])
    assert found.summary == summary
    assert found.place and (found.place.file, found.place.line) == (file.as_posix(), line)


def test_a_variable_without_a_value_is_told_once_where_it_is_used(tmp_path: Path) -> None:
    manifest = f"{HEAD}groups:\n  a: {{description: 'In ${{var.city}}'}}\n  b: {{description: '${{var.city}}'}}\n"
    found = error(write(tmp_path, "  city: {}\n", manifest))
    assert found.summary == 'The variable "city" has no value'
    assert found.place and (found.place.file, found.place.line, found.place.column) == ("a.yaml", 3, 24)
    assert found.detail == "It is declared in mscode.yaml, line 7."
    assert "--var city=" in found.hint and "MSCODE_VAR_city" in found.hint


def test_a_variable_that_nobody_uses_needs_no_value(tmp_path: Path) -> None:
    assert city(write(tmp_path, "  city: {default: a}\n  other: {}\n")) == "a"


# ---- ${env.NAME} -----------------------------------------------------------------------------------------------------

ENV = f"{HEAD}groups:\n  donors: {{description: 'At ${{env.HOST}}'}}\n"


def test_a_listed_environment_variable_can_be_read(tmp_path: Path) -> None:
    root = write(tmp_path, "  city: {}\n", ENV, "envVars: [HOST]\n")
    assert city(root, environ={"HOST": "h"}) == "At h"
    found = error(root)
    assert (found.summary, found.code) == ("The environment variable HOST is not set", "no-value")


def test_one_that_is_not_listed_cannot(tmp_path: Path) -> None:
    found = error(write(tmp_path, "  city: {}\n", ENV, "envVars: [HOTS]\n"), environ={"HOST": "h"})
    assert found.summary == "${env.HOST} is not among the `envVars` of mscode.yaml"
    assert found.hint == 'Did you mean "HOTS"?'
    assert found.place and (found.place.line, found.place.column) == (3, 29)


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("MSCODE_TOKEN", "envVars: MSCODE_TOKEN holds a token, and no manifest may read it"),
        ("a-b", "envVars: must be names of environment variables, like [CITY]"),
    ],
)
def test_no_manifest_reads_a_token(name: str, summary: str, tmp_path: Path) -> None:
    assert error(write(tmp_path, "  city: {}\n", GROUP, f"envVars: [{name}]\n")).summary == summary


# ---- secrets ---------------------------------------------------------------------------------------------------------

SECRET = "s3cr3t-and-long"


@pytest.mark.parametrize(
    "declaration",
    [
        "{secret: true, default: SECRET, typ: string}",
        "{default: SECRET, secret: true, allowed: [x]}",
        "{secret: true, default: {a: SECRET}}",
        "{default: [SECRET], secret: true, type: int}",
    ],
)
def test_no_error_about_a_secrets_declaration_shows_it(declaration: str, tmp_path: Path) -> None:
    root = write(tmp_path, f"  key: {declaration.replace('SECRET', SECRET)}\n  city: {{default: x}}\n")
    with pytest.raises(ManifestError) as caught:
        only(root)
    assert SECRET not in repr([(one, one.place and one.place.text) for one in caught.value.diagnostics])


def test_no_error_about_a_line_that_cannot_be_parsed_shows_a_secret_beside_it(tmp_path: Path) -> None:
    root = write(tmp_path, f"  key: {{default: {SECRET}, secret: true, a: [}}\n")
    with pytest.raises(ManifestError) as caught:
        only(root)
    assert SECRET not in repr([one.place and one.place.text for one in caught.value.diagnostics])


def test_no_error_about_a_field_shows_a_secret_in_it(tmp_path: Path) -> None:
    manifest = f"{HEAD}rsvpCalls:\n  a: {{actionButtons: {{accept: '${{var.key}}'}}}}\n"
    root = write(tmp_path, "  key: {secret: true}\n  city: {}\n", manifest)
    with pytest.raises(ManifestError) as caught:
        only(root, texts=[("key", SECRET)])
    told = repr([(one, one.place and one.place.text) for one in caught.value.diagnostics])
    assert SECRET not in told and '"(secret)" is no button' in told


def test_a_secret_is_known_to_the_world_and_marks_the_fields_it_stands_in(tmp_path: Path) -> None:
    root = write(tmp_path, "  city: {secret: true}\n", GROUP.replace("${var.city}", "key ${var.city}"))
    world = load(root, load_project(root), "live", sources=VariableSources(texts=[("city", SECRET)]))
    (group,) = world.objects.values()
    assert world.secrets == {SECRET} and SECRET not in repr(world.secrets - {SECRET})
    assert group.secret == {"description"}


def test_a_secret_that_is_too_short_to_be_hidden_is_refused_and_not_repeated(tmp_path: Path) -> None:
    root = write(tmp_path, "  city: {secret: true}\n")
    (root / "v.vars.yaml").write_text("city: k3y\n")
    for given in ({"texts": [("city", "k3y")]}, {"files": [root / "v.vars.yaml"]}):
        found = error(root, **given)
        assert "a secret has 8 characters or more" in found.summary
        assert "k3y" not in repr((found, found.place and found.place.text))


def test_an_error_about_people_among_the_variables_shows_nobody(tmp_path: Path) -> None:
    people = "{anna: {firstName: Kanarialintu, lastName: 'Sukunimi', city: Oulu, phone: +358401234567}}"
    found = error(write(tmp_path, f"  people: {{type: list, default: {people}}}\n"))
    line = found.place.text if found.place else ""
    assert "Oulu" in line and "K•••" in line
    assert not any(word in line for word in ("Kanaria", "Sukunimi", "401234567"))
