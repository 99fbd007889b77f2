"""Where runs are disturbed: a scene is set, something goes wrong in it, and it is applied again without faults.

What must hold, whatever was disturbed:

* the run ends with an exit code of the contract and no traceback;
* nothing rings before its launch has a yes, and in the end everybody was rung as often as without the fault;
* applying again (three times at most) ends with 0 and an empty plan;
* the account then holds what it would hold without the fault: nothing missing, nothing twice, nothing half-made;
* nothing was sent to another host.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from mscode.cli.app import run
from tests.acceptance.campaigns import AFTER, MONDAY
from tests.acceptance.service import Service
from tests.faults.project import FULL, Scene, write_manifest, write_project

CODES = {0, 1, 3, 4, 5, 6, 7}
TRIES = 3
#: Members that differ from run to run, and mean nothing here.
_PASSING = ("At", "Url", "url", "totalCalls", "numberOfAccounts", "startTime", "stats", "duration", "price", "size")


class Visited(Protocol):
    """Another host, and what it was sent."""

    url: str
    visits: list[bytes]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    said: str


@dataclass(frozen=True, slots=True)
class World:
    """What an account holds, without ids and times; and who was rung by what, how often."""

    objects: dict[str, list[str]]
    rings: dict[str, int]


class BrokenPromiseError(AssertionError):
    """Something that must hold does not; `promise` names it."""

    def __init__(self, promise: str, detail: str) -> None:
        super().__init__(f"{promise}\n{detail}")
        self.promise = promise

    @property
    def figure(self) -> str:
        """What it counts as in docs/reliability.md."""
        known = {"there is no twin": "twins", "nobody is rung too often": "double rings"}
        return known.get(self.promise, "other broken promises")


class Bench:
    """Where cells are run."""

    _undisturbed: Mapping[str, World] = {}

    def __init__(
        self,
        folder: Path,
        service: Service,
        elsewhere: Visited,
        pace: dict[str, float],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder, self.service, self.elsewhere, self.pace, self._capsys = folder, service, elsewhere, pace, capsys
        self._rounds = 0

    # ---- one disturbance ---------------------------------------------------------------------------------------------

    def survives(self, scene: Scene, disturb: Callable[[Path], list[Ended]], *, has_yes: bool) -> None:
        """Raises BrokenPromiseError where one of the promises does not hold. `disturb` gives the runs that it ended.

        `has_yes`: a launch was approved before or in the disturbed runs.
        """
        undisturbed = self._expected(scene)
        project = self.prepare(scene)
        before = disturb(project)
        for ended in before:
            _refuse_traceback(ended)
        if not has_yes:
            self._refuse_unapproved(before)
        again = self._recover(project, scene, before)
        _same(undisturbed, self._world_at_the_end(), [*before, *again])
        _promise(not self.elsewhere.visits, "nothing is sent to another host", str(self.elsewhere.visits))

    def _expected(self, scene: Scene) -> World:
        """The same without a fault; run once per scene."""
        if scene.name not in self._undisturbed:
            project = self.prepare(scene)
            self._recover(project, scene, [self.go(project, scene)])
            world = self._world_at_the_end()
            type(self)._undisturbed = {**self._undisturbed, scene.name: world}
        return self._undisturbed[scene.name]

    def prepare(self, scene: Scene) -> Path:
        self.service.start_over(MONDAY)
        self.elsewhere.visits.clear()
        self._rounds += 1
        project = self.folder / f"project{self._rounds}"
        project.mkdir()
        write_project(project, self.service.url)
        write_manifest(project, FULL)
        if scene.before is not None:
            ended = self._cli("apply", project, "--auto-approve", "--parallelism", "1", *scene.before)
            assert ended.code == 0, ended.said
        write_manifest(project, scene.wanted())
        return project

    def go(self, project: Path, scene: Scene, *options: str) -> Ended:
        """Apply (or destroy) with the scene's options, or with those given."""
        command = "destroy" if scene.destroys else "apply"
        return self._cli(command, project, "--auto-approve", "--parallelism", "1", *(options or scene.options))

    def _recover(self, project: Path, scene: Scene, before: list[Ended]) -> list[Ended]:
        """Without faults, till it ends well; and then there is nothing to plan."""
        again: list[Ended] = []
        while not again or (again[-1].code and len(again) < TRIES):
            again.append(self.go(project, scene, "--allow-launch"))
            _refuse_traceback(again[-1])
        _promise(not again[-1].code, "applying again ends with 0", _told(*before, *again))
        options = ["--destroy"] if scene.destroys else []
        plan = self._cli("plan", project, "--detailed-exitcode", *options)
        _promise(plan.code == 0, "the plan is empty in the end", _told(*before, *again, plan))
        return again

    def _refuse_unapproved(self, before: list[Ended]) -> None:
        states = [campaign["state"] for campaign in self.service.get("/rsvp_calls")]
        _promise(set(states) <= {"halt"}, "nothing rings before it has a yes", f"{states}\n{_told(*before)}")

    def _world_at_the_end(self) -> World:
        """After the campaign's last day."""
        objects = snapshot(self.service)
        campaigns = {one["rsvpCallId"]: _marked(one) for one in self.service.get("/rsvp_calls")}
        self.service.at(AFTER)
        rings = Counter(
            f"{campaigns.get(ring['campaignId'], 'unknown')} {ring['phone']}" for ring in self.service.rings()
        )
        return World(objects, dict(rings))

    # ---- the command line --------------------------------------------------------------------------------------------

    def _cli(self, *arguments: str | Path) -> Ended:
        self._capsys.readouterr()
        code = run([str(one) for one in arguments])
        said = self._capsys.readouterr()
        return Ended(code, said.out + said.err)


