"""The parts of a test that have several forms: its steps, and how people answer. Errors have the place of the mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import timedelta
from typing import Any

from mscode.errors import Diagnostic, Place
from mscode.kinds.fields.e164 import e164
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import MAX_DEPTH, Node, key_node
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.shares import share_of

#: The commands that a step may be by its name alone.
COMMANDS = ("apply", "plan", "destroy")
#: Those with the address of one campaign.
OF_CAMPAIGNS = ("halt", "resume")
#: What becomes of a dial, in a list for one number.
OUTCOMES = ("noAnswer", "accept", "decline", "nothing")
_LENGTH = re.compile(r"\+?([0-9]{1,9})([smhdw])", re.ASCII)
#: Seconds.
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
#: The emulator's clock ends in the year 9999; a test of more than a century is a mistyped one.
_LONGEST = 36_525 * 86_400
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Command:
    """A command of mscode: apply, plan or destroy with its options as they were typed, or halt or resume with an address."""

    name: str
    place: Place
    options: tuple[str, ...] = ()
    address: str = ""

    def __str__(self) -> str:
        return " ".join([self.name, *filter(None, [self.address]), *self.options])


@dataclass(frozen=True, slots=True)
class Advance:
    """So much time passes."""

    length: timedelta
    place: Place


@dataclass(frozen=True, slots=True)
class Edit:
    """A file of the project gets other values, for this test alone: by the path of each field; None removes it."""

    file: str
    values: Mapping[str, Any] = field(repr=False)
    place: Place
    file_place: Place
    value_places: Mapping[str, Place]


Step = Command | Advance | Edit


@dataclass(frozen=True, slots=True)
class People:
    """How people answer. What is None has the emulator's own default."""

    seed: int | None = None
    answer: float | None = None
    accept: float | None = None
    by_number: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


