"""Campaigns drawn by chance, and the emulator in which they are played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from mscode.model.calling_window import WEEKDAYS, Window
from mscode.plan.forecast.replay import ACCEPTED, ANSWERED, UNANSWERED, Course, Draw, History
from mscode.plan.forecast.timeline import Timeline
from mscode.sandbox.answers import Answers
from tests.sandbox.world import World, weekdays

#: Zones whose clocks change at midnight, by half an hour, on a Friday, at sea, or not at all; with days on which they do.
ZONES = {
    "UTC": ["2026-12-01"],
    "Europe/Helsinki": ["2026-03-28", "2026-10-24", "2026-12-01"],
    "America/New_York": ["2026-03-07", "2026-10-31"],
    "Africa/Cairo": ["2026-04-23", "2026-10-28"],
    "America/Havana": ["2026-03-07", "2026-10-31"],
    "Asia/Beirut": ["2026-03-28", "2026-10-24"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
    "America/Santiago": ["2026-04-04", "2026-09-05"],
    "Asia/Kathmandu": ["2026-06-01"],
    "Pacific/Chatham": ["2026-04-04", "2026-09-26"],
}


@dataclass
class Case:
    """A campaign drawn by chance, and the emulator that it is played in."""

    random: Random
    pace: int = field(init=False)
    redial_minutes: int = field(init=False)
    zone: ZoneInfo = field(init=False)
    now: datetime = field(init=False)
    window: tuple[str, str, list[str]] = field(init=False)
    redials: int = field(init=False)
    wanted: int = field(init=False)
    answers: Answers = field(init=False)
    members: list[list[str]] = field(init=False)
    end: datetime = field(init=False)
    start: datetime | None = field(init=False)
    is_interrupted: bool = field(init=False)

    def __post_init__(self) -> None:
        draw = self.random
        self.pace = draw.choice([1, 7, 12, 12, 45, 60, 61, 90, 300, 1000, 5000])
        self.redial_minutes = draw.choice([0, 0, 1, 2, 30, 30, 95, 600])
        name = draw.choice(list(ZONES))
        self.zone = ZoneInfo(name)
        day = datetime.fromisoformat(draw.choice(ZONES[name])).replace(tzinfo=UTC)
        self.now = day + timedelta(seconds=draw.randrange(0, 86_400))
        self.window = self._window()
        self.redials = draw.choice([0, 1, 1, 3, 3, 9])
        self.answers = Answers(draw.randrange(1000), draw.choice([0.0, 0.1, 0.4, 0.6, 1.0]), draw.random())
        self.members = self._members()
        people = sum(map(len, self.members))
        self.wanted = draw.choice([1, max(people // 4, 1), people, 10_000, 10_000])
        self.end = self.now + timedelta(seconds=draw.randrange(60, draw.choice([7_200, 4 * 86_400, 30 * 86_400])))
        self.is_interrupted = draw.random() < 0.4
        self.start = None
        if draw.random() < 0.5:
            self.start = self.now + (self.end - self.now) * draw.random() * 0.5
            self.start = self.start.replace(microsecond=0)

    def _window(self) -> tuple[str, str, list[str]]:
        draw = self.random
        some = draw.sample(WEEKDAYS, draw.randint(1, 7))
        first = draw.randrange(86_000)
        last = min(first + draw.choice([60, 600, 3_600, 40_000]), 86_399)
        hours = draw.choice(
            [
                ("00:00:00", "23:59:59"),
                ("09:00:00", "17:00:00"),
                ("22:30:00", "23:59:59"),
                *[(f"{timedelta(seconds=first)!s:0>8}", f"{timedelta(seconds=last)!s:0>8}")] * 3,
            ]
        )
        return (*hours, draw.choice([list(WEEKDAYS), sorted(some, key=WEEKDAYS.index)]))

    def _members(self) -> list[list[str]]:
        """The numbers of each receiver; of one number the receiver is an account, of several a group."""
        draw = self.random
        sizes = [draw.choice([1, 1, 5, 40, 120]) for _ in range(draw.randint(1, 4))]
        numbers = [f"+35840{number:07d}" for number in draw.sample(range(10_000_000), sum(sizes))]
        return [[numbers.pop() for _ in range(size)] for size in sizes]

    @property
    def numbers(self) -> list[str]:
        """Everybody, in the order of first calls."""
        return [number for members in self.members for number in sorted(members)]

    def timeline(self, earliest: datetime) -> Timeline:
        first, last, days = self.window
        return Timeline(Window.of(first, last, days, self.zone), self.pace, earliest, self.end)


#: A call: epoch second, number, outcome.
Ring = tuple[int, str, int]


@contextmanager
def emulator(case: Case) -> Iterator[World]:
    """With nobody in it, and with a clock that stands still."""
    world = World(now=case.now, window_zone=case.zone, answers=case.answers, machine=lambda: 2_000_000_000.0)
    try:
        world.control("POST", "/profile", {"pace": case.pace, "redial_minutes": case.redial_minutes})
        yield world
    finally:
        world.close()


def launch(case: Case, world: World, state: str = "") -> None:
    """The campaign is made: active at once, or halted and then launched."""
    numbers = [number for members in case.members for number in members]
    case.random.shuffle(numbers)  # ids come in any order, and nothing may depend on it
    world.control("POST", "/seed", [{"phone": number} for number in numbers])
    ids = {account["phone"]: account["accountId"] for account in world.get("/accounts")}
    receivers = []
    for at, members in enumerate(case.members):
        accounts = [ids[number] for number in members]
        is_account = len(accounts) == 1
        receivers.append(
            {"accountId": accounts[0]} if is_account else {"groupId": world.group(*accounts, name=f"Group {at}")}
        )
    world.voice_file()
    world.post("/rsvp_calls", body_of(case, state=state or case.random.choice(["active", "halt"]), receivers=receivers))


def interrupt(case: Case, world: World) -> list[Ring]:
    """It is launched, halted in its midst, and stays so for a while; the calls until then."""
    if world.get("/rsvp_calls/1")["state"] == "halt":
        world.put("/rsvp_calls/1", body_of(case, state="active"))
    now, draw = clock_of(world), case.random
    rest = int((case.end - now).total_seconds())
    halted = now + timedelta(seconds=draw.randrange(1, draw.choice([10, 600, 90_000, 10**7])) % max(rest // 2, 1))
    world.at(instant(halted))
    if world.get("/rsvp_calls/1")["state"] != "complete":
        world.put("/rsvp_calls/1", body_of(case, state="halt"))
        world.at(instant(halted + timedelta(seconds=draw.randrange(1, max(rest // 4, 2)))))
    return calls_of(world)


def body_of(case: Case, **changes: object) -> dict[str, object]:
    first, last, days = case.window
    start = {} if case.start is None or "receivers" not in changes else {"startTime": stamp(case.start)}
    return {
        "endTime": stamp(case.end),
        "activeFrom": first,
        "activeTo": last,
        "activeWeekdays": weekdays(*days),
        "voiceFiles": [{"type": "start", "voiceFileId": "1"}],
        "actionButtons": [{"button": "5", "action": "accept"}, {"button": "9", "action": "decline"}],
        "acceptsWanted": case.wanted,
        "maxRedials": case.redials,
        **start,
        **changes,
    }


def clock_of(world: World) -> datetime:
    return datetime.fromisoformat(world.control("GET", "/clock")["now"])


def instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def calls_of(world: World) -> list[Ring]:
    """The ledger."""
    return [
        (
            int(datetime.fromisoformat(ring["at"]).timestamp()),
            ring["phone"],
            ACCEPTED if ring["reply"] == "accept" else ANSWERED if ring["answered"] else UNANSWERED,
        )
        for ring in world.rings()
    ]


def called_so_far(calls: Sequence[Ring]) -> dict[str, History]:
    called: dict[str, History] = {}
    for at, phone, outcome in calls:
        made = called[phone].calls if phone in called else 0
        called[phone] = History(made + 1, outcome != UNANSWERED, at)
    return called


def drawing(case: Case) -> Draw:
    """The emulator's own answers."""
    numbers = case.numbers

    def draw(people: Sequence[int], made_before: bytes) -> bytes:
        results = (
            case.answers.outcome("rsvpCall", 1, numbers[place], made + 1)
            for place, made in zip(people, made_before, strict=True)
        )
        return bytes(ACCEPTED if one.reply == "accept" else ANSWERED if one.answered else UNANSWERED for one in results)

    return draw


def listed(timeline: Timeline, course: Course, numbers: Sequence[str]) -> list[Ring]:
    return [
        (timeline.second_of(call), numbers[place], outcome)
        for batch in course.batches
        for call, place, outcome in zip(batch.calls, batch.people, batch.outcomes, strict=True)
    ]
