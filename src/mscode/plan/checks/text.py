"""Rules of the area `text`: what people hear and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mscode.model.plurals import count
from mscode.model.world import Desired
from mscode.plan.checks.context import CheckContext, WrittenText
from mscode.plan.checks.language_tables import language_of
from mscode.plan.checks.rule import Finding, rule
from mscode.plan.checks.spoken_keys import KeyMention, mentions, word_of

Buttons = Mapping[str, Sequence[str]]


@rule(
    "text/keys",
    "deny",
    "a spoken text that names a key which the campaign that plays it does not map, or maps to the other action",
    wrong="""\
voiceFiles:
  question: {text: "Press 4 to come, 9 to decline.", voiceCode: en}
rsvpCalls:
  invite: {voiceFiles: {start: question}, actionButtons: {accept: 5, decline: 9}, …}""",
    right="""\
voiceFiles:
  question: {text: "Press 5 to come, 9 to decline.", voiceCode: en}""",
    about="Keys are read as digits and as words, with the verb for pressing: in Finnish, Swedish, English, German, French, "
    "Spanish, Italian, Dutch, Estonian, Norwegian, Danish and Polish. What a key is for is read from the words beside it; "
    "where that is not clear, only a key that is not mapped at all is a finding. The keys of a recording are not known.",
)
def keys(context: CheckContext) -> Iterator[Finding]:
    """Each mention of a key once, with all the campaigns for which it is wrong."""
    for text in context.texts():
        players = [context.objects[address] for address in text.players]
        mapped = [(player, player.fields["actionButtons"]) for player in players if "actionButtons" in player.fields]
        if not text.is_heard or not mapped:
            continue
        for mention in mentions(text.text, language_of(text.voice)):
            wrong = [(player, buttons) for player, buttons in mapped if not _is_right(mention, buttons)]
            if wrong:
                yield _wrong_key(text, mention, wrong)


def _is_right(mention: KeyMention, buttons: Buttons) -> bool:
    action = next((name for name, pressed in buttons.items() if mention.key in pressed), "")
    return bool(action) and mention.action in ("", action)


def _wrong_key(text: WrittenText, mention: KeyMention, wrong: Sequence[tuple[Desired, Buttons]]) -> Finding:
    first, buttons = wrong[0]
    words = text.text[mention.start : mention.end]
    action = next((name for name, pressed in buttons.items() if mention.key in pressed), "")
    problem = f"maps {mention.key} to {action}" if action else f"does not map {mention.key}"
    mapped = ", ".join(f"{name}: {' and '.join(pressed)}" for name, pressed in buttons.items())
    surplus = f" (and {count(len(wrong) - 1, 'other campaign')})" if len(wrong) > 1 else ""
    purpose = f" to {mention.action}" if mention.action else ""
    meant = buttons.get(mention.action, ()) if mention.action else ()
    suggestion = ""
    if len(meant) == 1:
        key = word_of(meant[0], mention.language) if mention.word else meant[0]
        suggestion = text.text[mention.start : mention.key_start] + key
        suggestion += text.text[mention.key_start + _length(text, mention) : mention.end]
    return Finding(
        f'The voice says "{_one_line(words)}"{purpose}, and {first.address}{surplus} {problem} ({mapped}).',
        text.region(mention.start, mention.end),
        (text.item.address, *(player.address for player, _ in wrong)),
        "Say the key that is mapped, or map the key that is said.",
        suggestion,
        text.allow_at(),
    )


def _length(text: WrittenText, mention: KeyMention) -> int:
    """The characters of the key itself: a digit, or the word up to its end."""
    at = mention.key_start
    while at < mention.end and text.text[at].isalnum():
        at += 1
    return max(1, at - mention.key_start)


def _one_line(words: str) -> str:
    return " ".join(words.split())
