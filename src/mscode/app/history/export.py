"""A copy of the records for whoever has to look at them: a folder of tables and texts that needs no mscode, and holds nobody's
number or name.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode import __version__
from mscode.app.environment import Environment
from mscode.app.history.questions import Answer, masker_of
from mscode.app.history.records_json import (
    Aftermath,
    decision_json,
    erased_json,
    launch_json,
    other_record_json,
    person_calls_json,
    record_json,
)
from mscode.app.invocation import Invocation
from mscode.app.private_file import open_folder, unwritable, write_private_file
from mscode.app.records import read_records
from mscode.app.workspace import load_environment
from mscode.errors import ConfigError
from mscode.model.light_dataclass import dataclass
from mscode.views.text.printable import escape_unprintable

if TYPE_CHECKING:
    from mscode.model.privacy import Masker
    from mscode.state.records.chain import ChainEntry
    from mscode.state.records.store import LaunchRecord, RecordStore
    from mscode.views.history.history_shapes import ExportedJson, LaunchJson, RecordJson

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")


def export_records(inv: Invocation, directory: Path, out: Path) -> Answer[ExportedJson]:
    """Write the records into a new folder; ConfigError where it is there already and not empty, or cannot be written. Sends
    nothing to the service."""
    environment = load_environment(inv, directory)
    store = read_records(environment)
    export = _Export(store, environment, masker_of(inv, directory, environment))
    files = _write(out, export.files())
    data: ExportedJson = {
        "environment": environment.name,
        "folder": str(out),
        "launches": len(export.launches),
        "files": files,
    }
    return Answer(data, environment.project.timezone)


@dataclass(slots=True)
class _Export:
    """The files of the folder, by their paths in it."""

    store: RecordStore
    environment: Environment
    mask: Masker
    launches: Sequence[LaunchRecord] = field(init=False)
    aftermath: Aftermath = field(init=False)

    def __post_init__(self) -> None:
        overview = self.store.overview()
        self.launches, self.aftermath = overview.launches, Aftermath.of(overview)

    def files(self) -> Iterator[tuple[str, str]]:
        """Each file's path and text."""
        from mscode.views.history.export_readme import readme
        from mscode.views.history.history_csv import PEOPLE, launches_csv, table_csv

        by_number = {record.n: record for record in self.launches}
        rows: list[LaunchJson] = []
        recordings: list[dict[str, Any]] = []
        lines: list[str] = []
        for entry in self.store.entries():
            record = by_number.get(entry.n)
            if record is None:
                lines.append(json.dumps(self._other(entry)))
                continue
            shown = record_json(entry, record, self.aftermath, self.mask)
            lines.append(json.dumps(shown))
            rows.append(launch_json(record, self.aftermath))
            recordings += _recordings(shown)
            yield from _texts(shown)
            yield f"launches/{_safe(record.id)}.csv", table_csv(PEOPLE, self._people(record))
        yield "records.jsonl", "".join(f"{line}\n" for line in lines)
        yield "launches.csv", launches_csv(rows)
        yield "recordings.csv", table_csv(("launch", "address", "role", "sha256"), recordings)
        yield "README.md", readme(self.environment.project.project, self.environment.name, __version__, len(rows))

    def _other(self, entry: ChainEntry) -> Mapping[str, Any]:
        """A record that is no launch, or was erased; of a result the totals, since its people stand with its launch."""
        from mscode.state.records.shape import Beginning, Decision, Result

        if isinstance(entry.content, Decision):
            return decision_json(entry, entry.content, self.environment.name, self.mask)
        if isinstance(entry.content, Result | Beginning):
            return other_record_json(entry, entry.content, self.environment.name)
        return erased_json(entry, self.environment.name)

    def _people(self, record: LaunchRecord) -> Iterator[dict[str, Any]]:
        """A row for each person: the keyed hash, and what came of it."""
        unknown = {"dials": None, "lastCallAt": None, "seconds": None, "reply": None}
        for person in self.store.people(record, self.aftermath.results.get(record.n)):
            calls = unknown if person.result is None else person_calls_json(person.result)
            yield {"person": person.hash or "erased", **calls}


def _recordings(shown: RecordJson) -> Iterator[dict[str, Any]]:
    for words in shown["words"]:
        if words["recording"]:
            yield {"launch": shown["id"], "address": shown["address"], "role": words["role"], "sha256": words["sha256"]}


def _texts(shown: RecordJson) -> Iterator[tuple[str, str]]:
    """The words of a launch, a file for each part."""
    for at, words in enumerate(shown["words"], 1):
        if words["text"] is not None:
            text = "\n".join(map(escape_unprintable, words["text"].split("\n")))
            yield f"texts/{_safe(shown['id'])}/{at:02}-{_safe(words['role'])}.txt", f"{text}\n"


def _safe(name: str) -> str:
    return _NO_NAME.sub("_", name)[:80] or "_"


def _write(out: Path, files: Iterable[tuple[str, str]]) -> int:
    """Make the folder and its files, which their owner alone may read, and give their number; nothing is overwritten, and no link
    is followed."""
    _refuse_filled(out)
    made: set[Path] = set()
    number = 0
    for name, text in files:
        for folder in sorted({*Path(name).parents} - made):
            with open_folder(out / folder / "file", make=True) as descriptor:
                os.chmod(".", 0o700, dir_fd=descriptor)
            made.add(folder)
        write_private_file(out / name, text)
        number += 1
    return number


def _refuse_filled(out: Path) -> None:
    try:
        is_filled = any(os.scandir(out))
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(out, error) from None
    if is_filled:
        raise ConfigError(
            f"{out} is not empty",
            detail="The records are written into a folder of their own. Nothing was written.",
            hint="Name a new folder.",
            code="exists",
        )
