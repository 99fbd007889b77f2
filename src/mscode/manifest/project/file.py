"""`mscode.yaml`: the project file (docs/manifest.md#mscodeyaml)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from mscode.errors import ConfigError, Diagnostic, ManifestError, Place
from mscode.kinds.fields.types import Flag, Text, WholeNumber, destination_url
from mscode.manifest.format.grouping import hide
from mscode.manifest.problems import diagnostics_of
from mscode.manifest.project.service import Service, file_names, plain, service_nodes, settings_of
from mscode.manifest.project.state_settings import State
from mscode.manifest.project.variables import Variable, secret_texts
from mscode.manifest.yaml.source import problem, read_bytes
from mscode.manifest.yaml.tree import Node, parse
from mscode.model.kind import registry
from mscode.model.late_pattern import late_pattern
from mscode.model.listener_url import path_secret
from mscode.model.nearest import did_you_mean
from mscode.model.project_file import EMBEDDED, FILE
from mscode.model.retention import FORM, is_period
from mscode.model.world import CheckSetting, Project

ENVIRONMENT_NAME = late_pattern(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}\Z")
VARIABLE = late_pattern(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
#: Guards that this version enforces; a guard that is written down and not enforced would be worse than none.
FORMS = ("callingHours", "countryHours", "publicHolidays", "doNotCall", "webhookHosts", "maxAttemptsPerPerson")
NUMBERS = ("maxPeople", "maxCalls", "maxRedials")
SHARES = ("maxDeletes", "maxMemberRemovals")
CHANCES = ("minChance",)
#: Built-in guards: they have no limit, only a level and a reason. One a line.
SWITCHES = (
    "duplicatePerson",
    "unreadableNumber",
    "calledAlready",
    "unfinishedCampaign",
    "emptyProject",
    "acceptsWanted",
    "samePersonSameDay",
    "doNotCallGrows",
    "durableState",
)
GUARDS = (*NUMBERS, *SHARES, *CHANCES, *FORMS, *SWITCHES)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f'"{name}" is no time zone; write one like Europe/Helsinki or UTC') from error
    return name


def _region(name: str) -> str:
    import phonenumbers

    if name not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f'"{name}" is no region; write two capital letters, like FI')
    return name


Zone = Annotated[Text, AfterValidator(_zone)]


def _period(value: Any) -> str:
    if not isinstance(value, str) or not is_period(value):
        raise ValueError(f'"{value}" is no period; write a whole number and d, w, m or y, like 5y')
    return value


Period = Annotated[
    str, BeforeValidator(_period), WithJsonSchema({"type": "string", "pattern": FORM, "examples": ["5y"]})
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Token(_Strict):
    """Where the token comes from; never the token itself."""

    env: Text | None = Field(default=None, description="Name of an environment variable.")
    command: list[Text] | None = Field(
        default=None, min_length=1, description="A command that prints the token, as a list."
    )

    @model_validator(mode="after")
    def _check_source(self) -> Token:
        if self.env is not None and not VARIABLE.match(self.env):
            # It may be the token itself: what stands there is not repeated.
            raise ValueError("env must be the name of an environment variable, like MULTISENDER_TOKEN")
        if (self.env is None) == (self.command is None):
            raise ValueError("is either {env: NAME} or {command: [program, argument]}")
        return self


def _token(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(
            "must not stand in the file; write {env: NAME} or {command: [program, argument]}, "
            "and change the token that was written here"
        )
    return value


def _listen_url(url: str) -> str:
    parts = urlsplit(destination_url(url))
    if parts.query or parts.fragment:
        raise ValueError("must end with a path: what is received has paths below it")
    if path_secret(parts.path) is not None:
        raise ValueError("must not end with a campaign's own path, but with what all of them have in common")
    return url.rstrip("/")


class Listen(_Strict):
    """Where the service reaches `mscode watch --listen`."""

    url: Annotated[Text, AfterValidator(_listen_url)] = Field(
        description="What the URLs of `{listen: true}` begin with: https, or http to this machine."
    )


class EnvironmentFile(_Strict):
    """One account of the service, or the embedded sandbox."""

    url: Text = Field(description='Base URL of the API with its prefix, or "sandbox:" for the embedded sandbox.')
    token: Annotated[Token | None, BeforeValidator(_token)] = Field(
        default=None, description="Where the token comes from."
    )
    windowZone: Zone = Field(default="UTC", description="Zone in which the service reads activeFrom and activeTo.")
    state: State | None = Field(default=None, description="Where the state is kept.")
    recordsKeep: Period | None = Field(
        default=None,
        description="How long the records of launches are kept: a number and d, w, m or y, like 5y. The next apply erases what is "
        "older; by default they are kept for ever.",
    )
    allowInsecure: Flag = Field(default=False, description="Allow plain http:// to a host that is not this machine.")
    settleSeconds: WholeNumber = Field(
        default=30, description="Seconds that a list is read again, after a lost answer, until it counts as settled."
    )
    listSeconds: WholeNumber = Field(
        default=30,
        description="Seconds that one list of the service may take until its last row is there: a million people take long. "
        "At least 30, at most 3600.",
    )
    variables: dict[str, Any] = Field(
        default_factory=dict, description="Values of declared variables in this environment."
    )
    loginPath: Text | None = Field(
        default=None, description="Path of the login; default /login, or `login_path` of `service`."
    )
    rsvpReceiversPath: Text | None = Field(
        default=None, description="Path to add receivers to an RSVP call; default /rsvp_calls/{id}/receivers."
    )
    textToSpeechPath: Text | None = Field(
        default=None, description="Path to make a spoken voice file; default /voice_files/text_to_speech."
    )
    uploadPath: Text | None = Field(default=None, description="Path to upload a recording; default /voice_files.")
    service: Service | None = Field(
        default=None,
        description="How the service works in this account: values of switches of the sandbox, or `{file: profile.yaml}`.",
    )

    listen: Listen | None = Field(
        default=None,
        description="Where the service reaches `mscode watch --listen`: `{url: https://hooks.example.com/mscode}`. "
        "Webhooks that are written as `{listen: true}` have paths below it.",
    )

    def paths(self, login_path: str | None = None) -> dict[str, str]:
        """The API's paths by key: the kinds' defaults, `login_path` of the service, and what this environment sets, since the page
        does not state them.
        """
        from_service = {"login": login_path} if login_path else {}
        own = {key: path for name, key in PATH_SETTINGS.items() if (path := getattr(self, name))}
        return known_paths() | from_service | own


#: Settings of an environment, and the path key each sets.
PATH_SETTINGS = {
    "loginPath": "login",
    "rsvpReceiversPath": "rsvpReceivers",
    "textToSpeechPath": "voiceFilesTextToSpeech",
    "uploadPath": "voiceFilesUpload",
}


def known_paths() -> dict[str, str]:
    """Every path of the API by its key, with its default."""
    paths: dict[str, str] = {"login": "/login"}
    for kind in registry().values():
        paths.update(kind.paths)
    return paths


class GuardRule(_Strict):
    """A guard in its long form."""

    value: Any = Field(default=None, description="The limit.")
    level: Literal["deny", "warn"] | None = Field(
        default=None, description="deny (default) refuses the plan, warn only says so."
    )
    reason: Text | None = Field(default=None, description="Why; shown with the guard.")
    action: Literal["refuse", "exclude"] | None = Field(
        default=None,
        description="Of doNotCall: refuse (default) what reaches its people, or exclude them from groups beside that.",
    )


def _guard(value: Any) -> Any:
    """The long form as it is; `callingHours` is a mapping of its own."""
    is_long = isinstance(value, dict) and set(value) <= GuardRule.model_fields.keys()
    return value if is_long else {"value": value}


Guard = Annotated[
    GuardRule,
    BeforeValidator(_guard),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["integer", "string"]},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {
                    "type": "object",
                    "properties": {
                        "value": {},
                        "level": {"enum": ["deny", "warn"]},
                        "reason": {"type": "string"},
                        "action": {"enum": ["refuse", "exclude"]},
                        "from": {"type": "string"},
                        "to": {"type": "string"},
                        "weekdays": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                        "timezone": {"type": "string"},
                        "countries": {
                            "anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
                        },
                        "own": {"type": "object", "minProperties": 1},
                        "attempts": {"type": "integer"},
                        "days": {"type": "integer"},
                    },
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class CheckRule(_Strict):
    """What a rule is set to, in its long form."""

    level: Literal["deny", "warn", "off"] | None = Field(
        default=None, description="deny refuses what reaches people, warn only says so, off asks nothing."
    )
    value: Text | None = Field(default=None, description="The rule's value: a number, a share like 50%, or a text.")
    reason: Text | None = Field(default=None, description="Why; shown with the finding.")
    inline: Flag = Field(default=True, description="false: no comment in a manifest allows what this rule refuses.")


def _check(value: Any) -> Any:
    if value is None:
        raise ValueError("must be deny, warn or off, or a mapping like {level: deny, value: 45}")
    return {"level": value} if isinstance(value, str) else value


CheckEntry = Annotated[
    CheckRule,
    BeforeValidator(_check),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["deny", "warn", "off"]},
                {
                    "type": "object",
                    "properties": {
                        "level": {"enum": ["deny", "warn", "off"]},
                        "value": {"type": ["integer", "string"]},
                        "reason": {"type": "string"},
                        "inline": {"type": "boolean"},
                    },
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class ProjectFile(_Strict):
    """The project: its identity, its environments and its guards."""

    apiVersion: Literal["mscode/v1"] = Field(description="mscode/v1")
    project: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9-]{0,38}$")] = Field(
        description="Stable identity, part of every ownership marker."
    )
    timezone: Zone = Field(
        default="UTC", description="Zone of date-times without an offset, and of what is shown to people."
    )
    region: Annotated[Text, AfterValidator(_region)] | None = Field(
        default=None, description="Region in which national phone numbers are read, like FI."
    )
    defaultEnvironment: Text | None = Field(default=None, description="Environment used when none is named.")
    environments: dict[str, EnvironmentFile] = Field(default_factory=dict, description="Accounts by name.")
    variables: dict[str, Variable] = Field(
        default_factory=dict, description="Values that manifests name as `${var.name}`, by name."
    )
    envVars: list[Text] = Field(
        default_factory=list, description="Environment variables that manifests may read as `${env.NAME}`."
    )
    guards: dict[str, Guard] = Field(default_factory=dict, description="Limits that refuse a plan.")
    checks: dict[str, CheckEntry] = Field(
        default_factory=dict, description="Levels and values of the rules that `mscode checks` lists, by their ids."
    )
    manifests: list[Text] | None = Field(
        default=None, min_length=1, description="Globs of manifests; default **/*.yaml and **/*.yml."
    )

    #: the file itself, for the places and the values of variables; None of a project that is no file
    _root: Node | None = PrivateAttr(default=None)
    #: `service` of the environments that have one, as it stands in mscode.yaml or in its file
    _services: dict[str, Node] = PrivateAttr(default_factory=dict)

    @property
    def root(self) -> Node | None:
        """The mapping that `mscode.yaml` is."""
        return self._root

    @property
    def service_nodes(self) -> Mapping[str, Node]:
        """The mapping of switch to value of each environment that has one, for the places of what is wrong with it."""
        return self._services

    @property
    def service_files(self) -> frozenset[str]:
        """The files that `service` of an environment names, by their paths in the project (posix)."""
        return file_names(self._root)

    def service(self, name: str) -> dict[str, object]:
        """How the service of an environment works, as its owner says: switch to value, in JSON's types."""
        if name in self._services:
            return settings_of(self._services[name])
        known = self.environments.get(name)
        extra = (known.service.model_extra if known and known.service else None) or {}
        return {switch: plain(value) for switch, value in extra.items()}

    def listen_url(self, name: str) -> str:
        """Where the service reaches `mscode watch --listen` in an environment; "" where it does not say."""
        known = self.environments.get(name)
        return known.listen.url if known is not None and known.listen is not None else ""

    def embedded(self) -> list[str]:
        """The environments that are the embedded emulator, which is one for all of them; the default one first."""
        names = [name for name, known in self.environments.items() if known.url == EMBEDDED]
        return sorted(names, key=lambda name: name != self.defaultEnvironment)

    def place_of_token(self, environment: str) -> str:
        """Where `token:` of an environment stands, for a sentence: `mscode.yaml line 12`, `mscode.yaml` where nobody knows."""
        node = self._root.get("environments", environment, "token") if self._root is not None else None
        if node is not None and isinstance(node.value, dict):
            node = next(iter(node.value.values()), node)
        return FILE if node is None else f"{FILE} line {node.line + 1}"

    def environment(self, name: str) -> EnvironmentFile:
        """An environment by name; ConfigError that lists the known ones."""
        if name not in self.environments:
            listing = ", ".join(self.environments) or "none"
            suggestion = did_you_mean(name, self.environments)
            hints = [suggestion] if suggestion else []
            raise ConfigError(
                f'There is no environment "{name}"',
                hint="\n".join([*hints, f"Known in {FILE}: {listing}."]),
                code="unknown-environment",
            )
        return self.environments[name]

    def planning(self, root: Path | None = None, *, only: str = "") -> Project:
        """What planning needs of it; `root` is where files that guards name are read. `only`: of this guard alone."""
        from mscode.manifest.project.guards import number_table, resolved

        rules = {name: guard for name, guard in self.guards.items() if only in ("", name)}
        guards = resolved(rules, self.timezone, self.region or "", root)
        return Project(
            self.project,
            ZoneInfo(self.timezone),
            self.timezone,
            self.region or "",
            guards,
            self.check_settings(),
            {name: pace for name in self.environments if isinstance(pace := self.service(name).get("pace"), int)},
            frozenset(self.embedded()),
            number_table(guards),
        )

    def check_settings(self) -> dict[str, CheckSetting]:
        """The settings of the rules, by their ids."""
        return {
            rule_id: CheckSetting(entry.level, entry.value, entry.reason or "", entry.inline)
            for rule_id, entry in self.checks.items()
        }