def _promise(kept: bool, promise: str, detail: str) -> None:
    if not kept:
        raise BrokenPromiseError(promise, detail)


def _told(*ended: Ended) -> str:
    return "\n".join(f"--- ended with {one.code}\n{one.said}" for one in ended)


def _refuse_traceback(ended: Ended) -> None:
    clean = "Traceback" not in ended.said and "internal error" not in ended.said
    _promise(ended.code in CODES and clean, "no traceback, and an exit code of the contract", _told(ended))


def _same(undisturbed: World, after: World, runs: list[Ended]) -> None:
    for section, rows in undisturbed.objects.items():
        lacking = list((Counter(rows) - Counter(after.objects[section])).elements())
        surplus = list((Counter(after.objects[section]) - Counter(rows)).elements())
        difference = f"{section}: lacks {lacking}, has besides {surplus}\n{_told(*runs)}"
        _promise(len(rows) >= len(after.objects[section]), "there is no twin", difference)
        _promise(not lacking and not surplus, "the account ends as without the fault", difference)
    rings = f"{undisturbed.rings} became {after.rings}\n{_told(*runs)}"
    too_often = any(count > undisturbed.rings.get(who, 0) for who, count in after.rings.items())
    _promise(not too_often, "nobody is rung too often", rings)
    _promise(undisturbed.rings == after.rings, "everybody is rung as without the fault", rings)


# ---- what an account holds -------------------------------------------------------------------------------------------


def snapshot(service: Service) -> dict[str, list[str]]:
    """Every object of the account as text, ids replaced by names, what differs from run to run left out; sorted."""
    groups = service.get("/groups")
    listed = {
        "accounts": service.get("/accounts"),
        "filters": service.get("/accounts/filters"),
        "groups": groups,
        "members": [
            {"group": group["name"], "phone": member["phone"]}
            for group in groups
            for member in service.get(f"/groups/{group['groupId']}/accounts")
        ],
        "voiceFiles": service.get("/voice_files"),
        "rsvpCalls": service.get("/rsvp_calls"),
    }
    names = _names(listed)
    return {section: sorted(_plain(row, names) for row in rows) for section, rows in listed.items()}


def _names(listed: Mapping[str, list[dict[str, Any]]]) -> dict[tuple[str, str], str]:
    """Ids of what others point to, as something that stays from run to run."""
    names: dict[tuple[str, str], str] = {}
    for section, key, label in (
        ("accounts", "accountId", "phone"),
        ("groups", "groupId", "name"),
        ("voiceFiles", "voiceFileId", "name"),
    ):
        names |= {(key, str(row[key])): str(row[label]) for row in listed[section]}
    return names


def _plain(row: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> str:
    own = next(iter(row), "")
    return json.dumps(_without(row, names, own if own.endswith("Id") else ""), sort_keys=True, ensure_ascii=False)


def _without(value: Any, names: Mapping[tuple[str, str], str], own: str = "") -> Any:
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, member in value.items():
        if name == own or name.endswith(_PASSING):
            continue
        if name == "mscode":
            member = ":".join(part for at, part in enumerate(str(member).split(":")) if at != 3)  # noqa: PLW2901
        known = names.get((name, str(member)))
        kept[name] = known if known is not None else _without(member, names)
    return kept


def _marked(campaign: Mapping[str, Any]) -> str:
    marker = str((campaign.get("meta") or {}).get("mscode", ""))
    return marker.split(":")[2] if marker.count(":") > 2 else f"unmarked {campaign['rsvpCallId']}"
