"""Live campaigns and replies as JSON: `status`, `watch` and `results` with --json. Instants in UTC, durations in seconds. The
descriptions are the schema's."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from mscode.views.drift.drift_shapes import StandingJson
from mscode.views.history.reference import LaunchReferenceJson
from mscode.views.json_schema import Count, Instant, about


class CampaignHead(TypedDict):
    """Which object it is."""

    address: Annotated[str | None, about("Its address; null where neither the state nor a mark gives it one.")]
    type: Annotated[str, about("Its section.")]
    id: Annotated[str | None, about("Its id in the live account; null while the outcome of its create is unknown.")]
    managed: Annotated[bool, about("The state knows it.")]
    launch: Annotated[
        LaunchReferenceJson | None, about("The launch that let it call last; null where the records hold none of it.")
    ]
    project: NotRequired[
        Annotated[str | None, about("The project of its mark; only where a whole account is shown, without a project.")]
    ]


class _CampaignTimes(TypedDict):
    hold: Annotated[
        Literal["notLaunched", "edit", "manifest", "person"] | None,
        about(
            "Why it is halted: it was never launched (notLaunched), an edit was cut short (edit), its manifest wants it "
            "(manifest), or a person did it (person, also after its end); null where it is not halted."
        ),
    ]
    firstCall: Annotated[str | None, about("From when on it may reach people, as its launch foresaw.")]
    nextCall: Annotated[Instant | None, about("When it may reach people next; the present while it may.")]
    nextCallUntil: Annotated[Instant | None, about("When the window shuts in which nextCall lies.")]
    lastCall: Annotated[Instant | None, about("When it may reach people last.")]


class _CampaignPeople(TypedDict):
    people: Annotated[Count | None, about("Persons whom it is to reach; null where that is not known.")]
    called: Annotated[Count | None, about("Of whom called at least once; null where that is not known.")]


class CampaignJson(CampaignHead, StandingJson, _CampaignPeople, _CampaignTimes):
    """A live campaign or message: its address and id, where it stands, and when it may reach people. The state `unknown` is of one
    whose create was sent and not answered."""


# `@timestamp` and `@message` are no names of Python.
LiveEventHead = TypedDict(
    "LiveEventHead",
    {
        "@timestamp": Annotated[
            str,
            Field(pattern="Z$"),
            about("When it was read, by this machine's clock: ISO 8601 in UTC, with milliseconds."),
        ],
        "@message": Annotated[str, about("The event in a sentence.")],
    },
)


class LiveEventJson(LiveEventHead, StandingJson, _CampaignPeople, _CampaignTimes):
    """What happened to a campaign that is followed by webhooks, with its figures as they were read from the service."""

    type: Annotated[
        Literal["state", "reply", "progress"],
        about(
            "state: its state changed, or it is seen for the first time, or is gone; reply: a person replied; progress: its "
            "figures changed."
        ),
    ]
    section: Annotated[str, about("Its section.")]
    address: Annotated[str | None, about("Its address; null where neither the state nor a mark gives it one.")]
    id: Annotated[str | None, about("Its id in the live account; null while the outcome of its create is unknown.")]
    managed: Annotated[bool, about("The state knows it.")]
    hinted: Annotated[bool, about("A webhook led to this reading; false: it was due anyway.")]
    webhookAt: Annotated[Instant | None, about("The time that the webhook names, which nobody has verified.")]
    previousState: NotRequired[Annotated[str | None, about("Of state: its state before; null at the first sight.")]]
    deleted: NotRequired[Annotated[bool, about("Of state: it is gone; the figures are those of the last reading.")]]
    accountId: NotRequired[Annotated[str | None, about("Of reply: the person's account.")]]
    phone: NotRequired[Annotated[str | None, about("Of reply: the number, masked.")]]
    reply: NotRequired[Annotated[str, about("Of reply: accept, decline or noAnswer.")]]
    repliedAt: NotRequired[Annotated[str | None, about("Of reply: the call, in UTC.")]]


class StatusTotalsJson(TypedDict):
    """All of the campaigns together."""

    campaigns: Annotated[Count, about("How many there are.")]
    running: Annotated[Count, about("Of which call now, or as soon as their window opens.")]
    waiting: Annotated[Count, about("Of which wait for their start.")]
    halted: Annotated[Count, about("Of which are halted.")]
    held: Annotated[
        Count, about("Of the halted ones: a launch or the end of an edit is held until somebody confirms it.")
    ]
    unknown: Annotated[Count, about("Of which nobody knows whether they were made.")]
    finished: Annotated[Count, about("Of which reach nobody any more.")]
    people: Annotated[Count, about("Persons whom those campaigns are to reach whose people could be counted.")]
    called: Annotated[Count, about("Of whom called at least once.")]
    dialled: Annotated[Count, about("Calls that were made.")]
    accepted: Annotated[Count, about("Who accepted, of campaigns that want accepts.")]
    acceptsWanted: Annotated[Count, about("How many accepts those want.")]
    messagesTo: Annotated[Count, about("Persons to whom those messages go or went whose people could be counted.")]


class StatusJson(TypedDict):
    """Where the campaigns and messages stand, running ones first."""

    environment: Annotated[str, about("Name of the environment.")]
    campaigns: Annotated[list[CampaignJson], about("Each of them.")]
    totals: StatusTotalsJson


# ---- results ---------------------------------------------------------------------------------------------------------


class NamesJson(TypedDict):
    """What a person is called."""

    firstName: NotRequired[Annotated[str | None, about("First name; only where people are shown.")]]
    lastName: NotRequired[Annotated[str | None, about("Last name; only where people are shown.")]]


class PersonJson(NamesJson):
    """A person or a whole group."""

    accountId: Annotated[str | None, about("The person's account; null for a whole group.")]
    groupId: Annotated[str | None, about("The group, where the row stands for it or was reached through it.")]
    phone: Annotated[str | None, about("The number, masked unless people are shown.")]
    email: Annotated[str | None, about("The e-mail address, masked unless people are shown.")]


class ReceiverJson(PersonJson):
    """One receiver's reply, a person's or a whole group's; also the columns of the CSV. Null: the service gives no value."""

    reply: Annotated[str | None, about("accept, decline or noAnswer.")]
    answered: Annotated[bool, about("The call was answered.")]
    dialled: Annotated[Count | None, about("How often the person was called; null where the service does not count.")]
    duration: Annotated[Count, about("Seconds talked.")]
    latestCallAt: Annotated[str | None, about("The latest call, in UTC.")]


