"""Where runs are disturbed: a scene is set, something goes wrong in it, and it is applied again without faults.

What must hold, whatever was disturbed:

* the run ends with a documented exit code and no traceback;
* nothing rings before its launch has a yes, and in the end everybody was rung as often as without the fault;
* applying again (three times at most) ends with 0 and an empty plan; what is held for a person (exit 7) is settled
  between two of them, by what the account then holds;
* the account then holds what it would hold without the fault: nothing missing, nothing twice, nothing half-made;
* each ring has its record, written before it with commit and approver, and the records are whole; what was set going by a run that
  died has its record already;
* nothing was sent to another host.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from mscode.cli.app import run
from mscode.sandbox.store import Store
from mscode.state.local.backend import LocalState
from mscode.state.records.local import LocalRecords, records_folder
from mscode.state.records.verify import verify
from mscode.state.store import StateStore
from tests.acceptance.campaigns import AFTER, MONDAY
from tests.acceptance.service import Service
from tests.faults.project import COMMIT, Scene, write_manifest, write_project
from tests.recorded import Records

CODES = {0, 1, 3, 4, 5, 6, 7}
TRIES = 3
#: The exit code of what is held for a person, and where its kinds are.
HELD = 7
SENDING = {"calls": "/calls", "smses": "/smses", "emails": "/emails", "clickToCalls": "/click_to_calls"}
#: A ring's kind -> the section of what rang.
SECTION_OF = {"rsvp": "rsvpCalls", "call": "calls", "sms": "smses", "email": "emails", "clickToCall": "clickToCalls"}
#: Members that differ from run to run, and mean nothing here.
_PASSING = (
    "At",
    "Url",
    "url",
    "totalCalls",
    "numberOfAccounts",
    "startTime",
    "stats",
    "duration",
    "price",
    "size",
    "receiverId",
    "authToken",
)


class Visited(Protocol):
    """Another host, and what it was sent."""

    url: str
    visits: list[bytes]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    said: str
    out: str = ""


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
    #: the project and the account of a scene before it is disturbed, so that each is made once
    _bases: Mapping[tuple[str, str], tuple[Path, tuple[Store, str]]] = {}

    def __init__(
        self,
        folder: Path,
        make_kept_folder: Callable[[str], Path],
        service: Service,
        elsewhere: Visited,
        pace: dict[str, float],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder, self.service, self.elsewhere, self.pace, self._capsys = folder, service, elsewhere, pace, capsys
        self._make_kept_folder = make_kept_folder
        self._rounds = 0

    # ---- one disturbance ---------------------------------------------------------------------------------------------

    def survives(
        self, scene: Scene, disturb: Callable[[Path], list[Ended]], *, has_yes: bool, beyond: bool = False
    ) -> None:
        """Raises BrokenPromiseError where one of the promises does not hold. `disturb` gives the runs that it ended.

        `has_yes`: a launch was approved before or in the disturbed runs. `beyond`: something of it may be done only when
        it has been recovered from; then the plan that is not empty is applied as well.
        """
        undisturbed = self._expected(scene)
        project = self.prepare(scene)
        before = disturb(project)
        for ended in before:
            _refuse_traceback(ended)
        self._refuse_unrecorded(project)
        if not has_yes:
            self._refuse_unapproved(before)
        again = self._recover(project, scene, before, beyond=beyond)
        _same(undisturbed, self._world_at_the_end(), [*before, *again])
        self._refuse_rings_without_record(project)
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
        """The scene before it is disturbed: its base applied, and what is wanted now in its manifest."""
        self.elsewhere.visits.clear()
        self._rounds += 1
        project = self.folder / f"project{self._rounds}"
        kept, account = self._base(scene)
        shutil.copytree(kept, project)
        self.service.put_back(account)
        if scene.at:
            self.service.at(scene.at)
        write_manifest(project, scene.wanted(), scene.rows)
        return project

    def _base(self, scene: Scene) -> tuple[Path, tuple[Store, str]]:
        key = (self.service.url, scene.name)
        if key not in self._bases:
            self.service.start_over(MONDAY)
            # Other tests start from it as well, when the folder of this one has gone.
            project = self._make_kept_folder(f"base-{scene.name}")
            write_project(project, self.service.url)
            write_manifest(project, scene.base)
            if scene.before is not None:
                ended = self._cli("apply", project, "--auto-approve", "--parallelism", "1", *scene.before)
                assert ended.code == 0, ended.said
            type(self)._bases = {**self._bases, key: (project, self.service.copy())}
        return self._bases[key]

    def go(self, project: Path, scene: Scene, *options: str) -> Ended:
        """Apply (or destroy) with the scene's options, or with those given."""
        command = "destroy" if scene.destroys else "apply"
        return self._cli(command, project, "--auto-approve", "--parallelism", "1", *(options or scene.options))

    def _recover(self, project: Path, scene: Scene, before: list[Ended], *, beyond: bool = False) -> list[Ended]:
        """Without faults, till it ends well; and then there is nothing to plan."""
        again: list[Ended] = []
        for _ in range(TRIES):
            again.append(self.go(project, scene, "--allow-launch"))
            _refuse_traceback(again[-1])
            if again[-1].code == HELD:
                again += self._resolve_all(project)
            elif not again[-1].code and not (beyond and self._planned(project, scene).code):
                break
        _promise(not again[-1].code, "applying again ends with 0", _told(*before, *again))
        plan = self._planned(project, scene)
        _promise(plan.code == 0, "the plan is empty in the end", _told(*before, *again, plan))
        return again

    def _planned(self, project: Path, scene: Scene) -> Ended:
        options = ["--destroy"] if scene.destroys else []
        return self._cli("plan", project, "--detailed-exitcode", *options)

    def _resolve_all(self, project: Path) -> list[Ended]:
        """What a person does who looks at the account once everything that was sent has arrived there."""
        self.service.control("POST", "/commit")
        plan = json.loads(self._cli("plan", project, "--json").out)
        held = [note["address"] for note in plan["notes"] if note["kind"] == "unknown-outcome"]
        return [self._resolve(project, address) for address in held]

    def _resolve(self, project: Path, address: str) -> Ended:
        """It is the newest of its kind that the state does not know; or it was not created."""
        section = address.split(".", maxsplit=1)[0]
        state = json.loads(self._cli("state", "pull", project).out)
        known = {row["id"] for row in state["resources"] if row["address"].startswith(f"{section}.")}
        found = [str(next(iter(row.values()))) for row in self.service.get(SENDING[section])]
        if new := sorted(set(found) - known, key=int):
            return self._cli("resolve", address, project, "--adopt", new[-1])
        asked = self._cli("resolve", address, project, "--not-created", typed="?")
        people = re.search(r"reaches ([0-9]+) p", asked.said)
        return self._cli("resolve", address, project, "--not-created", typed=people[1]) if people else asked

    def _refuse_unapproved(self, before: list[Ended]) -> None:
        states = [campaign["state"] for campaign in self.service.get("/rsvp_calls")]
        sent = [path for path in SENDING.values() if self.service.get(path)]
        are_quiet = set(states) <= {"halt"} and not sent
        _promise(are_quiet, "nothing rings before it has a yes", f"{states} {sent}\n{_told(*before)}")

    def _refuse_unrecorded(self, project: Path) -> None:
        """Right after the disturbed runs: whatever was set going has a record, though its run may have died in the same moment."""
        records = Records().read(project / ".mscode" / "test")
        recorded = {(address.split(".")[0], record.live_id) for record in records for address in record.addresses}
        going = [one["rsvpCallId"] for one in self.service.get("/rsvp_calls") if one["state"] != "halt"]
        lacking = [live_id for live_id in going if ("rsvpCalls", live_id) not in recorded]
        for section, path in SENDING.items():
            launches = sum((section, "") in {(a.split(".")[0], r.live_id) for a in r.addresses} for r in records)
            lacking += self.service.get(path)[launches:]
        _promise(not lacking, "what is set going has a record", f"{lacking} of {sorted(recorded)}")

    def _refuse_rings_without_record(self, project: Path) -> None:
        """The last record of the object that names the person and was written before the ring: of each ring there is one."""
        state = project / ".mscode" / "test"
        records = Records()
        records.read(state)
        for ring in self.service.rings():
            person, at = ring.get("phone") or ring.get("email"), datetime.fromisoformat(ring["at"])
            section = SECTION_OF[ring["kind"]]
            mine = [record for record in records.of_section(section, person) if record.at <= at]
            _promise(bool(mine), "each ring has a record", f"{ring}, of {list(records.known.values())}")
            _promise(mine[-1].commit == COMMIT, "a record names its commit", str(mine[-1]))
            _promise(bool(mine[-1].approver.strip()), "a record names who approved it", str(mine[-1]))
        storage = LocalRecords(records_folder(state))
        store = StateStore.read(LocalState(state), "drive", "test", self.service.url)
        problems = verify(storage, store.records())
        _promise(not problems, "the records are whole", str(problems))

    def _world_at_the_end(self) -> World:
        """After the campaign's last day."""
        objects = snapshot(self.service)
        campaigns = {one["rsvpCallId"]: _marked(one) for one in self.service.get("/rsvp_calls")}
        self.service.at(AFTER)
        rings = Counter(_rung(ring, campaigns) for ring in self.service.rings())
        return World(objects, dict(rings))

    # ---- the command line --------------------------------------------------------------------------------------------

    def _cli(self, *arguments: str | Path, typed: str = "") -> Ended:
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
            code = run([str(one) for one in arguments])
        said = self._capsys.readouterr()
        return Ended(code, said.out + said.err, said.out)


