"""The types of manifest fields: each turns the text that was typed into spec form, or says in plain words what is wrong.

A scalar arrives as its text (`values.Scalar`), so that the type of the field alone decides what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from mscode.kinds.fields.e164 import e164
from mscode.model.calling_window import WEEKDAYS, format_instant, parse_instant
from mscode.model.late_pattern import late_pattern
from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import ListenerUrl
from mscode.model.nearest import nearest
from mscode.model.shares import share_of
from mscode.model.values import FileContent, Ref, Scalar, core, free_form
from mscode.model.world import SpecContext

_INT = late_pattern(r"[-+]?[0-9]+\Z")
_INSTANT = late_pattern(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ]+(\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?\Z"
)
_TIME = late_pattern(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[ \t]+(\S.*))?\Z")
_ID = late_pattern(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class RefersTo:
    """Marks a type of field that names another object. `literal` is the key of `{literal: id}`, taken in place of a name
    for a live object that is not declared; "" where there is no such form.
    """

    section: str
    literal: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Marks a type of field that people write in another form than the spec's: spec form and the project's zone to that."""

    form: Callable[[Any, tzinfo], Any]


def context(info: ValidationInfo) -> SpecContext:
    """The context that a spec is read with; TypeError where it was read without one, a mistake of ours."""
    if not isinstance(info.context, SpecContext):
        raise TypeError("specs are read with a SpecContext")
    return info.context


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return str(value)


def whole_number(value: Any) -> int:
    """A whole number that was typed, quoted or not."""
    if isinstance(value, bool) or not _INT.match(str(value)) or len(str(value)) > 18:
        raise ValueError("must be a whole number")
    return int(value)


def _flag(value: Any) -> bool:
    if str(value) not in ("true", "True", "TRUE", "false", "False", "FALSE"):
        raise ValueError("must be true or false")
    return str(value).lower() == "true"