class MessageReceiverJson(PersonJson):
    """Who gets a message, a person or a whole group; also the columns of the CSV."""

    sentAt: Annotated[str | None, about("When it was sent; null while it waits.")]


class DayJson(TypedDict):
    """What the service tells of one day in the project's zone: of each person the latest call, and what was sent."""

    date: Annotated[str, about("The day, like 2026-12-01.")]
    called: Annotated[Count, about("Persons whose latest call was on this day.")]
    answered: Annotated[Count, about("Of whom answered.")]
    accepts: Annotated[Count, about("Of whom accepted.")]
    declines: Annotated[Count, about("Of whom declined.")]
    noReply: Annotated[Count, about("Of whom gave no reply.")]
    messages: Annotated[Count, about("Persons to whom a message was sent on this day.")]


class ResultsJson(CampaignJson):
    """A campaign and its receivers."""

    perDay: Annotated[list[DayJson], about("Day by day, where anything happened.")]
    receivers: Annotated[list[ReceiverJson], about("Each receiver.")]


class MessageResultsJson(CampaignHead):
    """A message, or a call that goes out once, and who gets it."""

    state: Annotated[str, about("sent or waiting.")]
    finished: Annotated[bool, about("It was sent.")]
    sendAt: Annotated[str | None, about("When it is or was sent, in UTC.")]
    people: Annotated[
        Count | None, about("To how many persons; null where a group of which nobody is known is among them.")
    ]
    priceEstimateInCents: Annotated[
        float | None, about("The service's estimate of its price; null where it gives none.")
    ]
    perDay: Annotated[list[DayJson], about("Day by day, where anything happened.")]
    receivers: Annotated[list[MessageReceiverJson], about("Each receiver.")]


class ResultTotalsJson(TypedDict):
    """All campaigns and messages together."""

    campaigns: Annotated[Count, about("Campaigns, messages not counted.")]
    receivers: Annotated[Count, about("Their receivers.")]
    called: Annotated[Count, about("Of whom called at least once.")]
    answered: Annotated[Count, about("Of whom answered.")]
    accepts: Annotated[Count, about("Of whom accepted.")]
    declines: Annotated[Count, about("Of whom declined.")]
    noReply: Annotated[Count, about("Of whom gave no reply.")]
    messages: Annotated[Count, about("Messages.")]
    messagesSent: Annotated[Count, about("Of which were sent.")]
    messagesWaiting: Annotated[Count, about("Of which wait for their time.")]
    messagesTo: Annotated[Count, about("To how many persons they go or went.")]
    priceEstimateInCents: Annotated[
        float | None, about("What the service estimates the messages to cost; null where it estimates none.")
    ]
    perDay: Annotated[list[DayJson], about("Day by day, where anything happened.")]


class AllResultsJson(TypedDict):
    """Several campaigns and messages: all of the project, of a `forEach`, or of a glob."""

    campaigns: Annotated[list[ResultsJson | MessageResultsJson], about("Each with its receivers.")]
    totals: ResultTotalsJson
