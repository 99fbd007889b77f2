"""One object for each name or key: addresses, references to them, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.errors import Diagnostic, ManifestError
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.model.address import Address
from mscode.model.world import DesiredWorld

HEAD = "apiVersion: mscode/v1\n"
VARIABLES = """\
variables:
  cities: {type: map, default: {espoo: {name: Espoo, id: "12"}, turku: {name: Turku, id: null}}}
  names: {type: list, default: [espoo, turku]}
  none: {type: list, default: []}
"""


def write(root: Path, manifest: str) -> Path:
    (root / "mscode.yaml").write_text(f"{HEAD}project: demo\n{VARIABLES}", encoding="utf-8")
    (root / "a.yaml").write_text(HEAD + manifest, encoding="utf-8")
    return root


def read(root: Path, manifest: str) -> DesiredWorld:
    write(root, manifest)
    return load(root, load_project(root), "")


def errors(root: Path, manifest: str) -> list[Diagnostic]:
    with pytest.raises(ManifestError) as caught:
        read(root, manifest)
    return list(caught.value.diagnostics)


def groups(root: Path, for_each: str, fields: str = "") -> dict[str, object]:
    """address -> name of the groups that a forEach makes."""
    world = read(root, f"groups:\n  donors:\n    forEach: {for_each}\n{fields}")
    return {str(address): item.fields["name"] for address, item in world.objects.items()}


@pytest.mark.parametrize(
    "for_each", ["[espoo, turku]", "{espoo: 1, turku: 2}", "${var.cities}", "${var.names}", "{turku: , espoo: }"]
)
def test_an_object_for_each_key_whose_name_ends_in_it(for_each: str, tmp_path: Path) -> None:
    assert groups(tmp_path, for_each) == {"groups.donors.espoo": "donors espoo", "groups.donors.turku": "donors turku"}


def test_keys_may_begin_with_a_digit_and_stay_text(tmp_path: Path) -> None:
    assert groups(tmp_path, "[2026, 01, yes]", "    name: D${each.value}\n") == {
        "groups.donors.2026": "D2026",
        "groups.donors.01": "D01",
        "groups.donors.yes": "Dyes",
    }


def test_the_key_and_the_value_and_its_members_can_be_named(tmp_path: Path) -> None:
    fields = "    name: ${each.key}-${each.value.name}\n"
    assert groups(tmp_path, "${var.cities}", fields) == {
        "groups.donors.espoo": "espoo-Espoo",
        "groups.donors.turku": "turku-Turku",
    }


@pytest.mark.parametrize("for_each", ["[]", "{}", "${var.none}"])
def test_nothing_to_make_objects_of_makes_none(for_each: str, tmp_path: Path) -> None:
    assert groups(tmp_path, for_each) == {}


def test_the_order_of_the_keys_changes_nothing(tmp_path: Path) -> None:
    there, back = groups(tmp_path, "[a, b, c]"), groups(tmp_path, "[c, a, b]")
    assert there == back


def test_values_may_hold_references_but_not_each(tmp_path: Path) -> None:
    fields = "    name: ${each.value.of}\n"
    found = groups(tmp_path, "{a: {of: '${var.cities.espoo.name}'}}", fields)
    assert found == {"groups.donors.a": "Espoo"}
    (wrong,) = errors(tmp_path, "groups:\n  donors:\n    forEach: {a: '${each.key}'}\n")
    assert wrong.summary == "${each.key} stands outside a forEach"


def test_imports_and_old_names_may_differ_by_key(tmp_path: Path) -> None:
    fields = "    import: ${each.value.id}\n    renamedFrom: old.${each.key}\n"
    world = read(tmp_path, f"groups:\n  donors:\n    forEach: ${{var.cities}}\n{fields}")
    found = {str(address): (item.import_id, item.renamed_from) for address, item in world.objects.items()}
    assert found == {"groups.donors.espoo": ("12", "old.espoo"), "groups.donors.turku": ("", "old.turku")}


def test_one_of_the_keys_may_be_what_had_no_forEach_before(tmp_path: Path) -> None:
    fields = "    renamedFrom: ${each.value}\n"
    world = read(tmp_path, f"groups:\n  donors:\n    forEach: {{espoo: donors, turku: }}\n{fields}")
    assert world.objects[Address("groups", "donors", "espoo")].renamed_from == "donors"
    assert world.objects[Address("groups", "donors", "turku")].renamed_from == ""


def test_one_old_name_for_all_keys_is_refused(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "groups:\n  donors:\n    forEach: [espoo, turku]\n    renamedFrom: donors\n")
    assert found.code == "same-origin"


# ---- references ------------------------------------------------------------------------------------------------------

FILTERS = """\
filters:
  adults:
    forEach: [espoo, turku]
    conditions: [{field: city, operator: ==, value: '${each.key}'}]
