"""How a service reads the API's page: `--profile FILE` of a served sandbox, and `service:` of the environments in mscode.yaml.

The names and values of switches are the emulator's (`sandbox/profile.py`). What one means to mscode itself is taken from the
same mapping.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mscode.errors import ConfigError, Diagnostic, Place
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import EMBEDDED
from mscode.model.service_facts import LITERAL, ServiceFacts

if TYPE_CHECKING:
    from mscode.manifest.project.file import ProjectFile
    from mscode.sandbox.profile import Profile


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """What the embedded sandbox is: its reading of the API, and the name of the zone of its calling hours."""

    profile: Profile
    window_zone: str


def read_profile(file: Path) -> Profile:
    """Read the switches of a file; ConfigError or ManifestError with every error in it."""
    from mscode.manifest.project.service import read_switches
    from mscode.sandbox.profile import Profile

    root = read_switches(file, str(file))
    if root is None:
        return Profile()
    profile, errors = _profile_of(root)
    if errors:
        raise ConfigError(errors)
    return profile


def check_services(project: ProjectFile) -> None:
    """ConfigError with every switch of an environment that is none, or has no such value; where a switch says something else than
    a setting of its environment; and where two environments are the embedded sandbox, which has one database, and differ in
    `service` or `windowZone`.
    """
    results = {name: _profile_of(node) for name, node in project.service_nodes.items()}
    errors = [error for _, found in results.values() for error in found]
    profiles = {name: profile for name, (profile, _) in results.items()}
    errors = errors or [*_contradictions(project, profiles), *_differences(project, profiles)]
    if errors:
        raise ConfigError(errors)


def sandbox_settings(project: ProjectFile) -> SandboxSettings:
    """What the embedded sandbox of a project is. All its environments agree on that (`check_services`); where they do not, the
    default one counts.
    """
    from mscode.sandbox.profile import Profile

    name = next(iter(project.embedded()), None)
    if name is None:
        return SandboxSettings(Profile(), "UTC")
    return SandboxSettings(profile_of(project, name), project.environments[name].windowZone)


def profile_of(project: ProjectFile, name: str) -> Profile:
    """How the service of an environment reads the API; of a switch that is none nothing counts: halting must not wait until
    somebody has corrected it. The literal reading of an environment that mscode.yaml does not have.
    """
    from mscode.sandbox.profile import BadProfile, Profile

    settings = project.service(name)
    try:
        return Profile.of(settings)
    except BadProfile as error:
        wrong = {problem.switch for problem in error.wrong}
        return Profile.of({switch: value for switch, value in settings.items() if switch not in wrong})


def service_profile(project: ProjectFile, name: str, url: str) -> Profile:
    """How the service at a URL reads the API, as `service:` of the environment of this name says. The embedded sandbox is one for
    all environments."""
    return sandbox_settings(project).profile if url == EMBEDDED else profile_of(project, name)


def facts_of(profile: Profile) -> ServiceFacts:
    """What a reading of the API means to mscode itself."""
    return ServiceFacts(
        profile.zone, profile.expand_groups, profile.operations == "object", profile.phone_plus == "off"
    )


def stated_facts(project: ProjectFile, name: str) -> ServiceFacts:
    """What the reading of an environment means. Of one that says nothing of its service, the profile is not even loaded."""
    return facts_of(profile_of(project, name)) if project.service(name) else LITERAL


def login_path(project: ProjectFile, name: str) -> str | None:
    """The login's path as `service:` of an environment says it, None where it does not."""
    return profile_of(project, name).login_path if "login_path" in project.service(name) else None


def base_url(url: str, prefix: str | None) -> str:
    """The URL below which the paths of the API are: that of an environment, with the prefix that its service has where the URL is
    a host alone.
    """
    base = url.rstrip("/")
    if base == EMBEDDED or not prefix:
        return base
    try:
        return base if urlsplit(base).path else f"{base}{prefix}"
    except ValueError:  # whoever uses it says what is wrong with it
        return base


def with_url(project: ProjectFile, url: str) -> list[str]:
    """The environments of an account, the default one first."""
    names = [
        name
        for name, settings in project.environments.items()
        if url.rstrip("/") in (settings.url.rstrip("/"), base_url(settings.url, profile_of(project, name).prefix))
    ]
    return sorted(names, key=lambda name: name != project.defaultEnvironment)


def _contradictions(project: ProjectFile, profiles: dict[str, Profile]) -> list[Diagnostic]:
    """An error for each environment whose own settings say something else than its service."""
    errors = []
    for name, profile in profiles.items():
        settings = project.environments[name]
        if not base_url(settings.url, profile.prefix).endswith(profile.prefix or "") and settings.url != EMBEDDED:
            errors.append(
                Diagnostic(
                    f'`url` of environment "{name}" does not end with the prefix {profile.prefix} of its service',
                    _place(project, name, "url"),
                    "The prefix is the path below which the API is, and a part of the URL.",
                    "Take one of them away, or write the same into both.",
                    code="service-differs",
                )
            )
        path = login_path(project, name)
        if path and settings.loginPath and f"/{settings.loginPath.strip('/')}" != path:
            errors.append(
                Diagnostic(
                    f'`loginPath` of environment "{name}" is not the `login_path` of its service, {path}',
                    _place(project, name, "loginPath"),
                    hint="Take one of them away, or write the same into both.",
                    code="service-differs",
                )
            )
    return errors


def _profile_of(root: Node) -> tuple[Profile, list[Diagnostic]]:
    """The profile that a mapping of switch to value is, with what is wrong with it; the literal one where something is."""
    from mscode.manifest.project.service import settings_of
    from mscode.sandbox.profile import BadProfile, Profile

    try:
        return Profile.of(settings_of(root)), []
    except BadProfile as error:
        diagnostics = []
        for problem in error.wrong:
            node = key_node(root, problem.switch) if problem.is_name else root.value[problem.switch]
            diagnostics.append(
                Diagnostic(problem.message.rstrip("."), node.place, hint=problem.hint, code="bad-profile")
            )
        return Profile(), diagnostics


def _differences(project: ProjectFile, profiles: dict[str, Profile]) -> list[Diagnostic]:
    embedded = project.embedded()
    errors = []
    for name in embedded[1:]:
        from mscode.sandbox.profile import Profile

        first, other = project.environments[embedded[0]], project.environments[name]
        differing = [
            word
            for word, differs in (
                ("service", profiles.get(embedded[0], Profile()) != profiles.get(name, Profile())),
                ("windowZone", first.windowZone != other.windowZone),
            )
            if differs
        ]
        if differing:
            errors.append(
                Diagnostic(
                    f'The environments "{embedded[0]}" and "{name}" are one sandbox, and differ in {" and ".join(differing)}',
                    _place(project, name, differing[0]),
                    'All environments with `url: "sandbox:"` of a project share one database.',
                    f"Write the same {' and the same '.join(differing)} into both.",
                    code="sandbox-differs",
                )
            )
    return errors


def _place(project: ProjectFile, name: str, setting: str) -> Place | None:
    """Where the setting of an environment stands, else the environment."""
    environment = project.root.get("environments", name) if project.root is not None else None
    if environment is None:
        return None
    node = environment.get(setting)
    at = environment if node is None else node
    return at.place
