"""From what rules find to verdicts: levels, overrides, comments that allow, order. The only place that decides them.

A `deny` refuses what lets people be reached, that is a launch, and nothing else: on what is made halted, narrowed, halted or
removed the same finding is a `warn`, so that no finding ever stands in the way of a stop. `validate` has no plan, so
there it counts for every object that is not over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import AllowComment, Region
from mscode.model.world import CheckSetting, DesiredWorld
from mscode.plan.change import Action, Check, CheckStatus
from mscode.plan.checks.context import CheckContext, is_over, region_at
from mscode.plan.checks.rule import Finding, Level, Rule, rules

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder
    from mscode.plan.inputs import Match

#: The rule about comments that allow nothing; it looks at the others' verdicts, so it is judged here.
UNUSED_ALLOW = "checks/unused-allow"
_ORDER: Mapping[CheckStatus, int] = {"fail": 0, "overridden": 1, "warn": 2, "allowed": 3, "pass": 4}
_PLAIN = CheckSetting()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts, in order, and the rules that were not run for want of a library."""

    checks: tuple[Check, ...]
    not_run: tuple[Rule, ...] = ()

    def diagnostics(self) -> Iterator[Diagnostic]:
        """One warning that names every rule that was not run."""
        if self.not_run:
            from mscode.model.extras import how_to_install

            libraries = sorted({rule.library for rule in self.not_run})
            yield Diagnostic(
                f"Not run: {', '.join(rule.id for rule in self.not_run)}",
                None,
                f"{' and '.join(libraries)} {'is' if len(libraries) == 1 else 'are'} not installed.",
                how_to_install("checks"),
                "warning",
                "checks-not-run",
            )


def judge_manifests(
    desired: DesiredWorld,
    now: datetime,
    window_zone: tzinfo,
    environment: str,
    override: frozenset[str],
    *,
    is_complete: bool,
) -> Judgement:
    """What `validate` says: every object that is not over, by the rules that need no live account. `is_complete`: the
    manifests have no errors.
    """
    judged = frozenset(address for address, item in desired.objects.items() if not is_over(item, now))
    context = CheckContext(desired, judged, now, window_zone, environment, is_complete=is_complete)
    return _Judge(context, override, None).judgement()


def judge_plan(builder: PlanBuilder) -> Judgement:
    """What a plan says: of what it creates, changes or launches, by all rules."""
    return _of_plan(builder).judgement()


def refusals_again(builder: PlanBuilder, settings: Mapping[str, CheckSetting]) -> list[Check]:
    """What the rules refuse now, of the one launch that a builder holds, with the settings that mscode.yaml has now."""
    desired = builder.inputs.whole
    desired = replace(desired, project=replace(desired.project, checks=settings))
    inputs = replace(builder.inputs, whole_desired=desired)
    judge = _of_launches(replace(builder, inputs=inputs))
    return [check for check in judge.verdicts(denying_only=True) if check.status == "fail"]


def _of_plan(builder: PlanBuilder) -> _Judge:
    launching = _launching(builder)
    # What is merely imported or moved stays what it was.
    concerned = {
        change.address for change in builder.changes if change.desired is not None and change.action is not Action.NOOP
    }
    concerned |= {address for address in builder.inputs.whole.objects if str(address) in launching}
    return _judge(builder, launching, concerned)


def _of_launches(builder: PlanBuilder) -> _Judge:
    """What is launched alone: a finding about nothing of it refuses nothing. Where comments allow findings, one may stand at
    another object that the finding is about as well: then all is judged that the plan was judged by.
    """
    launching, objects = _launching(builder), builder.inputs.whole.objects
    if builder.inputs.whole.allow_comments:
        return _of_plan(builder)
    names = (name.split(".", 2) for name in launching if "." in name)
    return _judge(builder, launching, {address for name in names if (address := Address(*name)) in objects})


def _launching(builder: PlanBuilder) -> frozenset[str]:
    """The addresses, and names of what no manifest has, that a plan launches or lets reach more people."""
    launching: set[str] = set()
    for change in builder.changes:
        if change.launch is not None:
            launching |= {str(change.address), *change.launch.campaigns}
    return frozenset(launching)


def _judge(builder: PlanBuilder, launching: frozenset[str], concerned: Collection[Address]) -> _Judge:
    inputs, desired = builder.inputs, builder.inputs.whole
    judged = frozenset(
        address
        for address in concerned
        if address in desired.objects
        and not _has_finished(builder.matches.get(address))
        and not is_over(desired.objects[address], inputs.now)
    )
    context = CheckContext(desired, judged, inputs.now, inputs.window_zone, inputs.environment, builder=builder)
    return _Judge(context, inputs.options.override, launching)


def _has_finished(match: Match | None) -> bool:
    return match is not None and match.live is not None and match.live.status.is_reported and match.live.status.finished