"""


def used(world: DesiredWorld) -> dict[str, str]:
    """The filter of each group."""
    members = {str(address): item.members for address, item in world.objects.items()}
    return {address: str(one.filter.address) for address, one in members.items() if one and one.filter}


def test_a_reference_names_the_key(tmp_path: Path) -> None:
    manifest = f"{FILTERS}groups:\n  a: {{members: {{filter: adults.espoo}}}}\n  b: {{members: {{filter: filters.adults.turku}}}}\n"
    world = read(tmp_path, manifest)
    assert used(world) == {"groups.a": "filters.adults.espoo", "groups.b": "filters.adults.turku"}


def test_objects_of_one_forEach_use_each_other_by_key(tmp_path: Path) -> None:
    manifest = (
        f"{FILTERS}groups:\n  donors:\n    forEach: [turku, espoo]\n    members: {{filter: 'adults.${{each.key}}'}}\n"
    )
    world = read(tmp_path, manifest)
    assert used(world) == {
        "groups.donors.espoo": "filters.adults.espoo",
        "groups.donors.turku": "filters.adults.turku",
    }


BARE = 'Write "adults.espoo", or "adults.${each.key}" in an object with the same forEach.'


@pytest.mark.parametrize(
    ("reference", "summary", "hint"),
    [
        ("adults", "filters.adults has forEach, and a reference to it needs a key", BARE),
        ("adults.esppo", "filters.adults.esppo does not exist", 'Did you mean "espoo"?'),
        ("adults.x", "filters.adults.x does not exist", "Its keys: espoo, turku."),
        ("adult.espoo", "filters.adult.espoo does not exist", 'Did you mean "adults.espoo"?'),
        ("adults.espoo.x", "filters.adults.espoo.x does not exist", 'Did you mean "adults.espoo"?'),
        ("plain.espoo", "filters.plain.espoo does not exist", 'Write "plain".'),
    ],
)  # fmt: skip
def test_a_wrong_reference_shows_the_right_form(reference: str, summary: str, hint: str, tmp_path: Path) -> None:
    plain = "  plain: {conditions: [{field: city, operator: ==, value: x}]}\n"
    (found,) = errors(tmp_path, f"{FILTERS}{plain}groups:\n  a: {{members: {{filter: {reference}}}}}\n")
    assert (found.summary, found.hint) == (summary, hint)
    assert found.place and (found.place.line, found.place.column) == (8, 25)


def test_a_forEach_that_cannot_be_read_makes_no_reference_wrong(tmp_path: Path) -> None:
    manifest = FILTERS.replace("[espoo, turku]", "${var.nobody}") + "groups:\n  a: {members: {filter: adults.espoo}}\n"
    assert [one.code for one in errors(tmp_path, manifest)] == ["unknown-variable"]


# ---- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("for_each", "summary"),
    [
        ("", "forEach: must be a list of names or a mapping"),
        ("espoo", "forEach: must be a list of names or a mapping"),
        ("[a, b, a]", 'forEach: the key "a" stands twice'),
        ("[a b]", 'forEach: "a b" cannot be a key'),
        ("['a.b']", 'forEach: "a.b" cannot be a key'),
        ("['']", 'forEach: "" cannot be a key'),
        ('["a\\n"]', 'forEach: "a\n" cannot be a key'),
        ("[[a]]", "forEach: this cannot be a key"),
        ("[null]", "forEach: this cannot be a key"),
        ("{-a: 1}", 'forEach: "-a" cannot be a key'),
    ],
)
def test_what_makes_no_keys_is_told(for_each: str, summary: str, tmp_path: Path) -> None:
    (found,) = errors(tmp_path, f"groups:\n  donors:\n    forEach: {for_each}\n")
    assert (found.summary, found.code, found.place and found.place.line) == (summary, "bad-for-each", 4)


def test_there_is_an_end_to_what_one_forEach_makes(tmp_path: Path) -> None:
    keys = ", ".join(f"k{at}" for at in range(10_001))
    (found,) = errors(tmp_path, f"groups:\n  donors:\n    forEach: [{keys}]\n")
    assert found.summary == "forEach: 10,001 objects are too many"


def test_a_name_stands_once_with_or_without_forEach(tmp_path: Path) -> None:
    write(tmp_path, "groups:\n  donors: {forEach: [a]}\n")
    (tmp_path / "b.yaml").write_text(f"{HEAD}groups:\n  donors: {{}}\n")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, load_project(tmp_path), "")
    assert [one.summary for one in caught.value.diagnostics] == ["groups.donors is declared twice"]


def test_an_error_of_one_key_says_which(tmp_path: Path) -> None:
    fields = "    description: ${each.value.name}\n"
    (found,) = errors(tmp_path, f"groups:\n  donors:\n    forEach: {{a: {{name: x}}, b: {{}}}}\n{fields}")
    assert (found.summary, found.detail) == ('each.value has no member "name"', 'For the key "b".')
    assert found.place and (found.place.line, found.place.column) == (5, 18)
    assert found.address == "groups.donors.b"


def test_the_same_error_of_all_keys_is_told_once(tmp_path: Path) -> None:
    keys = ", ".join(f"k{at}" for at in range(12))
    manifest = (
        f"groups:\n  donors:\n    forEach: [{keys}]\n    descripton: x\n    members: {{filter: '${{each.key}}'}}\n"
    )
    found = errors(tmp_path, manifest)
    (unknown,) = found
    assert (unknown.summary, unknown.detail) == ('Unknown field "descripton"', "For all 12 keys.")
    assert unknown.address == "groups.donors"
    missing = errors(tmp_path, manifest.replace("    descripton: x\n", ""))
    assert [(one.summary, one.detail) for one in missing] == [
        ("filters.${each.key} does not exist", "For all 12 keys.")
    ]


def test_the_same_error_of_some_keys_names_them(tmp_path: Path) -> None:
    fields = "    description: ${each.value}\n"
    (found,) = errors(tmp_path, f"groups:\n  donors:\n    forEach: {{a1: [], b1: x, c1: []}}\n{fields}")
    assert (found.summary, found.detail) == ("description: must be text", "For 2 of 3 keys: a1, c1.")


def test_what_is_wrong_for_every_key_alike_names_none(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "groups:\n  donors:\n    forEach: [a, b]\n    description: ${var.nobody}\n")
    assert (found.summary, found.detail, found.address) == ('There is no variable "nobody"', "", "groups.donors")


def test_one_live_name_for_all_keys_says_what_to_put_into_it(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "groups:\n  donors:\n    forEach: [a, b]\n    name: Donors\n")
    assert (found.code, found.hint) == ("same-name", "Put ${each.key} into `name`.")


def test_a_warning_of_all_keys_is_told_once(tmp_path: Path) -> None:
    world = read(tmp_path, "accounts:\n  people:\n    forEach: [a, b]\n    firstName: ${each.key}\n")
    (warning,) = world.warnings
    assert warning.summary == "The account has neither phone nor email"
    assert warning.detail.endswith("For all 2 keys.")
