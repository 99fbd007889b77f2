"""Phone numbers as people and systems write them, brought to E.164. The one reader of all of them, wherever a number stands.

A number is the digits that ring somebody, so a text that is not understood to the last character is no number: half of a
cell, a decimal point's zero or an extension read as digits would be another person. Differences that carry no meaning
(kinds of spaces and hyphens, invisible marks, full-width digits) are taken away first. Ranges and lengths are
libphonenumber's; a common number goes past it, since there are hundreds of thousands (30 µs each).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from mscode.model.late_pattern import late_pattern

#: Longer than any number with all its separators: a longer text is not read.
_LONGEST = 80
#: E.164: fifteen digits with the country code.
_MOST_DIGITS = 15

_E164 = late_pattern(r"\+[1-9][0-9]{3,14}\Z")
#: Zero-width and bidi marks, soft hyphen, byte order mark: copied along with a number, and invisible.
_UNSEEN = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff"
)
_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58\ufe63\uff0d"
_AS_TYPED = str.maketrans(
    {
        **dict.fromkeys(_UNSEEN, None),
        **dict.fromkeys(_SPACES, " "),
        **dict.fromkeys(_HYPHENS, "-"),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "\uff0b": "+",
        "\uff08": "(",
        "\uff09": ")",
        "\uff0e": ".",
        "\uff0f": "/",
    }
)

#: Digits and what may stand between them; it ends with a digit. No country code begins with 0.
_SHAPE = late_pattern(r"(?:\(?\+[ (]*[1-9]|\(?[0-9])(?:[0-9 .()/-]*[0-9])?\Z")
#: `358401234567.0` and `358.401.234.567.00`: a column that was a column of decimal numbers.
_DECIMAL = late_pattern(r"[^.]*\.(?: *[0-9]{1,2}| *0+)\Z|\+?[0-9]{1,3}(?:\.[0-9]{3})+\.0{1,2}\Z")
#: `+358 (0)40`: the zero is for those who dial at home. The library knows which countries keep it.
_HOME_ZERO = late_pattern(r"(\+[ .-]*[0-9]{1,3}[ ./-]*)\( *0 *\)")
#: Brackets are for a country or area code, so little stands before them and more digits follow: `+1 (415) 555-0132`.
_BRACKETS = late_pattern(r"(?:\+?[0-9 .-]{0,9}\( *\+?[0-9]{1,6}(?:[ -][0-9]{1,4})? *\)){1,2}[0-9 ./-]+\Z")
#: One slash behind an area code that begins with 0 or a country code, and no second number: `030/123456`, `+49 30/123456`,
#: `(0049) 30/123456`; two where the first stands behind the country code: `0043/1/1234567`, `+43/(0)664/1234567`.
_SLASH = late_pattern(
    r"(?:\(?0[0-9 ]{1,6}\)?|\(0\) *[1-9][0-9]{0,4}|\+[0-9 ()-]{2,12}"
    r"|\(?(?:\+|00) *[1-9][0-9]{0,2}(?:\)? *[/ -] *|\))\(?[0-9]{1,5}\)?)"
    r" */ *[1-9][0-9 .-]{2,}\Z"
)
#: `0401234567-8`, `0401234567 12`: this number or that one, a range of them, or an extension.
_MORE = late_pattern(r"(?:.*?(?<![0-9])[0-9]{6,}[ -]+(?=[0-9]{1,4}\Z)|.*[0-9]{3}[ -]+(?=[0-9]\Z))([0-9]+)\Z")


_AS_TEXT = "write it as text, with + and the country code"
_TWO = "can be read as two phone numbers; write it with + and the country code"


class NotANumberError(ValueError):
    """The text is no phone number that can be called; the message says why and follows the name of a field."""


def e164(text: str, region: str) -> str:
    """A number that was written, in E.164; NotANumberError with what is wrong.

    `region` is where numbers without a country code are at home; with "" they are none.
    """
    return quick_e164(text) or _written(text, region)


def live_e164(text: str, region: str) -> str:
    """A number as the service shows it, in E.164; "" for none, and what cannot be read as it is.

    The service may leave the plus sign of E.164 out. Where digits could be both that and a number of the region, which are two
    different people's, they are the one of the region if that is how it is written at home; else they cannot be read.
    """
    return quick_e164(text) or (_live(text, region) if len(text) <= _LONGEST else text)


def number_cell_e164(digits: str, region: str) -> str:
    """A number that was typed into a cell of numbers, in E.164; NotANumberError with what is wrong.

    Such a cell keeps neither a plus sign nor a zero in front, so its digits may be a number of the region, one without its first
    zero, and one of any country without its plus sign. It is read where only one of them is somebody's.
    """
    if not region:
        raise NotANumberError(f"is a number without + and country code; {_AS_TEXT} (or set `region:` in mscode.yaml)")
    readings = {_or_none(f"+{digits}", ""), _or_none(digits, region), _or_none(f"0{digits}", region)}
    valid = {number for number in readings if number and is_valid(number)}
    if len(valid) != 1:
        reason = "can be read as two phone numbers" if valid else "is no phone number that is in use"
        raise NotANumberError(f"is a number, not text, and {reason}; {_AS_TEXT}")
    return valid.pop()


def part_of_e164(text: str) -> str:
    """What a number in E.164 may hold, for a search: digits, without what people write between them.

    NotANumberError where no number in E.164 holds it, so that a search which finds nobody is not taken for an answer.
    """
    bare = re.sub(r"[ ().-]", "", text.translate(_AS_TYPED))
    if len(bare) > _LONGEST or not re.match(r"\+?[0-9]+\Z", bare):
        raise NotANumberError("is no part of a phone number")
    return bare


def is_readable(phone: Any) -> bool:
    """Could a live phone be read as a number, or is there none?"""
    return not phone or (quick_e164(str(phone)) or _or_none(str(phone), "")) == phone


@lru_cache(maxsize=4096)
def _live(text: str, region: str) -> str:
    bare = text.translate(_AS_TYPED).strip(" ")
    if not bare:
        return ""
    at_home = _or_none(bare, region)
    if not bare.isascii() or not bare.isdigit() or bare.startswith("0"):
        return at_home or text
    abroad = _or_none(f"+{bare}", "")
    if at_home == abroad or not at_home or not abroad:
        return at_home or abroad or text
    if is_valid(at_home) and is_valid(abroad):
        # Both are somebody's: the digits are the number of the region only where it is written so at home.
        import phonenumbers

        national = phonenumbers.format_number(phonenumbers.parse(at_home), phonenumbers.PhoneNumberFormat.NATIONAL)
        return at_home if re.sub(r"[^0-9]", "", national) == bare else text
    return at_home if is_valid(at_home) else abroad


def _or_none(text: str, region: str) -> str:
    try:
        return e164(text, region)
    except NotANumberError:
        return ""


@lru_cache(maxsize=4096)
def _written(text: str, region: str) -> str:
    """`e164` without the quick way. Cached: one number stands in a list, its group and its campaign, and is validated in each."""
    bare = _bare(text)
    readings = {number for reading in _dialled(bare, region) if (number := _possible(reading, region))}
    if len(readings) > 1:
        readings = {reading for reading in readings if is_valid(reading)} or readings
    if not readings:
        raise NotANumberError(_why_not(bare, region))
    if len(readings) > 1:
        raise NotANumberError(_TWO)
    number = readings.pop()
    if "+" in bare or bare.startswith("00"):
        return number
    # A country code without its plus sign: where that is somebody's number, the one of the region must be the likelier.
    abroad = _possible("+" + re.sub(r"[^0-9]", "", bare).lstrip("0"), "")
    if number == abroad or not is_valid(abroad):
        return number
    import phonenumbers

    if not bare.startswith("0") and abroad.startswith(f"+{phonenumbers.country_code_for_region(region)}"):
        return abroad
    if is_valid(number):
        return number
    raise NotANumberError(_TWO)


def _bare(text: str) -> str:
    """Digits with the separators that ASCII has, `+` where it is international; NotANumberError for any other form."""
    if len(text) > _LONGEST:
        raise NotANumberError("is not a phone number: it is too long for one")
    bare = text.translate(_AS_TYPED).strip(" ")
    if bare[:4].lower() == "tel:":
        bare = bare[4:].lstrip(" ")
    if not _SHAPE.match(bare) or bare.count("+") > 1:
        raise NotANumberError(_why_no_shape(bare))
    if _DECIMAL.match(bare):
        raise NotANumberError("is not a phone number: it has decimals, as a column of numbers has them")
    bare = _HOME_ZERO.sub(r"\g<1>0", re.sub(r"^00(?=[ .-]*[1-9][0-9]{0,2}[ ./-]*\( *0 *\))", "+", bare))
    if ("(" in bare or ")" in bare) and not _BRACKETS.match(bare):
        raise NotANumberError("is not a phone number: brackets may only stand around its area code")
    if "/" in bare and not _SLASH.match(bare):
        raise NotANumberError("is not a phone number: it holds a slash, as two numbers do")
    return bare


def _why_no_shape(bare: str) -> str:
    """What is wrong with a text that is no digits with separators."""
    if not bare:
        return "is empty"
    if re.search(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029;,|&]", bare) or bare.count("+") > 1:
        return "is not a phone number: write one alone, with nothing behind it"
    if re.search(r"[A-Za-z]", bare):
        return "is not a phone number: it holds letters"
    return "is not a phone number"


def _dialled(bare: str, region: str) -> tuple[str, ...]:
    """The ways in which it can be dialled: as it is written, and with 00 for the plus sign."""
    if "+" in bare:
        return (bare,)
    abroad = (f"+{bare[2:]}",) if bare.startswith("00") else ()
    return (*abroad, bare) if region else abroad


def _possible(bare: str, region: str) -> str:
    """Its E.164 where the length is one of its country's; "" where it is not, or is only dialled inside a town."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(bare, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if len(number) > _MOST_DIGITS + 1 or not _E164.match(number):
        return ""
    tail = _MORE.match(bare)
    return "" if tail and is_valid(number[: -len(tail[1])]) else number


