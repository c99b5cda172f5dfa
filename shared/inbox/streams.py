"""What a service knows of the streams it hears: how far each was seen, and what stands aside."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import asyncpg

from shared.inbox.arrivals import Arrival, Raw, Refusal, judge, unpack_headers
from shared.inbox.tables import Kind

Stream = tuple[str, str]
Identity = tuple[str, object]


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


async def lock(raw: asyncpg.Connection, streams: Iterable[Stream]) -> dict[Stream, Seen]:
    """Lock these streams, all at once and in one order, and read how far each was seen. Unknown ones begin at 0."""
    ordered = sorted(set(streams))
    rows = await raw.fetch(
        """
        insert into inbox_streams as s (topic, key)
        select t.topic, t.key from unnest($1::text[], $2::text[]) as t (topic, key)
        on conflict (topic, key) do update set last = s.last
        returning topic, key, last, pruned
        """,
        [topic for topic, _ in ordered],
        [key for _, key in ordered],
    )
    return {(row["topic"], row["key"]): Seen(row["last"], row["pruned"]) for row in rows}


async def look(raw: asyncpg.Connection, seen: dict[Stream, Seen], arrivals: Iterable[Arrival]) -> set[Identity]:
    """Read what stands aside in these locked streams, into `seen`; returns which events were seen before.

    A statement of its own, behind the lock: one and the same would not see what was committed while it waited.
    """
    identities = sorted({arrival.identity for arrival in arrivals}, key=str)
    known: set[Identity] = set()
    for row in await raw.fetch(
        """
        select a.id, a.kind, a.topic, a.key, a.sequence, a.source, a.event_id
          from unnest($1::text[], $2::text[]) as t (topic, key) join set_aside a using (topic, key)
         where a.kind in ('waiting', 'parked')
         union all
        select null, null, null, null, null, source, event_id
          from unnest($3::text[], $4::uuid[]) as t (source, event_id) join inbox using (source, event_id)
         order by 1
        """,
        [topic for topic, _ in seen],
        [key for _, key in seen],
        [source for source, _ in identities],
        [event_id for _, event_id in identities],
    ):
        identity = row["source"], row["event_id"]
        if row["id"] is None:
            known.add(identity)
        else:
            aside = Aside(row["id"], Kind(row["kind"]), identity)
            seen[row["topic"], row["key"]].aside.setdefault(row["sequence"], []).append(aside)
    return known


async def load(raw: asyncpg.Connection, aside_id: int) -> tuple[Arrival, str]:
    """An event that was set aside, as it arrived, and the reason it was set aside for.

    Raises LookupError when there is none, ValueError when it is not readable (a refused one).
    """
    row = await raw.fetchrow("select * from set_aside where id = $1", aside_id)
    if row is None:
        raise LookupError(f"nothing is set aside under {aside_id}")
    read = judge(
        Raw(
            row["topic"],
            row["partition"],
            row["offset"],
            row["record_key"],
            unpack_headers(row["headers"]),
            row["body"],
        )
    )
    if isinstance(read, Refusal):
        raise ValueError(read.reason)  # noqa: TRY004  # it is the value that is wrong
    return read, row["reason"]


async def set_aside(
    raw: asyncpg.Connection, agency: str, items: Iterable[tuple[Kind, Arrival | Refusal, str]]
) -> list[int]:
    """Keep records apart, each with its kind and reason; returns their ids in the same order."""
    rows = []
    for kind, item, reason in items:
        around = item.envelope if isinstance(item, Arrival) else None
        record = item.raw
        rows.append(
            (
                agency,
                str(kind),
                record.topic,
                record.partition,
                record.offset,
                around and around.subject,
                around and around.source,
                around and around.id,
                around and around.sequence,
                around and around.type,
                record.packed_headers(),
                record.key,
                record.body,
                reason.replace("\0", "")[:2000],
            )
        )
    return [
        await raw.fetchval(
            """insert into set_aside (agency, kind, topic, partition, "offset", key, source, event_id, sequence, type,
                                      headers, record_key, body, reason)
               values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14) returning id""",
            *row,
        )
        for row in rows
    ]
