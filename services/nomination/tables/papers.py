"""What stands in a dossier beside its claims: opinions, the nominee's answer, the head's word, checks, revisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules import ClaimState, Relation
from services.nomination.rules.papers import Voice
from services.nomination.tables.row import Row
from shared.database import words


class ClaimCheck(Row, table=True):
    """That somebody looked into a claim: what they found, and how. Older ones stay."""

    __tablename__ = "claim_checks"
    __table_args__ = (Index(None, "nomination_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    claim_id: UUID = Field(foreign_key="claims.id")
    claim_version: int
    state: ClaimState = Field(sa_type=words(ClaimState, "state"))
    how: str
    checked_by: str
    role: str
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Opinion(Row, table=True):
    """What somebody thinks of the nominee, as the nominator wrote it down; who it was stands as a role."""

    __tablename__ = "opinions"
    __table_args__ = (Index(None, "nomination_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    voice: Voice = Field(sa_type=words(Voice, "voice"))
    who: str
    text: str


class Agreement(Row, table=True):
    """That the nominee was asked by a link, and the answer. Of several the newest counts."""

    __tablename__ = "agreements"
    __table_args__ = (Index(None, "nomination_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    relation: Relation = Field(sa_type=words(Relation, "relation"))
    asked_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    agreed: bool | None = None


class Confirmation(Row, table=True):
    """The head of the unit stands by the dossier as it was after so many `edits`."""

    __tablename__ = "confirmations"
    __table_args__ = (Index(None, "nomination_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    edits: int
    confirmed_by: str
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Revision(Row, table=True):
    """What a dossier said when it was handed in, field by field."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("nomination_id", "number"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    number: int
    content: dict[str, Any] = Field(sa_type=JSONB)
    at: datetime = Field(sa_type=DateTime(timezone=True))