Text = Annotated[str, BeforeValidator(_text)]
WholeNumber = Annotated[int, BeforeValidator(whole_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
FreeForm = Annotated[Any, BeforeValidator(free_form)]
#: `60%`, as a number from 0 to 1.
Share = Annotated[
    float,
    BeforeValidator(share_of),
    WithJsonSchema(
        {"type": "string", "pattern": r"^([0-9]{1,2}(\.[0-9]{1,3})?|100(\.0{1,3})?)%$", "examples": ["60%"]}
    ),
]


def _long_text(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str):
        reader = context(info).read_text
        if reader is None:
            raise ValueError("files cannot be read here")
        return reader(str(value["file"]))
    if not isinstance(value, str):
        raise ValueError("must be text, or {file: path} of a text file")
    return str(value)


LongText = Annotated[
    str,
    BeforeValidator(_long_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string"}},
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _upload(value: Any, info: ValidationInfo) -> FileContent:
    reader = context(info).read_file
    if reader is None:
        raise ValueError("files cannot be read here")
    return reader(_text(value))


UploadFile = Annotated[Any, BeforeValidator(_upload), WithJsonSchema({"type": "string", "minLength": 1})]


def _phone(value: Any, info: ValidationInfo) -> str:
    return e164(_text(value), context(info).region)


Phone = Annotated[
    str, BeforeValidator(_phone), WithJsonSchema({"type": ["string", "integer"], "examples": ["+358401234567"]})
]


#: RFC 5321: a path has 256 characters with its angle brackets.
_LONGEST_EMAIL = 254
#: What RFC 5322 calls a dot-atom, in ASCII: the part before the @ of nearly every address.
_USUAL_LOCAL = late_pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")


def email_address(typed: str) -> str:
    """One e-mail address as it was typed, without spaces around it; ValueError where it is none. Nothing is looked up."""
    bare = typed.strip()
    local, _, domain = bare.rpartition("@")
    # Of a hundred thousand addresses most share a domain: the library judges each domain once, not each address.
    is_usual = len(local) <= 64 and _USUAL_LOCAL.match(local) is not None
    if len(bare) > _LONGEST_EMAIL or not _is_address(f"a@{domain}" if is_usual else bare):
        raise ValueError("must be one e-mail address, with nothing around it")
    return bare


def is_email(value: Any) -> bool:
    """Could a live value be one e-mail address, or is there none?"""
    try:
        return not value or bool(email_address(str(value)))
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, strict=True, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _email(value: Any) -> str:
    return email_address(_text(value))


Email = Annotated[str, BeforeValidator(_email), WithJsonSchema({"type": "string", "format": "email"})]


#: Written in the place of a start: at once, and on purpose.
NOW = "now"


def _instant(value: Any, info: ValidationInfo) -> str:
    typed = _text(value).strip()
    match = _INSTANT.match(typed)
    if typed.lower() == NOW:
        raise ValueError(f"must be a date and time; `{NOW}`, in small letters, is for the startTime of rsvpCalls alone")
    if not match or not match[2]:
        raise ValueError("must be a date and time, like 2026-12-01T09:00:00+02:00 or 2026-12-01 09:00:00")
    clock = match[2] if match[2].count(":") == 2 else f"{match[2]}:00"
    try:
        moment = datetime.strptime(f"{match[1]} {clock}", "%Y-%m-%d %H:%M:%S")
        return format_instant(_placed(moment, match[3] or "", context(info)))
    except (ValueError, OverflowError) as error:
        if str(error).startswith("falls"):
            raise
        raise ValueError(f'"{typed}" is no date and time that exists') from error


def _placed(moment: datetime, offset: str, ctx: SpecContext) -> datetime:
    """Give a written moment its zone: the offset, or the project's timezone, where it must exist exactly once."""
    if offset in ("Z", "z"):
        return moment.replace(tzinfo=UTC)
    if offset:
        return datetime.strptime(
            f"{moment:%Y-%m-%d %H:%M:%S} {offset if len(offset) > 3 else offset + '00'}", "%Y-%m-%d %H:%M:%S %z"
        )
    placed = moment.replace(tzinfo=ctx.zone)
    if placed.astimezone(UTC).astimezone(ctx.zone).replace(tzinfo=None) != moment:
        raise ValueError("falls into the hour that the change to summer time leaves out; write it with its offset")
    if placed.utcoffset() != placed.replace(fold=1).utcoffset():
        raise ValueError("falls into the hour that the change from summer time repeats; write it with its offset")
    return placed


def _instant_written(value: str, zone: tzinfo) -> Scalar:
    """In the project's zone, with its offset only where the clock shows that time twice."""
    moment = parse_instant(value).astimezone(zone)
    local = moment.replace(tzinfo=None, fold=0)
    is_once = local.replace(tzinfo=zone).utcoffset() == local.replace(tzinfo=zone, fold=1).utcoffset()
    return Scalar(local.isoformat(" ") if is_once else moment.isoformat())


Instant = Annotated[
    str,
    BeforeValidator(_instant),
    Written(_instant_written),
    WithJsonSchema({"type": "string", "examples": ["2026-12-01T09:00:00+02:00"]}),
]


def _start(value: Any, info: ValidationInfo) -> str:
    return NOW if isinstance(value, str) and value == NOW else _instant(value, info)


#: An instant, or `now`: at once.
Start = Annotated[
    str,
    BeforeValidator(_start),
    Written(_instant_written),
    WithJsonSchema({"type": "string", "examples": ["2026-12-01T09:00:00+02:00", NOW]}),
]


def _time_of_day(value: Any, info: ValidationInfo) -> str:
    match = _TIME.match(_text(value).strip())
    if not match or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise ValueError('must be a time of day from "00:00" to "23:59:59"')
    at = f"{int(match[1]):02}:{match[2]}:{match[3] or '00'}"
    return f"{at} {_zone_written(match[4], context(info).zone)}" if match[4] else at


def _zone_written(name: str, project_zone: tzinfo) -> str:
    """The name of the zone behind a time of day; `local` is the project's."""
    return str(project_zone) if name in ("local", str(project_zone)) else zone_name(name)


def zone_name(name: str) -> str:
    """The name of a time zone; ValueError where there is none of this name.

    Of names without a region UTC alone counts: EST knows no summer time, and localtime is the machine's own zone.
    """
    is_zone = "/" in name or name == "UTC"
    try:
        is_zone = is_zone and bool(ZoneInfo(name))
    except (ValueError, OSError, KeyError):
        is_zone = False
    if not is_zone:
        raise ValueError(f'"{name}" is no time zone; write one like Europe/Helsinki or UTC{_similar_zone(name)}')
    return name


def _similar_zone(name: str) -> str:
    """`. Did you mean "Europe/Helsinki"?`, "" where no zone has a similar name or ends in this one."""
    names = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    tail = f"/{name[:100].lower()}"
    candidates = [zone for zone in names if zone.lower().endswith(tail)] or nearest(name[:100], names)
    return f'. Did you mean "{candidates[0]}"?' if candidates else ""


def _time_written(value: str, zone: tzinfo) -> str:
    return value.removesuffix(":00") if value.count(":") == 2 else value


TimeOfDay = Annotated[
    str,
    BeforeValidator(_time_of_day),
    Written(_time_written),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["09:00", "09:00 Europe/Helsinki", "09:00 local"]}),
]


def _weekdays(value: Any) -> list[str]:
    names = [str(item) for item in value] if isinstance(value, list) else None
    if not names:
        raise ValueError("must be a list of weekdays, like [monday, tuesday]")
    for name in names:
        if name not in WEEKDAYS:
            raise ValueError(f'"{name}" is no weekday; they are {", ".join(WEEKDAYS)}')
    if len(set(names)) != len(names):
        raise ValueError("names a weekday twice")
    return sorted(names, key=WEEKDAYS.index)


Weekdays = Annotated[
    list[str],
    BeforeValidator(_weekdays),
    WithJsonSchema({"type": "array", "items": {"enum": list(WEEKDAYS)}, "minItems": 1, "uniqueItems": True}),
]


def _webhook(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, dict):
        return _listener(value, context(info))
    return destination_url(_text(value))


def _listener(value: dict[str, Any], read_with: SpecContext) -> ListenerUrl:
    """`{listen: true}`: the URL is made when it is first sent."""
    if set(value) != {"listen"} or core(value["listen"]) is not True:
        raise ValueError("must be a URL, like https://hooks.example.com/receiver, or {listen: true}")
    if not read_with.listen_url:
        environment = read_with.environment
        raise ValueError(
            f'asks for the listener, and environment "{environment}" does not say where that is: write '
            "`listen: {url: https://hooks.example.com/mscode}` into it in mscode.yaml"
        )
    return ListenerUrl(read_with.listen_url)


def destination_url(url: str) -> str:
    """A URL to which people's replies may be sent: https, or http to this machine. ValueError for any other."""
    from urllib.parse import urlsplit

    from mscode.model.loopback import is_loopback

    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise ValueError("is not a URL") from error
    if any(char.isspace() or ord(char) < 32 for char in url) or not host:
        raise ValueError("must be a URL, like https://hooks.example.com/receiver")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or a password")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError("must begin with https:// (http:// is for loopback hosts only)")
    return url


_LISTEN_SCHEMA = {
    "type": "object",
    "properties": {"listen": {"const": True}},
    "required": ["listen"],
    "additionalProperties": False,
}
#: A URL, or `{listen: true}` for that of `mscode watch --listen` (mscode.model.listener_url).
Webhook = Annotated[
    Any,
    BeforeValidator(_webhook),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "uri"}, _LISTEN_SCHEMA]}),
]


