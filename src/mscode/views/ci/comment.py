"""The comment on a pull request: a marker that only mscode reads, one line of where things stand, and the plans.

The marker is the first line and is found nowhere else: what a plan quotes may look like one, and is text.

    <!-- mscode:comment:v1 {"plans": {"drive/production": {"digest": …, "at": …}}, "commit": …, "state": "planned"} -->

A forge takes so many characters of a comment, the marker among them. Lengths are counted in bytes of UTF-8 here: a text has
never fewer of them than characters, however a forge counts those.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mscode.errors import PlanError
from mscode.model.ci import Job
from mscode.views.ci.ending import apply_sentence, details, was_held
from mscode.views.plan.markdown import plan_markdown, totals_markdown
from mscode.views.plan.reading import Data, items

VERSION = 1
#: Bytes that are kept free of plans: the line of state, and how an apply ended.
OVERHEAD = 4_000
LEAST_BYTES = 2_000
#: How much of a comment its marker may take before it names plans by hashes alone.
MARKER_SHARE = 3
State = Literal["planned", "applied", "failed", "superseded"]
STATES: tuple[State, ...] = ("planned", "applied", "failed", "superseded")

_MARKER = re.compile(r"<!-- mscode:comment:v(\d{1,4}) (\{[^<>\n]{0,1000000}\}) -->\n")
_CONTENT = "<!-- mscode:content -->\n"
#: Stands before each plan of several. A plan's own lines never begin with `<`.
_PLAN = re.compile(r"(?m)^<!-- mscode:plan (\S{1,120}) -->\n")
_REFUSED = "**A guard refuses this plan: as it stands, an apply would do nothing.**"
_BETWEEN = "\n---\n\n"
_OF = re.compile(r"[a-z][a-z0-9-]{0,38}/[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_JOB = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+/[A-Za-z0-9._~/%-]+")
_COMMENT = re.compile(rf"{_JOB.pattern}(?:#[A-Za-z0-9_-]+)?")
_PAIRS = re.compile(r"(#[0-9a-f]{8})([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Shown:
    """One plan that a comment shows: its digest, and when it was made (UTC, as in its JSON). Both are "" where there is none:
    it could not be made."""

    digest: str
    at: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What a comment is about. `plans` maps `project/environment` to the plan that it shows; where there are very many, a hash
    of that name (`#12ab34cd`)."""

    plans: Mapping[str, Shown]
    commit: str = ""
    state: State = "planned"
    version: int = VERSION

    def shown(self, of: str) -> Shown | None:
        """The plan of this project and environment."""
        return self.plans.get(of) or self.plans.get(_short(of))

    def is_about(self, names: Collection[str]) -> bool:
        """Is it about exactly these?"""
        return len(self.plans) == len(names) and all(map(self.shown, names))

    def without(self, names: Collection[str]) -> Mapping[str, Shown]:
        """Its other plans."""
        gone = {*names, *map(_short, names)}
        return {of: one for of, one in self.plans.items() if of not in gone}


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans that are shown together, with their JSON."""

    data: Sequence[Mapping[str, Any]]
    shown: Mapping[str, Shown] = field(default_factory=dict)


def plans_of(data: Sequence[Mapping[str, Any]]) -> Plans:
    """The plans of these JSON documents; PlanError where one is no plan, or two are of the same environment."""
    shown: dict[str, Shown] = {}
    for one in data:
        of = f"{one.get('project')}/{one.get('environment')}"
        digest, at = str(one.get("digest")), str(one.get("timestamp"))
        if not (_OF.fullmatch(of) and _DIGEST.fullmatch(digest) and _INSTANT.fullmatch(at)):
            raise PlanError("This is not a plan that can be shown", hint="Make it anew: mscode plan --out FILE")
        if of in shown:
            raise PlanError(f"Two of the plans are of {of}", hint="Show one plan of each environment.")
        shown[of] = Shown(digest, at)
    return Plans(data, shown)


def check_name(of: str) -> str:
    """`project/environment`, or PlanError."""
    if not _OF.fullmatch(of):
        raise PlanError(f"{of[:80]!r} is no project and environment", hint="It looks like drive/production.")
    return of


# ---- reading ---------------------------------------------------------------------------------------------------------


def marker_of(body: str) -> Marker | None:
    """What the first line says, None where the comment is none of mscode's. The version is read whatever it is."""
    found = _MARKER.match(body.replace("\r\n", "\n"))
    if found is None:
        return None
    try:
        data = json.loads(found[2])
        plans = {str(of): Shown(str(one["digest"]), str(one["at"])) for of, one in data["plans"].items()}
        if isinstance(many := data.get("many"), dict):
            plans |= {short: Shown(digest, str(many["at"])) for short, digest in _PAIRS.findall(str(many["of"]))}
        state: State = next((one for one in STATES if one == data["state"]), "planned")
        return Marker(plans, str(data["commit"]), state, int(found[1]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_newer(there: Marker, plans: Plans) -> bool:
    """Does the comment show a plan that was made after one of these?"""
    return any((before := there.shown(of)) is not None and before.at > one.at for of, one in plans.shown.items())


def _content(body: str, state: State) -> str:
    """The plans of a comment, as they were drawn."""
    content = body.replace("\r\n", "\n").partition(_CONTENT)[2].rstrip()  # a forge may strip the end of a text
    if state == "planned":
        return content
    head, tail = _folded(state)
    return content.removeprefix(head).removesuffix(tail.rstrip())


def _sections(content: str) -> dict[str, str]:
    """Several plans by their names; nothing where they cannot be told apart."""
    _, *parts = _PLAN.split(content)
    return {name: drawn.removesuffix(_BETWEEN) for name, drawn in zip(parts[::2], parts[1::2], strict=True)}


# ---- writing ---------------------------------------------------------------------------------------------------------


def new_body(
    plans: Plans, state: State, job: Job, before: Marker | None, limit: int, report: Data | None = None
) -> str:
    """The comment with these plans, in at most `limit` characters; `before` is what it said, `report` how an apply ended."""
    marker = Marker(plans.shown, _commit(job), state)
    room = limit - len(_marker(marker, limit)) - OVERHEAD
    body = _body(marker, job, _drawn(plans, room), limit, before=before, report=report)
    if state == "planned" and any(
        check.get("status") == "fail" for one in plans.data for check in items(one, "checks")
    ):
        return body.replace(f"\n{_CONTENT}", f"\n{_REFUSED}\n\n{_CONTENT}", 1)  # within what OVERHEAD keeps free
    return body


def same_content(body: str, there: Marker, state: State, job: Job, limit: int, report: Data | None = None) -> str:
    """The comment with the plans it has, and another state."""
    return _body(replace(there, state=state, version=VERSION), job, _content(body, there.state), limit, report=report)


def part_of(body: str, there: Marker, names: Collection[str], limit: int, job: Job) -> str:
    """A comment of its own for these of the plans, which stand as they stood."""
    content, sections = _content(body, there.state), _sections(_content(body, there.state))
    wanted = {*names, *map(_short, names)}
    if sections:
        content = _joined({of: drawn for of, drawn in sections.items() if {of, _short(of)} & wanted})
    plans = {of: one for of, one in there.plans.items() if of in wanted}
    return _body(replace(there, plans=plans, version=VERSION), job, content, limit)


def moved_body(body: str, there: Marker, names: Collection[str], where: str, limit: int, job: Job) -> str:
    """The comment without these plans, which are shown in another one; those that are left are as old as the ones that went."""
    marker = replace(there, plans=there.without(names), state="superseded", version=VERSION)
    return _body(marker, job, _content(body, there.state), limit, where=where or "another comment")


def failed_body(names: Collection[str], job: Job, limit: int, report: Data) -> str:
    """A comment of plans that could not be made, where none was made before."""
    return _body(Marker(dict.fromkeys(names, Shown("", "")), _commit(job), "failed"), job, "", limit, report=report)


def _body(
    marker: Marker,
    job: Job,
    content: str,
    limit: int,
    *,
    before: Marker | None = None,
    report: Data | None = None,
    where: str = "",
) -> str:
    head, tail = _folded(marker.state) if content.strip() else ("", "")
    line = _moved_line(where) if where else _line(marker, job, before, report)
    top, bottom = f"{_marker(marker, limit)}{line}\n", f"{_CONTENT}{head}{content}{tail}"
    room = limit - len(top.encode()) - len(bottom.encode()) - 10
    if room < 0:
        bottom = f"{_CONTENT}{head}*The plan is too large to be shown here: see the job.*\n{tail}"
        room = limit - len(top.encode()) - len(bottom.encode()) - 10
    says_more = marker.state != "planned" and (marker.state != "applied" or was_held(report or {}))
    why = details(report, room) if report is not None and room > 0 and says_more else ""
    return f"{top}{why}\n{bottom}" if why else f"{top}{bottom}"


def _marker(marker: Marker, limit: int) -> str:
    plans = {of: {"digest": one.digest, "at": one.at} for of, one in sorted(marker.plans.items())}
    data: dict[str, Any] = {"plans": plans, "commit": marker.commit, "state": marker.state}
    written = json.dumps(data)
    most = limit // MARKER_SHARE
    if len(written) > most or any(of.startswith("#") for of in plans):
        # Of a name a hash is left, of a digest its beginning, and the earliest of their times. What is beyond the room, which
        # no command line reaches that this machine takes, is not found again.
        pairs = (
            f"{of if of.startswith('#') else _short(of)}{one.digest[:8]:0<8}"
            for of, one in sorted(marker.plans.items())
        )
        times = [one.at for one in marker.plans.values() if one.at]
        many = {"of": "".join(pairs)[: (most - 200) // 17 * 17], "at": min(times, default="")}
        written = json.dumps(data | {"plans": {}, "many": many})
    return f"<!-- mscode:comment:v{VERSION} {written} -->\n"


def _short(of: str) -> str:
    return f"#{hashlib.sha256(of.encode()).hexdigest()[:8]}"


def _folded(state: State) -> tuple[str, str]:
    """What stands around the plans: of one that is over, they are folded."""
    if state == "planned":
        return "", ""
    return "<details><summary>The plan</summary>\n\n", "\n</details>\n"


def _drawn(plans: Plans, room: int) -> str:
    """The plans in `room` bytes; of those that do not fit their totals, and how many more there are."""
    if len(plans.data) == 1:
        return plan_markdown(dict(plans.data[0]), max_bytes=room)
    each = max(LEAST_BYTES, room // len(plans.data) - 200)  # the name of each, and what stands between them
    # What dials comes first, for it must not be what is left out.
    ordered = sorted(zip(plans.shown, plans.data, strict=True), key=lambda one: not one[1].get("reach"))
    drawn = {of: plan_markdown(dict(data), max_bytes=each) for of, data in ordered}
    whole = _joined({of: drawn[of] for of in plans.shown})
    if len(whole.encode()) <= room:
        return whole
    lines = {of: totals_markdown(data) for of, data in ordered}
    left = room - sum(len(line.encode()) + 1 for line in lines.values()) - 200
    kept: dict[str, str] = {}
    for of, line in lines.items():
        left -= len(drawn[of].encode()) - len(line.encode()) + len(of) + 50
        if left < 0:
            break
        kept[of] = drawn[of]
    rest = [line for of, line in lines.items() if of not in kept]
    return _joined(kept) + _rest(rest, room - len(_joined(kept).encode()) - 200, first=not kept)


def _joined(drawn: Mapping[str, str]) -> str:
    if len(drawn) == 1:
        return next(iter(drawn.values()))
    return _BETWEEN.join(f"<!-- mscode:plan {of} -->\n{one}" for of, one in drawn.items())


def _rest(lines: Sequence[str], room: int, *, first: bool) -> str:
    """A line for each plan that is not shown, as many as there is room for."""
    said = (
        f"*{len(lines):,} more plans are not shown: see the job.*"
        if not first
        else "*The plans are not shown: see the job.*"
    )
    kept: list[str] = []
    for at, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            kept.append(f"- … {len(lines) - at:,} more")
            break
        kept.append(line)
    return ("" if first else _BETWEEN) + "\n".join([said, "", *kept]) + "\n"


def _line(marker: Marker, job: Job, before: Marker | None, report: Data | None) -> str:
    """One sentence of where it stands, and where to look."""
    at = f" at commit `{marker.commit[:12]}`" if _COMMIT.fullmatch(marker.commit) else ""
    seen = f" ([job]({job.url}))" if _JOB.fullmatch(job.url) else ""
    if marker.state == "failed" and not any(one.digest for one in marker.plans.values()):
        return f"❌ **No plan could be made**{at}{seen}. Nothing was changed.\n"
    if report is not None and (marker.state == "failed" or (marker.state == "applied" and was_held(report))):
        return f"{apply_sentence(report)}{seen}\n"
    sentences: dict[State, str] = {
        "planned": f"What would be applied{at}{seen}.{_supersedes(marker, before)}",
        "applied": f"✅ **Applied.** The plan below was carried out{seen}. This comment is closed.",
        "failed": f"❌ **The apply did not end well**{seen}. The job says whether anything was done, and so does the state; "
        "plan again.",
        "superseded": f"⚠️ **Superseded.** There are newer commits, and no new plan could be made{seen}. "
        "The plan below can no longer be applied.",
    }
    return f"{sentences[marker.state]}\n"


def _moved_line(where: str) -> str:
    link = f"[another comment]({where})" if _COMMENT.fullmatch(where) else "another comment"
    return f"⚠️ **Superseded.** There are newer plans, in {link}. What stands below can no longer be applied.\n"


def _supersedes(marker: Marker, before: Marker | None) -> str:
    if (
        before is None
        or dict(before.plans) == dict(marker.plans)
        or not any(one.digest for one in before.plans.values())
    ):
        return ""
    of = f" of commit `{before.commit[:12]}`" if _COMMIT.fullmatch(before.commit) else ""
    gone = before.without(marker.plans)
    if not gone and all((one := before.shown(name)) and one.digest == new.digest for name, new in marker.plans.items()):
        return f" It is the same plan as the one{of}, made anew; that one is superseded."
    names = [f"`{name}`" for name in gone if _OF.fullmatch(name)][:5]
    more = f"{' and ' if names else ''}{len(gone) - len(names):,} more" if len(gone) > len(names) else ""
    left = (
        f" No new plan was made of {', '.join(names)}{more}: what stood here of that is superseded, too."
        if gone
        else ""
    )
    return f" It supersedes the plan{of}, which differs.{left}"


def _commit(job: Job) -> str:
    return job.commit if _COMMIT.fullmatch(job.commit) else ""
