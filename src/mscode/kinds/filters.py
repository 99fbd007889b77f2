"""`filters`: conditions that choose accounts. Nothing of one can be changed in place (docs/service-notes.md#filters)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, GetJsonSchemaHandler, ValidationInfo, WithJsonSchema, model_validator
from pydantic import Field as ModelField
from pydantic_core import CoreSchema

from mscode.kinds.accounts import TEXTS
from mscode.kinds.fields.e164 import NotANumberError, e164, live_e164, part_of_e164
from mscode.kinds.fields.spec import Spec, plain
from mscode.kinds.fields.types import Text, context, email_address
from mscode.model import service_json
from mscode.model.kind import Field, Kind, Post, Selector
from mscode.model.late_pattern import late_pattern
from mscode.model.values import scalar_text
from mscode.model.world import Fields, match_key

FIELDS = (*TEXTS, "yearOfBirth")
_NUMBER = late_pattern(r"[-+]?[0-9]+(?:\.[0-9]+)?\Z")


def _known_field(value: Any) -> str:
    from mscode.model.nearest import nearest

    if value not in FIELDS:
        close = nearest(str(value), FIELDS)
        raise ValueError(f'"{value}" is no field of an account' + (f'; did you mean "{close[0]}"?' if close else ""))
    return str(value)


def _as_typed(value: Any) -> Any:
    """The service takes texts, so every value is the text that was typed: 00100 keeps its zeros and +358… its plus sign."""
    if isinstance(value, list):
        return [_as_typed(item) for item in value]
    return str(value) if isinstance(value, str) else value


#: Operators that ask whether two values are the same; e-mail addresses are in any spelling. A phone is a
#: number under every operator: `>= 0401230002` would compare with other digits than its own.
_SAME = frozenset({"==", "!=", "in"})
_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}
_VALUE_SCHEMA = {"anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA, "minItems": 1}]}


class RowCondition(Spec):
    """One condition on a cell of a list's row."""

    field: Text = ModelField(description="A field of the account, or else the header of a column.")
    operator: Literal["==", "!=", ">", "<", ">=", "<=", "in", "contains"] = ModelField(
        description="How the field is compared; `in` takes a list, `contains` looks for a part of a text."
    )
    value: Annotated[Any, BeforeValidator(_as_typed), WithJsonSchema(_VALUE_SCHEMA)] = ModelField(
        description="A text or number, as it is typed; a list of them for `in`. Phones are compared as numbers."
    )

    @model_validator(mode="after")
    def _value_fits(self, info: ValidationInfo) -> Self:
        if self.operator == "in":
            if not isinstance(self.value, list) or not self.value or not all(_is_scalar(item) for item in self.value):
                raise ValueError("the operator `in` takes a list of values, like [Helsinki, Espoo]")
        elif not _is_scalar(self.value):
            raise ValueError(f"the operator `{self.operator}` takes one value, not a list or mapping")
        self.value = _each(self.value, lambda typed: self._normal(typed, context(info).region))
        if self.operator == "in":
            self.value = sorted(set(self.value))  # order and repetition mean nothing: one set is one filter
        return self

    def _normal(self, typed: str, region: str) -> str:
        try:
            if self.field == "phone":
                return part_of_e164(typed) if self.operator == "contains" else e164(typed, region)
            return email_address(typed) if self.field == "email" and self.operator in _SAME else typed
        except ValueError as error:
            raise ValueError(f"the value of a condition on {self.field} {error}") from None


class Condition(RowCondition):
    """One condition on a field of an account."""

    field: Annotated[str, BeforeValidator(_known_field)] = ModelField(
        description="A field of an account.", json_schema_extra={"enum": list(FIELDS)}
    )


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _from_mapping(value: Any) -> Any:
    """`{lang: fi, city: [Espoo, Vantaa]}` as conditions; a list of conditions is given back as it is."""
    if not isinstance(value, dict):
        return value
    for name, wanted in value.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values or not all(map(_is_scalar, values)):
            raise ValueError(f'"{name}" takes a value or a list of values, like {{city: [Espoo, Vantaa]}}')
    return [
        {"field": name, "operator": "in" if isinstance(wanted, list) else "==", "value": wanted}
        for name, wanted in value.items()
    ]


