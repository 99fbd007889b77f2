"""Reading a request's body: what the page states is refused with 400, the rest is let through.

See docs/service-notes.md#errors-and-rate-limits.
"""

import json
import re
from datetime import UTC, tzinfo
from typing import Any, NoReturn

from mscode.sandbox.errors import invalid, missing
from mscode.sandbox.times import parse_stamp, parse_time_of_day, stamp

_ID = re.compile(r"[1-9][0-9]{0,17}")
_E164 = re.compile(r"\+[0-9]{2,15}")
_BIGGEST = 2**63 - 1


def identifier(value: object) -> int | None:
    """A decimal id, sent as text or as a number (docs/service-notes.md#ids); None where no object can have it."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 < value < _BIGGEST else ""
    return int(value) if isinstance(value, str) and _ID.fullmatch(value) else None


def e164(value: object, field: str) -> str:
    """``+`` and 2 to 15 digits (docs/service-notes.md#values)."""
    if not isinstance(value, str) or not _E164.fullmatch(value):
        raise invalid("a phone number is + and 2 to 15 digits", field)
    return value


def parse_json(raw: bytes) -> Any:
    """The body as JSON; NaN, infinities, lone surrogates and the like are no JSON."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_number, parse_float=_finite)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON in UTF-8") from None
    return value


def _refuse_number(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    return number if abs(number) != float("inf") else _refuse_number(text)


class Fields:
    """The members of a JSON object. Absent and null are alike unset; unknown members are ignored."""

    def __init__(self, body: object, where: str | None = None) -> None:
        if not isinstance(body, dict):
            raise invalid(f"{where or 'the body'} is a JSON object", where)
        self._body: dict[str, Any] = body

    def has(self, name: str) -> bool:
        return name in self._body

    def get(self, name: str) -> Any:
        return self._body.get(name)

    def required(self, name: str) -> Any:
        value = self._body.get(name)
        if value is None:
            raise missing(name)
        return value

    def text(self, name: str, default: str = "") -> str:
        """Optional text: null is ``""`` (docs/service-notes.md#values), absent the default."""
        if name not in self._body:
            return default
        return _text("" if self._body[name] is None else self._body[name], name)

    def required_text(self, name: str) -> str:
        return _text(self.required(name), name)

    def required_word(self, name: str) -> str:
        """Required text that is not empty."""
        value = self.required_text(name)
        if not value:
            raise missing(name)
        return value

    def integer(self, name: str, minimum: int | None = None) -> int:
        value = self.required(name)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _BIGGEST:
            raise invalid(f"{name} is an integer", name)
        if minimum is not None and value < minimum:
            raise invalid(f"{name} is at least {minimum}", name)
        return value

    def optional_integer(self, name: str, default: int | None, minimum: int | None = None) -> int | None:
        return default if self._body.get(name) is None else self.integer(name, minimum)

    def instant(self, name: str, zone: tzinfo = UTC) -> int:
        """Epoch seconds of ``YYYY-MM-DD HH:MM:SS`` on the clocks of a zone."""
        value = parse_stamp(self.required_text(name), zone)
        if value is None:
            raise invalid(f"{name} is a date-time of the form YYYY-MM-DD HH:MM:SS", name)
        return value

    def optional_instant(self, name: str, default: int, zone: tzinfo = UTC) -> int:
        return default if self._body.get(name) is None else self.instant(name, zone)

    def time_of_day(self, name: str) -> str:
        value = self.required_text(name)
        if parse_time_of_day(value) is None:
            raise invalid(f"{name} is a time of day of the form HH:MM:SS", name)
        return value

    def array(self, name: str) -> list[Any]:
        return array(self.required(name), name)


def array(value: object, field: str | None, *, empty: bool = True) -> list[Any]:
    """A native JSON array (no array inside a string: docs/service-notes.md#requests)."""
    if not isinstance(value, list):
        raise invalid(f"{field or 'the body'} is a JSON array", field)
    if not value and not empty:
        raise invalid(f"{field or 'the body'} is empty", field)
    return value


def later(first: int, second: int, field: str) -> None:
    if second <= first:
        raise invalid(f"{field} is not after {stamp(first)}", field)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{name} is a string", name)
    return value
