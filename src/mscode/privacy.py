"""People's data never reaches an output: the one place that masks it.

A person's number shows as `+35840•••4567`, any other personal text as its first letter and `•••`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

DOTS = "•••"
SECRET = "(secret)"
#: Account fields that say nothing of who a person is (contract §4); every other one is personal.
PUBLIC_ACCOUNT_FIELDS = frozenset({"city", "zip", "area", "gender", "yearOfBirth"})

_PHONE = re.compile(
    r"\+[0-9][0-9 ().-]{4,18}[0-9]|(?<![\w.:+-])0[0-9]{6,13}(?![\w.:-])|(?<![\w.:+-])[0-9]{9,15}(?![\w.:-])"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
#: Members that say who a person is, as a service repeats them in its words (`firsName` is catalogue Q29). Unquoted ones
#: count only before `=`, for `firstName: is required` is what people need to read.
_MEMBER = re.compile(
    r"""(?P<name>(?P<q>["'])(?:first?Name|lastName|nickName|companyName|address|website|note)\\{0,4}(?P=q)\s{0,9}[:=]\s{0,9}"""
    r"""|\b(?:first?Name|lastName|nickName|companyName|address|website|note)=)"""
    r"""(?:\\{0,4}(?P<v>["'])(?P<quoted>(?:(?!\\{0,4}(?P=v)).)*)|(?P<bare>[^\s,;&{}\[\]"'\\]+))""",
    re.DOTALL,
)


def mask_phone(phone: str) -> str:
    """`+358401234567` becomes `+35840•••4567`; a short number keeps two digits at each end."""
    return f"{phone[:6]}{DOTS}{phone[-4:]}" if len(phone) >= 12 else f"{phone[:3]}{DOTS}{phone[-2:]}"


def mask_word(text: str) -> str:
    """The first letter and three dots; nothing of nothing."""
    return f"{text[:1]}{DOTS}" if text else text


def mask_numbers(text: str) -> str:
    """Mask whatever looks like a phone number or an e-mail address inside a text."""
    text = _EMAIL.sub(lambda m: mask_word(m.group()), text)
    return _PHONE.sub(lambda m: mask_phone(re.sub(r"[ ().-]", "", m.group())), text)


def mask_members(text: str) -> str:
    """Mask the values of personal members in text that repeats an object, whatever they are."""
    return _MEMBER.sub(_masked_member, text)


def _masked_member(found: re.Match[str]) -> str:
    value = found["quoted"] if found["v"] else found["bare"]
    shown = value if value in ("null", "None") else mask_word(value)
    return f"{found['name']}{found['v'] or ''}{shown}"


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret replaced whole, also as JSON writes it; of overlapping ones the longer is hidden first."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, _escaped(secret, True), _escaped(secret, False)}:
            text = text.replace(form, SECRET)
    return text


def _escaped(text: str, only_ascii: bool) -> str:
    return json.dumps(text, ensure_ascii=only_ascii)[1:-1]


class Masker:
    """Masks numbers, addresses and the given personal words in any text that is about to be shown.

    `words` are personal values known from manifests and answers (names, notes, …), `secrets` are removed whole.
    """

    def __init__(self, words: Iterable[str] = (), secrets: Iterable[str] = (), *, show_people: bool = False) -> None:
        self._secrets = [s for s in secrets if s]
        self._show = show_people
        self._words: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(words)

    def learn(self, words: Iterable[str]) -> None:
        """Know more personal values; texts of one character are too common to be masked."""
        self._words.update(w for w in words if len(w) > 1)
        self._pattern = None

    def __call__(self, text: str) -> str:
        if self._secrets:
            text = hide_secrets(text, self._secrets)
        if self._show:
            return text
        return self._mask_words(mask_numbers(mask_members(text)))

    def _mask_words(self, text: str) -> str:
        if not self._words:
            return text
        if self._pattern is None:
            longest_first = sorted(self._words, key=len, reverse=True)
            self._pattern = re.compile("(?<!\\w)(?:" + "|".join(map(re.escape, longest_first)) + ")(?!\\w)")
        return self._pattern.sub(lambda m: mask_word(m.group()), text)
