"""What an operator does with records that were set aside: list, show, replay, discard, skip a gap.

Every act is audited.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.audit import Actor
from shared.database import Database
from shared.inbox import streams
from shared.inbox.arrivals import checked
from shared.inbox.batch import Batch, Hearing
from shared.inbox.tables import Kind
from shared.outbox.recording import raw_connection

_log = structlog.get_logger("inbox")


class NotPossible(Exception):
    """This cannot be done with this record; the text says what can."""


@dataclass(frozen=True)
class SetAside:
    """A record that was set aside, as a list shows it. Bodies hold ids only, so they may be shown."""

    id: int
    kind: Kind
    topic: str
    key: str | None
    event_id: UUID | None
    sequence: int | None
    type: str | None
    reason: str
    since: datetime
    body: bytes | None


async def list_set_aside(
    session: AsyncSession, *, kinds: Sequence[Kind] = tuple(Kind), after: int = 0, limit: int = 100
) -> list[SetAside]:
    """Records set aside, oldest first."""
    rows = await session.execute(
        text(
            """select id, kind, topic, key, event_id, sequence, type, reason, since, body from set_aside
                where kind = any(:kinds) and id > :after order by id limit :limit"""
        ),
        {"kinds": [str(kind) for kind in kinds], "after": after, "limit": limit},
    )
    return [SetAside(row.id, Kind(row.kind), *row[2:]) for row in rows]


async def replay(database: Database, hearing: Hearing, aside_id: int, *, actor: Actor) -> Kind | None:
    """Handle a record again, and whatever waits behind it.

    Returns none when it took effect, else what it is set aside as now. Raises LookupError, or NotPossible for what no
    replay can cure.
    """
    hearing = replace(hearing, parked_in_a_row=0)  # what an operator tries says nothing of the topic
    async with database.transaction() as session:
        kind = await _kind(session, aside_id)
        if kind in (Kind.WAITING, Kind.FORK):
            raise NotPossible(f"a record of kind {kind} cannot be replayed: skip the gap before it, or discard it")
        raw = await raw_connection(session)
        try:
            arrival = await streams.load(raw, aside_id, hearing.gate if kind is Kind.REFUSED else checked)
        except ValueError as error:
            raise NotPossible(f"the record is still refused: {error}") from None
        if kind is Kind.UNKNOWN and arrival.envelope.type not in hearing.catalogue:
            raise NotPossible(f"this build does not know {arrival.envelope.type}")
        batch = await Batch.open(session, hearing, [arrival], careful=True)
        batch.gone.append(aside_id)
        seen = batch.seen[arrival.stream]
        if kind is Kind.PARKED:
            seen.aside[arrival.envelope.sequence] = [
                one for one in seen.aside[arrival.envelope.sequence] if one.id != aside_id
            ]
            if await batch.next(seen, arrival):
                await batch.take_waiting(arrival.stream)
        elif kind is Kind.UNKNOWN:
            # Its stream counted it long ago: only its effect is missing.
            event = hearing.catalogue[arrival.envelope.type]
            reason = await batch.apply(event, arrival) if event in hearing.handlers else None
            if reason is not None:
                raise NotPossible(f"it failed and stays as it is: {reason}")
        else:
            await batch.take_one(arrival)
        await batch.write({})
        await audit.record(session, actor, "event.replayed", arrival.envelope.id)
    return next((kind for kind, item, reason in batch.aside if reason and item is arrival), None)


async def discard(database: Database, hearing: Hearing, aside_id: int, *, actor: Actor, reason: str) -> None:
    """Give a record up, for a reason: a parked one counts as seen and frees what waits behind it.

    Raises LookupError, or NotPossible without a reason and for a waiting record (skip the gap before it instead).
    """
    if not reason.strip():
        raise NotPossible("discarding needs a reason")
    async with database.transaction() as session:
        kind = await _kind(session, aside_id)
        if kind is Kind.WAITING:
            raise NotPossible("a waiting record is not discarded: skip the gap before it")
        raw = await raw_connection(session)
        event_id: UUID | str | int = aside_id
        if kind is Kind.PARKED:
            arrival = await streams.load(raw, aside_id)
            event_id = arrival.envelope.id
            batch = await Batch.open(session, hearing, [arrival], careful=True)
            batch.gone.append(aside_id)
            seen = batch.seen[arrival.stream]
            del seen.aside[arrival.envelope.sequence]
            batch.remember(arrival)
            seen.last = arrival.envelope.sequence
            await batch.take_waiting(arrival.stream)
            await batch.write({})
        else:
            await raw.execute("delete from set_aside where id = $1", aside_id)
        await audit.record(session, actor, "event.discarded", event_id, note=reason)


async def skip_gap(
    database: Database, hearing: Hearing, aside_id: int, *, actor: Actor, reason: str
) -> tuple[int, int]:
    """Give up the missing events before a waiting record, for a reason; returns the first and last sequence given up.

    Raises LookupError, or NotPossible without a reason, when the record does not wait, or when it waits behind a
    parked one.
    """
    if not reason.strip():
        raise NotPossible("skipping a gap needs a reason")
    async with database.transaction() as session:
        if await _kind(session, aside_id) is not Kind.WAITING:
            raise NotPossible("only the gap before a waiting record can be skipped")
        arrival = await streams.load(await raw_connection(session), aside_id)
        batch = await Batch.open(session, hearing, [arrival], careful=True)
        seen = batch.seen[arrival.stream]
        first = seen.last + 1
        if seen.parked_at(first):
            raise NotPossible("it waits behind a parked event: replay or discard that one")
        last = seen.last = min(seen.aside) - 1
        await batch.take_waiting(arrival.stream)
        await batch.write({})
        note = f"{arrival.stream[0]} {first}-{last}: {reason}"
        await audit.record(session, actor, "gap.skipped", arrival.stream[1], note=note)
    return first, last


async def take_unknown(database: Database, hearing: Hearing) -> int:
    """Take the events that an older build did not know and this one does, oldest first.

    Returns how many took effect. One that fails stays as it is, for an operator to look at.
    """
    async with database.reading() as session:
        sql = "select id from set_aside where kind = 'unknown' and type = any(:types) order by topic, key, sequence"
        rows = await session.execute(text(sql), {"types": list(hearing.catalogue)})
        ids = list(rows.scalars())
    taken = 0
    for aside_id in ids:
        try:
            await replay(database, hearing, aside_id, actor=Actor("system:inbox", "system"))
        except (LookupError, NotPossible) as error:  # another member took it, or its handler failed
            _log.error("inbox.unknown_stays", set_aside=aside_id, reason=str(error))
            continue
        taken += 1
    return taken


async def _kind(session: AsyncSession, aside_id: int) -> Kind:
    kind = await session.scalar(text("select kind from set_aside where id = :id for update"), {"id": aside_id})
    if kind is None:
        raise LookupError(f"nothing is set aside under {aside_id}")
    return Kind(kind)
