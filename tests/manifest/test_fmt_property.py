"""Whatever valid YAML a person writes: what is read before and after `fmt` is the same, and `fmt` of `fmt` is the same."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mscode.errors import ManifestError
from mscode.manifest.format.fmt import formatted, manifest_shape
from mscode.manifest.format.layout_source import read
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import project_of
from mscode.manifest.yaml.tree import parse_all

SHAPE = manifest_shape()
WORDS = st.sampled_from(
    [
        *(
            "a",
            "donors",
            "firstName",
            "x y",
            "yes",
            "no",
            "on",
            "null",
            "~",
            "true",
            "0501234567",
            "+358401234567",
            "09:00",
        ),
        *(
            "12:30:00",
            "1_000",
            "0x1F",
            "1e3",
            ".5",
            "5",
            "-7",
            "2026-12-01 09:00:00",
            "https://a.example/x#y",
            "a: b",
            "# no",
        ),
        *(
            "it's",
            'say "hi"',
            "back\\slash",
            "ä ö",
            "💉",
            "tail ",
            " lead",
            "${var.city}",
            "a,b",
            "[x]",
            "{y}",
            "- z",
            "*s",
        ),
    ]
)
NAMES = st.sampled_from(
    ["name", "text", "meta", "value", "phone", "zip", "a", "b-c", "on", "1", "with space", "'q'", '"d"']
)
COMMENTS = st.sampled_from(["", "", "", "  # why", " #tight", "\t# tab", "  # a: b"])
LONELY = st.sampled_from(["", "", "", "\n", "\n\n\n", "# alone\n", "      # deep\n", "  # some\n\n  # more\n"])


@st.composite
def scalars(draw: st.DrawFn, indent: int, *, in_flow: bool = False) -> str:
    text = draw(WORDS)
    style = draw(st.sampled_from(["plain", "plain", "single", "double", "empty", "literal", "folded", "wrapped"]))
    if style == "empty":
        return draw(st.sampled_from(["", "~", "null"])) if not in_flow else "null"
    if style == "single" or (style == "plain" and not re.match(r"[\w+.~$-][^#:,\[\]{}]*\Z", text.strip())):
        return "'" + text.replace("'", "''") + "'"
    if style == "double":
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("ä", "\\xe4") + '"'
    if style in ("literal", "folded") and not in_flow:
        return _block(draw, "|" if style == "literal" else ">", indent)
    if style == "wrapped":
        pad = "\n" + " " * (indent + draw(st.integers(1, 5)))
        return draw(st.sampled_from(["first{0}second", '"first{0}second"', "'one{0}{0}two'", '"esc\\{0}aped"'])).format(
            pad
        )
    return text.strip()


def _block(draw: st.DrawFn, sign: str, indent: int) -> str:
    more = draw(st.integers(1, 4))
    lines = draw(
        st.lists(st.sampled_from(["text", "# no comment", "  more", "", "a: b", "end  "]), min_size=1, max_size=4)
    )
    digit = str(more) if draw(st.booleans()) else ""
    head = sign + digit + draw(st.sampled_from(["", "-", "+"])) + draw(st.sampled_from(["", " # head"]))
    return "\n".join([head, *(" " * (indent + more) + line if line else "" for line in lines)])


@st.composite
def flows(draw: st.DrawFn, indent: int, depth: int = 2) -> str:
    gap = draw(st.sampled_from([" ", "", "  ", "\n" + " " * (indent + 1), f" # in flow\n{' ' * (indent + 2)}"]))
    item = flows(indent, depth - 1) | scalars(indent, in_flow=True) if depth else scalars(indent, in_flow=True)
    items = draw(st.lists(item, max_size=4))
    if draw(st.booleans()):
        return "[" + f",{gap or ' '}".join(items) + gap + "]"
    keys = [f"k{at}" for at in range(len(items))]
    return "{" + f",{gap or ' '}".join(f"{key}: {item}" for key, item in zip(keys, items, strict=True)) + gap + "}"


@st.composite
def blocks(draw: st.DrawFn, indent: int, depth: int) -> str:
    """A block collection at a column, a line end behind it."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=lambda name: name.strip("'\"")))
    heads = [f"{name}:" for name in names] if draw(st.booleans()) or indent == 0 else ["-"] * len(names)
    text = ""
    for head in heads:
        text += draw(LONELY) + " " * indent + head
        inner = draw(st.integers(0, 2)) if depth else draw(st.integers(1, 2))
        if inner == 0:
            deeper = indent + draw(st.integers(1, 4))
            text += draw(COMMENTS) + "\n" + draw(blocks(deeper, depth - 1))
        else:
            value = draw(scalars(indent) if inner == 1 else flows(indent))
            text += f" {value}" + ("" if re.match(r"[|>]", value) else draw(COMMENTS)) + "\n"
    return text + draw(LONELY)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    documents = draw(st.lists(blocks(0, 3), min_size=1, max_size=2))
    text = draw(st.sampled_from(["", "---\n", "# top\n\n---\n"])) + draw(st.sampled_from(["---\n", "...\n---\n"])).join(
        documents
    )
    text = text.rstrip("\n") if draw(st.booleans()) else text
    ends = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + ends.encode()


