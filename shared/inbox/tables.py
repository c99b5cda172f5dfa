"""The tables of the inbox, the same in every service's database."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
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


class Kind(StrEnum):
    """Why a record was set aside."""

    WAITING = "waiting"  # something before it in its stream has not been seen; taken by itself when the gap fills
    UNKNOWN = "unknown"  # this build has no such event; taken by the first build that has
    PARKED = "parked"  # its handler failed for good; holds its stream until an operator replays or discards it
    FORK = "fork"  # another event already stood at this place of the stream: a restored or forged issuer
    REFUSED = "refused"  # not readable, or not from whom it says


def add_tables(metadata: MetaData) -> None:
    """Declare `inbox`, `inbox_streams`, `inbox_offsets` and `set_aside`."""
    Table(
        "inbox",
        metadata,
        Column("source", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False, comment="who heard it"),
        Column("received_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    )
    Table(
        "inbox_streams",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column(
            "last", BigInteger, nullable=False, server_default=text("0"), comment="sequence up to which all was seen"
        ),
        Column(
            "pruned", BigInteger, nullable=False, server_default=text("0"), comment="inbox rows up to here may be gone"
        ),
    )
    Table(
        "inbox_offsets",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("next", BigInteger, nullable=False, comment="offset after the newest record taken in"),
    )
    aside = Table(
        "set_aside",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("agency", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", Text, comment="none when the record had none that can be read"),
        Column("source", Text),
        Column("event_id", Uuid),
        Column("sequence", BigInteger),
        Column("type", Text),
        Column("headers", LargeBinary, nullable=False, comment="JSON list of [name, base64 of value or null]"),
        Column("record_key", LargeBinary),
        Column("body", LargeBinary),
        Column("reason", Text, nullable=False),
        Column("since", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        CheckConstraint(f"kind in ({', '.join(repr(str(kind)) for kind in Kind)})", name="kind"),
    )
    Index(None, aside.c.topic, aside.c.key, aside.c.sequence)
    Index(None, aside.c.kind, aside.c.since)
