"""Records as the JSON that the views draw: what is unknown is null, texts are masked, and no person is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mscode.app.launch_results import OtherRings
from mscode.model.calling_window import format_instant
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.state.records.chain import ChainEntry
    from mscode.state.records.later import KnownLater
    from mscode.state.records.people import PersonResult
    from mscode.state.records.shape import Beginning, Decision, Launch, Override, Part, Result, Totals
    from mscode.state.records.store import LaunchRecord, Overview, PersonLaunch, ResultRecord
    from mscode.views.history.history_shapes import (
        ChainJson,
        DecisionJson,
        LaterWordsJson,
        LaunchJson,
        OtherRecordJson,
        OtherRingsJson,
        OverrideJson,
        PersonCallsJson,
        PersonLaunchJson,
        RecordJson,
        WindowJson,
        WordsJson,
    )
    from mscode.views.history.reference import LaunchReferenceJson

Mask = Callable[[str], str]
#: What is said of a launch by its reason; what it widens stands behind it.
_REASONS = {
    "first": "launched",
    "resume": "resumed",
    "interrupted": "launched again after an edit that was cut short",
    "edit": "edited so that it may reach people at other times or more often",
    "reaches-more": "more people are reached",
}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What the records hold of launches beside their own: the last result of each, by its number, and what its apply added.

    `erased` are the launches whose content was erased when its time had passed.
    """

    results: Mapping[int, ResultRecord]
    later: KnownLater
    erased: Sequence[ChainEntry] = ()

    @classmethod
    def of(cls, overview: Overview) -> Aftermath:
        """All of it."""
        from mscode.state.records.later import known_later

        return cls(overview.results, known_later(overview), overview.erased)

    def live_id_of(self, record: LaunchRecord) -> str | None:
        """The live id of what was launched; None where nobody knows it."""
        return self.later.live_id_of(record) or None


def launch_json(record: LaunchRecord, aftermath: Aftermath) -> LaunchJson:
    """One launch, and the last that is known of what came of it."""
    launch, result = record.launch, aftermath.results.get(record.n)
    totals = result.result.totals if result is not None else None
    is_told = totals is not None and (totals.unknown < totals.people or not totals.people)
    known = totals if is_told else None
    return {
        "id": record.id,
        "at": launch.at,
        "environment": launch.environment,
        "address": str(launch.address),
        "liveId": aftermath.live_id_of(record),
        "sent": record.id not in aftermath.later.not_launched,
        "reason": launch.reason,
        "what": _what(launch),
        "campaigns": [name for name in launch.campaigns if name != str(launch.address)],
        "commit": launch.context.commit or None,
        "clean": launch.context.clean,
        "startedBy": _known(launch.context.started_text),
        "approvedBy": _known(launch.context.approved_text),
        "runUrl": launch.context.run_text or None,
        "pullRequestUrl": launch.context.pull_request_url or None,
        "people": launch.people,
        "maxCalls": launch.max_calls,
        "rings": _of(known, "dials"),
        "ringsAreMinimum": known is not None and known.are_minimum,
        "called": _of(known, "dialled"),
        "answered": _of(known, "answered"),
        "accepts": _of(known, "accepts"),
        "declines": _of(known, "declines"),
        "untold": _of(totals, "unknown"),
        "state": (result.result.state or None) if result is not None else None,
        "resultAt": result.result.at if result is not None else None,
        "final": result is not None and result.result.is_final,
    }


def _what(launch: Launch) -> str:
    sentence = (
        "sent" if launch.reason == "first" and launch.unit != "call" else _REASONS.get(launch.reason, launch.reason)
    )
    return f"{sentence} ({', '.join(launch.widens)})" if launch.widens else sentence


def _known(text: str) -> str | None:
    from mscode.state.records.context import UNKNOWN

    return None if text == UNKNOWN else text


def _of(totals: Totals | None, name: str) -> int | None:
    return None if totals is None else int(getattr(totals, name))


def reference_json(record: LaunchRecord) -> LaunchReferenceJson:
    """A launch as other outputs name it."""
    context = record.launch.context
    return {
        "id": record.id,
        "at": record.launch.at,
        "commit": context.commit or None,
        "runUrl": context.run_url or context.claimed.run_url or None,
    }


def other_rings_json(rings: OtherRings) -> OtherRingsJson:
    """Calls that no launch stands behind."""
    return {"address": rings.address or None, "type": rings.section, "id": rings.id, "rings": rings.rings}


# ---- one record ------------------------------------------------------------------------------------------------------


