"""Operations 54-60 (docs/service-notes.md#voice-files)."""

import io
import wave

import pytest

from .world import World

FIELDS = ["voiceFileId", "name", "description", "url", "mp3Url", "wavUrl", "duration", "status", "text", "voiceCode",
          "updatedAt", "createdAt"]  # fmt: skip
SPEECH = {"name": "Greeting", "text": "one two three four five", "voiceCode": "en"}
UPLOADED = ["voiceFileId", "name", "description", "duration", "fileName", "url", "mp3Url", "wavUrl", "size", "status",
            "updatedAt", "createdAt"]  # fmt: skip


def upload(world: World, *contents: bytes) -> list[dict[str, object]]:
    files = [("files", (f"sound{number}.wav", content)) for number, content in enumerate(contents)]
    response = world.send("POST", "/voice_files", headers={"Content-Type": "-"}, files=files)
    assert response.status_code == 201
    assert response.headers["location"].endswith(f"/voice_files/{response.json()['files'][0]['voiceFileId']}")
    assert list(response.json()) == ["files"]
    found: list[dict[str, object]] = response.json()["files"]
    return found


def recording(seconds: int) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(100)
        sound.writeframes(bytes(100 * seconds))
    return target.getvalue()


def test_speech_is_pending_and_ready_two_seconds_later(world: World) -> None:
    response = world.send("POST", "/voice_files/text_to_speech", SPEECH)
    made = response.json()
    assert response.headers["location"] == "http://sandbox.local/v1/voice_files/1"
    assert list(made) == FIELDS
    assert (made["status"], made["duration"], made["url"], made["mp3Url"], made["wavUrl"]) == ("pending", 0, "", "", "")
    assert {name: made[name] for name in SPEECH} == SPEECH
    world.advance("+3s")
    ready = world.get("/voice_files/1")
    assert (ready["status"], ready["duration"]) == ("ready", 2)
    base = "http://sandbox.local/files/1"
    assert [ready["url"], ready["mp3Url"], ready["wavUrl"]] == [base, f"{base}.mp3", f"{base}.wav"]
    assert world.get("/voice_files") == [ready]


def test_a_text_that_cannot_be_spoken_fails(world: World) -> None:
    failed = world.get(f"/voice_files/{world.voice_file(text='Please FAILTTS now')}")
    assert (failed["status"], failed["duration"]) == ("failed", 0)


@pytest.mark.parametrize("field", ["name", "text", "voiceCode"])
@pytest.mark.parametrize("value", [None, 1, ""])
def test_name_text_and_code_are_required(world: World, field: str, value: object) -> None:
    assert world.refused("POST", "/voice_files/text_to_speech", {**SPEECH, field: value}) == field


def test_a_text_has_80_words_at_most(world: World) -> None:
    world.post("/voice_files/text_to_speech", {**SPEECH, "text": "word\u00a0" * 80})
    assert world.refused("POST", "/voice_files/text_to_speech", {**SPEECH, "text": "word\n" * 81}) == "text"


def test_only_listed_voice_codes_are_taken(world: World) -> None:
    codes = world.get("/voice_files/text_to_speech/voice_codes")
    assert {"en", "fi"} <= {code["voiceCode"] for code in codes}
    assert {tuple(code) for code in codes} == {("voiceCode", "description", "updatedAt", "createdAt")}
    for code in codes:
        world.post("/voice_files/text_to_speech", {**SPEECH, "voiceCode": code["voiceCode"]})
    assert world.refused("POST", "/voice_files/text_to_speech", {**SPEECH, "voiceCode": "xx"}) == "voiceCode"


def test_an_upload_answers_in_its_own_shape(world: World) -> None:
    content = recording(3)
    (made,) = upload(world, content)
    assert list(made) == UPLOADED
    assert (made["name"], made["fileName"], made["size"]) == ("sound0.wav", "sound0.wav", str(len(content)))
    assert (made["status"], made["duration"], made["url"]) == ("pending", 0, "http://sandbox.local/files/1")
    world.advance("+3s")
    ready = world.get("/voice_files/1")
    assert list(ready) == FIELDS
    assert (ready["status"], ready["duration"], ready["text"], ready["voiceCode"]) == ("ready", 3, "", "")


def test_several_files_may_go_up_at_once_whatever_they_hold(world: World) -> None:
    assert [made["size"] for made in upload(world, b"", b"\x00" * 8000)] == ["0", "8000"]
    world.advance("+3s")
    assert [made["duration"] for made in world.get("/voice_files")] == [0, 2]


def test_an_upload_is_multipart_with_a_part_named_files(world: World) -> None:
    assert world.send("POST", "/voice_files", {"files": "x"}).status_code == 415
    other = [("file", ("sound.wav", b"x"))]
    assert world.send("POST", "/voice_files", headers={"Content-Type": "-"}, files=other).status_code == 400
    broken = {"Content-Type": "multipart/form-data"}
    assert world.send("POST", "/voice_files", headers=broken, content=b"junk").status_code == 400
    assert world.get("/voice_files") == []


def test_an_upload_may_carry_its_token_as_a_field(world: World) -> None:
    headers = {"Content-Type": "-", "X-Access-Token": "-"}
    files = [("files", ("sound.wav", b"x"))]
    assert world.send("POST", "/voice_files", headers=headers, files=files).status_code == 401
    posted = {"access_token": world.token}
    assert world.send("POST", "/voice_files", headers=headers, files=files, data=posted).status_code == 201


def test_only_name_and_description_can_change(world: World) -> None:
    voice_file = world.voice_file()
    body = {"name": "New", "description": "Text", "text": "Other", "voiceCode": "fi"}
    changed = world.put(f"/voice_files/{voice_file}", body)
    assert (changed["name"], changed["description"]) == ("New", "Text")
    assert (changed["text"], changed["voiceCode"], changed["status"]) == ("Hello", "en", "ready")
    assert changed["updatedAt"] == "2026-12-01 07:00:03"
    for missing in ("name", "description"):
        assert world.refused("PUT", f"/voice_files/{voice_file}", {**body, missing: None}) == missing


def test_a_voice_file_in_use_can_be_deleted(stage: World) -> None:
    campaign = stage.rsvp()
    stage.delete("/voice_files/1")
    assert stage.get(f"/rsvp_calls/{campaign['rsvpCallId']}")["voiceFiles"] == campaign["voiceFiles"]
    assert stage.send("DELETE", "/voice_files/1").status_code == 404
