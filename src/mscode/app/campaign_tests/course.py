"""The course of one test: the account as it is given, the steps, and what is seen of it at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mscode.app.campaign_tests.account import people_of, put
from mscode.app.campaign_tests.expectations import Evidence, SeenRing, failures_of
from mscode.app.campaign_tests.jobs import CommandOptions, Job
from mscode.app.environment import open_reader, resolve
from mscode.app.invocation import Invocation
from mscode.app.plan import exit_code_of
from mscode.app.rehearsal.lab import Lab, Ring
from mscode.app.state import open_state
from mscode.errors import Diagnostic, ManifestError, MscodeError, type_and_place, worst
from mscode.manifest.campaign_tests.edit import EditError, with_edits
from mscode.manifest.campaign_tests.given import GivenReader
from mscode.manifest.campaign_tests.parts import Advance, Command, Edit
from mscode.manifest.format.grouping import hide
from mscode.manifest.load.files import path_hint
from mscode.manifest.project.file import load_project
from mscode.manifest.yaml.source import overlaid, read_bytes
from mscode.model.address import Address
from mscode.model.address_pattern import AddressPattern
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import did_you_mean
from mscode.model.privacy import hide_secrets, mask_numbers
from mscode.sandbox.answers import Answers
from mscode.views.campaign_tests.results import TestFailure, TestResult

if TYPE_CHECKING:
    from mscode.app.rehearsal.lab import LabHalt, LabRun
    from mscode.app.workspace import Workspace
    from mscode.manifest.campaign_tests.files import CampaignTest
    from mscode.manifest.campaign_tests.parts import People
    from mscode.manifest.project.file import ProjectFile
    from mscode.model.world import Desired
    from mscode.plan.change import Plan

#: Lines of a command's own error that a failure shows.
_MOST_DETAILS = 5


def run_test(job: Job) -> TestResult:
    """Run one test; never raises but for an interrupt."""
    began = time.monotonic()
    files: dict[Path, bytes] = {}
    secrets: set[str] = set()
    failures: Sequence[TestFailure] = ()
    errors: Sequence[Diagnostic] = ()
    try:
        with overlaid(files), _no_log():
            failures = _Course(job, files, secrets).run()
    except MscodeError as error:
        errors = [
            diagnostic if diagnostic.place else replace(diagnostic, place=job.test.place)
            for diagnostic in error.diagnostics
        ]
    except Exception as error:
        errors = [_internal(error, job.test)]
    return TestResult(
        mask_numbers(job.test.name),
        job.test.place,
        job.environment,
        tuple(_without_secrets(failure, secrets) for failure in failures),
        tuple(hide(error, secrets) for error in errors),
        time.monotonic() - began,
    )


def _without_secrets(failure: TestFailure, secrets: set[str]) -> TestFailure:
    """A failure as it may be shown: the error of a command may quote what the project's variables hold."""
    details = [hide_secrets(line, secrets) for line in failure.details]
    return replace(failure, actual=hide_secrets(failure.actual, secrets), details=details)


@contextmanager
def _no_log() -> Iterator[None]:
    """Log no request: those of a test go to nobody, and a log would be full of them."""
    logger = logging.getLogger("mscode.http")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _internal(error: Exception, test: CampaignTest) -> Diagnostic:
    """A bug of mscode. The exception's text may quote people's data, so its type and its place in the code are all that is said."""
    return Diagnostic(f"internal error ({type_and_place(error)}), a bug of mscode; please report it", test.place)


@dataclass(slots=True)
class _RingLog:
    """The rings that are known so far, each with whether it was to somebody whom `only` names at that time."""

    rings: dict[tuple[datetime, str, str, str, str], bool] = field(default_factory=dict)

    def add(self, ledger: Sequence[Ring], people: frozenset[str]) -> None:
        """Take the rings that are new; `people` are the accounts that might be rung in the meantime."""
        for ring in ledger:
            self.rings.setdefault(_key(ring), ring.account_id in people)


def _key(ring: Ring) -> tuple[datetime, str, str, str, str]:
    return ring.at, ring.section, ring.id, ring.account_id, ring.to