def _literal_id(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, dict):
        environment = context(info).environment
        if environment not in value:
            raise ValueError(f'has no id for environment "{environment}"')
        value = value[environment]
    if not isinstance(value, str) or not _ID.match(value):
        raise ValueError('must be an id of the live account, like "12", or a mapping of environments to ids')
    return str(value)


_ID_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": ["string", "integer"]},
        {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
    ]
}
LiveId = Annotated[str, BeforeValidator(_literal_id), WithJsonSchema(_ID_SCHEMA)]


def _ref_reader(section: str, literal: str = "") -> Callable[[Any, ValidationInfo], Ref | str]:
    def read(value: Any, info: ValidationInfo) -> Ref | str:
        if literal and isinstance(value, dict) and set(value) == {literal}:
            return _literal_id(value[literal], info)
        name = _text(value)
        return Ref(section, name.removeprefix(f"{section}."))

    return read


def _ref_type(section: str, literal: str = "") -> Any:
    """A name of that section. With `literal`, `{literal: id}` stands for a live object that is not declared."""
    schema: dict[str, Any] = {"type": "string"}
    if literal:
        by_id = {"type": "object", "properties": {literal: _ID_SCHEMA}, "required": [literal]}
        schema = {"anyOf": [schema, {**by_id, "additionalProperties": False}]}
    return Annotated[
        Any, BeforeValidator(_ref_reader(section, literal)), RefersTo(section, literal), WithJsonSchema(schema)
    ]


GroupRef = _ref_type("groups")
AccountListRef = _ref_type("accountLists")
AccountRef = _ref_type("accounts")
FilterRef = _ref_type("filters")
RsvpCallRef = _ref_type("rsvpCalls")
#: An upload cannot be fetched from the service, so a campaign may name one that no manifest declares by its id.
VoiceFileRef = _ref_type("voiceFiles", "voiceFileId")


def described(text: str) -> Any:
    """A field that may be left out, with its description (it goes to schema, docs and editors)."""
    return Field(default=None, description=text)
