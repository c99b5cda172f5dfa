"""The tables of the inbox, the same in every service's database."""

from enum import StrEnum

import sqlalchemy as sa


class Kind(StrEnum):
    """Why a record was set aside."""

    WAITING = "waiting"  # something before it in its stream has not been seen; taken by itself when the gap fills
    UNKNOWN = "unknown"  # this build has no such event; taken by the first build that has
    PARKED = "parked"  # its handler failed for good; holds its stream until an operator replays or discards it
    FORK = "fork"  # another event already stood at this place of the stream: a restored or forged issuer
    REFUSED = "refused"  # not readable, or not from whom it says


def add_tables(metadata: sa.MetaData) -> None:
    """Declare `inbox`, `inbox_streams`, `inbox_offsets` and `set_aside`."""
    sa.Table(
        "inbox",
        metadata,
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("agency", sa.Text, nullable=False, comment="who heard it"),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
    )
    sa.Table(
        "inbox_streams",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column(
            "last", sa.BigInteger, nullable=False, server_default=sa.text("0"), comment="all was seen up to here"
        ),
        sa.Column(
            "pruned", sa.BigInteger, nullable=False, server_default=sa.text("0"), comment="rows may be gone to here"
        ),
    )
    sa.Table(
        "inbox_offsets",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False, comment="offset after the newest record taken in"),
    )
    aside = sa.Table(
        "set_aside",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("agency", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, comment="none when the record had none that can be read"),
        sa.Column("source", sa.Text),
        sa.Column("event_id", sa.Uuid),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("type", sa.Text),
        sa.Column("headers", sa.LargeBinary, nullable=False, comment="JSON list of [name, base64 of value or null]"),
        sa.Column("record_key", sa.LargeBinary),
        sa.Column("body", sa.LargeBinary),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.CheckConstraint(f"kind in ({', '.join(repr(str(kind)) for kind in Kind)})", name="kind"),
    )
    sa.Index(None, aside.c.topic, aside.c.key, aside.c.sequence)
    sa.Index(None, aside.c.kind, aside.c.since)
