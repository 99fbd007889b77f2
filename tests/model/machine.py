"""The state machine: what people, the service, the machine and mscode may do next."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.model.drive import Drive, Ended
from tests.model.stage import RUNNING, UPDATABLE, Json
from tests.model.wish import EDITS

SMALL = st.integers(0, 7)
MUCH = st.lists(st.tuples(st.sampled_from(EDITS), SMALL, SMALL), min_size=1, max_size=3)
_HTML = {"body": "<html>gone</html>", "headers": {"content-type": "text/html"}}
#: What may go wrong with one request, once.
WRONG: tuple[dict[str, Any], ...] = (
    *({"status": status, "when": when} for status in (500, 502, 503, 504, 408, 409) for when in ("before", "after")),
    {"status": 429, "retry_after": 1},
    {"status": 400, "body": {"error": {"code": "invalid", "message": "no"}}},
    {"status": 401, "body": {"error": {"code": "token", "message": "no"}}},
    {"wire": "reset", "when": "before"},
    {"wire": "reset", "when": "after"},
    {"status": 200, "when": "after", **_HTML},
    {"status": 201, "when": "after"},
    {"status": 307, "headers": {"location": "http://127.0.0.1:8/v1"}},
)
WRONG_READS: tuple[dict[str, Any], ...] = (
    {"omit": 1},
    {"omit": 1000},
    {"repeat": 1},
    {"stale": {"writes": 1}},
    {"alter": "null"},
)
PATHS = (
    *(
        "/accounts",
        "/accounts/filters",
        "/groups",
        "/groups/[0-9]+/accounts",
        "/voice_files.*",
        "/rsvp_calls",
        "/calls",
    ),
    *("/smses", "/emails", "/click_to_calls", "/rsvp_calls/[0-9]+", "/rsvp_calls/[0-9]+/receivers", ".*", "/subusers"),
)
Much = list[tuple[str, int, int]]
APPROVALS = ((), ("--no-launch",), ("--allow-launch",), ("--allow-launch",), ("--allow-launch",))


class Machine(RuleBasedStateMachine):
    """One project and its account, from their beginning. `Machine.drive_of` gives a new Drive for each."""

    drive_of: Any = None
    steps = 0

    @initialize()
    def begin(self) -> None:
        self.drive: Drive = type(self).drive_of()

    def _step(self, told: str = "") -> None:
        type(self).steps += 1
        if told:
            self.drive.told.append(told)

    # ---- manifests ---------------------------------------------------------------------------------------------------

    @rule(which=st.sampled_from(EDITS), a=SMALL, b=SMALL)
    def edit(self, which: str, a: int, b: int) -> None:
        self._step(f"edit {which} {a} {b}")
        getattr(self.drive.wish, which)(a, b)

    def _edit_much(self, much: list[tuple[str, int, int]]) -> None:
        """So that there is something to do for what comes next."""
        for which, a, b in much:
            self.drive.told.append(f"edit {which} {a} {b}")
            getattr(self.drive.wish, which)(a, b)
        self.put_right()

    # ---- mscode ------------------------------------------------------------------------------------------------------

    @rule()
    def plan(self) -> None:
        self._step()
        self.drive.plan()
        self.drive.check()

    @rule(approval=st.sampled_from(APPROVALS), right=st.booleans())
    def apply(self, approval: tuple[str, ...], right: bool) -> None:
        self._step()
        if right:
            self.put_right()
        self._applied(approval)
        self.drive.check()

    @rule(section=st.sampled_from(("rsvpCalls", "groups", "smses", "accounts")), approval=st.sampled_from(APPROVALS))
    def apply_some(self, section: str, approval: tuple[str, ...]) -> None:
        self._step()
        self._run(*approval, "--only", f"{section}.*")
        self.drive.check()

    @rule(at=st.integers(1, 90), approval=st.sampled_from(APPROVALS), much=MUCH)
    def crash(self, at: int, approval: tuple[str, ...], much: Much) -> None:
        self._step()
        self._edit_much(much)
        self._run(*approval, kill_at=at)
        self.drive.check()

    @rule(
        approval=st.sampled_from(APPROVALS),
        method=st.sampled_from(("GET", "POST", "PUT", "DELETE", "POST")),
        path=st.sampled_from(PATHS),
        wrong=st.sampled_from(WRONG),
        skip=st.integers(0, 3),
        times=st.integers(1, 3),
        much=MUCH,
    )
    def disturbed(
        self, approval: tuple[str, ...], method: str, path: str, wrong: Json, skip: int, times: int, much: Much
    ) -> None:
        self._step()
        self._edit_much(much)
        self._with_fault({"method": method, "path": path, "skip": skip, "times": times, **wrong}, approval)

    @rule(
        approval=st.sampled_from(APPROVALS),
        path=st.sampled_from(PATHS),
        wrong=st.sampled_from(WRONG_READS),
        skip=st.integers(0, 5),
        much=MUCH,
    )
    def misread(self, approval: tuple[str, ...], path: str, wrong: Json, skip: int, much: Much) -> None:
        self._step()
        self._edit_much(much)
        self._with_fault({"method": "GET", "path": path, "skip": skip, **wrong}, approval)

    @rule(add=st.sampled_from(("add_sms", "add_email", "add_call", "add_click")), a=SMALL, wrong=st.sampled_from(WRONG))
    def lost_send(self, add: str, a: int, wrong: Json) -> None:
        """The answer to what reaches people at once is lost."""
        self._step()
        self._edit_much([(add, a, a)])
        self._with_fault(
            {"method": "POST", "path": "/calls|/smses|/emails|/click_to_calls", **wrong}, ("--allow-launch",)
        )

    @rule(approval=st.sampled_from(APPROVALS), path=st.sampled_from(PATHS[:10]), requests=st.integers(1, 3), much=MUCH)
    def late(self, approval: tuple[str, ...], path: str, requests: int, much: Much) -> None:
        self._step()
        self._edit_much(much)
        self._with_fault(
            {"method": "POST", "path": path, "status": 503, "when": "late", "requests": requests}, approval
        )

    def _with_fault(self, fault: Json, approval: tuple[str, ...]) -> None:
        self.drive.told.append(f"  (fault {json.dumps(fault)})")
        self.drive.stage.control("POST", "/faults", fault)
        self._run(*approval)
        self.drive.stage.control("DELETE", "/faults")
        self.drive.check()

    def _run(self, *options: str, kill_at: int = 0) -> Ended:
        ended = self.drive.apply(*options, kill_at=kill_at)
        if "--allow-launch" in options:
            self.drive.count_approved(ended)
        return ended

    def _applied(self, approval: tuple[str, ...]) -> Ended:
        """Without faults: it ends in an empty plan, or with a reason."""
        ended = self._run(*approval)
        if ended.code == 0 and approval != ("--no-launch",):
            after = self.drive.plan("--detailed-exitcode")
            self.drive.promise(
                after.code == 0, f"the plan after an apply that ended with 0 is empty\n{ended.said}\n{after.said}"
            )
            self.drive.check_twins()
        else:
            self.drive.promise(_has_reason(ended), f"an apply without faults ends with a reason\n{ended.said}")
        return ended

    @rule(address=SMALL, yes=st.booleans())
    def resume(self, address: int, yes: bool) -> None:
        """A launch that was halted by somebody is asked for again."""
        self._step()
        names = [f"rsvpCalls.{name}" for name in self.drive.wish.sections["rsvpCalls"]]
        if names:
            self._run("--resume", names[address % len(names)], *(["--allow-launch"] if yes else []))
        self.drive.check()

    @rule()
    def resolve(self) -> None:
        """Somebody looks in the web interface, and says what became of each held create; the truth."""
        self._step()
        self.drive.stage.control("POST", "/commit")
        for address in self.drive.held():
            self._resolve_one(address)
        self.drive.check()

    def _resolve_one(self, address: str) -> None:
        soul = self.drive.wish.souls.get(address, "")
        live = [one for one in self.drive.stage.things().values() if one.soul == soul and soul]
        folder = str(self.drive.here.folder)
        if live:
            self.drive.cli("resolve", address, folder, "--adopt", live[0].id)
            return
        ended = self.drive.cli("resolve", address, folder, "--not-created", stdin="x\n")
        asked = re.search(r"reaches ([0-9,]+) (?:person|people)", ended.err)
        if asked:
            self.drive.cli("resolve", address, folder, "--not-created", stdin=f"{asked[1]}\n")

    @rule()
    def set_right(self) -> None:
        self._step()
        self.put_right()
        self.drive.check()

    def put_right(self) -> None:
        """As an author would: what is late gets a new time, what an error asks to be imported is imported."""
        self.drive.wish.put_off()
        said = self.drive.plan().err
        for address, live_id in re.findall(r"Error: (\S+) exists already in the live account \(id ([0-9]+)\)", said):
            self.drive.imports(address, live_id)
        several = re.findall(r"Several live objects could be (\S+): ids ([0-9]+) and", said)
        beside = re.findall(r"Error: (\S+) cannot be replaced: .* another one like it \(id ([0-9]+)\)", said)
        self.drive.promise(not self.drive.is_clear or not (several or beside), f"nothing is there twice\n{said}")
        for address, live_id in several:
            self.drive.imports(address, live_id)
        for _, live_id in beside:
            self.drive.stage.person("DELETE", f"/voice_files/{live_id}")
        for address in re.findall(
            r"Error: ((?:rsvpCalls|clickToCalls)\.\S+) (?:was halted by|has called|has dialled)", said
        ):
            self.drive.wish.give_up(address)

    @rule()
    def brake(self) -> None:
        self._step()
        ended = self.drive.cli("halt", "--all", "--dir", str(self.drive.here.folder))
        running = [one for one in self.drive.stage.things().values() if one.kind == "rsvpCall" and one.state in RUNNING]
        theirs = [one for one in running if one.soul]
        self.drive.promise(ended.code != 0 or not theirs, f"after the brake nothing runs: {theirs}")
        self.drive.promise(ended.code == 0 or "Error: " in ended.err, f"a brake that fails says so\n{ended.said}")
        self.drive.check()

    # ---- a person at the web interface -------------------------------------------------------------------------------

    @rule(which=SMALL, starts=st.booleans())
    def person_halts_or_starts(self, which: int, starts: bool) -> None:
        wanted = "active" if starts else "halt"
        campaigns = [one for one in self.drive.stage.person("GET", "/rsvp_calls") if one["state"] != "complete"]
        self._step(f"a person sets {wanted}")
        if not campaigns:
            return
        campaign = campaigns[which % len(campaigns)]
        body = {name: campaign[name] for name in UPDATABLE if name in campaign} | {"state": wanted}
        if not starts and campaign["state"] not in RUNNING:
            return
        if starts:
            self._means(campaign)
        self.drive.stage.person("PUT", f"/rsvp_calls/{campaign['rsvpCallId']}", body)
        self.drive.check()

    def _means(self, campaign: Json) -> None:
        """Whoever starts it by hand means whom it reaches, now and later."""
        self.drive.by_hand.add(("rsvpCall", campaign["rsvpCallId"]))

    @rule(
        which=SMALL,
        path=st.sampled_from(("/rsvp_calls", "/smses", "/groups", "/voice_files", "/accounts", "/click_to_calls")),
    )
    def person_deletes(self, which: int, path: str) -> None:
        self._step(f"a person deletes of {path}")
        rows = self.drive.stage.person("GET", path)
        if rows:
            row = rows[which % len(rows)]
            self.drive.stage.person("DELETE", f"{path}/{next(iter(row.values()))}")
        self.drive.check()

    @rule(which=SMALL)
    def person_edits_group(self, which: int) -> None:
        self._step("a person edits a group")
        rows = self.drive.stage.person("GET", "/groups")
        if rows:
            row = rows[which % len(rows)]
            body = {"name": row["name"], "description": f"by hand {which}"}
            self.drive.stage.person("PUT", f"/groups/{row['groupId']}", body)

    @rule(which=SMALL)
    def person_makes_a_group(self, which: int) -> None:
        """Perhaps of a name that a manifest wants."""
        self._step("a person makes a group")
        self.drive.is_clear = False
        self.drive.stage.person("POST", "/groups", {"name": ("g0", "g1", *["Other"] * 6)[which], "description": ""})

    # ---- time, states and clones -------------------------------------------------------------------------------------

    @rule(step=st.sampled_from(("+10m", "+3h", "+1d", "+1d", "+5d")))
    def time_passes(self, step: str) -> None:
        self._step(f"time passes {step}")
        self.drive.stage.control("POST", "/clock", {"advance": step})
        self.drive.wish.now = self.drive._now()
        self.drive.check()

    @rule()
    def copy_state(self) -> None:
        self._step("the state is copied")
        self.drive.copy_state()

    @precondition(lambda self: self.drive.here.copies)
    @rule(which=SMALL)
    def restore_state(self, which: int) -> None:
        self._step("an old copy of the state is restored")
        self.drive.restore_state(which)

    @rule()
    def lose_state(self) -> None:
        self._step("the state is lost")
        self.drive.lose_state()

    @rule()
    def other_clone(self) -> None:
        self._step("the other clone")
        self.drive.is_clear = False
        one, two = self.drive.clones
        self.drive.here = two if self.drive.here is one else one


def _has_reason(ended: Ended) -> bool:
    """A guard, a held launch or create, or an error that says what to do."""
    if ended.code in (5, 7):
        return True
    lines = [json.loads(line) for line in ended.out.splitlines()]
    said = [line["diagnostic"] for line in lines if line["type"] == "diagnostic" and line["@level"] == "error"]
    return ended.code in (0, 1) and (not ended.code or bool(said))
