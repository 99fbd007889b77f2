"""A plan's JSON, member by member: what `plan --json` prints, and a saved plan holds. The descriptions are the schema's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from mscode.plan.change import CheckStatus
from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.drift.drift_shapes import Flags, ResourceDriftJson
from mscode.views.history.reference import LaunchReferenceJson
from mscode.views.json_schema import AddressText, Count, FromOne, Instant, about
from mscode.views.plan.saved_shape import SavedJson
from mscode.views.plan.view_json import ViewJson
from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson

Object = dict[str, Any]
Effect = Literal["dials", "halts"]

_ACTIONS = [["no-op"], ["create"], ["update"], ["delete"], ["delete", "create"], ["create", "delete"], ["forget"]]


class LineJson(TypedDict):
    """A line of a file of the project."""

    file: Annotated[str, about("Relative to the project, with forward slashes.")]
    line: Annotated[FromOne, about("Line, from 1.")]


class SourceJson(LineJson):
    """A place in the manifests."""

    column: Annotated[FromOne, about("Column, from 1.")]


class ImportingJson(TypedDict):
    """The live object that is adopted."""

    id: Annotated[str, about("Its id.")]


class ChangeJson(TypedDict):
    """Actions, and the object before and after."""

    actions: Annotated[
        list[str], WithJsonSchema({"enum": _ACTIONS}), about("In this order. A launch alone and a halt are an update.")
    ]
    before: Annotated[Object | None, about("The managed fields as they are; null before a create. People are masked.")]
    after: Annotated[
        Object | None, about("The managed fields as they will be; null after a delete. People are masked.")
    ]
    after_unknown: Annotated[Flags, about("True where a value is known only after the apply.")]
    before_sensitive: Annotated[Flags, about("True where `before` is masked.")]
    after_sensitive: Annotated[Flags, about("True where `after` is masked.")]
    replace_paths: Annotated[list[list[Any]], about("Paths of the fields that force a replacement.")]
    importing: Annotated[ImportingJson | None, about("Set where a live object is taken under management.")]


class ResourceChangeJson(TypedDict):
    """What is done to one address."""

    address: Annotated[AddressText, about("`<section>.<name>`, or `<section>.<name>.<key>`.")]
    previous_address: Annotated[str | None, about("Its address until now, where it is moved.")]
    mode: Annotated[Literal["managed"], about("As in Terraform.")]
    type: Annotated[str, about("The section: `rsvpCalls`.")]
    name: Annotated[str, about("The name in its section.")]
    index: Annotated[str | None, about("The key of one made by `forEach`.")]
    provider_name: Annotated[Literal["multisender"], about("As in Terraform.")]
    change: ChangeJson
    action_reason: Annotated[str | None, about("Why, where it needs a word.")]
    source: Annotated[SourceJson | None, about("Where its manifest stands.")]
    effects: Annotated[list[Effect], about("What it does to people beyond the object itself.")]
    depends_on: NotRequired[
        Annotated[list[Annotated[str, about("An address.")]], about("What it refers to, directly, in this project.")]
    ]


class ReachJson(TypedDict):
    """Whom a launch may call or write to, and when."""

    people: Annotated[Count, about("Numbers that may be called, each once.")]
    maxCalls: Annotated[Count, about("Calls at most, redials among them; 0 of what is written.")]
    firstCall: Annotated[Instant | None, about("The earliest instant at which it may ring, in UTC.")]
    lastCall: Annotated[Instant | None, about("The latest instant at which it may ring, in UTC.")]
    maxMessages: NotRequired[Annotated[Count, about("Messages at most, where people are written to.")]]


_Moment = Annotated[Instant, about("An instant, in UTC.")]


_Opening = TypedDict("_Opening", {"from": _Moment, "to": _Moment})


class OpeningJson(_Opening):
    """From and to."""


class CalendarJson(TypedDict):
    """The calling windows of a campaign."""

    address: Annotated[str, about("The campaign.")]
    launches: Annotated[bool, about("This plan launches it; else it rings already.")]
    people: Annotated[Count | None, about("Whom its launch may call; null where nothing is launched.")]
    maxCalls: Annotated[Count | None, about("Calls at most; null where nothing is launched.")]
    maxMessages: NotRequired[Annotated[Count, about("Messages at most, where people are written to.")]]
    openings: Annotated[list[OpeningJson], about("When it may ring, oldest first.")]
    more: Annotated[Count, about("Openings after those that are listed.")]


class SpokenKeyJson(TypedDict):
    """A key that a text names."""

    words: Annotated[str, about("How it names the key: `Press 5`.")]
    key: Annotated[str, about("The key: a digit, `*` or `#`.")]
    said: Annotated[str, about("The action that the text says it is for; empty where it does not say.")]
    mapped: Annotated[str, about("The action that the key has; empty where it has none.")]
    fits: Annotated[bool, about("The key has an action, and it is the one that the text says.")]


class RecordingJson(TypedDict):
    """A recording in the project."""

    path: Annotated[str, about("Relative to the project, with forward slashes.")]
    size: Annotated[Count, about("Bytes.")]
    sha256: Annotated[str, about("Of the file, in hex.")]


class WalkStepJson(TypedDict):
    """One part that people hear or read: a text, a recording, or a voice file whose words are not known."""

    role: Annotated[str, about("What it is for: `start`, `accept`, `message`, …")]
    after_reply: Annotated[bool, about("Played once a key was pressed, or when nobody more is wanted.")]
    text: Annotated[str, about("The words, masked; empty of what is no text.")]
    seconds: Annotated[Count, about("About as long as the text is to hear; 0 of what is read, and of a recording.")]
    recording: Annotated[RecordingJson | None, about("The recording that is played.")]
    voice_file: Annotated[str, about("Address or id of the voice file; empty where the object has the words itself.")]
    keys: Annotated[list[SpokenKeyJson], about("Keys that the text names, in order.")]
    checks: Annotated[list[Count], about("Findings in it: positions in the plan's `checks`, from 0.")]


class WalkJson(TypedDict):
    """What a campaign or message that the plan makes, changes or launches lets people hear or read."""

    address: Annotated[str, about("The campaign or message.")]
    shown_at: Annotated[
        str, about("The change that lets it: its own, or that of a group whose new members it reaches.")
    ]
    rings: Annotated[bool, about("People are called; else they are written to.")]
    buttons: Annotated[dict[str, list[str]], about("Action to its keys.")]
    steps: Annotated[list[WalkStepJson], about("In the order in which they are played or read.")]
    checks: Annotated[list[Count], about("Findings of its texts as a whole: positions in the plan's `checks`, from 0.")]
    parts: NotRequired[Annotated[Count, about("Parts of a text message.")]]
    encoding: NotRequired[Annotated[str, about("Of a text message: `GSM` or `UCS-2`.")]]


class OfPeopleJson(TypedDict, total=False):
    """What is said of people, where a guard or a note is about some."""

    people: Annotated[Count, about("How many people it is about, where it is about people.")]
    places: Annotated[list[LineJson], about("Lines of files that name them, the first hundred.")]


class CheckLinesJson(TypedDict, total=False):
    """What people read of a verdict, where that is more than its message."""

    summary: Annotated[str, about("Of several reasons what they have in common, in place of the message.")]
    lines: Annotated[
        list[str],
        about("What stands below it: several reasons, one for each campaign; the allowed value; how to go on."),
    ]


class CheckJson(OfPeopleJson, CheckLinesJson):
    """The verdict of a guard, or a finding of a rule, which has the members below `addresses`."""

    name: Annotated[str, about("Name of the guard, or id of the rule.")]
    status: Annotated[CheckStatus, about("`fail`: the plan is refused. `allowed`: by a comment in a manifest.")]
    message: Annotated[str, about("What it found, in one sentence.")]
    reason: Annotated[str, about("The project's own words.")]
    addresses: Annotated[list[str], about("What it concerns.")]
    source: NotRequired[Annotated[SourceJson | None, about("Where the words of a finding stand.")]]
    hint: NotRequired[Annotated[str, about("What to do about a finding.")]]
    suggestion: NotRequired[
        Annotated[str, about("The text to put in the place of the words; empty where there is none.")]
    ]
    denies: NotRequired[Annotated[bool, about("Would an allowed or overridden finding refuse the plan?")]]


class NoteJson(OfPeopleJson):
    """Something to know without a change."""

    address: Annotated[str, about("What it concerns.")]
    kind: Annotated[str, about("A stable slug: `operator-halt`, `complete`, `missed`, …")]
    text: Annotated[str, about("What people read.")]
    detail: Annotated[str, about("More of it, or empty.")]
    source: Annotated[SourceJson | None, about("Where its manifest stands.")]


_Totals = TypedDict(
    "_Totals",
    {
        "import": Annotated[Count, about("Objects taken under management.")],
        "move": Annotated[Count, about("Objects that get another address.")],
        "add": Annotated[Count, about("Objects created, replacements among them.")],
        "change": Annotated[Count, about("Objects updated, launched alone, or halted.")],
        "remove": Annotated[Count, about("Objects destroyed, replaced ones among them.")],
        "forget": Annotated[Count, about("Objects left alone from now on.")],
        "launch": Annotated[Count, about("Steps that start dialling people.")],
    },
)


class TotalsJson(_Totals):
    """The numbers of the totals line."""


class UnmanagedObjectJson(TypedDict):
    """A live object that nothing manages."""

    type: Annotated[str, about("The section.")]
    id: Annotated[str, about("Its id.")]
    name: Annotated[str | None, about("Its name, where it has one.")]


class SelectionJson(TypedDict):
    """What `--only` and `--exclude` left out."""

    left_out: Annotated[Count, about("Addresses that were left out.")]
    along: Annotated[list[str], about("Addresses that nobody named and that what was named needs.")]


class PlanJson(TypedDict):
    """A plan."""

    format_version: Annotated[
        Literal["1.0"], about("Version of this format; the first number changes with what breaks readers.")
    ]
    mscode_version: Annotated[str, about("Version of the mscode that made the plan.")]
    timestamp: Annotated[Instant, about("When the plan was made, in UTC.")]
    project: Annotated[str, about("Name of the project.")]
    environment: Annotated[str, about("Name of the environment.")]
    applyable: Annotated[bool, about("There is something to do, and no guard refuses it.")]
    complete: Annotated[bool, about("False: an outcome is unknown and held, so this plan is not all there is to do.")]
    errored: Annotated[bool, about("True: no plan could be made.")]
    resource_changes: Annotated[list[ResourceChangeJson], about("Every managed object, in the order of work.")]
    resource_drift: Annotated[
        list[ResourceDriftJson],
        about("What is live otherwise than it was last applied; progress is not among it."),
    ]
    reach: Annotated[dict[str, ReachJson], about("Address of each launch to whom it may call, and when.")]
    checks: Annotated[list[CheckJson], about("What the guards say.")]
    notes: Annotated[list[NoteJson], about("What to know without a change.")]
    diagnostics: NotRequired[Annotated[list[DiagnosticJson], about("Warnings.")]]
    unmanaged: Annotated[
        dict[str, Annotated[Count, about("Live objects.")]],
        about("Section to the number of live objects that nothing manages."),
    ]
    unmanaged_objects: NotRequired[
        Annotated[list[UnmanagedObjectJson], about("Those objects, where `--unmanaged` asked for them.")]
    ]
    strays: NotRequired[
        Annotated[Count, about("Live objects with this project's marker that neither state nor manifests know.")]
    ]
    selection: NotRequired[SelectionJson]
    totals: NotRequired[TotalsJson]
    timezone: NotRequired[Annotated[str, about("Zone in which people read times: a name of the IANA database.")]]
    calendar: NotRequired[Annotated[list[CalendarJson], about("When each campaign may ring once the plan is applied.")]]
    walks: NotRequired[Annotated[list[WalkJson], about("What people hear or read of each campaign and message.")]]
    rehearsal: NotRequired[
        Annotated[RehearsalJson, about("What the plan is likely to do, where `--rehearse` asked for it.")]
    ]
    earlier_launches: NotRequired[
        Annotated[
            dict[str, LaunchReferenceJson],
            about("Address of what the plan launches or changes to its last launch, where the records hold one."),
        ]
    ]
    commit: NotRequired[Annotated[str, about("The commit that it was made of, where it is known.")]]
    branch: NotRequired[Annotated[str, about("Its branch, where it is known.")]]
    digest: Annotated[str, about("sha256 (hex) of the canonical plan: what would be done.")]
    view: NotRequired[ViewJson]


class PlanFileJson(PlanJson):
    """A plan."""

    saved: NotRequired[SavedJson]


class RefusalJson(TypedDict):
    """What is printed in the place of the result where an error ends the command."""

    format_version: Annotated[Literal["1.0"], about("Version of this format.")]
    applyable: NotRequired[Annotated[Literal[False], about("There is nothing to apply.")]]
    complete: NotRequired[Annotated[Literal[False], about("There is more to do than is known.")]]
    errored: Annotated[Literal[True], about("An error has ended the command.")]
    diagnostics: Annotated[list[DiagnosticJson], about("Why.")]
