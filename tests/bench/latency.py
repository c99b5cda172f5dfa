"""From the submit of one service to what is visible in the next one's database, against four bare steps."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from sqlalchemy import event as hooks
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from shared import outbox
from tests.bench import measure
from tests.support import toy
from tests.support.line import Line, running, until

PER_SECOND = 50
SECONDS = 8
INSERT = "insert into effects (key, number) values ($1, $2)"


async def paced(one: Callable[[int], Coroutine[Any, Any, None]], numbers: range) -> None:
    """Begin one per tick, whether those before have ended or not."""
    begun = time.perf_counter()
    tasks = []
    for n, number in enumerate(numbers):
        await asyncio.sleep(max(0.0, begun + n / PER_SECOND - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)


@contextmanager
def committed(seen: dict[int, float]) -> Iterator[None]:
    """Note when what the listener did was committed."""

    def after_commit(session: Session) -> None:
        now = time.perf_counter()
        for number in session.info.pop("bench", ()):
            seen[number] = now

    hooks.listen(Session, "after_commit", after_commit)
    try:
        yield
    finally:
        hooks.remove(Session, "after_commit", after_commit)


async def ratios(line: Line, rounds: int) -> list[measure.Row]:
    """p50 and p99 of ours, by those of the floor."""
    seen: dict[int, float] = {}

    async def on_counted(session: AsyncSession, event: Any) -> None:
        await toy.on_counted(session, event)
        session.info.setdefault("bench", []).append(event.number)

    worker = line.worker()
    worker._hearing = replace(worker._hearing, handlers={toy.Counted: on_counted})
    p50, p99 = [], []
    floor = await Floor.open(line)
    with committed(seen):
        async with running(line.relay(), worker):
            await line.say(0)
            await line.settled()
            for number in range(rounds + 1):
                numbers = range(1 + number * 1000, 1 + number * 1000 + PER_SECOND * SECONDS)
                bare = await floor.measure(numbers)
                ours = await _ours(line, numbers, seen)
                if number:  # the first round only warms up
                    p50.append(measure.percentile(ours, 50) / measure.percentile(bare, 50))
                    p99.append(measure.percentile(ours, 99) / measure.percentile(bare, 99))
    await floor.close()
    return [
        measure.Row(f"submit to visible, p50 at {PER_SECOND}/s / bare steps", p50, 1.5, most=True),
        measure.Row(f"submit to visible, p99 at {PER_SECOND}/s / bare steps", p99, 3.0, most=True),
    ]


async def _ours(line: Line, numbers: range, seen: dict[int, float]) -> list[float]:
    begun: dict[int, float] = {}

    async def submit(number: int) -> None:
        begun[number] = time.perf_counter()
        async with line.said.transaction() as session:
            await session.execute(text("insert into effects (key, number) values ('x', :n)"), {"n": number})
            outbox.record(session, toy.counted(f"stream-{number % 100}", number))

    await paced(submit, numbers)

    async def all_seen() -> bool:
        return all(number in seen for number in numbers)

    await until(all_seen, "everything is visible")
    return [seen[number] - begun[number] for number in numbers]


class Floor:
    """Commit, produce, fetch, commit: nothing else, one after the other."""

    def __init__(
        self, line: Line, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, databases: list[Any]
    ) -> None:
        self._topic, self._producer, self._consumer, self._databases = line.topic, producer, consumer, databases
        self._fetched: dict[bytes, asyncio.Future[None]] = {}
        self._locks = [asyncio.Lock(), asyncio.Lock()]

    @classmethod
    async def open(cls, line: Line) -> "Floor":
        """Beside the line, on the same servers, with a topic of its own."""
        producer = AIOKafkaProducer(acks="all", enable_idempotence=True, linger_ms=0, **line.access().client_options())
        consumer = AIOKafkaConsumer(enable_auto_commit=False, **line.access().client_options())
        await producer.start()
        await consumer.start()
        return cls(line, producer, consumer, [await line.said.connect(), await line.heard.connect()])

    async def close(self) -> None:
        """Leave."""
        await self._producer.stop()
        await self._consumer.stop()
        for one in self._databases:
            await one.close()

    async def measure(self, numbers: range) -> list[float]:
        """Seconds of each."""
        tp = TopicPartition(f"{self._topic}.floor", 0)
        self._consumer.assign([tp])
        await self._consumer.seek_to_end(tp)
        spent: list[float] = []
        fetching = asyncio.create_task(self._fetch())

        async def one(number: int) -> None:
            begun = time.perf_counter()
            key = str(number).encode()
            fetched = self._fetched[key] = asyncio.get_running_loop().create_future()
            async with self._locks[0]:
                await self._databases[0].execute(INSERT, "floor", number)
            await self._producer.send_and_wait(tp.topic, b"x" * 700, key=key, partition=0)
            await fetched
            async with self._locks[1]:
                await self._databases[1].execute(INSERT, "floor", number)
            spent.append(time.perf_counter() - begun)

        await paced(one, numbers)
        fetching.cancel()
        return spent

    async def _fetch(self) -> None:
        while True:
            record = await self._consumer.getone()
            if record.key in self._fetched:
                self._fetched.pop(record.key).set_result(None)
