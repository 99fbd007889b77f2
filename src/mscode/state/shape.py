"""The base of the state's models: JSON in camelCase, read strictly. Each member has its type, none is missing that is required,
none is unknown; a StateError says where it is otherwise.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, PydanticSerializationError

from mscode.errors import StateError
from mscode.model.address import Address

#: Hex digits that stand for one number of the do-not-call list.
_MARK = 10
_HINT = "The state is mscode's own; restore it from its backup or your version of it."


class Shape(BaseModel):
    """A JSON object of the state. Its members have the names of the attributes that they are made from, in camelCase."""

    # NaN and Infinity are no JSON, but Python writes and reads them, and the service may send them.
    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        ser_json_inf_nan="constants",
        arbitrary_types_allowed=True,
        defer_build=True,  # a plan reads the document, and none of the records of changes
    )

    @classmethod
    def of(cls, noun: object) -> Self:
        """The shape of an object of `model/`, which has the same attributes; StateError where it could not be read back."""
        try:
            return cls.model_validate(noun, from_attributes=True, by_name=True, by_alias=False)
        except ValidationError as error:
            raise state_error(error, "the record") from None

    def data(self) -> dict[str, Any]:
        """As JSON data, in the order of the members; lists may be tuples."""
        return self.model_dump(by_alias=True)

    def text(self, indent: int | None = None) -> str:
        """As JSON in ASCII, byte for byte what `json.dumps` writes of `data()` (without spaces, or with `indent`), in a fraction
        of the time. Only a float that one of them writes with an exponent may look otherwise: 1e16 here, 1e+16 there.
        """
        try:
            return self.model_dump_json(indent=indent, by_alias=True, ensure_ascii=True).replace("\x7f", "\\u007f")
        except PydanticSerializationError:
            # Half of a surrogate pair, as "\\ud83d" from the service: no text in UTF-8, but JSON in ASCII can say it.
            return json.dumps(self.data(), indent=indent, separators=None if indent else (",", ":"))


class NamedShape(Shape):
    """A JSON object that is made by its attributes' names, and read by its members' (`model_validate(…, by_name=False)`)."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)


def wrong(wanted: str) -> PydanticCustomError:
    """A value is not what the member must be; `wanted` as in "an address"."""
    return PydanticCustomError("wanted", "{wanted}", {"wanted": wanted})


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value if isinstance(value, Address) else _refuse("a text")
    try:
        return Address.parse(value)
    except ValueError:
        return _refuse("an address, like rsvpCalls.invite")


def _refuse(wanted: str) -> object:
    raise wrong(wanted)


def hex_digits(length: int) -> AfterValidator:
    """A text of so many hex digits."""

    def check(text: str) -> str:
        if not re.fullmatch(rf"[0-9a-f]{{{length}}}", text):
            raise wrong(f"{length} hex digits")
        return text

    return AfterValidator(check)


def known_version(*known: int) -> AfterValidator:
    """The version of a document, which this mscode knows."""

    def check(version: int) -> int:
        if version not in known:
            text = f"version {version}, and this mscode knows version {' and '.join(map(str, known))}"
            raise PydanticCustomError("state_version", text)
        return version

    return AfterValidator(check)


def packed(marks: Iterable[str]) -> str:
    """Marks of numbers as one text: a hundred thousand take two thirds of a megabyte."""
    return base64.b64encode(bytes.fromhex("".join(marks))).decode()


def _unpacked(value: object) -> object:
    if not isinstance(value, str):
        return value if isinstance(value, tuple) else _refuse("a text")
    try:
        text = base64.b64decode(value, validate=True).hex()
    except ValueError:
        return _refuse("base64")
    return tuple(text[at : at + _MARK] for at in range(0, len(text), _MARK))


AddressText = Annotated[Address, BeforeValidator(_address), PlainSerializer(str)]
Marks = Annotated[tuple[str, ...], BeforeValidator(_unpacked), PlainSerializer(packed)]
Count = Annotated[int, Field(ge=0)]
#: What is a tuple in `model/` is a list in JSON data, and a mapping a dict.
Texts = Annotated[tuple[str, ...], Strict(False)]
Pair = Annotated[tuple[Any, Any], Strict(False)]
#: (Keys are texts; as `str`, pydantic would write half of a surrogate pair in one as another character.)
Object = Annotated[dict[Any, Any], Strict(False)]
Echo = Annotated[dict[Any, Pair], Strict(False)]


# ---- errors ----------------------------------------------------------------------------------------------------------

#: pydantic's type of error → what the member must be.
_WANTED = {
    "string_type": "a text",
    "literal_error": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number from 0 up",
    "greater_than_equal": "a whole number from 0 up",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a JSON object",
}
#: What a member must be whose items are wrong.
_OF_ITEMS = {
    "superseded": "a list of texts",
    "matches": "a list of texts",
    "echo": "a list of what was sent and what came back",
}


def state_error(error: ValidationError, where: str) -> StateError:
    """The first of pydantic's errors. `where` names the JSON object, like its file."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "state_version":
        return StateError(
            f"{where} has {first['msg']}", hint="Use the mscode that wrote it, or a newer one.", code="state-version"
        )
    return StateError(_sentence(where, first), hint=_HINT, code="state-shape")


def _sentence(where: str, first: Any) -> str:
    *parents, (name, inner) = list(_steps(first["loc"])) or [("", ())]
    place = ": ".join([where, *(parent for parent, _ in parents)])
    match first["type"]:
        case "model_type" | "model_attributes_type":
            return f"{': '.join([place, *([name] if name else [])])} must be a JSON object"
        case "missing" if not inner:
            return f"{place}: `{name}` is missing"
        case "extra_forbidden":
            return f"{place}: `{name}` is not known"
    if inner:
        dotted = f"{name}.{inner[0]}" if name == "echo" else name
        return f"{place}: `{dotted}` must be {_OF_ITEMS.get(name, 'as mscode writes it')}"
    return f"{place}: `{name}` must be {_wanted(first)}"


def _steps(loc: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The members on the way to what is wrong, `resources[3]` among them; the last with what lies inside of its value."""
    parts = list(loc)
    while parts:
        name = str(parts.pop(0))
        if name in _OF_ITEMS or name == "applied":
            yield name, tuple(parts)
            return
        if parts and isinstance(parts[0], int):
            name = f"{name}[{parts.pop(0)}]"
        yield name, ()


def _wanted(first: Any) -> str:
    context = first.get("ctx", {})
    match first["type"]:
        case "wanted":
            return str(context["wanted"])
        case "literal_error" if isinstance(first["input"], str):  # expected: "'created' or 'adopted'"
            return f"one of {context['expected'].replace(' or ', ', ').replace(chr(39), '')}"
    return _WANTED.get(first["type"], "as mscode writes it")
