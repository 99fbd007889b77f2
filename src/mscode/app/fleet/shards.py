"""A fleet cut into jobs of a CI. Whoever is given the same projects and the same number of shards gets the same cut."""

from __future__ import annotations

from collections.abc import Sequence

from mscode.app.fleet.projects import FleetProject
from mscode.model.light_dataclass import dataclass

#: Jobs of one matrix that GitHub takes.
MOST_JOBS = 256


@dataclass(frozen=True, slots=True)
class Shard:
    """The share of one job: `index` from 1 to `total`."""

    index: int
    total: int
    projects: Sequence[FleetProject]

    @property
    def name(self) -> str:
        """`3/12`, as `--shard` takes it."""
        return f"{self.index}/{self.total}"

    @property
    def tokens(self) -> list[str]:
        """The variables that hold the tokens of its projects, in order, each once: all that its job needs."""
        return sorted({project.needed_token for project in self.projects} - {""})


def shard(projects: Sequence[FleetProject], index: int, total: int) -> Shard:
    """One of `total` shards of about the same size."""
    return Shard(index, total, projects[index - 1 :: total])


def shards(projects: Sequence[FleetProject], total: int) -> list[Shard]:
    """Every shard of `total` that has a project; each project is in one of them."""
    every = [shard(projects, index, total) for index in range(1, total + 1)]
    return [part for part in every if part.projects]


def shards_of_waves(projects: Sequence[FleetProject], total: int) -> dict[int, list[Shard]]:
    """The projects of each wave, cut into as many shards as there are projects and `total` at most."""
    waves = sorted({project.wave for project in projects})
    of_waves = {wave: [project for project in projects if project.wave == wave] for wave in waves}
    return {wave: shards(of_wave, min(total, len(of_wave))) for wave, of_wave in of_waves.items()}
