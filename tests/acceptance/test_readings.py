"""Other readings of the API's page, and services with a will of their own: mscode keeps its promises, or says what the service
does instead.

Under every reading, whatever is done in whatever order: an apply that ends with 0 leaves nothing to plan; any other says why;
nobody is rung twice by one campaign, nobody who was never asked for, and nothing that was halted rings.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.acceptance.campaigns import PHONES, WORKDAYS, Manifest, people
from tests.acceptance.conftest import Ended, World

Reading = dict[str, Any]
ALONE: list[Reading] = [
    {},
    {"expand_groups": True},
    {"put_buttons": "lower"},
    {"group_add": "object"},
    {"create_ignores_state": True},
    {"receiver_rows": "account"},
    {"receiver_rows": "address"},
    {"put_receivers": 400},
    {"start_unchanged_ok": True},
    {"fix_typos": True},
    {"expand_groups": True, "receiver_rows": "address"},
    {"expand_groups": True, "receiver_rows": "account"},
    {"json_strings": "accept"},
    {"voice_types": "any"},
    {"op40_body": "object"},
    {"op42_full": True},
    {"subuser_required": ["username", "email", "phone"]},
    {"voice_codes": ["sv", "en"]},
    {"upload_bare": True},
    {"c2c_webhook": "rsvp_names"},
    {"c2c_webhook": "off"},
    {"ids": "string"},
    {"ids": "int"},
    {"unset": None},
    {"put": "replace"},
    {"phone_plus": "off"},
    {"location": "relative"},
    {"location": "off"},
    {"window_wrap": True},
    {"lenient_headers": True},
    {"auth_header": "strict17"},
    {"auth_header": "access_only"},
    {"post_token": "off"},
    {"bare_delete": "all"},
    {"filter_compare": "text"},
    {"filter_op10": "post"},
    {"filter_op10": "delete"},
    {"filter_op10": "off"},
    {"delete_url": "printed"},
    {"group_add_echo": "all"},
    {"group_remove": "nested"},
    {"operations": "object"},
    {"list_shape": "full"},
    {"zone": "Europe/Helsinki"},
    {"zone": "America/St_Johns"},
]
#: Each switch with its other values.
ALL = {name: [reading[name] for reading in ALONE if list(reading) == [name]] for reading in ALONE for name in reading}
#: The clock of a story: a Tuesday before the window opens.
MORNING = "2026-12-01T06:00:00Z"
BY_HAND = "+358405559901"
PATHS = {
    "rsvpCalls": "/rsvp_calls",
    "clickToCalls": "/click_to_calls",
    "smses": "/smses",
    "emails": "/emails",
    "calls": "/calls",
}


def name_of(reading: Reading) -> str:
    return "+".join(f"{name}={value}" for name, value in reading.items()) or "literal"


def combination(seed: int) -> Reading:
    """Half of the switches, each with one of its other values."""
    draw = random.Random(seed)
    return {name: draw.choice(values) for name, values in ALL.items() if draw.random() < 0.5}


def project(section: str) -> Manifest:
    """Three people in a group, and one object that reaches the group and one person more."""
    persons = {name: {**fields, "email": f"{name}@example.com"} for name, fields in people().items()}
    window = {"activeFrom": "08:00", "activeTo": "15:00", "activeWeekdays": WORKDAYS, "maxRedials": 0}
    buttons = {"actionButtons": {"accept": 5, "decline": 9}}
    receivers = {"receivers": [{"group": "donors"}, {"account": "kaisa"}]}
    later = {"actionTime": "2026-12-01T12:00:00Z"}
    one = {
        "rsvpCalls": {
            **window,
            **buttons,
            **receivers,
            "startTime": "2026-12-01T08:00:00Z",
            "endTime": "2026-12-03T15:00:00Z",
            "voiceFiles": {"start": "greeting"},
            "acceptsWanted": 2,
        },
        "clickToCalls": {
            **window,
            **buttons,
            **receivers,
            "expiresAt": "2026-12-03T15:00:00Z",
            "voiceFile": "greeting",
        },
        "smses": {**receivers, **later, "message": "See you", "sender": "Blood"},
        "emails": {**receivers, **later, "subject": "Tuesday", "messageText": "See you", "fromEmail": "a@example.com"},
        "calls": {**receivers, **later, "operations": [{"say": "See you"}]},
    }[section]
    return {
        "apiVersion": "mscode/v1",
        "accounts": persons,
        "groups": {"donors": {"members": {"accounts": list(persons)[:3]}}},
        "voiceFiles": {"greeting": {"text": "Hello", "voiceCode": "en"}},
        section: {"it": one},
    }


class Story:
    """One project under one reading; every step checks what must hold under all of them."""

    def __init__(self, world: World, section: str, reading: Reading) -> None:
        self.world, self.section, self.manifest = world, section, project(section)
        self.address, self.lives, self.halted_since = f"{section}.it", 1, -1
        self.asked: set[str] = set()
        self.codes: list[int] = []
        world.service.at(MORNING)
        world.service.reads(**reading)
        world.write_project(service=reading)

    @property
    def it(self) -> Manifest:
        return self.manifest.get(self.section, {}).get("it", {})  # type: ignore[no-any-return]

    def listed(self) -> list[Any]:
        return list(self.world.service.get(PATHS[self.section]))

    # ---- steps -------------------------------------------------------------------------------------------------------

    def apply(self, *options: str) -> Ended:
        """Everything is approved; who is meant by the manifests now may be reached from now on."""
        self.world.write(self.manifest)
        self._ask_for()
        if f"--replace={self.address}" in options:
            self.lives += 1
        ended = self.world.launch(*options)
        self.codes.append(ended.code)
        if ended.code == 0:
            self.world.holds_the_law()
        else:
            assert any(word in ended.said for word in ("Error", "failed", "refuses")), ended.said
        self.check()
        return ended

    def _ask_for(self) -> None:
        persons, by = self.manifest["accounts"], "email" if self.section == "emails" else "phone"
        for receiver in self.it.get("receivers", ()):
            names = [receiver["account"]] if "account" in receiver else []
            if "group" in receiver:
                names = self.manifest["groups"]["donors"]["members"]["accounts"]
            self.asked |= {persons[name][by] for name in names} | (
                {receiver["phone"]} if "phone" in receiver else set()
            )

    def wait(self, step: str = "+2h") -> None:
        self.world.service.advance(step)
        self.check()

    def edit(self, **fields: Any) -> Ended:
        self.it.update(fields)
        return self.apply()

    def halt(self) -> None:
        self.world.write(self.manifest)
        ended = self.world.cli("halt", "--all", "--dir", self.world.folder)
        assert ended.code in (0, 6), ended.said
        if all(one["state"] in ("halt", "complete") for one in self.listed()):
            self.halted_since = len(self.world.service.rings())
        else:
            assert ended.code != 0

    def resume(self) -> None:
        self.halted_since = -1
        self.apply(f"--resume={self.address}")

    def add_by_hand(self) -> None:
        """A person adds a receiver in the web interface, who is called like the others."""
        self.asked.add(BY_HAND)
        for one in self.listed():
            path = f"/rsvp_calls/{one['rsvpCallId']}/receivers"
            if one["state"] != "complete":
                self.world.service.send("POST", path, [{"phone": BY_HAND}])

    def lose_state(self) -> None:
        self.world.lose_state()

    def look(self) -> None:
        """Whatever only looks sends nothing but GET, and knows what it says."""
        folder = self.world.folder
        for command in (("status", folder), ("drift", folder), ("results", folder), ("plan", folder)):
            ended = self.world.look(*command)
            assert ended.code in (0, 1), ended.said
            assert ended.code == 0 or "Error" in ended.err, ended.said

    # ---- what must hold ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        rings = self.world.service.rings()
        by = "email" if self.section == "emails" else "phone"
        often = Counter(ring[by] for ring in rings)
        assert set(often) <= self.asked
        assert max(often.values(), default=0) <= self.lives, often
        if self.halted_since >= 0:
            assert len(rings) == self.halted_since, "what was halted rang"


def story_of(world: World, section: str, reading: Reading, **fields: Any) -> Story:
    """Made and launched, all of it planned away."""
    story = Story(world, section, reading)
    story.it.update(fields)
    ended = story.apply()
    assert ended.code == 0, ended.said
    return story


# ---- one verb after the other ----------------------------------------------------------------------------------------


def _buttons(story: Story) -> None:
    story.edit(actionButtons={"accept": 6, "decline": 9})


def _narrow(story: Story) -> None:
    end = "expiresAt" if story.section == "clickToCalls" else "endTime"
    story.edit(**{end: "2026-12-02T15:00:00Z"} if "activeTo" in story.it else {"actionTime": "2026-12-01T13:00:00Z"})


def _widen(story: Story) -> None:
    end = "expiresAt" if story.section == "clickToCalls" else "endTime"
    story.edit(**{end: "2026-12-04T15:00:00Z"} if "activeTo" in story.it else {"actionTime": "2026-12-01T11:00:00Z"})


def _add_receivers(story: Story) -> None:
    more = [{"account": "lauri"}] if story.section == "emails" else [{"account": "lauri"}, {"phone": "+358405550199"}]
    story.edit(receivers=[*story.it["receivers"], *[one for one in more if one not in story.it["receivers"]]])


def _remove_receiver(story: Story) -> None:
    story.edit(receivers=[one for one in story.it["receivers"] if one != {"account": "kaisa"}])


def _add_member(story: Story) -> None:
    members = story.manifest["groups"]["donors"]["members"]["accounts"]
    if "ilmari" not in members:
        members.append("ilmari")
    story.apply()


def _remove_member(story: Story) -> None:
    members = story.manifest["groups"]["donors"]["members"]["accounts"]
    if "aino" in members:
        members.remove("aino")
    story.apply()


def _replace(story: Story) -> None:
    story.apply(f"--replace={story.address}")


def _remove(story: Story) -> None:
    taken = story.manifest.pop(story.section)
    story.apply()
    story.manifest[story.section] = taken
    story.world.write(story.manifest)


def _lose_state(story: Story) -> None:
    """A message that cannot be told for sure is refused; whoever changes its text or time after that means another one. What was
    deleted is remembered by the state alone.
    """
    story.lose_state()
    story.lives += not story.listed()
    story.lives += "get the same message already" in story.apply().said


def _destroy(story: Story) -> None:
    story.world.write(story.manifest)
    ended = story.world.destroy("--override=maxDeletes", "--allow-deletes=100")
    assert ended.code == 0 or "prints DELETE /groups/1/accounts for this" in ended.said, ended.said


def _halt_and_resume(story: Story) -> None:
    story.halt()
    story.apply()
    story.wait("+1h")
    story.resume()


def _by_hand(story: Story) -> None:
    story.add_by_hand()
    story.apply()


VERBS: dict[str, Callable[[Story], None]] = {
    "buttons": _buttons,
    "narrow": _narrow,
    "widen": _widen,
    "add receivers": _add_receivers,
    "remove a receiver": _remove_receiver,
    "add a member": _add_member,
    "remove a member": _remove_member,
    "replace": _replace,
    "remove": _remove,
    "lose the state": _lose_state,
    "halt and resume": _halt_and_resume,
    "by hand": _by_hand,
    "destroy": _destroy,
    "look": Story.look,
    "wait": Story.wait,
}
MESSAGES = ("calls", "emails", "smses")


#: When a verb comes, as the time to wait for it: before anything rings; after it has; hours after the start, before the first call.
WHEN = {"before": "", "after": "+121m", "late": "+270m"}


def _opens_later(section: str) -> Manifest:
    """Hours that begin long after the start."""
    return {} if section in MESSAGES else {"activeFrom": "11:00"}


#: What mscode refuses whatever the service reads, as the exit codes of a story's applies: to call people once more.
REFUSED = {
    ("rsvpCalls", "remove", "after"): [0, 0, 1],
    ("rsvpCalls", "remove", "late"): [0, 0, 1],
    ("rsvpCalls", "destroy", "after"): [0, 1],
    ("rsvpCalls", "destroy", "late"): [0, 1],
    ("rsvpCalls", "remove a receiver", "late"): [0, 1, 1],
    ("rsvpCalls", "replace", "late"): [0, 1, 0],
    ("rsvpCalls", "by hand", "late"): [0, 1, 1],
    ("clickToCalls", "remove", "after"): [0, 0, 1],
    ("clickToCalls", "destroy", "after"): [0, 1],
}
#: Switches under which a service cannot do some of what is wanted (docs/sandbox.md#switches). Under all others every apply ends
#: as it does under the literal reading.
LIMITS = {"expand_groups", "receiver_rows", "create_ignores_state", "delete_url"}


def run(world: World, section: str, reading: Reading, verb: str, when: str) -> Story:
    """One verb at its moment; the story is played to its end."""
    story = story_of(world, section, reading, **(_opens_later(section) if when == "late" else {}))
    if WHEN[when]:
        story.wait(WHEN[when])
    VERBS[verb](story)
    story.apply()
    story.wait("+2d")
    story.look()
    if not reading.keys() & LIMITS:
        assert story.codes == REFUSED.get((section, verb, when), [0] * len(story.codes)), story.codes
    return story


def verbs_of(section: str) -> list[str]:
    """What can be done with one: messages have no buttons, and only an RSVP call can be halted or gets receivers by hand."""
    without = {"buttons"} if section in MESSAGES else set()
    without |= set() if section == "rsvpCalls" else {"halt and resume", "by hand"}
    return [verb for verb in VERBS if verb not in without]


def _quick() -> list[tuple[str, Reading, str, str]]:
    """A few of each reading, drawn; the rest is torture."""
    draw = random.Random(9)
    sections = [*PATHS, *["rsvpCalls"] * 5]
    return [
        (section, reading, draw.choice(verbs_of(section)), draw.choice(list(WHEN)))
        for reading in ALONE[1:]
        for section in draw.sample(sections, 4 if reading.keys() & (LIMITS | {"put", "zone"}) else 1)
    ]


def _whole() -> list[tuple[str, Reading, str, str]]:
    return [
        (section, reading, verb, when)
        for reading in ALONE
        for section in PATHS
        for verb in verbs_of(section)
        for when in WHEN
    ]


def _id(case: tuple[str, Reading, str, str]) -> str:
    section, reading, verb, when = case
    return f"{section}-{name_of(reading)}-{verb}-{when}"


@pytest.mark.parametrize("case", _quick(), ids=_id)
def test_a_verb_keeps_the_promises_under_a_reading(world: World, case: tuple[str, Reading, str, str]) -> None:
    run(world, *case)


@pytest.mark.torture
@pytest.mark.parametrize("case", _whole(), ids=_id)
def test_every_verb_keeps_the_promises_under_every_reading(world: World, case: tuple[str, Reading, str, str]) -> None:
    run(world, *case)


def verbs_in_any_order(world: World, section: str, seed: int) -> None:
    """Six verbs under half of the switches, all drawn; what is played to its end leaves nothing to do."""
    draw = random.Random(f"{section} {seed}")
    story = story_of(world, section, combination(seed), **(_opens_later(section) if draw.random() < 0.3 else {}))
    for verb in draw.choices([verb for verb in verbs_of(section) if verb != "destroy"], k=6):
        VERBS[verb](story)
    story.wait("+3d")
    story.apply()


@pytest.mark.parametrize("seed", range(12))
def test_verbs_in_any_order_keep_the_promises_under_some_readings(world: World, seed: int) -> None:
    verbs_in_any_order(world, list(PATHS)[seed % len(PATHS)], seed)


@pytest.mark.torture
@pytest.mark.parametrize("section", PATHS)
@pytest.mark.parametrize("seed", range(200))
def test_verbs_in_any_order_keep_the_promises_under_any_readings(world: World, section: str, seed: int) -> None:
    verbs_in_any_order(world, section, seed)


# ---- groups that are taken apart -------------------------------------------------------------------------------------

#: A person who has an e-mail address alone is in the group, whom no call reaches.
NO_PHONE = {"firstName": "Nemo", "email": "nemo@example.com"}
OVERRIDES = ("--override=acceptsWanted", "--override=maxMemberRemovals", "--override=maxDeletes")


def _without_phone(manifest: Manifest) -> None:
    manifest["accounts"]["nemo"] = NO_PHONE
    manifest["groups"]["donors"]["members"]["accounts"].append("nemo")


def _empty_beside(manifest: Manifest) -> None:
    manifest["groups"]["empty"] = {"members": {"accounts": []}}
    manifest["rsvpCalls"]["it"]["receivers"].append({"group": "empty"})


def _unreachable_beside(manifest: Manifest) -> None:
    manifest["accounts"]["nemo"] = NO_PHONE
    manifest["groups"]["mails"] = {"members": {"accounts": ["nemo"]}}
    manifest["rsvpCalls"]["it"]["receivers"].append({"group": "mails"})


def _nothing(manifest: Manifest) -> None:
    pass


def _joins(manifest: Manifest) -> None:
    manifest["groups"]["donors"]["members"]["accounts"].append("ilmari")


def _is_deleted(manifest: Manifest) -> None:
    """The account goes, and with it all that some services show of its row."""
    manifest["accounts"].pop("eero")
    members = manifest["groups"]["donors"]["members"]["accounts"]
    members[:] = [name for name in members if name != "eero"]


@pytest.mark.parametrize("rows", ["full", "account", "address"])
@pytest.mark.parametrize("groups", [_without_phone, _empty_beside, _unreachable_beside])
@pytest.mark.parametrize("later", [_nothing, _joins, _is_deleted])
def test_a_group_that_was_taken_apart_is_never_planned_again(
    world: World, rows: str, groups: Callable[[Manifest], None], later: Callable[[Manifest], None]
) -> None:
    """Empty groups, people without a phone and accounts that are gone leave no row that says whose it is."""
    story = Story(world, "rsvpCalls", {"expand_groups": True, "receiver_rows": rows})
    groups(story.manifest)
    story.it.update(maxRedials=1, acceptsWanted=9)
    world.write(story.manifest)
    first = world.launch(*OVERRIDES)
    assert first.code == 0, first.said
    world.holds_the_law()
    world.service.advance("+121m")
    dialled = {ring["phone"] for ring in world.service.rings()}
    assert len(dialled) == 4
    world.holds_the_law()
    later(story.manifest)
    world.write(story.manifest)
    ended = world.launch(*OVERRIDES)
    assert ended.code == 0, ended.said
    world.holds_the_law()
    world.service.advance("+2d")
    assert {ring["phone"] for ring in world.service.rings()} == dialled


def test_a_call_whose_only_group_is_empty_is_not_launched(world: World) -> None:
    """Nobody who joins the group would be called: each apply says so, and none ends with 0."""
    story = Story(world, "rsvpCalls", {"expand_groups": True})
    story.manifest["groups"]["donors"]["members"]["accounts"].clear()
    story.it.update(receivers=[{"group": "donors"}], acceptsWanted=1)
    world.write(story.manifest)
    for _ in range(2):
        ended = world.launch(*OVERRIDES)
        assert ended.code not in (0, 2), ended.said
        assert "rsvpCalls.it reaches nobody" in ended.said
    world.service.advance("+2d")
    assert world.service.rings() == []


# ---- lists in pages --------------------------------------------------------------------------------------------------


def test_a_page_is_never_taken_for_the_list(world: World) -> None:
    """The API's page does not say how to ask for the rest: whoever decides on a list refuses, and sends nothing."""
    story = story_of(world, "rsvpCalls", {})
    story.manifest["rsvpCalls"]["two"] = {**story.it, "receivers": [{"account": "lauri"}], "acceptsWanted": 1}
    world.write(story.manifest)
    assert world.launch().code == 0
    world.service.reads(pages=1)
    folder = world.folder
    exported = folder.parent / "exported"
    for command in (("plan", folder), ("status", folder), ("drift", folder), ("export", folder, "--out", exported)):
        ended = world.look(*command)
        assert ended.code == 1, (command, ended.said)
        assert "the list is not complete" in ended.err
        assert '"next" beside the rows' in ended.err
    story.it["acceptsWanted"] = 1
    world.write(story.manifest)
    world.service.forget_requests()
    assert world.launch().code == 1
    assert world.service.requests(writes=True) == []


