"""The comment on a pull request: a marker that only mscode reads, one line of where things stand, and the plans.

The marker is the first line and is found nowhere else: what a plan quotes may look like one, and is text.

    <!-- mscode:comment:v1 {"plans": {"drive/production": {"digest": …, "at": …}}, "commit": …, "state": "planned"} -->
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mscode.errors import PlanError
from mscode.views.markdown import plan_markdown

VERSION = 1
#: What the marker and the line of state take at most, in bytes.
OVERHEAD = 4_000
LEAST_BYTES = 2_000
State = Literal["planned", "applied", "failed", "superseded"]
STATES: tuple[State, ...] = ("planned", "applied", "failed", "superseded")

_MARKER = re.compile(r"<!-- mscode:comment:v(\d{1,4}) (\{[^<>\n]{0,20000}\}) -->\n")
_CONTENT = "<!-- mscode:content -->\n"
_OF = re.compile(r"[a-z][a-z0-9-]{0,38}/[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_JOB = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+/[A-Za-z0-9._~/%-]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """One plan that a comment shows: its digest, and when it was made (UTC, as in its JSON)."""

    digest: str
    at: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What a comment is about. `plans` maps `project/environment` to the plan that it shows."""

    plans: Mapping[str, Shown]
    commit: str = ""
    state: State = "planned"
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Job:
    """Where the comment is written from: the commit, and the address of the CI's job ("" where unknown)."""

    commit: str = ""
    url: str = ""


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
        state: State = next((one for one in STATES if one == data["state"]), "planned")
        return Marker(plans, str(data["commit"]), state, int(found[1]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def is_newer(there: Marker, plans: Plans) -> bool:
    """Does the comment show a plan that was made after one of these?"""
    return any(of in there.plans and there.plans[of].at > one.at for of, one in plans.shown.items())


# ---- writing ---------------------------------------------------------------------------------------------------------


def new_body(plans: Plans, state: State, job: Job, before: Marker | None, limit: int) -> str:
    """The comment with these plans, in at most `limit` characters; `before` is what it said."""
    room = limit - OVERHEAD
    each = max(LEAST_BYTES, room // len(plans.data))
    drawn = [plan_markdown(dict(one), max_bytes=each) for one in plans.data]
    return _body(Marker(plans.shown, _commit(job), state), job, _fitting(drawn, room), before)


def same_content(body: str, there: Marker, state: State, job: Job) -> str:
    """The comment with the plans it has, and another state."""
    content = body.replace("\r\n", "\n").partition(_CONTENT)[2].rstrip()  # a forge may strip the end of a text
    if there.state != "planned":
        head, tail = _folded(there.state)
        content = content.removeprefix(head).removesuffix(tail.rstrip())
    return _body(Marker(there.plans, there.commit, state), job, content, None)


def _body(marker: Marker, job: Job, content: str, before: Marker | None) -> str:
    head, tail = _folded(marker.state)
    return f"{_marker(marker)}{_line(marker, job, before)}\n{_CONTENT}{head}{content}{tail}"


def _marker(marker: Marker) -> str:
    plans = {of: {"digest": one.digest, "at": one.at} for of, one in sorted(marker.plans.items())}
    data = {"plans": plans, "commit": marker.commit, "state": marker.state}
    return f"<!-- mscode:comment:v{VERSION} {json.dumps(data)} -->\n"


def _folded(state: State) -> tuple[str, str]:
    """What stands around the plans: of one that is over, they are folded."""
    if state == "planned":
        return "", ""
    return "<details><summary>The plan</summary>\n\n", "\n</details>\n"


def _fitting(drawn: list[str], room: int) -> str:
    """As many of the plans as there is room for, and how many more there are."""
    kept = drawn[:1]
    for one in drawn[1:]:
        if sum(map(len, kept)) + len(one) + 10 * len(drawn) > room:
            return "\n---\n\n".join([*kept, f"*{len(drawn) - len(kept):,} more plans are not shown: see the job.*\n"])
        kept.append(one)
    return "\n---\n\n".join(kept)


def _line(marker: Marker, job: Job, before: Marker | None) -> str:
    """One sentence of where it stands, and where to look."""
    at = f" at commit `{marker.commit[:12]}`" if marker.commit else ""
    seen = f" ([job]({job.url}))" if _JOB.fullmatch(job.url) else ""
    sentences: dict[State, str] = {
        "planned": f"What would be applied{at}{seen}.{_supersedes(marker, before)}",
        "applied": f"✅ **Applied.** The plan below was carried out{seen}. This comment is closed.",
        "failed": f"❌ **The apply did not end well**{seen}. What was done is in the state; plan again.",
        "superseded": f"⚠️ **Superseded.** There are newer commits, and no new plan could be made{seen}. "
        "The plan below can no longer be applied.",
    }
    return f"{sentences[marker.state]}\n"


def _supersedes(marker: Marker, before: Marker | None) -> str:
    if before is None or dict(before.plans) == dict(marker.plans):
        return ""
    of = f" of commit `{before.commit[:12]}`" if _COMMIT.fullmatch(before.commit) else ""
    if {of: one.digest for of, one in before.plans.items()} == {of: one.digest for of, one in marker.plans.items()}:
        return f" It is the same plan as the one{of}, made anew; that one is superseded."
    return f" It supersedes the plan{of}, which differs."


def _commit(job: Job) -> str:
    return job.commit if _COMMIT.fullmatch(job.commit) else ""
