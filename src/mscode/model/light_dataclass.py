"""Dataclasses whose fields and methods are made when they are first asked for, not when their module is loaded.

The standard library describes each field, and writes and compiles six methods for each class: half a millisecond. A command loads
some two hundred classes and makes objects of a few. Fields and methods are the standard library's all the same; only the time is
another.
"""

from __future__ import annotations

import dataclasses
import sys
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from dataclasses import dataclass
else:

    def dataclass(*, frozen=False, slots=False, order=False, kw_only=False):
        """`dataclasses.dataclass` with these parameters, and with its `eq`, `repr` and `init`."""

        def decorate(cls):
            if order:
                return dataclasses.dataclass(frozen=frozen, slots=slots, order=order, kw_only=kw_only)(cls)
            # Without a docstring the library would work out a signature to put there, which takes longer than all the rest.
            cls.__doc__ = cls.__doc__ or cls.__name__
            late = _LateClass(cls, frozen=frozen, kw_only=kw_only)
            members = late.members()
            if slots:
                late.cls = _with_slots(cls, members)
            else:
                late.give(members)
            return late.cls

        return decorate


class _LateClass:
    """A class whose members are made when they are asked for. All its annotations are of fields or of class variables."""

    def __init__(self, cls: Any, *, frozen: bool, kw_only: bool) -> None:
        own = vars(cls)
        self.cls, self.frozen, self.kw_only = cls, frozen, kw_only
        #: The values behind its own fields.
        self.written = {name: own[name] for name in cls.__annotations__ if name in own}
        self._description: Mapping[str, Any] = {}

    def members(self) -> dict[str, Any]:
        """Everything that `dataclasses.dataclass` gives a class, where the class has not said it itself."""
        own = vars(self.cls)
        late = [name for name in ("__init__", "__repr__", "__eq__") if name not in own]
        members: dict[str, Any] = {name: _LateMember(self, name) for name in _DESCRIPTION}
        members[_SELF] = self
        # As the library has it: a class that is compared and can be changed has no hash.
        if own.get("__hash__") is None:
            if self.frozen:
                late.append("__hash__")
            else:
                members["__hash__"] = None
        members |= {name: _late_method(self, name) for name in late}
        if self.frozen:
            members |= {name: method for name, method in _FROZEN.items() if name not in own}
        if sys.version_info >= (3, 13):
            members["__replace__"] = _replaced
        return members

    def give(self, members: Mapping[str, Any]) -> None:
        """Give the class these members, and its fields their defaults as plain values."""
        for name, value in self.written.items():
            if isinstance(value, dataclasses.Field):
                if value.default is dataclasses.MISSING:
                    delattr(self.cls, name)
                else:
                    setattr(self.cls, name, value.default)
        for name, member in members.items():
            setattr(self.cls, name, member)

    def description(self) -> Mapping[str, Any]:
        """The members by which the library describes the class."""
        self._description = self._description or self._described()
        return self._description

    def values(self) -> dict[str, Any]:
        """What stands behind each of its own fields that has something there: a default, or what `field` gives."""
        values = {}
        for name in self.cls.__annotations__:
            # The library takes what a base has by the name of a field for its default, but for a slot.
            inherited = [vars(base)[name] for base in self.cls.__mro__[1:] if name in vars(base)]
            if name in self.written:
                values[name] = self.written[name]
            elif inherited and not isinstance(inherited[0], MemberDescriptorType):
                values[name] = inherited[0]
        return values

    def fields(self) -> Iterable[tuple[str, Any, bool]]:
        """Each field of the class, those of its bases first: its name, what stands behind it (MISSING for nothing), and whether it
        is given by its name alone. It is what the description says, without the library's work of making that.
        """
        fields: dict[str, tuple[str, Any, bool] | None] = {}
        for base in self.cls.__mro__[::-1]:
            late = vars(base).get(_SELF)
            if late is None and "__dataclass_fields__" in vars(base):  # of the library
                fields |= {field.name: (field.name, field, bool(field.kw_only)) for field in dataclasses.fields(base)}
            values = late.values() if late is not None else {}
            for name, annotation in late.cls.__annotations__.items() if late is not None else ():
                value = values.get(name, dataclasses.MISSING)
                if _is_class_variable(annotation):
                    fields[name] = None  # it keeps its place
                else:
                    own = value.kw_only if isinstance(value, dataclasses.Field) else dataclasses.MISSING
                    fields[name] = (name, value, late.kw_only if own is dataclasses.MISSING else own)
        return filter(None, fields.values())

    def _described(self) -> dict[str, Any]:
        cls = self.cls
        fields: dict[str, Any] = {}
        for base in cls.__mro__[-1:0:-1]:
            if "__dataclass_fields__" in vars(base):
                fields |= base.__dataclass_fields__
        namespace = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__annotations__": cls.__annotations__}
        model: Any = type(cls.__name__, (), {**namespace, **self.values()})
        dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=self.kw_only)(model)
        fields |= model.__dataclass_fields__
        # Whether a field is a class variable only the library can tell.
        model.__dataclass_fields__ = fields
        positional = tuple(field.name for field in dataclasses.fields(model) if field.init and not field.kw_only)
        return {
            "__dataclass_fields__": fields,
            "__dataclass_params__": model.__dataclass_params__,
            "__match_args__": positional,
        }