def test_lists_of_one_page_are_whole(world: World) -> None:
    world.service.reads(pages=100)
    world.write(project("rsvpCalls"))
    ended = world.launch()
    assert ended.code == 0, ended.said
    world.holds_the_law()


def test_the_brake_works_on_the_page_that_it_sees(world: World) -> None:
    """Three campaigns, two of them on the first page: those two are halted, and it is said that there may be more."""
    story = story_of(world, "rsvpCalls", {})
    story.manifest["rsvpCalls"] |= {name: deepcopy(story.it) for name in ("two", "three")}
    for name, who in (("two", "ilmari"), ("three", "lauri")):
        story.manifest["rsvpCalls"][name] |= {"receivers": [{"account": who}], "acceptsWanted": 1}
    world.write(story.manifest)
    assert world.launch().code == 0
    story.lose_state()
    world.service.reads(pages=2)
    ended = world.cli("halt", "--all", "--dir", world.folder)
    assert ended.code not in (0, 1), ended.said
    assert "the list is not complete" in ended.said
    assert "Nothing to halt" not in ended.said
    world.service.reads()
    assert [one["state"] for one in world.service.get("/rsvp_calls")] == ["halt", "halt", "waitingToActive"]
    world.service.reads(pages=2)
    assert world.cli("halt", "--id", "3", "--dir", world.folder).code == 0
    world.service.reads()
    assert {one["state"] for one in world.service.get("/rsvp_calls")} == {"halt"}
    assert world.service.rings() == []


