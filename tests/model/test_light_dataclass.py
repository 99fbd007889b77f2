"""A class with late methods is in every respect the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar

import pytest

from mscode.model import light_dataclass

Decorator = Callable[..., Any]


def _classes(dataclass: Decorator) -> dict[str, Any]:
    """The same classes by either decorator."""

    @dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        rest: list[int] = field(default_factory=list)
        hidden: str = field(default="h", repr=False, compare=False)
        late: str = field(init=False, default="late")
        kind: ClassVar[str] = "point"

    @dataclass(frozen=True, slots=True)
    class Place(Point):
        z: int = 3
        kind: ClassVar[str] = "place"

        def __post_init__(self) -> None:
            object.__setattr__(self, "late", f"after {self.x}")

    @dataclass(slots=True)
    class Changing:
        a: int
        b: str = "b"

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        a: int = 1
        b: str

    @dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        a: int

    @dataclass(frozen=True, slots=True)
    class Own:  # noqa: PLW1641 -- the hash is the decorator's
        """With methods of its own."""

        a: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True)
    class Open:
        a: int

    @dataclass(frozen=True, slots=True)
    class Fixed(Point):
        y: ClassVar[int] = 7
        z: int = 1

    @dataclass(frozen=True, slots=True)
    class Freed(Fixed):
        y: int = 8  # type: ignore[misc]

    @dataclass()
    class Changed(Changing):
        b: str = field(kw_only=True, default="c")

    return {c.__name__: c for c in (Point, Place, Changing, Named, Ordered, Own, Open, Fixed, Freed, Changed)}


LIBRARY, LATE = _classes(dataclasses.dataclass), _classes(light_dataclass.dataclass)
ACTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "made": lambda c: repr(c["Point"](1)),
    "by name": lambda c: repr(c["Point"](y=1, x=2)),
    "default of its own": lambda c: c["Point"](1).rest is c["Point"](1).rest,
    "derived": lambda c: repr(c["Place"](1, 2, [3], "x", 4)),
    "not initialized": lambda c: (c["Point"](1).late, c["Place"](7).late),
    "of the class": lambda c: (c["Point"].kind, c["Place"](1).kind),
    "too few": lambda c: c["Point"](),
    "too many": lambda c: c["Point"](1, 2, [], "", 5),
    "unknown": lambda c: c["Point"](1, w=2),
    "equal": lambda c: (c["Point"](1) == c["Point"](1), c["Point"](1) == c["Point"](1, hidden="o"), c["Point"](1) == 1),
    "of two classes": lambda c: (c["Point"](1) == c["Place"](1), c["Point"](1) != c["Place"](1)),
    "hash of a list": lambda c: hash(c["Point"](1)),
    "hash": lambda c: (hash(c["Named"](b="x")) == hash(c["Named"](b="x")), len({c["Ordered"](1), c["Ordered"](1)})),
    "no hash": lambda c: hash(c["Changing"](1)),
    "set": lambda c: setattr(c["Point"](1), "x", 2),
    "delete": lambda c: delattr(c["Point"](1), "x"),
    "set in an open one": lambda c: setattr(c["Open"](1), "a", 2),
    "changed": lambda c: _changed(c["Changing"](1)),
    "changed by a stranger": lambda c: setattr(c["Changing"](1), "w", 2),
    "replaced": lambda c: repr(dataclasses.replace(c["Place"](1), x=5, z=9)),
    "replaced by a stranger": lambda c: dataclasses.replace(c["Place"](1), w=5),
    "as a mapping": lambda c: (dataclasses.asdict(c["Place"](1)), dataclasses.astuple(c["Point"](4))),
    "keywords": lambda c: repr(c["Named"](b="x")),
    "keywords alone": lambda c: c["Named"](1, "x"),
    "ordered": lambda c: min(c["Ordered"](2), c["Ordered"](1)).a,
    "unordered": lambda c: c["Point"](1) < c["Point"](2),
    "own methods": lambda c: (c["Own"](1) == c["Own"](2), repr(c["Own"](1)), isinstance(hash(c["Own"](1)), int)),
    "copied": lambda c: (repr(copy.copy(c["Point"](1))), repr(copy.deepcopy(c["Place"](1)))),
    "fields": lambda c: [(f.name, f.type, f.init, f.kw_only) for f in dataclasses.fields(c["Place"])],
    "matched": lambda c: (c["Point"].__match_args__, c["Named"].__match_args__),
    "slots": lambda c: (c["Point"].__slots__, c["Place"].__slots__, hasattr(c["Point"](1), "__dict__")),
    "a field that became the class's": lambda c: (repr(c["Fixed"](1, [2])), c["Fixed"].y, c["Fixed"].__match_args__),
    "and a field again": lambda c: (repr(c["Freed"](1, 2, [3])), c["Freed"].__slots__),
    "a keyword in a derived one": lambda c: (repr(c["Changed"](1, b="x")), c["Changed"].b, c["Changed"].__match_args__),
    "docstring": lambda c: c["Own"].__doc__,
}


def _changed(thing: Any) -> tuple[str, bool]:
    thing.a = 5
    return repr(thing), thing == type(thing)(5)


def _outcome(act: Callable[[dict[str, Any]], Any], classes: dict[str, Any]) -> Any:
    try:
        return act(classes)
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_the_same_comes_of_both(act: Callable[[dict[str, Any]], Any]) -> None:
    outcome = _outcome(act, _classes(light_dataclass.dataclass))
    assert repr(outcome).replace("light_", "") == repr(_outcome(act, _classes(dataclasses.dataclass)))
    assert repr(_outcome(act, LATE)) == repr(_outcome(act, LIBRARY)), "also after other uses of the class"


@light_dataclass.dataclass(frozen=True, slots=True)
class Kept:
    """What a pickle finds by its name."""

    a: int
    b: str = "b"


def test_a_pickle_holds_it() -> None:
    assert pickle.loads(pickle.dumps(Kept(1))) == Kept(1)


def test_the_methods_are_made_once() -> None:
    made = _classes(light_dataclass.dataclass)["Point"]
    made(1)
    first = made.__init__
    assert made(1) == made(1)
    assert made.__init__ is first
    assert made.__init__.__qualname__ == "_classes.<locals>.Point.__init__"


def test_a_default_that_can_be_changed_is_none() -> None:
    """All objects would share it."""

    @light_dataclass.dataclass(slots=True)
    class Shared:
        rows: list[int] = []  # noqa: RUF012

    with pytest.raises(ValueError, match="mutable default"):
        Shared()
