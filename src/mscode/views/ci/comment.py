"""The comment on a pull request: a marker that only mscode reads, one line on its state, and the plans.

The marker is read from the first line alone: text that a plan quotes may look like a marker, and is no more than text.

    <!-- mscode:comment:v1 {"plans": {"drive/production": {"digest": …, "at": …}}, "commit": …, "state": "planned"} -->

A forge limits the characters of a comment, including the marker. Lengths are counted in bytes of UTF-8 here: a text never has
fewer bytes than characters, however a forge counts characters.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal

from mscode.errors import PlanError
from mscode.model.ci import Job
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.ci.ending import apply_sentence, details, was_held
from mscode.views.fleet.plan_markdown import fleet_comment
from mscode.views.fleet.plan_shapes import FleetPlanJson
from mscode.views.plan.markdown import plan_markdown, totals_markdown
from mscode.views.plan.reading import Data, items

VERSION = 1
#: Bytes reserved beside the plans: for the line on the state, and for how an apply ended.
OVERHEAD = 4_000
#: Bytes that each of several plans gets at least, before it is known whether all of them fit.
LEAST_BYTES = 2_000
#: A marker longer than this fraction (1/3) of the comment names its plans by hashes.
MARKER_SHARE = 3
State = Literal["planned", "applied", "failed", "superseded"]
STATES: tuple[State, ...] = ("planned", "applied", "failed", "superseded")

_MARKER = re.compile(r"<!-- mscode:comment:v(\d{1,4}) (\{[^<>\n]{0,1000000}\}) -->\n")
_CONTENT = "<!-- mscode:content -->\n"
#: Stands before each plan of several. A plan's own lines never begin with `<`.
_PLAN = re.compile(r"(?m)^<!-- mscode:plan (\S{1,120}) -->\n")
_REFUSED = "**A guard refuses this plan: as it stands, an apply would do nothing.**"
_BETWEEN = "\n---\n\n"
_FLEET = "fleet:"
_NAME = re.compile(rf"[a-z][a-z0-9-]{{0,38}}/[A-Za-z0-9][A-Za-z0-9_-]{{0,62}}|{_FLEET}[a-z][a-z0-9-]{{0,38}}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_JOB = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+/[A-Za-z0-9._~/%-]+")
_COMMENT = re.compile(rf"{_JOB.pattern}(?:#[A-Za-z0-9_-]+)?")
_PAIRS = re.compile(r"(#[0-9a-f]{8})([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class PlanStamp:
    """One plan that a comment shows: its digest, and when it was made (UTC, as in its JSON). Both are "" where there is none:
    it could not be made."""

    digest: str
    at: str


@dataclass(frozen=True, slots=True)
class CommentMarker:
    """What a comment is about. `plans` maps `project/environment` to the plan that it shows; where there are very many, a hash
    of that name (`#12ab34cd`)."""

    plans: Mapping[str, PlanStamp]
    commit: str = ""
    state: State = "planned"
    version: int = VERSION

    def shown(self, name: str) -> PlanStamp | None:
        """The plan of `project/environment`, None where the comment shows none."""
        return self.plans.get(name) or self.plans.get(_name_hash(name))

    def is_about(self, names: Collection[str]) -> bool:
        """Does it show exactly the plans of these names?"""
        return len(self.plans) == len(names) and all(map(self.shown, names))

    def without(self, names: Collection[str]) -> Mapping[str, PlanStamp]:
        """Its plans, except those of these names."""
        excluded = {*names, *map(_name_hash, names)}
        return {name: stamp for name, stamp in self.plans.items() if name not in excluded}


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans that are shown together, with their JSON. `fleet` is the summary where they are those of a fleet."""

    data: Sequence[Mapping[str, Any]]
    shown: Mapping[str, PlanStamp] = field(default_factory=dict)
    fleet: FleetPlanJson | None = None