def load_project(folder: Path, command: str = "mscode plan") -> ProjectFile:
    """Read `mscode.yaml` of a folder; ManifestError or ConfigError that says what to do (`command`: see `no_project`)."""
    path = folder / FILE
    try:
        is_project = path.is_file()
    except (OSError, ValueError):
        is_project = False
    if not is_project:
        raise no_project(folder, command)
    project = project_of(read_bytes(path, FILE))
    project._services = service_nodes(project.root, folder)
    return project


def project_of(raw: bytes) -> ProjectFile:
    """The content of a `mscode.yaml`; ManifestError with everything that is wrong with it."""
    from mscode.manifest.project.checks import checks

    documents = parse(raw, FILE)
    if not documents or not isinstance(documents[0].value, dict):
        raise problem(Place(FILE), f"{FILE} is empty or no mapping", "", "Begin with `apiVersion: mscode/v1`.", "empty")
    if len(documents) > 1:
        raise problem(documents[1].place, f"{FILE} holds several documents", "", "Keep one.", "several-documents")
    node = documents[0]
    diagnostics = checks(node)
    try:
        project = ProjectFile.model_validate(node.data())
    except ValidationError as error:
        diagnostics += diagnostics_of(error, ProjectFile, node, "")
    if diagnostics:
        secrets = secret_texts(node)
        raise ManifestError(sorted((hide(diagnostic, secrets) for diagnostic in diagnostics), key=Diagnostic.sort_key))
    project._root = node
    return project


