"""Our inbox fed by the broker against the same inbox, with the same SQL, fed from memory."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.inbox.arrivals import receive
from shared.inbox.batch import Hearing, take
from shared.inbox.worker import MAX_RECORDS, Worker
from tests.bench import measure
from tests.support import toy
from tests.support.databases import Databases
from tests.support.line import Line, running

EVENTS = 8_000
STREAMS = 200


class Timed:
    """A hearing that knows when its first handler was called, and how often one was."""

    def __init__(self, agency: str, service: str) -> None:
        self.begun = 0.0
        self.calls = 0
        self.all_called = asyncio.Event()
        plain = toy.hearing(agency)
        self.hearing: Hearing = replace(plain, service=service, handlers={toy.Counted: self._on_counted})

    async def _on_counted(self, session: AsyncSession, event: Any) -> None:
        self.begun = self.begun or time.perf_counter()
        self.calls += 1
        if self.calls == EVENTS:
            self.all_called.set()
        await toy.on_counted(session, event)


async def ratio(line: Line, databases: Databases, rounds: int) -> measure.Row:
    """How near the way over the broker comes to the floor."""
    for number in range(EVENTS // STREAMS):
        await toy.say(line.said, *(toy.counted(f"stream-{n}", number) for n in range(STREAMS)))
    async with running(line.relay()):
        await line.sent()
    records = await _all_records(line)
    groups = iter(range(1_000))

    async def fresh() -> Database:
        return await databases.core(toy.METADATA, agency=line.agency, service="review")

    async def from_memory() -> float:
        database, timed = await fresh(), Timed(line.agency, "review")
        for start in range(0, len(records), MAX_RECORDS):
            batch = records[start : start + MAX_RECORDS]
            offsets = {(one.topic, one.partition): one.offset + 1 for one in batch}
            await take(database, timed.hearing, [receive(one, timed.hearing.gate) for one in batch], offsets)
        spent = time.perf_counter() - timed.begun
        await database.close()
        return spent

    async def from_broker() -> float:
        database = await fresh()
        timed = Timed(line.agency, f"bench{next(groups)}")
        worker = Worker(database, line.access(member=timed.hearing.service), [line.topic], timed.hearing)
        async with running(worker):
            await _taken(database, timed)
            spent = time.perf_counter() - timed.begun
        await database.close()
        return spent

    return measure.Row(
        "consume and write / same SQL from memory", await measure.rates(rounds, from_broker, from_memory), 0.85
    )


async def _taken(database: Database, timed: Timed) -> None:
    """Wait until the last batch is committed."""
    await timed.all_called.wait()
    while True:
        async with database.reading() as session:
            if await session.scalar(text("select sum(next) from inbox_offsets")) == EVENTS:
                return
        await asyncio.sleep(0.002)


async def _all_records(line: Line) -> Sequence[Any]:
    """The topic's records, in the order of its partitions, as a consumer hands them over."""
    ends = await line.ends()
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False, auto_offset_reset="earliest", **line.access().client_options()
    )
    await consumer.start()
    try:
        partitions: list[TopicPartition] = sorted(ends)
        consumer.assign(partitions)
        found: list[Any] = []
        while len(found) < sum(ends.values()):
            for rows in (await consumer.getmany(timeout_ms=500)).values():
                found += rows
        return found
    finally:
        await consumer.stop()
