"""Reports up the line, and what their figures need to know of units."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.reports import Area, ReportKind, ReportState
from services.nomination.tables.row import Row
from shared.database import words


class Report(Row, table=True):
    """What a unit, this agency or an agency below tells of a time.

    `from_agency` empty: ours; then `unit_id` none: of the agency as a whole, to go up. From below: as it came.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index(None, "agency", "unit_id", "until_on"),
        UniqueConstraint("agency", "from_agency", "their_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID | None = Field(default=None, foreign_key="units.id")
    from_agency: str = ""
    their_id: UUID | None = Field(default=None, description="its id at the agency that it came from")
    to_agency: str = Field(default="", description="the agency above that it goes to")
    kind: ReportKind = Field(sa_type=words(ReportKind, "kind"))
    title: str
    from_on: date
    until_on: date
    due_on: date | None = None
    state: ReportState = Field(default=ReportState.DRAFT, sa_type=words(ReportState, "state"))
    version: int = 1
    words: dict[str, str] = Field(default_factory=dict, sa_type=JSONB, description="by part")
    figures: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB, description="as they were when it was sent; none before: they follow the data"
    )
    reason: str = Field(default="", description="why it was given back, or why it could not be brought")
    parcel: dict[str, Any] | None = Field(default=None, sa_type=JSONB, description="the parcel with its words")
    writer: str = Field(default="", description="the name of whoever began it, as it was then")
    at: datetime = Field(sa_type=DateTime(timezone=True), description="when it came to its state")


class DueReport(Row, table=True):
    """A report that a plan asks for was called for, as its day came near; `open` until it is sent.

    `unit_id` none: the agency's own, to `to_agency`.
    """

    __tablename__ = "due_reports"
    __table_args__ = (Index(None, "agency", "plan_id", "due_on"), Index(None, "unit_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    plan_id: UUID = Field(description="ours, or one from above")
    unit_id: UUID | None = Field(default=None, foreign_key="units.id")
    to_agency: str = ""
    what: str = Field(description="as the plan's deadline says it")
    due_on: date
    open: bool = True
    at: datetime = Field(sa_type=DateTime(timezone=True))


class UnitArea(Row, table=True):
    """A unit lies in such an area from a day to a day (exclusive)."""

    __tablename__ = "unit_areas"
    __table_args__ = (Index(None, "unit_id", "area"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id")
    area: Area = Field(sa_type=words(Area, "area"))
    valid_from: date
    valid_to: date | None = None
    paper: str = Field(default="", description="what says so, as its symbol reads")