class _MappingOrList:
    """In the schema: what `_from_mapping` takes beside the list of conditions."""

    @staticmethod
    def __get_pydantic_json_schema__(core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        mapping = {"type": "object", "additionalProperties": _VALUE_SCHEMA, "minProperties": 1}
        return {"anyOf": [mapping, handler(core)]}


#: Which rows of a list: conditions on their cells, all of which must hold.
Where = Annotated[list[RowCondition], ModelField(min_length=1), BeforeValidator(_from_mapping), _MappingOrList]


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """A value, or each of a list of them, changed."""
    return [change(item) for item in value] if isinstance(value, list | tuple) else change(value)


class FilterSpec(Spec):
    """Accounts that meet all conditions."""

    conditions: list[Condition] = ModelField(min_length=1, description="All of them must match.")

    def fields(self) -> dict[str, Any]:
        return {"conditions": plain(self.conditions)}


def normal_conditions(conditions: Any) -> tuple[tuple[str, str, Any], ...]:
    """Order does not matter, nor does the order inside `in`; scalars compare as text (docs/service-notes.md#comparison)."""
    normal = []
    for condition in conditions or ():
        value = condition.get("value")
        as_text = (
            tuple(sorted({scalar_text(item) for item in value}))
            if isinstance(value, list | tuple)
            else scalar_text(value)
        )
        normal.append((str(condition.get("field")), str(condition.get("operator")), as_text))
    return tuple(sorted(set(normal), key=repr))


def selector(conditions: Sequence[Mapping[str, Any]]) -> Selector:
    """Does an account (in spec form) meet all conditions? An empty field meets `!=` alone
    (docs/comparison.md#how-live-objects-are-read).

    The conditions are prepared once, since a project asks of every account for every group; and where one of them asks for a
    text itself, only of the accounts that have it.
    """
    tests = [(condition["field"], condition["operator"] == "!=", _test_of(condition)) for condition in conditions]

    def selects(account: Fields) -> bool:
        for field, if_empty, holds in tests:
            actual = account.get(field)
            if not (if_empty if actual is None or actual == "" else holds(scalar_text(actual))):
                return False
        return True

    return Selector(selects, next(filter(None, map(_texts_of, conditions)), None))


def _texts_of(condition: Mapping[str, Any]) -> tuple[str, frozenset[str]] | None:
    """A condition's field and the texts that meet it; None where others may. An e-mail address has several spellings."""
    if condition["field"] == "email" or condition["operator"] not in ("==", "in"):
        return None
    values = condition["value"] if condition["operator"] == "in" else [condition["value"]]
    return condition["field"], frozenset(map(scalar_text, values))


def _test_of(condition: Mapping[str, Any]) -> Callable[[str], bool]:
    """E-mail addresses are the same in any spelling, as among the accounts: `!=` leaves out the address it names."""
    if condition["field"] != "email" or condition["operator"] not in _SAME:
        return _test(condition["operator"], condition["value"])
    holds = _test(
        condition["operator"], _each(condition["value"], lambda typed: match_key("email", scalar_text(typed)))
    )
    return lambda actual: holds(match_key("email", actual))


def _test(operator: str, value: Any) -> Callable[[str], bool]:
    """A test of an account's field, as text, that is not empty."""
    if operator == "in":
        return {scalar_text(item) for item in value}.__contains__
    expected = scalar_text(value)
    if operator == "==":
        return lambda actual: actual == expected
    if operator == "!=":
        return lambda actual: actual != expected
    if operator == "contains":
        return lambda actual: expected in actual
    return _ordering(_ORDERS[operator], expected)


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}


def _ordering(compare: Callable[[Any, Any], bool], expected: str) -> Callable[[str], bool]:
    """As numbers when both sides are numbers, else as text (docs/service-notes.md#filters)."""
    number = Decimal(expected) if _NUMBER.match(expected) else None

    def holds(actual: str) -> bool:
        if number is not None and _NUMBER.match(actual):
            return compare(Decimal(actual), number)
        return compare(actual, expected)

    return holds


def _encode(fields: Fields) -> dict[str, Any]:
    return {
        "filters": [
            {key: condition[key] for key in ("field", "operator", "value")} for condition in fields["conditions"]
        ]
    }


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    conditions = service_json.pick(raw, "filters") or []
    if not all(isinstance(condition, Mapping) for condition in conditions):
        raise TypeError("a condition is an object")
    return {"conditions": [_decode_condition(condition, region) for condition in conditions]}


def _decode_condition(condition: Fields, region: str) -> Fields:
    """A live condition; a phone in it is the number, whatever its spelling."""
    if condition.get("field") != "phone":
        return condition

    def read(value: Any) -> str:
        text = scalar_text(value)
        try:
            return part_of_e164(text) if condition.get("operator") == "contains" else live_e164(text, region)
        except NotANumberError:
            return text

    return {**condition, "value": _each(condition.get("value"), read)}


FILTERS = Kind(
    section="filters",
    singular="filter",
    spec=FilterSpec,
    id_field="filterId",
    collection="filters",
    paths={"filters": "/accounts/filters"},
    fields=(Field("conditions", default=[], normalize=normal_conditions, mutable=False),),
    encode=_encode,
    decode=_decode,
    identities=lambda fields: [normal_conditions(fields.get("conditions"))],
    create=lambda fields: Post("filters", _encode(fields)),
    order=1,
    shared=True,
    delete_optional=True,
    selector=selector,
    doc="Conditions that choose accounts; a group's members can follow one.",
    example="""\
filters:
  helsinki-adults:
    conditions:
      - {field: city, operator: in, value: [Helsinki, Espoo, Vantaa]}
      - {field: yearOfBirth, operator: "<=", value: 2008}
""",
)
