"""Where a phone number is: its country and its time zones, as far as the number tells."""

from __future__ import annotations

from functools import lru_cache

#: So many characters of a number in E.164 tell where it is; the rest is the subscriber's.
_TELLING = 8


def whereabouts(phone: str) -> tuple[str, tuple[str, ...]]:
    """Country (two letters, "" where the number tells none) and zones; no zones where it may be in any of its country."""
    return _by_prefix(phone[:_TELLING], len(phone))


@lru_cache(maxsize=65536)
def _by_prefix(prefix: str, length: int) -> tuple[str, tuple[str, ...]]:
    import phonenumbers
    from phonenumbers import timezone

    try:
        number = phonenumbers.parse(prefix.ljust(length, "2"))
    except phonenumbers.NumberParseException:
        return "", ()
    country = phonenumbers.region_code_for_number(number) or _main_region(number.country_code)
    zones = timezone.time_zones_for_number(number)
    return country, tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)


def _main_region(code: int | None) -> str:
    """A number that is in no known range still has a country code."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(code or 0)
    return region if region in phonenumbers.SUPPORTED_REGIONS else ""
