"""This service's database: row classes, beside the tables of outbox, inbox and audit."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared import audit, inbox, outbox
from shared.database import new_metadata

METADATA = new_metadata()
outbox.add_tables(METADATA)
inbox.add_tables(METADATA)
audit.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class EndedSession(Row, table=True):
    """A session that its person ended; its token is refused from then on."""

    __tablename__ = "ended_sessions"

    id: str = Field(primary_key=True)
    ended_at: datetime = Field(sa_type=DateTime(timezone=True))
