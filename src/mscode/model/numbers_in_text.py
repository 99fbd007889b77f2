"""Phone numbers in free text: which stretches of it are one, in whatever form people write them.

A stretch is digits with small gaps between them (spaces, hyphens, dots, brackets), a group the digits between two gaps, a
run the groups that make one number. A number is recognised by its groups and gaps, in two ways:

- by form, in any text. Dates, times, versions, IP addresses, hashes and the like are set aside first, whole, so that they
  are shown as they were typed. Where a stretch may be either, it is taken for a number: a masked count is a nuisance, a
  number that is shown is a leak.
- by value: the last digits of a known person's number are found in any spelling and wherever they stand, also in a date.

Every pattern reads a text once from left to right (possessive quantifiers, bounded look-behind), so that a text takes time
in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from mscode.model.late_pattern import late_pattern

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20|21)\d\d"
_HOUR = r"(?:[01]?\d|2[0-4])"
_OFFSET = r"(?:\s?(?:Z\b|(?:UTC|GMT)?[+-]\d\d:?[0-5]\d(?!\d)))?"
_TIME = rf"{_HOUR}[:.][0-5]\d(?:[:.][0-5]\d(?:[.,]\d{{1,9}})?)?(?!\d){_OFFSET}"
_AFTER_DATE = rf"(?:(?:T|,?\s(?:klo\s|kl\.?\s|at\s|um\s)?){_TIME})?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_DASH = r"\s?[-–—]\s?"
#: Begins a stretch of its own, not the middle of one.
_FRESH = r"(?<![\d+])(?<!\d[-./])"
#: Days and times of day; these stay what they are even behind the word "phone".
_WHEN = late_pattern(
    rf"(?<![\d+])(?<!\d[-.]){_YEAR}(?P<a>[-./]){_MONTH}(?P=a){_DAY}(?!\d){_AFTER_DATE}"
    rf"|{_FRESH}(?:"
    rf"{_DAY}\s?(?P<b>[-./])\s?{_DAY}\s?(?P=b)\s?{_YEAR}(?!\d)(?!(?P=b)\d){_AFTER_DATE}"
    rf"|{_DAY}(?P<c>[-./]){_DAY}(?P=c)\d\d(?!\d|[-./]\d|\s\d(?!\d?[:.]\d\d)){_AFTER_DATE}"
    rf"|{_DAY}\s(?:0[1-9]|1[0-2])\s{_YEAR}(?!\s?\d)"
    rf"|{_DAY}\.(?:{_MONTH}\.)?{_DASH}{_DAY}\.\s?{_MONTH}\.(?:\s?{_YEAR})?(?!\d|\.\d)"
    rf"|{_DAY}{_DASH}{_DAY}\.\s?{_MONTH}\.\s?{_YEAR}(?!\d|\.\d)"
    rf"|{_DAY}\.\s?{_MONTH}\.,?\s(?=(?:klo\s)?{_HOUR}[:.][0-5]\d)"
    rf"|{_YEAR}\s?[-–—/]\s?{_YEAR}(?!\d|[-./\s]\d)"
    rf"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[_-](?:[01]\d|2[0-3])[0-5]\d[0-5]\d|(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)(?!\d)"
    rf"|{_HOUR}[.:][0-5]\d{_DASH}{_HOUR}[.:][0-5]\d(?![\d])(?![.:]\d)"
    r")"
    rf"|(?<![\d:+])[+-]?{_HOUR}:[0-5]\d(?::[0-5]\d(?:[.,]\d{{1,9}})?)?(?![\d:]){_OFFSET}"
)
#: Whatever else is made of digits and is no phone number.
_HARMLESS = late_pattern(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![0-9A-Za-z])"
    r"|(?=\d*+[a-fA-F])[0-9a-fA-F]{16,}+(?![0-9A-Za-z])"
    rf"|(?<![.+])(?:{_OCTET}\.){{3}}{_OCTET}(?:[:/]\d{{1,5}}(?!\d))?(?!\d|[-.\s]?\d{{2}})"
    r"|[vV]\d{1,4}(?:\.\d{1,8})+"
    # a dotted version has a part of one digit; a number that is written with dots has none but the first
    r"|(?<![.+])(?:0|[1-9]\d{0,4})(?=(?:\.\d+)*?\.\d(?!\d))(?:\.\d{1,8}){2,}(?!\d)"
    # a decimal fraction
    r"|(?<![.,+])\d\.\d{2,}+(?![.\d]|[-\s]\d)"
    # a size or a duration with its unit
    r"|(?<![.+])[1-9]\d{0,10}(?:\.\d{1,9})?(?:(?:ns|us|µs|ms|s|[kKMGT]i?B|B)|\s(?:bytes?|ms|milliseconds|[kKMGT]i?B))(?![A-Za-z0-9])"
    # a price
    r"|(?<![.+])[1-9]\d{0,2}(?:[.\s]\d{3})*(?:[.,]\d\d)?\s?(?:€|EUR\b|USD\b|SEK\b|NOK\b|DKK\b|GBP\b)"
    # a law or a decree by its year and number
    r"|n°\s?(?:19|20)\d\d-\d{1,5}(?![\d-])"
    # how members and the like are counted in a plan: +12 -3 (1,204 after)
    r"|\+\d[\d,]*\s-\d[\d,]*\s\("
    r"|(?i:request|req|trace|span|correlation)[-_ ]?(?i:id)[\"']?(?:\s?[:=#]\s?|\s)[\"']?[1-9]\d{0,19}(?![\d+])"
    # an id as mscode writes it, so that it can be copied into --id
    r"|(?:\bids? |\[id=)[1-9]\d{0,19}(?![\d+])"
    r"|(?i:lines?|ports?|rows?|pages?|columns?|years?|bytes)\s\d{1,6}\s?[-–—]\s?\d{1,6}(?!\d)"
    r")"
    r"|[€$£¥]\s?[1-9]\d{0,2}(?:[.,\s]\d{3})*(?:[.,]\d\d)?(?!\d)"
)
_GAP = r"(?:\s?[-‐‑‒–—―−./()\[\]+]{1,3}\s?|\s)"
#: Digits, each with at most one small gap before it.
_STRETCH = late_pattern(rf"\d(?:{_GAP}?\d)*+")
_GROUP = late_pattern(r"\d+")
#: Ends the text before a number that is called one.
_CALLED = late_pattern(
    r"(?:phones?|telephone|tele?fon\w{0,4}|tel|tlf|puh|puhelin\w{0,8}|gsm|mobile?|mobil\w{0,6}|msisdn|cell|handy|whatsapp|fax)"
    r"(?:[\s_-]?(?:number|numero|no|nro|nr|n:o))?[\"'\\\]\s:=.,#()*_>-]{0,6}\Z",
    re.IGNORECASE,
)
#: How many characters before a stretch are read for that.
_LOOK_BACK = 48
#: The longest number of E.164, and the longest with an international prefix and a trunk's zero.
_MOST, _MOST_DIALLED = 15, 18
_SHORT_SHAPES = frozenset({(2, 2, 2, 2), (3, 2, 3), (3, 2, 2)})


class PhoneNumber(NamedTuple):
    """A number in a text: where it stands, and its digits, with a + where it has one."""

    start: int
    stop: int
    number: str


class _Group(NamedTuple):
    start: int
    stop: int
    digits: str
    #: what stands between it and the group before
    gap: str


def numbers_in(
    text: str, known: Mapping[str, Collection[str]] | None = None, *, strict: bool = False
) -> Iterator[PhoneNumber]:
    """The numbers in a text, in order, apart.

    `known` has people's numbers (`endings`): they are found in any spelling and wherever they stand. `strict` is for the
    values of a manifest, where any seven digits with something between them are taken for a number.
    """
    if not may_have_numbers(text):
        return
    stretches = list(_STRETCH.finditer(text))
    numbers = list(_known_numbers(text, stretches, known)) if known else []
    spans = sorted((number.start, number.stop) for number in numbers)
    for start, stop in _between(spans, 0, len(text)):
        numbers.extend(_numbers_by_form(text, start, stop, strict))
    yield from sorted(numbers)


def may_have_numbers(text: str) -> bool:
    """Is any stretch of digits as long as the shortest number?"""
    return any(len(stretch) > 5 for stretch in _STRETCH.findall(text))


def _numbers_by_form(text: str, start: int, stop: int, strict: bool) -> Iterator[PhoneNumber]:
    """Numbers by their form alone, in a part of a text."""
    asides = [match.span() for match in _WHEN.finditer(text, start, stop)]
    for begin, end in list(_between(asides, start, stop)):
        asides += (
            match.span() for match in _HARMLESS.finditer(text, begin, end) if not _is_called(text, match.start())
        )
    asides.sort()
    for begin, end in _between(asides, start, stop):
        for stretch in _STRETCH.finditer(text, begin, end):
            if sum(char.isdigit() for char in stretch.group()) >= 6:
                for run in _runs(_groups(text, stretch)):
                    if _is_number(text, run, strict):
                        yield _number(text, run)


def _between(spans: list[tuple[int, int]], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The parts of start…stop that no span covers; `spans` are sorted."""
    at = start
    for begin, end in spans:
        if begin > at:
            yield at, begin
        at = max(at, end)
    if at < stop:
        yield at, stop


