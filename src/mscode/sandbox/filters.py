"""Account filters and how they match (docs/service-notes.md#filters)."""

import re
from collections.abc import Callable
from typing import Any

from mscode.sandbox.errors import invalid, missing, not_found
from mscode.sandbox.operation import Body, Call, Operation, Reply, created, ok
from mscode.sandbox.profile import Profile
from mscode.sandbox.store import TEXT_FIELDS, Doc
from mscode.sandbox.times import restamp, stamp
from mscode.sandbox.validate import Fields, array

FIELDS = ("accountId", *TEXT_FIELDS, "yearOfBirth", "updatedAt", "createdAt")
OPERATORS = ("==", "!=", ">", "<", ">=", "<=", "in", "contains")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
}


def list_filters(call: Call) -> Reply:
    return ok([_rendered(call, filter_id, document) for filter_id, document in call.store.all("filter")])


def read_filter(call: Call) -> Reply:
    filter_id = call.found("filter")
    return ok(_rendered(call, filter_id, call.store.get("filter", filter_id) or {}))


def create_filter(call: Call) -> Reply:
    """201 with ``Location``, as the page prints it here and not at operation 10 (docs/service-notes.md#requests)."""
    document = {"filters": _conditions(call.fields()), "updatedAt": stamp(call.now), "createdAt": stamp(call.now)}
    filter_id = call.store.add("filter", document)
    return created(_rendered(call, filter_id, document), f"/accounts/filters/{filter_id}")


def update_filter(call: Call) -> Reply:
    """Operation 10, whose action the page lost: 201 and the filter; no body changes nothing but ``updatedAt``
    (docs/service-notes.md#filters).
    """
    filter_id = call.id()
    document = call.store.get("filter", filter_id)
    if filter_id is None or document is None:
        raise not_found()
    fields = Fields({} if call.body is None else call.body)
    if fields.has("filters"):
        document["filters"] = _conditions(fields)
    document["updatedAt"] = stamp(call.now)
    call.store.save("filter", filter_id, document)
    return created(_rendered(call, filter_id, document))


def delete_filter(call: Call) -> Reply:
    """Operation 10 as a delete: it answers as it is printed, 201 with the filter (docs/service-notes.md#filters)."""
    filter_id = call.found("filter")
    document = call.store.get("filter", filter_id) or {}
    call.store.remove("filter", filter_id)
    return created(_rendered(call, filter_id, document))


def _rendered(call: Call, filter_id: int, document: Doc) -> Doc:
    times = {name: restamp(document[name], call.zone) for name in ("updatedAt", "createdAt")}
    return {"filterId": filter_id, "filters": document["filters"], **times}


def _conditions(fields: Fields) -> list[Doc]:
    return [_condition(item) for item in array(fields.required("filters"), "filters", empty=False)]


def _condition(item: object) -> Doc:
    fields = Fields(item, "filters")
    field, operator = fields.required_text("field"), fields.required_text("operator")
    if not fields.has("value"):
        raise missing("value")
    value = fields.get("value")
    if field not in FIELDS:
        raise invalid("field is a field of the account object", "field")
    if operator not in OPERATORS:
        raise invalid(f"operator is one of {' '.join(OPERATORS)}", "operator")
    _check_value(operator, value)
    return {"field": field, "operator": operator, "value": value}


def _check_value(operator: str, value: object) -> None:
    if operator == "in":
        if any(isinstance(item, list | dict) for item in array(value, "value")):
            raise invalid("the items of an in array are scalars", "value")
    elif isinstance(value, list | dict):
        raise invalid(f"{operator} takes a scalar value", "value")


def matcher(conditions: list[Doc], profile: Profile) -> Callable[[Doc], bool]:
    """Whether an account meets all conditions (AND is inferred: docs/service-notes.md#filters)."""
    by_number = profile.filter_compare == "number"
    return lambda account: all(_holds(account[c["field"]], c["operator"], c["value"], by_number) for c in conditions)


def _holds(actual: object, operator: str, value: Any, by_number: bool) -> bool:
    left = _as_text(actual)
    if operator == "in":
        return left in {_as_text(item) for item in value}
    right = _as_text(value)
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if operator == "contains":
        return isinstance(actual, str) and right in actual
    return left != "" and _ordered(left, operator, right, by_number)


def _ordered(left: str, operator: str, right: str, by_number: bool) -> bool:
    """As numbers where both sides are, else as text by its bytes (docs/service-notes.md#filters)."""
    numbers = (_as_number(left), _as_number(right)) if by_number else (None, None)
    if numbers[0] is not None and numbers[1] is not None:
        return _ORDER[operator](numbers[0], numbers[1])
    return _ORDER[operator](left.encode(), right.encode())


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


def _as_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


OPERATIONS = (
    Operation(7, "POST", "/accounts/filters", create_filter, Body.JSON),
    Operation(8, "GET", "/accounts/filters", list_filters),
    Operation(9, "GET", "/accounts/filters/{filterId}", read_filter),
    Operation(10, "PUT", "/accounts/filters/{filterId}", update_filter, Body.OPTIONAL_JSON),
)
#: What operation 10 is under the other values of the switch ``filter_op10``.
OTHERS_10 = {
    "post": Operation(10, "POST", "/accounts/filters/{filterId}", update_filter, Body.OPTIONAL_JSON),
    "delete": Operation(10, "DELETE", "/accounts/filters/{filterId}", delete_filter),
    "off": None,
}
