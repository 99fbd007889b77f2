"""Where a phone number is: its country and its time zones, as far as the number tells."""

from __future__ import annotations

from functools import lru_cache

#: In these calling codes an area code is a region that may lie in two zones, and a number moves about in it freely, so that
#: what its further digits say of a place says nothing of the person: North America, by its area code of three digits.
_AREAS = {1: 4}


def whereabouts(phone: str) -> tuple[str, tuple[str, ...]]:
    """Country (two letters, "" where the number tells none) and zones; no zones where it may be in any of its country."""
    return _by_prefix(phone[: 1 + _longest()], len(phone))


@lru_cache(maxsize=1)
def _longest() -> int:
    """So many digits of a number in E.164 tell where it is; the rest is the subscriber's."""
    from phonenumbers.tzdata import TIMEZONE_LONGEST_PREFIX

    return int(TIMEZONE_LONGEST_PREFIX)


@lru_cache(maxsize=65536)
def _by_prefix(prefix: str, length: int) -> tuple[str, tuple[str, ...]]:
    import phonenumbers
    from phonenumbers import timezone

    try:
        number = phonenumbers.parse(prefix.ljust(length, "2"))
    except phonenumbers.NumberParseException:
        return "", ()
    country = phonenumbers.region_code_for_number(number) or _main_region(number.country_code)
    if not phonenumbers.is_number_geographical(number):
        anywhere = zones_of(country)
        return country, anywhere if len(anywhere) == 1 else ()
    area = _AREAS.get(number.country_code or 0, 0)
    found = _zones_below(prefix[1 : 1 + area]) if area else frozenset(timezone.time_zones_for_number(number))
    return country, tuple(sorted(found - {timezone.UNKNOWN_TIMEZONE}))


@lru_cache(maxsize=1024)
def _zones_below(digits: str) -> frozenset[str]:
    """The zones of every place whose numbers begin so."""
    from phonenumbers.tzdata import TIMEZONE_DATA

    return frozenset(zone for found, zones in TIMEZONE_DATA.items() if found.startswith(digits) for zone in zones)


@lru_cache(maxsize=512)
def zones_of(country: str) -> tuple[str, ...]:
    """Every zone in which a number of a country may be. Of a calling code that several countries share, the country's own."""
    import phonenumbers
    from phonenumbers.tzdata import TIMEZONE_DATA

    code = phonenumbers.country_code_for_region(country) if country else 0
    if not code:
        return ()
    own = [found for found in TIMEZONE_DATA if found.startswith(str(code))]
    if len(phonenumbers.region_codes_for_country_code(code)) > 1:
        own = [found for found in own if len(found) > len(str(code)) and _country_of_prefix(found, country) == country]
    return tuple(sorted({zone for found in own for zone in TIMEZONE_DATA[found]}))


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
