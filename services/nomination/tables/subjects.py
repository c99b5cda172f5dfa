"""Subjects that may be one, and what was said of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.subjects import Verdict
from services.nomination.tables.row import Row
from shared.database import words


class SubjectPair(Row, table=True):
    """Two subjects that may be one, the smaller id first. Who said what of them, and took it back, is in the audit."""

    __tablename__ = "subject_pairs"
    __table_args__ = (
        UniqueConstraint("one_id", "other_id"),
        Index(None, "other_id"),
        Index(None, "agency", "verdict", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    one_id: UUID = Field(foreign_key="subjects.id")
    other_id: UUID = Field(foreign_key="subjects.id")
    verdict: Verdict = Field(default=Verdict.ASKED, sa_type=words(Verdict, "verdict"))
    stands_id: UUID | None = Field(default=None, description="of two that were merged, the one whose name stands")
    said_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def merged_id(self) -> UUID:
        """Of two that were merged, the one that stands no more."""
        return self.other_id if self.stands_id == self.one_id else self.one_id
