"""Who did what, when, under which role: a plain row in the act's own transaction, without personal data."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from shared.outbox.recording import raw_connection
from shared.tracing import current


@dataclass(frozen=True)
class Actor:
    """Who acts, in which role, for which unit.

    `identity` is `issuer|subject` of a person, or `system:…` of a part of the system.
    """

    identity: str
    role: str
    unit_id: UUID | None = None


def add_tables(metadata: MetaData) -> None:
    """Declare `audit`."""
    audit = Table(
        "audit",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("agency", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False, comment="domain time"),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        Column("actor", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("unit_id", Uuid),
        Column("verb", Text, nullable=False, comment="noun.verbed"),
        Column("object", Text, nullable=False, comment="id of what it was done to"),
        Column("note", Text, comment="an operator's reason; never about a person"),
        Column("correlation_id", Text, nullable=False),
    )
    Index(None, audit.c.agency, audit.c.object, audit.c.id)


async def record(
    session: AsyncSession, actor: Actor, verb: str, thing: UUID | str | int, note: str | None = None
) -> None:
    """Write an audit row with whatever else this transaction does."""
    speaker = session.info["outbox.speaker"]
    raw = await raw_connection(session)
    await raw.execute(
        """insert into audit (agency, at, actor, role, unit_id, verb, object, note, correlation_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        speaker.agency,
        speaker.clock.now(),
        actor.identity,
        actor.role,
        actor.unit_id,
        verb,
        str(thing),
        note,
        current().correlation_id,
    )