def plans_of(data: Sequence[Mapping[str, Any]]) -> Plans:
    """The plans of these JSON documents; PlanError where one is no plan, or two are of the same environment."""
    shown: dict[str, PlanStamp] = {}
    for document in data:
        name = f"{document.get('project')}/{document.get('environment')}"
        digest, at = str(document.get("digest")), str(document.get("timestamp"))
        if not (_NAME.fullmatch(name) and _DIGEST.fullmatch(digest) and _INSTANT.fullmatch(at)):
            raise PlanError("This is not a plan that can be shown", hint="Make it anew: mscode plan --out FILE")
        if name in shown:
            raise PlanError(f"Two of the plans are of {name}", hint="Show one plan of each environment.")
        shown[name] = PlanStamp(digest, at)
    return Plans(data, shown)


def plans_of_fleet(summary: FleetPlanJson, data: Sequence[Mapping[str, Any]]) -> Plans:
    """The plans of a fleet, which one comment shows as a whole."""
    stamp = PlanStamp(summary["digest"], summary["timestamp"])
    return Plans(data, {f"{_FLEET}{summary['fleet']}": stamp}, summary)


def check_name(name: str) -> str:
    """`project/environment`, or `fleet:name` of all plans of a fleet; PlanError for anything else."""
    if not _NAME.fullmatch(name):
        hint = "It looks like drive/production, or fleet:agency for the plans of a fleet."
        raise PlanError(f"{name[:80]!r} is no project and environment", hint=hint)
    return name


# ---- reading ---------------------------------------------------------------------------------------------------------


