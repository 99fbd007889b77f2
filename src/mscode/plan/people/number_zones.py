"""Where a phone number is: its country and its time zones, as far as the number tells."""

from __future__ import annotations

import re
from functools import lru_cache

from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass

#: In these calling codes an area code is a region that may lie in two zones, and a number moves about in it freely, so that
#: what its further digits say of a place says nothing of the person: North America, by its area code of three digits.
_AREAS = {1: 4}

#: Area codes of North America that serve one territory which lies in several zones. A number of any of them may be anywhere in
#: it, and the library knows the places of the first code far better than those of the codes that were laid over it.
_OVERLAID = (
    frozenset({"1208", "1986"}),
    frozenset({"1236", "1250", "1257", "1672", "1778"}),
    frozenset({"1270", "1364"}),
    frozenset({"1306", "1474", "1639"}),
    frozenset({"1367", "1418", "1581"}),
    frozenset({"1448", "1850"}),
    frozenset({"1458", "1541"}),
    frozenset({"1709", "1879"}),
    frozenset({"1812", "1930"}),
)

#: Countries whose mobile numbers tell an operator and no place, though the library counts them as geographical: Indonesia.
_ROAMING = frozenset({62})

#: Zones of places whose numbers begin so, and which the library does not tell from the rest of their region.
_ALSO = {
    "1306": ("America/Edmonton", "America/Winnipeg"),  # Lloydminster and Creighton, of Saskatchewan
    "5597": ("America/Eirunepe",),  # the west of Amazonas
    "5632": ("Pacific/Easter",),
    "617": ("Australia/Brisbane", "Australia/Sydney"),  # the border towns of Queensland and New South Wales
    "7411": ("Asia/Srednekolymsk", "Asia/Vladivostok"),  # Yakutia
}


#: The library's descriptions of numbers, each with an expression; and the parts of such an expression with their repeats.
_TYPES = (
    "general_desc",
    "fixed_line",
    "mobile",
    "pager",
    "personal_number",
    "premium_rate",
    "shared_cost",
    "toll_free",
    "uan",
    "voicemail",
    "voip",
)
_ATOM = late_pattern(r"(\(\?[:!=]|\(|\)|\||\\d|\[[^\[\]]*\]|\d|.)(\{\d+(?:,\d*)?\}|[?*+])?")

#: Regions of numbers that the library counts as countries, and where the law on calls of another one holds: the territories
#: of the United States, the overseas departments and collectivities of France that its code of consumption names or takes in,
#: the external territories of Australia. Not Guernsey, Jersey and Man, which make laws of their own.
_LAW_OF = {
    **dict.fromkeys(("AS", "GU", "MP", "PR", "VI"), "US"),
    **dict.fromkeys(("BL", "GF", "GP", "MF", "MQ", "PM", "RE", "YT"), "FR"),
    **dict.fromkeys(("CC", "CX", "NF"), "AU"),
}


def law_of(region: str) -> str:
    """The country whose law holds for the numbers of a region: mostly itself."""
    return _LAW_OF.get(region, region)


def whereabouts(phone: str) -> tuple[str, tuple[str, ...]]:
    """Country (two letters, "" where the number tells none) and zones; no zones where it may be in any of its country."""
    return _place_of_prefix(phone[: 1 + _telling_digits(phone[1:4])], len(phone))


@lru_cache(maxsize=1024)
def _telling_digits(begin: str) -> int:
    """So many digits of a number in E.164 tell where it is; the rest is the subscriber's. `begin` are its first three.

    They are those of the zones' table, and those at which the library's expressions for regions and types look: behind them any
    digit matches alike. A list of people has few such beginnings, so that few numbers are looked up.
    """
    from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

    code = _calling_code(begin)
    if not code:
        return int(TIMEZONE_LONGEST_PREFIX)
    in_tables = max(len(prefix) for prefix in (code, *TIMEZONE_DATA, *_ALSO) if prefix.startswith(code))
    return min(int(TIMEZONE_LONGEST_PREFIX), max(in_tables, len(code) + _telling_national_digits(int(code))))


