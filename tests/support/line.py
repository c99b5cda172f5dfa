"""A line between two toy services of one agency: `nomination` says, `review` hears, over a real broker."""

import asyncio
import gc
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka import ConsumerGroupTopicPartitions
from sqlalchemy import text

from deploy import topics
from deploy.local.kafka import ADMIN, Kafka
from shared.clock import Clock
from shared.database import Database
from shared.federation import Topic
from shared.inbox import Kind, operating
from shared.inbox.worker import Pace, Worker, _Loop
from shared.kafka import KafkaAccess
from shared.outbox.relay import Relay, partition_of
from tests.support import toy
from tests.support.databases import Databases
from tests.support.wire import Record, records

PARTITIONS = 3
DEADLINE = 180
"""Seconds after which a condition counts as never met. Far above what anything here takes: a killed part's open
transaction holds every relay of the server back until PostgreSQL ends it (`Databases`)."""


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a condition; what stands in its way at the moment (a part is away) is tried again."""
    end = time.monotonic() + DEADLINE
    error: Exception | None = None
    while time.monotonic() < end:
        try:
            if await condition():
                return
        except Exception as failed:  # noqa: BLE001  # shown below
            error = failed
        await asyncio.sleep(0.02)
    raise AssertionError(f"never: {what}" + (f" ({type(error).__name__}: {error})" if error else ""))


@dataclass
class Line:
    """The parts of such a line; `relay` and `worker` make new ones as often as a test starts them again."""

    kafka: Kafka
    agency: str
    said: Database
    heard: Database
    member: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def topic(self) -> str:
        return f"{self.agency}.nomination.internal"

    def access(self, *, member: str | None = None) -> KafkaAccess:
        return KafkaAccess(self.kafka.address, ADMIN, self.kafka.secrets[ADMIN], static_member=member)

    def make_topic(self) -> None:
        """Through the command's own code, as an operator would."""
        new = topics.Difference(
            create=(Topic(self.topic, PARTITIONS),), add=(), remove=(), recounts=(), authorizer=True
        )
        topics.apply(self.kafka.admin(), new)

    async def delete_topic(self) -> None:
        admin = self.kafka.admin()
        for done in admin.delete_topics([self.topic]).values():
            done.result()

        async def gone() -> bool:
            return self.topic not in await asyncio.to_thread(lambda: admin.list_topics(timeout=5).topics)

        await until(gone, "the topic is gone")

    def relay(self, database: Database | None = None) -> Relay:
        said = database or self.said
        made = Relay(
            said.connect, self.access(), [self.topic], agency=self.agency, service="nomination", real=Clock().real
        )
        said.on_commit.append(made.ring)
        return made

    def worker(
        self,
        database: Database | None = None,
        *,
        member: str | None = None,
        old: bool = False,
        pace: Pace | None = None,
    ) -> Worker:
        access = self.access(member=member or self.member)
        hearing = toy.hearing(self.agency, old=old)
        return Worker(database or self.heard, access, [self.topic], hearing, pace or Pace())

    async def say(self, *numbers: int, things: Sequence[str] = ("a", "b", "c")) -> None:
        """Each thing counts these numbers, one transaction per number."""
        for number in numbers:
            await toy.say(self.said, *(toy.counted(thing, number) for thing in things))

    async def ends(self) -> dict[TopicPartition, int]:
        """The offset after the last, per partition, as the broker has it."""
        consumer = AIOKafkaConsumer(**self.access().client_options())
        try:
            await consumer.start()
            found: dict[TopicPartition, int] = await consumer.end_offsets(
                [TopicPartition(self.topic, n) for n in range(PARTITIONS)]
            )
            return found
        finally:
            await consumer.stop()

    async def sent(self, database: Database | None = None) -> None:
        """Wait until nothing is unsent."""

        async def none_left() -> bool:
            async with (database or self.said).reading() as session:
                left = await session.scalar(
                    text("select count(*) from outbox o, relay r where (o.position, o.id) > (r.position, r.id)")
                )
                return bool(left == 0)

        await until(none_left, "everything is sent")

    async def settled(self, said: Database | None = None, heard: Database | None = None) -> None:
        """Wait until everything is sent and everything sent is taken in."""
        await self.sent(said)

        async def all_taken() -> bool:
            ends = await self.ends()
            async with (heard or self.heard).reading() as session:
                rows = await session.execute(
                    text("select partition, next from inbox_offsets where topic = :topic"), {"topic": self.topic}
                )
                taken = {TopicPartition(self.topic, partition): following for partition, following in rows}
            return taken == {tp: end for tp, end in ends.items() if end}

        await until(all_taken, "everything is taken in")

    async def counted(self, database: Database | None = None) -> dict[str, list[int]]:
        """What took effect, in its order, by thing."""
        found: dict[str, list[int]] = defaultdict(list)
        for thing, number in await toy.effects(database or self.heard):
            found[thing].append(number)
        return dict(found)

    async def aside(self, database: Database | None = None) -> list[tuple[Kind, str | None, int | None]]:
        """What stands aside."""
        async with (database or self.heard).reading() as session:
            return [(r.kind, r.key, r.sequence) for r in await operating.list_set_aside(session)]

    async def log(self) -> list[tuple[str, int]]:
        """(key, sequence) of everything in the topic, partition by partition."""
        return [(key, sequence) for _, key, sequence in await self._read()]

    async def places(self) -> dict[str, set[int]]:
        """In which partitions each key lies."""
        found: dict[str, set[int]] = defaultdict(set)
        for partition, key, _ in await self._read():
            found[key].add(partition)
        return dict(found)

    async def _read(self) -> list[tuple[int, str, int]]:
        ends = await self.ends()
        consumer = AIOKafkaConsumer(enable_auto_commit=False, **self.access().client_options())
        try:
            await consumer.start()
            found = []
            for tp in sorted(ends):
                consumer.assign([tp])
                consumer.seek(tp, 0)
                while await consumer.position(tp) < ends[tp]:
                    for rows in (await consumer.getmany(timeout_ms=500)).values():
                        found += [(tp.partition, r.key.decode(), int(dict(r.headers)["ce_sequence"])) for r in rows]
            return found
        finally:
            await consumer.stop()

    async def committed(self) -> dict[TopicPartition, int]:
        """The offsets that the listening group has committed."""
        admin = self.kafka.admin()
        [done] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(f"{self.agency}.review")]).values()
        told = await asyncio.to_thread(done.result)
        return {TopicPartition(one.topic, one.partition): one.offset for one in told.topic_partitions}

    async def put(self, *those: Record) -> None:
        """Put records into the topic past the outbox, in their order, each where its key belongs."""
        producer = AIOKafkaProducer(**self.access().client_options())
        try:
            await producer.start()
            for one in those:
                place = partition_of(one.key or b"", PARTITIONS)
                await producer.send_and_wait(
                    self.topic, value=one.value, key=one.key, partition=place, headers=one.headers
                )
        finally:
            await producer.stop()

    async def outbox(self) -> list[Record]:
        """What was said, as records."""
        return await records(self.said)


def loops_of(worker: Worker) -> list[_Loop]:
    """The running sessions of a worker; it shows them to nobody."""
    return [one for one in gc.get_objects() if isinstance(one, _Loop) and one._hearing is worker._hearing]


@asynccontextmanager
async def running(*parts: Relay | Worker) -> AsyncIterator[None]:
    """Run relays and workers; a part that gives up by itself fails the test when the block ends."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def make_line(kafka: Kafka, databases: Databases, *, topic: bool = True) -> Line:
    """A line of a new agency, with its topic."""
    toy.Mood.mended = False
    agency = f"test-{secrets.token_hex(4)}"
    said = await databases.core(toy.METADATA, agency=agency)
    heard = await databases.core(toy.METADATA, agency=agency, service="review")
    line = Line(kafka, agency, said, heard)
    if topic:
        line.make_topic()
    return line


def write_secret(path: Path, text: str) -> Path:
    """A file that only its owner reads."""
    path.touch(mode=0o600)
    path.write_text(text)
    return path
