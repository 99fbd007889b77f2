"""What `mscode fleet list --json` prints."""

from __future__ import annotations

from typing_extensions import TypedDict


class ListedProjectJson(TypedDict):
    """One project. `environment` is "" where its mscode.yaml chooses none, `token` the variable that holds its token ("": none is
    named)."""

    path: str
    project: str
    environment: str
    token: str
    wave: int


class FleetListJson(TypedDict):
    """The projects of a fleet."""

    format_version: str
    fleet: str
    projects: list[ListedProjectJson]