class PartReader:
    """Reads parts of tests; `errors` has what is wrong with them. `region` is that of national numbers."""

    def __init__(self, region: str) -> None:
        self._region = region
        self.errors: list[Diagnostic] = []

    def error(self, node: Node, summary: str, hint: str = "", *, code: str = "bad-value") -> None:
        """Add an error at a node."""
        self.errors.append(Diagnostic(mask_text(summary), node.place, "", mask_text(hint), code=code))

    # ---- steps ----

    def steps(self, node: Node | None) -> tuple[Step, ...]:
        """The steps of `do:`; those with an error are left out."""
        nodes = node.value if node is not None and isinstance(node.value, list) else []
        return tuple(step for child in nodes if (step := self._step(child)) is not None)

    def _step(self, node: Node) -> Step | None:
        if isinstance(node.value, dict):
            return self._mapping(node)
        word = str(node.value) if isinstance(node.value, str) else ""
        if word in COMMANDS:
            return Command(word, node.place)
        forms = {"advance": "{advance: 3d}", "edit": "{edit: campaign.yaml, with: {…}}"}
        forms |= {name: f"{{{name}: ADDRESS}}" for name in OF_CAMPAIGNS}
        if word in forms:
            self.error(node, f"The step {word} needs to know of what", f"Write it like {forms[word]}.")
        else:
            self._unknown_step(node, word)
        return None

    def _unknown_step(self, node: Node, word: str) -> None:
        names = (*COMMANDS, *OF_CAMPAIGNS, "advance", "edit")
        hint = did_you_mean(word, names) or f"Steps are {', '.join(names)}."
        summary = f'There is no step "{word[:80]}"' if word else "A step is a word, or a mapping with one key"
        self.error(node, summary, hint, code="unknown-step")

    def _mapping(self, node: Node) -> Step | None:
        readers: dict[str, Callable[[Node, Node, str], Step | None]] = {
            **dict.fromkeys(COMMANDS, self._command),
            **dict.fromkeys(OF_CAMPAIGNS, self._of_campaign),
            "advance": self._advance,
            "edit": self._edit,
        }
        names = [name for name in node.value if name in readers]
        for key in node.value:
            if key not in readers and (key != "with" or "edit" not in node.value):
                self._unknown_step(key_node(node, key), key)
        if len(names) > 1:
            self.error(node, f"A step does one thing, and this is {' and '.join(names)}", "Make several steps of it.")
        elif len(node.value) == 0:
            self._unknown_step(node, "")
        elif len(names) == 1:
            return readers[names[0]](node, node.value[names[0]], names[0])
        return None

    def _command(self, node: Node, value: Node, name: str) -> Step | None:
        texts = value.value if isinstance(value.value, list) else None
        if texts is None or not all(isinstance(text.value, str) for text in texts):
            self.error(value, f"{name}: must be a list of options, like [--only, groups.donors]")
            return None
        return Command(name, node.place, tuple(str(text.value) for text in texts))

    def _of_campaign(self, node: Node, value: Node, name: str) -> Step | None:
        address = self.address(value, name)
        return Command(name, node.place, address=address) if address else None

    def address(self, node: Node, name: str) -> str:
        """The address that stands there; "" where there is none, which is reported."""
        text = str(node.value) if isinstance(node.value, str) else ""
        section = text.partition(".")[0]
        try:
            if section and Address.parse(text) and section in registry():
                return text
            problem = f'there is no section "{section[:80]}"' if section else "must be an address like groups.donors"
        except ValueError as error:
            problem = str(error)
        self.error(node, f"{name}: {problem}", did_you_mean(section, registry()))
        return ""

    def _advance(self, node: Node, value: Node, name: str) -> Step | None:
        match = _LENGTH.fullmatch(value.value) if isinstance(value.value, str) else None
        seconds = int(match[1]) * _UNITS[match[2]] if match else 0
        if not 0 < seconds <= _LONGEST:
            hint = "Units are s, m, h, d and w; a test runs for at most 100 years, and never back."
            self.error(value, f"{name}: must be a number and a unit, like 3d or 90m", hint)
            return None
        return Advance(timedelta(seconds=seconds), node.place)

    def _edit(self, node: Node, value: Node, name: str) -> Step | None:
        values = node.get("with")
        if not isinstance(value.value, str) or not value.value:
            self.error(value, f"{name}: must be the path of a file of the project, like campaign.yaml")
            return None
        if values is None or not isinstance(values.value, dict) or not values.value:
            summary = "with: must be a mapping of paths to new values, like {rsvpCalls.invite.acceptsWanted: 60}"
            self.error(values or node, summary)
            return None
        places = {path: key_node(values, path).place for path in values.value}
        for path in values.value:
            names = path.split(".")
            if not all(names) or len(names) > MAX_DEPTH:
                self.error(
                    key_node(values, path), f'"{path[:80]}" is no path of a field', "Write it like section.name.field."
                )
                return None
        return Edit(str(value.value), values.data(), node.place, value.place, places)

    # ---- people ----

    def people(self, node: Node | None) -> People:
        """What `people:` says; what is wrong in it is left out."""
        if node is None or node.data() is None:
            return People()
        if not isinstance(node.value, dict):
            self.error(node, "people: must be a mapping, like {answer: 70%, accept: 30%, seed: 7}")
            return People()
        shares = {name: self._share(node.value[name], name) for name in ("answer", "accept") if name in node.value}
        seed = self._seed(node.value["seed"]) if "seed" in node.value else None
        return People(seed, shares.get("answer"), shares.get("accept"), dict(self._numbers(node)))

    def _share(self, node: Node, name: str) -> float | None:
        try:
            return share_of(str(node.value) if isinstance(node.value, str) else None)
        except ValueError as error:
            self.error(node, f"{name}: {error}")
            return None

    def _seed(self, node: Node) -> int | None:
        text = str(node.value) if isinstance(node.value, str) else ""
        if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST_SEED:
            return int(text)
        self.error(node, "seed: must be a whole number from 0")
        return None

    def _numbers(self, node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
        numbers: set[str] = set()
        for key, value in node.value.items():
            if key in ("answer", "accept", "seed"):
                continue
            if not any(char.isdigit() for char in key):
                hint = (
                    did_you_mean(key, ("answer", "accept", "seed")) or "Known here: answer, accept, seed, and numbers."
                )
                self.error(key_node(node, key), f'Unknown field "{key[:80]}"', hint, code="unknown-field")
                continue
            try:
                number = e164(key, self._region)
            except ValueError as error:
                self.error(key_node(node, key), f"people: this {error}")
                continue
            if number in numbers:
                self.error(key_node(node, key), "people: this number stands twice", "Remove one of the two.")
            numbers.add(number)
            if outcomes := self._outcomes(value):
                yield number, outcomes

    def _outcomes(self, node: Node) -> tuple[str, ...]:
        nodes = node.value if isinstance(node.value, list) else [node]
        form = f"A number has a list of {', '.join(OUTCOMES)}, one for each call; the last holds for all later ones"
        words = [str(item.value) if isinstance(item.value, str) else "" for item in nodes]
        for item, word in zip(nodes, words, strict=True):
            if word not in OUTCOMES:
                hint = did_you_mean(word, OUTCOMES) or f"{form}."
                self.error(item, f'"{word[:80]}" is nothing that becomes of a call' if word else form, hint)
        if not nodes:
            self.error(node, form)
        return tuple(word for word in words if word in OUTCOMES)
