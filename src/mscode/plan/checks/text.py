"""Rules of the area `text`: what people hear and read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mscode.model.kind import TextPart
from mscode.model.late_pattern import late_pattern
from mscode.model.plurals import count
from mscode.model.world import Desired
from mscode.plan.checks.context import CheckContext, WrittenText, field_region, words_region
from mscode.plan.checks.language_tables import LANGUAGES, language_of, table
from mscode.plan.checks.placeholders import placeholders
from mscode.plan.checks.rule import Finding, rule
from mscode.plan.checks.speech import shown_seconds
from mscode.plan.checks.spoken_keys import (
    AFTER_REPLY,
    Buttons,
    KeyMention,
    action_of,
    is_right,
    mentions,
    word_of,
)
from mscode.plan.checks.spoken_numbers import misreadings, phone_hint
from mscode.plan.checks.written_language import language_found


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
            wrong = [(player, buttons) for player, buttons in mapped if not is_right(mention, buttons)]
            if wrong:
                yield _wrong_key(text, mention, wrong)


def _wrong_key(text: WrittenText, mention: KeyMention, wrong: Sequence[tuple[Desired, Buttons]]) -> Finding:
    first, buttons = wrong[0]
    words = text.text[mention.start : mention.end]
    action = action_of(mention.key, buttons)
    problem = f"maps {mention.key} to {action}" if action else f"does not map {mention.key}"
    surplus = f" (and {count(len(wrong) - 1, 'other campaign')})" if len(wrong) > 1 else ""
    purpose = f" to {mention.action}" if mention.action else ""
    meant = buttons.get(mention.action, ()) if mention.action else ()
    suggestion = ""
    if len(meant) == 1:
        key = word_of(meant[0], mention.language) if mention.word else meant[0]
        suggestion = text.text[mention.start : mention.key_start] + key
        suggestion += text.text[mention.key_start + _length(text, mention) : mention.end]
    return Finding(
        f'The voice says "{_one_line(words)}"{purpose}, and {first.address}{surplus} {problem} ({_mapped(buttons)}).',
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


def _mapped(buttons: Buttons) -> str:
    """`accept: 5, decline: 9`."""
    return ", ".join(f"{name}: {' and '.join(pressed)}" for name, pressed in buttons.items())


def _one_line(words: str) -> str:
    return " ".join(words.split())


@rule(
    "text/keys-missing",
    "warn",
    "a campaign in which no text that is played before the reply says which keys to press",
    wrong='voiceFiles:\n  question: {text: "Can you come and give blood?", voiceCode: en}',
    right='voiceFiles:\n  question: {text: "Can you come and give blood? Press 5 to come, 9 to decline.", voiceCode: en}',
    about="Silent where a recording, or a voice file that no manifest declares, is played before the reply, and where a text "
    "is in a language of which the words for keys are not known.",
)
def keys_missing(context: CheckContext) -> Iterator[Finding]:
    """Campaigns with keys, and nothing said of any."""
    for campaign in context.campaigns():
        parts = [part for part in context.played(campaign) if part.role not in AFTER_REPLY]
        texts = [part for part in parts if isinstance(part, WrittenText)]
        if "actionButtons" not in campaign.fields or len(texts) < len(parts) or campaign.kind.plays is None:
            continue
        languages = [language_of(text.voice) for text in texts]
        if all(language in LANGUAGES for language in languages) and not any(
            mentions(text.text, language) for text, language in zip(texts, languages, strict=True)
        ):
            mapped = _mapped(campaign.fields["actionButtons"])
            yield Finding(
                f"No text that {campaign.address} plays before the reply says which keys to press ({mapped}).",
                field_region(campaign, campaign.kind.plays.field),
                (campaign.address, *(text.item.address for text in texts)),
                "Say in the text which key accepts and which declines.",
            )


@rule(
    "text/language",
    "warn",
    "a text whose language is not the one of its voice code",
    wrong='voiceFiles:\n  question: {text: "Voisitko tulla luovuttamaan verta?", voiceCode: en}',
    right='voiceFiles:\n  question: {text: "Voisitko tulla luovuttamaan verta?", voiceCode: fi}',
    library="pycld2",
    about="Asked of texts of 20 letters or more, and only where the library calls itself sure. Norwegian, Danish and Swedish are "
    "told apart from 60 letters on. A text in which the language of the voice is found too raises no finding. Of 600 sentences "
    "that were not used to write the rule it calls 3 foreign wrongly, and of 6,600 with the voice of another language it names "
    "6,397 (scripts/language_figures.py).",
)
def language(context: CheckContext) -> Iterator[Finding]:
    """Spoken texts alone: what is read has no voice."""
    for text in context.texts():
        spoken = language_of(text.voice)
        written = language_found(text.text, spoken) if spoken and text.is_heard else None
        if written is not None:
            yield Finding(
                f"The text is in {written[1]}, and its voice speaks {_name_of(spoken)} (voiceCode {text.voice}).",
                text.region(),
                text.addresses,
                "Give it the voice of its language, or translate it; `mscode voices` lists the codes.",
                allow_at=(*text.allow_at(), field_region(text.item, "voiceCode")),
            )


def _name_of(code: str) -> str:
    return str(table(code)["name"]) if code in LANGUAGES else code


@rule(
    "text/placeholder",
    "deny",
    "a placeholder in what people hear or read: {{firstName}}, {name}, %s, [NAME], <name>, TODO, XXX, lorem ipsum",
    wrong='smses:\n  reminder: {message: "Hello {{firstName}}, see you tomorrow!", …}',
    right='smses:\n  reminder: {message: "Hello, see you tomorrow!", …}',
    about="The service puts nothing into a text: people get it as it is written. TODO and XXX count in capitals as whole words, "
    "TODO not in Spanish or Portuguese, where it is a word. In HTML, elements, comments, scripts and styles are no placeholders.",
)
def placeholder(context: CheckContext) -> Iterator[Finding]:
    """Every text, `operations` among them."""
    for text in context.texts():
        is_html = text.path.lower().endswith("html")
        for start, end in placeholders(text.text, language_of(text.voice), is_html=is_html):
            yield Finding(
                f'{_people(text)} would {"hear" if text.is_heard else "read"} "{_one_line(text.text[start:end])}" as it stands.',
                text.region(start, end),
                text.addresses,
                "Write what is meant; a value that you know comes from a variable, ${var.name}.",
                allow_at=text.allow_at(),
            )


def _people(text: WrittenText) -> str:
    return f"The people of {text.players[0]}" if text.players else "People"


@rule(
    "text/numbers",
    "warn",
    "dates, times, amounts, phone numbers, ranges, abbreviations, addresses of pages and of e-mail that a voice reads wrongly",
    wrong='voiceFiles:\n  question: {text: "Come on 5.12. at 10:30, e.g. with a friend.", voiceCode: en}',
    right='voiceFiles:\n  question: {text: "Come on December fifth at ten thirty, for example with a friend.", voiceCode: en}',
    library="num2words",
    about="The spoken form is suggested in Finnish, Swedish, English, German, French and Spanish; it stands in the case in which "
    "a list would have it, so look at the words around it. A number alone, a year alone and 24/7 are read well. A phone "
    "number is never spelled out in a report.",
)
def numbers(context: CheckContext) -> Iterator[Finding]:
    """Spoken texts alone."""
    for text in context.texts():
        code = language_of(text.voice)
        for misreading in misreadings(text.text, code) if text.is_heard and text.voice else ():
            words = _one_line(text.text[misreading.start : misreading.end])
            hint = phone_hint(code) if misreading.what == "a phone number" else "Write it as it is said."
            yield Finding(
                f'A voice reads "{words}" wrongly: {misreading.what}.',
                text.region(misreading.start, misreading.end),
                text.addresses,
                hint,
                misreading.spoken,
                text.allow_at(),
            )


#: HTML, Markdown, pictures and runs of signs; what each is called.
_MARKUP = (
    ("HTML", late_pattern(r"</?[A-Za-z][A-Za-z0-9]{0,20}(?:\s[^<>\n]{0,200})?/?>|&(?:[a-z]{2,8}|#\d{2,6});|<!--")),
    (
        "Markdown",
        late_pattern(r"\*\*[^*\n]{1,200}\*\*|__[^_\n]{1,200}__|`[^`\n]{1,200}`|\[[^\[\]\n]{1,200}\]\([^()\s]{1,300}\)"),
    ),
    ("Markdown", late_pattern(r"^\s{0,3}(?:#{1,6}|[*+-]|>)\s+(?=\S)", re.MULTILINE)),
    (
        "a picture",
        late_pattern("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*"),
    ),
    ("a run of signs", late_pattern(r"([!?*_=~#+|/\\^•·-])\1{2,}|(?:[*_=~#|\\^•]\s?){3,}|(?:[!?]){3,}")),
)
_MOST_MARKUP = 50


@rule(
    "text/markup",
    "warn",
    "HTML, Markdown, emoji and runs of symbols in spoken text",
    wrong='voiceFiles:\n  thanks: {text: "**Thank you** 🎉 !!!", voiceCode: en}',
    right='voiceFiles:\n  thanks: {text: "Thank you!", voiceCode: en}',
    about="A voice reads signs aloud, or is silent where a reader would see something. Three full stops are a pause.",
)
def markup(context: CheckContext) -> Iterator[Finding]:
    """Spoken texts alone."""
    for text in context.texts():
        if not text.is_heard or not text.voice:
            continue
        taken = bytearray(len(text.text))
        named = set(placeholders(text.text, language_of(text.voice), is_html=False))  # text/placeholder speaks of these
        matches = [(what, match) for what, pattern in _MARKUP for match in pattern.finditer(text.text)]
        for what, match in sorted(matches, key=lambda pair: pair[1].start())[:_MOST_MARKUP]:
            if match.span() in named or any(taken[match.start() : match.end()]):
                continue
            taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
            yield Finding(
                f'A voice cannot say {what}: "{_one_line(match[0])[:60]}".',
                text.region(match.start(), match.end()),
                text.addresses,
                "Leave it out, or say it in words.",
                allow_at=text.allow_at(),
            )


#: Words that the service takes at most; over 90 is an error of the manifest, since it does not say how it counts.
_WORDS, _WORDS_AT_MOST = 80, 90


@rule(
    "text/length",
    "warn",
    "a spoken text of more than 80 words, or longer to hear than its value",
    wrong='voiceFiles:\n  question: {text: "(ninety words)", voiceCode: en}',
    right='voiceFiles:\n  question: {text: "Can you come? Press 5 for yes.", voiceCode: en}',
    value="45",
    form="number",
    unit="seconds",
    about="Seconds come from a table of characters a second, measured with the synthesizer eSpeak NG on 50 sentences a language. "
    "A single text is off by 5 to 9 percent of what that synthesizer takes; how fast the service's own voices speak is not "
    "known. The plan shows the seconds of each text.",
)
def length(context: CheckContext) -> Iterator[Finding]:
    """Spoken texts alone."""
    limit = context.limit() or 0
    for text in context.texts():
        words, heard = len(text.text.split()), shown_seconds(text.text, language_of(text.voice))
        if not text.is_heard or not text.voice or (words <= _WORDS and heard <= limit) or words > _WORDS_AT_MOST:
            continue
        problem = (
            f"has {words} words; the service takes {_WORDS}"
            if words > _WORDS
            else f"takes about {heard} seconds to hear"
        )
        expected = "" if words > _WORDS else f"; {limit} {'is' if limit == 1 else 'are'} expected"
        yield Finding(
            f"The text {problem}{expected}.",
            text.region(),
            text.addresses,
            "It does not say how it counts; shorten the text to be sure."
            if words > _WORDS
            else "Shorten it: people hang up.",
            allow_at=text.allow_at(),
        )


@rule(
    "text/caller",
    "off",
    "a campaign whose first text does not say who calls",
    wrong='checks:\n  text/caller: {value: "City of Espoo"}\nvoiceFiles:\n  question: {text: "Can you come?", voiceCode: en}',
    right='voiceFiles:\n  question: {text: "This is the City of Espoo. Can you come?", voiceCode: en}',
    form="text",
    about="The value is who calls, in any case of letters. Silent where the first thing that is played is a recording.",
)
def caller(context: CheckContext) -> Iterator[Finding]:
    """The first text of each campaign that rings."""
    wanted = " ".join(context.value.split()).casefold()
    for campaign in context.campaigns():
        first = next(iter(context.played(campaign)), None)
        if not wanted or not campaign.kind.rings or not isinstance(first, WrittenText):
            continue
        if wanted not in " ".join(first.text.split()).casefold():
            yield Finding(
                f'The first text that {campaign.address} plays does not say who calls ("{context.value}").',
                first.region(),
                (campaign.address, first.item.address),
                "Begin with who calls.",
                allow_at=first.allow_at(),
            )


@rule(
    "text/opt-out",
    "off",
    "a campaign or message in which no text says how not to be called again",
    wrong='smses:\n  reminder: {message: "See you tomorrow!", …}',
    right='smses:\n  reminder: {message: "See you tomorrow! Reply STOP to opt out.", …}',
    about="Known are the usual words in Finnish, Swedish, English, German, French and Spanish. Silent where a recording is played.",
)
def opt_out(context: CheckContext) -> Iterator[Finding]:
    """Everything that reaches people."""
    for campaign in context.campaigns():
        parts = context.played(campaign)
        texts = [part for part in parts if isinstance(part, WrittenText)]
        if not texts or len(texts) < len(parts):
            continue
        said = " ".join(" ".join(text.text.split()) for text in texts).casefold()
        if not any(words in said for words in _opt_out_words()):
            yield Finding(
                f"No text of {campaign.address} says how not to be {'called' if campaign.kind.rings else 'written to'} again.",
                texts[-1].region(),
                (campaign.address, *dict.fromkeys(text.item.address for text in texts)),
                "Say how: a number to call, a page, or STOP in reply.",
                allow_at=texts[-1].allow_at(),
            )


def _opt_out_words() -> list[str]:
    return [words for code in LANGUAGES for words in table(code).get("opt_out", {}).get("words", ())]


@rule(
    "text/same",
    "warn",
    "two prompts of a campaign that say the same where they mean different things (accept, decline, end)",
    wrong="rsvpCalls:\n  invite: {voiceFiles: {start: question, accept: thanks, end: thanks}, …}",
    right="rsvpCalls:\n  invite: {voiceFiles: {start: question, accept: see-you, end: enough}, …}",
)
def same(context: CheckContext) -> Iterator[Finding]:
    """The prompts after the reply, by what they say."""
    for campaign in context.campaigns():
        first_of: dict[object, str] = {}
        for part in context.played(campaign):
            if part.role not in AFTER_REPLY or not (content := _content(part)):
                continue
            first = first_of.setdefault(content, part.role)
            if first != part.role and campaign.kind.plays is not None:
                path = f"{campaign.kind.plays.field}.{part.role}"
                addresses = (part.item.address,) if isinstance(part, WrittenText) else ()
                yield Finding(
                    f"{campaign.address} says the same for {first} and for {part.role}.",
                    words_region(campaign, path),
                    (campaign.address, *addresses),
                    "Say what each of them means to whoever hears it.",
                )


def _content(part: WrittenText | TextPart) -> object:
    """What is heard of a part, so that two can be compared."""
    if isinstance(part, WrittenText):
        return " ".join(part.text.casefold().split()).strip(" .!?")
    return part.recording or part.voice_file
