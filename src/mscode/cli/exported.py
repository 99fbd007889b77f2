"""What an export leaves behind: new files, all of them or none, and words on what is in them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import private_folder, sandbox_database
from mscode.app.invocation import Invocation
from mscode.errors import ConfigError, Diagnostic

if TYPE_CHECKING:
    from mscode.manifest.export.account import Export
    from mscode.manifest.export.selection import LeftOut

_WHY = {
    "people": "personal data; --people writes them",
    "history": "history: finished, sent or expired; --only with the exact address writes one",
    "managed": "managed already",
    "failed": "the service failed to make them",
}


def write_new(folder: Path, files: Mapping[str, str]) -> None:
    """Write files that are not there yet; ConfigError, and nothing written, where one is."""
    existing = [name for name in files if os.path.lexists(folder / name)]
    if existing:
        hint = "Nothing was written. Choose another folder, or move the file away."
        raise ConfigError(
            [Diagnostic(f"{folder / name} exists already", hint=hint, code="exists") for name in existing]
        )
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise ConfigError(
            f"{error.filename or folder} cannot be written: {error.strerror}", code="unwritable"
        ) from None


def copy_sandbox(source: Path, out: Path) -> None:
    """The embedded emulator belongs to its project's folder; a new project gets a copy of the account that was read."""
    target = sandbox_database(out)
    if target.exists():
        return
    try:
        private_folder(target.parent)
        with closing(sqlite3.connect(sandbox_database(source))) as before, closing(sqlite3.connect(target)) as after:
            before.backup(after)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{target} cannot be written: {reason}", code="unwritable") from None


def tell(inv: Invocation, out: Path, done: Export, files: Iterable[str], *, as_json: bool) -> None:
    """The files on stdout, what they hold and what was left out on stderr."""
    if as_json:
        inv.out.document(json.dumps(report(out, done, files), indent=2))
    else:
        for name in sorted(files):
            inv.out.result(str(out / name))
    if not done.objects:
        inv.out.talk("Nothing to export.")
    else:
        inv.out.talk(f"Exported {_counted(Counter(address.section for address in done.objects))}.")
    if done.came_along:
        inv.out.talk(f"Came along, for what was selected names them: {', '.join(map(str, done.came_along))}.")
    for line in _left_out(done.left_out):
        inv.out.talk(line, "yellow")
    for blank in done.blanks:
        inv.out.talk(
            f"Warning: {out / blank.file}: {blank.field} of {blank.address} holds a secret and is left out; its changes are "
            "ignored. Keep the secret in a variable with `secret: true`, and write the field with ${var.NAME}.",
            "yellow",
        )
    if done.objects:
        inv.out.talk(
            f"Next: `mscode plan {out}` shows them as imports, `mscode apply {out}` takes them under management."
        )


def report(out: Path, done: Export, files: Iterable[str]) -> dict[str, object]:
    """The same for programs."""
    return {
        "out": str(out),
        "files": sorted(files),
        "objects": [{"address": str(address), "id": one} for address, one in done.objects.items()],
        "came_along": [str(address) for address in done.came_along],
        "left_out_fields": [{"file": one.file, "address": str(one.address), "field": one.field} for one in done.blanks],
        "left_out": [
            {"section": one.section, "id": one.id, "why": _WHY.get(one.why) or _shown(one.why)} for one in done.left_out
        ],
    }


def _counted(counts: Mapping[str, int]) -> str:
    from mscode.views.text.words import count, section_noun

    return ", ".join(count(number, section_noun(section)) for section, number in counts.items())


def _left_out(found: Iterable[LeftOut]) -> Iterable[str]:
    """One line per common reason with counts, one per object that no manifest can describe."""
    listed = list(found)
    for why, words in _WHY.items():
        counts = Counter(one.section for one in listed if one.why == why)
        if counts:
            yield f"Left out {_counted(counts)} ({words})."
    for one in listed:
        if one.why not in _WHY:
            yield f"Left out {one.section} id {one.id}: {_shown(one.why)}."


def _shown(why: str) -> str:
    """A reason may quote what is live."""
    from mscode.model.privacy import mask_numbers
    from mscode.views.text.printable import visible

    return visible(mask_numbers(why), limit=300)
