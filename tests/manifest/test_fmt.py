"""The canonical layout, case by case; what holds for every file is in test_fmt_property."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from textwrap import dedent

import pytest

from mscode.errors import ManifestError
from mscode.kinds.fields.shape import FREE
from mscode.manifest.format.fmt import formatted, manifest_shape
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.model.world import Desired

SHAPE = manifest_shape()


def laid_out(text: str) -> str:
    return formatted(dedent(text).encode(), "a.yaml", SHAPE).decode()


def stays(text: str) -> None:
    assert laid_out(text) == dedent(text)


def test_indentation_is_two_blanks_and_lists_stand_below_their_key() -> None:
    before = """\
    groups:
        donors:
            members:
              phones:
              -   "+358405550101"
              -  "+358405550102"
    """
    assert laid_out(before) == dedent("""\
    groups:
      donors:
        members:
          phones:
            - "+358405550101"
            - "+358405550102"
    """)


def test_what_yaml_would_surprise_with_gets_quotes() -> None:
    before = """\
    accounts:
      anna: {phone: +358401234567, zip: 00100, city: no, note: '09:30', yearOfBirth: 1980}
    rsvpCalls:
      invite: {activeFrom: 09:00, startTime: 2026-12-01 09:00:00, state: halt}
    """
    assert laid_out(before) == dedent("""\
    accounts:
      anna: {phone: "+358401234567", zip: "00100", city: "no", note: "09:30", yearOfBirth: 1980}
    rsvpCalls:
      invite: {activeFrom: "09:00", startTime: 2026-12-01 09:00:00, state: halt}
    """)


def test_a_number_in_a_free_field_stays_a_number() -> None:
    before = """\
    filters:
      old: {conditions: [{field: zip, operator: ==, value: 00100}]}
    rsvpCalls:
      invite:
        meta: {code: 007, answer: yes, at: 09:00}
    """
    after = laid_out(before)
    assert 'value: "00100"' in after  # a filter's values are texts
    assert 'meta: {code: 007, answer: "yes", at: "09:00"}' in after


def test_comments_stay_where_they_belong() -> None:
    stays("""\
    # The head.

    # Of the file.
    apiVersion: mscode/v1  # the version

    groups:  # people
      # the first
      donors:
        name: Donors    # aligned
        description: x  # with this
        # at the end of donors
      # at the end of groups
    # before voices
    voiceFiles:
      hello:
        text: |  # spoken
          Hello
          # no comment
        voiceCode: en
    # the end
    """)


def test_a_comment_inside_braces_takes_them_to_block_style() -> None:
    before = """\
    groups: {donors: {  # ours
        name: Donors, # the name
        # what for
        description: Blood}} # end
    """
    assert laid_out(before) == dedent("""\
    groups:
      donors:  # ours
        name: Donors # the name
        # what for
        description: Blood # end
    """)


def test_a_line_in_braces_that_is_too_long_becomes_a_block() -> None:
    text = "x" * 120
    assert laid_out(f"groups: {{donors: {{name: a, description: {text}}}}}\n") == dedent(f"""\
    groups:
      donors:
        name: a
        description: {text}
    """)


def test_empty_lines_are_one_at_most() -> None:
    before = "\n\napiVersion: mscode/v1\n\n\n\ngroups:\n\n  a:\n    name: x\n\n\n  b:\n    name: z   \n\n\n"
    assert laid_out(before) == "apiVersion: mscode/v1\n\ngroups:\n  a:\n    name: x\n\n  b:\n    name: z\n"


@pytest.mark.parametrize("head", ["|", "|-", "|+", ">", ">-", ">+", "|2", "|2-"])
def test_block_texts_keep_their_lines_and_their_end(head: str) -> None:
    lead = "  " if "2" in head else ""
    stays(f"voiceFiles:\n  a:\n    text: {head}\n      {lead}one\n        two\n\n      three\n    voiceCode: en\n")


def test_a_text_over_several_lines_keeps_its_lines() -> None:
    before = """\
    voiceFiles:
        a:
            text: Hello! This is
               the blood service.
            description: "Opening
               words"
    """
    assert laid_out(before) == dedent("""\
    voiceFiles:
      a:
        text: Hello! This is
          the blood service.
        description: "Opening
          words"
    """)


def test_single_quotes_become_double_ones_where_nothing_must_be_escaped() -> None:
    before = "groups:\n  a: {name: 'x y', description: 'say \"x\"'}\n"
    assert laid_out(before) == 'groups:\n  a: {name: "x y", description: \'say "x"\'}\n'


def test_a_bom_and_crlf_go_and_documents_stay() -> None:
    before = b"\xef\xbb\xbfapiVersion: mscode/v1\r\ngroups: {a: }\r\n---\r\napiVersion: mscode/v1 # two\r\n...\r\n"
    after = formatted(before, "a.yaml", SHAPE)
    assert after == b"apiVersion: mscode/v1\ngroups:\n  a:\n---\napiVersion: mscode/v1 # two\n"


def test_values_that_are_nothing_stay_nothing() -> None:
    stays("rsvpCalls:\n  a:\n    startTime: null\n    endTime: ~\n    meta:\n    receivers: []\n    voiceFiles: {}\n")


def test_keys_that_surprise_get_quotes_too() -> None:
    assert laid_out("groups:\n  on: {name: a}\n") == 'groups:\n  "on": {name: a}\n'


def test_a_block_text_without_a_line_end_at_the_end_of_the_file_gets_none() -> None:
    assert (
        formatted(b"groups:\n  a:\n    name: |\n      x", "a.yaml", SHAPE) == b"groups:\n  a:\n    name: |-\n      x\n"
    )


def test_in_mscode_yaml_nothing_becomes_text_that_is_none() -> None:
    before = b"region: NO\nguards: {maxPeople: 0100, callingHours: {from: 09:00}}\n"
    after = b'region: "NO"\nguards: {maxPeople: 0100, callingHours: {from: "09:00"}}\n'
    assert formatted(before, "mscode.yaml", FREE) == after


@pytest.mark.parametrize("bad", ["a: &x 1\nb: *x\n", "a: [1\n", "a: 1\na: 2\n", "- 1\n", "a:\n\t- 1\n"])
def test_a_file_with_errors_is_refused_with_them(bad: str) -> None:
    with pytest.raises(ManifestError):
        laid_out(bad)


@pytest.mark.parametrize("example", sorted((Path(__file__).parents[2] / "examples" / "campaigns").glob("*/**/*.yaml")))
def test_the_examples_are_laid_out_already(example: Path) -> None:
    shape = FREE if example.name == "mscode.yaml" else SHAPE
    assert formatted(example.read_bytes(), example.name, shape) == example.read_bytes()


MESSY = """\
apiVersion: mscode/v1
accounts:
    anna: {firstName: 'Anna', phone: +358401234567, zip: 00100,
       city: no}
