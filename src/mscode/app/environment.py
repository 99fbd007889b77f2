"""Which environment a command works in, and how to reach it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mscode.errors import ConfigError
from mscode.model.ci import in_ci
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import EMBEDDED
from mscode.model.service_facts import LITERAL, ServiceFacts

if TYPE_CHECKING:
    from mscode.api.client import Client, Reader
    from mscode.app.service_settings import SandboxSettings
    from mscode.engine.account.target import Account, Target
    from mscode.http.transport import Transport
    from mscode.manifest.project.file import EnvironmentFile, ProjectFile
    from mscode.model.privacy import Masker
    from mscode.sandbox.profile import Profile
    from mscode.state.backend import Backend
    from mscode.state.records.storage import RecordStorage

#: What the emulator in this process is called in requests.
_EMBEDDED_HOST = "http://sandbox.local"
#: The environment's name when MSCODE_URL alone says where to go.
UNNAMED = "default"


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment, resolved.

    `paths` are the kinds' defaults overlaid by the settings. `project_dir` holds mscode.yaml, `folder` is where mscode
    keeps what belongs to this environment (`.mscode/<name>`, mode 0700 once written); `state` has the settings of the
    backend (see `app.state_backend`). The token is looked up when it is needed. `has_project` is False of an account that
    MSCODE_URL alone names, without any mscode.yaml: `project` then says nothing, and nothing is kept in `project_dir`.
    """

    name: str
    url: str
    window_zone: tzinfo
    window_zone_name: str
    settle_seconds: int
    list_seconds: int
    paths: Mapping[str, str]
    state: Mapping[str, Any]
    project: ProjectFile
    project_dir: Path
    allow_insecure: bool
    token_spec: Mapping[str, Any] | None
    variables: Mapping[str, str]
    #: takes the token before it is used, so that no output shows it
    hide_token: Callable[[str], object] = field(compare=False, repr=False)
    #: how its service reads the API, as its owner says
    profile: Profile
    has_project: bool = True
    #: how long records are kept (model/retention.py), "" for ever
    records_keep: str = ""
    #: what of that matters to mscode itself
    service: ServiceFacts = LITERAL
    #: where the service and the state are in place of what the settings say: a rehearsal has both in memory
    in_memory: InMemory | None = field(default=None, compare=False, repr=False)

    @property
    def embedded(self) -> bool:
        """Is it the emulator in this process?"""
        return self.url == EMBEDDED

    @property
    def folder(self) -> Path:
        """Where mscode keeps what belongs to this environment."""
        return self.project_dir / ".mscode" / self.name

    @property
    def advice(self) -> str:
        """What to check where the service cannot be reached."""
        setting = "MSCODE_URL" if self.name == UNNAMED else f"url: of environment {self.name}"
        return f"Check {setting}, or your VPN."

    def token(self) -> str:
        """MSCODE_TOKEN, what `token:` points to, or what `mscode login` kept; ConfigError where there is none."""
        from mscode.http.token import check_token, resolve_token

        if token := self.variables.get("MSCODE_TOKEN", "").strip():
            return check_token(token, "the variable MSCODE_TOKEN")
        # A login on this machine counts where `token:` names nothing that is there; a CI job has no keyring to ask.
        spec = self.token_spec or {}
        is_named = "command" in spec or bool(self.variables.get(str(spec.get("env")), "").strip())
        if not is_named and not in_ci(self.variables):
            from mscode.app.keyring import stored_token

            if token := stored_token(self.url):
                return check_token(token, "the system's keyring")
        if self.token_spec is None:
            hint = "Set MSCODE_TOKEN, write `token: {env: NAME}` into the environment, or use `mscode login`."
            raise ConfigError(f'Environment "{self.name}" has no token', hint=hint, code="token")
        return resolve_token(self.token_spec, self.variables, place=self.project.place_of_token(self.name))

    def account(self, reader: Reader) -> Account:
        """The live account of this environment, as `reader` reads it."""
        from mscode.engine.account.target import Account

        return Account(reader, self.target())

    def target(self) -> Target:
        """The settings that the engine works with."""
        from urllib.parse import urlsplit

        from mscode.engine.account.target import Target
        from mscode.model.loopback import is_loopback

        is_here = self.embedded or self.in_memory is not None
        is_remote = not is_here and not is_loopback(urlsplit(self.url).hostname or "")
        return Target(
            project=self.project.project if self.has_project else "",
            environment=self.name,
            url=self.url,
            paths=self.paths,
            results=self.project_dir / ".mscode" / "results" if self.in_memory is None else None,
            root=self.project_dir,
            window_zone=self.window_zone,
            window_zone_name=self.window_zone_name,
            service=self.service,
            checks_clock=is_remote,
            settle_seconds=self.settle_seconds,
            region=self.project.region or "",
            listen_url=self.project.listen_url(self.name),
            hide=self.hide_token,
            durable_state=not (is_remote and self.state["backend"] == "local" and in_ci(self.variables)),
        )