def test_a_group_that_counts_more_than_its_list_shows_is_refused(world: World) -> None:
    story = story_of(world, "rsvpCalls", {})
    world.service.fault(method="GET", path="/groups/1/accounts", omit=1, times=None)
    ended = world.look("plan", world.folder)
    assert ended.code == 1
    assert "The group counts 3 accounts, and its list shows 2 of them" in ended.err
    world.service.no_more_faults()
    world.service.fault(method="GET", path="/groups/1/accounts", omit=1)  # it was changed in between: read again
    assert world.look("plan", world.folder).code == 0
    story.check()


@pytest.mark.parametrize("body", [[], 3], ids=repr)
@pytest.mark.parametrize("section", ["calls", "smses"])
def test_a_page_that_shows_no_object_ends_a_plan_with_a_reason(world: World, section: str, body: object) -> None:
    story_of(world, section, {})
    world.service.fault(method="GET", path=f"{PATHS[section]}/1", status=200, body=body, times=None)
    for ended in (world.look("plan", world.folder), world.launch()):
        assert ended.code == 1, ended.said
        assert "with something that is no object" in ended.err
    world.service.no_more_faults()
    world.holds_the_law()


# ---- a limit of requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "rate"),
    [(40, 30), pytest.param(40, 4, marks=pytest.mark.torture), pytest.param(300, 60, marks=pytest.mark.torture)],
    ids=["some", "few at a time", "hundreds"],
)
def test_an_apply_under_a_limit_ends_well_and_launches_once(world: World, people: int, rate: int) -> None:
    manifest = project("rsvpCalls")
    manifest["accounts"] = {f"p{n}": {"phone": f"+35840555{n:04d}"} for n in range(people)}
    manifest["groups"]["donors"]["members"]["accounts"] = list(manifest["accounts"])
    manifest["rsvpCalls"]["it"]["receivers"] = [{"group": "donors"}, {"phone": "+358405559999"}]
    world.service.at(MORNING)
    world.service.reads(rate=rate)
    world.write(manifest)
    ended = world.launch()
    assert ended.code == 0, ended.said
    log = world.service.control("GET", "/requests")
    assert any(one["status"] == 429 for one in log)
    world.holds_the_law()
    world.service.reads()
    assert len(world.service.get("/accounts")) == people + 1
    world.service.advance("+3h")
    assert max(Counter(ring["phone"] for ring in world.service.rings()).values()) == 1


