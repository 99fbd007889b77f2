"""The form of a file `*.test.yaml` (docs/testing.md), as pydantic models: they give the schema, and read all but steps and people.

Steps, people and what is given are read by hand (parts.py, given.py): in a form with several shapes, pydantic cannot
say where the mistake is.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from mscode.errors import EXIT_ORDER
from mscode.kinds.fields.types import Instant, Text, Weekdays, described, whole_number
from mscode.model.calling_window import parse_time

#: The states of a campaign in the API's words, and those of a message as `mscode status` shows them.
State = Literal["waitingToActive", "active", "halt", "complete", "waiting", "sent"]
_LONGEST_NAME = 200


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    def is_empty(self) -> bool:
        """Does it say nothing?"""
        return all(getattr(self, name) is None for name in type(self).model_fields)


def _name(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise ValueError(f"must be a text of one line, of at most {_LONGEST_NAME} characters")
    return text


def _of_the_emulator(instant: str) -> str:
    """Its clock goes from 1970 to 9999, and a test may last a century."""
    if not ("1970" <= instant[:4] <= "9899" and instant[4:5] == "-"):
        raise ValueError("must lie in the years from 1970 to 9899")
    return instant


Clock = Annotated[Instant, AfterValidator(_of_the_emulator)]


def _natural_number(value: Any) -> int:
    number = whole_number(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


Natural = Annotated[int, BeforeValidator(_natural_number), WithJsonSchema({"type": "integer", "minimum": 0})]


class Bounds(_Strict):
    """How many there are: from `min` to `max`, or exactly a number that stands in the place of the mapping."""

    min: Natural | None = described("At least so many.")
    max: Natural | None = described("At most so many.")

    @model_validator(mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"min": value, "max": value}

    @model_validator(mode="after")
    def _can_fail(self) -> Bounds:
        if not (self.min or self.max is not None):
            raise ValueError(
                "must be a number, or a mapping with `min` (above 0), `max`, or both: anything else always holds"
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("has a `min` above its `max`")
        return self

    def allow(self, number: int) -> bool:
        """Does a number lie within them?"""
        return (self.min is None or self.min <= number) and (self.max is None or number <= self.max)

    def __str__(self) -> str:
        if self.min == self.max:
            return f"exactly {self.min:,}"
        parts = [
            f"{word} {bound:,}" for word, bound in (("at least", self.min), ("at most", self.max)) if bound is not None
        ]
        return " and ".join(parts)


#: A number, or a mapping of bounds.
Count = Annotated[
    Bounds,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {
                    "type": "object",
                    "properties": {
                        "min": {"type": "integer", "minimum": 0, "description": "At least so many."},
                        "max": {"type": "integer", "minimum": 0, "description": "At most so many."},
                    },
                    "minProperties": 1,
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _between(value: Any) -> tuple[time, time]:
    form = 'must be two times of day, the first before the second, like ["09:00", "17:00"]'
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(text, str) for text in value):
        raise ValueError(form)
    try:
        first, last = (parse_time(f"{text}:00" if text.count(":") == 1 else str(text)) for text in value)
    except ValueError:
        raise ValueError(form) from None
    if first >= last:
        raise ValueError(form)
    return first, last


def _addresses(value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("must be an address like groups.donors, or a list of addresses")
    return tuple(map(str, texts))


def _code(value: Any) -> int:
    if (code := whole_number(value)) not in EXIT_ORDER:
        raise ValueError(f"must be an exit code of mscode: {', '.join(map(str, sorted(EXIT_ORDER)))}")
    return code


def _codes(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


_Address = {"type": "string", "pattern": r"^[A-Za-z]+\."}
Between = Annotated[
    tuple[time, time],
    BeforeValidator(_between),
    WithJsonSchema({"type": "array", "items": {"type": "string", "examples": ["09:00"]}, "minItems": 2, "maxItems": 2}),
]
Only = Annotated[
    tuple[str, ...],
    BeforeValidator(_addresses),
    WithJsonSchema({"anyOf": [_Address, {"type": "array", "items": _Address, "minItems": 1}]}),
]
Code = Annotated[int, BeforeValidator(_code), WithJsonSchema({"enum": sorted(EXIT_ORDER)})]
Codes = Annotated[
    list[Code],
    BeforeValidator(_codes),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": sorted(EXIT_ORDER)},
                {"type": "array", "items": {"enum": sorted(EXIT_ORDER)}, "minItems": 1},
            ]
        }
    ),
]


class RingsSpec(_Strict):
    """What holds of every ring: of every call that was dialled and every message that was sent."""

    perPerson: Count | None = described("Rings to each number (or e-mail address) that is rung, over the whole test.")
    total: Count | None = described("All rings of the test.")
    between: Between | None = described(
        "Time of day in the project's timezone: from the first one, and before the second one."
    )
    weekdays: Weekdays | None = described("Weekdays in the project's timezone.")
    only: Only | None = described("Groups, accounts or lists: everybody who is rung is in one of them at that time.")


class ExpectSpec(_Strict):
    """What must hold at the end. At least one thing."""

    rings: RingsSpec | None = described("What holds of every ring.")
    accepts: dict[str, Count] | None = described("How many people have accepted, by the address of a campaign.")
    states: dict[str, State] | None = described(
        "The state of a campaign in the end, by its address, as `mscode status` shows it."
    )
    exit: Codes | None = described(
        "The exit code of each step that is a command, in order. Left out, each must exit with 0. Codes of halt and resume may be "
        "left out too, and are 0 then."
    )
    plan: Literal["empty"] | None = described("`empty`: after the last step a plan has nothing to do.")


_STEP: dict[str, Any] = {
    "anyOf": [
        {"enum": ["apply", "plan", "destroy"]},
        *(
            {
                "type": "object",
                "properties": {name: {"type": "array", "items": {"type": ["string", "integer"]}, "description": text}},
                "required": [name],
                "additionalProperties": False,
            }
            for name, text in (
                ("apply", "`mscode apply` with these options."),
                ("plan", "`mscode plan` with these options."),
                ("destroy", "`mscode destroy` with these options."),
            )
        ),
        *(
            {
                "type": "object",
                "properties": {name: {**schema, "description": text}},
                "required": [name],
                "additionalProperties": False,
            }
            for name, schema, text in (
                (
                    "advance",
                    {"type": "string", "pattern": "^[0-9]{1,9}[smhdw]$"},
                    "Let so much time pass, like 3d or 90m.",
                ),
                ("halt", _Address, "`mscode halt` this campaign."),
                ("resume", _Address, "`mscode apply --resume` this campaign."),
            )
        ),
        {
            "type": "object",
            "properties": {
                "edit": {
                    "type": "string",
                    "description": "A YAML file of the project; it is changed for this test alone.",
                },
                "with": {
                    "type": "object",
                    "minProperties": 1,
                    "description": "The new value of each field by its path, like rsvpCalls.invite.maxRedials; null removes it.",
                },
            },
            "required": ["edit", "with"],
            "additionalProperties": False,
        },
    ]
}
_SHARE: dict[str, Any] = {"type": ["string", "number"], "examples": ["70%"]}
_PEOPLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "answer": {**_SHARE, "description": "The share of dials that are answered."},
        "accept": {**_SHARE, "description": "The share of those answered that accept."},
        "seed": {"type": "integer", "minimum": 0, "description": "Another number draws other answers."},
    },
    "patternProperties": {
        r"^\+?[0-9]": {
            "description": "What becomes of each call to this number, the last also of all later ones.",
            "type": "array",
            "items": {"enum": ["noAnswer", "accept", "decline", "nothing"]},
            "minItems": 1,
        }
    },
    "additionalProperties": False,
}
_GIVEN: dict[str, Any] = {
    "type": "object",
    "description": "Objects by section and name, as in a manifest; of accounts also `count` and fields: so many people.",
}


class CampaignTestSpec(_Strict):
    """One test: what is given, what is done, and what must hold in the end."""

    name: Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "minLength": 1})] = Field(
        description="What it shows, in words."
    )
    clock: Clock | None = described("When the test begins; without an offset in the project's timezone. Left out: now.")
    environment: Text | None = described("The environment of mscode.yaml whose settings hold; nothing is sent to it.")
    given: Annotated[Any, WithJsonSchema(_GIVEN)] = described(
        "What the account holds before, and mscode does not manage."
    )
    people: Annotated[Any, WithJsonSchema(_PEOPLE)] = described(
        "How people answer: rates for all, and outcomes by number."
    )
    do: Annotated[list[Any], WithJsonSchema({"type": "array", "items": _STEP, "minItems": 1})] = Field(
        min_length=1, description="The steps, in order."
    )
    expect: ExpectSpec = Field(description="What must hold in the end.")


class TestFileHead(_Strict):
    """A document of a file `*.test.yaml`, whose tests are read one by one."""

    apiVersion: Literal["mscode/v1"] = Field(description="Always mscode/v1.")
    tests: list[Any] = Field(min_length=1, description="The tests.")


class CampaignTestFile(TestFileHead):
    """A document of a file `*.test.yaml`."""

    tests: list[CampaignTestSpec] = Field(min_length=1, description="The tests.")