def _comments(raw: bytes) -> list[str]:
    text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    return sorted(comment.text for comment in read(text).comments)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(files())
def test_fmt_changes_the_layout_alone_and_is_done_at_once(raw: bytes) -> None:
    before = parse_all(raw, "a.yaml")
    assume(not before.errors and all(isinstance(one.value, dict) for one in before.documents))
    once = formatted(raw, "a.yaml", SHAPE)
    after = parse_all(once, "a.yaml")
    assert [one.data() for one in after.documents] == [one.data() for one in before.documents]
    assert _comments(once) == _comments(raw)
    assert formatted(once, "a.yaml", SHAPE) == once
    assert once.endswith(b"\n") and b"\r" not in once


# What is loaded


PROJECT = b"apiVersion: mscode/v1\nproject: p\ntimezone: Europe/Helsinki\nenvironments: {e: {url: 'sandbox:'}}\n"


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    """A valid manifest, but perhaps for its free-form parts, in many spellings."""

    def spelled(*texts: str) -> str:
        text = draw(st.sampled_from(texts))
        return draw(st.sampled_from([text, f'"{text}"', f"'{text}'"]))

    pad, deep = " " * draw(st.integers(1, 4)), " " * draw(st.integers(5, 8))
    column = len(deep) + draw(st.integers(1, 3))
    meta = " " + draw(flows(column)) if draw(st.booleans()) else "\n" + draw(blocks(column, 2)).rstrip("\n")
    lines = [
        "apiVersion: mscode/v1",
        "accounts:",
        f"{pad}anna: {{phone: {spelled('+358401234567')}, zip: {spelled('00100', '1_000', '0x1F')},",
        f"{deep}city: {spelled('no', 'on', 'Espoo', '12:30')}, yearOfBirth: {spelled('1980', '01980')}}} # who",
        "filters:",
        f"{pad}f: {{conditions: [{{field: zip, operator: {spelled('==')}, value: {spelled('00100', 'no', '1.0', '09:00')}}}]}}",
        f"groups: {{g: {{name: {spelled('yes', '007', 'G')}, members: {{filter: f, accounts: [anna]}}}}}}",
        f"voiceFiles: {{v: {{text: {spelled('Hello', 'off')}, voiceCode: {spelled('no', 'en')}}}}}",
        "rsvpCalls:",
        f"{pad}c:",
        f"{deep}endTime: {spelled('2026-12-04 17:00:00', '2026-12-04T17:00:00+02:00')}",
        f"{deep}activeFrom: {spelled('9:00', '09:00:30')}",
        f"{deep}activeTo: {spelled('17:00')}",
        f"{deep}activeWeekdays:",
        f"{deep}- {spelled('monday')} # day",
        f"{deep}voiceFiles: {{start: v, end: {{voiceFileId: {spelled('007', '12')}}}}}",
        f"{deep}actionButtons: {{accept: {spelled('5')}, decline: [{spelled('0')}]}}",
        f"{deep}receivers: [{{groupId: {spelled('012')}}}, {{phone: {spelled('+358 40 123 4568')}}}]",
        f"{deep}acceptsWanted: {spelled('1', '01')}",
        f"{deep}meta:{meta}",
    ]
    return "\n".join(lines).encode() + b"\n"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(manifests())
def test_what_is_loaded_is_the_same_before_and_after(raw: bytes) -> None:
    try:
        before = _loaded(raw)
    except ManifestError:
        assume(False)
        raise
    assert _loaded(formatted(raw, "a.yaml", SHAPE)) == before


def _loaded(raw: bytes) -> dict[str, object]:
    world = load(Path("/nowhere"), project_of(PROJECT), "e", more={"a.yaml": raw})
    return {
        str(address): (item.fields, item.members, item.lifecycle, item.import_id, item.renamed_from)
        for address, item in world.objects.items()
    }


#: Where a comment may be tried: # is followed by its number, so that each can be told from the others.
_PLACES = st.sampled_from([" # c{} ", "#c{}", "  #c{}", "\t# c{}", "\u00a0# c{}", "# c{}", "\n# c{}", "\n      # c{}"])
_FILES = st.sampled_from(
    [
        'a: "b"\nc: {d: e, f: [g, "h"]}\n',
        "a: |\n  text\n  more\n\nb: >-\n  folded\n",
        "--- {a: b}\n--- {c: d}\n...\n---\ne: f\n",
        "a:\n  - b: c\n    d: 'e'\n  - {f: [\n      g,\n      h]}\n",
        "%YAML 1.2\n---\na: b\n---\nc: d\n",
        "? a\n: b\nc:\nd: ~\n",
    ]
)


@given(_FILES, st.data())
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_a_comment_put_anywhere_is_refused_or_kept(text: str, data: st.DataObject) -> None:
    for number in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        end = data.draw(st.sampled_from(["", "\n"]))
        text = text[:at] + data.draw(_PLACES).format(f"{number}e") + end + text[at:]
    try:
        after = formatted(text.encode(), "a.yaml", SHAPE).decode()
    except ManifestError:
        return
    wanted, found = (sorted(re.findall(r"c\de", one)) for one in (text, after))
    assert wanted == found
    assert formatted(after.encode(), "a.yaml", SHAPE).decode() == after
