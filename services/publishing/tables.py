"""This service's database: row classes, beside the tables of outbox, inbox, audit, jobs and parcels."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.publishing.rules import ConsentState, DeliveryState, HonourState, State
from shared import audit, inbox, jobs, outbox, parcels
from shared.database import new_metadata, words
from shared.events import Category
from shared.identity import ended

METADATA = new_metadata()
for part in (outbox, inbox, audit, jobs, parcels, ended):
    part.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class ConsentRule(Row, table=True):
    """Whose word is needed at which age, dated."""

    __tablename__ = "consent_rules"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    valid_from: date
    valid_to: date | None = None
    source: str
    bands: list[dict[str, Any]] = Field(sa_type=JSONB)


class Story(Row, table=True):
    """The publishable text of an honoured exemplar, kept apart from the dossier."""

    __tablename__ = "stories"
    __table_args__ = (
        UniqueConstraint("agency", "origin_agency", "nomination_id"),
        UniqueConstraint("path"),
        Index(None, "agency", "state", "published_at"),
        Index(None, "agency", "code"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    honour_id: UUID | None = None
    honour: HonourState = Field(default=HonourState.IN_FORCE, sa_type=words(HonourState, "honour"))
    code: str
    category: Category = Field(sa_type=words(Category, "category"))
    decision: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    state: State = Field(default=State.AWAITED, sa_type=words(State, "state"))
    path: str
    name: str = ""
    position: str = ""
    unit: str = ""
    born_on: date | None = None
    persons: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    title: str = ""
    text: str = ""
    published_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    retracted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    moved_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = 1


class Consent(Row, table=True):
    """One person's word on one story."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("story_id", "relation"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    story_id: UUID = Field(foreign_key="stories.id")
    person_id: UUID
    relation: str
    state: ConsentState = Field(default=ConsentState.ASKED, sa_type=words(ConsentState, "state"))
    purposes: list[str] = Field(default_factory=list, sa_type=JSONB)
    text_version: int
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Channel(Row, table=True):
    """Where published and retracted stories are told. Its secret lies in a file of that name, never here."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    name: str
    url: str
    purpose: str
    secret_file: str
    active: bool = True


class Delivery(Row, table=True):
    """One telling of one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "agency", "state"), Index(None, "story_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    channel_id: UUID = Field(foreign_key="channels.id")
    story_id: UUID = Field(foreign_key="stories.id")
    what: str
    version: int
    at: datetime = Field(sa_type=DateTime(timezone=True))
    state: DeliveryState = Field(default=DeliveryState.QUEUED, sa_type=words(DeliveryState, "state"))
    told_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answer: str = ""