# ---- what one reading is about ---------------------------------------------------------------------------------------


def test_the_plan_says_who_left_and_who_joined_a_group_that_was_taken_apart(world: World) -> None:
    story = Story(world, "rsvpCalls", {"expand_groups": True})
    story.it["acceptsWanted"] = 4  # whoever accepts first, all four are called
    assert story.apply().code == 0
    story.manifest["groups"]["donors"]["members"]["accounts"] = ["eero", "helmi", "ilmari"]
    ended = story.apply()
    assert ended.code == 0, ended.said
    text = "still reaches 1 person no longer in groups.donors and does not reach 1 person new in groups.donors"
    assert text in world.plan().said
    story.wait("+2d")
    rung = {ring["phone"] for ring in world.service.rings()}
    assert PHONES[0] in rung
    assert PHONES[3] not in rung


@pytest.mark.parametrize("section", list(PATHS))
def test_a_person_named_by_id_is_known_by_number_or_address(world: World, section: str) -> None:
    story = Story(world, section, {"receiver_rows": "address"})
    assert story.apply().code == 0
    story.manifest["accounts"]["kaisa"]["note"] = "moved"
    assert story.apply().code == 0
    assert len(story.listed()) == 1


@pytest.mark.parametrize("rows", ["account", "address"])
def test_a_new_number_of_a_person_who_is_being_called_has_its_own_yes(world: World, rows: str) -> None:
    story = Story(world, "rsvpCalls", {"receiver_rows": rows})
    assert story.apply().code == 0
    story.manifest["accounts"]["kaisa"]["phone"] = "+358405550288"
    world.write(story.manifest)
    planned = world.plan()
    assert "reaches 1 more person" in planned.said, planned.said
    assert "receivers" not in planned.out, planned.out


