"""Records of launches as people read them on a terminal: newest first, a paragraph each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.history import words
from mscode.views.history.history_shapes import (
    ChainJson,
    DecisionJson,
    HistoryJson,
    LaterWordsJson,
    LaunchJson,
    OtherRecordJson,
    PersonHistoryJson,
    RecordJson,
    VerificationJson,
    WordsJson,
)
from mscode.views.plan.segments import EMPTY, Line, Segment, line
from mscode.views.text.printable import escape_unprintable
from mscode.views.text.times import zone_of
from mscode.views.text.wrap import wrapped

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """How records are shown: the project's zone, and the columns of the terminal."""

    zone_name: str
    width: int = 80

    @property
    def zone(self) -> tzinfo:
        """The zone itself."""
        return zone_of(self.zone_name)


def history_lines(history: HistoryJson, page: Page, nothing: str = words.NO_LAUNCHES) -> Iterator[Line]:
    """Each launch, and how many there are; `nothing` is said where there is none."""
    for launch in history["launches"]:
        yield from _paragraph(launch, _rows(launch, page.zone), page)
        yield EMPTY
    for rings in history.get("otherRings", ()):
        yield from wrapped([line(words.other_rings(rings))], page.width)
    yield from _ending(history["launches"], nothing, page)
    if history["erased"]:
        yield line(words.erased(history["erased"]))


def person_lines(history: PersonHistoryJson, page: Page) -> Iterator[Line]:
    """Each launch that was let reach the person, with what came of it and what was heard."""
    for launch in history["launches"]:
        rows = _rows(launch, page.zone)
        if launch["sent"]:
            rows.append(("This person", words.of_person(launch, page.zone)))
        heard = [*_heard(launch["words"]), *_heard_later(launch["laterWords"], page.zone)]
        yield from _paragraph(launch, [*rows, *heard], page)
        yield EMPTY
    yield from _ending(history["launches"], words.NO_PERSON, page)
    if history["erased"]:
        yield from wrapped([line(words.erased_of_person(history["erased"]))], page.width)


def record_lines(record: RecordJson | DecisionJson | OtherRecordJson, page: Page) -> Iterator[Line]:
    """One record, whole."""
    if record["type"] != "launch":
        yield from _no_launch(record, page)
        return
    rows = [
        *_rows(record, page.zone),
        ("Live id", escape_unprintable(record["liveId"] or "made by this launch", 60)),
        *(("Window", text) for text in words.window(record["window"], page.zone, record["unit"])),
        ("At most", count(record["maxCalls"], "call") if record["maxCalls"] else "once"),
        *_overrides(record),
        *_heard(record["words"]),
        *_heard_later(record["laterWords"], page.zone),
        *_tree("Circumstances", record["context"]),
        ("Manifests", record["manifestsDigest"]),
        ("Plan", record["planDigest"]),
        ("mscode", f"{record['mscodeVersion']}, time zones {record['tzdataVersion']}"),
        *_chain(record["chain"]),
    ]
    yield from _paragraph(record, rows, page)


def _overrides(record: RecordJson) -> Iterator[Row]:
    for override in record["overrides"]:
        reason = f" ({escape_unprintable(override['reason'], 300)})" if override["reason"] else ""
        said = f": {escape_unprintable(override['summary'], 300)}" if override["summary"] else ""
        yield "Overridden", f"{override['sort']} {escape_unprintable(override['name'], 100)}{said}{reason}"


def _no_launch(record: DecisionJson | OtherRecordJson, page: Page) -> Iterator[Line]:
    rows = [("When", words.moment(record["at"], page.zone))]
    if record["type"] == "decision":
        yield line(Segment(f"decision {record['id']}", "bold"), f"  {escape_unprintable(record['action'], 100)}")
        rows.append(("Who", escape_unprintable(record["who"], 200)))
        if record["run"]:
            rows.append(("Run", escape_unprintable(record["run"], 400)))
        rows += _tree("Details", record["details"])
    else:
        yield line(Segment(f"{record['type']} {record['id']}", "bold"))
        rows += _tree("Content", record["content"])
    yield from _table([*rows, *_chain(record["chain"])], page)


