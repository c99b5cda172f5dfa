"""What a session finds on the broker before it sends.

The ordinary crash window, a log that was lost, or a younger self.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.envelope import BadEnvelope, Envelope, from_record
from shared.kafka import KafkaAccess
from shared.outbox import archive


class OlderCopy(Exception):
    """The log holds events that this database never said: it is an older copy of itself.

    Nothing is sent until `rebase`.
    """


@dataclass(frozen=True)
class Lost:
    """A partition's log ends (at offset `end`) before what was acknowledged.

    Rows after `after` are to be sent again.
    """

    topic: str
    partition: int
    end: int
    after: tuple[int, int]


class Log:
    """A service's own topics, read without a group."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, tuple[int, int]]) -> None:
        self._consumer = consumer
        self.ends = ends
        """First offset and offset after the last, per partition."""

    @classmethod
    async def open(cls, access: KafkaAccess, partitions: Mapping[str, int]) -> "Log":
        """Look at the topics, given with their numbers of partitions. The caller closes it."""
        consumer = AIOKafkaConsumer(enable_auto_commit=False, **access.client_options())
        await consumer.start()
        try:
            all_of_them = [TopicPartition(topic, n) for topic, count in partitions.items() for n in range(count)]
            consumer.assign(all_of_them)
            begins, ends = await asyncio.gather(
                consumer.beginning_offsets(all_of_them), consumer.end_offsets(all_of_them)
            )
        except BaseException:
            await consumer.stop()
            raise
        return cls(consumer, {tp: (begins[tp], ends[tp]) for tp in all_of_them})

    async def close(self) -> None:
        """Leave the broker."""
        await self._consumer.stop()

    async def read(self, tp: TopicPartition, begin: int) -> list[Envelope]:
        """The events of one partition from offset `begin` to the end seen at opening.

        Unreadable records are left out.
        """
        first, end = self.ends[tp]
        begin = max(begin, first)
        found: list[Envelope] = []
        if begin >= end:
            return found
        self._consumer.assign([tp])
        self._consumer.seek(tp, begin)
        while await self._consumer.position(tp) < end:
            for records in (await self._consumer.getmany(timeout_ms=1000, max_records=5000)).values():
                for record in records:
                    if record.offset < end:
                        try:
                            found.append(from_record(list(record.headers), record.key, record.value))
                        except BadEnvelope:
                            continue  # not said by us: nothing to compare
        return found


async def compare(log: Log, connection: asyncpg.Connection) -> tuple[list[Lost], dict[tuple[str, int], int]]:
    """Compare the log with what was acknowledged.

    Returns the partitions that lost events, and the newest offsets of those that hold more than was noted (the window
    between a send and its cursor). Raises OlderCopy when they hold events that this database does not know.
    """
    noted = {
        (r["topic"], r["partition"]): r["acknowledged"] for r in await connection.fetch("select * from relay_ends")
    }
    lost: list[Lost] = []
    ahead: dict[tuple[str, int], int] = {}
    for tp, (_, end) in log.ends.items():
        acknowledged = noted.get((tp.topic, tp.partition), -1)
        if end > acknowledged + 1:
            ids = [e.id for e in await log.read(tp, acknowledged + 1)]
            known = await archive.known(connection, tp.topic, ids)
            _refuse_unknown(tp, [i for i in ids if i not in known])
            ahead[tp.topic, tp.partition] = end - 1
        elif end <= acknowledged:
            lost.append(Lost(tp.topic, tp.partition, end, await _last_known(log, tp, connection)))
    return lost, ahead


def _refuse_unknown(tp: TopicPartition, unknown: list[UUID]) -> None:
    if unknown:
        raise OlderCopy(
            f"{tp.topic}/{tp.partition} holds {len(unknown)} event(s) that this database never said,"
            f" the first {unknown[0]}: the database is an older copy."
            " Nothing is sent; run the command `rebase` of this service"
        )


async def _last_known(log: Log, tp: TopicPartition, connection: asyncpg.Connection) -> tuple[int, int]:
    events = await log.read(tp, log.ends[tp][1] - 1)
    if not events:
        return 0, 0
    known = await archive.known(connection, tp.topic, [events[-1].id])
    _refuse_unknown(tp, [e.id for e in events[-1:] if e.id not in known])
    return known[events[-1].id]