def record_json(entry: ChainEntry, record: LaunchRecord, aftermath: Aftermath, mask: Mask) -> RecordJson:
    """A launch with all that its record holds."""
    launch = record.launch
    return {
        **launch_json(record, aftermath),
        "type": "launch",
        "unit": launch.unit,
        "words": [words_json(part, mask) for part in launch.parts],
        "laterWords": later_words_json(record, aftermath, mask),
        "window": _window_json(launch),
        "overrides": [_override_json(override, mask) for override in launch.overrides],
        "context": launch.context.data(),
        "manifestsDigest": launch.manifests_digest,
        "planDigest": launch.plan_digest,
        "mscodeVersion": launch.mscode_version,
        "tzdataVersion": launch.tzdata_version,
        "chain": _chain_json(entry),
    }


def decision_json(entry: ChainEntry, decision: Decision, environment: str, mask: Mask) -> DecisionJson:
    """A decision with all that its record holds."""
    from mscode.views.text.masking import Privacy

    return {
        "type": "decision",
        "id": entry.id,
        "at": decision.at,
        "environment": environment,
        "action": decision.action,
        "who": decision.who,
        "run": decision.run or None,
        "details": Privacy(mask=mask).value("details", decision.details),
        "chain": _chain_json(entry),
    }


def other_record_json(entry: ChainEntry, content: Result | Beginning, environment: str) -> OtherRecordJson:
    """What came of a launch, all of its people together, or where the chain begins."""
    return {
        "type": "result" if entry.line.type == "result" else "beginning",
        "id": entry.id,
        "at": entry.line.at,
        "environment": environment,
        "content": content.data(),
        "chain": _chain_json(entry),
    }


def erased_json(entry: ChainEntry, environment: str) -> dict[str, Any]:
    """A record whose content was erased when its time had passed: what it was, and its place in the chain."""
    return {
        "type": entry.line.type,
        "id": entry.id,
        "at": entry.line.at,
        "environment": environment,
        "address": entry.line.about.address or None,
        "liveId": entry.line.about.live_id or None,
        "erased": True,
        "chain": _chain_json(entry),
    }


def words_json(part: Part, mask: Mask) -> WordsJson:
    """A part that was played or read; the digest is that of the words as they were sent."""
    text = mask(part.words) if part.words else None
    # By the digest of words that are shown masked, the few digits that a mask hides could be tried out.
    own = hashlib.sha256(part.words.encode("utf-8", "surrogatepass")).hexdigest() if text == part.words else ""
    return {
        "role": part.role,
        "text": text,
        "sha256": part.recording or own or None,
        "recording": bool(part.recording),
        "voiceFile": part.live_id or None,
        "language": part.language or None,
    }


def later_words_json(record: LaunchRecord, aftermath: Aftermath, mask: Mask) -> list[LaterWordsJson]:
    """The other words that people may have heard or read since a launch."""
    if record.id in aftermath.later.not_launched:
        return []
    return [
        {"at": change.at, "address": change.address, "words": [words_json(part, mask) for part in change.parts]}
        for change in aftermath.later.words_after(record)
    ]


def _window_json(launch: Launch) -> WindowJson:
    window = launch.window
    return {
        "start": window.start or None,
        "end": window.end or None,
        "activeFrom": window.active_from or None,
        "activeTo": window.active_to or None,
        "weekdays": list(window.weekdays),
        "zone": window.zone or None,
        "firstCall": launch.first_call or None,
        "lastCall": launch.last_call or None,
    }


def _override_json(override: Override, mask: Mask) -> OverrideJson:
    return {
        "sort": override.sort,
        "name": override.name,
        "reason": mask(override.reason),
        "summary": mask(override.summary),
    }


def _chain_json(entry: ChainEntry) -> ChainJson:
    return {"number": entry.n, "before": entry.line.before, "digest": entry.line.digest}


# ---- one person ------------------------------------------------------------------------------------------------------


def person_launch_json(reached: PersonLaunch, aftermath: Aftermath, mask: Mask) -> PersonLaunchJson:
    """A launch that was let reach a person."""
    return {
        **launch_json(reached.record, aftermath),
        "words": [words_json(part, mask) for part in reached.record.launch.parts],
        "laterWords": later_words_json(reached.record, aftermath, mask),
        "outcome": None if reached.result is None else person_calls_json(reached.result),
    }


def person_calls_json(result: PersonResult) -> PersonCallsJson:
    """What came of one person's calls."""
    latest = None if result.last_call is None else format_instant(datetime.fromtimestamp(result.last_call, UTC))
    return {
        "dials": result.dials,
        "lastCallAt": latest,
        "seconds": result.seconds,
        "reply": None if result.reply == "unknown" else result.reply,
    }
