"""Rules of the area `sms`: what text messages cost, and who they are from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mscode.model.plurals import count
from mscode.plan.checks.context import CheckContext, WrittenText
from mscode.plan.checks.gsm0338 import Segments, foreign, plain, segments
from mscode.plan.checks.rule import Finding, rule

#: So many characters are named with their places.
_MOST = 5


@rule(
    "sms/segments",
    "warn",
    "a text message of more parts than its value: each part is paid for",
    wrong="smses:\n  reminder: {message: “See you tomorrow at ten – bring your card, and tell us if you can’t come”, …}",
    right='smses:\n  reminder: {message: "See you tomorrow at ten - bring your card, and tell us if you can\'t come", …}',
    value="1",
    form="number",
    unit="parts",
    about="A message in the GSM alphabet has 160 characters in one part and 153 in each of several; some characters "
    "({ } [ ] ~ \\ | ^ €) count twice. One character outside of it makes the whole message UCS-2: 70 characters, 67 in each "
    "of several.",
)
def message_segments(context: CheckContext) -> Iterator[Finding]:
    """Messages that are written and go by phone; an e-mail has no parts."""
    limit = context.limit() or 1
    for text in context.texts():
        if text.is_heard or text.item.kind.reached_by != "phone" or not text.item.kind.reaches_people:
            continue
        sent = segments(text.text)
        if sent.parts > limit:
            yield _too_long(text, sent, limit)


def _too_long(text: WrittenText, sent: Segments, limit: int) -> Finding:
    suggested = plain(text.text)
    shorter = segments(suggested)
    characters = foreign(text.text)
    because, hint = "", f"Shorten it, or allow it: `checks: {{sms/segments: {{value: {sent.parts}}}}}` in mscode.yaml."
    if characters:
        named = [_named(text, character, at) for character, at in list(characters.items())[:_MOST]]
        surplus = f" and {count(len(characters) - _MOST, 'more character')}" if len(characters) > _MOST else ""
        because = f", because of {', '.join(named)}{surplus}"
        if shorter.parts < sent.parts:
            hint = f"In plain characters it takes {count(shorter.parts, 'part')}."
    unit = "septets" if sent.encoding == "GSM" else "units of UCS-2"
    return Finding(
        f"{text.item.address} takes {sent.parts} parts per message, and {limit} is expected: "
        f"{sent.encoding}, {sent.units} {unit}{because}.",
        text.region(),
        text.addresses,
        hint,
        suggested if shorter.parts < sent.parts else "",
        text.allow_at(),
    )


def _named(text: WrittenText, character: str, at: int) -> str:
    """`’` (line 7, column 31), with the name of one that cannot be seen."""
    region = text.region(at, at + 1)
    where = f" (line {region.place.line}, column {region.place.column})" if region else ""
    visible = (
        character
        if character.isprintable() and not character.isspace()
        else unicodedata.name(character, f"U+{ord(character):04X}")
    )
    return f"{visible}{where}"