def partial_project(raw: bytes) -> tuple[ProjectFile, frozenset[str]] | None:
    """What of a `mscode.yaml` with errors manifests can be read by, and the top-level keys that are left out of it. None where it
    is no mapping. For `validate`, which looks at all files in one run; nothing may be planned by it.

    It has no guards and no rules: no manifest is read by them, and some of their errors show only where they are used.
    """
    try:
        [node] = parse(raw, FILE)
        data = node.data()
    except (ManifestError, ValueError):
        return None
    if not isinstance(data, dict):
        return None
    left_out: set[str] = set()
    for _ in range(2):  # without what is wrong, then with what is required in the place of it
        needed = {"apiVersion": "mscode/v1", "project": "unknown"}
        try:
            usable = {key: value for key, value in data.items() if key not in left_out | {"guards", "checks"}}
            project = ProjectFile.model_validate({**needed, **usable})
        except ValidationError as error:
            left_out |= {str(entry["loc"][0]) for entry in error.errors(include_url=False) if entry["loc"]}
            continue
        project._root = node
        return project, frozenset(left_out)
    return None


def no_project(folder: Path, command: str = "mscode plan") -> ConfigError:
    """Why a path is no project, and what to type in its place: it is not there, it is a file, or it is a folder of a project
    whose `mscode.yaml` lies above it. `command` is what was typed before the path.
    """
    try:
        summary, detail, hints = _wrong_path(folder, command)
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # a name that no file may have, a folder without permission to read
        reason = getattr(error, "strerror", "") or "it is no name of a file"
        summary, detail, hints = f"{str(folder)[:200]} cannot be read: {reason}", "", []
    return ConfigError(summary, detail=detail, hint="\n".join(hints), code="no-project")


