"""Records of launches as JSON: `history` and its subcommands with --json. The CSV's columns are the members of a launch. The
descriptions are the schema's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from mscode.views.json_schema import Count, Instant, about

#: What makes a step a launch.
Reason = Literal["first", "resume", "interrupted", "edit", "reaches-more"]


class _LaunchHead(TypedDict):
    id: Annotated[str, about("Its id, for `mscode history show`.")]
    at: Annotated[Instant, about("When the record was written, before the first request of the launch, in UTC.")]
    environment: Annotated[str, about("Name of the environment.")]
    address: Annotated[str, about("What was launched, or what was changed so that campaigns reach more people.")]
    liveId: Annotated[
        str | None, about("Its id in the live account; null where the launch made it and the answer was lost.")
    ]
    sent: Annotated[bool, about("False: the service was not asked for it after all, and nothing rang.")]
    reason: Annotated[
        str,
        about(
            "first (never launched before), resume (halted, asked for again), interrupted (an edit was cut short), edit (an edit "
            "that widens) or reaches-more (people were added to what a campaign reaches)."
        ),
    ]
    what: Annotated[str, about("The same in words, with what was widened.")]
    campaigns: Annotated[list[str], about("The campaigns that reach more people: addresses or ids; else empty.")]


class _LaunchRun(TypedDict):
    commit: Annotated[str | None, about("The commit; null where it is not known.")]
    clean: Annotated[
        bool | None, about("The files that were used are those of the commit; null where that is not known.")
    ]
    startedBy: Annotated[
        str | None,
        about(
            "Who or what started the run, with `(claimed)` where a variable alone says it; null where that is not known."
        ),
    ]
    approvedBy: Annotated[
        str | None,
        about(
            "Who approved it and how, with `(claimed)` where a variable alone says it; null where that is not known."
        ),
    ]
    runUrl: Annotated[
        str | None,
        about("The page of the CI's run, with `(claimed)` where a variable alone says it; null where there is none."),
    ]
    pullRequestUrl: Annotated[
        str | None, about("The page of the pull or merge request; null where the forge tells none.")
    ]


class _LaunchResult(TypedDict):
    people: Annotated[Count, about("Persons whom it was let reach.")]
    maxCalls: Annotated[Count, about("Calls at most, redials among them; 0 of what is written.")]
    rings: Annotated[Count | None, about("Calls that were made; null where that is not known yet.")]
    ringsAreMinimum: Annotated[
        bool, about("There may have been more rings: of somebody the service does not tell how often it called.")
    ]
    called: Annotated[Count | None, about("Persons called at least once; null where that is not known yet.")]
    answered: Annotated[Count | None, about("Of whom answered; null where that is not known yet.")]
    accepts: Annotated[Count | None, about("Who accepted; null where that is not known yet.")]
    declines: Annotated[Count | None, about("Who declined; null where that is not known yet.")]
    untold: Annotated[
        Count | None,
        about("Persons of whom the service does not tell what came of it; null where it was not asked yet."),
    ]
    state: Annotated[
        str | None,
        about("How its campaign or message stood then, in the service's word; null where that is not known yet."),
    ]
    resultAt: Annotated[Instant | None, about("When this was read from the service, in UTC; null where it was not.")]
    final: Annotated[bool, about("Nothing can be added to it any more.")]


class LaunchJson(_LaunchHead, _LaunchRun, _LaunchResult):
    """One launch: what was let reach whom, of which commit, who started and approved it, and what came of it."""


class OtherRingsJson(TypedDict):
    """Calls of a campaign that no launch in the records stands behind: somebody started them in the web interface."""

    address: Annotated[str | None, about("The campaign; null where neither the state nor a mark gives an address.")]
    type: Annotated[str, about("Its section.")]
    id: Annotated[str, about("Its id in the live account.")]
    rings: Annotated[Count, about("How many calls.")]


class HistoryJson(TypedDict):
    """Launches, newest first."""

    environment: Annotated[str, about("Name of the environment.")]
    launches: Annotated[list[LaunchJson], about("Each of them.")]
    erased: Annotated[
        Count,
        about(
            "Launches beside them whose records were erased when their time had passed; not counted with `--commit`."
        ),
    ]
    otherRings: NotRequired[
        Annotated[
            list[OtherRingsJson],
            about(
                "Calls that a person started in the web interface, by campaign; only with `--refresh`, which reads them."
            ),
        ]
    ]


# ---- one record ------------------------------------------------------------------------------------------------------


class WordsJson(TypedDict):
    """A part that was played, or read."""

    role: Annotated[str, about("What it was for: `start`, `accept`, `message`, …")]
    text: Annotated[
        str | None, about("The words, people masked; null of a recording, and of words that are not known.")
    ]
    sha256: Annotated[
        str | None,
        about(
            "Of the words as they were sent, or of the recording (hex); null of neither, and of words that are shown masked."
        ),
    ]
    recording: Annotated[bool, about("It was a recording.")]
    voiceFile: Annotated[str | None, about("Id of the live voice file whose words are not known.")]
    language: Annotated[str | None, about("The voice that spoke it, where there was one.")]


class LaterWordsJson(TypedDict):
    """Words that came after a launch, by an edit or by a later launch of the same object."""

    at: Annotated[Instant, about("When they were changed, in UTC.")]
    address: Annotated[str, about("What is heard or read with them.")]
    words: Annotated[list[WordsJson], about("What people heard or read from then on.")]


class WindowJson(TypedDict):
    """When it was let reach people; null of what does not apply."""

    start: Annotated[str | None, about("Its start.")]
    end: Annotated[str | None, about("Its end.")]
    activeFrom: Annotated[str | None, about("The first time of day.")]
    activeTo: Annotated[str | None, about("The last time of day.")]
    weekdays: Annotated[list[str], about("Its weekdays.")]
    zone: Annotated[str | None, about("The zone of the times of day.")]
    firstCall: Annotated[Instant | None, about("The earliest instant at which it might ring, in UTC.")]
    lastCall: Annotated[Instant | None, about("The latest instant at which it might ring, in UTC.")]


class OverrideJson(TypedDict):
    """A guard or a finding that was overridden."""

    sort: Annotated[Literal["guard", "finding"], about("Which of them.")]
    name: Annotated[str, about("The guard, or the rule.")]
    reason: Annotated[str, about("Why, in the project's words; empty where none was given.")]
    summary: Annotated[str, about("What it said.")]


class ChainJson(TypedDict):
    """Where a record stands in the chain."""

    number: Annotated[Count, about("Its number, from 1.")]
    before: Annotated[str, about("The digest of the record before it (hex).")]
    digest: Annotated[str, about("Its own digest (hex).")]


class PersonCallsJson(TypedDict):
    """What came of one person's calls in one launch. Null: the service does not tell, or was not asked yet."""

    dials: Annotated[Count | None, about("How often the person was called.")]
    lastCallAt: Annotated[Instant | None, about("The latest call, in UTC.")]
    seconds: Annotated[Count | None, about("Seconds talked.")]
    reply: Annotated[str | None, about("accept, decline, none or other.")]


