"""References inside the strings of a manifest: where they may stand, what they may be, and what is said of wrong ones."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from mscode.errors import Diagnostic, ManifestError
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.manifest.project.variable_sources import VariableSources

HEAD = "apiVersion: mscode/v1\n"
VARIABLES = """\
variables:
  city: {default: Espoo}
  n: {type: int, default: 7}
  days: {type: list, default: [monday]}
  place: {type: map, default: {name: Turku, at: {zip: 20100}, nothing: null}}
  empty: {}
"""


def write(root: Path, manifest: str) -> Path:
    (root / "mscode.yaml").write_text(f"{HEAD}project: demo\n{VARIABLES}", encoding="utf-8")
    (root / "a.yaml").write_text(HEAD + manifest, encoding="utf-8")
    return root


def described(root: Path, scalar: str, **given: Any) -> Any:
    """What a description becomes; `scalar` is YAML in block context."""
    write(root, f"groups:\n  donors:\n    description: {scalar}\n")
    (found,) = load(root, load_project(root), "", sources=VariableSources(**given)).objects.values()
    return found.fields["description"]


def errors(root: Path, manifest: str) -> list[Diagnostic]:
    write(root, manifest)
    with pytest.raises(ManifestError) as caught:
        load(root, load_project(root), "")
    return list(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("scalar", "text"),
    [
        ("${var.city}", "Espoo"),
        ("'${var.city}'", "Espoo"),
        ('"${ var.city }"', "Espoo"),
        ("In ${var.city}, ${var.n} of ${var.place.name}!", "In Espoo, 7 of Turku!"),
        ("${var.place.at.zip}", "20100"),
        ("|\n      In ${var.city}\n      now", "In Espoo\nnow\n"),
        (">-\n      In\n      ${var.city}", "In Espoo"),
        ("$${var.city}", "${var.city}"),
        ("costs $5 $${x} $$${var.city}", "costs $5 ${x} $${var.city}"),
        ("$$ ${var.city}$", "$$ Espoo$"),
        ("a # ${var.nobody} in a comment", "a"),
    ],
)
def test_a_reference_becomes_its_value_and_an_escape_its_sign(scalar: str, text: str, tmp_path: Path) -> None:
    assert described(tmp_path, scalar) == text


def test_what_is_put_in_is_not_looked_into_again(tmp_path: Path) -> None:
    assert described(tmp_path, "x ${var.city}", texts=[("city", "${var.n} $${a}")]) == "x ${var.n} $${a}"


def test_an_escape_works_in_a_file_without_any_reference(tmp_path: Path) -> None:
    assert described(tmp_path, "'$${'") == "${"


@for_all(st.text("${}ab.'\" \\#:-äß€", max_size=20))
def test_any_text_can_be_a_value_and_any_text_can_be_escaped(text: str) -> None:
    """Also one that is full of `$`, `{` and quotes."""
    with tempfile.TemporaryDirectory() as folder:
        whole = described(Path(folder), "x${var.city}", texts=[("city", text)])
        escaped = text.replace("'", "''").replace("${", "$${")
        literal = described(Path(folder), f"'x{escaped}'")
    assert (whole, literal) == (f"x{text}", f"x{text}")


@pytest.mark.parametrize(
    ("scalar", "summary", "hint"),
    [
        ("a ^${var.citty}", 'There is no variable "citty"', 'Did you mean "city"?'),
        ("^${var.zzz}", 'There is no variable "zzz"', "Declare it under `variables:` in mscode.yaml."),
        ("^${city}", "${city} is no reference", 'Did you mean "${var.city}"?'),
        ("^${vars.city}", "${vars.city} is no reference", 'Did you mean "${var.city}"?'),
        ("^${}", "${} is no reference", "It takes"),
        ("^${upper(var.city)}", "${upper(var.city)} is no reference", "there are no functions"),
        ('^${var.n > 3 ? "a":"b"}', '${var.n > 3 ? "a":"b"} is no reference', "It takes"),
        ("^${var.days[0]}", "${var.days[0]} is no reference", "It takes"),
        ("^${var}", "${var} is no reference", "It takes"),
        ("a ^${var.city", "A ${ is never closed", "a literal ${ is written $${"),
        ("^${var.city.x}", "var.city has no members", "It is a text, number or flag."),
        ("^${var.days.x}", "var.days has no members", "It is a list."),
        ("^${var.place.nam}", 'var.place has no member "nam"', 'Did you mean "name"?'),
        ("a ^${var.days}", "${var.days} is a list, and cannot stand inside a text", "Make the reference the whole value"),
        ("a ^${var.place.at}", "${var.place.at} is a mapping, and cannot stand inside a text", "or name a member"),
        ("a ^${var.place.nothing}", "${var.place.nothing} is null, and cannot stand inside a text", ""),
        ("^${each.key}", "${each.key} stands outside a forEach", "Give the object a `forEach`"),
        ("^${var.empty}", 'The variable "empty" has no value', "Use --var empty="),
        ("|\n      line\n      two ^${var.citty}", 'There is no variable "citty"', ""),
    ],
)  # fmt: skip
def test_a_wrong_reference_is_told_with_its_own_place(scalar: str, summary: str, hint: str, tmp_path: Path) -> None:
    """`^` stands before the place."""
    manifest = f"groups:\n  donors:\n    description: {scalar}\n"
    (found,) = errors(tmp_path, manifest.replace("^", ""))
    before = (HEAD + manifest).partition("^")[0].splitlines()
    assert (found.summary, hint in found.hint) == (summary, True)
    assert found.place and (found.place.line, found.place.column) == (len(before), len(before[-1]) + 1)
    assert found.address == "groups.donors"


def test_a_list_may_be_the_whole_value_but_must_fit_its_field(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "groups: {donors: {description: '${var.days}'}}\n")
    assert (found.summary, found.place and found.place.column) == ("description: must be text", 32)


@pytest.mark.parametrize(
    "manifest", ["groups: {a: {'${var.city}': x}}\n", "groups: {a: {members: {'x${var.n}': x}}}\n"]
)
def test_a_key_holds_no_reference(manifest: str, tmp_path: Path) -> None:
    (found,) = errors(tmp_path, manifest)
    assert found.summary == "A key cannot hold ${…}"


def test_a_name_holds_no_reference(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "groups: {'${var.city}': {}}\n")
    assert found.code == "bad-name"


@pytest.mark.parametrize("manifest", ["groups: ${var.place}\n", "groups:\n  donors: ${var.place}\n"])
def test_a_whole_object_or_section_is_no_value(manifest: str, tmp_path: Path) -> None:
    (found,) = errors(tmp_path, manifest)
    assert "must be a mapping" in found.summary


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("groups: {a: {name: ${var.city}}}", "${var.city}"),
        ("groups: {a: {name: In ${var.city}, description: x}}", "${var.city}"),
        ("groups: {a: {members: {phones: [${each.value.phone}]}}}", "${each.value.phone}"),
        ("groups: {a: {name: https://${env.HOST}/x}}", "${env.HOST}"),
        ("groups: {a: {name: ${ x }}}", "${…}"),
        ("groups: {a: {${var.city}: 1}}", "${var.city}"),
        ("groups: {a: {name: $${literal}}}", "${literal}"),
    ],
)
def test_an_unquoted_reference_inside_braces_or_brackets_is_to_be_quoted(
    line: str, quoted: str, tmp_path: Path
) -> None:
    (found,) = errors(tmp_path, f"{line}\n")
    assert (found.summary, found.code) == ("A ${…} inside {…} or […] must stand in quotes", "quote-it")
    assert found.hint == f'Quote it: "{quoted}".'
    assert found.place and (found.place.line, found.place.column) == (2, line.index("${") + 1)


def test_common_fields_take_references_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        "groups:\n  donors:\n    import: g${var.n}\n    renamedFrom: old-${var.n}\n"
        "    lifecycle: {preventDestroy: true, ignoreChanges: ['${var.field}']}\n",
    )
    (tmp_path / "mscode.yaml").write_text(f"{HEAD}project: demo\n{VARIABLES}  field: {{default: name}}\n")
    (found,) = load(tmp_path, load_project(tmp_path), "").objects.values()
    assert (found.import_id, found.renamed_from, found.lifecycle.ignore_changes) == ("g7", "old-7", ("name",))


def test_a_flaw_of_the_yaml_is_told_and_nothing_else_of_that_object(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "groups:\n  donors: {description: *x, name: '${var.nobody}'}\n")
    assert found.code == "alias"