# ---- by form ---------------------------------------------------------------------------------------------------------


def _groups(text: str, stretch: re.Match[str]) -> list[_Group]:
    groups: list[_Group] = []
    last = stretch.start()
    for match in _GROUP.finditer(text, stretch.start(), stretch.end()):
        groups.append(_Group(match.start(), match.end(), _ascii(match.group()), text[last : match.start()]))
        last = match.end()
    return groups


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(int(char)) for char in digits)


def _runs(groups: list[_Group]) -> Iterator[list[_Group]]:
    """Groups that make one number: a + begins one, and so does a group that is a whole number by itself."""
    run: list[_Group] = []
    size, has_spaces = 0, False
    is_long = sum(len(group.digits) for group in groups) > _MOST
    for group in groups:
        ends = bool(run) and (_starts_anew(group) or (_is_whole(group) and not _is_prefix(run, size)))
        if not ends and is_long and size >= 9 and group.gap.isspace():
            # Several numbers in a row: a zero begins the next, and so does a space among numbers that have none.
            ends = (len(group.digits) > 1 and group.digits[0] == "0") or not has_spaces
        if ends:
            yield run
            run, size, has_spaces = [], 0, False
        has_spaces = has_spaces or (bool(run) and group.gap.isspace())
        run.append(group)
        size += len(group.digits)
        if _is_whole(group):
            yield run
            run, size, has_spaces = [], 0, False
    if run:
        yield run


