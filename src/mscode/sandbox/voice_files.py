"""Voice files, text to speech and upload (docs/service-notes.md#voice-files)."""

import io
import wave

from mscode.sandbox.errors import invalid, missing
from mscode.sandbox.operation import NO_CONTENT, Body, Call, Operation, Reply, Upload, created, ok
from mscode.sandbox.store import Doc
from mscode.sandbox.times import restamp, stamp
from mscode.sandbox.voice_status import FAILED, PENDING, READY, status_of

KIND = "voiceFile"
LONGEST_TEXT = 80  # words, split at white space
_VOICES = {
    "en": "English",
    "en-female": "English, female",
    "en-male": "English, male",
    "fi": "Finnish",
    "fi-female": "Finnish, female",
    "fi-male": "Finnish, male",
}
_WORDS_A_SECOND = 2.5
_BYTES_A_SECOND = 4_000  # for what is no WAV: a voice at 32 kbit/s
_CODES_MADE_AT = "2017-01-01 00:00:00"


def list_voice_files(call: Call) -> Reply:
    return ok([_rendered(call, file_id, document) for file_id, document in call.store.all(KIND)])


def read_voice_file(call: Call) -> Reply:
    file_id = call.found(KIND)
    return ok(_rendered(call, file_id, call.store.get(KIND, file_id) or {}))


def list_voice_codes(call: Call) -> Reply:
    made_at = restamp(_CODES_MADE_AT, call.zone)
    times = {"updatedAt": made_at, "createdAt": made_at}
    codes = call.profile.voice_codes
    return ok([{"voiceCode": code, "description": _VOICES.get(code, code), **times} for code in codes])


def create_speech(call: Call) -> Reply:
    fields = call.fields()
    name, text, code = (fields.required_word(field) for field in ("name", "text", "voiceCode"))
    words = len(text.split())
    if words > LONGEST_TEXT:
        raise invalid(f"the text has {words} words, the maximum is {LONGEST_TEXT}", "text")
    if code not in call.profile.voice_codes:
        raise invalid("no such voice code", "voiceCode")
    document = _document(call, name, text=text, voiceCode=code, duration=max(1, round(words / _WORDS_A_SECOND)))
    file_id = call.store.add(KIND, document)
    return created(_rendered(call, file_id, document), f"/voice_files/{file_id}")


def upload_voice_files(call: Call) -> Reply:
    """One voice file per part named ``files``; ``Location`` can name only the first (docs/service-notes.md#voice-files)."""
    if not call.uploads:
        raise missing("files")
    files = [_store_upload(call, upload) for upload in call.uploads]
    bare = files[0] if len(files) == 1 else files
    return created(bare if call.profile.upload_bare else {"files": files}, f"/voice_files/{files[0]['voiceFileId']}")


def update_voice_file(call: Call) -> Reply:
    """Name and description, both required; nothing else of a voice file can change."""
    file_id = call.found(KIND)
    document = call.store.get(KIND, file_id) or {}
    fields = call.fields()
    document["name"], document["description"] = fields.required_word("name"), fields.required_text("description")
    document["updated"] = call.now
    call.store.save(KIND, file_id, document)
    return ok(_rendered(call, file_id, document))


def delete_voice_file(call: Call) -> Reply:
    call.store.remove(KIND, call.found(KIND))
    return NO_CONTENT


def _store_upload(call: Call, upload: Upload) -> Doc:
    document = _document(call, upload.name, duration=_duration(upload.content), size=len(upload.content))
    file_id = call.store.add(KIND, document)
    shown = _rendered(call, file_id, document)
    names = ("url", "mp3Url", "wavUrl")
    return {
        **{name: shown[name] for name in ("voiceFileId", "name", "description", "duration")},
        "fileName": upload.name,
        **{name: shown[name] for name in names},
        "size": str(len(upload.content)),
        **{name: shown[name] for name in ("status", "updatedAt", "createdAt")},
    }


def _document(call: Call, name: str, **more: object) -> Doc:
    times = {"updated": call.now, "created": call.now}
    return {"name": name, "description": "", "text": "", "voiceCode": "", **more, **times}


def _duration(content: bytes) -> int:
    """Whole seconds."""
    try:
        with wave.open(io.BytesIO(content)) as sound:
            return int(sound.getnframes() / sound.getframerate() + 0.5)
    except (wave.Error, EOFError, ZeroDivisionError):
        return len(content) // _BYTES_A_SECOND


def _rendered(call: Call, file_id: int, document: Doc) -> Doc:
    status = status_of(document, call.now)
    url = f"{call.host}/files/{file_id}"
    return {
        "voiceFileId": str(file_id),
        "name": document["name"],
        "description": document["description"],
        "url": "" if document["text"] and status != READY else url,
        "mp3Url": f"{url}.mp3" if status == READY else "",
        "wavUrl": f"{url}.wav" if status == READY else "",
        "duration": 0 if status in (PENDING, FAILED) else document["duration"],
        "status": status,
        "text": document["text"],
        "voiceCode": document["voiceCode"],
        "updatedAt": stamp(document["updated"], call.zone),
        "createdAt": stamp(document["created"], call.zone),
    }


OPERATIONS = (
    Operation(54, "GET", "/voice_files", list_voice_files),
    Operation(55, "GET", "/voice_files/{voiceFileId}", read_voice_file),
    Operation(56, "GET", "/voice_files/text_to_speech/voice_codes", list_voice_codes),
    Operation(57, "POST", "/voice_files/text_to_speech", create_speech, Body.JSON),
    Operation(58, "POST", "/voice_files", upload_voice_files, Body.FILES),
    Operation(59, "PUT", "/voice_files/{voiceFileId}", update_voice_file, Body.JSON),
    Operation(60, "DELETE", "/voice_files/{voiceFileId}", delete_voice_file),
)
