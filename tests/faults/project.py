"""The project that is disturbed: every kind once, and the scenes in which its requests are sent.

A scene is what lies there before (`base`), what is wanted then (`edited`) and whether the disturbed run has the launch's
yes. Everybody is called once at most (no redials), so that rings can be compared from run to run.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.campaigns import WORKDAYS, Manifest

NAMES = {"aino": "Helsinki", "eero": "Helsinki", "kaisa": "Tampere"}
EXTRA = "+358405550190"

FULL: Manifest = {
    "apiVersion": "mscode/v1",
    "accounts": {
        name: {"firstName": name.title(), "phone": f"+35840555010{at}", "city": city}
        for at, (name, city) in enumerate(NAMES.items())
    },
    "filters": {"helsinki": {"conditions": [{"field": "city", "operator": "==", "value": "Helsinki"}]}},
    "groups": {"donors": {"description": "Donors", "members": {"filter": "helsinki"}}},
    "voiceFiles": {
        "greeting": {"description": "First", "text": "Hello", "voiceCode": "en"},
        "jingle": {"description": "Last", "file": "jingle.wav"},
    },
    "rsvpCalls": {
        "invite": {
            "startTime": "2026-12-01T08:00:00Z",
            "endTime": "2026-12-04T17:00:00Z",
            "activeFrom": "08:00",
            "activeTo": "15:00",
            "activeWeekdays": WORKDAYS,
            "voiceFiles": {"start": "greeting", "end": "jingle"},
            "actionButtons": {"accept": 5, "decline": 9},
            "receivers": [{"group": "donors"}],
            "acceptsWanted": 2,
            "maxRedials": 0,
            "meta": {"season": "winter"},
        }
    },
}


def _edited() -> Manifest:
    """A change to every object; eero leaves the group and kaisa joins it."""
    wanted = deepcopy(FULL)
    wanted["accounts"]["aino"]["firstName"] = "Aino Maria"
    wanted["accounts"]["eero"]["city"] = "Turku"
    wanted["accounts"]["kaisa"]["city"] = "Helsinki"
    wanted["filters"]["helsinki"]["conditions"].append({"field": "city", "operator": "!=", "value": "Oulu"})
    wanted["groups"]["donors"]["description"] = "Donors of the capital"
    wanted["voiceFiles"]["greeting"]["description"] = "Second"
    wanted["voiceFiles"]["jingle"]["description"] = "Very last"
    return _with_season(wanted)


def _with_season(manifest: Manifest) -> Manifest:
    wanted = deepcopy(manifest)
    wanted["rsvpCalls"]["invite"]["meta"] = {"season": "spring"}
    return wanted


def _grown() -> Manifest:
    wanted = deepcopy(FULL)
    wanted["rsvpCalls"]["invite"]["receivers"].append({"phone": EXTRA})
    return wanted


def _respoken() -> Manifest:
    """Other words and another recording: both voice files are replaced, the campaign is repointed."""
    wanted = deepcopy(FULL)
    wanted["voiceFiles"]["greeting"]["text"] = "Hello again"
    return wanted


@dataclass(frozen=True, slots=True)
class Scene:
    """`before`: options of the apply that makes the base, None for an empty account. `options` are the disturbed run's."""

    name: str
    before: tuple[str, ...] | None
    wanted: Callable[[], Manifest]
    options: tuple[str, ...] = ()
    destroys: bool = False

    @property
    def has_yes(self) -> bool:
        """Has a launch been approved, in the base or in the disturbed run?"""
        return "--allow-launch" in (*(self.before or ()), *self.options)


_HELD, _YES = ("--no-launch",), ("--allow-launch",)
SCENES = {
    scene.name: scene
    for scene in (
        Scene("make", None, lambda: FULL),
        Scene("edit", _HELD, _edited),
        Scene("respeak", _HELD, _respoken),
        Scene("launch", _HELD, lambda: FULL, _YES),
        Scene("running", _YES, lambda: _with_season(FULL)),
        Scene("grow", _YES, _grown, _YES),
        Scene("remove", _HELD, lambda: FULL, destroys=True),
    )
}


def write_project(folder: Path, url: str) -> None:
    """mscode.yaml and the recording; the manifest is written by each scene."""
    environment = {"url": url, "token": {"env": "ACCEPTANCE_TOKEN"}, "settleSeconds": 0}
    project = {
        "apiVersion": "mscode/v1",
        "project": "drive",
        "timezone": "Europe/Helsinki",
        "defaultEnvironment": "test",
        "environments": {"test": environment},
        "guards": {"maxDeletes": 50},
    }
    (folder / "mscode.yaml").write_text(json.dumps(project))
    (folder / "jingle.wav").write_bytes(_recording())


def write_manifest(folder: Path, manifest: Any) -> None:
    (folder / "all.yaml").write_text(json.dumps(manifest))


def _recording() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(1)
        audio.setframerate(8000)
        audio.writeframes(bytes([128]) * 80)
    return file.getvalue()