def marker_of(body: str) -> CommentMarker | None:
    """The marker in the first line; None where there is none, or one of another form. Any version is read."""
    match = _MARKER.match(body.replace("\r\n", "\n"))
    if match is None:
        return None
    try:
        data = json.loads(match[2])
        plans = {str(name): PlanStamp(str(stamp["digest"]), str(stamp["at"])) for name, stamp in data["plans"].items()}
        if isinstance(pairs := data.get("many"), dict):
            plans |= {
                name_hash: PlanStamp(digest, str(pairs["at"])) for name_hash, digest in _PAIRS.findall(str(pairs["of"]))
            }
        state: State = next((known for known in STATES if known == data["state"]), "planned")
        return CommentMarker(plans, str(data["commit"]), state, int(match[1]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_newer(current: CommentMarker, plans: Plans) -> bool:
    """Does the comment show a plan that was made after one of these?"""
    return any(
        (shown := current.shown(name)) is not None and shown.at > stamp.at for name, stamp in plans.shown.items()
    )


def _content(body: str, state: State) -> str:
    """The plans of a comment, as they were drawn."""
    content = body.replace("\r\n", "\n").partition(_CONTENT)[2].rstrip()  # a forge may strip the end of a text
    if state == "planned":
        return content
    head, tail = _fold(state)
    return content.removeprefix(head).removesuffix(tail.rstrip())


# ---- writing ---------------------------------------------------------------------------------------------------------


def new_body(
    plans: Plans, state: State, job: Job, before: CommentMarker | None, limit: int, report: Data | None = None
) -> str:
    """The comment with these plans, in at most `limit` characters; `before` is what it said, `report` how an apply ended."""
    marker = CommentMarker(plans.shown, _commit(job), state)
    room = limit - len(_marker(marker, limit)) - OVERHEAD
    body = _body(marker, job, _plans_text(plans, room), limit, before=before, report=report)
    documents = plans.data if plans.fleet is None else [plans.fleet]
    if state == "planned" and any(
        check.get("status") == "fail" for document in documents for check in items(document, "checks")
    ):
        return body.replace(f"\n{_CONTENT}", f"\n{_REFUSED}\n\n{_CONTENT}", 1)  # its length is within OVERHEAD
    return body


def same_content(
    body: str, current: CommentMarker, state: State, job: Job, limit: int, report: Data | None = None
) -> str:
    """The comment with the plans it has, and another state."""
    return _body(
        replace(current, state=state, version=VERSION), job, _content(body, current.state), limit, report=report
    )


def part_of(body: str, current: CommentMarker, names: Collection[str], limit: int, job: Job) -> str:
    """A separate comment for the plans of these names, drawn as they are in `body`."""
    content = _content(body, current.state)
    selection = {*names, *map(_name_hash, names)}
    # Names and plans in turn; nothing where the plans cannot be told apart, and then the content stays whole.
    _, *parts = _PLAN.split(content)
    if parts:
        sections = zip(parts[::2], parts[1::2], strict=True)
        content = _joined(
            {name: drawn.removesuffix(_BETWEEN) for name, drawn in sections if {name, _name_hash(name)} & selection}
        )
    plans = {name: stamp for name, stamp in current.plans.items() if name in selection}
    return _body(replace(current, plans=plans, version=VERSION), job, content, limit)


def moved_body(body: str, current: CommentMarker, names: Collection[str], where: str, limit: int, job: Job) -> str:
    """The comment without these plans, which another comment shows; the plans that stay are as old as the moved ones."""
    marker = replace(current, plans=current.without(names), state="superseded", version=VERSION)
    return _body(marker, job, _content(body, current.state), limit, where=where or "another comment")


def failed_body(names: Collection[str], job: Job, limit: int, report: Data) -> str:
    """A comment of plans that could not be made, where none was made before."""
    return _body(
        CommentMarker(dict.fromkeys(names, PlanStamp("", "")), _commit(job), "failed"), job, "", limit, report=report
    )


def _body(
    marker: CommentMarker,
    job: Job,
    content: str,
    limit: int,
    *,
    before: CommentMarker | None = None,
    report: Data | None = None,
    where: str = "",
) -> str:
    head, tail = _fold(marker.state) if content.strip() else ("", "")
    if where:
        link = f"[another comment]({where})" if _COMMENT.fullmatch(where) else "another comment"
        line = f"⚠️ **Superseded.** There are newer plans, in {link}. What stands below can no longer be applied.\n"
    else:
        line = _state_sentence(marker, job, before, report)
    top, bottom = f"{_marker(marker, limit)}{line}\n", f"{_CONTENT}{head}{content}{tail}"
    room = limit - len(top.encode()) - len(bottom.encode()) - 10
    if room < 0:
        bottom = f"{_CONTENT}{head}*The plan is too large to be shown here: see the job.*\n{tail}"
        room = limit - len(top.encode()) - len(bottom.encode()) - 10
    says_more = marker.state != "planned" and (marker.state != "applied" or was_held(report or {}))
    reasons = details(report, room) if report is not None and room > 0 and says_more else ""
    return f"{top}{reasons}\n{bottom}" if reasons else f"{top}{bottom}"


def _marker(marker: CommentMarker, limit: int) -> str:
    """The first line of a comment, in its short form where the long one would take too much of `limit`."""
    plans = {name: {"digest": stamp.digest, "at": stamp.at} for name, stamp in sorted(marker.plans.items())}
    data: dict[str, Any] = {"plans": plans, "commit": marker.commit, "state": marker.state}
    payload = json.dumps(data)
    max_length = limit // MARKER_SHARE
    if len(payload) > max_length or any(name.startswith("#") for name in plans):
        # Short form: a hash for each name, the beginning of each digest, and the earliest of their times. Plans beyond the
        # limit are not recognised again; more of them than a command line can name would be needed for that.
        pairs = (
            f"{name if name.startswith('#') else _name_hash(name)}{stamp.digest[:8]:0<8}"
            for name, stamp in sorted(marker.plans.items())
        )
        times = [stamp.at for stamp in marker.plans.values() if stamp.at]
        short_form = {"of": "".join(pairs)[: (max_length - 200) // 17 * 17], "at": min(times, default="")}
        payload = json.dumps(data | {"plans": {}, "many": short_form})
    return f"<!-- mscode:comment:v{VERSION} {payload} -->\n"


def _name_hash(name: str) -> str:
    """What stands for a name in the short form of a marker."""
    return f"#{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _fold(state: State) -> tuple[str, str]:
    """The HTML before and after the plans, which fold them where they no longer are to be applied."""
    if state == "planned":
        return "", ""
    return "<details><summary>The plan</summary>\n\n", "\n</details>\n"


def _plans_text(plans: Plans, room: int) -> str:
    """The plans in `room` bytes; of those that do not fit the totals, and a count of those whose totals do not fit."""
    if plans.fleet is not None:
        return fleet_comment(plans.fleet, plans.data, max_bytes=room)
    if len(plans.data) == 1:
        return plan_markdown(dict(plans.data[0]), max_bytes=room)
    share = max(LEAST_BYTES, room // len(plans.data) - 200)  # its name, and the separator
    # Plans that launch come first, so that they are not the ones left out.
    ordered = sorted(zip(plans.shown, plans.data, strict=True), key=lambda pair: not pair[1].get("reach"))
    drawn = {name: plan_markdown(dict(data), max_bytes=share) for name, data in ordered}
    text = _joined({name: drawn[name] for name in plans.shown})
    if len(text.encode()) <= room:
        return text
    lines = {name: totals_markdown(data) for name, data in ordered}
    remaining = room - sum(len(line.encode()) + 1 for line in lines.values()) - 200
    complete: dict[str, str] = {}
    for name, line in lines.items():
        remaining -= len(drawn[name].encode()) - len(line.encode()) + len(name) + 50
        if remaining < 0:
            break
        complete[name] = drawn[name]
    totals = [line for name, line in lines.items() if name not in complete]
    return _joined(complete) + _totals_list(totals, room - len(_joined(complete).encode()) - 200, first=not complete)


def _joined(drawn: Mapping[str, str]) -> str:
    if len(drawn) == 1:
        return next(iter(drawn.values()))
    return _BETWEEN.join(f"<!-- mscode:plan {name} -->\n{text}" for name, text in drawn.items())


def _totals_list(lines: Sequence[str], room: int, *, first: bool) -> str:
    """The totals of each plan that is not shown, as many as `room` bytes hold."""
    heading = (
        f"*{count(len(lines), 'more plan')} {'is' if len(lines) == 1 else 'are'} not shown: see the job.*"
        if not first
        else "*The plans are not shown: see the job.*"
    )
    entries: list[str] = []
    for at, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            entries.append(f"- … {len(lines) - at:,} more")
            break
        entries.append(line)
    return ("" if first else _BETWEEN) + "\n".join([heading, "", *entries]) + "\n"


def _state_sentence(marker: CommentMarker, job: Job, before: CommentMarker | None, report: Data | None) -> str:
    """One sentence on the state of the plans, with a link to the job."""
    commit = f" at commit `{marker.commit[:12]}`" if _COMMIT.fullmatch(marker.commit) else ""
    job_link = f" ([job]({job.url}))" if _JOB.fullmatch(job.url) else ""
    if marker.state == "failed" and not any(stamp.digest for stamp in marker.plans.values()):
        return f"❌ **No plan could be made**{commit}{job_link}. Nothing was changed.\n"
    if report is not None and (marker.state == "failed" or (marker.state == "applied" and was_held(report))):
        return f"{apply_sentence(report)}{job_link}\n"
    sentences: dict[State, str] = {
        "planned": f"What would be applied{commit}{job_link}.{_supersession(marker, before)}",
        "applied": f"✅ **Applied.** The plan below was carried out{job_link}. This comment is closed.",
        "failed": f"❌ **The apply did not end well**{job_link}. The job says whether anything was done, and so does the state; "
        "plan again.",
        "superseded": f"⚠️ **Superseded.** There are newer commits, and no new plan could be made{job_link}. "
        "The plan below can no longer be applied.",
    }
    return f"{sentences[marker.state]}\n"


def _supersession(marker: CommentMarker, before: CommentMarker | None) -> str:
    """How the plans relate to those that the comment showed before; "" where they are the same, or were none."""
    if (
        before is None
        or dict(before.plans) == dict(marker.plans)
        or not any(stamp.digest for stamp in before.plans.values())
    ):
        return ""
    origin = f" of commit `{before.commit[:12]}`" if _COMMIT.fullmatch(before.commit) else ""
    dropped = before.without(marker.plans)
    if not dropped and all(
        (stamp := before.shown(name)) and stamp.digest == new.digest for name, new in marker.plans.items()
    ):
        return f" It is the same plan as the one{origin}, made anew; that one is superseded."
    names = [f"`{name}`" for name in dropped if _NAME.fullmatch(name)][:5]
    more = f"{' and ' if names else ''}{len(dropped) - len(names):,} more" if len(dropped) > len(names) else ""
    remainder = (
        f" No new plan was made of {', '.join(names)}{more}: what stood here of that is superseded, too."
        if dropped
        else ""
    )
    return f" It supersedes the plan{origin}, which differs.{remainder}"


def _commit(job: Job) -> str:
    """The job's commit, "" where it has another form than a hash."""
    return job.commit if _COMMIT.fullmatch(job.commit) else ""
