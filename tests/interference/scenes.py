"""The applies that are interfered with: every kind that reaches people, and every verb.

`expected` says who is reached where nobody interferes; it is measured, not written down. All numbers of people stand in
the manifests, so that whoever else is rung was approved by nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.campaigns import Manifest
from tests.faults.project import FULL, SCENES, SENDS, recording
from tests.faults.project import Scene as FaultScene
from tests.faults.project import write_manifest as write_files

#: Half an hour after the base was made, so that its voice files are ready.
LATER = "2026-11-30T06:30:00Z"
#: While the campaign calls: one of its two people has been rung.
CALLING = "2026-12-01T08:00:02Z"
STRANGER = "+358405559999"
#: A number on the do-not-call list from the beginning, which nobody calls.
UNCALLED = "+358405558888"
#: Eero's number, and the one that a manifest gives him instead.
EERO, MOVED = "+358405550101", "+358405550188"
INVITE = "rsvpCalls.invite"


@dataclass(frozen=True, slots=True)
class Scene:
    """`before`: options of the apply that makes `base`, None for an empty account; `options` are those of the run itself."""

    name: str
    before: tuple[str, ...] | None
    wanted: Callable[[], Manifest]
    options: tuple[str, ...] = ("--allow-launch",)
    destroys: bool = False
    base: Callable[[], Manifest] = lambda: FULL
    rows: str | None = None
    at: str = LATER
    halted: str = ""  # who halts the campaign between base and run: "brake" or "web"


def _campaign(**changes: Any) -> Manifest:
    wanted = deepcopy(FULL)
    wanted["rsvpCalls"]["invite"].update(changes)
    return wanted


def _more_members() -> Manifest:
    """Kaisa moves to Helsinki, so the filter takes her into the group that the campaign calls."""
    wanted = deepcopy(FULL)
    wanted["accounts"]["kaisa"]["city"] = "Helsinki"
    return wanted


def _fewer_members() -> Manifest:
    wanted = deepcopy(FULL)
    wanted["accounts"]["eero"]["city"] = "Turku"
    return wanted


def _swapped_members() -> Manifest:
    wanted = _more_members()
    wanted["accounts"]["eero"]["city"] = "Turku"
    return wanted


def _two_receivers() -> Manifest:
    return _campaign(receivers=[{"account": "aino"}, {"account": "eero"}])


def _one_receiver() -> Manifest:
    return _campaign(receivers=[{"account": "aino"}], acceptsWanted=1)


def _less_and_more() -> Manifest:
    return _campaign(activeFrom="07:00", activeTo="14:00")


def _moved() -> Manifest:
    """Eero, whom the campaign reaches, has another number, and the campaign other hours."""
    wanted = _campaign(activeTo="14:00")
    wanted["accounts"]["eero"]["phone"] = MOVED
    return wanted


def _without_campaign() -> Manifest:
    wanted = deepcopy(FULL)
    del wanted["rsvpCalls"]
    return wanted


def _from_faults(scene: FaultScene) -> Scene:
    options = scene.options or ("--allow-launch",)
    rows = scene.rows if scene.rows != SCENES["make"].rows else None
    base = scene.base
    return Scene(
        scene.name,
        scene.before,
        scene.wanted,
        options,
        scene.destroys,
        lambda: base,
        rows,
        scene.at or LATER,
    )


_HELD, _YES = ("--no-launch",), ("--allow-launch",)
_TAKEN = (
    "make",
    "edit",
    "respeak",
    "launch",
    "running",
    "grow",
    "remove",
    "send",
    "resend",
    "unsend",
    "relist",
    "replied",
)

INTERFERED: dict[str, Scene] = {
    scene.name: scene
    for scene in (
        *(_from_faults(SCENES[name]) for name in _TAKEN),
        Scene("widen", _YES, lambda: _campaign(acceptsWanted=1, maxRedials=1), base=lambda: _campaign(acceptsWanted=1)),
        Scene("narrow", _YES, lambda: _campaign(activeTo="14:00"), ()),
        Scene("narrow-calling", _YES, lambda: _campaign(activeTo="14:00"), (), at=CALLING),
        Scene("less-and-more", _YES, _less_and_more),
        Scene("less-and-more-calling", _YES, _less_and_more, at=CALLING),
        Scene("moved", _YES, _moved, ("--allow-launch", "--resume", INVITE), halted="web"),
        Scene("grow-calling", _YES, SCENES["grow"].wanted, at=CALLING),
        Scene("members", _YES, _more_members),
        Scene("fewer-members", _YES, _fewer_members, ()),
        Scene("swapped-members", _YES, _swapped_members),
        Scene("replace", _YES, _one_receiver, base=_two_receivers),
        Scene("stop", _YES, lambda: _campaign(state="halt"), ()),
        Scene("drop", _YES, _without_campaign, ()),
        Scene("drop-calling", _YES, _without_campaign, (), at=CALLING),
        Scene("destroy-running", _YES, lambda: FULL, (), destroys=True),
        Scene("resume", _YES, lambda: FULL, ("--allow-launch", "--resume", INVITE), halted="web"),
        Scene("resume-held", _YES, lambda: FULL, ("--allow-launch", "--resume", INVITE), halted="brake"),
        Scene(
            "send-again", _YES, lambda: SENDS, ("--allow-launch", "--replace", "clickToCalls.desk"), base=lambda: SENDS
        ),
    )
}


def write_project(folder: Path, url: str) -> None:
    """mscode.yaml with a do-not-call list, the recording and the list's rows."""
    project = {
        "apiVersion": "mscode/v1",
        "project": "drive",
        "timezone": "Europe/Helsinki",
        "defaultEnvironment": "test",
        "environments": {"test": {"url": url, "token": {"env": "MODEL_TOKEN"}, "settleSeconds": 0}},
        "guards": {"maxDeletes": 50, "maxMemberRemovals": 1000, "doNotCall": "never.csv"},
    }
    (folder / "mscode.yaml").write_text(json.dumps(project))
    (folder / "never.csv").write_text(f"phone\n{UNCALLED}\n")
    (folder / "jingle.wav").write_bytes(recording())


def write_manifest(folder: Path, manifest: Manifest, rows: str | None = None) -> None:
    if rows is None:
        write_files(folder, manifest)
    else:
        write_files(folder, manifest, rows)