@pytest.mark.parametrize("rows", ["full", "account", "address"])
def test_one_person_more_is_one_person_posted(world: World, rows: str) -> None:
    story = Story(world, "rsvpCalls", {"receiver_rows": rows})
    phones = [{"phone": f"+35840555020{n}"} for n in range(3)]
    story.it["receivers"] = phones
    assert story.apply().code == 0
    story.edit(receivers=[*phones, {"phone": "+358405550209"}])
    assert story.codes[-1] == 0
    assert len(world.service.campaign()["receivers"]) == 4


@pytest.mark.parametrize("rows", ["full", "account", "address"])
def test_receivers_whose_answer_was_lost_are_not_posted_again(world: World, rows: str) -> None:
    story = Story(world, "rsvpCalls", {"receiver_rows": rows})
    story.it["receivers"] = [{"phone": "+358405550201"}, {"phone": "+358405550202"}]
    assert story.apply().code == 0
    world.service.fault(method="POST", path="/rsvp_calls/1/receivers", when="after", status=504)
    story.edit(receivers=[*story.it["receivers"], {"phone": "+358405550209"}])
    story.apply()
    assert story.codes == [0, 0, 0]
    assert len(world.service.campaign()["receivers"]) == 3


def test_a_person_added_by_hand_is_told_from_those_of_the_group(world: World) -> None:
    story = story_of(world, "rsvpCalls", {"expand_groups": True})
    story.add_by_hand()
    assert world.changes() == {"rsvpCalls.it": (["create", "delete"], ["dials"])}
    assert "receivers cannot be removed in place" in world.plan().out


