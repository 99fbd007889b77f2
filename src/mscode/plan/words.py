"""What people will hear of a campaign: the words of its voice files, in the order in which they are played.

A plan shows them with the campaign: who approves a launch reads there what is said, and not the names of voice files alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mscode.model.address import Address
from mscode.model.kind import TextPart, kind_of
from mscode.model.light_dataclass import dataclass
from mscode.model.values import FileContent, Ref
from mscode.plan.builder import PlanBuilder
from mscode.plan.change import Change, Halt, Launch, Launching, Making, Update, Wanted
from mscode.plan.checks.speech import shown_seconds
from mscode.plan.launch_facts import voice_of
from mscode.plan.people.exposure import fed_by, fields_of
from mscode.plan.people.reach import fields_after


@dataclass(frozen=True, slots=True)
class Words:
    """One part that is played, or read: `role` says what it is for (`start`, `accept`, `message`, …).

    It has a `text`, or is a `recording`; with neither it is the voice file of this `live_id`, whose words are not known.
    `seconds` are about those that a text is to hear. `origin` is the address of the object that holds it, where a manifest
    declares it, `path` its field there, and `language` that of its voice ("" of what is read).
    """

    role: str
    text: str = ""
    recording: FileContent | None = None
    live_id: str = ""
    seconds: int = 0
    origin: Address | None = None
    path: str = ""
    language: str = ""


def words(builder: PlanBuilder) -> Mapping[Address, tuple[Words, ...]]:
    """By address, what each campaign plays that this plan makes or launches, or to which it gives other voice files; not of
    one whose words are all unknown.
    """
    by_address = {change.address: tuple(_of_change(builder, change)) for change in builder.changes}
    return {address: parts for address, parts in by_address.items() if any(p.text or p.recording for p in parts)}


def _of_change(builder: PlanBuilder, change: Change) -> Iterator[Words]:
    plays = change.address.kind.plays
    if plays is None or change.desired is None or isinstance(change, Halt):
        return
    plays_others = any(field.name == plays.field for field in change.fields)
    if isinstance(change, Making) or change.launch is not None or plays_others:
        yield from words_of(builder, change)


def words_of(builder: PlanBuilder, change: Wanted) -> Iterator[Words]:
    """What people hear or read of one object after its change, in that order."""
    for part in change.address.kind.texts(fields_after(change)):
        yield _of_part(builder, part, change.address)


def changes_words(builder: PlanBuilder, change: Update) -> bool:
    """Does an edit give people other words than those that are live? Of a recording in the place of another, whose words nobody
    knows, it does.
    """
    kind = change.address.kind
    if kind.plays is None:
        return list(kind.texts(change.live.fields)) != list(kind.texts(fields_after(change)))
    if all(field.name != kind.plays.field for field in change.fields):
        return False
    before = [_of_part(builder, part, None) for part in kind.texts(change.live.fields)]
    after = list(words_of(builder, change))
    return [*map(_spoken, before)] != [*map(_spoken, after)] or not all(part.text for part in after)


def _spoken(part: Words) -> tuple[str, str, str]:
    return part.role, part.text, part.language


def words_of_launch(builder: PlanBuilder, change: Launching, launch: Launch) -> tuple[Words, ...]:
    """What people hear or read by a launch: of its own object, or of whatever is under way and reaches more people by it."""
    if change.address.kind.reaches_people:
        return tuple(words_of(builder, change))
    parts = [
        _of_part(builder, part, None)
        for sender in fed_by(builder, launch)
        for part in sender.kind.texts(fields_of(builder, sender))
    ]
    return tuple(dict.fromkeys(parts))


def _of_part(builder: PlanBuilder, part: TextPart, holder: Address | None) -> Words:
    if not part.voice_file:
        seconds = shown_seconds(part.text, "") if part.heard else 0
        return Words(part.role, part.text, part.recording, seconds=seconds, origin=holder, path=part.role)
    fields, live_id = _voice_file(builder, part.voice_file)
    origin = part.voice_file.address if isinstance(part.voice_file, Ref) else None
    for own in kind_of("voice").texts(fields) if fields else ():
        if own.text or own.recording:
            language = voice_of(fields)
            seconds = shown_seconds(own.text, language)
            return Words(part.role, own.text, own.recording, "", seconds, origin, own.role, language)
    return Words(part.role, live_id=live_id, origin=origin)


def _voice_file(builder: PlanBuilder, reference: Ref | str) -> tuple[Mapping[str, Any], str]:
    """A voice file's fields as they will be, and the id of a live one; no fields where nothing is known of it."""
    if isinstance(reference, str):
        live = builder.inputs.objects(kind_of("voice").section).get(reference)
        return (live.fields if live else {}), reference
    match = builder.matches.get(reference.address)
    if match is None:
        return {}, str(reference.address)
    ignored = match.desired.lifecycle.ignore_changes if match.live else ()
    fields = {name: value for name, value in match.desired.fields.items() if name not in ignored}
    return {**(match.live.fields if match.live and ignored else {}), **fields}, match.live.id if match.live else ""
