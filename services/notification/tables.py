"""This service's database: row classes, beside the tables of outbox, inbox, audit, jobs and parcels."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.notification.rules import Channel, Kind, MessageState
from shared import audit, inbox, jobs, outbox, parcels, rates
from shared.database import new_metadata, words
from shared.identity import ended
from shared.running import runs

METADATA = new_metadata()
for part in (outbox, inbox, audit, jobs, parcels, ended, rates, runs):
    part.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class Account(Row, table=True):
    """Somebody who has signed in, as the provider described them the last time."""

    __tablename__ = "accounts"

    identity: str = Field(primary_key=True, description="issuer|subject")
    name: str
    email: str = ""
    roles: list[dict[str, Any]] = Field(sa_type=JSONB, description="what the provider names; grants stand beside")
    seen_at: datetime = Field(sa_type=DateTime(timezone=True))


class Unit(Row, table=True):
    """A unit's name, as far as it was heard."""

    __tablename__ = "units"

    id: UUID = Field(primary_key=True)
    name: str
    valid_from: date
    valid_to: date | None = Field(default=None, description="from when it is no more")


class Grant(Row, table=True):
    """A role that this agency gave by itself, beside what a provider names."""

    __tablename__ = "grants"
    __table_args__ = (
        Index(None, "agency", "identity"),
        CheckConstraint("until is null or since is null or since < until", name="dates"),
        CheckConstraint("(revoked_at is null) = (revoked_by is null)", name="revoked"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    identity: str = Field(description="issuer|subject")
    role: str = Field(max_length=20)
    unit_id: UUID | None = Field(default=None, description="none: for the whole agency")
    since: date | None = None
    until: date | None = Field(default=None, description="exclusive")
    granted_by: str
    granted_at: datetime = Field(sa_type=DateTime(timezone=True))
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True), description="counts no more")


class Session(Row, table=True):
    """A session that has not ended; its times are real ones, not the domain's."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "agency", "identity"),)

    id: str = Field(primary_key=True)
    identity: str = Field(description="issuer|subject")
    browser: str = Field(default="", description="the family and its system, to know one's own again")
    began_at: datetime = Field(sa_type=DateTime(timezone=True))
    seen_at: datetime = Field(sa_type=DateTime(timezone=True), description="roughly: when its token was last renewed")
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))


class Contact(Row, table=True):
    """How somebody without an account is reached."""

    __tablename__ = "contacts"

    person_id: UUID = Field(primary_key=True)
    name: str
    email: str


class File(Row, table=True):
    """A nomination's code and unit, as messages need them."""

    __tablename__ = "files"

    nomination_id: UUID = Field(primary_key=True)
    code: str
    unit_id: UUID


class Request(Row, table=True):
    """A consent that was asked for; its link goes out as soon as the person's contact is known."""

    __tablename__ = "requests"
    __table_args__ = (Index(None, "person_id"),)

    consent_id: UUID = Field(primary_key=True)
    event_id: UUID
    person_id: UUID
    nomination_id: UUID
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    sent: bool = False


class Task(Row, table=True):
    """What waits for somebody, or waited: a closed one keeps its version."""

    __tablename__ = "tasks"
    __table_args__ = (Index(None, "agency", "open", "kind", "unit_id"),)

    thing_id: UUID = Field(primary_key=True, description="of the nomination, case, story, plan or finding")
    kind: Kind = Field(primary_key=True, sa_type=words(Kind, "kind"))
    code: str = ""
    unit_id: UUID | None = Field(default=None, description="none: of the agency")
    path: str = ""
    since: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    due_on: date | None = None
    done_by: list[str] = Field(
        default=[], sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'::jsonb")}, description="their marks"
    )
    version: int
    open: bool


class LateNotice(Row, table=True):
    """Something to tell of a file that was not heard of yet: there is no order between two topics."""

    __tablename__ = "late_notices"

    event_id: UUID = Field(primary_key=True)
    notice: str = Field(primary_key=True)
    nomination_id: UUID = Field(index=True)
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Message(Row, table=True):
    """One message per event, person and channel. In the inbox it is a kind and its gap, put into words when read."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("event_id", "recipient", "channel"),
        Index(None, "agency", "recipient", "channel", "id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    event_id: UUID
    recipient: str = Field(description="an account's identity, or person:<id>")
    channel: Channel = Field(sa_type=words(Channel, "channel"))
    address: str = ""
    notice: str = Field(
        default="", max_length=40, sa_column_kwargs={"server_default": ""}, description="in-app: its kind"
    )
    code: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": ""}, description="in-app: of what")
    subject: str = Field(default="", description="of mail")
    body: str = Field(default="", description="of mail")
    path: str = ""
    at: datetime = Field(sa_type=DateTime(timezone=True))
    state: MessageState = Field(default=MessageState.QUEUED, sa_type=words(MessageState, "state"))
    read_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
