"""Which reading of the API's page the emulator serves: its switches, each in its place with its values and what it does.

The page leaves much open. Unset, every switch has the reading that the page prints; another value is another reading that
the page allows, or a service with a will of its own. A client that is right does not depend on which one it meets.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

#: What a subuser may be given; the page shows no body of its requests (docs/service-notes.md#subusers).
SUBUSER_FIELDS = ("username", "email", "firstName", "lastName", "company", "phone", "password")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a profile: of which switch, whether its name or its value is, and what to do."""

    switch: str
    is_name: bool
    message: str
    hint: str


class BadProfile(ValueError):
    """A profile that cannot be served; `wrong` has everything that is wrong with it."""

    def __init__(self, wrong: list[Wrong]) -> None:
        super().__init__("; ".join(f"{one.message} {one.hint}".strip() for one in wrong))
        self.wrong = wrong


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class _Values:
    """What a switch takes: `values` in words, whether a value is one of them, the same as a JSON schema, and the one spelling of
    values that are the same.
    """

    values: str
    takes: Callable[[object], bool]
    schema: Mapping[str, Any]
    normal: Callable[[Any], Any] = _as_it_is


#: What YAML 1.1 takes for true and false, and YAML 1.2 for text: a file means the same, whichever of them wrote it.
_BOOLEANS = {"on": True, "yes": True, "off": False, "no": False}
_ON_OFF = _Values(
    "true or false",
    lambda value: isinstance(value, bool) or (isinstance(value, str) and value in _BOOLEANS),
    {"enum": [True, False, *_BOOLEANS]},
    lambda value: _BOOLEANS[value] if isinstance(value, str) else value,
)
_COUNT = _Values(
    "a whole number from 1, or null for off",
    lambda value: value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0),
    {"type": ["integer", "null"], "minimum": 1},
)


def _whole(least: int, most: int) -> _Values:
    return _Values(
        f"a whole number from {least:,} to {most:,}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most,
        {"type": "integer", "minimum": least, "maximum": most},
    )


def _one_of(*words: str) -> _Values:
    """One of these words; where `on` or `off` is one of them, true and false are the same, and so are yes and no."""
    *before, last = words
    same: dict[object, str] = {
        other: word
        for word, others in (("on", (True, "yes")), ("off", (False, "no")))
        if word in words
        for other in others
    }
    return _Values(
        f"{', '.join(before)} or {last}",
        lambda value: isinstance(value, str | bool) and (value in words or value in same),
        {"enum": [*words, *same]},
        lambda value: same.get(value, value),
    )


_SEGMENTS = re.compile(r"/?(?:[A-Za-z0-9][A-Za-z0-9._~-]*(?:/[A-Za-z0-9][A-Za-z0-9._~-]*)*/?)?")


