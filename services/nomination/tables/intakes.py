"""Lists that come in as a file, kept row by row from the preview until a while after they were written."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.intakes import IntakeKind, IntakeState, Outcome
from services.nomination.tables.row import Row
from shared.database import words


class Intake(Row, table=True):
    """One file with a list, and what became of it."""

    __tablename__ = "intakes"
    __table_args__ = (Index(None, "agency", "entered_by", "at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: IntakeKind = Field(default=IntakeKind.UNITS, sa_type=words(IntakeKind, "kind"))
    file_name: str
    entered_by: str
    at: datetime = Field(sa_type=DateTime(timezone=True))
    state: IntakeState = Field(default=IntakeState.READY, sa_type=words(IntakeState, "state"))
    unused: list[str] = Field(default=[], sa_type=JSONB, description="headings of columns that mean nothing here")


class IntakeRow(Row, table=True):
    """A row of it: what stood there, what was understood, what becomes of it."""

    __tablename__ = "intake_rows"
    __table_args__ = (Index(None, "intake_id", "outcome", "number"),)

    intake_id: UUID = Field(primary_key=True, foreign_key="intakes.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, description="of the row in the file")
    cells: dict[str, str] = Field(sa_type=JSONB, description="by column")
    found: dict[str, Any] = Field(sa_type=JSONB, description="by column, as it will be written")
    unread: dict[str, str] = Field(default={}, sa_type=JSONB, description="by column: what could not be understood")
    errors: dict[str, str] = Field(default={}, sa_type=JSONB, description="by column: why it is bad")
    outcome: Outcome = Field(sa_type=words(Outcome, "outcome"))
    thing_id: UUID = Field(default_factory=uuid7, description="what it becomes if it is new")
