"""An RSVP call or click-to-call as the dialler sees it: its document, typed, and the state it is in.

See docs/service-notes.md#states-of-an-rsvp-call and docs/service-notes.md#click-to-calls.
"""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from mscode.sandbox.forms import shown
from mscode.sandbox.profile import Profile
from mscode.sandbox.store import Doc, Store, to_json
from mscode.sandbox.times import stamp, webhook_stamp
from mscode.sandbox.window import Window

RSVP = "rsvpCall"
CLICK = "clickToCall"
STATS = {"dialed": 0, "answered": 0, "duration": 0, "accepts": 0, "declines": 0, "noReplies": 0}


@dataclass(slots=False)
class Campaign:
    """``due`` is the epoch second from which the dialler has something to do, None when nothing ever again."""

    kind: str
    id: int
    doc: Doc
    due: int | None = None

    @property
    def state(self) -> str:
        return str(self.doc["state"])

    @property
    def start(self) -> int:
        return int(self.doc["start"])

    @property
    def end(self) -> int:
        return int(self.doc["end"])

    @property
    def stats(self) -> dict[str, int]:
        stats: dict[str, int] = self.doc["stats"]
        return stats

    @property
    def satisfied(self) -> bool:
        return self.stats["accepts"] >= int(self.doc["acceptsWanted"])

    @property
    def attempts_allowed(self) -> int:
        """The first dial and its redials."""
        return 1 + int(self.doc["maxRedials"])

    def window(self, zone: tzinfo) -> Window:
        """Its hours on the clocks of a zone."""
        return Window.of(self.doc["activeFrom"], self.doc["activeTo"], self.doc["weekdays"], zone)

    def enter(self, state: str, at: int, store: Store) -> None:
        """Change the state, and note the webhook that would tell of it."""
        if state == self.state:
            return
        self.doc["state"] = state
        self.doc["updated"] = at
        if self.doc.get("stateWebhookUrl"):
            self._note(store, self.doc["stateWebhookUrl"], self._state_body(store.profile, at), at)

    def _state_body(self, profile: Profile, at: int) -> Doc:
        """The state webhook as in its example: ``dialedCalls``, and no ``meta`` (docs/service-notes.md#webhooks)."""
        dials = "totalDialedCalls" if profile.webhook_dialed == "total" else "dialedCalls"
        return {
            "rsvpCallId": str(self.id),
            "state": self.state,
            dials: self.stats["dialed"],
            "answeredCalls": self.stats["answered"],
            "totalDuration": self.stats["duration"],
            "acceptsReceived": self.stats["accepts"],
            **({"meta": self.doc["meta"]} if profile.state_meta else {}),
            "timestamp": _webhook_time(profile, at),
        }

    def note_receiver(self, store: Store, phone: str, account_id: int, reply: str, at: int) -> None:
        """The receiver webhook, after an answered call or the last redial. A click-to-call's names are a choice
        (docs/service-notes.md#webhooks).
        """
        form = "rsvp_names" if self.kind == RSVP else store.profile.c2c_webhook
        if not self.doc.get("receiverWebhookUrl") or form == "off":
            return
        id_name, reply_name = ("rsvpCallId", "rsvpReply") if form == "rsvp_names" else ("clickToCallId", "reply")
        body = {
            id_name: str(self.id),
            "phoneNumber": phone,
            "accountId": str(account_id),
            reply_name: "noReply" if reply == "noAnswer" else reply,
            "meta": self.doc["meta"],
            "timestamp": _webhook_time(store.profile, at),
        }
        self._note(store, self.doc["receiverWebhookUrl"], body, at)

    def _note(self, store: Store, url: str, body: dict[str, Any], at: int) -> None:
        sql = "INSERT INTO webhooks (at, kind, owner, url, body) VALUES (?, ?, ?, ?, ?)"
        noted = store.insert(sql, at, self.kind, self.id, url, to_json(shown(store.profile, body)))
        if store.switches.posts_webhooks:
            store.run("INSERT INTO unposted VALUES (?)", noted)

    def save(self, store: Store) -> None:
        store.save(self.kind, self.id, self.doc, self.due)


def _webhook_time(profile: Profile, at: int) -> str:
    zone = profile.time_zone
    return stamp(at, zone) if profile.webhook_time == "space" else webhook_stamp(at, zone)
