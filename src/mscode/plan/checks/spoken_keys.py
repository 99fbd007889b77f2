"""Which keys a spoken text names, and what each is said to be for: "press five to come" names 5, to accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Literal

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.plan.checks.language_tables import LANGUAGES, table

Action = Literal["accept", "decline", ""]
#: The keys of each action, as a campaign maps them.
Buttons = Mapping[str, Sequence[str]]
#: What is played once somebody has pressed a key, or when nobody more is wanted.
AFTER_REPLY = ("accept", "decline", "end")
#: A text that is longer than this, or names more keys, is no announcement; the rest of it is not read.
_MOST, _MOST_KEYS = 20_000, 100
#: Up to its mark, or an empty line: one line end alone is where a text was folded.
_SENTENCE = late_pattern(r"(?:[^.!?…\n]|\n(?![ \t]*\n))+(?:[.!?…\n]+|\Z)")


@dataclass(frozen=True, slots=True)
class KeyMention:
    """A key that a text names: the characters from `start` to `end` ("press five"), the key (`0` to `9`, `*`, `#`) and its own
    characters, and what it is said to be for ("" where that is not said). `word`: it is written as a word.
    """

    start: int
    end: int
    key: str
    key_start: int
    action: Action
    language: str
    word: bool


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The expressions of one language: a mention with its verb, one without (in a list), and the words of each action; `press` and
    `verbs` are the words of which `mention` and `behind` hold one, besides a key.
    """

    language: str
    mention: re.Pattern[str]
    listed: re.Pattern[str]
    behind: re.Pattern[str] | None
    keys: dict[str, str]
    accept: re.Pattern[str]
    decline: re.Pattern[str]
    may: re.Pattern[str]
    press: Sequence[str]
    verbs: Sequence[str]


@lru_cache(maxsize=4096)
def mentions(text: str, language: str) -> tuple[KeyMention, ...]:
    """Every key that a text names, in order. The language of its voice comes first; what that does not know, others may."""
    order = sorted(LANGUAGES, key=lambda code: code != language)
    named: dict[int, KeyMention] = {}
    for sentence in _SENTENCE.finditer(text[:_MOST]):
        for code in order:
            in_sentence = list(_in_sentence(_grammar(code), sentence[0], sentence.start()))
            for mention in in_sentence:
                named.setdefault(mention.key_start, mention)
            if in_sentence:
                break
    return tuple(named[at] for at in sorted(named)[:_MOST_KEYS])


def action_of(key: str, buttons: Buttons) -> str:
    """The action to which a campaign maps a key; "" of one that it does not map."""
    return next((name for name, pressed in buttons.items() if key in pressed), "")


def is_right(mention: KeyMention, buttons: Buttons) -> bool:
    """Is a key mapped that a text names, and to the action that it is said to be for?"""
    action = action_of(mention.key, buttons)
    return bool(action) and mention.action in ("", action)


def word_of(key: str, language: str) -> str:
    """The word for a digit in a language, as a caller hears it."""
    word: str = table(language)["keys"]["digits"][int(key)][0]
    return word


def _in_sentence(grammar: _Grammar, sentence: str, offset: int) -> Iterator[KeyMention]:
    """The mentions of one sentence; `offset` is where it begins in the text."""
    lowered = sentence.lower()
    if len(lowered) != len(sentence):  # a letter whose small form is longer would move all places behind it
        lowered = sentence
    spans: list[tuple[int, int, int, str]] = []
    at = 0
    for match in _matches(grammar, lowered):
        if match.start("key") >= at and len(spans) < _MOST_KEYS:
            key = grammar.keys[match["key"]]
            spans.append((match.start("whole"), match.end("whole"), match.start("key"), key))
            at = match.end("key")
    comes_before = bool(spans) and bool(_purpose(grammar, lowered[: spans[0][0]], leads_to_a_key=True))
    for position, (start, end, key_start, key) in enumerate(spans):
        action = _action(grammar, lowered, spans, position, comes_before=comes_before)
        is_word = not lowered[key_start].isdigit() and key not in "*#"
        yield KeyMention(offset + start, offset + end, key, offset + key_start, action, grammar.language, is_word)


