"""All manifests of a project as one desired world: which files count, what holds across them, and all errors in one run."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mscode.errors import ConfigError, Diagnostic, ManifestError
from mscode.manifest.load.loader import load, personal_words
from mscode.manifest.project.file import load_project
from mscode.model.address import Address
from mscode.model.world import DesiredWorld, Lifecycle

HEAD = "apiVersion: mscode/v1\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"mscode.yaml": HEAD + "project: demo\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def read(root: Path, environment: str = "sandbox") -> DesiredWorld:
    return load(root, load_project(root), environment)


def errors(root: Path) -> list[Diagnostic]:
    with pytest.raises(ManifestError) as caught:
        read(root)
    return list(caught.value.diagnostics)


def group(name: str, fields: str = "{}") -> str:
    return f"{HEAD}groups:\n  {name}: {fields}\n"


def names(root: Path) -> set[str]:
    return {address.name for address in read(root).objects}


# ---- which files -----------------------------------------------------------------------------------------------------


def test_manifests_are_found_in_the_folder_and_below_it(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": group("a"), "x/b.yml": group("b"), "x/y/z/c.yaml": group("c"), "d.txt": "no manifest"})
    assert names(tmp_path) == {"a", "b", "c"}
    assert read(tmp_path).files == 3


def test_hidden_files_vars_policies_and_other_projects_are_left_out(tmp_path: Path) -> None:
    left_out = [".a.yaml", ".x/a.yaml", "live.vars.yaml", "policies/p.yaml", "other/o.yaml", ".mscode/s.yaml"]
    write(tmp_path, {"a.yaml": group("a"), "other/mscode.yaml": HEAD, **dict.fromkeys(left_out, "[")})
    assert names(tmp_path) == {"a"}


def test_a_folder_whose_name_matches_is_no_manifest(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml/b.yaml": group("b")})
    assert names(tmp_path) == {"b"}


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("*.yaml", {"a"}), ("**/*.yaml", {"a", "b", "c"}), ("x/*.yaml", {"b"}), ("x/**", {"b", "c"}), ("**/c.yaml", {"c"}),
        ("x/y/[c-d].yaml", {"c"}), ("[!a].yaml", set()), ("?.yaml", {"a"}), ("./x/b.yaml", {"b"}), ("**/y/*", {"c"}),
    ],
)  # fmt: skip
def test_globs_choose_the_manifests(glob: str, found: set[str], tmp_path: Path) -> None:
    project = f"{HEAD}project: demo\nmanifests: ['{glob}']\n"
    files = {"a.yaml": group("a"), "x/b.yaml": group("b"), "x/y/c.yaml": group("c")}
    assert names(write(tmp_path, {"mscode.yaml": project, **files})) == found


def test_a_link_out_of_the_project_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.yaml": group("a")})
    (tmp_path / "out").mkdir()
    (tmp_path / "out.yaml").write_text(group("b"))
    (root / "link.yaml").symlink_to("../out.yaml")
    (root / "folder").symlink_to("../out")
    assert [(one.place and one.place.file, one.code) for one in errors(root)] == [
        ("folder", "outside"),
        ("link.yaml", "outside"),
    ]


def test_links_inside_the_project_load_nothing_twice_and_run_in_no_circle(tmp_path: Path) -> None:
    write(tmp_path, {"x/a.yaml": group("a")})
    (tmp_path / "b.yaml").symlink_to("x/a.yaml")
    (tmp_path / "x" / "again").symlink_to("..")
    assert names(tmp_path) == {"a"}


@pytest.mark.parametrize("kind", ["dangling link", "link to itself", "pipe"])
def test_what_cannot_be_read_is_never_taken_as_absent(kind: str, tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": group("a", "{members: {filter: f}}")})
    if kind == "pipe":
        os.mkfifo(tmp_path / "b.yaml")
    else:
        (tmp_path / "b.yaml").symlink_to("nowhere.yaml" if kind == "dangling link" else "b.yaml")
    # What b.yaml declares is not known, so nothing is said about filters.f.
    assert [(one.place and one.place.file, one.code) for one in errors(tmp_path)] == [("b.yaml", "unreadable")]


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_all_errors_of_all_files_come_in_one_run_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "b.yaml": f"{HEAD}groups:\n  x: {{nam: 1}}\n  y: {{zzz: 1, name: [a]}}\n",
            "a.yaml": "groups: [",
            "c.yaml": f"{HEAD}grups: {{}}\nfilters:\n  f: {{conditions: [{{field: town, operator: ==, value: 1}}]}}\n",
        },
    )
    found = [(one.place.file, one.place.line, one.code) for one in errors(tmp_path) if one.place]
    assert found == [
        ("a.yaml", 1, "yaml-syntax"),
        ("b.yaml", 3, "unknown-field"),
        ("b.yaml", 4, "unknown-field"),
        ("b.yaml", 4, "bad-value"),
        ("c.yaml", 2, "unknown-section"),
        ("c.yaml", 4, "bad-value"),
    ]


def test_a_file_that_cannot_be_parsed_does_not_make_references_to_it_wrong(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": group("g", "{members: {filter: f}}"), "b.yaml": "filters: ["})
    assert [one.code for one in errors(tmp_path)] == ["yaml-syntax"]


def test_an_object_with_a_flaw_is_not_judged_further_but_its_name_counts(tmp_path: Path) -> None:
    manifest = f"{HEAD}filters:\n  f: {{conditions: *x}}\ngroups:\n  g: {{members: {{filter: f}}}}\n"
    assert [one.code for one in errors(write(tmp_path, {"a.yaml": manifest}))] == ["alias"]


def test_very_many_errors_are_counted(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": HEAD + "groups:\n" + "".join(f"  g{i}: {{nam: x}}\n" for i in range(1500))})
    began = time.process_time()
    found = errors(tmp_path)
    assert len(found) == 1001 and found[-1].summary == "There are 500 more errors"
    assert time.process_time() - began < 5


def test_a_name_stands_once_per_section_across_files(tmp_path: Path) -> None:
    (found,) = errors(write(tmp_path, {"a.yaml": group("x"), "b.yaml": group("x", "{name: Other}")}))
    assert (found.place and found.place.file, found.detail) == ("b.yaml", "It is declared first in a.yaml, line 3.")
    write(tmp_path, {"b.yaml": HEAD})
    assert names(tmp_path) == {"x"}


def test_a_live_name_is_unique_with_the_key_as_its_default(tmp_path: Path) -> None:
    (found,) = errors(write(tmp_path, {"a.yaml": group("donors"), "b.yaml": group("x", "{name: donors}")}))
    assert found.code == "same-name" and found.detail == "groups.donors stands in a.yaml, line 3."


def test_several_documents_are_several_manifests(tmp_path: Path) -> None:
    assert names(write(tmp_path, {"a.yaml": group("a") + "---\n" + group("b")})) == {"a", "b"}


def test_a_bom_is_accepted(tmp_path: Path) -> None:
    assert names(write(tmp_path, {"a.yaml": "\ufeff" + group("a")})) == {"a"}


# ---- what every object takes -----------------------------------------------------------------------------------------


def test_an_import_may_name_an_id_per_environment(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": group("a", "{import: {live: 12, test: '13'}}"), "b.yaml": group("b", "{import: 7}")})
    assert [item.import_id for item in read(tmp_path, "live").objects.values()] == ["12", "7"]
    assert [item.import_id for item in read(tmp_path, "sandbox").objects.values()] == ["", "7"]


def test_an_import_for_an_unknown_environment_warns(tmp_path: Path) -> None:
    project = f"{HEAD}project: demo\nenvironments: {{live: {{url: 'sandbox:'}}}}\n"
    write(tmp_path, {"mscode.yaml": project, "a.yaml": group("a", "{import: {life: 12}}")})
    (warning,) = read(tmp_path).warnings
    assert (warning.severity, warning.hint) == ("warning", 'Did you mean "live"?')


def test_two_filters_may_import_one_id_for_they_share_it(tmp_path: Path) -> None:
    same = "{import: 5, conditions: [{field: city, operator: ==, value: x}]}"
    write(tmp_path, {"a.yaml": f"{HEAD}filters:\n  f: {same}\n  g: {same}\n"})
    assert names(tmp_path) == {"f", "g"}


def test_lifecycle_and_old_name_are_read(tmp_path: Path) -> None:
    fields = "{renamedFrom: groups.old, lifecycle: {preventDestroy: true, ignoreChanges: [name], onRemoval: delete}}"
    item = read(write(tmp_path, {"a.yaml": group("new", fields)})).objects[Address("groups", "new")]
    assert item.renamed_from == "old"
    assert item.lifecycle == Lifecycle(prevent_destroy=True, ignore_changes=("name",), on_removal="delete")


def test_an_old_name_in_another_section_is_an_error(tmp_path: Path) -> None:
    (found,) = errors(write(tmp_path, {"a.yaml": group("new", "{renamedFrom: filters.old}")}))
    assert found.summary == "renamedFrom: must be the old name in groups"


def test_an_object_without_fields_has_the_defaults(tmp_path: Path) -> None:
    item = read(write(tmp_path, {"a.yaml": f"{HEAD}groups:\n  donors:\n"})).objects[Address("groups", "donors")]
    assert item.fields == {"name": "donors"}
    assert (item.place.file, item.place.line, item.place.column) == ("a.yaml", 3, 3)


def test_each_field_has_its_place(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": f"{HEAD}groups:\n  g:\n    name: G\n    description: +358401234567\n"})
    places = read(tmp_path).objects[Address("groups", "g")].field_places
    assert {name: (place.line, place.column) for name, place in places.items()} == {
        "name": (4, 11),
        "description": (5, 18),
    }
    assert places["description"].text == "    description: +35840•••4567"
    assert places.get("members") is None


def test_text_fields_keep_what_was_typed(tmp_path: Path) -> None:
    typed = ["0501234567", "+358401234567", "no", "1_000", "12:30:45", "1e3", "0x1F", "true", "1.10"]
    text = HEAD + "groups:\n" + "".join(f"  g{at}: {{name: {value}}}\n" for at, value in enumerate(typed))
    assert [i.fields["name"] for i in read(write(tmp_path, {"a.yaml": text})).objects.values()] == typed


def test_the_words_of_accounts_are_known_to_the_masker(tmp_path: Path) -> None:
    account = "{firstName: Anna, phone: '+358401234567', city: Helsinki}"
    world = read(write(tmp_path, {"a.yaml": f"{HEAD}accounts:\n  anna: {account}\n"}))
    assert personal_words(world.objects.values()) == {"Anna", "+358401234567"}


def test_a_thousand_objects_are_read_quickly(tmp_path: Path) -> None:
    text = HEAD + "groups:\n" + "".join(f"  g{i}:\n    name: G {i}\n    description: Donors\n" for i in range(1000))
    write(tmp_path, {"a.yaml": text})
    read(tmp_path)
    began = time.process_time()
    assert len(read(tmp_path).objects) == 1000
    assert time.process_time() - began < 2


# ---- mscode.yaml -----------------------------------------------------------------------------------------------------


def test_a_folder_below_a_project_says_where_the_project_is(tmp_path: Path) -> None:
    write(tmp_path, {"x/a.yaml": HEAD})
    with pytest.raises(ConfigError) as caught:
        load_project(tmp_path / "x")
    assert str(tmp_path) in caught.value.diagnostics[0].detail


def test_an_unknown_environment_lists_the_known_ones(tmp_path: Path) -> None:
    environments = "environments: {live: {url: 'sandbox:'}, test: {url: 'sandbox:'}}\n"
    project = load_project(write(tmp_path, {"mscode.yaml": HEAD + "project: demo\n" + environments}))
    assert project.environment("live").url == "sandbox:"
    with pytest.raises(ConfigError) as caught:
        project.environment("lve")
    assert caught.value.diagnostics[0].hint == 'Did you mean "live"?\nKnown in mscode.yaml: live, test.'


def test_every_error_of_the_project_file_has_its_own_place(tmp_path: Path) -> None:
    text = (
        f"{HEAD}project: Demo\ntimezone: Mars\ndefaultEnvironment: lve\nenvironments:\n  live:\n    url: nowhere\n"
        "    rsvpReceiversPath: /rsvp\n    uplodPath: /x\nguards: {maxPeople: many, maxDeletes: 120x}\nmanifests: [../x.yaml]\n"
    )
    write(tmp_path, {"mscode.yaml": text})
    with pytest.raises(ManifestError) as caught:
        load_project(tmp_path)
    places = [(one.place.line, one.place.column) for one in caught.value.diagnostics if one.place]
    assert places == [(2, 10), (3, 11), (4, 21), (7, 10), (8, 24), (9, 5), (10, 21), (10, 39), (11, 13)]


# ---- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("texts\\\\hello-fi.txt", "Write / instead of \\."),
        ("Texts/Hello-FI.txt", 'Did you mean "texts/hello-fi.txt"?'),
        ("texts/helo-fi.txt", 'Did you mean "texts/hello-fi.txt"?'),
        ("./texts/hello-fi.TXT", 'Did you mean "texts/hello-fi.txt"?'),
        ("texts/goodbye.txt", ""),
        ("sounds/hello-fi.txt", ""),
    ],
)
def test_a_path_that_leads_to_no_file_says_what_was_probably_meant(tmp_path: Path, typed: str, hint: str) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/hello-fi.txt").write_text("Hello")
    text = f'apiVersion: mscode/v1\nvoiceFiles:\n  v: {{text: {{file: "{typed}"}}, voiceCode: en}}\n'
    (error,) = errors(write(tmp_path, {"a.yaml": text}))
    assert "does not exist" in error.summary and error.hint == hint


def test_a_copy_of_a_manifest_is_one_error(tmp_path: Path) -> None:
    names = "".join(f"  v{at}: {{text: Hello, voiceCode: en}}\n" for at in range(15))
    text = f"apiVersion: mscode/v1\nvoiceFiles:\n{names}"
    (error,) = errors(
        write(tmp_path, {"festival.yaml": text, "festival - Copy.yaml": text + "  more: {text: a, voiceCode: en}\n"})
    )
    assert error.summary == "festival - Copy.yaml declares the same 15 objects as festival.yaml; is it a copy?"
    assert error.place and error.place.file == "festival - Copy.yaml"


def test_one_name_that_is_declared_twice_is_named(tmp_path: Path) -> None:
    text = "apiVersion: mscode/v1\nvoiceFiles:\n  v: {text: Hello, voiceCode: en}\n"
    (error,) = errors(write(tmp_path, {"a.yaml": text, "b.yaml": text}))
    assert error.summary == "voiceFiles.v is declared twice" and "a.yaml, line 3" in error.detail


def test_a_file_of_another_tool_is_one_error(tmp_path: Path) -> None:
    text = "version: '3'\nservices: {db: {image: x}}\nvolumes: {}\n"
    (error,) = errors(write(tmp_path, {"docker-compose.yml": text}))
    assert error.summary == 'Missing field "apiVersion"'
    assert error.hint.endswith("If it is not a manifest, leave it out with `manifests:` in mscode.yaml.")
