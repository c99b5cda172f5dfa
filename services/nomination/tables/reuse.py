"""Rules that forbid to use an achievement again."""

from datetime import date
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.reuse import ReuseKind
from services.nomination.tables.row import Row
from shared.database import words


class ReuseRule(Row, table=True):
    """One such rule, from a day on."""

    __tablename__ = "reuse_rules"
    __table_args__ = (UniqueConstraint("agency", "kind", "valid_from"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    kind: ReuseKind = Field(sa_type=words(ReuseKind, "kind"))
    valid_from: date
    valid_to: date | None = Field(default=None, description="exclusive")
    blocks: bool = Field(default=False, description="a dossier that meets it cannot be handed in; else it is a warning")
    years: int | None = Field(default=None, description="after the honour; none: for ever")
    basis: str = Field(description="law and article")
    confirmed: bool = Field(default=False, description="somebody of the agency has read it there; else it only warns")
