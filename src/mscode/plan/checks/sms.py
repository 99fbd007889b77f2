"""Rules of the area `sms`: what text messages cost, and who they are from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mscode.model.plurals import count
from mscode.plan.checks.context import CheckContext, WrittenText, words_region
from mscode.plan.checks.gsm0338 import EXTENDED, Segments, foreign, plain, segments
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
    place = text.region(at, at + 1).place
    return f"{_visible(character)} (line {place.line}, column {place.column})"


def _visible(character: str) -> str:
    """A character, or the name of one that cannot be seen."""
    is_seen = character.isprintable() and not character.isspace()
    return character if is_seen else unicodedata.name(character, f"U+{ord(character):04X}")


#: 3GPP TS 23.040, clause 9.1.2.5: a sender is a text of eleven septets, or a number, which has fifteen digits at most (E.164).
_LONGEST_SENDER, _MOST_DIGITS = 11, 15
_CONTROLS = frozenset("\n\r\f\t")


@rule(
    "sms/sender",
    "deny",
    "a sender that no network takes: more than 11 letters and digits, more than 15 digits, characters outside of the GSM alphabet",
    wrong="smses:\n  reminder: {sender: Blood Service Helsinki, …}",
    right="smses:\n  reminder: {sender: Blood, …}",
    about="Spaces count among the eleven, and a character that takes two places ({ } [ ] ~ \\ | ^ €) counts twice. A number is "
    "digits alone, with or without a plus sign.",
)
def sender(context: CheckContext) -> Iterator[Finding]:
    """The sender of each text message that has one."""
    for item in context.campaigns():
        value = item.fields.get("sender")
        if item.kind.reached_by != "phone" or not isinstance(value, str) or not value:
            continue
        problem = _problem_of(value)
        if problem:
            yield Finding(
                f"No network takes the sender of {item.address}: {problem}.",
                words_region(item, "sender"),
                (item.address,),
                "Write at most 11 letters and digits, or a number in digits.",
                _usable(value),
            )


def _problem_of(value: str) -> str:
    digits = value.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        is_long = len(digits) > _MOST_DIGITS
        return f"a number has at most {_MOST_DIGITS} digits, and this one has {len(digits)}" if is_long else ""
    outside = [character for character in value if character in _CONTROLS] or list(foreign(value))
    if outside:
        names = ", ".join(_visible(character) for character in outside[:_MOST])
        return f"{names} {'is' if len(outside) == 1 else 'are'} not in the GSM alphabet"
    length = sum(2 if character in EXTENDED else 1 for character in value)
    is_long = length > _LONGEST_SENDER
    return f'"{value[:40]}" takes {length} characters, and {_LONGEST_SENDER} fit' if is_long else ""


def _usable(value: str) -> str:
    """The nearest sender that networks take: in plain characters, without spaces where that is enough; "" for none."""
    written = " ".join(plain(value).split())
    candidates = (written, written.replace(" ", ""))
    usable = (text for text in candidates if text and text != value and not _problem_of(text))
    # A number would be masked where it is shown, so that it cannot be put there.
    return next((text for text in usable if not text.removeprefix("+").isdigit()), "")
