"""Walks through calls and messages as JSON: masked as everything else that people say and hear."""

from __future__ import annotations

from mscode.plan.change import Plan
from mscode.plan.walk import SpokenKey, Step, Walk, walks
from mscode.views.plan.plan_shapes import RecordingJson, SpokenKeyJson, WalkJson, WalkStepJson
from mscode.views.text.masking import Privacy


def walks_json(plan: Plan, privacy: Privacy) -> list[WalkJson]:
    """A walk for each campaign and message that the plan makes, changes or launches."""
    return [_walk(walk, privacy) for walk in walks(plan)]


def _walk(walk: Walk, privacy: Privacy) -> WalkJson:
    data: WalkJson = {
        "address": str(walk.address),
        "shown_at": str(walk.shown_at),
        "rings": walk.rings,
        "buttons": {action: [str(key) for key in keys] for action, keys in walk.buttons.items()},
        "steps": [_step(step, walk, privacy) for step in walk.steps],
        "checks": list(walk.checks),
    }
    if walk.sent is not None:
        data["parts"], data["encoding"] = walk.sent.parts, walk.sent.encoding
    return data


def _step(step: Step, walk: Walk, privacy: Privacy) -> WalkStepJson:
    words = step.words
    recording: RecordingJson | None = None
    if words.recording is not None:
        file = words.recording
        recording = {"path": privacy.text(file.path), "size": file.size, "sha256": file.sha256}
    origin = "" if words.origin == walk.address else str(words.origin or words.live_id)
    return {
        "role": privacy.text(words.role),
        "after_reply": step.after_reply,
        "text": privacy.text(words.text),
        "seconds": words.seconds,
        "recording": recording,
        "voice_file": origin,
        "keys": [_key(key, privacy) for key in step.keys],
        "checks": list(step.checks),
    }


def _key(key: SpokenKey, privacy: Privacy) -> SpokenKeyJson:
    return {
        "words": privacy.text(key.words),
        "key": key.key,
        "said": key.said,
        "mapped": key.mapped,
        "fits": key.is_right,
    }