def _starts_anew(group: _Group) -> bool:
    """A + begins a number; between short groups it is a space as URLs write it."""
    return "+" in group.gap and (group.gap != "+" or len(group.digits) >= 6)


def _is_prefix(run: list[_Group], size: int) -> bool:
    """Is what stands before a long group the code of a country or an area?"""
    return 1 < size <= 5 or run[0].digits == "0" or "+" in run[0].gap


def _is_whole(group: _Group) -> bool:
    return len(group.digits) >= 9 or (len(group.digits) >= 7 and group.digits[0] == "0")


def _is_number(text: str, run: list[_Group], strict: bool) -> bool:
    digits = "".join(group.digits for group in run)
    before = text[max(0, run[0].start - 2) : run[0].start]
    if before.rstrip("( ").endswith("+"):
        return len(digits) >= 6
    if _is_called(text, run[0].start):
        return len(digits) >= 6
    if len(run) == 1:
        return _is_single(text, run[0])
    if len(digits) > _MOST_DIALLED:
        return _holds_number(run)
    if digits[0] == "0":
        return len(digits) >= 7 and not (run[0].digits == "0" and run[1].gap == ".")
    if len(digits) >= 7 and before.endswith("(") and run[1].gap.lstrip().startswith(")"):
        return True
    return _is_grouped(run, digits, strict)


def _is_single(text: str, group: _Group) -> bool:
    """Digits without anything between them; glued to letters they may be an identifier."""
    size, before = len(group.digits), text[group.start - 1 : group.start]
    if size > _MOST_DIALLED - (0 if group.digits.startswith("00") else 4):
        return False
    if before and (before.isalpha() or before == "_"):
        return size >= 11 or (size >= 7 and group.digits[0] == "0")
    after = text[group.stop : group.stop + 1]
    if after.isalpha():
        return size >= 9
    if size > _MOST:
        return group.digits.startswith("00")
    return size >= 9 or (size >= 7 and group.digits[0] == "0")


