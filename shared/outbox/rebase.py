"""What makes a restored database able to speak again: run by an operator, once, while no relay of it sends.

A dump in another PostgreSQL cluster: transaction ids begin elsewhere there, so `base` is lifted above every position.
An older copy: its topics hold events that it does not know, and readers have counted them. Each stream goes on above
what the log holds, and what was not yet sent gets numbers from there, so that no reader sees a fork.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
import orjson
from aiokafka import TopicPartition

from shared import audit
from shared.audit import Actor
from shared.database import Database
from shared.envelope import Envelope
from shared.kafka import KafkaAccess
from shared.outbox import archive, lease
from shared.outbox.log import Log, acknowledged
from shared.outbox.recording import Speaker, raw_connection, signed
from shared.signatures import unsigned

Said = dict[str, list[Envelope]]
Event = tuple[str, Envelope]


class RelayAtWork(Exception):
    """A relay of this database holds the lease: stop the service first."""


@dataclass(frozen=True)
class Rebased:
    """What was done. `moved` are the PostgreSQL clusters, from and to, when they differ; `unknown` are by topic."""

    moved: tuple[str, str] | None
    renumbered: int
    unknown: tuple[Event, ...]

    def lines(self) -> list[str]:
        """The same for a person."""
        told = [f"moved from PostgreSQL cluster {self.moved[0]} to {self.moved[1]}"] if self.moved else []
        told.append(f"events numbered anew before they are sent: {self.renumbered}")
        told.append(f"events in the log that this database no longer knows: {len(self.unknown)}")
        return told + [f"  {one.id}  {one.type}  {topic}  {one.subject}  {one.sequence}" for topic, one in self.unknown]


async def rebase(database: Database, access: KafkaAccess, topics: Sequence[str], *, actor: Actor) -> Rebased:
    """Let a restored database go on; audited. Doing it twice, or without need, changes nothing.

    `database` must be one that opens `elsewhere` too; `topics` are all that this service may write. Raises RelayAtWork,
    TopicMissing, or KafkaError: without the log nobody knows which numbers are taken.
    """
    connection = await database.connect()
    try:
        held = await lease.take(connection)
        if held is None:
            raise RelayAtWork("a relay of this service holds the lease: stop the service, then run this again")
        await connection.execute("set idle_session_timeout = 0")  # reading the log may take its time
        said, ends = await _beyond(access, topics, connection)
        async with database.transaction() as session:
            raw = await raw_connection(session)
            await raw.execute("lock table streams in exclusive mode")  # nobody counts while numbers change
            moved = await _move(raw)
            unknown, renumbered = await _go_above(raw, database.speaker, said, (held.position, held.id))
            await _note_ends(raw, ends)
            note = f"moved: {'yes' if moved else 'no'}; renumbered: {renumbered}; unknown: {len(unknown)}"
            await audit.record(session, actor, "database.rebased", database.speaker.service, note=note)
    finally:
        connection.terminate()
    return Rebased(moved, renumbered, unknown)


async def _beyond(
    access: KafkaAccess, topics: Sequence[str], connection: asyncpg.Connection
) -> tuple[Said, dict[TopicPartition, int]]:
    """What the log holds beyond what this database knows to be sent, by topic, and the ends of the partitions."""
    noted = await acknowledged(connection)
    log = await Log.open(access, topics)
    try:
        found = await log.read({tp: noted.get(tp, -1) + 1 for tp in log.ends})
    finally:
        await log.close()
    said: Said = defaultdict(list)
    for tp, events in found.items():
        said[tp.topic] += [around for _, around in events]
    ends = {tp: end - 1 for tp, (_, end) in log.ends.items() if end - 1 > noted.get(tp, -1)}
    return said, ends


async def _move(raw: asyncpg.Connection) -> tuple[str, str] | None:
    old = await raw.fetchval("select system_identifier from relay")
    new = await raw.fetchval("select system_identifier::text from pg_control_system()")
    if old == new:
        return None
    await raw.execute(
        """update relay set system_identifier = $1,
                  base = 1 + greatest(base, position, (select max(position) from streams),
                                      (select max(position) from outbox))""",
        new,
    )
    return old, new


async def _go_above(
    raw: asyncpg.Connection, speaker: Speaker, said: Said, cursor: tuple[int, int]
) -> tuple[tuple[Event, ...], int]:
    """Lift the streams that the log took further; returns the unknown events and how many rows got new numbers."""
    unknown: list[Event] = []
    tops: dict[tuple[str, str], int] = {}
    for topic, events in said.items():
        known = await archive.known(raw, topic, [around.id for around in events])
        for around in events:
            stream = topic, around.subject
            tops[stream] = max(tops.get(stream, 0), around.sequence)
            if around.id not in known:
                unknown.append((topic, around))
    forked = {(topic, one.subject): tops[topic, one.subject] for topic, one in unknown}
    sent = [around.id for events in said.values() for around in events]
    renumbered = 0
    for (topic, key), top in sorted(forked.items()):
        rows = await archive.unsent_of(raw, topic, key, cursor, sent)
        for sequence, row in enumerate(rows, top + 1):
            headers = [(n, str(sequence) if n == "ce_sequence" else v) for n, v in unsigned(orjson.loads(row.headers))]
            await archive.renumber(raw, row, sequence, orjson.dumps(signed(speaker, topic, key, headers, row.body)))
        renumbered += len(rows)
        await raw.execute(
            """insert into streams as s (topic, key, last, position) values ($1, $2, $3, 0)
               on conflict (topic, key) do update set last = greatest(s.last, excluded.last)""",
            *(topic, key, top + len(rows)),
        )
    return tuple(dict.fromkeys(unknown)), renumbered


async def _note_ends(raw: asyncpg.Connection, ends: Mapping[TopicPartition, int]) -> None:
    """The log up to here is judged: the next session does not refuse it."""
    await raw.executemany(
        """insert into relay_ends (topic, partition, acknowledged) values ($1, $2, $3)
           on conflict (topic, partition) do update set acknowledged = excluded.acknowledged""",
        [(tp.topic, tp.partition, end) for tp, end in ends.items()],
    )
