"""The base of all specs: pydantic models that are strict about unknown keys and give spec-form fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from mscode.model.world import Members

#: Where (a path inside the object), what, and what to do about it.
Warned = tuple[tuple[str | int, ...], str, str]


class Spec(BaseModel):
    """One object of a section as a person writes it. Field names are the API's own."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    def fields(self) -> dict[str, Any]:
        """The fields that the manifest sets, in spec form (world.Desired). An explicit null is the same as left out.

        In the order of the spec, so that a plan is the same in every run.
        """
        set_names = [name for name in type(self).model_fields if name in self.model_fields_set]
        return {name: plain(value) for name in set_names if (value := getattr(self, name)) is not None}

    def members(self) -> Members | None:
        """The wanted membership, for kinds that have one."""
        return None

    def starts_now(self) -> bool:
        """Does it say on purpose that it starts at once? Its fields then say nothing of a start."""
        return False

    def expected(self) -> Mapping[str, float]:
        """What it expects of people (world.Desired.expect)."""
        return {}

    def warnings(self) -> Iterable[Warned]:
        """What is allowed and yet probably not meant."""
        return ()


def plain(value: Any) -> Any:
    """Nested models as mappings of what they set."""
    if isinstance(value, BaseModel):
        return {name: plain(item) for name in type(value).model_fields if (item := getattr(value, name)) is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
