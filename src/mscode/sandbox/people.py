"""The people of one campaign, and the order in which they are dialled."""

import heapq
from collections import deque
from dataclasses import dataclass, field

from mscode.sandbox.campaign import Campaign
from mscode.sandbox.store import Store

_PEOPLE = """
SELECT r.id, a.id, a.phone, coalesce(p.attempts, 0), coalesce(p.answered, 0), coalesce(p.latestAt, 0)
FROM receivers r JOIN {join}
LEFT JOIN progress p ON p.receiver = r.id AND p.accountId = a.id
WHERE r.kind = ?1 AND r.owner = ?2 AND a.phone != ''
"""
_ALL = (
    _PEOPLE.format(join="accounts a ON a.id = r.accountId")
    + " UNION ALL "
    + _PEOPLE.format(
        # A row that holds an account too is one member of a group that was expanded when it was written
        # (docs/service-notes.md#receivers).
        join="members m ON m.groupId = r.groupId AND r.accountId IS NULL JOIN accounts a ON a.id = m.accountId"
    )
    + " ORDER BY 1, 3, 2"  # by number within a row: ids depend on the order of parallel creates
)


@dataclass(slots=True)
class Person:
    """An account as reached through one receiver; through two it is two of these, and is rung through each."""

    receiver: int
    account_id: int
    phone: str
    attempts: int
    answered: int
    latest_at: int
    reply: str = "noAnswer"
    duration: int = 0

    def note(self, at: int, answered: int, reply: str, duration: int) -> None:
        self.latest_at, self.answered, self.reply, self.duration = at, answered, reply, duration


def people_of(store: Store, campaign: Campaign) -> list[Person]:
    """Everybody with a phone who may still be dialled, in the order of the receivers; groups as they are now."""
    people = [Person(*row) for row in store.rows(_ALL, campaign.kind, campaign.id)]
    return [person for person in people if not person.answered and person.attempts < campaign.attempts_allowed]


@dataclass
class Queue:
    """First everybody once, in order; then those who did not answer, as their redial falls due: ``redial_after`` seconds later,
    and never within the same second. See docs/sandbox.md#how-a-campaign-dials.
    """

    people: list[Person]
    redial_after: int
    _fresh: deque[Person] = field(init=False)
    _redials: list[tuple[int, int, str, int, Person]] = field(init=False)
    _dialled: dict[tuple[int, int], Person] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._fresh = deque(person for person in self.people if not person.attempts)
        self._redials = [self._redial(person) for person in self.people if person.attempts]
        heapq.heapify(self._redials)

    @property
    def empty(self) -> bool:
        return not self._fresh and not self._redials

    @property
    def due(self) -> int:
        """The epoch second from which somebody may be dialled; 0 is at once."""
        return 0 if self._fresh or not self._redials else self._redials[0][0]

    def take(self, at: int) -> Person | None:
        """Whoever is called at this epoch second; None where nobody may be."""
        if self._fresh:
            return self._fresh.popleft()
        return heapq.heappop(self._redials)[-1] if self._redials and self.due <= at else None

    def put_back(self, person: Person, attempts_allowed: int) -> None:
        self._dialled[person.receiver, person.account_id] = person
        if not person.answered and person.attempts < attempts_allowed:
            heapq.heappush(self._redials, self._redial(person))

    def save(self, store: Store) -> None:
        values: list[tuple[object, ...]] = [
            (p.receiver, p.account_id, p.attempts, p.answered, p.reply, p.duration, p.latest_at)
            for p in self._dialled.values()
        ]
        store.run_many("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _redial(self, person: Person) -> tuple[int, int, str, int, Person]:
        """With the order of redials that fall due at the same second: that of first calls, which does not hang on ids."""
        due = person.latest_at + max(self.redial_after, 1)
        return (due, person.receiver, person.phone, person.account_id, person)