def _why_not(bare: str, region: str) -> str:
    """What is wrong with digits that are no possible number."""
    import phonenumbers

    if (
        (tail := _MORE.match(bare))
        and (alone := _or_none(bare[: tail.start(1)].rstrip(" -"), region))
        and is_valid(alone)
    ):
        return "is not a phone number: its last digits may be an extension or a second number; write one number without a gap there"
    if not region and "+" not in bare:
        return "must be in international form, with + and the country code (or set `region:` in mscode.yaml)"
    try:
        parsed = phonenumbers.parse(bare, region or None)
    except phonenumbers.NumberParseException:
        return "is not a phone number"
    reasons = {
        phonenumbers.ValidationResult.TOO_SHORT: "it is too short",
        phonenumbers.ValidationResult.TOO_LONG: "it is too long",
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "it lacks its area code",
    }
    reason = reasons.get(phonenumbers.is_possible_number_with_reason(parsed), "")
    return "is not a possible phone number" + (f": {reason}" if reason else "")


def is_valid(phone: str) -> bool:
    """Whether a number in E.164 is in a range that is in use somewhere (possible ones need not be)."""
    return _is_plainly_valid(phone) or _is_valid(phone)


@lru_cache(maxsize=4096)
def _is_valid(phone: str) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(phone)))
    except phonenumbers.NumberParseException:
        return False


