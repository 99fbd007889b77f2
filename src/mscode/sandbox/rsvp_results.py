"""Receivers and results of an RSVP call. Their paths are guesses.

See docs/service-notes.md#receivers-and-results-of-an-rsvp-call.
"""

from typing import Any

from mscode.sandbox import receivers
from mscode.sandbox.campaign import RSVP
from mscode.sandbox.dialler import load, settle
from mscode.sandbox.errors import conflict
from mscode.sandbox.operation import Body, Call, Operation, Reply, created, ok
from mscode.sandbox.receivers import Dialled
from mscode.sandbox.store import Doc
from mscode.sandbox.times import stamp

# Groups are expanded to their people; one who was dialled and has left the group since stays in the results.
_RESULTS = """
SELECT people.accountId, p.answered, p.reply, p.duration, p.latestAt, a.phone, p.attempts FROM (
    SELECT id AS receiver, accountId FROM receivers WHERE kind = ?1 AND owner = ?2 AND accountId IS NOT NULL
    UNION SELECT r.id, m.accountId FROM receivers r JOIN members m ON m.groupId = r.groupId
        WHERE r.kind = ?1 AND r.owner = ?2 AND r.accountId IS NULL
    UNION SELECT p.receiver, p.accountId FROM progress p JOIN receivers r ON r.id = p.receiver
        WHERE r.kind = ?1 AND r.owner = ?2
) people LEFT JOIN progress p ON p.receiver = people.receiver AND p.accountId = people.accountId
LEFT JOIN accounts a ON a.id = people.accountId
ORDER BY people.receiver, people.accountId
"""


def add_receivers(call: Call) -> Reply:
    """Append; the answer is a bare array of the new ones, spelled ``totalDialledCalls`` (docs/service-notes.md#spellings), or an
    object that holds it (switch ``op40_body``).
    """
    campaign = load(call.store, RSVP, call.found(RSVP))
    targets = receivers.resolve(call, call.body, "phone", strict=True)
    if campaign.state == "complete":
        raise conflict("the RSVP call is complete", "receivers")
    new = set(receivers.add(call.store, RSVP, campaign.id, targets, call.now))
    campaign.doc["updated"] = call.now
    campaign.due = call.now + 1
    settle(call.store, campaign, call.now)
    rows = receivers.by_owner(call.store, RSVP, campaign.id).get(campaign.id, [])
    added = [row for row in rows if row.id in new]
    shown = [receivers.dial_receiver(call.profile, row, Dialled(), "rsvpReply", "totalDialledCalls") for row in added]
    times = {"updatedAt": stamp(call.now, call.zone), "createdAt": stamp(campaign.doc["created"], call.zone)}
    answer = shown if call.profile.op40_body == "array" else {"receivers": shown, **times}
    return created(answer, f"/rsvp_calls/{campaign.id}")


def read_stats(call: Call) -> Reply:
    stats = load(call.store, RSVP, call.found(RSVP)).stats
    return ok(
        {
            "totalDialedCalls": stats["dialed"],
            "answeredCalls": stats["answered"],
            "totalDuration": stats["duration"],
            "acceptsReceived": stats["accepts"],
        }
    )


def list_results(call: Call) -> Reply:
    """The five members of the example, and under ``op42_full`` the two that the table alone has."""
    rows = call.store.rows(_RESULTS, RSVP, call.found(RSVP))
    if not call.profile.op42_full:
        return ok([_result(call, *row) for *row, _, _ in rows])
    return ok(
        [{**_result(call, *row), "phoneNumber": phone or "", "dialedCalls": dials or 0} for *row, phone, dials in rows]
    )


def _result(call: Call, account_id: int, answered: Any, reply: str | None, duration: Any, latest_at: int | None) -> Doc:
    """Spelled with ``noReply`` among the replies (docs/service-notes.md#spellings)."""
    return {
        "accountId": str(account_id),
        "answered": answered or 0,
        "rsvpReply": "noReply" if reply in (None, "noAnswer") else reply,
        "callDuration": duration or 0,
        "latestCallAt": "" if latest_at is None else stamp(latest_at, call.zone),
    }


OPERATIONS = (
    Operation(40, "POST", "/rsvp_calls/{rsvpCallId}/receivers", add_receivers, Body.JSON),
    Operation(41, "GET", "/rsvp_calls/{rsvpCallId}/stats", read_stats),
    Operation(42, "GET", "/rsvp_calls/{rsvpCallId}/receivers", list_results),
)
