"""What a voice reads wrongly: dates, times, amounts, phone numbers, ranges, abbreviations, addresses of pages and of e-mail.

A number alone is read well, and so is a year. For languages with a table the spoken form is suggested, in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.plan.checks.language_tables import LANGUAGES, table

#: Characters of a text that are read, and misreadings that are reported.
_MOST, _MOST_OF_ONE = 20_000, 100
#: Larger numbers are no amounts, and the library has no words for some of them.
_LARGEST = 10**12
_DOMAINS = "fi|se|no|dk|ee|de|at|ch|fr|be|es|it|nl|pl|uk|eu|com|org|net|info|io|app|gov|edu"
_LIMIT = r"(?<![\w.,:/@-])"
_EMAIL = late_pattern(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_URL = late_pattern(
    rf"(?:https?://|www\.)[^\s<>\"]{{1,300}}|(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,4}}(?:{_DOMAINS})\b(?:/[^\s<>\"]{{0,300}})?"
)
_ISO_DATE = late_pattern(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_DOTTED_DATE = late_pattern(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}|\d{2})(?![\d:.]))?(?!\d)")
_DAY_AND_MONTH = late_pattern(r"(?<![\d.])(\d{1,2})\.(\d{1,2})(?![\d.:])")
_SLASHED_DATE = late_pattern(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?![\d/])")
_DASHED_DATE = late_pattern(r"(?<![\d-])(\d{1,2})-(\d{1,2})-(\d{4})(?![\d-])")
_CLOCK = r"(?:[01]?\d|2[0-4])"
_TIME = late_pattern(
    rf"{_LIMIT}({_CLOCK})[:.h]([0-5]\d)(?![\d.:]\d)(?!\d)|{_LIMIT}({_CLOCK})\s?(h|am|pm|a\.m\.|p\.m\.)(?!\w)",
    re.IGNORECASE,
)
_HALF = late_pattern(r"\s?(am|pm|a\.m\.|p\.m\.)(?!\w)", re.IGNORECASE)
_RANGE = late_pattern(rf"{_LIMIT}(\d{{1,5}}(?:[:.][0-5]\d)?)\s?[-–—]\s?(\d{{1,5}}(?:[:.][0-5]\d)?)(?![\d-])")
_PHONE = late_pattern(r"(?<![\w.,])(?:\+|00)?\(?\d[\d ()-]{5,20}\d(?![\w/])")
_THOUSANDS = late_pattern(r"\d{1,3}(?: \d{3})+\Z")
_AMOUNT = late_pattern(
    r"(?<![\w.,])(?P<number>\d{1,3}(?:[ .,\u00a0\u202f]\d{3}){1,4}|\d{1,9})(?:[.,](?P<cents>\d{2})|,-)?"
)
_YEAR_TIME = late_pattern(r"24/7|(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class Misreading:
    """The characters from `start` to `end`, what they are (`a date`), and how they are said ("" where that cannot be said)."""

    start: int
    end: int
    what: str
    spoken: str = ""


def misreadings(text: str, language: str) -> list[Misreading]:
    """What is read wrongly, in order; nothing twice."""
    reader = _Reader(language)
    taken, is_taken = list[Misreading](), bytearray(min(len(text), _MOST))
    for misreading in reader.all(text[:_MOST]):
        if not any(is_taken[misreading.start : misreading.end]):
            is_taken[misreading.start : misreading.end] = b"\1" * (misreading.end - misreading.start)
            taken.append(misreading)
    return sorted(taken, key=lambda misreading: misreading.start)[:_MOST_OF_ONE]


class _Reader:
    """Reads texts of one language; `words` is its table, empty where there is none."""

    def __init__(self, language: str) -> None:
        self._language = language
        self.words: Mapping[str, Any] = table(language).get("numbers", {}) if language in LANGUAGES else {}

    def all(self, text: str) -> Iterator[Misreading]:
        """The most telling first: what stands inside of one of them is not read by itself."""
        # What cannot be there is not looked for, so that its expressions need not be compiled.
        if "@" in text:
            yield from (Misreading(*match.span(), "an e-mail address") for match in _EMAIL.finditer(text))
        if "." in text or "://" in text:
            for match in _URL.finditer(text):
                yield Misreading(*_without_mark(match), "an address of a page", self._url(match[0]))
        if any(map(str.isdecimal, text)):
            yield from self._dates(text)
            yield from self._ranges(text)
            yield from self._amounts(text)
            yield from self._times(text)
            yield from self._phones(text)
        yield from self._abbreviations(text)

    # ---- one by one ----

    def _url(self, url: str) -> str:
        if not self.words:
            return ""
        bare = re.sub(r"^https?://", "", url.rstrip(".,;:!?)"))
        spoken = {".": self.words["dot"], "/": self.words["slash"], "-": self.words["dash"]}
        pieces = re.split(r"([./-])", bare.rstrip("/"))
        return " ".join(str(spoken.get(piece, piece)) for piece in pieces if piece)

    def _dates(self, text: str) -> Iterator[Misreading]:
        for match in _ISO_DATE.finditer(text):
            yield from self._date(match, int(match[3]), int(match[2]), match[1], text)
        for pattern in (_DOTTED_DATE, _SLASHED_DATE, _DASHED_DATE):
            for match in pattern.finditer(text):
                if not _YEAR_TIME.fullmatch(match[0]):
                    yield from self._date(match, int(match[1]), int(match[2]), match[3] or "", text)

        for match in _DAY_AND_MONTH.finditer(text):  # a time by itself, and a date behind some words: "den 5.12"
            if _last_word(_before(text, match)) in self.words.get("before_date", ()):
                yield from self._date(match, int(match[1]), int(match[2]), "", text)

    def _date(self, match: re.Match[str], day: int, month: int, year: str, text: str) -> Iterator[Misreading]:
        if self._language == "en" and "/" in match[0]:
            if day <= 12 and month <= 12 and day != month:  # 5/12 is another day in London than in New York
                yield Misreading(*match.span(), "a date")
                return
            day, month = (month, day) if month > 12 else (day, month)
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield Misreading(*match.span(), "a date", self._date_in_words(day, month, year, _before(text, match)))

    def _date_in_words(self, day: int, month: int, year: str, before: str) -> str:
        words = self.words
        if not words:
            return ""
        spoken = words["date"].format(day=self._day(day, before), month=words["months"][month - 1])
        if words["date"].startswith("den ") and _last_word(before) == "den":
            spoken = spoken.removeprefix("den ")
        return f"{spoken} {year}" if len(year) == 4 else spoken

    def _day(self, day: int, before: str) -> str:
        words = self.words
        if words["day"] == "cardinal":
            return str(words.get("first_day", "uno")) if day == 1 else self._number(day)
        if "ordinals" in words:
            return str(words["ordinals"][day])
        ordinal = _num2words(day, self._language, ordinal=True)
        return f"{ordinal}n" if _last_word(before) in words.get("inflecting", ()) else ordinal

    def _ranges(self, text: str) -> Iterator[Misreading]:
        words = self.words
        for match in _RANGE.finditer(text):
            if len(re.sub(r"\D", "", match[0])) > 8:  # a phone number
                continue
            start = match.start()
            first, last = (value.replace(".", ":").partition(":") for value in (match[1], match[2]))
            spoken = ""
            if words and not first[1] and not last[1] and int(first[0]) < int(last[0]):
                numbers = int(first[0]), int(last[0])
                from_, to = words.get("range_first", ()), words.get("range_last", ())  # where numbers have cases
                if not from_:
                    spoken = words["range"].format(first=self._number(numbers[0]), last=self._number(numbers[1]))
                elif numbers[1] < len(to):
                    spoken = words["range"].format(first=from_[numbers[0]], last=to[numbers[1]])
            yield Misreading(start, match.end(), "a range", spoken)

    def _amounts(self, text: str) -> Iterator[Misreading]:
        currencies = self.words.get("currencies", {"€": None, "EUR": None, "£": None, "$": None, "kr": None})
        pattern = _amount_pattern(tuple(currencies))
        for match in pattern.finditer(text):
            unit = match["before"] or match["behind"] or ""
            number = int(re.sub(r"\D", "", match["number"]))
            if unit == "%":
                spoken = self.words["percent"].format(number=self._number(number)) if self.words else ""
                if not match["cents"]:
                    yield Misreading(*match.span(), "an amount", spoken)
                continue
            names = currencies.get(unit)
            spoken = f"{self._number(number)} {names[0 if number == 1 else 1]}" if names else ""
            if spoken and match["cents"] and match["cents"] != "00":
                spoken = self.words["cents"].format(amount=spoken, cents=self._number(int(match["cents"])))
            yield Misreading(*match.span(), "an amount", spoken)

    def _times(self, text: str) -> Iterator[Misreading]:
        for match in _TIME.finditer(text):
            start, end = match.span()
            before = _before(text, match)
            for word in self.words.get("clock", ()):
                if before.rstrip().lower().endswith(word) and before[-1:].isspace():
                    start -= len(before) - len(before.rstrip()) + len(word)
            for word in self.words.get("clock_behind", ()):
                if text[end : end + 10].lstrip().startswith(word):
                    end = text.index(word, end) + len(word)
            half = match[4] if match[4] and match[4].lower() != "h" else ""
            if not half and (following := _HALF.match(text, end)):
                half, end = following[1], following.end()
            hour = int(match[1] or match[3])
            spoken = self._number(hour) if match[3] and half else self._time(hour, int(match[2] or 0))
            yield Misreading(start, end, "a time", f"{spoken} {half[0].lower()} m" if half and spoken else spoken)

    def _time(self, hour: int, minute: int) -> str:
        words = self.words
        if not words:
            return ""
        if hour == 1 and "one_hour" in words:
            spoken = str(words["one_hour"])
            return f"{spoken} {self._number(minute)}" if minute else spoken
        if not minute:
            return str(words["hour"]).format(hour=self._number(hour))
        minutes = self._number(minute) if minute > 9 or self._language != "en" else f"oh {self._number(minute)}"
        return str(words["time"]).format(hour=self._number(hour), minute=minutes)

    def _phones(self, text: str) -> Iterator[Misreading]:
        """Never with a suggestion: a number that is spelled out would be shown to whoever reads the report."""
        for match in _PHONE.finditer(text):
            is_dialled = match[0][0] in "+0(" or len(re.sub(r"\D", "", match[0])) >= 8
            if is_dialled and len(re.sub(r"\D", "", match[0])) >= 7 and not _THOUSANDS.match(match[0]):
                yield Misreading(*match.span(), "a phone number")

    def _abbreviations(self, text: str) -> Iterator[Misreading]:
        known, lowered = self.words.get("abbreviations", {}), text.lower()
        if not any(form.lower() in lowered for form in known):
            return
        for match in _abbreviation_pattern(self._language).finditer(text):
            spoken = known.get(match[0])
            capital = known.get(match[0][:1].lower() + match[0][1:], "")
            yield Misreading(*match.span(), "an abbreviation", spoken or capital[:1].upper() + capital[1:])

    def _number(self, number: int) -> str:
        return _num2words(number, self._language) if self.words and number < _LARGEST else ""


def phone_hint(language: str) -> str:
    """How digits are written so that a voice says them one by one."""
    example = table(language).get("numbers", {}).get("phone", "") if language in LANGUAGES else ""
    return f"Write its digits as words, in groups{f': {example}' if example else ''}."


def _before(text: str, match: re.Match[str]) -> str:
    """The words right before a match."""
    return text[max(0, match.start() - 40) : match.start()]


def _last_word(words: str) -> str:
    """The last of these words, in small letters."""
    return words.rstrip().rpartition(" ")[2].lower()


def _without_mark(match: re.Match[str]) -> tuple[int, int]:
    """The span of an address without the mark that ends its sentence."""
    return match.start(), match.start() + len(match[0].rstrip(".,;:!?)"))


@cache
def _amount_pattern(units: tuple[str, ...]) -> re.Pattern[str]:
    signs = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    symbols = "|".join(re.escape(unit) for unit in units if not unit.isalpha()) or "€"
    behind = rf"\s?(?P<behind>(?:{signs})(?!\w)|%)"
    return re.compile(rf"(?:(?P<before>{symbols})\s?)?{_AMOUNT.pattern}(?:{behind})?(?(before)|(?(behind)|(?!)))")


@cache
def _abbreviation_pattern(language: str) -> re.Pattern[str]:
    known = table(language)["numbers"]["abbreviations"]
    # At the beginning of a sentence with a capital; one without a full stop may be a word of its own then.
    capitals = {form[:1].upper() + form[1:] for form in known if form.endswith(".")}
    forms = "|".join(re.escape(form) for form in sorted({*known, *capitals}, key=len, reverse=True))
    return re.compile(rf"(?<![\w.])(?:{forms})(?!\w)")


def _num2words(number: int, language: str, *, ordinal: bool = False) -> str:
    from num2words import num2words  # type: ignore[import-untyped]

    words: str = num2words(number, lang=language, to="ordinal" if ordinal else "cardinal")
    return words