def _holds_number(run: list[_Group]) -> bool:
    """Too many digits for one number: are there groups side by side that may be one?"""
    sizes = [len(group.digits) for group in run]
    return any(
        sum(sizes[at : at + 4]) >= 9 and all(size > 1 for size in sizes[at + 1 : at + 4])
        for at in range(len(sizes) - 1)
    )


def _is_grouped(run: list[_Group], digits: str, strict: bool) -> bool:
    """Groups that begin with neither + nor 0."""
    gaps = [group.gap.strip() for group in run[1:]]
    sizes = [len(group.digits) for group in run]
    if any("/" in gap for gap in gaps) and not strict:
        return False
    trunk = next((at for at, group in enumerate(run) if at and group.digits == "0" and "(" in group.gap), 0)
    singles = sum(size == 1 for at, size in enumerate(sizes) if at and at != trunk)
    if singles > (1 if len(digits) >= 10 and "." not in gaps else 0):
        return False
    if gaps == ["."]:  # else a decimal fraction, or a place on a map
        return len(digits) >= 10 and sizes[0] > 1 and sizes[1] >= 7
    if len(digits) >= 9:
        return True
    is_thousands = sizes[0] <= 3 and all(size == 3 for size in sizes[1:]) and set(gaps) <= {"", "."}
    if len(digits) < 7 or is_thousands:
        return False
    return strict or "-" in gaps or (len(gaps) > 1 and "." in gaps) or tuple(sizes) in _SHORT_SHAPES


def _is_called(text: str, start: int) -> bool:
    return bool(_CALLED.search(text, max(0, start - _LOOK_BACK), start))


def _number(text: str, run: list[_Group]) -> PhoneNumber:
    """The number with the + and the bracket before it."""
    start, stop = run[0].start, run[-1].stop
    digits = "".join(group.digits for group in run)
    lead = text[max(0, start - 3) : start]
    tail = lead[len(lead.rstrip("(+ ")) :]
    begin = start - len(tail.lstrip(" "))
    if "+" in tail:
        return PhoneNumber(begin, stop, f"+{digits}")
    return PhoneNumber(begin if tail.endswith("(") and ")" in text[start:stop] else start, stop, digits)


# ---- by value --------------------------------------------------------------------------------------------------------


def endings(numbers: Iterable[str]) -> dict[str, set[str]]:
    """People's numbers (E.164) by their last digits, which stay the same in every spelling."""
    by_ending: dict[str, set[str]] = {}
    for number in numbers:
        digits = _ascii("".join(char for char in number if char.isdigit()))
        if len(digits) >= 6:
            size = 8 if len(digits) >= 12 else min(7, len(digits))  # those behind the codes of country and area
            by_ending.setdefault(digits[-size:], set()).add(digits)
    return by_ending


def _known_numbers(
    text: str, stretches: list[re.Match[str]], known: Mapping[str, Collection[str]]
) -> Iterator[PhoneNumber]:
    sizes = sorted({len(ending) for ending in known}, reverse=True)
    for stretch in stretches:
        places = [at for at in range(stretch.start(), stretch.end()) if text[at].isdigit()]
        digits = _ascii("".join(text[at] for at in places))
        done = 0
        for at in range(1, len(digits) + 1):
            for size in sizes:
                if at - size >= done and (numbers := known.get(digits[at - size : at])):
                    first = min(_beginning(digits, at, done, number) for number in numbers)
                    start = places[first]
                    lead = text[max(0, start - 2) : start].rstrip("( ")
                    plus = "+" if lead.endswith("+") else ""
                    begin = text.rindex("+", 0, start) if plus else start
                    yield PhoneNumber(begin, places[at - 1] + 1, plus + digits[first:at])
                    done = at
                    break


def _beginning(digits: str, stop: int, least: int, number: str) -> int:
    """Where a known number begins whose last digits end at `stop`: as much of it as stands there, and a prefix of 0 or 00."""
    at, rest = stop, len(number)
    while at > least and rest and digits[at - 1] == number[rest - 1]:
        at, rest = at - 1, rest - 1
    if rest and at > least and digits[at - 1] == "0":  # +358 (0)40 …
        inner = at - 1
        while inner > least and rest and digits[inner - 1] == number[rest - 1]:
            inner, rest = inner - 1, rest - 1
        at = inner
    while at > least and stop - at < _MOST_DIALLED and digits[at - 1] == "0":
        at -= 1
    return at
