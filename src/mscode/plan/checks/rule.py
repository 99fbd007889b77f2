"""What a rule is, and what it finds. A rule is a function with the decorator `rule`, in the file of its area."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from mscode.errors import Place
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import Region

if TYPE_CHECKING:
    from mscode.plan.checks.context import CheckContext

Level = Literal["deny", "warn", "off"]
#: What a rule's value is: a whole number, a share like `50%` (or a whole number), a text, or nothing.
Form = Literal["number", "share", "text", ""]
#: What a rule must know: the manifests alone (`validate` asks it too), or also the live account (`plan` alone). `both`: the
#: manifests tell a part of it, so `validate` asks it and takes no comment for unused that allows what only a plan can see.
Needs = Literal["manifests", "account", "both"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule finds.

    `message` is one line that says what is wrong, with the value in it. `region` are the words meant. `addresses` are the
    objects that it concerns: the one that says it, and the campaigns and messages that let people hear or read it, for
    their launch decides whether a `deny` refuses. `allow_at` are further places at which a comment may allow it: the
    field, where the words stand inside a block or a file. `at_most`: `warn`, where the rule is not sure enough to refuse.
    `people` counts those whom it is about, where it is about people; `places` are the lines of files that name them.
    """

    message: str
    region: Region | None
    addresses: tuple[Address, ...] = ()
    hint: str = ""
    suggestion: str = ""
    allow_at: tuple[Region, ...] = ()
    at_most: Level = "deny"
    people: int | None = None
    places: tuple[Place, ...] = ()


Look = Callable[["CheckContext"], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `finds` says in one line what it looks at, `wrong` and `right` are an example of each, in YAML or as text.

    `value` is the default of its value, `form` says what that is and `unit` of what. `library` is the module that it needs
    from the extra `checks`. `about` says more, for `mscode checks ID` and docs/checks.md.
    """

    id: str
    level: Level
    finds: str
    wrong: str
    right: str
    look: Look
    value: str = ""
    form: Form = ""
    unit: str = ""
    needs: Needs = "manifests"
    library: str = ""
    about: str = ""

    @property
    def area(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]

    @property
    def can_run(self) -> bool:
        """Is the library there that it needs?"""
        return not self.library or has_library(self.library)


@cache
def has_library(name: str) -> bool:
    """Is a library installed? It is not loaded by asking."""
    return find_spec(name) is not None


#: The areas, each a module of this package, in the order of docs and lists.
AREAS = ("text", "audience", "time", "capacity", "cost", "sms", "email", "manifest", "allowing")

_registered: dict[str, Rule] = {}


def rule(
    rule_id: str,
    level: Level,
    finds: str,
    *,
    wrong: str,
    right: str,
    value: str = "",
    form: Form = "",
    unit: str = "",
    needs: Needs = "manifests",
    library: str = "",
    about: str = "",
) -> Callable[[Look], Look]:
    """Registers the function below as a rule; the arguments are the members of `Rule`."""

    def register(look: Look) -> Look:
        members = Rule(rule_id, level, finds, wrong, right, look, value, form, unit, needs, library, about)
        if rule_id in _registered:
            raise ValueError(f"two rules are called {rule_id}")
        _registered[rule_id] = members
        return look

    return register


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its id, area by area, each in the order of its file."""
    for area in AREAS:
        import_module(f"mscode.plan.checks.{area}")
    return dict(sorted(_registered.items(), key=lambda pair: AREAS.index(_area_of(pair[1]))))


def _area_of(registered: Rule) -> str:
    return "allowing" if registered.area == "checks" else registered.area