def _is_path(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 200 and _SEGMENTS.fullmatch(value) is not None


def normal_path(path: str) -> str:
    """A path with a slash before each segment and none at its end; "" for no path at all."""
    return "".join(f"/{segment}" for segment in path.split("/") if segment)


_PREFIX = _Values(
    "a path like /v1 (/ for none), or null for /v1 and /vi alike",
    lambda value: value is None or _is_path(value),
    {"type": ["string", "null"], "pattern": f"^{_SEGMENTS.pattern}$"},
    lambda value: None if value is None else normal_path(value),
)
_PATH = _Values(
    "a path like /login",
    lambda value: _is_path(value) and normal_path(str(value)) != "",
    {"type": "string", "pattern": f"^{_SEGMENTS.pattern}$"},
    normal_path,
)


def _is_zone(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        return False
    return True


_ZONE = _Values("a time zone like Europe/Helsinki, or UTC", _is_zone, {"type": "string"})


def _list_of(words: str, is_item: Callable[[str], bool], item: Mapping[str, Any], least: int) -> _Values:
    """A list of texts, each once; it may be written as one text with commas between them."""

    def items(value: object) -> Any:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    def takes(value: object) -> bool:
        listed = items(value)
        return (
            isinstance(listed, list | tuple)
            and least <= len(listed) == len(set(map(str, listed)))
            and all(isinstance(one, str) and is_item(one) for one in listed)
        )

    schema = {"type": ["array", "string"], "items": {"type": "string", **item}, "uniqueItems": True, "minItems": least}
    return _Values(words, takes, schema, lambda value: tuple(items(value)))


def _switch(default: Any, values: _Values, does: str) -> Any:
    return field(default=default, metadata={"values": values, "does": does})


@dataclass(frozen=True, slots=True)
class Profile:
    """The switches; `Profile()` is the literal reading."""

    expand_groups: bool = _switch(
        False,
        _ON_OFF,
        "a group among the receivers becomes one row per member when it is written, with the ids of account and group; "
        "who joins the group later is not called, who leaves it still is",
    )
    put_buttons: str = _switch(
        "both",
        _one_of("both", "lower"),
        "lower: a PUT of an RSVP call heeds `actionbuttons` alone and passes over `actionButtons`",
    )
    group_add: str = _switch(
        "array",
        _one_of("array", "object"),
        'object: members are added as {"accountIds": ["7"]}, and a bare array is refused with 400',
    )
    rate: int | None = _switch(
        None, _COUNT, "so many requests in any second of real time; more get 429 with Retry-After, and are not done"
    )
    create_ignores_state: bool = _switch(
        False,
        _ON_OFF,
        "an RSVP call that is posted with `state: halt` is made active (or waitingToActive) all the same",
    )
    receiver_rows: str = _switch(
        "full",
        _one_of("full", "account", "address"),
        "account: a receiver that is an account is shown by its accountId alone, without phone, e-mail, names and group; "
        "address: by phone and e-mail, without an id",
    )
    pages: int | None = _switch(
        None, _COUNT, "lists come as {items, next} with so many rows; next is the URL of the following page, or null"
    )

    put_receivers: str | int = _switch(
        "ignore",
        _Values(
            "ignore or 400",
            lambda value: value in ("ignore", "400") or (value == 400 and type(value) is int),
            {"enum": ["ignore", 400, "400"]},
            lambda value: 400 if value == "400" else value,
        ),
        "400: a PUT of an RSVP call that holds receivers is refused with 400; else they are passed over",
    )
    start_unchanged_ok: bool = _switch(
        False, _ON_OFF, "a PUT of an RSVP call may hold the start that it has, however long ago that is"
    )
    fix_typos: bool = _switch(False, _ON_OFF, "the receivers of campaigns have firstName in the place of firsName")
    webhook_time: str = _switch(
        "colon", _one_of("colon", "space"), "space: times in webhooks have a space between date and time, as everywhere"
    )
    webhook_dialed: str = _switch(
        "example",
        _one_of("example", "total"),
        "total: the state webhook says totalDialedCalls in the place of dialedCalls",
    )
    state_meta: bool = _switch(False, _ON_OFF, "the state webhook has meta too")
    json_strings: str = _switch(
        "refuse",
        _one_of("refuse", "accept"),
        "accept: an array or object may be sent as text that holds it, in the body of anything",
    )
    voice_types: str = _switch(
        "five",
        _one_of("five", "any"),
        "any: the voice files of an RSVP call may be of types beside start, data, actionButtons, accept and end",
    )
    op40_body: str = _switch(
        "array",
        _one_of("array", "object"),
        "object: added receivers are answered as {receivers, updatedAt, createdAt}, not as a bare array",
    )
    op42_full: bool = _switch(
        False, _ON_OFF, "the results of an RSVP call have phoneNumber and dialedCalls too, as in the table of the page"
    )
    subuser_required: tuple[str, ...] = _switch(
        ("username", "email"),
        _list_of(
            f"a list of {', '.join(SUBUSER_FIELDS[:-1])} and {SUBUSER_FIELDS[-1]}, or of some of them",
            lambda name: name in SUBUSER_FIELDS,
            {"enum": list(SUBUSER_FIELDS)},
            0,
        ),
        "the fields that a new subuser needs; without them it is refused with 400",
    )
    voice_codes: tuple[str, ...] = _switch(
        ("en", "en-female", "en-male", "fi", "fi-female", "fi-male"),
        _list_of("a list of codes", bool, {"minLength": 1}, 1),
        "the voices that speak texts; any other is refused with 400",
    )
    upload_bare: bool = _switch(
        False,
        _ON_OFF,
        "an upload is answered with the voice file itself (several with an array), not wrapped in `files`",
    )
    c2c_webhook: str = _switch(
        "own_names",
        _one_of("own_names", "rsvp_names", "off"),
        "the webhook of a click-to-call: rsvp_names has rsvpCallId and rsvpReply in the place of clickToCallId and reply; "
        "off: there is none",
    )
    ids: str = _switch(
        "printed",
        _one_of("printed", "string", "int"),
        "string, int: every id is text, or a number, wherever it stands in an answer or webhook",
    )
    unset: str = _switch(
        "empty",
        _Values(
            "empty or null",
            lambda value: value is None or value in ("empty", "null"),
            {"enum": ["empty", "null", None]},
            lambda value: "null" if value is None else value,
        ),
        "null: empty text is read as null, and so are an empty meta and the start of an RSVP call that was written as null",
    )
    put: str = _switch(
        "keep",
        _one_of("keep", "replace"),
        "replace: a PUT resets what it leaves out: text to nothing, receivers of a message to none, maxRedials to 3, meta to {}, "
        "the state of an RSVP call to active, and its start, like the time of a message, to now",
    )
    phone_plus: str = _switch(
        "on",
        _one_of("on", "off"),
        "off: phone numbers are read without `+`, and taken with it or without",
    )
    location: str = _switch(
        "absolute",
        _one_of("absolute", "relative", "off"),
        "relative: the header Location is a path; off: there is none",
    )
    window_wrap: bool = _switch(
        False,
        _ON_OFF,
        "activeTo may be at or before activeFrom: the hours then pass midnight, and belong to the day on which they begin",
    )
    pace: int = _switch(12, _whole(1, 100_000), "calls a minute of one campaign")
    redial_minutes: int = _switch(
        30, _whole(0, 10_080), "minutes from a call that nobody answered to the next one to the same person"
    )
    webhooks: str = _switch(
        "note",
        _one_of("note", "send"),
        "send: `sandbox serve` and `sandbox clock` post webhooks to this machine (loopback addresses); note: they only stand in "
        "`GET /__sandbox/webhooks`",
    )

    prefix: str | None = _switch(None, _PREFIX, "the path below which the API is, in the place of /v1 and /vi")
    lenient_headers: bool = _switch(
        False, _ON_OFF, "Accept and Content-Type may be anything, or missing; an upload is multipart all the same"
    )
    auth_header: str = _switch(
        "both",
        _one_of("both", "strict17", "access_only"),
        "strict17: the 17 operations that name X-Authentication-Token take the token from that header alone; "
        "access_only: that header counts nowhere",
    )
    post_token: str = _switch("on", _one_of("on", "off"), "off: a token in the body of a POST does not count")
    login_path: str = _switch("/login", _PATH, "the path of the login")
    bare_delete: str = _switch(
        "refuse", _one_of("refuse", "all"), "all: DELETE /accounts without a parameter deletes all accounts"
    )
    filter_compare: str = _switch(
        "number",
        _one_of("number", "text"),
        "text: a filter compares values as text, by its bytes, where both are numbers too",
    )
    filter_op10: str = _switch(
        "put",
        _one_of("put", "post", "delete", "off"),
        "what operation 10 is: a PUT or a POST that changes the filter, a DELETE that answers 201 with the filter that it "
        "deleted, or not there; the other methods get 405",
    )
    delete_url: str = _switch(
        "item",
        _one_of("item", "printed"),
        "printed: a group is deleted at /groups/1/accounts and a subuser at /subusers/1/accounts, and nowhere else",
    )
    group_add_echo: str = _switch(
        "new",
        _one_of("new", "all"),
        "all: who is added to a group is answered with everybody who was sent, those in the group already included",
    )
    group_remove: str = _switch(
        "printed",
        _one_of("printed", "nested"),
        "nested: who leaves a group is deleted at /groups/1/accounts/2, and the printed URL gets 404",
    )
    operations: str = _switch(
        "text", _one_of("text", "object"), "object: `operations` of a call is read as JSON, and still written as text"
    )
    list_shape: str = _switch(
        "printed",
        _one_of("printed", "full"),
        "full: the lists of calls and smses show whole objects, with receivers, editable and totalDuration",
    )
    zone: str = _switch(
        "UTC",
        _ZONE,
        "the zone of every date-time whose zone the page does not state (actionTime, expiresAt, createdAt, latestCallAt, the "
        "timestamp of webhooks, …): all but startTime and endTime, which are UTC",
    )

    @property
    def time_zone(self) -> tzinfo:
        """The zone of the date-times whose zone the page does not state."""
        return UTC if self.zone == "UTC" else ZoneInfo(self.zone)

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> "Profile":
        """From a mapping of switch to value. BadProfile with all that is wrong with it."""
        switches = {one.name: one for one in fields(cls)}
        wrong = [_unknown(str(name), list(switches)) for name in settings if name not in switches]
        for name, value in settings.items():
            if name in switches:
                values: _Values = switches[name].metadata["values"]
                if not values.takes(value):
                    wrong.append(Wrong(name, False, f"{name} cannot have this value.", f"It takes {values.values}."))
        if wrong:
            raise BadProfile(wrong)
        normal = {name: switches[name].metadata["values"].normal(value) for name, value in settings.items()}
        return cls(**normal)

    def settings(self) -> dict[str, object]:
        """Every switch with its value, in JSON's types."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


class Switches:
    """The profile in force; it may be changed while the emulator serves. `webhooks` has webhooks posted whatever it says."""

    def __init__(self, profile: Profile | None = None, *, webhooks: bool = False) -> None:
        self.profile = profile or Profile()
        self._webhooks = webhooks

    @property
    def posts_webhooks(self) -> bool:
        """Do webhooks wait to be posted, and not only stand in a list?"""
        return self._webhooks or self.profile.webhooks == "send"


def switches() -> list[tuple[str, str, str]]:
    """Name, values and meaning of every switch, for the documentation."""
    return [(one.name, one.metadata["values"].values, one.metadata["does"]) for one in fields(Profile)]


def switch_schemas() -> dict[str, Any]:
    """A JSON schema for the value of every switch."""
    return {one.name: {**one.metadata["values"].schema, "description": one.metadata["does"]} for one in fields(Profile)}


def _unknown(name: str, known: list[str]) -> Wrong:
    from difflib import get_close_matches

    folded = name.lower().replace("-", "_")
    close = [folded] if folded in known else get_close_matches(folded, known, 1, 0.6)
    hint = f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(known)}."
    return Wrong(name, True, f'There is no switch "{name}".', hint)
