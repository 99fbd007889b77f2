"""One golden case of the planner: a folder in, the text of `mscode plan` out. No network, no clock, no thread, no file written.

A case is a folder of `cases/` with as much of this as its rule needs:

    about.md       one line: the rule
    mscode.yaml    the project; cases/mscode.yaml where a case has none of its own
    manifest.yaml  what is wanted, and the files that it names
    live.json      what the service answers: raw objects by section, and beside them `members` (group id to account ids or
                   raw rows), `replies` (campaign id to raw rows), `unlisted` (raw objects by section that a list leaves out
                   and a GET finds), `details` (what a GET adds to a row of a list, by section and id), `voiceCodes`
    state.json     the state document; what a case leaves out of it has the value of an object that was just created
    command.txt    the command line where it is more than `mscode plan`, with `CI=true` or the like before it
    now.txt        the service's clock, where it is not NOW
    plan.txt       what the command prints, diagnostics first, and its exit code

In state.json `{"sealed": VALUE}` stands for the keyed hash of a value, and `called` and `suppressed` are lists of numbers.
"""

from __future__ import annotations

import argparse
import base64
import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mscode.app.environment import Environment, resolve
from mscode.engine.drift import read_and_detect_drift
from mscode.engine.session import PlanRequest, read_and_plan
from mscode.errors import ApiError, Diagnostic, GuardError, MscodeError, UnknownOutcome, worst
from mscode.manifest.load.loader import load, personal_words
from mscode.manifest.project.file import load_project
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.privacy import Masker
from mscode.model.world import CheckSetting, DesiredWorld
from mscode.plan.change import Plan
from mscode.plan.checks.rule import rules
from mscode.plan.guards.people import all_marks
from mscode.plan.inputs import Options
from mscode.state.document import StateDocument, from_json
from mscode.state.document import seal as keyed_hash
from mscode.views.diagnostics import render
from mscode.views.drift.drift_text import render_drift
from mscode.views.plan.plan_text import render_plan
from mscode.views.plan.segments import plain

