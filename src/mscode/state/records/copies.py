"""Copies of an environment's records, as `mscode state pull --records` makes and `mscode state push --records` takes them.

A copy has the documents of the local form (`local`), so the folder of records of a local state is one too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mscode.errors import StateError
from mscode.state.records.chain import ChainEntry, entry_of, lines_of
from mscode.state.records.local import LocalRecords
from mscode.state.records.memory import MemoryRecords
from mscode.state.records.shape import Beginning
from mscode.state.records.storage import (
    KEY,
    RecordStorage,
    lines_name,
    number_of,
    number_of_people,
    people_name,
    people_of,
    year_of,
)
from mscode.state.records.verify import verify

Documents = dict[str, bytes]


def read_copy(storage: RecordStorage) -> Documents:
    """All documents of the records, as they are at one moment; {} where there are none.

    Nothing is locked: lines are read before people, and people of records that came meanwhile are left out.
    """
    lines = {lines_name(year): storage.read(lines_name(year)) or b"" for year in storage.years()}
    documents = {name: content for name, content in lines.items() if content}
    last = max((entry.n for entry in entries_of(documents)), default=0)
    others = [name for name in storage.names() if name == KEY or 0 < number_of_people(name) <= last]
    documents |= {name: content for name, content in storage.read_many(others) if content is not None}
    return documents


def entries_of(documents: Mapping[str, bytes]) -> list[ChainEntry]:
    """The records of a copy in their order; StateError where one cannot be read."""
    years = sorted((year, content) for name, content in documents.items() if (year := year_of(name)) is not None)
    lines = ((line, year, number) for year, content in years for number, line in enumerate(lines_of(content), 1))
    return [entry_of(line, year, number) for line, year, number in lines]


def save_copy(documents: Mapping[str, bytes], folder: Path) -> None:
    """Write a copy into a folder, over an earlier copy of the same records. StateError where anything else is in it: nothing is
    written then.
    """
    copy = LocalRecords(folder)
    present = copy.names()
    key = copy.read(KEY)
    if present and (key is None or key != documents.get(KEY)):
        raise StateError(
            f"{folder} is not empty",
            detail="What is in it is no earlier copy of these records.",
            hint="Name a new folder.",
            code="not-empty",
        )
    copy.open_for_write()
    copy.replace({**_in_order(documents), **{name: None for name in present if name not in documents}})


def _in_order(documents: Mapping[str, bytes]) -> Documents:
    """The key, then people, then lines: a crash in between leaves no line without its people."""
    return dict(
        sorted(documents.items(), key=lambda item: (year_of(item[0]) is not None, people_of(item[0]) is not None))
    )


def check_copy(documents: Mapping[str, bytes], where: str, project: str, environment: str) -> None:
    """StateError where the records of a copy that is to be pushed are not whole, or another environment's."""
    entries = entries_of(documents)
    if not entries or KEY not in documents:
        raise StateError(
            f"{where} holds no records",
            hint="Name a folder that `mscode state pull --records` wrote, or .mscode/<environment>/records.",
            code="no-records",
        )
    beginning = entries[0].content
    if not isinstance(beginning, Beginning):
        raise StateError(
            f"{where} has no beginning: its first record is a {entries[0].line.type}", code="records-damaged"
        )
    if (beginning.project, beginning.environment) != (project, environment):
        raise StateError(
            f"{where} belongs to another environment: {beginning.environment} of the project {beginning.project}",
            code="other-records",
        )
    _refuse_damaged(documents, where, entries)


def _refuse_damaged(documents: Mapping[str, bytes], where: str, entries: Sequence[ChainEntry]) -> None:
    """StateError where the chain or its people are not as they were written."""
    copy = MemoryRecords()
    copy.documents = dict(documents)
    # A chain that began anew, since earlier records were lost, says so for ever: that is no damage.
    anew = {entry.place for entry in entries if isinstance(entry.content, Beginning) and entry.content.lost}
    problems = [problem for problem in verify(copy, None) if problem.place not in anew]
    if problems:
        first = problems[0]
        raise StateError(
            f"The records in {where} are damaged: {first.place}",
            detail=first.text
            if len(problems) == 1
            else f"{first.text} There are {len(problems) - 1} more such places.",
            hint="Push a copy that is whole.",
            code="records-damaged",
        )


def push_copy(storage: RecordStorage, documents: Mapping[str, bytes], *, force: bool) -> int:
    """Put a checked copy into the storage, under the state's lock; how many records it did not have.

    Records that are there already stay as they are, so what was erased in them stays erased; people whose document is missing come
    back. StateError where the storage has other or later records; `force` puts the copy in the place of whatever is there.
    """
    storage.open_for_write()
    if force:
        removed = {name: None for name in storage.names() if name not in documents}
        storage.replace({**_in_order(documents), **removed})
        return len(entries_of(documents))
    present = read_copy(storage)
    before, after = entries_of(present), entries_of(documents)
    if before:
        _refuse_others(storage.where, present, documents, before, after)
    merged = {KEY: documents[KEY]}
    gone = {people_name(entry.year, entry.n) for entry in before if entry.content is None}
    merged |= {name: content for name, content in documents.items() if people_of(name) and name not in gone} | {
        name: content for name, content in present.items() if people_of(name)
    }
    for name in (name for name in documents if year_of(name) is not None):
        later = [line for line in lines_of(documents[name]) if number_of(line) > len(before)]
        merged[name] = present.get(name, b"") + b"".join(later)
    storage.replace(_in_order({name: content for name, content in merged.items() if present.get(name) != content}))
    return len(after) - len(before)


def _refuse_others(
    where: str,
    present: Mapping[str, bytes],
    documents: Mapping[str, bytes],
    before: Sequence[ChainEntry],
    after: Sequence[ChainEntry],
) -> None:
    hint = "If it is meant, and nothing newer is lost: --force. `mscode state pull --records DIR` keeps a copy of what is there."
    digests = [entry.line.digest for entry in before], [entry.line.digest for entry in after]
    common = min(map(len, digests))
    if present.get(KEY) != documents[KEY] or digests[0][:common] != digests[1][:common]:
        raise StateError(f"There are other records in {where}", hint=hint, code="push-records")
    if len(before) > len(after):
        raise StateError(
            f"The records in {where} are newer: there are {len(before)}, these are {len(after)}",
            hint=hint,
            code="push-records",
        )