def _matches(grammar: _Grammar, text: str) -> list[re.Match[str]]:
    """The mentions of a sentence in order; one without a verb counts behind another one only."""
    matches: list[re.Match[str]] = []
    # Of most languages no word is there: an expression of hundreds of words is compiled where it can match.
    if _holds(text, grammar.keys):
        matches += grammar.mention.finditer(text) if _holds(text, grammar.press) else ()
        matches += grammar.behind.finditer(text) if grammar.behind and _holds(text, grammar.verbs) else ()
    first = min((match.end("key") for match in matches), default=None)
    if first is not None:
        matches += grammar.listed.finditer(text, first)
    return sorted(matches, key=lambda match: (match.start("key"), match.start("whole")))


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _action(
    grammar: _Grammar, text: str, spans: Sequence[tuple[int, int, int, str]], position: int, *, comes_before: bool
) -> Action:
    """What a mention is for: by the words before it where the sentence begins with them ("to accept, press 5"), else by those
    behind it."""
    start, end, _, _ = spans[position]
    before = text[spans[position - 1][1] if position else 0 : start]
    is_last = position + 1 == len(spans)
    behind = text[end : len(text) if is_last else spans[position + 1][0]]
    return _purpose(grammar, before if comes_before else behind, leads_to_a_key=comes_before or not is_last)


def _purpose(grammar: _Grammar, clause: str, *, leads_to_a_key: bool) -> Action:
    """What the words of a clause are for; `leads_to_a_key`: a mention follows it at once."""
    if leads_to_a_key:  # "you can" of "you can press 9" says nothing of what 9 is for
        clause = grammar.may.sub("", clause)
    declines = len(grammar.decline.findall(clause))
    if declines == 1:
        return "decline"
    if declines:
        return ""  # "if you do not want to cancel"
    return "accept" if grammar.accept.search(clause) else ""


@cache
def _grammar(language: str) -> _Grammar:
    words = table(language)["keys"]
    keys = {str(digit): str(digit) for digit in range(10)} | {"*": "*", "#": "#"}
    keys |= {form: str(digit) for digit, forms in enumerate(words["digits"]) for form in forms}
    keys |= dict.fromkeys(words["star"], "*") | dict.fromkeys(words["hash"], "#")
    # "choose one of them", "välj ett datum": the word for one may be an article, so that more must show that it is a key.
    ones = [form for form in words["digits"][1] if not form.isdigit()]
    listed_end = rf"(?=\s*(?:[,.;:!?)\n]|\Z|[\"'”’]|\s(?:{_any(words['after'])})\b))"
    certain = [form for form in keys if form not in ones]
    key = f"(?P<key>(?:{_any(certain)})|(?:{_any(ones)}){listed_end})(?![\\w%°])(?![.,:][0-9])(?!\\s*-\\s*[0-9])"
    key += f"(?!\\s+(?:{_any(words['units'])})\\b)"
    # Between words a space; a language may elide ("l'uno") or put a quote or a comma there ("press '5'").
    gap = r"[\s,:'’\"“”„»«-]{1,12}"
    fillers = f"(?:(?:{_any(words['fillers'])}){gap}){{0,5}}"
    press = f"\\b(?:{_any(words['press'])})"
    joins = f"(?:[,;]\\s*(?:(?:{_any(words['joins'])})\\s+)?|\\b(?:{_any(words['joins'])})\\s+)"
    behind = None
    if words.get("behind"):
        verbs = _any(words["behind"])
        behind = late_pattern(
            f"(?P<whole>{key}\\s+(?:{verbs})\\b)".replace(f"(?!\\s+(?:{_any(words['units'])})\\b)", "")
        )
    return _Grammar(
        language,
        late_pattern(f"(?P<whole>{press}{gap}{fillers}{key})"),
        late_pattern(f"{joins}(?P<whole>{fillers}{key}){listed_end}"),
        behind,
        keys,
        _stems(words["accept"]),
        _stems(words["decline"]),
        late_pattern(rf"\b(?:{_any(words['may'])})\b(?=(?:[\s-]+\w{{1,20}}){{0,2}}\s*\Z)"),
        tuple(words["press"]),
        tuple(words.get("behind", ())),
    )


def _any(words: Sequence[str] | dict[str, str]) -> str:
    """An alternative of words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _stems(words: Sequence[str]) -> re.Pattern[str]:
    """Whole words; one with a * at its end is the beginning of a word."""
    forms = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    return late_pattern(rf"\b(?:{'|'.join(forms)})\b")
