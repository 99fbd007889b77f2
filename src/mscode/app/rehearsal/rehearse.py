"""`mscode rehearse`, and `plan --rehearse`: the plan of now, played to its end in memory by the engine that would apply it.

The live account is read as for a plan and gets nothing but GET. What was read of it is put into the emulator of a laboratory,
with a copy of the state; the plan is applied there, its launches too, and the clock is moved on to the end of the last
campaign. What the emulator has called then is compared with what the plan promises (plan/invariants.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mscode import __version__
from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.plan import PlanOutcome
from mscode.app.rehearsal.forecasts import campaigns_going_on, campaigns_of, forecasts_of, min_chance_by
from mscode.app.rehearsal.forecasts_json import campaign_json, instant
from mscode.app.rehearsal.lab import Lab, emulated
from mscode.app.saved_plan import load_saved
from mscode.app.workspace import Workspace, load_work
from mscode.errors import Diagnostic, MscodeError
from mscode.model.calling_window import format_instant
from mscode.model.light_dataclass import dataclass
from mscode.plan.forecast.forecast import RUNS, seed_of

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.app.rehearsal.lab import LabRun, Ring
    from mscode.model.address import Address
    from mscode.plan.forecast.launches import LaunchedCampaign
    from mscode.plan.inputs import Options
    from mscode.plan.invariants import Caller, Course, Verdict
    from mscode.sandbox.answers import Answers
    from mscode.views.rehearsal.rehearsal_shapes import LedgerJson, RehearsalJson, RehearsedCampaignJson

#: Into so many steps the time up to the last end is divided, so that a person sees it pass.
_STEPS = 40

#: What is said of a plan that a guard refuses before it is rehearsed.
NOT_REHEARSED = "A guard refuses the plan, so it was not rehearsed."


def nobody_looks(stage: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to rehearse: `runs` replays of each campaign (0: none, None: as many as usual), and the seed, None for the one that the
    plan's digest gives.

    `progress` is told the stage and how much of it is done, of how much.
    """

    runs: int | None = None
    seed: int | None = None
    progress: Callable[[str, int, int], object] = nobody_looks


def rehearse(inv: Invocation, path: Path, options: Options, settings: Settings, *, at: str = "") -> PlanOutcome:
    """Run `mscode rehearse`: of a project's folder with the options of planning, or of a saved plan, which has its own.

    The outcome has a rehearsal in any case: an empty one, with a note, where a guard refuses the plan. StalePlan where the saved
    plan is not the plan of now.
    """
    if path.is_file():
        outcome = plan_and_rehearse(lambda: load_saved(inv, path, options.allow_deletes), settings)
    else:
        outcome = plan_and_rehearse(lambda: load_work(inv, path, options, at), settings)
    return outcome if outcome.rehearsal is not None else replace(outcome, rehearsal=_not_rehearsed(outcome, settings))


def plan_and_rehearse(load: Callable[[], Workspace], settings: Settings, *, with_drift: bool = False) -> PlanOutcome:
    """Plan, and rehearse the plan unless a guard refuses it. Sends nothing but GET to the live account, and takes no lock.

    MscodeError where the plan cannot be made, or could not be carried out in the rehearsal.
    """
    settings.progress("Reading the live account", 0, 0)
    work = load()
    store = work.read_state()
    with open_reader(work.environment, masker=work.masker(), of_copy=True) as reader:
        plan = work.plan(reader, store, with_drift=with_drift)
        outcome = PlanOutcome(work, plan, store, work.key(reader, store))
        if plan.refused:
            return outcome
        return _Rehearsal(outcome, settings).rehearsed(reader)


def _not_rehearsed(outcome: PlanOutcome, settings: Settings) -> RehearsalJson:
    """The rehearsal of a plan that is refused: nothing was played."""
    empty = _Rehearsal(outcome, settings)
    empty.notes.append(NOT_REHEARSED)
    return empty.data((), (), ())