class _Judge:
    """`launching` are the addresses whose launch a `deny` refuses; None: it refuses everywhere."""

    def __init__(self, context: CheckContext, override: frozenset[str], launching: frozenset[str] | None) -> None:
        self._context, self._override, self._launching = context, override, launching
        self._comments = _Comments(context.desired.allow_comments)

    def judgement(self) -> Judgement:
        verdicts = list(self.verdicts())
        sees_all = self._context.builder is not None
        run = {rule.id for rule in self._rules() if rule.can_run and (sees_all or rule.needs == "manifests")}
        verdicts += self._unused_comments(run)
        verdicts.sort(key=_sort_key)
        return Judgement(tuple(verdicts), tuple(rule for rule in self._rules() if not rule.can_run))

    def verdicts(self, *, denying_only: bool = False) -> Iterator[Check]:
        """Each finding with what becomes of it; `denying_only`: of the rules that can refuse."""
        if not self._context.judged:
            return
        for rule in self._rules():
            level, setting = level_of(rule, self._setting(rule))
            if not rule.can_run or (denying_only and level != "deny"):
                continue
            context = replace(self._context, value=setting.value or rule.value)
            findings = list(rule.look(context))
            self._comments.note_own_lines(rule.id, findings)
            for finding in findings:
                yield self._verdict(rule, level, setting, finding)

    def _rules(self) -> Iterator[Rule]:
        """The rules that this project has switched on and that can be asked here."""
        for rule in rules().values():
            is_known = rule.needs != "account" or self._context.builder is not None
            if is_known and level_of(rule, self._setting(rule))[0] != "off":
                yield rule

    def _setting(self, rule: Rule) -> CheckSetting:
        return self._context.project.checks.get(rule.id, _PLAIN)

    def _verdict(self, rule: Rule, level: Level, setting: CheckSetting, finding: Finding) -> Check:
        addresses = tuple(map(str, finding.addresses))
        refuses = level == "deny" and finding.at_most == "deny"
        if self._launching is not None:
            refuses = refuses and not self._launching.isdisjoint(addresses)
        comment = self._comments.allowing(rule.id, finding)
        reason = setting.reason
        status: CheckStatus = "fail" if refuses else "warn"
        if comment is not None and (setting.inline or level != "deny"):
            status, reason = "allowed", comment.reason
        elif rule.id in self._override:
            status = "overridden"
        return Check(
            rule.id,
            status,
            finding.message,
            reason,
            addresses,
            people=finding.people,
            places=finding.places,
            region=finding.region,
            hint=finding.hint,
            suggestion=finding.suggestion,
            denies=refuses,
            is_finding=True,
        )

    def _unused_comments(self, run: set[str]) -> Iterator[Check]:
        rule = rules()[UNUSED_ALLOW]
        level, setting = level_of(rule, self._setting(rule))
        if level == "off" or not self._context.is_complete:
            return
        for finding in self._comments.unused(run, self._is_concerned):
            yield self._verdict(rule, level, setting, finding)

    def _is_concerned(self, comment: AllowComment) -> bool:
        """Does a comment stand in an object whose turn it is? Its finding would have been raised now."""
        place = comment.place
        above = [
            item
            for item in self._context.objects.values()
            if item.place.file == place.file and item.place.line <= place.line + 1
        ]
        if not above:
            return self._launching is None
        nearest = max(item.place.line for item in above)
        return any(item.address in self._context.judged for item in above if item.place.line == nearest)


def level_of(rule: Rule, setting: CheckSetting) -> tuple[Level, CheckSetting]:
    """The level of a rule in a project: as set, else its own. One that is off is switched on by its value, as `warn`."""
    level: Level = setting.level or rule.level
    if setting.level is None and rule.level == "off" and setting.value is not None:
        level = "warn"
    return level, setting


class _Comments:
    """The comments of a project, and which of them have allowed something."""

    def __init__(self, comments: Sequence[AllowComment]) -> None:
        self._comments = comments
        self._by_line: dict[tuple[str, int], list[AllowComment]] = {}
        for comment in comments:
            self._by_line.setdefault((comment.place.file, comment.place.line), []).append(comment)
        self._used: set[int] = set()
        self._own_line: set[int] = set()

    def note_own_lines(self, rule_id: str, findings: Sequence[Finding]) -> None:
        """Which comments stand beside what they allow: such a one says nothing of the line below it."""
        for finding in findings if self._by_line else ():
            for region in _regions(finding):
                for comment in self._by_line.get((region.place.file, region.place.line), ()):
                    if comment.rule == rule_id:
                        self._own_line.add(id(comment))

    def allowing(self, rule_id: str, finding: Finding) -> AllowComment | None:
        """The comment, with a reason, that allows a finding: on its line, or the one above."""
        for region in _regions(finding) if self._by_line else ():
            for line in (region.place.line, region.place.line - 1):
                for comment in self._by_line.get((region.place.file, line), ()):
                    is_below = line != region.place.line
                    if comment.rule == rule_id and comment.reason and not (is_below and id(comment) in self._own_line):
                        self._used.add(id(comment))
                        return comment
        return None

    def unused(self, run: Collection[str], is_concerned: Callable[[AllowComment], bool]) -> Iterator[Finding]:
        """A finding for each comment that allows nothing: its rule was run, is none, or it gives no reason."""
        known = rules()
        for comment in self._comments:
            if id(comment) in self._used or not is_concerned(comment):
                continue
            message, hint = "", "Remove the comment."
            if comment.rule not in known:
                message = f'This comment allows nothing: "{comment.rule[:60]}" is no rule.'
                hint = "Write `# mscode:allow ID, REASON`; `mscode checks` lists the ids."
            elif not comment.reason:
                message = f"This comment allows nothing: it gives no reason to allow {comment.rule}."
                hint = f"Write `# mscode:allow {comment.rule}, REASON`."
            elif comment.rule in run:
                message = f"This comment allows nothing any more: {comment.rule} finds nothing here."
            if message:
                yield Finding(message, region_at(comment.place), (), hint)


def _regions(finding: Finding) -> tuple[Region, ...]:
    """The places of a finding at which a comment may allow it."""
    return (*([finding.region] if finding.region else []), *finding.allow_at)


def _sort_key(check: Check) -> tuple[int, str, int, int, str, str]:
    place = check.place
    where = (place.file, place.line, place.column) if place else ("", 0, 0)
    return (_ORDER[check.status], *where, check.name, check.message)
