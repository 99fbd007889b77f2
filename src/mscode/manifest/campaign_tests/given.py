"""`given:` of a test: what the account holds before. Objects as in a manifest, and of people also so many with the same fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from itertools import count as counting
from pathlib import Path
from typing import Any

from mscode.errors import Diagnostic, ManifestError
from mscode.kinds.fields.e164 import e164
from mscode.manifest.load.loader import load_sections
from mscode.manifest.project.file import ProjectFile
from mscode.manifest.project.variable_sources import NOTHING, VariableSources
from mscode.manifest.yaml.source import problem
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.kind import Kind, kind_of
from mscode.model.light_dataclass import dataclass
from mscode.model.values import Scalar
from mscode.model.world import DesiredWorld

COUNT = "count"
#: So many people of one test; more do not tell more, and take time.
MOST = 10_000
#: Ranges that Ofcom sets aside for drama: mobiles first, then landlines. Each holds a thousand numbers.
_RESERVED = (
    *("+447700900", "+441134960", "+441144960", "+441154960", "+441164960", "+441174960", "+441184960", "+441214960"),
    *("+441314960", "+441414960", "+441514960", "+441614960", "+441914980", "+442079460", "+442896496", "+442920180"),
)
_FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Given:
    """`world` has the objects with names; `people` has those who are only counted, each in spec form."""

    world: DesiredWorld
    people: tuple[Mapping[str, Any], ...] = ()


class GivenReader:
    """Reads `given:` of one environment's tests."""

    def __init__(
        self,
        root: Path,
        project: ProjectFile,
        environment: str,
        window_zone: tzinfo = UTC,
        sources: VariableSources = NOTHING,
    ) -> None:
        self._root, self._project, self._environment = root, project, environment
        self._window_zone, self._sources = window_zone, sources

    def read(self, node: Node, folder: Path) -> Given:
        """What a node gives; files that it names are relative to `folder`. ManifestError with everything that is wrong."""
        if not isinstance(node.value, dict):
            raise problem(
                node.place, "given: must be a mapping of sections, like {accounts: {count: 200}}", code="bad-value"
            )
        kind = kind_of("person")
        objects, groups = _parted(node, kind.section)
        world = self._load(objects, folder)
        in_use = {str(item.fields.get("phone")) for item in world.objects.values() if item.kind.is_person}
        numbers = _reserved(in_use)
        people: list[Mapping[str, Any]] = []
        for group in groups:
            people += self._people(group, kind, folder, numbers, in_use, len(people))
        return Given(world, tuple(people))

    def _load(self, node: Node, folder: Path) -> DesiredWorld:
        return load_sections(
            self._root,
            self._project,
            self._environment,
            node,
            folder,
            window_zone=self._window_zone,
            sources=self._sources,
        )

    def _people(
        self, node: Node, kind: Kind, folder: Path, reserved: Iterator[str], in_use: set[str], before: int
    ) -> list[Mapping[str, Any]]:
        """So many people with the same fields, each with a number and an address of their own."""
        number = _how_many(node, before)
        numbers = _beginning_with(node, number, self._project.region or "", in_use) or reserved
        phones = [phone for phone, _ in zip(numbers, range(number), strict=False)]
        in_use.update(phones)
        fields = {key: child for key, child in node.value.items() if key not in (COUNT, "phone")}
        if "email" in fields:
            raise problem(
                key_node(node, "email").place, "Each person has an e-mail address of their own", "", "Leave it out."
            )
        fields["phone"] = _scalar(phones[0], node) if phones else node
        sample = _mapping({"person": _mapping(fields, node)}, node)
        world = self._load(_mapping({kind.section: sample}, node), folder)
        common = next(iter(world.objects.values())).fields
        return [
            {**common, "phone": phone, "email": f"person-{before + at + 1}@example.com"}
            for at, phone in enumerate(phones)
        ]


def _parted(node: Node, section: str) -> tuple[Node, list[Node]]:
    """What is given by name, and the mappings with a `count`: the section itself, or some of its names."""
    people = node.value.get(section)
    if people is None or not isinstance(people.value, dict):
        return node, []
    if _is_count(people):
        return _mapping({key: child for key, child in node.value.items() if key != section}, node), [people]
    groups = {name: child for name, child in people.value.items() if isinstance(child.value, dict) and _is_count(child)}
    objects = {name: child for name, child in people.value.items() if name not in groups}
    return _mapping({**node.value, section: _mapping(objects, people)}, node), list(groups.values())


def _is_count(node: Node) -> bool:
    """Does `count` stand for a number here? As the name of a person it would be a mapping."""
    return COUNT in node.value and isinstance(node.value[COUNT].value, str)


def _mapping(children: Mapping[str, Node], at: Node) -> Node:
    """A mapping at the place of another one."""
    keys = {name: (at.keys or {}).get(name, at) for name in children}
    made = Node(dict(children), at.line, at.column, at.source, keys)
    made.flawed = at.flawed
    return made


def _scalar(text: str, at: Node) -> Node:
    return Node(Scalar(text, plain=False), at.line, at.column, at.source)


def _how_many(node: Node, before: int) -> int:
    text = str(node.value[COUNT].value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 0 < number <= MOST - before:
        summary = f"count: must be a whole number from 1, and {MOST:,} people at most are given in a test"
        raise ManifestError([Diagnostic(summary, node.value[COUNT].place, code="bad-value")])
    return number


def _reserved(in_use: set[str]) -> Iterator[str]:
    """Numbers set aside for fiction that nobody else of the test has."""
    numbers = (f"{beginning}{last:03}" for beginning in _RESERVED for last in range(1_000))
    return (number for number in numbers if number not in in_use)


def _beginning_with(node: Node, number: int, region: str, in_use: set[str]) -> Iterator[str] | None:
    """Numbers that begin as `phone` says; None where it is left out. ManifestError where these would be no numbers."""
    start = node.value.get("phone")
    if start is None:
        return None
    beginning = str(start.value) if isinstance(start.value, str) else ""
    digits = max(_FEWEST_DIGITS, len(str(number + len(in_use))))
    try:
        for last in (0, 10**digits - 1):
            e164(f"{beginning}{last:0{digits}}", region)
    except ValueError:
        summary = f"phone: {digits} more digits behind this are no phone number"
        hint = (
            'Write the beginning of the numbers, like "+35840555"; left out, they are of a range set aside for fiction.'
        )
        raise ManifestError([Diagnostic(summary, start.place, "", hint, code="bad-phone")]) from None
    numbers = (e164(f"{beginning}{last:0{digits}}", region) for last in counting() if last < 10**digits)
    return (phone for phone in numbers if phone not in in_use)
