"""The walk through a call or a message on the page: what is heard or read in that order, what each key does, and what the texts
say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.html.audio import Player, Recordings
from mscode.views.plan.reading import Data, items, mapping, number, text, texts
from mscode.views.text.findings import VERBS

#: When a part is heard or read, by what it is for. `{keys}` are those of the action of that name.
_WHEN = {
    "start": "When the call is answered",
    "data": "Then",
    "actionButtons": "Before a key is pressed",
    "accept": "After a key that accepts{keys}",
    "decline": "After a key that declines{keys}",
    "end": "When nobody more is wanted",
    "voiceFile": "When the call is answered",
    "message": "The text message",
    "subject": "Subject",
    "messageText": "Text",
    "messageHtml": "HTML, as it is written",
}
_DOES = {"accept": "Accepts", "decline": "Declines"}
_SAID = {"accept": "to accept", "decline": "to decline"}
_OPERATION = re.compile(r"operations\[(\d{1,4})\]")
#: A walk of more characters is folded, and so is each where a page has more walks.
_LONG, _MANY = 1500, 5


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding of a text: its verb (`warns`), its words, what to do, and what to write instead."""

    status: str
    name: str
    verb: str
    message: str
    reason: str
    hint: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part: when it is heard, its words line by line or its `player`, and what there is to say of it. `is_code`: shown as it
    is written.
    """

    anchor: str
    when: str
    words: Sequence[str]
    about: str
    player: Player | None
    remarks: Sequence[Remark]
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A row of the table of keys: what it does, what the texts say of it, and whether the two agree."""

    key: str
    does: str
    says: Sequence[str]
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk as it is drawn: the parts before the reply, the keys, the parts after it. `is_open`: it is not folded."""

    anchor: str
    title: str
    summary: str
    before: Sequence[Part]
    keys: Sequence[Key]
    after: Sequence[Part]
    remarks: Sequence[Remark]
    is_open: bool


def walks(data: Data, recordings: Recordings) -> dict[str, list[Walk]]:
    """By the address of the change in whose card they stand. A plan may be forged, so whatever is missing is left out."""
    checks = data.get("checks")
    remarks = (
        [_remark(check) if isinstance(check, dict) else None for check in checks] if isinstance(checks, list) else []
    )
    found: dict[str, list[Walk]] = {}
    rows = items(data, "walks")
    for at, row in enumerate(rows, 1):
        walk = _Reader(f"walk-{at}", row, remarks, recordings).walk(is_one_of_many=len(rows) > _MANY)
        if walk.before or walk.after:
            found.setdefault(text(row, "shown_at"), []).append(walk)
    return found


class _Reader:
    def __init__(self, anchor: str, row: Data, remarks: Sequence[Remark | None], recordings: Recordings) -> None:
        self._anchor, self._row, self._remarks, self._recordings = anchor, row, remarks, recordings
        self._steps = items(row, "steps")
        self._buttons = {action: texts(mapping(row, "buttons"), action) for action in mapping(row, "buttons")}

    def walk(self, *, is_one_of_many: bool) -> Walk:
        parts = [(step.get("after_reply") is True, self._part(at, step)) for at, step in enumerate(self._steps, 1)]
        before = [part for is_after, part in parts if not is_after]
        after = [part for is_after, part in parts if is_after]
        whole = self._found(self._row)
        is_long = sum(len(line) for _, part in parts for line in part.words) > _LONG
        refuses = any(remark.status == "fail" for remark in [*whole, *(r for _, part in parts for r in part.remarks)])
        return Walk(
            self._anchor,
            self._title(),
            self._summary(),
            before,
            list(self._keys()),
            after,
            whole,
            refuses or not (is_long or is_one_of_many),
        )

    def _title(self) -> str:
        rings, address = self._row.get("rings") is True, text(self._row, "address")
        title = "Walk through the call" if rings else "What people read"
        return title if address == text(self._row, "shown_at") else f"{title} of {address}"

    def _summary(self) -> str:
        """`3 parts, about 24 seconds until the reply, 1 recording`; of a text message its parts."""
        parts, encoding = number(self._row, "parts"), text(self._row, "encoding")
        if parts is not None:
            return f"{count(parts, 'part')} per message ({encoding})"
        said = [count(len(self._steps), "part")]
        seconds = sum(number(step, "seconds") or 0 for step in self._steps if step.get("after_reply") is not True)
        if seconds:
            said.append(f"about {count(seconds, 'second')} of speech" + (" until the reply" if self._buttons else ""))
        recorded = sum(isinstance(step.get("recording"), dict) for step in self._steps)
        return ", ".join([*said, *([count(recorded, "recording")] if recorded else [])])

    def _part(self, at: int, step: Data) -> Part:
        role, recording, anchor = text(step, "role"), mapping(step, "recording"), f"{self._anchor}-{at}"
        origin, seconds = text(step, "voice_file"), number(step, "seconds") or 0
        about = [origin] if origin else []
        player = None
        if text(recording, "path"):
            player = self._recordings.player(origin or text(self._row, "address"), recording, anchor)
        elif not text(step, "text"):
            about.append("its words are not known")
        if seconds:
            about.append(f"about {count(seconds, 'second')}")
        words = text(step, "text").strip().splitlines()
        when = self._when(role)
        return Part(anchor, when, words, ", ".join(about), player, self._found(step), role == "messageHtml")

    def _when(self, role: str) -> str:
        pressed = self._buttons.get(role, ())
        keys = f" ({' or '.join(pressed)})" if pressed else ""
        if operation := _OPERATION.match(role):
            return f"Part {int(operation[1]) + 1} ({role})"
        return _WHEN[role].format(keys=keys) if role in _WHEN else role

    def _keys(self) -> Iterator[Key]:
        """Each key that is mapped, with what the texts say of it; then those that are said and do nothing."""
        said: dict[str, list[Data]] = {}
        for step in self._steps:
            for spoken in items(step, "keys"):
                said.setdefault(text(spoken, "key"), []).append(spoken)
        before = [step for step in self._steps if step.get("after_reply") is not True]
        is_known = all(text(step, "text") for step in before)
        silence = "No text says it." if is_known else "No text says it; what is not known as text may."
        for action, keys in self._buttons.items():
            for key in keys:
                mentions = said.pop(key, [])
                yield Key(key, _DOES.get(action, action), _said(mentions) or [silence], _is_wrong(mentions))
        for key, mentions in said.items():
            yield Key(key, "Nothing: it is not mapped", _said(mentions), True)

    def _found(self, holder: Data) -> list[Remark]:
        places = holder.get("checks")
        numbers = [at for at in places if isinstance(at, int)] if isinstance(places, list) else []
        remarks = [self._remarks[at] for at in numbers if 0 <= at < len(self._remarks)]
        return [remark for remark in remarks if remark is not None]


def _said(mentions: Sequence[Data]) -> list[str]:
    """`“Press 5” to accept`, each once."""
    said = [
        f"“{text(mention, 'words')}”"
        + (f" {_SAID.get(purpose, purpose)}" if (purpose := text(mention, "said")) else "")
        for mention in mentions
    ]
    return list(dict.fromkeys(said))


def _is_wrong(mentions: Sequence[Data]) -> bool:
    return any(mention.get("fits") is not True for mention in mentions)


def _remark(check: Data) -> Remark:
    status = text(check, "status")
    words = [text(check, name) for name in ("message", "reason", "hint", "suggestion")]
    return Remark(status, text(check, "name"), VERBS.get(status, status), *words)
