"""The file of a saved plan: a plan's JSON, and in its member `saved` what an apply needs to verify that nothing has changed.

It holds no secret and no phone number: whatever could be guessed is there as a hash under a key that is in no file of the
project (`workspace.digest_key`). `mac` covers the whole file, so an edited one is noticed before anything is sent.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from mscode.app.json_file import read_json_file
from mscode.errors import Diagnostic, MscodeError, StalePlan
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import DOTS
from mscode.plan.fingerprint import keyed
from mscode.views.plan.saved_shape import Saved

MAX_BYTES = 256 * 1024 * 1024
ANEW = "Make a new plan: mscode plan --out FILE"
Json = dict[str, Any]
#: What `privacy` leaves of a number, and of any other personal text.
_MASKED = re.compile(rf"(?:\+?[0-9]{{1,6}}|\w)?{DOTS}[0-9]{{0,4}}")


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A file that was read: the plan's JSON with `saved` in it, and that part understood."""

    path: Path
    data: Json = field(repr=False)
    saved: Saved = field(repr=False)

    def text(self, name: str) -> str:
        """A member of the plan's JSON that is text; "" where it is not."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""


def write(path: Path, data: Json, saved: Saved, key: str) -> None:
    """Write the file as a whole, or not at all; MscodeError where it cannot be written."""
    document = {**data, "saved": saved.model_dump()}
    document["saved"]["mac"] = _mac(document, key)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise MscodeError(f"{path} cannot be written: {error.strerror}", code="unwritable") from None


def without_people(data: Any) -> Any:
    """JSON data in which nothing is left of what was masked: `+35840•••4567` and `A•••` are `•••` here.

    A file outlives a terminal's window and is passed on, so it shows less.
    """
    if isinstance(data, dict):
        return {without_people(key): without_people(value) for key, value in data.items()}
    if isinstance(data, list):
        return [without_people(value) for value in data]
    return _MASKED.sub(DOTS, data) if isinstance(data, str) and DOTS in data else data


def read_json(path: Path) -> Json:
    """The JSON object of a file; MscodeError where it cannot be read or is none."""
    data = read_json_file(path, MAX_BYTES)
    if not isinstance(data, dict):
        raise MscodeError(f"{path} is not a plan of mscode", hint=ANEW, code="no-plan")
    return data


def read(path: Path) -> PlanFile:
    """Read a saved plan. StalePlan for any other file: whatever it was, it cannot be applied."""
    try:
        data = read_json(path)
    except MscodeError as error:
        raise StalePlan(error.diagnostics) from None
    try:
        return PlanFile(path, data, Saved.model_validate(data.get("saved")))
    except ValidationError:
        _refuse(path, "is not a saved plan of this version", "It was made by another version, cut short or edited.")


def check_mac(file: PlanFile, key: str) -> None:
    """StalePlan unless the file is as it was written, by somebody who had the key."""
    if file.saved.key_id != key_id(key):
        source = {"state": "state", "token": "token"}[file.saved.key_from]
        _refuse(file.path, f"was made with another {source}", f"What it hides can only be read with the same {source}.")
    mac = file.data["saved"].get("mac")
    if not isinstance(mac, str) or not hmac.compare_digest(mac.encode(), _mac(file.data, key).encode()):
        _refuse(file.path, "was edited after it was made", "Nothing was sent.")


def key_id(key: str) -> str:
    """A name of the key by which it is told from another; nothing of the key can be derived from it."""
    return keyed(key, "key", "")[:16]


def _mac(document: Json, key: str) -> str:
    """The hash of the whole document except the member that holds it."""
    saved = {name: value for name, value in document["saved"].items() if name != "mac"}
    return keyed(key, "file", {**document, "saved": saved})


def _refuse(path: Path, reason: str, detail: str) -> NoReturn:
    raise StalePlan([Diagnostic(f"{path} {reason}", detail=detail, hint=ANEW, code="stale-plan")])


def seal(key: str, id: str, data: Any) -> str:
    """Encrypt JSON data with the key: it is combined with a key stream of HMACs, and the file's `mac` protects it from edits.

    `id` is that of the plan, which makes its stream unique: two texts under one stream would disclose each other. "" for
    empty data.
    """
    plain = json.dumps(data).encode() if data else b""
    return base64.b64encode(_streamed(key, id, plain)).decode()


def unseal(key: str, id: str, sealed: str) -> Any:
    """The data that `seal` encrypted, None where it was empty. Call it after `check_mac`, which proves that it is unchanged."""
    plain = _streamed(key, id, base64.b64decode(sealed))
    return json.loads(plain) if plain else None


def _streamed(key: str, id: str, text: bytes) -> bytes:
    blocks = (bytes.fromhex(keyed(key, f"{id}stream", at)) for at in range(len(text) // 32 + 1))
    return bytes(a ^ b for a, b in zip(text, b"".join(blocks), strict=False))
