"""What is known of a service beforehand, as far as it matters to mscode itself: `service:` of an environment says it."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from mscode.model.light_dataclass import dataclass

#: Calls a minute of one campaign, and minutes until a redial, where the environment says nothing: what the sandbox does
#: (docs/sandbox.md#how-a-campaign-dials).
USUAL_PACE, USUAL_REDIAL_MINUTES = 12, 30


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """`zone_name` is the zone of every date-time whose zone the API's page does not state (model/service_forms.py);
    `expands_groups`: a group among receivers becomes its members of the moment at which it is written; `parses_operations`: the
    operations of a call come back parsed, and not as the text that was sent; `leaves_plus_out`:
    numbers in E.164 come without their plus sign (model/service_numbers.py).
    """

    zone_name: str = "UTC"
    expands_groups: bool = False
    parses_operations: bool = False
    leaves_plus_out: bool = False

    @property
    def reads_literally(self) -> bool:
        """Is the JSON of its answers as the API's page has it?"""
        return self.zone is UTC and not self.parses_operations and not self.leaves_plus_out

    @property
    def zone(self) -> tzinfo:
        """The zone that `zone_name` names."""
        return UTC if self.zone_name == "UTC" else ZoneInfo(self.zone_name)


#: A service that reads the API's page as it is printed.
LITERAL = ServiceFacts()