class RecordJson(LaunchJson):
    """One launch with all that its record holds."""

    type: Annotated[Literal["launch"], about("It is the record of a launch.")]
    unit: Annotated[str, about("What people get of it: `call`, `message`, …")]
    words: Annotated[list[WordsJson], about("What people heard or read, as it was approved.")]
    laterWords: Annotated[
        list[LaterWordsJson], about("What they may have heard or read later, since the words were changed.")
    ]
    window: WindowJson
    overrides: Annotated[list[OverrideJson], about("Guards and findings that were overridden.")]
    context: Annotated[
        dict[str, Any],
        about("The circumstances of its run: what the forge told, what is claimed, and what nobody told."),
    ]
    manifestsDigest: Annotated[str, about("sha256 (hex) of the manifests.")]
    planDigest: Annotated[str, about("Digest of the plan.")]
    mscodeVersion: Annotated[str, about("Version of mscode.")]
    tzdataVersion: Annotated[str, about("Version of the time zone data.")]
    chain: ChainJson


class DecisionJson(TypedDict):
    """A decision of somebody: an override, a halt, a create that was resolved, deletes that were allowed."""

    type: Annotated[Literal["decision"], about("It is the record of a decision.")]
    id: Annotated[str, about("Its id.")]
    at: Annotated[Instant, about("When, in UTC.")]
    environment: Annotated[str, about("Name of the environment.")]
    action: Annotated[str, about("`override`, `halt`, `resolve`, `allow-deletes`, …")]
    who: Annotated[str, about("Who, as user@host.")]
    run: Annotated[str | None, about("The page of the CI's run; null where there is none.")]
    details: Annotated[dict[str, Any], about("What was decided.")]
    chain: ChainJson


class OtherRecordJson(TypedDict):
    """A record of what came of a launch, or of where the chain begins."""

    type: Annotated[Literal["result", "beginning"], about("Which of them.")]
    id: Annotated[str, about("Its id.")]
    at: Annotated[Instant, about("When, in UTC.")]
    environment: Annotated[str, about("Name of the environment.")]
    content: Annotated[
        dict[str, Any], about("What it says: of a result the launch's number, its state and the totals.")
    ]
    chain: ChainJson


# ---- one person ------------------------------------------------------------------------------------------------------


class PersonLaunchJson(LaunchJson):
    """A launch that was let reach the person."""

    words: Annotated[list[WordsJson], about("What people heard or read, as it was approved.")]
    laterWords: Annotated[
        list[LaterWordsJson], about("What they may have heard or read later, since the words were changed.")
    ]
    outcome: Annotated[
        PersonCallsJson | None, about("What came of it for the person; null where that is not known yet.")
    ]


class PersonHistoryJson(TypedDict):
    """The launches that were let reach one person, newest first."""

    environment: Annotated[str, about("Name of the environment.")]
    launches: Annotated[list[PersonLaunchJson], about("Each of them.")]
    erased: Annotated[
        Count,
        about(
            "Launches whose records were erased when their time had passed: it is not known whether these reached the person."
        ),
    ]


class ForgottenJson(TypedDict):
    """What was erased of one person."""

    environment: Annotated[str, about("Name of the environment.")]
    launches: Annotated[Count, about("Launches from which the person was erased.")]
    results: Annotated[Count, about("Results of launches from which the person was erased.")]
    remains: Annotated[
        str | None, about("Where earlier versions of the records may still hold it, and which setting deletes these.")
    ]


# ---- all of them -----------------------------------------------------------------------------------------------------


class RecordProblemJson(TypedDict):
    """A place where the records do not hold."""

    place: Annotated[str, about("Which document and line, or which object.")]
    summary: Annotated[str, about("What is wrong.")]


class VerificationJson(TypedDict):
    """Whether the records hold."""

    environment: Annotated[str, about("Name of the environment.")]
    valid: Annotated[bool, about("The chain, its links to the state and the records of the launched campaigns hold.")]
    problems: Annotated[list[RecordProblemJson], about("Where they do not.")]


class ExportedJson(TypedDict):
    """What was exported."""

    environment: Annotated[str, about("Name of the environment.")]
    folder: Annotated[str, about("The folder.")]
    launches: Annotated[Count, about("Launches in it.")]
    files: Annotated[Count, about("Files in it.")]
