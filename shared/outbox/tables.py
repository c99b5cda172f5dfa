"""The tables of the outbox, the same in every service's database."""

import sqlalchemy as sa


def add_tables(metadata: sa.MetaData) -> None:
    """Declare `streams`, `outbox`, `relay` and `relay_ends`."""
    sa.Table(
        "streams",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False, comment="sequence of the newest event, gapless from 1"),
        sa.Column("position", sa.BigInteger, nullable=False, comment="never falls, so rows keep their stream's order"),
    )
    outbox = sa.Table(
        "outbox",
        metadata,
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            primary_key=True,
            server_default=sa.text("clock_timestamp()"),
            comment="real time; chooses the partition",
        ),
        sa.Column("agency", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("headers", sa.LargeBinary, nullable=False, comment="JSON list of [name, value]"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        postgresql_partition_by="RANGE (recorded_at)",
    )
    sa.Index(None, outbox.c.event_id)
    sa.Table(
        "relay",
        metadata,
        sa.Column("only_row", sa.Boolean, primary_key=True, server_default=sa.text("true")),
        sa.Column("system_identifier", sa.Text, nullable=False, comment="the PostgreSQL cluster that base belongs to"),
        sa.Column("base", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column(
            "epoch",
            sa.BigInteger,
            nullable=False,
            server_default=sa.text("0"),
            comment="fences relays that lost the lease",
        ),
        sa.Column("position", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("id", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("only_row", name="single_row"),
    )
    sa.Table(
        "relay_ends",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("acknowledged", sa.BigInteger, nullable=False, comment="highest offset that the broker acknowledged"),
    )