class _Course:
    """One test. `files` takes the files that it edits, by their paths; `secrets` the texts that no output may show."""

    def __init__(self, job: Job, files: dict[Path, bytes], secrets: set[str]) -> None:
        self.job, self.test, self.files, self.secrets = job, job.test, files, secrets
        self.inv = Invocation(
            env=job.environment,
            no_input=True,
            variables=job.variables,
            var_texts=tuple(job.var_texts),
            var_files=tuple(job.var_files),
        )
        self.environment = resolve(
            self._project(), job.directory, job.environment, job.variables, hide_token=lambda token: None
        )
        self.desired: dict[Address, Desired] = {}
        self.addresses: set[str] = set()
        self.given_ids: dict[str, str] = {}

    def _project(self) -> ProjectFile:
        """mscode.yaml as it is now: a step may have edited it."""
        project = load_project(self.job.directory, "mscode test")
        project.environment(self.job.environment)
        return project

    def run(self) -> list[TestFailure]:
        """Everything that does not hold. MscodeError where the test itself cannot be run."""
        clock = self.test.clock or datetime.now(UTC).replace(microsecond=0)
        with Lab(self.environment, self.inv, clock, answers=_answers(self.test.people)) as lab:
            lab.out.secrets = self.secrets
            self._put_given(lab)
            self._look_at_project(lab)
            log, before = _RingLog(), self._people(lab)
            codes = iter(self.test.codes)
            for at, step in enumerate(self.test.steps):
                failure = self._step(lab, at, step, codes)
                after = self._people(lab)
                log.add(lab.ledger(), before | after)
                before = after
                if failure is not None:
                    return [failure]
            self._refuse_strangers()
            return self._failures(lab, log)

    # ---- before ----

    def _put_given(self, lab: Lab) -> None:
        if self.test.given is None:
            return
        reader = GivenReader(
            self.job.directory,
            self.environment.project,
            self.job.environment,
            self.environment.window_zone,
            self.inv.given,
        )
        given = reader.read(self.test.given, (self.job.directory / self.test.file).parent)
        self.secrets.update(given.world.secrets)
        try:
            self.given_ids = put(given, lab)
        except MscodeError as error:
            place = self.test.place_of("given")
            raise MscodeError([replace(diagnostic, place=place) for diagnostic in error.diagnostics]) from None

    def _look_at_project(self, lab: Lab) -> None:
        """Know the project's addresses. What is wrong with it is for its commands to say."""
        from mscode.plan.inputs import Options

        try:
            self._work(lab, CommandOptions(Options()))
        except MscodeError:
            return

    def _work(self, lab: Lab, options: CommandOptions) -> Workspace:
        """The project as its files, edited or not, are now."""
        # The service stays as the test began with it: an edit is of the project.
        lab.environment = replace(lab.environment, project=self._project())
        lab.inv = replace(lab.inv, var_texts=(*self.job.var_texts, *options.variables))
        work = lab.work(self.job.directory, options.planning)
        self.desired.update(work.desired.objects)
        self.addresses.update(map(str, work.desired.objects))
        return work

    # ---- steps ----

    def _step(self, lab: Lab, at: int, step: Command | Advance | Edit, codes: Iterator[int]) -> TestFailure | None:
        """Do one step. The failure of a command that ended with another code than it should."""
        if isinstance(step, Advance):
            lab.advance(step.length)
            return None
        if isinstance(step, Edit):
            self._edit(step)
            return None
        expected = next(codes)
        code, details = self._command(lab, step, self.job.options[at])
        if code == expected:
            return None
        is_expected = self.test.expect.exit is not None
        return TestFailure(
            "expect.exit" if is_expected else "do",
            self.test.place_of("expect.exit") if is_expected else step.place,
            f"step {at + 1}, {step}, exits with {expected}",
            f"it exited with {code}",
            [mask_numbers(line) for line in details[:_MOST_DETAILS]],
        )

    def _command(self, lab: Lab, step: Command, options: CommandOptions) -> tuple[int, list[str]]:
        """The exit code of a command, and what it said of it."""
        lab.out.lines.clear()
        try:
            if step.name == "halt":
                return _halted(lab.halt(step.address))
            work = self._work(lab, options)
            if step.name == "plan":
                plan = lab.plan(work)
                code = worst(exit_code_of(plan), 2 if options.detailed and plan.shown else 0)
                return code, _refusals(work, plan)
            run = lab.apply(work, options.applying)
            return run.exit_code, [*_refusals(work, run.plan), *_of_run(work, run), *lab.out.lines]
        except MscodeError as error:
            return error.exit_code, _said(error)

    def _edit(self, step: Edit) -> None:
        """Change a file of the project for this test."""
        root = self.job.directory.resolve()
        path = root / step.file if "\x00" not in step.file else root
        try:
            path = path.resolve()
            is_file = path.is_file()
        except (OSError, RuntimeError):  # a name longer than a file can have, a link that leads to itself
            is_file = False
        hint = ""
        if not path.is_relative_to(root) or path == root or Path(step.file).is_absolute():
            problem = f'edit: "{step.file}" lies outside the project'
        elif not is_file:
            problem, hint = f'edit: the file "{step.file}" does not exist', path_hint(root, step.file)
        else:
            name = path.relative_to(root).as_posix()
            try:
                self.files[path] = with_edits(read_bytes(path, name), name, step.values)
                return
            except EditError as error:
                place = step.value_places.get(error.path, step.place)
                raise MscodeError([Diagnostic(f"{error.path}: {error}", place, "", error.hint, code="edit")]) from None
            except ManifestError as error:
                raise MscodeError(error.diagnostics) from None
        raise MscodeError([Diagnostic(problem, step.file_place, "", hint, code="edit")])

    # ---- at the end ----

    def _ids(self, lab: Lab) -> dict[str, str]:
        """The id of each named object that is in the account, by address; the project's before one that was given."""
        document = lab.document()
        entries = document.entries if document is not None else {}
        return {**self.given_ids, **{str(address): entry.id for address, entry in entries.items()}}

    def _people(self, lab: Lab) -> frozenset[str]:
        """The accounts that `only` stands for at this moment."""
        rings = self.test.expect.rings
        if rings is None or rings.only is None:
            return frozenset()
        ids = self._ids(lab)
        known = {*ids, *self.addresses}
        addresses = [address for name in rings.only for address in _meant(name, known)]
        return frozenset[str]().union(
            *(people_of(address, lab, ids, self.desired.get(Address.parse(address))) for address in addresses)
        )

    def _refuse_strangers(self) -> None:
        """MscodeError where an expectation is about an address that neither the project nor `given` has: it would hold, or fail,
        for no reason.
        """
        expect, known = self.test.expect, {*self.addresses, *self.given_ids}
        if not self.addresses:  # the project could not be read, and a command has said so
            return
        only = (expect.rings.only or ()) if expect.rings is not None else ()
        expectations = [
            *(("expect.rings.only", name) for name in only),
            *((f"expect.accepts.{name}", name) for name in expect.accepts or {}),
            *((f"expect.states.{name}", name) for name in expect.states or {}),
        ]
        errors = []
        for path, name in expectations:
            place = self.test.place_of(path)
            if not _meant(name, known):
                summary, hint = f"{name} is neither in the project nor given", did_you_mean(name, known)
                errors.append(Diagnostic(summary, place, hint=hint, code="unknown-address"))
            elif reason := _unfit(path, name):
                errors.append(Diagnostic(reason, place, code="unfit-address"))
        if errors:
            raise MscodeError(errors)

    def _failures(self, lab: Lab, log: _RingLog) -> list[TestFailure]:
        ids, expect = self._ids(lab), self.test.expect
        by_id = {(address.partition(".")[0], live_id): address for address, live_id in self.given_ids.items()}
        rings = [
            SeenRing(
                ring.at,
                ring.address or by_id.get((ring.section, ring.id), ""),
                ring.to,
                ring.reply == "accept",
                log.rings.get(_key(ring), True),
            )
            for ring in lab.ledger()
        ]
        known = {*ids, *self.addresses}
        states = {
            name: {address: self._state(lab, address, ids) for address in _meant(name, known)}
            for name in expect.states or {}
        }
        planned, not_planned = self._planned(lab) if expect.plan else (None, "")
        zone_name = self.environment.project.timezone
        evidence = Evidence(rings, states, planned, ZoneInfo(zone_name), zone_name, not_planned)
        return [
            TestFailure(failure.path, self.test.place_of(failure.path), failure.expected, failure.actual)
            for failure in failures_of(expect, evidence)
        ]

    def _state(self, lab: Lab, address: str, ids: Mapping[str, str]) -> str:
        """The state of a campaign as `mscode status` shows it; "" where it is not in the account."""
        from mscode.engine.account.status import read_campaign

        if address not in ids:
            return ""
        known = open_state(lab.environment).known
        with open_reader(lab.environment) as reader:
            account = lab.environment.account(reader)
            campaign = read_campaign(account, Address.parse(address).kind, ids[address], known)
        return campaign.standing.state if campaign is not None else ""

    def _planned(self, lab: Lab) -> tuple[list[str], str]:
        """The addresses that a plan would change now, and why none can be made ("" where one can)."""
        from mscode.plan.inputs import Options

        try:
            plan = lab.plan(self._work(lab, CommandOptions(Options())))
        except MscodeError as error:
            return [], mask_numbers(error.diagnostics[0].summary)
        return [str(change.address) for change in plan.shown], ""


