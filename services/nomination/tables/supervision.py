"""Supervision: duties over units, visits with their findings, what was said of these, and what visitors look at."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.supervision import FindingState, Met, Point, WordKind
from services.nomination.tables.row import Row
from shared.database import words


class SupervisionDuty(Row, table=True):
    """That somebody looks after a unit, from a day until another."""

    __tablename__ = "supervision_duties"
    __table_args__ = (Index(None, "agency", "unit_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id")
    person: str = Field(description="their name, as whoever gave the duty wrote it")
    identity: str = Field(default="", description="who they are, where that is known: they took it themselves")
    what: str = Field(default="", description="what to look at")
    since: date
    until: date | None = Field(default=None, description="its last day; none: open")
    sort_key: str


class Visit(Row, table=True):
    """A visit to a unit: who went, what was looked at, and what they say of the whole."""

    __tablename__ = "visits"
    __table_args__ = (Index(None, "unit_id", "held_on"), Index(None, "agency", "held_on"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id")
    held_on: date
    party: str = Field(description="who went")
    checklist: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB, description="points as they were told")
    summary: str = ""
    entered_by: str

    @property
    def points(self) -> list[Point]:
        """The checklist as the rules know it."""
        return [Point(one["text"], Met(one["met"]), one["note"]) for one in self.checklist]

    def tell(self, points: Sequence[Point]) -> None:
        """Keep a checklist."""
        self.checklist = [{"text": one.text, "met": str(one.met), "note": one.note} for one in points]


class VisitFile(Row, table=True):
    """A photo or another file of a visit; its content lies in the store."""

    __tablename__ = "visit_files"
    __table_args__ = (UniqueConstraint("visit_id", "sha256"), Index(None, "agency", "sha256"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visits.id")
    sha256: str
    file_name: str
    media_type: str
    size: int
    caption: str = Field(default="", description="what it shows")


class VisitFinding(Row, table=True):
    """Something that a visit found, and that its unit answers."""

    __tablename__ = "visit_findings"
    __table_args__ = (Index(None, "visit_id"), Index(None, "agency", "state", "due_on"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    visit_id: UUID = Field(foreign_key="visits.id")
    unit_id: UUID = Field(foreign_key="units.id")
    text: str
    to_do: str = ""
    due_on: date
    state: FindingState = Field(default=FindingState.WAITING, sa_type=words(FindingState, "state"))
    at: datetime = Field(sa_type=DateTime(timezone=True))


class FindingWord(Row, table=True):
    """What was said about a finding: an answer, that it is asked again, that it is closed."""

    __tablename__ = "finding_words"
    __table_args__ = (Index(None, "finding_id", "at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    finding_id: UUID = Field(foreign_key="visit_findings.id")
    kind: WordKind = Field(sa_type=words(WordKind, "kind"))
    text: str
    at: datetime = Field(sa_type=DateTime(timezone=True))


class ChecklistPoint(Row, table=True):
    """A point that every visit is offered, in force from a day on."""

    __tablename__ = "checklist_points"
    __table_args__ = (UniqueConstraint("agency", "text", "valid_from"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    text: str
    source: str
    position: int = 0
    valid_from: date
    valid_to: date | None = Field(default=None, description="exclusive")
