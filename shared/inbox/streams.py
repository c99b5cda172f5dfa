"""What a service knows of the streams it hears: how far each was seen, and what stands aside."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.inbox.arrivals import Arrival, Gate, Raw, Refusal, checked, judge, unpack_headers
from shared.inbox.tables import Kind

Stream = tuple[str, str]
Identity = tuple[Any, ...]
"""(source, id) of an event."""


def columns(rows: Iterable[tuple[Any, ...]], count: int) -> tuple[list[Any], ...]:
    """Rows of `count` values as that many lists, as `unnest` takes them; also when there are no rows."""
    return tuple(map(list, zip(*rows, strict=True))) or tuple([] for _ in range(count))


@dataclass
class Aside:
    """A record of a stream that waits or is parked; its bytes are loaded when it is taken."""

    id: int
    kind: Kind
    identity: Identity


@dataclass
class Seen:
    """One stream. `last` is the sequence up to which everything was seen."""

    last: int
    pruned: int
    aside: dict[int, list[Aside]] = field(default_factory=dict)

    def stands_aside(self, identity: Identity) -> bool:
        """Whether this very event already waits or is parked."""
        return any(one.identity == identity for ones in self.aside.values() for one in ones)

    def parked_at(self, sequence: int) -> bool:
        """Whether a parked event holds this place."""
        return any(one.kind is Kind.PARKED for one in self.aside.get(sequence, ()))


async def lock(connection: AsyncConnection, streams: Iterable[Stream]) -> dict[Stream, Seen]:
    """Lock these streams, all at once and in one order, and read how far each was seen. Unknown ones begin at 0.

    By SQLAlchemy: as its first statement it begins the transaction for those that go past it.
    """
    ordered = sorted(set(streams))
    rows = await connection.exec_driver_sql(
        """insert into inbox_streams as s (topic, key)
           select t.topic, t.key from unnest($1::text[], $2::text[]) as t (topic, key)
               on conflict (topic, key) do update set last = s.last returning topic, key, last, pruned""",
        columns(ordered, 2),
    )
    return {(row["topic"], row["key"]): Seen(row["last"], row["pruned"]) for row in rows.mappings()}


async def look(raw: asyncpg.Connection, seen: dict[Stream, Seen], arrivals: Iterable[Arrival]) -> set[Identity]:
    """Read what stands aside in these locked streams, into `seen`; returns which events were seen before.

    A statement of its own, behind the lock: one and the same would not see what was committed while it waited.
    """
    identities = sorted({arrival.identity for arrival in arrivals}, key=str)
    known: set[Identity] = set()
    for aside_id, kind, topic, key, sequence, *identity in await raw.fetch(
        """select a.id, a.kind, a.topic, a.key, a.sequence, a.source, a.event_id
             from unnest($1::text[], $2::text[]) as t (topic, key) join set_aside a using (topic, key)
            where a.kind in ('waiting', 'parked')
            union all
           select null, null, null, null, null, source, event_id
             from unnest($3::text[], $4::uuid[]) as t (source, event_id) join inbox using (source, event_id)
            order by 1""",
        *columns(seen, 2),
        *columns(identities, 2),
    ):
        if aside_id is None:
            known.add(tuple(identity))
        else:
            aside = Aside(aside_id, Kind(kind), tuple(identity))
            seen[topic, key].aside.setdefault(sequence, []).append(aside)
    return known


async def load(raw: asyncpg.Connection, aside_id: int, gate: Gate = checked) -> Arrival:
    """An event that was set aside, as it arrived.

    Raises LookupError when there is none, ValueError when it is not readable (a refused one).
    """
    row = await raw.fetchrow(
        'select topic, partition, "offset", record_key, headers, body from set_aside where id = $1', aside_id
    )
    if row is None:
        raise LookupError(f"nothing is set aside under {aside_id}")
    topic, partition, offset, key, headers, body = row
    read = judge(Raw(topic, partition, offset, key, unpack_headers(headers), body), gate)
    if isinstance(read, Refusal):
        raise ValueError(read.reason)  # noqa: TRY004  # it is the value that is wrong
    return read


async def set_aside(raw: asyncpg.Connection, agency: str, items: Iterable[tuple[Kind, Arrival | Refusal, str]]) -> None:
    """Keep records apart, each with its kind and reason."""
    rows = []
    for kind, item, reason in items:
        record = item.raw
        about: tuple[Any, ...] = (None,) * 5
        if isinstance(item, Arrival):
            about = (*item.identity, item.envelope.subject, item.envelope.sequence, item.envelope.type)
        where = record.topic, record.partition, record.offset
        what = record.packed_headers(), record.key, record.body
        rows.append((agency, str(kind), reason.replace("\0", "")[:2000], *where, *about, *what))
    await raw.executemany(
        """insert into set_aside (agency, kind, reason, topic, partition, "offset", source, event_id, key, sequence,
                                  type, headers, record_key, body)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        rows,
    )
