"""This service's database: row classes, beside the tables of outbox, inbox and audit."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.review.rules import State
from shared import audit, inbox, outbox
from shared.database import new_metadata, words
from shared.events import Category

METADATA = new_metadata()
outbox.add_tables(METADATA)
inbox.add_tables(METADATA)
audit.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class Unit(Row, table=True):
    """A unit's name, as far as it was heard."""

    __tablename__ = "units"

    id: UUID = Field(primary_key=True)
    name: str
    kind: str
    valid_from: date


class Case(Row, table=True):
    """One agency's review of one nomination. `code` is the nomination's, for life."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("agency", "origin_agency", "nomination_id"),
        Index(None, "agency", "state", "code"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID
    code: str
    category: Category = Field(sa_type=words(Category, "category"))
    rule_set: str
    revision: int
    state: State = Field(default=State.NEW, sa_type=words(State, "state"))
    version: int = 1
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))
