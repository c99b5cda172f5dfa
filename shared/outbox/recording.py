"""Saying an event: collected by `record`, numbered and stored at the end of the transaction that says it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import event as hooks
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction
from uuid_utils.compat import uuid7

from shared import envelope
from shared.clock import Clock
from shared.envelope import Envelope
from shared.events import Door, Event, topic
from shared.signatures import NoSigningKey, Sign
from shared.tracing import Trace, current

_PENDING = "outbox.pending"
_SPEAKER = "outbox.speaker"


class EventTooLarge(Exception):
    """An event's body is larger than 256 KB: what is large belongs in a parcel."""


@dataclass(frozen=True)
class Speaker:
    """Who says the events of a database: its agency and service, and the domain clock."""

    agency: str
    service: str
    clock: Clock
    sign: Sign | None = None
    """Signs what leaves the agency; without it nothing does."""


@dataclass(frozen=True)
class Pending:
    """One copy of an event, not yet numbered."""

    event: Event
    event_id: UUID
    topic: str
    body: bytes
    trace: Trace


def record(session: AsyncSession, event: Event) -> UUID:
    """Say an event, on all its doors, with whatever else this transaction does; returns its id.

    Only collects: numbers and rows are made when the transaction ends, and a rolled-back savepoint drops what was
    said in it. Raises EventTooLarge when the body passes 256 KB, PermissionError when another service owns this event.
    """
    speaker: Speaker = session.info[_SPEAKER]
    if event.said_by != speaker.service:
        raise PermissionError(f"{type(event).__name__} is said by {event.said_by}, not by {speaker.service}")
    body = event.model_dump_json(exclude_none=True).encode()
    if len(body) > envelope.MAX_BODY:
        raise EventTooLarge(f"{type(event).__name__}: {len(body)} bytes, at most {envelope.MAX_BODY}")
    event_id = uuid7()
    trace = current().child()
    for door in event.doors:
        name = f"{door}-{event.to_agency}" if door is Door.TO else str(door)  # type: ignore[attr-defined]
        where = topic(speaker.agency, speaker.service, name)
        session.info[_PENDING].append(Pending(event, event_id, where, body, trace))
    return event_id


def recorded(session: AsyncSession) -> Sequence[Event]:
    """What this transaction has said so far, each event once."""
    return list({pending.event_id: pending.event for pending in session.info[_PENDING]}.values())


def agency_of(session: AsyncSession) -> str:
    """The agency whose database this is."""
    speaker: Speaker = session.info[_SPEAKER]
    return speaker.agency


def clock_of(session: AsyncSession) -> Clock:
    """The domain clock of the service whose database this is."""
    speaker: Speaker = session.info[_SPEAKER]
    return speaker.clock


def attach(session: AsyncSession, speaker: Speaker) -> None:
    """Make a session able to say events."""
    session.info[_PENDING] = []
    session.info[_SPEAKER] = speaker


async def write_recorded(session: AsyncSession) -> int:
    """Number what was said and store it; the last thing a transaction does. Returns how many rows.

    Streams are locked in (topic, key) order, so that two transactions that say much at once never wait for each other
    in a circle. The lock holds until the commit: numbers are gapless and their order is the order of commits.
    """
    pending: list[Pending] = session.info[_PENDING]
    if not pending:
        return 0
    await session.flush()
    raw = await raw_connection(session)
    lasts = await _lock_streams(raw, Counter((one.topic, one.event.key) for one in pending))
    await _insert(raw, session.info[_SPEAKER], pending, lasts)
    session.info[_PENDING] = []
    return len(pending)


async def raw_connection(session: AsyncSession) -> asyncpg.Connection:
    """The session's own asyncpg connection, inside its transaction.

    SQLAlchemy begins lazily; without a first statement of its own the raw ones would stand outside the transaction and
    survive its rollback.
    """
    connection = await session.connection()
    raw: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
    if not raw.is_in_transaction():
        await connection.exec_driver_sql("select 1")
    assert raw.is_in_transaction()
    return raw


async def _lock_streams(
    raw: asyncpg.Connection, said: Counter[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Lock and advance each stream; returns its (sequence before this transaction, position)."""
    streams = sorted(said)
    rows = await raw.fetch(
        """insert into streams as s (topic, key, last, position)
           select t.topic, t.key, t.said, (select base from relay) + pg_current_xact_id()::text::bigint
             from unnest($1::text[], $2::text[], $3::bigint[]) as t (topic, key, said)
               on conflict (topic, key) do update
              set last = s.last + excluded.last, position = greatest(s.position, excluded.position)
           returning topic, key, last, position""",
        *([topic for topic, _ in streams], [key for _, key in streams], [said[stream] for stream in streams]),
    )
    return {(r["topic"], r["key"]): (r["last"] - said[r["topic"], r["key"]], r["position"]) for r in rows}


async def _insert(
    raw: asyncpg.Connection, speaker: Speaker, pending: list[Pending], streams: dict[tuple[str, str], tuple[int, int]]
) -> None:
    now = speaker.clock.now()
    source = envelope.source(speaker.agency, speaker.service)
    sequences = {stream: before for stream, (before, _) in streams.items()}
    columns: list[tuple[object, ...]] = []
    for one in pending:
        stream = (one.topic, one.event.key)
        sequences[stream] += 1
        around = Envelope(one.event_id, one.event.type_name(), source, one.event.key, now, sequences[stream], one.trace)
        headers = orjson.dumps(signed(speaker, *stream, envelope.to_headers(around, one.body), one.body))
        columns.append((streams[stream][1], one.event_id, *stream, around.sequence, around.type, headers, one.body))
    # The order of insertion is the order in which things were said: `id` decides within one position.
    await raw.execute(
        """insert into outbox (agency, position, event_id, topic, key, sequence, type, headers, body)
           select $1, position, event_id, topic, key, sequence, type, headers, body
             from unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bytea[],
                         $9::bytea[]) with ordinality
                  as t (position, event_id, topic, key, sequence, type, headers, body, n)
            order by n""",
        speaker.agency,
        *[list(column) for column in zip(*columns, strict=True)],
    )


def signed(speaker: Speaker, topic: str, key: str, headers: envelope.Headers, body: bytes) -> envelope.Headers:
    """The headers of a copy. One that leaves the agency is signed here: a row sent again is the same to the byte.

    Raises NoSigningKey.
    """
    if topic.endswith(f".{Door.INTERNAL}"):
        return headers
    if speaker.sign is None:
        raise NoSigningKey(f"{topic} leaves the agency, and this process does not sign")
    return [*headers, *speaker.sign(topic, key, headers, body)]


@hooks.listens_for(Session, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested and _PENDING in session.info:
        session.info[_PENDING, id(transaction)] = len(session.info[_PENDING])


@hooks.listens_for(Session, "after_soft_rollback")
def _drop(session: Session, transaction: SessionTransaction) -> None:
    # This is called after the savepoint has ended, so what was remembered of it is only dropped here.
    if transaction.nested and (_PENDING, id(transaction)) in session.info:
        del session.info[_PENDING][session.info.pop((_PENDING, id(transaction))) :]