filters: {f: {conditions: [{field: city, operator: "==", value: no}, {field: yearOfBirth, operator: '<', value: 1980}]}}
groups: {g: {members: {filter: f, accounts: [anna]}}}
voiceFiles:
  v:
     text: >
        Hello
        there
     voiceCode: en
rsvpCalls:
  c:
     endTime: 2026-12-04T17:00:00+02:00
     activeFrom: 9:00
     activeTo: 17:00
     activeWeekdays:
     - monday
     voiceFiles: {start: v}
     actionButtons: {accept: 5}
     receivers:
     - group: g
     acceptsWanted: 1
     meta: {n: 007, s: no, t: [1.50, true, ~]}
"""


def test_the_loaded_project_is_the_same_before_and_after(tmp_path: Path) -> None:
    def loaded(raw: bytes) -> dict[str, object]:
        (tmp_path / "a.yaml").write_bytes(raw)
        world = load(tmp_path, load_project(tmp_path), "e", window_zone=UTC)
        return {str(address): _said(item) for address, item in world.objects.items()}

    (tmp_path / "mscode.yaml").write_text("apiVersion: mscode/v1\nproject: p\nenvironments: {e: {url: 'sandbox:'}}\n")
    after = formatted(MESSY.encode(), "a.yaml", SHAPE)
    assert after != MESSY.encode()
    assert loaded(after) == loaded(MESSY.encode())


def _said(item: Desired) -> tuple[object, ...]:
    return (item.fields, item.members, item.lifecycle, item.import_id, item.renamed_from)


@pytest.mark.parametrize(
    "text",
    [
        'a: "b # no "  # kept\n',
        "a: 'b # no' # kept\n",
        'c: [g, "h\n    # no"] # kept\n',
        'a: "x # no" # kept\nb: "y # no"\n',
    ],
)
def test_a_comment_behind_a_text_that_holds_a_number_sign_is_kept(text: str) -> None:
    assert b"# kept" in formatted(text.encode(), "a.yaml", manifest_shape())