def _answers(people: People) -> Answers:
    rates: dict[str, Any] = {name: getattr(people, name) for name in ("seed", "answer", "accept")}
    rates = {name: value for name, value in rates.items() if value is not None}
    return Answers(**rates, by_number=people.by_number)


def _meant(name: str, known: set[str]) -> list[str]:
    """The addresses that a name stands for: its own, or all that its forEach has made."""
    pattern = AddressPattern(name)
    return sorted(address for address in known if pattern.matches(address))


def _unfit(path: str, name: str) -> str:
    """Why this cannot be expected of such a kind of object; "" where it can."""
    kind = Address.parse(name).kind
    if path.endswith(".only"):
        return "" if kind.is_receiver or kind.rows is not None else f"{name} is no group, account or list of people"
    if path.startswith("expect.accepts"):
        return "" if kind.calls_for_a_while else f"{name} is nothing that people accept"
    return "" if kind.reaches_people else f"{name} reaches nobody, and has no state"


def _halted(halt: LabHalt) -> tuple[int, list[str]]:
    """The exit code of a halt, and why it halted nothing."""
    errors = [halted.error for halted in halt.result.halted if halted.error is not None]
    missing = [f"Error: The account has no campaign {name} that can be halted" for name in halt.result.missing]
    return halt.exit_code, [*missing, *(line for error in (*errors, *halt.result.doubts) for line in _said(error))]


def _said(error: MscodeError) -> list[str]:
    """A command's error, as one line a sentence."""
    lines = []
    for diagnostic in error.diagnostics:
        place = f"{diagnostic.place.file}:{diagnostic.place.line}: " if diagnostic.place else ""
        lines.append(f"Error: {place}{diagnostic.summary}")
        lines += [text for text in (diagnostic.detail, diagnostic.hint) if text]
    return lines


def _refusals(work: Workspace, plan: Plan) -> list[str]:
    """What refuses a plan."""
    mask = work.masker(show_people=False)
    return [f"Refused by {check.name}: {mask(check.message)}" for check in plan.checks if check.status == "fail"]


def _of_run(work: Workspace, run: LabRun) -> list[str]:
    """What an apply did not do, and why."""
    if run.summary is None:
        return []
    mask, summary = work.masker(show_people=False), run.summary
    lines = [
        f"{address}: {mask(str(reason))}" for address, reason in (*summary.failed, *summary.skipped, *summary.unknown)
    ]
    return [*lines, *([f"{summary.held} held"] if summary.held else [])]
