"""`mscode state push`: one document in the place of another, by Terraform's rules: same lineage, and not older."""

from __future__ import annotations

from mscode.errors import StateError
from mscode.state.backend import Storage
from mscode.state.document import StateDocument, read_document, to_json

#: The code of the error for an empty backend whose state is kept elsewhere, which is what a push is for.
_EMPTY = ("state-elsewhere",)


def read_pushed(content: bytes, where: str, *, force: bool) -> StateDocument:
    """The document to be pushed; StateError where it is none, or of an unknown version. `force`: also one that was copied without
    its journal, as it is.
    """
    document = read_document(content, where, is_part=force)
    document.journal = ""
    return document


def is_replacement(storage: Storage, document: StateDocument, *, force: bool) -> bool:
    """May `document` go into the backend, whose lock is held? False where it is there already; StateError where it may not. Its
    serial is raised, so that it grows. `force`: over any document, also one that cannot be read.
    """
    current: StateDocument | None = None
    try:
        current = storage.read()
    except StateError as error:
        if not force and error.diagnostics[0].code not in _EMPTY:
            raise
    if current is not None:
        if storage.is_whole and to_json(current) == to_json(document):
            return False
        if not force and to_json(current) != to_json(document):
            _refuse_older(current, document)
        document.serial = max(document.serial, current.serial + 1)
    document.saved_plan = ""  # no plan has made what a person pushes
    return True


def _refuse_older(current: StateDocument, document: StateDocument) -> None:
    hint = "If it is meant, and nothing newer is lost: --force. `mscode state pull` keeps a copy of what is there."
    if document.lineage != current.lineage:
        raise StateError(
            "This is another state: its lineage differs",
            detail=f"It has the lineage {document.lineage}, the one that is there {current.lineage}.",
            hint=hint,
            code="push-lineage",
        )
    if document.serial <= current.serial:
        raise StateError(
            f"The state that is there is as new or newer: it has serial {current.serial}, this one {document.serial}",
            hint=hint,
            code="push-serial",
        )