def _wrong_path(folder: Path, command: str) -> tuple[str, str, list[str]]:
    """Summary, detail and hints."""
    above = next((parent for parent in folder.resolve().parents if (parent / FILE).is_file()), None)
    detail = f"The project is the folder {above}, which holds {FILE}." if above is not None else ""
    hints = ["Make a project with `mscode init`."] if above is None else [_command_hint(above, command)]
    if not folder.exists():
        names = [entry.name for entry in folder.parent.iterdir()] if folder.parent.is_dir() else []
        suggestions = [did_you_mean(str(folder), [str(folder.parent / name) for name in names])]
        if folder.suffix == ".json":
            hints = [f"A plan is saved by: mscode plan --out {quote(str(folder))}"]
        return f'There is no file or folder "{folder}"', detail, [hint for hint in suggestions if hint] + hints
    inside = folder.resolve().relative_to(above).as_posix() if above is not None and above.samefile(".") else ""
    is_manifest = folder.suffix.lower() in (".yaml", ".yml") or folder.is_dir()
    if inside and is_manifest and command in _SELECTING:
        glob = f"{inside}/*" if folder.is_dir() else inside
        hints.append(f"For what it declares alone: {command} --only {quote(glob)}")
    if folder.is_file():
        if folder.suffix == ".json":
            hints = [f"A saved plan is shown by: mscode show {quote(str(folder))}"]
        return f"{folder} is a file, and not the folder of a project", detail, hints
    detail = f"The folder {above} above it holds one." if above is not None else ""
    return f"There is no {FILE} in {folder}", detail, hints


def _command_hint(project: Path, command: str) -> str:
    if (
        command == "mscode destroy"
    ):  # the path named a part of the project: the hint must not suggest to destroy all of it
        return "Name that folder, or change into it; everything that it manages would be deleted."
    return f"Type: {command}" if project.samefile(".") else f"Type: {command} {quote(_shortest_path(project))}"


#: Commands that can be asked for a part of a project.
_SELECTING = ("mscode plan", "mscode apply")


def _shortest_path(folder: Path) -> str:
    """A path as short as it can be typed from here."""
    try:
        near = os.path.relpath(folder)
    except ValueError:  # another drive
        return str(folder)
    return min(near, str(folder), key=len)


__all__ = ["FILE", "GUARDS", "EnvironmentFile", "ProjectFile", "known_paths", "load_project"]
