"""The `mscode.yaml` of a folder that has none: the environment that was read, and never a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mscode.manifest.project.file import FILE, ProjectFile
from mscode.manifest.yaml.tree import MAX_BYTES, parse
from mscode.manifest.yaml.writer import key_text, mapping
from mscode.model.values import Scalar, core, replace_leaves

_HEAD = """\
# Written by `mscode export`. The state of this project lies in .mscode/ beside this file; guards, variables (but for
# the names of secret ones) and the place of a shared state are not copied from the project that was exported.
"""
_HEAD_OF_ACCOUNT = """\
# Written by mscode from a live account. `project` is part of every mark that mscode leaves there: choose its name before the
# first apply. `timezone` is of date-times without an offset, and of what is shown. Guards limit what a plan may do.
"""
_UNNAMED_TOKEN = {"env": "MSCODE_TOKEN"}


def project_text(
    source: Path | None, project: ProjectFile, environment: str, url: str, secrets: Iterable[tuple[str, str]] = ()
) -> str:
    """A project file with this one environment, as the source project has it; one that MSCODE_URL alone made gets its url. `source`
    is the source project's folder, None of an account without one.

    `environment` is a name of the source's environments, or one that it does not have. `secrets` are declarations of
    secret variables, which the manifests name.
    """
    settings = (_settings(source, environment) if source is not None else {}) or {"url": url, "token": _UNNAMED_TOKEN}
    if "service" in settings:  # the file that it may name stays behind
        settings["service"] = project.service(environment)
    head = {
        "apiVersion": Scalar("mscode/v1"),
        "project": Scalar(project.project),
        "timezone": Scalar(project.timezone),
        **({"region": project.region} if project.region else {}),
        "defaultEnvironment": environment,
    }
    lines = [*mapping(head), "", "environments:", f"  {key_text(environment)}:", *mapping(settings, 4)]
    if declared := [f"  {name}: {declaration}" for name, declaration in secrets]:
        lines += ["", "variables:", *declared]
    return (_HEAD if source is not None else _HEAD_OF_ACCOUNT) + "\n".join(lines) + "\n"


def _settings(source: Path, environment: str) -> dict[str, Any]:
    """The environment as it is written in the source project; its shared state stays that project's."""
    with (source / FILE).open("rb") as file:
        node = parse(file.read(MAX_BYTES), FILE)[0].get("environments", environment)
    data = node.data() if node is not None else None
    settings = data if isinstance(data, Mapping) else {}
    own_settings = {
        key: value for key, value in settings.items() if key not in ("state", "variables") and value is not None
    }
    return {key: replace_leaves(value, _typed) for key, value in own_settings.items()}


def _typed(leaf: Any) -> Any:
    """Numbers and truth values stay without quotes; texts are quoted where they need it."""
    return leaf if isinstance(leaf, Scalar) and not isinstance(core(leaf), str) else leaf and str(leaf)
