"""`voiceFiles`: what people hear: spoken text, or an uploaded recording.

See docs/service-notes.md#voice-files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import model_validator

from mscode.kinds.fields.spec import Spec
from mscode.kinds.fields.types import LongText, Text, UploadFile, described
from mscode.model import service_json
from mscode.model.kind import EnumeratedField, Field, Kind, Post, Readiness, TextPart, Upload
from mscode.model.values import FileContent
from mscode.model.world import Fields

#: "Maximum length is 80 words"; the counting rule is not stated, so there is room for another way of counting
#: (docs/service-notes.md#voice-files).
WORDS, WORDS_AT_MOST = 80, 90


class VoiceFileSpec(Spec):
    """Something to be played: `text` and `voiceCode`, or `file`."""

    name: Text | None = described("Name in the live account. Default: the key.")
    description: Text | None = described("Description. Default: empty.")
    text: LongText | None = described("Text to be spoken, at most 80 words; or {file: path} of a text file.")
    voiceCode: Text | None = described("Language and gender of the voice, like en or fi.")
    file: UploadFile | None = described("An audio file to upload, relative to this manifest and inside the project.")

    @model_validator(mode="after")
    def _one_source(self) -> VoiceFileSpec:
        spoken = [name for name in ("text", "voiceCode") if getattr(self, name)]
        if self.file and spoken:
            raise ValueError(f"has both `file` and `{spoken[0]}`; it is either an upload or spoken text")
        if not self.file and len(spoken) < 2:
            missing = [name for name in ("text", "voiceCode") if name not in spoken]
            raise ValueError(f"needs `{'` and `'.join(missing)}` (or `file` for an upload)")
        words = len((self.text or "").split())
        if words > WORDS_AT_MOST:
            raise ValueError(f"`text` has {words} words; the service takes at most {WORDS}")
        return self


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    return {name: service_json.pick(raw, name) or "" for name in ("name", "description", "text", "voiceCode")}


def _encode(fields: Fields) -> dict[str, Any]:
    return {"name": fields["name"], "description": fields.get("description") or ""}


def _create(fields: Fields) -> Post | Upload:
    file = fields.get("file")
    if isinstance(file, FileContent):
        return Upload(file, "voiceFilesUpload")
    return Post(
        "voiceFilesTextToSpeech", {"name": fields["name"], "text": fields["text"], "voiceCode": fields["voiceCode"]}
    )


def _texts(fields: Fields) -> Sequence[TextPart]:
    file = fields.get("file")
    if isinstance(file, FileContent):
        return [TextPart("file", heard=True, recording=file)]
    return [TextPart("text", str(fields.get("text") or ""), heard=True)]


def _file_normal(value: Any) -> str:
    return value.sha256 if isinstance(value, FileContent) else str(value or "")


VOICE_FILES = Kind(
    section="voiceFiles",
    singular="voice file",
    spec=VoiceFileSpec,
    id_field="voiceFileId",
    collection="voiceFiles",
    paths={
        "voiceFiles": "/voice_files",
        "voiceFilesTextToSpeech": "/voice_files/text_to_speech",
        "voiceFilesUpload": "/voice_files",
        "voiceCodes": "/voice_files/text_to_speech/voice_codes",
    },
    fields=(
        Field("name"),
        Field("description", creatable=False, multiline=True),
        Field("text", mutable=False, multiline=True),
        Field("voiceCode", mutable=False),
        Field("file", mutable=False, normalize=_file_normal, write_only=True),
    ),
    encode=_encode,
    decode=_decode,
    identities=lambda fields: [fields["name"]] if fields.get("name") else [],
    create=_create,
    order=3,
    enumerated_fields=(EnumeratedField("voiceCode", "voiceCodes", "voiceCode", "voice codes", "mscode voices"),),
    role="voice",
    texts=_texts,
    readiness=Readiness("status", "ready", "failed"),
    name_defaults_to_key=True,
    doc="What people hear: spoken text or a recording.",
    example="""\
voiceFiles:
  greeting:
    name: Greeting
    text: Hello! This is the blood service.
    voiceCode: en
""",
)
