"""Rules of the area `email`: what mail programs hide, cut or refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from mscode.model.late_pattern import late_pattern
from mscode.plan.checks.context import CheckContext, WrittenText, field_region
from mscode.plan.checks.rule import Finding, rule

if TYPE_CHECKING:
    from justhtml import JustHTML

#: RFC 5322, section 2.1.1: a line should have no more characters.
_LONGEST_SUBJECT = 78
#: Fewer capital letters than this may be one abbreviation.
_FEWEST_CAPITALS = 5
#: Gmail cuts a message at 102 KB; bytes.
_LARGEST_BODY = 100_000
#: So many things wrong with one body are named.
_MOST = 50


def _mails(context: CheckContext) -> Iterator[dict[str, WrittenText]]:
    """Of each message that goes out by e-mail: its texts, by their fields."""
    for item in context.campaigns():
        if item.kind.reached_by == "email":
            yield {text.path: text for text in context.played(item) if isinstance(text, WrittenText)}


@rule(
    "email/subject",
    "warn",
    "a subject that is empty, has more than 78 characters, or is in capitals alone",
    wrong="emails:\n  invitation: {subject: THE BLOOD BUS COMES TO TOWN, …}",
    right="emails:\n  invitation: {subject: The blood bus comes to town, …}",
    about="A subject with a line break is an error: what follows it would be another header.",
)
def subject(context: CheckContext) -> Iterator[Finding]:
    """The subject of each e-mail."""
    for texts in _mails(context):
        if (text := texts.get("subject")) is None:
            continue
        letters = [character for character in text.text if character.isalpha()]
        if not text.text.strip():
            yield _of_subject(text, "is empty", "Say what the e-mail is about.")
        if len(text.text) > _LONGEST_SUBJECT:
            problem = f"has {len(text.text)} characters, and mail programs cut it at {_LONGEST_SUBJECT}"
            yield _of_subject(text, problem, "Shorten it, with what matters first.")
        if len(letters) >= _FEWEST_CAPITALS and text.text.isupper():
            hint = "Write it in small letters; filters take capitals for spam."
            yield _of_subject(text, "is in capitals alone", hint, text.text.capitalize())


def _of_subject(text: WrittenText, problem: str, hint: str, suggestion: str = "") -> Finding:
    return Finding(f"The subject of {text.item.address} {problem}.", text.region(), text.addresses, hint, suggestion)


@rule(
    "email/body",
    "warn",
    "HTML without a text beside it, with scripts, forms, images without `alt` or errors; links that are no https; more than 100 KB",
    wrong="emails:\n  invitation: {messageHtml: '<p>We are <b>there.</p>', …}",
    right="emails:\n  invitation: {messageText: We are there., messageHtml: '<p>We are <b>there</b>.</p>', …}",
    library="justhtml",
    about="Links may also be mailto:, tel:, sms: and places within the e-mail. A document type is not asked for. HTML of more than "
    "100 KB is not looked at any further.",
)
def body(context: CheckContext) -> Iterator[Finding]:
    """The text and the HTML of each e-mail."""
    for texts in _mails(context):
        html, plain_text = texts.get("messageHtml"), texts.get("messageText")
        if html is not None and (plain_text is None or not plain_text.text.strip()):
            hint = "Write `messageText` too: some people read nothing else, and filters take its absence for spam."
            yield _of_field(html, f"{html.item.address} has HTML and no text beside it", hint)
        for text in filter(None, (plain_text, html)):
            size = len(text.text.encode("utf-8", "replace"))
            if size > _LARGEST_BODY:
                problem = f"{text.path} of {text.item.address} has {size // 1000:,} KB, and mail programs cut it at 100"
                yield _of_field(text, problem, "Shorten it; put pictures on a server and link to them.")
            elif text is html:
                yield from _of_html(text)
            else:
                yield from _plain_links(text)


def _of_field(text: WrittenText, problem: str, hint: str) -> Finding:
    return Finding(f"{problem}.", field_region(text.item, text.path), text.addresses, hint)


def _of_body(text: WrittenText, problem: str, start: int, end: int, hint: str, suggestion: str = "") -> Finding:
    region = text.region(start, end)
    return Finding(f"{problem}.", region, text.addresses, hint, suggestion, allow_at=text.allow_at())


_PLAIN_LINK = late_pattern(r"\bhttp://(?=\w)", re.IGNORECASE)


def _plain_links(text: WrittenText) -> Iterator[Finding]:
    for match in islice(_PLAIN_LINK.finditer(text.text), _MOST):
        yield _of_body(
            text, f"A link of {text.item.address} is no https", match.start(), match.end(), _USE_HTTPS, "https://"
        )


_USE_HTTPS = "Link to https://, so that nobody on the way reads or changes the page."


def _of_html(text: WrittenText) -> Iterator[Finding]:
    from justhtml import JustHTML

    # The library makes one character of a line break; kept at its length, its positions are those of the text.
    source = text.text.replace("\r\n", " \n").replace("\r", "\n")
    document = JustHTML(source, collect_errors=True, track_node_locations=True, sanitize=False, max_errors=_MOST)
    elements = _elements(document)
    yield from _parse_errors(text, source, document, elements)
    findings = (finding for node in elements for finding in _of_element(text, source, node))
    yield from islice(findings, _MOST)


def _elements(document: JustHTML) -> list[Any]:
    """The elements that are written, in their order. One that is closed in a wrong order is there several times."""
    elements: dict[tuple[str, int], Any] = {}
    nodes = [document.root]
    while nodes:
        node = nodes.pop()
        nodes += reversed(getattr(node, "children", None) or ())
        if getattr(node, "attrs", None) is not None and node.origin_offset is not None:
            elements.setdefault((node.name, node.origin_offset), node)
    return list(elements.values())


#: What is no error of a body: it is put into a document by the mail program.
_DOCUMENT_TYPE = ("expected-doctype", "unknown-doctype")


def _parse_errors(text: WrittenText, source: str, document: JustHTML, elements: Sequence[Any]) -> Iterator[Finding]:
    starts = [0, *(match.end() for match in re.finditer("\n", source))]
    problems = [
        (starts[min(error.line or 1, len(starts)) - 1] + (error.column or 1) - 1, error.message)
        for error in document.errors
        if not error.code.startswith(_DOCUMENT_TYPE)
    ]
    problems += [(at, f"<{name}> is never closed") for at, name in _unclosed(source, elements)]
    for at, message in sorted(problems)[:_MOST]:
        start = min(at, max(0, len(source) - 1))
        end = source.find(">", start, start + 200) + 1 or start + 1
        problem = f"The HTML of {text.item.address} does not parse: {message[:100].rstrip('.')}"
        yield _of_body(text, problem, start, end, "Mail programs show it differently; close what is opened, in order.")


#: Elements of which HTML lets the end be left out, or that have none.
_NO_END = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "html",
        "head",
        "body",
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "optgroup",
        "colgroup",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "rp",
        "rt",
    }
)
_END_OR_COMMENT = late_pattern(r"<!--.*?(?:-->|\Z)|</([A-Za-z][A-Za-z0-9:-]{0,30})", re.DOTALL)


def _unclosed(source: str, elements: Sequence[Any]) -> list[tuple[int, str]]:
    """Elements that nothing closes, each with its place. The library opens and closes what it must without a word."""
    events: dict[str, list[tuple[int, bool]]] = {}
    for node in elements:
        # In a drawing `/>` closes an element; in HTML it means nothing.
        if node.namespace in (None, "html") and node.name not in _NO_END:
            events.setdefault(node.name, []).append((node.origin_offset, True))
    for match in _END_OR_COMMENT.finditer(source):
        if match[1] and (of_name := events.get(match[1].lower())) is not None:
            of_name.append((match.start(), False))
    unclosed = []
    for name, marks in events.items():
        open_at: list[int] = []
        for at, opens in sorted(marks):
            if opens:
                open_at.append(at)
            elif open_at:
                open_at.pop()
        unclosed += [(at, name) for at in open_at]
    return unclosed


_ALLOWED_LINKS = ("https:", "mailto:", "tel:", "sms:", "#")


def _of_element(text: WrittenText, source: str, node: Any) -> Iterator[Finding]:
    """What is wrong with one element."""
    start, attributes = node.origin_offset, node.attrs or {}
    end = source.find(">", start) + 1 or len(source)
    if node.name in ("script", "form"):
        hint = "Take it out, and link to a page that has it."
        yield _of_body(text, f"{text.item.address} has a <{node.name}>, which mail programs take out", start, end, hint)
        return
    for name in attributes:
        if name.startswith("on"):
            problem = f"{text.item.address} has a script in `{name[:40]}`, which mail programs take out"
            yield _of_body(text, problem, start, end, "Take it out.")
    if node.name == "img" and "alt" not in attributes:
        hint = 'Say what it shows: alt="…", or alt="" where it only decorates.'
        yield _of_body(text, f"An image of {text.item.address} has no `alt`", start, end, hint)
    elif node.name in ("a", "area") and "href" in attributes:
        yield from _of_link(text, source, str(attributes["href"] or ""), start, end)


def _of_link(text: WrittenText, source: str, link: str, start: int, end: int) -> Iterator[Finding]:
    target = link.strip()
    if target.lower().startswith(_ALLOWED_LINKS) or "{" in target:
        return
    at = source.find(target, start, end) if target else -1
    place = (at, at + len(target)) if at >= 0 else (start, end)
    is_plain = target.lower().startswith("http://")
    suggestion = f"https://{target[len('http://') :]}" if is_plain and at >= 0 else ""
    problem = f'A link of {text.item.address} is no https: "{target[:60]}"'
    hint = _USE_HTTPS if is_plain else "Write the whole address, beginning with https://."
    yield _of_body(text, problem, *place, hint, suggestion)