def _chain(chain: ChainJson) -> list[Row]:
    return [
        ("Record", f"number {chain['number']}, digest {chain['digest']}"),
        ("Before it", f"digest {chain['before']}"),
    ]


# ---- a launch --------------------------------------------------------------------------------------------------------


def _paragraph(launch: LaunchJson, rows: Iterable[Row], page: Page) -> Iterator[Line]:
    head = line(Segment(f"launch {escape_unprintable(launch['id'], 64)}", "bold"), f"  {words.what(launch)}")
    yield from wrapped([head], page.width)
    yield from _table(rows, page)


def _rows(launch: LaunchJson, zone: tzinfo) -> list[Row]:
    """When, of which commit, who, and what came of it."""
    rows = [
        ("When", words.when(launch, zone)),
        ("Commit", words.commit(launch)),
        ("Started by", words.somebody(launch["startedBy"])),
        ("Approved by", words.somebody(launch["approvedBy"])),
        ("People", words.calls(launch)),
    ]
    if launch["runUrl"]:
        rows.append(("Run", escape_unprintable(launch["runUrl"], 400)))
    if launch["pullRequestUrl"]:
        rows.append(("Review", escape_unprintable(launch["pullRequestUrl"], 400)))
    return rows


def _heard(heard: Sequence[WordsJson]) -> Iterator[Row]:
    for part in heard:
        role, text = words.heard(part)
        yield "Words", f"{role}: {text}"


def _heard_later(changes: Sequence[LaterWordsJson], zone: tzinfo) -> Iterator[Row]:
    """The words that came after a launch, and from when on."""
    for change in changes:
        yield "Words since", words.moment(change["at"], zone)
        yield from _heard(change["words"])


def _tree(title: str, data: Mapping[str, Any]) -> Iterator[Row]:
    """The members of a JSON object that say something, a row for each, and for each item of a list."""
    for name, value in data.items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if text := _text(item):
                yield title, f"{escape_unprintable(str(name), 60)}: {text}"


def _text(value: Any) -> str:
    """A JSON value in a line; "" of what says nothing. (Nested deeper than that, nothing is in the records.)"""
    if isinstance(value, Mapping):
        parts = ((escape_unprintable(str(name), 60), _text(inner)) for name, inner in value.items())
        return ", ".join(f"{name} {text}" for name, text in parts if text)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_text, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else escape_unprintable(str(value), 1000)


#: Columns of the names of rows.
_NAMES = 14


def _table(rows: Iterable[Row], page: Page) -> Iterator[Line]:
    lines = [line(Segment(f"  {f'{name}:'.ljust(_NAMES)} ", "dim"), text) for name, text in rows]
    yield from wrapped(lines, page.width)


def _ending(launches: Sequence[LaunchJson], nothing: str, page: Page) -> Iterator[Line]:
    if not launches:
        yield line(nothing)
        return
    yield line(f"{count(len(launches), 'launch')}. Times in {page.zone_name}.")
    if any(launch["sent"] and not launch["final"] for launch in launches):
        yield line(Segment("`mscode history --refresh` reads what has come of them since.", "dim"))


# ---- all records -----------------------------------------------------------------------------------------------------


def verification_lines(verification: VerificationJson) -> Iterator[Line]:
    """That the records hold, or where they do not."""
    for problem in verification["problems"]:
        yield line(
            Segment(escape_unprintable(problem["place"], 200), "bold"), f": {escape_unprintable(problem['summary'])}"
        )
    if verification["valid"]:
        yield line(
            Segment("The records are whole.", "green"), " The chain holds, and every launched campaign has its record."
        )
    else:
        yield line(Segment(f"{count(len(verification['problems']), 'problem')} in the records.", "red"))
