"""What the door remembers: parcels that lie here for or from a neighbour, and tokens that were shown."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, MetaData, Table, Text, Uuid, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import Sealed
from shared.outbox.recording import agency_of, raw_connection

IN, OUT = "in", "out"


@dataclass(frozen=True)
class Known:
    """A parcel that the door knows. `taken`: its content has arrived where it belongs, no ciphertext is kept."""

    other: str
    way: str
    sha256: str
    taken: bool


def add_tables(metadata: MetaData) -> None:
    """Declare `door_parcels` and `door_tokens`; the tables of parcels are needed beside them."""
    parcels = Table(
        "door_parcels",
        metadata,
        Column("parcel_id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("other", Text, nullable=False, comment="the neighbour"),
        Column("way", Text, nullable=False, comment="in: brought by it; out: lies here for it"),
        Column("sha256", Text, nullable=False, comment="of the ciphertext, hexadecimal"),
        Column("size", BigInteger, nullable=False, comment="of the ciphertext, bytes"),
        Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        CheckConstraint(f"way in ('{IN}', '{OUT}')", name="way"),
    )
    Index(None, parcels.c.agency, parcels.c.other, parcels.c.way)
    Table(
        "door_tokens",
        metadata,
        Column("jti", Text, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("expires_at", DateTime(timezone=True), nullable=False, comment="real time"),
    )


async def first_shown(session: AsyncSession, token_id: str, expires_at: datetime) -> bool:
    """Note that a token was shown; False when it had been shown before."""
    raw = await raw_connection(session)
    new = await raw.fetchval(
        "insert into door_tokens (jti, agency, expires_at) values ($1, $2, $3) on conflict do nothing returning jti",
        token_id,
        agency_of(session),
        expires_at,
    )
    return new is not None


async def purge_tokens(session: AsyncSession, now: datetime) -> None:
    """Forget tokens that nobody would take any more. `now`: real time."""
    await (await raw_connection(session)).execute("delete from door_tokens where expires_at < $1", now)


async def known(session: AsyncSession, parcel_id: UUID) -> Known | None:
    """What the door knows of a parcel."""
    row = await (await raw_connection(session)).fetchrow(
        """select d.other, d.way, d.sha256, coalesce(a.state = 'taken', false) as taken
             from door_parcels d left join awaited_parcels a using (parcel_id) where d.parcel_id = $1""",
        parcel_id,
    )
    return None if row is None else Known(**row)


async def lying(session: AsyncSession, agency: str, other: str, *, beside: UUID) -> int:
    """How many bytes a neighbour of ours has brought that were not taken yet, beside the parcel of that id."""
    size = await (await raw_connection(session)).fetchval(
        """select coalesce(sum(d.size), 0)::bigint from door_parcels d
            where d.agency = $1 and d.other = $2 and d.way = 'in' and d.parcel_id <> $3
              and not exists (select from awaited_parcels a where a.parcel_id = d.parcel_id and a.state = 'taken')""",
        agency,
        other,
        beside,
    )
    return int(size)


async def one_at_a_time(session: AsyncSession, other: str) -> None:
    """Until the transaction ends, nobody else adds to what lies here from that neighbour."""
    await (await raw_connection(session)).execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"door/{other}"
    )


async def add(session: AsyncSession, parcel_id: UUID, sha256: str, size: int, *, other: str, way: str) -> None:
    """Note a parcel, unless its id is known."""
    await (await raw_connection(session)).execute(
        """insert into door_parcels (parcel_id, agency, other, way, sha256, size) values ($1, $2, $3, $4, $5, $6)
           on conflict do nothing""",
        parcel_id,
        agency_of(session),
        other,
        way,
        sha256,
        size,
    )


async def offer(session: AsyncSession, sealed: Sealed, to_agency: str) -> None:
    """Let a neighbour fetch a parcel of ours, from the moment this transaction commits. Repeating it is fine."""
    await add(session, sealed.parcel_id, sealed.sha256, sealed.size, other=to_agency, way=OUT)


async def offered(session: AsyncSession) -> set[UUID]:
    """The parcels that neighbours may fetch."""
    rows = await (await raw_connection(session)).fetch("select parcel_id from door_parcels where way = 'out'")
    return {row["parcel_id"] for row in rows}


async def remove_unnamed(session: AsyncSession, before: datetime) -> list[UUID]:
    """Forget parcels that neighbours brought before that instant and that no event has named; their ids, sorted."""
    rows = await (await raw_connection(session)).fetch(
        """delete from door_parcels d where d.way = 'in' and d.at < $1
              and not exists (select from awaited_parcels a where a.parcel_id = d.parcel_id)
           returning parcel_id""",
        before,
    )
    return sorted(row["parcel_id"] for row in rows)


async def kept(session: AsyncSession) -> set[UUID]:
    """The parcels of neighbours whose ciphertext is still needed."""
    rows = await (await raw_connection(session)).fetch(
        """select d.parcel_id from door_parcels d left join awaited_parcels a using (parcel_id)
            where d.way = 'in' and a.state is distinct from 'taken'"""
    )
    return {row["parcel_id"] for row in rows}