def chosen_name(project: ProjectFile, env: str, variables: Mapping[str, str]) -> str:
    """The environment's name: `--env`, MSCODE_ENV, `default` for a bare MSCODE_URL, or `defaultEnvironment`; "" for none."""
    if name := env or variables.get("MSCODE_ENV", ""):
        return name
    return UNNAMED if variables.get("MSCODE_URL") else project.defaultEnvironment or ""


def resolve(
    project: ProjectFile,
    project_dir: Path,
    env: str = "",
    variables: Mapping[str, str] | None = None,
    *,
    hide_token: Callable[[str], object],
    tell: Callable[[str], object] = lambda text: None,
) -> Environment:
    """The environment a command works in; `env` is `--env`, `variables` the process's when left out.

    `hide_token` takes the token before it is used: whatever prints or writes must know it by then, or it could stand in an
    output. `tell` takes a line for the person where MSCODE_URL decides. ConfigError where there is none, where MSCODE_URL and the
    named one disagree, or where no token may go to its URL.
    """
    from mscode.app.service_settings import base_url, facts_of, login_path, service_profile, with_url
    from mscode.manifest.project.state_settings import settings_of

    variables = os.environ if variables is None else variables
    name = chosen_name(project, env, variables)
    if not name:
        known = ", ".join(project.environments) or "none"
        hint = f"Use --env or MSCODE_ENV, or set `defaultEnvironment`. Known in mscode.yaml: {known}."
        raise ConfigError("No environment was named", hint=hint, code="no-environment")
    url = variables.get("MSCODE_URL", "")
    is_named = bool(env or variables.get("MSCODE_ENV"))
    is_unnamed = bool(url) and not is_named
    settings = unnamed_environment(project, url) if is_unnamed else project.environment(name)
    # What MSCODE_URL alone names is the account that it is in mscode.yaml.
    same = name if not is_unnamed else next(iter(with_url(project, url)), "")
    profile = service_profile(project, same, settings.url)
    base = base_url(settings.url, profile.prefix)
    if url and url.rstrip("/") not in (settings.url.rstrip("/"), base):
        raise ConfigError(
            f'MSCODE_URL is not the url of environment "{name}"',
            hint="Unset it, or leave --env and MSCODE_ENV out.",
            code="url-differs",
        )
    if url and not is_named:
        tell(url_decides(url, name))
    if settings.url != EMBEDDED:
        from mscode.http.url import ALLOWED_HOSTS, check_url

        check_url(settings.url, allow_insecure=settings.allowInsecure, allowed_hosts=variables.get(ALLOWED_HOSTS))
    return Environment(
        name=name,
        url=base,
        window_zone=ZoneInfo(settings.windowZone),
        window_zone_name=settings.windowZone,
        settle_seconds=settings.settleSeconds,
        list_seconds=settings.listSeconds,
        paths=settings.paths(login_path(project, same)),
        state=settings_of(settings.state),
        project=project,
        project_dir=project_dir,
        allow_insecure=settings.allowInsecure,
        token_spec=settings.token.model_dump(exclude_none=True) if settings.token else None,
        variables=variables,
        hide_token=hide_token,
        service=facts_of(profile),
        profile=profile,
        records_keep=settings.recordsKeep or "",
    )


def unnamed_environment(project: ProjectFile, url: str) -> EnvironmentFile:
    """What MSCODE_URL alone names. `sandbox:` is the sandbox of the project, with the hours of its environments."""
    from mscode.manifest.project.file import EnvironmentFile

    embedded = project.embedded() if url == EMBEDDED else []
    if not embedded:
        return EnvironmentFile(url=url)
    first = project.environments[embedded[0]]
    return EnvironmentFile(url=url, windowZone=first.windowZone, listen=first.listen)


def url_decides(url: str, name: str) -> str:
    """What a person is told where MSCODE_URL, which a shell may have from an hour ago, says which account a command works in."""
    return f"MSCODE_URL decides where to go: {_shown(url)} (environment {name})."


def _shown(url: str) -> str:
    """A URL for people, without a password or a path."""
    from urllib.parse import urlsplit

    from mscode.http.response import host_and_port

    if url == EMBEDDED:
        return "the embedded sandbox"
    try:
        shown = host_and_port(url) if urlsplit(url).hostname else ""
    except ValueError:  # no port
        shown = ""
    return shown or "a URL that cannot be read"  # `check_url` says so


