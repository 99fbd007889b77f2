"""The projects that are disturbed, every kind once among them, and the scenes in which their requests are sent.

A scene is what lies there before (`base`), what is wanted then (`wanted`) and whether the disturbed run has the launch's
yes. Everybody is called once at most (no redials), so that rings can be compared from run to run.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.campaigns import AFTER, WORKDAYS, Manifest, desk

NAMES = {"aino": "Helsinki", "eero": "Helsinki", "kaisa": "Tampere"}
EXTRA = "+358405550190"
#: What git has checked out.
COMMIT = "c0ffee" * 6 + "c0de"

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


# ---- what is sent at once --------------------------------------------------------------------------------------------

TUESDAY = "2026-12-01T08:00:00Z"
_BOTH = [{"account": "aino"}, {"account": "eero"}]
#: Two people, a voice file, and nothing yet that reaches them.
QUIET: Manifest = {
    "apiVersion": "mscode/v1",
    "accounts": {
        name: {"phone": f"+35840555010{at}", "email": f"{name}@example.com"} for at, name in enumerate(("aino", "eero"))
    },
    "voiceFiles": {"greeting": {"text": "Hello", "voiceCode": "en"}},
}
SENDS: Manifest = {
    **QUIET,
    "calls": {"notice": {"operations": [{"say": "We close early"}], "actionTime": TUESDAY, "receivers": _BOTH}},
    "smses": {"reminder": {"message": "Tomorrow", "sender": "Blood", "actionTime": TUESDAY, "receivers": _BOTH}},
    "emails": {
        "letter": {
            "subject": "The bus comes",
            "messageText": "On Tuesday",
            "fromEmail": "blood@example.com",
            "actionTime": TUESDAY,
            "receivers": _BOTH,
        }
    },
    "clickToCalls": {"desk": desk(_BOTH, maxRedials=0)},
}


def _resent() -> Manifest:
    """Other words in all that waits for its time; the click-to-call takes other hours, and is replaced for it."""
    wanted = deepcopy(SENDS)
    wanted["calls"]["notice"]["operations"] = [{"say": "We stay open"}]
    wanted["smses"]["reminder"]["message"] = "Not tomorrow"
    wanted["emails"]["letter"]["subject"] = "The bus does not come"
    wanted["clickToCalls"]["desk"]["activeTo"] = "14:00"
    return wanted


# ---- a list, a subuser, and a group of those who replied -------------------------------------------------------------

LISTED: Manifest = {
    "apiVersion": "mscode/v1",
    "accountLists": {"people": {"file": "people.csv"}},
    "groups": {"listed": {"members": {"accountList": "people"}}},
    "subusers": {"desk": {"username": "desk", "email": "desk@example.com", "company": "Library"}},
}
ROWS = "phone,firstName\n+358405550110,Onni\n+358405550111,Venla\n"
OTHER_ROWS = "phone,firstName\n+358405550110,Otso\n+358405550112,Helmi\n"


def _relisted() -> Manifest:
    """Another row, one that is gone, and another name; the rows come with the scene."""
    wanted = deepcopy(LISTED)
    wanted["subusers"]["desk"]["company"] = "City library"
    return wanted


def _replied() -> Manifest:
    """After the campaign's last day: a group of those who accepted."""
    wanted = deepcopy(FULL)
    replied = {"campaign": "invite", "reply": "accept"}
    wanted["groups"]["coming"] = {"description": "Those who come", "members": {"replied": replied}}
    return wanted


# ---- scenes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scene:
    """`before`: options of the apply that makes `base`, None for an empty account. `options` are the disturbed run's.

    `rows` are the account list's in the disturbed run; `at` is when that is, "" for at once.
    """

    name: str
    before: tuple[str, ...] | None
    wanted: Callable[[], Manifest]
    options: tuple[str, ...] = ()
    destroys: bool = False
    base: Manifest = field(default_factory=lambda: FULL)
    rows: str = ROWS
    at: str = ""

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
        Scene("unsent", (), lambda: SENDS, base=QUIET),
        Scene("send", (), lambda: SENDS, _YES, base=QUIET),
        Scene("resend", _YES, _resent, _YES, base=SENDS),
        Scene("unsend", _YES, lambda: SENDS, destroys=True, base=SENDS),
        Scene("list", None, lambda: LISTED),
        Scene("relist", (), _relisted, base=LISTED, rows=OTHER_ROWS),
        Scene("unlist", (), lambda: LISTED, destroys=True, base=LISTED),
        Scene("replied", _YES, _replied, at=AFTER),
    )
}


def write_project(folder: Path, url: str) -> None:
    """mscode.yaml, the recording and the list's rows; the manifest is written by each scene."""
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
    (folder / ".git").mkdir(exist_ok=True)
    (folder / ".git" / "HEAD").write_text(f"{COMMIT}\n")
    (folder / "jingle.wav").write_bytes(recording())
    (folder / "people.csv").write_text(ROWS)


def write_manifest(folder: Path, manifest: Any, rows: str = ROWS) -> None:
    (folder / "all.yaml").write_text(json.dumps(manifest))
    (folder / "people.csv").write_text(rows)


def recording() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(1)
        audio.setframerate(8000)
        audio.writeframes(bytes([128]) * 80)
    return file.getvalue()