def _calling_code(begin: str) -> str:
    """The calling code with which the first digits of a number begin; "" for none."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    codes = (begin[:size] for size in (1, 2, 3))
    return next((code for code in codes if code.isdecimal() and int(code) in COUNTRY_CODE_TO_REGION_CODE), "")


def _telling_national_digits(code: int) -> int:
    """So many digits behind a calling code are looked at to tell its regions and the types of their numbers."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    telling = 0
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        parts = [getattr(metadata, name) for name in _TYPES] if metadata else []
        expressions = [part.national_number_pattern for part in parts if part and part.national_number_pattern]
        expressions += [metadata.leading_digits] if metadata and metadata.leading_digits else []
        # What is dialled before a national number, and taken off when it is read.
        taken_off = (
            _look(metadata.national_prefix_for_parsing)[0] if metadata and metadata.national_prefix_for_parsing else 0
        )
        telling = max(telling, taken_off + max((_look(expression)[1] for expression in expressions), default=0))
    return telling


def _look(expression: str) -> tuple[int, int]:
    """Of an expression of the library (digits, sets, `\\d`, groups, repeats): the most digits that it matches, and up to which of
    them it looks at what the digit is.
    """
    alternatives = [(0, 0)]  # of each open group the alternative that is being read
    widest, groups = [(0, 0)], list[tuple[tuple[int, int], tuple[int, int]]]()
    for atom, least_most in _ATOM.findall(expression):
        if atom.startswith("("):
            groups.append((alternatives.pop(), widest.pop()))
            alternatives.append((0, 0))
            widest.append((0, 0))
            continue
        if atom == "|":
            widest[-1] = _larger(widest[-1], alternatives[-1])
            alternatives[-1] = (0, 0)
            continue
        width, looked = (1, 0) if atom == r"\d" else (1, 1)
        if atom == ")":
            width, looked = _larger(widest.pop(), alternatives.pop())
            before, outer = groups.pop()
            alternatives.append(before)
            widest.append(outer)
        times = _times(least_most)
        at, seen = alternatives[-1]
        alternatives[-1] = (at + width * times, max(seen, at + width * (times - 1) + looked) if looked else seen)
    return _larger(widest[-1], alternatives[-1])


def _larger(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), max(one[1], other[1])


def _times(repeat: str) -> int:
    """How often at most: of `{2,5}`, `{3}`, `?`, or nothing. Without an end: more than a number has digits."""
    if repeat in ("*", "+") or repeat.endswith(",}"):
        return 20
    return int(repeat.strip("{}").rpartition(",")[2]) if repeat.startswith("{") else 1


@lru_cache(maxsize=65536)
def _place_of_prefix(prefix: str, length: int) -> tuple[str, tuple[str, ...]]:
    """As `whereabouts`, of a number of so many characters that begins so."""
    number = prefix.ljust(length, "2")
    plan = _plan_of_main_country(prefix[1:4])
    return plan.place if plan is not None and plan.has_no_place(number) else _place_by_library(prefix, number)


@dataclass(frozen=True, slots=True)
class _CountryPlan:
    """The numbers of the main country of a calling code, in which no mobile tells a place.

    `place` is that of every number that tells none. Most people of a list have mobiles; the library compares each with the
    expressions of all types, and this with three.
    """

    place: tuple[str, tuple[str, ...]]
    digits: int
    #: with what its own numbers begin
    own: re.Pattern[str]
    fixed_line: re.Pattern[str]
    #: what is taken off when a number is read
    taken_off: re.Pattern[str] | None

    def has_no_place(self, number: str) -> bool:
        """Is it certain that it is no fixed line? False also for what the library may read as another number."""
        national = number[1 + self.digits :]
        return (
            _READABLE.fullmatch(number) is not None
            and self.own.match(national) is not None
            and (self.taken_off is None or not self.taken_off.match(national))
            and not self.fixed_line.fullmatch(national)
        )


#: A number in E.164 that is long enough to be one.
_READABLE = late_pattern(r"\+[1-9][0-9]{6,14}")


