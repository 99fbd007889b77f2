"""One cell of the fault matrix: one request of one run meets one fault."""

from __future__ import annotations

from pathlib import Path

from tests.faults.bench import Bench, Ended
from tests.faults.faults import Fault
from tests.faults.project import SCENES
from tests.faults.sites import Site

#: A disturbed run that waits for an answer waits so many seconds.
SHORT, LONG = 1.0, 30.0


def run_cell(bench: Bench, site: Site, fault: Fault) -> None:
    """Raises BrokenPromiseError where one of the promises does not hold."""
    scene = SCENES[site.scene]

    def disturb(project: Path) -> list[Ended]:
        rules = fault.rules(site, bench.elsewhere.url)
        bench.pace["deadline"] = SHORT if fault.slow else LONG
        bench.service.control("POST", "/faults", rules)
        try:
            ended = bench.go(project, scene)
        finally:
            bench.pace["deadline"] = LONG
        left = bench.service.control("GET", "/faults")[-1]["times"]
        bench.service.no_more_faults()
        # Where reads lie as well, the run may stop at one of them before it comes to the site: what must hold, holds all the same.
        assert fault.lies_beside(site) or left < rules[-1].get("times", 1), (
            f"{site} was not met in scene {scene.name}\n{ended.said}"
        )
        return [ended]

    bench.survives(scene, disturb, has_yes=scene.has_yes, beyond=fault.beyond)
