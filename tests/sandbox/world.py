"""A sandbox in memory with its clock set, and a client that sends what the API's page asks for."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from mscode.sandbox.app import create_app

Json = Any
MORNING = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)  # a Tuesday
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


class World:
    """``base`` is the API's; the token goes along unless a request brings a header of its own for it."""

    def __init__(self, db: str | Path = ":memory:", now: datetime | None = MORNING, **options: Any) -> None:
        self.app = create_app(db, clock=now, **options)
        self.token: str = self.app.state.token or ""
        self.runner = asyncio.Runner()
        self.base = "http://sandbox.local/v1"

    def close(self) -> None:
        self.app.state.store.close()
        self.runner.close()

    def send(
        self, method: str, path: str, body: Json = ..., headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """``path`` below the API's base, or a whole URL."""
        url = path if path.startswith("http") else self.base + path
        sent = {**HEADERS, "X-Access-Token": self.token, **(headers or {})}
        sent = {name: value for name, value in sent.items() if value != "-"}
        if body is not ...:
            more["json"] = body
        return self.runner.run(self._send(method, url, sent, more))

    async def _send(self, method: str, url: str, headers: dict[str, str], more: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
            request = client.build_request(method, url, headers=headers, **more)
            for name in ("accept", "content-type"):  # httpx adds them of its own accord
                if name not in {known.lower() for known in headers} and "files" not in more:
                    request.headers.pop(name, None)
            return await client.send(request)

    def get(self, path: str) -> Json:
        return self.good(self.send("GET", path), 200).json()

    def post(self, path: str, body: Json) -> Json:
        return self.good(self.send("POST", path, body), 201).json()

    def put(self, path: str, body: Json) -> Json:
        return self.good(self.send("PUT", path, body), 200, 201).json()

    def delete(self, path: str) -> None:
        assert self.good(self.send("DELETE", path), 204).content == b""

    def refused(self, method: str, path: str, body: Json = ..., status: int = 400) -> str | None:
        """The field that the refusal names."""
        error = self.good(self.send(method, path, body), status).json()["error"]
        assert set(error) == {"code", "message", "field"}
        field: str | None = error["field"]
        return field

    @staticmethod
    def good(response: httpx.Response, *statuses: int) -> httpx.Response:
        assert response.status_code in statuses, f"{response.status_code} {response.text}"
        return response

    # The control plane

    def control(self, method: str, path: str, body: Json = ...) -> Json:
        return self.good(self.send(method, f"http://sandbox.local/__sandbox{path}", body), 200).json()

    def at(self, time: str) -> None:
        self.control("POST", "/clock", {"time": time})

    def advance(self, step: str) -> None:
        self.control("POST", "/clock", {"advance": step})

    def rings(self) -> list[Json]:
        found: list[Json] = self.control("GET", "/rings")
        return found

    # Objects

    def account(self, phone: str = "+358401234567", **fields: Json) -> str:
        return str(self.post("/accounts", {"phone": phone, **fields})["accountId"])

    def people(self, count: int) -> list[str]:
        """So many new accounts, each with a phone; their ids."""
        self.control("POST", "/seed", [{"phone": f"+35840555{number:04d}"} for number in range(count)])
        return [str(account["accountId"]) for account in self.get("/accounts")[-count:]]

    def group(self, *members: str, name: str = "Crew") -> str:
        group_id = str(self.post("/groups", {"name": name, "description": ""})["groupId"])
        self.post(f"/groups/{group_id}/accounts", [{"accountId": member} for member in members])
        return group_id

    def voice_file(self, **fields: Json) -> str:
        """Ready: the clock moves three seconds."""
        made = self.post(
            "/voice_files/text_to_speech", {"name": "Greeting", "text": "Hello", "voiceCode": "en", **fields}
        )
        self.advance("+3s")
        return str(made["voiceFileId"])

    def rsvp(self, **changes: Json) -> Json:
        return self.post("/rsvp_calls", self.rsvp_body(**changes))

    def rsvp_body(self, **changes: Json) -> Json:
        body = {
            "endTime": "2026-12-04 17:00:00",
            "activeFrom": "09:00:00",
            "activeTo": "17:00:00",
            "activeWeekdays": weekdays(),
            "voiceFiles": [{"type": "start", "voiceFileId": "1"}],
            "actionButtons": [{"button": "5", "action": "accept"}, {"button": "9", "action": "decline"}],
            "receivers": [{"phone": "+358405550199"}],
            "acceptsWanted": 1000,
            **changes,
        }
        return {name: value for name, value in body.items() if value is not ...}

    def click(self, **changes: Json) -> Json:
        return self.post("/click_to_calls", self.click_body(**changes))

    def click_body(self, **changes: Json) -> Json:
        body = {
            "activeFrom": "09:00:00",
            "activeTo": "17:00:00",
            "activeWeekdays": weekdays(),
            "voiceFileId": 1,
            "actionButtons": [{"button": "5", "action": "accept"}],
            "receivers": [{"phone": "+358405550199"}],
            **changes,
        }
        return {name: value for name, value in body.items() if value is not ...}


def weekdays(*active: str) -> list[dict[str, str]]:
    """All seven; without a name all are active."""
    return [{"weekday": day, "active": "1" if day in (active or WEEKDAYS) else "0"} for day in WEEKDAYS]