CASES = Path(__file__).parent / "cases"
#: A Monday, ten o'clock in Helsinki.
NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
_KEY = "c0ffee" * 10 + "beef"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`text` is plan.txt; `plan` is None where none could be made, and `errors` says why."""

    text: str
    plan: Plan | None = None
    errors: tuple[Diagnostic, ...] = ()

    @property
    def is_noop(self) -> bool:
        """Does the command say no more than that there is nothing to do?"""
        plan = self.plan
        if plan is None or plan.drift:
            return False
        return not (plan.shown or plan.notes or plan.warnings or any(check.status != "pass" for check in plan.checks))


def names() -> list[str]:
    """Every case, by the name of its folder."""
    return sorted(path.name for path in CASES.iterdir() if path.is_dir())


def run(name: str) -> Outcome:
    """Plan one case."""
    folder = CASES / name
    command, options, at, variables = _command(folder)
    project = load_project(folder if (folder / "mscode.yaml").exists() else CASES)
    environment = resolve(project, folder, "", variables, hide_token=str)
    try:
        desired = _without_findings(load(folder, project, environment.name, window_zone=environment.window_zone))
        document = _state(folder, environment)
        reader = Service(_read(folder, "live.json"), environment, _now(folder))
        plan = _plan(command, reader, environment, desired, document, options, at)
    except MscodeError as error:
        text = _diagnostics(error.diagnostics)
        return Outcome(f"{text}\nexit code {error.exit_code}\n", errors=tuple(error.diagnostics))
    masker = Masker(personal_words(desired.objects.values()), desired.secrets)
    lines = (render_drift if command == "drift" else render_plan)(plan, mask=masker)
    warnings = f"{_diagnostics(plan.warnings)}\n" if plan.warnings else ""
    code = worst(UnknownOutcome.exit_code if plan.is_held else 0, GuardError.exit_code if plan.refused else 0)
    return Outcome(f"{warnings}{plain(lines)}\nexit code {code}\n", plan)


def _plan(
    command: str,
    reader: Any,
    environment: Environment,
    desired: DesiredWorld,
    document: StateDocument,
    options: Options,
    at: datetime | None,
) -> Plan:
    account, known = environment.account(reader), document.known()
    if command == "drift":
        return read_and_detect_drift(account, PlanRequest(desired, known, document.seal))
    return read_and_plan(account, PlanRequest(desired, known, document.seal, options), at)


def _diagnostics(found: Iterable[Diagnostic]) -> str:
    """As the command line shows them: a blank line between two."""
    return "\n".join("".join(f"{line}\n" for line in render(one)) for one in found)


# ---- what a case holds -----------------------------------------------------------------------------------------------


def _read(folder: Path, name: str) -> Any:
    path = folder / name
    return json.loads(path.read_text()) if path.exists() else {}


def _now(folder: Path) -> datetime:
    path = folder / "now.txt"
    return datetime.fromisoformat(path.read_text().strip()) if path.exists() else NOW


def _command(folder: Path) -> tuple[str, Options, datetime | None, Mapping[str, str]]:
    """The command, the planning options, `--at`, and the variables of the process."""
    path = folder / "command.txt"
    words = shlex.split(path.read_text()) if path.exists() else ["mscode", "plan"]
    begin = words.index("mscode")
    variables = dict(word.split("=", 1) for word in words[:begin])
    parser = argparse.ArgumentParser(prog="mscode")
    parser.add_argument("command", choices=["plan", "destroy", "drift"])
    for flag in ("--destroy", "--unmanaged", "--allow-unsuppress"):
        parser.add_argument(flag, action="store_true")
    for option in ("--resume", "--replace", "--override", "--only", "--exclude"):
        parser.add_argument(option, action="append", default=[])
    parser.add_argument("--allow-deletes", type=int)
    parser.add_argument("--at", type=datetime.fromisoformat)
    given = parser.parse_args(words[begin + 1 :])
    options = Options(
        destroy=given.destroy or given.command == "destroy",
        resume=frozenset(map(Address.parse, given.resume)),
        replace=frozenset(map(Address.parse, given.replace)),
        override=frozenset(given.override),
        only=tuple(given.only),
        exclude=tuple(given.exclude),
        allow_deletes=given.allow_deletes,
        list_unmanaged=given.unmanaged,
        allow_unsuppress=given.allow_unsuppress,
    )
    return given.command, options, given.at, variables


_ENTRY = {
    "origin": "created",
    "createdAt": "",
    "generation": 1,
    "applied": {},
    "echo": {},
    "preventDestroy": False,
    "onRemoval": "",
    "superseded": [],
    "launched": False,
    "firstCall": "",
}


def _state(folder: Path, environment: Environment) -> StateDocument:
    """The state document that state.json abbreviates."""
    data = _sealed(_read(folder, "state.json"))
    document = {
        "version": 1,
        "serial": 1,
        "lineage": "c0ffee00" * 4,
        "project": environment.project.project,
        "environment": environment.name,
        "url": environment.url,
        "key": _KEY,
        "pending": [],
        "tombstones": [],
        **data,
        "resources": [_ENTRY | _marked(entry, "called") for entry in data.get("resources", [])],
    }
    return from_json(_marked(document, "suppressed"), "state.json")


def _sealed(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"sealed"}:
            return keyed_hash(_KEY, value["sealed"])
        return {name: _sealed(item) for name, item in value.items()}
    return [_sealed(item) for item in value] if isinstance(value, list) else value


def _marked(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """With the hashes of numbers in the place of the numbers."""
    marks = sorted(all_marks(data.get(name, ()), lambda value: keyed_hash(_KEY, value)))
    return {**data, name: base64.b64encode(bytes.fromhex("".join(marks))).decode()} if marks else dict(data)


# ---- the service -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Service:
    """Answers what an `api.client.Reader` would ask the service, from live.json, in the caller's thread."""

    live: Mapping[str, Any]
    environment: Environment
    clock: datetime
    lists: dict[str, list[Any]] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        paths, live = self.environment.paths, self.live
        for section, kind in registry().items():
            path = paths.get(kind.collection, "")
            self.lists[path] = live.get(section, [])
            for raw in (*live.get(section, ()), *live.get("unlisted", {}).get(section, ())):
                more = live.get("details", {}).get(section, {}).get(str(raw[kind.id_field]), {})
                self.items[f"{path}/{raw[kind.id_field]}"] = {**raw, **more}
        accounts = {raw["accountId"]: raw for raw in live.get("accounts", ())}
        for raw in live.get("groups", ()):
            members = live.get("members", {}).get(raw["groupId"], [])
            rows = [accounts[one] if isinstance(one, str) else one for one in members]
            self.lists[f"{paths['groups']}/{raw['groupId']}/accounts"] = rows
        for campaign, rows in live.get("replies", {}).items():
            self.lists[paths["rsvpReceivers"].replace("{id}", campaign)] = rows
        self.lists[paths["voiceCodes"]] = [{"voiceCode": code} for code in live.get("voiceCodes", ["en", "fi"])]

    def now(self) -> datetime:
        return self.clock

    def skew(self) -> timedelta:
        return timedelta()

    def list(self, path: str, *, what: str) -> list[dict[str, Any]]:
        if path not in self.lists:
            raise ApiError(f"{what}: no such list", status=404)
        return [dict(row) for row in self.lists[path]]

    def rows(self, path: str, take: Callable[[dict[str, Any]], Any], *, what: str) -> Any:
        return [take(row) for row in self.list(path, what=what)]

    def expect(self, rows: int) -> None:
        pass

    def find(self, path: str, *, what: str) -> dict[str, Any] | None:
        return self.items.get(path)

    def get(self, path: str, *, what: str) -> dict[str, Any]:
        return self.items[path]

    def map(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Any:
        return [work(item) for item in items]


def _without_findings(desired: DesiredWorld) -> DesiredWorld:
    """The cases are about what becomes of objects; what the rules find in them is tested by the rules' own tests."""
    off = {rule_id: CheckSetting("off") for rule_id in rules()}
    return replace(desired, project=replace(desired.project, checks=off))