def _promise(kept: bool, promise: str, detail: str) -> None:
    if not kept:
        raise BrokenPromiseError(promise, detail)


def _told(*ended: Ended) -> str:
    return "\n".join(f"--- ended with {one.code}\n{one.said}" for one in ended)


def _refuse_traceback(ended: Ended) -> None:
    clean = "Traceback" not in ended.said and "internal error" not in ended.said
    _promise(ended.code in CODES and clean, "no traceback, and a documented exit code", _told(ended))


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
        "subusers": service.get("/subusers"),
        **{section: _whole(service, path) for section, path in SENDING.items()},
    }
    names = _names(listed)
    return {section: sorted(_plain(row, names) for row in rows) for section, rows in listed.items()}


def _whole(service: Service, path: str) -> list[dict[str, Any]]:
    """A list shows no receivers."""
    return [service.get(f"{path}/{next(iter(row.values()))}") for row in service.get(path)]


def _rung(ring: Mapping[str, Any], campaigns: Mapping[str, str]) -> str:
    """Who was rung or written to, by what: the name of a campaign, the kind of anything else."""
    what = campaigns.get(ring["campaignId"], "unknown") if ring["kind"] == "rsvp" else ring["kind"]
    return f"{what} {ring.get('phone') or ring.get('email')}"


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