# ---- the quick way ---------------------------------------------------------------------------------------------------


class _Plan(NamedTuple):
    """A country's numbering plan. `digits` are those of its code, `form` is a possible number in E.164 that parsing would leave as
    it is, `ranges` the numbers in use by the number of digits behind the code.
    """

    digits: int
    form: re.Pattern[str]
    ranges: dict[int, re.Pattern[str]]


#: Plans by the plus sign and the first three digits, of numbers that were read.
_plans: dict[str, _Plan] = {}


def quick_e164(text: str) -> str:
    """The text itself where it is a possible number in E.164 that parsing would leave as it is; "" where that is not sure."""
    plan = _plans.get(text[:4]) or _plan(text)
    return text if plan is not None and plan.form.match(text) else ""


def _is_plainly_valid(phone: str) -> bool:
    """Is it in a range of its code's main country? False where the library must be asked."""
    plan = _plans.get(phone[:4]) or _plan(phone)
    if plan is None or not plan.form.match(phone):
        return False
    ranges = plan.ranges[len(phone) - 1 - plan.digits]
    return ranges.match(phone, 1 + plan.digits) is not None


def _plan(text: str) -> _Plan | None:
    """The plan of a text that is E.164 by its form."""
    if not _E164.match(text):
        return None
    plan = _plan_of(text[1:4])
    if plan is not None:
        _plans[text[:4]] = plan
    return plan


@lru_cache(maxsize=1000)
def _plan_of(start: str) -> _Plan | None:
    """The plan of a number by its first three digits."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    code = next((start[:size] for size in (1, 2, 3) if int(start[:size]) in COUNTRY_CODE_TO_REGION_CODE), "")
    if not code:
        return None
    region = COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None or metadata.general_desc is None:
        return None
    lengths = sorted(metadata.general_desc.possible_length)
    # What parsing would take away as a prefix is no beginning of a number that it leaves as it is.
    prefix = rf"(?!{metadata.national_prefix_for_parsing})" if metadata.national_prefix_for_parsing else ""
    behind = "|".join(f"[0-9]{{{length}}}" for length in lengths) or "(?!)"
    form = re.compile(rf"(?={_E164.pattern})\+{code}{prefix}(?:{behind})\Z")
    return _Plan(len(code), form, {length: _ranges(metadata, length) for length in lengths})


_TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")


def _ranges(metadata: Any, length: int) -> re.Pattern[str]:
    """What a number of that length must match to be one of a known type."""
    described = [metadata.general_desc, *(getattr(metadata, name) for name in ("fixed_line", "mobile", *_TYPES))]
    patterns = [
        description.national_number_pattern
        for description in described[1:]
        if description and description.national_number_pattern and length in (description.possible_length or (length,))
    ]
    general = metadata.general_desc.national_number_pattern or "[0-9]+"
    leading = metadata.leading_digits or ""  # of the countries that share a code, those numbers are this one's
    return late_pattern(rf"(?={leading})(?=(?:{general})\Z)(?:{'|'.join(patterns)})\Z" if patterns else r"(?!)")
