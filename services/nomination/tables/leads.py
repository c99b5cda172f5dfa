"""Leads, and what is done to bring them on."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.leads import LeadState, NoteKind, Source, Track
from services.nomination.tables.row import Row
from shared.database import words
from shared.events import Category


class Lead(Row, table=True):
    """Somebody promising, before any nomination. `unit_id` none: the public form did not say, nobody sorted it yet."""

    __tablename__ = "leads"
    __table_args__ = (
        Index(None, "agency", "unit_id", "spotted_at"),
        Index(None, "nomination_id", postgresql_where=text("nomination_id is not null")),
        Index(None, "after_id", postgresql_where=text("after_id is not null")),
        Index(None, "movement_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID | None = Field(default=None, foreign_key="units.id")
    category: Category = Field(sa_type=words(Category, "category"))
    name: str
    position: str = ""
    deed: str
    movement_id: UUID | None = Field(default=None, foreign_key="movements.id", description="in which it was seen")
    task: str = Field(default="", description="the main task in which it was seen")
    found_through: str = Field(default="", description="what else it was seen in")
    source: Source = Field(sa_type=words(Source, "source"))
    track: Track = Field(default=Track.UNIT, sa_type=words(Track, "track"))
    state: LeadState = Field(default=LeadState.SPOTTED, sa_type=words(LeadState, "state"))
    taken_up: bool = Field(default=True, description="false: came by the public form, waits for its unit's triage")
    aside_reason: str = ""
    mentor: str = Field(default="", description="who helps, as a person of the unit would say it")
    contact: str = Field(default="", description="how whoever wrote the public form can be asked, if they said")
    spotted_by: str = Field(default="", description="identity; empty: the public")
    spotted_at: datetime = Field(sa_type=DateTime(timezone=True))
    sort_key: str
    nomination_id: UUID | None = Field(default=None, foreign_key="nominations.id")
    after_id: UUID | None = Field(
        default=None, foreign_key="nominations.id", description="the honoured file it follows"
    )


class LeadNote(Row, table=True):
    """One line of a lead's nurture plan: a gap, a measure, support given, a milestone, a review."""

    __tablename__ = "lead_notes"
    __table_args__ = (Index(None, "lead_id", "at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    lead_id: UUID = Field(foreign_key="leads.id")
    kind: NoteKind = Field(sa_type=words(NoteKind, "kind"))
    text: str
    due_on: date | None = None
    done_on: date | None = None
    at: datetime = Field(sa_type=DateTime(timezone=True))
