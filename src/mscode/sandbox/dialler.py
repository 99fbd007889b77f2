"""The dialler: brings campaigns and messages up to now, at the start of each request.

Nothing runs in the background. Each object says from when on it has to be looked at (``due``), and a request that
finds one due plays everything that has happened since, dial by dial. The outcome must not depend on how often
anybody asks, so three things hold:

* dials lie on a fixed grid of slots (window.py), and what happens at a slot follows from the slots before it and
  from a hash of the seed (answers.py), never from the time of asking;
* every request that writes first plays up to now, so a slot sees the members and numbers of its own moment;
* a write that may bring an active campaign new people makes it due from the next second on, never earlier.
"""

from mscode.sandbox.answers import Outcome
from mscode.sandbox.campaign import CLICK, RSVP, Campaign
from mscode.sandbox.people import Person, Queue, people_of
from mscode.sandbox.store import Store
from mscode.sandbox.window import Window, calls_at

MESSAGES = ("call", "sms", "email")
_RING = "INSERT INTO rings (at, kind, owner, receiver, accountId, address, answered, reply) VALUES (?,?,?,?,?,?,?,?)"


def something_due(store: Store, now: int) -> bool:
    return store.row("SELECT 1 FROM documents WHERE due <= ?", now) is not None


def run_to(store: Store, now: int) -> None:
    """Play everything up to and with ``now``."""
    for kind, object_id in store.rows("SELECT kind, id FROM documents WHERE due <= ? ORDER BY kind, id", now):
        if kind in MESSAGES:
            _send(store, kind, object_id)
        else:
            settle(store, load(store, kind, object_id), now)


def load(store: Store, kind: str, object_id: int) -> Campaign:
    due = store.row("SELECT due FROM documents WHERE kind = ? AND id = ?", kind, object_id)[0]
    return Campaign(kind, object_id, store.get(kind, object_id) or {}, due)


def settle(store: Store, campaign: Campaign, now: int) -> None:
    """Bring one campaign up to ``now`` and save it."""
    if campaign.state == "waitingToActive" and campaign.start <= min(now, campaign.end - 1):
        campaign.enter("active", campaign.start, store)
        campaign.due = campaign.start
    if campaign.state == "active":
        _dial(store, campaign, now)
    if campaign.state != "complete" and campaign.end <= now:
        campaign.enter("complete", campaign.end, store)
    if campaign.state != "active":
        campaign.due = {"waitingToActive": min(campaign.start, campaign.end), "halt": campaign.end}.get(campaign.state)
    campaign.save(store)


def _dial(store: Store, campaign: Campaign, now: int) -> None:
    pace, window = store.profile.pace, campaign.window(store.window_zone)
    queue = Queue(people_of(store, campaign), store.profile.redial_minutes * 60)
    slot = _next(campaign, window, queue, campaign.due or campaign.start, pace)
    while slot is not None and slot <= now and campaign.state == "active":
        for _ in range(calls_at(slot, pace)):
            if not campaign.satisfied and (person := queue.take(slot)):
                _ring(store, campaign, person, slot)
                queue.put_back(person, campaign.attempts_allowed)
        if campaign.satisfied or queue.empty:
            campaign.enter("complete", slot, store)
        slot = _next(campaign, window, queue, slot + 1, pace)
    campaign.due = campaign.end if slot is None else slot
    queue.save(store)


def _next(campaign: Campaign, window: Window, queue: Queue, earliest: int, pace: int) -> int | None:
    """The slot of the next dial, or None where the campaign ends before it."""
    slot = window.slot(max(earliest, queue.due), pace)
    return slot if slot is not None and slot < campaign.end else None


def _ring(store: Store, campaign: Campaign, person: Person, at: int) -> None:
    person.attempts += 1
    result = store.answers.outcome(campaign.kind, campaign.id, person.phone, person.attempts)
    person.note(at, result.answered, result.reply, result.duration)
    _count(campaign.stats, result)
    row = (at, campaign.kind, campaign.id, person.receiver, person.account_id, person.phone)
    store.run(_RING, *row, result.answered, result.reply)
    if result.answered or person.attempts >= campaign.attempts_allowed:
        campaign.note_receiver(store, person.phone, person.account_id, result.reply, at)


def _count(stats: dict[str, int], result: Outcome) -> None:
    stats["dialed"] += 1
    stats["answered"] += result.answered
    stats["duration"] += result.duration
    stats["accepts"] += result.reply == "accept"
    stats["declines"] += result.reply == "decline"
    stats["noReplies"] += bool(result.answered and result.reply == "noAnswer")


def _send(store: Store, kind: str, message_id: int) -> None:
    """A call, sms or email goes out to all its people at its ``actionTime``, once."""
    document = store.get(kind, message_id) or {}
    at = max(document["action"], document["written"])
    address = "email" if kind == "email" else "phone"
    for receiver, account_id, to in reached(store, kind, message_id, address):
        result = store.answers.outcome(kind, message_id, to, 1) if kind == "call" else Outcome(0, "noAnswer", 0)
        document["totalDuration"] += result.duration
        store.run(_RING, at, kind, message_id, receiver, account_id, to, result.answered, "noAnswer")
    store.save(kind, message_id, document, None)


def reached(store: Store, kind: str, owner: int, address: str) -> list[tuple[int, int, str]]:
    """Receiver row, account and address of everybody an object reaches now, in the order in which they are dialled; one person
    may be there twice. By address within a row, since ids depend on the order of parallel creates.
    """
    sql = f"""
    SELECT r.id, a.id, a.{address} FROM receivers r JOIN accounts a ON a.id = r.accountId
    WHERE r.kind = ?1 AND r.owner = ?2 AND a.{address} != ''
    UNION ALL
    SELECT r.id, a.id, a.{address} FROM receivers r JOIN members m ON m.groupId = r.groupId AND r.accountId IS NULL
    JOIN accounts a ON a.id = m.accountId WHERE r.kind = ?1 AND r.owner = ?2 AND a.{address} != ''
    ORDER BY 1, 3, 2"""
    return store.rows(sql, kind, owner)


_TOUCH = f"""
UPDATE documents SET due = ? WHERE kind IN ('{RSVP}', '{CLICK}') AND due IS NOT NULL
AND json_extract(body, '$.state') = 'active'
"""


def touch_account(store: Store, now: int) -> None:
    """An account changed: look at every active campaign again, from the next second on."""
    store.run(_TOUCH, now + 1)


def touch_group(store: Store, group_id: int, now: int) -> None:
    """The members of a group changed: look at the active campaigns that call it again."""
    mine = "SELECT r.owner FROM receivers r WHERE r.kind = documents.kind AND r.groupId = ?"
    store.run(f"{_TOUCH} AND id IN ({mine})", now + 1, group_id)
