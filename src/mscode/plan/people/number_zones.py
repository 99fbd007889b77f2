"""Where a phone number is: its country and its time zones, as far as the number tells."""

from __future__ import annotations

from functools import lru_cache

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
    return _place_of_prefix(phone[: 1 + _longest()], len(phone))


@lru_cache(maxsize=1)
def _longest() -> int:
    """So many digits of a number in E.164 tell where it is; the rest is the subscriber's."""
    from phonenumbers.tzdata import TIMEZONE_LONGEST_PREFIX

    return int(TIMEZONE_LONGEST_PREFIX)


@lru_cache(maxsize=65536)
def _place_of_prefix(prefix: str, length: int) -> tuple[str, tuple[str, ...]]:
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
        if _country_of_prefix(begin, country) == country
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
