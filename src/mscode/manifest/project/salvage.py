"""What of a `mscode.yaml` that cannot be used can still be trusted to stop calls: its name, and where its accounts are.

For `mscode halt` alone. A guard with a typing error, a key that stands twice or a merge that was not finished must
not keep a campaign calling; so each block of the file is read by itself, and what cannot be read is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mscode.manifest.project.file import ENVIRONMENT_NAME, FILE, EnvironmentFile, ProjectFile
from mscode.manifest.yaml.tree import MAX_BYTES, Node, parse_all
from mscode.model.light_dataclass import dataclass

#: A name that stands for none: no mark carries it.
NAMELESS = "unknown"
_NAME = r"""["']?project["']?[ \t]*:[ \t]*["']?([a-z][a-z0-9-]{0,38})(?![\w-])"""
#: `project: NAME` at the beginning of a line; or, of a file in one pair of braces, after a brace, a comma or spaces.
_LINE, _MEMBER = re.compile(rf"^{_NAME}", re.MULTILINE), re.compile(rf"(?:^|[{{,])[ \t]*{_NAME}", re.MULTILINE)
_TOP = re.compile(r"^(?=[\w\"'])", re.MULTILINE)
#: What an unfinished merge leaves between the two sides; both sides are read.
_MERGE = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?:[ \t][^\n]*)?\r?$", re.MULTILINE)
#: Characters that YAML does not have; a file that was cut by a crash ends in NULs.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAB = 4


@dataclass(frozen=True, slots=True)
class Salvaged:
    """`names` are all that the file gives its project (two, where a merge was not finished)."""

    names: frozenset[str]
    project: ProjectFile


def nameless() -> ProjectFile:
    """A project of which nothing is known."""
    return ProjectFile(apiVersion="mscode/v1", project=NAMELESS)


def salvage(raw: bytes) -> Salvaged:
    """What can be read; never raises."""
    text = _text(raw[:MAX_BYTES])
    names = frozenset(_LINE.findall(text) or _MEMBER.findall(text))
    members = _members(text)
    environments, sections = {}, members.get("environments")
    for name, settings in sections.items() if isinstance(sections, Mapping) else ():
        environment = _environment(settings) if ENVIRONMENT_NAME.match(name) else None
        if environment is not None:
            environments[str(name)] = environment
    default = members.get("defaultEnvironment")
    if default not in environments:
        default = next(iter(environments)) if len(environments) == 1 else None
    project = ProjectFile(apiVersion="mscode/v1", project=min(names, default=NAMELESS))
    project.environments, project.defaultEnvironment = environments, str(default) if default else None
    return Salvaged(names, project)


def _text(raw: bytes) -> str:
    """The text without what stands in a parser's way and says nothing: merge marks, control characters, tabs."""
    is_wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = raw.decode("utf-16" if is_wide else "utf-8-sig", "replace")
    return _CONTROLS.sub(" ", _MERGE.sub("", text)).expandtabs(_TAB)


def _members(text: str) -> dict[str, Any]:
    """The top-level members: of the whole file where its end can be reached, else of each block that can be read."""
    whole = _read(text)
    if whole:
        return whole
    members: dict[str, Any] = {}
    for block in _TOP.split(text):
        for name, value in _read(block).items():
            members.setdefault(name, value)
    return members


def _read(text: str) -> dict[str, Any]:
    documents: list[Node] = parse_all(text.encode("utf-8", "replace"), FILE).documents
    data = documents[0].data() if documents else None
    return dict(data) if isinstance(data, Mapping) else {}


def _environment(settings: Any) -> EnvironmentFile | None:
    """One environment, without the settings that are not as they should be; None without a URL."""
    if not isinstance(settings, Mapping):
        return None
    fields = {name: value for name, value in settings.items() if name in EnvironmentFile.model_fields}
    for _ in range(len(fields) + 1):
        try:
            return EnvironmentFile.model_validate(fields)
        except ValidationError as error:
            invalid = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]} & set(fields)
            fields = {name: value for name, value in fields.items() if name not in invalid}
            if not invalid or "url" in invalid:
                return None
    return None