@lru_cache(maxsize=1024)
def _plan_of_main_country(begin: str) -> _CountryPlan | None:
    """That of the calling code with which these digits begin; None where its first digits do not tell the country from others that
    share the code, or where mobiles tell places.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType, is_number_type_geographical

    code = _calling_code(begin)
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)] if code else ()
    if not regions or not regions[0].isalpha() or is_number_type_geographical(PhoneNumberType.MOBILE, int(code)):
        return None
    metadata = PhoneMetadata.metadata_for_region(regions[0])
    if metadata is None or (len(regions) > 1 and not metadata.leading_digits):
        return None
    fixed_line = metadata.fixed_line.national_number_pattern if metadata.fixed_line else None
    taken_off = metadata.national_prefix_for_parsing
    everywhere = zones_of(regions[0])
    return _CountryPlan(
        (regions[0], everywhere if len(everywhere) == 1 else ()),
        len(code),
        re.compile((metadata.leading_digits or "") if len(regions) > 1 else ""),
        re.compile(fixed_line or "(?!)"),
        re.compile(taken_off) if taken_off else None,
    )


def _place_by_library(prefix: str, written: str) -> tuple[str, tuple[str, ...]]:
    import phonenumbers
    from phonenumbers import timezone

    try:
        number = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return "", ()
    country = phonenumbers.region_code_for_number(number) or _main_region(number.country_code)
    if not phonenumbers.is_number_geographical(number):
        anywhere = zones_of(country)
        return country, anywhere if len(anywhere) == 1 else ()
    if number.country_code in _ROAMING and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE:
        return country, ()
    if area_digits := _AREAS.get(number.country_code or 0, 0):
        code = prefix[1 : 1 + area_digits]
        territory = next((codes for codes in _OVERLAID if code in codes), {code})
        zones = {zone for code in territory for zone in _zones_below(code)}
    else:
        territory = {prefix[1:]}
        zones = set(timezone.time_zones_for_number(number))
    zones.update(
        zone
        for begin, other_zones in _ALSO.items()
        if any(code.startswith(begin) for code in territory)
        for zone in other_zones
    )
    return country, tuple(sorted(zones - {timezone.UNKNOWN_TIMEZONE}))


@lru_cache(maxsize=1024)
def _zones_below(digits: str) -> frozenset[str]:
    """The zones of every place whose numbers begin so."""
    from phonenumbers.tzdata import TIMEZONE_DATA

    return frozenset(zone for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(digits) for zone in zones)


@lru_cache(maxsize=512)
def zones_of(country: str) -> tuple[str, ...]:
    """Every zone in which a number of a country may be. Of a calling code that several countries share, the country's own."""
    import phonenumbers
    from phonenumbers.tzdata import TIMEZONE_DATA

    code = phonenumbers.country_code_for_region(country) if country else 0
    if not code:
        return ()
    everywhere = [prefix for prefix in TIMEZONE_DATA if prefix.startswith(str(code))]
    prefixes = everywhere
    if len(phonenumbers.region_codes_for_country_code(code)) > 1:
        prefixes = [
            prefix
            for prefix in prefixes
            if len(prefix) > len(str(code)) and _country_of_prefix(prefix, country) == country
        ]
        prefixes = prefixes or everywhere
    zones = {zone for prefix in prefixes for zone in TIMEZONE_DATA[prefix]}
    zones.update(
        zone
        for begin, additional in _ALSO.items()
        # The numbers of another calling code are another country's; to ask would load the ranges of that country.
        if (begin.startswith(str(code)) or str(code).startswith(begin))
        and _country_of_prefix(begin, country) == country
        for zone in additional
    )
    return tuple(sorted(zones))


def _country_of_prefix(digits: str, country: str) -> str:
    """The country of the numbers that begin so, by one that is as long as an example of the country's."""
    import phonenumbers

    example = phonenumbers.example_number(country)
    length = 1 + len(str(example.country_code)) + len(str(example.national_number)) if example else 12
    try:
        number = phonenumbers.parse(f"+{digits}".ljust(length, "2"))
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.region_code_for_number(number) or ""


def _main_region(code: int | None) -> str:
    """A number that is in no known range still has a country code."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(code or 0)
    return region if region in phonenumbers.SUPPORTED_REGIONS else ""
