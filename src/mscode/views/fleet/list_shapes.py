"""What `mscode fleet list --json` and `--format github` print."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class ListedProjectJson(TypedDict):
    """One project. `project` is its identity ("" where its mscode.yaml cannot be read), `environment` "" where none is chosen,
    `token` the variable that holds its token ("": none is named).

    `change` and `renamed_from` ("" for none) stand there with `--changed-since`.
    """

    path: str
    project: str
    environment: str
    token: str
    wave: int
    change: NotRequired[Literal["changed", "new", "renamed"]]
    renamed_from: NotRequired[str]


class RemovedProjectJson(TypedDict):
    """A project that the fleet has no more. `live` counts its live objects by section, `calling` how many of them may still reach
    people; both are None where that is not known, and `reason` says why. `command` takes it down.
    """

    path: str
    project: str
    environment: str
    token: str
    live: dict[str, int] | None
    calling: int | None
    reason: str
    command: str


class ShardJson(TypedDict):
    """The share of one job: `shard` as `--shard` takes it, its `index` from 1, the paths of its projects, and the variables that
    hold their tokens."""

    shard: str
    index: int
    projects: list[str]
    tokens: list[str]


class FleetListJson(TypedDict):
    """The projects of a fleet. `commit` is what they were compared with and `shared` the changed files of no project, with
    `--changed-since`; `shards` are those of `--shards`.
    """

    format_version: str
    fleet: str
    projects: list[ListedProjectJson]
    removed: list[RemovedProjectJson]
    commit: NotRequired[str]
    shared: NotRequired[list[str]]
    shards: NotRequired[list[ShardJson]]


class MatrixJson(TypedDict):
    """A matrix of GitHub."""

    include: list[ShardJson]