def test_a_click_to_call_that_was_taken_apart_is_made_once(world: World) -> None:
    story = story_of(world, "clickToCalls", {"expand_groups": True})
    for _ in range(3):
        assert story.apply().code == 0
    assert [one["clickToCallId"] for one in story.listed()] == ["1"]


def test_a_campaign_that_comes_back_active_is_halted_before_its_launch(world: World) -> None:
    story = Story(world, "rsvpCalls", {"create_ignores_state": True})
    world.write(story.manifest)
    held = world.apply()
    assert held.code == 5, held.said
    assert "it was halted before anybody was dialled" in held.said
    assert world.service.campaign()["state"] == "halt"
    story.wait("+1d")
    assert world.service.rings() == []


@pytest.mark.parametrize("is_known", [True, False])
def test_an_expanding_service_that_leaves_out_an_empty_group_is_named(world: World, is_known: bool) -> None:
    """Where `service:` says so nothing is sent; else it shows when the message comes back."""
    story = Story(world, "smses", {"expand_groups": True})
    if not is_known:
        world.write_project()
    story.manifest["groups"]["donors"]["members"] = {"accounts": []}
    ended = story.apply()
    assert ended.code == 6, ended.said
    assert "the service takes a group's members when it is written, and group 1 has none" in ended.said
    assert ("POST /smses" in world.service.requests()) is not is_known
    assert story.listed() == []
    if is_known:  # nothing is unclear: it is sent as soon as somebody is in the group
        assert "Nobody is in groups.donors: it is not sent before somebody is." in world.plan().out
        story.manifest["groups"]["donors"]["members"] = {"accounts": ["aino"]}
        assert story.apply().code == 0
        assert len(story.listed()) == 1


