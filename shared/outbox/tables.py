"""The tables of the outbox, the same in every service's database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)


def add_tables(metadata: MetaData) -> None:
    """Declare `streams`, `outbox`, `relay` and `relay_ends`."""
    Table(
        "streams",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("last", BigInteger, nullable=False, comment="sequence of the newest event, gapless from 1"),
        Column("position", BigInteger, nullable=False, comment="never falls, so rows keep their stream's order"),
    )
    outbox = Table(
        "outbox",
        metadata,
        Column("position", BigInteger, primary_key=True),
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column(
            "recorded_at",
            DateTime(timezone=True),
            primary_key=True,
            server_default=text("clock_timestamp()"),
            comment="real time; chooses the partition",
        ),
        Column("agency", Text, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("type", Text, nullable=False),
        Column("headers", LargeBinary, nullable=False, comment="JSON list of [name, value]"),
        Column("body", LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (recorded_at)",
    )
    Index(None, outbox.c.event_id)
    Table(
        "relay",
        metadata,
        Column("only_row", Boolean, primary_key=True, server_default=text("true")),
        Column("system_identifier", Text, nullable=False, comment="the PostgreSQL cluster that base belongs to"),
        Column("base", BigInteger, nullable=False, server_default=text("0")),
        Column(
            "epoch", BigInteger, nullable=False, server_default=text("0"), comment="fences relays that lost the lease"
        ),
        Column("position", BigInteger, nullable=False, server_default=text("0")),
        Column("id", BigInteger, nullable=False, server_default=text("0")),
        CheckConstraint("only_row", name="single_row"),
    )
    Table(
        "relay_ends",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("acknowledged", BigInteger, nullable=False, comment="highest offset that the broker acknowledged"),
    )