class _Rehearsal:
    """One rehearsal of a plan."""

    def __init__(self, outcome: PlanOutcome, settings: Settings) -> None:
        from mscode.plan.fingerprint import digest

        self._outcome, self._settings = outcome, settings
        self._work, self._plan = outcome.work, outcome.plan
        self._digest = digest(outcome.plan, outcome.key)
        self._runs = RUNS if settings.runs is None else settings.runs
        self._seed = seed_of(self._digest) if settings.seed is None else settings.seed
        self._campaigns: Sequence[LaunchedCampaign] = ()
        self.notes: list[str] = []

    def rehearsed(self, reader: Reader) -> PlanOutcome:
        """The plan with what became of it."""
        from mscode.plan.guards.min_chance import not_judged
        from mscode.plan.invariants import Judge, callers_of

        callers = callers_of(self._plan)
        launched = campaigns_of(self._plan, self._work.environment)
        self._campaigns = [*launched, *campaigns_going_on(self._plan, self._work.environment)]
        courses = self._played(callers, reader)
        judge = Judge(self._plan)
        verdicts = [verdict for course, _ in courses for verdict in judge.verdicts(course)]
        forecasts = forecasts_of(
            self._campaigns,
            seed=self._seed,
            runs=self._runs,
            progress=lambda done, total: self._settings.progress("Replaying the campaigns", done, total),
        )
        if not self._runs:
            self.notes += [f"{note.address} is not judged with --runs 0." for note in not_judged(self._plan)]
        checks = min_chance_by(self._plan, launched, forecasts)
        plan = replace(self._plan, checks=(*self._plan.checks, *checks))
        reaches = {campaign.address: campaign.reach for campaign in self._campaigns}
        rows = [
            campaign_json(course.caller, forecasts.get(address), reaches.get(address))
            for course, _ in courses
            for address in [course.caller.address]
        ]
        return replace(self._outcome, plan=plan, rehearsal=self.data(courses, verdicts, rows))

    # ---- the play ----

    def _played(self, callers: Sequence[Caller], reader: Reader) -> list[tuple[Course, LedgerJson]]:
        """The calls of each caller up to the end of the last one."""
        from mscode.app.rehearsal.fork import fork_into, read_for_fork
        from mscode.sandbox.answers import Answers

        builder = self._plan.builder
        assert builder is not None
        environment = self._work.environment
        account = environment.account(reader)
        reading = read_for_fork(account, self._plan, builder.inputs)
        state = self._outcome.store.document()
        with Lab(environment, self._work.inv, self._plan.now, answers=Answers(self._seed), state=state) as lab:
            fork_into(lab, account, reading, self._plan.now)
            accepts = {
                (caller.kind.section, caller.live_id): standing.accepts
                for caller in callers
                if caller.live_id and (standing := lab.standing(caller.kind.section, caller.live_id)) is not None
            }
            self._settings.progress("Applying the plan in memory", 0, 0)
            run = lab.apply(lab.enter(self._work), judges_chances=False)
            self._refuse_incomplete(run)
            began = lab.now
            lab.store.answers = self._answers(lab)
            self._play_to_the_end(lab)
            self.notes += reading.notes
            return self._courses(lab, callers, accepts, began)

    def _answers(self, lab: Lab) -> Answers:
        """How people answer: with the rates that are likeliest for each campaign."""
        from mscode.model.address import Address
        from mscode.sandbox.answers import Answers, Rates

        ids = lab.ids()
        by_campaign = {
            (emulated(Address.parse(one.address).section), int(ids[one.address])): Rates(
                one.rates.answer.mean, one.rates.accept.mean
            )
            for one in self._campaigns
            if one.address in ids
        }
        return Answers(self._seed, by_campaign=by_campaign)

    def _refuse_incomplete(self, run: LabRun) -> None:
        """MscodeError unless the rehearsal did what the plan of the live account says."""
        from mscode.plan.fingerprint import compare, fingerprint

        key = self._outcome.key
        comparison = compare(fingerprint(self._plan, key), fingerprint(run.plan, key))
        differences = [difference.text for difference in comparison.differences]
        differences += [f"{address} reaches fewer people" for address in comparison.fewer or {}]
        if differences:
            raise MscodeError(
                "The rehearsal could not be made: in the copy of the account the plan is another one",
                detail="; ".join(differences[:10]) + ".",
                hint="Does `service:` of the environment say how this service works?",
                code="rehearsal-differs",
            )
        summary = run.summary
        if summary is None:
            unfinished = [(check.name, check.message) for check in run.plan.checks if check.status == "fail"]
        else:
            unfinished = [*map(_told, (*summary.failed, *summary.skipped, *summary.unknown))]
        if unfinished:
            raise MscodeError(
                [
                    Diagnostic(
                        "The plan could not be carried out in the rehearsal",
                        detail="\n".join(f"{subject}: {reason}" for subject, reason in unfinished[:20]),
                        hint="The live account would probably refuse it too.",
                        code="rehearsal-failed",
                    )
                ]
            )

    def _play_to_the_end(self, lab: Lab) -> None:
        end = lab.last_end()
        if end is None:
            return
        begins, step = lab.now, (end - lab.now) / _STEPS
        for number in range(1, _STEPS + 1):
            lab.advance(begins + step * number if number < _STEPS else end + timedelta(seconds=1))
            self._settings.progress("Playing the calls", number, _STEPS)

    def _courses(
        self, lab: Lab, callers: Sequence[Caller], accepts: Mapping[tuple[str, str], int], began: datetime
    ) -> list[tuple[Course, LedgerJson]]:
        from mscode.plan.invariants import Call, Course

        ids = lab.ids()
        rings: dict[tuple[str, str], list[Ring]] = {}
        for ring in lab.ledger():
            rings.setdefault((ring.section, ring.id), []).append(ring)
        courses = []
        for caller in callers:
            section, live_id = caller.kind.section, caller.live_id or ids.get(caller.address, "")
            of_caller = rings.get((section, live_id), [])
            calls = [Call(ring.at, ring.to, ring.reply == "accept") for ring in of_caller]
            pace = lab.store.profile.pace
            course = Course(caller, calls, began, pace, accepts.get((section, caller.live_id), 0))
            courses.append((course, _ledger_of(lab, course, section, live_id)))
        return courses

    # ---- what is told of it ----

    def data(
        self,
        courses: Sequence[tuple[Course, LedgerJson]],
        verdicts: Iterable[Verdict],
        campaigns: Sequence[RehearsedCampaignJson],
    ) -> RehearsalJson:
        """The rehearsal as JSON data: counts, shares and instants alone."""
        plan = self._plan
        return {
            "format_version": "1.0",
            "mscode_version": __version__,
            "timestamp": format_instant(plan.now),
            "project": plan.project,
            "environment": plan.environment,
            "timezone": plan.zone_name,
            "digest": self._digest,
            "seed": self._seed,
            "runs": self._runs,
            "campaigns": list(campaigns),
            "invariants": [
                {
                    "name": verdict.name,
                    "address": verdict.address,
                    "holds": verdict.holds,
                    "message": verdict.message,
                }
                for verdict in verdicts
            ],
            "ledger": [ledger for _, ledger in courses],
            "notes": list(dict.fromkeys(self.notes)),
        }


def _told(step: tuple[Address, str]) -> tuple[str, str]:
    """A step that was not done, and why not, for people."""
    return str(step[0]), step[1]


def _ledger_of(lab: Lab, course: Course, section: str, live_id: str) -> LedgerJson:
    standing = lab.standing(section, live_id) if live_id else None
    end = standing.completed if standing is not None else None
    if course.caller.kind.goes_out_once:
        end = course.last
    return {
        "address": course.caller.address,
        "calls": len(course.calls),
        "rung": len({call.to for call in course.calls}),
        "accepts": course.accepts + sum(call.accepted for call in course.calls),
        "first": instant(course.first),
        "last": instant(course.last),
        "end": instant(end),
        "state": standing.state if standing is not None else "deleted" if course.caller.live_id else "",
    }