@pytest.mark.parametrize("section", ["rsvpCalls", "smses", "clickToCalls"])
def test_a_plan_says_whom_an_expanding_service_does_not_reach(world: World, section: str) -> None:
    """Before the first row is there to tell, `service:` does; what it launches is the same."""
    story = Story(world, section, {"expand_groups": True})
    world.write(story.manifest)
    text = f"{story.address} takes the members of groups.donors when it is written"
    known = world.plan()
    assert text in known.out
    assert "Who joins later is not reached by it, and who leaves later still is." in known.out
    world.write_project()
    unknown = world.plan()
    assert "takes the members" not in unknown.out
    assert [line for line in known.out.splitlines() if line.startswith("Launch:")] == [
        line for line in unknown.out.splitlines() if line.startswith("Launch:")
    ]
    world.write_project(service={"expand_groups": True})
    assert story.apply().code == 0
    assert "takes the members" not in world.plan().out


@pytest.mark.parametrize("section", PATHS)
def test_who_joins_a_group_that_was_taken_apart_leaves_the_plan_empty(world: World, section: str) -> None:
    """Rows by account alone do not say of which group they are; whom the service took of it is remembered."""
    story = story_of(world, section, {"expand_groups": True, "receiver_rows": "account"})
    _add_member(story)
    _remove_member(story)
    assert story.codes == [0, 0, 0]
    assert len(story.listed()) == 1


def test_members_and_buttons_arrive_in_either_form(world: World) -> None:
    story = story_of(world, "rsvpCalls", {"group_add": "object", "put_buttons": "lower"})
    assert len(world.service.get("/groups/1/accounts")) == 3
    _add_member(story)
    _buttons(story)
    assert story.codes == [0, 0, 0]
    assert len(world.service.get("/groups/1/accounts")) == 4
    assert world.service.campaign()["actionButtons"][0] == {"button": "6", "action": "accept"}


@pytest.mark.parametrize("rows", ["account", "address"])
@pytest.mark.parametrize("section", MESSAGES)
def test_what_a_lost_state_forgot_is_not_sent_beside_it(world: World, section: str, rows: str) -> None:
    story = story_of(world, section, {"expand_groups": True, "receiver_rows": rows})
    _add_member(story)
    story.lose_state()
    ended = story.apply()
    assert ended.code == 1, ended.said
    assert "would reach people who get the same message already (id 1)" in ended.err
    assert len(story.listed()) == 1
