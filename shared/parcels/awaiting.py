"""Parcels that a service was told of: awaited, taken, or failed and waiting for an operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit, jobs
from shared.audit import Actor
from shared.events import Sealed
from shared.outbox.recording import agency_of, raw_connection

JOB = "parcel"
BY = Actor("system:parcels", "system")


class ParcelState(StrEnum):
    """Where an awaited parcel stands."""

    AWAITED = "awaited"
    TAKEN = "taken"
    FAILED = "failed"


@dataclass(frozen=True)
class AwaitedParcel:
    """A parcel that this service was told of. `about`: ids that its receiver needs.

    `lies_at`: the agency at whose door it lies, none when it lies in our own store.
    """

    sealed: Sealed
    owner: str
    purpose: str
    about: dict[str, Any]
    state: ParcelState
    since: datetime
    reason: str | None
    lies_at: str | None = None


def add_tables(metadata: MetaData) -> None:
    """Declare `awaited_parcels`; the tables of jobs are needed beside it."""
    awaited = Table(
        "awaited_parcels",
        metadata,
        Column("parcel_id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("owner", Text, nullable=False, comment="the service that wrote it"),
        Column("sha256", Text, nullable=False, comment="of the ciphertext, hexadecimal"),
        Column("size", BigInteger, nullable=False, comment="of the ciphertext, bytes"),
        Column("recipient", Text, nullable=False, comment="id of the key it is sealed to"),
        Column("purpose", Text, nullable=False),
        Column("about", JSONB, nullable=False, comment="ids only"),
        Column("state", Text, nullable=False, server_default=text("'awaited'")),
        Column("since", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        Column("reason", Text, comment="why it failed; nothing of its content"),
        Column("lies_at", Text, comment="the agency at whose door it lies; none: in our own store"),
        CheckConstraint(f"state in ({', '.join(repr(str(state)) for state in ParcelState)})", name="state"),
    )
    Index(None, awaited.c.agency, awaited.c.state, awaited.c.since)


async def expect(
    session: AsyncSession,
    sealed: Sealed,
    *,
    owner: str,
    purpose: str,
    about: Mapping[str, Any],
    lies_at: str | None = None,
) -> bool:
    """Note a parcel that an event names and have it fetched; `about` is JSON of ids.

    It lies in our own store below `owner`: a service of ours, or `door_owner` of the neighbour that brought it; or with
    `lies_at` at that agency's door. Told twice, it is noted once: False then.
    """
    raw = await raw_connection(session)
    new = await raw.fetchval(
        """insert into awaited_parcels (parcel_id, agency, owner, sha256, size, recipient, purpose, about, lies_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9) on conflict do nothing returning parcel_id""",
        sealed.parcel_id,
        agency_of(session),
        owner,
        sealed.sha256,
        sealed.size,
        sealed.recipient,
        purpose,
        orjson.dumps(dict(about)).decode(),
        lies_at,
    )
    if new is None:
        return False
    await _enqueue(session, sealed.parcel_id)
    return True


async def listed(
    session: AsyncSession, agency: str, state: ParcelState = ParcelState.FAILED, *, limit: int = 100
) -> list[AwaitedParcel]:
    """Parcels of an agency in a state, what changed last first."""
    raw = await raw_connection(session)
    rows = await raw.fetch(
        f"select {COLUMNS} from awaited_parcels where agency = $1 and state = $2 order by since desc limit $3",  # noqa: S608
        agency,
        state,
        limit,
    )
    return [row_of(dict(row)) for row in rows]


async def trouble_of(session: AsyncSession, agency: str, about: Mapping[str, Any]) -> str | None:
    """Why the parcel about these ids failed; none while it is awaited, or was taken."""
    raw = await raw_connection(session)
    reason: str | None = await raw.fetchval(
        """select reason from awaited_parcels
            where agency = $1 and state = 'failed' and about @> $2::text::jsonb order by since desc limit 1""",
        agency,
        orjson.dumps(dict(about)).decode(),
    )
    return reason


async def again(session: AsyncSession, parcel_id: UUID, *, by: Actor) -> bool:
    """Fetch a failed parcel again, from the beginning.

    False when it has not failed, or is being tried at the moment.
    """
    raw = await raw_connection(session)
    failed = await raw.fetchval(
        "select parcel_id from awaited_parcels where parcel_id = $1 and state = 'failed' for update", parcel_id
    )
    if failed is None:
        return False
    if not (await jobs.again_by_key(session, JOB, str(parcel_id)) or await _enqueue(session, parcel_id)):
        return False
    await _move(session, parcel_id, ParcelState.AWAITED, None)
    await audit.record(session, by, "parcel.tried_again", parcel_id)
    return True


async def taken(session: AsyncSession, parcel_id: UUID) -> None:
    """The parcel's content has arrived where it belongs."""
    await _move(session, parcel_id, ParcelState.TAKEN, None)
    await audit.record(session, BY, "parcel.taken", parcel_id)


async def failed(session: AsyncSession, parcel_id: UUID, reason: str) -> None:
    """The parcel will not arrive by itself."""
    await _move(session, parcel_id, ParcelState.FAILED, reason)
    await audit.record(session, BY, "parcel.failed", parcel_id)


COLUMNS = "parcel_id, owner, sha256, size, recipient, purpose, about::text as about, state, since, reason, lies_at"


def row_of(row: Mapping[str, Any]) -> AwaitedParcel:
    """A row of COLUMNS."""
    return AwaitedParcel(
        Sealed(parcel_id=row["parcel_id"], sha256=row["sha256"], size=row["size"], recipient=row["recipient"]),
        row["owner"],
        row["purpose"],
        orjson.loads(row["about"]),
        ParcelState(row["state"]),
        row["since"],
        row["reason"],
        row["lies_at"],
    )


async def _move(session: AsyncSession, parcel_id: UUID, state: ParcelState, reason: str | None) -> None:
    raw = await raw_connection(session)
    await raw.execute(
        "update awaited_parcels set state = $2, reason = $3, since = clock_timestamp() where parcel_id = $1",
        parcel_id,
        state,
        reason,
    )


async def _enqueue(session: AsyncSession, parcel_id: UUID) -> bool:
    return await jobs.enqueue(session, JOB, {"parcel_id": parcel_id}, key=str(parcel_id)) is not None
