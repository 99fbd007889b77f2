"""Dataclasses whose methods are made when the first object is made, not when their module is loaded.

The standard library writes and compiles six methods for each class: a third of a millisecond. A command loads some two hundred
classes and makes objects of a few. The methods are the standard library's all the same; only the time is another.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen=False, slots=False, order=False, kw_only=False):
        """`dataclasses.dataclass` with these parameters, and with its `eq`, `repr` and `init`."""

        def decorate(cls):
            if order:
                return dataclasses.dataclass(frozen=frozen, slots=slots, order=order, kw_only=kw_only)(cls)
            # Without a docstring the library would work out a signature to put there, which takes longer than all the rest.
            cls.__doc__ = cls.__doc__ or cls.__name__
            bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            return _with_late_methods(bare, frozen=frozen)

        return decorate


def _with_late_methods(cls: Any, *, frozen: bool) -> Any:
    """The class with everything that `dataclasses.dataclass` gives one, where the class has not said it itself."""
    own = vars(cls)
    late = [name for name in ("__init__", "__repr__", "__eq__") if name not in own]
    # As the library has it: a class that is compared and can be changed has no hash.
    if own.get("__hash__") is None:
        if frozen:
            late.append("__hash__")
        else:
            cls.__hash__ = None
    for name in late:
        setattr(cls, name, _late(cls, name, late, frozen=frozen))
    if frozen:
        for name, method in _FROZEN.items():
            if name not in own:
                setattr(cls, name, method)
    return cls


def _late(cls: Any, name: str, late: list[str], *, frozen: bool) -> Any:
    """A method that puts the real ones of the class in the place of all its late ones, and calls its own."""

    def method(*arguments: Any, **named: Any) -> Any:
        real = _complete(cls, frozen=frozen)
        for late_name in late:
            setattr(cls, late_name, getattr(real, late_name))
        return getattr(cls, name)(*arguments, **named)

    return method


def _complete(cls: Any, *, frozen: bool) -> Any:
    """A class with the same fields and all methods. They name no class, so that they serve the other one as they are."""
    members = [(name, field.type, field) for name, field in cls.__dataclass_fields__.items()]
    namespace = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    if hasattr(cls, "__post_init__"):
        namespace["__post_init__"] = cls.__post_init__
    slots = "__slots__" in vars(cls)
    return dataclasses.make_dataclass(cls.__name__, members, namespace=namespace, frozen=frozen, slots=slots)


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """For copies and pickles: an object that refuses assignments cannot be filled in the usual way."""
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_FROZEN = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
