"""Drift as JSON, member by member: `mscode drift --json`, and `resource_drift` of a plan. The descriptions are the schema's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from mscode.views.json_schema import AddressText, Count, Instant, about

#: Where a value is masked, or not known yet: true, in the value's shape; false of what is not there.
Flags = dict[str, Any] | bool
DriftCause = Literal["operator", "configuration"]


class DriftChangeJson(TypedDict):
    """What differs."""

    actions: Annotated[
        list[str], WithJsonSchema({"enum": [["update"], ["delete"]]}), about("What happened to it in the live account.")
    ]
    before: Annotated[dict[str, Any], about("The applied fields; null where the state keeps a hash alone.")]
    after: Annotated[dict[str, Any] | None, about("The same fields as they are live; null: it is gone.")]
    after_unknown: NotRequired[Annotated[dict[str, Any], about("Always empty.")]]
    before_sensitive: NotRequired[Annotated[Flags, about("True where the state keeps a hash alone.")]]
    after_sensitive: NotRequired[Annotated[Flags, about("True where the state keeps a hash alone; false: it is gone.")]]


class ResourceDriftJson(TypedDict):
    """An object that is not as it was last applied."""

    address: Annotated[AddressText, about("Its address.")]
    mode: Annotated[Literal["managed"], about("Always managed.")]
    type: Annotated[str, about("Its section.")]
    name: Annotated[str, about("Its name.")]
    index: NotRequired[Annotated[str | None, about("The key of one made by `forEach`.")]]
    provider_name: Annotated[Literal["multisender"], about("Always multisender.")]
    change: DriftChangeJson
    action_reason: Annotated[str, about("What happened, in words.")]
    cause: Annotated[DriftCause, about("A person's action, or drift of configuration.")]


class FieldDriftJson(TypedDict):
    """A field that is not as it was applied."""

    name: Annotated[str, about("Its name.")]
    before: Annotated[Any, about("As it was applied; null where the state keeps a hash alone.")]
    after: Annotated[Any, about("As it is live; null where the state keeps a hash alone.")]
    sensitive: Annotated[bool, about("The state keeps a hash alone.")]


class StandingJson(TypedDict):
    """Where a campaign or a message stands: counts, and the latest call."""

    state: Annotated[str, about("The state that the service gives.")]
    finished: Annotated[bool, about("Nothing of it is to come.")]
    dialled: Annotated[Count, about("Calls that were made, or messages that were sent.")]
    answered: Annotated[Count, about("Of whom answered.")]
    accepted: Annotated[Count, about("Who accepted.")]
    declinedOrNoReply: Annotated[Count, about("Who declined, or of RSVP calls gave no reply.")]
    acceptsWanted: Annotated[Count | None, about("How many are to accept; null where nothing is counted.")]
    totalDuration: Annotated[Count, about("Seconds talked.")]
    latestCallAt: Annotated[Instant | None, about("The latest call, in UTC.")]


class HappenedJson(TypedDict):
    """What happened to one object."""

    address: Annotated[AddressText, about("The object.")]
    id: Annotated[str, about("Its id in the live account.")]
    kind: Annotated[str, about("A stable slug of what happened.")]
    text: Annotated[str, about("What happened, in words that follow the address.")]


class FoundDriftJson(HappenedJson):
    """Something that somebody did, or that differs."""

    fields: Annotated[list[FieldDriftJson], about("The fields that differ.")]
    accepted: Annotated[bool, about("`apply --refresh-only` takes it into the state.")]


class ProgressJson(HappenedJson):
    """A campaign or a message that went on as it was meant to."""

    standing: StandingJson


class DriftJson(TypedDict):
    """What is live otherwise than it was last applied."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    mscode_version: Annotated[str, about("Version of the mscode that looked.")]
    timestamp: Annotated[Instant, about("When it looked, in UTC.")]
    project: Annotated[str, about("Name of the project.")]
    environment: Annotated[str, about("Name of the environment.")]
    drifted: Annotated[bool, about("There is more than progress.")]
    compared: Annotated[Count, about("Objects that were compared.")]
    progress: Annotated[list[ProgressJson], about("What went on as it was meant to.")]
    operator: Annotated[list[FoundDriftJson], about("What a person did.")]
    configuration: Annotated[list[FoundDriftJson], about("Fields that are no longer what was applied.")]
    resource_drift: Annotated[list[ResourceDriftJson], about("One entry for each object that differs, as in a plan.")]
    notes: Annotated[list[str], about("What else to know.")]
