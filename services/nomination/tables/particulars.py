"""Forms that awards ask for, and what they ask of a person: each value sealed by itself."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.tables.row import Row
from shared.field_keys import Place


class AwardForm(Row, table=True):
    """A form as a decree has it from a day on."""

    __tablename__ = "award_forms"
    __table_args__ = (UniqueConstraint("agency", "code", "valid_from"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    title: str
    basis: str = Field(description="decree, annex and number of the form")
    valid_from: date
    valid_to: date | None = Field(default=None, description="exclusive")
    categories: list[str] = Field(sa_type=JSONB, description="of subjects that it is for")
    asks: list[dict[str, str]] = Field(sa_type=JSONB, description="field, label, why: see `rules.particulars.Ask`")
    confirmed: bool = Field(default=False, description="somebody of the agency has read it there")


class Particular(Row, table=True):
    """One value that a form asks for; only whoever holds the service's field keys can read it."""

    __tablename__ = "particulars"
    __table_args__ = (UniqueConstraint("nomination_id", "field"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    field: str
    sealed: bytes
    at: datetime = Field(sa_type=DateTime(timezone=True))

    @property
    def place(self) -> Place:
        """Where its value stands."""
        return Place("particulars", "sealed", self.id)
