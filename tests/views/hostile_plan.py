"""A plan in which one name stands wherever outside text can stand, and how the structure of each format is read."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mscode.errors import Diagnostic, Place
from mscode.model.values import FileContent
from mscode.plan.change import Action, Check, FieldChange, Note, Plan
from mscode.views.history.reference import LaunchReferenceJson
from mscode.views.plan.plan_json import plan_json
from tests.views.plans import NOW, at, desired, fields, launch, plan, planned

TAME = "tame"


def plan_of(name: str) -> Plan:
    """The same plan whatever the name: one object created, one changed, one destroyed, one launched."""
    place = Place(f"{name}.yaml", 3, 5, name)
    created = planned(
        at("voiceFiles.made"),
        Action.CREATE,
        place,
        fields=(
            *fields(name=name, text=name),
            FieldChange(f"x{name}", None, name),
            FieldChange("meta", None, {name: "x" * 70}),
        ),
        reason=name,
    )
    recording = planned(
        at("voiceFiles.jingle"), Action.NOOP, desired=desired(created, file=FileContent(name, 3, "0" * 64))
    )
    changed = planned(
        at("groups.changed"),
        Action.UPDATE,
        place,
        fields=(FieldChange("description", "before", name), FieldChange("name", name, "after")),
        reason=name,
        depends_on=frozenset({at("voiceFiles.made")}),
    )
    gone = planned(at("groups.gone"), Action.DELETE, place, fields=(FieldChange("name", name, None),))
    dials = planned(
        at("rsvpCalls.dials"), Action.NOOP, place, import_id=name, launch=launch(widens=(name,), campaigns=(name,))
    )
    return plan(
        *(created, recording, changed, gone, dials),
        environment=name,
        project=name,
        notes=(Note(name, name, "x", place, name),),
        checks=(Check(name, "fail", name, name, (name,)), Check(name, "warn", name, name, ("groups.gone",))),
        warnings=(Diagnostic(name, place, name, name, "warning", "code", name),),
    )


def data_of(name: str) -> dict[str, Any]:
    earlier: LaunchReferenceJson = {"id": name, "at": name, "commit": name, "runUrl": "https://ci.example/runs/7"}
    return plan_json(
        plan_of(name),
        timestamp=NOW,
        mscode_version="0.1.0",
        digest="ab" * 32,
        earlier_launches={"rsvpCalls.dials": earlier},
    )


# ---- structures ------------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """What a browser would make of it: elements with the names of their attributes, comments, and text outside <code>."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.structure: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.structure.append(f"<{tag} {' '.join(name for name, _ in attrs)}>")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.structure.append(f"</{tag}>")
        while self.open and self.open.pop() != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.structure.append("<!-- -->")

    def handle_decl(self, decl: str) -> None:
        self.structure.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.structure.append("<?>")

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.text.append(data)


def html_structure(page: str) -> list[str]:
    return _read(page).structure


def _read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _flat(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *_flat(token.children or []))]


def markdown_structure(text: str) -> list[str]:
    """Types of blocks and inlines; of HTML its elements. Neighbouring pieces of text are one."""
    found: list[str] = []
    for token in _flat(MARKDOWN.parse(text)):
        kind = "text" if token.type == "text_special" else token.type
        if kind == "text" and found and found[-1] == "text":
            continue
        found.append(kind if kind == "text" else f"{kind} {token.info}".strip())
        if kind in ("html_block", "html_inline"):
            found += html_structure(token.content)
    return found


def markdown_text(text: str) -> str:
    """All that a forge looks for mentions and links in: text outside of code."""
    pieces: list[str] = []
    for token in _flat(MARKDOWN.parse(text)):
        if token.type in ("text", "text_special"):
            pieces.append(token.content)
        elif token.type in ("html_block", "html_inline"):
            pieces += _read(token.content).text
        elif token.type != "inline":
            pieces.append("\n")
    return "".join(pieces).replace("[!CAUTION]", "").replace("[!WARNING]", "")


#: What a forge would turn into a link, a name or an image.
LINKED = re.compile(
    r"@\w|(?<!\w)[#!~%$&^]\w|\bGH-\d|\w/\w+#\d|https?://|ftp://|www\.|\S@\w+\.\w|:[a-z]+:|^/[a-z]",
    re.MULTILINE | re.IGNORECASE,
)
#: Characters that act on what they are printed on. A zero-width space is ours, where a forge would see a link.
ACTING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200c-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
