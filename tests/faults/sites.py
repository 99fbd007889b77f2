"""Where a fault strikes: a kind, a verb, and the scene in which mscode sends it. A new kind is a line for each verb."""

from __future__ import annotations

from dataclasses import dataclass

ID = "/[0-9]+"


@dataclass(frozen=True, slots=True)
class Site:
    """`path` is a pattern; `skip` requests like it go unharmed first, those of the base not counted."""

    kind: str
    verb: str
    scene: str
    path: str
    skip: int = 0
    what: str = ""

    def __str__(self) -> str:
        return f"{self.scene}-{self.verb}-{self.what or self.kind}"

    @property
    def makes_inert(self) -> bool:
        """Does it make something that is sent again where nothing of it is found?"""
        kinds = ("accounts", "filters", "groups", "voiceFiles", "subusers", "rsvpCalls")
        return self.verb == "POST" and self.kind in kinds


SITES = [
    # POST: what is made
    Site("accounts", "POST", "make", "/accounts"),
    Site("filters", "POST", "make", "/accounts/filters"),
    Site("groups", "POST", "make", "/groups"),
    Site("members", "POST", "make", f"/groups{ID}/accounts"),
    Site("voiceFiles", "POST", "make", "/voice_files/text_to_speech", what="speech"),
    Site("voiceFiles", "POST", "make", "/voice_files", what="upload"),
    Site("rsvpCalls", "POST", "make", "/rsvp_calls"),
    Site("filters", "POST", "edit", "/accounts/filters"),
    Site("members", "POST", "edit", f"/groups{ID}/accounts"),
    Site("voiceFiles", "POST", "respeak", "/voice_files/text_to_speech", what="speech"),
    Site("receivers", "POST", "grow", f"/rsvp_calls{ID}/receivers"),
    Site("calls", "POST", "send", "/calls"),
    Site("smses", "POST", "send", "/smses"),
    Site("emails", "POST", "send", "/emails"),
    Site("clickToCalls", "POST", "send", "/click_to_calls"),
    Site("clickToCalls", "POST", "resend", "/click_to_calls", what="replacement"),
    Site("subusers", "POST", "list", "/subusers"),
    Site("accounts", "POST", "list", "/accounts", what="row"),
    Site("members", "POST", "list", f"/groups{ID}/accounts", what="rows"),
    Site("accounts", "POST", "relist", "/accounts", what="row"),
    Site("groups", "POST", "replied", "/groups"),
    Site("members", "POST", "replied", f"/groups{ID}/accounts"),
    # PUT: what is changed
    Site("voiceFiles", "PUT", "make", f"/voice_files{ID}", what="upload"),
    Site("accounts", "PUT", "edit", f"/accounts{ID}"),
    Site("groups", "PUT", "edit", f"/groups{ID}"),
    Site("voiceFiles", "PUT", "edit", f"/voice_files{ID}", what="speech"),
    Site("voiceFiles", "PUT", "edit", f"/voice_files{ID}", skip=1, what="upload"),
    Site("rsvpCalls", "PUT", "edit", f"/rsvp_calls{ID}"),
    Site("rsvpCalls", "PUT", "respeak", f"/rsvp_calls{ID}", what="repoint"),
    Site("rsvpCalls", "PUT", "launch", f"/rsvp_calls{ID}", what="launch"),
    Site("rsvpCalls", "PUT", "running", f"/rsvp_calls{ID}", what="halt"),
    Site("rsvpCalls", "PUT", "running", f"/rsvp_calls{ID}", skip=1, what="edit"),
    Site("rsvpCalls", "PUT", "running", f"/rsvp_calls{ID}", skip=2, what="resume"),
    Site("calls", "PUT", "resend", f"/calls{ID}"),
    Site("smses", "PUT", "resend", f"/smses{ID}"),
    Site("emails", "PUT", "resend", f"/emails{ID}"),
    Site("subusers", "PUT", "relist", f"/subusers{ID}"),
    Site("accounts", "PUT", "relist", f"/accounts{ID}", what="row"),
    # DELETE: what goes
    Site("members", "DELETE", "edit", f"/groups{ID}{ID}"),
    Site("voiceFiles", "DELETE", "respeak", f"/voice_files{ID}", what="old"),
    Site("accounts", "DELETE", "remove", f"/accounts{ID}"),
    Site("filters", "DELETE", "remove", f"/accounts/filters{ID}"),
    Site("groups", "DELETE", "remove", f"/groups{ID}"),
    Site("voiceFiles", "DELETE", "remove", f"/voice_files{ID}"),
    Site("rsvpCalls", "DELETE", "remove", f"/rsvp_calls{ID}"),
    Site("clickToCalls", "DELETE", "resend", f"/click_to_calls{ID}", what="replaced"),
    Site("members", "DELETE", "relist", f"/groups{ID}{ID}", what="row"),
    Site("calls", "DELETE", "unsend", f"/calls{ID}"),
    Site("smses", "DELETE", "unsend", f"/smses{ID}"),
    Site("emails", "DELETE", "unsend", f"/emails{ID}"),
    Site("clickToCalls", "DELETE", "unsend", f"/click_to_calls{ID}"),
    Site("subusers", "DELETE", "unlist", f"/subusers{ID}"),
    # GET: what is looked at, before anything is decided and after it was done
    Site("accounts", "GET", "edit", "/accounts", what="accounts"),
    Site("filters", "GET", "edit", "/accounts/filters", what="filters"),
    Site("groups", "GET", "edit", "/groups", what="groups"),
    Site("members", "GET", "edit", f"/groups{ID}/accounts", what="members"),
    Site("members", "GET", "launch", f"/groups{ID}/accounts", skip=1, what="members-before-launch"),
    Site("rsvpCalls", "GET", "respeak", "/rsvp_calls", skip=1, what="still-used"),
    Site("rsvpCalls", "GET", "edit", "/rsvp_calls", what="campaigns"),
    Site("rsvpCalls", "GET", "make", f"/rsvp_calls{ID}", what="read-back"),
    Site("rsvpCalls", "GET", "launch", "/rsvp_calls", skip=1, what="list-before-launch"),
    Site("rsvpCalls", "GET", "launch", f"/rsvp_calls{ID}", skip=1, what="read-after-launch"),
    Site("calls", "GET", "unsent", "/calls", what="calls"),
    Site("calls", "GET", "send", "/calls", skip=1, what="calls-before-send"),
    Site("calls", "GET", "send", f"/calls{ID}", what="read-back"),
    Site("accounts", "GET", "send", f"/accounts{ID}", what="people-before-send"),
    Site("emails", "GET", "resend", f"/emails{ID}", skip=1, what="read-back"),
    Site("clickToCalls", "GET", "resend", f"/click_to_calls{ID}", skip=1, what="is-gone"),
    Site("accounts", "GET", "list", "/accounts", skip=1, what="rows"),
    Site("accounts", "GET", "list", "/accounts", skip=2, what="rows-after"),
    Site("subusers", "GET", "relist", "/subusers", what="subusers"),
    Site("rsvpReceivers", "GET", "replied", f"/rsvp_calls{ID}/receivers", what="replies"),
]
