"""What a session finds on the broker before it sends.

The ordinary crash window, a log that was lost, or a younger self.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from shared.envelope import BadEnvelope, Envelope, from_record
from shared.kafka import KafkaAccess, start
from shared.outbox import archive


class TopicMissing(Exception):
    """A topic of this service does not exist on the broker."""


class OlderCopy(Exception):
    """The log holds events that this database never said: it is an older copy of itself.

    Nothing is sent until `rebase`.
    """


@dataclass(frozen=True)
class Lost:
    """A partition whose log no longer holds all that was acknowledged: it ends at `end`, and `held` are still there.

    Those are the rows' places in the archive.
    """

    topic: str
    partition: int
    acknowledged: int
    end: int
    held: frozenset[tuple[int, int]]


class Log:
    """A service's own topics, read without a group."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, tuple[int, int]]) -> None:
        self._consumer = consumer
        self.ends = ends
        """First offset and offset after the last, per partition."""

    @classmethod
    async def open(cls, access: KafkaAccess, topics: Sequence[str]) -> "Log":
        """Look at the topics. The caller closes it. Raises TopicMissing."""
        consumer = AIOKafkaConsumer(*topics, enable_auto_commit=False, **access.client_options())
        try:
            await start(consumer)
            here = sorted(consumer.assignment())
            consumer.pause(*here)
            begins = await consumer.beginning_offsets(here)
            ends = await consumer.end_offsets(here)
        except (UnknownTopicOrPartitionError, KafkaTimeoutError):
            missing = [topic for topic in topics if not consumer.partitions_for_topic(topic)]
            await consumer.stop()
            raise TopicMissing(
                f"topic {', '.join(missing)} does not exist: run `python -m deploy.topics apply`"
            ) from None
        except BaseException:
            await consumer.stop()
            raise
        return cls(consumer, {tp: (begins[tp], ends[tp]) for tp in here})

    async def close(self) -> None:
        """Leave the broker."""
        await self._consumer.stop()

    async def read(self, begins: Mapping[TopicPartition, int]) -> dict[TopicPartition, list[tuple[int, Envelope]]]:
        """The events of these partitions, each from an offset to the end seen at opening, with their offsets.

        Unreadable records are left out.
        """
        found: dict[TopicPartition, list[tuple[int, Envelope]]] = {tp: [] for tp in begins}
        pending = {tp for tp, begin in begins.items() if max(begin, self.ends[tp][0]) < self.ends[tp][1]}
        for tp in pending:
            self._consumer.seek(tp, max(begins[tp], self.ends[tp][0]))
            self._consumer.resume(tp)
        while pending:
            for tp, records in (await self._consumer.getmany(*pending, timeout_ms=1000, max_records=5000)).items():
                for record in records:
                    if record.offset < self.ends[tp][1]:
                        try:
                            around = from_record(list(record.headers), record.key, record.value)
                        except BadEnvelope:
                            continue  # not said by us: nothing to compare
                        found[tp].append((record.offset, around))
            done = {tp for tp in pending if await self._consumer.position(tp) >= self.ends[tp][1]}
            self._consumer.pause(*done)
            pending -= done
        return found


async def compare(log: Log, connection: asyncpg.Connection, cursor: tuple[int, int]) -> list[Lost]:
    """Compare the log with what was acknowledged; returns the partitions that lost events.

    Beyond what was acknowledged may lie what was sent before a crash kept the cursor from moving. Raises OlderCopy when
    events lie there that this database does not know. A log that was lost may have grown again before anybody looked:
    then an event that the cursor has not passed stands where an acknowledged one stood.
    """
    noted = await acknowledged(connection)
    found = await log.read({tp: max(noted.get(tp, 0), 0) for tp in log.ends})
    lost: list[tuple[TopicPartition, int]] = []
    for tp, (_, end) in log.ends.items():
        known = await archive.known(connection, tp.topic, [around.id for _, around in found[tp]])
        last = noted.get(tp, -1)
        unknown = [around.id for offset, around in found[tp] if offset > last and around.id not in known]
        if unknown:
            raise OlderCopy(
                f"{tp.topic}/{tp.partition} holds {len(unknown)} event(s) that this database never said,"
                f" the first {unknown[0]}: the database is an older copy."
                " Nothing is sent; run the command `rebase` of this service"
            )
        there = next((known.get(around.id) for offset, around in found[tp] if offset == last), None)
        if end <= last or (there is not None and there > cursor):
            lost.append((tp, last))
    left = await log.read({tp: 0 for tp, _ in lost})
    told: list[Lost] = []
    for tp, last in lost:
        known = await archive.known(connection, tp.topic, [around.id for _, around in left[tp]])
        told.append(Lost(tp.topic, tp.partition, last, log.ends[tp][1], frozenset(known.values())))
    return told


async def acknowledged(connection: asyncpg.Connection) -> dict[TopicPartition, int]:
    """The highest offset that the broker acknowledged, per partition."""
    rows = await connection.fetch("select topic, partition, acknowledged from relay_ends")
    return {TopicPartition(row["topic"], row["partition"]): row["acknowledged"] for row in rows}
