"""Reports up the line, said by nomination: what is due, on its way, received, given back."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from shared.events.event import Door, Event, Sealed


class ReportStep(StrEnum):
    """What a report waits for."""

    TAKE = "take"
    """Its agency, or the one above, receives it or gives it back."""
    REWRITE = "rewrite"


class ReportAwaits(Event):
    """What a report waits for from now on, in place of what it waited for before; `unit_id` none: it is an agency's.

    Said by nomination; heard by notification.
    """

    said_by = "nomination"
    keyed_by = "report_id"

    report_id: UUID
    unit_id: UUID | None = None
    year: int
    steps: list[ReportStep]
    due_on: date | None = None


class ReportDue(Event):
    """Whether a report that a plan asks for by a day waits to be sent; `unit_id` none: it is the agency's own.

    Said by nomination; heard by notification.
    """

    said_by = "nomination"
    keyed_by = "due_id"

    due_id: UUID
    unit_id: UUID | None = None
    what: str
    due_on: date
    waits: bool


class ReportFigures(BaseModel):
    """The figures of a report: numbers of a time, by stage of the way, category, group and area. No figure is about a
    person. `targets`: what the agency's own plans ask for, with what became of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stages: dict[str, NonNegativeInt]
    categories: dict[str, dict[str, NonNegativeInt]] = Field(default={})
    groups: dict[str, dict[str, NonNegativeInt]] = Field(default={})
    areas: dict[str, dict[str, NonNegativeInt]] = Field(default={})
    units: dict[str, NonNegativeInt]
    agencies: NonNegativeInt = 1
    targets: list[dict[str, str | int]] = Field(default=[])


class ReportEvent(Event):
    """What every event of a report between agencies says; `report_id` is the lower agency's."""

    said_by = "nomination"
    doors = (Door.INTERNAL, Door.TO)
    keyed_by = "report_id"

    to_agency: str
    report_id: UUID


class ReportSent(ReportEvent):
    """An agency reports to one above, where the parcel with its words lies already; both days are included.

    Said by nomination; heard by the parent's nomination.
    """

    kind: str
    from_on: date
    until_on: date
    version: int
    figures: ReportFigures
    words: Sealed


class ReportReceived(ReportEvent):
    """The agency above took a report as it is. Said by nomination; heard by the child's nomination."""


class ReportReturned(ReportEvent):
    """The agency above gave a report back; why lies in a parcel.

    Said by nomination; heard by the child's nomination.
    """

    reasons: Sealed