@contextmanager
def open_reader(environment: Environment, *, masker: Masker | None = None, of_copy: bool = False) -> Iterator[Reader]:
    """A client that can send nothing but GET; `masker` masks people in the service's words. `of_copy`: the embedded emulator is
    read from a copy, since its clock runs, and what it calls meanwhile is written down whenever anybody asks.
    """
    from mscode.api.client import Reader

    with open_connection(environment, of_copy=of_copy) as connection:
        token = connection.token(environment)
        with Reader(
            connection.url,
            token,
            transport=connection.transport,
            masker=masker,
            clock=connection.clock,
            sleep=connection.sleep,
        ) as reader:
            reader.error_text.advice = environment.advice
            reader.adapt_to(environment.service)
            reader.allow_for_lists(environment.list_seconds)
            yield reader


@contextmanager
def open_client(
    environment: Environment, *, masker: Masker | None = None, parallelism: int = 10, is_urgent: bool = False
) -> Iterator[Client]:
    """A client that also changes things: with so many requests at once; `is_urgent` ones are not repeated for long."""
    from mscode.api.client import Client

    with open_connection(environment) as connection:
        token = connection.token(environment)
        with Client(
            connection.url,
            token,
            transport=connection.transport,
            masker=masker,
            clock=connection.clock,
            sleep=connection.sleep,
            parallelism=parallelism,
            is_urgent=is_urgent,
            ringing=ringing_paths(environment.paths),
        ) as client:
            client.error_text.advice = environment.advice
            client.adapt_to(environment.service)
            client.allow_for_lists(environment.list_seconds)
            yield client


def ringing_paths(paths: Mapping[str, str]) -> list[str]:
    """The paths to which a POST by itself can let phones ring, or write to people: of `paths`, an environment's."""
    from mscode.model.kind import registry

    return [paths[key] for kind in registry().values() for key in kind.reaching_paths]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the service is: over the network, or, with a `transport`, an emulator in this process, which has a token of its own.

    `clock` gives seconds, `sleep` waits for so many (None: in real time): a rehearsal passes the time by itself.
    """

    url: str
    transport: Transport | None = None
    embedded_token: str = field(default="", repr=False)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None

    def token(self, environment: Environment) -> str:
        """The token that opens it; no output shows it from now on."""
        token = self.embedded_token or environment.token()
        environment.hide_token(token)
        return token


def _records_in_memory() -> RecordStorage:
    from mscode.state.records.memory import MemoryRecords

    return MemoryRecords()


@dataclass(frozen=True, slots=True)
class InMemory:
    """The service, the state and the records of a rehearsal: in this process, and gone with it."""

    connection: Connection
    backend: Backend
    records: RecordStorage = field(default_factory=_records_in_memory)


@contextmanager
def open_connection(environment: Environment, *, of_copy: bool = False) -> Iterator[Connection]:
    """The way to the service; needs no token. `of_copy`: of the embedded emulator, to a copy of it in memory."""
    if environment.in_memory is not None:
        yield environment.in_memory.connection
        return
    if not environment.embedded:
        yield Connection(environment.url)
        return
    from mscode.app.service_settings import sandbox_settings
    from mscode.http.transport import embedded

    settings = sandbox_settings(environment.project)
    with open_sandbox(environment.project_dir, settings, as_copy=of_copy) as app:
        yield Connection(embedded_url(settings.profile), embedded(app), app.state.token)


def embedded_url(profile: Profile) -> str:
    """The URL of an emulator in this process, below which the paths of the API are."""
    from mscode.sandbox.app import prefixes

    return f"{_EMBEDDED_HOST}{prefixes(profile)[0]}"


def private_folder(folder: Path) -> Path:
    """The folder, made with mode 0700 where it is missing (its parents too)."""
    if not folder.parent.exists():
        private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def sandbox_database(project_dir: Path) -> Path:
    """The file of a project's embedded emulator."""
    return project_dir / ".mscode" / "sandbox.db"


@contextmanager
def open_sandbox(project_dir: Path, settings: SandboxSettings, *, as_copy: bool = False) -> Iterator[Any]:
    """The embedded emulator of a project, as an ASGI app; or a copy of it in memory. ConfigError where its database cannot be
    opened."""
    import sqlite3

    from mscode.sandbox.app import create_app

    database = sandbox_database(project_dir)
    try:
        private_folder(database.parent)
        app = create_app(database, profile=settings.profile, window_zone=ZoneInfo(settings.window_zone))
    except (OSError, sqlite3.Error, ValueError) as error:
        raise ConfigError(
            f"The embedded sandbox cannot use its database, {database}",
            detail=f"{getattr(error, 'strerror', None) or error}.",
            hint="It keeps its account there: make the folder writable, make room on its disk, or begin anew by "
            "removing the file.",
            code="sandbox-database",
        ) from None
    with closing(app.state.store) as store:
        if not as_copy:
            yield app
            return
        copy = create_app(
            ":memory:", profile=settings.profile, window_zone=store.window_zone, require_token=app.state.token
        )
        with closing(copy.state.store):
            store.copy_into(copy.state.store)
            yield copy