#: The member that is the `_LateClass` of a class.
_SELF = "__late_class__"
_DESCRIPTION = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")


class _LateMember:
    """A member of the description of a class. The first look at it puts the real one in its place."""

    def __init__(self, late: _LateClass, name: str) -> None:
        self.late, self.name = late, name

    def __get__(self, instance: object, owner: object) -> Any:
        member = self.late.description()[self.name]
        setattr(self.late.cls, self.name, member)
        return member


def _late_method(late: _LateClass, name: str) -> Any:
    """A method that puts the real one in its place, and calls it."""

    def method(*arguments: Any, **named: Any) -> Any:
        real = _initializer(late) if name == "__init__" else _from_library(late.cls, name, frozen=late.frozen)
        setattr(late.cls, name, real)
        return getattr(late.cls, name)(*arguments, **named)

    return method


def _with_slots(cls: Any, members: Mapping[str, Any]) -> Any:
    """Another class of the same name, with these members too, and with a slot for each field.

    They are given to it when it is made: each that a class gets afterwards takes as long as the making of a small one.
    """
    names: dict[str, None] = {}
    inherited = set[str]()
    for base in cls.__mro__[-1::-1]:
        own = vars(base)
        if base is cls or "__dataclass_fields__" in own:
            for name, annotation in base.__annotations__.items():
                if _is_class_variable(annotation):
                    names.pop(name, None)
                else:
                    names[name] = None
        if base is not cls:
            inherited.update(own.get("__slots__", ()))
    # The last two belong to the class that is replaced.
    left_out = {*names, "__dict__", "__weakref__"}
    namespace = {name: value for name, value in vars(cls).items() if name not in left_out}
    namespace |= {"__slots__": tuple(name for name in names if name not in inherited), "__qualname__": cls.__qualname__}
    return type(cls)(cls.__name__, cls.__bases__, {**namespace, **members})


def _is_class_variable(annotation: object) -> bool:
    return str(annotation).startswith(("ClassVar", "typing.ClassVar"))


def _replaced(self: Any, /, **changes: Any) -> Any:
    """For `copy.replace`, as the library has it."""
    return dataclasses.replace(self, **changes)


def _initializer(late: _LateClass) -> Any:
    """The `__init__` that the library writes, without all that it does to write it: nearly every class needs this method."""
    missing, cls = dataclasses.MISSING, late.cls
    names: dict[str, Any] = {"_set": object.__setattr__, "_absent": object()}
    positional, keywords, lines = ["self"], list[str](), list[str]()
    for name, behind, is_keyword in late.fields():
        is_described = isinstance(behind, dataclasses.Field)
        given, factory = (behind.default, behind.default_factory) if is_described else (behind, missing)
        default, value, begin = "", name, ""
        if given is not missing:
            if type(given).__hash__ is None:
                raise ValueError(f"mutable default {type(given)} for field {name} is not allowed: use default_factory")
            names[default := f"_default_{name}"] = given
        elif factory is not missing:
            names[f"_make_{name}"] = factory
            default, begin = "_absent", f"_make_{name}() if {name} is _absent else "
        if not is_described or behind.init:
            (keywords if is_keyword else positional).append(f"{name}={default}" if default else name)
            value = begin + value
        elif default:
            value = f"_make_{name}()" if begin else default
        else:
            continue
        lines.append(f"_set(self, {name!r}, {value})" if late.frozen else f"self.{name} = {value}")
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    parameters = ", ".join([*positional, *(["*", *keywords] if keywords else [])])
    exec(f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"]), names)
    names["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return names["__init__"]


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
