"""YAML itself: both parsers say the same, limits hold at once, and a scalar keeps the text that was typed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mscode.manifest.yaml import parser as syntax
from mscode.manifest.yaml.tree import MAX_FLAWS, Node, Parsed, parse_all
from mscode.model.values import Scalar, core
from mscode.views.diagnostics import render

needs_c = pytest.mark.skipif(not syntax.has_c_parser(), reason="the C parser is not there")

MALFORMED = [
    "a: b: c", "a: 'x", 'a: "x', "a: [1, 2\nb: c", "a: {x: 1\nb: 2", "a:\n\tb: c", "\ta: b", "a: @x", "a: `x", "a: %x",
    "%YAML 1.1\n---\na: b", "%YAML 1.3\n---\na: b", "%TAG ! x\n---\na: !b c", "a: !!str x", "a: ! x", "a: !<x> y",
    "a: !x!y z", "a: &x 1\nb: *x", "a: *", "a: & x", "*a: b", "a: b\n c: d", "a: b\nc", "- a\nb: c", "a:\n  - b\n c: d",
    "a:\n  b: c\n d: e", "a: - b", "a: ? b", 'a: "\\q"', 'a: "\\xZZ"', 'a: "\\ud83d\\ude00"', 'a: "\\UFFFFFFFF"',
    'a: "\\U00110000"', 'a: "\\0"', "a: |0\n x", "a: |x\n x", "a: |#\n x", "a: > \t\n x", "a: > b\n",
    "a: 'x\n--- \n", "a: ]", "a: [b]]", "a: }", "[a, , b]",
    "? [a]\n: b", "{[a]: b}", "? a\n? b\n? a", "a: \"x\" y", "a: 1\na: 2", "a: {<<: {b: c}}", ": a", "a: {b: c}: d",
    "...", "--- a\n... b", "a: |\n\tx", "a:\t b", "a: b\t# c", "a\tb: c", "a: x\ty", "- \t- a",
    "a: [\tb,\n\tc]", "a: [b",
    " a: b\nc: d", "a:\n  b: c\n\td: e", "a: {\n\tb: c}", "a: b\n\t# c\nc: d", "a: 1\n  \t\nb: 2", "%", "a: b\n%X",
    'a: {b: "c":d}', "{a: [b, c}", "a: \x85b", "a: \u2028b", "a: \ufeffb", "a: \x00b", "a: \x1bb",
    "[" * 300, "- " * 300,
    "!a", "&a", "a: x\n  y: z", "a" * 1100 + ": b: c",
    "a: [x]#c", 'a: "x"# c', "a: 'x'#c", "a: {b: c}# d", "a: {b: c,# d\n e: f}", "a: [# b\n c]", "a: {# b\n c: d}",
    'a: ["x"# c\n ]', 'a: {"b":# c\n  d}', 'a: "x"#', "- a\n-# b", "a:# b\n  c: d", "---# a\nb: c", "a: b\n...# c",
    "a: |-# b\n  c", "a: >2# b\n  c", "a: &x# b\n  c", "a: b\n%YAML 1.2\n---\nc: d", "a: b\n...\n%YAML 1.2\n---\nc: d",
]  # fmt: skip

WELL_FORMED = [
    "a: {url: https://hooks.example.com/x, at: 09:00}", "[http://x, a:b, -x, :y]", "a: 'it''s'", 'a: "a\\\n  b"',
    'a: "\\/"', "a: b\r\nc: d\r\n", "a: b\rc: d", "a:\n- b\n- c\n", "a: ?x", "a: -x", "a: x#c", "a: [x] #c", "? a\n? b",
    "a: >-\n x\n  y\n z", "a: |+\n x\n\n", "? |\n x\n: y", "a: 'x\n\ty'", "a: |\n  x\ty", "# tab\there\na: b",
    "%YAML 1.2\n---\na: b",
    "--- a\n--- b\n", "\ufeffa: b", "a: \U0001f600", "a: '\u00e4\u00f6'", "", "#c", "---", "a:", "a: ~", "- - - a",
]  # fmt: skip


def told(parsed: Parsed) -> tuple[list[Any], list[str], bool]:
    return (
        [shape(node) for node in parsed.documents],
        ["\n".join(render(one)) for one in parsed.errors],
        parsed.complete,
    )


def shape(node: Node) -> Any:
    """Values, quotes and places of a tree."""
    at = (node.line, node.column)
    if isinstance(node.value, dict):
        keys = node.keys or {}
        return at, {key: ((keys[key].line, keys[key].column), shape(child)) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return at, [shape(child) for child in node.value]
    return at if node.value or not node.value.plain else (), str(node.value), node.value.plain


@needs_c
@pytest.mark.parametrize("text", [*MALFORMED, *WELL_FORMED])
def test_both_parsers_give_the_same_tree_errors_and_places(text: str) -> None:
    assert told(parse_all(text.encode(), "a.yaml")) == told(
        parse_all(text.encode(), "a.yaml", parser=syntax.pure_events)
    )


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_yaml_is_an_error_with_a_place_and_an_advice(text: str) -> None:
    parsed = parse_all(text.encode(), "a.yaml")
    assert parsed.errors
    for found in parsed.errors:
        assert found.place is not None and found.place.file == "a.yaml"
        assert found.hint and found.code and "<" not in found.summary.replace("(<<)", "")


@pytest.mark.parametrize("text", WELL_FORMED)
def test_well_formed_yaml_is_none(text: str) -> None:
    assert parse_all(text.encode(), "a.yaml").errors == []


@needs_c
@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-?[]{},#&*!|>'\"%@` \n\t\\01~", max_size=40))
def test_both_parsers_agree_on_any_text(text: str) -> None:
    mine, pure = parse_all(text.encode(), "a"), parse_all(text.encode(), "a", parser=syntax.pure_events)
    if any(isinstance(node.value, Scalar) for node in [*mine.documents, *pure.documents]):
        return  # no manifest in any case
    assert bool(mine.errors) == bool(pure.errors)
    assert [node.data() for node in mine.documents] == [node.data() for node in pure.documents]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
@example(b"\xff\xfea\x00")
@example(b"\xef\xbb\xbf")
def test_no_bytes_end_in_a_traceback(raw: bytes) -> None:
    for found in parse_all(raw, "a").errors:
        assert "\n".join(render(found))


@needs_c
def test_a_large_file_with_an_error_is_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(text: str) -> Iterator[Any]:
        raise AssertionError("the parser in Python takes seconds for each MB, and is not to be asked")

    monkeypatch.setattr(syntax, "pure_events", asked)
    text = "a:\n" + "- {b: c, d: [e, f]}\n" * 100_000 + "x: [y\n"
    parsed = parse_all(text.encode(), "a.yaml")
    assert [one.place and one.place.line for one in parsed.errors] == [100_002]


# ---- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: " + "[" * 1_000_000, "too-deep"),
        ("- " * 500_000, "too-deep"),
        ("a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a]\n" for i in range(100_000)), "too-many-errors"),
        ("{a: 1, " * 200, "too-deep"),
    ],
    ids=["brackets", "dashes", "laughs", "braces"],
)
def test_a_hostile_file_is_refused_at_once(text: str, code: str) -> None:
    began = time.process_time()
    parsed = parse_all(text.encode(), "a.yaml")
    assert parsed.errors[-1].code == code
    assert len(parsed.errors) <= MAX_FLAWS + 1
    assert time.process_time() - began < 3


@needs_c
def test_comments_that_allow_findings_are_noted_in_linear_time() -> None:
    text = "".join(f"g{i}: x # mscode:allow {i}\n" for i in range(20_000))
    began = time.process_time()
    source = parse_all(text.encode(), "a.yaml").documents[0].source
    assert time.process_time() - began < 10
    assert source.allowing[::19_999] == [(0, 6, "0"), (19_999, 10, "19999")]


@needs_c
def test_more_than_a_million_values_are_refused() -> None:
    parsed = parse_all(b"- [" + b"a," * 1_000_001 + b"]", "a.yaml")
    assert [one.summary for one in parsed.errors] == ["The file has more than 1,000,000 values"]


def test_a_file_of_more_than_64_mib_is_refused() -> None:
    (found,) = parse_all(b" " * (64 * 1024 * 1024 + 1), "a.yaml").errors
    assert found.summary == "The file is larger than 64 MiB"


# ---- places ----------------------------------------------------------------------------------------------------------


def test_columns_count_characters() -> None:
    (found,) = parse_all("a: {\u00e4\U0001f600: 1, \u00e4\U0001f600: 2}".encode(), "a.yaml").errors
    assert found.place is not None
    assert (found.place.line, found.place.column) == (1, 12)


def test_the_byte_that_is_not_utf8_has_its_line_and_column() -> None:
    (found,) = parse_all(b"a: b\nc: \xc3\xa4\xff\n", "a.yaml").errors
    assert found.place is not None
    assert (found.place.line, found.place.column) == (2, 5)
    (utf16,) = parse_all("a: b".encode("utf-16"), "a.yaml").errors
    assert utf16.detail == "It looks like UTF-16."


def test_every_flaw_of_a_file_is_told() -> None:
    parsed = parse_all(b"a: &x 1\nb: !!str 2\nc: 1\nc: 2\nd: {<<: 1}\n", "a.yaml")
    assert [one.code for one in parsed.errors] == ["anchor", "tag", "duplicate-key", "merge-key"]
    assert parsed.complete


# ---- scalars ---------------------------------------------------------------------------------------------------------

NEVER_CHANGED = ["0501234567", "+358401234567", "no", "yes", "on", "1_000", "12:30:45", "0o17", "0x1F", "1e3", "2026-12-01",
                 "1.10", "007", "true", ".5", "=", "+1 (555) 010-0100"]  # fmt: skip


@pytest.mark.parametrize("text", NEVER_CHANGED)
@pytest.mark.parametrize("form", ["a: {}", "a: [{}]", "- a: {}", '"b": {}'])
def test_a_scalar_keeps_the_text_that_was_typed(text: str, form: str) -> None:
    (node,) = parse_all(form.replace("{}", text).encode(), "a.yaml").documents
    (leaf,) = leaves(node.data())
    assert leaf == text and leaf.plain


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40))
def test_a_quoted_text_is_that_text(text: str) -> None:
    if any(c in text for c in "\ufeff\ufffe\uffff"):
        return
    (node,) = parse_all(("a: '" + text.replace("'", "''") + "'").encode(), "a.yaml").documents
    assert node.data() == {"a": text}
    assert not node.data()["a"].plain


def leaves(value: Any) -> list[Scalar]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1", 1), ("-3", -3), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1F", 31), ("1.5", 1.5), (".5",
    0.5), ("1e3", 1000.0),
        ("true", True), ("TRUE", True), ("False", False), ("no", "no"), ("yes", "yes"), ("on", "on"), ("1_000",
    "1_000"),
        ("12:30:45", "12:30:45"), ("2026-12-01", "2026-12-01"), ("0x1_0", "0x1_0"), ("0o8", "0o8"), ("tRUE", "tRUE"),
        ("-", "-"), (".", "."), ("1.2.3", "1.2.3"), ("0o-7", "0o-7"),
    ],
)  # fmt: skip
def test_free_form_values_follow_the_core_schema(text: str, meant: Any) -> None:
    value = core(Scalar(text))
    assert value == meant and type(value) is type(meant)
    assert core({"a": [Scalar(text, plain=False)]}) == {"a": [text]}


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999"])
def test_a_number_that_json_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        core([Scalar(text)])


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_an_unquoted_null_is_none_and_a_quoted_one_is_text(text: str) -> None:
    plain, quoted = parse_all(f"- {text}\n- '{text}'\n".encode(), "a.yaml").documents[0].data()
    assert plain is None and quoted == text
