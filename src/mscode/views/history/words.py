"""What is said of a launch in every format: where its figures stand, who let it happen, and what was heard or read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from mscode.model.calling_window import parse_instant
from mscode.model.plurals import count
from mscode.views.history.history_shapes import (
    LaunchJson,
    OtherRingsJson,
    PersonCallsJson,
    PersonLaunchJson,
    WindowJson,
    WordsJson,
)
from mscode.views.history.reference import short_commit
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import weekdays, with_weekday

UNKNOWN = "unknown"
NO_LAUNCHES = "No launches in the records."
NONE_MATCHES = "No launch in the records matches."
NO_PERSON = "No launch in the records was let reach this person."
_REPLIES = {"none": "no reply"}


def when(launch: LaunchJson, zone: tzinfo) -> str:
    """`Tue 2026-12-01 11:00`."""
    return moment(launch["at"], zone)


def moment(instant: str, zone: tzinfo) -> str:
    """An instant in the zone, to the minute; as it is where it is none."""
    try:
        return with_weekday(parse_instant(instant).replace(second=0), zone)
    except ValueError:
        return escape_unprintable(instant, 40)


def what(launch: LaunchJson) -> str:
    """What happened to what: `rsvpCalls.invite: launched`."""
    more = f", by {escape_unprintable(', '.join(launch['campaigns']), 400)}" if launch["campaigns"] else ""
    unsent = "" if launch["sent"] else " (in the end nothing of it was sent)"
    return f"{escape_unprintable(launch['address'], 200)}: {escape_unprintable(launch['what'], 400)}{more}{unsent}"


def commit(launch: LaunchJson) -> str:
    """`1a2b3c4d5e6f, with changes that it does not hold`."""
    if not launch["commit"]:
        return UNKNOWN
    states = {
        True: "",
        False: ", with changes that it does not hold",
        None: ", and perhaps changes that it does not hold",
    }
    return f"{short_commit(launch['commit'])}{states[launch['clean']]}"


def somebody(name: str | None) -> str:
    """Who did something, or that it is not known."""
    return escape_unprintable(name, 300) if name else UNKNOWN


def calls(launch: LaunchJson, unit: str = "ring") -> str:
    """`1,204 people, 340 rings, 12 accepts`, or that it is not known what came of it."""
    people = count(launch["people"], "person")
    if not launch["sent"]:
        return f"{people}; nothing was sent"
    if launch["resultAt"] is None:
        return f"{people}; what came of it is not in the records yet"
    if launch["rings"] is None:
        return (
            f"{people}, sent" if launch["state"] == "sent" else f"{people}; the service does not tell what came of it"
        )
    least = "at least " if launch["ringsAreMinimum"] else ""
    parts = [people, f"{least}{count(launch['rings'], unit)}"]
    if launch["accepts"] is not None:
        parts.append(count(launch["accepts"], "accept"))
    if launch["untold"]:
        parts.append(f"{launch['untold']:,} of whom the service does not tell")
    return ", ".join(parts) + ("" if launch["final"] else " so far")


def figure(number: int | None) -> str:
    """A figure of a table; a dash for one that is not known."""
    return "-" if number is None else f"{number:,}"


def ring_figure(launch: LaunchJson) -> str:
    """How many rings there were: `340+` where there may have been more than are known of."""
    return f"{figure(launch['rings'])}{'+' if launch['ringsAreMinimum'] else ''}"


def of_person(launch: PersonLaunchJson, zone: tzinfo) -> str:
    """What came of a launch for the person; of a message the service tells no more than that it was sent."""
    if launch["state"] == "sent":
        return "the message was sent; the service does not tell whether it arrived"
    return _calls_of_person(launch["outcome"], zone)


def _calls_of_person(calls: PersonCallsJson | None, zone: tzinfo) -> str:
    """`2 calls, the latest Tue 2026-12-01 11:03, 34 seconds, accept`, or that it is not known."""
    if calls is None:
        return "not in the records yet"
    if calls["dials"] == 0:
        return "not called"
    dials = "called" if calls["dials"] is None else count(calls["dials"], "call")
    parts = [dials] if calls["dials"] is not None or calls["lastCallAt"] else ["the service does not tell"]
    if calls["lastCallAt"]:
        parts.append(f"the latest {moment(calls['lastCallAt'], zone)}")
    if calls["seconds"]:
        parts.append(count(calls["seconds"], "second"))
    if calls["reply"]:
        parts.append(_REPLIES.get(calls["reply"], escape_unprintable(calls["reply"], 40)))
    return ", ".join(parts)


def heard(words: WordsJson) -> tuple[str, str]:
    """Its role, and what was played or read."""
    role = escape_unprintable(words["role"], 60)
    if words["text"] is not None:
        return role, f'"{escape_unprintable(words["text"])}"'
    if words["recording"]:
        return role, f"a recording (sha256 {words['sha256']})"
    return role, f"voice file {escape_unprintable(words['voiceFile'] or UNKNOWN, 60)}, whose words are not known"


def window(window: WindowJson, zone: tzinfo, unit: str = "call") -> Iterator[str]:
    """`first call Tue 2026-12-01 11:00, last Fri 2026-12-04 17:00` and the hours of the days; of a message when it goes out."""
    if window["firstCall"] and unit != "call":
        yield f"{escape_unprintable(unit, 60)} goes out {moment(window['firstCall'], zone)}"
    elif window["firstCall"]:
        last = f", last {moment(window['lastCall'], zone)}" if window["lastCall"] else ""
        yield f"first call {moment(window['firstCall'], zone)}{last}"
    if window["activeFrom"] and window["activeTo"]:
        days = f"{weekdays(window['weekdays'])} " if window["weekdays"] else ""
        place = f" {escape_unprintable(window['zone'], 60)}" if window["zone"] else ""
        hours = f"{window['activeFrom']}-{window['activeTo']}"
        yield f"{days}{escape_unprintable(hours, 60)}{place}"


def erased(number: int) -> str:
    """That of some launches no more is known than that they were; "" of none."""
    return f"The records of {count(number, 'more launch')} were erased when their time had passed." if number else ""


def erased_of_person(number: int) -> str:
    """That of some launches nobody knows any more whom they reached."""
    return f"{erased(number)} Whom these reached is not known any more."


def other_rings(rings: OtherRingsJson) -> str:
    """A sentence on calls that no launch in the records stands behind."""
    name = escape_unprintable(rings["address"] or f"id {rings['id']}", 200)
    made = count(rings["rings"], "ring")
    return f"{name} (id {escape_unprintable(rings['id'], 60)}): {made} without a launch here: started in the web interface."
