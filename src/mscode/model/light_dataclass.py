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
        setattr(cls, name, _late(cls, name, frozen=frozen))
    if frozen:
        for name, method in _FROZEN.items():
            if name not in own:
                setattr(cls, name, method)
    return cls


def _late(cls: Any, name: str, *, frozen: bool) -> Any:
    """A method that puts the real one in its place, and calls it."""

    def method(*arguments: Any, **named: Any) -> Any:
        real = _initializer if name == "__init__" else _from_library
        setattr(cls, name, real(cls, name, frozen=frozen))
        return getattr(cls, name)(*arguments, **named)

    return method


def _initializer(cls: Any, name: str, *, frozen: bool) -> Any:
    """The `__init__` that the library writes, without all that it does to write it: nearly every class needs this method."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_absent": object()}
    positional, keywords, lines = ["self"], list[str](), list[str]()
    for field in dataclasses.fields(cls):
        default, value, begin = "", field.name, ""
        if field.default is not dataclasses.MISSING:
            names[default := f"_default_{field.name}"] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_make_{field.name}"] = field.default_factory
            default, begin = "_absent", f"_make_{field.name}() if {field.name} is _absent else "
        if field.init:
            (keywords if field.kw_only else positional).append(f"{field.name}={default}" if default else field.name)
            value = begin + value
        elif default:
            value = f"_make_{field.name}()" if begin else default
        else:
            continue
        lines.append(f"_set(self, {field.name!r}, {value})" if frozen else f"self.{field.name} = {value}")
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    parameters = ", ".join([*positional, *(["*", *keywords] if keywords else [])])
    exec(f"def {name}({parameters}):\n " + "\n ".join(lines or ["pass"]), names)
    names[name].__qualname__ = f"{cls.__qualname__}.{name}"
    return names[name]


def _from_library(cls: Any, name: str, *, frozen: bool) -> Any:
    """A method as the library writes it, of a class with the same fields. It names no class, so that it serves this one too."""
    members = [(name, field.type, field) for name, field in cls.__dataclass_fields__.items()]
    namespace = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    is_compared = name in ("__eq__", "__hash__")
    model = dataclasses.make_dataclass(
        cls.__name__, members, namespace=namespace, init=False, repr=not is_compared, eq=is_compared, frozen=frozen
    )
    return getattr(model, name)


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
